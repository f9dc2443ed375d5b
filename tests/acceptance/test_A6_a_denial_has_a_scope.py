"""A6: a denial has a scope on the rungs of state responsibility, and reaches no further."""

from __future__ import annotations

from tests.boards import assess, column, compared, drawn, flat, new_board, position, renderings, seen
from tests.talking import talking


def test_a6_a_denial_at_the_state_level_does_not_negate_a_claim_at_state_ignored() -> None:
    with talking("a", "b") as talk:
        board = new_board(talk)
        assess(talk, "a", board, "Bureau", "--judge", "y=likely/high")
        assess(talk, "a", board, "Service", "--judge", "y=likely/high")
        talk.sync()
        position(
            talk, "b", board, "denies", "Foreign Office", "--hypothesis", "y", "--scope", "state",
            "--text", "At the state level, we were not involved in this",
        )  # fmt: skip
        talk.sync()
        for name in ("a", "b"):
            view = seen(talk, name, board)
            (stand,) = view["positions"]
            assert (stand["scope"], stand["reaches"]) == ("state", {"y": "not addressed"})
            assert column(view, "y")["denied_by"] == []
            assert column(view, "y")["not_addressed_by"] == ["Foreign Office"]
            assert compared(view, "y")["state"] == "agreed"
            text = flat(talk.text(name, "board", "show", board))
            assert "✕ not addressed" in text
            assert "“At the state level, we were not involved in this”" in text
        for shown in renderings(talk, board):
            assert "✕ denied by" not in shown


def test_a6_a_denial_at_the_same_rung_is_shown_in_the_column_and_makes_it_disputed() -> None:
    with talking("a", "b") as talk:
        board = new_board(talk)
        assess(talk, "a", board, "Bureau", "--judge", "x=likely/high", "--judge", "y=likely/high")
        assess(talk, "a", board, "Service", "--judge", "x=likely/high", "--judge", "y=likely/high")
        talk.sync()
        position(
            talk, "b", board, "denies", "Foreign Office", "--hypothesis", "x", "--hypothesis", "y", "--scope", "state"
        )
        talk.sync()
        for name in ("a", "b"):
            view = seen(talk, name, board)
            assert view["positions"][0]["reaches"] == {"x": "denied", "y": "not addressed"}
            assert [compared(view, key)["state"] for key in ("x", "y")] == ["disputed", "agreed"]
            assert view["header"]["denied"] == {"state": 1}
            assert "denied by 1 (scope state)" in flat(talk.text(name, "board", "show", board))
            assert "denied by Foreign Office" in drawn(talk, name, board)


def test_a6_a_denial_of_everything_reaches_every_rung_and_an_unknown_scope_is_refused() -> None:
    with talking("a", "b") as talk:
        board = new_board(talk)
        position(talk, "a", board, "denies", "Foreign Office", "--hypothesis", "x", "--hypothesis", "y")
        view = seen(talk, "a", board)
        assert view["positions"][0]["reaches"] == {"x": "denied", "y": "denied"}
        assert view["header"]["sentence"].count("denied by 1 (no scope stated)") == 1
        denial = ("board", "position", board, "denies", "--office", "Foreign Office")
        talk.refused("a", *denial, "--hypothesis", "x", "--scope", "somewhat", words=("state-ignored", "territory"))
        talk.refused("a", *denial, words=("names the hypotheses",))
        talk.refused("a", *denial, "--hypothesis", "zz", words=("no hypothesis zz", "cannot-tell"))
