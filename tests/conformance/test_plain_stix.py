"""OASIS's `stix2` library reads everything that is exported, strictly: no property and no type of our own."""

from __future__ import annotations

import json
import re

import stix2
from tests.tree import ROOT
from tests.unit.chronology.everything import everything
from tests.unit.chronology.made import NAMES
from tests.unit.interchange.test_plain import CLAIM, DENIAL

from detente.interchange.losses import PLAIN
from detente.interchange.plain import plain_stix
from detente.node.hunt import identity_id
from detente.statement import base64url
from detente.stix.objects import StixObject


def _exported() -> list[StixObject]:
    return plain_stix(everything(), names=NAMES, identity=identity_id)


def test_the_library_reads_every_object_with_no_property_of_our_own() -> None:
    objects = _exported()
    assert {o.type for o in objects} >= {t for plain in PLAIN.values() for t in plain.types}
    for made in objects:
        # The library knows the extension of TLP 2.0 as a custom one; it is the standard's own way to write these markings.
        custom = made.type == "marking-definition"
        parsed = stix2.parse(json.loads(made.body), allow_custom=custom, version="2.1")
        assert parsed["id"] == made.id


def test_every_kind_becomes_what_the_table_says_and_nothing_else() -> None:
    statements = everything()
    assert {said.kind for said in statements} == set(PLAIN)
    for kind, plain in PLAIN.items():
        made = plain_stix([s for s in statements if s.kind == kind], names=NAMES, identity=identity_id)
        assert {o.type for o in made} - {"identity", "marking-definition", "grouping"} <= set(plain.types), kind
        assert bool(made) == bool(plain.types), kind
    mentioned = " ".join(o.body.decode() for o in _exported())
    for said in statements:
        assert (said.id in mentioned) == bool(PLAIN[said.kind].types), said.kind
        assert base64url(said.ref.leaf) == said.id


def test_the_page_lists_what_is_lost_as_the_table_does() -> None:
    page = (ROOT / "docs" / "formats" / "plain-stix.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z]+)` \| ([^|]+) \| ([^|]+) \|$", page, re.MULTILINE)
    assert rows == [(kind, ", ".join(plain.types) or "nothing", plain.lost) for kind, plain in sorted(PLAIN.items())]


def test_the_example_on_the_page_is_what_is_written_for_a_denial() -> None:
    page = (ROOT / "docs" / "formats" / "plain-stix.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```json\n(.*?)```", page.split("\n## Example\n")[1], re.DOTALL)
    (made,) = [o for o in plain_stix([CLAIM, DENIAL], names=NAMES, identity=identity_id) if o.type == "opinion"]
    assert json.loads(example) == made.value
