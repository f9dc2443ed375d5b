"""Statements into rows of the index: one batch at a time, and what an erasure takes out again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import astuple
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

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
)
from detente.views import DeliveryRow, MatterRow, ObjectRow, StatementRow, Stored, ThreadRow, WithdrawalRow, fold

BATCH_ROWS = 20_000
BATCH_BYTES = 64 << 20


def fold_batch(database: Database, connection: Connection) -> int:
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
    leaves = leaves_at(connection, [(log, idx) for _, log, idx, _, header, _ in rows if _needs_leaf(bytes(header))])
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


def leaves_at(connection: Connection, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
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
    leaves = leaves_at(connection, [(log, row.idx) for row in erased])
    for row in erased:
        stored = Stored(row.added, log, row.idx, row.role, row.origin, "", bytes(row.header), b"", leaves[log, row.idx])
        for left in fold(stored):
            if isinstance(left, MatterRow):
                connection.execute(
                    matters.insert(),
                    {"added": left.added, "subject": left.subject, "kind": left.kind, "own": int(left.own)},
                )


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
