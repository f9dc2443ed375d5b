"""U1: each side keeps its data, and reveals only what both have. What was sent is looked through byte by byte."""

from __future__ import annotations

from pathlib import Path

from nacl.bindings import crypto_scalarmult_ed25519_noclamp
from tests.scene import reopen, settle, town
from tests.world import Endpoint, World, world

from detente.joint import intersection as psi
from detente.node.intersect import answer, finish, offer, read_items, read_sessions
from detente.said import Said
from detente.store.store import read_records
from detente.web.log import Answer, Request

INDICATORS = [
    "203.0.113.7",
    "hxxp://evil[.]example/drop",
    "a.Bad.example",
    "2001:db8::17",
    "d41d8cd98f00b204e9800998ecf8427e",
]
SIGHTINGS = ["203.0.113.7", "198.51.100.99", "A.BAD.example.", "other.example", "2001:0db8:0::0017"]
BOTH = ("domain a.bad.example", "ipv4 203.0.113.7", "ipv6 2001:db8::17")
ONLY_A = (b"evil", b"d41d8cd98f00b204e9800998ecf8427e")
ONLY_B = (b"198.51.100.99", b"other.example")


def folder_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def listen(w: World) -> bytearray:
    """Everything that any node asks or answers from now on."""
    heard = bytearray()

    def hear(endpoint: Endpoint) -> Endpoint:
        def answer(request: Request) -> Answer:
            reply = endpoint(request)
            heard.extend(request.body + reply.body)
            return reply

        return answer

    for name, endpoint in list(w.endpoints.items()):
        w.endpoints[name] = hear(endpoint)
    return heard


def met(w: World) -> Said:
    """A matches its indicators against B's sightings; returns the offer."""
    offered = offer(w.nodes["a"], "b", read_items(INDICATORS)[0], purpose="network-defence", classes=["intrusion"])
    settle(w, 1)
    answer(w.nodes["b"], offered.id, read_items(SIGHTINGS)[0])
    settle(w, 1)
    return offered


def test_u1_both_learn_what_both_have_and_nothing_else_of_each_other(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        town(w, "a", "b", said=0)
        crossed = listen(w)
        offered = met(w)
        at_a = finish(w.nodes["a"], offered.short)
        settle(w)
        at_b = finish(w.nodes["b"], offered.short)
        assert at_a.items == at_b.items == BOTH
        assert at_a.state == at_b.state == "finished"

        # Size leakage is stated: each side's bucket, the same on both nodes, and not the number of items.
        assert at_a.bucket == at_b.bucket == {"a.example": 64, "b.example": 64}

        # Nothing of the one side's other items is in any byte that the other stored, or that crossed the network.
        w.close()
        a, b = folder_bytes(tmp_path / "a"), folder_bytes(tmp_path / "b")
        assert len(crossed) > 20_000
        for item in ONLY_A:
            assert item not in b
            assert item not in crossed
        for item in ONLY_B:
            assert item not in a
            assert item not in crossed
        # The result itself is in both stores, so that the search finds what is there.
        assert BOTH[1].encode() in a
        assert BOTH[1].encode() in b


def test_u1_a_dictionary_finds_no_item_in_what_was_sent(tmp_path: Path) -> None:
    """B knows the session and every value that it can think of; the points of A's items stay unknown to it."""
    with world(tmp_path) as w:
        town(w, "a", "b", said=0)
        offered = met(w)
        session = read_sessions(w.nodes["b"])[0]
        assert session.offer.id == offered.id
        secret = psi.unpack(session.body.session)[0]
        sent = set(psi.unpack(session.body.points))
        assert session.answer is not None
        own = psi.unpack(session.answer[1].points)
        known, _ = read_items([*INDICATORS, *SIGHTINGS])
        assert not sent & {psi.item_point(secret, item) for item in known}
        # Not with a multiple that B can compute either: by any scalar that it has used.
        assert not sent & {crypto_scalarmult_ed25519_noclamp((7).to_bytes(32, "little"), p) for p in own}


def test_u1_the_secrets_of_a_session_are_destroyed_when_it_ends(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        town(w, "a", "b", said=0)
        offered = met(w)
        finish(w.nodes["a"], offered.short)
        settle(w)
        finish(w.nodes["b"], offered.short)
        w.close()
        for name in ("a", "b"):
            with reopen(w, name).store.reading() as connection:
                assert read_records(connection, "intersection") == []
