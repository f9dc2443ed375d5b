"""A12 “But the leaks through Wikileaks had already occurred”: an evaluation of one class ignores others and says so."""

from __future__ import annotations

from typing import Any

from tests.effects import STOP, outcome, see, watching


def test_a12_an_evaluation_of_tampering_ignores_leaks_and_says_so_in_its_header() -> None:
    without, _, _ = _evaluated(leaks=[], later=[])
    document, printed, picture = _evaluated(leaks=[-50.0, -45.0, -20.0], later=[10.0, 30.0])
    told = outcome(document, "a.example")
    apart = told.pop("others")
    assert apart == {"publication": {"before": 3, "grace": 0, "after": 2}}
    # Nothing else of the answer knows of them, but the date of the last report of any class that stands beside it.
    alone = outcome(without, "a.example")
    assert told.pop("last_report_us") > alone.pop("last_report_us")
    assert told == alone
    head = printed.splitlines()[:2]
    assert head[0].startswith("Counted: incident clusters of tampering")
    assert head[1].startswith("Not counted: publication.")
    assert " ".join(document["header"]).startswith(" ".join(head))
    assert "publication: 3 before, 2 after" in printed
    assert "Not counted: publication." in picture


def test_a12_without_other_events_the_header_does_not_claim_that_there_were_none() -> None:
    document, _, _ = _evaluated(leaks=[], later=[])
    header = " ".join(document["header"])
    assert "Not counted: any other class" in header
    assert "not to say that there was none" in header


def _evaluated(*, leaks: list[float], later: list[float]) -> tuple[Any, str, str]:
    """The document, the page and the picture of one evaluation, made by b of what a reports."""
    with watching("a", "b") as talk:
        see(talk, "a", [-60, -30], to=["b"])
        see(talk, "a", leaks, to=["b"], class_="publication")
        warned = talk.run("a", *STOP, "--from", "1d", "--until", "65d")["thread"]
        plan = talk.run("a", "effect", "plan", warned, "--before", "74", "--to", "b")["short"]
        talk.later(days=66)
        see(talk, "a", [day - 66 for day in later], to=["b"], class_="publication")
        talk.sync()
        printed = talk.text("b", "effect", "run", plan, "--dry-run")
        document = talk.run("b", "effect", "run", plan)
        return document, printed, talk.text("b", "effect", "svg", plan)
