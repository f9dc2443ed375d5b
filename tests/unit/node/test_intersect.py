"""An intersection between nodes when something is wrong: other hands, wrong points, a side that goes away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from tests.scene import require_sound, settle, town
from tests.world import World, world

from detente.errors import BadProof, InvalidPattern, InvalidStatement, NotFound, NotPermitted
from detente.joint import intersection as psi
from detente.joint.bodies import Intersection
from detente.node.intersect import (
    Session,
    answer,
    decline,
    finish,
    normal_item,
    offer,
    read_items,
    read_session,
    read_sessions,
)
from detente.node.matters import read_matters, tell
from detente.node.open import Node
from detente.said import Said, read
from detente.store.store import read_records


def session(node: Node, name: str) -> Session:
    with node.store.indexed() as connection:
        return read_session(node, connection, name)


def kept(node: Node) -> int:
    with node.store.reading() as connection:
        return len(read_records(connection, "intersection"))


def begun(w: World) -> tuple[Node, Node, Said]:
    town(w, "a", "b", said=0)
    a, b = w.nodes["a"], w.nodes["b"]
    offered = offer(a, "b", read_items(["192.0.2.1", "192.0.2.2"])[0])
    settle(w)
    return a, b, offered


def test_items_are_put_into_the_form_that_hunting_compares() -> None:
    lines = [
        "# a comment",
        "",
        "HXXP://WWW.Evil[.]example:80/A)",
        "BÜCHER.example",
        "10.0.0.7/24",
        "2001:DB8::1",
        "nonsense",
    ]
    items, unread = read_items(lines)
    assert items == [
        b"domain xn--bcher-kva.example",
        b"ipv4 10.0.0.0/24",
        b"ipv6 2001:db8::1",
        b"url http://www.evil.example/A",
    ]
    assert [number for number, _ in unread] == [7]
    with pytest.raises(InvalidPattern, match="public suffix"):
        normal_item("domain", "co.uk")


def test_nothing_is_kept_or_said_of_a_dry_run(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        town(w, "a", "b", said=0)
        a = w.nodes["a"]
        offer(a, "b", read_items(["192.0.2.1"])[0], dry_run=True)
        assert (read_sessions(a), kept(a)) == ([], 0)


def test_an_offer_is_answered_once_and_by_the_partner(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        a, b, offered = begun(w)
        with pytest.raises(InvalidStatement, match="our own offer"):
            answer(a, offered.id, [b"ipv4 192.0.2.1"])
        with pytest.raises(NotFound, match="Sync, then finish"):
            finish(a, offered.id)
        answer(b, offered.short, read_items(["192.0.2.2"])[0])
        with pytest.raises(NotPermitted, match=r"answered by b\.example already"):
            answer(b, offered.id, read_items(["192.0.2.2"])[0])
        with pytest.raises(NotFound, match="Sync, then finish"):
            finish(b, offered.id)
        settle(w)
        assert finish(a, offered.id).items == ("ipv4 192.0.2.2",)
        assert finish(a, offered.id).items == ("ipv4 192.0.2.2",)  # again, from the journal
        settle(w)
        assert finish(b, offered.id).items == ("ipv4 192.0.2.2",)
        assert (kept(a), kept(b)) == (0, 0)
        with pytest.raises(NotFound, match="no intersection"):
            finish(b, "lusab-babad-gutih")


@pytest.mark.parametrize("who", ["a", "b"])
def test_either_side_may_decline_and_both_forget_what_they_kept(tmp_path: Path, who: str) -> None:
    with world(tmp_path) as w:
        a, b, offered = begun(w)
        answer(b, offered.id, read_items(["192.0.2.2"])[0])
        settle(w)
        decline(w.nodes[who], offered.id, "Not expected.")
        settle(w)
        for node in (a, b):
            found = session(node, offered.id)
            assert found.state == f"declined by {who}.example"
            assert found.declined is not None
            assert found.declined[1].reason == "Not expected."
            with pytest.raises(NotPermitted, match="Begin a new one"):
                finish(node, offered.id)
            with pytest.raises(NotPermitted, match="nothing to decline"):
                decline(node, offered.id, "Again.")
        assert (kept(a), kept(b)) == (0, 0)


def swap(text: str) -> str:
    """The first two points in the other order."""
    return text[43:86] + text[:43] + text[86:]


Change = Callable[[Intersection], dict[str, str]]

WRONG: dict[str, Change] = {
    "reordered": lambda body: {"again": swap(body.again)},
    "another key": lambda body: {"key": body.points[:43]},
    "another proof": lambda body: {"proof": body.proof[43:] + body.proof[:43]},
    "too few": lambda body: {"again": body.again[43:]},
    "its own points sent back": lambda body: {"again": body.points},
    "no group": lambda body: {"points": psi.pack((bytes(32),)) + body.points[43:]},
    "one twice": lambda body: {"points": body.points[43:86] + body.points[43:]},
    "an odd number": lambda body: {"points": body.points[43:]},
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_answer_ends_the_session_with_the_reason_in_both_logs(tmp_path: Path, name: str) -> None:
    with world(tmp_path) as w:
        a, b, offered = begun(w)
        honest = read(answer(b, offered.id, read_items(["192.0.2.2"])[0], dry_run=True), Intersection)
        tell(b, "intersection", msgspec.structs.replace(honest, **WRONG[name](honest)), to=["a"], re=offered)
        settle(w)
        with pytest.raises(BadProof):
            finish(a, offered.id)
        settle(w)
        for node in (a, b):
            found = session(node, offered.id)
            assert (found.state, found.items, found.result) == ("declined by a.example", None, None)
            assert found.declined is not None
            assert found.declined[1].reason.startswith("an intersection: ")
            require_sound(node)
        assert kept(a) == 0


def test_wrong_points_in_an_offer_end_it_before_an_answer(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        town(w, "a", "b", said=0)
        a, b = w.nodes["a"], w.nodes["b"]
        honest = read(offer(a, "b", [b"ipv4 192.0.2.1"], dry_run=True), Intersection)
        bad = msgspec.structs.replace(honest, points=honest.points[:-43] + honest.points[:43])
        offered = tell(a, "intersection", bad, to=["b"])
        settle(w)
        with pytest.raises(BadProof, match="stands twice"):
            answer(b, offered.id, [b"ipv4 192.0.2.1"])
        assert session(b, offered.id).state == "declined by b.example"
        assert kept(b) == 0


def test_a_wrong_result_tells_the_other_side_nothing(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        a, b, offered = begun(w)
        said = answer(b, offered.id, read_items(["192.0.2.2"])[0])
        settle(w)
        answered = read(said, Intersection)
        false = Intersection(step="result", of=offered.id, again=answered.points, proof=answered.proof)
        tell(a, "intersection", false, to=["b"], re=said)
        settle(w)
        with pytest.raises(BadProof):
            finish(b, offered.id)
        assert session(b, offered.id).items is None


def test_a_third_party_has_no_part_in_a_session(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        town(w, "a", "b", "c", said=0)
        a, b, c = (w.nodes[name] for name in "abc")
        offered = offer(a, "b", read_items(["192.0.2.1"])[0])
        settle(w)
        with c.store.indexed() as connection:
            assert read_matters(connection, ("intersection",)) == []
        # Somebody who learned the offer's id speaks to B about it: nothing of it counts.
        tell(c, "intersection", Intersection(step="declined", of=offered.id, reason="No."), to=["a", "b"])
        settle(w)
        assert session(b, offered.id).state == session(a, offered.id).state == "offered by a.example"
        answer(b, offered.id, read_items(["192.0.2.1"])[0])
        settle(w)
        assert finish(a, offered.id).items == ("ipv4 192.0.2.1",)
