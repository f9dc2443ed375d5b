"""C2SP trust policies: which logs, which witnesses, and which of them together are enough.

Specification: c2sp.org/tlog-policy, all of it: `log`, `witness`, `group NAME all|any|K …`, one `quorum`.

Stricter than the text: at most 1 MiB and 4,096 lines; a witness has a key of kind 04 or 06; no key stands in both a log
and a witness line. A witness that signs with two kinds of key is two `witness` lines and a group `any` of both.

A policy, with keys shortened:

    log example.com/party-b+5644224b+AQ…
    witness ed w.example+2354eec3+BA…
    witness pq w.example+d2a9d228+Bg…
    group w any ed pq
    witness other other.example+0a1b2c3d+Bg…
    group quorum all w other
    quorum quorum
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from detente.errors import BadSignature, InvalidStatement
from detente.tlog.ascii import parse_decimal
from detente.tlog.checkpoint import Cosignature, VerifiedCheckpoint
from detente.tlog.note import KeyKind, VerifierKey, parse_vkey

POLICY_BYTES_MAX = 1 << 20
LINES_MAX = 4096
NO_QUORUM = "none"

_FORBIDDEN = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_SPACE = re.compile(r"[ \t]+")


@dataclass(frozen=True, slots=True)
class PolicyLog:
    key: VerifierKey
    url: str | None


@dataclass(frozen=True, slots=True)
class PolicyWitness:
    """`name` has a meaning inside the policy only; signatures carry the name in `key`."""

    name: str
    key: VerifierKey
    url: str | None


@dataclass(frozen=True, slots=True)
class PolicyGroup:
    """Satisfied by at least `threshold` of its members, each a witness or an earlier group."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """A parsed policy. `groups` stand in the order of the file, so that each one's members come before it."""

    log_lines: tuple[PolicyLog, ...]
    witness_lines: tuple[PolicyWitness, ...]
    groups: tuple[PolicyGroup, ...]
    quorum: str

    @property
    def logs(self) -> tuple[VerifierKey, ...]:
        return tuple(line.key for line in self.log_lines)

    @property
    def witnesses(self) -> tuple[VerifierKey, ...]:
        return tuple(line.key for line in self.witness_lines)

    def satisfied_by(self, cosignatures: Iterable[Cosignature]) -> bool:
        """Whether these cosignatures, verified elsewhere, are a quorum."""
        if self.quorum == NO_QUORUM:
            return True
        seen = {(cosignature.name, cosignature.key_id) for cosignature in cosignatures}
        satisfied = {line.name for line in self.witness_lines if (line.key.name, line.key.key_id) in seen}
        for group in self.groups:
            if sum(member in satisfied for member in group.members) >= group.threshold:
                satisfied.add(group.name)
        return self.quorum in satisfied

    def check(self, verified: VerifiedCheckpoint) -> None:
        """Raises BadSignature when the witnesses that signed are not a quorum."""
        if not self.satisfied_by(verified.cosignatures):
            names = ", ".join(sorted({cosignature.name for cosignature in verified.cosignatures})) or "none"
            raise BadSignature(
                f"checkpoint of {verified.checkpoint.origin}, size {verified.checkpoint.size}: the policy asks for the "
                f"quorum {self.quorum!r}; witnesses that signed: {names}",
                party=verified.checkpoint.origin,
                evidence=verified.note,
            )


def parse_policy(text: str | bytes) -> Policy:
    """Raises InvalidStatement with the line number: a policy is the operator's own file.

    Bytes that are not UTF-8 may stand in names, URLs and comments; they are kept as they are.
    """
    try:
        data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    except UnicodeEncodeError:
        raise InvalidStatement("policy: a lone surrogate, which no file can hold") from None
    if len(data) > POLICY_BYTES_MAX:
        raise InvalidStatement(f"policy: expected at most {POLICY_BYTES_MAX} bytes, got {len(data)}")
    if _FORBIDDEN.search(data) is not None:
        raise InvalidStatement("policy: a control character other than tab and LF")
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    if lines.pop() != "":
        raise InvalidStatement("policy: the last line does not end in LF; is the file complete?")
    if len(lines) > LINES_MAX:
        raise InvalidStatement(f"policy: expected at most {LINES_MAX} lines, got {len(lines)}")
    reader = _Reader()
    for number, line in enumerate(lines, 1):
        words = _SPACE.split(line.strip(" \t"))
        if words == [""] or words[0].startswith("#"):
            continue
        try:
            reader.read_line(words)
        except InvalidStatement as error:
            raise InvalidStatement(f"policy, line {number}: {error}") from None
    if reader.quorum is None:
        raise InvalidStatement("policy: no quorum line; write 'quorum none' to ask for no witness")
    return Policy(tuple(reader.logs), tuple(reader.witnesses), tuple(reader.groups), reader.quorum)


class _Reader:
    """What the lines read so far have defined."""

    def __init__(self) -> None:
        self.logs: list[PolicyLog] = []
        self.witnesses: list[PolicyWitness] = []
        self.groups: list[PolicyGroup] = []
        self.quorum: str | None = None
        self.defined: set[str] = set()
        self.members: set[str] = set()
        self.public_keys: set[bytes] = set()

    def read_line(self, words: list[str]) -> None:
        match words:
            case ["log", vkey, *url] if len(url) <= 1:
                self.logs.append(PolicyLog(self._key(vkey), url[0] if url else None))
            case ["witness", name, vkey, *url] if len(url) <= 1:
                self._define(name)
                key = self._key(vkey)
                if key.kind is KeyKind.ED25519:
                    raise InvalidStatement(f"witness {name!r}: a key of kind 01 signs logs; expected 04 or 06")
                self.witnesses.append(PolicyWitness(name, key, url[0] if url else None))
            case ["group", name, rule, *members] if members:
                for member in members:
                    self._join(member, name)
                self._define(name)
                self.groups.append(PolicyGroup(name, _threshold(rule, len(members)), tuple(members)))
            case ["quorum", name]:
                if self.quorum is not None:
                    raise InvalidStatement("a second quorum line")
                if name != NO_QUORUM and name not in self.defined:
                    raise InvalidStatement(f"quorum {name!r} is not defined above this line")
                self.quorum = name
            case _:
                raise InvalidStatement(f"expected log, witness, group or quorum with its words, got {words[:4]}")

    def _key(self, vkey: str) -> VerifierKey:
        key = parse_vkey(vkey)
        if key.public in self.public_keys:
            raise InvalidStatement(f"the public key of {key.name} stands in an earlier line")
        self.public_keys.add(key.public)
        return key

    def _define(self, name: str) -> None:
        if name == NO_QUORUM or name in self.defined:
            raise InvalidStatement(f"the name {name!r} is already defined")
        self.defined.add(name)

    def _join(self, member: str, group: str) -> None:
        if member not in self.defined:
            raise InvalidStatement(f"group {group!r}: member {member!r} is not defined above this line")
        if member in self.members:
            raise InvalidStatement(f"group {group!r}: {member!r} is a member already, here or of another group")
        self.members.add(member)


def _threshold(rule: str, count: int) -> int:
    if rule == "all":
        return count
    if rule == "any":
        return 1
    threshold = parse_decimal(rule)
    if threshold is None or not 1 <= threshold <= count:
        raise InvalidStatement(f"expected all, any or a number from 1 to {count}, got {rule[:40]!r}")
    return threshold
