from __future__ import annotations

from tests.unit.attribution.made import Talk, cited

from detente.attribution.bodies import Withheld
from detente.attribution.view import Lines


def _lines(talk: Talk, hypothesis: str = "x") -> Lines:
    return next(one for one in talk.view().lines if one.hypothesis == hypothesis)


def test_who_cites_another_and_shows_nothing_of_its_own_adds_no_line() -> None:
    talk = Talk()
    board = talk.board()
    b = talk.assess(board, "B", "x/likely/high", evidence=(cited("one"),))
    talk.assess(board, "W", "x/likely/high", evidence=(cited("two"),))
    talk.assess(board, "V", "x/likely/high", evidence=(cited(b.id), cited("one")))
    assert str(_lines(talk)) == "Independent lines of evidence behind x: 2, from 3 assessors (V cites B)"
    talk.assess(board, "V", "x/likely/high", evidence=(cited(b.id), cited("three")))
    assert _lines(talk).lines == 3


def test_the_same_pieces_are_one_line_whoever_shows_them() -> None:
    talk = Talk()
    board = talk.board()
    for office in ("B", "V"):
        talk.assess(board, office, "x/likely/high", evidence=(cited("one"), cited("two")))
    assert _lines(talk).lines == 1


def test_a_circle_is_one_line_at_most_and_is_said() -> None:
    talk = Talk()
    board = talk.board()
    a = talk.assess(board, "A", "x/likely/high", evidence=(cited("one"),))
    b = talk.assess(board, "B", "x/likely/high", evidence=(cited(a.id),))
    talk.assess(board, "A", "x/likely/high", evidence=(cited(b.id), cited("one")))
    view = talk.view()
    assert [(one.office, one.cites, one.circular) for one in view.citations] == [("B", "A", True), ("A", "B", True)]
    assert _lines(talk).lines == 1
    assert "A cites B, which cites it in turn" in str(_lines(talk))
    talk.assess(board, "A", "x/likely/high", evidence=(cited(b.id),))
    assert _lines(talk).lines == 0


def test_citations_are_followed_through_offices_that_lean_the_other_way() -> None:
    talk = Talk()
    board = talk.board()
    a = talk.assess(board, "A", "x/unlikely/high", evidence=(cited("one"),))
    talk.assess(board, "B", "x/likely/high", evidence=(cited(a.id),))
    found = _lines(talk)
    assert (found.offices, found.lines) == (("B",), 1)


def test_a_line_bears_on_the_hypothesis_it_is_cited_for() -> None:
    talk = Talk()
    board = talk.board()
    a = talk.assess(board, "A", "x/likely/high", "y/likely/high", evidence=(cited("one", hypotheses=("x",)),))
    talk.assess(board, "B", "x/likely/high", "y/likely/high", evidence=(cited(a.id, hypotheses=("y",)), cited("two")))
    assert [(one.hypothesis, one.lines, one.citations) for one in talk.view().lines] == [
        ("x", 2, ()),
        ("y", 1, ("B cites A",)),
    ]


def test_withheld_items_count_by_their_commitments() -> None:
    talk = Talk()
    board = talk.board()
    for office, digest in (("A", "A"), ("B", "B"), ("C", "B")):
        item = Withheld(items=1, of_class="signals", commitment=digest * 43, kind="technical", source="classified")
        talk.assess(board, office, "x/likely/high", withheld=(item,))
    assert _lines(talk).lines == 2


def test_an_earlier_assessment_of_ones_own_is_no_citation_of_another() -> None:
    talk = Talk()
    board = talk.board()
    first = talk.assess(board, "A", "x/likely/high", evidence=(cited("one"),))
    talk.assess(board, "A", "x/likely/high", evidence=(cited(first.id), cited("one")))
    assert talk.view().citations == ()
