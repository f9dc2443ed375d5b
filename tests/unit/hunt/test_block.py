"""The index of all indicators as a block of bytes: what goes in comes out, and nothing else is taken for one."""

from __future__ import annotations

import random

import pytest

from detente.errors import InvalidStatement
from detente.hunt.indicators import IndicatorSource, compile_indicators
from detente.hunt.scan import hunt
from detente.stix.pattern import PatternValue

pytest.importorskip("numba", reason="the index needs Numba (the extra `hunt`)")

from detente.hunt import block
from detente.hunt.block import MAGIC, Block
from detente.hunt.builder import Builder, build

UUID = "0e2d7a40-7c2f-4a6e-9f50-6b8a4b1a2c3d"
SOURCES = [
    IndicatorSource(f"indicator--{UUID}", (PatternValue("ipv4", "198.51.100.7"),), 1, 2, False, "TLP:AMBER", "B", 0),
    IndicatorSource("indicator--of-another-form", (PatternValue("domain", "evil.example"),), None, 5, True, "", "C", 100),
    IndicatorSource(
        "indicator--all",
        (
            PatternValue("ipv4", "203.0.113.0/24"),
            PatternValue("ipv6", "2001:db8::/32"),
            PatternValue("ipv6", "2001:db8::1"),
            PatternValue("md5", "d41d8cd98f00b204e9800998ecf8427e"),
            PatternValue("url", "http://evil.example/x"),
            PatternValue("url", "evil.example/y"),
        ),
        -5,
        None,
        confidence=None,
    ),
    IndicatorSource("indicator--held", (PatternValue("ipv4", "198.51.100.7"),), pattern="[ipv4-addr:value = '198.51.100.7']"),
]  # fmt: skip
LOG = b"198.51.100.7 evil.example www.evil.example 2001:db8::1 203.0.113.9 http://evil.example/x d41d8cd98f00b204e9800998ecf8427e\n"


def test_every_field_of_every_indicator_comes_back() -> None:
    made = build(SOURCES, label="made of this")
    assert list(made.sources) == SOURCES
    assert [made.sources[place] for place in (3, 2, 1, 0, -1)] == [SOURCES[place] for place in (3, 2, 1, 0, -1)]
    assert (made.label, made.not_searched, len(made.sources)) == ("made of this", [], 4)


def test_what_cannot_be_searched_for_is_listed_in_the_block_too() -> None:
    sources = [IndicatorSource("indicator--a", [PatternValue("domain", "co.uk")]), IndicatorSource("indicator--b", [])]
    assert tuple(build(sources).not_searched) == compile_indicators(sources)[1]


def test_keys_whose_fingerprints_are_equal_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    fingerprint = block.fingerprint
    monkeypatch.setattr(block, "fingerprint", lambda key: bytes([fingerprint(key)[0] & 15, 0, 0, 0]))
    dice = random.Random(5)
    values = [
        PatternValue("ipv4", ".".join(str(dice.randrange(1, 255)) for _ in range(4)) + ("/28" if number % 3 == 0 else ""))
        for number in range(300)
    ]  # fmt: skip
    sources = [IndicatorSource(f"indicator--{number}", [value]) for number, value in enumerate(values)]
    log = "\n".join([value.value.removesuffix("/28") for value in values] + ["192.0.2.1", "192.0.2.2"]).encode()
    wanted = hunt([log], compile_indicators(sources)[0])
    found = hunt([log], build(sources).matcher())
    assert {(h.id, h.count, h.first_line) for h in found.hits} == {(h.id, h.count, h.first_line) for h in wanted.hits}
    assert len(found.hits) == 300


@pytest.mark.parametrize("cut", [0, 5, len(MAGIC), len(MAGIC) + 8, 100, 1000, -1])
def test_a_block_that_was_cut_is_none(cut: int) -> None:
    data = Builder().block()
    with pytest.raises(InvalidStatement, match="no index of indicators"):
        Block(data[:cut])


def test_a_block_with_other_bytes_in_it_is_none_or_is_read_without_harm() -> None:
    builder = Builder()
    for source in SOURCES:
        builder.add(source)
    data = builder.block()
    dice = random.Random(11)
    refused = 0
    for _ in range(300):
        spoiled = bytearray(data)
        at = dice.randrange(len(MAGIC), 3000) if dice.random() < 0.5 else dice.randrange(len(data))
        spoiled[at : at + 8] = dice.randbytes(8)
        try:
            Block(bytes(spoiled[: len(data)]))
        except InvalidStatement:
            refused += 1
    assert refused > 100
    full = bytearray(data)
    offset, kind, count = Block(data).head["sections"]["kernel_names"]
    assert kind == "<u8"
    full[offset : offset + 8 * count] = b"\xff" * 8 * count
    with pytest.raises(InvalidStatement, match="no table"):
        Block(bytes(full))
