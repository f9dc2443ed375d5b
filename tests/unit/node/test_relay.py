"""A relay when somebody plays it: false notices, foreign handles, a reply by a stranger, the same again."""

from __future__ import annotations

from pathlib import Path

from tests.contract.stix_examples import indicator
from tests.scene import require_sound, settle, town
from tests.world import World, world

from detente.joint.bodies import Relay
from detente.node.matters import read_matters, tell
from detente.node.open import Node
from detente.node.relay import Forwarded, forward, read_submissions, reply, submit
from detente.said import Said
from detente.statement import base64url
from detente.stix.marking import Tlp
from detente.stix.objects import parse_object


def begun(w: World) -> tuple[Node, Node, Node, Said]:
    """A submits to C through B, who knows both; A and C know each other here, which a relay cannot prevent."""
    town(w, "a", "b", "c", said=0)
    a, b, c = (w.nodes[name] for name in "abc")
    said, _ = submit(a, "b", [parse_object(indicator(1))], to="c.example")
    settle(w)
    return a, b, c, said


def test_a_receiver_cannot_make_a_relay_believe_that_it_has_forwarded(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        _, b, c, said = begun(w)
        false = Relay(step="forwarded", handle=str(said.body["handle"]), objects_said=("indicator--x",))
        tell(c, "relay", false, to=["b"])
        settle(w)
        assert [one.said for one in forward(b)] == [1]
        settle(w)
        (got,) = read_submissions(c)
        assert (got.part, got.with_party, got.objects) == ("receiver", "b.example", 1)


def test_only_the_receiver_s_reply_is_passed_on_and_each_once(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        a, b, c, said = begun(w)
        forward(b)
        settle(w)
        handle = str(said.body["handle"])
        tell(a, "relay", Relay(step="reply", handle=handle, text="I am the agency."), to=["b"])
        tell(c, "relay", Relay(step="reply", handle=handle, text="Past the relay."), to=["a"])
        reply(c, handle, "Which sector?")
        reply(c, handle, "Which sector?")  # said twice, passed on twice
        settle(w)
        assert [one.replies for one in forward(b)] == [2]
        assert forward(b) == []
        settle(w)
        (made,) = read_submissions(a)
        assert [text for _, text in made.replies] == ["Which sector?", "Which sector?"]
        (through,) = read_submissions(b)
        assert (len(through.replies), through.passed_on) == (2, 2)
        for node in (a, b, c):
            require_sound(node)


def test_a_handle_that_is_used_again_by_another_belongs_to_the_first(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        _, b, c, said = begun(w)
        stolen = Relay(step="submission", handle=str(said.body["handle"]), to="a.example", objects=(indicator(2),))
        tell(c, "relay", stolen, to=["b"])
        settle(w)
        (one,) = read_submissions(b)
        assert (one.with_party, one.to) == ("a.example", "c.example")
        assert [done.said for done in forward(b)] == [1]


def test_what_the_receiver_may_not_have_waits_and_says_why(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        for name in "abc":
            w.node(name)
        w.introduce("a", "b")
        w.introduce("b", "c", receives=Tlp.GREEN)
        settle(w)
        red = parse_object(indicator(1, object_marking_refs=[Tlp.RED.marking_id]))
        submit(w.nodes["a"], "b", [red], to="c.example")
        settle(w)
        (waiting,) = forward(w.nodes["b"])
        assert isinstance(waiting, Forwarded)
        assert waiting.said == 0
        assert waiting.held_back[-1][0] == "submission"
        assert "TLP:RED is above the agreed ceiling TLP:GREEN" in waiting.held_back[-1][1]
        settle(w)
        assert read_submissions(w.nodes["c"]) == []
        assert read_submissions(w.nodes["a"])[0].forwarded_us == 0


def test_two_submissions_of_one_company_cannot_be_told_to_be_of_one(tmp_path: Path) -> None:
    """Another handle, other identifiers for the same objects: nothing that the receiver gets links them."""
    with world(tmp_path) as w:
        a, b, c, first = begun(w)
        second, _ = submit(a, "b", [parse_object(indicator(1))], to="c.example")
        settle(w)
        forward(b)
        settle(w)
        assert first.body["handle"] != second.body["handle"]
        assert len(str(first.body["handle"])) == len(base64url(bytes(32)))
        assert len({one.handle for one in read_submissions(c)}) == 2
        ids = [set(one.body["objects_said"]) for one in _notices(c)]  # type: ignore[arg-type]
        assert len(ids) == 2
        assert ids[0].isdisjoint(ids[1])


def _notices(node: Node) -> list[Said]:
    with node.store.indexed() as connection:
        return [said for said in read_matters(connection, ("relay",)) if said.body["step"] == "forwarded"]
