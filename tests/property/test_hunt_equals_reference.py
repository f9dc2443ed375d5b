"""The fast pass finds what the plainest reading of the rules finds, in every line and however the bytes arrive.

DETENTE_FUZZ=20 makes the same tests look at twenty times as many lines, other ones each time (see tests/conftest.py for
`DETENTE_HYPOTHESIS=explore`).
"""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.hunt_reference import reference_hunt
from tests.hunt_samples import PIECES, VALUES
from tests.hunt_ways import chunks_of, matcher_of

from detente.hunt.indicators import IndicatorSource, Matcher
from detente.hunt.scan import hunt
from detente.hunt.sieve import Sieve, sieve_for
from detente.stix.pattern import PatternValue

FUZZ = int(os.environ.get("DETENTE_FUZZ", "1"))

SOURCES = [IndicatorSource(f"indicator--{n}", [PatternValue(*value)]) for n, value in enumerate(VALUES)]
# One indicator with several values, which hits a line once.
SOURCES.append(IndicatorSource("indicator--all", [PatternValue(*value) for value in VALUES[::3]]))

line = st.lists(st.sampled_from(PIECES) | st.binary(max_size=2), max_size=9).map(b"".join)
log = st.lists(line, max_size=6).map(b"\n".join)


@dataclass(frozen=True)
class Hunter:
    """A matcher with one of the two sieves."""

    matcher: Matcher
    sieve: Sieve


def found(
    data: bytes, by: Hunter, sizes: list[int], block_bytes: int = 1 << 18, run_bytes_max: int = 1 << 20
) -> dict[str, object]:
    chunks = chunks_of(data, sizes)
    result = hunt(chunks, by.matcher, block_bytes=block_bytes, run_bytes_max=run_bytes_max, sieve=by.sieve)
    assert result.bytes == len(data)
    return {
        "lines": (result.lines, result.hit_lines),
        **{hits.id: (hits.count, hits.first_line, hits.last_line, dict(hits.rules)) for hits in result.hits},
    }


def expected(
    data: bytes, run_bytes_max: int = 1 << 20, sources: Sequence[IndicatorSource] = SOURCES
) -> dict[str, object]:
    result = reference_hunt(data, sources, run_bytes_max=run_bytes_max)
    return {
        "lines": (result.lines, result.hit_lines),
        **{id_: (hits.count, hits.first_line, hits.last_line, hits.rules) for id_, hits in result.hits.items()},
    }


@pytest.fixture(scope="module", params=[False, True], ids=["interpreted", "compiled"])
def compiled(request: pytest.FixtureRequest) -> bool:
    if request.param:
        pytest.importorskip("numba", reason="the compiled sieve needs Numba (the extra `hunt`)")
    return bool(request.param)


@pytest.fixture(scope="module")
def hunter(compiled: bool) -> Hunter:
    return hunter_of(SOURCES, compiled=compiled)


def hunter_of(sources: Sequence[IndicatorSource], *, compiled: bool) -> Hunter:
    matcher = matcher_of(sources, compiled=compiled)
    return Hunter(matcher, sieve_for(matcher))


@settings(max_examples=300 * FUZZ)
@given(log, st.lists(st.integers(1, 40), min_size=1, max_size=4), st.integers(1, 30), st.integers(8, 80))
def test_whole_in_odd_chunks_and_byte_by_byte_a_log_gives_the_reference_result(
    hunter: Hunter, data: bytes, sizes: list[int], block_bytes: int, run_bytes_max: int
) -> None:
    wanted = expected(data)
    assert found(data, hunter, [1 << 20]) == wanted
    assert found(data, hunter, sizes, block_bytes=block_bytes) == wanted
    assert found(data, hunter, [1], block_bytes=1) == wanted
    bounded = expected(data, run_bytes_max)
    assert found(data, hunter, [1 << 20], run_bytes_max=run_bytes_max) == bounded
    assert found(data, hunter, sizes, block_bytes=block_bytes, run_bytes_max=run_bytes_max) == bounded


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.values[0].value[:20])
def test_each_indicator_alone_gives_the_reference_result(source: IndicatorSource, compiled: bool) -> None:
    # Alone, so that no other indicator draws the line into sight.
    hunter = hunter_of([source], compiled=compiled)
    lines = random.Random(source.id)
    favourites = [piece for piece in PIECES if piece.lower() in source.values[0].value.lower().encode()]
    data = b"\n".join(
        b"".join(lines.choice(favourites if lines.random() < 0.4 else PIECES) for _ in range(lines.randrange(9)))
        for _ in range(300 * FUZZ)
    )
    assert found(data, hunter, [1000]) == expected(data, sources=[source])


ODD_HOSTS = (
    "b.a.b-c)",
    "b)",
    ")",
    "a)b.example",
    "(b.example",
    "a,b.example",
    "b.example;!",
    "b.example.)",
    "é)",
    "u@b.example)",
    "b.x]",
)


@pytest.mark.parametrize("host", ODD_HOSTS)
def test_a_host_with_punctuation_in_it_is_found_where_the_reference_finds_it(host: str, compiled: bool) -> None:
    for value in (f"ftp://{host}/x", f"ftp://{host}:80"):
        sources = [IndicatorSource("indicator--odd", [PatternValue("url", value)])]
        lines = [
            f"{scheme}://{host}{end}" for scheme in ("ftp", "a") for end in ("", "/", "/x", ":80", "?x", ".", ")/x")
        ]
        data = "\n".join([*lines, *map(str.upper, lines)]).encode()
        assert found(data, hunter_of(sources, compiled=compiled), [1000]) == expected(data, sources=sources)
