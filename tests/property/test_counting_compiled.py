"""What the compiled step counts is what counting each line gives, in all that a result holds, over hostile lines of every format."""

from __future__ import annotations

import random
from collections.abc import Sequence
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.hunt.hit_lines import PlainLines
from detente.hunt.indicators import IndicatorSource, Matcher
from detente.hunt.results import HuntResult
from detente.hunt.scan import hunt
from detente.hunt.warninglists import WarningList, WarningLists
from detente.stix.pattern import PatternValue

pytest.importorskip("numba", reason="the compiled step needs the extra `hunt`")

MAY_17_2015 = 1_431_820_800_000_000
ADDRESS = PatternValue("ipv4", "198.51.100.7")
NAME = PatternValue("domain", "evil.example")
NETWORK = PatternValue("ipv4", "198.51.100.0/24")
SOURCES = [
    IndicatorSource("indicator--address", [ADDRESS]),
    IndicatorSource("indicator--before", [ADDRESS], valid_until_us=MAY_17_2015),
    IndicatorSource("indicator--within", [ADDRESS, NAME], MAY_17_2015 - 86_400_000_000, MAY_17_2015 + 3_600_000_000),
    IndicatorSource("indicator--revoked", [ADDRESS], valid_from_us=MAY_17_2015, revoked=True),
    IndicatorSource("indicator--network", [NETWORK], valid_from_us=MAY_17_2015),
    IndicatorSource("indicator--name", [NAME]),
    IndicatorSource("indicator--url", [PatternValue("url", "http://evil.example/x"), NETWORK]),
    IndicatorSource("indicator--hash", [PatternValue("md5", "d41d8cd98f00b204e9800998ecf8427e")]),
    IndicatorSource(
        "indicator--pattern",
        [PatternValue("ipv4", "203.0.113.9")],
        pattern="[ipv4-addr:value = '203.0.113.9' AND network-traffic:dst_port = 443]",
    ),
]
LISTS = WarningLists(
    [
        WarningList("a network", "cidr", 1, frozenset({"ipv4"}), ("198.51.100.0/30",)),
        WarningList("a name", "hostname", 1, frozenset({"domain", "url"}), ("www.evil.example",)),
    ]
)

MOMENTS = ["17/May/2015:10:05:03 +0000", "29/Feb/2016:23:59:59 -0930", "28/Feb/2100:00:00:00 +0000"]
ODD_MOMENTS = [
    *("31/Dec/2016:23:59:60 +0000", "29/Feb/2015:00:00:00 +0000", "29/Feb/2100:00:00:00 +0000"),
    *("01/Jan/1970:00:30:00 +0100", "01/Jan/1970:00:30:00 -0100", "31/Dec/1969:23:00:00 -0100"),
    *("31/Dec/9998:23:59:59 -2359", "01/Jan/9999:00:00:00 +0000", "30/Dec/9999:00:00:00 +0000"),
    *("17/Mai/2015:10:05:03 +0000", "17/May/2015:24:05:03 +0000", "17/May/2015:10:05:03 +2400", "00/May/2015:10:05:03 +0000"),
    *("17/May/2015:10:05:03 +0060", "7/May/2015:10:05:03 +0000", "17/May/15:10:05:03 +0000", "17 May 2015 10:05:03", ""),
]  # fmt: skip
WORDS = [
    *("198.51.100.7", "198.51.100.2", "198.51.100.99", "203.0.113.9", "192.0.2.1", "evil.example", "www.evil.example"),
    *(
        "http://evil.example/x",
        "http://evil.example/y",
        "/a?h=d41d8cd98f00b204e9800998ecf8427e",
        "-",
        "",
        "a[b",
        "\x00",
    ),
    *("http://evil.example/" + "y" * 300, "x" * 511, "x" * 512, "x" * 513),
]
moment = st.sampled_from(MOMENTS) | st.sampled_from(MOMENTS + ODD_MOMENTS)
word = st.sampled_from(WORDS[:5]) | st.sampled_from(WORDS)
method = st.sampled_from(["GET", "POST", "CONNECT", "CONNECTS", "G" * 32, "G" * 33, "get", ""])
path = st.sampled_from(
    ["/", "/a b", "/a\\b", '/a\\"b', "evil.example:443", "http://evil.example/x", "*", "/" + "p" * 17_000]
)
status = st.sampled_from(
    ["200", "302", "404", "401", "403", "407", "429", "444", "100", "099", "500", "20", "2000", "-"]
)
apache = st.builds(
    '{} {} {} [{}] "{} {}{} HTTP/1.1" {} {} "{}" "{}"'.format, word, word, word, moment, method, path, word, status, word, word, word
)  # fmt: skip
other = st.one_of(
    st.builds("2015-05-17T10:05:03Z {} {}".format, word, word),
    st.builds('{{"ts": 1431857103.5, "id.orig_h": "10.0.0.1", "id.resp_h": "{}", "query": "{}"}}'.format, word, word),
    st.builds("1431857103.5\t10.0.0.1\t{}\t{}".format, word, word),
    st.builds("{} {}".format, word, word),
)
HEADS = [
    b"",
    b"#separator \\x09\n#fields\tts\tid.orig_h\tid.resp_h\tquery\n",
    b"time,src,dst\n",
    b"nothing that tells a time\n" * 60,
]


@st.composite
def logs(draw: st.DrawFn) -> bytes:
    lines = [line.encode("latin-1") for line in draw(st.lists(apache | apache | other, min_size=1, max_size=12))]
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(lines) - 1))
        at = draw(st.integers(0, min(120, len(lines[place]))))
        lines[place] = lines[place][:at] + draw(st.binary(max_size=1)) + lines[place][at + draw(st.integers(0, 1)) :]
    many = draw(st.lists(st.sampled_from(lines), min_size=1, max_size=60))
    return draw(st.sampled_from(HEADS)) + b"\n".join(many) + draw(st.sampled_from([b"", b"\n", b"\r\n"]))


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return compiled(SOURCES)


def compiled(sources: Sequence[IndicatorSource]) -> Matcher:
    from detente.hunt.builder import build

    return build(sources).matcher(LISTS)


def both(log: bytes, matcher: Matcher, *, block_bytes: int = 1 << 18, examples_max: int = 3) -> HuntResult:
    with patch("detente.hunt.counting.COMPILED_ROWS_MIN", random.Random(log).choice((0, 0, 3))):
        found = hunt([log], matcher, block_bytes=block_bytes, examples_max=examples_max)
    with patch("detente.hunt.counting.lines_for", lambda *_: PlainLines()):
        assert found == hunt([log], matcher, block_bytes=block_bytes, examples_max=examples_max)
    return found


@settings(max_examples=400)
@given(logs(), st.sampled_from([30, 500, 1 << 18]), st.integers(0, 4))
def test_every_line_is_counted_as_it_is_alone(
    matcher: Matcher, log: bytes, block_bytes: int, examples_max: int
) -> None:
    both(log, matcher, block_bytes=block_bytes, examples_max=examples_max)


@settings(max_examples=60)
@given(logs(), st.integers(0, 6))
def test_words_may_be_forgotten_in_the_middle(matcher: Matcher, log: bytes, remembered: int) -> None:
    with patch("detente.hunt.counting.WORDS_REMEMBERED_MAX", remembered):
        both(log, matcher, block_bytes=300)


def test_a_hot_log_of_thousands_of_words() -> None:
    """So many that the table of words, their text, and the rows of figures grow."""
    dice = random.Random(20150517)
    values = [PatternValue("ipv4", f"198.18.{n >> 8}.{n & 255}") for n in range(3000)]
    sources = [IndicatorSource(f"indicator--{n}", [value], n * 1_000_000) for n, value in enumerate(values)]
    lines = (
        f'{dice.choice(values).value} - - [17/May/2015:10:{n // 60 % 60:02}:{n % 60:02} +0000] "GET /{n % 7} HTTP/1.1" '
        f'{dice.choice((200, 403, 500))} 1 "http://{dice.choice(values).value}/{n % 3}" "x"\n'
        for n in range(12_000)
    )
    found = both("".join(lines).encode(), compiled(sources))
    assert found.hit_lines == 12_000
    assert len(found.hits) > 2900
