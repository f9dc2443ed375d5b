"""C2SP checkpoints and cosignatures: what a log and its witnesses sign.

Specification: c2sp.org/tlog-checkpoint and c2sp.org/tlog-cosignature. Implemented: checkpoints of three lines; log
signatures with Ed25519 (01) and ML-DSA-44 (06); cosignatures with Ed25519 (04) and ML-DSA-44 (06) over whole trees.
Subtree cosignatures are not.

Stricter than the text: no extension lines (ML-DSA-44 does not sign them and no monitor can audit them); sizes and times
stop at 2**63 - 1; we ourselves sign an origin only with a key of the same name, and never with time 0.

A checkpoint, from the specification:

    example.com/behind-the-sofa
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from detente.errors import BadSignature, InvalidStatement, MalformedReply, RemoteError, UnknownKey
from detente.tlog.ascii import NUMBER_MAX, base64_text, parse_decimal, parse_hash
from detente.tlog.note import (
    SIGNATURES_MAX,
    KeyKind,
    Signature,
    SignedNote,
    SignerKey,
    VerifierKey,
    known_signatures,
    parse_note,
)

ORIGIN_BYTES_MAX = 255  # the length byte of the ML-DSA-44 message
_TIME_BYTES = 8
_SUBTREE_LABEL = b"subtree/v1\n\x00"
_CONTROL = re.compile(r"[\x00-\x1f]")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's size and root hash, as said by somebody; nothing about it is verified."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The note text: three lines, each ending in LF."""
        return f"{self.origin}\n{self.size}\n{base64_text(self.root)}\n"


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A witness's signature that verified; `at_s` is the time it states, 0 when it states none."""

    name: str
    key_id: bytes
    kind: KeyKind
    at_s: int


@dataclass(frozen=True, slots=True)
class VerifiedCheckpoint:
    """A checkpoint signed by at least one of the keys asked for. Whether it fits earlier ones is `trusted`'s matter.

    `note` is what arrived, unknown lines included; `log_keys` are the ids of the log keys that signed; `log_at_s` is
    the newest time that a signature of the log itself states, None when it was signed with Ed25519 (01) alone.
    """

    checkpoint: Checkpoint
    note: bytes
    log_keys: tuple[bytes, ...]
    cosignatures: tuple[Cosignature, ...]
    log_at_s: int | None = None


def parse_checkpoint(text: str) -> Checkpoint:
    """Raises MalformedReply. `parse_checkpoint(text).text == text` whenever it does not."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] != "":
        raise _malformed(f"expected three lines, each ending in LF, got {len(lines) - 1}", text)
    origin, size_text, root_text, _ = lines
    if not origin or _CONTROL.search(origin) is not None:
        raise _malformed("the origin is empty or holds a control character", text)
    size = parse_decimal(size_text)
    if size is None:
        raise _malformed(f"expected a size from 0 to 2**63 - 1, got {size_text[:40]!r}", text)
    root = parse_hash(root_text)
    if root is None:
        raise _malformed(f"expected a root of 32 bytes in base64, got {root_text[:80]!r}", text)
    return Checkpoint(origin, size, root)


def sign_checkpoint(checkpoint: Checkpoint, signers: Sequence[SignerKey], *, at_s: int) -> bytes:
    """The signed note of the log itself. Raises InvalidStatement.

    Call it after the commit point only: a log that signs two trees of one size has forked, whatever the reason.
    """
    _require_signable(checkpoint)
    if not signers:
        raise InvalidStatement("a checkpoint needs at least one signer")
    for signer in signers:
        if signer.verifier.name != checkpoint.origin:
            raise InvalidStatement(f"{signer.verifier.name} is not the key of the log {checkpoint.origin}")
    signatures = tuple(_sign(checkpoint, signer, at_s) for signer in signers)
    return SignedNote(checkpoint.text, signatures).encode()


def cosign(checkpoint: Checkpoint, signers: Sequence[SignerKey], *, at_s: int) -> list[Signature]:
    """A witness's cosignatures, one for each signer (04 or 06). Raises InvalidStatement."""
    _require_signable(checkpoint)
    for signer in signers:
        if signer.verifier.kind is KeyKind.ED25519:
            raise InvalidStatement(f"{signer.verifier.name}: a witness cosigns with keys of kind 04 or 06, not 01")
    return [_sign(checkpoint, signer, at_s) for signer in signers]


def verify_checkpoint(
    note: bytes, *, origin: str, log_keys: Sequence[VerifierKey], witnesses: Sequence[VerifierKey] = ()
) -> VerifiedCheckpoint:
    """Who of the log's keys and the witnesses signed this note.

    Raises MalformedReply when it does not parse or is of another origin, BadSignature when any line of a known key
    fails, UnknownKey when no key of the log signed. Lines of unknown keys are ignored.
    """
    parsed = parse_note(note)
    try:
        checkpoint = parse_checkpoint(parsed.text)
    except MalformedReply as error:
        raise MalformedReply(str(error), party=origin, evidence=note) from None
    if checkpoint.origin != origin:
        raise MalformedReply(f"expected a checkpoint of {origin}, got {checkpoint.origin}", party=origin, evidence=note)
    signed: dict[VerifierKey, int] = {}
    cosigned: dict[tuple[str, bytes], Cosignature] = {}
    logs = frozenset(log_keys)
    text = parsed.text.encode()
    try:
        for key, signature in known_signatures(parsed, (*log_keys, *witnesses)):
            at_s = _verify(checkpoint, text, key, signature)
            if key in logs:
                signed[key] = max(at_s, signed.get(key, 0))
            elif key.kind is KeyKind.ED25519:
                raise InvalidStatement(f"{key.name}: a key of kind 01 signs logs and cannot be a witness")
            else:
                # Two lines of one witness: the later time says more.
                pair = (key.name, key.key_id)
                if pair not in cosigned or cosigned[pair].at_s < at_s:
                    cosigned[pair] = Cosignature(key.name, key.key_id, key.kind, at_s)
    except BadSignature as error:
        raise BadSignature(f"checkpoint of {origin}: {error}", party=origin, evidence=note) from None
    if not signed:
        raise UnknownKey(f"checkpoint of {origin}: no signature by a key that we pinned", party=origin, evidence=note)
    log_ids = tuple(key.key_id for key in signed)
    return VerifiedCheckpoint(checkpoint, note, log_ids, tuple(cosigned.values()), max(signed.values()) or None)


def verify_cosignature(checkpoint: Checkpoint, key: VerifierKey, signature: Signature) -> Cosignature:
    """One line of a witness's answer. Raises UnknownKey when it is another key's, BadSignature when it fails."""
    if (signature.name, signature.key_id) != (key.name, key.key_id) or key.kind is KeyKind.ED25519:
        raise UnknownKey(f"{signature.name}+{signature.key_id.hex()} is not the cosigning key {key.name}")
    at_s = _verify(checkpoint, checkpoint.text.encode(), key, signature)
    return Cosignature(key.name, key.key_id, key.kind, at_s)


def with_signatures(note: bytes, extra: Sequence[Signature]) -> bytes:
    """The note with these lines added behind its own, none twice. Raises InvalidStatement above 100 lines."""
    parsed = parse_note(note)
    lines = tuple(dict.fromkeys((*parsed.signatures, *extra)))
    if len(lines) > SIGNATURES_MAX:
        raise InvalidStatement(f"a note holds at most {SIGNATURES_MAX} signatures; leave some witnesses out")
    return SignedNote(parsed.text, lines).encode()


def own_lines_only(note: bytes, origin: str) -> bytes:
    """The note with the lines whose key name is the origin: some witnesses cap a request at 16 KiB."""
    parsed = parse_note(note)
    lines = tuple(signature for signature in parsed.signatures if signature.name == origin)
    if not lines:
        raise InvalidStatement(f"no line of {origin} itself in this note")
    return SignedNote(parsed.text, lines).encode()


def _require_signable(checkpoint: Checkpoint) -> None:
    try:
        parsed = parse_checkpoint(checkpoint.text)
        origin_bytes = len(checkpoint.origin.encode())
    except (RemoteError, UnicodeEncodeError):
        raise InvalidStatement(f"no checkpoint to sign: {checkpoint!r}") from None
    if parsed != checkpoint or origin_bytes > ORIGIN_BYTES_MAX:
        raise InvalidStatement(f"no checkpoint to sign: {checkpoint!r}")


def _sign(checkpoint: Checkpoint, signer: SignerKey, at_s: int) -> Signature:
    key = signer.verifier
    if not 0 < at_s <= NUMBER_MAX:
        raise InvalidStatement(f"expected the time in POSIX seconds, got {at_s}")
    if len(key.name.encode()) > ORIGIN_BYTES_MAX:
        raise InvalidStatement(f"a key name has at most {ORIGIN_BYTES_MAX} bytes: {key.name[:80]}")
    text = checkpoint.text.encode()
    if key.kind is KeyKind.ED25519:
        return Signature(key.name, key.key_id, signer.sign(text))
    value = at_s.to_bytes(_TIME_BYTES, "big") + signer.sign(_timed_message(checkpoint, text, key, at_s))
    return Signature(key.name, key.key_id, value)


def _verify(checkpoint: Checkpoint, text: bytes, key: VerifierKey, signature: Signature) -> int:
    """The stated time, 0 when there is none. Raises BadSignature."""
    if key.kind is KeyKind.ED25519:
        key.verify(text, signature.value)
        return 0
    at_s = int.from_bytes(signature.value[:_TIME_BYTES], "big")
    if at_s > NUMBER_MAX:
        raise BadSignature(f"cosignature by {key.name}: the time exceeds 2**63 - 1", party=key.name)
    key.verify(_timed_message(checkpoint, text, key, at_s), signature.value[_TIME_BYTES:])
    return at_s


def _timed_message(checkpoint: Checkpoint, text: bytes, key: VerifierKey, at_s: int) -> bytes:
    if key.kind is KeyKind.ED25519_COSIGNATURE:
        return b"cosignature/v1\ntime %d\n" % at_s + text
    name, origin = key.name.encode(), checkpoint.origin.encode()
    if len(name) > ORIGIN_BYTES_MAX or len(origin) > ORIGIN_BYTES_MAX:
        raise BadSignature(f"cosignature by {key.name}: names and origins have at most 255 bytes", party=key.name)
    return b"".join(
        (
            _SUBTREE_LABEL,
            bytes([len(name)]),
            name,
            at_s.to_bytes(8, "big"),
            bytes([len(origin)]),
            origin,
            bytes(8),  # start: a checkpoint is the whole tree
            checkpoint.size.to_bytes(8, "big"),
            checkpoint.root,
        )
    )


def _malformed(reason: str, text: str) -> MalformedReply:
    return MalformedReply(f"checkpoint: {reason}", evidence=text.encode(errors="replace"))
