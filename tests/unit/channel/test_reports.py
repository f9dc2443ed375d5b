"""The usage report and the latency report: by class, the same for both sides, with the ids that both hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.unit.channel.said import DAY_US, HOUR_US, MINUTE_US, T0, A, B, C, Talk

from detente.channel.reports import CLASSES, latency, usage
from detente.channel.thread import threads
from detente.said import Said
from detente.words import loaded_words


def report(talk: Talk, now_us: int, *, held_by: str = "", parties: Sequence[str] = (A, B)) -> Any:
    said = [one for one in talk.said if not held_by or held_by in one.parties]
    found = threads(said, talk.receipts, now_us=now_us, viewer=held_by)
    return usage(found, parties, now_us=now_us, interval_us=30 * DAY_US)


def requests(talk: Talk, count: int) -> list[Said]:
    """So many requests by A, each received by B within a minute."""
    made = [talk.open("request", T0 + number * HOUR_US) for number in range(count)]
    for one in made:
        talk.receive(one, one.at_us + MINUTE_US)
    return made


def test_thirteen_requests_are_counted_by_what_became_of_each_and_alike_on_both_sides() -> None:
    talk = Talk()
    asked = requests(talk, 13)
    for one in asked[:4]:
        talk.move(one, B, "answer", T0 + DAY_US, text="Here.", extent="full")
    for one in asked[4:9]:
        talk.move(one, B, "decline", T0 + DAY_US, reason="security")
    del talk.receipts[asked[9].id]
    talk.move(asked[10], A, "withdraw", T0 + DAY_US)
    now_us = T0 + 60 * DAY_US
    sides = [report(talk, now_us, held_by=party) for party in (A, B)]
    assert sides[0] == sides[1]
    counts = sides[0]["pairs"][A][B]["kinds"]["request"]
    assert {name: len(ids) for name, ids in counts.items() if ids} == {
        "asked": 13,
        "answered": 4,
        "declined": 5,
        "unreceipted": 1,
        "withdrawn": 1,
        "unanswered": 2,
    }
    assert counts["unreceipted"] == [asked[9].id]
    assert sides[0]["pairs"][B][A]["kinds"] == {}


def test_every_leg_is_in_one_class_and_no_class_is_added_to_another() -> None:
    talk = Talk()
    for one in requests(talk, 3):
        talk.move(one, B, "acknowledge", T0 + DAY_US)
    counts = report(talk, T0 + DAY_US)["pairs"][A][B]["kinds"]["request"]
    assert set(counts) == {"asked", *CLASSES}
    ids = [id for name in CLASSES for id in counts[name]]
    assert sorted(ids) == sorted(counts["asked"])


def test_a_drill_and_a_message_are_the_same_two_entries_on_both_sides_and_counted_apart() -> None:
    talk = Talk()
    drill = talk.open("request", profile="drill:urgent")
    real = talk.open("notice", T0 + HOUR_US, by=B, to=(A,))
    talk.receive(drill, T0 + MINUTE_US)
    talk.receive(real, T0 + HOUR_US + MINUTE_US, by=A)
    answer = talk.move(drill, B, "answer", T0 + HOUR_US, text="Here.", extent="full")
    sides = [report(talk, T0 + 5 * DAY_US, held_by=party) for party in (A, B)]
    assert sides[0] == sides[1]
    assert [(entry["id"], entry["drill"]) for entry in sides[0]["entries"]] == [(drill.id, True), (real.id, False)]
    assert sides[0]["entries"][0]["said"] == {B: [drill.id, answer.id]}
    assert sides[0]["pairs"][A][B]["drills"]["request"]["answered"] == [drill.id]
    assert sides[0]["pairs"][A][B]["kinds"] == {}


def test_a_channel_that_is_not_used_says_for_how_long_and_when_a_drill_is_due() -> None:
    talk = Talk()
    assert report(talk, T0)["drill_due"] is True
    assert report(talk, T0)["words"] == "no use of the channel is on record"
    opening = talk.open("notice")
    talk.receive(opening, T0)
    last_us = talk.move(opening, B, "acknowledge", T0 + HOUR_US).at_us
    due_us = last_us + 30 * DAY_US
    assert [report(talk, due_us + by)["drill_due"] for by in (0, 1)] == [False, True]
    assert [report(talk, last_us + by)["unused_days"] for by in (DAY_US - 1, DAY_US)] == [0, 1]
    assert report(talk, last_us + DAY_US)["words"] == "unused for 1 day"
    assert report(talk, due_us)["words"] == "unused for 30 days"


def test_what_never_arrived_is_no_use_of_the_channel() -> None:
    talk = Talk()
    talk.open("notice")
    assert report(talk, T0 + DAY_US)["last_use_us"] is None


def test_repeats_are_shown_with_how_many_of_them_the_addressee_holds() -> None:
    talk = Talk()
    first = talk.open("demarche")
    second = talk.open("demarche", T0 + DAY_US, repeats=first.id)
    stranger = talk.open("demarche", T0 + DAY_US, by=C, to=(B,), repeats=first.id)
    talk.receive(first, T0 + MINUTE_US)
    talk.receive(stranger, T0 + 2 * DAY_US)
    shown = report(talk, T0 + 2 * DAY_US)
    assert shown["pairs"][A][B]["repeats"] == [
        {"ids": [first.id, second.id], "kind": "demarche", "receipted": 1, "unreceipted": 1}
    ]
    assert all(entry["id"] != stranger.id for entry in shown["entries"])


def test_a_question_that_the_asker_left_open_is_not_a_silence_of_the_asked() -> None:
    talk = Talk()
    (one,) = requests(talk, 1)
    talk.move(one, B, "needs-more", T0 + HOUR_US, text="Which?")
    counts = report(talk, T0 + 60 * DAY_US)["pairs"][A][B]["kinds"]["request"]
    assert (counts["question-open"], counts["unanswered"]) == ([one.id], [])


def test_who_closes_before_the_time_is_over_has_not_been_left_unanswered() -> None:
    for closed_us, name in ((T0 + HOUR_US, "waiting"), (T0 + 4 * DAY_US, "unanswered")):
        talk = Talk()
        (one,) = requests(talk, 1)
        talk.move(one, A, "close", closed_us)
        assert report(talk, T0 + 60 * DAY_US)["pairs"][A][B]["kinds"]["request"][name] == [one.id]


def test_latency_is_a_median_for_each_part_of_each_side() -> None:
    talk = Talk()
    made = requests(talk, 4)
    for number, one in enumerate(made):
        talk.move(one, B, "acknowledge", one.at_us + MINUTE_US + (number + 1) * HOUR_US)
    talk.move(made[0], B, "answer", T0 + 10 * HOUR_US, text="Here.", extent="full")
    talk.move(made[0], A, "satisfied", T0 + 12 * HOUR_US)
    found: Any = latency(threads(talk.said, talk.receipts, now_us=T0 + DAY_US), (A, B))
    assert found[B]["real"]["delivery"] == {"median_us": MINUTE_US, "n": 4}
    assert found[B]["real"]["acknowledgement"] == {"median_us": 5 * HOUR_US // 2, "n": 4}
    assert found[B]["real"]["reply"] == {"median_us": 9 * HOUR_US - MINUTE_US, "n": 1}
    assert found[A]["real"]["verdict"] == {"median_us": 2 * HOUR_US, "n": 1}
    assert found[A]["real"]["reply"] == {"median_us": None, "n": 0}
    assert found[B]["drills"]["reply"]["n"] == 0


def test_the_reports_speak_in_neutral_words() -> None:
    talk = Talk()
    talk.open("request", subject="Who is the culprit?")
    assert loaded_words("; ".join(CLASSES.values())) == []
    for entry in report(talk, T0)["entries"]:
        assert loaded_words(entry["subject"]) == []
