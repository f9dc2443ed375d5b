"""What a claim may be, and what it may not."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.tree import ROOT

from detente.claims.bodies import BODIES, TOPICS, Claim, Hop
from detente.errors import InvalidStatement
from detente.said import read_value, written
from detente.scales import RUNGS, SCOPES
from detente.stix.canonical import parse_canonical
from detente.when import parse_when


def _claim(**fields: Any) -> Claim:
    return read_value(msgspec.to_builtins({"quote": "We saw nothing.", **fields}), Claim, where="claim")


def test_a_claim_needs_nothing_but_the_words_and_is_unattributed_then() -> None:
    claim = _claim()
    assert (claim.speaker, claim.source_grade, claim.report_grade, claim.scope) == ("", "F", "6", "")
    assert not claim.attributed
    assert written(claim) == {"quote": "We saw nothing."}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"quote": ""}, "length >= 1"),
        ({"quote": "   "}, "the quote is empty"),
        ({"quote": "x" * 8_001}, "length <= 8000"),
        ({"source_grade": "B"}, "name the speaker"),
        ({"report_grade": "2"}, "name the speaker"),
        ({"speaker": " \t", "source_grade": "B"}, "name the speaker"),
        ({"topic": "capacity"}, "name who said it"),
        ({"topic": "weather"}, "is no topic"),
        ({"scope": "state-of-mind"}, "no rung of state responsibility"),
        ({"polarity": "shouts"}, "shouts"),
        ({"source_grade": "G", "speaker": "A"}, "G"),
        ({"of": ["x"]}, "changes"),
        ({"changes": "corrects"}, "names the earlier one"),
        ({"original": "Nichts."}, "name its language"),
        ({"language": "English!"}, "language"),
        ({"language": "en\n"}, "language"),
        ({"hops": [{"role": "outlet", "name": ""}]}, "length >= 1"),
        ({"hops": [{"role": "uncle", "name": "Bo"}]}, "uncle"),
        ({"hops": [{"role": "outlet", "name": "Post"}] * 17}, "length <= 16"),
        ({"about": ["x"] * 65}, "length <= 64"),
        ({"words": "nobody"}, "nobody"),
    ],
)
def test_a_claim_that_breaks_a_rule_is_refused_with_the_rule_named(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidStatement, match="claim") as refused:
        _claim(**fields)
    assert words in str(refused.value)


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_every_topic_may_be_claimed_by_a_speaker(topic: str) -> None:
    assert _claim(topic=topic, speaker="Office of A").topic == topic


@pytest.mark.parametrize("scope", [*SCOPES, *RUNGS])
def test_every_scope_of_the_scales_may_stand_in_a_claim(scope: str) -> None:
    assert _claim(scope=scope, polarity="denies", speaker="B").scope == scope


def test_what_is_written_is_read_again_the_same() -> None:
    claim = Claim(
        quote="Nous n’avons rien vu.",
        language="fr",
        original="Wir haben nichts gesehen.",
        original_language="de",
        speaker="Minister of B",
        speaker_party="b.example",
        said=parse_when("2026-03"),
        hops=(Hop(role="agency", name="HNA", grade="B", at=parse_when("2026-03-04")),),
        source_grade="B",
        report_grade="3",
        polarity="denies",
        about=("incident--1",),
        scope="state",
    )
    assert read_value(written(claim), Claim, where="claim") == claim
    assert claim.translated


def test_a_later_version_may_say_more() -> None:
    assert read_value({"quote": "Yes.", "mood": "grim"}, Claim, where="claim").quote == "Yes."


def test_the_kind_has_its_body() -> None:
    assert set(BODIES) == {"claim"}
    assert BODIES["claim"] is Claim


def test_the_example_of_the_format_page_is_a_claim_in_canonical_form() -> None:
    page = (ROOT / "docs" / "formats" / "claim.md").read_text(encoding="utf-8")
    example = page.split("```json\n", 1)[1].split("\n```", 1)[0]
    value = parse_canonical(example.encode())
    assert isinstance(value, dict)
    claim = read_value(value, Claim, where="the page")
    assert written(claim) == value
    fields = [field.split("`")[1::2] for field in page.split("\n") if field.startswith("| `")]
    told = {name for names in fields for name in names[:2]}
    assert set(Claim.__struct_fields__) | set(Hop.__struct_fields__) <= told
