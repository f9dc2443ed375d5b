"""A19: a joint statement lists each signatory office and its date; who signs it is not thereby an assessor."""

from __future__ import annotations

from tests.boards import assess, drawn, flat, new_board, position, seen
from tests.talking import talking


def test_a19_a_statement_of_two_offices_is_two_endorsers_and_as_many_assessors_as_said_assessments() -> None:
    with talking("a", "b") as talk:
        board = new_board(talk)
        assess(talk, "a", board, "Director", "--judge", "x=likely/high")
        position(
            talk, "a", board, "endorses", "Director", "--hypothesis", "x", "--as-of", "2016-10-07",
            "--jointly", "Ministry of the Interior=2016-10", "--relies-on", "own-assessment",
        )  # fmt: skip
        talk.sync()
        for name in ("a", "b"):
            view = seen(talk, name, board)
            assert (view["header"]["endorsed"], view["header"]["assessed"]) == (2, 1)
            (stand,) = view["positions"]
            assert stand["offices"] == [["Director", "7 Oct 2016"], ["Ministry of the Interior", "October 2016"]]
            assert [one["office"] for one in view["assessors"]] == ["Director"]
            text = flat(talk.text(name, "board", "show", board))
            assert "1 assessed (own work 1, coordinated 0); endorsed by 2; denied by 0" in text
            assert "Ministry of the Interior, October 2016" in drawn(talk, name, board)


def test_a19_a_joint_statement_alone_makes_nobody_an_assessor() -> None:
    with talking("a", "b") as talk:
        board = new_board(talk)
        joint = ("--hypothesis", "x", "--jointly", "Ministry", "--jointly", "Bureau=2016-10-07")
        position(talk, "a", board, "endorses", "Director", *joint)
        talk.sync()
        header = seen(talk, "b", board)["header"]
        assert (header["endorsed"], header["assessed"]) == (3, 0)
        # The same offices signing once more are no further endorsers.
        position(talk, "a", board, "endorses", "Bureau", "--hypothesis", "x")
        assert seen(talk, "a", board)["header"]["endorsed"] == 3
        talk.refused(
            "a", "board", "position", board, "endorses", "--office", "Director", "--hypothesis", "x",
            "--jointly", "Director", words=("signs a joint statement once",),
        )  # fmt: skip
