"""The index: the rows of `detente.views` in tables, rebuilt from the logs whenever they are gone.

`catch_up` folds every statement added since the last time. Delete `index.db` (or drop the schema `idx`) and the next call folds all of
them again, with the same result.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
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
    entries,
    heads,
    index_state,
    matters,
    objects,
    openings,
    statements,
    threads,
    views,
)
from detente.views import (
    EVERYBODY,
    DeliveryRow,
    MatterRow,
    ObjectRow,
    StatementRow,
    Stored,
    ThreadRow,
    WithdrawalRow,
    fold,
)

BATCH_ROWS = 20_000
BATCH_BYTES = 64 << 20
# Raised when a view changes its meaning: an index of another number is thrown away and made anew.
INDEX_VERSION = 3


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
        done = database.write(lambda connection: _fold_batch(database, connection))
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


def forget(connection: Connection, log: int, indices: Sequence[int]) -> None:
    """Remove the object rows of erased or withdrawn statements, and let the versions before them be last again.

    Of a statement that was erased with its header nothing is left to query: its own row goes as well.
    """
    touched: set[tuple[str, str]] = set()
    for begin in range(0, len(indices), 500):
        part = indices[begin : begin + 500]
        empty = sa.select(openings.c.added).where(
            openings.c.log == log, openings.c.idx.in_(part), openings.c.header == b"", openings.c.body == b""
        )
        connection.execute(statements.delete().where(statements.c.added.in_(empty)))
        connection.execute(matters.delete().where(matters.c.added.in_(empty)))
        without_text = sa.select(openings.c.added).where(
            openings.c.log == log, openings.c.idx.in_(part), openings.c.body == b""
        )
        _forget_subjects(connection, log, without_text)
        connection.execute(deliveries.delete().where(deliveries.c.added.in_(without_text)))
        chosen = (objects.c.log == log) & objects.c.idx.in_(part)
        touched.update(
            (c, o) for c, o in connection.execute(sa.select(objects.c.collection, objects.c.object_id).where(chosen))
        )
        connection.execute(objects.delete().where(chosen))
    _mark_last(connection, touched)


def _forget_subjects(connection: Connection, log: int, without_text: sa.Select[tuple[int]]) -> None:
    """What erased texts were about goes; what is left of them is folded anew. A thread that lost one is looked at again."""
    subjects = sa.select(matters.c.subject).where(matters.c.added.in_(without_text))
    connection.execute(threads.update().where(threads.c.id.in_(subjects)).values(settled=0))
    query = sa.select(openings.c.added, openings.c.idx, openings.c.header, heads.c.origin, heads.c.role)
    query = query.join(heads, heads.c.log == openings.c.log).join(matters, matters.c.added == openings.c.added)
    erased = connection.execute(query.where(openings.c.added.in_(without_text), matters.c.own == 1)).all()
    connection.execute(matters.delete().where(matters.c.added.in_(without_text)))
    leaves = _leaves(connection, [(log, row.idx) for row in erased])
    for row in erased:
        stored = Stored(row.added, log, row.idx, row.role, row.origin, "", bytes(row.header), b"", leaves[log, row.idx])
        for left in fold(stored):
            if isinstance(left, MatterRow):
                connection.execute(
                    matters.insert(),
                    {"added": left.added, "subject": left.subject, "kind": left.kind, "own": int(left.own)},
                )


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


def _state(connection: Connection) -> int | None:
    """How far the index has come (a time of addition), or None when there is none of this version."""
    if not sa.inspect(connection).has_table("state", schema="idx"):
        return None
    found = {row.key: row.value for row in connection.execute(sa.select(index_state.c.key, index_state.c.value))}
    return found.get("added") if found.get("version") == INDEX_VERSION else None


def _create(database: Database, connection: Connection) -> None:
    if database.sqlite:
        views.drop_all(connection)
    else:
        connection.execute(DropSchema("idx", cascade=True, if_exists=True))
        connection.execute(CreateSchema("idx"))
    views.create_all(connection)
    connection.execute(index_state.insert(), [{"key": "version", "value": INDEX_VERSION}, {"key": "added", "value": 0}])


def _fold_batch(database: Database, connection: Connection) -> int:
    state = connection.execute(sa.select(index_state.c.value).where(index_state.c.key == "added")).scalar_one()
    logs = {
        log: (origin, role)
        for log, origin, role in connection.execute(sa.select(heads.c.log, heads.c.origin, heads.c.role))
    }
    rows = connection.execute(
        sa.select(
            openings.c.added, openings.c.log, openings.c.idx, openings.c.collection, openings.c.header, openings.c.body
        )
        .where(openings.c.added > state, openings.c.added <= _batch_end(connection, state))
        .order_by(openings.c.added)
    ).all()
    if not rows:
        return 0
    statement_rows: list[StatementRow] = []
    object_rows: list[ObjectRow] = []
    withdrawals: list[WithdrawalRow] = []
    delivery_rows: list[DeliveryRow] = []
    matter_rows: list[MatterRow] = []
    in_threads: set[str] = set()
    leaves = _leaves(connection, [(log, idx) for _, log, idx, _, header, _ in rows if _needs_leaf(bytes(header))])
    for added, log, idx, collection, header, body in rows:
        origin, role = logs[log]
        leaf = leaves.get((log, idx), b"")
        for row in fold(Stored(added, log, idx, role, origin, collection, bytes(header), bytes(body), leaf)):
            if isinstance(row, ObjectRow):
                object_rows.append(row)
            elif isinstance(row, StatementRow):
                statement_rows.append(row)
            elif isinstance(row, WithdrawalRow):
                withdrawals.append(row)
            elif isinstance(row, MatterRow):
                matter_rows.append(row)
            elif isinstance(row, ThreadRow):
                in_threads.add(row.id)
            else:
                delivery_rows.append(row)
    ids = _audience_ids(connection, {row.audience for row in statement_rows})
    database.insert(
        connection, statements, [(r.added, r.log, r.idx, r.kind, r.at_us, ids[r.audience], 0) for r in statement_rows]
    )
    fresh = not state and not withdrawals
    _insert_objects(database, connection, object_rows, ids, fresh=fresh)
    database.insert(connection, deliveries, [astuple(row) for row in delivery_rows])
    database.insert(connection, matters, [(r.added, r.subject, r.kind, int(r.own)) for r in matter_rows])
    unsettled = [{"id": id_, "settled": 0, "parties": "", "used_us": 0} for id_ in sorted(in_threads)]
    database.upsert(connection, threads, unsettled)
    for withdrawal in withdrawals:
        connection.execute(
            statements.update()
            .where(statements.c.log == withdrawal.log, statements.c.idx == withdrawal.idx, statements.c.withdrawn == 0)
            .values(withdrawn=withdrawal.added)
        )
        forget(connection, withdrawal.log, [withdrawal.idx])
    connection.execute(index_state.update().where(index_state.c.key == "added").values(value=rows[-1].added))
    return len(rows)


def _needs_leaf(header: bytes) -> bool:
    """The bulk of all statements are objects, and of these the header says everything."""
    return b'"kind":"object"' not in header and b'"kind":"import"' not in header


def _leaves(connection: Connection, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
    """Entries by log and index; of statements without a header, only those in clear: the others are erased with it."""
    by_log: dict[int, list[int]] = defaultdict(list)
    for log, idx in places:
        by_log[log].append(idx)
    found: dict[tuple[int, int], bytes] = {}
    for log, indices in by_log.items():
        for begin in range(0, len(indices), 500):
            query = sa.select(entries.c.idx, entries.c.leaf).where(
                entries.c.log == log, entries.c.idx.in_(indices[begin : begin + 500])
            )
            found.update(((log, idx), bytes(leaf)) for idx, leaf in connection.execute(query))
    return found


def _batch_end(connection: Connection, state: int) -> int:
    """The last statement of the next batch: so many rows, or so many bytes."""
    sizes = connection.execute(
        sa.select(openings.c.added, sa.func.length(openings.c.body))
        .where(openings.c.added > state)
        .order_by(openings.c.added)
        .limit(BATCH_ROWS)
    )
    end, total = state, 0
    for added, size in sizes:
        total += size
        if end > state and total > BATCH_BYTES:
            break
        end = added
    return end


def _insert_objects(
    database: Database, connection: Connection, rows: Sequence[ObjectRow], ids: dict[str, int], *, fresh: bool
) -> None:
    if not rows:
        return
    groups: dict[tuple[str, str], list[ObjectRow]] = defaultdict(list)
    for row in rows:
        groups[row.collection, row.object_id].append(row)
    known = set() if fresh else _known(connection, {object_id for _, object_id in groups})
    # A group that is one new row is last at once; everything else is ranked in the table.
    ranked = {key for key, group in groups.items() if len(group) > 1 or key in known}
    database.insert(
        connection,
        objects,
        [
            (
                r.added, r.log, r.idx, r.collection, r.object_id, r.type, r.spec_version, r.version, r.version_key,
                ids[r.audience], 0 if (r.collection, r.object_id) in ranked else 1, 0,
            )
            for r in rows
        ],
    )  # fmt: skip
    _mark_last(connection, ranked)


def _known(connection: Connection, object_ids: set[str]) -> set[tuple[str, str]]:
    wanted = sorted(object_ids)
    found: set[tuple[str, str]] = set()
    for begin in range(0, len(wanted), 500):
        rows = connection.execute(
            sa.select(objects.c.collection, objects.c.object_id).where(
                objects.c.object_id.in_(wanted[begin : begin + 500])
            )
        )
        found.update((collection, object_id) for collection, object_id in rows)
    return found


def _mark_last(connection: Connection, groups: Iterable[tuple[str, str]]) -> None:
    """Rank the versions of each object in each collection: one is last for every audience that holds any."""
    changes: list[dict[str, int]] = []
    wanted = sorted(set(groups))
    by_group: dict[tuple[str, str], list[Any]] = defaultdict(list)
    ids = sorted({object_id for _, object_id in wanted})
    columns = (
        objects.c.collection,
        objects.c.object_id,
        objects.c.added,
        objects.c.spec_version,
        objects.c.version_key,
        objects.c.audience,
    )
    for begin in range(0, len(ids), 500):
        for row in connection.execute(sa.select(*columns).where(objects.c.object_id.in_(ids[begin : begin + 500]))):
            by_group[row.collection, row.object_id].append(row)
    for key in wanted:
        newest: dict[int, Any] = {}
        for row in by_group[key]:
            best = newest.get(row.audience)
            if best is None or rank(row) > rank(best):
                newest[row.audience] = row
        for row in by_group[key]:
            changes.append(
                {"b_added": row.added, "last": int(newest[row.audience] is row), "mixed": int(len(newest) > 1)}
            )
    if changes:
        connection.execute(objects.update().where(objects.c.added == sa.bindparam("b_added")), changes)


def rank(row: Any) -> tuple[str, str, int]:
    """The order of versions: of equal versions the later specification, then the one that came first."""
    return (row.version_key, row.spec_version, -row.added)


def _audience_ids(connection: Connection, texts: set[str]) -> dict[str, int]:
    known = {text: number for number, text in connection.execute(sa.select(audiences.c.id, audiences.c.parties))}
    new = [{"id": len(known) + i, "parties": text} for i, text in enumerate(sorted(texts - set(known)))]
    if new:
        connection.execute(audiences.insert(), new)
    return known | {str(row["parties"]): int(str(row["id"])) for row in new}


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


def read_indicators(connection: Connection) -> list[tuple[str, bytes]]:
    """Origin and body of the latest version of each indicator, told apart by who said it; our journal and our log are one."""
    query = (
        sa.select(
            heads.c.origin,
            openings.c.body,
            objects.c.object_id,
            objects.c.spec_version,
            objects.c.version_key,
            objects.c.added,
        )
        .join(openings, openings.c.added == objects.c.added)
        .join(heads, heads.c.log == objects.c.log)
        .where(objects.c.type == "indicator")
        .order_by(objects.c.added)
    )
    latest: dict[tuple[str, str], Any] = {}
    for row in connection.execute(query):
        key = (row.origin.removesuffix("/journal"), row.object_id)
        if key not in latest or rank(row) > rank(latest[key]):
            latest[key] = row
    return [(origin, bytes(row.body)) for (origin, _), row in latest.items()]


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
