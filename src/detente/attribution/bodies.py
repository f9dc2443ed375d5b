"""What is said on boards of attribution: bodies of the kinds board, assessment, position, rating, finding, tasking.

`docs/formats/board.md` is normative. A board asks one question about one incident; what is answered on it stays with who answered.
Sources of the vocabulary: evidence kinds and source kinds, Hybrid CoE and NATO StratCom (2022); marks, Heuer (1999); rungs of state
responsibility, Healey (2012); status of incidents and impacts, the STIX incident suite (draft of 10 October 2023).

Rules kept here, so that no body that breaks them can be written or read: a board names two hypotheses besides `other` and
`cannot-tell`; confidence belongs to one judgment; words such as "uniform", or how many agencies assess, are computed and never typed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec

from detente.attribution.typed import demand_plain
from detente.errors import InvalidStatement
from detente.scales import CONFIDENCE, DEFAULT, REPORT_GRADES, SOURCE_GRADES, likelihood, parse_grade, rungs_of
from detente.when import When

QUESTIONS = {
    "authenticity": "whether published content is what it seems",
    "effect": "whether it mattered",
    "exfiltration": "who took data out",
    "intrusion": "who entered a system",
    "publication": "who made public what was taken",
}

# The two answers that stand on every board.
ALWAYS = {"other": "something that no other column names", "cannot-tell": "it cannot be told"}

EVIDENCE_KINDS = {
    "technical": "code, infrastructure, traffic, forensic traces",
    "behavioural": "how it was done: methods, targets, hours",
    "contextual": "the situation: interests, events, precedents",
    "legal": "what a legal or ethical norm makes of it",
}
SOURCE_KINDS = {
    "open": "anybody can look it up",
    "proprietary": "held by somebody who may show it",
    "classified": "held by a state and not shown",
}
MARKS = {
    "CC": "very consistent",
    "C": "consistent",
    "N": "neutral",
    "I": "inconsistent",
    "II": "very inconsistent",
    "NA": "not applicable",
}
STANCES = {
    "endorses": "takes over somebody's assessment",
    "denies": "says that it is not so",
    "disagrees": "does not take over somebody's assessment",
    "non-assertion": "says that it asserts nothing",
}
RELIANCE = {
    "own-assessment": "by its own assessment",
    "seen-evidence": "has seen the evidence",
    "relies-on-producer": "relies on the producer",
}
STATUSES = {
    "occurred": "it occurred",
    "not-occurred": "it did not occur",
    "ongoing": "it is going on",
    "pending": "it is expected",
    "undetermined": "it is not determined",
    "disputed": "disputes what others found",
}

Question = Literal["authenticity", "effect", "exfiltration", "intrusion", "publication"]
EvidenceKind = Literal["technical", "behavioural", "contextual", "legal"]
SourceKind = Literal["open", "proprietary", "classified"]
Mark = Literal["CC", "C", "N", "I", "II", "NA"]
Stance = Literal["endorses", "denies", "disagrees", "non-assertion"]
Reliance = Literal["", "own-assessment", "seen-evidence", "relies-on-producer"]
Status = Literal["occurred", "not-occurred", "ongoing", "pending", "undetermined", "disputed"]
Role = Literal["political", "command", "oversight", "administrative"]

HYPOTHESES_MAX, JUDGMENTS_MAX, EVIDENCE_MAX, GROUP_MAX = 64, 64, 1_000, 1_000

Key = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}\Z")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Reference = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
Text = Annotated[str, msgspec.Meta(max_length=4_000)]

# Thousands of grades are read for one board.
_GRADES = frozenset(source + report for source in SOURCE_GRADES for report in REPORT_GRADES)


class Hypothesis(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One answer. `rung`: the state's part that it asserts, "" when it asserts none. `actor`: whom it names, if anybody."""

    key: Key
    text: Name
    rung: str = ""
    actor: Annotated[str, msgspec.Meta(max_length=200)] = ""

    def __post_init__(self) -> None:
        if self.rung and rungs_in(self.rung) != (self.rung,):
            raise ValueError(
                f"a hypothesis stands on one rung, and {self.rung!r} is several: {', '.join(rungs_in(self.rung))}"
            )
        demand_plain("the text of a hypothesis", self.text)
        demand_plain("the name of an actor", self.actor)


class Group(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Offices under one head, as in "of 17". `members`: their names where they are known; else `count` alone."""

    name: Name
    count: Annotated[int, msgspec.Meta(ge=0, le=GROUP_MAX)] = 0
    members: Annotated[tuple[Name, ...], msgspec.Meta(max_length=GROUP_MAX)] = ()

    def __post_init__(self) -> None:
        if len(set(self.members)) != len(self.members):
            raise ValueError(f"a member of {self.name} is named twice")
        if not self.members and not self.count:
            raise ValueError(f"{self.name}: say how many members it has, or name them")
        if self.members and self.count and self.count != len(self.members):
            raise ValueError(f"{self.name}: {len(self.members)} members are named and {self.count} counted")
        demand_plain("the name of a group", self.name)

    @property
    def size(self) -> int:
        return self.count or len(self.members)


class Board(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One question about one `incident` (an id), and its possible answers in the order of the columns.

    `of`: the id of an earlier board, to which this adds hypotheses and groups: any party may add, nobody may take away.
    """

    question: Question
    incident: Reference
    title: Name
    hypotheses: Annotated[tuple[Hypothesis, ...], msgspec.Meta(max_length=HYPOTHESES_MAX)]
    groups: Annotated[tuple[Group, ...], msgspec.Meta(max_length=20)] = ()
    of: str = ""
    marking: str = ""

    def __post_init__(self) -> None:
        keys = [one.key for one in self.hypotheses]
        if len(set(keys)) != len(keys):
            raise ValueError(
                f"a hypothesis is named twice: {', '.join(sorted({k for k in keys if keys.count(k) > 1}))}"
            )
        if not self.of:
            missing = [key for key in ALWAYS if key not in keys]
            if missing:
                raise ValueError(
                    f"every board has the hypotheses other and cannot-tell; missing here: {', '.join(missing)}"
                )
            if len(keys) < len(ALWAYS) + 2:
                raise ValueError(
                    "a board with one hypothesis is not published: name at least one alternative besides other and cannot-tell"
                )
        demand_plain("the title of a board", self.title)
        demand_plain("the name of an incident", self.incident)


# A full board has thousands of the three kinds of value with gc=False. They hold texts and no way back to themselves, so that no collector
# needs to walk over them.


class Judgment(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """How likely one hypothesis is held to be, in a word of a scale; `confidence` in the basis of this judgment, "" when not stated."""

    hypothesis: Key
    likelihood: Annotated[str, msgspec.Meta(max_length=40)]
    scale: Annotated[str, msgspec.Meta(max_length=40)] = DEFAULT
    confidence: str = ""
    reasons: Text = ""

    def __post_init__(self) -> None:
        try:
            likelihood(self.likelihood, self.scale)
        except InvalidStatement as error:
            raise ValueError(str(error)) from None
        if self.confidence and self.confidence not in CONFIDENCE:
            raise ValueError(f"analytic confidence is {', '.join(CONFIDENCE)}; got {self.confidence!r}")
        demand_plain("the reasons of a judgment", self.reasons, blame=False)


class Cited(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """A piece of evidence that is shown. `ref`: the id of a statement, of a STIX object, or a citation that a stranger can look up.

    Two assessors who cite one `ref` cite one piece. `at`: when it is from. `grade`: Admiralty, as in B2. `hypotheses`: the judgments
    that it bears on; none named means all.
    """

    ref: Reference
    kind: EvidenceKind
    source: SourceKind
    text: Text = ""
    at: When | None = None
    grade: str = ""
    hypotheses: Annotated[tuple[Key, ...], msgspec.Meta(max_length=HYPOTHESES_MAX)] = ()

    def __post_init__(self) -> None:
        demand_grade(self.grade)
        demand_plain("a reference", self.ref)


class Withheld(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Evidence that is not shown: how many items, of which class, and the digest of a seal over their list."""

    items: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    of_class: Name
    commitment: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{43}\Z")]
    kind: EvidenceKind
    source: SourceKind
    hypotheses: Annotated[tuple[Key, ...], msgspec.Meta(max_length=HYPOTHESES_MAX)] = ()

    def __post_init__(self) -> None:
        demand_plain("the class of what is withheld", self.of_class)


class Assessment(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What one assessor holds, hypothesis by hypothesis. `office`: the assessor. `under`: the group that it belongs to.

    `own_work`: made by the office itself; else it was coordinated with others' work. `independent`: the office states that it was asked
    for no conclusion. `of`: an earlier assessment of the same office, which this replaces as a whole; without it, a judgment stands until
    the same office judges the same hypothesis again.
    """

    board: Reference
    office: Name
    own_work: bool
    judgments: Annotated[tuple[Judgment, ...], msgspec.Meta(min_length=1, max_length=JUDGMENTS_MAX)]
    evidence: Annotated[tuple[Cited, ...], msgspec.Meta(max_length=EVIDENCE_MAX)] = ()
    withheld: Annotated[tuple[Withheld, ...], msgspec.Meta(max_length=100)] = ()
    as_of: When | None = None
    would_change_if: Text = ""
    independent: bool = False
    under: Annotated[str, msgspec.Meta(max_length=200)] = ""
    of: str = ""
    marking: str = ""

    def __post_init__(self) -> None:
        keys = [one.hypothesis for one in self.judgments]
        if len(set(keys)) != len(keys):
            raise ValueError("a hypothesis is judged twice in one assessment")
        demand_plain("the name of an office", self.office)
        demand_plain("what would change an assessment", self.would_change_if, blame=False)


class Signatory(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One more office of a joint statement, and when it signed."""

    office: Name
    at: When | None = None
    under: Annotated[str, msgspec.Meta(max_length=200)] = ""


class Position(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Where an office stands without an assessment of its own. `joint`: the other offices of a joint statement.

    `hypotheses`: those it answers; a non-assertion that names none covers the whole board. `scope`: of a denial, the rung or wider word
    that is denied; "" is all of it. `about`: the assessments or claims that it answers. `of`: an earlier position of the same office,
    which this replaces; without it, a position stands until the same office takes another one on the same hypotheses, scope and `about`.
    """

    board: Reference
    office: Name
    stance: Stance
    hypotheses: Annotated[tuple[Key, ...], msgspec.Meta(max_length=HYPOTHESES_MAX)] = ()
    scope: Annotated[str, msgspec.Meta(max_length=40)] = ""
    relies_on: Reliance = ""
    joint: Annotated[tuple[Signatory, ...], msgspec.Meta(max_length=100)] = ()
    text: Text = ""
    as_of: When | None = None
    about: Annotated[tuple[Reference, ...], msgspec.Meta(max_length=64)] = ()
    under: Annotated[str, msgspec.Meta(max_length=200)] = ""
    of: str = ""
    marking: str = ""

    def __post_init__(self) -> None:
        if self.scope:
            rungs_in(self.scope)
            if self.stance != "denies":
                raise ValueError(f"a scope is what a denial denies; the stance is {self.stance!r}")
        if self.stance == "denies" and not self.hypotheses:
            raise ValueError("a denial names the hypotheses that it answers")
        if self.stance in ("endorses", "disagrees") and not self.hypotheses and not self.about:
            raise ValueError(f"who {self.stance} names the hypotheses or the assessment (about)")
        offices = [self.office, *(one.office for one in self.joint)]
        if len(set(offices)) != len(offices):
            raise ValueError("an office signs a joint statement once")
        for office in offices:
            demand_plain("the name of an office", office)
        demand_plain("the text of a position", self.text, blame=False)


class Row(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """One rater on one piece of evidence: its mark against each hypothesis, and its grade for the piece."""

    evidence: Reference
    marks: dict[str, Mark]
    grade: str = ""
    text: Text = ""

    def __post_init__(self) -> None:
        demand_grade(self.grade)
        demand_plain("a reference", self.evidence)


class Rating(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One rater's part of the matrix. A mark stands until the same rater marks the same piece against the same hypothesis again."""

    board: Reference
    rater: Name
    rows: Annotated[tuple[Row, ...], msgspec.Meta(min_length=1, max_length=EVIDENCE_MAX)]
    marking: str = ""

    def __post_init__(self) -> None:
        demand_plain("the name of a rater", self.rater)


class Finding(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An office's word on whether an incident or an impact occurred. It says nothing about who did it.

    `about`: the id of the incident or impact. `incident`: of an impact, the incident it is an impact of. `hypothesis` with `board`: on
    whether that hypothesis turned out so. `sightings`: ids of sightings. `of`: an earlier finding of the same office, which this replaces.
    """

    about: Reference
    office: Name
    status: Status
    what: Literal["incident", "impact", "hypothesis"] = "incident"
    incident: Annotated[str, msgspec.Meta(max_length=300)] = ""
    board: str = ""
    hypothesis: Annotated[str, msgspec.Meta(max_length=40)] = ""
    when: When | None = None
    where: Annotated[str, msgspec.Meta(max_length=200)] = ""
    sightings: Annotated[tuple[Reference, ...], msgspec.Meta(max_length=1_000)] = ()
    evidence: Annotated[tuple[Reference, ...], msgspec.Meta(max_length=100)] = ()
    text: Text = ""
    of: str = ""
    marking: str = ""

    def __post_init__(self) -> None:
        if self.what == "hypothesis" and not (self.board and self.hypothesis):
            raise ValueError("a finding on a hypothesis names the board and the hypothesis")
        demand_plain("the name of an office", self.office)
        demand_plain("the place of a finding", self.where)
        for what, text in (("a reference", self.about), ("a place", self.where), ("an incident", self.incident)):
            demand_plain(what, text)
        demand_plain("the text of a finding", self.text, blame=False)


class Tasking(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An assessor was asked for speed or for content. `of_office`: who was asked. `about`: the assessment, if it was there."""

    board: Reference
    of_office: Name
    asked_by: Name
    role: Role
    what: Literal["speed", "content"]
    at: When | None = None
    text: Text = ""
    about: str = ""
    marking: str = ""

    def __post_init__(self) -> None:
        demand_plain("the name of an office", self.of_office)
        demand_plain("the name of an office", self.asked_by)
        demand_plain("the text of a tasking", self.text, blame=False)


BODIES: dict[str, type[msgspec.Struct]] = {
    "board": Board,
    "assessment": Assessment,
    "position": Position,
    "rating": Rating,
    "finding": Finding,
    "tasking": Tasking,
}


def demand_grade(grade: str) -> None:
    if grade and grade not in _GRADES:
        try:
            parse_grade(grade)
        except InvalidStatement as error:
            raise ValueError(str(error)) from None


def rungs_in(scope: str) -> tuple[str, ...]:
    """As `scales.rungs_of`, raising ValueError as the checks of a body do."""
    try:
        return rungs_of(scope)
    except InvalidStatement as error:
        raise ValueError(str(error)) from None


def with_always(hypotheses: Iterable[Hypothesis]) -> tuple[Hypothesis, ...]:
    """These hypotheses, and after them those of the two that stand on every board which are not among them."""
    named = tuple(hypotheses)
    keys = {one.key for one in named}
    return (*named, *(Hypothesis(key=key, text=text) for key, text in ALWAYS.items() if key not in keys))
