"""Other people's programs on the same objects: OASIS's `stix2`, and our canonical form on the ATT&CK objects."""

from __future__ import annotations

import json
from functools import cache

import pytest
import rfc8785
import stix2
from hypothesis import given
from hypothesis import strategies as st
from tests.shared import shared

from detente.intake import read_document
from detente.stix.canonical import JsonValue, encode, parse, parse_canonical
from detente.stix.marking import Tlp, marking_objects
from detente.stix.objects import JsonObject, deterministic_id, format_timestamp, parse_bundle, parse_timestamp, to_21


@cache
def attack() -> bytes:
    return shared("attack/attack-v18.1-apt28-apt29.stix21.json").read_bytes()


def theirs(value: JsonValue) -> JsonValue:
    """The object as the library understands and writes it again."""
    result: JsonValue = json.loads(stix2.parse(value, allow_custom=True).serialize())
    return result


def test_every_attack_object_comes_through_byte_for_byte() -> None:
    objects = parse_bundle(attack())
    originals = json.loads(attack())["objects"]
    assert len(objects) == len(originals) == 761
    for obj, original in zip(objects, originals, strict=True):
        assert obj.value == original
        assert obj.body == rfc8785.dumps(original)
        assert parse_canonical(obj.body) == original


def test_the_library_reads_our_attack_objects_as_it_reads_the_originals() -> None:
    originals = json.loads(attack())["objects"]
    # Each kind, not each object: the library takes a millisecond for one.
    kinds = {original["type"]: number for number, original in enumerate(originals)}
    objects = parse_bundle(attack())
    for number in kinds.values():
        assert theirs(json.loads(objects[number].body)) == theirs(originals[number])


def test_the_library_accepts_everything_intake_makes() -> None:
    made = []
    for name in ("indicators/JAR-16-20296A.csv", "misp/events-eset/telebots_misp-telebots.json"):
        intake = read_document(
            shared(name).read_bytes(), name=name, source="A", received_us=0, marking=Tlp.GREEN, random=bytes
        )
        kinds = {(obj.type, str(obj.value.get("pattern", ""))[:16]): obj for obj in intake.objects}
        made += list(kinds.values())
    assert {obj.type for obj in made} == {"indicator", "note", "report", "identity"}
    for obj in (*made, *marking_objects()):
        again = theirs(json.loads(obj.body))
        assert isinstance(again, dict)
        # The library writes whole seconds of these two without the three zeros.
        expected = {**obj.value}
        for name in {"valid_from", "published"} & set(expected):
            expected[name] = str(expected[name]).replace(".000Z", "Z")
        assert again == {**again, **expected}


@pytest.mark.parametrize(
    "value",
    [
        {"type": "ipv4-addr", "value": "198.51.100.7"},
        {"type": "ipv6-addr", "value": "2001:db8::1"},
        {"type": "domain-name", "value": "bücher.example"},
        {"type": "url", "value": 'http://a.example/?q="x"\\é\U0001f600'},
        {"type": "email-addr", "value": "a@b.example", "display_name": "ignored"},
        {"type": "mutex", "name": "x"},
        {"type": "mac-addr", "value": "d2:fb:49:24:37:18"},
        {"type": "autonomous-system", "number": 64496, "name": "ignored"},
        {"type": "directory", "path": "C:\\Windows"},
        {"type": "file", "name": "a.exe"},
        {"type": "file", "hashes": {"SHA-256": "a" * 64, "MD5": "b" * 32}, "name": "a", "size": 5},
        {"type": "file", "hashes": {"SHA-512": "a" * 128, "SHA-256": "b" * 64}},
        {"type": "software", "name": "X", "version": "1.0", "vendor": "V"},
        {"type": "user-account", "user_id": "1001", "account_login": "x", "account_type": "unix"},
        {
            "type": "network-traffic",
            "protocols": ["tcp"],
            "dst_port": 443,
            "src_ref": f"ipv4-addr--{'0' * 8}-0000-5000-8000-{'0' * 12}",
        },
        {
            "type": "windows-registry-key",
            "key": "HKLM\\x",
            "values": [{"name": "a", "data": "b", "data_type": "REG_SZ"}],
        },
        {"type": "x509-certificate", "serial_number": "36:f7", "hashes": {"SHA-1": "c" * 40}},
        {"type": "artifact", "payload_bin": "eA==", "mime_type": "image/jpeg"},
    ],
    ids=lambda value: value["type"],
)
def test_observables_get_the_identifier_the_library_gives_them(value: JsonObject) -> None:
    assert deterministic_id(value) == stix2.parse(value, version="2.1")["id"]


OLD: JsonObject = {"created": "2016-01-01T00:00:00.000Z", "modified": "2016-01-01T00:00:00.000Z", "labels": ["trojan"]}


@pytest.mark.parametrize(
    "value",
    [
        {"type": "malware", "name": "X"},
        {"type": "tool", "name": "X"},
        {"type": "threat-actor", "name": "X"},
        {"type": "indicator", "pattern": "[a:b = 1]", "valid_from": "2016-01-01T00:00:00Z"},
        {"type": "campaign", "name": "X"},
    ],
    ids=lambda value: value["type"],
)
def test_what_the_library_accepts_as_2_0_it_accepts_as_2_1_when_raised(value: JsonObject) -> None:
    old: JsonObject = {"id": f"{value['type']}--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", **OLD, **value}
    stix2.parse(old, version="2.0")
    assert stix2.parse(to_21(old), version="2.1")["spec_version"] == "2.1"


@given(st.integers(-62135596800_000000, 253402300799_999999), st.sampled_from([3, 6]))
def test_timestamps_are_written_and_read_as_the_library_does(us: int, digits: int) -> None:
    text = format_timestamp(us, digits)
    moment = stix2.utils.parse_into_datetime(text)
    assert parse_timestamp(text) == us - us % 10 ** (6 - digits)
    if moment.year >= 1000:  # the library writes year 1 as "1", not as "0001"
        assert parse_timestamp(stix2.utils.format_datetime(moment)) == parse_timestamp(text)


def test_our_bytes_for_attack_are_what_we_read_back() -> None:
    whole = parse(attack(), bytes_max=1 << 22)
    assert parse_canonical(encode(whole), bytes_max=1 << 22) == whole
