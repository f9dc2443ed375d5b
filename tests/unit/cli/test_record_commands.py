"""The record's commands: what they print, what they refuse, and that what is refused leaves no trace."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator

import pytest
import stix2
from tests.recording import recording
from tests.talking import Talk

from detente.words import loaded_words


@pytest.fixture
def talk() -> Iterator[Talk]:
    with recording("a", "b") as both:
        yield both


def test_a_measure_is_given_then_accepted_and_done_only_with_evidence(talk: Talk) -> None:
    name = talk.run(
        "a", "measure", "add", "Two people read each warning", "--owner", "CERT A", "--about", "review 1", "--to", "b"
    )["short"]
    talk.refused("a", "measure", "update", name, "done", words=("evidence",))
    talk.refused("a", "measure", "update", name, "rejected", words=("reason",))
    talk.run("a", "measure", "update", name, "accepted", "--to", "b")
    talk.refused("a", "measure", "update", name, "accepted", words=("accepted already",))
    talk.later(days=40)
    talk.sync()
    (there,) = talk.run("b", "measure", "list")["measures"]
    assert (there["state"], there["age_days"], there["owner"], there["open"]) == ("accepted", 40, "CERT A", True)
    talk.run("b", "measure", "update", name, "done", "--evidence", "paper 7", "--to", "a")
    talk.sync()
    (here,) = talk.run("a", "measure", "list")["measures"]
    assert here["states"] == {"a.example": "accepted", "b.example": "done"}
    assert "b.example says done" in talk.text("a", "measure", "list")
    talk.run("a", "measure", "update", name, "done", "--evidence", "paper 7")
    listed = talk.run("a", "measure", "list")
    assert listed["measures"] == []
    assert listed["states"] == {"given": 0, "accepted": 0, "rejected": 0, "done": 1, "unknown": 0}
    assert len(talk.run("a", "measure", "list", "--all")["measures"]) == 1


def test_a_measure_that_is_not_there_or_half_said_is_refused(talk: Talk) -> None:
    talk.refused(
        "a", "measure", "update", "babab-babab-babab", "done", "--evidence", "x", code=3, words=("no measure",)
    )
    talk.refused("a", "measure", "add", "x" * 5000, "--owner", "A", "--about", "r", words=("text",))
    talk.refused(
        "a", "milestone", "add", "lantern", "decision", "2026-10", "--by", "the minister", words=("what was chosen",)
    )
    talk.refused(
        "a",
        "milestone",
        "add",
        "lantern",
        "decision",
        "2026-10",
        "--by",
        "x",
        "--choice",
        "do not act",
        words=("reason",),
    )
    talk.refused("a", "milestone", "add", "lantern", "sighting", "10/2026", "--by", "x", code=2, words=("2016-10",))
    talk.refused("a", "history", "a", code=3)
    talk.refused("a", "history", "b", "--and", "b", words=("two different",))
    talk.refused("a", "chronology", "--on", "2026-01-01", "--known-on", "2026-01-01", words=("two questions",))
    talk.refused("a", "chronology", "-o", "x.csv", code=2, words=("--format",))
    talk.refused("a", "export", "stix", code=2, words=("choose one",))
    talk.refused("a", "export", "stix", "--all", code=3, words=("nothing is held",))


def test_dry_runs_say_what_would_be_said_and_store_nothing(talk: Talk) -> None:
    measure = ("measure", "add", "x", "--owner", "A", "--about", "r", "--to", "b", "--dry-run")
    assert talk.run("a", *measure)["addressees"] == ["b.example"]
    assert "Would say to b.example" in talk.text("a", *measure)
    talk.run("a", "milestone", "add", "lantern", "sighting", "2026", "--by", "x", "--dry-run")
    assert talk.run("a", "chronology")["entries"] == []
    assert "Nothing is recorded" in talk.text("a", "chronology")
    assert "No milestone" in talk.text("a", "milestone", "list")


def test_milestones_are_listed_and_the_days_between_them_reported(talk: Talk) -> None:
    for step, when in (("sighting", "2026-07"), ("publication", "2026-10-07")):
        talk.run("a", "milestone", "add", "lantern", step, when, "--by", "the ministry", "--to", "b")
    talk.sync()
    text = talk.text("b", "report", "milestones", "lantern")
    assert (
        "first seen July 2026 (“the ministry”)  →  published 7 Oct 2026 (“the ministry”): between 68 and 98 days"
        in text
    )
    assert "not recorded here: assessed, decided" in text
    assert talk.run("b", "report", "milestones")["accounts"] == talk.run("a", "report", "milestones")["accounts"]
    assert "July 2026" in talk.text("b", "milestone", "list")
    assert talk.run("b", "milestone", "list", "elsewhere")["accounts"] == []


def test_a_chronology_is_the_same_document_on_both_nodes_in_every_format(talk: Talk) -> None:
    talk.run(
        "a",
        "claim",
        "add",
        "they are guilty",
        "--speaker",
        "Minister",
        "--party",
        "a.example",
        "--about",
        "lantern",
        "--to",
        "b",
    )
    talk.sync()
    talk.run(
        "b", "claim", "add", "not us", "--speaker", "Office", "--about", "lantern", "--polarity", "denies", "--to", "a"
    )
    talk.run("a", "request", "--to", "b", "--want", "information", "--subject", "logs", "--text", "please")
    talk.sync()
    talk.run("a", "milestone", "add", "lantern", "sighting", "2026", "--by", "x")
    for form in ("json", "csv", "markdown"):
        here, there = (
            talk.text(name, "chronology", "lantern", "--format", form, "--with", other)
            for name, other in (("a", "b"), ("b", "a"))
        )
        assert here == there, form
        assert "they are guilty" in here
        assert "not us" in here
        if form == "csv":
            rows = list(csv.reader(io.StringIO(here, newline="")))
            assert not loaded_words("\n".join(cell for row in rows for cell in row))
        else:
            assert not loaded_words(here)
    assert [e["kind"] for e in json.loads(talk.text("b", "chronology", "--format", "json"))] == [
        "claim",
        "claim",
        "message",
    ]
    assert len(talk.run("a", "chronology")["entries"]) == 4
    assert len(talk.run("a", "chronology", "lantern")["entries"]) == 3
    target = str(talk.world.folder / "c.csv")
    assert talk.run("a", "chronology", "--format", "csv", "-o", target)["entries"] == 4
    with open(target, "rb") as file:
        assert file.read().count(b"\r\n") == 5


def test_the_private_journal_is_shown_when_it_is_asked_for_and_to_us_alone(talk: Talk) -> None:
    talk.run("a", "drill", "--to", "b", "--by", "duty officer")
    private = talk.run("a", "chronology", "--private")["entries"]
    assert len(private) >= len(talk.run("a", "chronology")["entries"])


def test_an_export_of_a_thread_holds_the_thread_and_both_nodes_write_the_same(talk: Talk) -> None:
    thread = talk.run("a", "request", "--to", "b", "--want", "information", "--subject", "logs", "--text", "please")
    name = thread.get("short") or thread["statement"]["short"]
    talk.sync()
    talk.run("b", "reply", name, "acknowledge")
    talk.sync()
    talk.run("a", "measure", "add", "x", "--owner", "A", "--about", "r", "--to", "b")
    talk.sync()
    made = talk.run("a", "export", "stix", "--thread", name)
    assert made["statements"] == {"message": 2}
    assert [o["type"] for o in made["bundle"]["objects"]].count("note") == 2
    assert talk.run("b", "export", "stix", "--thread", name)["bundle"] == made["bundle"]
    everything = talk.run("a", "export", "stix", "--all")
    assert everything["statements"] == {"measure": 1, "message": 2}
    for value in everything["bundle"]["objects"]:
        stix2.parse(value, allow_custom=value["type"] == "marking-definition")
    target = str(talk.world.folder / "bundle.json")
    assert talk.run("a", "export", "stix", "--all", "-o", target)["file"] == target
    assert json.loads(talk.text("a", "export", "stix", "--all")) == everything["bundle"]
    talk.run("b", "collection", "add", "from-a")
    (taken,) = talk.run("b", "import", target, "--collection", "from-a")["documents"]
    assert (taken["objects"], taken["unread"]) == (everything["objects"], [])


def test_a_name_that_an_incident_bears_is_the_incident_even_where_a_statement_begins_so(talk: Talk) -> None:
    first = talk.run("a", "measure", "add", "x", "--owner", "A", "--about", "review")
    name = first["short"][:5]
    talk.run("a", "milestone", "add", name, "sighting", "2026", "--by", "x")
    assert [e["kind"] for e in talk.run("a", "chronology", name)["entries"]] == ["milestone"]
    assert [e["kind"] for e in talk.run("a", "chronology", first["short"])["entries"]] == ["measure"]
    assert talk.run("a", "chronology", "nowhere")["entries"] == []
