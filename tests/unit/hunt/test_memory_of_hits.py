"""What a hunt holds for each indicator that is hit: a log may hit all of a million."""

from __future__ import annotations

import tracemalloc
from unittest.mock import patch

from detente.hunt.indicators import IndicatorSource, compile_indicators
from detente.hunt.results import HuntResult
from detente.hunt.scan import hunt
from detente.stix.pattern import PatternValue

BYTES_EACH_MAX = 2048
"""With three short lines as examples. It was 1,260 where this was written."""


def hunted(count: int) -> tuple[HuntResult, int]:
    """A log that hits so many indicators three times each, and the most memory that was held meanwhile."""
    addresses = [f"198.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}" for n in range(count)]
    sources = [IndicatorSource(f"indicator--{address}", [PatternValue("ipv4", address)]) for address in addresses]
    matcher, _ = compile_indicators(sources)
    log = [f'{address} - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 1\n'.encode() for address in addresses]
    chunks = [b"".join(log)] * 3
    tracemalloc.start()
    try:
        result = hunt(chunks, matcher, block_bytes=1 << 14)
        return result, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_an_indicator_that_is_hit_takes_little_memory() -> None:
    with patch("detente.hunt.counting.WORDS_REMEMBERED_MAX", 256):
        hunted(500)  # what is loaded at first use is held by no indicator
        few, few_bytes = hunted(1_000)
        many, many_bytes = hunted(4_000)
    assert (few.count, many.count) == (3_000, 12_000)
    assert all(len(hits.examples) == 3 for hits in many.hits)
    assert many_bytes - few_bytes < 3_000 * BYTES_EACH_MAX


def test_the_examples_of_a_log_are_bounded_in_sum_and_its_counts_are_not() -> None:
    whole, _ = hunted(100)
    with patch("detente.hunt.counting.EXAMPLES_BYTES_MAX", 1_000):
        bounded, _ = hunted(100)
    texts = [example.text for hits in bounded.hits for example in hits.examples]
    assert 900 < sum(map(len, texts)) <= 1_000
    assert bounded.hits != whole.hits
    assert [(h.id, h.count, h.rules, h.first_line, h.last_line) for h in bounded.hits] == [
        (h.id, h.count, h.rules, h.first_line, h.last_line) for h in whole.hits
    ]
