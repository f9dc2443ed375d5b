"""How often each indicator was hit, without work for each indicator in each line.

Lines that hit the same words are counted together (`Alike`), and shared out to the indicators (`Tally`) when the log ends or
too much is remembered: a hot log has millions of such lines and few kinds of them. What comes out is what counting line by
line would give.
"""

from __future__ import annotations

from collections.abc import Iterable

from detente.hunt.indicators import IndicatorSource, Match, Rule
from detente.hunt.readers import ACTIONS, DIRECTIONS, Outcome
from detente.hunt.results import HOSTS_MAX, SEEN_MAX, Example, IndicatorHits
from detente.hunt.warninglists import WarningLists


class Seen:
    """How one indicator was hit within one line."""

    __slots__ = ("allow_listed", "likely_false", "rule", "values", "warnings")

    def __init__(self) -> None:
        self.rule = Rule.WEAK
        self.likely_false = self.allow_listed = True
        self.warnings: set[str] = set()
        self.values: set[tuple[str, bytes]] = set()

    def add(self, match: Match) -> None:
        if match.rule < self.rule:
            self.values.clear()  # a weaker rule saw the same thing less exactly
        if match.rule <= self.rule:
            self.values.add((match.kind, match.value))
            self.rule = match.rule
        self.likely_false = self.likely_false and bool(match.warnings)
        self.allow_listed = self.allow_listed and match.allow_listed
        self.warnings.update(match.warnings)


SeenBy = dict[int, Seen]  # by the indicator's place among the matcher's sources


def add_matches(seen: SeenBy, matches: Iterable[Match]) -> None:
    for match in matches:
        one = seen.get(match.indicator)
        if one is None:
            one = seen[match.indicator] = Seen()
        one.add(match)


class Tally:
    """How one indicator was hit so far."""

    __slots__ = (
        "actions", "allow_listed", "count", "directions", "examples", "first_line", "first_us", "hosts", "last_line",
        "last_us", "likely_false", "more_hosts", "outside", "rules", "values", "warnings", "without_time",
    )  # fmt: skip

    def __init__(self) -> None:
        self.count = self.outside = self.without_time = self.likely_false = self.allow_listed = 0
        self.first_line: int | None = None
        self.last_line: int | None = None
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

    def add_host(self, host: str) -> None:
        if host not in self.hosts:
            if len(self.hosts) < HOSTS_MAX:
                self.hosts.add(host)
            else:
                self.more_hosts = True

    def hits(self, source: IndicatorSource, warning_lists: WarningLists | None = None) -> IndicatorHits:
        if warning_lists is not None and warning_lists.lists:
            for value in source.values:
                self.warnings.update(warning_lists.matches(value.kind, value.value))
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


class Alike:
    """Lines that hit the same indicators by the same words."""

    __slots__ = (
        "actions", "bounds", "count", "directions", "first_line", "first_us", "last_line", "last_us", "matches", "parts",
        "wants_examples", "watched", "without_time",
    )  # fmt: skip

    def __init__(self, matches: tuple[Match, ...]) -> None:
        self.matches = matches  # of the one word, where it is one
        self.parts: list[tuple[int, Tally, Seen, bool]] = []  # for each indicator, and whether it is revoked
        self.bounds: list[tuple[Tally, IndicatorSource]] = []  # those that hold for a time only
        self.watched: list[tuple[int, Seen]] = []  # patterns that are more than their values
        self.wants_examples = True
        self._clear()

    def _clear(self) -> None:
        self.count = self.without_time = self.first_line = self.last_line = 0
        self.first_us: int | None = None
        self.last_us: int | None = None
        self.actions = dict.fromkeys(ACTIONS, 0)
        self.directions = dict.fromkeys(DIRECTIONS, 0)

    def include(self, index: int, tally: Tally, seen: Seen, source: IndicatorSource) -> None:
        self.parts.append((index, tally, seen, source.revoked))
        if not source.revoked and (source.valid_from_us is not None or source.valid_until_us is not None):
            self.bounds.append((tally, source))
        tally.warnings |= seen.warnings
        if len(tally.values) < SEEN_MAX:
            tally.values |= seen.values

    def add(self, line: int, outcome: Outcome) -> None:
        """One more such line; they come in the order of the log."""
        if self.count == 0:
            self.first_line = line
        self.last_line = line
        self.count += 1
        time_us, host, direction, action = outcome
        self.actions[action] += 1
        self.directions[direction] += 1
        if host:
            for _, tally, _, _ in self.parts:
                tally.add_host(host)
        if time_us is None:
            self.without_time += 1
            return
        if self.first_us is None or time_us < self.first_us:
            self.first_us = time_us
        if self.last_us is None or time_us > self.last_us:
            self.last_us = time_us
        for tally, source in self.bounds:
            if source.outside(time_us):
                tally.outside += 1

    def settle(self) -> None:
        """Share out to the indicators what was counted, and begin anew."""
        if not self.count:
            return
        for _, tally, seen, revoked in self.parts:
            tally.count += self.count
            tally.rules[seen.rule] += self.count
            tally.outside += self.count * revoked
            tally.likely_false += self.count * seen.likely_false
            tally.allow_listed += self.count * seen.allow_listed
            tally.without_time += self.without_time
            for action in ACTIONS:
                tally.actions[action] += self.actions[action]
            for direction in DIRECTIONS:
                tally.directions[direction] += self.directions[direction]
            tally.first_line = _least(tally.first_line, self.first_line)
            tally.last_line = max(tally.last_line or 0, self.last_line)
            tally.first_us = _least(tally.first_us, self.first_us)
            if self.last_us is not None:
                tally.last_us = self.last_us if tally.last_us is None else max(tally.last_us, self.last_us)
        self._clear()


def _least(a: int | None, b: int | None) -> int | None:
    return a if b is None else b if a is None else min(a, b)
