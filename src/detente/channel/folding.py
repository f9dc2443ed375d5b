"""How statements become legs and events: gathered by thread, ordered, judged by the tables.

Each leg is folded from what its two ends said to each other, and from their own receipts, so that both compute the same leg
whatever they hold of third parties. The list of events is for reading: everything that is held here, each with what its legs
made of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import msgspec

from detente.channel.bodies import Correction, Message
from detente.channel.clocks import SKEW_US, Profile
from detente.channel.events import Corrected, Event, Ignored
from detente.channel.legs import Leg, Running
from detente.channel.moves import ADDRESSEE, MOVES, OPENER, OPENINGS
from detente.channel.order import Placed, Receipts, in_order, said_us
from detente.channel.repeats import Openings, openings
from detente.channel.required import check_move
from detente.errors import InvalidStatement
from detente.said import Said, readable

Body = Message | Correction | None  # None: the text was erased
Members = Mapping[bytes, tuple[Said, Body]]  # by leaf hash


@dataclass(frozen=True, slots=True)
class Gathered:
    """Statements sorted by what they belong to, as far as they were said by `now_us`. `erased`: by the leaf that they answer
    to."""

    openings: Openings
    by_thread: Mapping[str, Sequence[tuple[Said, Message]]]
    corrections: Mapping[str, Sequence[tuple[Said, Correction]]]
    erased: Mapping[bytes, Sequence[Said]]
    receipts: Receipts
    now_us: int

    def told(self, said: Said, parties: Sequence[str]) -> bool:
        """Whether it was said by now, as far as these parties can tell."""
        # With one addressee no third party's receipt was counted when it was gathered.
        return len(said.aud) == 1 or said_us(said, self.receipts, parties) <= self.now_us + SKEW_US


@dataclass(frozen=True, slots=True)
class Judged:
    """What one leg made of one statement: the stage after it, or why it does not count."""

    stage: str
    refusal: str = ""
    flags: Sequence[str] = ()


def gather(messages: Sequence[Said], receipts: Receipts, now_us: int) -> Gathered:
    """Each statement once. What was withdrawn had been said, and counts as said; what cannot be read is left out."""
    found = []
    by_thread: dict[str, list[tuple[Said, Message]]] = defaultdict(list)
    erased: dict[bytes, list[Said]] = defaultdict(list)
    corrections: dict[str, list[tuple[Said, Correction]]] = defaultdict(list)
    for said in {said.ref.leaf: said for said in messages}.values():
        if said_us(said, receipts, said.aud) > now_us + SKEW_US:
            continue
        if said.kind == "correction":
            for _, correction in readable((said,), Correction):
                corrections[correction.of].append((said, correction))
        elif said.kind == "message" and said.erased:
            if said.re is not None:
                erased[said.re.leaf].append(said)
        elif said.kind == "message":
            with suppress(msgspec.ValidationError):
                message = msgspec.convert(said.body, Message)
                if message.thread:
                    by_thread[message.thread].append((said, message))
                elif message.move in OPENINGS:
                    found.append((said, message))
    return Gathered(openings(found), by_thread, corrections, erased, receipts, now_us)


def members_of(gathered: Gathered, opening: Said, message: Message) -> tuple[Members, tuple[Ignored, ...]]:
    """The statements of one thread, the opening first, and those that only say to belong to it."""
    parties = opening.parties
    members: dict[bytes, tuple[Said, Body]] = {opening.ref.leaf: (opening, message)}
    ignored = []
    for said, later in gathered.by_thread.get(opening.id, ()):
        if said.speaker in parties:
            members[said.ref.leaf] = (said, later)
        else:
            ignored.append(Ignored(said, f"{said.speaker} is not a party to this thread"))
    if gathered.erased:
        for leaf in list(members):
            for said in gathered.erased.get(leaf, ()):
                if said.speaker in parties:
                    members[said.ref.leaf] = (said, None)
    if gathered.corrections:
        for of, _ in list(members.values()):
            for said, correction in gathered.corrections.get(of.id, ()):
                if said.speaker == of.speaker:
                    members[said.ref.leaf] = (said, correction)
                else:
                    ignored.append(Ignored(said, f"{said.speaker} did not say what it corrects"))
    return members, tuple(sorted(ignored, key=lambda one: (one.said.at_us, one.said.ref.leaf)))


# -- legs ---------------------------------------------------------------------------------------------------------------


def run_legs(
    gathered: Gathered, members: Members, opening: Said, message: Message, profile: Profile, viewer: str
) -> tuple[dict[str, Leg], dict[bytes, dict[str, Judged]], list[Placed]]:
    """The legs that `viewer` is shown, by addressee; for each statement what these made of it; and everything that is held,
    in order."""
    legs: dict[str, Leg] = {}
    placed: list[Placed] = []
    judged: dict[bytes, dict[str, Judged]] = defaultdict(dict)
    for party in opening.aud:  # sorted, as every audience is; the order decides nothing
        if party == opening.speaker or viewer not in ("", opening.speaker, party):
            continue
        if not gathered.told(opening, (opening.speaker, party)):
            continue
        running = Running(message.move, opening.speaker, party, profile, message, _receipt(gathered, party))
        placed = _between(gathered, members, opening, party)
        for one in placed:
            judged[one.said.ref.leaf][party] = _judge(running, one, members[one.said.ref.leaf][1])
        if opening.withdrawn:
            running.stage = "withdrawn"
        chain = gathered.openings.chain(opening.id, party, partial(gathered.told, parties=(opening.speaker, party)))
        legs[party] = running.at(gathered.now_us, chain)
    if len(placed) != len(members) or len(opening.parties) != 2:
        rest = [said for said, _ in members.values() if said is not opening]
        placed = in_order(opening, rest, gathered.receipts, opening.parties)
    return legs, judged, placed


def _between(gathered: Gathered, members: Members, opening: Said, party: str) -> list[Placed]:
    """What the opener and this addressee said to each other, in order."""
    ends = (opening.speaker, party)
    rest = [
        said
        for said, body in members.values()
        if said is not opening
        and not isinstance(body, Correction)
        and said.speaker in ends
        and ends[said.speaker == opening.speaker] in said.aud
        and gathered.told(said, ends)
    ]
    return in_order(opening, rest, gathered.receipts, ends)


def _judge(running: Running, placed: Placed, body: Body) -> Judged:
    said, at_us = placed.said, placed.effective_us
    assert not isinstance(body, Correction)
    id = said.id
    running.said.append(id)
    if body is None:
        if said.speaker == running.addressee:
            running.lose_text(at_us)
        return Judged(running.stage)
    if not body.thread:
        running.start(id, at_us, body.level)
        return Judged(running.stage)
    who = OPENER if said.speaker == running.opener else ADDRESSEE
    refusal = running.refusal(body, who, at_us)
    if refusal:
        return Judged(running.stage, refusal)
    flags = running.apply(id, body, who, at_us)
    return Judged(running.stage, flags=flags)


def _receipt(gathered: Gathered, party: str) -> Callable[[str], int | None]:
    """When this party held a statement, by its own word, as far as that was said by now."""

    def held(id: str) -> int | None:
        at_us = gathered.receipts.get(id, {}).get(party)
        return at_us if at_us is not None and at_us <= gathered.now_us + SKEW_US else None

    return held


# -- events -------------------------------------------------------------------------------------------------------------


def events_of(
    members: Members,
    opening: Said,
    kind: str,
    judged: Mapping[bytes, Mapping[str, Judged]],
    in_order: Sequence[Placed],
) -> tuple[tuple[Event, ...], tuple[Corrected, ...]]:
    """Everything that is held of the thread with what became of it; and the corrections among it."""
    spoken: dict[str, int] = defaultdict(int)
    events: list[Event] = []
    corrections: list[Corrected] = []
    for placed in in_order:
        leaf = placed.said.ref.leaf
        body = members[leaf][1]
        gap = False
        if isinstance(body, Message):
            spoken[placed.said.speaker] += 1
            gap = body.number != spoken[placed.said.speaker]
        event = _event(placed, body, opening, kind, judged.get(leaf, {}), gap=gap)
        events.append(event)
        corrections.extend(_corrections(event, body, members))
    return tuple(events), tuple(corrections)


def _event(placed: Placed, body: Body, opening: Said, kind: str, judged: Mapping[str, Judged], *, gap: bool) -> Event:
    said, at_us = placed.said, placed.effective_us
    named = (
        ("back-dated", placed.back_dated),
        ("post-dated", placed.post_dated),
        ("withdrawn", said.withdrawn),
        ("text-erased", body is None),
        ("number-gap", gap),
    )
    flags = [name for name, holds in named if holds]
    if not isinstance(body, Message):
        return Event(said, None, "" if body is None else "correct", at_us, tuple(flags))
    stages = {party: one.stage for party, one in judged.items() if not one.refusal}
    refusal = "" if said is opening else _refusal(said, body, opening, judged)
    if refusal:
        return Event(said, body, body.move, at_us, (*flags, "not-allowed"), refusal)
    reason = "" if said is opening else _incomplete(body, kind)
    if reason:
        flags.append("incomplete")
    flags += dict.fromkeys(flag for one in judged.values() for flag in one.flags)
    return Event(said, body, body.move, at_us, tuple(flags), reason, stages)


def _refusal(said: Said, message: Message, opening: Said, judged: Mapping[str, Judged]) -> str:
    """Why the move counts on no leg; "" when it counts, or when its leg is not shown here."""
    if message.move not in MOVES:
        return "a move of this name is not known here"
    if said.speaker == opening.speaker:
        if set(said.aud).isdisjoint(opening.aud):
            return "it was said to nobody of the thread"
    elif opening.speaker not in said.aud:
        return "it was not said to the opener"
    if not judged or any(not one.refusal for one in judged.values()):
        return ""
    return "; ".join(sorted({one.refusal for one in judged.values()}))


def _incomplete(message: Message, kind: str) -> str:
    try:
        check_move(message, kind=kind)
    except InvalidStatement as error:
        return str(error)
    return ""


def _corrections(event: Event, body: Body, members: Members) -> list[Corrected]:
    said = event.said
    if isinstance(body, Correction):
        return [Corrected(body.of, said.id, said.speaker, body.field, body.was, body.now, event.effective_us)]
    if body is None or body.change is None or body.move != "correct" or not event.counted or said.re is None:
        return []
    of, _ = members.get(said.re.leaf, (None, None))
    if of is None or of.speaker != said.speaker:
        return []
    change = body.change
    return [Corrected(of.id, said.id, said.speaker, change.field, change.was, change.now, event.effective_us)]
