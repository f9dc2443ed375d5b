"""What a hunt found as STIX 2.1: for each indicator a sighting, observed data, and the values that were seen.

STIX 2.1, sections 4.14 and 5.2, and part 6 for the objects. Of each indicator: how often, when first, when last; the values
in normal form that hit it. No line of a log, no host of ours. The file is for the analyst's own tools; what goes to a
partner is `detente.hunt.sightings` alone.

    {"type": "bundle", "objects": [{"type": "ipv4-addr", "value": "198.51.100.7", …}, {"type": "observed-data", "number_observed": 8, …},
     {"type": "sighting", "sighting_of_ref": "indicator--…", "observed_data_refs": ["observed-data--…"], …}]}
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from detente.errors import InvalidObject
from detente.hunt.results import IndicatorHits
from detente.hunt.sightings import COUNT_MAX, make_sighting
from detente.stix.canonical import JsonValue
from detente.stix.marking import parse_tlp
from detente.stix.objects import JsonObject, deterministic_id, format_timestamp, new_id

_TYPES = {"ipv4": "ipv4-addr", "ipv6": "ipv6-addr", "domain": "domain-name", "url": "url"}
_HASHES = {"md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256", "sha512": "SHA-512"}


def evidence_bundle(
    hits: Iterable[IndicatorHits], *, identity: str, at_us: int, random: Callable[[int], bytes]
) -> JsonObject:
    """Of indicators whose lines told no time there are sightings, but no observed data, which has to have one.

    `identity`: who looked, "" if nobody is to be named. An indicator whose id is none of STIX is seen, but not sighted.
    """
    objects: dict[str, JsonValue] = {}
    for one in hits:
        markings: list[JsonValue] = [parse_tlp(one.source.marking).marking_id] if one.source.marking else []
        refs: list[JsonValue] = []
        for kind, value in one.seen:
            seen = _observable(kind, value)
            seen["id"] = deterministic_id(seen)
            refs.append(seen["id"])
            objects.setdefault(str(seen["id"]), seen)
        observed = _observed(one, refs, markings, identity, at_us, random(16))
        if observed is not None:
            objects[str(observed["id"])] = observed
        try:
            sighting = make_sighting(
                indicator=one.id,
                count=one.count,
                first_us=one.first_us,
                last_us=one.last_us,
                identity=identity,
                markings=[str(marking) for marking in markings],
                at_us=at_us,
                random=random(16),
            )
        except InvalidObject:
            continue
        if observed is not None:
            sighting["observed_data_refs"] = [observed["id"]]
        objects[str(sighting["id"])] = sighting
    return {"type": "bundle", "id": new_id("bundle", random(16)), "objects": list(objects.values())}


def _observable(kind: str, value: str) -> JsonObject:
    if kind in _HASHES:
        return {"type": "file", "spec_version": "2.1", "hashes": {_HASHES[kind]: value}}
    return {"type": _TYPES[kind], "spec_version": "2.1", "value": value}


def _observed(
    hits: IndicatorHits, refs: list[JsonValue], markings: list[JsonValue], identity: str, at_us: int, random: bytes
) -> JsonObject | None:
    if hits.first_us is None or hits.last_us is None or not refs:
        return None
    moment = format_timestamp(at_us)
    value: JsonObject = {
        "type": "observed-data",
        "spec_version": "2.1",
        "id": new_id("observed-data", random),
        "created": moment,
        "modified": moment,
        "first_observed": format_timestamp(hits.first_us),
        "last_observed": format_timestamp(hits.last_us),
        "number_observed": min(hits.count, COUNT_MAX),
        "object_refs": refs,
    }
    if identity:
        value["created_by_ref"] = identity
    if markings:
        value["object_marking_refs"] = markings
    return value
