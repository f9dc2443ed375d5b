"""Pages of a collection for one reader, straight from the index: the SQL behind TAXII objects, manifest and versions.

Two ways. The common question (the last version of everything, page by page) runs down one partial index. Anything with other versions or
spec versions is ranked at the time asked, among the versions that this reader may see and no others.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

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
    query = _page_query(_shape(wanted, sight))
    values = {**_values(wanted, sight), "after": after_us, "limit": limit}
    return [
        Row(added, object_id, version, spec, bytes(body))
        for added, object_id, version, spec, body in connection.execute(query, values)
    ]


def matching(connection: Connection, wanted: Wanted) -> list[tuple[int, int, str, str]]:
    """Log, index, version key and version of every row that `wanted` names by its id; for withdrawing and erasing."""
    sight = Sight(None)
    rows = connection.execute(_match_query(_shape(wanted, sight)), _values(wanted, sight))
    return [(log, idx, version_key, version) for log, idx, version_key, version in rows]


class _Shape(NamedTuple):
    """What a query is built from; the values come in when it runs, so that each shape is built once."""

    types: bool
    ids: bool
    audiences: bool
    spec_versions: bool
    keywords: frozenset[str]
    exact: bool


def _shape(wanted: Wanted, sight: Sight) -> _Shape:
    keywords = frozenset(wanted.versions) & {"first", "last", "all"}
    return _Shape(
        types=bool(wanted.types),
        ids=bool(wanted.ids),
        audiences=sight.audiences is not None,
        spec_versions=bool(wanted.spec_versions),
        keywords=keywords,
        exact=len(keywords) < len(wanted.versions),
    )


def _values(wanted: Wanted, sight: Sight) -> dict[str, object]:
    named = {
        "collections": wanted.collections,
        "types": wanted.types,
        "ids": wanted.ids,
        "spec_versions": wanted.spec_versions,
        "exact": tuple(v for v in wanted.versions if v not in ("first", "last", "all")),
    }
    values: dict[str, object] = {name: list(listed) for name, listed in named.items() if listed}
    if sight.audiences is not None:
        values["audiences"] = list(sight.audiences)
    return values


def _among(column: sa.ColumnElement[Any], name: str) -> sa.ColumnElement[bool]:
    return column.in_(sa.bindparam(name, expanding=True))


@functools.cache
def _page_query(shape: _Shape) -> sa.Select[Any]:
    return (
        sa.select(objects.c.added, objects.c.object_id, objects.c.version, objects.c.spec_version, openings.c.body)
        .join(openings, openings.c.added == objects.c.added)
        .where(_chosen(shape), objects.c.added > sa.bindparam("after"))
        .order_by(objects.c.added)
        .limit(sa.bindparam("limit", type_=sa.Integer))
    )


@functools.cache
def _match_query(shape: _Shape) -> sa.Select[Any]:
    return sa.select(objects.c.log, objects.c.idx, objects.c.version_key, objects.c.version).where(_chosen(shape))


def _chosen(shape: _Shape) -> sa.ColumnElement[bool]:
    conditions = [_among(objects.c.collection, "collections"), *_visible(objects, shape)]
    if shape.types:
        conditions.append(_among(objects.c.type, "types"))
    if shape.ids:
        conditions.append(_among(objects.c.object_id, "ids"))
    if shape.keywords == {"last"} and not shape.exact and not shape.spec_versions:
        better = sa.or_(*(_other(shape, which) for which in ("newer", "newer specification", "twin")))
        conditions += [objects.c.last == sa.literal_column("1"), (objects.c.mixed == sa.literal_column("0")) | ~better]
    else:
        conditions.append(_ranked(shape))
    return sa.and_(*conditions)


def _visible(table: sa.FromClause, shape: _Shape) -> list[sa.ColumnElement[bool]]:
    return [_among(table.c.audience, "audiences")] if shape.audiences else []


def _ranked(shape: _Shape) -> sa.ColumnElement[bool]:
    picks: list[sa.ColumnElement[bool]] = []
    if "all" in shape.keywords:
        picks.append(sa.true())
    if "last" in shape.keywords:
        picks.append(~_other(shape, "newer"))
    if "first" in shape.keywords:
        picks.append(~_other(shape, "older"))
    if shape.exact:
        picks.append(_among(objects.c.version_key, "exact"))
    chosen = sa.or_(*picks) & ~_other(shape, "twin")
    if shape.spec_versions:
        return chosen & _among(objects.c.spec_version, "spec_versions")
    return chosen & ~_other(shape, "newer specification")


def _other(shape: _Shape, which: str) -> sa.ColumnElement[bool]:
    """There is another row of the same object that this reader may see, and it is newer, older, an earlier twin, …"""
    other = objects.alias("other")
    same_version = other.c.version_key == objects.c.version_key
    conditions = {
        "newer": other.c.version_key > objects.c.version_key,
        "older": other.c.version_key < objects.c.version_key,
        "newer specification": same_version & (other.c.spec_version > objects.c.spec_version),
        "twin": same_version & (other.c.spec_version == objects.c.spec_version) & (other.c.added < objects.c.added),
    }
    query: sa.Select[Any] = sa.select(sa.literal_column("1")).where(
        other.c.object_id == objects.c.object_id,
        _among(other.c.collection, "collections"),
        *_visible(other, shape),
        conditions[which],
    )
    if shape.spec_versions:
        query = query.where(_among(other.c.spec_version, "spec_versions"))
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
