"""A2: an assessment states its basis, and one that rests on the situation alone is labelled so."""

from __future__ import annotations

from tests.boards import assess, drawn, new_board, row, seen
from tests.talking import Talk, talking

LABEL = "inference from context only"


def test_a2_an_assessment_of_contextual_evidence_alone_is_labelled_inference_from_context_only() -> None:
    with talking("a", "b") as talk:
        board = new_board(talk)
        assess(
            talk, "a", board, "Service", "--judge", "x=likely/moderate",
            "--evidence", "report 7;contextual;open", "--evidence", "report 8;contextual;proprietary",
        )  # fmt: skip
        talk.sync()
        for name in ("a", "b"):
            assert row(seen(talk, name, board), "Service")["context_only"] is True
            assert f"Service: {LABEL}" in talk.text(name, "board", "show", board)
            assert LABEL in drawn(talk, name, board)
        assess(talk, "a", board, "Bureau", "--judge", "x=likely/high", "--evidence", "trace 1;technical;classified")
        talk.sync()
        view = seen(talk, "b", board)
        assert [one["context_only"] for one in view["assessors"]] == [True, False]
        assert row(view, "Bureau")["basis"] == ["technical/classified"]
        assert row(view, "Service")["basis"] == ["contextual/open", "contextual/proprietary"]
        assert f"Bureau: {LABEL}" not in talk.text("b", "board", "show", board)


def test_a2_withheld_technical_evidence_is_a_basis_too() -> None:
    with talking("a", "b") as talk:
        board = new_board(talk)
        assess(
            talk, "a", board, "Bureau", "--judge", "x=likely/high", "--evidence", "report 7;contextual;open",
            "--withhold", _list(talk), "--withheld-items", "2", "--withheld-class", "signals",
        )  # fmt: skip
        talk.sync()
        assert row(seen(talk, "b", board), "Bureau")["context_only"] is False
        talk.refused(
            "a", "assess", board, "--office", "Bureau", "--own-work", "--judge", "x=likely",
            "--evidence", "report 7;hearsay;open", words=("technical, behavioural, contextual, legal",),
        )  # fmt: skip


def _list(talk: Talk) -> str:
    file = talk.world.folder / "withheld.txt"
    file.write_text("item 1\nitem 2\n")
    return str(file)
