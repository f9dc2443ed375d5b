"""A log on disk: append with one commit point, and what a reader of tiles, entries and proofs needs.

The commit point of everything that the node says is the end of `Store.write` in `detente.store.store`: entries, openings, tiles and the
signed checkpoint enter in one transaction. Before it nothing is acknowledged, published or sent; after it all of it is there. Readers see
either the old head with the old entries or the new head with all of the new ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from detente.errors import CorruptLog, NotFound, StaleWrite
from detente.store.database import Database, entries, heads, openings, tiles
from detente.tlog.ascii import NUMBER_MAX
from detente.tlog.checkpoint import Checkpoint
from detente.tlog.merkle import (
    EMPTY_ROOT,
    Frontier,
    HashReader,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_at,
)
from detente.tlog.tiles import TILE_WIDTH, Tile, encode_bundle, extend, hash_reader, partial_width

OWN, JOURNAL, FIRST_MIRROR = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Head:
    """The present state of one log: its checkpoint as signed, and the latest one that came back with cosignatures."""

    log: int
    origin: str
    role: str
    size: int
    root: bytes
    note: bytes
    at_us: int
    witnessed_size: int
    witnessed_note: bytes
    opened_size: int
    hold: str


@dataclass(frozen=True, slots=True)
class Tail:
    """What must be in memory to append: the partial tile of every level, and the frontier, at `size`."""

    size: int
    root: bytes
    tiles: Mapping[int, bytes]
    frontier: Frontier


EMPTY_TAIL = Tail(0, EMPTY_ROOT, {}, Frontier.EMPTY)


# The statements of the write path, built once: making them anew costs more than running them.
_HEAD = sa.select(heads).where(heads.c.log == sa.bindparam("log_"))
_LEAVES = (
    sa.select(entries.c.leaf)
    .where(
        entries.c.log == sa.bindparam("log_"),
        entries.c.idx >= sa.bindparam("start"),
        entries.c.idx < sa.bindparam("end"),
    )
    .order_by(entries.c.idx)
)
_TILE = sa.select(tiles.c.hashes).where(
    tiles.c.log == sa.bindparam("log_"), tiles.c.level == sa.bindparam("level_"), tiles.c.idx == sa.bindparam("idx_")
)
_MOVE_HEAD = (
    heads.update()
    .where(
        heads.c.log == sa.bindparam("log_"),
        heads.c.size == sa.bindparam("old_size"),
        heads.c.root == sa.bindparam("old_root"),
    )
    .values(
        size=sa.bindparam("new_size"),
        root=sa.bindparam("new_root"),
        note=sa.bindparam("new_note"),
        at_us=sa.bindparam("new_at_us"),
    )
)


def read_head(connection: Connection, log: int) -> Head:
    row = connection.execute(_HEAD, {"log_": log}).one_or_none()
    if row is None:
        raise NotFound(f"there is no log {log} here")
    return Head(*row)


def read_heads(connection: Connection) -> list[Head]:
    return [Head(*row) for row in connection.execute(sa.select(heads).order_by(heads.c.log))]


def head_of(connection: Connection, origin: str) -> Head | None:
    row = connection.execute(sa.select(heads).where(heads.c.origin == origin)).one_or_none()
    return None if row is None else Head(*row)


def create_log(connection: Connection, log: int, origin: str, role: str, note: bytes, at_us: int) -> None:
    """An empty log. `note` is its signed checkpoint of size 0, or nothing for a mirror that has not begun."""
    connection.execute(
        heads.insert(),
        {
            "log": log, "origin": origin, "role": role, "size": 0, "root": EMPTY_ROOT, "note": note, "at_us": at_us,
            "witnessed_size": 0, "witnessed_note": b"", "opened_size": 0, "hold": "",
        },
    )  # fmt: skip


def read_tail(connection: Connection, head: Head) -> Tail:
    """Rebuild the tail from the stored tiles, and check that they give the stored root."""
    partials = {}
    for level in range(8):
        width = partial_width(level, head.size)
        if width:
            index = head.size >> 8 * (level + 1)
            partials[level] = read_tile(connection, head.log, Tile(level, index, width))
    read = tile_reader(connection, head.log, head.size)
    frontier = Frontier(head.size, tuple(_frontier_hashes(head.size, read)))
    if frontier.root() != head.root:
        raise CorruptLog(
            f"the tiles of {head.origin} do not give the root of its checkpoint at {head.size}; run detente fsck"
        )
    return Tail(head.size, head.root, partials, frontier)


def _frontier_hashes(size: int, read: HashReader) -> list[bytes]:
    hashes, start = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            hashes.append(read(level, start >> level))
            start += 1 << level
    return hashes


def append(
    database: Database,
    connection: Connection,
    head: Head,
    tail: Tail,
    leaves: Sequence[bytes],
    sign: Callable[[Checkpoint], bytes],
    at_us: int,
) -> Tail:
    """Write entries, tiles and the new head inside the caller's transaction; returns the tail as it is after the commit.

    `sign` gives the note for the new checkpoint: our signature for our own logs, the partner's verified note for a mirror. It is
    called last, when the root has been computed twice: from the tiles, and again from the entries read back from the database.
    """
    new_size = tail.size + len(leaves)
    database.insert(connection, entries, [(head.log, tail.size + i, leaf) for i, leaf in enumerate(leaves)])
    changed = extend(tail.size, tail.tiles, [leaf_hash(leaf) for leaf in leaves])
    database.upsert(
        connection,
        tiles,
        [{"log": head.log, "level": tile.level, "idx": tile.index, "hashes": data} for tile, data in changed],
    )
    partials = {tile.level: data for tile, data in changed if tile.width < TILE_WIDTH}
    for level, data in tail.tiles.items():
        # A level that did not change keeps its partial tile; one that was filled exactly has none now.
        if level not in partials and partial_width(level, new_size):
            partials[level] = data

    # Both ways read back what the database holds by now: the tiles, and by a second code path the entries, from which nothing
    # that was computed above is used but the frontier of the last signed checkpoint.
    stored = connection.execute(_LEAVES, {"log_": head.log, "start": tail.size, "end": new_size}).scalars()
    frontier = tail.frontier.extended([leaf_hash(leaf) for leaf in stored])
    root = frontier.root()
    if frontier.size != new_size or root_at(new_size, tile_reader(connection, head.log, new_size)) != root:
        raise CorruptLog(f"two ways of computing the root of {head.origin} at {new_size} disagree; nothing was signed")

    note = sign(Checkpoint(head.origin, new_size, root))
    moved = connection.execute(
        _MOVE_HEAD,
        {
            "log_": head.log, "old_size": head.size, "old_root": head.root,
            "new_size": new_size, "new_root": root, "new_note": note, "new_at_us": at_us,
        },
    )  # fmt: skip
    if moved.rowcount != 1:
        raise StaleWrite(f"{head.origin} moved on while we were writing; nothing was stored, try again")
    return Tail(new_size, root, partials, frontier)


def read_tile(connection: Connection, log: int, tile: Tile) -> bytes:
    """The first `tile.width` hashes of a tile. A partial tile on disk may have grown since; its beginning never changes."""
    data = connection.execute(_TILE, {"log_": log, "level_": tile.level, "idx_": tile.index}).scalar()
    if data is None or len(data) < 32 * tile.width:
        raise NotFound(f"no tile of level {tile.level}, index {tile.index} and width {tile.width} here")
    return bytes(data[: 32 * tile.width])


def tile_reader(connection: Connection, log: int, size: int) -> HashReader:
    """Hashes of any subtree of the tree at `size`, read from tiles, each tile once."""
    kept: dict[Tile, bytes] = {}

    def read(tile: Tile) -> bytes:
        if tile not in kept:
            kept[tile] = read_tile(connection, log, tile)
        return kept[tile]

    return hash_reader(size, read)


def read_leaves(connection: Connection, log: int, start: int, end: int) -> list[bytes]:
    """Entries [start, end)."""
    rows = connection.execute(_LEAVES, {"log_": log, "start": start, "end": end})
    return [bytes(leaf) for leaf in rows.scalars()]


def read_bundle(connection: Connection, log: int, index: int, width: int) -> bytes:
    """An entry bundle (C2SP tlog-tiles). Raises NotFound when the log is not that long."""
    start = index * TILE_WIDTH
    # Paths go up to a number whose first entry no database can count to.
    leaves = read_leaves(connection, log, start, start + width) if start + width <= NUMBER_MAX else []
    if len(leaves) != width or not width:
        raise NotFound(f"no entry bundle {index} of width {width} here")
    return encode_bundle(leaves)


def prove_inclusion(connection: Connection, log: int, index: int, size: int) -> tuple[bytes, ...]:
    return inclusion_proof(index, size, tile_reader(connection, log, size))


def prove_consistency(connection: Connection, log: int, old_size: int, new_size: int) -> tuple[bytes, ...]:
    return consistency_proof(old_size, new_size, tile_reader(connection, log, new_size))


def root_of(connection: Connection, log: int, size: int) -> bytes:
    """The root that this log had at an earlier size, from its tiles."""
    return root_at(size, tile_reader(connection, log, size))


def count_rows(connection: Connection, log: int) -> tuple[int, int]:
    """How many entries and tiles there are of a log, wherever they lie: beyond its end there should be none."""
    counted = (
        connection.execute(sa.select(sa.func.count()).select_from(table).where(table.c.log == log)).scalar_one()
        for table in (entries, tiles)
    )
    first, second = counted
    return int(first), int(second)


def orphans(connection: Connection) -> list[int]:
    """Numbers of logs that have entries, tiles or openings, and no head."""
    known = sa.select(heads.c.log)
    found: set[int] = set()
    for table in (entries, tiles, openings):
        found.update(connection.execute(sa.select(table.c.log).where(table.c.log.not_in(known)).distinct()).scalars())
    return sorted(found)
