from __future__ import annotations

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
    many = [seen(n, address("198.51.100.7")) for n in range(60)]
    with pytest.raises(InvalidPattern, match="too many ways"):
        match(f"({A} REPEATS 20 TIMES FOLLOWEDBY {B}) AND {A}", [*many[:50], seen(0, name("evil.example"))])


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
