from __future__ import annotations

import itertools

import pytest
from tests.unit.tlog.memory_log import leaf, slow_root

from detente.errors import CorruptLog, InvalidStatement, MalformedReply, NotFound
from detente.tlog import merkle, tiles
from detente.tlog.merkle import Frontier
from detente.tlog.tiles import Bundle, Tile


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0, 256), "tile/0/000"),
        (Tile(0, 273, 112), "tile/0/273.p/112"),
        (Tile(1, 1, 17), "tile/1/001.p/17"),
        (Tile(63, 0, 1), "tile/63/000.p/1"),
        (Tile(0, 1_234_067, 256), "tile/0/x001/x234/067"),
        (Tile(0, 1000, 5), "tile/0/x001/000.p/5"),
    ],
)
def test_a_tile_has_one_path(tile: Tile, path: str) -> None:
    assert tiles.tile_path(tile) == path
    assert tiles.parse_path(path) == tile


def test_a_bundle_has_one_path() -> None:
    assert tiles.bundle_path(1_234_067, 255) == "tile/entries/x001/x234/067.p/255"
    assert tiles.parse_path("tile/entries/x001/x234/067.p/255") == Bundle(1_234_067, 255)
    assert tiles.parse_path("tile/entries/000") == Bundle(0, 256)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "checkpoint",
        "tile/0/0",
        "tile/0/0000",
        "/tile/0/000",
        "tile/0/000/",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/x000/000",
        "tile/0/001/000",
        "tile/0/x001",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/",
        "tile/0/000.p/1\n",
        "tile/0/000\n",
        "tile/0/００0",
        "tile/entries",
        "tile/Entries/000",
        "tile/0/../000",
        "tile/0/" + "x999/" * 7 + "999",
        "tile/0/" + "x999/" * 60 + "999",
    ],
)
def test_another_spelling_of_a_path_is_refused(path: str) -> None:
    with pytest.raises(InvalidStatement):
        tiles.parse_path(path)


def test_the_example_of_70_000_entries_has_the_tiles_of_the_specification() -> None:
    found = list(tiles.tiles_of(70_000))
    by_level = {level: list(group) for level, group in itertools.groupby(found, lambda tile: tile.level)}
    assert [len(by_level[level]) for level in (0, 1, 2)] == [274, 2, 1]
    assert (by_level[0][-1].width, by_level[1][-1].width, by_level[2][-1].width) == (112, 17, 1)
    assert all(tile.width == 256 for tile in (*by_level[0][:-1], *by_level[1][:-1]))
    assert [tiles.partial_width(level, 70_000) for level in (0, 1, 2, 3)] == [112, 17, 1, 0]


def test_a_tree_of_256_is_one_full_tile_and_a_partial_one_above() -> None:
    assert list(tiles.tiles_of(256)) == [Tile(0, 0, 256), Tile(1, 0, 1)]
    assert list(tiles.tiles_of(0)) == []
    assert list(tiles.bundles_of(556)) == [Bundle(0, 256), Bundle(1, 256), Bundle(2, 44)]
    assert list(tiles.bundles_of(0)) == []


@pytest.mark.parametrize(
    "entries",
    [[b""], [b"a"], [b"ab", b"", b"abc"], [b"x" * 65_535], [b"same"] * 256, [bytes([n]) * n for n in range(200)]],
)
def test_a_bundle_goes_there_and_back(entries: list[bytes]) -> None:
    assert tiles.parse_bundle(tiles.encode_bundle(entries), len(entries)) == entries


@pytest.mark.parametrize("entries", [[], [b"x"] * 257, [b"x" * 65_536]])
def test_a_bundle_that_no_format_holds_is_refused(entries: list[bytes]) -> None:
    with pytest.raises(InvalidStatement):
        tiles.encode_bundle(entries)


@pytest.mark.parametrize(
    ("data", "width"),
    [
        (b"", 1),
        (b"\x00", 1),
        (b"\x00\x02a", 1),
        (b"\x00\x01a\x00", 1),
        (b"\x00\x01a\x00\x01b", 1),
        (b"\x00\x01a", 2),
        (b"\x00\x01a\x00\x02b", 2),
        (b"\x00\x01a\x01\x01b", 2),
        (b"\x00\x00", 2),
    ],
)
def test_a_bundle_of_another_length_or_count_is_refused(data: bytes, width: int) -> None:
    with pytest.raises(MalformedReply):
        tiles.parse_bundle(data, width)


@pytest.mark.parametrize("width", [0, -1, 257])
def test_a_bundle_has_a_width_of_1_to_256(width: int) -> None:
    with pytest.raises(InvalidStatement):
        tiles.parse_bundle(b"\x00\x01a", width)


def test_entries_that_look_like_length_prefixes_are_parsed_by_the_prefixes() -> None:
    # Four entries whose bytes repeat the first prefix on the grid of another parse.
    entries = [b"\x00\x02", b"\x00\x02", b"", b"\x00\x02\x00\x00"]
    assert tiles.parse_bundle(tiles.encode_bundle(entries), 4) == entries


def stored(leaves: list[bytes], steps: list[int]) -> tuple[dict[Tile, bytes], int]:
    """What a log has on disk after appending in these steps, keeping every tile it ever wrote."""
    disk: dict[Tile, bytes] = {}
    tails: dict[int, bytes] = {}
    size = 0
    for step in steps:
        for tile, content in tiles.extend(size, tails, leaves[size : size + step]):
            disk[tile] = content
            tails[tile.level] = content if tile.width < 256 else b""
        size += step
    return disk, size


@pytest.mark.parametrize("steps", [[1] * 300, [255, 1, 1, 256, 700], [70_000], [256, 256], [65_535, 1, 1]])
def test_appending_writes_exactly_the_tiles_of_the_new_size_whatever_the_steps(steps: list[int]) -> None:
    leaves = [leaf(str(number)) for number in range(sum(steps))]
    disk, size = stored(leaves, steps)
    whole, _ = stored(leaves, [size])
    assert {tile: disk[tile] for tile in tiles.tiles_of(size)} == whole
    assert b"".join(disk[tile] for tile in tiles.tiles_of(size) if tile.level == 0) == b"".join(leaves)


def test_only_changed_tiles_are_returned() -> None:
    leaves = [leaf(str(number)) for number in range(600)]
    disk, _ = stored(leaves, [300])
    changed = tiles.extend(300, {0: disk[Tile(0, 1, 44)], 1: disk[Tile(1, 0, 1)]}, leaves[300:301])
    assert [tile for tile, _ in changed] == [Tile(0, 1, 45)]
    changed = tiles.extend(300, {0: disk[Tile(0, 1, 44)], 1: disk[Tile(1, 0, 1)]}, leaves[300:600])
    assert [tile for tile, _ in changed] == [Tile(0, 1, 256), Tile(0, 2, 88), Tile(1, 0, 2)]
    assert tiles.extend(300, {}, []) == []


def test_tails_that_do_not_fit_the_size_are_a_corrupt_log() -> None:
    new = [leaf("x")]
    for size, tails in [(1, {}), (1, {0: bytes(64)}), (0, {0: bytes(32)}), (1, {0: bytes(31)})]:
        with pytest.raises(CorruptLog):
            tiles.extend(size, tails, new)
    with pytest.raises(CorruptLog, match="level 1"):
        tiles.extend(511, {0: bytes(255 * 32)}, new)
    with pytest.raises(CorruptLog, match="32 bytes"):
        tiles.extend(0, {}, [bytes(31)])


def test_every_hash_of_a_tree_is_read_back_from_its_tiles() -> None:
    leaves = [leaf(str(number)) for number in range(1030)]
    disk, size = stored(leaves, [1030])
    read = tiles.hash_reader(size, disk.__getitem__)
    for level in range(11):
        for index in range(size >> level):
            assert read(level, index) == slow_root(leaves[index << level : (index + 1) << level])
    assert merkle.root_at(size, read) == Frontier.EMPTY.extended(leaves).root()


def test_a_reader_asks_for_the_widest_tile_and_for_each_only_once() -> None:
    leaves = [leaf(str(number)) for number in range(300)]
    disk, size = stored(leaves, [300])
    asked: list[Tile] = []

    def read_tile(tile: Tile) -> bytes:
        asked.append(tile)
        return disk[tile]

    read = tiles.hash_reader(size, read_tile)
    for index in range(size):
        proof = merkle.inclusion_proof(index, size, read)
        merkle.verify_inclusion(
            index=index, size=size, leaf=leaves[index], proof=proof, root=merkle.root_at(size, read)
        )
    assert sorted(asked, key=lambda tile: (tile.level, tile.index)) == [Tile(0, 0, 256), Tile(0, 1, 44), Tile(1, 0, 1)]


def test_a_reader_forgets_tiles_instead_of_growing_without_bound() -> None:
    leaves = [leaf(str(number)) for number in range(256 * 70)]
    disk, size = stored(leaves, [len(leaves)])
    read = tiles.hash_reader(size, disk.__getitem__)
    assert [read(0, index * 256) for index in range(70)] == leaves[::256]
    assert [read(0, index * 256) for index in range(70)] == leaves[::256]


def test_a_tile_of_another_length_is_a_malformed_reply() -> None:
    read = tiles.hash_reader(5, lambda tile: bytes(4 * 32))
    with pytest.raises(MalformedReply, match="expected 160 bytes, got 128"):
        read(0, 0)


@pytest.mark.parametrize(("level", "index"), [(0, 5), (1, 2), (3, 0), (-1, 0), (0, -1)])
def test_a_hash_outside_the_tree_is_not_found(level: int, index: int) -> None:
    read = tiles.hash_reader(5, lambda tile: bytes(5 * 32))
    with pytest.raises(NotFound):
        read(level, index)
