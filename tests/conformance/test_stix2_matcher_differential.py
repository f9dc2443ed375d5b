"""stix2-matcher and ours on the same random patterns and observations.

Where the two differ on purpose, the generator leaves the case out, and ON_PURPOSE says what each does and why.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.errors import InvalidObject, InvalidPattern
from detente.stix.pattern.evaluate import match
from detente.stix.pattern.observed import read_observed

pytest.importorskip("stix2matcher", reason="the oracle")
pytest.importorskip("re2", reason="MATCHES needs RE2 (the extra `hunt`)")

from stix2matcher.matcher import MatcherException
from stix2matcher.matcher import match as their_match

ADDRESSES = ["198.51.100.7", "198.51.100.8", "10.0.0.1"]
NAMES = ["a.example", "b.example", "A.example", "é.example", "e\u0301.example"]

OBJECT = st.one_of(
    st.sampled_from(ADDRESSES).map(lambda v: {"type": "ipv4-addr", "value": v}),
    st.sampled_from(["2001:db8::1", "::1"]).map(lambda v: {"type": "ipv6-addr", "value": v}),
    st.sampled_from(NAMES).map(lambda v: {"type": "domain-name", "value": v}),
    st.tuples(st.sampled_from(["x", "y%", "_"]), st.sampled_from([0, 1, 2, 1.5, 10])).map(
        lambda t: {"type": "file", "name": t[0], "size": t[1], "is_x": t[1] == 1}
    ),
)
OBSERVED = st.lists(
    st.tuples(st.lists(OBJECT, min_size=1, max_size=2), st.integers(0, 20), st.sampled_from([0, 0, 3])),
    min_size=1,
    max_size=4,
)
COMPARISON = st.one_of(
    st.tuples(st.sampled_from(["", "NOT "]), st.sampled_from(["=", "!=", "<", ">="]), st.sampled_from(ADDRESSES)).map(
        lambda t: f"ipv4-addr:value {t[0]}{t[1]} '{t[2]}'"
    ),
    st.tuples(
        st.sampled_from(["", "NOT "]), st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), st.sampled_from(["0", "1", "1.5"])
    ).map(
        lambda t: f"file:size {t[0]}{t[1]} {t[2]}"
    ),
    st.tuples(st.sampled_from(["", "NOT "]), st.sampled_from(["a%", "%.example", "_.example", "%é%", "A%e"])).map(
        lambda t: f"domain-name:value {t[0]}LIKE '{t[1]}'"
    ),
    st.tuples(st.sampled_from(["", "NOT "]), st.sampled_from(["^a", "e$", "[ab]", "é"])).map(
        lambda t: f"domain-name:value {t[0]}MATCHES '{t[1]}'"
    ),
    st.tuples(st.sampled_from(["", "NOT "]), st.sampled_from(["198.51.100.0/24", "10.0.0.1/32", "10.0.0.0/8"])).map(
        lambda t: f"ipv4-addr:value {t[0]}ISSUBSET '{t[1]}'"
    ),
    st.sampled_from(
        [
            "ipv6-addr:value = '::1'",
            "file:is_x = true",
            "file:is_x != true",
            "file:name IN ('x', '_')",
            "file:name NOT IN ('x', '_')",
            "file:name LIKE '_%'",
            "file:size IN (1, 2)",
            "file:absent = 1",
            "file:absent != 1",
        ]
    ),
)  # fmt: skip
INSIDE = st.recursive(
    COMPARISON,
    lambda inner: st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
    max_leaves=3,
)
STAMP = "t'2026-11-22T00:00:{:02}Z'"
QUALIFIER = st.one_of(
    st.sampled_from(
        ["WITHIN 1 SECONDS", "WITHIN 5 SECONDS", "WITHIN 10.5 SECONDS", "REPEATS 1 TIMES", "REPEATS 2 TIMES"]
    ),
    st.integers(0, 20).map(lambda n: f"START {STAMP.format(n)} STOP {STAMP.format(n + 8)}"),
)
PATTERN = st.recursive(
    INSIDE.map(lambda text: f"[{text}]"),
    lambda inner: (
        st.tuples(inner, st.sampled_from(["AND", "OR", "FOLLOWEDBY"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})")
        | st.tuples(inner, QUALIFIER).map(lambda t: f"({t[0]}) {t[1]}")
    ),
    max_leaves=3,
)


def bundles(rows: list[tuple[list[dict[str, Any]], int, int]], count: int = 1) -> list[dict[str, Any]]:
    """Observations as their matcher takes them, each in a bundle of its own."""
    found = []
    for n, (objects, at, lasts) in enumerate(rows):
        placed = [
            {**one, "id": f"{one['type']}--00000000-0000-4000-8000-{n:06}{place:06}", "spec_version": "2.1"}
            for place, one in enumerate(objects)
        ]
        observed = {
            "type": "observed-data",
            "spec_version": "2.1",
            "id": f"observed-data--00000000-0000-4000-8000-{n:012}",
            "first_observed": f"2026-11-22T00:00:{at:02}Z",
            "last_observed": f"2026-11-22T00:00:{at + lasts:02}Z",
            "number_observed": count,
            "object_refs": [one["id"] for one in placed],
        }
        found.append(
            {"type": "bundle", "id": f"bundle--00000000-0000-4000-8000-{n:012}", "objects": [observed, *placed]}
        )
    return found


def theirs(pattern: str, seen: list[dict[str, Any]]) -> bool | None:
    try:
        return bool(their_match(pattern, seen, stix_version="2.1"))
    except MatcherException:
        return None


def ours(pattern: str, seen: list[dict[str, Any]]) -> bool | None:
    try:
        return bool(match(pattern, read_observed(seen)))
    except (InvalidPattern, InvalidObject):
        return None


@settings(max_examples=150, deadline=None)
@given(PATTERN, OBSERVED)
def test_the_two_agree(pattern: str, rows: list[tuple[list[dict[str, Any]], int, int]]) -> None:
    seen = bundles(rows)
    assert ours(pattern, seen) == theirs(pattern, seen), (pattern, json.dumps(seen))


# Pattern, ours, theirs (None: an error), and why. All are asked of one observation of 198.51.100.7, number_observed 1.
ON_PURPOSE = [
    (
        "[ipv4-addr:value ISSUBSET '198.51.100.7']",
        True,
        None,
        "section 9.6.1 speaks of addresses and networks; /32 is an address",
    ),
    ("[ipv4-addr:value ISSUBSET '0.0.0.0/0']", True, None, "a network as CIDR defines it; theirs knows no prefix of 0"),
    (
        "[ipv4-addr:value LIKE '1%' OR EXISTS ipv4-addr:value]",
        True,
        TypeError,
        "section 9.6: EXISTS is a comparison like all others",
    ),
    ("[ipv4-addr:value MATCHES '(?=198)']", None, True, "RE2 has no look-around, and takes linear time"),
]


@pytest.mark.parametrize(("pattern", "our", "their", "why"), ON_PURPOSE)
def test_where_the_two_differ_on_purpose_they_still_do(pattern: str, our: bool | None, their: Any, why: str) -> None:
    assert why
    seen = bundles([([{"type": "ipv4-addr", "value": "198.51.100.7"}], 0, 0)])
    assert ours(pattern, seen) is our
    if their is TypeError:
        with pytest.raises(TypeError):
            theirs(pattern, seen)
    else:
        assert theirs(pattern, seen) is their
