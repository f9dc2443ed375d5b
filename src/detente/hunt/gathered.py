"""Lines that make parts of patterns true, gathered until a whole pattern holds: over all logs of a hunt, in whatever pieces it is done.

Of a pattern that needs several lines every line that makes a part of it true is kept: where it stands, what it tells, and which parts
those are. When all logs are read the lines are chosen from, in the order of their times (`detente.stix.pattern.search`). A *hit* is one way
to make the pattern hold, whose lines then count for no other: `[a] FOLLOWEDBY [b]` in the lines a, b, b, a, b is hit twice. It has the
moment of the last of its lines.

What is gathered can be written down, as a `Written`, and taken in by another: that is how lines before and behind a stop, of different
workers, or of different looks at a log that is followed come together. It makes no difference in how many pieces they came.

Bounded: `lines_max` lines for each pattern and `all_lines_max` together; those beyond are not looked at, and the result says how many.
Where logs are followed (`settling`) older lines are let go instead, when there are too many: of a pattern that is WITHIN as a whole, what
holds in windows that begin before some moment is counted for good, and lines from before that moment are forgotten. Lines that come
later still, and tell an earlier time, are not looked at either, and counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal, NamedTuple

import msgspec

from detente.errors import InvalidPattern
from detente.hunt.indicators import IndicatorSource, NotSearched, Rule
from detente.hunt.readers import Outcome
from detente.hunt.readers.event import Action, Direction
from detente.hunt.results import Example, HuntResult, IndicatorHits, merged, ordered
from detente.hunt.sequence import Watched, add_hit, watched, without_time
from detente.hunt.tally import Seen, Tally
from detente.stix.pattern import Qualified
from detente.stix.pattern.search import Seen as Moment
from detente.stix.pattern.search import occurrences, span_us_of

LINES_MAX = 100_000
ALL_LINES_MAX = 500_000  # of all patterns together
EXAMPLES_KEPT = 100
EXAMPLES_MAX = 3
EXAMPLE_BYTES_MAX = 4096

_DAY_US = 86_400_000_000
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


class WrittenKind(msgspec.Struct, frozen=True, array_like=True):
    """What many lines have in common. `parts`: a bit for each part in brackets that they make true, as a hexadecimal number."""

    parts: str
    host: str
    direction: Direction
    action: Action
    counted: bool
    rule: int
    likely_false: bool
    allow_listed: bool
    warnings: tuple[str, ...]
    values: tuple[tuple[str, bytes], ...]


class WrittenPattern(msgspec.Struct, frozen=True, array_like=True):
    """`lines`: number of the log, number of the line, its time, and the place of its kind. `heads`: of the first lines, where wanted."""

    source: IndicatorSource
    kinds: tuple[WrittenKind, ...]
    lines: tuple[tuple[int, int, int | None, int], ...]
    heads: tuple[bytes, ...]
    beyond: int
    without_time: int
    late: int
    since_us: int | None
    told: int


class Written(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that was gathered, as it is kept and sent. `logs`: how many logs there were."""

    patterns: tuple[WrittenPattern, ...]
    logs: int
    version: Literal[1] = 1


class Kept(NamedTuple):
    """A line that makes a part of a pattern true."""

    line: int
    outcome: Outcome
    leaves: int
    seen: Seen
    counted: bool  # among the lines that hit something by themselves
    log: int
    head: bytes  # of the first few, else empty


@dataclass(slots=True)
class _Gathering:
    source: IndicatorSource
    watched: Watched
    lines: list[Kept] = field(default_factory=list)
    beyond: int = 0
    without_time: int = 0
    late: int = 0
    since_us: int | None = None  # lines from before were let go
    told: int = 0  # how many hits of these lines
    changed: bool = False  # since it was asked what is to be told
    failed: str = ""


class Gathered:
    """Lines of all logs of one hunt, for the patterns that need several."""

    def __init__(
        self, *, lines_max: int = LINES_MAX, all_lines_max: int = ALL_LINES_MAX, settling: bool = False
    ) -> None:
        self._by_source: dict[tuple[str, str, str, bool], _Gathering] = {}
        self._lines_max = lines_max
        self._left = all_lines_max
        self._settling = settling
        self._settled: list[HuntResult] = []
        self._news: list[tuple[IndicatorSource, Kept]] = []
        self._log = 0

    def next_log(self) -> None:
        """Lines of the next log are numbered from 1 again."""
        self._log += 1

    def add(
        self, source: IndicatorSource, pattern: Watched, leaves: int, line: int, outcome: Outcome, seen: Seen, head: bytes, *, counted: bool
    ) -> None:  # fmt: skip
        """One line of the log at hand."""
        one = self._of(source, pattern)
        if pattern.timed and outcome.time_us is None:
            one.without_time += 1
        else:
            self._keep(one, Kept(line, outcome, leaves, seen, counted, self._log, head[:EXAMPLE_BYTES_MAX]))

    def take(self, written: Written, *, lines_before: int = 0) -> None:
        """What was gathered elsewhere, of logs behind those here, or of the rest of the last one: then behind so many of its lines.

        The lines come in the order in which one hunt would have come upon them, so that the bounds leave out the same.
        """
        coming: list[tuple[int, int, int, _Gathering, Kept]] = []
        for place, pattern in enumerate(written.patterns):
            one = self._of(pattern.source, None)
            one.beyond += pattern.beyond
            one.without_time += pattern.without_time
            one.late += pattern.late
            one.told += pattern.told
            if pattern.since_us is not None:
                one.since_us = max(one.since_us or pattern.since_us, pattern.since_us)
            coming += [(kept.log, kept.line, place, one, kept) for kept in _read(pattern)]
        coming.sort(key=lambda row: row[:3])
        for log, line, _, one, kept in coming:
            self._keep(one, kept._replace(log=self._log + log, line=lines_before + line))
        self._log += written.logs

    def written(self, *, heads: bool) -> Written:
        """`heads`: with the first bytes of some lines, for those who show them."""
        return Written(tuple(_write(one, heads=heads) for one in self._by_source.values()), self._log)

    def result(self) -> HuntResult:
        """The hits, and what of the lines could not be held against the patterns."""
        found = _Found()
        for one in self._by_source.values():
            reasons = _reasons(one)
            tally = Tally()
            try:
                for places in occurrences(one.watched.pattern, [_moment(kept) for kept in one.lines]):
                    found.count(one.source, tally, [one.lines[place] for place in places])
            except InvalidPattern as error:
                reasons.append(f"{error}; hits found by then are counted")
            found.partly += [NotSearched(one.source.id, one.source.shared_by, "", reason) for reason in reasons]
            found.close(one.source, tally)
        return found.result()

    def settled(self) -> HuntResult | None:
        """What was counted for good since this was asked last, and is in no other result."""
        settled, self._settled = self._settled, []
        return merged(settled, examples_max=0) if settled else None

    def news(self) -> list[tuple[IndicatorSource, Kept]]:
        """Hits that nobody was told of, each with the last of its lines."""
        for one in self._by_source.values():
            if one.changed:
                self._note_news(one)
        news, self._news = self._news, []
        return news

    def _note_news(self, one: _Gathering) -> None:
        one.changed = False
        last: list[Kept] = []
        # Whoever asks for the result hears of it when not all could be tried.
        with suppress(InvalidPattern):
            for places in occurrences(one.watched.pattern, [_moment(kept) for kept in one.lines]):
                last.append(max((one.lines[place] for place in places), key=_time_of))
        last.sort(key=_time_of)
        self._news += [(one.source, kept) for kept in last[one.told :]]
        one.told = max(one.told, len(last))

    def _of(self, source: IndicatorSource, pattern: Watched | None) -> _Gathering:
        key = (source.id, source.shared_by, source.pattern, bool(source.values))
        if key not in self._by_source:
            self._by_source[key] = _Gathering(source, pattern or watched(source))
        return self._by_source[key]

    def _keep(self, one: _Gathering, kept: Kept) -> None:
        is_full = len(one.lines) >= self._lines_max or not self._left
        if is_full and not (self._settling and self._settle(one)):
            one.beyond += 1
            return
        if one.since_us is not None and _time_of(kept) < one.since_us:
            one.late += 1
            return
        self._left -= 1
        one.changed = True
        one.lines.append(kept if len(one.lines) < EXAMPLES_KEPT else kept._replace(head=b""))

    def _settle(self, one: _Gathering) -> bool:
        """Count what holds in the older half of the time that is kept, and let it go; False where nothing can be let go."""
        pattern = one.watched.pattern
        if not isinstance(pattern, Qualified) or pattern.qualifier != "WITHIN" or len(one.lines) < 2:
            return False
        times = sorted(_time_of(kept) for kept in one.lines)
        since_us = min(times[-1] - span_us_of(pattern.arguments[0]), times[len(times) // 2])
        if since_us <= times[0]:
            return False
        self._note_news(one)
        found, tally = _Found(), Tally()
        taken: set[int] = set()
        try:
            for places in occurrences(pattern, [_moment(kept) for kept in one.lines], before_us=since_us):
                found.count(one.source, tally, [one.lines[place] for place in places])
                taken.update(places)
                one.told = max(0, one.told - 1)
        except InvalidPattern as error:
            one.failed = f"{error}; hits found by then are counted"
        found.close(one.source, tally)
        self._settled.append(found.result())
        before = len(one.lines)
        one.lines = [k for n, k in enumerate(one.lines) if n not in taken and _time_of(k) >= since_us]
        one.since_us = since_us
        self._left += before - len(one.lines)
        self._mark_counted(found.lines)
        return True

    def _mark_counted(self, places: set[tuple[int, int]]) -> None:
        """A line counts once among those that hit something, whichever pattern it hits later."""
        for one in self._by_source.values():
            one.lines = [k._replace(counted=True) if (k.log, k.line) in places else k for k in one.lines]


class _Found:
    """Hits on their way into a result."""

    def __init__(self) -> None:
        self.hits: list[IndicatorHits] = []
        self.partly: list[NotSearched] = []
        self.lines: set[tuple[int, int]] = set()  # that hit nothing by themselves
        self._per_day: dict[str, int] = {}

    def count(self, source: IndicatorSource, tally: Tally, lines: Iterable[Kept]) -> None:
        found = sorted(lines, key=_time_of)
        self.lines.update((kept.log, kept.line) for kept in found if not kept.counted)
        last = found[-1]
        together = Seen()
        for kept in found:
            together.warnings |= kept.seen.warnings
            together.values |= kept.seen.values
        together.likely_false = all(kept.seen.likely_false for kept in found)
        together.allow_listed = all(kept.seen.allow_listed for kept in found)
        add_hit(tally, source, together, last.line, last.outcome)
        for kept in found:
            if kept.head and len(tally.examples) < EXAMPLES_MAX:
                tally.examples += (Example(kept.line, kept.head),)
        if last.outcome.time_us is not None:
            day = date.fromordinal(_EPOCH_ORDINAL + last.outcome.time_us // _DAY_US).isoformat()
            self._per_day[day] = self._per_day.get(day, 0) + 1

    def close(self, source: IndicatorSource, tally: Tally) -> None:
        if tally.count:
            self.hits.append(tally.hits(source))

    def result(self) -> HuntResult:
        return HuntResult(
            hits=ordered(self.hits),
            hit_lines=len(self.lines),
            hits_per_day=dict(sorted(self._per_day.items())),
            lines=0,
            bytes=0,
            log_format="",
            left_out_runs=0,
            left_out_bytes=0,
            partly=tuple(self.partly),
        )


def _time_of(kept: Kept) -> int:
    return kept.outcome.time_us or 0


def _moment(kept: Kept) -> Moment:
    return Moment(_time_of(kept), _time_of(kept), 1, kept.leaves)


def _reasons(one: _Gathering) -> list[str]:
    reasons = [one.failed] if one.failed else []
    if one.beyond:
        reasons.append(
            f"{one.beyond:,} lines that hold a part of it came after as many as are kept, and were not looked at"
        )
    if one.late:
        reasons.append(
            f"{one.late:,} lines that hold a part of it came late, when later ones had been counted for good"
        )
    if one.without_time:
        reasons.append(without_time(one.without_time))
    return reasons


def _write(one: _Gathering, *, heads: bool) -> WrittenPattern:
    kinds: dict[WrittenKind, int] = {}
    known: dict[tuple[int, int, bool, str, str, str], int] = {}  # so that each kind is made once
    lines = []
    for kept in one.lines:
        time_us, host, direction, action = kept.outcome
        alike = (id(kept.seen), kept.leaves, kept.counted, host, direction, action)
        place = known.get(alike)
        if place is None:
            seen = kept.seen
            kind = WrittenKind(
                f"{kept.leaves:x}",
                host,
                direction,
                action,
                kept.counted,
                int(seen.rule),
                seen.likely_false,
                seen.allow_listed,
                tuple(sorted(seen.warnings)),
                tuple(sorted(seen.values)),
            )
            place = known[alike] = kinds.setdefault(kind, len(kinds))
        lines.append((kept.log, kept.line, time_us, place))
    first = tuple(kept.head for kept in one.lines[:EXAMPLES_KEPT]) if heads else ()
    return WrittenPattern(
        one.source, tuple(kinds), tuple(lines), first, one.beyond, one.without_time, one.late, one.since_us, one.told
    )


def _read(pattern: WrittenPattern) -> Iterable[Kept]:
    seen = [_seen(kind) for kind in pattern.kinds]
    parts = [int(kind.parts, 16) for kind in pattern.kinds]
    for n, (log, line, time_us, place) in enumerate(pattern.lines):
        kind = pattern.kinds[place]
        outcome = Outcome(time_us, kind.host, kind.direction, kind.action)
        head = pattern.heads[n] if n < len(pattern.heads) else b""
        yield Kept(line, outcome, parts[place], seen[place], kind.counted, log, head)


def _seen(kind: WrittenKind) -> Seen:
    seen = Seen()
    seen.rule = Rule(kind.rule)
    seen.likely_false, seen.allow_listed = kind.likely_false, kind.allow_listed
    seen.warnings, seen.values = set(kind.warnings), set(kind.values)
    return seen


def with_gathered(result: HuntResult, gathered: Gathered) -> HuntResult:
    """A log's result, and that of the patterns that needed several of its lines."""
    more = gathered.result()
    per_day = dict(result.hits_per_day)
    for day, count in more.hits_per_day.items():
        per_day[day] = per_day.get(day, 0) + count
    return replace(
        result,
        hits=ordered([*result.hits, *more.hits]),
        hit_lines=result.hit_lines + more.hit_lines,
        hits_per_day=dict(sorted(per_day.items())),
        partly=result.partly + more.partly,
    )
