"""Which lines the words of a piece hit: one after the other here, or with most of them counted on the way by a compiled step.

`detente.hunt.counting` says what a word hits, and counts every line that it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol

from detente.hunt.chunks import PADDING, Rows
from detente.hunt.counting_tables import WORD_BYTES_MAX
from detente.hunt.tally import Alike

_LOOK_BYTES = 512


class HitLine(NamedTuple):
    """A line that is hit by these words, in order; start and end are places in the piece. `counted`: wanted as an example only."""

    line: int
    start: int
    end: int
    alikes: list[Alike]
    counted: bool


AlikeOf = Callable[[bytes], Alike | None]


class Lines(Protocol):
    """Finds the lines that hit; it may count some of them itself, which are figures that it has until `settle`."""

    @property
    def hit_lines(self) -> int:
        """Those that it counted."""
        ...

    @property
    def remembered(self) -> int:
        """How many words it knows."""
        ...

    def hit(self, data: Any, rows: Rows, lines_before: int, alike_of: AlikeOf) -> Iterator[HitLine]:
        """Those of the rows, in order, that are not counted, or may be examples. The bytes stay as they are meanwhile."""
        ...

    def settle(self, per_day: dict[int, int]) -> None:
        """Share out what it counted, and forget all words."""
        ...


class PlainLines:
    """Counts none itself."""

    hit_lines = 0

    def __init__(self) -> None:
        self._by_word: dict[bytes, Alike | None] = {}  # lines in which this word alone hits; None when it does not

    @property
    def remembered(self) -> int:
        return len(self._by_word)

    def hit(self, data: Any, rows: Rows, lines_before: int, alike_of: AlikeOf) -> Iterator[HitLine]:
        data = memoryview(data)
        line = at = -1
        hit: list[Alike] = []
        for start, end, before in rows:
            alike = self._alike(data[start:end].tobytes(), alike_of)
            if alike is None:
                continue
            if before != line:
                if hit:
                    yield HitLine(lines_before + line + 1, *_line_around(data, at), hit, False)
                hit = []
                line, at = before, start
            hit.append(alike)
        if hit:
            yield HitLine(lines_before + line + 1, *_line_around(data, at), hit, False)

    def settle(self, per_day: dict[int, int]) -> None:
        self._by_word.clear()

    def _alike(self, word: bytes, alike_of: AlikeOf) -> Alike | None:
        if word in self._by_word:
            return self._by_word[word]
        alike = alike_of(word)
        # A longer word is matched each time it comes, so that what is remembered stays small.
        if len(word) <= WORD_BYTES_MAX:
            self._by_word[word] = alike
        return alike


def _line_around(data: memoryview, at: int) -> tuple[int, int]:
    """Looked for in longer and longer steps: to copy the whole piece would take as long as to search it."""
    start = end = at
    last = len(data) - PADDING
    newline, step = -1, _LOOK_BYTES
    while newline < 0 and start > PADDING:
        back = bytes(data[max(PADDING, start - step) : start])
        newline = back.rfind(b"\n")
        start -= len(back) - newline - 1
        step *= 2
    newline, step = -1, _LOOK_BYTES
    while newline < 0 and end < last:
        ahead = bytes(data[end : min(last, end + step)])
        newline = ahead.find(b"\n")
        end += newline if newline >= 0 else len(ahead)
        step *= 2
    return start, end
