from __future__ import annotations

import pytest
from tests.unit.attribution.made import START_US, A, B, C, Talk, cited

from detente.attribution.board import suspected
from detente.attribution.bodies import Board, Finding, Group, Hypothesis, Withheld
from detente.attribution.events import changes
from detente.attribution.image import svg
from detente.attribution.picture import text
from detente.attribution.view import BoardView, Row
from detente.errors import InvalidStatement, NotFound
from detente.when import MINUTE_US


def _row(view: BoardView, office: str) -> Row:
    return next(row for row in view.assessors if row.office == office)


def _words(view: BoardView, office: str) -> dict[str, str]:
    return {one.hypothesis: one.likelihood for one in _row(view, office).judgments}


def test_a_judgment_stands_until_the_same_office_judges_the_same_hypothesis_again() -> None:
    talk = Talk()
    board = talk.board()
    first = talk.assess(board, "Bureau", "x/likely/high", "y/unlikely/low")
    talk.assess(board, "Bureau", "x/very likely/high")
    talk.assess(board, "Bureau", "x/remote/high", by=B)
    view = talk.view()
    assert _words(view, "Bureau") == {"x": "very likely", "y": "unlikely"}
    assert [(row.office, row.recorded_by) for row in view.assessors] == [("Bureau", A), ("Bureau", B)]
    (x, _) = _row(view, "Bureau").judgments
    assert x.before == (first.id,)


def test_an_assessment_that_replaces_another_replaces_it_as_a_whole() -> None:
    talk = Talk()
    board = talk.board()
    first = talk.assess(board, "Bureau", "x/likely/high", "y/unlikely/low")
    talk.assess(board, "Bureau", "x/very likely/high", of=first.id)
    assert _words(talk.view(), "Bureau") == {"x": "very likely"}


@pytest.mark.parametrize(("by", "office"), [(B, "Bureau"), (A, "Service")])
def test_nobody_replaces_the_word_of_another(by: str, office: str) -> None:
    talk = Talk()
    board = talk.board()
    first = talk.assess(board, "Bureau", "x/likely/high")
    talk.assess(board, office, "y/unlikely/low", by=by, of=first.id)
    view = talk.view()
    assert len(view.assessors) == 2
    assert _words(view, "Bureau") == {"x": "likely"}


def test_what_is_withdrawn_counts_nowhere_and_stays_in_the_history() -> None:
    talk = Talk()
    board = talk.board()
    talk.assess(board, "Bureau", "x/likely/high")
    said = talk.said.pop()
    talk.say(A, dict(said.body), said.kind, withdrawn=True)
    view = talk.view()
    assert view.header.assessed == 0
    assert view.events[-1].words.endswith("(withdrawn since)")


def test_a_board_of_the_past_has_what_was_withdrawn_later() -> None:
    talk = Talk()
    board = talk.board()
    talk.assess(board, "Bureau", "x/likely/high")
    said = talk.said.pop()
    gone = talk.say(A, dict(said.body), said.kind, withdrawn=True, withdrawn_us=said.at_us + 1000)
    assert _words(talk.view(gone.at_us + 999), "Bureau") == {"x": "likely"}
    assert talk.view(gone.at_us + 1000).header.assessed == 0


def test_what_cannot_be_read_is_listed_and_counts_nowhere() -> None:
    talk = Talk()
    board = talk.board()
    talk.say(B, {"board": board, "office": "17 agencies assess", "own_work": True, "judgments": []}, "assessment")
    talk.say(B, {}, "assessment", erased=True)
    talk.assess(board, "Bureau", "zz/likely/high", "x/likely/low")
    view = talk.view()
    assert view.header.assessed == 1
    assert [one.why for one in view.unread] == [
        "“Expected `array` of length >= 1 - at `$.judgments`”",
        "the text was erased",
        "judges what this board does not have: zz",
    ]


def test_a_board_is_as_of_any_moment() -> None:
    talk = Talk()
    board = talk.board()
    talk.assess(board, "Bureau", "x/likely/high")
    talk.assess(board, "Service", "x/unlikely/high")
    talk.assess(board, "Bureau", "x/very likely/high")
    assert [len(talk.view(START_US + n * MINUTE_US).assessors) for n in range(4)] == [0, 1, 2, 2]
    assert _words(talk.view(START_US + 2 * MINUTE_US), "Bureau") == {"x": "likely"}
    later = changes(talk.view(), START_US + 2 * MINUTE_US)
    assert [event.words for event in later] == [
        "assesses x: very likely, analytic confidence high (before: likely, analytic confidence high)"
    ]
    with pytest.raises(NotFound, match="by then"):
        talk.view(START_US - 1)


def test_two_boards_are_not_folded_into_one() -> None:
    talk = Talk()
    talk.board()
    talk.board(question="publication")
    with pytest.raises(InvalidStatement, match="one by one"):
        talk.view()


def test_any_party_adds_hypotheses_and_nobody_rewrites_or_removes_one() -> None:
    talk = Talk()
    board = talk.board()
    talk.say(
        B,
        Board(
            question="intrusion",
            incident="incident-1",
            title="T",
            hypotheses=(Hypothesis(key="x", text="nobody"), Hypothesis(key="z", text="somebody else's flag")),
            groups=(Group(name="Council", count=3),),
            of=board,
        ),
    )
    view = talk.view()
    assert [(c.key, c.by) for c in view.hypotheses] == [("x", A), ("y", A), ("z", B), ("other", A), ("cannot-tell", A)]
    assert view.hypotheses[0].text == "a unit of Borovia"
    assert [(one.group, one.recorded_by) for one in view.header.groups] == [("Council", B)]


def test_evidence_bears_on_the_judgments_it_names() -> None:
    talk = Talk()
    board = talk.board()
    talk.assess(
        board,
        "Bureau",
        "x/likely/high",
        "y/likely/high",
        "other/remote/low",
        evidence=(cited("one"), cited("two", "contextual", hypotheses=("y",))),
        withheld=(
            Withheld(
                items=4,
                of_class="signals",
                commitment="A" * 43,
                kind="technical",
                source="classified",
                hypotheses=("x",),
            ),
        ),
    )
    x, y, other = _row(talk.view(), "Bureau").judgments
    assert [(one.evidence, one.withheld) for one in (x, y, other)] == [(("E1",), 4), (("E1", "E2"), 0), (("E1",), 0)]
    assert _row(talk.view(), "Bureau").basis == ("contextual/open", "technical/classified", "technical/open")


def test_a_citation_of_another_assessor_is_no_evidence_and_not_nothing() -> None:
    talk = Talk()
    board = talk.board()
    first = talk.assess(board, "Bureau", "x/likely/high")
    talk.assess(board, "Vendor", "x/likely/high", evidence=(cited(first.id),))
    view = talk.view()
    (judged,) = _row(view, "Vendor").judgments
    assert (judged.evidence, judged.cites) == ((), ("Bureau",))
    assert [one.office for one in view.unsupported] == ["Bureau"]
    assert view.matrix.items == ()


def test_positions_are_counted_by_class_in_offices() -> None:
    talk = Talk()
    board = talk.board()
    talk.position(board, "Foreign Office", "denies", "x", scope="state")
    talk.position(board, "Embassy", "denies", "x", scope="state")
    talk.position(board, "Embassy", "denies", "y")
    talk.position(board, "Ministry", "non-assertion", by=C)
    talk.position(board, "Vendor", "disagrees", "x", by=C)
    talk.position(board, "Vendor", "disagrees", "x", by=C)
    header = talk.view().header
    assert header.denied == {"state": 2, "": 1}
    assert header.sentence == (
        "0 assessed (own work 0, coordinated 0); endorsed by 0; disagreed with by 1; denied by 2 (scope state); "
        "denied by 1 (no scope stated); explicit non-assertion by 1"
    )


def test_an_incident_with_a_non_assertion_stands_apart_on_all_its_boards() -> None:
    talk = Talk()
    first = talk.board()
    talk.assess(first, "Vendor", "x/likely/high")
    other = Talk(talk.said[:0])
    second = other.board(question="publication")
    other.assess(second, "Vendor", "x/likely/high")
    views = [talk.view(), other.view()]
    assert suspected(views, "Borovia") == (tuple(views), ())
    assert suspected(views, "Aldmere") == ((), ())
    other.position(second, "Ministry", "non-assertion")
    views = [talk.view(), other.view()]
    assert suspected(views, "Borovia") == ((), tuple(views))


def test_a_hypothesis_that_nobody_judged_lists_nobody() -> None:
    talk = Talk()
    board = talk.board()
    talk.assess(board, "Vendor", "other/likely/high")
    assert suspected([talk.view()], "Borovia") == ((), ())


def test_facts_do_not_touch_the_board_and_the_latest_word_of_an_office_stands() -> None:
    talk = Talk()
    board = talk.board()
    talk.assess(board, "Bureau", "x/likely/high")
    before = talk.view()
    for office, status in (("Bureau", "undetermined"), ("Bureau", "occurred"), ("Service", "pending")):
        talk.say(A, Finding(about="incident-1", office=office, status=status))  # type: ignore[arg-type]
    talk.say(A, Finding(about="incident-2", office="Bureau", status="occurred"))
    view = talk.view()
    assert [(fact.about, fact.state, fact.counts) for fact in view.facts] == [
        ("incident-1", "not alike", {"occurred": 1, "pending": 1})
    ]
    assert (view.assessors, view.comparison, view.header) == (before.assessors, before.comparison, before.header)


def test_who_endorses_an_assessment_endorses_what_it_judges_and_no_other_column() -> None:
    talk = Talk()
    board = talk.board()
    said = talk.assess(board, "Bureau", "x/likely/high")
    talk.position(board, "Head", "endorses", about=(said.id,))
    talk.position(board, "Vendor", "disagrees", about=("A" * 43,))
    view = talk.view()
    assert [(one.hypotheses, one.answers) for one in view.positions] == [(("x",), ("Bureau",)), ((), ())]
    assert [(one.key, one.endorsed_by, one.disagreed_by) for one in view.hypotheses[:2]] == [
        ("x", ("Head",), ()),
        ("y", (), ()),
    ]
    shown = text(view, 120)
    assert shown.count("+ endorses") == 1
    assert "≠ disagrees: 1" in shown
    assert "disagrees: 1 statement" in svg(view)
