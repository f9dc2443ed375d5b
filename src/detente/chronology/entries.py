"""The record in order: every statement as one neutral line, with what denies, corrects or answers it beside it.

Lines stand in the order of the time that they are about (the beginning of the interval that their source gives), then of the time at
which they were said, then of the leaf hash. No party's name decides anything.

Two questions about a date D are kept apart. *What was said by D* takes the statements whose speakers dated them so. *What was known here
on D* takes exactly the statements that this node had stored by D. Either way a denied claim is never shown without its denial: one that
came after D stands beside the claim, marked as later.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from detente.chronology.sentences import TELLINGS
from detente.chronology.telling import Cast, Line
from detente.claims.record import Record
from detente.errors import InvalidStatement
from detente.said import Said
from detente.statement import KINDS
from detente.when import SECOND_US, When

# A denial speaks to a claim or not, by its scope; what it speaks to is said where it stands.
DENIALS = {
    "addressed": "denies",
    "not addressed": "denies another scope",
    "scope not stated": "denies, scope not stated",
}


@dataclass(frozen=True, slots=True)
class Beside:
    """A statement that bears on another. `later`: it was not there yet at the date that was asked for."""

    relation: str
    entry: Entry
    later: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One statement. `when`: what it is about; `said.at_us`: when it was said, as the speaker claims. `word`: what it is, shortly."""

    when: When
    said: Said
    word: str
    sentence: str
    beside: tuple[Beside, ...] = ()


def entries(
    statements: Iterable[Said],
    *,
    names: Mapping[str, str] | None = None,
    as_of_us: int | None = None,
    known_by_us: int | None = None,
) -> list[Entry]:
    """The chronology of these statements; `names` are titles by origin.

    `as_of_us`: only what was said by then. `known_by_us`: only what this node held by then. What came later is used for `beside`
    alone.
    """
    everything = sorted({said.id: said for said in statements}.values(), key=lambda s: (s.at_us, s.ref.leaf))
    cast = Cast(names or {}, {said.id: said for said in everything})
    lines = {said.id: tell(said, cast) for said in everything}
    there = {said.id for said in everything if _there(said, as_of_us, known_by_us)}

    bearing: dict[str, list[tuple[str, Said]]] = defaultdict(list)
    for said in everything:
        for relation, target in lines[said.id].bears_on:
            bearing[target].append((relation, said))
    for target, relation, other in _among_claims(everything):
        bearing[target].append((relation, cast.by_id[other]))
    result = []
    for said in everything:
        if said.id in there:
            line = lines[said.id]
            result.append(replace(_entry(said, line), beside=_beside(said, line, bearing, lines, there)))
    return sorted(result, key=_order)


def tell(said: Said, cast: Cast) -> Line:
    """One statement in a sentence. What was erased or cannot be read is shown as just that."""
    telling = TELLINGS.get(said.kind)
    if said.erased:
        return Line(f"{cast.told_of(said)} a {said.kind}; its text is erased.")
    try:
        if telling is None:
            raise InvalidStatement("unknown kind")
        line = telling(said, cast)
    except InvalidStatement:
        kind = said.kind if said.kind in KINDS else "statement of a kind that is not known here"
        return Line(f"{cast.told_of(said)} a {kind} that cannot be read here.")
    if said.withdrawn:
        return replace(line, sentence=f"{line.sentence} {cast.name(said.speaker)} has withdrawn this since.")
    return line


def _there(said: Said, as_of_us: int | None, known_by_us: int | None) -> bool:
    return (as_of_us is None or said.at_us <= as_of_us) and (known_by_us is None or said.added_us <= known_by_us)


def _among_claims(statements: Iterable[Said]) -> Iterator[tuple[str, str, str]]:
    """For each claim what denies, corrects or contradicts it, as the matter of claims finds it: claim id, relation, the other's id.

    What was withdrawn is in the record too, and says so in its line: a claim that was withdrawn is not shown without its denial.
    """
    claims = (replace(said, withdrawn=False) for said in statements if said.kind == "claim")
    for claim in Record(claims).entries():
        for denial in claim.denials:
            yield claim.said.id, DENIALS[denial.addresses], denial.entry.said.id
        for relation, others in (
            ("corrects", claim.corrections),
            ("on this claim", claim.counter_claims),
            ("elsewhere", claim.contradictions),
        ):
            for other in others:
                yield claim.said.id, relation, other.said.id


def _beside(
    said: Said,
    line: Line,
    bearing: Mapping[str, Sequence[tuple[str, Said]]],
    lines: Mapping[str, Line],
    there: set[str],
) -> tuple[Beside, ...]:
    found: dict[tuple[str, str], Said] = {}
    for name in (said.id, *line.names):
        found.update({(relation, other.id): other for relation, other in bearing.get(name, ()) if other.id != said.id})
    ordered = sorted(found.items(), key=lambda item: (item[1].at_us, item[1].ref.leaf, item[0][0]))
    return tuple(
        Beside(relation, _entry(other, lines[other.id]), other.id not in there) for (relation, _), other in ordered
    )


def _entry(said: Said, line: Line) -> Entry:
    when = line.when if line.when is not None else When(said.at_us // SECOND_US * SECOND_US, "second")
    return Entry(when, said, line.word or said.kind, line.sentence)


def _order(entry: Entry) -> tuple[int, int, bytes]:
    return entry.when.at_us, entry.said.at_us, entry.said.ref.leaf
