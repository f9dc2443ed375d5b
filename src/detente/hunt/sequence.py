"""Patterns that are more than simple values, held against the lines of logs, one line at a time.

A line is an observation at the moment that it tells. Of each line that holds a value of the pattern (`detente.hunt.literals`) the objects
are made (`detente.hunt.observing`), and each part in brackets is held against these; only the moment and which parts were true is kept.
A pattern that one line is enough for is decided at once; of any other the lines are gathered (`detente.hunt.gathered`).
"""

from __future__ import annotations

from dataclasses import dataclass

from detente.errors import InvalidObject, InvalidPattern
from detente.hunt.indicators import IndicatorSource
from detente.hunt.literals import is_alone, needs_time, plan
from detente.hunt.tally import add_hit as add_hit
from detente.stix.pattern import Pattern
from detente.stix.pattern.evaluate import Holds, holds_for, leaves_true
from detente.stix.pattern.observed import Observed
from detente.stix.pattern.search import Seen as Moment
from detente.stix.pattern.search import leaves_of, occurrences


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


def watched(source: IndicatorSource) -> Watched:
    """Of an indicator that has a pattern of which something can be searched for (see `plan`); in every line, where it has no values."""
    pattern = plan(source.pattern, every_line=not source.values).pattern
    if pattern is None:
        raise InvalidPattern("nothing of the pattern can be searched for")
    says = [holds_for(leaf.expression) for leaf in leaves_of(pattern)]
    return Watched(pattern, is_alone(pattern), needs_time(pattern), says)


def without_time(count: int) -> str:
    return f"{count:,} lines that hold a part of it tell no time, which it needs"
