"""Whatever a pattern is made of, reading it, planning a hunt with it and matching with it end, with an answer or with InvalidPattern.

InvalidObject is an answer too: a time is compared with text in observed data that is none.
"""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from detente.errors import InvalidObject, InvalidPattern
from detente.hunt.literals import plan
from detente.stix.pattern import DEPTH_MAX, LENGTH_MAX, parse_pattern, simple_values
from detente.stix.pattern.evaluate import check_literals, match
from detente.stix.pattern.observed import read_observed

pytest.importorskip("re2", reason="MATCHES needs RE2 (the extra `hunt`)")

SPELLED = (
    "[ ] ( ) [ ] = != < <= > >= <> == AND OR NOT IN LIKE MATCHES ISSUBSET ISSUPERSET EXISTS FOLLOWEDBY WITHIN REPEATS START STOP "
    "SECONDS TIMES true false 0 1 -1 5 1.5 .5 99999999999999999999 'x' '%' '(a+)+$' '((' '10.0.0.0/8' '' t'2016-02-31T00:00:00Z' "
    "t'2016-02-01T00:00:00Z' h'ff' b'eA==' a:b ipv4-addr:value domain-name:value url:value file:hashes.MD5 network-traffic:dst_port "
    "network-traffic:dst_ref.value x:y[*] x:y[0] x:y[99999999999] x:'y z'.w_ref.v . , : * /* */ // ' \\ é \ud800 \x00 "
    "[ipv4-addr:value='198.51.100.7'] [domain-name:value='a.example']"
)
WORDS = SPELLED.split(" ")
TEXT = st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join) | st.text(max_size=40)
SEEN = read_observed(
    [
        {
            "type": "observed-data",
            "first_observed": f"2016-02-01T00:00:0{n}Z",
            "objects": {
                "0": {"type": "ipv4-addr", "value": "198.51.100.7"},
                "1": {"type": "domain-name", "value": "a.example", "resolves_to_refs": ["0", "1"]},
                "2": {"type": "x", "y": ["1", 1, 1.5, True, None, {"z": "\ud800"}], "y z": {"w_ref": "2"}},
                "3": {"type": "a", "b": "x\x00"},
            },
        }
        for n in range(4)
    ]
)


@settings(max_examples=400, deadline=None)
@given(TEXT)
@example("[a:b=1] WITHIN " + "9" * 400 + ".0 SECONDS")
@example("[a:b=1] START t'2016-02-31T00:00:00Z' STOP t'2016-02-31T00:00:00Z'")
@example("[a:b MATCHES '\ud800']")
@example("[ipv4-addr:value = '\ud800' AND ipv4-addr:value LIKE '%\ud800']")
@example("([ipv4-addr:value='198.51.100.7']) REPEATS 99999999999999999999 TIMES WITHIN 1 SECONDS")
@example("[network-traffic:dst_ref.value = 5] AND [x:y[99999999999] = 1]")
@example("[ipv4-addr:value ISSUBSET '\u0661.2.3.4']")
def test_nothing_but_our_own_errors_comes_out(text: str) -> None:
    for lenient in (False, True):
        with contextlib.suppress(InvalidPattern):
            check_literals(parse_pattern(text, lenient=lenient))
    with contextlib.suppress(InvalidPattern):
        simple_values(text)
    with contextlib.suppress(InvalidPattern):
        plan(text)
    with contextlib.suppress(InvalidPattern, InvalidObject):
        match(text, SEEN)


A = "[ipv4-addr:value = '198.51.100.7']"


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000 + "[a:b=1]" + ")" * 100_000,
        "[" + "(" * 100_000 + "a:b=1" + ")" * 100_000 + "]",
        "[" * 200_000,
        f"({A})" + " REPEATS 1 TIMES" * 10_000,
        "(" * DEPTH_MAX + A + " WITHIN 5 SECONDS)" * DEPTH_MAX + " WITHIN 5 SECONDS",
        "'" + "\\\\" * 130_000,
        "[a:" + "b." * 130_000,
        "[a:b IN (" + "1," * 130_000,
        "/*" + "*" * 250_000,
        " " * LENGTH_MAX,
        "[a:b = " + "9" * 250_000 + "]",
        "[a:b = '" + "x" * (1 << 20) + "']",
    ],
)
def test_what_is_too_deep_or_too_long_is_refused_at_once(text: str) -> None:
    began = time.process_time()
    with pytest.raises(InvalidPattern):
        parse_pattern(text, lenient=True)
    assert time.process_time() - began < 5  # a bound on runaway growth, not a measurement


@pytest.mark.parametrize(
    "text",
    [
        "[" + " OR ".join(f"ipv4-addr:value = '10.0.{n >> 8}.{n & 255}'" for n in range(1, 5000)) + "]",
        " OR ".join(f"[ipv4-addr:value = '10.0.0.{n & 255}']" for n in range(3000)),
        " AND ".join([A] * 3000),
        " FOLLOWEDBY ".join([A] * 3000),
        "(" * 32 + A + " WITHIN 5 SECONDS)" * 32,
        "[a:b IN (" + ",".join(["'x'"] * 60_000) + ")]",
        "[x:" + ".".join(["y"] * 60_000) + " = 1]",
        "[domain-name:" + "resolves_to_refs[*]." * 10_000 + "value = 'x']",
        "[domain-name:value MATCHES '" + "(a+)+" * 1000 + "$']",
        "[domain-name:value LIKE '" + "%a_" * 50_000 + "']",
    ],
)
def test_long_chains_are_read_planned_and_matched_without_recursion(text: str) -> None:
    began = time.process_time()
    check_literals(parse_pattern(text))
    plan(text)
    with contextlib.suppress(InvalidPattern):
        match(text, SEEN)
    assert time.process_time() - began < 20  # a bound on runaway growth, not a measurement
