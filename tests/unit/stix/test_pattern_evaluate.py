from __future__ import annotations

import itertools
import sys
import time
from typing import Any

import pytest

from detente.errors import InvalidObject, InvalidPattern
from detente.stix.pattern.evaluate import match
from detente.stix.pattern.observed import Observed, read_observed

pytest.importorskip("re2", reason="MATCHES needs RE2 (the extra `hunt`)")


def seen(at: int, *objects: dict[str, Any], until: int | None = None, count: int = 1) -> Observed:
    """Objects that were observed from second `at` of a day to second `until`."""
    moment = "2026-11-22T00:{:02}:{:02}Z"
    value = {
        "type": "observed-data",
        "id": f"observed-data--{at}",
        "first_observed": moment.format(*divmod(at, 60)),
        "last_observed": moment.format(*divmod(at if until is None else until, 60)),
        "number_observed": count,
        "objects": {str(n): one for n, one in enumerate(objects)},
    }
    return read_observed([value])[0]


def address(value: str) -> dict[str, Any]:
    return {"type": "ipv4-addr", "value": value}


def name(value: str, **more: Any) -> dict[str, Any]:
    return {"type": "domain-name", "value": value, **more}


A, B = "[ipv4-addr:value = '198.51.100.7']", "[domain-name:value = 'evil.example']"


def test_and_inside_brackets_wants_one_object_and_between_them_two_observations() -> None:
    both = seen(1, {"type": "file", "name": "a", "size": 1}, {"type": "file", "name": "b", "size": 2})
    assert match("[file:name = 'a' AND file:size = 1]", [both])
    assert not match("[file:name = 'a' AND file:size = 2]", [both])
    assert not match("[file:name = 'a'] AND [file:size = 2]", [both])
    assert match("[file:name = 'a'] AND [file:size = 2]", [both, both]) == [both, both]


def test_what_was_observed_so_often_counts_so_often() -> None:
    thrice = seen(1, address("198.51.100.7"), count=3)
    assert match(f"{A} REPEATS 3 TIMES", [thrice]) == [thrice]
    assert not match(f"{A} REPEATS 4 TIMES", [thrice])
    assert match(f"({A} AND {A}) AND {A}", [thrice]) == [thrice]


def test_followedby_compares_intervals() -> None:
    first, later = seen(10, address("198.51.100.7")), seen(20, name("evil.example"))
    assert match(f"{A} FOLLOWEDBY {B}", [later, first])
    assert not match(f"{B} FOLLOWEDBY {A}", [later, first])
    long = seen(0, name("evil.example"), until=15)
    assert match(f"{B} FOLLOWEDBY {A}", [long, first])
    assert match(f"{A} FOLLOWEDBY {B}", [long, first])


def test_within_wants_some_instants_close_enough() -> None:
    first, later = seen(10, address("198.51.100.7"), until=12), seen(20, name("evil.example"))
    assert match(f"({A} AND {B}) WITHIN 8 SECONDS", [first, later])
    assert not match(f"({A} AND {B}) WITHIN 7.5 SECONDS", [first, later])


def test_start_is_inclusive_and_stop_is_not() -> None:
    at = seen(10, address("198.51.100.7"))
    time_ = "t'2026-11-22T00:00:{}Z'"
    assert match(f"{A} START {time_.format(10)} STOP {time_.format(11)}", [at])
    assert not match(f"{A} START {time_.format('09')} STOP {time_.format(10)}", [at])


def test_an_absent_property_matches_nothing_with_not_as_well() -> None:
    at = seen(1, address("198.51.100.7"))
    for text in ("= 'x'", "!= 'x'", "NOT = 'x'", "NOT LIKE 'x'", "NOT IN ('x')"):
        assert not match(f"[ipv4-addr:nothing {text}]", [at])
    assert not match("[EXISTS ipv4-addr:nothing]", [at])
    assert match("[EXISTS ipv4-addr:value]", [at])


def test_references_are_followed_and_a_circle_ends() -> None:
    at = seen(1, name("a.example", resolves_to_refs=["1"]), name("b.example", resolves_to_refs=["0"]))
    assert match("[domain-name:resolves_to_refs[*].value = 'b.example']", [at])
    deep = "resolves_to_refs[*]." * 6
    assert match(f"[domain-name:{deep}value = 'a.example']", [at])
    assert not match(f"[domain-name:{'resolves_to_refs[*].' * 60}value = 'a.example']", [at])


@pytest.mark.parametrize("text", ["::1/128", "2001:db8::/32", "2001:db8::5"])
def test_networks_of_both_versions_hold_addresses(text: str) -> None:
    at = seen(1, {"type": "ipv6-addr", "value": "2001:db8::5"})
    assert bool(match(f"[ipv6-addr:value ISSUBSET '{text}']", [at])) == (text != "::1/128")
    assert not match("[ipv6-addr:value ISSUBSET '10.0.0.0/8']", [at])


def test_a_hostile_expression_takes_no_time() -> None:
    at = seen(1, name("a" * 5000 + "!"))
    began = time.process_time()
    assert not match("[domain-name:value MATCHES '^(a+)+$']", [at])
    assert not match("[domain-name:value LIKE '" + "%a" * 40 + "b']", [at])
    assert match("[domain-name:value = 'x' OR " + " OR ".join(["domain-name:value LIKE 'a%'"] * 1000) + "]", [at])
    assert time.process_time() - began < 5  # a bound on runaway growth, not a measurement


def test_a_search_without_an_end_is_given_up_with_the_reason() -> None:
    nineteen = [seen(n, address("198.51.100.7")) for n in range(19)] + [seen(n, name("evil.example")) for n in range(5)]
    with pytest.raises(InvalidPattern, match="too many ways"):
        match(" AND ".join([A] * 20 + [B]), nineteen)
    with pytest.raises(InvalidPattern, match="are searched"):
        match(f"{A} REPEATS 999999999 TIMES", [seen(1, address("198.51.100.7"), count=999_999_999)])


def test_what_cannot_hold_by_number_or_time_is_not_tried() -> None:
    many = [seen(n, address("198.51.100.7")) for n in range(60)]
    assert not match(f"({A} REPEATS 20 TIMES FOLLOWEDBY {B}) AND {A}", [*many[:50], seen(0, name("evil.example"))])
    assert not match(f"{A} REPEATS 30 TIMES AND {A} REPEATS 31 TIMES", many)
    assert match(f"{A} REPEATS 30 TIMES AND {A} REPEATS 30 TIMES", many) == many
    assert not match(f"({A} AND {A} REPEATS 20 TIMES) WITHIN 19 SECONDS", many)
    assert match(f"({A} AND {A} REPEATS 20 TIMES) WITHIN 20 SECONDS", many) == many[:21]


def test_as_many_operands_and_repetitions_as_a_pattern_can_hold_need_no_stack() -> None:
    many = [seen(n % 3600, address("198.51.100.7")) for n in range(1200)]
    assert len(match(" AND ".join([A] * 600), many)) == 600
    assert len(match(" FOLLOWEDBY ".join([A] * 600), many)) == 600
    assert len(match(f"{A} REPEATS 1200 TIMES", many)) == 1200
    assert len(match(f"({A} AND {A}) REPEATS 600 TIMES", many)) == 1200
    assert not match(f"{A} REPEATS 99999999999999999999 TIMES", many)
    assert match(f"{A} WITHIN {'9' * 400}.0 SECONDS", many)


def test_the_work_grows_with_the_number_of_observations_and_not_with_its_square() -> None:
    def calls(count: int, text: str) -> int:
        """How many functions are called: the same in every run, whatever else the machine does."""
        many = [seen(n % 3600, address(f"10.0.{n >> 8}.{n & 255}")) for n in range(count)]
        made = itertools.count()
        sys.setprofile(lambda *_: next(made))
        try:
            match(text, many)
        finally:
            sys.setprofile(None)
        return next(made)

    every = "[ipv4-addr:value LIKE '10.%']"
    for text in (A, every, f"({every} FOLLOWEDBY {A}) WITHIN 5 SECONDS", f"{every} FOLLOWEDBY {every}"):
        assert calls(3000, text) < 4 * calls(1000, text), text


def test_objects_that_refer_to_each_other_in_many_ways_are_reached_once() -> None:
    names = [name(f"n{n}.example", resolves_to_refs=[str(m) for m in range(40)]) for n in range(40)]
    began = time.process_time()
    assert not match(f"[domain-name:{'resolves_to_refs[*].' * 30}value = 'x']", [seen(1, *names)])
    assert time.process_time() - began < 5  # a bound on runaway growth, not a measurement


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("%", "", True), ("", "", True), ("", "a", False), ("a%", "a", True), ("%a", "ba", True), ("a_c", "abc", True),
        ("a_c", "ac", False), ("%a%b%", "xxaxbx", True), ("%ab%ba%", "aba", False), ("ab%ba", "aba", False),
        ("_%_", "a", False), ("_%_", "ab", True), ("%a_c%", "zzabcz", True), ("%.%", "a.b", True), ("%.%", "ab", False),
        ("a%%b", "ab", True), ("%_\n%", "x\ny", True), ("A", "a", False),
    ],
)  # fmt: skip
def test_like_is_anchored_and_knows_two_signs(pattern: str, text: str, fits: bool) -> None:
    literal = pattern.replace("\\", "\\\\")
    assert bool(match(f"[domain-name:value LIKE '{literal}']", [seen(1, name(text))])) == fits


def test_text_that_is_no_text_is_refused_or_found_nowhere() -> None:
    half = seen(1, name("a\ud800b"))
    assert not match("[domain-name:value MATCHES 'a.b' AND domain-name:value = 'x']", [half])
    with pytest.raises(InvalidPattern, match="half a character"):
        match("[domain-name:value MATCHES '\ud800']", [half])
    for text in (
        "[domain-name:value > t'2026-02-31T00:00:00Z']",
        f"{A} START t'2026-02-31T00:00:00Z' STOP t'2026-03-01T00:00:00Z'",
    ):
        with pytest.raises(InvalidPattern):
            match(text, [half])


def test_wrong_observed_data_is_refused_with_what_is_missing() -> None:
    for value, reason in (
        (5, "expected a bundle"),
        ({"type": "file"}, "observed-data"),
        ({"type": "observed-data", "id": "o"}, "neither object_refs nor objects"),
        ({"type": "observed-data", "objects": {}, "number_observed": 0}, "positive number"),
        ({"type": "observed-data", "objects": {}}, "timestamp"),
    ):
        with pytest.raises(InvalidObject, match=reason):
            read_observed([value])
    with pytest.raises(InvalidObject, match="stands where a time is compared"):
        match("[domain-name:value > t'2026-11-22T00:00:00Z']", [seen(1, name("evil.example"))])
