"""Undertakings and limits: what was promised, at which stage each party sees it, what is due when.

An undertaking is talked of, agreed, implemented or verified in somebody's words, and the parties may see it at different stages: each
stands in its own column with its name. A declared limit is a declaration only until it says how it is verified and when data are
exchanged next. Duties belong to parties. The office that took one on is recorded, and a change of office or person ends none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from detente.norms.bodies import Limit, Response, Undertaking
from detente.norms.tables import STAGES
from detente.said import Said, readable

DECLARATION_ONLY = "declaration only"
VERIFIABLE = "with verification and exchange"


@dataclass(frozen=True, slots=True)
class Seen:
    """One party's latest word on an item."""

    id: str
    short: str
    speaker: str
    said_us: int
    stage: str
    evidence: tuple[str, ...]
    office: str


@dataclass(frozen=True, slots=True)
class Item:
    """`id`: of the first statement on it. `seen`: the latest word of each party that spoke of it, in the order of these words."""

    id: str
    short: str
    item: str
    by: str
    agreement: str
    clause: str
    due: str
    due_us: int | None
    said_us: int
    seen: tuple[Seen, ...]

    @property
    def columns(self) -> dict[str, tuple[Seen, ...]]:
        """The four stages, each with the parties that see the item there."""
        return {stage: tuple(one for one in self.seen if one.stage == stage) for stage in STAGES}

    @property
    def done(self) -> bool:
        """Whether the party that is to do it says that it did."""
        return any(one.speaker == self.by and one.stage in ("implemented", "verified") for one in self.seen)


@dataclass(frozen=True, slots=True)
class LimitState:
    """A limit that `party` declared, by its latest words. `overdue_us`: since when the exchange it named is due, 0 if it is not."""

    id: str
    short: str
    party: str
    text: str
    verification: str
    next_exchange: str
    next_us: int | None
    agreement: str
    said_us: int
    office: str
    exchanged: tuple[str, ...]
    overdue_us: int

    @property
    def standing(self) -> str:
        return VERIFIABLE if self.verification and self.next_exchange else DECLARATION_ONLY


@dataclass(frozen=True, slots=True)
class Duty:
    """Something that `party` is to do by a date, as stated in the statement `id`. `overdue_us`: 0 where the date is still to come."""

    id: str
    short: str
    party: str
    what: str
    text: str
    due: str
    due_us: int
    overdue_us: int


@dataclass(slots=True)
class _Thread:
    said: Said
    first: Undertaking
    last: dict[str, tuple[Said, Undertaking]] = field(default_factory=dict)


def undertakings(statements: Iterable[Said]) -> list[Item]:
    """Every item in the order in which it was first spoken of. A later statement without its first one held here stands for itself."""
    held = {said.id: (said, body) for said, body in readable(statements, Undertaking)}
    threads: dict[str, _Thread] = {}
    for said, body in held.values():
        first = _first(said.id, held)
        thread = threads.setdefault(first, _Thread(*held[first]))
        thread.last.pop(said.speaker, None)
        thread.last[said.speaker] = said, body
    return [_item(thread) for thread in threads.values()]


def _first(id_: str, held: Mapping[str, tuple[Said, Undertaking]]) -> str:
    """The first statement on an item that is held here, whatever the clocks say. The bound is for ids that nobody could have made."""
    for _ in held:
        of = held[id_][1].of
        if of not in held:
            break
        id_ = of
    return id_


def _item(thread: _Thread) -> Item:
    seen = tuple(
        Seen(said.id, said.short, said.speaker, said.at_us, body.stage, body.evidence, body.office)
        for said, body in thread.last.values()
    )
    first = thread.first
    # The date is that of the party that is to do it; until it names one, the one named first.
    own = thread.last.get(first.by)
    due = (own[1].due if own else None) or first.due
    return Item(
        thread.said.id,
        thread.said.short,
        first.item,
        first.by,
        first.agreement,
        first.clause,
        "" if due is None else str(due),
        None if due is None else due.last_us,
        thread.said.at_us,
        seen,
    )


def limits(statements: Iterable[Said], now_us: int) -> list[LimitState]:
    """Every declared limit in the order in which it was first declared, by the latest words of the party that declared it."""
    first: dict[str, Said] = {}
    last: dict[str, tuple[Said, Limit]] = {}
    exchanged: dict[str, tuple[str, ...]] = {}
    for said, body in readable(statements, Limit):
        root = first.get(body.of)
        if root is None or root.speaker != said.speaker:
            root = first.setdefault(said.id, said)
        last[root.id] = said, body
        exchanged[root.id] = exchanged.get(root.id, ()) + body.exchanged
    found = []
    for id_, (said, body) in last.items():
        next_us = None if body.next_exchange is None else body.next_exchange.last_us
        found.append(
            LimitState(
                id_,
                first[id_].short,
                said.speaker,
                body.text,
                body.verification,
                "" if body.next_exchange is None else str(body.next_exchange),
                next_us,
                body.agreement,
                said.at_us,
                body.office,
                exchanged[id_],
                max(0, now_us - next_us) if next_us is not None else 0,
            )
        )
    return found


def duties(items: Sequence[Item], declared: Sequence[LimitState], responses: Iterable[Said], now_us: int) -> list[Duty]:
    """Every date that stands: of undertakings not carried out, of exchanges, of reviews; by date, then as they were said."""
    found = [
        Duty(i.id, i.short, i.by, "undertaking", i.item, i.due, i.due_us, max(0, now_us - i.due_us))
        for i in items
        if i.due_us is not None and not i.done
    ]
    found += [
        Duty(one.id, one.short, one.party, "data exchange", one.text, one.next_exchange, one.next_us, one.overdue_us)
        for one in declared
        if one.next_us is not None
    ]
    held = readable(responses, Response)
    for said, body in held:
        if body.review is not None and not _followed(said, held):
            due_us = body.review.last_us
            text = f"response: {body.kind}"
            found.append(
                Duty(
                    said.id, said.short, said.speaker, "review", text, str(body.review), due_us, max(0, now_us - due_us)
                )
            )
    return sorted(found, key=lambda duty: duty.due_us)


def _followed(said: Said, held: Sequence[tuple[Said, Response]]) -> bool:
    """Whether its author decided anew on it."""
    return any(body.of == said.id and other.speaker == said.speaker for other, body in held)
