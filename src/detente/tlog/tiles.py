"""C2SP tiles: a tree as static files of 256 hashes, and the entries in bundles of 256.

Specification: c2sp.org/tlog-tiles, sections "Merkle Tree" and "Log entries". Implemented: paths, tile and bundle bytes,
which tiles a size has, appending, and reading any hash back. Pruning is not.

Stricter than the text: indices stop where sizes do, at 2**63 - 1; an index has one spelling (`000`, never `x000/000`);
a bundle holds exactly the entries that its path promises.

A tree of 70,000 entries is 273 full tiles and one of width 112 on level 0, one full and one of width 17 on level 1, and
one of width 1 on level 2:

    tile/0/000 … tile/0/272   tile/0/273.p/112   tile/1/000   tile/1/001.p/17   tile/2/000.p/1
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from detente.errors import CorruptLog, InvalidStatement, MalformedReply, NotFound
from detente.tlog.ascii import NUMBER_MAX
from detente.tlog.merkle import HASH_BYTES, HashReader

TILE_WIDTH = 256
TILE_BYTES = TILE_WIDTH * HASH_BYTES
LEVEL_MAX = 63
ENTRY_BYTES_MAX = 65_535

_HEIGHT = 8  # a tile is a subtree of this many levels of hashes
_READER_TILES_MAX = 64
_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<index>(?:x[0-9]{3}/)*[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)


@dataclass(frozen=True, slots=True)
class Tile:
    """`width` hashes; the first is that of the subtree of `256**level` leaves number `256 * index`."""

    level: int
    index: int
    width: int


@dataclass(frozen=True, slots=True)
class Bundle:
    """`width` entries, the first being number `256 * index`."""

    index: int
    width: int


def tile_path(tile: Tile) -> str:
    return f"tile/{tile.level}/{_index_path(tile.index)}{_width_suffix(tile.width)}"


def bundle_path(index: int, width: int) -> str:
    return f"tile/entries/{_index_path(index)}{_width_suffix(width)}"


def parse_path(path: str) -> Tile | Bundle:
    """Raises InvalidStatement. Whatever it accepts, `tile_path` or `bundle_path` spells the same."""
    match = _PATH.fullmatch(path[:200])
    if match is None or len(path) > 200 or not path.isascii():
        raise InvalidStatement(f"not a tile path: {path[:80]!r}")
    index = int(match["index"].replace("/", "").replace("x", ""))
    width = int(match["width"]) if match["width"] else TILE_WIDTH
    if _index_path(index) != match["index"] or index > NUMBER_MAX:
        raise InvalidStatement(f"not a tile path: the index has another spelling than {match['index'][:80]!r}")
    if match["width"] and width >= TILE_WIDTH:
        raise InvalidStatement(f"not a tile path: a partial width is 1 to 255, not {width}")
    if match["level"] == "entries":
        return Bundle(index, width)
    if int(match["level"]) > LEVEL_MAX:
        raise InvalidStatement(f"not a tile path: levels are 0 to {LEVEL_MAX}")
    return Tile(int(match["level"]), index, width)


def partial_width(level: int, size: int) -> int:
    """How many hashes the last tile of this level has beyond the full ones; 0 when there is none."""
    return (size >> (_HEIGHT * level)) % TILE_WIDTH


def tiles_of(size: int) -> Iterator[Tile]:
    """Every tile of a tree of this size, level by level, the partial one last in each."""
    level = 0
    while hashes := size >> (_HEIGHT * level):
        for index in range(hashes // TILE_WIDTH):
            yield Tile(level, index, TILE_WIDTH)
        if hashes % TILE_WIDTH:
            yield Tile(level, hashes // TILE_WIDTH, hashes % TILE_WIDTH)
        level += 1


def bundles_of(size: int) -> Iterator[Bundle]:
    for index in range(size // TILE_WIDTH):
        yield Bundle(index, TILE_WIDTH)
    if size % TILE_WIDTH:
        yield Bundle(size // TILE_WIDTH, size % TILE_WIDTH)


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """1 to 256 entries of at most 65,535 bytes. Raises InvalidStatement."""
    if not 1 <= len(entries) <= TILE_WIDTH:
        raise InvalidStatement(f"a bundle holds 1 to {TILE_WIDTH} entries, not {len(entries)}")
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > ENTRY_BYTES_MAX:
            raise InvalidStatement(f"an entry has at most {ENTRY_BYTES_MAX} bytes, not {len(entry)}")
        parts.append(len(entry).to_bytes(2, "big"))
        parts.append(entry)
    return b"".join(parts)


def parse_bundle(data: bytes, width: int) -> list[bytes]:
    """Exactly `width` entries and nothing after them. Raises MalformedReply."""
    if not 1 <= width <= TILE_WIDTH:
        raise InvalidStatement(f"a bundle holds 1 to {TILE_WIDTH} entries, not {width}")
    # Sealed statements all have one length. When every length prefix on that grid says so, the grid is the parse.
    stride, rest = divmod(len(data), width)
    if rest == 0 and stride >= 2 and int.from_bytes(data[:2], "big") == stride - 2:
        same_high = data[::stride] == data[:1] * width
        if same_high and data[1::stride] == data[1:2] * width:
            return [data[start + 2 : start + stride] for start in range(0, len(data), stride)]
    entries: list[bytes] = []
    position = 0
    try:
        for _ in range(width):
            end = position + 2 + (data[position] << 8 | data[position + 1])
            entries.append(data[position + 2 : end])
            position = end
    except IndexError:
        position = -1
    if position != len(data):
        raise MalformedReply(f"entry bundle: expected {width} entries in exactly {len(data)} bytes", evidence=data)
    return entries


def extend(size: int, tails: Mapping[int, bytes], leaf_hashes: Sequence[bytes]) -> list[tuple[Tile, bytes]]:
    """Append leaf hashes to a tree of `size` leaves; every tile whose bytes change, at its final width.

    `tails[level]` is the partial last tile of that level now, absent or empty when there is none; a tail of another
    length than `size` demands raises CorruptLog.
    """
    changed: list[tuple[Tile, bytes]] = []
    added = b"".join(leaf_hashes)
    if len(added) != len(leaf_hashes) * HASH_BYTES:
        raise CorruptLog(f"a leaf hash is {HASH_BYTES} bytes")
    sha = sha256
    level = 0
    while added:
        hashes = size >> (_HEIGHT * level)
        tail = tails.get(level, b"")
        if len(tail) != hashes % TILE_WIDTH * HASH_BYTES:
            raise CorruptLog(
                f"level {level} of a tree of {size}: expected a partial tile of {hashes % TILE_WIDTH} hashes, "
                f"got {len(tail)} bytes"
            )
        row = tail + added
        index = hashes // TILE_WIDTH
        parents: list[bytes] = []
        full_bytes = len(row) - len(row) % TILE_BYTES
        for start in range(0, full_bytes, TILE_BYTES):
            tile = row[start : start + TILE_BYTES]
            changed.append((Tile(level, index, TILE_WIDTH), tile))
            index += 1
            node = tile
            while len(node) > HASH_BYTES:
                node = b"".join([sha(b"\x01" + node[at : at + 64]).digest() for at in range(0, len(node), 64)])
            parents.append(node)
        if full_bytes < len(row):
            partial = row[full_bytes:]
            changed.append((Tile(level, index, len(partial) // HASH_BYTES), partial))
        added = b"".join(parents)
        level += 1
    return changed


def hash_reader(size: int, read_tile: Callable[[Tile], bytes]) -> HashReader:
    """Any hash of a tree of this size out of its tiles.

    `read_tile` is asked for the widest tile that exists at this size; a tile of another length raises MalformedReply.
    The bytes are not believed: whoever uses the hashes checks them against a signed root. Up to 64 tiles with the
    hashes between their levels are kept, so that many proofs out of one reader hash each tile once.
    """
    pyramids: dict[tuple[int, int], list[bytes]] = {}

    def read(level: int, index: int) -> bytes:
        if level < 0 or index < 0 or (index + 1) << level > size:
            raise NotFound(f"no subtree {index} of level {level} in a tree of {size}")
        tile_level, rise = divmod(level, _HEIGHT)
        tile_index, position = divmod(index << rise, TILE_WIDTH)
        rows = pyramids.get((tile_level, tile_index))
        if rows is None:
            hashes = size >> (_HEIGHT * tile_level)
            width = min(TILE_WIDTH, hashes - tile_index * TILE_WIDTH)
            tile = Tile(tile_level, tile_index, width)
            content = read_tile(tile)
            if len(content) != width * HASH_BYTES:
                raise MalformedReply(
                    f"{tile_path(tile)}: expected {width * HASH_BYTES} bytes, got {len(content)}", evidence=content
                )
            if len(pyramids) >= _READER_TILES_MAX:
                pyramids.clear()
            rows = pyramids[tile_level, tile_index] = [content]
        while len(rows) <= rise:
            row = rows[-1]
            whole = len(row) - len(row) % 64
            rows.append(b"".join([sha256(b"\x01" + row[at : at + 64]).digest() for at in range(0, whole, 64)]))
        start = (position >> rise) * HASH_BYTES
        return rows[rise][start : start + HASH_BYTES]

    return read


def _index_path(index: int) -> str:
    groups = [f"{index % 1000:03d}"]
    index //= 1000
    while index:
        groups.append(f"x{index % 1000:03d}")
        index //= 1000
    return "/".join(reversed(groups))


def _width_suffix(width: int) -> str:
    return "" if width == TILE_WIDTH else f".p/{width}"
