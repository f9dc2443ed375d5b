"""The use cases of the channel, on both databases: said and read back, refused inside the transaction, approved, passed on, revealed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from tests.scene import journal_kinds, quick_folder, require_sound, settle, truth_of
from tests.world import World, world

from detente.activity import Activity
from detente.channel.bodies import Consequence, CouldAct, Likelihood, Message, Relay, Window
from detente.errors import InvalidStatement, NotFound, NotPermitted
from detente.node import outbox, talk
from detente.node.config import ChannelChoices
from detente.node.consequences import reveal, sealings
from detente.node.correct import correct, corrected, pass_on
from detente.node.inbox import read_inbox
from detente.node.matters import read_matters, tell
from detente.node.open import Node, open_node
from detente.node.partners import pause_partner
from detente.node.passing import pass_warning
from detente.node.talk import SealedText, approve, reply, send, thread
from detente.store import index
from detente.when import DAY_US

NOTICE = Message(move="notice", subject="Servers", text="Twelve servers.")
REQUEST = Message(move="request", subject="Logs", text="Please send them.", wants=("information",))


@pytest.fixture
def three() -> Iterator[World]:
    with quick_folder() as folder, world(folder) as made:
        for name in ("a", "b", "c"):
            made.node(name)
        for one, other in (("a", "b"), ("a", "c"), ("b", "c")):
            made.introduce(one, other)
        yield made


def demarche(now_us: int) -> Message:
    return Message(
        move="demarche",
        subject="Election systems",
        demand="End it.",
        activity=Activity(classes=("tampering",)),
        window=Window(now_us, now_us + 30 * DAY_US),
        consequence=Consequence(class_="none"),
    )


def warning(now_us: int, relay: Relay | None = None) -> Message:
    return Message(
        move="protective-warning",
        subject="Banks",
        text="An attack is being prepared.",
        window=Window(now_us, now_us + DAY_US),
        target="banks",
        likelihood=Likelihood(word="likely", confidence="low"),
        advice="Filter.",
        could_act=(CouldAct(who="banks"),),
        relay=relay,
    )


def with_four_eyes(node: Node) -> None:
    node.config = dataclasses.replace(node.config, channel=ChannelChoices(four_eyes=True))


def test_what_is_said_on_one_database_is_answered_on_the_other(pair: World) -> None:
    a, b = pair.nodes["cert-a"], pair.nodes["cert-b"]
    name = send(a, REQUEST, to=["cert-b"]).said.id
    settle(pair)
    reply(b, name, Message(move="acknowledge"))
    settle(pair)
    reply(a, name, Message(move="remind"))
    settle(pair)
    reply(b, name, Message(move="answer", text="Attached.", extent="full"))
    settle(pair)
    states = {node.origin: thread(node, name, pair.clock.now_us).legs["cert-b.example"].state for node in (a, b)}
    assert states == {"cert-a.example": "answered", "cert-b.example": "answered"}
    correct(a, name, field="text", now="Please send all of them.")
    settle(pair)
    assert [one.now for one in thread(b, name).corrections] == ["Please send all of them."]
    assert read_inbox(a)[0]
    for node in (a, b):
        require_sound(node)


def test_what_changed_between_asking_and_saying_is_seen_inside_the_transaction(
    three: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = three.nodes["a"], three.nodes["b"]
    name = send(a, REQUEST, to=["b"]).said.id
    settle(three)
    real = talk._say

    def interrupted(*arguments: Any, **more: Any) -> Any:
        monkeypatch.setattr(talk, "_say", real)
        reply(b, name, Message(move="acknowledge"))
        return real(*arguments, **more)

    monkeypatch.setattr(talk, "_say", interrupted)
    with pytest.raises(NotPermitted, match="acknowledged"):
        reply(b, name, Message(move="acknowledge"))
    with b.store.indexed() as connection:
        assert len(read_matters(connection, ["message"], name)) == 2


def test_a_person_who_is_named_stands_in_the_journal_and_nowhere_else(three: World) -> None:
    a = three.nodes["a"]
    said = send(a, NOTICE, to=["b"], by="  Kim   Vale ").said
    assert journal_kinds(a)[-1] == "decision"
    assert said.body["eyes"] == 1
    assert "Kim" not in str(said.body)
    with pytest.raises(InvalidStatement, match="one line"):
        send(a, NOTICE, to=["b"], by="x" * 200)


def test_a_draft_that_can_no_longer_be_said_is_refused_when_it_is_approved(three: World) -> None:
    a, b = three.nodes["a"], three.nodes["b"]
    name = send(a, REQUEST, to=["b"]).said.id
    settle(three)
    with_four_eyes(a)
    draft = reply(a, name, Message(move="remind"), by="Kim")
    assert draft.waits
    reply(b, name, Message(move="answer", text="Attached.", extent="full"))
    settle(three)
    before = truth_of(a, journal=True)
    with pytest.raises(NotPermitted, match="remind"):
        approve(a, draft.said.short, by="Ola")
    assert truth_of(a, journal=True) == before
    outbox.drop(a, draft.said.short, by="Kim")
    with a.store.indexed() as connection:
        assert [one.decision for one in outbox.waiting(connection)] == ["dropped"]


def test_two_processes_that_approve_one_draft_at_the_same_moment_say_it_once(
    three: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    a = three.nodes["a"]
    with_four_eyes(a)
    draft = send(a, NOTICE, to=["b"], by="Kim").said
    twin = open_node(three.folder / "a", clock=three.clock, random=three.random.randbytes)
    real = a.store.write

    def after_the_twin(now_us: int, work: Any) -> Any:
        # The other process gets the lock first, after this one has looked; what it said is not in the index yet.
        monkeypatch.setattr(a.store, "write", real)
        with monkeypatch.context() as patch:
            patch.setattr(index, "catch_up", lambda database: 0)
            approve(twin, draft.id, by="Ola")
        return real(now_us, work)

    monkeypatch.setattr(a.store, "write", after_the_twin)
    with pytest.raises(InvalidStatement, match="approved already"):
        approve(a, draft.id, by="Ola")
    with a.store.indexed() as connection:
        assert len(read_matters(connection, ["message"])) == 1
    twin.close()


def test_a_sealed_consequence_waits_in_the_draft_and_is_journalled_when_it_is_said(three: World) -> None:
    a, b = three.nodes["a"], three.nodes["b"]
    with_four_eyes(a)
    sealed = SealedText("We will publish.", condition="when it is seen again")
    draft = send(a, demarche(three.clock.now_us), to=["b"], by="Kim", sealed=sealed)
    assert "seal" not in journal_kinds(a)
    said = approve(a, draft.said.id, by="Ola").said
    assert journal_kinds(a)[-2:] == ["seal", "approval"]
    settle(three)
    assert "publish" not in str(thread(b, said.id).message)
    reveal(a, said.id)
    settle(three)
    with b.store.indexed() as connection:
        (one,) = sealings(connection, read_matters(connection, ["message"]))
    assert one.text == "We will publish."
    with pytest.raises(NotPermitted, match="opened once"):
        reveal(a, said.id)


def test_nothing_can_be_revealed_that_was_not_sealed(three: World) -> None:
    a = three.nodes["a"]
    said = send(a, demarche(three.clock.now_us), to=["b"]).said
    with pytest.raises(NotFound, match="seals nothing"):
        reveal(a, said.id)
    with pytest.raises(InvalidStatement, match="date or the condition"):
        send(a, demarche(three.clock.now_us), to=["b"], sealed=SealedText("x"))


def test_early_is_a_persons_decision(three: World) -> None:
    a = three.nodes["a"]
    sealed = SealedText("We will publish.", reveal_us=three.clock.now_us + DAY_US)
    said = send(a, demarche(three.clock.now_us), to=["b"], sealed=sealed).said
    with pytest.raises(NotPermitted, match="has not come"):
        reveal(a, said.id, by="Kim")
    with pytest.raises(NotPermitted, match="--by"):
        reveal(a, said.id, early=True)
    assert reveal(a, said.id, early=True, by="Kim").kind == "reveal"


def test_a_warning_that_may_not_go_on_reaches_nobody(three: World) -> None:
    a, b = three.nodes["a"], three.nodes["b"]
    relay = Relay(allowed=True, wording={"en": "Banks may be attacked."})
    name = send(a, warning(three.clock.now_us, relay), to=["b"]).said.id
    settle(three)
    before = truth_of(b, journal=True)
    for more, words in (
        ({"language": "de", "to": {"cert": ["c"]}}, "no wording in de"),
        ({"language": "en", "to": {"cert": ["a"]}}, "from a.example itself"),
        ({"language": "en", "to": {"cert": ["c"]}, "text": "Other words."}, "no other"),
    ):
        with pytest.raises((NotPermitted, InvalidStatement), match=words):
            pass_warning(b, name, **more)  # type: ignore[arg-type]
    with pytest.raises(NotPermitted, match="your own"):
        pass_warning(a, name, language="en", to={"cert": ["c"]})
    assert truth_of(b, journal=True) == before
    passed = pass_warning(b, name, language="en", to={"cert": ["c"]}, dry_run=True)
    assert [one.stored for one in passed.notices] == [False]
    assert truth_of(b, journal=True) == before


def test_statements_that_name_one_another_in_a_circle_do_not_hold_up_a_correction(three: World) -> None:
    a = three.nodes["a"]
    first = send(a, NOTICE, to=["b"]).said
    second = send(a, msgspec.structs.replace(NOTICE, refs=(first.id,)), to=["b"]).said
    # A correction of the second names the first, and the later one names the second: not a circle in time, but one in names.
    tell(a, "message", msgspec.structs.replace(NOTICE, refs=(second.id, first.id)), to=["c"])
    done = correct(a, first.id, field="text", now="Eleven servers.")
    assert [said.aud for said in done.told] == [("c.example",)]
    with a.store.indexed() as connection:
        (one,) = corrected(connection, a)
    assert len(one.resting) == 2


def test_who_cannot_be_told_of_a_correction_now_holds_up_nobody_and_is_not_forgotten(three: World) -> None:
    a = three.nodes["a"]
    first = send(a, NOTICE, to=["b"]).said
    send(a, msgspec.structs.replace(NOTICE, refs=(first.id,)), to=["c"])
    pause_partner(a, "c", paused=True)
    done = correct(a, first.id, field="text", now="Eleven servers.")
    assert (done.told, [party for party, _ in done.refused]) == ((), ["c.example"])
    assert [row.section for row in read_inbox(a)[0] if row.kind == "correction"] == ["corrections"]
    pause_partner(a, "c", paused=False)
    assert [said.aud for said in pass_on(a, done.said.id).told] == [("c.example",)]
    assert not [row for row in read_inbox(a)[0] if row.kind == "correction"]


def test_the_parts_of_a_field_are_corrected_one_by_one(three: World) -> None:
    a = three.nodes["a"]
    said = send(a, demarche(three.clock.now_us), to=["b"]).said
    with pytest.raises(InvalidStatement, match=r"window\.from_us, window\.to_us"):
        correct(a, said.id, field="window", now="x")
    with pytest.raises(InvalidStatement, match="does not say"):
        correct(a, said.id, field="window.middle", now="x")
    done = correct(a, said.id, field="activity.classes.0", now="intrusion")
    assert (done.correction.was, done.correction.now) == ("tampering", "intrusion")


def test_a_message_beyond_our_own_checks_is_kept_and_shown_for_what_it_is(three: World) -> None:
    a, b = three.nodes["a"], three.nodes["b"]
    tell(b, "message", Message(move="acknowledge", thread="x" * 43), to=["a"])
    name = send(a, REQUEST, to=["b"]).said.id
    settle(three)
    tell(b, "message", Message(move="satisfied", thread=name), to=["a"])
    settle(three)
    found = thread(a, name)
    assert [event.flags for event in found.events if event.move == "satisfied"] == [("not-allowed",)]
    assert read_inbox(a)[0]
    with a.store.indexed() as connection:
        lost = read_matters(connection, ["message"], "x" * 43)
    with pytest.raises(NotFound, match="is not held here"):
        thread(a, lost[0].id)
