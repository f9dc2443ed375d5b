"""The compiled step of counting (`detente.hunt.counting_kernel`) at work on one piece of whole lines after the other.

Needs the extra `hunt`. Without it `detente.hunt.hit_lines.PlainLines` leaves every line to be counted one by one, with the same results.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detente.hunt.chunks import Rows
from detente.hunt.counting_tables import (
    APACHE,
    COUNT,
    DAYS,
    FIGURES,
    NO_FIGURES,
    NO_FIRST_US,
    NO_LAST_US,
    NO_READER,
    PLAIN,
    UNKNOWN,
    Counts,
    Words,
)
from detente.hunt.entries import COUNTS, WORDS
from detente.hunt.hit_lines import AlikeOf, HitLine
from detente.hunt.machine_code import call, packed
from detente.hunt.readers import LogFormat, read_plain
from detente.hunt.readers.web import apache_outcome
from detente.hunt.tally import Alike, Tally

_READERS: dict[Callable[[bytes], Any], int] = {apache_outcome: APACHE, read_plain: PLAIN}
_NO_ROW = np.array([*NO_FIGURES, 0, 0, 0, 0], np.int64)
_WORDS_FIRST = 1 << 8
_TEXT_BYTES_FIRST = 1 << 13
_ROWS_FIRST = 1 << 6


class FastLines:
    """See `detente.hunt.hit_lines.Lines`. For one log."""

    def __init__(self, log_format: LogFormat) -> None:
        how = log_format.read_outcome or (log_format.time_us if log_format.read_event is None else None)
        self._reader = NO_READER if how is None else _READERS.get(how, NO_READER)
        self._days = np.zeros((DAYS, 2), np.int64)
        self._hit_lines = np.zeros(1, np.int64)
        self._forget()

    def _forget(self) -> None:
        self._alikes: list[Alike | None] = [None]  # number 0: a word that hits nothing
        self._number_of: dict[Alike, int] = {}
        self._bounded: list[Tally] = []  # of each row of bounds
        self._words = _words(_WORDS_FIRST, np.zeros(_TEXT_BYTES_FIRST, np.uint8), np.zeros(2, np.int64))
        self._rows = np.tile(_NO_ROW, (_ROWS_FIRST, 1))
        self._bounds = np.zeros((0, 3), np.int64)
        self._words_packed = packed(WORDS, self._words)
        self._counts_packed = packed(COUNTS, Counts(self._rows, self._bounds, self._days, self._hit_lines))

    @property
    def remembered(self) -> int:
        return int(self._words.used[0])

    @property
    def hit_lines(self) -> int:
        return int(self._hit_lines[0])

    def hit(self, data: Any, rows: Rows, lines_before: int, alike_of: AlikeOf) -> Iterator[HitLine]:
        if not len(rows):
            return
        padded = np.frombuffer(data, np.uint8)
        places = np.ascontiguousarray(rows, np.int64)
        numbers = np.full(len(places), UNKNOWN, np.int64)
        left = np.empty((len(places), 6), np.int64)
        arguments = padded, places, lines_before, self._reader
        unknown, found = call("count_lines", *arguments, self._words_packed, self._counts_packed, numbers, left)
        if unknown:
            self._learn(data, padded, places, numbers, alike_of)
            unknown, found = call("count_lines", *arguments, self._words_packed, self._counts_packed, numbers, left)
        for first, behind, line, start, end, counted in left[:found].tolist():
            alikes = [alike for n in numbers[first:behind].tolist() if (alike := self._alikes[n]) is not None]
            yield HitLine(line, start, end, alikes, bool(counted))

    def settle(self, per_day: dict[int, int]) -> None:
        figures = self._rows[: len(self._alikes), :FIGURES].tolist()
        for alike, row in zip(self._alikes, figures, strict=True):
            if alike is not None and row[COUNT]:
                alike.settle(row)
        for tally, outside in zip(self._bounded, self._bounds[:, 2].tolist(), strict=False):
            tally.outside += outside
        for day, hits in self._days[self._days[:, 0] > 0].tolist():
            per_day[day - 1] = per_day.get(day - 1, 0) + hits
        self._days[:] = 0
        self._forget()

    def _learn(self, data: Any, padded: Any, places: Any, numbers: Any, alike_of: AlikeOf) -> None:
        """Have the words matched that are not known, each once, and keep them with their numbers."""
        rows = np.flatnonzero(numbers == UNKNOWN)
        spans = places[rows, :2]
        view = memoryview(data)
        by_word: dict[bytes, int] = {}
        found: list[int] = []
        new: list[Alike] = []
        for start, end in spans.tolist():
            word = view[start:end].tobytes()
            number = by_word.get(word)
            if number is None:
                alike = alike_of(word)
                number = 0 if alike is None else self._number_of.get(alike, 0)
                if alike is not None and not number:
                    number = self._number_of[alike] = len(self._alikes) + len(new)
                    new.append(alike)
                by_word[word] = number
            found.append(number)
        numbers[rows] = found
        self._add(new)
        self._make_room(len(by_word), sum(len(word) for word in by_word))
        call("enter_words", padded, places, self._words_packed, numbers, rows)

    def _add(self, new: Sequence[Alike]) -> None:
        first = len(self._alikes)
        rows = []
        bounds = []
        for alike in new:
            at = len(self._bounded)
            for tally, source in alike.bounds:
                self._bounded.append(tally)
                bounds.append((_or(source.valid_from_us, NO_LAST_US), _or(source.valid_until_us, NO_FIRST_US), 0))
            hits = 0 if alike.watched else len(alike.parts)
            rows.append((hits, at, len(self._bounded), alike.examples_wanted))
        self._alikes += new
        if rows:
            if len(self._alikes) > len(self._rows):
                self._rows = np.concatenate((self._rows, np.tile(_NO_ROW, (len(self._alikes), 1))))
            self._rows[first : len(self._alikes), FIGURES:] = rows
        if bounds:
            behind = len(self._bounded)
            if behind > len(self._bounds):
                self._bounds = np.concatenate((self._bounds, np.zeros((behind, 3), np.int64)))
            self._bounds[behind - len(bounds) : behind] = bounds
        if self._counts_packed.fields[0] is not self._rows or self._counts_packed.fields[1] is not self._bounds:
            self._counts_packed = packed(COUNTS, Counts(self._rows, self._bounds, self._days, self._hit_lines))

    def _make_room(self, count: int, size: int) -> None:
        """For so many words more, and so many bytes of text."""
        words = self._words
        known, text_bytes = words.used.tolist()
        text = words.text
        if text_bytes + size + 8 > len(text):
            text = np.concatenate((text, np.zeros(len(text) + size, np.uint8)))
        places = len(words.prints)
        while 2 * (known + count) > places:
            places *= 4
        if places > len(words.prints):
            self._words = _words(places, text, words.used)
            larger = packed(WORDS, self._words)
            call("move_words", self._words_packed, larger)
            self._words_packed = larger
        elif text is not words.text:
            self._words = words._replace(text=text)
            self._words_packed = packed(WORDS, self._words)


def _words(places: int, text: NDArray[np.uint8], used: NDArray[np.int64]) -> Words:
    return Words(np.zeros(places, np.uint64), np.zeros((places, 3), np.int64), text, used)


def _or(time_us: int | None, otherwise: int) -> int:
    return otherwise if time_us is None else time_us
