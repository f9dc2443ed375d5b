from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from tests.unit.attribution.made import C, Talk, cited

from detente.attribution.bodies import Group, Hypothesis, Signatory
from detente.attribution.image import svg
from detente.attribution.matrix_text import matrix_text
from detente.attribution.picture import text
from detente.drawing import columns_of
from detente.words import loaded_words


def _talk(hypotheses: int = 2) -> Talk:
    talk = Talk()
    named = [Hypothesis(key=f"h{n}", text=f"hypothesis number {n}", rung="state-executed") for n in range(hypotheses)]
    board = talk.board(*named, groups=(Group(name="Council", count=17),))
    talk.assess(
        board,
        "A bureau with a name that is so long that it takes several lines",
        *(f"h{n}/roughly even chance/moderate" for n in range(hypotheses)),
        evidence=tuple(cited(f"indicator--{n}", text="words " * 30) for n in range(9)),
        would_change_if="it’s shown that “the logs” were planted because of X",
    )
    talk.position(board, "Ministry of 漢字 <script>", "denies", "h0", scope="state", text="We “did” not")
    talk.position(
        board, "Home Office", "endorses", "h1", by=C, relies_on="relies-on-producer", joint=(Signatory(office="Q"),)
    )
    talk.position(board, "Council", "non-assertion", by=C)
    talk.rate(board, "R1", {"E": {"h0": "CC", "h1": "II"}, "indicator--1": {"h0": "C"}})
    talk.rate(board, "R2", {"E": {"h0": "I"}})
    return talk


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("hypotheses", [2, 12])
def test_no_line_is_wider_than_asked_and_every_judgment_is_there(width: int, hypotheses: int) -> None:
    view = _talk(hypotheses).view()
    shown = text(view, width, since=view.events)
    assert max(columns_of(line) for line in shown.splitlines()) <= width
    assert "…" not in shown.split("Evidence\n")[0]
    assert shown.count("●●○") == hypotheses
    assert max(columns_of(line) for line in matrix_text(view, width).splitlines()) <= width
    assert not loaded_words(shown)


def test_a_denial_stands_in_the_column_that_it_denies() -> None:
    shown = text(_talk().view(), 120)
    header = next(line for line in shown.splitlines() if line.startswith("Office and"))
    denial = next(line for line in shown.splitlines() if "✕ denies" in line)
    assert columns_of(header.partition("h0")[0]) == columns_of(denial.partition("✕ denies")[0])
    for rendering in (shown, matrix_text(_talk().view(), 120)):
        assert "✕ denied by Ministry of 漢字 <script>" in rendering


def test_foreign_text_is_harmless_in_the_picture() -> None:
    picture = svg(_talk().view())
    assert "<script>" not in picture
    assert "&lt;script&gt;" in picture
    root = ET.fromstring(picture)  # noqa: S314 – our own text
    words = " ".join("".join(element.itertext()) for element in root.iter())
    for part in ("roughly even", "✕ denies", "+ endorses", "○ asserts nothing", "denied by"):
        assert part in words
    assert not loaded_words(picture)


def test_an_empty_board_says_that_nobody_has_spoken() -> None:
    talk = Talk()
    talk.board()
    view = talk.view()
    assert "Nobody has said anything on this board yet." in text(view, 80)
    assert matrix_text(view) == "Nobody has rated evidence on this board yet.\n"
    assert "0 assessed" in svg(view)


def test_many_raters_are_counted_and_few_are_listed_in_their_order() -> None:
    talk = Talk()
    board = talk.board()
    for n in range(4):
        talk.rate(board, f"R{n}", {"e": {"x": "C" if n else "II", "y": "N"}})
    assert "II C C C" in matrix_text(talk.view(), 100)
    talk.rate(board, "R4", {"e": {"x": "C"}})
    assert "4C 1II" in matrix_text(talk.view(), 100)


def test_a_piece_that_is_consistent_with_everything_stands_in_brackets() -> None:
    talk = Talk()
    board = talk.board()
    talk.rate(board, "R", {"dull": {"x": "C", "y": "C"}, "sharp": {"x": "C", "y": "II"}})
    shown = matrix_text(talk.view(), 80)
    assert "[E1]" in shown
    assert "[E2]" not in shown
    assert "without E2, for R, x no longer comes before y" in shown
    assert "%" not in shown
