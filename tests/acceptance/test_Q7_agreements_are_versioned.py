"""Q7: agreements are versioned texts; what one side changes stays proposed; the text of any date comes out again."""

from __future__ import annotations

from typing import Any

from tests.norm_talk import promising, words
from tests.talking import Talk

from detente.node.commit import agreements_in_force
from detente.when import parse_when


def _texts(state: dict[str, Any]) -> dict[str, str]:
    return {clause["id"]: clause["text"] for clause in state["text"]}


def _agree(talk: Talk) -> None:
    clauses = (
        "--clause",
        "1=Requests are answered within 48 hours",
        "--clause",
        "2=Hospitals are left alone",
        "--class",
        "2=intrusion",
    )
    talk.run("a", "agreement", "new", "harbour", "--title", "Harbour protocol", "--with", "b", *clauses)
    talk.sync()
    talk.run("a", "agreement", "sign", "harbour", "--office", "Minister of Aldmere")
    talk.sync()


def test_q7_a_clause_changed_by_one_side_stays_proposed_and_any_dates_text_is_reproducible() -> None:
    with promising("a", "b") as talk:
        _agree(talk)
        assert talk.run("b", "agreement", "show", "harbour")["state"] == "proposed"
        talk.later(days=10)  # 1 October 2026
        talk.run("b", "agreement", "sign", "harbour")
        talk.sync()
        talk.later(days=10)
        change = talk.run(
            "a",
            *words(
                "agreement amend harbour --clause '1=Requests are answered within 24 hours' --reasons 'it took too long'"
            ),
        )["short"]
        talk.run("a", "agreement", "sign", change)
        talk.sync()
        for name in ("a", "b"):
            state = talk.run(name, "agreement", "show", "harbour")
            assert (state["state"], _texts(state)["1"]) == ("in force", "Requests are answered within 48 hours")
            (draft,) = state["amendments"]
            assert (draft["state"], draft["waits_for"], draft["speaker"]) == ("proposed", ["b.example"], "a.example")
            (clause,) = talk.run(name, "agreement", "diff", "harbour", "--amendment", change)["clauses"]
            assert (clause["id"], clause["new"]["text"]) == ("1", "Requests are answered within 24 hours")
            assert "not signed by b.example" in talk.text(name, "agreement", "show", "harbour")

        talk.later(days=10)  # 21 October 2026
        talk.run("b", "agreement", "sign", change)
        talk.sync()
        talk.later(days=100)
        for name in ("a", "b"):
            assert (
                _texts(talk.run(name, "agreement", "show", "harbour"))["1"] == "Requests are answered within 24 hours"
            )
            for on, number, hours in (
                ("2026-10-01", 1, 48),
                ("2026-10-20", 1, 48),
                ("2026-10-21", 2, 24),
                ("2027-01", 2, 24),
            ):
                version = talk.run(name, "agreement", "show", "harbour", "--on", on)["version"]
                assert (version["number"], version["clauses"][0]["text"]) == (
                    number,
                    f"Requests are answered within {hours} hours",
                )
            assert "no text" in talk.refused(name, "agreement", "show", "harbour", "--on", "2026-09-30", code=3)
        assert talk.run("a", "agreement", "show", "harbour") == talk.run("b", "agreement", "show", "harbour")

        # What others ask: the clauses in force between two parties on a date, with their classes.
        with talk.node("b").store.indexed() as connection:
            parties = ("a.example", "b.example")
            assert agreements_in_force(connection, parties, parse_when("2026-09-30").last_us) == []
            (found,) = agreements_in_force(connection, parties, parse_when("2026-10-25").last_us)
            assert (found.version, [clause.classes for clause in found.clauses]) == (2, [(), ("intrusion",)])


def test_q7_what_cannot_be_signed_or_amended_is_refused_and_leaves_no_trace() -> None:
    with promising("a", "b", "c") as talk:
        _agree(talk)
        amend = ("agreement", "amend", "harbour", "--clause", "1=x")
        talk.refused("a", *amend, code=6, words=("is proposed; an amendment changes a text that is in force",))
        talk.refused("a", "agreement", "sign", "harbour", code=6, words=("has signed harbour before",))
        talk.refused("c", "agreement", "sign", "harbour", code=3)
        talk.run("b", "agreement", "sign", "harbour")
        talk.sync()
        talk.refused("a", "agreement", "amend", "harbour", "--remove", "9", words=("no clause 9",))
        talk.refused("a", "agreement", "amend", "harbour", "--clause", "words without a number", words=("ID=TEXT",))
        talk.refused(
            "a", *words("agreement amend harbour --clause 3=x --class 3=hacking"), words=("no activity class",)
        )
        talk.refused(
            "a", "agreement", "new", "harbour", "--title", "t", "--with", "b", "--clause", "1=x", words=("another key",)
        )
        talk.refused("a", *words("agreement new solo --title t --with a.example --clause 1=x"), words=("parties",))
        first = talk.run("a", *amend)["short"]
        second = talk.run("b", "agreement", "amend", "harbour", "--clause", "1=y")["short"]
        talk.sync()
        for name in ("a", "b"):
            talk.run(name, "agreement", "sign", first)
            talk.sync()
        talk.refused("b", "agreement", "sign", second, code=6, words=("overtaken",))
        talk.refused("b", "agreement", "leave", first, code=6, words=("part of the text",))
        talk.run("b", "agreement", "leave", "harbour", "--text", "as we said on 3 May")
        talk.sync()
        state = talk.run("a", "agreement", "show", "harbour")
        assert (state["state"], list(state["left"])) == ("ended", ["b.example"])
        talk.refused("a", *amend, code=6, words=("is ended",))
