"""The record: milestones and measures are said; chronology, replay, history and reports are read.

What is read is computed from statements alone, so that two nodes that hold the same statements print the same lines. Only "what was
known here on D" asks when this node stored each of them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from detente.chronology.bodies import Measure, Milestone, State, made
from detente.chronology.entries import Entry, entries
from detente.chronology.history import Allegation, history
from detente.chronology.measures import Tracked, check_update, tracked
from detente.chronology.milestones import Account, accounts
from detente.errors import InvalidStatement, NotFound
from detente.node.matters import find, read_matters, tell
from detente.node.open import Node
from detente.said import Said
from detente.statement import KINDS
from detente.stix.marking import Tlp
from detente.store.database import Connection
from detente.views import MATTERS
from detente.when import When

# What stands in our journal is nobody else's to read, and no part of the record that is shown.
PRIVATE = frozenset(kind for kind in MATTERS if KINDS[kind].startswith("journal only"))
RECORDED = tuple(sorted(MATTERS - PRIVATE))


@dataclass(frozen=True, slots=True)
class Chronology:
    """The lines, in order, and the titles of those who stand in them by origin."""

    entries: Sequence[Entry]
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class History:
    """What we and `party`, or two partners, allege against each other."""

    parties: tuple[str, str]
    allegations: Sequence[Allegation]
    names: Mapping[str, str]


def read_chronology(
    node: Node,
    *,
    about: str | None = None,
    with_party: str | None = None,
    on: When | None = None,
    known_on: When | None = None,
    private: bool = False,
) -> Chronology:
    """Every statement that is held here, as one line each.

    `about`: only those on this subject, by its name or its statement's id. `with_party`: only those that this partner said or was addressed
    by. `on`: only what was said by the end of that day; `known_on`: only what this node held by then. `private`: our journal too.
    """
    if on is not None and known_on is not None:
        raise InvalidStatement(
            "what was said by a day, and what was known here on it, are two questions; ask one of them"
        )
    kinds = sorted(MATTERS) if private else RECORDED
    with node.store.indexed() as connection:
        party = node.partner(connection, with_party).origin if with_party is not None else None
        held = read_matters(connection, kinds)
        names = titles(node, connection)
    lines = entries(
        held,
        names=names,
        as_of_us=on.last_us if on is not None else None,
        known_by_us=known_on.last_us if known_on is not None else None,
    )
    kept = [entry for entry in lines if party is None or entry.said.speaker == party or party in entry.said.aud]
    if about is not None:
        with node.store.indexed() as connection:
            ids = {said.id for said in read_matters(connection, kinds, _subject(connection, kinds, about))}
        kept = [entry for entry in kept if entry.said.id in ids]
    return Chronology(kept, names)


def read_history(node: Node, party: str, other: str | None = None) -> History:
    """Incidents that one of two parties alleges against the other; `other` None is ourselves."""
    with node.store.indexed() as connection:
        one = node.partner(connection, party).origin
        two = node.partner(connection, other).origin if other is not None else node.origin
        held = read_matters(connection, RECORDED)
        names = titles(node, connection)
    if one == two:
        raise InvalidStatement("a history is one of two parties; name two different ones")
    first, second = sorted((one, two))
    return History((first, second), history(entries(held, names=names), first, second), names)


def add_milestone(
    node: Node, body: Milestone, *, to: Sequence[str] = (), marking: Tlp | None = None, dry_run: bool = False
) -> Said:
    """Say when something was first seen, assessed, decided or published."""
    return tell(node, "milestone", body, to=to, marking=marking, dry_run=dry_run)


def read_milestones(node: Node, about: str | None = None) -> dict[str, dict[str, Account]]:
    """By matter and speaker, the stamps and the days between them."""
    with node.store.indexed() as connection:
        subject = None if about is None else _subject(connection, ("milestone",), about)
        return accounts(read_matters(connection, ("milestone",), subject))


def known_then(node: Node, accounts_: Iterable[Account]) -> dict[str, int]:
    """For each decision of our own, by its id: how many statements this node held by the end of the day or time that it is dated."""
    decisions = [
        stamp
        for account in accounts_
        if account.speaker == node.origin
        for stamp in account.stamps
        if stamp.milestone.step == "decision"
    ]
    with node.store.indexed() as connection:
        added = sorted(said.added_us for said in read_matters(connection, RECORDED)) if decisions else []
    return {stamp.said.id: bisect_right(added, stamp.when.last_us) for stamp in decisions}


def add_measure(
    node: Node, body: Measure, *, to: Sequence[str] = (), marking: Tlp | None = None, dry_run: bool = False
) -> Said:
    """Record what a review recommends, and to whom."""
    return tell(node, "measure", body, to=to, marking=marking, dry_run=dry_run)


def update_measure(
    node: Node,
    name: str,
    state: State,
    *,
    evidence: Sequence[str] = (),
    reason: str = "",
    when: When | None = None,
    to: Sequence[str] = (),
    marking: Tlp | None = None,
    dry_run: bool = False,
) -> Said:
    """Say what became of a measure; it is named by its id or its short words."""
    with node.store.indexed() as connection:
        measure = _measure(connection, name)
    body = made(Measure, of=measure.said.id, state=state, evidence=tuple(evidence), reason=reason, when=when)

    def check(connection: Connection) -> None:
        check_update(_measure(connection, measure.said.id), node.origin, state)

    return tell(node, "measure", body, to=to, marking=marking, check=check, dry_run=dry_run)


def read_measures(node: Node) -> list[Tracked]:
    with node.store.indexed() as connection:
        return tracked(read_matters(connection, ("measure",)))


def titles(node: Node, connection: Connection) -> dict[str, str]:
    """What parties are called, by origin: our own title, and those of our partners as we pinned them."""
    return {node.origin: node.title, **{party.origin: party.title or party.name for party in node.partners(connection)}}


def _measure(connection: Connection, name: str) -> Tracked:
    said = find(connection, ("measure",), name)
    of = said.body.get("of")
    wanted = of if isinstance(of, str) and of else said.id
    for measure in tracked(read_matters(connection, ("measure",), wanted)):
        if measure.said.id == wanted:
            return measure
    raise NotFound(f"the measure that {said.short} speaks of is not held here, or cannot be read")


def _subject(connection: Connection, kinds: Sequence[str], about: str) -> str:
    """What is meant by a name: an incident or another matter that somebody named so, else the statement with these short words or id."""
    if read_matters(connection, kinds, about):
        return about
    try:
        return find(connection, kinds, about).id
    except (NotFound, InvalidStatement):
        return about
