"""R1: requests have numbers, deadlines, answers, reasons, alternatives offered; both sides hold the same count."""

from __future__ import annotations

from typing import Any

from tests.talking import Talk, talking

ASKED = 13


def ask(talk: Talk, number: int, *more: str) -> str:
    said = talk.run(
        "a", "request", "--to", "b", "--subject", f"Image of the server, request {number}",
        "--text", "Please send it.", "--want", "information", *more,
    )  # fmt: skip
    return str(said["id"])


def requests(talk: Talk, node: str) -> dict[str, Any]:
    usage = talk.run(node, "report", "usage", "b" if node == "a" else "a")
    found = usage["pairs"]["a.example"]["b.example"]["kinds"]["request"]
    assert isinstance(found, dict)
    return found


def test_r1_thirteen_asked_are_thirteen_on_both_sides_with_the_same_ids_and_silence_is_no_refusal() -> None:
    with talking("a", "b") as talk:
        ids = [ask(talk, number) for number in range(1, ASKED + 1)]
        talk.sync()
        answered, declined = ids[:2], ids[2:5]
        for name in answered:
            talk.run("b", "reply", name, "answer", "--text", "Attached.")
        for name in declined:
            talk.run(
                "b", "reply", name, "decline", "--reason", "law", "--alternative", "An image made by a contractor."
            )
        talk.later(days=5)
        talk.sync()
        for node in ("a", "b"):
            counts = requests(talk, node)
            assert counts["asked"] == ids
            assert counts["answered"] == answered
            assert counts["declined"] == declined
            assert counts["unanswered"] == ids[5:]
            assert counts["unreceipted"] == []
        thread = talk.run("a", "thread", "show", declined[0])["thread"]
        assert (thread["legs"]["b.example"]["state"], thread["legs"]["b.example"]["reason"]) == (
            "closed-declined",
            "law",
        )
        text = talk.text("b", "report", "usage", "a")
        assert [line.split()[-2:] for line in text.splitlines() if " request " in line] == [
            ["asked", "13"], ["answered", "2"], ["declined", "3"], ["unanswered", "8"],
        ]  # fmt: skip


def test_r1_a_claimed_request_without_the_other_sides_receipt_is_unreceipted_and_not_refused() -> None:
    with talking("a", "b") as talk:
        first = ask(talk, 1)
        talk.sync()
        talk.world.away.add("a")
        second = ask(talk, 2)
        talk.later(days=30)
        ours, theirs = requests(talk, "a"), requests(talk, "b")
        assert (ours["asked"], ours["unreceipted"], ours["declined"]) == ([first, second], [second], [])
        assert (theirs["asked"], theirs["unreceipted"]) == ([first], [])
        row = next(row for row in talk.run("a", "inbox")["rows"] if row["id"] == second)
        assert (row["section"], row["state"]) == ("unreceipted", "sent")
        assert "which is no refusal" in talk.text("a", "thread", "show", second)
