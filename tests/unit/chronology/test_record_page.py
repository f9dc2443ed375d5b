"""The page on milestones and measures lists every field, and its examples are read as what they are shown as."""

from __future__ import annotations

import re

import msgspec
import pytest
from tests.tree import ROOT
from tests.unit.chronology.made import said

from detente.chronology.bodies import BODIES, STATES, STEPS
from detente.said import read
from detente.stix.canonical import encode, parse

PAGE = (ROOT / "docs" / "formats" / "record.md").read_text(encoding="utf-8")


def _section(kind: str) -> str:
    return PAGE.split(f"\n## {kind}\n")[1].split("\n## ")[0]


@pytest.mark.parametrize("kind", sorted(BODIES))
def test_every_field_is_listed_and_no_other(kind: str) -> None:
    listed = set(re.findall(r"^\| `([a-z_]+)` \|", _section(kind), re.MULTILINE))
    assert listed - {"marking"} == {field.name for field in msgspec.structs.fields(BODIES[kind])}


@pytest.mark.parametrize("kind", sorted(BODIES))
def test_each_example_is_canonical_and_read_as_its_kind(kind: str) -> None:
    examples = re.findall(r"```json\n(.*?)\n```", _section(kind), re.DOTALL)
    assert examples
    for example in examples:
        value = parse(example.encode())
        assert isinstance(value, dict)
        assert encode(value) == example.encode()
        assert set(value) <= {field.name for field in msgspec.structs.fields(BODIES[kind])} | {"marking"}
        read(said(kind, value), BODIES[kind])


def test_every_word_that_a_field_may_hold_is_listed() -> None:
    assert not [step for step in STEPS if f"`{step}`" not in _section("milestone")]
    assert not [state for state in STATES if f"`{state}`" not in _section("measure")]
