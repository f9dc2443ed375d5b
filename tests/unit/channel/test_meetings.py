"""Consultations: held, for how long, by whose word; an agreed record or none; two accounts side by side."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.unit.channel.said import T0, A, B, C, Talk

from detente.channel.bodies import Consultation, Item, Minutes, Participant
from detente.channel.meetings import Meeting, meeting, meeting_json, meetings
from detente.said import Said
from detente.when import When, parse_when

HELD = parse_when("2026-07-16")


def held(talk: Talk, **fields: Any) -> Said:
    two = (Participant(party=A, role="deputy adviser"), Participant(party=B, role="deputy secretary"))
    given: dict[str, Any] = {
        "subject": "The line between the two centres",
        "level": 2,
        "held": HELD,
        "participants": two,
        "source": "the host's protocol",
        "duration_minutes": 90,
    }
    return talk.say(A, [B], T0, Consultation(**(given | fields)), kind="consultation")


def account(talk: Talk, speaker: str, about: Said, *items: tuple[str, str], at_us: int = T0, agreed: str = "") -> Said:
    minutes = Minutes(
        about=about.id, items=tuple(Item(key=key, text=text, said_by=A) for key, text in items), agreed_text=agreed
    )
    return talk.say(speaker, [B if speaker == A else A], at_us, minutes, kind="minutes")


def only(talk: Talk) -> Meeting:
    (found,) = meetings(talk.said)
    return found


def test_a_meeting_without_agreed_text_is_listed_as_held_without_agreed_record() -> None:
    talk = Talk()
    held(talk)
    assert only(talk).words == "held, no agreed record; no account"


def test_duration_level_and_source_come_back_with_the_record() -> None:
    talk = Talk()
    said = held(talk)
    record: Any = meeting_json(meeting(said, []))
    assert (record["duration_minutes"], record["level"], record["source"]) == (90, 2, "“the host's protocol”")
    assert record["held"] == {"at_us": HELD.at_us, "fidelity": "day"}
    assert (record["recorded_by"], record["participants"][B]) == (A, ["“deputy secretary”"])


def test_a_duration_that_nobody_stated_is_not_zero() -> None:
    talk = Talk()
    assert meeting_json(meeting(held(talk, duration_minutes=0), []))["duration_minutes"] is None


def test_accounts_that_differ_stand_side_by_side_item_by_item() -> None:
    talk = Talk()
    said = held(talk)
    account(talk, A, said, ("interference", "It was raised, and denied."), ("line", "It stays open."))
    account(talk, B, said, ("line", "It stays open."), ("interference", "It was not raised."), ("drill", "In May."))
    found = only(talk)
    assert found.words == "held, no agreed record; accounts differ"
    assert [one.key for one in found.items if one.differs] == ["interference", "drill"]
    record: Any = meeting_json(found)
    accounts = {one["key"]: one["accounts"] for one in record["items"]}
    assert accounts["“interference”"] == {
        A: {"quote": "It was raised, and denied.", "said_by": A},
        B: {"quote": "It was not raised.", "said_by": A},
    }
    assert accounts["“drill”"][A] is None


def test_the_same_words_laid_into_two_mouths_differ() -> None:
    talk = Talk()
    said = held(talk)
    for speaker in (A, B):
        minutes = Minutes(about=said.id, items=(Item(key="line", text="It stays open.", said_by=speaker),))
        talk.say(speaker, [A, B], T0, minutes, kind="minutes")
    assert only(talk).accounts == "differ"


def test_accounts_that_say_the_same_agree() -> None:
    talk = Talk()
    said = held(talk)
    for speaker in (A, B):
        account(talk, speaker, said, ("line", "It stays open."))
    assert only(talk).words == "held, no agreed record; accounts agree"


def test_a_text_is_agreed_when_both_state_it_and_not_before() -> None:
    talk = Talk()
    said = held(talk, agreed_text="The line stays open.")
    assert only(talk).agreed == "one-side"
    account(talk, B, said, agreed="The line stays open.")
    assert only(talk).words == "held, agreed record; one account"
    account(talk, B, said, at_us=T0 + 1, agreed="The line may stay open.")
    assert only(talk).agreed == "texts-differ"


def test_the_latest_account_of_a_party_is_compared_and_the_earlier_stays_listed() -> None:
    talk = Talk()
    said = held(talk)
    first = account(talk, A, said, ("line", "It closes."))
    account(talk, B, said, ("line", "It stays open."))
    account(talk, A, said, ("line", "It stays open."), at_us=T0 - 5)  # later in its log, whatever time it claims
    found = only(talk)
    assert (found.accounts, found.earlier) == ("agree", (first,))


def test_a_withdrawn_account_is_listed_and_not_compared() -> None:
    talk = Talk()
    said = held(talk)
    first = account(talk, A, said, ("line", "It closes."))
    account(talk, B, said, ("line", "It stays open."))
    talk.said[talk.said.index(first)] = replace(first, withdrawn=True)
    found = only(talk)
    assert (found.accounts, [one.id for one in found.earlier]) == ("one", [first.id])


def test_an_account_by_who_was_not_there_is_left_out_and_named() -> None:
    talk = Talk()
    said = held(talk)
    talk.say(C, [A, B], T0, Minutes(about=said.id, items=(Item(key="line", text="Who knows."),)), kind="minutes")
    found = only(talk)
    assert (found.accounts, [one.speaker for one in found.ignored]) == ("none", [C])


def test_what_cannot_be_read_is_left_out_and_the_rest_is_in_the_order_in_which_it_was_held() -> None:
    talk = Talk()
    late, early = held(talk), held(talk, held=When(0, "year"))
    talk.said.append(replace(late, ref=replace(late.ref, leaf=b"\x01" * 32), body={"subject": 1}))
    talk.said.append(replace(late, kind="minutes", body={"about": 7}))
    assert [one.said for one in meetings([*talk.said, *talk.said])] == [early, late]
