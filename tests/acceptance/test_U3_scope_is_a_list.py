"""U3: the scope of a joint unit is a list of activity classes; what is outside is refused with the clause named."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.scene import settle, town
from tests.world import World, world

from detente.activity import Activity
from detente.channel.bodies import Message
from detente.errors import NotPermitted
from detente.joint.scope import CRIME_LANE
from detente.node.commit import propose_agreement, sign
from detente.node.intersect import offer, read_items, read_sessions
from detente.node.matters import read_matters
from detente.node.talk import send
from detente.norms.bodies import Clause


def request(*classes: str, purpose: str = "") -> Message:
    activity = Activity(classes=classes) if classes else None
    return Message(
        move="request",
        subject="Logs",
        wants=("information",),
        text="What do you see?",
        activity=activity,
        purpose=purpose,
    )


def unit(w: World, *, signed: bool = True) -> None:
    """A and B agree on a joint unit: two classes in clause 2, one purpose in clause 3."""
    a, b = w.nodes["a"], w.nodes["b"]
    clauses = (
        Clause(id="1", text="There is a joint unit."),
        Clause(id="2", text="It is for these.", classes=("intrusion", "tampering")),
        Clause(id="3", text="Data are used so.", purposes=("network-defence", "incident-response")),
    )
    text = propose_agreement(a, parties=["b"], key="joint-unit", title="Joint unit", clauses=clauses)
    sign(a, text.id)
    settle(w)
    if signed:
        sign(b, text.id)
        settle(w)


def said(w: World, name: str) -> int:
    with w.nodes[name].store.indexed() as connection:
        return len(read_matters(connection, ("message", "intersection")))


def test_u3_a_request_outside_the_scope_is_refused_with_the_clause_named(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        town(w, "a", "b", said=0)
        unit(w)
        for name, other in (("a", "b"), ("b", "a")):
            node = w.nodes[name]
            with pytest.raises(
                NotPermitted,
                match=rf"activity class publication is outside the scope agreed with {other}\.example: "
                r"clause 2 of “Joint unit” \(version 1\) has intrusion, tampering",
            ):
                send(node, request("intrusion", "publication"), to=[other])
            with pytest.raises(NotPermitted, match=r"purpose research is outside .* clause 3 of “Joint unit”"):
                send(node, request("intrusion", purpose="research"), to=[other])
            with pytest.raises(NotPermitted, match=r"clause 2 of “Joint unit”.*name the activity class"):
                send(node, request(), to=[other])
            assert said(w, name) == 0
            assert send(node, request("tampering", purpose="network-defence"), to=[other]).stored
            assert said(w, name) == 1
            # A drill asks for nothing, and is rehearsed whatever the scope.
            drill = Message(
                move="request", subject="Drill", wants=("contact",), text="Who is on duty?", profile="drill:urgent"
            )
            assert send(node, drill, to=[other]).stored


def test_u3_an_offer_to_compare_keeps_to_the_scope_too(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        town(w, "a", "b", said=0)
        unit(w)
        items, _ = read_items(["192.0.2.1"])
        with pytest.raises(NotPermitted, match="activity class fraud is outside"):
            offer(w.nodes["a"], "b", items, classes=["fraud"])
        assert read_sessions(w.nodes["a"]) == []
        offer(w.nodes["a"], "b", items, classes=["intrusion"])


def test_u3_a_text_that_one_side_has_not_signed_limits_nothing(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        town(w, "a", "b", "c", said=0)
        unit(w, signed=False)
        assert send(w.nodes["a"], request("publication"), to=["b"]).stored
        # Nor does an agreement with somebody else.
        sign(w.nodes["b"], "joint-unit")
        settle(w)
        assert send(w.nodes["a"], request("publication"), to=["c"]).stored
        with pytest.raises(NotPermitted, match=r"agreed with b\.example"):
            send(w.nodes["a"], request("publication"), to=["c", "b"])


def test_u3_the_scope_holds_in_the_crime_lane_as_well(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        town(w, "a", "b", said=0)
        unit(w)
        lane = Message(
            move="request",
            subject="Logs",
            wants=("information",),
            text="What do you see?",
            activity=Activity(classes=("fraud",)),
            lane=CRIME_LANE,
        )
        with pytest.raises(NotPermitted, match="activity class fraud is outside"):
            send(w.nodes["a"], lane, to=["b"])
