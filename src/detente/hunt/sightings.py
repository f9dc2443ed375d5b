"""From hits to a sighting: the one thing of a hunt that may leave, when a person says so.

STIX 2.1, section 5.2. A sighting made here says how often, when first and when last, and where by naming the party
only. It holds no log line and no address, name, URL or hash, not even the one that hit: the indicator is named by its
id. A count of 0 is allowed and means "looked, and found nothing".

    {"type": "sighting", "spec_version": "2.1", "id": "sighting--…", "created": "2026-11-22T06:00:00.000Z",
     "modified": "2026-11-22T06:00:00.000Z", "count": 8, "first_seen": "2015-05-18T09:05:25.000Z",
     "last_seen": "2015-05-20T14:05:44.000Z", "sighting_of_ref": "indicator--…",
     "where_sighted_refs": ["identity--…"], "object_marking_refs": ["marking-definition--…"]}
"""

from __future__ import annotations

from collections.abc import Sequence

from detente.errors import InvalidObject
from detente.stix.canonical import JsonValue
from detente.stix.objects import format_timestamp, new_id, parse_identifier

COUNT_MAX = 999_999_999  # STIX's own bound; a larger count is reported as this one


def make_sighting(
    *,
    indicator: str,
    count: int,
    first_us: int | None,
    last_us: int | None,
    identity: str,
    markings: Sequence[str],
    at_us: int,
    random: bytes,
) -> dict[str, JsonValue]:
    """A sighting of an indicator by the party with that identity, "" if it is not to be named; `random` is 16 bytes for its id.

    Times that are not known, or are not to be told, are None and then absent. Raises InvalidObject.
    """
    wanted = [(indicator, "indicator"), *((m, _MARKING) for m in markings)]
    for identifier, type_ in [*wanted, (identity, "identity")] if identity else wanted:
        if parse_identifier(identifier)[0] != type_:
            raise InvalidObject(f"{identifier} is not the id of an object of type {type_}")
    if count < 0 or (first_us is not None and last_us is not None and last_us < first_us):
        raise InvalidObject("a sighting counts from 0 on, and is last seen no earlier than first")
    if count == 0 and (first_us is not None or last_us is not None):
        raise InvalidObject("what was not seen has no time")
    moment = format_timestamp(at_us)
    sighting: dict[str, JsonValue] = {
        "type": "sighting",
        "spec_version": "2.1",
        "id": new_id("sighting", random),
        "created": moment,
        "modified": moment,
        "count": min(count, COUNT_MAX),
        "sighting_of_ref": indicator,
    }
    if identity:
        sighting["where_sighted_refs"] = [identity]
    if first_us is not None:
        sighting["first_seen"] = format_timestamp(first_us)
    if last_us is not None:
        sighting["last_seen"] = format_timestamp(last_us)
    if markings:
        sighting["object_marking_refs"] = list(markings)
    return sighting


_MARKING = "marking-definition"
