"""RFC 6962 trees: hashes, roots, inclusion and consistency proofs.

Specification: RFC 6962 section 2.1 for the hashes and proofs (SHA-256), RFC 9162 sections 2.1.3.2 and 2.1.4.2 for the
two verifications, whose step numbers stand beside the steps below. Implemented: all of it except the proofs of RFC 9162
that concern certificates.

Stricter than the text: sizes stop at 2**63 - 1; a hash in a proof is exactly 32 bytes; the proof from the empty tree,
and between equal sizes, is empty and the roots are checked.

A tree of two entries, `a` and `b`:

    leaf_hash(b"a")  022a6979e6dab7aa5ae4c3e5e45f7e977112a7e63593820dbec1ec738a24f93c
    leaf_hash(b"b")  57eb35615d47f34ec714cacdf5fd74608a5e8e102724e80b24b287c0c27b6a31
    root             b137985ff484fb600db93107c77b0365c80d78f5b429ded0fd97361d077999eb

Nothing here holds a tree. A `HashReader` fetches the hash of a perfect subtree from wherever it is kept (see
`detente.tlog.tiles.hash_reader`), and a `Frontier` is the little that must be kept to append.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar

from detente.errors import BadProof, CorruptLog, NotFound
from detente.tlog.ascii import NUMBER_MAX

HASH_BYTES = 32
EMPTY_ROOT: bytes = sha256(b"").digest()

# The cap of C2SP tlog-witness. It is enough for every tree of up to 2**62 leaves, and keeps a stranger's proof short.
PROOF_HASHES_MAX = 63

HashReader = Callable[[int, int], bytes]
"""`(level, index)` to the hash of the perfect subtree of `2**level` leaves that starts at leaf `index * 2**level`."""


def leaf_hash(entry: bytes) -> bytes:
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """The hashes of the largest perfect subtrees that cover a tree, largest first: one for each 1 bit of the size.

    It is all that appending needs. Wrong counts or lengths raise CorruptLog, for a frontier comes from our own disk.
    """

    size: int
    hashes: tuple[bytes, ...]

    EMPTY: ClassVar[Frontier]

    def __post_init__(self) -> None:
        if not 0 <= self.size <= NUMBER_MAX:
            raise CorruptLog(f"a tree has 0 to 2**63 - 1 leaves, not {self.size}")
        if len(self.hashes) != self.size.bit_count() or any(len(node) != HASH_BYTES for node in self.hashes):
            raise CorruptLog(
                f"the frontier of {self.size} leaves is {self.size.bit_count()} hashes of {HASH_BYTES} bytes; "
                f"here are {len(self.hashes)}"
            )

    def extended(self, leaf_hashes: Sequence[bytes]) -> Frontier:
        """The frontier after appending these leaf hashes, level by level: one SHA-256 for each leaf on average."""
        sha = sha256
        peaks = list(self.hashes)
        finished: list[bytes] = []  # smallest first
        nodes = list(leaf_hashes)
        level_size = self.size
        while nodes:
            if level_size & 1:
                nodes.insert(0, peaks.pop())
            if len(nodes) & 1:
                finished.append(nodes.pop())
            pairs = iter(nodes)
            nodes = [sha(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=True)]
            level_size >>= 1
        return Frontier(self.size + len(leaf_hashes), (*peaks, *reversed(finished)))

    def root(self) -> bytes:
        return _fold(self.hashes)


Frontier.EMPTY = Frontier(0, ())


def root_at(size: int, read: HashReader) -> bytes:
    """The root of the first `size` leaves."""
    return _range_root(0, size, read)


def inclusion_proof(index: int, size: int, read: HashReader) -> tuple[bytes, ...]:
    """PATH(index, D[size]) of RFC 6962 section 2.1.1, the leaf's sibling first. NotFound when there is no such leaf."""
    if not 0 <= index < size <= NUMBER_MAX:
        raise NotFound(f"no leaf {index} in a tree of {size}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_root(middle, end, read))
            end = middle
        else:
            path.append(_range_root(start, middle, read))
            start = middle
    path.reverse()
    return tuple(path)


def consistency_proof(old_size: int, new_size: int, read: HashReader) -> tuple[bytes, ...]:
    """PROOF(old_size, D[new_size]) of RFC 6962 section 2.1.2; empty from size 0 and between equal sizes."""
    if not 0 <= old_size <= new_size <= NUMBER_MAX:
        raise NotFound(f"no proof leads from {old_size} leaves to {new_size}: a log only grows")
    if old_size == 0:
        return ()
    path: list[bytes] = []
    start, end = 0, new_size
    while end != old_size:
        middle = start + _split(end - start)
        if old_size <= middle:
            path.append(_range_root(middle, end, read))
            end = middle
        else:
            path.append(_range_root(start, middle, read))
            start = middle
    if start != 0:  # the whole old tree needs no hash: the verifier has its root
        path.append(_range_root(start, end, read))
    path.reverse()
    return tuple(path)


def verify_inclusion(*, index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """RFC 9162 section 2.1.3.2. `leaf` is a leaf hash. Raises BadProof."""
    if not 0 <= index < size <= NUMBER_MAX:  # (1)
        raise BadProof(f"inclusion proof for leaf {index} of a tree of {size}: no such leaf")
    _require_hashes("inclusion", (leaf, root, *proof))
    sha = sha256
    fn, sn = index, size - 1  # (2)
    node = leaf  # (3)
    for sibling in proof:  # (4)
        if sn == 0:
            raise BadProof(f"inclusion proof for leaf {index} of {size}: {len(proof)} hashes are too many")
        if fn & 1 or fn == sn:
            node = sha(b"\x01" + sibling + node).digest()
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            node = sha(b"\x01" + node + sibling).digest()
        fn >>= 1
        sn >>= 1
    if sn != 0:  # (5)
        raise BadProof(f"inclusion proof for leaf {index} of {size}: {len(proof)} hashes are too few")
    if node != root:
        raise BadProof(f"inclusion proof for leaf {index} of {size} leads to another root")


def verify_consistency(
    *, old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """RFC 9162 section 2.1.4.2. Raises BadProof."""
    if not 0 <= old_size <= new_size <= NUMBER_MAX:
        raise BadProof(f"consistency proof from {old_size} leaves to {new_size}: a log only grows")
    _require_hashes("consistency", (old_root, new_root, *proof))
    if old_size == 0 or old_size == new_size:
        _verify_trivial(old_size, old_root, new_size, new_root, proof)
        return
    if not proof:  # (1)
        raise BadProof(f"consistency proof from {old_size} leaves to {new_size} is empty")
    nodes = iter(proof)
    # (2) A perfect old tree is itself the first hash, and is not sent.
    old_node = new_node = old_root if old_size & (old_size - 1) == 0 else next(nodes)
    fn, sn = old_size - 1, new_size - 1  # (3)
    while fn & 1:  # (4)
        fn >>= 1
        sn >>= 1
    sha = sha256
    for sibling in nodes:  # (5) has set both nodes above; (6)
        if sn == 0:
            raise BadProof(f"consistency proof from {old_size} leaves to {new_size}: {len(proof)} hashes are too many")
        if fn & 1 or fn == sn:
            old_node = sha(b"\x01" + sibling + old_node).digest()
            new_node = sha(b"\x01" + sibling + new_node).digest()
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            new_node = sha(b"\x01" + new_node + sibling).digest()
        fn >>= 1
        sn >>= 1
    if sn != 0:  # (7)
        raise BadProof(f"consistency proof from {old_size} leaves to {new_size}: {len(proof)} hashes are too few")
    if old_node != old_root:
        raise BadProof(f"consistency proof from {old_size} leaves to {new_size} leads to another old root")
    if new_node != new_root:
        raise BadProof(f"consistency proof from {old_size} leaves to {new_size} leads to another new root")


def old_root_stated_by(*, old_size: int, new_size: int, proof: Sequence[bytes]) -> bytes | None:
    """The one old root with which `proof` can verify, or None when the proof does not contain it.

    A consistency proof holds every hash of the old root, so it states that root as well as checking it; fork evidence
    needs the statement. Only when the old size is a power of two does the proof leave the root out. The result means
    nothing before `verify_consistency` has accepted it.
    """
    if not 0 < old_size < new_size <= NUMBER_MAX or old_size & (old_size - 1) == 0 or not proof:
        return None
    node, *siblings = proof
    fn, sn = old_size - 1, new_size - 1
    while fn & 1:
        fn >>= 1
        sn >>= 1
    for sibling in siblings:  # the old half of steps (3) to (6) above
        if fn & 1 or fn == sn:
            node = node_hash(sibling, node)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        fn >>= 1
        sn >>= 1
    return node


def _verify_trivial(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    if proof:
        raise BadProof(
            f"consistency proof from {old_size} leaves to {new_size}: expected none, got {len(proof)} hashes"
        )
    if old_size == 0 and old_root != EMPTY_ROOT:
        raise BadProof("the root of an empty tree is SHA-256 of nothing")
    if old_size == new_size and old_root != new_root:
        raise BadProof(f"two roots for one size of {old_size} leaves")


def _require_hashes(kind: str, hashes: Sequence[bytes]) -> None:
    if len(hashes) > PROOF_HASHES_MAX + 2:
        raise BadProof(f"{kind} proof of {len(hashes) - 2} hashes: no tree needs more than {PROOF_HASHES_MAX}")
    for value in hashes:
        if len(value) != HASH_BYTES:
            raise BadProof(f"{kind} proof: a hash is {HASH_BYTES} bytes, here is one of {len(value)}")


def _split(count: int) -> int:
    """The largest power of two smaller than `count`, which is at least 2."""
    return 1 << ((count - 1).bit_length() - 1)


def _range_root(start: int, end: int, read: HashReader) -> bytes:
    """MTH(D[start:end]) for a node of some tree: `start` is a multiple of a power of two >= the width."""
    return _fold([read(level, index) for level, index in _perfect_subtrees(start, end)])


def _perfect_subtrees(start: int, end: int) -> Iterator[tuple[int, int]]:
    width = end - start
    for level in range(width.bit_length() - 1, -1, -1):
        if width >> level & 1:
            yield level, (start >> level) + ((width >> level) ^ 1)


def _fold(hashes: Sequence[bytes]) -> bytes:
    """The root over perfect subtrees given largest first."""
    if not hashes:
        return EMPTY_ROOT
    node = hashes[-1]
    for left in reversed(hashes[:-1]):
        node = node_hash(left, node)
    return node
