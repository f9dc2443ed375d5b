"""What a partner writes as a plan or an evaluation is kept, and shown only when it can be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from tests.effects import STOP, see, watching
from tests.talking import Talk

from detente.effect.bodies import Evaluation, Plan
from detente.errors import InvalidStatement
from detente.node.effects import planned, plans, run
from detente.node.matters import tell
from detente.said import read

Lie = Callable[[dict[str, Any]], None]


class Anything(msgspec.Struct):
    """The body of a partner that does not keep to the page."""

    plan: str
    result: Any


def set_at(*path: str, to: object) -> Lie:
    def lie(result: dict[str, Any]) -> None:
        place: Any = result
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = to

    return lie


LIES: list[Lie] = [
    set_at("outcomes", to={}),
    set_at(
        "outcomes",
        "c.example",
        to={"counts": {"before": 0, "grace": 0, "after": 0}, "e0_days": 1, "e1_days": 1, "verdict": "seen more"},
    ),
    set_at("as_of_us", to=1),
    set_at("as_of_us", to=2**53 - 1),  # the largest that strict JSON takes
    set_at("as_of_us", to=1 - 2**53),
    set_at("outcomes", "b.example", "verdict", to="ceased"),
    set_at("outcomes", "b.example", "flags", to=["proved"]),
    set_at("outcomes", "b.example", "last_report_us", to=2**53 - 1),
    set_at("outcomes", "b.example", "strip", to=[-1]),
    set_at("outcomes", "b.example", "strip", to=[1] * 5000),
    set_at("outcomes", "b.example", "counts", to={"before": -2, "grace": 0, "after": 0}),
    set_at("outcomes", "a.example", "change", "median_us", to=1 - 2**53),
]


@pytest.mark.parametrize("lie", LIES)
def test_an_evaluation_that_does_not_answer_its_plan_is_named_and_not_shown(lie: Lie) -> None:
    with watching("a", "b") as talk:
        plan_id, result = _evaluated(talk)
        lie(result)
        told = tell(talk.node("b"), "evaluation", Anything(plan_id, result), to=["a"])
        talk.sync()
        found = planned(talk.node("a"), plan_id)
        shown = {said.id for said, _ in found.evaluations}
        if told.id in shown:
            # What passes can be shown, all of it.
            assert talk.text("a", "effect", "show", told.short)
            assert talk.text("a", "effect", "svg", told.short)
        else:
            assert [said.id for said in found.unread] == [told.id]
            assert f"{told.short} by b.example says to be an evaluation of it" in talk.text(
                "a", "effect", "show", plan_id
            )
            with pytest.raises(InvalidStatement, match=r"does not answer|evaluation"):
                planned(talk.node("a"), told.id)


def test_words_of_a_partner_are_shown_and_not_obeyed() -> None:
    with watching("a", "b") as talk:
        plan_id, result = _evaluated(talk)
        counts = {"before": 1, "grace": 0, "after": 0}
        result["outcomes"]["a.example"]["others"] = {"x\x1b[2J</text><script>": counts}
        told = tell(talk.node("b"), "evaluation", Anything(plan_id, result), to=["a"])
        talk.sync()
        text, picture = (talk.text("a", "effect", command, told.short) for command in ("show", "svg"))
        assert "\x1b" not in text + picture
        assert "<script" not in picture


def test_a_plan_that_cannot_be_read_is_left_out_of_the_list_and_refused_by_name() -> None:
    with watching("a", "b") as talk:
        told = tell(talk.node("b"), "plan", Anything("", {}), to=["a"])
        talk.sync()
        assert plans(talk.node("a")) == []
        with pytest.raises(InvalidStatement, match="activity"):
            run(talk.node("a"), told.id)


def test_a_withdrawn_plan_is_not_followed() -> None:
    with watching("a", "b") as talk:
        plan_id, _ = _evaluated(talk)
        plan = planned(talk.node("a"), plan_id).said
        tell(talk.node("a"), "withdrawal", Anything("", None), to=["b"], re=plan)
        talk.refused("a", "effect", "run", plan_id, code=6, words=("was withdrawn by a.example",))


def _evaluated(talk: Talk) -> tuple[str, dict[str, Any]]:
    """The id of a plan of a that b holds, and a result that b computed."""
    see(talk, "a", [-60, -30, -20, -15], to=["b"])
    warned = talk.run("a", *STOP, "--from", "1d", "--until", "65d")["thread"]
    plan_id = str(talk.run("a", "effect", "plan", warned, "--to", "b")["id"])
    talk.sync()
    talk.later(days=66)
    ran = run(talk.node("b"), plan_id, dry_run=True)
    assert read(ran.plan_said, Plan) == ran.plan
    assert isinstance(ran.evaluation, Evaluation)
    value = msgspec.to_builtins(ran.evaluation.result)
    assert isinstance(value, dict)
    return plan_id, value
