"""Data markings: TLP 2.0 (FIRST, 2022) in STIX 2.1 (section 7.2), and the one marking that governs a whole object.

Implemented: the five TLP 2.0 definitions with their published identifiers and extension, the four TLP 1.x definitions
that STIX predefines, statement markings, object and granular markings. Stricter: TLP:WHITE is TLP:CLEAR and no other
word is a synonym; a marking we do not know, or do not understand, counts as TLP:RED; a part's marking governs the
whole, for parts of an object never travel alone.

    {"type": "marking-definition", "spec_version": "2.1", "created": "2022-10-01T00:00:00.000Z", "name": "TLP:GREEN",
     "id": "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb", "extensions": {"extension-definition--60a3…":
     {"extension_type": "property-extension", "tlp_2_0": "green"}}}
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

from detente.errors import InvalidObject
from detente.stix.canonical import JsonValue
from detente.stix.objects import JsonObject, StixObject, parse_object

TLP_2_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"


class Tlp(IntEnum):
    """How far something may travel; a larger number forbids more."""

    CLEAR = 0
    GREEN = 1
    AMBER = 2
    AMBER_STRICT = 3
    RED = 4

    @property
    def label(self) -> str:
        return "TLP:" + self.word.upper()

    @property
    def word(self) -> str:
        """The value inside the TLP 2.0 extension: `amber+strict`."""
        return self.name.lower().replace("_", "+")

    @property
    def marking_id(self) -> str:
        return _TLP_2_IDS[self]


def parse_tlp(text: str) -> Tlp:
    """`TLP:AMBER+STRICT`, `tlp:white`, `green`; raises InvalidObject for any other word."""
    word = text.strip().lower().removeprefix("tlp:").strip()
    try:
        return _WORDS[word]
    except KeyError:
        expected = ", ".join(level.label for level in Tlp)
        raise InvalidObject(f"{text[:40]!a} is no TLP marking; expected {expected} or TLP:WHITE") from None


def effective(obj: StixObject, definitions: Mapping[str, JsonObject] | None = None, *, default: Tlp) -> Tlp:
    """The most restrictive marking on any part of an object; `default` where the whole carries none.

    `definitions` are the marking-definition values known here, by identifier. Those of TLP itself need not be among
    them, and cannot be redefined by being there. A statement (a licence, a copyright notice) does not restrict.
    """
    if obj.id in _BY_ID:
        return Tlp.CLEAR  # the published TLP definitions themselves
    known = definitions or {}
    whole = [level for ref in obj.marking_refs if (level := _level(ref, known)) is not None]
    result = max(whole, default=default)
    for granular in obj.granular_markings:
        ref = granular.get("marking_ref")
        if ref is None and isinstance(granular.get("lang"), str):
            continue  # section 7.2.3: a granular marking may name a language instead
        level = _level(ref, known)
        if level is not None:
            result = max(result, level)
    return result


def definition_level(definition: JsonObject) -> Tlp | None:
    """What a marking-definition means as TLP; None when it does not restrict; TLP:RED when we do not understand it."""
    extensions = definition.get("extensions")
    if isinstance(extensions, dict):
        # Two extensions on one marking may each restrict; only the TLP one alone is understood.
        tlp = extensions.get(TLP_2_EXTENSION)
        if len(extensions) != 1 or not isinstance(tlp, dict):
            return Tlp.RED
        return _word_level(tlp.get("tlp_2_0"))
    kind, content = definition.get("definition_type"), definition.get("definition")
    if kind == "tlp" and isinstance(content, dict):
        return _word_level(content.get("tlp"))
    if kind == "statement":
        return None
    return Tlp.RED


def marking_objects() -> tuple[StixObject, ...]:
    """The five TLP 2.0 marking-definitions as published."""
    return tuple(
        parse_object(
            {
                "type": "marking-definition",
                "spec_version": "2.1",
                "id": level.marking_id,
                "created": "2022-10-01T00:00:00.000Z",
                "name": level.label,
                "extensions": {TLP_2_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": level.word}},
            }
        )
        for level in Tlp
    )


def _level(ref: JsonValue, definitions: Mapping[str, JsonObject]) -> Tlp | None:
    if not isinstance(ref, str):
        return Tlp.RED
    if ref in _BY_ID:
        return _BY_ID[ref]
    definition = definitions.get(ref)
    return Tlp.RED if definition is None else definition_level(definition)


def _word_level(word: JsonValue) -> Tlp:
    return _WORDS.get(word, Tlp.RED) if isinstance(word, str) else Tlp.RED


_WORDS = {level.word: level for level in Tlp} | {"white": Tlp.CLEAR}

_TLP_2_IDS = {
    Tlp.CLEAR: "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    Tlp.GREEN: "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    Tlp.AMBER: "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    Tlp.AMBER_STRICT: "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    Tlp.RED: "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}

# STIX 2.1 section 7.2.1.4. TLP 1.x had no "strict"; its AMBER allowed the recipient's clients, as AMBER does now.
_TLP_1_IDS = {
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": Tlp.CLEAR,
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": Tlp.GREEN,
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": Tlp.AMBER,
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": Tlp.RED,
}

_BY_ID = {identifier: level for level, identifier in _TLP_2_IDS.items()} | _TLP_1_IDS
