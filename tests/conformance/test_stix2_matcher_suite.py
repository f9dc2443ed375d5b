"""Every case of the test suite that ships inside stix2-matcher's wheel, run against our evaluator in place of theirs.

Their test functions are called with their own parameters; only what they call is ours: `match`, and in 34 cases two helpers of theirs that
say how intervals of time lie to each other: those are answered by what ours finds in observations that last so long.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from detente.errors import InvalidObject, InvalidPattern
from detente.stix.objects import parse_timestamp
from detente.stix.pattern import Comparison, Joined, Observation, Path, Qualified
from detente.stix.pattern.evaluate import match
from detente.stix.pattern.observed import read_observed
from detente.stix.pattern.search import Seen, occurrences

pytest.importorskip("stix2matcher", reason="the suite ships inside stix2-matcher")
pytest.importorskip("re2", reason="MATCHES needs RE2")

import stix2matcher.matcher as theirs
import stix2matcher.test.v21 as suite
from stix2patterns.pattern import ParseException


class Refused(ParseException, theirs.MatcherException):  # type: ignore[misc]
    """Some of what they refuse when matching, ours refuses when parsing; their tests ask for the one or the other."""


ONE = Observation(Comparison(Path("x", ("y",)), "EXISTS", (), False, 0), 0)
BEGIN_US = parse_timestamp("2000-01-01T00:00:00Z")


def lasting(intervals: Sequence[tuple[int, int]]) -> list[Seen]:
    """Observations from one second to another, each of which makes one expression true."""
    return [
        Seen(BEGIN_US + first * 1_000_000, BEGIN_US + last * 1_000_000, 1, 1 << n)
        for n, (first, last) in enumerate(intervals)
    ]


def our_intervals_within(intervals: Sequence[tuple[int, int]], duration: int) -> bool:
    together = Joined("AND", (ONE,) * len(intervals), 0)
    return any(occurrences(Qualified(together, "WITHIN", (duration,), 0), lasting(intervals)))


def our_overlap(min1: int, max1: int, min2: int, max2: int) -> int:
    """Whether they have an instant in common, and whether the one still lasts a microsecond after the other has begun."""

    def lasts_beyond(first: int, last: int, second: int) -> bool:
        bounds = f"2000-01-01T00:00:{second:02}.000001Z", "2001-01-01T00:00:00Z"
        return any(occurrences(Qualified(ONE, "START", bounds, 0), lasting([(first, last)])))

    if not our_intervals_within([(min1, max1), (min2, max2)], 0):
        return int(theirs._OVERLAP_NONE)
    inner, outer = not lasts_beyond(min1, max1, min2), not lasts_beyond(min2, max2, min1)
    if inner and outer and min1 == min2:
        return int(theirs._OVERLAP_TOUCH_POINT)
    return int(theirs._OVERLAP_TOUCH_INNER if inner else theirs._OVERLAP_TOUCH_OUTER if outer else theirs._OVERLAP)


def our_match(pattern: str, observed: list[Any], verbose: bool = False, stix_version: str = "2.0") -> list[Any]:
    try:
        found = match(pattern, read_observed(observed))
    except (InvalidPattern, InvalidObject) as error:
        raise Refused(str(error)) from error
    return [
        one.source if "objects" in one.source and stix_version == "2.0" else {"objects": [one.source]} for one in found
    ]


def cases() -> Iterator[Any]:
    for info in pkgutil.iter_modules(suite.__path__):
        module = importlib.import_module(f"{suite.__name__}.{info.name}")
        for name in sorted(vars(module)):
            function = getattr(module, name)
            if not name.startswith("test_") or not callable(function):
                continue
            parameters = [m for m in getattr(function, "pytestmark", []) if m.name == "parametrize"]
            rows: list[tuple[Any, ...]] = [()]
            for mark in parameters:
                names = mark.args[0].split(",")
                rows = [(value,) if len(names) == 1 else tuple(value) for value in mark.args[1]]
            for row in rows:
                yield pytest.param(module, function, row, id=f"{info.name}-{name}-{str(row)[:60]}")


@pytest.mark.parametrize(("module", "function", "row"), list(cases()))
def test_their_case_holds_for_ours(
    module: Any, function: Callable[..., None], row: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "match", our_match, raising=False)
    monkeypatch.setattr(module, "_timestamp_intervals_within", our_intervals_within, raising=False)
    monkeypatch.setattr(module, "_overlap", our_overlap, raising=False)
    function(*row)


def test_the_suite_is_all_there() -> None:
    assert len(list(cases())) >= 457
