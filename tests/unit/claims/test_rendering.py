"""What is printed of a claim: the speaker first, foreign text tamed, nothing of ours that judges."""

from __future__ import annotations

from typing import Any

from detente.claims.bodies import Claim, Hop
from detente.claims.record import Record
from detente.claims.rendering import entry_markdown, entry_text, entry_value, quoted
from detente.cli.out import plain
from detente.said import Said, written
from detente.statement import Ref
from detente.when import parse_when


def _entry(**fields: Any) -> Any:
    claim = Claim(**fields)
    said = Said(Ref("a.example", 0, bytes(32)), (), "claim", 1_790_000_000_000_000, written(claim))
    return Record([said]).entry(said.id)


def test_a_claim_reads_speaker_then_words_then_the_way_they_came() -> None:
    entry = _entry(
        quote="We have nothing to add.",
        speaker="Minister of B",
        speaker_party="b.example",
        said=parse_when("2026-05-02"),
        hops=(Hop(role="outlet", name="Harbour Post", grade="C"),),
        source_grade="B",
        report_grade="2",
        polarity="declines-to-assert",
        topic="intrusion",
    )
    assert entry_text(entry, plain) == "\n".join(
        [
            "Minister of B for b.example, 2 May 2026",
            "  “We have nothing to add.”",
            "  declines-to-assert · intrusion · scope not stated",
            "  through 1 hop: outlet Harbour Post (C); source B (usually reliable), report 2 (probably true)",
            "  recorded by a.example on 21 Sep 2026 14:13 UTC as babab-babab-babab",
        ]
    )


def test_inner_quotation_marks_become_single_so_that_the_outer_ones_hold() -> None:
    assert quoted("he said “no” and left", plain) == "“he said ‘no’ and left”"
    assert entry_value(_entry(quote="he said “no”"))["quote"] == "he said “no”"


def test_paragraphs_stand_in_one_line() -> None:
    assert quoted("One.\nTwo.", plain) == "“One. ¶ Two.”"


def test_control_characters_of_others_are_shown_and_not_obeyed() -> None:
    text = entry_text(_entry(quote="a\x1b[31mb\u202ec", speaker="x\x07y"), plain)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\\u001b[31m" in text
    assert "x\\u0007y" in text


def test_markdown_signs_of_others_are_text() -> None:
    text = entry_markdown(_entry(quote="# <b>*big*</b> [x](http://x)", speaker="a_b|c"), plain)
    assert r"“\# \<b\>\*big\*\</b\> \[x\](http://x)”" in text
    assert r"- a\_b\|c, date not stated" in text
    assert all(line.lstrip().startswith("- ") for line in text.split("\n"))


def test_json_has_null_for_nobody_and_says_what_is_not_stated() -> None:
    value = entry_value(_entry(quote="It is said."))
    assert value["speaker"] is None
    assert value["scope"] == "scope not stated"
    assert value["said"] is None
    assert value["hop_count"] == 0
