"""W2 “We were not 100-percent sure”: warn under uncertainty, and be scored for it; "too few" below ten resolved."""

from __future__ import annotations

import pytest
from tests.effects import watching
from tests.talking import Talk


def test_w2_after_ten_resolved_warnings_the_table_and_the_score_appear_on_both_nodes() -> None:
    with watching("a", "b") as talk:
        warnings = [_warn(talk, "likely") for _ in range(6)] + [_warn(talk, "unlikely") for _ in range(6)]
        talk.later(days=3)
        talk.sync()
        for warning in warnings[:5]:
            _resolve(talk, warning, "occurred")
        for warning in warnings[6:10]:
            _resolve(talk, warning, "not-occurred")
        _resolve(talk, warnings[5], "undetermined")
        talk.sync()
        for name, party in (("a", ()), ("b", ("a",))):
            few = talk.run(name, "effect", "calibration", *party)
            assert few["too_few"] is True
            assert (few["resolved"], few["undetermined"], few["open"]) == (9, 1, 2)
            assert (few["brier"], few["rows"]) == (None, [])
            assert "too few" in talk.text(name, "effect", "calibration", *party)
        _resolve(talk, warnings[10], "not-occurred", "--measure", "hosting was moved")
        talk.sync()
        for name, party in (("a", ()), ("b", ("a",))):
            enough = talk.run(name, "effect", "calibration", *party)
            assert enough["too_few"] is False
            # The words stand for 67.5 % and 32.5 %, the middles of 55–80 and 20–45.
            assert enough["brier"] == pytest.approx((5 * 0.325**2 + 5 * 0.325**2) / 10)
            table = [(row["word"], row["resolved"], row["occurred"], row["heeded"]) for row in enough["rows"]]
            assert table == [("unlikely", 5, 0, 1), ("likely", 5, 5, 0)]
            printed = talk.text(name, "effect", "calibration", *party)
            assert "Brier score 0.106" in printed
            assert "too few" not in printed


def test_w2_what_the_parties_tell_differently_is_scored_for_nobody() -> None:
    with watching("a", "b") as talk:
        warning = _warn(talk, "likely")
        talk.later(days=3)
        talk.sync()
        _resolve(talk, warning, "occurred")
        talk.run("b", "reply", warning, "outcome", "--status", "not-occurred")
        talk.sync()
        for name, party in (("a", ()), ("b", ("a",))):
            found = talk.run(name, "effect", "calibration", *party)
            assert (found["resolved"], found["told_differently"]) == (0, 1)


def _warn(talk: Talk, likelihood: str) -> str:
    said = talk.run(
        "a",
        *("warn", "protective", "--to", "b", "--subject", "Banks", "--text", "An attack is being prepared."),
        *("--target", "banks", "--likelihood", likelihood, "--confidence", "low", "--advice", "Watch for it."),
        *("--could-act", "the hosting firm=no", "--from", "1h", "--until", "2d"),
    )
    return str(said["thread"])


def _resolve(talk: Talk, warning: str, status: str, *more: str) -> None:
    talk.run("a", "reply", warning, "outcome", "--status", status, *more)
