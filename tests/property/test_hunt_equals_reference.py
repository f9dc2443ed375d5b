"""The fast pass finds what the plainest reading of the rules finds, in every line and however the bytes arrive.

DETENTE_FUZZ=20 makes the same tests look at twenty times as many lines, other ones each time (see tests/conftest.py for
`DETENTE_HYPOTHESIS=explore`).
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.hunt_reference import reference_hunt

from detente.hunt.indicators import IndicatorSource, Matcher, compile_indicators
from detente.hunt.scan import hunt
from detente.hunt.sieve import Sieve, sieve_for
from detente.stix.pattern import Kind, PatternValue

FUZZ = int(os.environ.get("DETENTE_FUZZ", "1"))

MD5 = "d41d8cd98f00b204e9800998ecf8427e"
SHA1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

VALUES: list[tuple[Kind, str]] = [
    ("ipv4", "198.51.100.7"),
    ("ipv4", "1.2.3.4"),
    ("ipv4", "0.0.0.0"),  # noqa: S104 - an indicator, nothing is bound to it
    ("ipv4", "203.0.113.0/24"),
    ("ipv4", "203.0.113.128/25"),
    ("ipv4", "9.9.9.9/31"),
    ("ipv4", "172.16.0.0/12"),
    ("ipv6", "2001:db8::1"),
    ("ipv6", "::1"),
    ("ipv6", "::"),
    ("ipv6", "2001:db8:1::/48"),
    ("ipv6", "2001:db8::/32"),
    ("ipv6", "1:2:3:4:5:6:7:8"),
    ("ipv6", "1:2:3:4:5:6:102:304"),
    ("ipv6", "a::b"),
    ("domain", "evil.example"),
    ("domain", "sub.evil.example"),
    ("domain", "bücher.example"),
    ("domain", "xn--mnchen-3ya.example"),
    ("domain", "a.b-c"),
    ("domain", "v.xn--p1ai"),
    ("md5", MD5),
    ("sha1", SHA1.upper()),
    ("sha256", SHA256),
    ("sha512", MD5 * 4),
    ("url", "http://evil.example/x"),
    ("url", "http://evil.example"),
    ("url", "HTTPS://Evil.Example:443/X?y=(z)"),
    ("url", "http://[2001:db8::1]:8080/a"),
    ("url", "http://[2001:db8::1]"),
    ("url", "ftp://user@bücher.example:21/ü"),
    ("url", "evil.example:80/x"),
    ("url", "evil.example/a://b"),
    ("url", "file:///etc/passwd"),
    ("url", "a://b"),
    ("url", "http://named-here-only.example/x"),
]
SOURCES = [IndicatorSource(f"indicator--{n}", [PatternValue(*value)]) for n, value in enumerate(VALUES)]
# One indicator with several values, which hits a line once.
SOURCES.append(IndicatorSource("indicator--all", [PatternValue(*value) for value in VALUES[::3]]))

words = str.split
FRAGMENTS = [
    *(value.partition("/")[0] if kind[:2] == "ip" else value for kind, value in VALUES),
    *(value.upper() for kind, value in VALUES),
    *(value.partition("://")[2] for kind, value in VALUES if kind == "url"),
    *words(
        "203.0.113.5 203.0.113.200 2001:db8:1:: ::ffff:1.2.3.4 ::ffff:c633:6407 1:2:3:4:5:6:1.2.3.4 9.9.9.8 172.31.0.9"
    ),
    *words("MÜNCHEN.example bücher ｅvil.example evil。example vil.example www. mail. .v.рф ß ﬁ ［ ．"),
    *words("http https ftp a abcdefghij abcdefghijk :// :/ // : :: ::: / . .. - -. _ @ % ? # & = + , ; ! ( ) [ ]"),
    *words("1 1. .1 f ff ffff: x xn-- : :80 :443 :21 :8080 0 01 256 /x /X?y=(z) 2001:db8: 198.51.100. .example d41d"),
    *" \t\r\0\"'<>\\|^{}`\x7f\x1f",
]
PIECES = [fragment.encode() for fragment in FRAGMENTS] + [b"\xff", b"\xc3", b"\xc3\xbc", b"\x80.evil.example"]

line = st.lists(st.sampled_from(PIECES) | st.binary(max_size=2), max_size=9).map(b"".join)
log = st.lists(line, max_size=6).map(b"\n".join)


def chunks_of(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    at = 0
    turn = 0
    while at < len(data):
        yield data[at : at + sizes[turn % len(sizes)]]
        at += sizes[turn % len(sizes)]
        turn += 1


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
    if compiled:
        from detente.hunt.block import Block, Builder

        builder = Builder()
        for source in sources:
            builder.add(source)
        matcher = Block(builder.block()).matcher()
        not_searched = tuple(builder.not_searched)
    else:
        matcher, not_searched = compile_indicators(sources)
    assert not_searched == ()
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


def test_thousands_of_hostile_lines_in_one_log_give_the_reference_result(hunter: Hunter) -> None:
    dice = random.Random(None if FUZZ > 1 else 20150517)
    for _ in range(FUZZ):
        seed = dice.getrandbits(64)
        lines = random.Random(seed)
        data = b"\n".join(b"".join(lines.choices(PIECES, k=lines.randrange(12))) for _ in range(2500))
        wanted = expected(data)
        assert len(wanted) == len(SOURCES) + 1, "the lines are made so that every indicator is hit"
        for sizes, block_bytes in (([len(data)], 1 << 18), ([1, 77, 4096], 1000), ([13], 64)):
            assert found(data, hunter, sizes, block_bytes=block_bytes, run_bytes_max=4096) == wanted, f"seed {seed}"


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
