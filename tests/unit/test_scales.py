from __future__ import annotations

import json
from typing import Any

import pytest
from tests.shared import shared

from detente.errors import InvalidStatement
from detente.scales import (
    CONFIDENCE,
    OPINIONS,
    REPORT_GRADES,
    RUNGS,
    SCALES,
    SCOPES,
    SOURCE_GRADES,
    Grade,
    Likelihood,
    confidence,
    likelihood,
    overlap,
    parse_grade,
    rungs_of,
    stix_confidence,
)


def _table(name: str) -> Any:
    return json.loads(shared(f"tables/{name}.json").read_text())


def test_a_word_has_the_interval_of_its_own_scale() -> None:
    assert likelihood("likely") == Likelihood("likely", "icd203", 55, 80)
    assert likelihood("Likely", "stix-dni") == Likelihood("likely", "stix-dni", 60, 79)
    assert str(likelihood("likely")) == "likely (55–80 %)"
    assert likelihood("certain", "stix-wep").span == "100 %"


def test_confidence_has_the_numbers_that_stix_gives_to_low_med_and_high() -> None:
    assert [stix_confidence(word) for word in ("low", "moderate", "high", "")] == [15, 50, 85, None]


@pytest.mark.parametrize(
    ("word", "scale", "said"), [("sure", "icd203", "almost certain = nearly certain"), ("likely", "ours", "icd203")]
)
def test_an_unknown_word_is_refused_with_the_words_there_are(word: str, scale: str, said: str) -> None:
    with pytest.raises(InvalidStatement, match=said):
        likelihood(word, scale)


def test_neighbouring_bands_touch_and_do_not_overlap() -> None:
    assert not overlap([likelihood("likely"), likelihood("very likely")])
    assert overlap([likelihood("likely"), likelihood("probable"), likelihood("likely", "stix-dni")])
    assert overlap([likelihood("very likely"), likelihood("likely", "stix-dni"), likelihood("8", "stix-0-10")]) is False
    assert overlap([likelihood("certain", "stix-wep"), likelihood("almost certain", "stix-dni")])
    assert not overlap([likelihood("impossible", "stix-wep"), likelihood("remote")])


def test_grades_that_cannot_be_judged_hold_no_value() -> None:
    assert parse_grade("b2") == Grade("B", "2")
    assert not parse_grade("F6").source_judged
    assert not parse_grade("F6").report_judged
    with pytest.raises(InvalidStatement, match="digit 1 to 6"):
        parse_grade("G1")
    with pytest.raises(InvalidStatement, match="6"):
        likelihood("6", "stix-admiralty")


def test_a_scope_stands_for_rungs_and_every_rung_is_in_one_scope() -> None:
    assert rungs_of("state-ignored") == ("state-ignored",)
    assert "state-ignored" not in rungs_of("state")
    assert sorted(rung for rungs in SCOPES.values() for rung in rungs) == sorted(RUNGS)
    with pytest.raises(InvalidStatement, match="state-shaped"):
        rungs_of("somewhat")


def test_analytic_confidence_has_three_words() -> None:
    assert [confidence(word) for word in CONFIDENCE] == ["low", "moderate", "high"]
    with pytest.raises(InvalidStatement, match="moderate"):
        confidence("medium")


def test_icd_203_is_as_published() -> None:
    table = _table("icd203")
    ours = [(list(s.words), s.low, s.high) for s in SCALES["icd203"].steps]
    assert ours == [(row["words"], row["low"], row["high"]) for row in table["likelihood"]]
    assert list(CONFIDENCE) == [row["key"] for row in table["analytic_confidence"]]
    rows = table["number_given_to_the_word_by_other_standards"]["rows"]
    assert [s.number for s in SCALES["misp"].steps] == [row["misp_numerical_value"] for row in rows]
    assert [(s.low, s.high) for s in SCALES["misp"].steps] == [tuple(row["icd203"]) for row in rows]
    assert [(s.number, [s.low, s.high]) for s in SCALES["stix-dni"].steps] == [
        (row["stix21_dni_value"], row["stix21_dni_range"]) for row in rows
    ]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("stix-none-low-med-high", "none_low_med_high"),
        ("stix-0-10", "zero_ten"),
        ("stix-wep", "wep"),
        ("stix-dni", "dni"),
        ("stix-admiralty", "admiralty_credibility"),
    ],
)
def test_the_stix_scales_are_as_published(ours: str, theirs: str) -> None:
    published = []
    for word, number, span in _table("stix_confidence")[theirs]:
        if span is not None:
            words = tuple(part.strip().lower() for part in word.replace(" - ", "/").split("/"))
            published.append((words, number, span))
    assert [(s.words, s.number, [s.low, s.high]) for s in SCALES[ours].steps] == published


def test_grades_opinions_and_rungs_are_as_published() -> None:
    table = _table("admiralty")
    assert list(map(list, SOURCE_GRADES.items())) == table["source_reliability"]
    assert list(map(list, REPORT_GRADES.items())) == table["information_credibility"]
    assert list(OPINIONS) == [word for word, _ in _table("stix_confidence")["opinion_enum"]]
    spectrum = json.loads(shared("misp/taxonomies/state-responsibility.json").read_text())
    assert list(RUNGS) == [row["value"].rstrip(".") for row in spectrum["predicates"]]
