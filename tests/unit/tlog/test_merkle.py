from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial

import pytest
from tests.unit.tlog.memory_log import MemoryLog, leaf, slow_reader, slow_root

from detente.errors import BadProof, CorruptLog, NotFound
from detente.tlog import merkle
from detente.tlog.merkle import EMPTY_ROOT, Frontier

LEAVES = [leaf(f"entry {number}") for number in range(80)]


def test_the_hashes_are_those_of_rfc_6962() -> None:
    assert merkle.leaf_hash(b"x") == hashlib.sha256(b"\x00x").digest()
    assert merkle.node_hash(b"l", b"r") == hashlib.sha256(b"\x01lr").digest()
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_a_frontier_built_in_any_steps_has_the_root_of_the_tree() -> None:
    for size in range(len(LEAVES) + 1):
        root = slow_root(LEAVES[:size])
        assert Frontier.EMPTY.extended(LEAVES[:size]).root() == root
        for cut in range(0, size + 1, 7):
            assert Frontier.EMPTY.extended(LEAVES[:cut]).extended(LEAVES[cut:size]).root() == root


def test_extending_by_nothing_changes_nothing() -> None:
    frontier = Frontier.EMPTY.extended(LEAVES[:13])
    assert frontier.extended([]) == frontier
    assert Frontier.EMPTY.extended([]) == Frontier.EMPTY
    assert Frontier.EMPTY.root() == EMPTY_ROOT


def test_a_frontier_that_does_not_fit_its_size_is_a_corrupt_log() -> None:
    for size, hashes in [(1, ()), (2, (bytes(32), bytes(32))), (1, (bytes(31),)), (-1, ()), (2**63, (bytes(32),))]:
        with pytest.raises(CorruptLog):
            Frontier(size, hashes)


def test_roots_of_earlier_sizes_come_out_of_the_same_reader() -> None:
    read = slow_reader(LEAVES)
    for size in range(len(LEAVES) + 1):
        assert merkle.root_at(size, read) == slow_root(LEAVES[:size])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5), (6, 5), (0, 2**63)])
def test_no_proof_is_made_for_a_leaf_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(NotFound):
        merkle.inclusion_proof(index, size, slow_reader(LEAVES))


@pytest.mark.parametrize(("old", "new"), [(6, 5), (-1, 5), (0, 2**63)])
def test_no_proof_is_made_towards_a_shorter_log(old: int, new: int) -> None:
    with pytest.raises(NotFound):
        merkle.consistency_proof(old, new, slow_reader(LEAVES))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5), (0, -1), (2**63, 2**63 + 1)])
def test_inclusion_of_a_leaf_that_cannot_be_there_is_refused(index: int, size: int) -> None:
    with pytest.raises(BadProof, match="no such leaf"):
        merkle.verify_inclusion(index=index, size=size, leaf=bytes(32), proof=(), root=bytes(32))


def test_inclusion_proofs_of_a_wrong_length_are_refused() -> None:
    log = MemoryLog().append(7)
    proof = log.inclusion(3)
    root = log.checkpoint().root
    for bad in (proof[:-1], (*proof, bytes(32)), (), (bytes(32), *proof)):
        with pytest.raises(BadProof):
            merkle.verify_inclusion(index=3, size=7, leaf=log.leaves[3], proof=bad, root=root)


def _is_refused(verify: Callable[[], None]) -> bool:
    try:
        verify()
    except BadProof:
        return True
    return False


def test_in_small_trees_every_touched_inclusion_proof_is_refused() -> None:
    noise = leaf("noise")
    for size in range(1, 18):
        read, root = slow_reader(LEAVES[:size]), slow_root(LEAVES[:size])
        for index in range(size):
            path = merkle.inclusion_proof(index, size, read)
            right = partial(merkle.verify_inclusion, index=index, size=size)
            right(leaf=LEAVES[index], proof=path, root=root)
            wrong = [(*path, noise), (noise, *path)]
            for at in range(len(path)):
                wrong += [(*path[:at], noise, *path[at + 1 :]), path[:at], path[at + 1 :]]
            assert all(_is_refused(partial(right, leaf=LEAVES[index], proof=bad, root=root)) for bad in wrong)
            assert _is_refused(partial(right, leaf=noise, proof=path, root=root))
            assert _is_refused(partial(right, leaf=LEAVES[index], proof=path, root=noise))


def test_in_small_trees_every_touched_consistency_proof_is_refused() -> None:
    noise = leaf("noise")
    for new in range(2, 18):
        read, root = slow_reader(LEAVES[:new]), slow_root(LEAVES[:new])
        for old in range(1, new):
            old_root = slow_root(LEAVES[:old])
            path = merkle.consistency_proof(old, new, read)
            right = partial(merkle.verify_consistency, old_size=old, new_size=new)
            right(old_root=old_root, new_root=root, proof=path)
            wrong = [(*path, noise), (noise, *path), (*path, *path)]
            for at in range(len(path)):
                wrong += [(*path[:at], noise, *path[at + 1 :]), path[:at], path[at + 1 :]]
            assert all(_is_refused(partial(right, old_root=old_root, new_root=root, proof=bad)) for bad in wrong)
            assert _is_refused(partial(right, old_root=noise, new_root=root, proof=path))
            assert _is_refused(partial(right, old_root=old_root, new_root=noise, proof=path))


def test_the_reason_says_what_is_wrong_with_a_proof() -> None:
    log = MemoryLog().append(7)
    proof, root = log.inclusion(3), log.checkpoint().root
    inclusion = partial(merkle.verify_inclusion, index=3, size=7, leaf=log.leaves[3])
    for bad, reason in [(proof[:-1], "too few"), ((*proof, root), "too many"), (proof[::-1], "another root")]:
        with pytest.raises(BadProof, match=reason):
            inclusion(proof=bad, root=root)
    proof, old_root = log.consistency(5), log.checkpoint(5).root
    consistency = partial(merkle.verify_consistency, old_size=5, new_size=7, new_root=root)
    for bad, reason in [
        (proof[:-1], "too few"),
        ((*proof, root), "too many"),
        (proof[::-1], "another old root"),
        ((), "is empty"),
    ]:
        with pytest.raises(BadProof, match=reason):
            consistency(old_root=old_root, proof=bad)
    with pytest.raises(BadProof, match="another new root"):
        merkle.verify_consistency(old_size=5, old_root=old_root, new_size=7, new_root=old_root, proof=proof)
    assert merkle.old_root_stated_by(old_size=7, new_size=7, proof=proof) is None
    assert merkle.old_root_stated_by(old_size=0, new_size=7, proof=proof) is None
    with pytest.raises(BadProof, match="too few"):
        merkle.verify_inclusion(index=1, size=2**62, leaf=root, proof=[root] * 61, root=root)
    with pytest.raises(BadProof, match="another root"):
        merkle.verify_inclusion(index=1, size=2**63 - 1, leaf=root, proof=[root] * 63, root=root)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_hash_of_another_length_is_refused_wherever_it_stands(length: int) -> None:
    log = MemoryLog().append(7)
    proof, root, bad = log.inclusion(3), log.checkpoint().root, bytes(length)
    with pytest.raises(BadProof, match="32 bytes"):
        merkle.verify_inclusion(index=3, size=7, leaf=bad, proof=proof, root=root)
    with pytest.raises(BadProof, match="32 bytes"):
        merkle.verify_inclusion(index=3, size=7, leaf=log.leaves[3], proof=(bad, *proof[1:]), root=root)
    with pytest.raises(BadProof, match="32 bytes"):
        merkle.verify_consistency(old_size=0, old_root=bad, new_size=7, new_root=root, proof=())


def test_a_proof_of_more_than_63_hashes_is_refused_before_it_is_hashed() -> None:
    with pytest.raises(BadProof, match="no tree needs more than 63"):
        merkle.verify_inclusion(index=1, size=2**62, leaf=bytes(32), proof=[bytes(32)] * 64, root=bytes(32))
    with pytest.raises(BadProof, match="no tree needs more than 63"):
        merkle.verify_consistency(
            old_size=1, old_root=bytes(32), new_size=2**62, new_root=bytes(32), proof=[bytes(32)] * 64
        )


def test_63_hashes_are_enough_for_every_tree_of_up_to_2_to_the_62_entries() -> None:
    def read(level: int, index: int) -> bytes:
        return hashlib.sha256(f"{level} {index}".encode()).digest()

    assert len(merkle.inclusion_proof(0, 2**62, read)) == 62
    assert len(merkle.consistency_proof(2**62 - 1, 2**62, read)) == 63
    assert len(merkle.inclusion_proof(0, 2**63 - 1, read)) == 63


def test_the_empty_tree_is_consistent_with_every_tree_and_needs_no_proof() -> None:
    root = slow_root(LEAVES[:5])
    merkle.verify_consistency(old_size=0, old_root=EMPTY_ROOT, new_size=5, new_root=root, proof=())
    with pytest.raises(BadProof, match="expected none"):
        merkle.verify_consistency(old_size=0, old_root=EMPTY_ROOT, new_size=5, new_root=root, proof=(bytes(32),))
    with pytest.raises(BadProof, match="empty tree"):
        merkle.verify_consistency(old_size=0, old_root=bytes(32), new_size=5, new_root=root, proof=())


def test_equal_sizes_need_equal_roots_and_no_proof() -> None:
    root = slow_root(LEAVES[:5])
    merkle.verify_consistency(old_size=5, old_root=root, new_size=5, new_root=root, proof=())
    with pytest.raises(BadProof, match="two roots"):
        merkle.verify_consistency(old_size=5, old_root=root, new_size=5, new_root=bytes(32), proof=())
    with pytest.raises(BadProof, match="expected none"):
        merkle.verify_consistency(old_size=5, old_root=root, new_size=5, new_root=root, proof=(root,))
    with pytest.raises(BadProof, match="empty tree"):
        merkle.verify_consistency(old_size=0, old_root=root, new_size=0, new_root=root, proof=())


def test_a_log_that_became_shorter_has_no_consistency() -> None:
    with pytest.raises(BadProof, match="only grows"):
        merkle.verify_consistency(old_size=6, old_root=bytes(32), new_size=5, new_root=bytes(32), proof=())


def test_a_consistency_proof_states_the_old_root_unless_its_size_is_a_power_of_two() -> None:
    for new in range(1, 40):
        for old in range(new + 1):
            proof = merkle.consistency_proof(old, new, slow_reader(LEAVES[:new]))
            stated = merkle.old_root_stated_by(old_size=old, new_size=new, proof=proof)
            expected = None if old in (0, new) or old & (old - 1) == 0 else slow_root(LEAVES[:old])
            assert stated == expected
    assert merkle.old_root_stated_by(old_size=3, new_size=7, proof=()) is None
