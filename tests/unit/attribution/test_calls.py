from __future__ import annotations

from tests.unit.attribution.made import Talk

from detente.attribution.bodies import Finding
from detente.attribution.calls import calls_of


def _find(talk: Talk, board: str, hypothesis: str, status: str, office: str = "Court") -> None:
    body = Finding(about="i", office=office, status=status, what="hypothesis", board=board, hypothesis=hypothesis)  # type: ignore[arg-type]
    talk.say("aldmere.example", body)


def test_a_call_goes_with_the_outcome_when_its_whole_band_lies_on_that_side() -> None:
    talk = Talk()
    board = talk.board()
    talk.assess(
        board, "A", "x/likely/high", "y/unlikely/high", "other/roughly even chance/high", "cannot-tell/remote/high"
    )
    for hypothesis, status in (("x", "occurred"), ("y", "occurred"), ("other", "not-occurred")):
        _find(talk, board, hypothesis, status)
    calls = calls_of(talk.view(), talk.said)
    assert {call.hypothesis: call.outcome for call in calls} == {
        "x": "for",
        "y": "against",
        "other": "",
        "cannot-tell": "",
    }
    assert {call.hypothesis: call.turned_out for call in calls}["other"] is False


def test_a_disputed_outcome_resolves_nothing() -> None:
    talk = Talk()
    board = talk.board()
    talk.assess(board, "A", "x/likely/high")
    _find(talk, board, "x", "occurred")
    _find(talk, board, "x", "disputed", office="Ministry")
    assert [call.outcome for call in calls_of(talk.view(), talk.said)] == [""]


def test_a_call_is_corrected_by_another_word_and_not_by_the_same_one_again() -> None:
    talk = Talk()
    board = talk.board()
    talk.assess(board, "A", "x/likely/high", "y/likely/high")
    talk.assess(board, "A", "x/likely/low")
    talk.assess(board, "A", "y/unlikely/low")
    found = [(call.hypothesis, call.judged.word, call.corrected) for call in calls_of(talk.view(), talk.said)]
    assert found == [
        ("x", "likely", False),
        ("y", "likely", True),
        ("x", "likely", False),
        ("y", "unlikely", False),
    ]
