"""A thread: what two or more parties said under one opening, folded into states, clocks and what is due at the time asked.

The fold is a pure function of the statements, the receipts and the time: two nodes that hold the same get the same, whatever
came first, and swapping the parties' names swaps the result and nothing else. What was said stays visible, allowed or not: a
move that does not count is listed with the reason. Silence is *unanswered*, never refused; without a receipt it is
*unreceipted*, and no clock runs against anybody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from detente.channel.bodies import Message
from detente.channel.clocks import PROFILES, SKEW_US, Profile, profile_of
from detente.channel.events import Corrected, Event, Ignored
from detente.channel.folding import Gathered, events_of, gather, members_of, run_legs
from detente.channel.legs import Leg
from detente.channel.moves import ADDRESSEE, MOVES, OPENER
from detente.channel.order import Receipts
from detente.channel.required import check_move, check_opening
from detente.errors import InvalidStatement, NotFound, NotPermitted
from detente.said import Said, written
from detente.statement import Ref, Seen


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
    opening that can be read.
    """
    gathered = gather(messages, receipts, now_us)
    found = gathered.openings.by_id
    if not thread:
        if len(found) != 1:
            raise NotFound(f"expected one opening among these statements, found {len(found)}; say which")
        thread = next(iter(found))
    if thread not in found:
        raise NotFound(f"no opening {thread} is among these statements")
    return _thread(gathered, thread, viewer)


def threads(messages: Sequence[Said], receipts: Receipts, *, now_us: int, viewer: str = "") -> list[Thread]:
    """Every thread whose opening is held and can be read, in the order in which they were opened."""
    gathered = gather(messages, receipts, now_us)
    found = [_thread(gathered, id, viewer) for id in gathered.openings.by_id]
    return sorted(found, key=lambda one: (one.opening.at_us, one.opening.ref.leaf))


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


def _thread(gathered: Gathered, id: str, viewer: str) -> Thread:
    opening, message = gathered.openings.by_id[id]
    profile, faults = _profile(message)
    members, ignored = members_of(gathered, opening, message)
    legs, judged, in_order = run_legs(gathered, members, opening, message, profile, viewer)
    events, corrections = events_of(members, opening, message.move, judged, in_order)
    return Thread(
        opening=opening,
        message=message,
        profile=profile,
        now_us=gathered.now_us,
        legs=legs,
        events=events,
        ignored=ignored,
        corrections=corrections,
        faults=faults,
        statements=tuple(said for said, _ in members.values()),
        receipts=gathered.receipts,
    )


def _profile(message: Message) -> tuple[Profile, tuple[str, ...]]:
    """The opening's profile, the default where it names none that is known here; and what the opening fails to say."""
    faults: tuple[str, ...] = ()
    try:
        check_opening(message)
    except InvalidStatement as error:
        faults = (str(error),)
    try:
        return profile_of(message.profile, message.calendar), faults
    except InvalidStatement:
        return PROFILES["vienna"], faults
