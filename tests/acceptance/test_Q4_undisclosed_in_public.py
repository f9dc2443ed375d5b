"""Q4: “undisclosed” is an allowed public state: that it exists and since when, and no more."""

from __future__ import annotations

from tests.norm_talk import promising, words

TEXT = "35 named officers leave within 72 hours"


def test_q4_the_public_line_says_undisclosed_with_its_date_and_no_more() -> None:
    with promising("a", "b") as talk:
        sealed = ("--sealed-kind", "retorsion", "--sealed-text", TEXT, "--reveal", "2026-12-29")
        said = talk.run(
            "a",
            *words("respond add undisclosed"),
            *sealed,
            *words("--public --marking clear --against b --incident harbour-1"),
        )["short"]
        talk.run(
            "a", "respond", "add", "private-message", "--role", "r", "--reasons", "not for the public", "--to", "b"
        )
        talk.sync()
        closed = "response: undisclosed (committed on 21 Sep 2026)"
        for name in ("a", "b"):
            assert talk.text(name, "respond", "list", "--public") == f"a.example\n  {closed}\n"
            assert talk.run(name, "respond", "list", "--public")["public"] == {"a.example": [closed]}

        talk.later(days=99)
        talk.run("a", "respond", "reveal", said)
        talk.sync()
        opened = "response: retorsion (committed on 21 Sep 2026, revealed on 29 Dec 2026)"
        for name in ("a", "b"):
            assert talk.run(name, "respond", "list", "--public")["public"] == {"a.example": [opened]}


def test_q4_in_public_a_marking_above_clear_is_refused() -> None:
    with promising("a") as talk:
        sealed = ("--sealed-kind", "retorsion", "--sealed-text", TEXT, "--reveal", "2026-12-29")
        talk.refused("a", "respond", "add", "undisclosed", *sealed, "--public", code=6, words=("only TLP:CLEAR",))
