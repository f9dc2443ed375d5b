"""Statements that are matters between parties, read back as `Said`; and who holds them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from detente.errors import Locked, NotDurable
from detente.said import Said
from detente.statement import Ref, parse_header, unbase64url
from detente.stix.canonical import JsonValue
from detente.store.database import Database, deliveries, entries, heads, matters, openings, statements, threads
from detente.store.log import JOURNAL
from detente.views import EVERYBODY

IDS_AT_ONCE = 500
# More statements than this are laid over all ranges of their log, which takes as long as the log has ranges.
ASKED_ONE_BY_ONE = 2_000


class _Public(msgspec.Struct):
    at: int


_body = msgspec.json.Decoder(dict[str, Any])
_public = msgspec.json.Decoder(_Public)

_own = matters.alias("own")
_withdrawal = statements.alias("withdrawal")  # `statements.withdrawn` says where it is
_COLUMNS = (
    _own.c.subject.label("id"),
    _own.c.kind,
    openings.c.added,
    openings.c.log,
    openings.c.idx,
    openings.c.header,
    openings.c.body,
    heads.c.origin,
    statements.c.withdrawn,
    _withdrawal.c.at_us.label("withdrawn_us"),
)


def read_matters(
    connection: Connection,
    kinds: Sequence[str],
    subject: str | None = None,
    *,
    with_party: str | None = None,
    known_by_us: int | None = None,
) -> list[Said]:
    """Statements of these kinds in the order of their times, then of their leaf hashes.

    `subject`: only those with this id, or about it. `with_party`: only those that this party said or was addressed by.
    `known_by_us`: only those that this node had stored by then, withdrawn if their withdrawal was.
    """
    query = _query().where(_own.c.kind.in_(list(kinds)))
    if subject is not None:
        about = sa.select(matters.c.added).where(matters.c.subject == subject)
        query = query.where(_own.c.added.in_(about))
    if known_by_us is not None:
        query = query.where(_own.c.added <= known_by_us)
    found = _statements(connection, query, known_by_us=known_by_us)
    if with_party is not None:
        found = [said for said in found if said.speaker == with_party or with_party in said.aud]
    return found


def read_ids(connection: Connection, ids: Sequence[str]) -> list[Said]:
    """The statements with these ids, of those that we hold."""
    found: list[Said] = []
    for begin in range(0, len(ids), IDS_AT_ONCE):
        found += _statements(connection, _query().where(_own.c.subject.in_(ids[begin : begin + IDS_AT_ONCE])))
    return sorted(found, key=_order)


def read_about(
    connection: Connection, kinds: Sequence[str], subjects: Sequence[str], *, themselves: bool = True
) -> list[Said]:
    """Statements of these kinds that are about one of these subjects, or have such an id unless not `themselves`.

    In the order of `read_matters`, each once.
    """
    found: dict[str, Said] = {}
    for begin in range(0, len(subjects), IDS_AT_ONCE):
        about = sa.select(matters.c.added).where(matters.c.subject.in_(subjects[begin : begin + IDS_AT_ONCE]))
        if not themselves:
            about = about.where(matters.c.own == 0)
        query = _query().where(_own.c.kind.in_(list(kinds)), _own.c.added.in_(about))
        found.update((said.id, said) for said in _statements(connection, query))
    return sorted(found.values(), key=_order)


def read_at(connection: Connection, log: int, idx: int) -> Said | None:
    """The matter at an index of a log."""
    found = _statements(connection, _query().where(openings.c.log == log, openings.c.idx == idx))
    return found[0] if found else None


def ids_of(connection: Connection, kinds: Sequence[str], *, beginning: str = "") -> list[str]:
    """The ids of all statements of these kinds, in the order in which they came; only those with this beginning."""
    query = sa.select(matters.c.subject).where(matters.c.kind.in_(list(kinds)), matters.c.own == 1)
    if beginning and connection.dialect.name == "sqlite":
        # A range of its order by bytes, which its index knows; "{" is behind every character of an id.
        query = query.where(matters.c.subject >= beginning, matters.c.subject < beginning + "{")
    elif beginning:
        query = query.where(sa.func.substr(matters.c.subject, 1, len(beginning)) == beginning)
    return list(connection.execute(query.order_by(matters.c.added)).scalars())


@dataclass(frozen=True, slots=True)
class Settled:
    """A thread in which nothing waits any more. `used_us`: when it was last used, 0 when nothing shows that it was."""

    id: str
    parties: tuple[str, ...]
    used_us: int


def unsettled(connection: Connection) -> list[str]:
    """The threads in which something may wait."""
    return list(connection.execute(sa.select(threads.c.id).where(threads.c.settled == 0)).scalars())


def last_use(connection: Connection) -> dict[tuple[str, ...], int]:
    """Of settled threads: when the parties of one last used it."""
    query = sa.select(threads.c.parties, sa.func.max(threads.c.used_us)).where(threads.c.settled == 1)
    found = connection.execute(query.group_by(threads.c.parties))
    return {tuple(parties.split("\n")): int(used_us) for parties, used_us in found}


def settle(database: Database, expected_added: int, found: Sequence[Settled]) -> None:
    """Remember that these threads are settled, unless anything was said since `expected_added`. Losing it costs time alone."""

    def work(connection: Connection) -> None:
        if newest(connection) == expected_added:
            rows = [{"id": s.id, "settled": 1, "parties": "\n".join(s.parties), "used_us": s.used_us} for s in found]
            database.upsert(connection, threads, rows)

    if found:
        with suppress(Locked, NotDurable):
            database.write(work)


def newest(connection: Connection) -> int:
    """The time of addition of the latest statement held."""
    return int(connection.execute(sa.select(sa.func.max(openings.c.added))).scalar() or 0)


def receipts(connection: Connection, said: Sequence[Said]) -> dict[str, dict[str, int]]:
    """For each statement by id: the addressees that acknowledged holding its text, and when, by their own clocks.

    Only an addressee's word counts, and its first one.
    """
    found: dict[str, dict[str, int]] = {one.id: {} for one in said}
    if len(said) <= ASKED_ONE_BY_ONE:
        for one in said:
            for receiver in one.aud:
                place = {"of_log": one.ref.log, "by": receiver, "at": one.ref.index}
                at_us = connection.execute(_first_word, place).scalar()
                if at_us is not None:
                    found[one.id][receiver] = at_us
        return found
    by_log: dict[str, list[Said]] = defaultdict(list)
    for one in said:
        by_log[one.ref.log].append(one)
    for log, its in by_log.items():
        its.sort(key=lambda one: one.ref.index)
        query = (
            sa.select(deliveries.c.receiver, deliveries.c.first, deliveries.c.last, deliveries.c.at_us)
            .where(
                deliveries.c.log == log,
                deliveries.c.last >= its[0].ref.index,
                deliveries.c.first <= its[-1].ref.index,
            )
            .order_by(deliveries.c.first)
        )
        ranges = [tuple(row) for row in connection.execute(query)]
        _lay_over(its, ranges, found)
    return found


_first_word = sa.select(sa.func.min(deliveries.c.at_us)).where(
    deliveries.c.log == sa.bindparam("of_log"),
    deliveries.c.receiver == sa.bindparam("by"),
    deliveries.c.last >= sa.bindparam("at"),
    deliveries.c.first <= sa.bindparam("at"),
)


def _lay_over(
    its: Sequence[Said], ranges: Sequence[tuple[str, int, int, int]], found: dict[str, dict[str, int]]
) -> None:
    """Sorted statements against sorted ranges: each range is looked at from the first statement that it can cover."""
    position = 0
    for receiver, first, last, at_us in ranges:
        while position < len(its) and its[position].ref.index < first:
            position += 1
        for one in its[position:]:
            if one.ref.index > last:
                break
            if receiver in one.aud:
                known = found[one.id].get(receiver)
                found[one.id][receiver] = at_us if known is None else min(known, at_us)


def _query() -> sa.Select[Any]:
    return (
        sa.select(*_COLUMNS)
        .where(_own.c.own == 1)
        .join_from(_own, openings, openings.c.added == _own.c.added)
        .join(heads, heads.c.log == openings.c.log)
        .join(statements, statements.c.added == openings.c.added)
        .outerjoin(_withdrawal, _withdrawal.c.added == statements.c.withdrawn)
    )


def _statements(connection: Connection, query: sa.Select[Any], *, known_by_us: int | None = None) -> list[Said]:
    found = [_said(connection, row, known_by_us) for row in connection.execute(query)]
    return sorted(found, key=_order)


def _order(said: Said) -> tuple[int, bytes]:
    return said.at_us, said.ref.leaf


def _said(connection: Connection, row: Any, known_by_us: int | None) -> Said:
    body: Mapping[str, JsonValue] = _body.decode(row.body) if row.body else {}
    ref = Ref(row.origin, row.idx, unbase64url(row.id))
    withdrawn = row.withdrawn != 0 and (known_by_us is None or row.withdrawn <= known_by_us)
    withdrawn_us = row.withdrawn_us if withdrawn else None
    if row.header:
        header = parse_header(bytes(row.header))
        return Said(
            ref,
            header.aud,
            row.kind,
            header.t_us,
            body,
            re=header.re,
            seen=header.seen,
            added_us=row.added,
            erased=not row.body,
            withdrawn=withdrawn,
            withdrawn_us=withdrawn_us,
        )
    leaf = connection.execute(
        sa.select(entries.c.leaf).where(entries.c.log == row.log, entries.c.idx == row.idx)
    ).scalar_one()
    return Said(
        ref,
        (EVERYBODY,),
        row.kind,
        _public.decode(bytes(leaf)).at,
        body,
        added_us=row.added,
        erased=not row.body,
        withdrawn=withdrawn,
        withdrawn_us=withdrawn_us,
    )


def is_private(connection: Connection, said: Said) -> bool:
    """Whether it stands in our journal."""
    return said.ref.log == connection.execute(sa.select(heads.c.origin).where(heads.c.log == JOURNAL)).scalar()
