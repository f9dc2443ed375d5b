"""One addressee's leg of a thread: the facts that events leave behind, and what clock and state they give at the time asked.

Only two things make a leg what it is: the moves, by the tables of `channel.moves`, and the deadlines, by the profile. Rules
of fairness that the tables do not show:

- Whoever acknowledges late or never gains no time: the reply clock starts at the acknowledgement or when that was due,
whichever is first.
- A question back stops the reply clock until it is answered, all questions together for no longer than a reply takes. When
the opener answers it late, the addressee has at least the time of an acknowledgement left.
- One extension, asked for in time, by at most the time of a reply. A referral made in time starts a new reply clock.
- `needed_by` can give more time than the profile, never less: neither side alone shortens what both agreed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from detente.channel.bodies import Message, Outcome, Relayed
from detente.channel.clocks import Profile
from detente.channel.moves import ADDRESSEE, DEMARCHE, NOTICE, OPEN, OPENER, WARNING, allowed, next_state

LEVEL_MAX = 3
# Up to this level a node may be set to send reminders and escalations by itself; above it a person decides.
AUTOMATIC_LEVEL_MAX = 2

_REPLIES = ("answer", "decline", "position")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the opener may want to do next. Nothing is ever done by itself above level 2: `person` says that somebody must
    decide."""

    move: str
    level: int
    person: bool


@dataclass(frozen=True, slots=True)
class Leg:
    """`stage` is the state that the moves gave; `state` also what the clock made of it. Times in microseconds UTC, None: not
    yet.

    `clock`: delivery, acknowledgement, reply, question, window, outcome, verdict, or "" when none runs; `due_us` is its end
    and `waits_on` the party from whom something is expected. `unreceipted`: nothing by the addressee shows that it has the
    text, so nothing counts against it. `overdue`: which clocks have run out. `reminders_us`: reminders that have fallen due
    and were not sent. `unanswered`: nothing came by the end of the time of grace. `text_lost`: a statement of the addressee
    in this thread was erased, so what it said is not known here and no silence is computed. `spans`: how long what took, for
    reports. `repeats`: the chain of openings that this one belongs to, to this addressee, in order. `said`: what both ends
    said, in order; `last_us`: when the last of it counted.
    """

    addressee: str
    state: str
    stage: str
    level: int
    sent_us: int
    delivered_us: int | None
    acknowledged_us: int | None
    replied_us: int | None
    closed_us: int | None
    clock: str
    due_us: int | None
    waits_on: str | None
    unreceipted: bool
    overdue: tuple[str, ...]
    reminders_us: tuple[int, ...]
    extended: bool
    paused_us: int
    reply: str
    reason: str
    position: str
    partial: bool
    referred_to: str
    outcomes: Mapping[str, Outcome]
    relayed: tuple[Relayed, ...]
    meeting_callable: bool
    text_lost: bool
    unanswered: bool
    suggestion: Suggestion | None
    spans: tuple[tuple[str, int], ...]
    repeats: tuple[str, ...]
    said: tuple[str, ...]
    last_us: int
    moves: Mapping[str, tuple[str, ...]]

    @property
    def open(self) -> bool:
        return self.state in OPEN


@dataclass(slots=True)
class Running:
    """A leg while the events are applied to it, in order. `receipt(id)`: when the addressee held that statement, by its own
    word."""

    kind: str
    opener: str
    addressee: str
    profile: Profile
    opening: Message
    receipt: Callable[[str], int | None]
    level: int = 1
    stage: str = "sent"
    sent_us: int = 0
    delivered_us: int | None = None
    acknowledged_us: int | None = None
    reply_due_us: int = 0
    asked_us: int = 0
    question_due_us: int = 0
    pause_left_us: int = 0
    paused_us: int = 0
    extended: bool = False
    replied_us: int | None = None
    verdict_due_us: int = 0
    closed_us: int | None = None
    reply: str = ""
    reason: str = ""
    position: str = ""
    partial: bool = False
    referred_to: str = ""
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    relayed: list[Relayed] = field(default_factory=list)
    reminded_us: list[int] = field(default_factory=list)
    spans: list[tuple[str, int]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    last_us: int = 0
    text_lost: bool = False
    unanswered: bool = False

    def start(self, id: str, at_us: int, level: int) -> None:
        """By the opening, and anew by each escalation: clocks and receipt are those of that message."""
        self.level, self.stage, self.sent_us, self.closed_us, self.last_us = level, "sent", at_us, None, at_us
        self.delivered_us = self.acknowledged_us = self.replied_us = None
        self.reply_due_us = self.paused_us = 0
        self.unanswered = False
        self.pause_left_us, self.extended, self.reminded_us = self.profile.pause_us, False, []
        # A position stays: what was denied at one level is not shown without the denial at the next.
        self.reply, self.reason, self.partial, self.referred_to = "", "", False, ""
        held = self.receipt(id)
        if held is not None:
            self._deliver(held)

    # -- what may be done ------------------------------------------------------------------------------------------------

    def refusal(self, message: Message, who: str, at_us: int) -> str:
        """Why the move does not count here; "" when it does."""
        if next_state(self.kind, self.stage, message.move, who) is None:
            return f"in the state {self.stage} of a {self.kind}, {message.move} is not for the {who}"
        match message.move:
            case "accept" if 0 < message.until_us < at_us:
                return "the date that it undertakes is over"
            case "extend":
                if self.extended:
                    return "the one extension was used"
                if at_us > self.reply_due_us:
                    return "the time to reply was over; an extension is asked for before"
                if not self.reply_due_us < message.until_us <= self._later(self.reply_due_us, self.profile.reply_us):
                    return "an extension ends after what is due, by no more than the time of one reply"
            case "escalate" if message.level != self.level + 1:
                return f"from level {self.level} it goes to level {self.level + 1}, by a message of that level"
            case "relayed" if not self.opening.permitted_wording:
                return "the warning may not be relayed"
            case "relayed" if any(one.language not in self.opening.permitted_wording for one in message.relayed):
                return f"the wording that may be relayed is in {', '.join(sorted(self.opening.permitted_wording))}; say which it was"
            case "outcome" if self._window_open(at_us) and getattr(message.outcome, "status", "") != "occurred":
                return "the window of the warning is still open; until it ends, only that it occurred can be said"
        return ""

    def moves(self, who: str, now_us: int) -> tuple[str, ...]:
        """What may be done at this time by whoever `who` is."""
        barred = set()
        if self.extended or now_us > self.reply_due_us:
            barred.add("extend")
        if self.level >= LEVEL_MAX:
            barred.add("escalate")
        if not self.opening.permitted_wording:
            barred.add("relayed")
        return tuple(move for move in allowed(self.kind, self.stage, who) if move not in barred)

    # -- events ----------------------------------------------------------------------------------------------------------

    def apply(self, id: str, message: Message, who: str, at_us: int) -> list[str]:
        """Count an allowed move. Returns flags: late, beyond-due."""
        flags = ["late"] if self._late(message.move, who, at_us) else []
        to = next_state(self.kind, self.stage, message.move, who)
        assert to is not None  # `refusal` was asked first
        self.last_us = at_us
        if message.move == "correct":
            return []
        if who == ADDRESSEE:
            self._deliver(at_us)
            self._acknowledge(at_us)
        if self.stage == "needs-more" and to != "needs-more":
            self._resume(who, at_us)
        match message.move:
            case "needs-more":
                self.asked_us, self.question_due_us = at_us, self._later(at_us, self.profile.question_us)
            case "accept" if message.until_us:
                if message.until_us > self.reply_due_us:
                    flags.append("beyond-due")
                self.reply_due_us = min(self.reply_due_us, message.until_us)
            case "extend":
                self.extended, self.reply_due_us = True, message.until_us
            case "refer":
                self.referred_to = message.refer_to
                if at_us <= self.reply_due_us:
                    self.reply_due_us = max(self.reply_due_us, self._later(at_us, self.profile.reply_us))
            case "outcome" if message.outcome is not None:
                self.outcomes[self.opener if who == OPENER else self.addressee] = message.outcome
            case "relayed":
                self.relayed.extend(message.relayed)
            case "remind":
                self.reminded_us.append(at_us)
            case "close" if to == "closed-unanswered":
                self.unanswered = self._lapsed(at_us) and self._clock(at_us)[2] == self.addressee
            case "satisfied" | "contested" if self.replied_us is not None:
                self.spans.append(("verdict", at_us - self.replied_us))
            case "answer-question":
                self.spans.append(("question", at_us - self.asked_us))
            case "withdraw" if message.superseded_by:
                to = "superseded"
            case "escalate":
                self.start(id, at_us, message.level)
                return flags
        if message.move in _REPLIES:
            self._reply(message, at_us)
        self.stage = to
        if to not in OPEN and self.closed_us is None:
            self.closed_us = at_us
        return flags

    def lose_text(self, at_us: int) -> None:
        """The addressee said something here of which the text was erased: it holds the thread, and the rest is not known."""
        self._deliver(at_us)
        self.text_lost = True

    def _deliver(self, at_us: int) -> None:
        at_us = max(at_us, self.sent_us)
        if self.delivered_us is None:
            self.spans.append(("delivery", at_us - self.sent_us))
            self.delivered_us = at_us
            if self.stage == "sent":
                self.stage = "delivered"

    def _acknowledge(self, at_us: int) -> None:
        if self.acknowledged_us is not None or self.delivered_us is None:
            return
        self.acknowledged_us = at_us
        self.delivered_us = min(self.delivered_us, at_us)
        self.spans.append(("acknowledgement", at_us - self.delivered_us))
        self.reply_due_us = self._reply_due(min(at_us, self._acknowledgement_due()))

    def _resume(self, who: str, at_us: int) -> None:
        pause = min(self.profile.between(self.asked_us, at_us), self.pause_left_us)
        self.pause_left_us -= pause
        self.paused_us += pause
        self.reply_due_us = self._later(self.reply_due_us, pause)
        if who == OPENER and at_us > self.question_due_us:
            self.reply_due_us = max(self.reply_due_us, self._later(at_us, self.profile.acknowledgement_us))

    def _reply(self, message: Message, at_us: int) -> None:
        if message.position:
            self.position = message.position
        if message.move == "position" and self.kind != DEMARCHE:
            return
        if self.replied_us is None:
            self.replied_us = at_us
            assert self.acknowledged_us is not None
            self.spans.append(("reply", at_us - self.acknowledged_us))
        self.reply, self.reason, self.partial = message.move, message.reason, message.extent == "partial"
        observed = self.opening.window.to_us if self.kind == DEMARCHE and self.opening.window else at_us
        start_us = at_us if message.move == "decline" else max(at_us, observed)
        self.verdict_due_us = self._later(start_us, self.profile.verdict_us)

    # -- the clock -------------------------------------------------------------------------------------------------------

    def at(self, now_us: int, repeats: tuple[str, ...]) -> Leg:
        """The leg as it stands at `now_us`."""
        clock, due_us, waits_on = self._clock(now_us)
        overdue = self._overdue(clock, due_us, now_us)
        state, closed_us = self.stage, self.closed_us
        if clock == "verdict" and now_us > self.verdict_due_us:
            state = "closed-declined" if self.stage == "declined" else "closed-no-verdict"
            closed_us, clock, due_us, waits_on = self.verdict_due_us, "", None, None
        elif self._lapsed(now_us):
            state = "lapsed"
        if self.text_lost and waits_on == self.addressee:
            state, overdue, clock, due_us, waits_on = self.stage, (), "", None, None
        return Leg(
            addressee=self.addressee,
            state=state,
            stage=self.stage,
            level=self.level,
            sent_us=self.sent_us,
            delivered_us=self.delivered_us,
            acknowledged_us=self.acknowledged_us,
            replied_us=self.replied_us,
            closed_us=closed_us,
            clock=clock,
            due_us=due_us,
            waits_on=waits_on,
            unreceipted=self.delivered_us is None,
            overdue=overdue,
            reminders_us=self._reminders(now_us),
            extended=self.extended,
            paused_us=self.paused_us,
            reply=self.reply,
            reason=self.reason,
            position=self.position,
            partial=self.partial,
            referred_to=self.referred_to,
            outcomes=dict(self.outcomes),
            relayed=tuple(self.relayed),
            meeting_callable=self._meeting_callable(now_us),
            text_lost=self.text_lost,
            unanswered=self.unanswered or (state == "lapsed" and waits_on == self.addressee),
            suggestion=self._suggestion(state, overdue, now_us),
            spans=tuple(self.spans),
            repeats=repeats,
            said=tuple(self.said),
            last_us=self.last_us,
            moves={who: self.moves(who, now_us) for who in (OPENER, ADDRESSEE)},
        )

    def _clock(self, now_us: int) -> tuple[str, int | None, str | None]:
        """Which clock runs, when it ends, and on whom it waits."""
        match self.stage:
            case "sent":
                return "delivery", self._later(self.sent_us, self.profile.delivery_us), None
            case "delivered":
                return "acknowledgement", self._acknowledgement_due(), self.addressee
            case "needs-more":
                return "question", self.question_due_us, self.opener
            case "acknowledged" if self.kind == WARNING:
                window = self.opening.window
                if window is None:
                    return "", None, None
                if now_us <= window.to_us:
                    return "window", window.to_us, None
                return "outcome", self._later(window.to_us, self.profile.reply_us), self.addressee
            case "acknowledged" | "accepted" | "referred":
                return "reply", self.reply_due_us, self.addressee
            case "answered" if self._window_open(now_us):
                assert self.opening.window is not None
                return "window", self.opening.window.to_us, None
            case "answered" | "declined":
                return "verdict", self.verdict_due_us, self.opener
        return "", None, None

    def _overdue(self, clock: str, due_us: int | None, now_us: int) -> tuple[str, ...]:
        if due_us is None or now_us <= due_us or clock in ("verdict", "window"):
            return ()
        if clock == "acknowledgement" and self.kind not in (NOTICE, WARNING) and now_us > self._last_due(due_us):
            return ("acknowledgement", "reply")
        return (clock,)

    def _last_due(self, due_us: int | None) -> int:
        """After which the matter lapses: of what was never acknowledged, when a reply would have been due."""
        assert due_us is not None
        if self.stage == "delivered" and self.kind not in (NOTICE, WARNING):
            return self._reply_due(due_us)
        return due_us

    def _lapsed(self, now_us: int) -> bool:
        clock, due_us, _ = self._clock(now_us)
        overdue = clock != "delivery" and self._overdue(clock, due_us, now_us)
        return bool(overdue) and now_us > self._later(self._last_due(due_us), self.profile.grace_us)

    def _late(self, move: str, who: str, at_us: int) -> bool:
        if move == "correct" or move == "withdraw" or self.text_lost:
            return False
        clock, due_us, waits_on = self._clock(at_us)
        acting = self.opener if who == OPENER else self.addressee
        return clock != "window" and waits_on == acting and due_us is not None and at_us > due_us

    def _reminders(self, now_us: int) -> tuple[int, ...]:
        if self.stage != "delivered" or self.delivered_us is None:
            return ()
        half_us = self._later(self.delivered_us, self.profile.acknowledgement_us // 2)
        last = max(self.reminded_us, default=0)
        return tuple(at_us for at_us in (half_us, self._acknowledgement_due()) if last < at_us <= now_us)

    def _meeting_callable(self, now_us: int) -> bool:
        asking = self.kind not in (NOTICE, WARNING)
        if not asking or not self.profile.meeting or self.stage in ("withdrawn", "superseded"):
            return False
        if self.replied_us is not None:
            return True
        return self.delivered_us is not None and now_us > (
            self.reply_due_us if self.acknowledged_us is not None else self._reply_due(self._acknowledgement_due())
        )

    def _suggestion(self, state: str, overdue: tuple[str, ...], now_us: int) -> Suggestion | None:
        waiting_long = "delivery" in overdue and now_us > self._later(self.sent_us, 2 * self.profile.delivery_us)
        up = self.level + 1
        if waiting_long or "acknowledgement" in overdue or "reply" in overdue or state == "closed-contested":
            if up <= LEVEL_MAX and "escalate" in self.moves(OPENER, now_us):
                return Suggestion("escalate", up, person=up > AUTOMATIC_LEVEL_MAX)
            return Suggestion("consultation", self.level, person=True)
        if overdue in (("delivery",), ("outcome",)) or self._reminders(now_us):
            return Suggestion("remind", self.level, person=self.level > AUTOMATIC_LEVEL_MAX)
        return None

    def _window_open(self, at_us: int) -> bool:
        window = self.opening.window
        return window is not None and self.kind in (WARNING, DEMARCHE) and at_us <= window.to_us

    def _acknowledgement_due(self) -> int:
        assert self.delivered_us is not None
        return self._later(self.delivered_us, self.profile.acknowledgement_us)

    def _reply_due(self, from_us: int) -> int:
        return max(self._later(from_us, self.profile.reply_us), self.opening.needed_by_us)

    def _later(self, start_us: int, span_us: int) -> int:
        return self.profile.later(start_us, span_us)
