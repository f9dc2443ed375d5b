"""What is said of norms and promises: commitments, conduct and answers, agreements, undertakings, limits, responses.

Each body is what its speaker says. `party` and `by` name whom it is about; whether a party says something of itself is seen from the
speaker, and never from a field. Field names and bounds are written up in `docs/formats/norms.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from detente.activity import CLASSES
from detente.errors import InvalidStatement
from detente.norms.tables import QUESTIONS, UNDISCLOSED, WITH_EVIDENCE
from detente.said import Said, read_value, readable
from detente.seals import Seal
from detente.when import When

T = TypeVar("T", bound=msgspec.Struct)

Line = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
MaybeLine = Annotated[str, msgspec.Meta(max_length=300)]
Prose = Annotated[str, msgspec.Meta(min_length=1, max_length=20_000)]
MaybeProse = Annotated[str, msgspec.Meta(max_length=20_000)]
Id = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{43}$")]
MaybeId = Annotated[str, msgspec.Meta(pattern=r"^([A-Za-z0-9_-]{43})?$")]
Ids = Annotated[tuple[Id, ...], msgspec.Meta(max_length=100)]
Evidence = Annotated[tuple[Line, ...], msgspec.Meta(max_length=100)]
Lines = Annotated[tuple[Line, ...], msgspec.Meta(max_length=50)]
Version = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]

_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_CLAUSE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.()-]{0,29}")

CLAUSES_MAX = 500
PARTIES_MAX = 200


class Commitment(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """`party` stands so on `norm` since `at`, as `source` shows. No commitment at all means unknown."""

    norm: Line
    party: Line
    status: Literal["proposed", "signalled", "accepted", "implemented", "reported"]
    source: Line
    at: When
    reservation: MaybeProse = ""
    office: MaybeLine = ""


class Conduct(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """How the speaker sees the conduct of `about` in one incident under one norm: the same form for its own and another's."""

    norm: Line
    incident: Line
    about: Line
    finding: Literal["consistent", "inconsistent", "unclear", "not-applicable"]
    text: Prose

    def __post_init__(self) -> None:
        if any(character.isspace() for character in self.incident):
            raise ValueError(
                f"an incident is named by an id without spaces, such as harbour-2026-1; got {self.incident!r}"
            )


class Answer(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Another party's word on a conduct entry or a response. `answers`: its own answers to the checklist, of a response."""

    of: Id
    word: Literal["concurs", "disputes", "no-comment", "adds"]
    text: MaybeProse = ""
    answers: dict[str, Prose] = {}

    def __post_init__(self) -> None:
        if self.word == "adds" and not self.text and not self.answers:
            raise ValueError("an answer that adds something needs its text")
        _known_questions(self.answers)


class Clause(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """`classes`: the activity classes that the clause is about; `purposes`: what shared data may be used for. Empty: not limited."""

    id: Line
    text: Prose
    classes: Lines = ()
    purposes: Lines = ()

    def __post_init__(self) -> None:
        _well_named(self.id)
        _known_classes(self.classes)


class Agreement(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A text between `parties`. It is in force from the moment when each of them has signed it."""

    key: Line
    title: Line
    parties: Annotated[tuple[Line, ...], msgspec.Meta(min_length=2, max_length=PARTIES_MAX)]
    clauses: Annotated[tuple[Clause, ...], msgspec.Meta(min_length=1, max_length=CLAUSES_MAX)]
    version: Version = 1

    def __post_init__(self) -> None:
        if not _KEY.fullmatch(self.key):
            raise ValueError(
                f"a key is a short name in small letters, digits and -, such as harbour-2026; got {self.key!r}"
            )
        if len(set(self.parties)) < len(self.parties):
            raise ValueError("a party of an agreement is named once")
        _each_once([clause.id for clause in self.clauses])


class Change(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A clause as it is to read; `remove` takes it out. A clause that is not there yet is added at the end."""

    id: Line
    text: MaybeProse = ""
    classes: Lines = ()
    purposes: Lines = ()
    remove: bool = False

    def __post_init__(self) -> None:
        _well_named(self.id)
        if self.remove == bool(self.text):
            raise ValueError(f"clause {self.id}: give its new text, or remove it")
        _known_classes(self.classes)


class Amendment(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Changes of `agreement` as it reads at version `base`. Proposed until every party has signed it."""

    agreement: Id
    base: Version
    changed: Annotated[tuple[Change, ...], msgspec.Meta(min_length=1, max_length=CLAUSES_MAX)]
    reasons: MaybeProse = ""

    def __post_init__(self) -> None:
        _each_once([change.id for change in self.changed])


class Signature(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Consent to the agreement or amendment `of`: its id fixes every letter. `leaves` takes consent back, from then on."""

    of: Id
    word: Literal["signs", "leaves"] = "signs"
    office: MaybeLine = ""
    text: MaybeProse = ""


class Undertaking(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """At which stage the speaker sees something promised. `of`: the first statement on the same item, for every later one.

    `by`: the party that is to do it. `evidence`: statement ids, receipts or documents that can be cited.
    """

    item: Line
    by: Line
    stage: Literal["talked-of", "agreed", "implemented", "verified"]
    of: MaybeId = ""
    evidence: Evidence = ()
    agreement: MaybeId = ""
    clause: MaybeLine = ""
    due: When | None = None
    office: MaybeLine = ""

    def __post_init__(self) -> None:
        if self.stage in WITH_EVIDENCE and not self.evidence:
            raise ValueError(
                f"an item is marked {self.stage} with a reference to evidence only; name a statement or document"
            )


class Limit(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A limit that the speaker declares for itself. `exchanged`: ids of the data statements of the exchange since the last one."""

    text: Line
    of: MaybeId = ""
    verification: MaybeProse = ""
    next_exchange: When | None = None
    exchanged: Evidence = ()
    agreement: MaybeId = ""
    office: MaybeLine = ""


class Response(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A response that was decided, or the decision that there is none, or one that is sealed.

    `to`: the party it is directed at. `about`: statement ids of what it responds to (messages, findings). `of`: the response that this
    one answers. `called_upon` and `notified`: ids of messages in the channel. `answers`: question id -> answer; what is not there is
    unanswered.
    """

    kind: Literal[
        "none-decided",
        "cooperative",
        "resilience",
        "private-message",
        "public-statement",
        "law-enforcement",
        "retorsion",
        "countermeasure",
        "undisclosed",
    ]
    decided: When
    role: MaybeLine = ""
    reasons: MaybeProse = ""
    review: When | None = None
    incident: MaybeLine = ""
    about: Ids = ()
    to: MaybeLine = ""
    of: MaybeId = ""
    answers: dict[str, Prose] = {}
    called_upon: Ids = ()
    notified: Ids = ()
    seal: Seal | None = None
    ends: When | None = None

    def __post_init__(self) -> None:
        _known_questions(self.answers)
        if (self.kind == UNDISCLOSED) != (self.seal is not None):
            raise ValueError("a response is undisclosed exactly when it carries a seal")
        if self.seal is not None:
            if self.reasons or self.answers or self.called_upon or self.notified or self.ends is not None:
                raise ValueError("an undisclosed response says nothing of its content; put it into the sealed text")
        elif not self.role or not self.reasons:
            raise ValueError("a response names the role that decided it and its reasons")
        if self.kind == "none-decided" and self.review is None:
            raise ValueError("a decision not to respond has a review date")


BODIES: dict[str, type[msgspec.Struct]] = {
    "commitment": Commitment,
    "conduct": Conduct,
    "answer": Answer,
    "agreement": Agreement,
    "amendment": Amendment,
    "signature": Signature,
    "undertaking": Undertaking,
    "limit": Limit,
    "response": Response,
}


def made(shape: type[T], **fields: Any) -> T:
    """A body from our own words, held to the same bounds as a partner's. Raises InvalidStatement naming the field.

    Unlike a partner's, ours may hold no field that we do not know: a misspelt one would be lost without a word.
    """
    unknown = sorted(set(fields) - set(shape.__struct_fields__))
    if unknown:
        there = ", ".join(shape.__struct_fields__)
        raise InvalidStatement(f"a {shape.__name__.lower()} has no field {', '.join(unknown)}; its fields are {there}")
    return read_value(msgspec.to_builtins(fields), shape, where=shape.__name__.lower())


def kept(statements: Iterable[Said], shape: type[T]) -> list[tuple[Said, T]]:
    """As `readable`, and those that were withdrawn too: what binds, or was answered, cannot be made unsaid by its speaker."""
    held = {one.ref: one for one in statements}
    return [
        (held[one.ref], body) for one, body in readable([replace(one, withdrawn=False) for one in held.values()], shape)
    ]


def _well_named(clause: str) -> None:
    if not _CLAUSE.fullmatch(clause):
        raise ValueError(f"a clause is named like 3, 3.1 or 3(b), in at most 30 characters; got {clause!r}")


def _known_classes(classes: tuple[str, ...]) -> None:
    unknown = [name for name in classes if name not in CLASSES]
    if unknown:
        raise ValueError(f"no activity class: {', '.join(unknown)}; there are {', '.join(CLASSES)}")


def _known_questions(answers: dict[str, str]) -> None:
    unknown = [name for name in answers if name not in QUESTIONS]
    if unknown:
        raise ValueError(f"no question of the checklist: {', '.join(unknown)}; there are {', '.join(QUESTIONS)}")


def _each_once(ids: list[str]) -> None:
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        raise ValueError(f"clause {', '.join(twice)} is there twice")
