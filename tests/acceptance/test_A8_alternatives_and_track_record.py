"""A8: alternatives are mandatory, and an assessor's past calls are shown with what became of them."""

from __future__ import annotations

from tests.boards import assess, new_board, seen
from tests.talking import talking


def test_a8_a_board_with_one_hypothesis_cannot_be_published() -> None:
    with talking("a", "b") as talk:
        new = ("board", "new", "Who?", "--question", "intrusion", "--incident", "i", "--to", "b")
        talk.refused("a", *new, "--hypothesis", "x=a unit of Borovia", words=("one hypothesis", "alternative"))
        talk.refused("a", *new, words=("alternative",))
        talk.refused("a", *new, "--hypothesis", "x=X", "--hypothesis", "other=Y", words=("alternative",))


def test_a8_other_and_cannot_tell_stand_on_every_board_and_anybody_may_add_to_it() -> None:
    with talking("a", "b") as talk:
        board = new_board(talk)
        talk.sync()
        assert [one["key"] for one in seen(talk, "b", board)["hypotheses"]] == ["x", "y", "other", "cannot-tell"]
        talk.run("b", "board", "add", board, "--hypothesis", "z=somebody who wants it to look like Borovia")
        talk.sync()
        for name in ("a", "b"):
            keys = [(one["key"], one["by"]) for one in seen(talk, name, board)["hypotheses"]]
            assert keys == [
                (k, "b.example" if k == "z" else "a.example") for k in ("x", "y", "z", "other", "cannot-tell")
            ]
        talk.refused("b", "board", "add", board, "--hypothesis", "x=nobody", words=("another key",))


def test_a8_a_track_record_shows_resolved_unresolved_and_corrected_calls() -> None:
    with talking("a", "b") as talk:
        first, second = new_board(talk), new_board(talk, incident="incident-2")
        assess(talk, "a", first, "Bureau", "--judge", "x=very likely/high", "--judge", "y=unlikely/low")
        talk.later(days=1)
        assess(talk, "a", first, "Bureau", "--judge", "y=likely/low")
        assess(talk, "a", second, "Bureau", "--judge", "x=likely/high")
        assess(talk, "a", second, "Service", "--judge", "x=roughly even chance/high")
        for hypothesis, status in (("x", "not-occurred"), ("y", "occurred")):
            talk.run(
                "a", "board", "finding", "--board", first, "--hypothesis", hypothesis,
                "--office", "Court", "--status", status,
            )  # fmt: skip
        talk.sync()
        for name in ("a", "b"):
            bureau, service = talk.run(name, "board", "track")["assessors"]
            assert bureau["assessor"] == "Bureau at a.example"
            # x went otherwise; of y the first call went otherwise and was corrected, the second as it came; one is open.
            assert bureau["record"] == {"resolved_for": 1, "resolved_against": 2, "unresolved": 1, "corrected": 1}
            assert (bureau["too_few"], bureau["calibration"]["brier"]) == (True, None)
            assert service["record"] == {"resolved_for": 0, "resolved_against": 0, "unresolved": 1, "corrected": 0}
            text = talk.text(name, "board", "track", "Bureau")
            assert "too few" in text
            assert "Service" not in text


def test_a8_a_finding_that_is_disputed_resolves_nothing() -> None:
    with talking("a", "b") as talk:
        board = new_board(talk)
        assess(talk, "a", board, "Bureau", "--judge", "x=very likely/high")
        finding = ("board", "finding", "--board", board, "--hypothesis", "x")
        talk.run("a", *finding, "--office", "Court", "--status", "occurred")
        talk.sync()
        talk.run("b", *finding, "--office", "Foreign Office", "--status", "disputed")
        talk.sync()
        for name in ("a", "b"):
            (bureau,) = talk.run(name, "board", "track")["assessors"]
            assert bureau["record"]["unresolved"] == 1
