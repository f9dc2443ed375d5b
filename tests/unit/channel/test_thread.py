"""What a thread shows of who said what: parties, order, flags, repeats, corrections, and what our own node must not send."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.channel.said import DAY_US, HOUR_US, MINUTE_US, T0, A, B, C, Talk

from detente.channel.bodies import Change, Correction, Message, Outcome, Relayed, Window
from detente.channel.legs import Suggestion
from detente.channel.thread import fold, require_allowed, threads
from detente.errors import InvalidStatement, NotFound, NotPermitted
from detente.said import Said
from detente.statement import Ref, Seen


def asked(kind: str = "request", **fields: Any) -> tuple[Talk, Said]:
    """An opening that B holds, a minute later."""
    talk = Talk()
    opening = talk.open(kind, **fields)
    talk.receive(opening, T0 + MINUTE_US)
    return talk, opening


# -- who is in it -------------------------------------------------------------------------------------------------------


def test_what_a_stranger_says_counts_for_nothing_and_is_listed() -> None:
    talk, opening = asked()
    talk.move(opening, C, "answer", T0 + HOUR_US, text="I know.", extent="full")
    thread = talk.at(T0 + HOUR_US)
    assert thread.legs[B].state == "delivered"
    assert [one.reason for one in thread.ignored] == [f"{C} is not a party to this thread"]
    assert thread.next_moves(C) == []


def test_nobody_acknowledges_for_another() -> None:
    talk, opening = asked(to=(B, C))
    thread = talk.at(T0 + HOUR_US)
    for speaker in (A, "d.example"):
        with pytest.raises(NotPermitted):
            require_allowed(thread, Message(move="acknowledge", thread=opening.id, number=2), speaker, T0 + HOUR_US)
    talk.move(opening, C, "acknowledge", T0 + HOUR_US)
    assert {party: leg.state for party, leg in talk.at(T0 + HOUR_US).legs.items()} == {
        B: "delivered",
        C: "acknowledged",
    }


def test_an_addressee_is_shown_its_own_leg_and_the_opener_all() -> None:
    talk, _ = asked(to=(B, C))
    assert sorted(talk.at(T0, viewer=A).legs) == [B, C]
    assert sorted(talk.at(T0, viewer=C).legs) == [C]
    assert talk.at(T0, viewer=C).next_moves(B) == []


def test_what_is_said_past_the_opener_does_not_count() -> None:
    talk, opening = asked(to=(B, C))
    talk.move(opening, B, "answer", T0 + HOUR_US, to=[C], text="Here.", extent="full")
    thread = talk.at(T0 + HOUR_US)
    assert thread.events[-1].reason == "it was not said to the opener"
    assert thread.legs[B].state == "delivered"


def test_the_opener_speaks_to_one_addressee_without_the_other() -> None:
    talk, opening = asked(to=(B, C))
    talk.move(opening, B, "decline", T0 + HOUR_US, reason="law")
    talk.move(opening, A, "contested", T0 + 2 * HOUR_US, to=[B], text="It does allow it.")
    states = {party: leg.state for party, leg in talk.at(T0 + 2 * HOUR_US).legs.items()}
    assert states == {B: "closed-contested", C: "sent"}


# -- silence ------------------------------------------------------------------------------------------------------------


def test_silence_is_unanswered_and_without_a_receipt_unreceipted_and_never_refused() -> None:
    talk, _ = asked()
    silent = talk.at(T0 + 30 * DAY_US).legs[B]
    assert (silent.state, silent.unanswered, silent.reply, silent.reason) == ("lapsed", True, "", "")
    talk.receipts.clear()
    unknown = talk.at(T0 + 30 * DAY_US).legs[B]
    assert (unknown.state, unknown.unreceipted, unknown.unanswered) == ("sent", True, False)


def test_only_the_addressee_can_show_that_it_holds_the_text() -> None:
    talk = Talk()
    opening = talk.open()
    talk.receive(opening, T0, by=A)
    talk.receive(opening, T0, by=C)
    assert talk.at(T0).legs[B].unreceipted


def test_who_replies_has_received_and_acknowledged() -> None:
    talk = Talk()
    opening = talk.open()
    talk.move(opening, B, "decline", T0 + HOUR_US, reason="not-ours")
    leg = talk.at(T0 + HOUR_US).legs[B]
    assert (leg.delivered_us, leg.acknowledged_us, leg.state) == (T0 + HOUR_US, T0 + HOUR_US, "declined")


def test_a_text_that_was_erased_is_not_counted_as_silence() -> None:
    talk, opening = asked()
    answer = talk.move(opening, B, "answer", T0 + HOUR_US, text="Here.", extent="full")
    talk.said[-1] = replace(answer, body={}, erased=True)
    thread = talk.at(T0 + 30 * DAY_US)
    assert thread.events[-1].flags == ("text-erased",)
    assert (thread.legs[B].text_lost, thread.legs[B].overdue, thread.legs[B].unanswered) == (True, (), False)


# -- order --------------------------------------------------------------------------------------------------------------


def test_a_partys_own_log_orders_what_it_says_whatever_times_it_claims() -> None:
    talk, opening = asked()
    talk.move(opening, B, "accept", T0 + 3 * HOUR_US)
    talk.move(opening, B, "decline", T0 + HOUR_US, reason="law")
    thread = talk.at(T0 + 3 * HOUR_US)
    assert [event.move for event in thread.events] == ["request", "accept", "decline"]
    assert thread.events[-1].flags == ("back-dated",)
    assert thread.events[-1].effective_us == T0 + 3 * HOUR_US


def test_who_has_seen_the_others_log_speaks_after_it() -> None:
    """Neither `re` nor the times say which came first; the checkpoint that the speaker had seen does."""
    talk, opening = asked()
    acknowledgement = talk.move(opening, B, "acknowledge", T0 + HOUR_US)
    withdrawal = talk.move(opening, A, "withdraw", T0 + MINUTE_US, re=opening)
    assert [event.move for event in talk.at(T0 + DAY_US).events] == ["request", "withdraw", "acknowledge"]
    seen = Seen(B, acknowledgement.ref.index + 1, b"")
    talk.said[talk.said.index(withdrawal)] = replace(withdrawal, seen=(seen,))
    thread = talk.at(T0 + DAY_US)
    assert [event.move for event in thread.events] == ["request", "acknowledge", "withdraw"]
    assert thread.events[-1].flags == ("back-dated",)


def test_logs_that_refer_to_each_other_in_a_circle_are_still_put_in_one_order() -> None:
    talk, opening = asked()
    one = talk.move(opening, B, "acknowledge", T0 + HOUR_US)
    two = talk.move(opening, A, "remind", T0 + HOUR_US)
    talk.said = [
        opening,
        replace(one, seen=(Seen(A, two.ref.index + 1, b""),)),
        replace(two, seen=(Seen(B, one.ref.index + 1, b""),)),
    ]
    forward = [event.said.id for event in talk.at(T0 + DAY_US).events]
    talk.said.reverse()
    assert [event.said.id for event in talk.at(T0 + DAY_US).events] == forward
    assert len(forward) == 3


def test_at_the_same_time_the_leaf_hash_decides_and_not_the_name() -> None:
    talk, opening = asked(to=(B, C))
    first = talk.move(opening, B, "acknowledge", T0 + HOUR_US, re=opening)
    second = talk.move(opening, C, "acknowledge", T0 + HOUR_US, re=opening)
    expected = sorted([first, second], key=lambda said: said.ref.leaf)
    assert [event.said.id for event in talk.at(T0 + HOUR_US).events[1:]] == [said.id for said in expected]


def test_what_third_parties_say_to_hold_moves_no_time_between_two() -> None:
    """C holds the answer of B at once, or says so; between A and B it counts from when B says it, as A and B can tell."""
    for to in ((B,), (B, C)):
        talk, opening = asked(to=to)
        answer = talk.move(opening, B, "answer", T0 + 3 * HOUR_US, to=[A, C], text="Here.", extent="full")
        talk.receive(answer, T0 + HOUR_US, by=C)
        early, late = (talk.at(T0 + hours * HOUR_US).legs[B] for hours in (2, 3))
        assert (early.state, early.said) == ("delivered", (opening.id,))
        assert (late.state, late.replied_us) == ("answered", T0 + 3 * HOUR_US)


def test_a_missing_message_of_a_thread_is_seen_by_its_number() -> None:
    talk, opening = asked()
    talk.move(opening, B, "acknowledge", T0 + HOUR_US)
    talk.move(opening, B, "accept", T0 + 2 * HOUR_US)
    missing = talk.said.pop(1)
    assert talk.at(T0 + DAY_US).events[-1].flags == ("number-gap",)
    talk.said.append(missing)
    assert talk.at(T0 + DAY_US).events[-1].flags == ()


# -- what does not count, and what is kept ------------------------------------------------------------------------------


def test_a_move_that_the_table_does_not_have_stays_in_the_record_with_the_reason() -> None:
    talk, opening = asked()
    talk.move(opening, A, "satisfied", T0 + HOUR_US)
    event = talk.at(T0 + HOUR_US).events[-1]
    assert not event.counted
    assert event.reason == "in the state delivered of a request, satisfied is not for the opener"


def test_a_partners_incomplete_reply_counts_as_the_reply_that_it_is() -> None:
    talk, opening = asked()
    talk.move(opening, B, "decline", T0 + HOUR_US, reason="a reason of a later version")
    thread = talk.at(T0 + HOUR_US)
    assert thread.legs[B].state == "declined"
    assert thread.events[-1].flags == ("incomplete",)
    assert "reason is one of" in thread.events[-1].reason


def test_a_move_of_a_later_version_is_kept_and_counts_for_nothing() -> None:
    talk, opening = asked()
    talk.move(opening, B, "sing", T0 + HOUR_US)
    event = talk.at(T0 + HOUR_US).events[-1]
    assert (event.counted, event.reason) == (False, "a move of this name is not known here")


def test_an_opening_that_lacks_what_it_needs_is_shown_with_its_faults() -> None:
    talk, _ = asked("demarche", window=None, profile="soon")
    thread = talk.at(T0 + HOUR_US)
    assert thread.faults == ("a message of the move demarche needs window: from when to when it is to be met",)
    assert thread.profile.name == "vienna"


def test_what_cannot_be_read_is_left_out_and_does_no_harm() -> None:
    talk, opening = asked()
    acknowledgement = talk.move(opening, B, "acknowledge", T0 + HOUR_US)
    talk.said.append(replace(acknowledgement, ref=Ref(B, 9, b"\x01" * 32), body={"move": 7, "thread": opening.id}))
    assert len(talk.at(T0 + DAY_US).events) == 2


def test_a_withdrawal_of_an_opening_is_shown_and_ends_it() -> None:
    talk, opening = asked()
    talk.said[0] = replace(opening, withdrawn=True)
    thread = talk.at(T0 + DAY_US)
    assert (thread.legs[B].state, thread.events[0].flags) == ("withdrawn", ("withdrawn",))
    assert not thread.open


def test_an_opening_that_another_one_replaces_is_superseded_and_stays_visible() -> None:
    talk, opening = asked()
    newer = talk.open(at_us=T0 + HOUR_US, text="Said better.")
    talk.move(opening, A, "withdraw", T0 + HOUR_US, superseded_by=newer.id)
    thread = talk.at(T0 + DAY_US, thread=opening.id)
    assert (thread.legs[B].state, thread.legs[B].closed_us) == ("superseded", T0 + HOUR_US)
    assert thread.message.text != "Said better."


def test_a_correction_shows_what_was_said_and_what_is_said_now() -> None:
    talk, opening = asked()
    answer = talk.move(opening, B, "answer", T0 + HOUR_US, text="17", extent="full")
    talk.move(opening, B, "correct", T0 + 2 * HOUR_US, re=answer, change=Change(field="text", was="17", now="4"))
    talk.say(B, [A], T0 + 3 * HOUR_US, Correction(of=answer.id, field="text", was="4", now="5"), kind="correction")
    talk.say(A, [B], T0 + 3 * HOUR_US, Correction(of=answer.id, field="text", was="4", now="99"), kind="correction")
    thread = talk.at(T0 + DAY_US)
    assert [(one.of, one.was, one.now) for one in thread.corrections] == [
        (answer.id, "17", "4"),
        (answer.id, "4", "5"),
    ]
    assert [one.reason for one in thread.ignored] == [f"{A} did not say what it corrects"]
    assert thread.legs[B].state == "answered"


# -- kinds --------------------------------------------------------------------------------------------------------------


def test_a_notice_ends_with_its_acknowledgement_and_a_position_stays_possible() -> None:
    talk, opening = asked("notice")
    talk.move(opening, B, "acknowledge", T0 + HOUR_US)
    assert not talk.at(T0 + HOUR_US).open
    talk.move(opening, B, "position", T0 + 2 * HOUR_US, position="disputes")
    leg = talk.at(T0 + 2 * HOUR_US).legs[B]
    assert (leg.state, leg.position) == ("closed-acknowledged", "disputes")


def test_a_demarche_waits_for_a_position_then_for_its_window_then_for_a_verdict() -> None:
    talk, opening = asked("demarche")
    assert talk.at(T0 + HOUR_US).legs[B].clock == "acknowledgement"
    talk.move(opening, B, "acknowledge", T0 + HOUR_US)
    assert talk.at(T0 + HOUR_US).legs[B].clock == "reply"
    talk.move(opening, B, "position", T0 + 2 * HOUR_US, position="denies")
    window = T0 + 10 * DAY_US
    shown = [talk.at(window + by).legs[B] for by in (0, 1)]
    assert [(leg.clock, leg.waits_on) for leg in shown] == [("window", None), ("verdict", A)]
    assert shown[1].due_us == window + 48 * HOUR_US
    assert shown[1].position == "denies"


def test_the_outcome_of_a_warning_is_asked_for_at_the_end_of_its_window() -> None:
    talk, opening = asked("protective-warning")
    talk.move(opening, B, "acknowledge", T0 + HOUR_US)
    end = T0 + 3 * DAY_US
    shown = [talk.at(end + by).legs[B] for by in (0, 1)]
    assert [(leg.clock, leg.waits_on) for leg in shown] == [("window", None), ("outcome", B)]
    due = end + 48 * HOUR_US
    assert [talk.at(due + by).legs[B].overdue for by in (0, 1)] == [(), ("outcome",)]
    talk.move(opening, B, "outcome", end, outcome=Outcome(status="not-occurred", measures=("filters",)))
    assert not talk.at(end).events[-1].counted
    talk.move(opening, B, "outcome", end + 1, outcome=Outcome(status="not-occurred", measures=("filters",)))
    leg = talk.at(end + 1).legs[B]
    assert (leg.state, leg.outcomes[B].status) == ("closed-outcome", "not-occurred")


def test_an_outcome_that_is_overdue_is_asked_for_by_a_reminder() -> None:
    talk, opening = asked("protective-warning")
    talk.move(opening, B, "acknowledge", T0 + HOUR_US)
    assert talk.at(T0 + 6 * DAY_US).legs[B].suggestion == Suggestion("remind", 1, person=False)


def test_the_word_of_who_warned_on_the_outcome_stands_beside_and_closes_nothing() -> None:
    talk, opening = asked("protective-warning")
    talk.move(opening, A, "outcome", T0 + HOUR_US, outcome=Outcome(status="occurred"))
    leg = talk.at(T0 + HOUR_US).legs[B]
    assert (leg.state, {party: one.status for party, one in leg.outcomes.items()}) == ("delivered", {A: "occurred"})


def test_relays_are_counted_by_class_and_only_where_the_warning_allows_them() -> None:
    for relay, counted in ((True, True), (False, False)):
        fields: dict[str, Any] = {} if relay else {"relay": None}
        talk, opening = asked("protective-warning", **fields)
        talk.move(opening, B, "relayed", T0 + HOUR_US, relayed=(Relayed(class_="banks", count=12, language="en"),))
        thread = talk.at(T0 + HOUR_US)
        assert thread.events[-1].counted is counted
        assert [(one.class_, one.count) for one in thread.legs[B].relayed] == ([("banks", 12)] if counted else [])
        assert ("relayed" in thread.next_moves(B)) is relay


def test_a_warning_is_relayed_in_a_wording_that_it_permits() -> None:
    talk, opening = asked("protective-warning")
    for language in ("", "fr"):
        relayed = (Relayed(class_="banks", count=12, language=language),)
        message = Message(move="relayed", thread=opening.id, relayed=relayed)
        with pytest.raises(NotPermitted, match="in en; say which"):
            require_allowed(talk.at(T0 + HOUR_US), message, B, T0 + HOUR_US)
    assert talk.at(T0).message.permitted_wording == {"en": "Some banks may be slow."}


def test_a_drill_is_any_opening_on_the_clocks_that_it_rehearses() -> None:
    talk, _ = asked(profile="drill:urgent")
    thread = talk.at(T0)
    assert (thread.drill, thread.profile.name, thread.profile.reply_us) == (True, "urgent", 12 * HOUR_US)


# -- escalation ---------------------------------------------------------------------------------------------------------


def test_escalation_is_suggested_step_by_step_and_the_last_step_asks_for_a_person() -> None:
    talk, opening = asked()
    at_us = T0 + 4 * DAY_US
    assert talk.at(at_us).legs[B].suggestion == Suggestion("escalate", 2, person=False)
    talk.move(opening, A, "escalate", at_us, level=2, text="No reply came.")
    assert talk.at(at_us).legs[B].suggestion is None
    assert talk.at(at_us + 2 * HOUR_US).legs[B].suggestion == Suggestion("remind", 2, person=False)
    assert talk.at(at_us + 2 * HOUR_US + 1).legs[B].suggestion == Suggestion("escalate", 3, person=True)
    talk.move(opening, A, "escalate", at_us + DAY_US, level=3, eyes=1, text="No reply came.")
    late = talk.at(at_us + 9 * DAY_US)
    assert late.level == 3
    assert late.legs[B].suggestion == Suggestion("consultation", 3, person=True)
    assert "escalate" not in late.next_moves(A)


def test_a_denial_stays_with_the_matter_when_it_goes_up_a_level() -> None:
    talk, opening = asked("demarche")
    talk.move(opening, B, "position", T0 + HOUR_US, position="denies")
    talk.move(opening, A, "escalate", T0 + 2 * HOUR_US, level=2, text="We see it still.")
    leg = talk.at(T0 + 3 * HOUR_US).legs[B]
    assert (leg.state, leg.position, leg.reply) == ("sent", "denies", "")


def test_nobody_undertakes_a_date_that_is_over() -> None:
    talk, opening = asked()
    message = Message(move="accept", thread=opening.id, until_us=T0 + HOUR_US)
    with pytest.raises(NotPermitted, match="is over"):
        require_allowed(talk.at(T0 + 2 * HOUR_US), message, B, T0 + 2 * HOUR_US)


def test_no_level_is_skipped() -> None:
    talk, opening = asked()
    talk.move(opening, A, "escalate", T0 + DAY_US, level=3, eyes=1, text="At once.")
    assert talk.at(T0 + DAY_US).events[-1].reason == "from level 1 it goes to level 2, by a message of that level"


# -- repeats ------------------------------------------------------------------------------------------------------------


def test_repeats_of_one_demarche_are_one_chain_whichever_of_them_is_asked() -> None:
    talk, first = asked("demarche")
    second = talk.open("demarche", T0 + DAY_US, repeats=first.id)
    third = talk.open("demarche", T0 + 2 * DAY_US, repeats=second.id)
    for one in (first, second, third):
        assert talk.at(T0 + 3 * DAY_US, thread=one.id).legs[B].repeats == (first.id, second.id, third.id)


def test_nobody_else_and_no_other_kind_lengthens_a_chain() -> None:
    talk, first = asked("demarche", to=(B, C))
    talk.open("demarche", T0 + DAY_US, by=C, to=(B,), repeats=first.id)
    talk.open("demarche", T0 + DAY_US, by=B, to=(A,), repeats=first.id)
    talk.open("request", T0 + DAY_US, repeats=first.id)
    to_c = talk.open("demarche", T0 + DAY_US, to=(C,), repeats=first.id)
    legs = talk.at(T0 + 3 * DAY_US, thread=first.id).legs
    assert legs[B].repeats == (first.id,)
    assert legs[C].repeats == (first.id, to_c.id)


# -- choosing one, and all ----------------------------------------------------------------------------------------------


def test_one_of_several_openings_has_to_be_named_and_held() -> None:
    talk, first = asked()
    with pytest.raises(NotFound, match="no opening"):
        talk.at(T0, thread="nothing")
    talk.open(at_us=T0 + 1)
    with pytest.raises(NotFound, match="found 2"):
        talk.at(T0 + 1)
    assert [one.id for one in threads(talk.said, talk.receipts, now_us=T0 + 1)] == [said.id for said in talk.said]
    with pytest.raises(NotFound, match="found 0"):
        fold([], {}, now_us=T0)
    assert first.id == talk.at(T0 + 1, thread=first.id).id


def test_at_an_earlier_time_the_thread_is_as_it_was_then() -> None:
    talk, opening = asked()
    talk.move(opening, B, "acknowledge", T0 + HOUR_US)
    talk.move(opening, B, "decline", T0 + 2 * HOUR_US, reason="law")
    assert [talk.at(T0 + hours * HOUR_US).legs[B].state for hours in (0, 1, 2)] == [
        "delivered",
        "acknowledged",
        "declined",
    ]


# -- what our own node must not send ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("speaker", "fields", "error", "said"),
    [
        (C, {"move": "acknowledge"}, NotPermitted, "not a party to this thread"),
        (B, {"move": "acknowledge", "text": "Agreed."}, InvalidStatement, "it carries text"),
        (A, {"move": "acknowledge", "number": 2}, NotPermitted, "not for the opener"),
        (B, {"move": "satisfied"}, NotPermitted, "not for the addressee"),
        (B, {"move": "decline"}, InvalidStatement, "needs reason"),
        (B, {"move": "accept", "until_us": T0 + 99 * DAY_US}, NotPermitted, "after what is due"),
        (B, {"move": "accept", "number": 7}, InvalidStatement, "the next number of b.example in this thread is 1"),
        (B, {"move": "accept", "thread": "another"}, InvalidStatement, "for the thread another"),
        (A, {"move": "escalate", "number": 2, "level": 3, "text": "x"}, InvalidStatement, "eyes"),
        (A, {"move": "escalate", "number": 2, "level": 3, "text": "x", "eyes": 2}, NotPermitted, "level 2"),
    ],
)
def test_what_we_may_not_say_is_refused_before_it_is_said(
    speaker: str, fields: dict[str, Any], error: type[Exception], said: str
) -> None:
    talk, opening = asked()
    message = Message(**({"thread": opening.id} | fields))
    with pytest.raises(error, match=said):
        require_allowed(talk.at(T0 + HOUR_US), message, speaker, T0 + HOUR_US)


def test_a_thread_stays_between_its_parties() -> None:
    talk, opening = asked()
    message = Message(move="acknowledge", thread=opening.id)
    with pytest.raises(NotPermitted, match="between its parties"):
        require_allowed(talk.at(T0 + HOUR_US), message, B, T0 + HOUR_US, to=[A, C])
    require_allowed(talk.at(T0 + HOUR_US), message, B, T0 + HOUR_US, to=[A])


def test_a_second_extension_is_refused_before_it_is_said() -> None:
    talk, opening = asked()
    talk.move(opening, B, "acknowledge", T0 + HOUR_US)
    talk.move(opening, B, "extend", T0 + 2 * HOUR_US, until_us=T0 + 3 * DAY_US)
    again = Message(move="extend", thread=opening.id, number=3, until_us=T0 + 4 * DAY_US)
    with pytest.raises(NotPermitted, match="one extension was used"):
        require_allowed(talk.at(T0 + 3 * HOUR_US), again, B, T0 + 3 * HOUR_US)


def test_what_the_next_moves_promise_can_be_said() -> None:
    """Each move that is offered to a party passes the check that stands before the log, once it is complete."""
    fields: dict[str, dict[str, Any]] = {
        "needs-more": {"text": "?"},
        "refer": {"refer_to": "the other office"},
        "decline": {"reason": "law"},
        "extend": {"until_us": T0 + 3 * DAY_US},
        "answer": {"text": "Here.", "extent": "full"},
        "correct": {"change": Change(field="text", was="a", now="b")},
        "escalate": {"level": 2, "text": "No reply came."},
    }
    talk, opening = asked()
    talk.move(opening, B, "acknowledge", T0 + HOUR_US)
    thread = talk.at(T0 + 2 * HOUR_US)
    for party in (A, B):
        assert thread.next_moves(party)
        for move in thread.next_moves(party):
            message = Message(move=move, thread=opening.id, number=thread.next_number(party), **fields.get(move, {}))
            require_allowed(thread, message, party, T0 + 2 * HOUR_US)


def test_a_window_in_an_opening_is_read_back_as_it_was() -> None:
    talk, _ = asked("demarche")
    assert talk.at(T0).message.window == Window(T0 + DAY_US, T0 + 10 * DAY_US)
