"""What waits for us, what waits for others, and what nobody has confirmed: the duty officer's first page, by deadline.

Computed from the open threads and the journal at the time asked; nothing is marked as read, and looking changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from detente.channel.legs import Leg
from detente.channel.moves import ADDRESSEE, OPENER
from detente.channel.thread import Thread
from detente.node import outbox
from detente.node.consequences import Sealing, sealings
from detente.node.correct import corrected
from detente.node.matters import last_use, newest
from detente.node.open import Node
from detente.node.talk import open_threads
from detente.stix.canonical import JsonValue
from detente.store.database import Connection
from detente.store.matters import Settled, settle
from detente.when import DAY_US
from detente.words import quoted

# The sections, in the order in which they are shown, and what stands in each.
SECTIONS = {
    "overdue": "waits for you, and the time is over",
    "today": "waits for you, and is due before the day (UTC) is over",
    "later": "waits for you",
    "others": "waits for somebody else",
    "unreceipted": "said by you; nothing shows yet that it arrived, which is no refusal",
    "drills": "the channel was not used for as long as agreed; a drill falls due",
    "drafts": "waits in your outbox for a second person",
    "seals": "a sealed consequence past the date of its reveal",
    "corrections": "rests on something that was corrected; its recipients do not know yet",
}
WAITS_FOR_US = ("overdue", "today", "later")
SUGGESTED = "suggested: "
# What the end of a clock asks of whom it waits on.
_WANTED = {
    "acknowledgement": "acknowledge it",
    "reply": "reply",
    "question": "answer the question",
    "verdict": "say whether the reply is sufficient",
    "outcome": "say how it came out",
}


@dataclass(frozen=True, slots=True)
class Row:
    """`who`: the other party, an origin, or a person for a draft. `wanted`: what is to be done, in words. `moves`: what we may do next."""

    section: str
    kind: str
    who: str
    subject: str
    due_us: int | None
    state: str
    wanted: str
    moves: tuple[str, ...]
    short: str
    id: str
    flags: tuple[str, ...] = ()


def read_inbox(node: Node) -> tuple[list[Row], int]:
    """All rows, by section and deadline, and the time they were computed for."""
    with node.store.indexed() as connection:
        now_us = node.clock()
        state = newest(connection)
        threads = open_threads(connection, node, now_us)
        seals = sealings(connection, [thread.opening for thread in threads if _seals_something(thread)])
        rows = [row for thread in threads if thread.open for row in _of_thread(node, thread)]
        rows += _outcomes(node, threads)
        rows += _drills(node, connection, threads, now_us)
        rows += _drafts(connection)
        rows += _seals(node, seals, now_us)
        rows += _corrections(node, connection)
    closed = {one.said.id for one in seals if one.text is None}
    settle(node.store.database, state, [_settled(t) for t in threads if not _may_wait(node, t, closed)])
    order = list(SECTIONS)
    far = 1 << 62
    return sorted(rows, key=lambda row: (order.index(row.section), row.due_us or far, row.id)), now_us


def wanted(leg: Leg, us: str) -> str:
    """Who is to do what when the clock that runs is over, in words; "" when none runs."""
    if leg.clock == "delivery":
        return f"{leg.addressee}: receipt by its node"
    if leg.clock == "window":
        return "the window ends"
    return f"{'you' if leg.waits_on == us else leg.waits_on}: {_WANTED[leg.clock]}" if leg.clock in _WANTED else ""


def _may_wait(node: Node, thread: Thread, closed: Set[str]) -> bool:
    """Whether it can come into the inbox at any time without anything new being said. `closed`: what holds a closed seal."""
    ours = thread.kind == "protective-warning" and thread.opener == node.origin
    untold = ours and not any(node.origin in leg.outcomes for leg in thread.legs.values())
    return thread.open or untold or thread.id in closed


def _settled(thread: Thread) -> Settled:
    return Settled(thread.id, thread.parties, _last_use(thread))


def _of_thread(node: Node, thread: Thread) -> list[Row]:
    rows = []
    for leg in thread.legs.values():
        if not leg.open:
            continue
        other = leg.addressee if thread.opener == node.origin else thread.opener
        who = OPENER if thread.opener == node.origin else ADDRESSEE
        flags = [flag for flag, holds in (("drill", thread.drill), ("late", bool(leg.overdue))) if holds]
        if leg.suggestion is not None and who == OPENER:
            flags.append(f"{SUGGESTED}{leg.suggestion.move}")
        rows.append(
            Row(
                section=_section(node, leg, thread.now_us),
                kind=thread.kind,
                who=other,
                subject=quoted(thread.message.subject),
                due_us=leg.due_us,
                state=leg.state,
                wanted=wanted(leg, node.origin),
                moves=tuple(move for move in leg.moves[who] if move != "correct"),
                short=thread.opening.short,
                id=thread.id,
                flags=tuple(flags),
            )
        )
    return rows


def _section(node: Node, leg: Leg, now_us: int) -> str:
    if leg.waits_on == node.origin:
        if leg.due_us is None or leg.due_us > _end_of_day(now_us):
            return "later"
        return "overdue" if leg.due_us < now_us else "today"
    return "unreceipted" if leg.unreceipted else "others"


def _outcomes(node: Node, threads: Sequence[Thread]) -> list[Row]:
    """Warnings of ours whose window is over: the warner, too, is asked how it came out."""
    rows = []
    for thread in threads:
        window = thread.message.window
        if thread.kind != "protective-warning" or thread.opener != node.origin or window is None:
            continue
        told = any(node.origin in leg.outcomes for leg in thread.legs.values())
        able = any("outcome" in leg.moves[OPENER] for leg in thread.legs.values())
        if thread.now_us > window.to_us and able and not told:
            due_us = thread.profile.later(window.to_us, thread.profile.reply_us)
            rows.append(
                Row(
                    section=_when(due_us, thread.now_us),
                    kind=thread.kind,
                    who=", ".join(thread.legs),
                    subject=quoted(thread.message.subject),
                    due_us=due_us,
                    state="window over",
                    wanted=f"you: {_WANTED['outcome']}",
                    moves=("outcome",),
                    short=thread.opening.short,
                    id=thread.id,
                    flags=("drill",) if thread.drill else (),
                )
            )
    return rows


def _when(due_us: int, now_us: int) -> str:
    if due_us < now_us:
        return "overdue"
    return "today" if due_us <= _end_of_day(now_us) else "later"


def _drills(node: Node, connection: Connection, threads: Sequence[Thread], now_us: int) -> list[Row]:
    """Partners with whom nothing was said and received for as long as the choices allow, or never."""
    interval_us = node.config.channel.drill_days * DAY_US
    used: dict[str, int] = defaultdict(int)
    for parties, used_us in [*last_use(connection).items(), *((one.parties, _last_use(one)) for one in threads)]:
        for origin in parties:
            used[origin] = max(used[origin], used_us)
    rows = []
    for party in node.partners(connection):
        last_us = used[party.origin]
        due_us = last_us + interval_us if last_us else party.added_us
        if now_us > due_us and not party.paused:
            rows.append(
                Row(
                    section="drills",
                    kind="drill",
                    who=party.origin,
                    subject=f"unused for {(now_us - last_us) // DAY_US} days" if last_us else "not used yet",
                    due_us=due_us,
                    state="due",
                    wanted=f"you: detente drill --to {party.name}",
                    moves=("drill",),
                    short=party.name,
                    id=party.origin,
                )
            )
    return rows


def _last_use(thread: Thread) -> int:
    if all(leg.unreceipted for leg in thread.legs.values()):
        return 0
    return max(event.effective_us for event in thread.events if event.counted)


def _drafts(connection: Connection) -> list[Row]:
    return [
        Row(
            section="drafts",
            kind=str(one.draft.body.get("move", one.draft.kind)),
            who=", ".join(one.draft.to),
            subject=quoted(str(one.draft.body.get("subject", ""))),
            due_us=None,
            state=f"written by {one.draft.by}",
            wanted="a second person: approve or drop it",
            moves=("approve", "drop"),
            short=one.entry.short,
            id=one.entry.id,
        )
        for one in outbox.waiting(connection)
        if not one.decision
    ]


def _seals(node: Node, seals: Sequence[Sealing], now_us: int) -> list[Row]:
    return [
        Row(
            section="seals",
            kind="seal",
            who=one.said.speaker,
            subject=quoted(one.subject),
            due_us=one.seal.reveal_us,
            state="closed past its date",
            wanted="you: reveal it" if one.said.speaker == node.origin else f"{one.said.speaker}: reveal it",
            moves=("reveal",) if one.said.speaker == node.origin else (),
            short=one.said.short,
            id=one.said.id,
        )
        for one in seals
        if one.overdue(now_us)
    ]


def _seals_something(thread: Thread) -> bool:
    consequence = thread.message.consequence
    return consequence is not None and consequence.seal is not None


def _corrections(node: Node, connection: Connection) -> list[Row]:
    rows = []
    for one in corrected(connection, node):
        waiting = [resting for resting in one.resting if resting.to_tell]
        if waiting:
            told = sorted({party for resting in waiting for party in resting.to_tell})
            rows.append(
                Row(
                    section="corrections",
                    kind="correction",
                    who=one.said.speaker,
                    subject=f"{len(waiting)} of your statements rest on it, said to {', '.join(told)}",
                    due_us=None,
                    state="not passed on",
                    wanted="you: pass it on",
                    moves=("pass-on",),
                    short=one.said.short,
                    id=one.said.id,
                )
            )
    return rows


def row_json(row: Row) -> dict[str, JsonValue]:
    return {
        "section": row.section,
        "kind": row.kind,
        "who": row.who,
        "subject": row.subject,
        "due_us": row.due_us,
        "state": row.state,
        "wanted": row.wanted,
        "next_moves": list(row.moves),
        "short": row.short,
        "id": row.id,
        "flags": list(row.flags),
    }


def _end_of_day(now_us: int) -> int:
    day = datetime.fromtimestamp(now_us / 1_000_000, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return int((day + timedelta(days=1)).timestamp()) * 1_000_000 - 1
