"""Observed data as patterns are held against: the objects that were seen, when, and how often (STIX 2.1, 4.14 and section 9).

STIX 2.1 keeps the objects beside the observed-data and names them in `object_refs`; STIX 2.0 keeps them inside, under keys of their own.
Either way an observation has *roots*, the objects that it names itself, and others that are reached by references alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from detente.errors import InvalidObject
from detente.stix.objects import parse_timestamp

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Observed:
    """One observed-data. `objects`: whatever a reference may lead to, by the name that references use; `source` as it was given."""

    id: str
    first_us: int
    last_us: int
    count: int
    roots: tuple[Object, ...]
    objects: Mapping[str, Object]
    source: Object


def read_observed(values: Iterable[Any]) -> list[Observed]:
    """The observations in bundles, or in observed-data objects of STIX 2.0. Raises InvalidObject saying what is missing."""
    found: list[Observed] = []
    for value in values:
        if not isinstance(value, Mapping):
            raise InvalidObject(f"expected a bundle or an observed-data object, came {type(value).__name__}")
        if value.get("type") != "bundle":
            found.append(_observed(value, {}))
            continue
        inside = [o for o in value.get("objects", ()) if isinstance(o, Mapping)]
        by_id = {str(o["id"]): o for o in inside if "id" in o}
        found += [_observed(o, by_id) for o in inside if o.get("type") == "observed-data"]
    return found


def _observed(value: Object, beside: Mapping[str, Object]) -> Observed:
    if value.get("type") != "observed-data":
        raise InvalidObject(f"expected an observed-data object, came one of the type {value.get('type')!r}")
    refs = value.get("object_refs")
    inside = value.get("objects")
    if refs:
        roots = [beside[ref] for ref in refs if ref in beside]
        objects = beside
    elif isinstance(inside, Mapping):
        roots = [o for o in inside.values() if isinstance(o, Mapping)]
        objects = {str(key): o for key, o in inside.items() if isinstance(o, Mapping)}
    else:
        raise InvalidObject(f"{value.get('id', 'an observed-data object')} has neither object_refs nor objects")
    count = value.get("number_observed", 1)
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise InvalidObject(f"number_observed is a positive number; came {count!r}")
    first_us = parse_timestamp(str(value.get("first_observed")))
    last_us = parse_timestamp(str(value.get("last_observed", value.get("first_observed"))))
    if last_us < first_us:
        raise InvalidObject(
            f"{value.get('id', 'an observed-data object')} was last observed before it was first observed"
        )
    return Observed(str(value.get("id", "")), first_us, last_us, count, tuple(roots), objects, value)
