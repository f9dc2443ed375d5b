"""Every case of the test suite that ships inside stix2-matcher's wheel, run against our evaluator in place of theirs.

Their test functions are called with their own parameters; only what they call `match` is ours.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from detente.errors import InvalidObject, InvalidPattern
from detente.stix.pattern.evaluate import match
from detente.stix.pattern.observed import read_observed

pytest.importorskip("stix2matcher", reason="the suite ships inside stix2-matcher")
pytest.importorskip("re2", reason="MATCHES needs RE2")

import stix2matcher.matcher as theirs
import stix2matcher.test.v21 as suite
from stix2patterns.pattern import ParseException


class Refused(ParseException, theirs.MatcherException):  # type: ignore[misc]
    """Some of what they refuse when matching, ours refuses when parsing; their tests ask for the one or the other."""


# These test helpers of theirs that we do not have.
_INTERNALS = {"test_overlap", "test_intervals_within_match", "test_intervals_within_nomatch"}


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
            if not name.startswith("test_") or not callable(function) or name in _INTERNALS:
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
    function(*row)


def test_the_suite_is_all_there() -> None:
    assert len(list(cases())) >= 400
