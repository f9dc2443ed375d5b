"""The compiled pass: what is searched for comes out wherever it stands, and nearly nothing else does."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.hunt.block import tables_of
from detente.hunt.builder import build
from detente.hunt.chunks import PADDING, Piece
from detente.hunt.fast import FastSieve
from detente.hunt.indicators import IndicatorSource
from detente.hunt.keys import NAME as NAME_KEY
from detente.hunt.keys import NETWORK4, NETWORK6
from detente.hunt.vectors import BATCH_BYTES
from detente.stix.pattern import PatternValue

SOUGHT = {
    "domain": ("evil-host.example", "www.Evil-Host.example"),
    "domain of eight bytes": ("evils.eu", "a.evils.eu"),
    "domain of eleven bytes": ("x-evils.net", "x-evils.net."),
    "domain of five bytes": ("ow.ly", "ow.ly"),
    "domain before high bytes": ("evil-host.example", "é.evil-host.example"),
    "ipv4": ("198.51.100.7", "198.51.100.7"),
    "ipv4 of few digits": ("1.2.3.4", "1.2.3.4:80"),
    "ipv4 in a network": ("203.0.113.0/24", "203.0.113.255"),
    "ipv6": ("2001:db8::7", "[2001:db8::7]"),
    "ipv6 that ends as IPv4 does": ("::ffff:c633:6407", "::ffff:198.51.100.7"),
    "md5": ("0123456789abcdef" * 2, "md5:" + "0123456789ABCDEF" * 2),
    "sha512": ("0123456789abcdef" * 8, "0123456789abcdef" * 8),
    "url": ("http://bad.test/x", "http://bad.test/x"),
    "url with a port": ("http://bad.test/x", "ftp://me@bad.test:21/"),
    "url of an address": ("http://1.2.3.4/x", "https://1.2.3.4"),
    "url without a host": ("file:///etc/passwd", "file:///etc/passwd"),
}


def sieve_of(*wanted: tuple[str, str]) -> FastSieve:
    values = [PatternValue(kind.split()[0], value) for kind, value in wanted]  # type: ignore[arg-type]
    tables = build([IndicatorSource("indicator--x", values)]).tables
    return FastSieve(tables)


def piece_of(data: bytes) -> Piece:
    return Piece(bytes(PADDING) + data + bytes(PADDING), begins=True, ends=True)


@pytest.mark.parametrize("name", SOUGHT)
def test_a_word_comes_out_wherever_it_stands_between_masks_and_batches(name: str) -> None:
    value, shown = SOUGHT[name]
    sieve = sieve_of((name, value))
    word = shown.encode()
    for start in (*range(70), *range(BATCH_BYTES - len(word) - 2, BATCH_BYTES + 66)):
        before = (b"a line\n" * (start // 7 + 1))[:start]
        for behind in (b"", b"\nand more\n"):
            piece = piece_of(before[:-1] + b" "[: len(before)] + word + behind)
            rows, lines = sieve.words(piece)
            found = [list(row) for row in rows]
            newlines = before[:-1].count(b"\n")
            assert found == [[PADDING + start, PADDING + start + len(word), newlines]], (start, behind)
            assert lines == newlines + behind.count(b"\n")


def test_what_looks_like_something_and_is_not_searched_for_stays_inside() -> None:
    sieve = sieve_of(*((name, value) for name, (value, _) in SOUGHT.items()))
    lines = b"""\
        GET /presentations/index.html?a=b.c HTTP/1.1 "http://www.good.test/" Chrome/34.0.1847.116 Safari/537.36
        {"id.orig_h":"10.47.1.100","rtt":0.0008699893951416016,"query":"ise.good.example","mac":"00:0c:29:2e:aa:bb"}
        2018-03-24T17:15:20.866586Z [17/May/2015:10:05:03 +0000] std::string 192.0.2.7 https://192.0.2.8/ www.good.example
        """
    piece = piece_of(lines * 100)
    rows, _ = sieve.words(piece)
    assert [bytes(piece.padded[start:end]) for start, end, _ in rows] == []


NOISE = st.sampled_from([".", "-", " ", '"', "/", "a", "b", "://", "é"])
LABEL = st.from_regex(r"[ab1_-]{1,7}", fullmatch=True)
NAME = (
    st.lists(LABEL, min_size=2, max_size=4)
    .map(".".join)
    .filter(lambda name: len(name) >= 4 and name[0] not in "-." and name[-1] != "-")
)


@given(
    st.lists(NAME, min_size=1, max_size=4, unique=True),
    st.lists(NOISE),
    st.data(),
)
def test_names_of_all_lengths_come_out_of_all_that_may_stand_beside_them(
    names: list[str], noise: list[str], data: st.DataObject
) -> None:
    sought = [name.encode() for name in names]
    text = b"".join(part.encode() for part in data.draw(st.permutations([*noise, *names, *names])))
    wanted = {
        word
        for word in re.findall(rb"[^ \"]+", text)
        for token in re.findall(rb"[0-9A-Za-z._\x80-\xff-]+", word)
        if any((b"." + token.strip(b".-")).endswith(b"." + name) for name in sought)
    }
    tables = tables_of([NAME_KEY + name for name in sought], {NETWORK4: [], NETWORK6: []})
    piece = piece_of(text)
    rows, _ = FastSieve(tables).words(piece)
    assert wanted <= {piece.padded[start:end] for start, end, _ in rows}
