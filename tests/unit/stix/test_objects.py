"""Objects: what is checked, what is kept, versions, identifiers, timestamps, and STIX 2.0 raised to 2.1."""

from __future__ import annotations

from uuid import UUID

import pytest

from detente.errors import InvalidObject
from detente.stix.canonical import JsonValue, encode, parse
from detente.stix.objects import (
    StixObject,
    bundle,
    deterministic_id,
    format_timestamp,
    new_id,
    parse_bundle,
    parse_identifier,
    parse_object,
    parse_timestamp,
)

ID = "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"
INDICATOR: dict[str, JsonValue] = {
    "type": "indicator",
    "spec_version": "2.1",
    "id": ID,
    "created": "2016-04-06T20:03:48.000Z",
    "modified": "2016-04-06T20:03:48.000Z",
    "pattern": "[ipv4-addr:value = '198.51.100.7']",
    "pattern_type": "stix",
    "valid_from": "2016-01-01T00:00:00Z",
}


def test_unknown_properties_and_types_are_kept() -> None:
    obj = parse_object({**INDICATOR, "x_unknown": {"a": [None, 1.5]}})
    assert parse(obj.body) == {**INDICATOR, "x_unknown": {"a": [None, 1.5]}}
    custom = parse_object({"type": "x-thing", "id": f"x-thing--{ID[-36:]}", "colour": "green"})
    assert (custom.type, custom.version, custom.version_us) == ("x-thing", "", None)


def test_the_body_is_canonical_and_equality_is_by_body() -> None:
    obj = parse_object(b' {"id":"x-y--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", "type":"x-y", "n":1.0}')
    assert obj.body == b'{"id":"x-y--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","n":1,"type":"x-y"}'
    assert obj == parse_object(obj.body)
    assert len({obj, parse_object(obj.body)}) == 1


def test_the_common_properties_are_at_hand() -> None:
    obj = parse_object(
        {
            **INDICATOR,
            "created_by_ref": "identity--00000000-0000-4000-8000-000000000000",
            "revoked": True,
            "modified": "2017-01-01T00:00:00.5Z",
            "object_marking_refs": ["marking-definition--00000000-0000-4000-8000-000000000000"],
            "granular_markings": [{"lang": "de", "selectors": ["name"]}],
        }
    )
    assert (obj.id, obj.type, obj.spec_version, obj.revoked) == (ID, "indicator", "2.1", True)
    assert (obj.created, obj.modified, obj.version) == (
        "2016-04-06T20:03:48.000Z",
        "2017-01-01T00:00:00.5Z",
        "2017-01-01T00:00:00.5Z",
    )
    assert obj.version_us == 1483228800_500000
    assert obj.created_by.startswith("identity--")
    assert obj.marking_refs == ("marking-definition--00000000-0000-4000-8000-000000000000",)
    assert obj.granular_markings == ({"lang": "de", "selectors": ["name"]},)


def test_an_absent_spec_version_means_2_0_except_for_observables() -> None:
    without = {name: value for name, value in INDICATOR.items() if name != "spec_version"}
    assert parse_object(without).spec_version == "2.0"
    assert parse_object({"type": "url", "id": f"url--{ID[-36:]}", "value": "http://a.test"}).spec_version == "2.1"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"type": None}, "needs a type and an id"),
        ({"id": None}, "needs a type and an id"),
        ({"id": 5}, "needs a type and an id"),
        ({"id": ID.upper()}, "no STIX identifier"),
        ({"id": ID + " "}, "no STIX identifier"),
        ({"id": ID.replace("indicator", "malware")}, "belongs to another type"),
        ({"type": "bundle", "id": ID.replace("indicator", "bundle")}, "read it with parse_bundle"),
        ({"created": "2016-04-06"}, "no STIX timestamp"),
        ({"created": 5}, "created is a timestamp, this is a number"),
        ({"created": None}, "modified is not before created, and not without it"),
        ({"modified": None}, "indicator objects need created and modified"),
        ({"modified": "2016-04-06T20:03:47.999Z"}, "modified is not before created"),
        ({"revoked": "true"}, "revoked is true or false"),
        ({"spec_version": 2.1}, "spec_version is text"),
        ({"created_by_ref": "ESET"}, "created_by_ref holds 'ESET'"),
        ({"object_marking_refs": ID}, "object_marking_refs is a list"),
        ({"object_marking_refs": ["TLP:RED"]}, "object_marking_refs holds 'TLP:RED'"),
        ({"granular_markings": [5]}, "granular_markings is a list of objects"),
    ],
)
def test_what_later_code_relies_on_is_checked(change: dict[str, JsonValue], message: str) -> None:
    value: dict[str, JsonValue] = {name: inner for name, inner in {**INDICATOR, **change}.items() if inner is not None}
    with pytest.raises(InvalidObject, match=message.replace("(", r"\(")):
        parse_object(value)


@pytest.mark.parametrize("data", [b"[]", b'"x"', b"5", b"null", b"true"])
def test_only_a_json_object_is_a_stix_object(data: bytes) -> None:
    with pytest.raises(InvalidObject, match="a STIX object is a JSON object"):
        parse_object(data)


def test_an_identifier_splits_at_its_last_double_hyphen() -> None:
    assert parse_identifier("x-my-type--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f") == ("x-my-type", UUID(ID[-36:]))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "indicator",
        ID[:-1],
        ID + "0",
        ID.replace("--", "-"),
        ID.replace("--", "---"),
        "ab--" + ID[-36:],
        "-x--" + ID[-36:],
        "X-Y--" + ID[-36:],
        "a_b--" + ID[-36:],
        "a" * 251 + "--" + ID[-36:],
        ID.replace("8e2e", "8E2E"),
        "ıab--" + ID[-36:],
    ],
)
def test_anything_else_is_no_identifier(text: str) -> None:
    with pytest.raises(InvalidObject, match="no STIX identifier"):
        parse_identifier(text)


def test_a_new_identifier_is_a_version_4_uuid_of_the_bytes_given() -> None:
    assert new_id("note", b"\xff" * 16) == "note--ffffffff-ffff-4fff-bfff-ffffffffffff"
    with pytest.raises(InvalidObject):
        new_id("no", bytes(16))


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.000001Z", 1),
        ("1970-01-01T00:00:00.1Z", 100_000),
        ("1970-01-01T00:00:00.123456789Z", 123_456),
        ("1969-12-31T23:59:59.999999Z", -1),
        ("2016-12-29T12:34:56.789Z", 1483014896_789000),
        ("9999-12-31T23:59:59.999Z", 253402300799_999000),
        ("0001-01-01T00:00:00Z", -62135596800_000000),
    ],
)
def test_timestamps_are_microseconds_in_utc(text: str, us: int) -> None:
    assert parse_timestamp(text) == us
    assert parse_timestamp(format_timestamp(us, 6)) == us


@pytest.mark.parametrize(
    "text",
    [
        "2016-12-29",
        "2016-12-29T12:34:56",
        "2016-12-29T12:34:56+00:00",
        "2016-12-29t12:34:56z",
        "2016-02-30T00:00:00Z",
        "2016-12-31T23:59:60Z",
        "2016-12-29T24:00:00Z",
        "2016-12-29T12:34:56.Z",
        "2016-12-29T12:34:56.1234567890Z",
        "2016-12-29 12:34:56Z",
        "２016-12-29T12:34:56Z",
        "2016-12-29T12:34:56Z\n",
        "0000-01-01T00:00:00Z",
    ],
)
def test_other_spellings_of_a_time_are_refused(text: str) -> None:
    with pytest.raises(InvalidObject):
        parse_timestamp(text)


def test_formatting_cuts_and_never_rounds_up() -> None:
    assert format_timestamp(999_999) == "1970-01-01T00:00:00.999Z"
    assert format_timestamp(-1, 6) == "1969-12-31T23:59:59.999999Z"
    assert format_timestamp(-62135596800_000000) == "0001-01-01T00:00:00.000Z"
    with pytest.raises(InvalidObject):
        format_timestamp(10**18)


def test_a_bundle_is_read_once_and_one_bad_object_names_its_place() -> None:
    good = bundle([parse_object(INDICATOR)], new_id("bundle", bytes(16)))
    assert parse_bundle(good) == [parse_object(INDICATOR)]
    assert parse_bundle(b'{"type":"bundle","id":"bundle--00000000-0000-4000-8000-000000000000"}') == []
    with pytest.raises(InvalidObject, match="object 1 of the bundle: a STIX object needs"):
        parse_bundle(encode({"type": "bundle", "objects": [INDICATOR, {}]}))
    for bad in (b"[]", b'{"type":"report"}', b'{"type":"bundle","objects":{}}'):
        with pytest.raises(InvalidObject):
            parse_bundle(bad)
    with pytest.raises(InvalidObject):
        bundle([], ID)


def old(**properties: JsonValue) -> StixObject:
    """What becomes of a STIX 2.0 object; that everything but labels is still there is checked here, for each."""
    common: dict[str, JsonValue] = {"created": "2016-01-01T00:00:00.000Z", "modified": "2016-01-01T00:00:00.000Z"}
    value: dict[str, JsonValue] = {"id": f"{properties['type']}--{ID[-36:]}", **common, **properties}
    (obj,) = parse_bundle(encode({"type": "bundle", "spec_version": "2.0", "objects": [value]}))
    value.pop("labels", None)
    assert obj.value == {**obj.value, **value}
    return obj


def test_stix_2_0_is_raised_to_2_1_and_nothing_is_dropped() -> None:
    malware = old(type="malware", name="X", labels=["trojan", "worm"], x_mitre_platforms=["Linux"])
    assert malware.spec_version == "2.1"
    assert malware.value["malware_types"] == ["trojan", "worm"]
    assert malware.value["is_family"] is True
    assert "labels" not in malware.value
    assert malware.value["x_mitre_platforms"] == ["Linux"]
    indicator = old(
        type="indicator", labels=["malicious-activity"], pattern="[a:b = 1]", valid_from="2016-01-01T00:00:00Z"
    )
    assert indicator.value["pattern_type"] == "stix"
    assert indicator.value["indicator_types"] == ["malicious-activity"]
    # Here labels were labels in 2.0 too.
    assert old(type="campaign", name="C", labels=["a"]).value["labels"] == ["a"]


def test_what_has_a_spec_version_and_observables_are_left_alone() -> None:
    sco: dict[str, JsonValue] = {"type": "url", "id": f"url--{ID[-36:]}", "value": "http://a.test"}
    labelled: JsonValue = {**INDICATOR, "labels": ["mine"]}
    objects = parse_bundle(encode({"type": "bundle", "objects": [sco, labelled]}))
    assert [obj.value for obj in objects] == [sco, labelled]


def test_identifiers_of_observables_are_those_of_the_standard() -> None:
    # The example of section 6.4.
    assert deterministic_id({"type": "domain-name", "value": "example.com"}) == (
        "domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7"
    )


def test_only_the_first_of_several_hashes_names_a_file() -> None:
    hashes: dict[str, JsonValue] = {"SHA-256": "a" * 64, "MD5": "b" * 32, "ssdeep": "x"}
    both: dict[str, JsonValue] = {"type": "file", "hashes": hashes}
    assert deterministic_id(both) == deterministic_id({"type": "file", "hashes": {"MD5": "b" * 32}})
    assert deterministic_id({"type": "file", "hashes": {"TLSH": "1", "ssdeep": "x"}}) == deterministic_id(
        {"type": "file", "hashes": {"TLSH": "1"}}
    )


@pytest.mark.parametrize(
    "value", [{"type": "process", "pid": 1}, {"type": "note"}, {"type": "url"}, {}, {"type": "file", "hashes": {}}]
)
def test_where_the_standard_prescribes_nothing_no_identifier_is_computed(value: dict[str, JsonValue]) -> None:
    with pytest.raises(InvalidObject, match="no deterministic identifier"):
        deterministic_id(value)
