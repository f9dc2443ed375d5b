"""Swapping the two parties' data swaps the evaluation, byte for byte, whatever happened; so does every text, with the names swapped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.activity import Activity
from detente.effect.bodies import Circumstances, Direction, Effort, Plan, Result
from detente.effect.evaluate import evaluate
from detente.effect.events import Event
from detente.effect.text import outcome_lines
from detente.when import DAY_US, parse_when
from detente.words import loaded_words

T = TypeVar("T")

WARNED_US = parse_when("2016-09-05").at_us
A, B = "a.example", "b.example"
SWAPPED = {A: B, B: A}

DIRECTIONS = st.builds(
    Direction,
    territories=st.sampled_from([(), ("Aldmere",), ("Borovia",), ("Aldmere", "Borovia")]),
    sensors_before=st.sampled_from([1.0, 2.0, 5.0]),
    sensors_after=st.sampled_from([1.0, 3.0]),
)
PLANS = st.builds(
    Plan,
    activity=st.sampled_from(
        [Activity(classes=("tampering",)), Activity(classes=("tampering", "scanning"), targets=("energy",))]
    ),
    directions=st.fixed_dictionaries({A: DIRECTIONS, B: DIRECTIONS}),
    warned_us=st.just(WARNED_US),
    before_days=st.sampled_from([30.0, 90.0, 200.0]),
    grace_days=st.sampled_from([0.0, 7.0]),
    after_days=st.sampled_from([20.0, 90.0]),
)
EVENTS = st.lists(
    st.builds(
        Event,
        at_us=st.integers(-250 * 24, 120 * 24).map(lambda hours: WARNED_US + hours * DAY_US // 24),
        class_=st.sampled_from(["tampering", "scanning", "publication"]),
        cluster=st.integers(0, 40).map(str),
        targets=st.sampled_from([(), ("energy",), ("energy", "banks")]),
        territories=st.sampled_from([(), ("Aldmere",), ("Borovia",)]),
        reporter=st.sampled_from([A, B]),
    ),
    max_size=60,
)
CIRCUMSTANCES = st.builds(
    Circumstances,
    sensors=st.sampled_from(["", "one more"]),
    reporting=st.sampled_from(["", "", "", "a new duty"]),
    effort=st.dictionaries(st.sampled_from([A, B]), st.builds(Effort, st.just(100.0), st.sampled_from([0.0, 50.0]))),
)


@settings(max_examples=120, deadline=None)
@given(PLANS, EVENTS, CIRCUMSTANCES, st.integers(8, 150))
def test_swapping_the_parties_swaps_every_result(
    plan: Plan, events: list[Event], given_: Circumstances, days: int
) -> None:
    now_us = WARNED_US + days * DAY_US
    turned = msgspec.structs.replace(plan, directions=_swapped(plan.directions))
    turned_events = [replace(event, reporter=SWAPPED[event.reporter]) for event in events]
    turned_given = msgspec.structs.replace(given_, effort=_swapped(given_.effort))
    here = evaluate(plan, events, now_us=now_us, plan_said_us=WARNED_US, circumstances=given_)
    there = evaluate(turned, turned_events, now_us=now_us, plan_said_us=WARNED_US, circumstances=turned_given)
    assert _bytes(here) == _bytes(_back(there))
    for origin in (A, B):
        other = SWAPPED[origin]
        ours = outcome_lines(plan, origin, here.outcomes[origin], here, title="X")
        theirs = outcome_lines(turned, other, there.outcomes[other], there, title="X")
        assert ours == theirs
        assert loaded_words("\n".join(ours)) == []


def _swapped(values: Mapping[str, T]) -> dict[str, T]:
    return {SWAPPED[origin]: value for origin, value in values.items()}


def _back(result: Result) -> Result:
    """The result with the names swapped back."""
    return msgspec.structs.replace(
        result,
        outcomes=dict(sorted(_swapped(result.outcomes).items())),
        circumstances=msgspec.structs.replace(result.circumstances, effort=_swapped(result.circumstances.effort)),
    )


def _bytes(result: Result) -> bytes:
    return msgspec.json.encode(result, order="sorted")
