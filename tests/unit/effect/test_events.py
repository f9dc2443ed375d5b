"""Where events are read from: tables with dates, and STIX objects with labels."""

from __future__ import annotations

from typing import Any

import pytest

from detente.effect.events import Event, events_in_csv, events_in_stix
from detente.errors import InvalidStatement
from detente.when import parse_when

A, B = "a.example", "b.example"


def test_a_table_is_read_with_its_dates_classes_and_clusters() -> None:
    found = events_in_csv(
        "\ufeffdate,class,cluster\n2016-07-07,tampering,one\n\n2016-08-01T10:00Z,scanning,two\n", reporter=A
    )
    assert found == (
        Event(parse_when("2016-07-07").at_us, "tampering", "one", reporter=A),
        Event(parse_when("2016-08-01T10:00Z").at_us, "scanning", "two", reporter=A),
    )


def test_further_columns_say_who_reports_and_what_it_was() -> None:
    (found,) = events_in_csv(
        "Class,Date,Cluster,territories,targets,indicators,reporter\n"
        "tampering,2016-07-07,one,Borovia; Harbour,energy,indicator--1,b.example\n",
        reporter=A,
    )
    assert (found.reporter, found.territories, found.targets, found.indicators) == (
        B,
        ("Borovia", "Harbour"),
        ("energy",),
        ("indicator--1",),
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("date,class\n2016-07-07,tampering\n", "first line"),
        ("date,class,cluster,colour\n", "first line"),
        ("date,class,cluster,class\n", "first line"),
        ("date,class,cluster\n7 July,tampering,one\n", "line 2: a moment"),
        ("date,class,cluster\n2016-07,tampering,one\n", "line 2: .*month"),
        ("date,class,cluster\n2016-07-07,mischief,one\n", "line 2: 'mischief' is no class"),
        ("date,class,cluster\n2016-07-07,tampering,\n", "line 2: the cluster is empty"),
        ("date,class,cluster\n2016-07-07,tampering\n", "line 2: expected 3 values"),
        ('date,class,cluster\n2016-07-07,"tampering,one\n', "line"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_with_the_line(text: str, words: str) -> None:
    with pytest.raises(InvalidStatement, match=words):
        events_in_csv(text, reporter=A)


def sighting(number: int, of: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "sighting",
        "id": f"sighting--{number}",
        "created": "2016-09-01T00:00:00.000Z",
        "modified": "2016-09-01T00:00:00.000Z",
        "first_seen": "2016-07-07T00:00:00.000Z",
        "sighting_of_ref": of,
        **more,
    }


def incident(number: int, **more: Any) -> dict[str, Any]:
    return {"type": "incident", "id": f"incident--{number}", "created": "2016-08-01T00:00:00.000Z", **more}


def indicator(number: int, **more: Any) -> dict[str, Any]:
    return {"type": "indicator", "id": f"indicator--{number}", "created": "2016-08-01T00:00:00.000Z", **more}


def test_sightings_of_one_incident_are_one_cluster_with_the_incidents_labels() -> None:
    objects: list[dict[str, Any]] = [
        incident(1, labels=["tampering", "territory:Borovia"]),
        sighting(1, "incident--1"),
        sighting(2, "incident--1", labels=["target:energy"]),
    ]
    found = events_in_stix((A, value) for value in objects)
    assert found.unclassified == 0
    assert [(e.cluster, e.class_, e.targets, e.territories) for e in found.events] == [
        ("incident--1", "tampering", (), ("Borovia",)),
        ("incident--1", "tampering", ("energy",), ("Borovia",)),
    ]


def test_a_sighting_of_an_indicator_takes_its_class_and_is_an_incident_by_itself() -> None:
    objects: list[dict[str, Any]] = [
        indicator(1, labels=["scanning"]),
        sighting(1, "indicator--1"),
        sighting(2, "indicator--1"),
        sighting(3, "indicator--1", labels=["incident:the night of 7 July"]),
    ]
    found = events_in_stix((A, value) for value in objects).events
    assert [e.cluster for e in found] == ["sighting--1", "sighting--2", "the night of 7 July"]
    assert {e.indicators for e in found} == {("indicator--1",)}


def test_what_has_no_class_is_counted_as_such_and_nowhere_else() -> None:
    found = events_in_stix([(A, indicator(1)), (A, sighting(1, "indicator--1")), (A, incident(1))])
    assert (found.events, found.unclassified) == ((), 2)


def test_an_incident_without_sightings_is_an_event_by_itself() -> None:
    objects = [incident(1, labels=["intrusion"]), incident(2, labels=["intrusion"]), sighting(1, "incident--2")]
    found = events_in_stix((A, value) for value in objects).events
    assert sorted((e.cluster, e.at_us) for e in found) == [
        ("incident--1", parse_when("2016-08-01").at_us),
        ("incident--2", parse_when("2016-07-07").at_us),
    ]


def test_the_latest_version_counts_and_a_revoked_one_does_not() -> None:
    old = sighting(1, "indicator--1", labels=["scanning"])
    new = {**old, "modified": "2016-09-02T00:00:00.000Z", "first_seen": "2016-07-08T00:00:00.000Z"}
    (found,) = events_in_stix([(A, new), (A, old)]).events
    assert found.at_us == parse_when("2016-07-08").at_us
    assert events_in_stix([(A, old), (A, {**new, "revoked": True})]).events == ()


def test_two_parties_reports_of_one_object_stay_two() -> None:
    value = sighting(1, "indicator--1", labels=["scanning"])
    assert {e.reporter for e in events_in_stix([(A, value), (B, value)]).events} == {A, B}


def test_what_was_looked_for_and_not_seen_is_no_event() -> None:
    assert events_in_stix([(A, sighting(1, "indicator--1", labels=["scanning"], count=0))]).events == ()
