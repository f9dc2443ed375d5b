"""The pass over a log: every line against every indicator, exactly, in bounded memory.

Each word of a line (a run of bytes without blank, quote or control, see `detente.hunt.values`) is matched alone, so
most of the work is to sieve out of a block of lines the words that may hit (see `detente.hunt.sieve`). Only these are
matched, only lines that hold a word that hits are looked at, and only of these the time is read. Nothing is remembered
from one block to the next but counts, and what some words hit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from itertools import chain, groupby
from operator import itemgetter
from typing import NamedTuple

from detente.errors import LocalError
from detente.hunt.chunks import BLOCK_BYTES, RUN_BYTES_MAX, Piece, pieces
from detente.hunt.indicators import Match, Matcher, Rule
from detente.hunt.readers import ACTIONS, DIRECTIONS, HEAD_BYTES, Event, LogFormat, detect
from detente.hunt.results import HOSTS_MAX, SEEN_MAX, Example, HuntResult, IndicatorHits, ordered
from detente.hunt.sieve import Sieve, sieve_for

EXAMPLE_BYTES_MAX = 4096

WORDS_REMEMBERED_MAX = 1 << 16

_DAY_US = 86_400_000_000
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()

INTERRUPTED = "interrupted"

Progress = Callable[[int, int, int], None]


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
) -> HuntResult:
    """All hits in one log, whose plain bytes come in chunks of any size (see `detente.hunt.packed.plain_chunks`).

    The format is detected unless it is given or named; `year` is for logs whose lines do not tell it. The first
    `skip_bytes` were searched before: their `lines_before` lines are counted when lines are numbered. `progress` is
    called with the bytes, the lines and those that hit so far, after every block; then `stop` is asked whether to end
    here. `sieve`: one of this matcher, by default a new one. A LocalError from the chunks ends the log: the result
    covers what came before, and `stopped` says why.
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
    run = _Pass(matcher, sieve or sieve_for(matcher), log_format.event, examples_max, lines_before, on_hit)
    for piece in pieces(source, block_bytes=block_bytes, run_bytes_max=run_bytes_max):
        run.search(piece)
        if progress is not None:
            progress(run.bytes, run.lines - lines_before, run.hit_lines)
        if stop is not None and stop():
            stopped.append(INTERRUPTED)
            break
    return HuntResult(
        hits=ordered(tally.hits(matcher, index) for index, tally in run.tallies.items()),
        hit_lines=run.hit_lines,
        hits_per_day={_day(day): count for day, count in sorted(run.per_day.items())},
        lines=run.lines - lines_before,
        bytes=run.bytes,
        log_format=log_format.name,
        left_out_runs=run.left_out_runs,
        left_out_bytes=run.left_out_bytes,
        stopped="".join(stopped),
        whole_bytes=skip_bytes + run.whole_bytes,
    )


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


class _Seen:
    """How one indicator was hit within one line."""

    __slots__ = ("allow_listed", "likely_false", "rule", "values", "warnings")

    def __init__(self) -> None:
        self.rule = Rule.WEAK
        self.likely_false = self.allow_listed = True
        self.warnings: set[str] = set()
        self.values: set[tuple[str, bytes]] = set()

    def add(self, match: Match) -> None:
        self.rule = min(self.rule, match.rule)
        self.likely_false = self.likely_false and bool(match.warnings)
        self.allow_listed = self.allow_listed and match.allow_listed
        self.warnings.update(match.warnings)
        self.values.add((match.kind, match.value))


class _Tally:
    """How one indicator was hit so far."""

    __slots__ = (
        "actions", "allow_listed", "count", "directions", "examples", "first_line", "first_us", "hosts", "last_line",
        "last_us", "likely_false", "more_hosts", "outside", "rules", "values", "warnings", "without_time",
    )  # fmt: skip

    def __init__(self, line: int) -> None:
        self.count = self.outside = self.without_time = self.likely_false = self.allow_listed = 0
        self.first_line = self.last_line = line
        self.first_us: int | None = None
        self.last_us: int | None = None
        self.rules = [0] * len(Rule)
        self.warnings: set[str] = set()
        self.examples: list[Example] = []
        self.actions = dict.fromkeys(ACTIONS, 0)
        self.directions = dict.fromkeys(DIRECTIONS, 0)
        self.hosts: set[str] = set()
        self.more_hosts = False
        self.values: set[tuple[str, bytes]] = set()

    def add(self, seen: _Seen, line: int, event: Event, *, outside: bool) -> None:
        self.count += 1
        self.last_line = line
        self.rules[seen.rule] += 1
        self.outside += outside
        self.likely_false += seen.likely_false
        self.allow_listed += seen.allow_listed
        self.warnings |= seen.warnings
        self.actions[event.action] += 1
        self.directions[event.direction] += 1
        if event.host and event.host not in self.hosts:
            if len(self.hosts) < HOSTS_MAX:
                self.hosts.add(event.host)
            else:
                self.more_hosts = True
        if len(self.values) < SEEN_MAX:
            self.values |= seen.values
        time_us = event.time_us
        if time_us is None:
            self.without_time += 1
            return
        self.first_us = time_us if self.first_us is None else min(self.first_us, time_us)
        self.last_us = time_us if self.last_us is None else max(self.last_us, time_us)

    def hits(self, matcher: Matcher, index: int) -> IndicatorHits:
        source = matcher.sources[index]
        for value in source.values:
            self.warnings.update(matcher.warning_lists.matches(value.kind, value.value))
        return IndicatorHits(
            source=source,
            count=self.count,
            first_us=self.first_us,
            last_us=self.last_us,
            first_line=self.first_line,
            last_line=self.last_line,
            rules={rule.label: self.rules[rule] for rule in Rule if self.rules[rule]},
            outside_validity=self.outside,
            without_time=self.without_time,
            likely_false=self.likely_false,
            warnings=tuple(sorted(self.warnings)),
            examples=tuple(self.examples),
            allow_listed=self.allow_listed,
            actions={action: count for action, count in self.actions.items() if count},
            directions={direction: count for direction, count in self.directions.items() if count},
            hosts=tuple(sorted(self.hosts)),
            more_hosts=self.more_hosts,
            seen=tuple(sorted((kind, value.decode("utf-8", "replace")) for kind, value in self.values))[:SEEN_MAX],
        )


class _Pass:
    def __init__(
        self,
        matcher: Matcher,
        sieve: Sieve,
        read_event: Callable[[bytes], Event],
        examples_max: int,
        lines_before: int,
        on_hit: Callable[[LineHit], None] | None,
    ) -> None:
        self.lines = lines_before
        self.bytes = self.whole_bytes = self.hit_lines = self.left_out_runs = self.left_out_bytes = 0
        self.per_day: dict[int, int] = {}
        self.tallies: dict[int, _Tally] = {}
        self._matcher = matcher
        self._sieve = sieve
        self._matches: dict[bytes, tuple[Match, ...]] = {}
        self._read_event = read_event
        self._on_hit = on_hit
        self._examples_max = examples_max
        self._open_seen: dict[int, _Seen] = {}  # of the line that came in part
        self._open_head = b""

    def search(self, piece: Piece) -> None:
        self.bytes += len(piece.data) + piece.left_out_bytes
        self.left_out_runs += piece.left_out_runs
        self.left_out_bytes += piece.left_out_bytes
        rows, newlines = self._sieve.words(piece.data)
        found = [
            (start, before, matches) for start, end, before in rows if (matches := self._match(piece.data[start:end]))
        ]
        if piece.begins and piece.ends:
            if found:
                self._note_lines(piece.data, found)
            # Without a newline at the end only the last line of a log, which may have been left out altogether.
            self.lines += newlines + (not piece.data.endswith(b"\n"))
        else:
            self._search_part(piece, [matches for _, _, matches in found])
        if piece.ends:
            self.whole_bytes = self.bytes

    def _match(self, word: bytes) -> tuple[Match, ...]:
        matches = self._matches.get(word)
        if matches is None:
            if len(self._matches) >= WORDS_REMEMBERED_MAX:
                self._matches.clear()
            matches = self._matches[word] = self._matcher.match_word(word)
        return matches

    def _note_lines(self, data: bytes, found: list[tuple[int, int, tuple[Match, ...]]]) -> None:
        """Words that hit, in order, with the newlines before each."""
        for before, words in groupby(found, key=itemgetter(1)):
            seen: dict[int, _Seen] = {}
            at = 0
            for at, _, matches in words:  # noqa: B007 - the last of them tells where the line is
                _add(seen, matches)
            end = data.find(b"\n", at)
            self._note(self.lines + before + 1, data[data.rfind(b"\n", 0, at) + 1 : None if end < 0 else end], seen)

    def _search_part(self, piece: Piece, found: list[tuple[Match, ...]]) -> None:
        if piece.begins:
            self._open_seen = {}
            self._open_head = b""
        if len(self._open_head) < HEAD_BYTES:
            self._open_head += piece.data[: HEAD_BYTES - len(self._open_head)]
        for matches in found:
            _add(self._open_seen, matches)
        if piece.ends:
            self.lines += 1
            if self._open_seen:
                self._note(self.lines, self._open_head.removesuffix(b"\n"), self._open_seen)

    def _note(self, line: int, text: bytes, seen: dict[int, _Seen]) -> None:
        """One line that hit."""
        head = text[:HEAD_BYTES]
        event = self._read_event(head)
        time_us = event.time_us
        self.hit_lines += 1
        if time_us is not None:
            day = time_us // _DAY_US
            self.per_day[day] = self.per_day.get(day, 0) + len(seen)
        for index, how in seen.items():
            tally = self.tallies.get(index)
            if tally is None:
                tally = self.tallies[index] = _Tally(line)
            tally.add(how, line, event, outside=self._matcher.sources[index].outside(time_us))
            if self._on_hit is not None:
                self._on_hit(LineHit(line, index, how.rule, frozenset(how.values), event))
            if len(tally.examples) < self._examples_max:
                tally.examples.append(Example(line, head[:EXAMPLE_BYTES_MAX]))


def _add(seen: dict[int, _Seen], matches: tuple[Match, ...]) -> None:
    for match in matches:
        one = seen.get(match.indicator)
        if one is None:
            one = seen[match.indicator] = _Seen()
        one.add(match)
