"""Several threads find what one finds."""

from __future__ import annotations

import random

import pytest

from detente.hunt.indicators import IndicatorSource, Matcher, compile_indicators
from detente.hunt.scan import hunt
from detente.node.threads import searching, threads_for
from detente.stix.pattern import PatternValue

SOURCES = [
    IndicatorSource("indicator--a", [PatternValue("ipv4", "198.51.100.7")]),
    IndicatorSource("indicator--b", [PatternValue("domain", "evil.example")]),
]


@pytest.fixture(params=[False, True], ids=["interpreted", "compiled"])
def matcher(request: pytest.FixtureRequest) -> Matcher:
    if not request.param:
        return compile_indicators(SOURCES)[0]
    pytest.importorskip("numba", reason="the compiled sieve needs Numba (the extra `hunt`)")
    from detente.hunt.builder import build

    return build(SOURCES).matcher()


def test_pieces_come_back_in_order_and_the_result_is_that_of_one_thread(matcher: Matcher) -> None:
    dice = random.Random(7)
    words = ["198.51.100.7", "evil.example", "www.evil.example", "harmless.example", "2015-05-17T00:00:01Z", "\n"]
    log = " ".join(dice.choices(words, k=20_000)).encode() + b" " + b"x" * 3000
    wanted = hunt([log], matcher)
    assert wanted.count > 1000
    for threads in (1, 2, 3):
        with searching(matcher, threads) as search:
            for block_bytes in (100, 5000):
                assert hunt([log], matcher, block_bytes=block_bytes, search=search) == wanted
                assert hunt([], matcher, search=search).lines == 0
    assert threads_for(matcher) >= 1


def test_a_hunt_that_is_stopped_leaves_no_thread_behind(matcher: Matcher) -> None:
    with searching(matcher, 2) as search:
        result = hunt([b"198.51.100.7\n"] * 1000, matcher, block_bytes=13, search=search, stop=lambda: True)
    assert (result.lines, result.stopped) == (1, "interrupted")
