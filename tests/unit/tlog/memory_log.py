"""A log in memory for tests: a slow, literal reading of RFC 6962 beside which the real code is held, and its keys."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from detente.tlog.checkpoint import Checkpoint, sign_checkpoint
from detente.tlog.merkle import HashReader, consistency_proof, inclusion_proof
from detente.tlog.note import KeyKind, SignerKey, VerifierKey, signer_from_seed

ORIGIN = "b.example/log"


def signer(name: str, kind: KeyKind, number: int) -> SignerKey:
    """The same key for the same arguments, in every run."""
    return signer_from_seed(name, kind, sha256(f"{name} {kind:02x} {number}".encode()).digest())


def slow_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, word by word; takes leaf hashes."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + slow_root(leaves[:k]) + slow_root(leaves[k:])).digest()


def slow_reader(leaves: Sequence[bytes]) -> HashReader:
    def read(level: int, index: int) -> bytes:
        part = leaves[index << level : (index + 1) << level]
        assert len(part) == 1 << level, "asked for a subtree that is not perfect"
        return slow_root(part)

    return read


def leaf(text: str) -> bytes:
    return sha256(b"\x00" + text.encode()).digest()


class MemoryLog:
    """An honest log, unless somebody asks it for a `fork`."""

    def __init__(
        self, origin: str = ORIGIN, kinds: Sequence[KeyKind] = (KeyKind.ED25519,), leaves: Sequence[bytes] = ()
    ) -> None:
        self.origin = origin
        self.signers = [signer(origin, kind, 0) for kind in kinds]
        self.leaves = list(leaves)

    @property
    def keys(self) -> tuple[VerifierKey, ...]:
        return tuple(key.verifier for key in self.signers)

    def append(self, count: int, text: str = "entry") -> MemoryLog:
        start = len(self.leaves)
        self.leaves.extend(leaf(f"{text} {start + offset}") for offset in range(count))
        return self

    def fork(self, size: int) -> MemoryLog:
        """A second history under the same keys, equal up to `size`."""
        return MemoryLog(self.origin, [key.verifier.kind for key in self.signers], self.leaves[:size])

    def checkpoint(self, size: int | None = None) -> Checkpoint:
        count = len(self.leaves) if size is None else size
        return Checkpoint(self.origin, count, slow_root(self.leaves[:count]))

    def note(self, size: int | None = None, *, at_s: int = 1_700_000_000) -> bytes:
        return sign_checkpoint(self.checkpoint(size), self.signers, at_s=at_s)

    def inclusion(self, index: int, size: int | None = None) -> tuple[bytes, ...]:
        count = len(self.leaves) if size is None else size
        return inclusion_proof(index, count, slow_reader(self.leaves[:count]))

    def consistency(self, old_size: int, new_size: int | None = None) -> tuple[bytes, ...]:
        count = len(self.leaves) if new_size is None else new_size
        return consistency_proof(old_size, count, slow_reader(self.leaves[:count]))
