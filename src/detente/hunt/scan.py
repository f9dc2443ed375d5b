"""The pass over a log: every line against every indicator, exactly, in bounded memory.

Each word of a line (a run of bytes without blank, quote or control, see `detente.hunt.values`) is matched alone, so
most of the work is to sieve out of a block of lines the words that may hit (see `detente.hunt.sieve`). Only these are
matched, only lines that hold a word that hits are looked at, and only of these is the event read. Nothing is remembered
from one block to the next but counts, and what some words hit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from itertools import chain
from typing import NamedTuple

from detente.errors import LocalError
from detente.hunt.chunks import BLOCK_BYTES, PADDING, RUN_BYTES_MAX, Piece, Rows, pieces
from detente.hunt.gathered import Gathered, with_gathered
from detente.hunt.indicators import Match, Matcher, NotSearched, Rule
from detente.hunt.observing import observed
from detente.hunt.readers import HEAD_BYTES, Event, LogFormat, detect
from detente.hunt.readers.event import outcome_of
from detente.hunt.results import Example, HuntResult, ordered
from detente.hunt.sequence import Watched, add_hit, watched, without_time
from detente.hunt.sieve import Sieve, sieve_for
from detente.hunt.tally import Alike, Seen, SeenBy, Tally, add_matches

EXAMPLE_BYTES_MAX = 4096

WORDS_REMEMBERED_MAX = 1 << 16
WORD_REMEMBERED_BYTES_MAX = 256

_DAY_US = 86_400_000_000
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()

INTERRUPTED = "interrupted"

Progress = Callable[[int, int, int], None]
Searched = tuple[Piece, Rows, int]  # a piece, and what `detente.hunt.sieve.Sieve` says of it
Search = Callable[[Iterable[Piece]], Iterator[Searched]]


class LineHit(NamedTuple):
    """One hit: a line, and an indicator by its place in the matcher's sources."""

    line: int
    indicator: int
    rule: Rule
    seen: frozenset[tuple[str, bytes]]  # kinds and normal forms of the values that matched
    event: Event


def hunt(
    chunks: Iterable[bytes],
    matcher: Matcher,
    *,
    year: int | None = None,
    log_format: LogFormat | None = None,
    format_name: str = "",
    skip_bytes: int = 0,
    lines_before: int = 0,
    examples_max: int = 3,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
    on_hit: Callable[[LineHit], None] | None = None,
    block_bytes: int = BLOCK_BYTES,
    run_bytes_max: int = RUN_BYTES_MAX,
    sieve: Sieve | None = None,
    search: Search | None = None,
    gathered: Gathered | None = None,
) -> HuntResult:
    """All hits in one log, whose plain bytes come in chunks of any size (see `detente.hunt.packed.plain_chunks`).

    The format is detected unless it is given or named; `year` is for logs whose lines do not tell it. The first
    `skip_bytes` were searched before: their `lines_before` lines are counted when lines are numbered. `progress` is
    called with the bytes, the lines and those that hit so far, after every block; then `stop` is asked whether to end
    here. `sieve`: one of this matcher, by default a new one. `search` sends the pieces through sieves of this matcher in
    its own way, say by several threads, and gives them back in order. `gathered` takes the lines
    of patterns that need several, and whoever gave it asks it for their result when all logs are read; else they are
    looked for in this log alone. A LocalError from the chunks ends the log: the result covers what came before, and
    `stopped` says why.
    """
    stopped: list[str] = []
    source = _until_error(chunks, stopped)
    if log_format is None:
        # A fixed number of bytes, so that the format does not depend on how the chunks came.
        first: list[bytes] = []
        size = 0
        for chunk in source:
            first.append(chunk)
            size += len(chunk)
            if size >= HEAD_BYTES:
                break
        log_format = detect(b"".join(first)[:HEAD_BYTES], year=year, name=format_name)
        source = chain(first, source)
    if skip_bytes:
        source = _behind(source, skip_bytes)
    log = LogHunt(
        matcher,
        log_format,
        skip_bytes=skip_bytes,
        lines_before=lines_before,
        examples_max=examples_max,
        on_hit=on_hit,
        gathered=gathered,
    )
    search = search or in_turn(sieve or sieve_for(matcher))
    for searched in search(pieces(source, block_bytes=block_bytes, run_bytes_max=run_bytes_max)):
        log.add(*searched)
        if progress is not None:
            progress(log.bytes, log.lines, log.hit_lines)
        if stop is not None and stop():
            stopped.append(INTERRUPTED)
            break
    return log.result("".join(stopped))


class LogHunt:
    """One log being hunted. Its pieces are added in order, each with what the sieve says of it; see `hunt`."""

    def __init__(
        self,
        matcher: Matcher,
        log_format: LogFormat,
        *,
        skip_bytes: int = 0,
        lines_before: int = 0,
        examples_max: int = 3,
        on_hit: Callable[[LineHit], None] | None = None,
        gathered: Gathered | None = None,
    ) -> None:
        self._matcher = matcher
        self._format_name = log_format.name
        self._skip_bytes = skip_bytes
        self._lines_before = lines_before
        self._gathered = gathered or Gathered()
        self._gathered.next_log()
        self._alone = gathered is None
        self._pass = _Pass(matcher, log_format, examples_max, lines_before, on_hit, self._gathered)

    @property
    def bytes(self) -> int:
        return self._pass.bytes

    @property
    def lines(self) -> int:
        return self._pass.lines - self._lines_before

    @property
    def hit_lines(self) -> int:
        return self._pass.hit_lines

    def add(self, piece: Piece, rows: Rows, newlines: int) -> None:
        if len(rows) and not isinstance(piece.padded, bytes):
            piece = replace(piece, padded=bytes(piece.padded))
        self._pass.add(piece, rows, newlines)

    def result(self, stopped: str = "") -> HuntResult:
        """`stopped`: why the log ended early."""
        run = self._pass
        run.settle()
        result = HuntResult(
            hits=ordered(
                tally.hits(self._matcher.sources[index], self._matcher.warning_lists)
                for index, tally in run.tallies.items()
                if tally.count
            ),
            hit_lines=run.hit_lines,
            hits_per_day={_day(day): count for day, count in sorted(run.per_day.items())},
            lines=self.lines,
            bytes=run.bytes,
            log_format=self._format_name,
            left_out_runs=run.left_out_runs,
            left_out_bytes=run.left_out_bytes,
            stopped=stopped,
            whole_bytes=self._skip_bytes + run.whole_bytes,
            partly=run.partly(),
        )
        return with_gathered(result, self._gathered) if self._alone else result


def in_turn(sieve: Sieve) -> Search:
    """One piece after the other."""

    def search(log: Iterable[Piece]) -> Iterator[Searched]:
        for piece in log:
            yield piece, *sieve.words(piece)

    return search


def _behind(chunks: Iterable[bytes], skip: int) -> Iterator[bytes]:
    for chunk in chunks:
        if skip < len(chunk):
            yield chunk[skip:]
        skip = max(0, skip - len(chunk))


def _until_error(chunks: Iterable[bytes], stopped: list[str]) -> Iterator[bytes]:
    try:
        yield from chunks
    except LocalError as error:
        stopped.append(str(error))


def _day(day: int) -> str:
    return date.fromordinal(_EPOCH_ORDINAL + day).isoformat()


class _Pass:
    def __init__(
        self,
        matcher: Matcher,
        log_format: LogFormat,
        examples_max: int,
        lines_before: int,
        on_hit: Callable[[LineHit], None] | None,
        gathered: Gathered,
    ) -> None:
        self.lines = lines_before
        self.bytes = self.whole_bytes = self.hit_lines = self.left_out_runs = self.left_out_bytes = 0
        self.per_day: dict[int, int] = {}
        self.tallies: dict[int, Tally] = {}
        self._matcher = matcher
        self._log_format = log_format
        self._outcome = log_format.read_outcome or log_format.outcome
        self._on_hit = on_hit
        self._gathered = gathered
        self._watched: dict[int, Watched] = {}
        self._without_time: dict[int, int] = {}  # lines that a pattern needs the time of, and cannot tell it
        self._examples_max = examples_max
        self._by_word: dict[bytes, Alike | None] = {}  # lines in which this word alone hits; None when it does not
        self._by_words: dict[tuple[Alike, ...], Alike] = {}
        self._alike: list[Alike] = []  # all that count
        self._open_seen: SeenBy = {}  # of the line that came in part
        self._open_head = b""

    def add(self, piece: Piece, rows: Rows, newlines: int) -> None:
        self.bytes += len(piece) + piece.left_out_bytes
        self.left_out_runs += piece.left_out_runs
        self.left_out_bytes += piece.left_out_bytes
        if len(self._alike) + len(self._by_word) > WORDS_REMEMBERED_MAX:
            self.settle()
        if piece.begins and piece.ends:
            self._add_lines(piece.padded, rows)
            # Without a newline at the end only the last line of a log, which may have been left out altogether.
            self.lines += newlines + (piece.padded[-PADDING - 1] != 0x0A)
        else:
            self._add_part(piece, rows)
        if piece.ends:
            self.whole_bytes = self.bytes

    def settle(self) -> None:
        """Share out to the indicators what was counted, and forget what the words hit."""
        for alike in self._alike:
            alike.settle()
        self._alike.clear()
        self._by_word.clear()
        self._by_words.clear()

    def _add_lines(self, data: bytes, rows: Rows) -> None:
        """Words that may hit, in order, with the newlines before each."""
        line = at = -1
        hit: list[Alike] = []  # of the line, by each word
        for start, end, before in rows:
            alike = self._alike_of(data[start:end])
            if alike is None:
                continue
            if before != line:
                if hit:
                    self._add_line(line, data, at, hit)
                hit = []
                line, at = before, start
            hit.append(alike)
        if hit:
            self._add_line(line, data, at, hit)

    def _add_line(self, before: int, data: bytes, at: int, hit: list[Alike]) -> None:
        """One line that was hit by these words, the first of them at that place."""
        start, end = data.rfind(b"\n", PADDING, at), data.find(b"\n", at)
        start = start + 1 if start >= 0 else PADDING
        end = end if end >= 0 else len(data) - PADDING
        alike = hit[0] if len(hit) == 1 else self._together(tuple(hit))
        self._count(self.lines + before + 1, data[start : min(end, start + HEAD_BYTES)], alike)

    def _add_part(self, piece: Piece, rows: Rows) -> None:
        if piece.begins:
            self._open_seen = {}
            self._open_head = b""
        if len(self._open_head) < HEAD_BYTES:
            self._open_head += piece.data[: HEAD_BYTES - len(self._open_head)]
        for start, end, _ in rows:
            alike = self._alike_of(piece.padded[start:end])
            if alike is not None:
                add_matches(self._open_seen, alike.matches)
        if piece.ends:
            self.lines += 1
            if self._open_seen:
                self._count(self.lines, self._open_head.removesuffix(b"\n"), self._new(self._open_seen))

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
        self.hit_lines += 1
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
        if alike.wants_examples:
            alike.wants_examples = False
            for _, tally, _, _ in alike.parts:
                if len(tally.examples) < self._examples_max:
                    tally.examples.append(Example(line, head[:EXAMPLE_BYTES_MAX]))
                    alike.wants_examples = True

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
                    tally.examples.append(Example(line, head[:EXAMPLE_BYTES_MAX]))
                if self._on_hit is not None:
                    self._on_hit(LineHit(line, index, Rule.PATTERN, frozenset(seen.values), event))
        for index, seen, leaves in several:
            source, pattern = self._matcher.sources[index], self._watched[index]
            self._gathered.add(source, pattern, leaves, line, outcome, seen, head, counted=alone > 0)
        return alone - len(alike.parts)

    def partly(self) -> tuple[NotSearched, ...]:
        sources = ((self._matcher.sources[index], count) for index, count in self._without_time.items())
        return tuple(NotSearched(s.id, s.shared_by, "", without_time(count)) for s, count in sources)

    def _alike_of(self, word: bytes) -> Alike | None:
        if word in self._by_word:
            return self._by_word[word]
        matches = self._matcher.match_word(word)
        alike = None
        if matches:
            seen: SeenBy = {}
            add_matches(seen, matches)
            alike = self._new(seen, matches)
        # A longer word is matched each time it comes, so that what is remembered stays small.
        if len(word) <= WORD_REMEMBERED_BYTES_MAX:
            self._by_word[word] = alike
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
            if self._matcher.sources[index].pattern:
                alike.watched.append((index, how))
                continue
            tally = self.tallies.get(index)
            if tally is None:
                tally = self.tallies[index] = Tally()
            alike.include(index, tally, how, self._matcher.sources[index])
        self._alike.append(alike)
        return alike
