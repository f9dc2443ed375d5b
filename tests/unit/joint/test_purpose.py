"""What an object may be used for, as its markings say it."""

from __future__ import annotations

from itertools import combinations

import pytest
from tests.scene import example

from detente.errors import InvalidStatement
from detente.joint.purpose import PURPOSES, bind, permitted, purpose_marking, purposes_of, well_known
from detente.stix.marking import Tlp, definition_level, effective
from detente.stix.objects import JsonObject, parse_object


def test_a_binding_is_the_same_object_for_everybody() -> None:
    one = purpose_marking(["research", "network-defence"])
    assert one == purpose_marking(["network-defence", "research", "research"])
    assert one.value["definition"] == {"statement": "Use only for: network-defence, research"}
    assert definition_level(one.value) is None  # a statement restricts no TLP
    assert len(well_known()) == 2 ** len(PURPOSES) - 1
    for words in combinations(PURPOSES, 2):
        assert purpose_marking(words).id in well_known()


def test_unknown_words_and_no_words_bind_to_nothing() -> None:
    for words in ([], ["surveillance"]):
        with pytest.raises(InvalidStatement):
            purpose_marking(words)
    with pytest.raises(InvalidStatement, match="unknown purpose"):
        permitted([], "surveillance")


def test_two_bindings_allow_what_both_allow() -> None:
    plain = example(1)
    assert purposes_of(plain) is None
    once = bind(plain, ["research", "network-defence"])
    assert bind(once, ["network-defence", "research"]) is once
    assert purposes_of(once) == frozenset({"research", "network-defence"})
    twice = bind(once, ["research", "publication"])
    assert purposes_of(twice) == frozenset({"research"})
    nothing = bind(twice, ["publication"])
    assert purposes_of(nothing) == frozenset()
    assert effective(twice, well_known(), default=Tlp.AMBER) is effective(plain, default=Tlp.AMBER)
    kept, denied = permitted([plain, once, twice, nothing], "network-defence")
    assert kept == [plain, once]
    assert denied == {"nothing": 1, "research": 1}


def test_a_word_of_a_later_version_allows_nothing_that_we_know() -> None:
    later = parse_object(
        {
            "type": "marking-definition",
            "spec_version": "2.1",
            "id": "marking-definition--00000000-0000-4000-8000-000000000001",
            "created": "2027-01-01T00:00:00.000Z",
            "definition_type": "statement",
            "definition": {"statement": "Use only for: training"},
        }
    )
    bound = parse_object({**example(1).value, "object_marking_refs": [later.id]})
    assert purposes_of(bound) is None  # its definition is not here
    assert purposes_of(bound, {later.id: later.value}) == frozenset({"training"})
    # Nobody can give a well-known identifier another meaning.
    known = purpose_marking(["research"])
    forged: dict[str, JsonObject] = {
        known.id: {**known.value, "definition": {"statement": "Use only for: publication"}}
    }
    assert purposes_of(bind(example(1), ["research"]), forged) == frozenset({"research"})
