"""Two parties that warn and count: real nodes on the clock of the test, with shared sightings of made-up incidents."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest import mock

from detente.node.open import opened
from detente.node.share import say
from detente.stix.objects import format_timestamp, new_id, parse_object
from detente.when import DAY_US
from tests.talking import Talk, talking

STOP = (
    *("warn", "stop", "--to", "b", "--subject", "Election systems", "--class", "tampering", "--territory", "Borovia"),
    *("--demand", "That it end.", "--consequence", "none"),
)


@contextmanager
def watching(*names: str) -> Iterator[Talk]:
    """Nodes that have met, with the commands of `detente effect` on their clock too."""
    with talking(*names) as talk:
        on_this_clock = functools.partial(opened, clock=talk.world.clock, random=talk.world.random.randbytes)
        with mock.patch("detente.cli.effects.opened", on_this_clock):
            yield talk


def see(
    talk: Talk,
    name: str,
    days: Sequence[float],
    *,
    to: Sequence[str],
    class_: str = "tampering",
    place: str = "Borovia",
) -> None:
    """The party reports one incident for each day given, counted from now, each sighted twice."""
    node = talk.node(name)
    now_us = talk.world.clock.now_us
    found: list[Any] = []
    for number in days:
        at = format_timestamp(now_us + round(number * DAY_US))
        stamps = {"spec_version": "2.1", "created": at, "modified": at}
        incident = new_id("incident", node.random(16))
        labels = [class_, f"territory:{place}"]
        found.append({"type": "incident", "id": incident, "name": "An incident", "labels": labels, **stamps})
        for hours in (0, 5):
            seen = format_timestamp(now_us + round((number + hours / 24) * DAY_US))
            found.append(
                {
                    "type": "sighting",
                    "id": new_id("sighting", node.random(16)),
                    "sighting_of_ref": incident,
                    "first_seen": seen,
                    "count": 3,
                    **stamps,
                }
            )
    told = say(node, "", [parse_object(value) for value in found], to=to)
    assert told.said == len(found), (told.refused, told.held_back)


def outcome(document: Any, origin: str) -> Any:
    """The answer for one direction in the document of `effect run`."""
    return document["result"]["outcomes"][origin]
