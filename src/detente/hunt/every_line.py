"""Patterns that no value leads to, searched for by asking every line: `LIKE '%x%'`, MATCHES, a port, a user agent.

    a block → lines that may make one true (`detente.hunt.needles`), all where that cannot be told → a row of an empty word for each
            → every such pattern is held against the line, as others are against lines that hold a value of theirs

The row goes the way of all rows: the sieve gives it beside the words that may hit, and of the empty word, which no line has otherwise, the
matcher says that it hits all these patterns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import overload

from detente.hunt.chunks import PADDING, Batch, Piece, Rows
from detente.hunt.indicators import IndicatorSource, Match, Matcher, Rule
from detente.hunt.needles import Needles, needles
from detente.hunt.sequence import watched
from detente.hunt.sieve import Sieve
from detente.stix.pattern.search import leaves_of

NEEDLES_MAX = 200  # beyond, to seek each takes as long as to ask every line
_ODD = re.compile(rb'\\[^"/\\]|[\x80-\xff]')


@dataclass(frozen=True, slots=True)
class EveryLine:
    """See `detente.hunt.indicators.EveryLine`. `needles`: None where all lines have to be read."""

    matches: tuple[Match, ...]
    needles: Needles | None

    def around(self, sieve: Sieve) -> LineSieve:
        return LineSieve(sieve, self.needles)


def with_every_line(matcher: Matcher, sources: Sequence[IndicatorSource]) -> Matcher:
    """Beside what the matcher looks for; `sources` have patterns and no values."""
    if not sources:
        return matcher
    found: set[bytes] | None = set()
    for source in sources:
        for leaf in leaves_of(watched(source).pattern):
            some = needles(leaf.expression)
            found = None if some is None or found is None else found | some
    first = len(matcher.sources)
    matches = tuple(Match(first + place, Rule.PATTERN, ()) for place in range(len(sources)))
    some = None if found is None or len(found) > NEEDLES_MAX else frozenset(found)
    return replace(matcher, sources=_Chained(matcher.sources, sources), every_line=EveryLine(matches, some))


class LineSieve:
    """A sieve's rows, and one for each line that is to be asked."""

    def __init__(self, sieve: Sieve, wanted: Needles | None) -> None:
        self._sieve = sieve
        self._needles = wanted

    def words(self, piece: Piece) -> tuple[Rows, int]:
        """See `detente.hunt.sieve.Sieve`."""
        rows, newlines = self._sieve.words(piece)
        return self._with_lines(piece, rows), newlines

    def words_of_each(self, batch: Batch) -> list[tuple[Rows, int]]:
        """See `detente.hunt.sieve.Sieve`."""
        found = self._sieve.words_of_each(batch)
        return [(self._with_lines(batch.piece(place), rows), newlines) for place, (rows, newlines) in enumerate(found)]

    def _with_lines(self, piece: Piece, rows: Rows) -> Rows:
        data = bytes(piece.padded)
        if not (piece.begins and piece.ends):
            # Part of a line, of which the needles may be in another.
            return [[PADDING, PADDING, 0], *map(list, rows)]
        starts = _all_lines(data) if self._needles is None else _lines_with(data, self._needles)
        made: list[list[int]] = []
        counted, lines = PADDING, 0
        for start in starts:
            lines += data.count(b"\n", counted, start)
            counted = start
            made.append([start, start, lines])
        return sorted(chain(made, ([int(n) for n in row] for row in rows)))


def _all_lines(data: bytes) -> Iterator[int]:
    at, end = PADDING, len(data) - PADDING
    while at < end:
        yield at
        newline = data.find(b"\n", at, end)
        at = newline + 1 if newline >= 0 else end


def _lines_with(data: bytes, wanted: Needles) -> list[int]:
    """Where lines begin that hold one of these, or what may say it otherwise; in order."""
    end = len(data) - PADDING
    lower = data.lower()
    starts: set[int] = set()
    for needle in wanted:
        at = lower.find(needle, PADDING, end)
        while at >= 0:
            starts.add(data.rfind(b"\n", PADDING, at) + 1 or PADDING)
            newline = data.find(b"\n", at, end)
            at = lower.find(needle, newline, end) if newline >= 0 else -1
    odd = _ODD.search(data, PADDING, end)
    while odd is not None:
        starts.add(data.rfind(b"\n", PADDING, odd.start()) + 1 or PADDING)
        newline = data.find(b"\n", odd.start() + 1, end)
        odd = _ODD.search(data, newline, end) if newline >= 0 else None
    return sorted(starts)


class _Chained(Sequence[IndicatorSource]):
    """One behind the other; the first may be what is read from a block when it is asked for."""

    def __init__(self, first: Sequence[IndicatorSource], second: Sequence[IndicatorSource]) -> None:
        self._first = first
        self._second = second

    def __len__(self) -> int:
        return len(self._first) + len(self._second)

    @overload
    def __getitem__(self, place: int) -> IndicatorSource: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[IndicatorSource]: ...
    def __getitem__(self, place: int | slice) -> IndicatorSource | Sequence[IndicatorSource]:
        if isinstance(place, slice):
            return [self[n] for n in range(*place.indices(len(self)))]
        size = len(self._first)
        return self._first[place] if 0 <= place < size else self._second[place - size]
