"""U4: a lane for what no state is said to be behind stays open while two parties dispute an attribution, and carries no dispute."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.scene import require_sound, settle, town
from tests.world import World, world

from detente.activity import Activity
from detente.attribution.board import fold
from detente.attribution.bodies import Assessment, Board, Hypothesis, Judgment, Position
from detente.channel.bodies import Message
from detente.errors import NotPermitted
from detente.joint.scope import CRIME_LANE, DISPUTE_KINDS
from detente.node.matters import read_matters, tell
from detente.node.open import Node
from detente.node.talk import read_thread, reply, send
from detente.said import Said


def request(*refs: str) -> Message:
    return Message(
        move="request",
        subject="Fraud from one address",
        wants=("preservation",),
        text="Please keep the logs.",
        activity=Activity(classes=("fraud",)),
        lane=CRIME_LANE,
        refs=refs,
    )


def dispute(w: World) -> Said:
    """A says that a unit of B entered a system, and B denies it: open on both sides."""
    a, b = w.nodes["a"], w.nodes["b"]
    board = tell(
        a,
        "board",
        Board(
            question="intrusion",
            incident="incident--00000000-0000-4000-8000-000000000001",
            title="Harbour",
            hypotheses=(
                Hypothesis(key="unit", text="A unit of B", actor="b.example"),
                Hypothesis(key="gang", text="A gang"),
                Hypothesis(key="other", text="Something else"),
                Hypothesis(key="cannot-tell", text="It cannot be told"),
            ),
        ),
        to=["b"],
    )
    judged = (Judgment(hypothesis="unit", likelihood="very likely", confidence="high"),)
    tell(a, "assessment", Assessment(board=board.id, office="A", own_work=True, judgments=judged), to=["b"])
    settle(w)
    tell(b, "position", Position(board=board.id, office="B", stance="denies", hypotheses=("unit",)), to=["a"])
    settle(w)
    return board


def states(node: Node, board: Said) -> dict[str, str]:
    with node.store.indexed() as connection:
        view = fold(read_matters(connection, DISPUTE_KINDS, board.id))
    return {one.hypothesis: one.state for one in view.comparison}


def test_u4_a_crime_lane_request_goes_out_while_a_dispute_is_open_and_does_not_carry_it(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        town(w, "a", "b", said=0)
        board = dispute(w)
        for name, other in (("a", "b"), ("b", "a")):
            node, there = w.nodes[name], w.nodes[other]
            assert states(node, board)["unit"] == "disputed"
            asked = send(node, request(), to=[other])
            settle(w)
            with there.store.indexed() as connection:
                (arrived,) = [s for s in read_matters(connection, ("message",)) if s.id == asked.said.id]
            # Nothing of the dispute is in what arrived: no name of the board or of what was said about it, and no reference.
            with node.store.indexed() as connection:
                disputed = read_matters(connection, DISPUTE_KINDS)
            assert len(disputed) == 3
            text = str(dict(arrived.body))
            assert not [said for said in disputed if said.id in text or said.short in text]
            assert arrived.re is None
            reply(there, asked.said.id, Message(move="acknowledge"))
            settle(w)
            with node.store.indexed() as connection:
                assert read_thread(connection, node, asked.said.id, node.clock()).message.lane == CRIME_LANE
            assert states(there, board)["unit"] == "disputed"
        for node in w.nodes.values():
            require_sound(node)


def test_u4_a_dispute_cannot_be_attached_to_a_request_in_the_lane(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        town(w, "a", "b", said=0)
        board = dispute(w)
        for name in (board.id, board.short, board.id[:8]):
            with pytest.raises(NotPermitted, match=f"leave out board {board.short}"):
                send(w.nodes["a"], request(name), to=["b"])
        assert send(w.nodes["a"], request("indicator--00000000-0000-4000-8000-000000000009"), to=["b"]).stored
