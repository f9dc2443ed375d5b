"""How often each indicator was hit, without work for each indicator in each line.

Lines that hit the same words are counted together (`Alike`), and shared out to the indicators (`Tally`) when the log ends or
too much is remembered: a hot log has millions of such lines and few kinds of them. What comes out is what counting line by
line would give.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from functools import lru_cache
from operator import add

from detente.hunt.counting_tables import (
    COUNT,
    FIRST_ACTION,
    FIRST_DIRECTION,
    FIRST_LINE,
    FIRST_US,
    LAST_LINE,
    LAST_US,
    NO_FIGURES,
    NO_FIRST_US,
    NO_LAST_US,
    WITHOUT_TIME,
)
from detente.hunt.indicators import IndicatorSource, Match, Rule
from detente.hunt.readers import ACTIONS, DIRECTIONS, Outcome
from detente.hunt.results import HOSTS_MAX, SEEN_MAX, Example, IndicatorHits
from detente.hunt.warninglists import WarningLists

_RULES = tuple(rule.label for rule in Rule)
_NO_RULES = (0,) * len(_RULES)
_NO_VERDICTS = (0,) * (len(ACTIONS) + len(DIRECTIONS))
_PLACE_OF_ACTION = {action: FIRST_ACTION + place for place, action in enumerate(ACTIONS)}
_PLACE_OF_DIRECTION = {direction: FIRST_DIRECTION + place for place, direction in enumerate(DIRECTIONS)}
_NO_WARNINGS: Set[str] = frozenset()
_NO_VALUES: Set[tuple[str, bytes]] = frozenset()


class Seen:
    """How one indicator was hit within one line."""

    __slots__ = ("allow_listed", "likely_false", "rule", "values", "warnings")

    def __init__(self) -> None:
        self.rule = Rule.WEAK
        self.likely_false = self.allow_listed = True
        self.warnings = _NO_WARNINGS
        self.values = _NO_VALUES

    def add(self, match: Match) -> None:
        _, rule, warnings, kind, value, allow_listed = match
        if rule < self.rule:
            self.values = _NO_VALUES  # a weaker rule saw the same thing less exactly
        if rule <= self.rule:
            self.values |= {(kind, value)}
            self.rule = rule
        self.likely_false = self.likely_false and bool(warnings)
        self.allow_listed = self.allow_listed and allow_listed
        if warnings:
            self.warnings |= set(warnings)


SeenBy = dict[int, Seen]  # by the indicator's place among the matcher's sources


def add_matches(seen: SeenBy, matches: Iterable[Match]) -> None:
    for match in matches:
        one = seen.get(match.indicator)
        if one is None:
            one = seen[match.indicator] = Seen()
        one.add(match)


class Tally:
    """How one indicator was hit so far. There may be as many as indicators: what most of them lack takes no room."""

    __slots__ = (
        "allow_listed", "count", "examples", "first_line", "first_us", "hosts", "last_line", "last_us",
        "likely_false", "more_hosts", "outside", "rules", "values", "verdicts", "warnings", "without_time",
    )  # fmt: skip

    def __init__(self) -> None:
        self.count = self.outside = self.without_time = self.likely_false = self.allow_listed = 0
        self.first_line: int | None = None
        self.last_line: int | None = None
        self.first_us = NO_FIRST_US
        self.last_us = NO_LAST_US
        self.rules = _NO_RULES
        self.verdicts = _NO_VERDICTS  # actions, and behind them directions, as in the figures of lines
        self.examples: tuple[Example, ...] = ()
        self.warnings = _NO_WARNINGS
        self.values: tuple[tuple[str, bytes], ...] = ()  # each once; a set is four times as large
        self.hosts: set[str] | None = None
        self.more_hosts = False

    def see(self, seen: Seen) -> None:
        """One more way in which it is hit."""
        if seen.warnings:
            self.warnings |= seen.warnings
        if len(self.values) < SEEN_MAX:
            self.values += tuple(value for value in seen.values if value not in self.values)

    def add_host(self, host: str) -> None:
        if self.hosts is None:
            self.hosts = {host}
        elif host not in self.hosts:
            if len(self.hosts) < HOSTS_MAX:
                self.hosts.add(host)
            else:
                self.more_hosts = True

    def add(self, figures: Sequence[int], seen: Seen, rule: Rule) -> None:
        """The figures of lines that hit it in this way."""
        count, first_line, last_line, first_us, last_us, without_time, *verdicts = figures
        self.count += count
        self.rules = _shared((*self.rules[:rule], self.rules[rule] + count, *self.rules[rule + 1 :]))
        self.likely_false += count * seen.likely_false
        self.allow_listed += count * seen.allow_listed
        self.without_time += without_time
        self.first_line = first_line if self.first_line is None else min(self.first_line, first_line)
        self.last_line = last_line if self.last_line is None else max(self.last_line, last_line)
        self.first_us = min(self.first_us, first_us)
        self.last_us = max(self.last_us, last_us)
        self.verdicts = _shared(tuple(map(add, self.verdicts, verdicts)))

    def hits(self, source: IndicatorSource, warning_lists: WarningLists | None = None) -> IndicatorHits:
        if warning_lists is not None and warning_lists.lists:
            for value in source.values:
                self.warnings |= set(warning_lists.matches(value.kind, value.value))
        timed = self.first_us <= self.last_us
        return IndicatorHits(
            source=source,
            count=self.count,
            first_us=self.first_us if timed else None,
            last_us=self.last_us if timed else None,
            first_line=self.first_line,
            last_line=self.last_line,
            rules=_counted(_RULES, self.rules),
            outside_validity=self.outside,
            without_time=self.without_time,
            likely_false=self.likely_false,
            warnings=tuple(sorted(self.warnings)),
            examples=self.examples,
            allow_listed=self.allow_listed,
            actions=_counted(ACTIONS, self.verdicts[: len(ACTIONS)]),
            directions=_counted(DIRECTIONS, self.verdicts[len(ACTIONS) :]),
            hosts=tuple(sorted(self.hosts or ())),
            more_hosts=self.more_hosts,
            seen=tuple(sorted((kind, value.decode("utf-8", "replace")) for kind, value in self.values))[:SEEN_MAX],
        )


class Alike:
    """Lines that hit the same indicators by the same words."""

    __slots__ = ("bounds", "examples_wanted", "figures", "matches", "parts", "watched")

    def __init__(self, matches: tuple[Match, ...]) -> None:
        self.matches = matches  # of the one word, where it is one
        self.parts: list[tuple[int, Tally, Seen, bool]] = []  # for each indicator, and whether it is revoked
        self.bounds: list[tuple[Tally, IndicatorSource]] = []  # those that hold for a time only
        self.watched: list[tuple[int, Seen]] = []  # patterns that are more than their values
        self.examples_wanted = 0  # at most so many more lines can be examples
        self.figures: list[int] = []  # none, or FIGURES of them

    def include(self, index: int, tally: Tally, seen: Seen, source: IndicatorSource) -> None:
        self.parts.append((index, tally, seen, source.revoked))
        if not source.revoked and (source.valid_from_us is not None or source.valid_until_us is not None):
            self.bounds.append((tally, source))

    def add(self, line: int, outcome: Outcome) -> None:
        """One more such line; they come in the order of the log."""
        if not self.figures:
            self.figures = list(NO_FIGURES)
        add_line(self.figures, line, outcome)
        if outcome.host:
            for _, tally, _, _ in self.parts:
                tally.add_host(outcome.host)
        if outcome.time_us is not None:
            for tally, source in self.bounds:
                tally.outside += source.outside(outcome.time_us)

    def settle(self, figures: Sequence[int]) -> None:
        """Share out to the indicators what was counted of such lines, of which there is one at least."""
        for _, tally, seen, revoked in self.parts:
            tally.add(figures, seen, seen.rule)
            tally.see(seen)
            tally.outside += figures[COUNT] * revoked


def add_line(figures: list[int], line: int, outcome: Outcome) -> None:
    """Lines come in the order of the log."""
    if figures[COUNT] == 0:
        figures[FIRST_LINE] = line
    figures[LAST_LINE] = line
    figures[COUNT] += 1
    figures[_PLACE_OF_ACTION[outcome.action]] += 1
    figures[_PLACE_OF_DIRECTION[outcome.direction]] += 1
    time_us = outcome.time_us
    if time_us is None:
        figures[WITHOUT_TIME] += 1
        return
    if time_us < figures[FIRST_US]:
        figures[FIRST_US] = time_us
    if time_us > figures[LAST_US]:
        figures[LAST_US] = time_us


def add_hit(tally: Tally, source: IndicatorSource, seen: Seen, line: int, outcome: Outcome) -> None:
    """One more hit of a pattern, at a line."""
    figures = list(NO_FIGURES)
    add_line(figures, line, outcome)
    tally.add(figures, seen, Rule.PATTERN)
    tally.outside += source.outside(outcome.time_us)
    tally.see(seen)
    if outcome.host:
        tally.add_host(outcome.host)


@lru_cache(maxsize=1 << 12)
def _shared(counts: tuple[int, ...]) -> tuple[int, ...]:
    """The same object for the same counts: most indicators are hit a few times, and alike."""
    return counts


@lru_cache(maxsize=1 << 12)
def _counted(names: tuple[str, ...], counts: tuple[int, ...]) -> Mapping[str, int]:
    """Shared as well."""
    return {name: count for name, count in zip(names, counts, strict=True) if count}
