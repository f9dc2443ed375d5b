from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from tests.tree import ROOT
from tests.unit.attribution.made import TWO

from detente.attribution.bodies import BODIES, Assessment, with_always
from detente.errors import InvalidStatement
from detente.said import read_value, written
from detente.statement import KINDS
from detente.stix.canonical import encode, parse

BOARD = {
    "question": "intrusion",
    "incident": "i",
    "title": "T",
    "hypotheses": msgspec.to_builtins(with_always(TWO)),
}
ASSESSMENT = {"board": "b", "office": "O", "own_work": True, "judgments": [{"hypothesis": "x", "likelihood": "likely"}]}
POSITION = {"board": "b", "office": "O", "stance": "endorses", "hypotheses": ["x"]}
CITED = {"ref": "r", "kind": "technical", "source": "open"}
FINDING = {"about": "i", "office": "O", "status": "occurred"}


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("board", {**BOARD, "hypotheses": [{"key": "x", "text": "X"}]}, "other and cannot-tell"),
        ("board", {**BOARD, "hypotheses": msgspec.to_builtins(with_always(TWO[:1]))}, "at least one alternative"),
        ("board", {**BOARD, "hypotheses": msgspec.to_builtins((*with_always(TWO), TWO[0]))}, "named twice: x"),
        ("board", {**BOARD, "question": "guilt"}, "question"),
        ("board", {**BOARD, "title": "Who is guilty"}, "guilty"),
        ("board", {**BOARD, "title": "A unanimous view"}, "computed"),
        ("board", {**BOARD, "hypotheses": [{"key": "x", "text": "X", "rung": "state"}]}, "one rung"),
        ("board", {**BOARD, "groups": [{"name": "G"}]}, "how many members"),
        ("board", {**BOARD, "groups": [{"name": "G", "count": 3, "members": ["A", "B"]}]}, "2 members are named and 3"),
        ("assessment", {**ASSESSMENT, "judgments": []}, "judgments"),
        ("assessment", {**ASSESSMENT, "judgments": [*ASSESSMENT["judgments"]] * 2}, "judged twice"),  # type: ignore[misc]
        (
            "assessment",
            {**ASSESSMENT, "judgments": [{"hypothesis": "x", "likelihood": "sure"}]},
            "no word of the scale",
        ),
        (
            "assessment",
            {**ASSESSMENT, "judgments": [{"hypothesis": "x", "likelihood": "likely", "confidence": "medium"}]},
            "low, moderate, high",
        ),
        ("assessment", {**ASSESSMENT, "evidence": [{**CITED, "kind": "hearsay"}]}, "kind"),
        ("assessment", {**ASSESSMENT, "evidence": [{**CITED, "grade": "G9"}]}, "digit 1 to 6"),
        ("assessment", {**ASSESSMENT, "own_work": None}, "own_work"),
        ("position", {**POSITION, "stance": "denies", "hypotheses": []}, "names the hypotheses"),
        ("position", {**POSITION, "hypotheses": []}, "hypotheses or the assessment"),
        ("position", {**POSITION, "scope": "state"}, "a denial denies"),
        ("position", {**POSITION, "stance": "denies", "scope": "somewhat"}, "no rung"),
        ("position", {**POSITION, "joint": [{"office": "O"}]}, "signs a joint statement once"),
        ("rating", {"board": "b", "rater": "R", "rows": [{"evidence": "e", "marks": {"x": "X"}}]}, "marks"),
        ("finding", {**FINDING, "status": "proved"}, "status"),
        ("finding", {**FINDING, "what": "hypothesis"}, "names the board and the hypothesis"),
        ("tasking", {"board": "b", "of_office": "O", "asked_by": "P", "role": "friend", "what": "speed"}, "role"),
    ],
)
def test_a_body_that_breaks_a_rule_is_refused_with_what_was_expected(
    kind: str, value: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidStatement, match=re.escape(words)):
        read_value(value, BODIES[kind], where=kind)


def test_every_body_belongs_to_a_kind_of_statement() -> None:
    assert set(BODIES) <= set(KINDS)


def test_what_somebody_else_wrote_may_stand_in_quotation_marks() -> None:
    value = {**BOARD, "title": 'What is behind “17 agencies assess” and "a consensus"'}
    assert read_value(value, BODIES["board"], where="board")


def test_the_example_of_the_page_is_an_assessment_and_is_written_as_it_stands() -> None:
    page = (ROOT / "docs" / "formats" / "board.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```json\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    canonical = example.replace("\n", "").encode()
    value = parse(canonical)
    assert isinstance(value, dict)
    assert encode(value) == canonical
    assert encode(written(read_value(value, Assessment, where="example"))) == canonical


def test_the_page_names_every_field() -> None:
    page = (ROOT / "docs" / "formats" / "board.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    missing = [
        f"{kind}: {field}"
        for kind, shape in BODIES.items()
        for field in shape.__struct_fields__
        if field != "marking" and f"`{field}`" not in sections[kind]
    ]
    assert not missing
