"""Plans and events for the tests, on round dates."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from detente.activity import Activity
from detente.effect.bodies import Direction, Outcome, Plan
from detente.effect.evaluate import evaluate
from detente.effect.events import Event
from detente.when import DAY_US, parse_when

A, B = "a.example", "b.example"
WARNED_US = parse_when("2016-09-05").at_us


def day(number: float) -> int:
    """So many days after the warning."""
    return WARNED_US + round(number * DAY_US)


def plan(**changes: Any) -> Plan:
    values: dict[str, Any] = {
        "activity": Activity(classes=("tampering",)),
        "directions": {A: Direction()},
        "warned_us": WARNED_US,
        "before_days": 74,
        "after_days": 64,
        **changes,
    }
    return Plan(**values)


def events(days: Iterable[float], **changes: Any) -> list[Event]:
    """One incident a day given; `changes` to what each event says of itself."""
    values: dict[str, Any] = {"class_": "tampering", "reporter": A, **changes}
    return [Event(at_us=day(number), cluster=f"incident {number:g}", **values) for number in days]


def outcome(made: Plan, happened: Iterable[Event], **changes: Any) -> Outcome:
    """The answer for A at the end of the plan."""
    return evaluate(made, happened, now_us=changes.pop("now_us", made.end_us), **changes).outcomes[A]
