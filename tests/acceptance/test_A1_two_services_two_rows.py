"""A1: assessments are per agency; likelihood and analytic confidence stay apart, and nothing is averaged unless a method is named."""

from __future__ import annotations

import re

from tests.boards import assess, flat, new_board, renderings, row, seen
from tests.talking import talking


def test_a1_two_agencies_show_as_two_rows_and_no_single_number_appears() -> None:
    with talking("a", "b") as talk:
        board = new_board(talk)
        assess(talk, "a", board, "Bureau", "--judge", "x=very likely/high")
        talk.sync()
        assess(talk, "b", board, "Service", "--judge", "x=likely/moderate")
        talk.sync()
        assert seen(talk, "a", board) == seen(talk, "b", board)
        for name in ("a", "b"):
            view = seen(talk, name, board)
            rows = [(one["office"], one["recorded_by"]) for one in view["assessors"]]
            assert rows == [("Bureau", "a.example"), ("Service", "b.example")]
            judged = [one["judgments"][0] for one in view["assessors"]]
            assert [(j["likelihood"], j["confidence"], j["low"], j["high"]) for j in judged] == [
                ("very likely", "high", 80, 95),
                ("likely", "moderate", 55, 80),
            ]
        for shown in renderings(talk, board):
            assert "pooled" not in shown.lower()
            assert "average" not in shown.lower()
            assert not re.search(r"(?:67\.5|77\.5|87\.5|77|78|67|68|75) ?%|\bmean\b", shown)


def test_a1_a_pooled_line_appears_when_its_method_is_named_and_is_nobodys_judgment() -> None:
    with talking("a", "b") as talk:
        board = new_board(talk)
        everything = ("--judge", "y=unlikely", "--judge", "other=very unlikely", "--judge", "cannot-tell=remote")
        assess(talk, "a", board, "Bureau", "--judge", "x=very likely/high", *everything)
        assess(talk, "a", board, "Service", "--judge", "x=likely/moderate", *everything)
        assess(talk, "a", board, "Vendor", "--judge", "x=likely/low")
        pooled = seen(talk, "a", board, "--pool", "linear", "--weight", "Bureau=3")["pooled"]
        assert (pooled["method"], pooled["flag"]) == ("linear", "computed, nobody's judgment")
        assert pooled["weights"] == [["Bureau", 0.75], ["Service", 0.25]]
        assert pooled["left_out"] == ["Vendor"]
        assert abs(sum(pooled["shares"].values()) - 100) < 0.3
        text = flat(talk.text("a", "board", "show", board, "--pool", "linear"))
        assert "Pooled (linear; computed, nobody's judgment): x " in text
        assert "weights: Bureau 0.50, Service 0.50; left out, for they do not judge every hypothesis: Vendor" in text
        talk.refused("a", "board", "show", board, "--pool", "linear", "--weight", "Nobody=2", words=("Nobody",))
        talk.refused("a", "board", "show", board, "--weight", "Bureau=2", code=2, words=("--pool",))
        assert row(seen(talk, "a", board), "Vendor")["judgments"][0]["likelihood"] == "likely"


def test_a1_an_assessor_may_be_surer_of_one_judgment_than_of_another() -> None:
    with talking("a", "b") as talk:
        board = new_board(talk)
        assess(talk, "a", board, "Bureau", "--judge", "x=likely/high", "--judge", "y=likely/low")
        talk.sync()
        judged = row(seen(talk, "b", board), "Bureau")["judgments"]
        assert [(j["hypothesis"], j["confidence"]) for j in judged] == [("x", "high"), ("y", "low")]
