"""Query strings: filters and paging (TAXII 2.1 sections 3.4 and 3.5).

    >>> parse_query(b"match[type]=indicator,malware&limit=5", OBJECTS).filter.types
    ('indicator', 'malware')

Everything that breaks a rule raises MalformedReply, which the surface answers with 400. Parameters that are no part of
TAXII are passed over; a `match[…]` that is no part of the endpoint is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from detente.errors import MalformedReply
from detente.taxii.times import parse_cursor, parse_timestamp, version_key

QUERY_BYTES_MAX: Final = 16_384
FIELDS_MAX: Final = 64
VALUES_MAX: Final = 500
"""How many values one match field may list."""
LIMIT_DEFAULT: Final = 1_000
LIMIT_MAX: Final = 5_000


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Which parameters a kind of endpoint understands, and which versions it means when none are named."""

    fields: frozenset[str]
    versions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Filter:
    """What a client asked for. Values of one field are alternatives, fields are joined by AND.

    An empty tuple does not restrict: except for `spec_versions`, where it means the latest that there is of each
    object. `versions` holds "first", "last", "all" or exact versions as `times.version_key` writes them.
    """

    types: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    versions: tuple[str, ...] = ("last",)
    spec_versions: tuple[str, ...] = ()
    added_after_us: int | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """A filter and the place to go on from: rows added after `after_us` (0: from the start), at most `limit`."""

    filter: Filter
    after_us: int
    limit: int


def parse_query(query: bytes, endpoint: Endpoint, *, object_id: str | None = None, limit_max: int = LIMIT_MAX) -> Query:
    """`object_id` is the object that the path names, where it names one."""
    given = _fields(query, endpoint.fields)
    limit = min(LIMIT_DEFAULT, limit_max)
    if (text := given.get("limit")) is not None:
        limit = _limit(text, limit_max)
    after_us = parse_cursor(given["next"]) if "next" in given else 0
    added_after_us = parse_timestamp(given["added_after"]) if "added_after" in given else None
    filter_ = Filter(
        types=_values(given, "type"),
        ids=_values(given, "id") if object_id is None else (object_id,),
        versions=_versions(given, endpoint),
        spec_versions=_values(given, "spec_version"),
        added_after_us=added_after_us,
    )
    return Query(filter_, after_us, limit)


def _fields(query: bytes, allowed: frozenset[str]) -> dict[str, str]:
    """The parameters that we know, by the name inside the brackets; each at most once."""
    if len(query) > QUERY_BYTES_MAX:
        raise MalformedReply(f"the query has more than {QUERY_BYTES_MAX} bytes; ask for fewer values at a time")
    try:
        pairs = parse_qsl(
            query.decode("ascii"), keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=FIELDS_MAX
        )
    except ValueError:
        raise MalformedReply(f"the query is not percent-encoded UTF-8, or has more than {FIELDS_MAX} fields") from None
    given: dict[str, str] = {}
    for name, value in pairs:
        match = _MATCH.fullmatch(name)
        field = name if match is None else match[1]
        if (field in _PAGING) != (match is None) or field not in allowed:
            if match is None:
                continue
            raise MalformedReply("a match field that is not served here; known are id, type, version and spec_version")
        if field in given:
            raise MalformedReply(f"{field} is given twice; join the values of a match field with commas")
        given[field] = value
    return given


def _limit(text: str, limit_max: int) -> int:
    if _POSITIVE.fullmatch(text) is None:
        raise MalformedReply("limit is a positive integer")
    return limit_max if len(text) > len(str(limit_max)) else min(int(text), limit_max)


def _values(given: dict[str, str], field: str) -> tuple[str, ...]:
    """The values of a field, without doubles and sorted, so that equal questions are equal filters."""
    if field not in given:
        return ()
    values = given[field].split(",")
    if len(values) > VALUES_MAX:
        raise MalformedReply(f"match[{field}] lists more than {VALUES_MAX} values; ask in parts")
    if not all(map(_VALUE.fullmatch, values)):
        raise MalformedReply(f"match[{field}] lists a value that is empty, too long or not plain ASCII")
    return tuple(sorted(set(values)))


def _versions(given: dict[str, str], endpoint: Endpoint) -> tuple[str, ...]:
    if "version" not in given:
        return endpoint.versions
    values = given["version"].split(",")
    if len(values) > VALUES_MAX:
        raise MalformedReply(f"match[version] lists more than {VALUES_MAX} values; ask in parts")
    keys = [value if value in _KEYWORDS else version_key(value or "-") for value in values]
    if len(set(keys)) != len(keys):
        raise MalformedReply("match[version] names a version twice")
    if "all" in keys and len(keys) > 1:
        raise MalformedReply('match[version] says "all" and something else as well; "all" stands alone')
    return tuple(sorted(keys))


_PAGING: Final = frozenset({"limit", "next", "added_after"})
OBJECTS: Final = Endpoint(_PAGING | {"id", "type", "version", "spec_version"}, ("last",))
"""5.3 and 5.4."""
ONE_OBJECT: Final = Endpoint(_PAGING | {"version", "spec_version"}, ("last",))
"""5.6."""
VERSIONS: Final = Endpoint(_PAGING | {"spec_version"}, ("all",))
"""5.8."""
DELETION: Final = Endpoint(frozenset({"version", "spec_version"}), ("all",))
"""5.7; what DELETE removes without match[version] is left to the server."""

_KEYWORDS: Final = frozenset({"first", "last", "all"})
_MATCH: Final = re.compile(r"match\[(.*)\]", re.DOTALL)
_VALUE: Final = re.compile(r"[ -~]{1,300}")
_POSITIVE: Final = re.compile(r"[1-9][0-9]*")
