"""The page on the bodies names every field, and its examples are read as what they stand under."""

from __future__ import annotations

import json
import re

import msgspec
import pytest
from tests.tree import ROOT

from detente.norms.bodies import BODIES, Change, Clause
from detente.norms.tables import QUESTIONS, RESPONSES, STATUSES
from detente.said import read_value
from detente.seals import Reveal, Seal, verify_reveal

PAGE = (ROOT / "docs" / "formats" / "norms.md").read_text(encoding="utf-8")
SECTIONS = dict(zip(*[iter(re.split(r"^## (\S+)$", PAGE, flags=re.M)[1:])] * 2, strict=True))


def test_there_is_a_section_for_every_kind() -> None:
    assert list(SECTIONS) == list(BODIES)


@pytest.mark.parametrize("kind", BODIES)
def test_a_section_names_every_field_and_its_example_is_read(kind: str) -> None:
    section = SECTIONS[kind]
    named = {name for row in re.findall(r"^\| (`[^|]*)\|", section, re.M) for name in re.findall(r"`(\w+)`", row)}
    assert named == set(BODIES[kind].__struct_fields__)
    examples = re.findall(r"^```json\n(.*?)\n```", section, re.M | re.S)
    assert examples
    for example in examples:
        value = json.loads(example)
        again = msgspec.json.encode(read_value(value, BODIES[kind], where=kind))
        assert json.loads(again) | {"marking": "TLP:AMBER"} == value


def test_the_words_of_the_page_are_those_of_the_tables() -> None:
    assert all(f"`{name}`" in SECTIONS["response"] for name in RESPONSES)
    assert all(f"`{name}`" in SECTIONS["commitment"] for name in STATUSES)
    for name in (*Clause.__struct_fields__, *Change.__struct_fields__):
        assert f"`{name}" in SECTIONS["agreement"] + SECTIONS["amendment"]
    told = (ROOT / "docs" / "norms.md").read_text(encoding="utf-8")
    assert all(f"| {name} | {question.article.split(',')[0]}" in told for name, question in QUESTIONS.items())
    for kind in RESPONSES.values():
        assert f"| {'–' if kind.rung is None else kind.rung} | {kind.id} |" in told
    assert all(f"| {name} | " in told for name in STATUSES)


def test_the_seal_of_the_page_opens_as_the_page_says() -> None:
    digest = re.search(r'"digest":"([^"]+)"', SECTIONS["response"])
    key = re.search(r"hexkey:([0-9a-f]{64})", SECTIONS["response"])
    text = re.search(r"v1\\0([^']+)'", SECTIONS["response"])
    assert digest
    assert key
    assert text
    assert verify_reveal(Seal(digest[1], 1), Reveal(digest[1], key[1], text[1])) == "retorsion: four offices are closed"
