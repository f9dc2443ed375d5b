"""Whatever is said in whatever order, and however late it is synced: once both hold the same, both compute the same.

Two real nodes make random moves, through the same use cases as the commands. Syncs are lost or late, in one direction or both. When all
has arrived, thread states, counts and latencies are equal, byte for byte, then and at any later time.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.scene import quick_folder
from tests.world import World

from detente.activity import Activity
from detente.channel.bodies import (
    Consequence,
    CouldAct,
    Likelihood,
    Message,
    Outcome,
    Relay,
    Relayed,
    Window,
)
from detente.channel.moves import MOVES
from detente.channel.record import thread_json
from detente.channel.reports import latency, usage
from detente.errors import LocalError, NotFound
from detente.node.correct import correct
from detente.node.open import Node
from detente.node.sync import sync
from detente.node.talk import all_threads, reply, send
from detente.when import DAY_US, HOUR_US

NAMES = ("a", "b")
MOVES_SAID = [move for move in MOVES if move != "correct"]

steps = st.lists(
    st.one_of(
        st.tuples(st.just("open"), st.sampled_from(NAMES), st.integers(0, 3), st.integers(0, 5)),
        st.tuples(st.just("move"), st.sampled_from(NAMES), st.integers(0, 7), st.sampled_from(MOVES_SAID)),
        st.tuples(st.just("move"), st.sampled_from(NAMES), st.integers(0, 7), st.sampled_from(MOVES_SAID)),
        st.tuples(st.just("any"), st.sampled_from(NAMES), st.integers(0, 7), st.integers(0, 20)),
        st.tuples(st.just("any"), st.sampled_from(NAMES), st.integers(0, 7), st.integers(0, 20)),
        st.tuples(st.just("correct"), st.sampled_from(NAMES), st.integers(0, 7), st.just(0)),
        st.tuples(st.just("sync"), st.sampled_from(NAMES), st.just(0), st.just(0)),
        st.tuples(st.just("later"), st.sampled_from(NAMES), st.integers(1, 40), st.just(0)),
    ),
    max_size=25,
)


def opening(kind: int, number: int, now_us: int, repeats: str) -> Message:
    common: dict[str, Any] = {
        "subject": f"subject {number}",
        "text": "text",
        "repeats": repeats,
        "profile": ("urgent", "vienna", "technical", "drill:urgent")[number % 4],
    }
    window = Window(now_us, now_us + (number + 1) * DAY_US)
    match kind:
        case 0:
            return Message(move="notice", **common)
        case 1:
            return Message(move="request", wants=("information",), needed_by_us=now_us + number * DAY_US, **common)
        case 2:
            return Message(
                move="protective-warning",
                window=window,
                target="banks",
                likelihood=Likelihood(word="likely", confidence="low"),
                advice="advice",
                could_act=(CouldAct(who="banks"),),
                relay=Relay(allowed=True, wording={"en": "wording"}),
                **common,
            )
    return Message(
        move="demarche",
        activity=Activity(classes=("tampering",)),
        demand="demand",
        window=window,
        consequence=Consequence(class_="none"),
        **common,
    )


def said(move: str, now_us: int) -> Message:
    return Message(
        move=move,
        text="" if move == "acknowledge" else "text",
        reason="law" if move == "decline" else "",
        until_us=now_us + 20 * HOUR_US if move in ("accept", "extend") else 0,
        refer_to="another office" if move == "refer" else "",
        extent="full" if move == "answer" else "",
        position="will-look" if move == "position" else "",
        outcome=Outcome(status="occurred") if move == "outcome" else None,
        relayed=(Relayed(class_="banks", count=3, language="en"),) if move == "relayed" else (),
    )


class Play:
    """The two nodes, and what was opened."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.opened: list[tuple[str, int, str]] = []  # by whom, which kind, the id
        for name in NAMES:
            world.node(name)
        world.introduce("a", "b")

    def step(self, what: str, name: str, number: int, more: Any) -> None:
        node, other = self.world.nodes[name], "b" if name == "a" else "a"
        now_us = self.world.clock.now_us
        # What is not allowed is refused, and leaves nothing: the refusals are part of the game.
        with suppress(LocalError):
            match what:
                case "open":
                    mine = [id for by, kind, id in self.opened if (by, kind) == (name, number)]
                    repeats = mine[more % len(mine)] if mine and more % 2 else ""
                    spoken = send(node, opening(number, more, now_us, repeats), to=[other])
                    self.opened.append((name, number, spoken.said.id))
                case "move":
                    reply(node, self.thread(number), said(more, now_us), by="Kim")
                case "any":
                    moves = self.open_to(node, self.thread(number)) or ["acknowledge"]
                    reply(node, self.thread(number), said(moves[more % len(moves)], now_us), by="Kim")
                case "correct":
                    correct(node, self.thread(number), field="text", now=f"text of {now_us}")
                case "sync":
                    sync(node, self.world.fetch)
                case "later":
                    self.world.clock.advance(number * 3600)

    def thread(self, number: int) -> str:
        if not self.opened:
            raise NotFound("nothing was opened yet")
        return self.opened[number % len(self.opened)][2]

    def open_to(self, node: Node, id: str) -> list[str]:
        with node.store.indexed() as connection:
            found = {one.id: one for one in all_threads(connection, node, self.world.clock.now_us)}
        return (
            [move for move in found[id].next_moves(node.origin) if move != "correct"]
            if id in found
            else ["acknowledge"]
        )

    def settle(self) -> None:
        for _ in range(2):
            for node in self.world.nodes.values():
                assert sync(node, self.world.fetch).worst is None

    def view(self, name: str) -> str:
        node, now_us = self.world.nodes[name], self.world.clock.now_us
        parties = [f"{one}.example" for one in NAMES]
        with node.store.indexed() as connection:
            threads = all_threads(connection, node, now_us)
        return json.dumps(
            {
                "threads": [thread_json(one) for one in threads],
                "usage": usage(threads, parties, now_us=now_us, interval_us=90 * DAY_US),
                "latency": latency(threads, parties),
            },
            indent=1,
        )


@given(steps)
# Making two nodes for each attempt at a smaller example would take minutes; the history is printed as it is.
@settings(max_examples=25, phases=[Phase.explicit, Phase.reuse, Phase.generate])
def test_after_any_history_that_ends_in_sync_both_nodes_compute_the_same(
    history: list[tuple[str, str, int, Any]],
) -> None:
    with quick_folder() as folder:
        world = World(folder)
        try:
            play = Play(world)
            for step in history:
                play.step(*step)
            play.settle()
            assert play.view("a") == play.view("b")
            world.clock.advance(40 * 86_400)
            assert play.view("a") == play.view("b")
        finally:
            world.close()
