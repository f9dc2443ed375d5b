"""MISP events: import without loss."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.shared import shared
from tests.unit.intake.made import RECEIVED, read

from detente.intake import misp
from detente.stix.canonical import JsonValue
from detente.stix.marking import Tlp
from detente.stix.objects import parse_object
from detente.stix.pattern import simple_values

EVENTS = {
    "dukes_misp-dukes-operation-ghost-event.json": (101, 0),
    "sednit_2017-05-09_Trump_Attack_on_Syria_IoCs.json": (23, 0),
    "sednit_2018-11-20_Zebrocy.json": (32, 0),
    "sednit_2019-05-23_Zebrocy.json": (12, 0),
    "telebots_misp-telebots.json": (95, 69),
}
UUID = "5d9b516c-e5f0-4e7c-a958-5d8c0a0193"


def attribute(number: int = 1, **properties: JsonValue) -> dict[str, JsonValue]:
    return {
        "uuid": f"{UUID}{number:02}",
        "type": "ip-dst",
        "category": "Network activity",
        "to_ids": True,
        "value": f"198.51.100.{number}",
        **properties,
    }


def event(*attributes: JsonValue, **properties: JsonValue) -> str:
    own: dict[str, JsonValue] = {"uuid": f"{UUID}00", "info": "An event", "date": "2016-12-13", **properties}
    return json.dumps({"Event": {**own, "Orgc": {"name": "A", "uuid": UUID + "99"}, "Attribute": [*attributes]}})


def leaves(value: Any) -> Iterator[Any]:
    """Everything in the original that is not a container, null or empty."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    elif value is not None:
        yield value


@pytest.mark.parametrize("name", EVENTS)
def test_every_attribute_of_the_real_events_is_found_whole_in_the_output(name: str) -> None:
    data = shared(f"misp/events-eset/{name}").read_bytes()
    intake = read(data, name=name)
    original = json.loads(data)["response"][0]["Event"]
    attributes, indicators = EVENTS[name]
    assert intake.unread == ()
    assert (intake.counts["attributes"], intake.counts.get("indicators", 0)) == (attributes, indicators)
    kept = [obj.value["x_misp_attribute"] for obj in intake.objects if "x_misp_attribute" in obj.value]
    assert len(kept) == len(original["Attribute"])
    for made, written in zip(kept, original["Attribute"], strict=True):
        assert isinstance(made, dict)
        assert made == {key: value for key, value in written.items() if value is not None and value != []}
    for obj in intake.objects:
        own = obj.value.get("x_misp_attribute")
        if isinstance(own, dict):
            # And not only in the original beside it: a reader of plain STIX finds them too.
            assert {"source_name": "misp-attribute", "external_id": own["uuid"]} in obj.value["external_references"]  # type: ignore[operator]
            text = str(obj.value["name"] if obj.type == "indicator" else obj.value["content"])
            assert text.startswith(str(own["value"]))
    (report,) = [obj for obj in intake.objects if obj.type == "report"]
    rest = {key: value for key, value in original.items() if key != "Attribute"}
    assert list(leaves(report.value["x_misp_event"])) == list(leaves(rest))
    refs = report.value["object_refs"]
    assert isinstance(refs, list)
    assert set(refs) == {obj.id for obj in intake.objects} - {report.id}


@pytest.mark.parametrize("name", EVENTS)
def test_what_comes_out_is_well_formed_and_named_alike_when_read_again(name: str) -> None:
    data = shared(f"misp/events-eset/{name}").read_bytes()
    objects = read(data).objects
    for obj in objects:
        assert parse_object(obj.body) == obj
        assert not any(empty in obj.body for empty in (b'":null', b'":[]', b"[null", b",null"))
    assert [obj.id for obj in read(data, name="again", received_us=0).objects] == [obj.id for obj in objects]


def test_tags_of_an_event_become_its_marking() -> None:
    objects = read(shared("misp/events-eset/telebots_misp-telebots.json").read_bytes()).objects
    assert {obj.marking_refs for obj in objects if obj.type != "identity"} == {(Tlp.CLEAR.marking_id,)}
    assert {tuple(obj.value.get("labels", ())) for obj in objects if obj.type == "report"} == {  # type: ignore[arg-type]
        ("Type:OSINT", 'misp-galaxy:threat-actor="TeleBots"')
    }


def test_the_strictest_of_event_object_attribute_and_sharer_holds() -> None:
    tagged = attribute(1, Tag=[{"name": "tlp:red"}])
    loose = attribute(2, Tag=[{"name": "tlp:white"}])
    strange = attribute(3, Tag=[{"name": "tlp:ex:chr"}])
    inside: JsonValue = {"uuid": UUID + "50", "Attribute": [attribute(4)], "Tag": [{"name": "TLP:AMBER+STRICT"}]}
    text = event(tagged, loose, strange, Tag=[{"name": "tlp:green"}], Object=[inside])
    levels = {str(obj.value["name"]): obj.marking_refs for obj in read(text).objects if obj.type == "indicator"}
    assert levels == {
        "198.51.100.1": (Tlp.RED.marking_id,),
        "198.51.100.2": (Tlp.GREEN.marking_id,),
        "198.51.100.3": (Tlp.RED.marking_id,),
        "198.51.100.4": (Tlp.AMBER_STRICT.marking_id,),
    }
    sharer = read(text, marking=Tlp.AMBER).objects
    assert {obj.marking_refs for obj in sharer if obj.type == "report"} == {(Tlp.AMBER.marking_id,)}


@pytest.mark.parametrize(
    ("type_", "value", "found"),
    [
        ("ip-src", "198.51.100[.]7", [("ipv4", "198.51.100.7")]),
        ("ip-dst", "2001:db8::/32", [("ipv6", "2001:db8::/32")]),
        ("ip-dst|port", "198.51.100.7|443", [("ipv4", "198.51.100.7")]),
        ("domain", "A.example", [("domain", "a.example")]),
        ("hostname", "www.a.example", [("domain", "www.a.example")]),
        ("hostname|port", "a.example|8080", [("domain", "a.example")]),
        ("domain|ip", "a.example|198.51.100.7", [("domain", "a.example"), ("ipv4", "198.51.100.7")]),
        ("url", "hxxp://a.example/x", [("url", "http://a.example/x")]),
        ("url", "http://a.example/x - (2).zip", [("url", "http://a.example/x - (2).zip")]),
        ("md5", "A" * 32, [("md5", "a" * 32)]),
        ("sha1", "b" * 40, [("sha1", "b" * 40)]),
        ("sha256", "c" * 64, [("sha256", "c" * 64)]),
        ("sha512", "d" * 128, [("sha512", "d" * 128)]),
        ("filename|md5", "a|b.exe|" + "a" * 32, [("md5", "a" * 32)]),
        ("filename|sha256", "it's.exe|" + "c" * 64, [("sha256", "c" * 64)]),
        ("malware-sample", "x.exe|" + "a" * 32, [("md5", "a" * 32)]),
    ],
)
def test_attributes_to_be_searched_for_become_indicators(type_: str, value: str, found: list[tuple[str, str]]) -> None:
    (obj,) = [obj for obj in read(event(attribute(type=type_, value=value))).objects if obj.type == "indicator"]
    assert [tuple(item) for item in simple_values(str(obj.value["pattern"]))] == found
    assert obj.value["name"] == value


@pytest.mark.parametrize(
    ("change", "count"),
    [
        ({"to_ids": False}, None),
        ({"to_ids": None}, None),
        ({"deleted": True}, "to_ids but deleted"),
        ({"type": "mutex", "value": "x"}, "to_ids but kept as note"),
        ({"type": "ip-dst", "value": "not an address"}, "to_ids but kept as note"),
        ({"type": "filename|md5", "value": "only a name"}, "to_ids but kept as note"),
    ],
)
def test_every_other_attribute_becomes_a_note_with_its_value(change: dict[str, JsonValue], count: str | None) -> None:
    intake = read(event({**attribute(comment="because"), **change}))
    (note,) = [obj for obj in intake.objects if obj.type == "note"]
    (report,) = [obj for obj in intake.objects if obj.type == "report"]
    value = change.get("value", "198.51.100.1")
    assert note.value["content"] == f"{value}\n\nbecause"
    assert note.value["object_refs"] == [report.id]
    assert "indicators" not in intake.counts
    if count is not None:
        assert intake.counts[count] == 1


def test_an_indicator_says_who_when_and_why() -> None:
    text = event(
        attribute(comment="C&C", first_seen="2016-12-01T00:00:00.000000+00:00", Tag=[{"name": "kill-chain:C2"}])
    )
    (obj,) = [obj for obj in read(text, name="e.json").objects if obj.type == "indicator"]
    assert obj.value["description"] == "C&C"
    assert obj.value["labels"] == ["kill-chain:C2"]
    assert obj.value["valid_from"] == "2016-12-01T00:00:00.000000Z"
    assert obj.created == RECEIVED
    assert obj.value["external_references"] == [
        {"source_name": "CERT A", "description": f"e.json, event {UUID}00, attribute 1"},
        {"source_name": "misp-attribute", "external_id": f"{UUID}01"},
    ]


def test_an_object_becomes_a_note_about_its_attributes() -> None:
    inside: dict[str, JsonValue] = {
        "uuid": UUID + "50",
        "name": "file",
        "comment": "dropper",
        "ObjectReference": [{"referenced_uuid": "x"}],
        "Attribute": [attribute(2), attribute(3, to_ids=False)],
    }
    intake = read(event(attribute(1), Object=[inside]))
    (note,) = [obj for obj in intake.objects if "x_misp_object" in obj.value]
    members = [obj.id for obj in intake.objects if "x_misp_attribute" in obj.value][1:]
    assert note.value["object_refs"] == members
    assert note.value["content"] == "dropper"
    assert note.value["x_misp_object"] == {key: value for key, value in inside.items() if key != "Attribute"}
    assert intake.counts["misp objects"] == 1


@pytest.mark.parametrize(
    "broken", [5, {}, {"uuid": UUID + "01"}, attribute(value=""), attribute(value=7), attribute(uuid=None)]
)
def test_an_attribute_without_uuid_type_or_value_is_listed(broken: JsonValue) -> None:
    intake = read(event(broken, attribute(2)))
    assert intake.counts["indicators"] == 1
    (unread,) = intake.unread
    assert unread.line == 1
    assert unread.reason


def test_a_file_of_many_events_is_read_event_by_event() -> None:
    second = json.loads(event(attribute(2)))
    second["Event"]["uuid"] = UUID + "77"
    text = json.dumps({"response": [json.loads(event(attribute(1))), {"Event": {"no": 1}}, second]})
    intake = read(text)
    assert intake.counts["events"] == 2
    assert [unread.line for unread in intake.unread] == [2]


def test_a_report_of_a_very_large_event_comes_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(misp, "REFS_MAX", 3)
    intake = read(event(*(attribute(number) for number in range(1, 8))))
    reports = [obj for obj in intake.objects if obj.type == "report"]
    assert [obj.value["name"] for obj in reports] == [f"An event (part {n} of 3)" for n in (1, 2, 3)]
    referred = [ref for obj in reports for ref in obj.value["object_refs"]]  # type: ignore[union-attr]
    assert sorted(map(str, referred)) == sorted(obj.id for obj in intake.objects if obj.type != "report")


def test_an_event_with_nothing_in_it_is_listed() -> None:
    intake = read(json.dumps({"Event": {"uuid": UUID + "00", "info": "x", "Attribute": []}}))
    assert intake.objects == ()
    assert "no attribute, no object and no organisation" in intake.unread[0].reason


@pytest.mark.parametrize(
    ("own", "published"),
    [
        ({"publish_timestamp": "1481654492"}, "2016-12-13T18:41:32.000Z"),
        ({"publish_timestamp": "0"}, "2016-12-13T00:00:00.000Z"),
        ({"publish_timestamp": "0", "date": "last week"}, RECEIVED),
        ({"publish_timestamp": "99999999999"}, "5138-11-16T09:46:39.000Z"),
    ],
)
def test_a_report_is_published_when_the_event_was(own: dict[str, JsonValue], published: str) -> None:
    (report,) = [obj for obj in read(event(attribute(), **own)).objects if obj.type == "report"]
    assert report.value["published"] == published
