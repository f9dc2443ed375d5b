"""What is permitted follows the agreement as it is in force: before it is signed, amended, left."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.scene import settle, town
from tests.world import World, world

from detente.activity import Activity
from detente.channel.bodies import Message
from detente.errors import NotPermitted
from detente.node.commit import amend, propose_agreement, sign
from detente.node.open import Node
from detente.node.policy import limits_with, purposes_agreed, require_permitted
from detente.norms.bodies import Change, Clause


def asks(class_: str, move: str = "request") -> Message:
    return Message(move=move, subject="Logs", text="?", wants=("information",), activity=Activity(classes=(class_,)))


def permits(node: Node, class_: str, other: str = "b.example", move: str = "request") -> bool:
    with node.store.indexed() as connection:
        try:
            require_permitted(node, connection, asks(class_, move), [other])
        except NotPermitted:
            return False
    return True


def unit(w: World) -> str:
    a, b = w.nodes["a"], w.nodes["b"]
    clauses = (
        Clause(id="1", text="For these.", classes=("fraud",), purposes=("research",)),
        Clause(id="2", text="Talk."),
    )
    text = propose_agreement(a, parties=["b"], key="unit", title="Unit", clauses=clauses)
    for node in (a, b):
        sign(node, text.id)
        settle(w)
    return text.id


def test_the_scope_is_that_of_the_text_in_force(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        town(w, "a", "b", "c", said=0)
        a, b = w.nodes["a"], w.nodes["b"]
        assert permits(a, "intrusion")
        agreement = unit(w)
        for node, other in ((a, "b.example"), (b, "a.example")):
            assert permits(node, "fraud", other)
            assert not permits(node, "intrusion", other)
            assert permits(node, "intrusion", "c.example")
            assert permits(node, "intrusion", other, move="notice")  # telling is never out of scope
            with node.store.indexed() as connection:
                assert purposes_agreed(node, connection, other) == frozenset({"research"})
                assert [str(limit) for limit in limits_with(node, connection, other)] == [
                    "clause 1 of “Unit” (version 1)"
                ]

        wider = amend(a, agreement, [Change(id="1", text="For these.", classes=("fraud", "intrusion"))])
        sign(a, wider.id)
        settle(w)
        assert not permits(a, "intrusion")  # B has not signed the amendment
        sign(b, wider.id)
        settle(w)
        assert permits(a, "intrusion")
        assert not permits(a, "scanning")

        sign(b, agreement, word="leaves")
        settle(w)
        assert permits(a, "scanning")
        with a.store.indexed() as connection:
            assert purposes_agreed(a, connection, "b.example") is None


def test_two_agreements_widen_and_a_withdrawn_text_limits_nothing(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        town(w, "a", "b", said=0)
        a, b = w.nodes["a"], w.nodes["b"]
        unit(w)
        more = propose_agreement(
            a,
            parties=["b"],
            key="more",
            title="More",
            clauses=(Clause(id="9", text="And these.", classes=("scanning",)),),
        )
        for node in (a, b):
            sign(node, more.id)
            settle(w)
        assert permits(a, "scanning")
        assert permits(a, "fraud")
        with (
            pytest.raises(NotPermitted, match=r"clause 1 of “Unit” .* has fraud; clause 9 of “More” .* has scanning"),
            a.store.indexed() as connection,
        ):
            require_permitted(a, connection, asks("intrusion"), ["b.example"])
