"""What may leave of a hunt."""

from __future__ import annotations

from typing import Any

import pytest
import stix2

from detente.errors import InvalidObject
from detente.hunt.sightings import make_sighting
from detente.stix.canonical import encode

INDICATOR = "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"
IDENTITY = "identity--f431f809-377b-45e0-aa1c-6a4751cae5ff"
GREEN = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"

KNOWN: dict[str, Any] = {
    "indicator": INDICATOR,
    "count": 8,
    "first_us": 1431925509_000000,
    "last_us": 1431925549_123456,
    "identity": IDENTITY,
    "markings": [GREEN],
    "at_us": 1795327200_000000,
    "random": bytes(range(16)),
}


def test_a_sighting_says_how_often_when_and_by_whom_and_nothing_else() -> None:
    assert make_sighting(**KNOWN) == {
        "type": "sighting",
        "spec_version": "2.1",
        "id": "sighting--00010203-0405-4607-8809-0a0b0c0d0e0f",
        "created": "2026-11-22T06:00:00.000Z",
        "modified": "2026-11-22T06:00:00.000Z",
        "count": 8,
        "first_seen": "2015-05-18T05:05:09.000Z",
        "last_seen": "2015-05-18T05:05:49.123Z",
        "sighting_of_ref": INDICATOR,
        "where_sighted_refs": [IDENTITY],
        "object_marking_refs": [GREEN],
    }


def test_the_reference_library_reads_it() -> None:
    sighting = stix2.parse(encode(make_sighting(**KNOWN)).decode(), version="2.1")
    assert (sighting.count, sighting.sighting_of_ref) == (8, INDICATOR)


def test_what_is_not_to_be_told_is_absent() -> None:
    sighting = make_sighting(**{**KNOWN, "first_us": None, "last_us": None, "markings": []})
    assert not {"first_seen", "last_seen", "object_marking_refs"} & set(sighting)


def test_nothing_found_can_be_said_too() -> None:
    assert make_sighting(**{**KNOWN, "count": 0, "first_us": None, "last_us": None})["count"] == 0


def test_a_count_beyond_what_stix_allows_is_reported_as_the_largest() -> None:
    assert make_sighting(**{**KNOWN, "count": 10**12})["count"] == 999_999_999


@pytest.mark.parametrize(
    "changes",
    [
        {"indicator": IDENTITY},
        {"indicator": "198.51.100.7"},
        {"identity": INDICATOR},
        {"markings": [INDICATOR]},
        {"count": -1},
        {"first_us": 2, "last_us": 1},
        {"count": 0},
    ],
)
def test_what_is_no_sighting_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidObject):
        make_sighting(**{**KNOWN, **changes})
