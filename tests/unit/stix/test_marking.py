"""Markings: words, published identifiers, and the one that governs a whole object."""

from __future__ import annotations

import json

import pytest
from tests.shared import shared

from detente.errors import InvalidObject
from detente.stix.canonical import JsonValue
from detente.stix.marking import TLP_2_EXTENSION, Tlp, effective, marking_objects, parse_tlp
from detente.stix.objects import StixObject, parse_object

OTHER = "marking-definition--00000000-0000-4000-8000-00000000000"
WHITE_1 = "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"
RED_1 = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"


def marked(refs: list[str], granular: list[JsonValue] | None = None) -> StixObject:
    value: dict[str, JsonValue] = {"type": "x-thing", "id": "x-thing--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"}
    if refs:
        value["object_marking_refs"] = [*refs]
    if granular is not None:
        value["granular_markings"] = granular
    return parse_object(value)


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("TLP:CLEAR", Tlp.CLEAR),
        ("tlp:white", Tlp.CLEAR),
        ("TLP:GREEN", Tlp.GREEN),
        ("amber", Tlp.AMBER),
        (" TLP: AMBER+STRICT ", Tlp.AMBER_STRICT),
        ("tlp:red", Tlp.RED),
    ],
)
def test_the_words_of_tlp(text: str, level: Tlp) -> None:
    assert parse_tlp(text) is level
    assert parse_tlp(level.label) is level


@pytest.mark.parametrize("text", ["", "TLP", "TLP:", "TLP:PINK", "AMBER STRICT", "TLP:AMBER-STRICT", "tlp:ex:chr", "0"])
def test_no_other_word_is_guessed_at(text: str) -> None:
    with pytest.raises(InvalidObject, match="no TLP marking; expected TLP:CLEAR"):
        parse_tlp(text)


def test_the_levels_are_ordered_by_what_they_forbid() -> None:
    assert Tlp.CLEAR < Tlp.GREEN < Tlp.AMBER < Tlp.AMBER_STRICT < Tlp.RED
    assert [level.label for level in Tlp] == ["TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED"]


def test_the_definitions_have_the_published_identifiers() -> None:
    table = json.loads(shared("tables/pap_tlp_stix_ids.json").read_bytes())
    assert {level.word: level.marking_id for level in Tlp} == table["markings"]
    assert table["tlp2_extension"] == TLP_2_EXTENSION
    assert {obj.created for obj in marking_objects()} == {table["created"]}


def test_the_definitions_are_whole_objects_that_say_their_level() -> None:
    for level, obj in zip(Tlp, marking_objects(), strict=True):
        assert obj.value["name"] == level.label
        extension = {"extension_type": "property-extension", "tlp_2_0": level.word}
        assert obj.value["extensions"] == {TLP_2_EXTENSION: extension}
        assert effective(obj, default=Tlp.RED) is Tlp.CLEAR


@pytest.mark.parametrize("default", list(Tlp))
def test_an_unmarked_object_has_the_default(default: Tlp) -> None:
    assert effective(marked([]), default=default) is default


def test_the_most_restrictive_marking_governs() -> None:
    assert effective(marked([Tlp.GREEN.marking_id]), default=Tlp.RED) is Tlp.GREEN
    assert effective(marked([Tlp.CLEAR.marking_id, Tlp.AMBER.marking_id]), default=Tlp.CLEAR) is Tlp.AMBER
    assert effective(marked([WHITE_1]), default=Tlp.RED) is Tlp.CLEAR
    assert effective(marked([WHITE_1, RED_1]), default=Tlp.CLEAR) is Tlp.RED


def test_a_marking_on_a_part_governs_the_whole_and_never_loosens_it() -> None:
    part: list[JsonValue] = [{"marking_ref": Tlp.RED.marking_id, "selectors": ["description"]}]
    assert effective(marked([Tlp.GREEN.marking_id], part), default=Tlp.CLEAR) is Tlp.RED
    clear: list[JsonValue] = [{"marking_ref": Tlp.CLEAR.marking_id, "selectors": ["description"]}]
    assert effective(marked([Tlp.AMBER.marking_id], clear), default=Tlp.CLEAR) is Tlp.AMBER
    assert effective(marked([], clear), default=Tlp.AMBER) is Tlp.AMBER


def test_a_language_on_a_part_is_no_marking_and_a_marking_without_a_reference_is_red() -> None:
    assert effective(marked([], [{"lang": "ru", "selectors": ["name"]}]), default=Tlp.GREEN) is Tlp.GREEN
    assert effective(marked([], [{"selectors": ["name"]}]), default=Tlp.GREEN) is Tlp.RED
    assert effective(marked([], [{"marking_ref": 5, "lang": "ru"}]), default=Tlp.GREEN) is Tlp.RED


def test_a_marking_we_do_not_know_is_red() -> None:
    assert effective(marked([OTHER + "1"]), default=Tlp.CLEAR) is Tlp.RED
    assert effective(marked([Tlp.CLEAR.marking_id, OTHER + "1"]), default=Tlp.CLEAR) is Tlp.RED


@pytest.mark.parametrize(
    ("definition", "level"),
    [
        ({"definition_type": "statement", "definition": {"statement": "(c) A"}}, None),
        ({"definition_type": "tlp", "definition": {"tlp": "amber"}}, Tlp.AMBER),
        ({"definition_type": "tlp", "definition": {"tlp": "pink"}}, Tlp.RED),
        ({"definition_type": "tlp"}, Tlp.RED),
        ({"definition_type": "iep", "definition": {}}, Tlp.RED),
        ({"extensions": {TLP_2_EXTENSION: {"tlp_2_0": "green"}}}, Tlp.GREEN),
        ({"extensions": {TLP_2_EXTENSION: {"tlp_2_0": 5}}}, Tlp.RED),
        ({"extensions": {TLP_2_EXTENSION: {"tlp_2_0": "green"}, "extension-definition--other": {}}}, Tlp.RED),
        ({"extensions": {"extension-definition--other": {}}}, Tlp.RED),
        ({}, Tlp.RED),
    ],
)
def test_definitions_that_came_with_the_data_are_understood_or_red(
    definition: dict[str, JsonValue], level: Tlp | None
) -> None:
    known = {OTHER + "1": definition}
    expected = Tlp.GREEN if level is None else level
    assert effective(marked([OTHER + "1"]), known, default=Tlp.GREEN) is expected


def test_a_definition_that_came_with_the_data_cannot_redefine_tlp() -> None:
    known: dict[str, dict[str, JsonValue]] = {
        Tlp.RED.marking_id: {"definition_type": "tlp", "definition": {"tlp": "white"}},
        RED_1: {"definition_type": "statement", "definition": {"statement": "free for all"}},
    }
    assert effective(marked([Tlp.RED.marking_id]), known, default=Tlp.CLEAR) is Tlp.RED
    assert effective(marked([RED_1]), known, default=Tlp.CLEAR) is Tlp.RED
