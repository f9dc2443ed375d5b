"""A17: who asked an assessor for speed or content is on record, and shown with the assessment."""

from __future__ import annotations

from tests.boards import assess, drawn, flat, new_board, row, seen
from tests.talking import talking


def test_a17_an_assessment_with_a_tasking_from_a_political_role_shows_it() -> None:
    with talking("a", "b") as talk:
        board = new_board(talk)
        talk.run(
            "a", "board", "tasking", board, "--assessor", "Bureau", "--asked-by", "Office of the President",
            "--role", "political", "--what", "speed", "--at", "2016-09", "--text", "Before the vote, please",
        )  # fmt: skip
        assess(talk, "a", board, "Bureau", "--judge", "x=likely/high", "--independent")
        assess(talk, "a", board, "Service", "--judge", "x=likely/high", "--independent")
        talk.sync()
        for name in ("a", "b"):
            view = seen(talk, name, board)
            (asked,) = row(view, "Bureau")["taskings"]
            assert (asked["asked_by"], asked["role"], asked["what"], asked["at"]) == (
                "Office of the President", "political", "speed", "September 2016",
            )  # fmt: skip
            assert row(view, "Service")["taskings"] == []
            assert [one["independent"] for one in view["assessors"]] == [True, True]
            text = flat(talk.text(name, "board", "show", board))
            assert (
                "Bureau was asked for speed by Office of the President (political role), September 2016: “Before the vote, please”"
                in text
            )
            assert "tasking on record" in drawn(talk, name, board)
            # Being asked makes no assessment another one: it stands as it was said.
            assert row(view, "Bureau")["judgments"][0]["likelihood"] == "likely"


def test_a17_a_tasking_about_one_assessment_is_shown_with_that_one() -> None:
    with talking("a", "b") as talk:
        board = new_board(talk)
        first = assess(talk, "a", board, "Bureau", "--judge", "x=likely/low")
        talk.run(
            "a", "board", "tasking", board, "--assessor", "Bureau", "--asked-by", "Committee", "--role", "oversight",
            "--what", "content", "--about", first,
        )  # fmt: skip
        assert len(row(seen(talk, "a", board), "Bureau")["taskings"]) == 1
        assess(talk, "a", board, "Bureau", "--judge", "x=likely/high", "--of", first)
        view = seen(talk, "a", board)
        assert row(view, "Bureau")["taskings"] == []
        assert [(one["of_office"], one["what"]) for one in view["taskings"]] == [("Bureau", "content")]
