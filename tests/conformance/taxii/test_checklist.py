"""Every line of the checklist has one test with its number, and docs/formats/taxii.md names it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.shared import ROOT

LINES = 104


def _tests() -> dict[int, str]:
    found: dict[int, str] = {}
    for path in Path(__file__).parent.glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and (match := re.match(r"test_(\d{3})_", node.name)):
                assert int(match[1]) not in found, f"two tests have the number {match[1]}"
                found[int(match[1])] = f"{path.name}::{node.name}"
    return found


def test_each_line_of_the_checklist_has_exactly_one_test() -> None:
    assert sorted(_tests()) == list(range(1, LINES + 1))


def test_the_page_on_taxii_names_the_test_of_each_line() -> None:
    page = (ROOT / "docs" / "formats" / "taxii.md").read_text()
    rows = dict(re.findall(r"^\| (\d+) \|.*\| `test_\d{3}_(\w+)` \|$", page, re.MULTILINE))
    assert {int(number): name for number, name in rows.items()} == {
        number: name.split("::")[1][9:] for number, name in _tests().items()
    }
