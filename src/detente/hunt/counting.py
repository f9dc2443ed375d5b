"""What the words of a log's lines hit, line by line: how often, when, with which action, and the first few lines as examples.

Words that may hit come from the sieve. Each is matched once and remembered, and lines that hit the same words are counted
together (see `detente.hunt.tally`). Of a line that hits, the event is read. Where it is installed, a compiled step
(`detente.hunt.fast_counting`) counts most lines itself, those in which one known word hits; the others, and without it all,
are counted here, with the same results.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from detente.hunt.chunks import PADDING, Piece, Rows
from detente.hunt.gathered import Gathered
from detente.hunt.hit_lines import Lines, PlainLines
from detente.hunt.indicators import Match, Matcher, NotSearched, Rule
from detente.hunt.observing import observed
from detente.hunt.readers import HEAD_BYTES, Event, LogFormat
from detente.hunt.readers.event import outcome_of
from detente.hunt.results import Example, IndicatorHits
from detente.hunt.sequence import Watched, watched, without_time
from detente.hunt.tally import Alike, Seen, SeenBy, Tally, add_hit, add_matches

EXAMPLE_BYTES_MAX = 4096
EXAMPLES_BYTES_MAX = 32 << 20
"""Of all examples of one log: more than anybody looks at. An indicator that is first hit behind them has none."""
WORDS_REMEMBERED_MAX = 1 << 16
COMPILED_ROWS_MIN = 16
"""Of a piece, from which on the compiled step pays for its beginning: most of ten thousand small logs have fewer."""

_DAY_US = 86_400_000_000


class LineHit(NamedTuple):
    """One hit: a line, and an indicator by its place in the matcher's sources."""

    line: int
    indicator: int
    rule: Rule
    seen: frozenset[tuple[str, bytes]]  # kinds and normal forms of the values that matched
    event: Event


class Counting:
    """Of one log. `hit_lines`, `per_day` (hits by days since 1970) and `tallies` (by indicator) are whole after `settle`.

    `hits` empties the tallies.
    """

    def __init__(
        self,
        matcher: Matcher,
        log_format: LogFormat,
        *,
        examples_max: int,
        on_hit: Callable[[LineHit], None] | None,
        gathered: Gathered,
    ) -> None:
        self.per_day: dict[int, int] = {}
        self.tallies: dict[int, Tally] = {}
        self._matcher = matcher
        self._log_format = log_format
        self._outcome = log_format.read_outcome or log_format.outcome
        self._examples_max = examples_max
        self._examples_left = EXAMPLES_BYTES_MAX
        self._on_hit = on_hit
        self._gathered = gathered
        self._watched: dict[int, Watched] = {}
        self._without_time: dict[int, int] = {}  # lines that a pattern needs the time of, and cannot tell it
        self._hit_lines = 0
        self._lines: Lines = PlainLines()
        self._may_compile = on_hit is None
        self._alikes: list[Alike] = []  # all that count
        self._by_matches: dict[tuple[Match, ...], Alike] = {}
        self._by_words: dict[tuple[Alike, ...], Alike] = {}
        self._open_seen: SeenBy = {}  # of the line that came in part
        self._open_head = b""

    @property
    def hit_lines(self) -> int:
        return self._hit_lines + self._lines.hit_lines

    def read_as(self, log_format: LogFormat) -> None:
        """From now on. Only where somebody hears each hit, so that no line is counted by the compiled step."""
        self._log_format = log_format
        self._outcome = log_format.read_outcome or log_format.outcome

    def add_lines(self, piece: Piece, rows: Rows, lines_before: int) -> None:
        """A piece of whole lines."""
        if self._may_compile and len(rows) >= COMPILED_ROWS_MIN:
            self._may_compile = False
            self.settle()
            self._lines = lines_for(self._matcher, self._log_format)
        self._bound()
        data = memoryview(piece.padded)
        for line, start, end, hit, counted in self._lines.hit(data, rows, lines_before, self._alike_of):
            head = data[start : min(end, start + HEAD_BYTES)].tobytes()
            alike = hit[0] if len(hit) == 1 or counted else self._together(tuple(hit))
            if counted:
                self._add_examples(line, head, alike)
            else:
                self._count(line, head, alike)

    def add_part(self, piece: Piece, rows: Rows, line: int) -> None:
        """A piece of one line, which counts when its end has come."""
        self._bound()
        data = memoryview(piece.padded)
        if piece.begins:
            self._open_seen = {}
            self._open_head = b""
        if len(self._open_head) < HEAD_BYTES:
            self._open_head += data[PADDING : min(len(data) - PADDING, PADDING + HEAD_BYTES - len(self._open_head))]
        for start, end, _ in rows:
            add_matches(self._open_seen, self._matcher.match_word(data[start:end].tobytes()))
        if piece.ends and self._open_seen:
            self._count(line, self._open_head.removesuffix(b"\n"), self._new(self._open_seen))

    def settle(self) -> None:
        """Share out to the indicators what was counted, and forget what the words hit."""
        self._lines.settle(self.per_day)
        for alike in self._alikes:
            if alike.figures:
                alike.settle(alike.figures)
        self._alikes.clear()
        self._by_matches.clear()
        self._by_words.clear()

    def hits(self) -> Iterator[IndicatorHits]:
        """Of all indicators, after `settle`. Each tally goes when its result is made, so that not all of both are held."""
        for index in list(self.tallies):
            tally = self.tallies.pop(index)
            if tally.count:
                yield tally.hits(self._matcher.sources[index], self._matcher.warning_lists)

    def partly(self) -> tuple[NotSearched, ...]:
        sources = ((self._matcher.sources[index], count) for index, count in self._without_time.items())
        return tuple(NotSearched(s.id, s.shared_by, "", without_time(count)) for s, count in sources)

    def _bound(self) -> None:
        if len(self._alikes) + self._lines.remembered > WORDS_REMEMBERED_MAX:
            self.settle()

    def _count(self, line: int, head: bytes, alike: Alike) -> None:
        hits = len(alike.parts)
        if alike.watched:
            event = self._log_format.event(head)
            outcome = outcome_of(event)
            hits += self._hold(line, head, event, alike)
            if not hits:
                return
        else:
            outcome = self._outcome(head)
        self._hit_lines += 1
        if outcome.time_us is not None:
            day = outcome.time_us // _DAY_US
            self.per_day[day] = self.per_day.get(day, 0) + hits
        if not alike.parts:
            return
        alike.add(line, outcome)
        if self._on_hit is not None:
            event = self._log_format.event(head)
            for index, _, seen, _ in alike.parts:
                self._on_hit(LineHit(line, index, seen.rule, frozenset(seen.values), event))
        if alike.examples_wanted:
            alike.examples_wanted -= 1
            self._add_examples(line, head, alike)

    def _add_examples(self, line: int, head: bytes, alike: Alike) -> None:
        for _, tally, _, _ in alike.parts:
            if len(tally.examples) < self._examples_max:
                self._add_example(tally, line, head)

    def _add_example(self, tally: Tally, line: int, head: bytes) -> None:
        text = head[:EXAMPLE_BYTES_MAX]
        if len(text) <= self._examples_left:
            self._examples_left -= len(text)
            tally.examples += (Example(line, text),)
        else:
            self._examples_left = 0  # from here on there are none, however short

    def _hold(self, line: int, head: bytes, event: Event, alike: Alike) -> int:
        """Hold the line against patterns that are more than their values; how many it hits alone."""
        outcome = outcome_of(event)
        one = observed(head, event)
        alone = len(alike.parts)
        several: list[tuple[int, Seen, int]] = []
        for index, seen in alike.watched:
            source = self._matcher.sources[index]
            pattern = self._watched.get(index)
            if pattern is None:
                pattern = self._watched[index] = watched(source)
            leaves = pattern.leaves(one)
            if not leaves:
                continue
            if not pattern.alone:
                several.append((index, seen, leaves))
            elif pattern.timed and outcome.time_us is None:
                self._without_time[index] = self._without_time.get(index, 0) + 1
            elif pattern.holds_alone(leaves, outcome.time_us):
                alone += 1
                tally = self.tallies.setdefault(index, Tally())
                add_hit(tally, source, seen, line, outcome)
                if len(tally.examples) < self._examples_max:
                    self._add_example(tally, line, head)
                if self._on_hit is not None:
                    self._on_hit(LineHit(line, index, Rule.PATTERN, frozenset(seen.values), event))
        for index, seen, leaves in several:
            source, pattern = self._matcher.sources[index], self._watched[index]
            self._gathered.add(source, pattern, leaves, line, outcome, seen, head, counted=alone > 0)
        return alone - len(alike.parts)

    def _alike_of(self, word: bytes) -> Alike | None:
        matches = self._matcher.match_word(word)
        if not matches:
            return None
        alike = self._by_matches.get(matches)
        if alike is None:
            seen: SeenBy = {}
            add_matches(seen, matches)
            alike = self._by_matches[matches] = self._new(seen, matches)
        return alike

    def _together(self, hit: tuple[Alike, ...]) -> Alike:
        alike = self._by_words.get(hit)
        if alike is None:
            seen: SeenBy = {}
            for one in hit:
                add_matches(seen, one.matches)
            alike = self._by_words[hit] = self._new(seen)
        return alike

    def _new(self, seen: SeenBy, matches: tuple[Match, ...] = ()) -> Alike:
        alike = Alike(matches)
        for index, how in seen.items():
            source = self._matcher.sources[index]
            if source.pattern:
                alike.watched.append((index, how))
                continue
            tally = self.tallies.get(index)
            if tally is None:
                tally = self.tallies[index] = Tally()
            alike.include(index, tally, how, source)
            alike.examples_wanted = max(alike.examples_wanted, self._examples_max - len(tally.examples))
        self._alikes.append(alike)
        return alike


def lines_for(matcher: Matcher, log_format: LogFormat) -> Lines:
    """Beside the compiled sieve the compiled step."""
    if matcher.compiled is None:
        return PlainLines()
    from detente.hunt.fast_counting import FastLines

    return FastLines(log_format)
