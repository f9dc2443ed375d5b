"""A thread: what two or more parties said under one opening, folded into states, clocks and what is due at the time asked.

The fold is a pure function of the statements, the receipts and the time: two nodes that hold the same get the same, whatever
came first, and swapping the parties' names swaps the result and nothing else. What was said stays visible, allowed or not: a
move that does not count is listed with the reason. Silence is *unanswered*, never refused; without a receipt it is
*unreceipted*, and no clock runs against anybody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from detente.channel.bodies import Correction, Message
from detente.channel.clocks import PROFILES, SKEW_US, Profile, profile_of
from detente.channel.legs import Leg, Running
from detente.channel.moves import ADDRESSEE, MOVES, OPENER, OPENINGS
from detente.channel.order import Placed, Receipts, in_order, said_us
from detente.channel.repeats import Openings, openings
from detente.channel.required import check_move, check_opening
from detente.errors import InvalidStatement, NotFound, NotPermitted
from detente.said import Said, read, readable, written
from detente.statement import Ref, Seen

# The flags of an event, and what each says.
FLAGS = {
    "back-dated": "claims a time more than five minutes before what it answers to; counted from the latter",
    "beyond-due": "undertakes a date after what is due; what is due stays",
    "incomplete": "does not say all that a message of its move says; counted as what it is",
    "late": "came after it was due",
    "not-allowed": "counts for nothing, for the reason given",
    "number-gap": "its number is not the next of its speaker in this thread as held here",
    "post-dated": "claims a time more than five minutes after another party held it; counted from the latter",
    "text-erased": "its text was erased; what it said is not known here",
    "withdrawn": "was withdrawn by its speaker afterwards",
}


@dataclass(frozen=True, slots=True)
class Event:
    """One statement of the thread at its place. `at_us` is claimed, `effective_us` what counts. `states`: the legs it counted
    for, after it."""

    said: Said
    message: Message | None
    move: str
    effective_us: int
    flags: tuple[str, ...] = ()
    reason: str = ""
    states: Mapping[str, str] = field(default_factory=dict)

    @property
    def counted(self) -> bool:
        return "not-allowed" not in self.flags


@dataclass(frozen=True, slots=True)
class Ignored:
    """A statement that says to belong to the thread and does not."""

    said: Said
    reason: str


@dataclass(frozen=True, slots=True)
class Corrected:
    """One field of one statement, by its own speaker: what it said and what it says from then on."""

    of: str
    by: str
    speaker: str
    field: str
    was: str
    now: str
    effective_us: int


@dataclass(frozen=True, slots=True)
class Thread:
    """`legs` by the origin of the addressee. `faults`: what the opening fails to say. `statements`, `receipts`: what was
    folded."""

    opening: Said
    message: Message
    profile: Profile
    now_us: int
    legs: Mapping[str, Leg]
    events: tuple[Event, ...]
    ignored: tuple[Ignored, ...]
    corrections: tuple[Corrected, ...]
    faults: tuple[str, ...]
    statements: tuple[Said, ...]
    receipts: Receipts

    @property
    def id(self) -> str:
        return self.opening.id

    @property
    def kind(self) -> str:
        """notice, request, protective-warning or demarche."""
        return self.message.move

    @property
    def opener(self) -> str:
        return self.opening.speaker

    @property
    def parties(self) -> tuple[str, ...]:
        """Sorted, for presentation."""
        return self.opening.parties

    @property
    def level(self) -> int:
        return max((leg.level for leg in self.legs.values()), default=self.message.level)

    @property
    def drill(self) -> bool:
        return self.profile.drill

    @property
    def open(self) -> bool:
        return any(leg.open for leg in self.legs.values())

    @property
    def due_us(self) -> int | None:
        """The first of what is due in any leg."""
        return min((leg.due_us for leg in self.legs.values() if leg.due_us is not None), default=None)

    @property
    def last_us(self) -> int:
        return max(event.effective_us for event in self.events)

    def waits_on(self, origin: str) -> bool:
        """Whether something is expected of this party."""
        return any(leg.waits_on == origin for leg in self.legs.values())

    def next_moves(self, origin: str) -> list[str]:
        """What this party may do now; nothing for who is not in the thread."""
        if origin == self.opener:
            found = {move for leg in self.legs.values() for move in leg.moves[OPENER]}
        else:
            found = set(self.legs[origin].moves[ADDRESSEE]) if origin in self.legs else set()
        return [move for move in MOVES if move in found]

    def next_number(self, origin: str) -> int:
        """The number that this party's next message in the thread has."""
        return 1 + sum(1 for event in self.events if event.message is not None and event.said.speaker == origin)


def fold(messages: Sequence[Said], receipts: Receipts, *, now_us: int, thread: str = "", viewer: str = "") -> Thread:
    """The thread at `now_us`. `messages`: statements of the kinds message and correction, in any order, also twice.

    `thread`: the id of the opening; needed when more than one is among them, the others then count for repeats alone.
    `viewer`: a party's origin: an addressee is shown its own leg only, since it does not hold what others answer. Statements
    dated later than `now_us`, by more than clocks may differ, are not yet said. Raises NotFound when there is no such
    opening, InvalidStatement when it cannot be read.
    """
    gathered = _gather(messages, now_us, receipts)
    if not thread:
        if len(gathered.openings.by_id) != 1:
            raise NotFound(
                f"expected one opening among these statements, found {len(gathered.openings.by_id)}; say which"
            )
        thread = next(iter(gathered.openings.by_id))
    if thread not in gathered.openings.by_id:
        raise NotFound(f"no opening {thread} is among these statements")
    return _fold(thread, gathered, receipts, now_us, viewer)


def threads(messages: Sequence[Said], receipts: Receipts, *, now_us: int, viewer: str = "") -> list[Thread]:
    """Every thread whose opening is held and can be read, in the order in which they were opened."""
    gathered = _gather(messages, now_us, receipts)
    found = [_fold(id, gathered, receipts, now_us, viewer) for id in gathered.openings.by_id]
    return sorted(found, key=lambda one: (one.events[0].effective_us, one.opening.ref.leaf))


def require_allowed(thread: Thread, message: Message, speaker: str, now_us: int, *, to: Sequence[str] = ()) -> None:
    """Whether our own node may say this now. The same fold that judges a partner's moves judges ours, before they are said.

    `to`: the addressees, by default all other parties. Raises InvalidStatement for what is incomplete, NotPermitted for what
    the tables, the clock or the parties forbid.
    """
    if speaker not in thread.parties:
        raise NotPermitted(f"{speaker} is not a party to this thread, which is between {', '.join(thread.parties)}")
    check_move(message, kind=thread.kind)
    if message.thread != thread.id:
        raise InvalidStatement(f"the message is for the thread {message.thread or '(none)'}, not for {thread.id}")
    audience = tuple(sorted(to)) or tuple(party for party in thread.parties if party != speaker)
    if not set(audience) <= set(thread.parties):
        raise NotPermitted(f"a thread stays between its parties, {', '.join(thread.parties)}")
    if now_us < thread.last_us - SKEW_US:
        raise NotPermitted("our clock is more than five minutes before what this answers to; set it, then say it again")
    size: dict[str, int] = defaultdict(int)
    for said in thread.statements:
        size[said.ref.log] = max(size[said.ref.log], said.ref.index + 1)
    trial = Said(
        Ref(speaker, size[speaker], b"\xff" * 32),
        audience,
        "message",
        now_us,
        written(message),
        seen=tuple(Seen(log, count, b"") for log, count in size.items() if log != speaker),
    )
    tried = fold([*thread.statements, trial], thread.receipts, now_us=now_us, thread=thread.id)
    event = next(one for one in tried.events if one.said is trial)
    if not event.counted:
        raise NotPermitted(f"{message.move}: {event.reason}")
    if "beyond-due" in event.flags:
        raise NotPermitted("accept: the date is after what is due; an extension is asked for with extend, once")
    if "number-gap" in event.flags:
        raise InvalidStatement(f"the next number of {speaker} in this thread is {thread.next_number(speaker)}")


# -- gathering ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Gathered:
    openings: Openings
    by_thread: Mapping[str, Sequence[tuple[Said, Message | None]]]
    corrections: Mapping[str, Sequence[tuple[Said, Correction]]]
    erased: Mapping[bytes, Sequence[Said]]  # by the leaf that they answer to


def _gather(messages: Sequence[Said], now_us: int, receipts: Receipts) -> _Gathered:
    unique = {said.id: said for said in messages}
    told = [said for said in unique.values() if said_us(said, receipts) <= now_us + SKEW_US]
    found = []
    by_thread: dict[str, list[tuple[Said, Message | None]]] = defaultdict(list)
    erased: dict[bytes, list[Said]] = defaultdict(list)
    for said, message in _messages(told):
        if message is None:
            if said.re is not None:
                erased[said.re.leaf].append(said)
        elif message.thread:
            by_thread[message.thread].append((said, message))
        elif message.move in OPENINGS:
            found.append((said, message))
    corrections: dict[str, list[tuple[Said, Correction]]] = defaultdict(list)
    for said, correction in readable([said for said in told if said.kind == "correction"], Correction):
        corrections[correction.of].append((said, correction))
    return _Gathered(openings(found), by_thread, corrections, erased)


def _messages(told: Sequence[Said]) -> list[tuple[Said, Message | None]]:
    """Messages as typed values; None where the text was erased. What was withdrawn had been said, and counts as said."""
    found: list[tuple[Said, Message | None]] = []
    for said in told:
        if said.kind != "message":
            continue
        if said.erased:
            found.append((said, None))
            continue
        with suppress(InvalidStatement):
            found.append((said, read(said, Message)))
    return found


# -- folding ------------------------------------------------------------------------------------------------------------


def _fold(id: str, gathered: _Gathered, receipts: Receipts, now_us: int, viewer: str) -> Thread:
    opening, message = gathered.openings.by_id[id]
    profile, faults = _profile(message)
    members: dict[str, tuple[Said, Message | Correction | None]] = {opening.id: (opening, message)}
    ignored = []
    for said, later in gathered.by_thread.get(id, ()):
        if said.speaker not in opening.parties:
            ignored.append(Ignored(said, f"{said.speaker} is not a party to this thread"))
        else:
            members[said.id] = (said, later)
    leaves = [opening.ref.leaf, *(said.ref.leaf for said, _ in members.values())]
    for leaf in dict.fromkeys(leaves):
        for said in gathered.erased.get(leaf, ()):
            if said.speaker in opening.parties:
                members[said.id] = (said, None)
    for of in list(members):
        for said, correction in gathered.corrections.get(of, ()):
            if said.speaker == members[of][0].speaker:
                members[said.id] = (said, correction)
            else:
                ignored.append(Ignored(said, f"{said.speaker} did not say what it corrects"))

    running = {
        party: Running(message.move, opening.speaker, party, profile, message, _receipt(receipts, party, now_us))
        for party in opening.aud
        if party != opening.speaker
    }
    events: list[Event] = []
    corrections: list[Corrected] = []
    spoken: dict[str, int] = defaultdict(int)
    for placed in in_order(opening, [said for said, _ in members.values() if said is not opening], receipts):
        body = members[placed.said.id][1]
        if isinstance(body, Message):
            spoken[placed.said.speaker] += 1
        event = _event(placed, body, running, message.move, spoken[placed.said.speaker])
        events.append(event)
        corrections.extend(_corrections(event, body, members))
    if opening.withdrawn:
        for leg in running.values():
            leg.stage = "withdrawn"
    legs = {
        party: leg.at(now_us, gathered.openings.chain(id, party))
        for party, leg in sorted(running.items())
        if viewer in ("", opening.speaker, party)
    }
    return Thread(
        opening=opening,
        message=message,
        profile=profile,
        now_us=now_us,
        legs=legs,
        events=tuple(events),
        ignored=tuple(sorted(ignored, key=lambda one: (one.said.at_us, one.said.ref.leaf))),
        corrections=tuple(corrections),
        faults=tuple(faults),
        statements=tuple(said for said, _ in members.values()),
        receipts=receipts,
    )


def _event(
    placed: Placed, body: Message | Correction | None, running: Mapping[str, Running], kind: str, number: int
) -> Event:
    said, at_us = placed.said, placed.effective_us
    flags = [
        name
        for name, holds in (
            ("back-dated", placed.back_dated),
            ("post-dated", placed.post_dated),
            ("withdrawn", said.withdrawn),
        )
        if holds
    ]
    if body is None:
        if said.speaker in running:
            running[said.speaker].lose_text(at_us)
        return Event(said, None, "", at_us, (*flags, "text-erased"))
    if isinstance(body, Correction):
        return Event(said, None, "correct", at_us, tuple(flags))
    if body.move in OPENINGS and not body.thread:
        for leg in running.values():
            leg.start(said.id, at_us, body.level)
        return Event(
            said, body, body.move, at_us, tuple(flags), "", {party: leg.stage for party, leg in running.items()}
        )
    if body.number != number:
        flags.append("number-gap")
    if body.move not in MOVES:
        return Event(said, body, body.move, at_us, (*flags, "not-allowed"), "a move of this name is not known here")
    try:
        check_move(body, kind=kind)
    except InvalidStatement as error:
        flags.append("incomplete")
        reason = str(error)
    else:
        reason = ""
    who = ADDRESSEE if said.speaker in running else OPENER
    legs = [running[said.speaker]] if who == ADDRESSEE else [leg for party, leg in running.items() if party in said.aud]
    if who == ADDRESSEE and legs[0].opener not in said.aud:
        return Event(said, body, body.move, at_us, (*flags, "not-allowed"), "it was not said to the opener")
    refusals = {leg.addressee: leg.refusal(body, who, at_us) for leg in legs}
    counting = [leg for leg in legs if not refusals[leg.addressee]]
    if not counting:
        told = next((one for one in refusals.values() if one), "it was said to nobody of the thread")
        return Event(said, body, body.move, at_us, (*flags, "not-allowed"), told)
    for leg in counting:
        flags.extend(flag for flag in leg.apply(said.id, body, who, at_us) if flag not in flags)
    return Event(said, body, body.move, at_us, tuple(flags), reason, {leg.addressee: leg.stage for leg in counting})


def _corrections(
    event: Event, body: Message | Correction | None, members: Mapping[str, tuple[Said, object]]
) -> list[Corrected]:
    said = event.said
    if isinstance(body, Correction):
        return [Corrected(body.of, said.id, said.speaker, body.field, body.was, body.now, event.effective_us)]
    if not isinstance(body, Message) or body.change is None or body.move != "correct" or not event.counted:
        return []
    of = next((one.id for one, _ in members.values() if said.re is not None and one.ref.leaf == said.re.leaf), "")
    if not of or members[of][0].speaker != said.speaker:
        return []
    change = body.change
    return [Corrected(of, said.id, said.speaker, change.field, change.was, change.now, event.effective_us)]


def _profile(message: Message) -> tuple[Profile, list[str]]:
    """The opening's profile; the default of every agreement where it names none that is known here."""
    faults = []
    try:
        check_opening(message)
    except InvalidStatement as error:
        faults.append(str(error))
    try:
        return profile_of(message.profile, message.calendar), faults
    except InvalidStatement:
        return PROFILES["vienna"], faults


def _receipt(receipts: Receipts, party: str, now_us: int) -> Callable[[str], int | None]:
    """When this party held a statement, by its own word, as far as that was said by `now_us`."""

    def held(id: str) -> int | None:
        at_us = receipts.get(id, {}).get(party)
        return at_us if at_us is not None and at_us <= now_us + SKEW_US else None

    return held
