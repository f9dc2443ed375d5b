"""Two nodes that end with the same statements compute the same, whatever came first, came twice or came late."""

from __future__ import annotations

import random
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.channel.histories import histories
from tests.unit.channel.said import A, B, C, Talk

from detente.channel.record import leg_json, thread_json
from detente.channel.reports import latency, usage
from detente.channel.thread import fold, threads
from detente.said import Said
from detente.stix.canonical import encode
from detente.when import DAY_US


def record(said: Sequence[Said], receipts: dict[str, dict[str, int]], now_us: int, viewer: str = "") -> bytes:
    found = threads(said, receipts, now_us=now_us, viewer=viewer)
    return encode(
        {
            "latency": latency(found, (A, B)),
            "threads": [thread_json(one) for one in found],
            "usage": usage(found, (A, B), now_us=now_us, interval_us=30 * DAY_US),
        }
    )


@settings(max_examples=150, deadline=None)
@given(histories(), st.randoms(use_true_random=False))
def test_any_order_and_any_repetition_of_deliveries_gives_the_same_record(
    case: tuple[Talk, int], chance: random.Random
) -> None:
    talk, now_us = case
    expected = record(talk.said, talk.receipts, now_us)
    arrived: list[Said] = []
    waiting = list(talk.said)
    while waiting:
        # A batch arrives, some of it for the second time; whoever looks meanwhile changes nothing by it.
        for _ in range(chance.randint(1, 3)):
            arrived.append(chance.choice(waiting))
        record(arrived, talk.receipts, now_us)
        waiting = [said for said in waiting if said not in arrived]
    ids = list(talk.receipts)
    chance.shuffle(ids)
    receipts = {id: dict(reversed(talk.receipts[id].items())) for id in ids}
    assert record(arrived, receipts, now_us) == expected


@settings(max_examples=100, deadline=None)
@given(histories())
def test_both_sides_of_a_thread_see_the_same(case: tuple[Talk, int]) -> None:
    """Each node holds what it said and what was said to it; with two parties that is everything in their threads.

    A stranger who talks into a thread to one side alone is listed there as ignored, and nowhere else.
    """
    talk, now_us = case
    both = [said for said in talk.said if {A, B} <= set(said.parties)]
    sides = [
        record([said for said in both if party in said.parties], talk.receipts, now_us, viewer=party)
        for party in (A, B)
    ]
    assert sides[0] == sides[1]


@settings(max_examples=100, deadline=None)
@given(histories(parties=(A, B, C)))
def test_with_three_parties_each_addressee_sees_its_own_leg_as_the_opener_does(case: tuple[Talk, int]) -> None:
    talk, now_us = case
    for whole in threads(talk.said, talk.receipts, now_us=now_us):
        for party, leg in whole.legs.items():
            held = [said for said in talk.said if party in said.parties]
            seen = fold(held, talk.receipts, now_us=now_us, thread=whole.id, viewer=party)
            assert list(seen.legs) == [party]
            assert encode(leg_json(seen.legs[party])) == encode(leg_json(leg))


@settings(max_examples=100, deadline=None)
@given(histories(parties=(A, B, C)))
def test_with_three_parties_two_of_them_report_the_same_use_of_their_channel(case: tuple[Talk, int]) -> None:
    talk, now_us = case
    reports = []
    for party in (A, B):
        held = [said for said in talk.said if party in said.parties]
        found = threads(held, talk.receipts, now_us=now_us, viewer=party)
        reports.append(encode([usage(found, (A, B), now_us=now_us, interval_us=30 * DAY_US), latency(found, (A, B))]))
    assert reports[0] == reports[1]
