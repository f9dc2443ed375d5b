"""The channel is symmetric: swap the names of the two parties in a history, and every result is the same with the names swapped."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.channel.histories import histories
from tests.unit.channel.said import A, B, C, Talk

from detente.channel import picture
from detente.channel.bodies import Consultation, Item, Minutes, Participant
from detente.channel.meetings import meeting_json, meetings
from detente.channel.record import thread_json
from detente.channel.reports import latency, usage
from detente.channel.thread import threads
from detente.said import Said
from detente.statement import Ref
from detente.stix.canonical import JsonValue, encode
from detente.when import DAY_US, When

INTERVAL_US = 30 * DAY_US


def swap(text: str) -> str:
    return text.replace(A, "\0").replace(B, A).replace("\0", B)


def swapped(value: Any) -> Any:
    """Every name of one party in a JSON value turned into the other's, in keys too."""
    if isinstance(value, str):
        return swap(value)
    if isinstance(value, list | tuple):
        return [swapped(one) for one in value]
    if isinstance(value, dict):
        return {swap(key): swapped(one) for key, one in value.items()}
    return value


def other(said: Said) -> Said:
    """The same statement in the other one's mouth: the leaf is the same, since only names may not decide."""
    return replace(
        said,
        ref=Ref(swap(said.ref.log), said.ref.index, said.ref.leaf),
        aud=tuple(sorted(swap(party) for party in said.aud)),
        body=swapped(said.body),
        re=None if said.re is None else Ref(swap(said.re.log), said.re.index, said.re.leaf),
    )


def swapped_talk(talk: Talk) -> Talk:
    made = Talk()
    made.said = [other(said) for said in talk.said]
    made.receipts = {id: {swap(party): at for party, at in held.items()} for id, held in talk.receipts.items()}
    return made


def outputs(talk: Talk, now_us: int) -> dict[str, JsonValue]:
    found = threads(talk.said, talk.receipts, now_us=now_us)
    return {
        "latency": latency(found, (A, B)),
        "moves": [{party: list(one.next_moves(party)) for party in (A, B, C)} for one in found],
        "pictures": [[picture.text(one, 90), picture.text(one, 40), picture.svg(one)] for one in found],
        "threads": [thread_json(one) for one in found],
        "usage": usage(found, (A, B), now_us=now_us, interval_us=INTERVAL_US),
    }


@settings(max_examples=150, deadline=None)
@given(histories())
def test_swapping_the_two_names_swaps_threads_reports_and_pictures_byte_for_byte(case: tuple[Talk, int]) -> None:
    talk, now_us = case
    assert encode(swapped(outputs(talk, now_us))) == encode(outputs(swapped_talk(talk), now_us))


ITEMS = st.lists(
    st.builds(
        Item, key=st.sampled_from("abc"), text=st.sampled_from(["so", "not so"]), said_by=st.sampled_from([A, B, ""])
    ),
    max_size=3,
    unique_by=lambda item: item.key,
)


@given(
    st.lists(st.tuples(st.sampled_from([A, B, C]), ITEMS, st.sampled_from(["", "one", "two"]), st.integers(0, 3))),
    st.sampled_from(["", "one"]),
)
def test_swapping_the_two_names_swaps_the_accounts_of_a_meeting(
    accounts: list[tuple[str, list[Item], str, int]], agreed_text: str
) -> None:
    talk = Talk()
    record = Consultation(
        subject="s",
        level=2,
        held=When(0, "day"),
        participants=(Participant(party=A, role="an office"), Participant(party=B, role="an office")),
        source="the protocol",
        agreed_text=agreed_text,
    )
    held = talk.say(A, [B], 0, record, kind="consultation")
    for speaker, items, text, at_us in accounts:
        minutes = Minutes(about=held.id, items=tuple(items), agreed_text=text)
        talk.say(speaker, [B if speaker == A else A], at_us, minutes, kind="minutes")
    there = encode(swapped([meeting_json(one) for one in meetings(talk.said)]))
    assert there == encode([meeting_json(one) for one in meetings(swapped_talk(talk).said)])
