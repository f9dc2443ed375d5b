"""What a reader sees of a board: values that `board.fold` computes, as they stand in JSON, text and pictures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from detente.attribution.evidence import Matrix
from detente.attribution.facts import Fact


@dataclass(frozen=True, slots=True)
class Column:
    """`by`: who added it. `denied_by` and `not_addressed_by`: offices whose denial names it, by whether their scope reaches its rung."""

    key: str
    text: str
    rung: str
    actor: str
    by: str
    denied_by: tuple[str, ...] = ()
    not_addressed_by: tuple[str, ...] = ()
    endorsed_by: tuple[str, ...] = ()
    disagreed_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """One judgment that stands. `evidence`: labels of what is shown for it; `withheld`: how many are not; `cites`: other assessors."""

    hypothesis: str
    likelihood: str
    scale: str
    low: int
    high: int
    confidence: str
    reasons: str
    evidence: tuple[str, ...]
    cites: tuple[str, ...]
    withheld: int
    context_only: bool
    as_of: str
    said_us: int
    statement: str
    before: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A tasking: which assessor was asked for speed or content, by whom. `about`: the assessment, where it was there by then."""

    of_office: str
    about: str
    asked_by: str
    role: str
    what: str
    at: str
    text: str
    recorded_by: str
    statement: str


@dataclass(frozen=True, slots=True)
class Row:
    """One assessor. `basis`: evidence kind × source kind, of what is shown and what is withheld."""

    office: str
    recorded_by: str
    under: str
    own_work: bool
    independent: bool
    basis: tuple[str, ...]
    context_only: bool
    judgments: tuple[Judged, ...]
    would_change_if: tuple[str, ...]
    taskings: tuple[Asked, ...]
    statements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stand:
    """A position that stands. `offices`: all who signed it, each with its date. `reaches`: of a denial, per hypothesis, "denied" or
    "not addressed". `answers`: the assessors whose assessments it is about.
    """

    offices: tuple[tuple[str, str], ...]
    recorded_by: str
    stance: str
    hypotheses: tuple[str, ...]
    scope: str
    reaches: dict[str, str]
    relies_on: str
    text: str
    about: tuple[str, ...]
    answers: tuple[str, ...]
    said_us: int
    statement: str


@dataclass(frozen=True, slots=True)
class Unsupported:
    office: str
    recorded_by: str
    hypothesis: str
    statement: str


@dataclass(frozen=True, slots=True)
class Undisclosed:
    """Evidence that was withheld. `revealed`: its text, once its speaker opened it, in quotation marks."""

    office: str
    recorded_by: str
    items: int
    of_class: str
    commitment: str
    basis: str
    hypotheses: tuple[str, ...]
    statement: str
    revealed: str


@dataclass(frozen=True, slots=True)
class Membership:
    """How many of a group's offices have a recorded assessment; the rest is silence, which says nothing."""

    group: str
    size: int
    assessed: int
    no_recorded_assessment: int
    recorded_by: str

    def __str__(self) -> str:
        return f"{self.group}: {self.assessed} assessed, {self.no_recorded_assessment} no recorded assessment, of {self.size}"


@dataclass(frozen=True, slots=True)
class Header:
    """Counts of offices by class. `denied`: by scope, "" where none is stated. There is no total."""

    assessed: int
    own_work: int
    coordinated: int
    endorsed: int
    disagreed: int
    denied: dict[str, int]
    non_assertion: int
    groups: tuple[Membership, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """`state`: agreed, disputed, "one assessor" or "not judged". `wording`: "uniform", or "" when `differences` has what differs."""

    hypothesis: str
    state: str
    wording: str
    words: dict[str, tuple[str, ...]]
    confidences: dict[str, tuple[str, ...]]
    not_judged_by: tuple[str, ...]
    denied_by: tuple[str, ...]
    differences: tuple[str, ...]

    def __str__(self) -> str:
        if self.wording:
            return f"{self.hypothesis}: {self.wording}, {listed(self.words)}; analytic confidence {listed(self.confidences)}"
        return f"{self.hypothesis}: {self.state}" + (f"; {'; '.join(self.differences)}" if self.differences else "")


@dataclass(frozen=True, slots=True)
class Citation:
    """One office's assessment cites another's as evidence. `circular`: the other one cites it too, if by detours."""

    office: str
    recorded_by: str
    cites: str
    cites_recorded_by: str
    hypotheses: tuple[str, ...]
    statement: str
    circular: bool

    def __str__(self) -> str:
        return f"{self.office} cites {self.cites}" + (", which cites it in turn" if self.circular else "")


@dataclass(frozen=True, slots=True)
class Lines:
    """Of the offices that hold a named hypothesis more likely than not, how many lines of evidence are behind them."""

    hypothesis: str
    offices: tuple[str, ...]
    lines: int
    citations: tuple[str, ...]

    def __str__(self) -> str:
        notes = f" ({'; '.join(self.citations)})" if self.citations else ""
        return f"Independent lines of evidence behind {self.hypothesis}: {self.lines}, from {counted(len(self.offices), 'assessor')}{notes}"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was said on the board, in words."""

    at_us: int
    speaker: str
    office: str
    words: str
    statement: str


@dataclass(frozen=True, slots=True)
class Unread:
    statement: str
    speaker: str
    why: str


@dataclass(frozen=True, slots=True)
class BoardView:
    id: str
    short: str
    question: str
    title: str
    incident: str
    recorded_by: str
    said_us: int
    as_of_us: int | None
    withdrawn: bool
    header: Header
    hypotheses: tuple[Column, ...]
    assessors: tuple[Row, ...]
    positions: tuple[Stand, ...]
    comparison: tuple[Comparison, ...]
    unsupported: tuple[Unsupported, ...]
    withheld: tuple[Undisclosed, ...]
    citations: tuple[Citation, ...]
    lines: tuple[Lines, ...]
    matrix: Matrix
    facts: tuple[Fact, ...]
    taskings: tuple[Asked, ...]
    events: tuple[Event, ...]
    unread: tuple[Unread, ...]

    @property
    def non_asserting(self) -> tuple[str, ...]:
        """Offices whose explicit non-assertion stands."""
        return offices_of(one for one in self.positions if one.stance == "non-assertion")


def offices_of(stands: Iterable[Stand]) -> tuple[str, ...]:
    """Names of offices in order of events, each once for each party that recorded it."""
    return tuple(office for _, office in dict.fromkeys((s.recorded_by, name) for s in stands for name, _ in s.offices))


def listed(by_word: Mapping[str, Sequence[str]]) -> str:
    return ", ".join(f"{word} by {', '.join(offices)}" for word, offices in by_word.items())


def counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def value_of(view: BoardView) -> dict[str, Any]:
    """The board as JSON."""
    value = msgspec.to_builtins(view)
    assert isinstance(value, dict)
    return value
