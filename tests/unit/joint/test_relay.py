"""What a relay passes on: the content, and nothing that leads to whoever submitted it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contract.stix_examples import indicator

from detente.joint.purpose import bind, purposes_of
from detente.joint.relay import Relayed, as_relayed, names_of
from detente.minimise import RemovalRules
from detente.stix.marking import Tlp, effective
from detente.stix.objects import StixObject, parse_object

NAMES = names_of("grid.harbour.example/cert", "harbour", "Harbour Grid")
NOW = "2026-11-22T12:00:00.000Z"
LANTERN = "malware--00000000-0000-4000-8000-000000000009"
IDENTITY = "identity--00000000-0000-4000-8000-0000000000aa"


def relayed(*objects: StixObject, default: Tlp = Tlp.AMBER) -> Relayed:
    made = iter(range(1, 100))
    return as_relayed(
        objects,
        NAMES,
        RemovalRules(),
        default=default,
        now=NOW,
        new_id=lambda type_: f"{type_}--11111111-0000-4000-8000-{next(made):012}",
    )


def thing(type_: str, number: int, **fields: Any) -> StixObject:
    value: dict[str, Any] = {
        "type": type_,
        "spec_version": "2.1",
        "id": f"{type_}--00000000-0000-4000-8000-{number:012}",
        "created": "2026-01-01T00:00:00.000Z",
        "modified": "2026-01-01T00:00:00.000Z",
    }
    return parse_object({**value, **fields})


def test_names_are_every_way_in_which_the_party_is_called() -> None:
    assert NAMES == ("grid.harbour.example/cert", "grid.harbour.example", "grid", "harbour", "Harbour Grid")


def test_identifiers_dates_and_references_inside_are_made_anew() -> None:
    one = parse_object(indicator(1))
    malware = thing("malware", 2, name="Lantern", is_family=True)
    link = thing("relationship", 3, relationship_type="indicates", source_ref=one.id, target_ref=malware.id)
    done = relayed(one, malware, link)
    by_type = {o.type: o for o in done.objects}
    assert len(done.objects) == 3
    assert by_type["relationship"].value["source_ref"] == by_type["indicator"].id
    assert by_type["relationship"].value["target_ref"] == by_type["malware"].id
    text = json.dumps([o.value for o in done.objects])
    for original in (one, malware, link):
        assert original.id not in text
    assert {o.value["created"] for o in done.objects} == {o.value["modified"] for o in done.objects} == {NOW}
    assert (
        by_type["indicator"].value["valid_from"] == one.value["valid_from"]
    )  # what was seen, and when, is the content


def test_whoever_is_named_by_an_identity_is_left_out() -> None:
    who = thing("identity", 1, name="Harbour Grid", identity_class="organization")
    of_ours = thing("relationship", 2, relationship_type="targets", source_ref=LANTERN, target_ref=IDENTITY)
    report = thing(
        "report",
        3,
        name="Lantern",
        published=NOW,
        object_refs=[IDENTITY, LANTERN],
    )
    sighting = thing(
        "sighting",
        4,
        sighting_of_ref="indicator--00000000-0000-4000-8000-000000000009",
        where_sighted_refs=[IDENTITY],
        count=3,
    )
    note = thing("note", 5, content="Seen.", authors=["A. Keller"], object_refs=[LANTERN])
    done = relayed(who, of_ours, report, sighting, note)
    assert [o.type for o in done.objects] == ["report", "sighting", "note"]
    assert done.held_back == (("relationship", "it is about an identity"),)
    assert done.removed == {"identity": 4}
    assert IDENTITY not in json.dumps([o.value for o in done.objects])
    assert done.objects[1].value["sighting_of_ref"] == "indicator--00000000-0000-4000-8000-000000000009"


def test_custom_properties_extensions_and_documents_outside_are_left_out() -> None:
    stix = parse_object(
        indicator(
            1,
            x_ticket="HG-17",
            external_references=[{"source_name": "Harbour"}],
            extensions={
                "extension-definition--00000000-0000-4000-8000-000000000001": {
                    "extension_type": "property-extension",
                    "a": 1,
                }
            },
        )
    )
    (made,) = relayed(stix).objects
    assert {"x_ticket", "external_references", "extensions"}.isdisjoint(made.value)
    assert relayed(stix).removed == {"custom-property": 2, "external-reference": 1}


@pytest.mark.parametrize("level", list(Tlp))
def test_the_marking_never_gets_wider(level: Tlp) -> None:
    whole = parse_object(indicator(1, object_marking_refs=[level.marking_id]))
    (made,) = relayed(whole).objects
    assert effective(made, default=Tlp.CLEAR) is level
    part = parse_object(
        indicator(
            1,
            object_marking_refs=[Tlp.CLEAR.marking_id],
            granular_markings=[{"marking_ref": level.marking_id, "selectors": ["pattern"]}],
        )
    )
    (made,) = relayed(part).objects
    assert effective(made, default=Tlp.CLEAR) is level
    unknown = parse_object(
        indicator(1, object_marking_refs=["marking-definition--00000000-0000-4000-8000-000000000001"])
    )
    (made,) = relayed(unknown).objects
    assert effective(made, default=Tlp.CLEAR) is Tlp.RED
    plain = indicator(1)
    plain.pop("object_marking_refs", None)
    (made,) = relayed(parse_object(plain), default=level).objects
    assert effective(made, default=Tlp.CLEAR) is level


def test_the_purpose_stays_bound() -> None:
    (made,) = relayed(bind(parse_object(indicator(1)), ["research"])).objects
    assert purposes_of(made) == frozenset({"research"})


@given(
    st.lists(
        st.sampled_from(
            [
                *NAMES,
                "HARBOUR",
                "Grid.Harbour.Example",
                "scada.grid.harbour.example",
                "lantern",
                "ops@harbour.example",
                "x",
            ]
        ),
        max_size=6,
    ),
    st.sampled_from([" ", ", ", "/", ":", "(", "\n"]),
)
def test_no_text_keeps_a_name_of_the_submitter(words: list[str], between: str) -> None:
    text = between.join(words)
    done = relayed(parse_object(indicator(1, description=text, labels=[text or "-"])))
    for made in done.objects:
        left = made.body.decode().lower()
        assert not [name for name in NAMES if re.search(rf"(?<!\w){re.escape(name.lower())}(?!\w)", left)]
    assert len(done.objects) + len(done.held_back) == 1
