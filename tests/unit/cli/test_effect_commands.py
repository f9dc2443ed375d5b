"""detente effect: what its commands print, and what they refuse without a trace."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from tests.effects import STOP, outcome, see, watching
from tests.talking import Talk

from detente.effect.bodies import Evaluation, Plan
from detente.node.respond import respond
from detente.said import read_value
from detente.words import loaded_words

MADE = ("effect", "plan", "--class", "tampering", "--warned", "2016-09-05", "--before", "74", "--after", "64")


@pytest.fixture
def talk() -> Iterator[Talk]:
    with watching("a", "b") as found:
        yield found


@pytest.fixture
def table(tmp_path: Path) -> str:
    path = tmp_path / "table.csv"
    path.write_text(
        "date,class,cluster,reporter\n2016-07-07,tampering,one,\n2016-08-03,tampering,two,a.example\n"
        "2016-08-04,publication,three,a.example\n2016-10-01,tampering,four,b\n"
    )
    return str(path)


def test_silence_prints_the_published_table_without_a_node(talk: Talk) -> None:
    found = talk.run("a", "effect", "silence")
    assert [(row["count"], round(row["needed_days"])) for row in found["silence"]] == [
        (1, 573),
        (2, 208),
        (3, 122),
        (5, 65),
        (8, 38),
        (10, 30),
        (20, 14),
    ]
    printed = talk.text("a", "effect", "silence", "2", "--before", "74")
    assert printed == (
        "2 in 74 days before: none must be seen for 171 days before silence has less than a 5% chance with no change.\n"
    )


def test_silence_counts_our_own_reports_of_a_warnings_activity(talk: Talk) -> None:
    see(talk, "a", [-80, -60, -30], to=["b"])
    see(talk, "a", [-20], to=["b"], place="Harbour")
    see(talk, "a", [-20], to=["b"], class_="scanning")
    warned = talk.run("a", *STOP, "--from", "1d", "--until", "65d")["thread"]
    found = talk.run("a", "effect", "silence", "--thread", warned)
    assert [(row["count"], round(row["needed_days"])) for row in found["silence"]] == [(3, 122)]


def test_a_plan_takes_activity_windows_and_parties_from_the_warning(talk: Talk) -> None:
    warned = talk.run("a", *STOP, "--from", "7d", "--until", "67d")
    said = talk.run("a", "effect", "plan", warned["thread"], "--from", "b.example=Aldmere;Harbour", "--to", "b")
    body = said["body"]
    assert body["about"] == warned["thread"]
    assert body["activity"] == {"classes": ["tampering"]}
    assert {origin: direction["territories"] for origin, direction in body["directions"].items()} == {
        "a.example": ["Borovia"],
        "b.example": ["Aldmere", "Harbour"],
    }
    assert (round(body["grace_days"], 3), round(body["after_days"], 3), body["before_days"]) == (7, 60, 90)
    talk.sync()
    # The other party finds it under the warning's own name, too.
    (listed,) = talk.run("b", "effect", "show")["plans"]
    assert listed["plan"]["id"] == said["id"]


def test_a_table_is_counted_by_reporter_and_named_as_the_source(talk: Talk, table: str) -> None:
    plan = talk.run("a", *MADE, "--party", "b")["short"]
    found = talk.run("a", "effect", "run", plan, "--csv", table)
    assert outcome(found, "a.example")["counts"] == {"before": 2, "grace": 0, "after": 0}
    assert outcome(found, "a.example")["others"] == {"publication": {"before": 1, "grace": 0, "after": 0}}
    assert outcome(found, "b.example")["counts"] == {"before": 0, "grace": 0, "after": 1}
    assert found["body"]["source"] == "table.csv"
    assert found["body"]["events"] == 4


def test_effort_and_sensors_are_given_by_party(talk: Talk, table: str) -> None:
    plan = talk.run("a", *MADE, "--sensor-count", "a.example=2/4", "--sensors", "a.example=mail gateways")
    assert plan["body"]["directions"] == {
        "a.example": {"sensors": "mail gateways", "sensors_before": 2, "sensors_after": 4}
    }
    name = plan["short"]
    planned = outcome(talk.run("a", "effect", "run", name, "--csv", table), "a.example")
    assert (planned["e0_days"], planned["e1_days"]) == (148, 256)
    observed = outcome(talk.run("a", "effect", "run", name, "--csv", table, "--effort", "a.example=74/30"), "a.example")
    assert (observed["e0_days"], observed["e1_days"]) == (74, 30)


def test_every_evaluation_of_a_plan_stays_on_show(talk: Talk, table: str) -> None:
    plan = talk.run("a", *MADE)["short"]
    first = talk.run("a", "effect", "run", plan, "--csv", table)
    second = talk.run("a", "effect", "run", plan, "--csv", table, "--reporting-changed", "a new duty")
    shown = talk.run("a", "effect", "show", plan)["plans"][0]
    assert [one["statement"]["id"] for one in shown["evaluations"]] == [first["id"], second["id"]]
    (alone,) = talk.run("a", "effect", "show", first["short"])["plans"][0]["evaluations"]
    assert alone["statement"]["id"] == first["id"]
    printed = talk.text("a", "effect", "show", plan)
    assert "not comparable: reporting changed: “a new duty”" in printed
    assert "too few data: silence this long had about a 21% chance" in printed
    assert f"{first['short']}: a.example too few data" in talk.text("a", "effect", "show")


def test_measures_held_on_record_are_named_beside_the_answer(talk: Talk) -> None:
    see(talk, "a", [-60, -30], to=["b"])
    warned = talk.run("a", *STOP, "--from", "1d", "--until", "65d")["thread"]
    plan = talk.run("a", "effect", "plan", warned, "--before", "74", "--to", "b")["short"]
    talk.later(days=10)
    role: dict[str, Any] = {"role": "the minister", "reasons": "as discussed"}
    told = respond(talk.node("a"), kind="retorsion", to=["b"], directed_at="b", **role)
    ours = respond(talk.node("a"), kind="resilience", **role)
    talk.later(days=60)
    for to, expected in ((("--to", "b"), [told]), ((), [told, ours])):
        found = talk.run("a", "effect", "run", plan, *to)["result"]["circumstances"]["measures"]
        assert [measure.split(" by ")[0] for measure in found] == [f"response {said.short}" for said in expected]


def test_a_picture_is_well_formed_and_has_every_answer_in_words(talk: Talk, table: str, tmp_path: Path) -> None:
    plan = talk.run("a", *MADE, "--party", "b")["short"]
    talk.run("a", "effect", "run", plan, "--csv", table)
    file = tmp_path / "picture.svg"
    talk.run("a", "effect", "svg", plan, "-o", str(file))
    drawn = file.read_text(encoding="utf-8")
    assert drawn == talk.text("a", "effect", "svg", plan)
    description = ElementTree.fromstring(drawn).findtext("{http://www.w3.org/2000/svg}desc")  # noqa: S314 - our own
    assert description is not None
    assert "as reported by A: too few data: silence this long had about a 21% chance with no change" in description
    assert (
        "as reported by B: too few data: even none at all in this time would have had about a 73% chance" in description
    )
    assert loaded_words(drawn) == []


def test_nothing_held_is_said_in_words(talk: Talk) -> None:
    assert "No plan is held here" in talk.text("a", "effect", "show")
    assert talk.run("a", "effect", "calibration")["resolved"] == 0
    plan = talk.run("a", *MADE)["short"]
    assert "No evaluation of it is held here." in talk.text("a", "effect", "show", plan)


def test_reports_without_a_class_are_counted_nowhere_and_that_is_said(talk: Talk) -> None:
    see(talk, "a", [-60], to=["b"], class_="unusual")
    plan = talk.run("a", *MADE)["short"]
    assert talk.run("a", "effect", "run", plan)["unclassified"] == 2
    assert "2 reports held here say no class of activity" in talk.text("a", "effect", "run", plan)


def test_a_dry_run_stores_nothing(talk: Talk, table: str) -> None:
    assert talk.run("a", *MADE, "--dry-run")["dry_run"] is True
    assert talk.run("a", "effect", "show")["plans"] == []
    plan = talk.run("a", *MADE)["short"]
    assert "nothing was stored" in talk.text("a", "effect", "run", plan, "--csv", table, "--dry-run")
    assert talk.run("a", "effect", "show", plan)["plans"][0]["evaluations"] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("effect", "plan"), ("name its thread", "--class")),
        (("effect", "plan", "--class", "tampering"), ("--warned",)),
        (("effect", "plan", "--indicator", "indicator--1", "--warned", "2016-09-05"), ("--class",)),
        ((*MADE, "--grace", "-3"), ("grace_days",)),
        ((*MADE, "--before", "0.2"), ("before_days",)),
        ((*MADE, "--level", "90"), ("level",)),
        ((*MADE, "--sensor-count", "a.example=many"), ("74/64",)),
        ((*MADE, "--from", "Borovia"), ("PARTY=PLACE",)),
        ((*MADE, "--to", "nobody"), ("no partner 'nobody'",)),
    ],
)
def test_a_plan_that_says_too_little_or_nonsense_is_refused(
    talk: Talk, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    talk.refused("a", *arguments, code=3 if "nobody" in arguments else 1, words=words)


def test_a_warning_without_an_activity_cannot_be_planned_for(talk: Talk) -> None:
    notice = talk.run("a", "notice", "--to", "b", "--subject", "A", "--text", "B")["thread"]
    talk.refused("a", "effect", "plan", notice, words=("defines no activity",))
    warned = talk.run("a", *STOP, "--until", "30d")["thread"]
    talk.refused("a", "effect", "plan", warned, "--class", "scanning", words=("--class",))


def test_what_cannot_be_evaluated_is_refused(talk: Talk, tmp_path: Path, table: str) -> None:
    warned = talk.run("a", *STOP, "--from", "5d", "--until", "30d")["thread"]
    plan = talk.run("a", "effect", "plan", warned)
    talk.refused("a", "effect", "run", plan["short"], words=("window after begins in",))
    done = talk.run("a", *MADE)["short"]
    bad = tmp_path / "bad.csv"
    bad.write_text("date,class,cluster\n2016-08,tampering,one\n")
    run = ("effect", "run", done)
    talk.refused("a", *run, "--csv", str(bad), words=("line 2", "month"))
    bad.write_bytes(b"\xff\xfe")
    talk.refused("a", *run, "--csv", str(bad), words=("UTF-8",))
    talk.refused("a", *run, "--csv", str(tmp_path / "none.csv"), code=3, words=("no table",))
    talk.refused("a", *run, "--effort", "b=1/2", words=("no direction b.example",))
    talk.refused("a", *run, "--effort", "a.example", words=("PARTY=N/M",))
    talk.refused("a", "effect", "svg", done, code=3, words=("no evaluation yet",))
    talk.refused("a", "effect", "run", warned, code=3, words=("no plan",))
    talk.refused("a", "effect", "calibration", "nobody", code=3, words=("no partner",))
    talk.refused("a", "effect", "silence", "2", "--chance", "5", words=("chance",))
    talk.refused("a", "effect", "silence", "2", "--thread", warned, code=2)


def test_the_bodies_read_as_what_they_are(talk: Talk, table: str) -> None:
    plan = talk.run("a", *MADE)
    evaluation = talk.run("a", "effect", "run", plan["short"], "--csv", table)
    assert read_value(plan["body"], Plan, where="plan").before_days == 74
    assert read_value(evaluation["body"], Evaluation, where="evaluation").plan == plan["id"]
