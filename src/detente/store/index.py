"""The index: the rows of `detente.views` in tables, rebuilt from the logs whenever they are gone.

`catch_up` folds every statement added since the last time. Delete `index.db` (or drop the schema `idx`) and the next call folds all of
them again, with the same result.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.schema import CreateSchema, DropSchema

from detente.statement import Opening
from detente.store.database import (
    Database,
    audiences,
    deliveries,
    heads,
    index_state,
    objects,
    openings,
    statements,
    views,
)
from detente.store.folding import fold_batch, rank
from detente.views import (
    EVERYBODY,
)

# Raised when a view changes its meaning: an index of another number is thrown away and made anew.
INDEX_VERSION = 4
_ROWS_AT_ONCE = 500


def catch_up(database: Database) -> int:
    """Fold what was added since the last call; returns how many statements were folded."""
    with database.reading() as connection:
        state = _state(connection)
        newest = connection.execute(sa.select(sa.func.max(openings.c.added))).scalar() or 0
    if state is None:
        database.write(lambda connection: _create(database, connection))
        state = 0
    folded = 0
    while state < newest:
        done = database.write(lambda connection: fold_batch(database, connection))
        folded += done
        if not done:
            break
        with database.reading() as connection:
            state = _state(connection) or 0
    return folded


def rebuild(database: Database) -> int:
    """Throw the index away and fold every log again."""
    database.write(lambda connection: _create(database, connection))
    return catch_up(database)


def exists(database: Database) -> bool:
    with database.reading() as connection:
        return _state(connection) is not None


def strays(connection: Connection) -> int:
    """How many rows of the index belong to no statement that is held, and statements that should be in it and are not."""
    state = _state(connection)
    if state is None:
        return 0
    same = (openings.c.added == statements.c.added) & (openings.c.log == statements.c.log)
    same &= openings.c.idx == statements.c.idx
    without = sa.select(sa.func.count()).select_from(statements).where(~sa.select(sa.literal(1)).where(same).exists())
    empty = (openings.c.header == b"") & (openings.c.body == b"")
    missing = (
        sa.select(sa.func.count())
        .select_from(openings)
        .where(openings.c.added <= state, ~empty, ~sa.select(sa.literal(1)).where(same).exists())
    )
    return int(connection.execute(without).scalar_one()) + int(connection.execute(missing).scalar_one())


def indicators_known(connection: Connection) -> tuple[int, int]:
    """The newest position of an indicator, and how many versions there are: by both one tells whether any came or was erased."""
    newest, count = connection.execute(
        sa.select(sa.func.max(objects.c.added), sa.func.count()).where(objects.c.type == "indicator")
    ).one()
    return newest or 0, count


def _state(connection: Connection) -> int | None:
    """How far the index has come (a time of addition), or None when there is none of this version."""
    if not sa.inspect(connection).has_table("state", schema="idx"):
        return None
    found = {row.key: row.value for row in connection.execute(sa.select(index_state.c.key, index_state.c.value))}
    return found.get("added") if found.get("version") == INDEX_VERSION else None


def is_behind(connection: Connection) -> bool:
    """Whether something was added that the index does not know yet; asked inside a write, nothing comes after the answer."""
    state = connection.execute(sa.select(index_state.c.value).where(index_state.c.key == "added")).scalar() or 0
    return bool(state < (connection.execute(sa.select(sa.func.max(openings.c.added))).scalar() or 0))


def _create(database: Database, connection: Connection) -> None:
    if database.sqlite:
        views.drop_all(connection)
    else:
        connection.execute(DropSchema("idx", cascade=True, if_exists=True))
        connection.execute(CreateSchema("idx"))
    views.create_all(connection)
    connection.execute(index_state.insert(), [{"key": "version", "value": INDEX_VERSION}, {"key": "added", "value": 0}])


@dataclass(frozen=True, slots=True)
class Sight:
    """What a reader may see: the numbers of the audiences it belongs to, or None for our own party, which sees all."""

    audiences: tuple[int, ...] | None


def sight(connection: Connection, party: str | None) -> Sight:
    """`party`: the origin of a partner; "" for the public; None for our own party."""
    if party is None:
        return Sight(None)
    rows = connection.execute(sa.select(audiences.c.id, audiences.c.parties))
    return Sight(
        tuple(sorted(number for number, text in rows if text == EVERYBODY or (party and party in text.split("\n"))))
    )


def audience_number(connection: Connection, parties: str) -> int | None:
    """The number of an audience, None when nothing was ever said to it."""
    number = connection.execute(sa.select(audiences.c.id).where(audiences.c.parties == parties)).scalar()
    return None if number is None else int(number)


def audience_of(connection: Connection, log: int, idx: int) -> list[str]:
    """Who was addressed by a statement: origins, or [EVERYBODY], or nobody."""
    text = connection.execute(
        sa.select(audiences.c.parties)
        .join(statements, statements.c.audience == audiences.c.id)
        .where(statements.c.log == log, statements.c.idx == idx)
    ).scalar()
    return text.split("\n") if text else []


def openings_between(connection: Connection, log: int, sight: Sight, start: int, end: int) -> list[tuple[int, Opening]]:
    """Openings of sealed statements that a reader was addressed by, start ≤ index < end, in order.

    What was erased with its header is left out; what lost only its text comes without it.
    """
    query = (
        sa.select(openings.c.idx, openings.c.header, openings.c.header_salt, openings.c.body, openings.c.body_salt)
        .join(statements, statements.c.added == openings.c.added)
        .where(openings.c.log == log, openings.c.idx >= start, openings.c.idx < end, openings.c.header != b"")
        .order_by(openings.c.idx)
    )
    if sight.audiences is not None:
        query = query.where(statements.c.audience.in_(sight.audiences))
    return [
        (idx, Opening(bytes(header), bytes(header_salt), bytes(body), bytes(body_salt)))
        for idx, header, header_salt, body, body_salt in connection.execute(query)
    ]


def find_object(connection: Connection, object_id: str) -> list[tuple[int, int]]:
    """Log and index of every statement that holds a version of this object."""
    query = sa.select(objects.c.log, objects.c.idx).where(objects.c.object_id == object_id)
    return sorted((log, idx) for log, idx in connection.execute(query))


def read_type(connection: Connection, type_: str) -> list[tuple[str, int, bytes]]:
    """Origin, index and body of every object of a type that we hold, in the order in which they came."""
    query = (
        sa.select(heads.c.origin, objects.c.idx, openings.c.body)
        .join(openings, openings.c.added == objects.c.added)
        .join(heads, heads.c.log == objects.c.log)
        .where(objects.c.type == type_)
        .order_by(objects.c.added)
    )
    return [(origin, idx, bytes(body)) for origin, idx, body in connection.execute(query)]


def position(connection: Connection) -> int:
    """How far the index has come: what comes later is added behind it."""
    return _state(connection) or 0


def read_indicators(connection: Connection, *, since: int = 0) -> Iterator[tuple[str, bytes]]:
    """Origin and body of the latest version of each indicator, told apart by who said it; our journal and our log are one.

    `since`: a position; only those whose latest version came behind it. In the order in which their first versions came. Of those
    whose body is not asked for yet two numbers are held.
    """
    query = (
        sa.select(heads.c.origin, objects.c.object_id, objects.c.spec_version, objects.c.version_key, objects.c.added)
        .join(openings, openings.c.added == objects.c.added)
        .join(heads, heads.c.log == objects.c.log)
        .where(objects.c.type == "indicator")
        .order_by(objects.c.object_id, objects.c.added)
    )
    if since:
        newer = sa.select(objects.c.object_id).where(objects.c.type == "indicator", objects.c.added > since)
        query = query.where(objects.c.object_id.in_(newer))
    firsts, latest = array("q"), array("q")
    rows = connection.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE})
    for _, versions in groupby(rows, key=lambda row: row.object_id):
        by_party: dict[str, list[Any]] = {}
        for row in versions:
            by_party.setdefault(row.origin.removesuffix("/journal"), []).append(row)
        for said in by_party.values():
            newest = max(said, key=rank)
            if newest.added > since:
                firsts.append(said[0].added)
                latest.append(newest.added)
    order = sorted(range(len(firsts)), key=firsts.__getitem__)
    for begin in range(0, len(order), _ROWS_AT_ONCE):
        wanted = [latest[place] for place in order[begin : begin + _ROWS_AT_ONCE]]
        bodies = (
            sa.select(openings.c.added, heads.c.origin, openings.c.body)
            .join(heads, heads.c.log == openings.c.log)
            .where(openings.c.added.in_(wanted))
        )
        found = {row.added: (row.origin, bytes(row.body)) for row in connection.execute(bodies)}
        yield from (found[added] for added in wanted)


def pattern_of(connection: Connection, object_id: str) -> str:
    """The pattern of an indicator that we hold, or ""."""
    body = connection.execute(
        sa.select(openings.c.body)
        .join(objects, objects.c.added == openings.c.added)
        .where(objects.c.object_id == object_id)
        .order_by(objects.c.version_key.desc())
        .limit(1)
    ).scalar()
    return _pattern.decode(bytes(body)).pattern if body else ""


class _Pattern(msgspec.Struct):
    pattern: str = ""


_pattern = msgspec.json.Decoder(_Pattern)


def delivered(connection: Connection, receiver: str, log: str) -> int:
    """How many entries of a log the receiver says that it holds; an entry acknowledged twice counts once."""
    rows = connection.execute(
        sa.select(deliveries.c.first, deliveries.c.last)
        .where(deliveries.c.receiver == receiver, deliveries.c.log == log)
        .order_by(deliveries.c.first)
    )
    count, reached = 0, -1
    for first, last in rows:
        count += max(0, last - max(first - 1, reached))
        reached = max(reached, last)
    return count


def addressed(connection: Connection, log: int, receiver: str) -> int:
    """How many statements of a log were said to the receiver by name, acknowledgements left out."""
    query = (
        sa.select(audiences.c.parties, sa.func.count())
        .join(statements, statements.c.audience == audiences.c.id)
        .where(statements.c.log == log, statements.c.kind != "acknowledgement")
        .group_by(audiences.c.parties)
    )
    return sum(count for text, count in connection.execute(query) if text == EVERYBODY or receiver in text.split("\n"))


def count_objects(connection: Connection, collection: str) -> int:
    """How many different objects a collection holds."""
    query = sa.select(sa.func.count(sa.distinct(objects.c.object_id))).where(objects.c.collection == collection)
    return int(connection.execute(query).scalar_one())


def read_kind(connection: Connection, log: int, kind: str, limit: int) -> list[tuple[int, bytes]]:
    """Time and body of the latest statements of a kind, newest first; erased ones are left out."""
    query = (
        sa.select(statements.c.at_us, openings.c.body)
        .join(openings, openings.c.added == statements.c.added)
        .where(statements.c.log == log, statements.c.kind == kind, openings.c.body != b"")
        .order_by(statements.c.added.desc())
        .limit(limit)
    )
    return [(at_us, bytes(body)) for at_us, body in connection.execute(query)]


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One statement as a list shows it; `about` is the id of the object in it, if it holds one."""

    kind: str
    at_us: int
    addressees: tuple[str, ...]
    withdrawn: bool
    erased: bool
    about: str


def read_statements(connection: Connection, log: int, start: int, end: int) -> dict[int, StatementLine]:
    """Statements with start ≤ index < end whose openings we hold, by index."""
    query = (
        sa.select(
            statements.c.idx,
            statements.c.kind,
            statements.c.at_us,
            audiences.c.parties,
            statements.c.withdrawn,
            sa.func.length(openings.c.body) == 0,
            objects.c.object_id,
        )
        .join(audiences, audiences.c.id == statements.c.audience)
        .join(openings, openings.c.added == statements.c.added)
        .outerjoin(objects, objects.c.added == statements.c.added)
        .where(statements.c.log == log, statements.c.idx >= start, statements.c.idx < end)
    )
    return {
        idx: StatementLine(
            kind, at_us, tuple(parties.split("\n")) if parties else (), bool(withdrawn), bool(erased), about or ""
        )
        for idx, kind, at_us, parties, withdrawn, erased, about in connection.execute(query)
    }
