"""Events as they are counted, and where they are read from: a table with dates, and STIX objects.

A table is CSV (RFC 4180) in UTF-8 with a header line. `date` (as `when.parse_when` reads it), `class` (a key of `activity.CLASSES`) and
`cluster` (the incident) are needed; `reporter`, `indicators`, `targets`, `territories` may be there, the last three with several values
separated by ";". A date less precise than a day is refused: no window could hold it.

    date,class,cluster
    2016-07-07,tampering,state system 1

Of STIX, sightings and incidents are read. What STIX has no property for stands in `labels`, which every reader keeps: a class as it
is, and `target:…`, `territory:…` or `incident:…` before a value. A sighting belongs to the incident that it is a sighting of, else to
the one that its label names, else it is an incident by itself. It has the labels of that incident, and of the indicator that it is a
sighting of, too. A sighting with a count of 0 says that somebody looked and saw nothing: it is no event.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from detente.activity import CLASSES
from detente.errors import InvalidObject, InvalidStatement
from detente.statement import base64url
from detente.stix.canonical import JsonValue, encode
from detente.stix.objects import parse_timestamp
from detente.when import parse_when

ROWS_MAX = 200_000
NEEDED = ("date", "class", "cluster")
ALLOWED = (*NEEDED, "reporter", "indicators", "targets", "territories")
_TOO_VAGUE = ("month", "year")


@dataclass(frozen=True, slots=True)
class Event:
    """One report of an event. `cluster`: the incident that it belongs to. `reporter`: the origin of the party that reports it."""

    at_us: int
    class_: str
    cluster: str
    indicators: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    territories: tuple[str, ...] = ()
    reporter: str = ""


@dataclass(frozen=True, slots=True)
class ReadEvents:
    """`unclassified`: how many reports say no class that is known here; they are counted nowhere, and that is said."""

    events: tuple[Event, ...]
    unclassified: int = 0


def digest_of(events: Iterable[Event]) -> str:
    """A name for the events that were read, whatever order they came in: base64url of SHA-256 over their sorted lines of canonical JSON."""
    rows = sorted(encode(_row(event)) for event in events)
    return base64url(hashlib.sha256(b"\n".join(rows)).digest())


def _row(event: Event) -> list[JsonValue]:
    indicators, targets, territories = (
        list[JsonValue](sorted(values)) for values in (event.indicators, event.targets, event.territories)
    )
    return [event.at_us, event.class_, event.cluster, indicators, targets, territories, event.reporter]


def events_in_csv(text: str, *, reporter: str) -> tuple[Event, ...]:
    """The events of a table; `reporter` for rows that name none. Raises InvalidStatement with the number of the line."""
    rows = csv.reader(text.removeprefix("\ufeff").splitlines(), strict=True)
    found: list[Event] = []
    head: list[str] = []
    try:
        for row in rows:
            if not head:
                head = [name.strip().lower() for name in row]
                _check_head(head)
            elif any(row):
                if len(row) != len(head):
                    raise InvalidStatement(f"expected {len(head)} values; got {len(row)}")
                if len(found) == ROWS_MAX:
                    raise InvalidStatement(f"a table has at most {ROWS_MAX:,} events")
                found.append(_event_of(dict(zip(head, (value.strip() for value in row), strict=True)), reporter))
    except (InvalidStatement, csv.Error) as error:
        raise InvalidStatement(f"line {rows.line_num}: {error}") from None
    if not head:
        raise InvalidStatement(f"the table is empty; it begins with a line of names: {','.join(NEEDED)}")
    return tuple(found)


def _check_head(head: Sequence[str]) -> None:
    missing = [name for name in NEEDED if name not in head]
    strange = [name for name in head if name not in ALLOWED]
    if missing or strange or len(set(head)) != len(head):
        raise InvalidStatement(
            f"the first line names the columns {', '.join(NEEDED)}, and if there are such {', '.join(ALLOWED[3:])}, each once; "
            f"got {','.join(head)}"
        )


def _event_of(row: Mapping[str, str], reporter: str) -> Event:
    when = parse_when(row["date"])
    if when.fidelity in _TOO_VAGUE:
        raise InvalidStatement(f"{row['date']!r} is no more precise than a {when.fidelity}; no window can hold it")
    if row["class"] not in CLASSES:
        raise InvalidStatement(f"{row['class']!r} is no class of activity; there are {', '.join(CLASSES)}")
    if not row["cluster"]:
        raise InvalidStatement("the cluster is empty; name the incident that the event belongs to")
    indicators, targets, territories = (
        tuple(part.strip() for part in row.get(name, "").split(";") if part.strip()) for name in ALLOWED[4:]
    )
    return Event(
        when.at_us, row["class"], row["cluster"], indicators, targets, territories, row.get("reporter", "") or reporter
    )


def events_in_stix(objects: Iterable[tuple[str, Mapping[str, JsonValue]]]) -> ReadEvents:
    """Events of (reporter, object) pairs, of each object the latest version by each reporter; what was revoked is left out.

    An event stands at `first_seen` of a sighting (else `last_seen`, else `created`), and at `created` of an incident, which counts as an
    event of its own only where no sighting of it is held.
    """
    latest: dict[tuple[str, str], Mapping[str, JsonValue]] = {}
    labels: dict[str, tuple[str, ...]] = {}
    for reporter, value in objects:
        key = (reporter, str(value.get("id", "")))
        if key not in latest or _version(value) >= _version(latest[key]):
            latest[key] = value
    for (_, object_id), value in latest.items():
        labels[object_id] = (*labels.get(object_id, ()), *_labels(value))
    sightings = [
        key
        for key, value in latest.items()
        if value.get("type") == "sighting" and not value.get("revoked") and value.get("count") != 0
    ]
    seen = {(reporter, str(latest[reporter, name].get("sighting_of_ref", ""))) for reporter, name in sightings}
    incidents = [
        key
        for key, value in latest.items()
        if value.get("type") == "incident" and not value.get("revoked") and key not in seen
    ]
    found: list[Event] = []
    unclassified = 0
    for key in sorted([*sightings, *incidents]):
        events = _events_of(key, latest[key], labels)
        unclassified += not events
        found.extend(events)
    return ReadEvents(tuple(found), unclassified)


def _events_of(
    key: tuple[str, str], value: Mapping[str, JsonValue], labels: Mapping[str, Sequence[str]]
) -> list[Event]:
    """One event for each class that the object has; () when it has none, or no time that can be read."""
    reporter, object_id = key
    of = str(value.get("sighting_of_ref", ""))
    named = _after("incident:", _labels(value))
    cluster = of if of.startswith("incident--") else named[0] if named else object_id
    words = {*_labels(value), *labels.get(of, ()), *labels.get(cluster, ())}
    try:
        at_us = next(
            parse_timestamp(str(value[name])) for name in ("first_seen", "last_seen", "created") if value.get(name)
        )
    except (StopIteration, InvalidObject):
        return []
    return [
        Event(
            at_us,
            class_,
            cluster,
            (of,) if of.startswith("indicator--") else (),
            tuple(_after("target:", sorted(words))),
            tuple(_after("territory:", sorted(words))),
            reporter,
        )
        for class_ in sorted(words & set(CLASSES))
    ]


def _labels(value: Mapping[str, JsonValue]) -> tuple[str, ...]:
    labels = value.get("labels")
    return tuple(label for label in labels if isinstance(label, str)) if isinstance(labels, list) else ()


def _after(prefix: str, labels: Iterable[str]) -> list[str]:
    return [label.removeprefix(prefix) for label in labels if label.startswith(prefix)]


def _version(value: Mapping[str, JsonValue]) -> str:
    return str(value.get("modified") or value.get("created") or "")
