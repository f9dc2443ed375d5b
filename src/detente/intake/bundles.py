"""STIX 2.1 and 2.0: a bundle, a TAXII envelope, a list of objects or a single object.

Objects are taken over as they are; their canonical form is what is kept. An object that is not well formed is listed
and the others are read. STIX 2.0 is raised to 2.1 as `detente.stix.objects.to_21` says. When the sharer said a marking
for the whole document, it is added to every object that carries a looser one.
"""

from __future__ import annotations

from detente.errors import InvalidObject
from detente.intake.indicator import Origin
from detente.intake.result import Gathered, Intake
from detente.stix.canonical import JsonValue
from detente.stix.marking import Tlp, effective
from detente.stix.objects import JsonObject, StixObject, is_20, parse_object, to_21


def is_stix(document: JsonValue) -> bool:
    if isinstance(document, list):
        return bool(document) and is_stix(document[0])
    return isinstance(document, dict) and ("objects" in document or ("type" in document and "id" in document))


def read_stix(document: JsonValue, origin: Origin) -> Intake:
    gathered = Gathered()
    values = _values(document)
    definitions = {str(value.get("id")): value for value in values if isinstance(value, dict)}
    for number, value in enumerate(values, start=1):
        old = is_20(value)
        try:
            obj = parse_object(to_21(value) if old else value)
        except InvalidObject as error:
            identifier = value.get("id") if isinstance(value, dict) else None
            gathered.unread(number, identifier if isinstance(identifier, str) else "", str(error))
            continue
        marked = _marked(obj, origin.marking, definitions)
        if gathered.add(marked, number, made_here=False):
            gathered.counts[obj.type] += 1
            gathered.counts["raised from 2.0"] += old
            gathered.counts["marked"] += marked is not obj
    return gathered.result("stix")


def _values(document: JsonValue) -> list[JsonValue]:
    if isinstance(document, list):
        return document
    if not isinstance(document, dict):
        return [document]
    if document.get("type") != "bundle" and "objects" not in document:
        return [document]
    objects = document.get("objects", [])
    if not isinstance(objects, list):
        raise InvalidObject("the objects of a bundle or envelope are a list")
    return objects


def _marked(obj: StixObject, marking: Tlp | None, definitions: dict[str, JsonObject]) -> StixObject:
    if marking is None or obj.type == "marking-definition":
        return obj
    if obj.marking_refs and effective(obj, definitions, default=Tlp.CLEAR) >= marking:
        return obj
    return parse_object({**obj.value, "object_marking_refs": [*obj.marking_refs, marking.marking_id]})
