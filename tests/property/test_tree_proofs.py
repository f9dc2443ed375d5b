"""Law: however a log grew, its tiles, its frontier and a literal reading of RFC 6962 give the same roots and proofs."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.tlog.memory_log import leaf, slow_root

from detente.errors import BadProof
from detente.tlog import merkle, tiles
from detente.tlog.tiles import Tile

LEAVES = [leaf(str(number)) for number in range(3000)]


def grown(steps: list[int]) -> tuple[int, dict[Tile, bytes], merkle.Frontier]:
    disk: dict[Tile, bytes] = {}
    tails: dict[int, bytes] = {}
    frontier = merkle.Frontier.EMPTY
    size = 0
    for step in steps:
        new = LEAVES[size : size + step]
        for tile, content in tiles.extend(size, tails, new):
            disk[tile] = content
            tails[tile.level] = content if tile.width < tiles.TILE_WIDTH else b""
        frontier = frontier.extended(new)
        size += step
    return size, disk, frontier


steps_of_growth = st.lists(st.one_of(st.integers(0, 5), st.integers(250, 260), st.integers(0, 600)), max_size=5)


@settings(max_examples=60)
@given(steps_of_growth, st.data())
def test_tiles_frontier_and_definition_agree_for_every_way_of_growing(steps: list[int], data: st.DataObject) -> None:
    size, disk, frontier = grown(steps)
    read = tiles.hash_reader(size, disk.__getitem__)
    root = merkle.root_at(size, read)
    assert root == frontier.root() == slow_root(LEAVES[:size])
    old = data.draw(st.integers(0, size), label="old size")
    old_root = merkle.root_at(old, read)
    assert old_root == slow_root(LEAVES[:old])
    proof = merkle.consistency_proof(old, size, read)
    merkle.verify_consistency(old_size=old, old_root=old_root, new_size=size, new_root=root, proof=proof)
    if size:
        index = data.draw(st.integers(0, size - 1), label="index")
        path = merkle.inclusion_proof(index, size, read)
        merkle.verify_inclusion(index=index, size=size, leaf=LEAVES[index], proof=path, root=root)


@settings(max_examples=60)
@given(st.integers(1, 400), st.data())
def test_a_bit_changed_anywhere_in_a_proof_is_noticed(size: int, data: st.DataObject) -> None:
    _, disk, frontier = grown([size])
    read = tiles.hash_reader(size, disk.__getitem__)
    index = data.draw(st.integers(0, size - 1), label="index")
    old = data.draw(st.integers(1, size), label="old size")
    root, old_root = frontier.root(), merkle.root_at(old, read)
    path = merkle.inclusion_proof(index, size, read)
    for number in range(len(path) + 2):
        parts = [*path, LEAVES[index], root]
        parts[number] = _one_bit_changed(parts[number], data)
        with pytest.raises(BadProof):
            merkle.verify_inclusion(index=index, size=size, leaf=parts[-2], proof=parts[:-2], root=parts[-1])
    proof = merkle.consistency_proof(old, size, read)
    for number in range(len(proof) + 2):
        parts = [*proof, old_root, root]
        parts[number] = _one_bit_changed(parts[number], data)
        with pytest.raises(BadProof):
            merkle.verify_consistency(
                old_size=old, old_root=parts[-2], new_size=size, new_root=parts[-1], proof=parts[:-2]
            )


def _one_bit_changed(value: bytes, data: st.DataObject) -> bytes:
    bit = data.draw(st.integers(0, 255), label="bit")
    return (int.from_bytes(value, "big") ^ (1 << bit)).to_bytes(32, "big")


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=256))
def test_every_bundle_goes_there_and_back(entries: list[bytes]) -> None:
    assert tiles.parse_bundle(tiles.encode_bundle(entries), len(entries)) == entries


@given(st.integers(0, 63), st.integers(0, 2**63 - 1), st.integers(1, 256))
def test_every_tile_path_goes_there_and_back(level: int, index: int, width: int) -> None:
    tile = Tile(level, index, width)
    assert tiles.parse_path(tiles.tile_path(tile)) == tile
    assert tiles.parse_path(tiles.bundle_path(index, width)) == tiles.Bundle(index, width)


@given(st.integers(0, 2**63 - 1))
def test_tile_counts_follow_the_formula_of_the_specification(size: int) -> None:
    for level in range(9):
        assert tiles.partial_width(level, size) == size // 256**level % 256
    if size < 10_000:
        for level in range(3):
            widths = [tile.width for tile in tiles.tiles_of(size) if tile.level == level]
            assert sum(widths) == size // 256**level
            assert all(widths)
            assert set(widths[:-1]) <= {256}
