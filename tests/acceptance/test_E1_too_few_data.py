"""E1 “we did not see further tampering of the election process”: windows fixed in advance, uncertainty, an honest "too few data"."""

from __future__ import annotations

from pathlib import Path

from tests.effects import STOP, outcome, see, watching

ANSWER = "too few data: silence this long had about a 21% chance with no change"


def test_e1_two_events_in_74_days_and_none_in_64_are_too_few_data_on_both_nodes() -> None:
    with watching("a", "b") as talk:
        see(talk, "a", [-60, -30], to=["b"])
        warned = talk.run("a", *STOP, "--from", "1d", "--until", "65d")["thread"]
        planned = talk.run("a", "effect", "plan", warned, "--before", "74", "--to", "b")
        talk.sync()
        talk.later(days=66)
        found = {name: talk.run(name, "effect", "run", planned["short"]) for name in ("a", "b")}
        told = outcome(found["a"], "a.example")
        assert told["counts"] == {"before": 2, "grace": 0, "after": 0}
        assert (told["e0_days"], told["e1_days"]) == (74, 64)
        assert told["verdict"] == "too few data"
        assert round(100 * told["silence_chance"]) == 21
        assert (f"{told['low']:.2f}", f"{told['high']:.1f}") == ("0.00", "1.5")
        assert found["a"]["result"]["fixed"] is True
        assert found["a"]["result"]["complete"] is True
        # The same answer at the other party, from what was shared with it.
        assert found["b"]["result"]["outcomes"] == found["a"]["result"]["outcomes"]
        for name in ("a", "b"):
            printed = talk.text(name, "effect", "run", planned["short"], "--dry-run")
            assert f"  {ANSWER}\n" in printed
            assert "The plan was fixed beforehand" in printed
            assert "b.example acknowledged holding the plan on" in printed
        # The plan was held by the other party before the window after began, by its own receipt.
        (shown,) = talk.run("a", "effect", "show", planned["short"])["plans"]
        assert shown["held_us"]["b.example"] < planned["body"]["warned_us"] + 86_400_000_000
        assert len(shown["evaluations"]) == 1


def test_e1_a_plan_made_afterwards_says_so_beside_the_same_answer(tmp_path: Path) -> None:
    table = tmp_path / "reported.csv"
    table.write_text("date,class,cluster\n2016-07-07,tampering,first state\n2016-08-03,tampering,second state\n")
    with watching("a", "b") as talk:
        plan = ("effect", "plan", "--class", "tampering", "--warned", "2016-09-05", "--before", "74", "--after", "64")
        name = talk.run("a", *plan)["short"]
        printed = talk.text("a", "effect", "run", name, "--csv", str(table))
        assert f"  {ANSWER}\n" in printed
        assert "NOT FIXED BEFOREHAND" in printed
        assert "its date is its speaker's word" in printed
        assert "0.00–1.5 at 90 %" in printed
        assert "2 in 74 sensor-days before, 0 in 64 after" in printed
