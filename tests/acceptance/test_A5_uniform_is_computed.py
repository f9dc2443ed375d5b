"""A5: words such as "uniform" are computed from rows, not typed."""

from __future__ import annotations

from tests.boards import assess, compared, flat, new_board, renderings, seen
from tests.talking import talking


def test_a5_uniform_is_written_if_all_bands_overlap_and_no_confidence_differs() -> None:
    with talking("a", "b") as talk:
        board = new_board(talk)
        assess(talk, "a", board, "Bureau", "--judge", "x=likely/high")
        talk.sync()
        assess(talk, "b", board, "Service", "--judge", "x=likely/high", "--scale", "stix-dni")
        talk.sync()
        for name in ("a", "b"):
            found = compared(seen(talk, name, board), "x")
            assert (found["state"], found["wording"], found["differences"]) == ("agreed", "uniform", [])
            text = flat(talk.text(name, "board", "show", board))
            assert "x: uniform, likely (55–80 %) by Bureau, likely (60–79 %) on stix-dni by Service" in text


def test_a5_else_the_differences_are_listed_and_the_word_is_nowhere() -> None:
    with talking("a", "b") as talk:
        board = new_board(talk)
        for office, judged in (
            ("Bureau", ("--judge", "x=likely/high", "--judge", "y=likely/high")),
            ("Service", ("--judge", "x=very likely/high", "--judge", "y=likely/moderate")),
        ):
            assess(talk, "a", board, office, *judged)
        assess(talk, "a", board, "Vendor", "--judge", "x=likely/high", "--judge", "cannot-tell=unlikely/low")
        talk.sync()
        for shown in renderings(talk, board):
            assert "uniform" not in shown.lower()
        view = seen(talk, "b", board)
        # Bands that touch at 80 % have an edge in common and nothing else.
        assert compared(view, "x")["differences"] == [
            "bands do not all overlap: likely (55–80 %) by Bureau, Vendor, very likely (80–95 %) by Service"
        ]
        assert compared(view, "y")["differences"] == [
            "analytic confidence differs: high by Bureau, moderate by Service",
            "no judgment by Vendor",
        ]
        assert [compared(view, key)["state"] for key in ("x", "y", "cannot-tell", "other")] == [
            "disputed", "disputed", "one assessor", "not judged",
        ]  # fmt: skip


def test_a5_an_office_that_judges_otherwise_later_takes_the_word_away() -> None:
    with talking("a", "b") as talk:
        board = new_board(talk)
        assess(talk, "a", board, "Bureau", "--judge", "x=likely/high")
        assess(talk, "a", board, "Service", "--judge", "x=likely/high")
        assert compared(seen(talk, "a", board), "x")["wording"] == "uniform"
        assess(talk, "a", board, "Service", "--judge", "x=likely/low")
        assert compared(seen(talk, "a", board), "x")["wording"] == ""
        # A judgment that states no confidence cannot be said not to differ.
        assess(talk, "a", board, "Service", "--judge", "x=likely")
        assert compared(seen(talk, "a", board), "x")["wording"] == ""


def test_a5_the_word_cannot_be_typed() -> None:
    with talking("a", "b") as talk:
        board = new_board(talk)
        talk.refused(
            "a", "assess", board, "--office", "Bureau", "--own-work", "--judge", "x=likely/high",
            "--reason", "x=Based on uniform intelligence assessments", words=("uniform", "computed"),
        )  # fmt: skip
        talk.refused(
            "a", "board", "position", board, "endorses", "--office", "Head", "--hypothesis", "x",
            "--text", "There is a consensus", words=("consensus", "quotation marks"),
        )  # fmt: skip
