"""What a relay says in its own name for a submitter that is not named: objects without anything that says whose they were.

Source: docs/joint.md. Beyond minimising (`detente.minimise`), which removes the submitter's names from every text, an object loses what
could lead back to it: who created it, where it was sighted, references to documents outside, extensions and custom properties,
markings other than TLP and purpose. It gets a new identifier and the time at which it is passed on. Identities are not passed on
at all, nor are objects that have no meaning without one.

Not removed, since it is the content: the patterns, the times at which something was seen, and the way of writing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from detente.joint.purpose import well_known
from detente.minimise import RemovalRules, minimise
from detente.stix.canonical import JsonValue
from detente.stix.marking import Tlp, effective
from detente.stix.objects import SCO_ID_PROPERTIES, JsonObject, StixObject, parse_object

# Types that name or define somebody; and properties that lead to somebody, by the class under which the report counts them.
DROPPED_TYPES = frozenset({"identity", "marking-definition", "extension-definition"})
DROPPED: Mapping[str, str] = {
    "created_by_ref": "identity",
    "where_sighted_refs": "identity",
    "authors": "identity",
    "contact_information": "identity",
    "external_references": "external-reference",
    "granular_markings": "marking",
}
# Without these an object says nothing.
_NEEDED = ("source_ref", "target_ref", "sighting_of_ref", "object_ref")
_IDENTITY = re.compile(r"identity--[0-9a-f-]{36}")


@dataclass(frozen=True, slots=True)
class Relayed:
    """The objects as the relay may say them; `removed`: classes and counts; `held_back`: type and reason of those that stay."""

    objects: tuple[StixObject, ...]
    removed: Mapping[str, int]
    held_back: tuple[tuple[str, str], ...]
    ids: Mapping[str, str] = field(default_factory=dict)


def names_of(origin: str, *names: str) -> tuple[str, ...]:
    """Every text that names a party: its origin, the host in it, its title and what others call it."""
    host = origin.split("/")[0]
    return tuple(dict.fromkeys(name for name in (origin, host, host.split(".")[0], *names) if len(name.strip()) > 1))


def as_relayed(
    objects: Sequence[StixObject],
    names: Sequence[str],
    rules: RemovalRules,
    *,
    default: Tlp,
    now: str,
    new_id: Callable[[str], str],
) -> Relayed:
    """The objects without `names` and whatever else leads to whoever gave them. `now`: a STIX timestamp; `new_id`: a type's fresh id."""
    definitions = {o.id: o.value for o in objects if o.type == "marking-definition"} | dict(well_known())
    wide = replace(rules, words=(*rules.words, *names), own_domains=(*rules.own_domains, *_domains(names)))
    removed: Counter[str] = Counter()
    held: list[tuple[str, str]] = []
    kept: list[tuple[StixObject, Tlp]] = []
    for stix in objects:
        if stix.type in DROPPED_TYPES:
            removed[stix.type] += 1
            continue
        bare = _bare(stix.value, removed)
        if any(_IDENTITY.fullmatch(str(bare.get(name, ""))) for name in _NEEDED):
            held.append((stix.type, "it is about an identity"))
            continue
        small = minimise(parse_object(bare), wide)
        removed.update(small.removed)
        if small.object is None:
            held.append((stix.type, ", ".join(sorted(small.removed))))
        else:
            kept.append((small.object, effective(stix, definitions, default=default)))
    ids = {stix.id: new_id(stix.type) for stix, _ in kept if stix.type not in SCO_ID_PROPERTIES}
    done: list[StixObject] = []
    for stix, tlp in kept:
        value = _renamed(stix.value, ids)
        assert isinstance(value, dict)
        for stamp in ("created", "modified"):
            if stamp in value:
                value[stamp] = now
        purposes = [ref for ref in stix.marking_refs if ref in well_known()]
        value["object_marking_refs"] = [tlp.marking_id, *purposes]
        made = parse_object(value)
        if _names_anybody(made.body, names):
            held.append((made.type, "a name of the submitter is part of what it means"))
        else:
            done.append(made)
    return Relayed(tuple(done), dict(sorted(removed.items())), tuple(held), ids)


def _bare(value: JsonObject, removed: Counter[str]) -> JsonObject:
    """Without the properties that lead to somebody; counts what went."""
    kept: JsonObject = {}
    for key, inner in value.items():
        class_ = DROPPED.get(key) or ("custom-property" if key.startswith("x_") else "")
        if class_:
            removed[class_] += 1
        elif key == "extensions" and isinstance(inner, dict):
            standard: JsonObject = {k: v for k, v in inner.items() if not k.startswith("extension-definition--")}
            removed["custom-property"] += len(inner) - len(standard)
            if standard:
                kept[key] = standard
        elif key.endswith("_refs") and isinstance(inner, list):
            others = [item for item in inner if not (isinstance(item, str) and _IDENTITY.fullmatch(item))]
            removed["identity"] += len(inner) - len(others)
            if others:
                kept[key] = others
        elif key.endswith("_ref") and key not in _NEEDED and isinstance(inner, str) and _IDENTITY.fullmatch(inner):
            removed["identity"] += 1
        else:
            kept[key] = inner
    removed += Counter()  # no class with nothing in it
    return kept


def _renamed(value: JsonValue, ids: Mapping[str, str]) -> JsonValue:
    if isinstance(value, str):
        return ids.get(value, value)
    if isinstance(value, list):
        return [_renamed(item, ids) for item in value]
    if isinstance(value, dict):
        return {key: _renamed(inner, ids) for key, inner in value.items()}
    return value


def _domains(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(n.split("/")[0] for n in names if re.fullmatch(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", n.split("/")[0]))
    )


def _names_anybody(body: bytes, names: Sequence[str]) -> bool:
    """The last look, at the bytes as they would leave. A short name inside a longer word is none."""
    text = body.decode().lower()
    return any(re.search(rf"(?<![\w]){re.escape(name.lower())}(?![\w])", text) for name in names)
