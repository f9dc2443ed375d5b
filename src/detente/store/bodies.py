"""Openings by log and index: put, read, erase. The salts lie in the same row as the body, so that one update removes both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from detente.errors import Locked, NotFound
from detente.statement import Opening
from detente.store.database import Database, openings

# Openings of public leaves have no header: the leaf says all. The body is kept beside the others so that one reader finds it.
NO_HEADER = b""

_LAST_ADDED = sa.select(sa.func.max(openings.c.added))


def last_added(connection: Connection) -> int:
    """The latest time of addition, 0 when there is none."""
    return int(connection.execute(_LAST_ADDED).scalar() or 0)


def put_openings(
    database: Database,
    connection: Connection,
    log: int,
    rows: Sequence[tuple[int, Opening]],
    *,
    collection: str,
    now_us: int,
) -> list[int]:
    """Store openings by index, each with its own time of addition: now, or one past the last. Returns these times."""
    start = max(now_us, last_added(connection) + 1)
    database.insert(
        connection,
        openings,
        [
            (start + i, log, index, collection, opening.header, opening.header_salt, opening.body, opening.body_salt)
            for i, (index, opening) in enumerate(rows)
        ],
    )
    return list(range(start, start + len(rows)))


def read_opening(connection: Connection, log: int, index: int) -> Opening:
    row = connection.execute(
        sa.select(openings.c.header, openings.c.header_salt, openings.c.body, openings.c.body_salt).where(
            openings.c.log == log, openings.c.idx == index
        )
    ).one_or_none()
    if row is None:
        raise NotFound(f"no opening of entry {index} is held here: it was not addressed to us, or is a clear leaf")
    return Opening(*(bytes(field) for field in row))


def has_opening(connection: Connection, log: int, index: int) -> bool:
    query = sa.select(openings.c.added).where(openings.c.log == log, openings.c.idx == index)
    return connection.execute(query).scalar() is not None


def read_openings(connection: Connection, log: int, start: int, end: int) -> list[tuple[int, Opening]]:
    """Index and opening of every row with start ≤ index < end, erased ones too."""
    rows = connection.execute(
        sa.select(openings.c.idx, openings.c.header, openings.c.header_salt, openings.c.body, openings.c.body_salt)
        .where(openings.c.log == log, openings.c.idx >= start, openings.c.idx < end)
        .order_by(openings.c.idx)
    )
    return [(idx, Opening(bytes(h), bytes(hs), bytes(b), bytes(bs))) for idx, h, hs, b, bs in rows]


class Row(NamedTuple):
    """One row as it lies there, for looking it over."""

    idx: int
    added_us: int
    collection: str
    opening: Opening


def read_rows(connection: Connection, log: int, start: int, end: int) -> list[Row]:
    """As `read_openings`, with everything that lies beside them."""
    rows = connection.execute(
        sa.select(
            openings.c.idx,
            openings.c.added,
            openings.c.collection,
            openings.c.header,
            openings.c.header_salt,
            openings.c.body,
            openings.c.body_salt,
        )
        .where(openings.c.log == log, openings.c.idx >= start, openings.c.idx < end)
        .order_by(openings.c.idx)
    )
    return [
        Row(idx, added, collection, Opening(bytes(h), bytes(hs), bytes(b), bytes(bs)))
        for idx, added, collection, h, hs, b, bs in rows
    ]


def erase(connection: Connection, log: int, indices: Iterable[int], *, headers: bool) -> int:
    """Remove bodies and their salts, and with `headers` the headers and theirs; returns how many rows lost something.

    The rows stay as empty places. `purge` must follow after the commit, to reach what the database itself left behind.
    """
    wanted = list(indices)
    values: dict[str, bytes] = {"body": b"", "body_salt": b""}
    if headers:
        values |= {"header": b"", "header_salt": b""}
    count = 0
    for begin in range(0, len(wanted), 500):
        part = wanted[begin : begin + 500]
        count += connection.execute(
            openings.update().where(openings.c.log == log, openings.c.idx.in_(part)).values(**values)
        ).rowcount
    return count


def find_body(connection: Connection, body: bytes) -> list[tuple[int, int]]:
    """Log and index of every opening with exactly this text."""
    rows = connection.execute(sa.select(openings.c.log, openings.c.idx).where(openings.c.body == body))
    return [(log, idx) for log, idx in rows]


def purge(database: Database) -> None:
    """After an erasure: leave no old page, free page or log page that still holds the bytes.

    Raises Locked when somebody kept reading an older state, whose pages cannot go yet.
    """
    if database.sqlite:
        # secure_delete zeroes freed cells; VACUUM rewrites what was rebalanced, the checkpoints empty the write-ahead log.
        purge_log(database)
        database.run_alone("VACUUM main", "VACUUM idx")
        purge_log(database)
    else:
        database.run_alone("VACUUM FULL openings")


def purge_log(database: Database) -> None:
    """Empty the write-ahead logs. On PostgreSQL the segments are the server's, which recycles them. Raises Locked."""
    if database.sqlite:
        ((busy, _, _),) = database.run_alone("PRAGMA wal_checkpoint(TRUNCATE)")
        if busy:
            raise Locked(
                f"somebody is reading an older state of {database.folder}: what was erased is gone from the log, but its bytes lie "
                "in the write-ahead log until the node is opened again without other readers"
            )


def count_openings(connection: Connection, log: int) -> int:
    return int(connection.execute(sa.select(sa.func.count()).where(openings.c.log == log)).scalar_one())
