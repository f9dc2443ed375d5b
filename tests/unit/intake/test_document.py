"""Which family a document belongs to, and what is refused as a whole, in bounded time."""

from __future__ import annotations

import gzip
import json

import pytest
from tests.unit.intake.made import read

from detente.errors import InvalidObject
from detente.intake import FORMATS
from detente.intake import document as module

EVENT = {"Event": {"uuid": "5d9b516c-e5f0-4e7c-a958-5d8c0a019371", "info": "x", "Attribute": [], "Orgc": {"name": "A"}}}
NOTE = {"type": "x-note", "id": "x-note--5d9b516c-e5f0-4e7c-a958-5d8c0a019371"}


@pytest.mark.parametrize(
    ("data", "format_"),
    [
        ("INDICATOR_VALUE,TYPE\n1.2.3.4,IPV4ADDR\n", "csv"),
        ('"TYPE","INDICATOR_VALUE"\n', "csv"),
        ("1.2.3.4\n", "list"),
        ("", "list"),
        (json.dumps(EVENT), "misp"),
        (json.dumps([EVENT]), "misp"),
        (json.dumps({"response": [EVENT]}), "misp"),
        (json.dumps({"response": EVENT}), "misp"),
        (json.dumps(EVENT["Event"]), "misp"),
        (json.dumps({"type": "bundle", "id": "bundle--5d9b516c-e5f0-4e7c-a958-5d8c0a019371"}), "stix"),
        ("\n " + json.dumps({"objects": [NOTE]}), "stix"),
        (json.dumps([NOTE]), "stix"),
        (json.dumps(NOTE), "stix"),
    ],
)
def test_the_family_is_found_out(data: str, format_: str) -> None:
    assert read(data).format == format_
    assert format_ in FORMATS


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (gzip.compress(b"1.2.3.4", mtime=0), "a gzip archive"),
        (b"PK\x03\x04...", "a zip archive"),
        (b"%PDF-1.7", "a PDF"),
        (b"<?xml version='1.0'?><stix:STIX_Package/>", "XML or HTML"),
        ("1.2.3.4".encode("utf-16"), "UTF-16"),
        (b"1.2.3.4\n\xff\n", "not UTF-8 at byte 8"),
        (b"1.2.3.4\0", "a zero character at 7"),
        (b"{}", "neither a STIX object"),
        (b"[]", "neither a STIX object"),
        (b'{"a":1}', "neither a STIX object"),
        (b'{"type":"bundle","objects":[', "not JSON at line 1"),
        (b'{"type":"bundle","type":"bundle"}', "has the key 'type' twice"),
        (b'{"type":"bundle","objects":[NaN]}', "NaN, which is no JSON number"),
        (b'{"type":"bundle","objects":[{"n":1e999}]}', "beyond what a double holds"),
        (b"[" * 1_000_000, "nested deeper than 64"),
        (b'{"a":' * 200_000, "nested deeper than 64"),
        (b'{"type":"bundle","objects":{}}', "are a list"),
    ],
)
def test_a_document_that_cannot_be_read_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(InvalidObject, match=reason):
        read(data)


def test_a_format_that_is_said_is_not_second_guessed() -> None:
    with pytest.raises(InvalidObject, match="holds no MISP event"):
        read(json.dumps(NOTE), format="misp")
    with pytest.raises(InvalidObject, match="not JSON"):
        read("1.2.3.4", format="stix")
    assert read(json.dumps(NOTE), format="list").unread[0].line == 1
    with pytest.raises(InvalidObject, match="'xml' is no format; expected one of csv, misp, stix, list"):
        read("", format="xml")


def test_the_limits_are_checked_before_anything_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BYTES_MAX", 10)
    with pytest.raises(InvalidObject, match="has 11 bytes, the limit is 10; split it"):
        read(b" " * 11)
    monkeypatch.setattr(module, "BYTES_MAX", 100)
    monkeypatch.setattr(module, "LINES_MAX", 5)
    with pytest.raises(InvalidObject, match="more than 5 lines"):
        read(b"\n" * 6)
    assert module.FORMATS == ("csv", "misp", "stix", "list")
