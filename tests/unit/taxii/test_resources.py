"""Resources as bytes: what the conformance suite does not see over HTTP."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.taxii.resources import (
    Collection,
    Page,
    Row,
    Status,
    StatusDetail,
    date_added_headers,
    encode_collection,
    encode_collections,
    encode_discovery,
    encode_envelope,
    encode_error,
    encode_manifest,
    encode_status,
    encode_versions,
)
from detente.taxii.times import UNVERSIONED, parse_cursor

ROWS = [
    Row(1, "indicator--1", "2026-01-01T00:00:00.000Z", "2.1", b'{"a": 1}'),
    Row(5, "ipv4-addr--2", "", "2.0", b'{"b":"\xc3\xa4"}'),
]


def test_a_page_is_its_bodies_byte_for_byte() -> None:
    assert encode_envelope(Page(ROWS, False)) == b'{"more":false,"objects":[{"a": 1},{"b":"\xc3\xa4"}]}'
    assert encode_envelope(Page(ROWS, True)) == b'{"more":true,"next":"5","objects":[{"a": 1},{"b":"\xc3\xa4"}]}'


@pytest.mark.parametrize("encode", [encode_envelope, encode_manifest, encode_versions])
def test_an_empty_page_is_an_empty_object_without_headers(encode: object) -> None:
    assert callable(encode)
    assert encode(Page([], False)) == b"{}"
    assert date_added_headers(Page([], False)) == []


@given(st.lists(st.integers(min_value=1, max_value=1 << 50), min_size=1, unique=True))
def test_next_leads_behind_the_last_row_of_the_page(times: list[int]) -> None:
    rows = [Row(us, "x--1", "", "2.1", b"{}") for us in sorted(times)]
    for encode in (encode_envelope, encode_manifest, encode_versions):
        assert parse_cursor(json.loads(encode(Page(rows, True)))["next"]) == max(times)


def test_a_manifest_names_every_row_with_its_own_media_type() -> None:
    assert json.loads(encode_manifest(Page(ROWS, False)))["objects"] == [
        {
            "id": "indicator--1",
            "date_added": "1970-01-01T00:00:00.000001Z",
            "version": "2026-01-01T00:00:00.000Z",
            "media_type": "application/stix+json;version=2.1",
        },
        {
            "id": "ipv4-addr--2",
            "date_added": "1970-01-01T00:00:00.000005Z",
            "version": UNVERSIONED,
            "media_type": "application/stix+json;version=2.0",
        },
    ]


def test_a_status_is_pending_as_long_as_an_object_is() -> None:
    done, waiting = StatusDetail("a--1", ""), StatusDetail("b--2", "2026-01-01T00:00:00Z", "in the queue")
    complete = json.loads(encode_status(Status("s", 0, (done,), (waiting,))))
    assert (complete["status"], complete["total_count"]) == ("complete", 2)
    assert "pendings" not in complete
    pending = json.loads(encode_status(Status("s", 0, pendings=(waiting,))))
    assert (pending["status"], pending["pending_count"]) == ("pending", 1)
    assert pending["pendings"] == [{"id": "b--2", "version": "2026-01-01T00:00:00Z", "message": "in the queue"}]
    assert "successes" not in pending


def test_false_is_said_and_nothing_is_left_out() -> None:
    assert json.loads(encode_collection(Collection("i", "t"))) == {
        "id": "i",
        "title": "t",
        "can_read": False,
        "can_write": False,
        "media_types": ["application/stix+json;version=2.1"],
    }
    assert encode_collections([]) == b"{}"
    assert "description" not in json.loads(
        encode_discovery(title="t", description="", contact="", default="/x/", api_roots=["/x/"])
    )


def test_an_error_says_its_status_as_text() -> None:
    assert json.loads(encode_error(404, "Not found", "look elsewhere")) == {
        "title": "Not found",
        "description": "look elsewhere",
        "http_status": "404",
    }
