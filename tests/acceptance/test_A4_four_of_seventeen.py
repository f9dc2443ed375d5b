"""A4: who assessed, who coordinated, who endorses and who is silent are counted apart; corrections are statements like others."""

from __future__ import annotations

import re

from tests.boards import assess, drawn, flat, new_board, renderings, seen
from tests.talking import talking

TOTALS = re.compile(
    r"\b17 (?:\w+ )?(?:agencies|offices|services|assessors) (?:assess|agree|judge|conclude)", re.IGNORECASE
)


def test_a4_every_rendering_says_4_assessed_and_13_without_a_recorded_assessment() -> None:
    with talking("a", "b") as talk:
        board = new_board(talk, "--group", "Head Office=17")
        for office in ("Bureau", "Service", "Agency"):
            assess(talk, "a", board, office, "--judge", "x=likely/high", "--under", "Head Office")
        assess(talk, "a", board, "Head Office", "--judge", "x=likely/high", "--under", "Head Office", own=False)
        talk.sync()
        for shown in renderings(talk, board):
            words = flat(shown)
            assert "4 assessed, 13 no recorded assessment" in words or "no recorded assessment: 13 of 17" in words, (
                shown
            )
            assert not TOTALS.search(words)
        for name in ("a", "b"):
            header = seen(talk, name, board)["header"]
            assert (header["assessed"], header["own_work"], header["coordinated"]) == (4, 3, 1)
            (group,) = header["groups"]
            assert (group["size"], group["assessed"], group["no_recorded_assessment"]) == (17, 4, 13)
            for width in ("60", "80", "120"):
                assert "4 assessed, 13 no recorded assessment" in flat(
                    talk.text(name, "board", "show", board, "--width", width)
                )
            assert "4 assessed, 13 no recorded assessment" in drawn(talk, name, board)


def test_a4_that_seventeen_agencies_assess_cannot_be_typed() -> None:
    with talking("a", "b") as talk:
        words = ("computed",)
        new = (
            "board",
            "new",
            "--question",
            "intrusion",
            "--incident",
            "i",
            "--hypothesis",
            "x=X",
            "--hypothesis",
            "y=Y",
        )
        talk.refused("a", *new, "17 agencies assess that it was X", words=words)
        talk.refused("a", *new, "All seventeen services agree", words=words)
        board = new_board(talk, "--group", "Head Office=17")
        assessment = ("assess", board, "--own-work", "--judge", "x=likely/high")
        talk.refused("a", *assessment, "--office", "17 agencies assess", words=words)
        talk.refused(
            "a", *assessment, "--office", "Bureau", "--reason", "x=17 intelligence agencies assess so", words=words
        )
        talk.refused(
            "a", *assessment, "--office", "Bureau", "--would-change-if", "17 agencies conclude otherwise", words=words
        )
        # As somebody's words, in quotation marks, it stays somebody's.
        talk.run(
            "a", *assessment, "--office", "Bureau", "--reason", "x=The paper wrote “17 agencies assess”, and 4 did"
        )


def test_a4_a_group_of_named_members_counts_those_of_them_who_assessed() -> None:
    with talking("a", "b") as talk:
        board = new_board(talk, "--group", "Council=Bureau,Service,Agency,Centre")
        assess(talk, "a", board, "Bureau", "--judge", "x=likely/high")
        assess(talk, "a", board, "Vendor", "--judge", "x=likely/high")
        talk.sync()
        (group,) = seen(talk, "b", board)["header"]["groups"]
        assert (group["size"], group["assessed"], group["no_recorded_assessment"]) == (4, 1, 3)


def test_a4_a_correction_replaces_and_stays_in_the_history() -> None:
    with talking("a", "b") as talk:
        board = new_board(talk)
        first = assess(talk, "a", board, "Bureau", "--judge", "x=very likely/high")
        talk.later(days=1)
        second = assess(talk, "a", board, "Bureau", "--judge", "x=likely/high", "--of", first)
        talk.sync()
        for name in ("a", "b"):
            view = seen(talk, name, board)
            (judged,) = view["assessors"][0]["judgments"]
            assert (judged["statement"], judged["before"]) == (second, [first])
            words = [event["words"] for event in view["events"]]
            assert words[1:] == [
                "assesses x: very likely, analytic confidence high",
                "assesses x: likely, analytic confidence high (before: very likely, analytic confidence high)",
            ]
        talk.refused("b", "assess", board, "--office", "Bureau", "--own-work", "--judge", "x=remote", "--of", first)
