"""A10: incident facts and attribution are separate objects; two places are two incidents."""

from __future__ import annotations

from tests.boards import assess, compared, flat, new_board, position, seen
from tests.talking import talking


def test_a10_two_incidents_are_confirmed_each_with_its_dates_while_the_attribution_is_disputed() -> None:
    with talking("a", "b") as talk:
        for incident, where, when, sightings in (
            ("incident-1", "Illmere", "2016-06-23", ("sighting--1", "sighting--2")),
            ("incident-2", "Arzone", "2016-08", ("sighting--3",)),
        ):
            talk.run(
                "a", "board", "finding", incident, "--office", "Bureau", "--status", "occurred", "--when", when,
                "--where", where, *(word for one in sightings for word in ("--sighting", one)), "--to", "b",
            )  # fmt: skip
        board = new_board(talk)
        talk.sync()
        facts_before = talk.run("b", "board", "facts")["facts"]
        assess(talk, "a", board, "Bureau", "--judge", "x=likely/high")
        assess(talk, "a", board, "Service", "--judge", "x=unlikely/high")
        position(talk, "b", board, "denies", "Foreign Office", "--hypothesis", "x")
        talk.sync()
        for name in ("a", "b"):
            facts = talk.run(name, "board", "facts")["facts"]
            assert facts == facts_before
            assert [(f["about"], f["state"]) for f in facts] == [("incident-1", "occurred"), ("incident-2", "occurred")]
            assert [
                (f["findings"][0]["when"], f["findings"][0]["where"], len(f["findings"][0]["sightings"])) for f in facts
            ] == [
                ("23 Jun 2016", "Illmere", 2),
                ("August 2016", "Arzone", 1),
            ]
            view = seen(talk, name, board)
            assert compared(view, "x")["state"] == "disputed"
            # The board shows the fact of its own incident, and not that of the other place.
            assert [(f["about"], f["state"]) for f in view["facts"]] == [("incident-1", "occurred")]
            text = flat(talk.text(name, "board", "show", board))
            assert (
                "incident incident-1: occurred (offices: occurred 1) Bureau: occurred, 23 Jun 2016, Illmere, 2 sightings"
                in text
            )
            assert "Arzone" not in text


def test_a10_a_disputed_fact_moves_no_judgment() -> None:
    with talking("a", "b") as talk:
        board = new_board(talk)
        assess(talk, "a", board, "Bureau", "--judge", "x=likely/high")
        talk.sync()
        before = seen(talk, "b", board)
        talk.run("a", "board", "finding", "incident-1", "--office", "Bureau", "--status", "occurred", "--to", "b")
        talk.sync()
        talk.run("b", "board", "finding", "incident-1", "--office", "Ministry", "--status", "not-occurred", "--to", "a")
        talk.sync()
        for name in ("a", "b"):
            view = seen(talk, name, board)
            (fact,) = view["facts"]
            assert (fact["state"], fact["counts"]) == ("disputed", {"occurred": 1, "not-occurred": 1})
            assert {**view, "facts": []} == before
