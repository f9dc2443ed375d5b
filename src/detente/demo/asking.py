"""The channel in the demo: one party asks, a clock runs, the other answers, and both nodes hold the same thread."""

from __future__ import annotations

from collections.abc import Callable

from detente.channel.bodies import Message
from detente.channel.record import thread_json
from detente.channel.thread import Thread
from detente.demo.stage import Stage, expect
from detente.node.open import Node
from detente.node.talk import read_thread, reply, send
from detente.when import SECOND_US, When

_ROLE = "duty officer"


def ask_and_answer(
    stage: Stage, asker: Node, asked: Node, names: tuple[str, str], pull: Callable[[Node, Node], None]
) -> None:
    """`names`: what the two are called in the story. `pull`: the first node pulls from the second, and acknowledges."""
    stage.step(f"{names[0]} asks {names[1]}, and a clock runs that both can see")
    request = Message(
        move="request",
        subject="Were the two servers cleaned?",
        text="We see them again. Please tell what was found on them, and keep the disks.",
        wants=("information", "preservation"),
        profile="vienna",
        role=_ROLE,
    )
    opening = send(asker, request, to=[asked.origin], by=_ROLE).said
    pull(asked, asker)
    there = _thread(asked, opening.id)
    leg = there.legs[asked.origin]
    expect(leg.state == "delivered" and leg.due_us is not None, f"the request is {leg.state}")
    stage.say(names[0], f"asks {names[1]} for information, and to keep the data: request {opening.short}.")
    stage.say("", f"✓ The receipt is there: {names[1]}'s node signed that it holds the text. {_due(there, asked)}")
    reply(asked, opening.id, Message(move="acknowledge"), by=_ROLE)
    stage.say(names[1], f"acknowledges, which agrees to nothing. {_due(_thread(asked, opening.id), asked)}")
    answer = Message(
        move="answer", text="Both were cleaned on the day after. The disks are kept until March.", extent="full"
    )
    reply(asked, opening.id, answer, by=_ROLE)
    pull(asker, asked)
    reply(asker, opening.id, Message(move="satisfied"), by=_ROLE)
    pull(asked, asker)
    pull(asker, asked)
    ours, theirs = (_thread(node, opening.id) for node in (asker, asked))
    expect(ours.legs[asked.origin].state == "closed-satisfied", f"the thread is {ours.legs[asked.origin].state}")
    expect(_same(ours) == _same(theirs), "the two nodes hold different threads")
    stage.say("", "answers in full, within its time; " + names[0] + " takes the reply as sufficient.")
    stage.say(
        "",
        f"✓ Both nodes hold the same thread: {len(ours.events)} entries with the same digests, the same states, the same times.",
    )
    stage.proves(
        f"that {names[0]} asked, when {names[1]} had it, and what it replied; by either of them, without the other."
    )


def _thread(node: Node, name: str) -> Thread:
    with node.store.indexed() as connection:
        return read_thread(connection, node, name, node.clock())


def _due(thread: Thread, asked: Node) -> str:
    leg = thread.legs[asked.origin]
    assert leg.due_us is not None
    return f"The clock of the {leg.clock} runs until {When(leg.due_us // SECOND_US * SECOND_US)}."


def _same(thread: Thread) -> object:
    """All that a thread says but the moment at which it was looked at."""
    return {name: value for name, value in thread_json(thread).items() if name != "now_us"}
