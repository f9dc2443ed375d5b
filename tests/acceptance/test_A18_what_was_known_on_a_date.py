"""A18 “Why did Obama do NOTHING when he had info before election”: what was decided, why, and what was known then.

Decisions not to act are recorded with reason, date, and what was known then. 'What was known on date D' replays exactly the records
received by D.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.recording import recording
from tests.talking import Talk


def _today(talk: Talk) -> str:
    return datetime.fromtimestamp(talk.world.clock.now_us / 1_000_000, UTC).date().isoformat()


def _claim(talk: Talk, name: str, quote: str, *more: str) -> str:
    return str(
        talk.run(name, "claim", "add", quote, "--speaker", f"Office of {name}", "--about", "lantern", *more)["claim"][
            "id"
        ]
    )


def _ids(document: Any) -> list[str]:
    return sorted(entry["id"] for entry in document["entries"])


def test_a18_what_was_known_on_a_date_is_exactly_what_was_received_by_then_and_a_decision_not_to_act_has_its_reasons() -> (
    None
):
    with recording("a", "b") as talk:
        own = _claim(talk, "a", "we saw something")
        early = _claim(talk, "b", "it was not us", "--to", "a", "--polarity", "denies")
        talk.later(days=1)
        talk.sync()
        # Said on the day before the decision, and received on the day after it.
        late = _claim(talk, "b", "we looked again", "--to", "a")
        talk.later(days=1)
        day = _today(talk)
        decided = talk.run(
            "a", "milestone", "add", "lantern", "decision", day, "--by", "Minister", "--choice", "do not act",
            "--reason", "too near the vote", "--reason", "not sure enough",
        )["id"]  # fmt: skip
        before = talk.run("a", "chronology", "--known-on", day)
        talk.later(days=1)
        talk.sync()
        afterwards = _claim(talk, "a", "we saw it again")

        then = talk.run("a", "chronology", "--known-on", day)
        assert _ids(then) == _ids(before) == sorted([own, early, decided])
        assert {e["id"] for e in then["entries"]}.isdisjoint({late, afterwards})
        # What had been said by that day, whoever had received it, is the other question.
        assert _ids(talk.run("a", "chronology", "--on", day)) == sorted([own, early, late, decided])
        assert _ids(talk.run("a", "chronology")) == sorted([own, early, late, decided, afterwards])

        (line,) = [e for e in then["entries"] if e["id"] == decided]
        assert line["when"]["fidelity"] == "day"
        assert line["sentence"] == (
            "A recorded: “Minister” decided not to act, on “lantern”; reason given: “too near the vote”; reason given: “not sure enough”."
        )
        listed = talk.run("a", "milestone", "list", "lantern")
        assert listed["held_here_then"] == {decided: 3}, "the decision itself is one of them"
        assert f"3 statements were held here by then; see: detente chronology --known-on {day}" in talk.text(
            "a", "milestone", "list"
        )
        stamp = listed["accounts"][0]["stamps"][0]
        assert (stamp["choice"], stamp["when"]) == ("do not act", day)
        assert stamp["quotes"]["reasons"] == ["too near the vote", "not sure enough"]
        talk.refused(
            "a",
            "milestone",
            "add",
            "lantern",
            "decision",
            day,
            "--by",
            "x",
            "--choice",
            "do not act",
            words=("reason",),
        )


def test_a18_a_denial_that_came_later_stands_beside_the_claim_in_the_replay_and_is_no_record_of_it() -> None:
    with recording("a", "b") as talk:
        claimed = _claim(talk, "a", "it was them", "--to", "b", "--topic", "responsibility")
        day = _today(talk)
        talk.later(days=3)
        talk.sync()
        denied = _claim(
            talk,
            "b",
            "it was not",
            "--to",
            "a",
            "--polarity",
            "denies",
            "--about",
            claimed,
            "--topic",
            "responsibility",
        )
        talk.sync()
        (entry,) = talk.run("a", "chronology", "--known-on", day)["entries"]
        assert entry["id"] == claimed
        assert [(beside["id"], beside["later"]) for beside in entry["beside"]] == [(denied, True)]
        assert "later than the date asked for" in talk.text("a", "chronology", "--known-on", day)
