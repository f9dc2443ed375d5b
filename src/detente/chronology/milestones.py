"""How long it took: days between first sighting, assessment, decision and publication, each stamp with the precision of its source.

Days are calendar days in UTC. A stamp is an interval of days, so what lies between two of them is one too:

    October 2016 to 3 November 2016  ->  Gap(3, 33), "between 3 and 33 days"

Each party's milestones are an account of their own; two accounts of one matter are laid side by side and never merged.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from detente.chronology.bodies import STEPS, Milestone, Step
from detente.said import Said, readable
from detente.when import DAY_US, When


@dataclass(frozen=True, slots=True)
class Stamp:
    """One milestone, as its speaker states it."""

    said: Said
    milestone: Milestone

    @property
    def when(self) -> When:
        return self.milestone.when


@dataclass(frozen=True, slots=True)
class Gap:
    """Whole days from one stamp to another, at least and at most; negative when the second comes first."""

    days_min: int
    days_max: int

    def __str__(self) -> str:
        low, high = self.days_min, self.days_max
        if low == high:
            return _days(low) if low >= 0 else f"{_days(-low)} earlier"
        if low >= 0:
            return f"between {low} and {high} days"
        if high <= 0:
            return f"between {-high} and {-low} days earlier"
        return f"order not known: up to {_days(-low)} earlier or up to {high} later"


@dataclass(frozen=True, slots=True)
class Interval:
    """From one stamp to a later step's stamp, of one account."""

    start: Stamp
    end: Stamp
    gap: Gap


@dataclass(frozen=True, slots=True)
class Account:
    """One party's milestones of one matter. `not_recorded`: the steps of which it has said nothing, which is not "never"."""

    about: str
    speaker: str
    stamps: tuple[Stamp, ...]
    intervals: tuple[Interval, ...]
    not_recorded: tuple[Step, ...]


def between(first: When, second: When) -> Gap:
    """The days that can lie between two moments of known fidelity."""
    return Gap(
        second.at_us // DAY_US - first.last_us // DAY_US,
        second.last_us // DAY_US - first.at_us // DAY_US,
    )


def accounts(statements: Iterable[Said]) -> dict[str, dict[str, Account]]:
    """By matter, then by speaker, the milestones that are held and read as such, and the days between them.

    Between: from each step's first stamp to every stamp of the next step that has one; and from the first sighting to every
    publication, when assessment or decision lie between them.
    """
    found: dict[tuple[str, str], list[Stamp]] = defaultdict(list)
    for said, milestone in readable((s for s in statements if s.kind == "milestone"), Milestone):
        found[milestone.about, said.speaker].append(Stamp(said, milestone))
    result: dict[str, dict[str, Account]] = defaultdict(dict)
    for about, speaker in sorted(found):
        result[about][speaker] = _account(about, speaker, found[about, speaker])
    return dict(result)


def _account(about: str, speaker: str, found: list[Stamp]) -> Account:
    stamps = sorted(found, key=lambda s: (s.when.at_us, s.when.last_us, s.said.ref.leaf))
    steps: Mapping[Step, list[Stamp]] = {step: [s for s in stamps if s.milestone.step == step] for step in STEPS}
    there = [step for step in STEPS if steps[step]]
    pairs = list(pairwise(there))
    if len(there) > 2 and there[0] == "sighting" and there[-1] == "publication":
        pairs.append(("sighting", "publication"))
    intervals = tuple(
        Interval(steps[one][0], end, between(steps[one][0].when, end.when))
        for one, other in pairs
        for end in steps[other]
    )
    return Account(about, speaker, tuple(stamps), intervals, tuple(step for step in STEPS if not steps[step]))


def _days(count: int) -> str:
    return f"{count} day" if count == 1 else f"{count} days"
