"""RFC 6962 and 9162 trees, exhaustively to 130 leaves: 17,030 proofs, and none that was touched is accepted.

130 is past two tiles' worth of powers of two and has every shape of right edge up to 8 levels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256

import pytest
from tests.unit.tlog.memory_log import slow_root

from detente.errors import BadProof
from detente.tlog import merkle

LEAVES_MAX = 130
EXHAUSTIVE_BITS_MAX = 7
LEAVES = [sha256(b"\x00" + number.to_bytes(4, "big")).digest() for number in range(LEAVES_MAX)]
ROOTS = [slow_root(LEAVES[:size]) for size in range(LEAVES_MAX + 1)]

# The reference tree of the Certificate Transparency test suites: eight entries, and the root after each.
REFERENCE_ENTRIES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
REFERENCE_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@dataclass(frozen=True)
class Inclusion:
    index: int
    size: int
    path: tuple[bytes, ...]

    def verify(self, path: Sequence[bytes], *, leaf: bytes | None = None, root: bytes | None = None) -> None:
        merkle.verify_inclusion(
            index=self.index,
            size=self.size,
            leaf=LEAVES[self.index] if leaf is None else leaf,
            proof=path,
            root=ROOTS[self.size] if root is None else root,
        )


@dataclass(frozen=True)
class Consistency:
    old: int
    new: int
    path: tuple[bytes, ...]

    def verify(self, path: Sequence[bytes], *, leaf: bytes | None = None, root: bytes | None = None) -> None:
        """`leaf` stands for the old root here, so that both kinds of proof are touched in the same places."""
        merkle.verify_consistency(
            old_size=self.old,
            old_root=ROOTS[self.old] if leaf is None else leaf,
            new_size=self.new,
            new_root=ROOTS[self.new] if root is None else root,
            proof=path,
        )


def _proofs() -> Iterator[Inclusion | Consistency]:
    for size in range(1, LEAVES_MAX + 1):
        read = _reader(size)
        for index in range(size):
            yield Inclusion(index, size, merkle.inclusion_proof(index, size, read))
        for old in range(1, size + 1):
            yield Consistency(old, size, merkle.consistency_proof(old, size, read))


def _reader(size: int) -> merkle.HashReader:
    def read(level: int, index: int) -> bytes:
        assert (index + 1) << level <= size, "a proof was made out of leaves beyond the tree"
        if level == 0:
            return LEAVES[index]
        known = _NODES.get((level, index))
        if known is None:
            known = _NODES[level, index] = merkle.node_hash(read(level - 1, 2 * index), read(level - 1, 2 * index + 1))
        return known

    return read


_NODES: dict[tuple[int, int], bytes] = {}
PROOFS = list(_proofs())


def _accepted(proof: Inclusion | Consistency, path: Sequence[bytes], **other: bytes) -> bool:
    with suppress(BadProof):
        proof.verify(path, **other)
        return True
    return False


def _flipped(value: bytes, bit: int) -> bytes:
    return (int.from_bytes(value, "big") ^ (1 << bit)).to_bytes(32, "big")


def test_the_reference_tree_has_its_published_roots() -> None:
    frontier = merkle.Frontier.EMPTY
    for entry, root in zip(REFERENCE_ENTRIES, REFERENCE_ROOTS, strict=True):
        frontier = frontier.extended([merkle.leaf_hash(bytes.fromhex(entry))])
        assert frontier.root().hex() == root


def test_all_17_030_proofs_verify() -> None:
    assert len(PROOFS) == 17_030
    for proof in PROOFS:
        proof.verify(proof.path)


def test_every_proof_with_one_hash_replaced_dropped_added_or_moved_is_refused() -> None:
    noise = sha256(b"noise").digest()
    tried = 0
    for proof in PROOFS:
        path = proof.path
        variants = [(*path, noise), (noise, *path)]
        for at in range(len(path)):
            variants.append((*path[:at], noise, *path[at + 1 :]))
            variants.append((*path[:at], *path[at + 1 :]))
            if at and path[at - 1] != path[at]:
                variants.append((*path[: at - 1], path[at], path[at - 1], *path[at + 1 :]))
        tried += len(variants)
        wrong = [variant for variant in variants if _accepted(proof, variant)]
        assert not wrong, proof
    assert tried > 250_000


def test_every_proof_with_another_leaf_old_root_or_new_root_is_refused() -> None:
    for number, proof in enumerate(PROOFS):
        first = proof.index if isinstance(proof, Inclusion) else proof.old
        size = proof.size if isinstance(proof, Inclusion) else proof.new
        own = LEAVES[first] if isinstance(proof, Inclusion) else ROOTS[first]
        assert not _accepted(proof, proof.path, leaf=_flipped(own, number % 256)), proof
        assert not _accepted(proof, proof.path, root=_flipped(ROOTS[size], number % 256)), proof


def test_every_proof_with_one_bit_of_one_hash_changed_is_refused() -> None:
    """All 256 bits in the trees of up to 7 leaves; beyond, one bit of each hash, and another one in every hash."""
    bit = 0
    for proof in PROOFS:
        size = proof.size if isinstance(proof, Inclusion) else proof.new
        for at, node in enumerate(proof.path):
            bit = (bit + 89) % 256
            for changed in range(256) if size <= EXHAUSTIVE_BITS_MAX else (bit,):
                path = (*proof.path[:at], _flipped(node, changed), *proof.path[at + 1 :])
                assert not _accepted(proof, path), (proof, at, changed)


def test_a_proof_for_one_leaf_proves_no_other_leaf() -> None:
    for proof in PROOFS:
        if isinstance(proof, Inclusion) and proof.size <= 20:
            for index in range(proof.size):
                if index != proof.index:
                    other = Inclusion(index, proof.size, proof.path)
                    assert not _accepted(other, proof.path), (proof, index)
                    assert not _accepted(other, proof.path, leaf=LEAVES[proof.index]), (proof, index)


def test_a_proof_from_one_size_proves_no_other_size() -> None:
    for proof in PROOFS:
        if isinstance(proof, Consistency) and proof.new <= 20:
            for old in range(1, proof.new + 1):
                if old != proof.old:
                    assert not _accepted(Consistency(old, proof.new, proof.path), proof.path), (proof, old)


@pytest.mark.parametrize("size", range(2, LEAVES_MAX + 1))
def test_an_inner_node_is_never_a_leaf(size: int) -> None:
    # The second preimage that a tree without the 00 and 01 prefixes would have.
    pair = LEAVES[0] + LEAVES[1]
    inner = merkle.node_hash(LEAVES[0], LEAVES[1])
    assert merkle.leaf_hash(pair) != inner
    path = merkle.inclusion_proof(0, size, _reader(size))
    with pytest.raises(BadProof):
        merkle.verify_inclusion(index=0, size=size, leaf=merkle.leaf_hash(pair), proof=path[1:], root=ROOTS[size])
