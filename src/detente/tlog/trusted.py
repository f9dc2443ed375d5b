"""TrustedLog, the only way a checkpoint becomes believed; and the evidence when a log has signed two histories.

A `TrustedLog` starts from keys that the operator pinned, moves forward only, and changes nothing when it refuses. What
it refuses falls into three: bytes that are no checkpoint of this log (MalformedReply, UnknownKey, BadSignature); a
shorter tree (Rollback, which a replay by somebody in between also causes); a tree that does not continue ours (BadProof
when nothing shows a second history, SplitView when the log's own signatures do).

Fork evidence is a format of Détente; `docs/formats/fork-evidence.md` is normative. It holds either two signed roots for
one size, or a valid consistency proof from another root than the signed one:

    detente/fork-evidence/v1
    vkey b.example/log+5cb30700+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4
    root YaBuBvRi8FAxR+ouWUjuu4nsQvpb2vV2A5dOyAaf6eg=
    proof QIGhMdouHDA8vhW9kydh6qbSUT7fh7Mx/IJiUZmnA+g=
    …

    b.example/log
    3
    lPvQ3YNvUDAWkubQ6t5yjuGexSv/8WBu2AfIV11aqhk=

    — b.example/log XLMHAFzhDuC0…

    b.example/log
    6
    5RW/6ckEU6nG3AATml7GzuJpUN8atG40+vhUTJ+iw5I=

    — b.example/log XLMHAFiWVHE5…

The signatures make the file self-contained, but not the verdict: whose keys the `vkey` lines are, the reader must know
from elsewhere, and compare.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detente.errors import (
    BadProof,
    InvalidStatement,
    MalformedReply,
    RemoteError,
    Rollback,
    SplitView,
)
from detente.tlog.ascii import base64_text, parse_hash
from detente.tlog.checkpoint import Checkpoint, VerifiedCheckpoint, parse_checkpoint, verify_checkpoint
from detente.tlog.merkle import EMPTY_ROOT, PROOF_HASHES_MAX, old_root_stated_by, verify_consistency
from detente.tlog.note import NOTE_BYTES_MAX, VerifierKey, parse_note, parse_vkey

EVIDENCE_BYTES_MAX = 2 * NOTE_BYTES_MAX + (1 << 17)
VKEYS_MAX = 16

_HEADER = "detente/fork-evidence/v1"


class TrustedLog:
    """What we believe of one log: the latest checkpoint that its pinned keys signed, continuing all earlier ones.

    Origin, keys and witnesses come from the operator, and nothing that the log says changes them.
    """

    def __init__(
        self,
        origin: str,
        log_keys: Sequence[VerifierKey],
        witnesses: Sequence[VerifierKey] = (),
        trusted: VerifiedCheckpoint | None = None,
    ) -> None:
        if not log_keys:
            raise InvalidStatement(f"{origin}: pin at least one key of the log")
        if {key.public for key in log_keys} & {key.public for key in witnesses}:
            raise InvalidStatement(f"{origin}: one key stands for the log and for a witness")
        if trusted is not None and trusted.checkpoint.origin != origin:
            raise InvalidStatement(f"{origin}: the trusted checkpoint is of {trusted.checkpoint.origin}")
        self.origin = origin
        self.log_keys = tuple(log_keys)
        self.witnesses = tuple(witnesses)
        self._trusted = trusted

    @property
    def trusted(self) -> VerifiedCheckpoint | None:
        return self._trusted

    def verify(self, note: bytes) -> VerifiedCheckpoint:
        """Who signed; believes nothing yet. Raises MalformedReply, UnknownKey, BadSignature, BadProof."""
        verified = verify_checkpoint(note, origin=self.origin, log_keys=self.log_keys, witnesses=self.witnesses)
        if verified.checkpoint.size == 0 and verified.checkpoint.root != EMPTY_ROOT:
            raise BadProof(f"{self.origin}: an empty tree with a root of its own", party=self.origin, evidence=note)
        return verified

    def advance(self, note: bytes, proof: Sequence[bytes], *, other_root: bytes | None = None) -> VerifiedCheckpoint:
        """Believe this checkpoint, given the consistency proof from the trusted size to its size.

        Without a trusted checkpoint the proof is empty, and the caller recomputes the root from the entries. A smaller
        checkpoint is a Rollback, and `proof` may then lead from it to the trusted one: a proof that shows another
        history makes it a SplitView. Raises besides: what `verify` raises, BadProof. Nothing has changed then.

        `other_root` is what the tiles of the larger tree give as the root at the smaller size. It is never believed; it
        makes evidence possible when the smaller size is a power of two (see `make_evidence`).
        """
        new = self.verify(note)
        if self._trusted is None:
            self._require_consistent(Checkpoint(self.origin, 0, EMPTY_ROOT), new, proof)
            self._trusted = new
            return new
        old = self._trusted
        if new.checkpoint.size < old.checkpoint.size:
            self._accuse(new, old, proof, other_root)
            raise Rollback(
                f"{self.origin}: the log had {old.checkpoint.size} entries and now shows {new.checkpoint.size}",
                party=self.origin,
                evidence=note,
            )
        try:
            self._require_consistent(old.checkpoint, new, proof)
        except BadProof:
            self._accuse(old, new, proof, other_root)
            raise
        # The same tree again: a replay with fewer signatures takes none away.
        if new.checkpoint.size > old.checkpoint.size or _signers(old) <= _signers(new):
            self._trusted = new
        return new

    def _require_consistent(self, old: Checkpoint, new: VerifiedCheckpoint, proof: Sequence[bytes]) -> None:
        try:
            verify_consistency(
                old_size=old.size,
                old_root=old.root,
                new_size=new.checkpoint.size,
                new_root=new.checkpoint.root,
                proof=proof,
            )
        except BadProof as error:
            raise BadProof(f"{self.origin}: {error}", party=self.origin, evidence=new.note) from None

    def _accuse(
        self,
        smaller: VerifiedCheckpoint,
        larger: VerifiedCheckpoint,
        proof: Sequence[bytes],
        other_root: bytes | None,
    ) -> None:
        """Raises SplitView when the two notes and the proof are evidence; returns when they are not."""
        try:
            evidence = make_evidence(self.log_keys, smaller.note, larger.note, proof, other_root=other_root)
        except RemoteError:
            return
        raise SplitView(
            f"{self.origin}: signed two histories, at sizes {smaller.checkpoint.size} and {larger.checkpoint.size}",
            party=self.origin,
            evidence=evidence,
        )


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a fork evidence file proves: whoever holds the private key of `vkeys` signed both roots.

    `sizes` and `roots` are those signed, the smaller size first; `other_root` is the root that the larger tree really
    has at the smaller size. Each of `vkeys` signed both; the reader compares them with the keys it pinned for `origin`.
    """

    origin: str
    sizes: tuple[int, int]
    roots: tuple[bytes, bytes]
    other_root: bytes
    vkeys: tuple[str, ...]


def make_evidence(
    vkeys: Sequence[VerifierKey],
    note_a: bytes,
    note_b: bytes,
    proof: Sequence[bytes] | None,
    *,
    other_root: bytes | None = None,
) -> bytes:
    """An evidence file out of two signed checkpoints of one log, in either order, and a proof from small to large.

    Of `vkeys`, those that signed both are named in the file. `other_root` is the root of the larger tree at the smaller
    size. It may be left out unless that size is a power of two: the proof does not contain it then, and whoever has the
    tiles computes it with `merkle.root_at`. Raises BadProof when the parts are no evidence, MalformedReply when they do
    not parse.
    """
    first, second = sorted((note_a, note_b), key=lambda note: parse_checkpoint(parse_note(note).text).size)
    smaller = parse_checkpoint(parse_note(first).text)
    larger = parse_checkpoint(parse_note(second).text)
    signed_both = [key for key in vkeys if _signed(key, first) and _signed(key, second)]
    if not signed_both:
        raise BadProof(f"{smaller.origin}: no one key signed both checkpoints", party=smaller.origin)
    lines = [_HEADER, *(f"vkey {key.vkey}" for key in signed_both)]
    if smaller.size != larger.size:
        hashes = tuple(proof or ())
        stated = other_root or old_root_stated_by(old_size=smaller.size, new_size=larger.size, proof=hashes)
        if smaller.size == 0:
            stated = EMPTY_ROOT
        if stated is None:
            raise BadProof(f"{smaller.origin}: the proof does not state what the root was at {smaller.size} entries")
        lines.append(f"root {base64_text(stated)}")
        lines.extend(f"proof {base64_text(node)}" for node in hashes)
    data = "\n".join(lines).encode() + b"\n\n" + first + b"\n" + second
    verify_evidence(data)  # Nobody is accused with a file that does not prove it.
    return data


def verify_evidence(data: bytes) -> Evidence:
    """Raises MalformedReply when it is no evidence file, BadProof when it proves nothing.

    The step numbers are those of `docs/formats/fork-evidence.md`.
    """
    vkeys, other_root, proof, first, second = _parse_evidence(data)  # (1)
    origin = parse_checkpoint(parse_note(first).text).origin
    try:  # (2) and (3)
        # Each key alone: key ids are short, and a made-up key that shares one must not lend its signature to another.
        for key in vkeys:
            smaller = verify_checkpoint(first, origin=origin, log_keys=(key,))
            larger = verify_checkpoint(second, origin=origin, log_keys=(key,))
    except RemoteError as error:
        raise BadProof(f"fork evidence: {error}", party=origin, evidence=data) from None
    a, b = smaller.checkpoint, larger.checkpoint
    if a.size == b.size:  # (4)
        if other_root is not None or proof:
            raise BadProof("fork evidence: equal sizes need no proof", party=origin, evidence=data)
        other_root = b.root
    elif a.size < b.size and other_root is not None:  # (5)
        try:
            verify_consistency(old_size=a.size, old_root=other_root, new_size=b.size, new_root=b.root, proof=proof)
        except BadProof as error:
            raise BadProof(f"fork evidence: {error}", party=origin, evidence=data) from None
    else:
        raise BadProof("fork evidence: expected the smaller checkpoint first, and a root", party=origin, evidence=data)
    if other_root == a.root:  # (6)
        raise BadProof(f"fork evidence: both checkpoints of {origin} fit one history", party=origin, evidence=data)
    return Evidence(origin, (a.size, b.size), (a.root, b.root), other_root, tuple(key.vkey for key in vkeys))


def _signed(key: VerifierKey, note: bytes) -> bool:
    try:
        verify_checkpoint(note, origin=parse_checkpoint(parse_note(note).text).origin, log_keys=(key,))
    except RemoteError:
        return False
    return True


def _parse_evidence(
    data: bytes,
) -> tuple[tuple[VerifierKey, ...], bytes | None, tuple[bytes, ...], bytes, bytes]:
    """Checkpoints have no empty line inside, so the file is five blocks: header, text, lines, text, lines."""
    if len(data) > EVIDENCE_BYTES_MAX:
        raise MalformedReply(f"fork evidence: expected at most {EVIDENCE_BYTES_MAX} bytes, got {len(data)}")
    blocks = data.split(b"\n\n", 5)
    if len(blocks) != 5:
        raise _malformed("expected a header and two checkpoints, with one empty line between their parts", data)
    first = blocks[1] + b"\n\n" + blocks[2] + b"\n"
    second = blocks[3] + b"\n\n" + blocks[4]
    for note in (first, second):
        parse_checkpoint(parse_note(note).text)
    try:
        lines = blocks[0].decode("utf-8").split("\n")
    except UnicodeDecodeError:
        raise _malformed("the header is not UTF-8", data) from None
    if lines.pop(0) != _HEADER:
        raise _malformed(f"expected {_HEADER!r} in the first line", data)
    vkeys: list[VerifierKey] = []
    while lines and lines[0].startswith("vkey "):
        try:
            vkeys.append(parse_vkey(lines.pop(0).removeprefix("vkey ")))
        except InvalidStatement as error:
            raise _malformed(str(error), data) from None
    if not 1 <= len(vkeys) <= VKEYS_MAX or len(set(vkeys)) != len(vkeys):
        raise _malformed(f"expected 1 to {VKEYS_MAX} different vkey lines", data)
    other_root: bytes | None = None
    if lines and lines[0].startswith("root "):
        other_root = parse_hash(lines.pop(0).removeprefix("root "))
        if other_root is None:
            raise _malformed("the root line is not 32 bytes in base64", data)
    if len(lines) > PROOF_HASHES_MAX:
        raise _malformed(f"expected at most {PROOF_HASHES_MAX} proof lines, got {len(lines)}", data)
    proof: list[bytes] = []
    for line in lines:
        node = parse_hash(line.removeprefix("proof ")) if line.startswith("proof ") else None
        if node is None:
            raise _malformed(f"expected 'proof' and a hash, got {line[:80]!r}", data)
        proof.append(node)
    return tuple(vkeys), other_root, tuple(proof), first, second


def _signers(verified: VerifiedCheckpoint) -> set[tuple[str, bytes]]:
    pairs = {(cosignature.name, cosignature.key_id) for cosignature in verified.cosignatures}
    return pairs | {("", key_id) for key_id in verified.log_keys}


def _malformed(reason: str, data: bytes) -> MalformedReply:
    return MalformedReply(f"fork evidence: {reason}", evidence=data)
