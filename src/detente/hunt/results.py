"""What a hunt found, as values. Hits, counts and times may leave by a decision; examples are log lines and never do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from detente.hunt.indicators import IndicatorSource, NotSearched

HOSTS_MAX = 1000
SEEN_MAX = 100


@dataclass(frozen=True, slots=True)
class Example:
    """A line that hit, at most its first 4,096 bytes. For the eyes of those who own the log."""

    line: int
    text: bytes


@dataclass(frozen=True, slots=True)
class IndicatorHits:
    """All hits of one indicator.

    A hit is one event: one line that matches the indicator, however often it does so within the line. So `count` is the
    number of lines too. Times are those of the events, and None where no hit line told its time. `rules` counts each
    hit under the strongest rule that matched in its line, by the names exact, network, parent and weak. A hit of a pattern that is
    more than its values is counted under `pattern`; it may be of several lines, see `detente.hunt.sequence`.
    """

    source: IndicatorSource
    count: int
    first_us: int | None
    last_us: int | None
    first_line: int | None  # counted from 1; None once results of several logs are merged
    last_line: int | None
    rules: Mapping[str, int]
    outside_validity: int  # hits before valid_from or from valid_until on, or of a revoked indicator
    without_time: int  # hits whose line told no time, so that validity could not be judged
    likely_false: int  # hits whose every matching value is on a warning list
    warnings: tuple[str, ...]  # the warning lists that hold a value of the indicator, or one that it matched
    examples: tuple[Example, ...] = field(default=(), repr=False)
    allow_listed: int = 0  # hits whose every matching value is on our own allow-list
    actions: Mapping[str, int] = field(default_factory=dict)  # blocked, allowed, unknown: what the lines say was done
    directions: Mapping[str, int] = field(default_factory=dict)  # in, out, unknown
    # Hosts of ours, the first HOSTS_MAX of them. Never in anything that leaves.
    hosts: tuple[str, ...] = field(default=(), repr=False)
    more_hosts: bool = False
    seen: tuple[tuple[str, str], ...] = ()  # kinds and values that were there, in normal form, the first SEEN_MAX

    @property
    def id(self) -> str:
        return self.source.id


@dataclass(frozen=True, slots=True)
class HuntResult:
    hits: tuple[IndicatorHits, ...]  # most hits first; an indicator without a hit is not here
    hit_lines: int  # lines that hit any indicator
    hits_per_day: Mapping[str, int]  # by UTC day of the event, "2015-05-17"; hits without a time are not here
    lines: int
    bytes: int
    log_format: str  # see detente.hunt.readers
    left_out_runs: int  # runs too long to be searched, see detente.hunt.chunks
    left_out_bytes: int
    stopped: str = ""  # why the log ended early, "" when it did not; the figures cover what stands before
    whole_bytes: int = 0  # of the log up to the end of the last whole line: where to go on
    partly: tuple[NotSearched, ...] = ()  # patterns that not all lines could be held against, and why

    @property
    def count(self) -> int:
        return sum(hits.count for hits in self.hits)


def without_hits(lines: int, size: int) -> HuntResult:
    """Of a log in which nothing was found; how it is written was not asked then."""
    return HuntResult(
        hits=(),
        hit_lines=0,
        hits_per_day={},
        lines=lines,
        bytes=size,
        log_format="",
        left_out_runs=0,
        left_out_bytes=0,
        whole_bytes=size,
    )


def merged(results: Iterable[HuntResult], *, examples_max: int = 3) -> HuntResult:
    """One result of hunts with the same indicators over several logs; line numbers lose their meaning and go.

    Indicators are told apart by id and by who shared them.
    """
    listed = list(results)
    by_source: dict[tuple[str, str], IndicatorHits] = {}
    per_day: dict[str, int] = {}
    for result in listed:
        for day, count in result.hits_per_day.items():
            per_day[day] = per_day.get(day, 0) + count
        for hits in result.hits:
            key = (hits.source.id, hits.source.shared_by)
            before = by_source.get(key)
            by_source[key] = hits if before is None else _sum(before, hits, examples_max)
    several = len(listed) > 1
    together = [replace(hits, first_line=None, last_line=None) if several else hits for hits in by_source.values()]
    return HuntResult(
        hits=ordered(together),
        hit_lines=sum(result.hit_lines for result in listed),
        hits_per_day=dict(sorted(per_day.items())),
        lines=sum(result.lines for result in listed),
        bytes=sum(result.bytes for result in listed),
        log_format=" ".join(sorted({result.log_format for result in listed if result.log_format})),
        left_out_runs=sum(result.left_out_runs for result in listed),
        left_out_bytes=sum(result.left_out_bytes for result in listed),
        stopped="; ".join(result.stopped for result in listed if result.stopped),
        whole_bytes=listed[0].whole_bytes if len(listed) == 1 else 0,
        partly=tuple(dict.fromkeys(one for result in listed for one in result.partly)),
    )


def ordered(hits: Iterable[IndicatorHits]) -> tuple[IndicatorHits, ...]:
    return tuple(sorted(hits, key=lambda one: (-one.count, one.source.id, one.source.shared_by)))


def _sum(a: IndicatorHits, b: IndicatorHits, examples_max: int) -> IndicatorHits:
    firsts = [time for time in (a.first_us, b.first_us) if time is not None]
    lasts = [time for time in (a.last_us, b.last_us) if time is not None]
    hosts = tuple(sorted({*a.hosts, *b.hosts}))
    return replace(
        a,
        count=a.count + b.count,
        first_us=min(firsts, default=None),
        last_us=max(lasts, default=None),
        rules=_added(a.rules, b.rules),
        outside_validity=a.outside_validity + b.outside_validity,
        without_time=a.without_time + b.without_time,
        likely_false=a.likely_false + b.likely_false,
        warnings=tuple(sorted({*a.warnings, *b.warnings})),
        examples=(a.examples + b.examples)[:examples_max],
        allow_listed=a.allow_listed + b.allow_listed,
        actions=_added(a.actions, b.actions),
        directions=_added(a.directions, b.directions),
        hosts=hosts[:HOSTS_MAX],
        more_hosts=a.more_hosts or b.more_hosts or len(hosts) > HOSTS_MAX,
        seen=tuple(sorted({*a.seen, *b.seen}))[:SEEN_MAX],
    )


def _added(a: Mapping[str, int], b: Mapping[str, int]) -> dict[str, int]:
    return {name: a.get(name, 0) + b.get(name, 0) for name in {**a, **b}}
