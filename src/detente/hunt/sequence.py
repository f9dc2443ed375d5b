"""Patterns that are more than simple values, held against the lines of logs: which lines, together, make one hold.

A line is an observation at the moment that it tells. Of each line that holds a value of the pattern (`detente.hunt.literals`) the objects
are made (`detente.hunt.observing`), and each part in brackets is held against these; only the moment and which parts were true is kept.
A pattern that one line is enough for is decided at once. Of any other the lines are gathered over all logs of the hunt, and chosen from in
the order of their times when all are read (`detente.stix.pattern.search`).

A *hit* of such a pattern is one way to make it hold, whose lines then count for no other: `[a] FOLLOWEDBY [b]` in the lines
a, b, b, a, b is hit twice. It has the moment of the last of its lines.

Bounded: at most LINES_MAX lines are kept for each pattern; those beyond are not looked at, and the result says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple

from detente.errors import InvalidObject, InvalidPattern
from detente.hunt.indicators import IndicatorSource, NotSearched, Rule
from detente.hunt.literals import is_alone, needs_time, plan
from detente.hunt.readers import Outcome
from detente.hunt.results import SEEN_MAX, Example, HuntResult, IndicatorHits, ordered
from detente.hunt.tally import Seen, Tally
from detente.stix.pattern import Pattern
from detente.stix.pattern.evaluate import Holds, holds_for, leaves_true
from detente.stix.pattern.observed import Observed
from detente.stix.pattern.search import Seen as Moment
from detente.stix.pattern.search import leaves_of, occurrences

LINES_MAX = 100_000
ALL_LINES_MAX = 500_000  # of all patterns together
EXAMPLES_KEPT = 100
EXAMPLES_MAX = 3
EXAMPLE_BYTES_MAX = 4096

_DAY_US = 86_400_000_000
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


@dataclass(slots=True)
class Watched:
    """A pattern as it is held against lines."""

    pattern: Pattern
    alone: bool  # one line is enough
    timed: bool  # a line without a time has no part in it
    says: list[Holds]

    def leaves(self, one: Observed) -> int:
        """A bit for each part in brackets that the line makes true."""
        try:
            return leaves_true(self.says, one)
        except InvalidObject:  # a time is compared with text that is none
            return 0

    def holds_alone(self, leaves: int, time_us: int | None) -> bool:
        """Whether the line is enough, at its time."""
        at_us = time_us or 0
        return not self.timed or next(occurrences(self.pattern, [Moment(at_us, at_us, 1, leaves)]), None) is not None


def watched(text: str) -> Watched:
    """Of an indicator's pattern, of which something can be searched for (see `plan`)."""
    pattern = plan(text).pattern
    if pattern is None:
        raise InvalidPattern("nothing of the pattern can be searched for")
    says = [holds_for(leaf.expression) for leaf in leaves_of(pattern)]
    return Watched(pattern, is_alone(pattern), needs_time(pattern), says)


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


class Gathered:
    """Lines of all logs of one hunt, for the patterns that need several."""

    def __init__(self, *, lines_max: int = LINES_MAX, all_lines_max: int = ALL_LINES_MAX) -> None:
        self._by_source: dict[tuple[str, str], _Gathering] = {}
        self._lines_max = lines_max
        self._left = all_lines_max
        self._log = 0

    def next_log(self) -> None:
        """Lines of the next log are numbered from 1 again."""
        self._log += 1

    def add(
        self, source: IndicatorSource, pattern: Watched, leaves: int, line: int, outcome: Outcome, seen: Seen, head: bytes, *, counted: bool
    ) -> None:  # fmt: skip
        one = self._by_source.setdefault((source.id, source.shared_by), _Gathering(source, pattern))
        if pattern.timed and outcome.time_us is None:
            one.without_time += 1
        elif len(one.lines) >= self._lines_max or not self._left:
            one.beyond += 1
        else:
            self._left -= 1
            head = head[:EXAMPLE_BYTES_MAX] if len(one.lines) < EXAMPLES_KEPT else b""
            one.lines.append(Kept(line, outcome, leaves, seen, counted, self._log, head))

    def result(self) -> HuntResult:
        """The hits, and what of the lines could not be held against the patterns."""
        hits: list[IndicatorHits] = []
        partly: list[NotSearched] = []
        per_day: dict[str, int] = {}
        lines: set[tuple[int, int]] = set()
        for one in self._by_source.values():
            tally = Tally()
            reasons = _reasons(one)
            try:
                for places in occurrences(one.watched.pattern, [_moment(kept) for kept in one.lines]):
                    found = sorted((one.lines[place] for place in places), key=lambda k: k.outcome.time_us or 0)
                    self._count(one.source, tally, found, per_day)
                    lines.update((kept.log, kept.line) for kept in found if not kept.counted)
            except InvalidPattern as error:
                reasons.append(f"{error}; hits found by then are counted")
            partly += [NotSearched(one.source.id, one.source.shared_by, "", reason) for reason in reasons]
            if tally.count:
                hits.append(tally.hits(one.source))
        return HuntResult(
            hits=ordered(hits),
            hit_lines=len(lines),
            hits_per_day=dict(sorted(per_day.items())),
            lines=0,
            bytes=0,
            log_format="",
            left_out_runs=0,
            left_out_bytes=0,
            partly=tuple(partly),
        )

    def _count(self, source: IndicatorSource, tally: Tally, found: list[Kept], per_day: dict[str, int]) -> None:
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
                tally.examples.append(Example(kept.line, kept.head))
        if last.outcome.time_us is not None:
            day = date.fromordinal(_EPOCH_ORDINAL + last.outcome.time_us // _DAY_US).isoformat()
            per_day[day] = per_day.get(day, 0) + 1


def add_hit(tally: Tally, source: IndicatorSource, seen: Seen, line: int, outcome: Outcome) -> None:
    """One more hit of a pattern, at a line."""
    tally.count += 1
    tally.rules[Rule.PATTERN] += 1
    tally.outside += source.outside(outcome.time_us)
    tally.likely_false += seen.likely_false
    tally.allow_listed += seen.allow_listed
    tally.warnings |= seen.warnings
    if len(tally.values) < SEEN_MAX:
        tally.values |= seen.values
    tally.actions[outcome.action] += 1
    tally.directions[outcome.direction] += 1
    if outcome.host:
        tally.add_host(outcome.host)
    tally.first_line = line if tally.first_line is None else min(tally.first_line, line)
    tally.last_line = max(tally.last_line or 0, line)
    time_us = outcome.time_us
    if time_us is None:
        tally.without_time += 1
        return
    tally.first_us = time_us if tally.first_us is None else min(tally.first_us, time_us)
    tally.last_us = time_us if tally.last_us is None else max(tally.last_us, time_us)


def _moment(kept: Kept) -> Moment:
    at_us = kept.outcome.time_us or 0
    return Moment(at_us, at_us, 1, kept.leaves)


def _reasons(one: _Gathering) -> list[str]:
    reasons = []
    if one.beyond:
        reasons.append(
            f"{one.beyond:,} lines that hold a part of it came after as many as are kept, and were not looked at"
        )
    if one.without_time:
        reasons.append(without_time(one.without_time))
    return reasons


def without_time(count: int) -> str:
    return f"{count:,} lines that hold a part of it tell no time, which it needs"


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
