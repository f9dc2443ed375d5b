"""Which words of a block of lines may hit at all: a quick first look, so that few words are matched one by one.

Nothing is decided here. A sieve may let too much through, never too little: a word that `Matcher.match_word` finds
anything in is always among those that come out. There are two, with the same results after matching: one compiled (see
`detente.hunt.kernel`), and one that needs nothing but the interpreter, whose regular expressions look for the tokens of
all distinct words together.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from importlib.util import find_spec
from typing import Protocol, cast

from detente.hunt import values
from detente.hunt.chunks import Batch, Piece, Rows
from detente.hunt.indicators import Matcher
from detente.hunt.values import STOP

# A run of HOST bytes with a dot in it, without '.' and '-' at its ends: group 1. Nothing is tried within a run that was
# tried from its beginning, so that long ones take linear time.
_END = rb"[0-9A-Za-z_\x80-\xff]"
_LABEL = rb"[0-9A-Za-z_\-\x80-\xff]"
_HOST = rb"[0-9A-Za-z_.\-\x80-\xff]"
_DOTTED = re.compile(rb"(?<!%b)[.\-]*+(%b%b*+\.%b*%b)" % (_HOST, _END, _LABEL, _HOST, _END))
_HEX_RUN = re.compile(rb"[0-9A-Fa-f]{32,}+")
_IPV6_SIGN = re.compile(rb":(?::|(?:[0-9A-Fa-f]{1,4}:){5})")
# Looked at without being consumed, because the ':' at the end of an authority may begin the next '://'.
_AUTHORITY = re.compile(rb"://(?=([^/?#\n]*))")
TOKENS_SOUGHT_MAX = 64
WORDS_SOUGHT_MAX = 64

_SPACED = bytes(0x20 if byte in STOP else byte for byte in range(256))
_WORD = re.compile(rb"[^ ]+")


class Sieve(Protocol):
    """For one thread: it may keep buffers."""

    def words(self, piece: Piece) -> tuple[Rows, int]:
        """Words that may hit as [start, end, newlines before], in order and each once; and how many newlines there are.

        Places are counted from the beginning of the padding.
        """
        ...

    def words_of_each(self, batch: Batch) -> list[tuple[Rows, int]]:
        """The same of each log."""
        ...


def can_compile() -> bool:
    """Whether the extra `hunt` is installed."""
    return find_spec("numba") is not None


def sieve_for(matcher: Matcher) -> Sieve:
    """The sieve that this matcher was made for."""
    sieve = _sieve_of_words(matcher)
    return sieve if matcher.every_line is None else cast(Sieve, matcher.every_line.around(sieve))


def _sieve_of_words(matcher: Matcher) -> Sieve:
    if matcher.compiled is not None:
        from detente.hunt.fast import FastSieve

        return FastSieve(matcher.compiled)
    return PlainSieve(matcher)


class PlainSieve:
    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher

    def words(self, piece: Piece) -> tuple[Rows, int]:
        data = bytes(piece.padded)
        spaced = data.translate(_SPACED)
        found = suspects(self._matcher, set(spaced.split()))
        rows: list[list[int]] = []
        counted = lines = 0
        for start, end in _places(spaced, found):
            lines += data.count(b"\n", counted, start)
            counted = start
            rows.append([start, end, lines])
        return rows, lines + data.count(b"\n", counted)

    def words_of_each(self, batch: Batch) -> list[tuple[Rows, int]]:
        return [self.words(batch.piece(place)) for place in range(len(batch.sizes))]


def _places(spaced: bytes, words: set[bytes]) -> list[tuple[int, int]]:
    """Where each of the words stands, as a word of its own, in the order of the log."""
    if len(words) > WORDS_SOUGHT_MAX:
        # To seek each through the block would take longer than to look at all.
        return [word.span() for word in _WORD.finditer(spaced) if word.group() in words]
    places = []
    for word in words:
        size = len(word)
        at = spaced.find(word)
        while at >= 0:
            if (at == 0 or spaced[at - 1] == 0x20) and spaced[at + size : at + size + 1] in (b"", b" "):
                places.append((at, at + size))
            at = spaced.find(word, at + size)
    return sorted(places)


def suspects(matcher: Matcher, words: Collection[bytes]) -> set[bytes]:
    """The words that may hit."""
    text = b"\n%b\n" % b"\n".join(words)
    found: set[bytes] = set()
    tokens = _host_tokens(matcher, text)
    if len(tokens) > TOKENS_SOUGHT_MAX:
        # To seek each through the text would take longer than to match all words.
        return set(words)
    for token in tokens:
        found.update(_words_at(text, _everywhere(text, token)))
    assert matcher.plain is not None
    if matcher.plain.hashes:
        long_words = b"\n".join([word for word in words if len(word) >= 32])
        for digits in set(_HEX_RUN.findall(long_words)):
            if digits.lower() in matcher.plain.hashes:
                found.update(_words_at(text, _everywhere(text, digits)))
    if b":" in text:
        found.update(_words_at(text, (sign.start() for sign in _IPV6_SIGN.finditer(text))))
        if matcher.plain.url_hosts and b"://" in text:
            for raw in set(_AUTHORITY.findall(text)):
                if _is_known_host(matcher, raw):
                    found.update(_words_at(text, _everywhere(text, b"://" + raw)))
    return found


def _host_tokens(matcher: Matcher, text: bytes) -> list[bytes]:
    """The names and IPv4 addresses that hit."""
    tokens = set(_DOTTED.findall(text))
    assert matcher.plain is not None
    likely = set(matcher.plain.addresses4 & tokens)
    last_labels, ends, pairs = matcher.plain.name_last_labels, matcher.plain.name_ends, matcher.plain.network_pairs
    for token in tokens:
        dot = token.rfind(b".")
        label = token[dot + 1 :].lower()
        if label in last_labels:
            # The last two labels tell most names from all that are searched for.
            if token[token.rfind(b".", 0, dot) + 1 :].lower() in ends or not token.isascii():
                likely.add(token)
        elif label.isdigit():
            # So do the first two numbers with addresses and networks.
            if token[: token.find(b".", token.find(b".") + 1)] in pairs:
                likely.add(token)
        elif not label.isascii():
            likely.add(token)
    return [token for token in likely if matcher.match_word(token)]


def _is_known_host(matcher: Matcher, raw: bytes) -> bool:
    assert matcher.plain is not None
    # Of a URL without a path, the punctuation at its end is no part of the host.
    return any(
        len(form) <= values.AUTHORITY_BYTES_MAX and values.authority(b"", form)[1] in matcher.plain.url_hosts
        for form in {raw, values.url_end(raw)}
    )


def _everywhere(text: bytes, token: bytes) -> Iterator[int]:
    at = text.find(token)
    while at >= 0:
        yield at
        at = text.find(token, at + 1)


def _words_at(text: bytes, places: Iterable[int]) -> Iterator[bytes]:
    """The words that hold these places, which come in order; each word once."""
    end = -1
    for at in places:
        if at > end:
            end = text.index(b"\n", at)
            yield text[text.rindex(b"\n", 0, at) + 1 : end]
