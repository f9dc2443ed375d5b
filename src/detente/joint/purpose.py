"""What shared data may be used for: a purpose is a word of a short list, bound to an object by a STIX statement marking.

Source: docs/joint.md. STIX 2.1 section 7.2 has statement markings; every tool keeps and shows them, and none takes them for a TLP
level. Ours reads `Use only for: incident-response, network-defence`, and its identifier is computed from the words, so that both sides
know the definition without asking for it.

An object without such a marking is bound to no purpose, and may be used for any; several such markings allow what all of them allow.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from detente.errors import InvalidStatement, NotPermitted
from detente.stix.canonical import JsonValue
from detente.stix.marking import Tlp
from detente.stix.objects import JsonObject, StixObject, parse_object

PURPOSES = {
    "incident-response": "handling an incident that has happened",
    "law-enforcement": "investigating or prosecuting an offence",
    "network-defence": "finding and blocking attacks on one's own systems",
    "publication": "making it public",
    "research": "study, without acting on single cases",
    "sharing-onward": "passing it on to others who may have it under its marking",
    "warning-the-public": "telling those who may be concerned",
}

_NAMESPACE = uuid.UUID("f07a1d1e-59b8-4a2c-8a25-6f6d3e3c0c57")
_PREFIX = "Use only for: "
_CREATED = "2026-11-22T00:00:00.000Z"


def require_known(purposes: Iterable[str]) -> None:
    """Raises InvalidStatement naming the first word that is no purpose."""
    for purpose in purposes:
        if purpose not in PURPOSES:
            raise InvalidStatement(f"unknown purpose {purpose!r}; known are {', '.join(PURPOSES)}")


def purpose_marking(purposes: Iterable[str]) -> StixObject:
    """The marking-definition that binds to these purposes; the same words give the same object, byte for byte."""
    words = sorted(set(purposes))
    require_known(words)
    if not words:
        raise InvalidStatement("a binding names at least one purpose")
    text = _PREFIX + ", ".join(words)
    return parse_object(
        {
            "type": "marking-definition",
            "spec_version": "2.1",
            "id": f"marking-definition--{uuid.uuid5(_NAMESPACE, text)}",
            "created": _CREATED,
            "object_marking_refs": [Tlp.CLEAR.marking_id],  # whoever may have the object may have its meaning
            "definition_type": "statement",
            "definition": {"statement": text},
        }
    )


def bind(stix: StixObject, purposes: Iterable[str]) -> StixObject:
    """The object with the marking of these purposes. What it is bound to already stays."""
    marking = purpose_marking(purposes).id
    if stix.id == marking or marking in stix.marking_refs:
        return stix
    return parse_object({**stix.value, "object_marking_refs": [*stix.marking_refs, marking]})


def purposes_of(stix: StixObject, definitions: Mapping[str, JsonObject] | None = None) -> frozenset[str] | None:
    """What the object may be used for; None when it is bound to nothing. `definitions`: of a later version's words."""
    allowed: frozenset[str] | None = None
    for ref in stix.marking_refs:
        words = _words(well_known().get(ref) or (definitions or {}).get(ref))
        allowed = both(allowed, words)
    return allowed


def both(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    """What two bindings allow together; None binds to nothing."""
    if one is None or other is None:
        return other if one is None else one
    return one & other


def permitted(
    objects: Sequence[StixObject], purpose: str, definitions: Mapping[str, JsonObject] | None = None
) -> tuple[list[StixObject], dict[str, int]]:
    """The objects that may be used for `purpose`, and of the others how many by what they are bound to."""
    require_known((purpose,))
    kept: list[StixObject] = []
    denied: Counter[str] = Counter()
    for stix in objects:
        allowed = purposes_of(stix, definitions)
        if allowed is None or purpose in allowed:
            kept.append(stix)
        else:
            denied[", ".join(sorted(allowed)) or "nothing"] += 1
    return kept, dict(sorted(denied.items()))


def require(purpose: str, allowed: Iterable[str], what: str) -> None:
    """Raises NotPermitted when something bound to `allowed` is used for another purpose; no words at all allow any."""
    require_known((purpose,))
    words = sorted(allowed)
    if words and purpose not in words:
        raise NotPermitted(f"{what} may be used for {', '.join(words)}; {purpose} is none of these")


def well_known() -> Mapping[str, JsonObject]:
    """The definition of every set of known words, by identifier: 127 of them, made once."""
    if not _WELL_KNOWN:
        names = list(PURPOSES)
        for bits in range(1, 1 << len(names)):
            marking = purpose_marking(name for position, name in enumerate(names) if bits >> position & 1)
            _WELL_KNOWN[marking.id] = marking.value
    return _WELL_KNOWN


_WELL_KNOWN: dict[str, JsonObject] = {}


def _words(definition: JsonObject | None) -> frozenset[str] | None:
    content: JsonValue = None if definition is None else definition.get("definition")
    text = content.get("statement") if isinstance(content, dict) else None
    if not isinstance(text, str) or not text.startswith(_PREFIX):
        return None
    return frozenset(text.removeprefix(_PREFIX).split(", "))
