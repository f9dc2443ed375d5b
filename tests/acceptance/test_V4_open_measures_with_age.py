"""V4 “It is important for us to review all elements of that”: after-action review: each measure taken, owner, state.

Open measures from a review are listed with age.
"""

from __future__ import annotations

from tests.recording import recording


def test_v4_open_measures_of_a_review_are_listed_with_age_and_owner() -> None:
    with recording("a", "b") as talk:
        made = [
            talk.run(
                "a",
                "measure",
                "add",
                text,
                "--owner",
                owner,
                "--about",
                "review of lantern",
                "--given-by",
                "reviewer",
                "--to",
                "b",
                *more,
            )["short"]
            for text, owner, more in (
                ("two people read each warning", "CERT A", ("--due", "2026-09-22")),
                ("a drill each month", "CERT B", ()),
                ("new contact list", "Ministry", ()),
            )
        ]
        talk.later(days=10)
        talk.run("a", "measure", "update", made[1], "accepted", "--to", "b")
        talk.run("a", "measure", "update", made[2], "done", "--evidence", "list of 1 October", "--to", "b")
        talk.later(days=5)
        talk.sync()
        for name in ("a", "b"):
            listed = talk.run(name, "measure", "list")
            assert [(m["short"], m["owner"], m["state"], m["age_days"], m["overdue"]) for m in listed["measures"]] == [
                (made[0], "CERT A", "given", 15, True),
                (made[1], "CERT B", "accepted", 15, False),
            ]
            assert {m["about"] for m in listed["measures"]} == {"review of lantern"}
            assert listed["states"] == {"given": 1, "accepted": 1, "rejected": 0, "done": 1, "unknown": 0}
            text = talk.text(name, "measure", "list")
            assert "15 days" in text
            assert "(passed)" in text
            assert made[2] not in text
            assert made[2] in talk.text(name, "measure", "list", "--all")
