"""Each deadline, reminder, pause, extension and lapse at its very microsecond, one before and one after."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from tests.unit.channel.said import A, B, Talk

from detente.channel.bodies import Message
from detente.channel.clocks import PROFILES, SKEW_US, WEEKDAYS, Profile, profile_of
from detente.channel.legs import Leg
from detente.channel.thread import require_allowed
from detente.errors import NotPermitted
from detente.said import Said
from detente.when import DAY_US, HOUR_US, parse_when

# The Friday before the clocks of Europe go forward; the eve of a leap day; an ordinary noon.
STARTS = {
    "summer time": parse_when("2026-03-27T20:00Z").at_us,
    "leap day": parse_when("2028-02-28T23:59Z").at_us,
    "ordinary": parse_when("2026-09-21T14:00Z").at_us,
}


@dataclass
class Case:
    """A thread of one addressee, opened at `start_us`."""

    talk: Talk
    thread: Said
    profile: Profile
    start_us: int

    def leg(self, now_us: int) -> Leg:
        return self.talk.at(now_us).legs[B]

    def states(self, at_us: int) -> list[str]:
        """One microsecond before, at, and one after."""
        return [self.leg(at_us + by).state for by in (-1, 0, 1)]

    def overdue(self, at_us: int) -> list[tuple[str, ...]]:
        return [self.leg(at_us + by).overdue for by in (-1, 0, 1)]

    def acknowledge(self) -> int:
        """Received and acknowledged at once, in the second after it was said; returns when."""
        at_us = self.start_us + 1_000_000
        self.talk.receive(self.thread, at_us)
        self.talk.move(self.thread, B, "acknowledge", at_us)
        return at_us


@pytest.fixture(params=[*PROFILES, "weekdays", *(f"drill:{name}" for name in PROFILES)])
def profile(request: pytest.FixtureRequest) -> tuple[str, str]:
    name: str = request.param
    return ("technical", WEEKDAYS) if name == "weekdays" else (name, "")


@pytest.fixture(params=sorted(STARTS))
def case(request: pytest.FixtureRequest, profile: tuple[str, str]) -> Case:
    talk = Talk()
    start_us = STARTS[request.param]
    opening = talk.open("request", start_us, profile=profile[0], calendar=profile[1])
    return Case(talk, opening, profile_of(*profile), start_us)


def test_without_a_receipt_delivery_is_overdue_and_nothing_lapses(case: Case) -> None:
    due_us = case.profile.later(case.start_us, case.profile.delivery_us)
    assert case.overdue(due_us) == [(), (), ("delivery",)]
    later = case.leg(due_us + 1000 * DAY_US)
    assert (later.state, later.unreceipted, later.waits_on, later.unanswered) == ("sent", True, None, False)


def test_an_acknowledgement_is_due_and_reminders_fall_at_half_of_it_and_at_its_end(case: Case) -> None:
    held_us = case.start_us + 1_000_000
    case.talk.receive(case.thread, held_us)
    half_us = case.profile.later(held_us, case.profile.acknowledgement_us // 2)
    due_us = case.profile.later(held_us, case.profile.acknowledgement_us)
    assert [len(case.leg(half_us + by).reminders_us) for by in (-1, 0, 1)] == [0, 1, 1]
    assert [len(case.leg(due_us + by).reminders_us) for by in (-1, 0, 1)] == [1, 2, 2]
    assert case.overdue(due_us) == [(), (), ("acknowledgement",)]
    assert case.leg(due_us).due_us == due_us
    case.talk.move(case.thread, A, "remind", half_us)
    assert case.leg(due_us - 1).reminders_us == ()
    assert case.leg(due_us).reminders_us == (due_us,)


def test_who_never_acknowledges_lapses_when_a_reply_would_have_been_due_and_grace_is_over(case: Case) -> None:
    held_us = case.start_us + 1_000_000
    case.talk.receive(case.thread, held_us)
    reply_us = case.profile.later(case.profile.later(held_us, case.profile.acknowledgement_us), case.profile.reply_us)
    assert case.overdue(reply_us) == [("acknowledgement",), ("acknowledgement",), ("acknowledgement", "reply")]
    assert case.states(case.profile.later(reply_us, case.profile.grace_us)) == ["delivered", "delivered", "lapsed"]


def test_a_reply_is_due_is_overdue_and_lapses(case: Case) -> None:
    due_us = case.profile.later(case.acknowledge(), case.profile.reply_us)
    assert case.leg(due_us).due_us == due_us
    assert case.overdue(due_us) == [(), (), ("reply",)]
    lapse_us = case.profile.later(due_us, case.profile.grace_us)
    assert case.states(lapse_us) == ["acknowledged", "acknowledged", "lapsed"]
    assert [case.leg(lapse_us + by).unanswered for by in (-1, 0, 1)] == [False, False, True]
    assert [case.leg(due_us + by).meeting_callable for by in (0, 1)] == [False, case.profile.meeting]


def test_a_late_acknowledgement_gains_no_time(case: Case) -> None:
    held_us = case.start_us + 1_000_000
    case.talk.receive(case.thread, held_us)
    due_us = case.profile.later(held_us, case.profile.acknowledgement_us)
    case.talk.move(case.thread, B, "acknowledge", due_us + 1)
    assert case.leg(due_us + 1).due_us == case.profile.later(due_us, case.profile.reply_us)
    assert case.talk.at(due_us + 1).events[-1].flags == ("late",)


def test_an_acknowledgement_at_the_last_microsecond_is_in_time(case: Case) -> None:
    held_us = case.start_us + 1_000_000
    case.talk.receive(case.thread, held_us)
    due_us = case.profile.later(held_us, case.profile.acknowledgement_us)
    case.talk.move(case.thread, B, "acknowledge", due_us)
    assert case.talk.at(due_us).events[-1].flags == ()


def test_a_question_back_stops_the_reply_clock_until_it_is_answered(case: Case) -> None:
    at_us = case.acknowledge()
    due_us = case.profile.later(at_us, case.profile.reply_us)
    asked_us = case.profile.later(at_us, case.profile.reply_us // 4)
    answered_us = case.profile.later(asked_us, case.profile.reply_us // 4)
    case.talk.move(case.thread, B, "needs-more", asked_us, text="Which server?")
    asked = case.leg(asked_us)
    assert (asked.clock, asked.waits_on) == ("question", A)
    assert asked.due_us == case.profile.later(asked_us, case.profile.reply_us // 2)
    assert case.leg(due_us + 1).waits_on == A
    case.talk.move(case.thread, A, "answer-question", answered_us, text="The second.")
    resumed = case.leg(answered_us)
    assert resumed.paused_us == case.profile.between(asked_us, answered_us)
    assert resumed.due_us == case.profile.later(due_us, resumed.paused_us)
    assert case.overdue(resumed.due_us) == [(), (), ("reply",)]


def test_a_question_that_the_opener_leaves_lapses_on_the_opener(case: Case) -> None:
    asked_us = case.acknowledge()
    case.talk.move(case.thread, B, "needs-more", asked_us, text="Which server?")
    due_us = case.profile.later(asked_us, case.profile.question_us)
    assert case.overdue(due_us) == [(), (), ("question",)]
    lapse_us = case.profile.later(due_us, case.profile.grace_us)
    assert case.states(lapse_us) == ["needs-more", "needs-more", "lapsed"]
    assert (case.leg(lapse_us + 1).waits_on, case.leg(lapse_us + 1).unanswered) == (A, False)


def test_all_pauses_together_are_no_longer_than_a_reply(case: Case) -> None:
    at_us = case.acknowledge()
    due_us = case.profile.later(at_us, case.profile.reply_us)
    for _ in range(4):
        case.talk.move(case.thread, B, "needs-more", at_us, text="And?")
        at_us = case.profile.later(at_us, case.profile.question_us)
        case.talk.move(case.thread, A, "answer-question", at_us, text="This.")
    leg = case.leg(at_us)
    assert leg.paused_us == case.profile.reply_us
    assert leg.due_us == case.profile.later(due_us, case.profile.reply_us)


def test_when_the_opener_answers_a_question_late_the_addressee_is_not_overdue_by_that(case: Case) -> None:
    asked_us = case.acknowledge()
    case.talk.move(case.thread, B, "needs-more", asked_us, text="Which server?")
    answered_us = case.profile.later(asked_us, 3 * case.profile.reply_us)
    case.talk.move(case.thread, A, "answer-question", answered_us, text="The second.")
    leg = case.leg(answered_us)
    assert leg.paused_us == case.profile.reply_us
    assert leg.due_us == case.profile.later(answered_us, case.profile.acknowledgement_us)
    assert leg.overdue == ()


def test_one_extension_in_time_moves_what_is_due_and_no_second_one(case: Case) -> None:
    at_us = case.acknowledge()
    due_us = case.profile.later(at_us, case.profile.reply_us)
    until_us = case.profile.later(due_us, case.profile.reply_us)
    case.talk.move(case.thread, B, "extend", due_us, until_us=until_us)
    assert case.leg(due_us).due_us == until_us
    assert case.overdue(until_us) == [(), (), ("reply",)]
    case.talk.move(case.thread, B, "extend", until_us, until_us=until_us + 1)
    again = case.talk.at(until_us)
    assert again.events[-1].flags == ("not-allowed",)
    assert again.legs[B].due_us == until_us
    assert "extend" not in again.next_moves(B)


def test_an_extension_is_not_for_who_is_late_nor_without_end(case: Case) -> None:
    at_us = case.acknowledge()
    due_us = case.profile.later(at_us, case.profile.reply_us)
    most_us = case.profile.later(due_us, case.profile.reply_us)
    for when_us, until_us in ((due_us + 1, due_us + DAY_US), (due_us, most_us + 1), (due_us, due_us)):
        talk = Talk()
        talk.said, talk.receipts = list(case.talk.said), case.talk.receipts
        talk.size, talk.numbers = case.talk.size.copy(), case.talk.numbers.copy()
        talk.move(case.thread, B, "extend", when_us, until_us=until_us)
        assert talk.at(when_us).legs[B].due_us == due_us
        assert not talk.at(when_us).events[-1].counted


def test_who_accepts_is_due_on_the_day_it_names_and_never_later_than_what_is_due(case: Case) -> None:
    at_us = case.acknowledge()
    due_us = case.profile.later(at_us, case.profile.reply_us)
    case.talk.move(case.thread, B, "accept", at_us, until_us=due_us + 1)
    assert case.talk.at(at_us).events[-1].flags == ("beyond-due",)
    assert case.leg(at_us).due_us == due_us


def test_who_undertakes_an_earlier_date_is_held_to_it(case: Case) -> None:
    at_us = case.acknowledge()
    case.talk.move(case.thread, B, "accept", at_us, until_us=at_us + HOUR_US)
    assert case.overdue(at_us + HOUR_US) == [(), (), ("reply",)]


def test_a_referral_in_time_starts_a_new_reply_clock_and_a_late_one_does_not(case: Case) -> None:
    at_us = case.acknowledge()
    due_us = case.profile.later(at_us, case.profile.reply_us)
    for when_us, expected_us in ((due_us, case.profile.later(due_us, case.profile.reply_us)), (due_us + 1, due_us)):
        talk = Talk()
        talk.said, talk.receipts = list(case.talk.said), case.talk.receipts
        talk.size, talk.numbers = case.talk.size.copy(), case.talk.numbers.copy()
        talk.move(case.thread, B, "refer", when_us, refer_to="the other office")
        leg = talk.at(when_us).legs[B]
        assert (leg.stage, leg.due_us, leg.referred_to) == ("referred", expected_us, "the other office")


def test_the_opener_has_its_time_for_a_verdict_and_then_the_reply_stands(case: Case) -> None:
    at_us = case.acknowledge()
    case.talk.move(case.thread, B, "answer", at_us, text="Here.", extent="full")
    due_us = case.profile.later(at_us, case.profile.verdict_us)
    assert case.leg(due_us).waits_on == A
    assert case.states(due_us) == ["answered", "answered", "closed-no-verdict"]
    assert [case.leg(due_us + by).open for by in (0, 1)] == [True, False]
    case.talk.move(case.thread, A, "contested", due_us + 1, text="It is not what was asked.")
    assert case.leg(due_us + 1).state == "closed-contested"
    assert case.talk.at(due_us + 1).events[-1].flags == ("late",)


def test_a_refusal_stands_when_nothing_is_said_on_it(case: Case) -> None:
    at_us = case.acknowledge()
    case.talk.move(case.thread, B, "decline", at_us, reason="law")
    assert case.states(case.profile.later(at_us, case.profile.verdict_us)) == [
        "declined",
        "declined",
        "closed-declined",
    ]


def test_what_comes_after_the_lapse_is_late_and_counts(case: Case) -> None:
    due_us = case.profile.later(case.acknowledge(), case.profile.reply_us)
    late_us = case.profile.later(due_us, case.profile.grace_us) + 1
    case.talk.move(case.thread, B, "answer", late_us, text="Here.", extent="full")
    thread = case.talk.at(late_us)
    assert (thread.legs[B].state, thread.events[-1].flags) == ("answered", ("late",))


def test_an_escalation_starts_all_clocks_and_the_receipt_anew(case: Case) -> None:
    due_us = case.profile.later(case.acknowledge(), case.profile.reply_us)
    up = case.talk.move(case.thread, A, "escalate", due_us + 1, level=2, text="No reply came.")
    leg = case.leg(due_us + 1)
    assert (leg.state, leg.level, leg.unreceipted) == ("sent", 2, True)
    assert leg.due_us == case.profile.later(due_us + 1, case.profile.delivery_us)
    case.talk.receive(up, due_us + 2)
    assert case.leg(due_us + 2).due_us == case.profile.later(due_us + 2, case.profile.acknowledgement_us)


def test_clocks_five_minutes_apart_in_either_direction_are_no_offence(case: Case) -> None:
    """The addressee's clock is behind, then ahead: its receipt and acknowledgement bear its own times."""
    for skew_us in (-SKEW_US, SKEW_US):
        talk = Talk()
        opening = talk.open("request", case.start_us, profile=case.thread.body.get("profile", "vienna"))
        talk.receive(opening, case.start_us + skew_us)
        talk.move(opening, B, "acknowledge", case.start_us + skew_us)
        thread = talk.at(case.start_us)
        assert [event.flags for event in thread.events] == [(), ()]
        assert thread.legs[B].state == "acknowledged"
        assert all(event.effective_us >= thread.legs[B].sent_us for event in thread.events)


def test_a_microsecond_more_than_five_minutes_is_flagged_and_counted_from_what_it_answers_to(case: Case) -> None:
    case.talk.move(case.thread, B, "acknowledge", case.start_us - SKEW_US - 1)
    acknowledged = case.talk.at(case.start_us).events[-1]
    assert acknowledged.flags == ("back-dated",)
    assert acknowledged.effective_us == case.start_us


def test_our_own_node_does_not_send_what_is_back_dated() -> None:
    talk = Talk()
    opening = talk.open("request")
    message = Message(move="acknowledge", thread=opening.id)
    require_allowed(talk.at(opening.at_us), message, B, opening.at_us - SKEW_US)
    with pytest.raises(NotPermitted, match="clock"):
        require_allowed(talk.at(opening.at_us), message, B, opening.at_us - SKEW_US - 1)


def test_what_is_dated_later_than_now_is_not_yet_said_unless_somebody_holds_it() -> None:
    talk = Talk()
    opening = talk.open("request")
    ahead_us = opening.at_us + DAY_US
    talk.receive(opening, opening.at_us)
    acknowledgement = talk.move(opening, B, "acknowledge", ahead_us)
    assert len(talk.at(ahead_us - SKEW_US - 1).events) == 1
    assert len(talk.at(ahead_us - SKEW_US).events) == 2
    talk.receive(acknowledgement, opening.at_us + HOUR_US, by=A)
    held = talk.at(opening.at_us + HOUR_US).events[-1]
    assert (held.effective_us, held.flags) == (opening.at_us + HOUR_US, ("post-dated",))


def test_a_date_asked_for_gives_more_time_than_the_profile_and_never_less() -> None:
    start_us = STARTS["ordinary"]
    for needed_us, expected_us in ((start_us + HOUR_US, start_us + 48 * HOUR_US), (start_us + 9 * DAY_US,) * 2):
        talk = Talk()
        opening = talk.open("request", start_us, needed_by_us=needed_us)
        talk.receive(opening, start_us)
        talk.move(opening, B, "acknowledge", start_us)
        assert talk.at(start_us).legs[B].due_us == expected_us
