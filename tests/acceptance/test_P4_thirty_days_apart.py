"""P4: no party depends on the other's server, clock, key or feed. Either side loses the other for thirty days."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.scene import reopen, require_sound, settle, tell, town
from tests.world import World, world

from detente.channel.bodies import Message
from detente.errors import Unreachable
from detente.node.commit import propose_agreement, sign
from detente.node.doctor import examine
from detente.node.intersect import answer, finish, offer, read_items, read_session
from detente.node.matters import read_matters, receipts
from detente.node.open import Node
from detente.node.proofs import prove
from detente.node.propose import propose, read_proposals, respond
from detente.node.sync import sync
from detente.node.talk import read_thread, reply, send
from detente.node.verify import verify
from detente.norms.bodies import Clause
from detente.party import Role
from detente.said import Said
from detente.statement import KINDS
from detente.store.log import OWN, head_of, read_head

DAY_S = 86_400


def joint_record(w: World) -> None:
    """Something of each: shared indicators, an agreement, a request that is answered, a proposal, an intersection."""
    a, b = w.nodes["a"], w.nodes["b"]
    text = propose_agreement(
        a,
        parties=["b"],
        key="unit",
        title="Joint unit",
        clauses=(Clause(id="1", text="Each side names a contact within two days."),),
    )
    sign(a, text.id)
    settle(w)
    sign(b, text.id)
    asked = send(a, Message(move="request", subject="Logs", wants=("information",), text="What do you see?"), to=["b"])
    propose(b, ["a"], "A drill in March")
    settle(w)
    reply(b, asked.said.id, Message(move="acknowledge"))
    settle(w)
    reply(b, asked.said.id, Message(move="answer", text="Nothing in our logs.", extent="full"))
    offered = offer(a, "b", read_items(["192.0.2.1", "192.0.2.2"])[0])
    settle(w)
    answer(b, offered.id, read_items(["192.0.2.2", "192.0.2.3"])[0])
    settle(w)
    finish(a, offered.id)
    settle(w)
    finish(b, offered.id)
    settle(w)


def record_of(node: Node) -> list[Said]:
    """Everything said between the parties, by either."""
    with node.store.indexed() as connection:
        return [said for said in read_matters(connection, tuple(KINDS)) if not said.ref.log.endswith("/journal")]


def require_provable(node: Node, other: str) -> int:
    """Every entry of both logs that this node holds is proved offline, text and all; returns how many had their text here."""
    texts = 0
    with node.store.reading() as connection:
        party = node.partner(connection, other)
        mirror = head_of(connection, party.origin)
        assert mirror is not None
        sizes = {None: read_head(connection, OWN).size, other: mirror.size}
    for partner, size in sizes.items():
        keys = node.public_keys[Role.LOG] if partner is None else party.log_keys
        for entry in range(size):
            proof = prove(node, entry, partner=partner)
            proved = verify(proof.receipt, opening=proof.opening, log_keys=keys, policy=None)
            assert proved.index == entry
            texts += proved.body is not None
    return texts


@pytest.mark.parametrize(("here", "gone"), [("a", "b"), ("b", "a")])
def test_p4_the_joint_record_stays_readable_and_provable_while_the_other_is_gone(
    tmp_path: Path, here: str, gone: str
) -> None:
    with world(tmp_path) as w:
        town(w, "a", "b")
        joint_record(w)
        before = record_of(w.nodes[here])
        assert {said.kind for said in before} >= {"agreement", "signature", "message", "proposal", "intersection"}
        with w.nodes[here].store.indexed() as connection:
            held = receipts(connection, before)

        # The other side is gone: server, clock, keys and feed. We are started anew, thirty days later.
        w.away.add(gone)
        w.nodes[gone].close()
        w.clock.advance(30 * DAY_S)
        node = reopen(w, here)
        report = sync(node, w.fetch)
        assert isinstance(report.worst, Unreachable)

        after = record_of(node)
        assert after == before
        assert [said.body for said in after] == [said.body for said in before]
        assert all(said.body for said in after)
        with node.store.indexed() as connection:
            assert receipts(connection, after) == held
        assert require_provable(node, gone) >= len(before)
        require_sound(node)
        assert not [f for f in examine(node) if f.state == "stop"]

        # Its matters are computed as before, and nothing of ours waits: we go on speaking.
        (proposal,) = read_proposals(node)
        with node.store.indexed() as connection:
            asked = next(s for s in before if s.kind == "message" and s.speaker == "a.example")
            assert read_thread(connection, node, asked.id, node.clock()).opening == asked
            assert read_session(node, connection, next(s.id for s in before if s.kind == "intersection")).items == (
                "ipv4 192.0.2.2",
            )
        respond(node, proposal.proposal.id, "withdrawn" if here == "b" else "accepted")
        tell(node, range(7_000, 7_003), gone)

        # When it is back, it learns all of that, and both hold one record.
        w.away.clear()
        back = reopen(w, gone)
        settle(w)
        assert record_of(back) == record_of(node)
        assert [h.state for h in read_proposals(back)] == [h.state for h in read_proposals(node)]
        assert len(record_of(back)) == len(before) + 1
        require_sound(back)
