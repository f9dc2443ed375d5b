"""C2SP tlog-proof: a receipt, which proves offline that an entry is in a log and that witnesses saw that log.

Specification: c2sp.org/tlog-proof, all of it; the numbers of its section "Verifying a tlog proof" stand beside the
steps below. The leaf of step (1) is the caller's matter.

Stricter than the text: at most 63 path hashes and 2 MiB; the name of a log's key is the log's origin.

A receipt, with hashes and signatures shortened:

    c2sp.org/tlog-proof@v1
    extra YWdlLXYx…
    index 73894
    gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
    …

    example.com/fancylog
    109482
    sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=

    — example.com/fancylog hI2DJw…
    — witness1.example mJirIklj…
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detente.errors import BadProof, InvalidStatement, MalformedReply, UnknownKey
from detente.tlog.ascii import base64_text, parse_base64, parse_decimal, parse_hash
from detente.tlog.checkpoint import VerifiedCheckpoint, parse_checkpoint, verify_checkpoint
from detente.tlog.merkle import PROOF_HASHES_MAX, verify_inclusion
from detente.tlog.note import VerifierKey, parse_note
from detente.tlog.policy import Policy

RECEIPT_BYTES_MAX = 2 << 20
FILE_SUFFIX = ".tlog-proof"

_HEADER = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt that parsed; nothing about it is verified, and `extra` never is: nobody signs it."""

    index: int
    path: tuple[bytes, ...]
    checkpoint_note: bytes
    extra: bytes | None = None

    def encode(self) -> bytes:
        lines = [_HEADER]
        if self.extra is not None:
            lines.append(f"extra {base64_text(self.extra)}")
        lines.append(f"index {self.index}")
        lines.extend(base64_text(node) for node in self.path)
        return "\n".join(lines).encode() + b"\n\n" + self.checkpoint_note


def parse_receipt(data: bytes) -> Receipt:
    """Raises MalformedReply. `parse_receipt(data).encode() == data` whenever it does not."""
    if len(data) > RECEIPT_BYTES_MAX:
        raise _malformed(f"expected at most {RECEIPT_BYTES_MAX} bytes, got {len(data)}", data[:RECEIPT_BYTES_MAX])
    head, separator, note = data.partition(b"\n\n")
    if not separator or not head.isascii():
        raise _malformed("expected ASCII lines, an empty line and a checkpoint", data)
    lines = head.decode("ascii").split("\n")
    if lines.pop(0) != _HEADER:
        raise _malformed(f"expected {_HEADER!r} in the first line", data)
    extra: bytes | None = None
    if lines and lines[0].startswith("extra "):
        extra = parse_base64(lines.pop(0).removeprefix("extra "))
        if extra is None:
            raise _malformed("the extra line is not base64", data)
    index = parse_decimal(lines.pop(0).removeprefix("index ")) if lines and lines[0].startswith("index ") else None
    if index is None:
        raise _malformed("expected 'index' and a number", data)
    if len(lines) > PROOF_HASHES_MAX:
        raise _malformed(f"expected at most {PROOF_HASHES_MAX} path hashes, got {len(lines)}", data)
    path: list[bytes] = []
    for line in lines:
        node = parse_hash(line)
        if node is None:
            raise _malformed(f"expected a path hash in base64, got {line[:80]!r}", data)
        path.append(node)
    parse_checkpoint(parse_note(note).text)
    return Receipt(index, tuple(path), note, extra)


def verify_receipt(
    receipt: Receipt, *, leaf_hash: bytes, log_keys: Sequence[VerifierKey], policy: Policy | None
) -> VerifiedCheckpoint:
    """What the receipt proves of this leaf hash (1): it is entry `receipt.index` of the checkpoint returned.

    `log_keys` are the keys of the acceptable logs; when there are none, those of the policy are. Without a policy no
    witness is asked, and the log may have told others another history. Raises MalformedReply, UnknownKey, BadSignature,
    BadProof.
    """
    acceptable = tuple(log_keys) or (policy.logs if policy is not None else ())
    if not acceptable:
        raise InvalidStatement("a receipt is verified with the key of a log that you chose; none was given")
    origin = parse_checkpoint(parse_note(receipt.checkpoint_note).text).origin
    keys = [key for key in acceptable if key.name == origin]
    if not keys:  # (2)
        raise UnknownKey(f"receipt of the log {origin}: no key of it was given", evidence=receipt.encode())
    witnesses = policy.witnesses if policy is not None else ()
    verified = verify_checkpoint(receipt.checkpoint_note, origin=origin, log_keys=keys, witnesses=witnesses)
    if policy is not None:  # (3)
        policy.check(verified)
    checkpoint = verified.checkpoint
    try:  # (4)
        verify_inclusion(
            index=receipt.index, size=checkpoint.size, leaf=leaf_hash, proof=receipt.path, root=checkpoint.root
        )
    except BadProof as error:
        raise BadProof(f"receipt of {origin}: {error}", party=origin, evidence=receipt.encode()) from None
    return verified


def _malformed(reason: str, data: bytes) -> MalformedReply:
    return MalformedReply(f"receipt: {reason}", evidence=data)
