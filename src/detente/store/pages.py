"""Pages of a collection for one reader, straight from the index: the SQL behind TAXII objects, manifest and versions.

Two ways. The common question (the last version of everything, page by page) runs down one partial index. Anything with other versions or
spec versions is ranked at the time asked, among the versions that this reader may see and no others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from detente.store.database import objects, openings
from detente.store.index import Sight


class Row(NamedTuple):
    """`body` is the canonical JSON exactly as it was signed."""

    added_us: int
    object_id: str
    version: str
    spec_version: str
    body: bytes


class Wanted(NamedTuple):
    """What to look for. `versions`: any of "first", "last", "all", or keys of exact versions (`taxii.times.version_key`)."""

    collections: tuple[str, ...]
    types: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    spec_versions: tuple[str, ...] = ()
    versions: tuple[str, ...] = ("last",)


def read_page(connection: Connection, wanted: Wanted, sight: Sight, *, after_us: int, limit: int) -> list[Row]:
    """At most `limit` rows added after `after_us`, in the order of addition."""
    query = (
        sa.select(objects.c.added, objects.c.object_id, objects.c.version, objects.c.spec_version, openings.c.body)
        .join(openings, openings.c.added == objects.c.added)
        .where(objects.c.collection.in_(wanted.collections), objects.c.added > after_us, _visible(objects, sight))
        .order_by(objects.c.added)
        .limit(limit)
    )
    if wanted.types:
        query = query.where(objects.c.type.in_(wanted.types))
    if wanted.ids:
        query = query.where(objects.c.object_id.in_(wanted.ids))
    if wanted.versions == ("last",) and not wanted.spec_versions:
        alone = (objects.c.mixed == 0) | ~sa.or_(
            *(_other(wanted, sight, which) for which in ("newer", "newer specification", "twin"))
        )
        query = query.where(objects.c.last == 1, alone)
    else:
        query = query.where(_ranked(wanted, sight))
    return [
        Row(added, object_id, version, spec, bytes(body))
        for added, object_id, version, spec, body in connection.execute(query)
    ]


def matching(connection: Connection, wanted: Wanted) -> list[tuple[int, int, str, str]]:
    """Log, index, version key and version of every row that `wanted` names; for withdrawing and erasing."""
    query = sa.select(objects.c.log, objects.c.idx, objects.c.version_key, objects.c.version).where(
        objects.c.collection.in_(wanted.collections), objects.c.object_id.in_(wanted.ids)
    )
    if wanted.versions != ("all",):
        query = query.where(_ranked(wanted, Sight(None)))
    return [(log, idx, version_key, version) for log, idx, version_key, version in connection.execute(query)]


def _visible(table: sa.FromClause, sight: Sight) -> sa.ColumnElement[bool]:
    return sa.true() if sight.audiences is None else table.c.audience.in_(sight.audiences)


def _ranked(wanted: Wanted, sight: Sight) -> sa.ColumnElement[bool]:
    picks: list[sa.ColumnElement[bool]] = []
    for version in wanted.versions:
        if version == "all":
            picks.append(sa.true())
        elif version == "last":
            picks.append(~_other(wanted, sight, "newer"))
        elif version == "first":
            picks.append(~_other(wanted, sight, "older"))
        else:
            picks.append(objects.c.version_key == version)
    chosen = sa.or_(*picks) & ~_other(wanted, sight, "twin")
    if wanted.spec_versions:
        return chosen & objects.c.spec_version.in_(wanted.spec_versions)
    return chosen & ~_other(wanted, sight, "newer specification")


def _other(wanted: Wanted, sight: Sight, which: str) -> sa.ColumnElement[bool]:
    """There is another row of the same object that this reader may see, and it is newer, older, an earlier twin, …"""
    other = objects.alias("other")
    same_version = other.c.version_key == objects.c.version_key
    conditions = {
        "newer": other.c.version_key > objects.c.version_key,
        "older": other.c.version_key < objects.c.version_key,
        "newer specification": same_version & (other.c.spec_version > objects.c.spec_version),
        "twin": same_version & (other.c.spec_version == objects.c.spec_version) & (other.c.added < objects.c.added),
    }
    query = sa.select(sa.literal(1)).where(
        other.c.object_id == objects.c.object_id,
        other.c.collection.in_(wanted.collections),
        _visible(other, sight),
        conditions[which],
    )
    if wanted.spec_versions:
        query = query.where(other.c.spec_version.in_(wanted.spec_versions))
    return query.correlate(objects).exists()


def find_same(
    connection: Connection, collection: str, keys: Sequence[tuple[str, str, str]]
) -> dict[tuple[str, str, str], set[int]]:
    """Which of these (object id, version key, spec version) a collection holds already, and for which audience numbers."""
    found: dict[tuple[str, str, str], set[int]] = {}
    wanted = set(keys)
    ids = sorted({object_id for object_id, _, _ in wanted})
    columns = (objects.c.object_id, objects.c.version_key, objects.c.spec_version, objects.c.audience)
    for begin in range(0, len(ids), 500):
        chosen = (objects.c.collection == collection) & objects.c.object_id.in_(ids[begin : begin + 500])
        for *key, audience in connection.execute(sa.select(*columns).where(chosen)):
            if tuple(key) in wanted:
                found.setdefault((key[0], key[1], key[2]), set()).add(audience)
    return found
