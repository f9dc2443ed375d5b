"""STIX taken over as it is."""

from __future__ import annotations

import json

from tests.shared import shared
from tests.unit.intake.made import read

from detente.stix.canonical import JsonValue
from detente.stix.marking import Tlp

UUID = "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"
STAMP = "2016-01-01T00:00:00.000Z"


def thing(number: int, **properties: JsonValue) -> dict[str, JsonValue]:
    return {"type": "x-thing", "spec_version": "2.1", "id": f"x-thing--{number:08}{UUID[8:]}", **properties}


def stix(*objects: JsonValue) -> str:
    return json.dumps({"type": "bundle", "id": f"bundle--{UUID}", "objects": [*objects]})


def test_attack_is_taken_over_object_by_object() -> None:
    data = shared("attack/attack-v18.1-apt28-apt29.stix21.json").read_bytes()
    intake = read(data)
    assert [obj.value for obj in intake.objects] == json.loads(data)["objects"]
    assert (intake.counts["objects"], intake.counts["unread"], intake.counts["intrusion-set"]) == (761, 0, 2)


def test_a_bad_object_is_listed_with_its_place_and_the_others_are_read() -> None:
    intake = read(stix(thing(1), {"type": "x"}, 5, thing(2), {"type": "note", "id": "note--x"}))
    assert [obj.id for obj in intake.objects] == [thing(1)["id"], thing(2)["id"]]
    assert [(unread.line, unread.text) for unread in intake.unread] == [(2, ""), (3, ""), (5, "note--x")]


def test_an_object_twice_is_one_and_two_that_differ_under_one_version_are_told() -> None:
    intake = read(stix(thing(1), thing(1), thing(1, n=2)))
    assert len(intake.objects) == 1
    assert intake.counts["repeated"] == 1
    assert "another object with this identifier and version" in intake.unread[0].reason


def test_two_versions_of_an_object_are_both_kept() -> None:
    old = thing(1, created=STAMP, modified=STAMP)
    new = thing(1, created=STAMP, modified="2017-01-01T00:00:00.000Z")
    assert len(read(stix(old, new)).objects) == 2


def test_stix_2_0_is_raised_and_counted() -> None:
    old: JsonValue = {
        "type": "tool",
        "id": f"tool--{UUID}",
        "created": STAMP,
        "modified": STAMP,
        "name": "X",
        "labels": ["y"],
    }
    for text in (json.dumps({"type": "bundle", "spec_version": "2.0", "objects": [old]}), stix(old), json.dumps(old)):
        intake = read(text)
        assert intake.objects[0].spec_version == "2.1"
        assert intake.objects[0].value["tool_types"] == ["y"]
        assert intake.counts["raised from 2.0"] == 1


def test_without_a_word_of_the_sharer_no_object_is_touched() -> None:
    (obj,) = read(stix(thing(1, x={"b": 1.5, "a": None}))).objects
    assert obj.value == thing(1, x={"b": 1.5, "a": None})


def test_the_sharers_marking_is_added_where_an_object_carries_none_or_a_looser_one() -> None:
    statement: JsonValue = {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": f"marking-definition--{UUID}",
        "created": STAMP,
        "definition_type": "statement",
        "definition": {"statement": "(c) A"},
    }
    refs: list[list[JsonValue]] = [[], [Tlp.GREEN.marking_id], [Tlp.RED.marking_id], [f"marking-definition--{UUID}"]]
    things = [thing(n, object_marking_refs=ref) if ref else thing(n) for n, ref in enumerate(refs)]
    intake = read(stix(statement, *things), marking=Tlp.AMBER)
    amber = Tlp.AMBER.marking_id
    assert [list(obj.marking_refs) for obj in intake.objects] == [
        [],
        [amber],
        [Tlp.GREEN.marking_id, amber],
        [Tlp.RED.marking_id],
        [f"marking-definition--{UUID}", amber],
    ]
    assert intake.counts["marked"] == 3


def test_an_object_too_large_for_one_statement_is_listed() -> None:
    intake = read(stix(thing(1, text="x" * (1 << 20)), thing(2)))
    assert [obj.id for obj in intake.objects] == [thing(2)["id"]]
    assert "the limit is 1048576" in intake.unread[0].reason
