"""E4 “problems with cyber-intrusions from Russia in the past, rom other countries in the past”: history per pair, all directions.

The dyad history lists incidents alleged by A against B and by B against A in one layout.
"""

from __future__ import annotations

from typing import Any

from tests.recording import recording
from tests.talking import Talk


def _told(talk: Talk, one: str, other: str, number: int) -> str:
    return str(
        talk.run(
            one, "claim", "add", f"they entered our system {number}", "--speaker", "Office", "--party", f"{one}.example",
            "--about", f"incident-{number}", "--about", f"{other}.example", "--topic", "intrusion", "--said", f"2026-0{number}",
            "--to", other,
        )["claim"]["id"]
    )  # fmt: skip


def test_e4_what_each_alleges_against_the_other_stands_in_one_layout_with_the_other_sides_word() -> None:
    with recording("a", "b", "c") as talk:
        first = _told(talk, "a", "b", 1)
        second = _told(talk, "b", "a", 2)
        talk.sync()
        denied = talk.run(
            "b", "claim", "add", "it was not us", "--speaker", "Office", "--party", "b.example", "--polarity", "denies", "--about", first,
            "--to", "a",
        )["claim"]["id"]  # fmt: skip
        talk.run(
            "b", "warn", "stop", "--to", "a", "--class", "scanning", "--demand", "end it", "--until", "30d", "--subject", "scans",
            "--text", "x", "--consequence", "none",
        )  # fmt: skip
        third = _told(talk, "a", "c", 3)
        talk.sync()

        found = {name: talk.run(name, "history", other) for name, other in (("a", "b"), ("b", "a"))}
        assert found["a"]["allegations"] == found["b"]["allegations"]
        rows: list[dict[str, Any]] = found["a"]["allegations"]
        assert [(r["by"], r["against"], r["as"], r["incidents"], r["on"]) for r in rows] == [
            ("a.example", "b.example", "claim", ["incident-1"], ["intrusion"]),
            ("b.example", "a.example", "claim", ["incident-2"], ["intrusion"]),
            ("b.example", "a.example", "demarche", [], ["scanning"]),
        ]
        assert [r["statement"]["id"] for r in rows[:2]] == [first, second]
        assert [b["id"] for b in rows[0]["statement"]["beside"]] == [denied]
        assert rows[1]["statement"]["beside"] == []
        assert len({tuple(sorted(row)) for row in rows}) == 1, "one layout, whoever alleges"
        # Each direction and kind has its own number, and none is added to another.
        assert found["a"]["counts"] == {
            "a.example": {"claim": 1, "demarche": 0, "conduct": 0},
            "b.example": {"claim": 1, "demarche": 1, "conduct": 0},
        }
        assert "total" not in str(found["a"])

        text = talk.text("a", "history", "b")
        assert "nothing recorded" in text
        assert f"denies, scope not stated: b.example {rows[0]['statement']['beside'][0]['short']}" in text

        # Other pairs in the same layout: of what we hold, also between two others.
        (other,) = talk.run("a", "history", "c")["allegations"]
        assert (other["statement"]["id"], other["by"], other["against"]) == (third, "a.example", "c.example")
        assert talk.run("a", "history", "b", "--and", "c")["allegations"] == []
        assert "not to say that there is none" in talk.text("a", "history", "b", "--and", "c")
