"""docs/formats/evaluation.md lists every field, and its example is what the code gives."""

from __future__ import annotations

import json
import re

import msgspec
from tests.tree import ROOT
from tests.unit.effect.made import events, plan

from detente.effect.bodies import (
    BODIES,
    METHOD,
    VERDICTS,
    Change,
    Circumstances,
    Direction,
    Dispersion,
    Evaluation,
    Outcome,
    Placebo,
    Plan,
    Result,
)
from detente.effect.evaluate import evaluate
from detente.effect.events import digest_of
from detente.said import written

PAGE = (ROOT / "docs" / "formats" / "evaluation.md").read_text(encoding="utf-8")


def example() -> tuple[Plan, Evaluation]:
    made = plan(about="fCx1ZQmVMa0FvXvPnAbzjBPCDYQvPnLqNz0dGzuhVHw", before_days=10, after_days=8, grace_days=1)
    happened = [*events([-8, -3]), *events([2], class_="publication")]
    result = evaluate(made, happened, now_us=made.end_us, plan_said_us=made.warned_us)
    plan_id = "9nUf2mW1k3zR7yq0S5cXgk8bTtqWcVZpQe4uHn6JrDs"
    return made, Evaluation(
        plan=plan_id, result=result, events=len(happened), events_digest=digest_of(happened), source="table.csv"
    )


def test_the_example_on_the_page_is_what_the_code_gives() -> None:
    blocks = re.findall(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    made, evaluation = example()
    assert json.loads(blocks[0]) == written(made)
    assert json.loads(blocks[1]) == written(evaluation)
    assert msgspec.convert(json.loads(blocks[0]), Plan) == made
    assert msgspec.convert(json.loads(blocks[1]), Evaluation) == evaluation


def test_the_page_names_every_field_and_every_word() -> None:
    shapes = (Plan, Direction, Evaluation, Result, Circumstances, Outcome, Dispersion, Change, Placebo)
    fields = {name for shape in shapes for name in shape.__struct_fields__}
    missing = sorted(name for name in (*fields, *VERDICTS, METHOD) if f"`{name}`" not in PAGE)
    assert not missing
    assert set(BODIES) == {"plan", "evaluation"}
