"""W3: downstream relay: who told how many, when, with what text."""

from __future__ import annotations

from tests.talking import talking

WORDING = "Banks may be attacked this week."


def test_w3_relay_receipts_give_counts_by_class_of_recipient_and_no_names() -> None:
    with talking("a", "b", "c", "d") as talk:
        name = talk.run(
            "a", "warn", "protective", "--to", "b", "--subject", "Banks", "--text", "An attack is being prepared.",
            "--target", "banks", "--likelihood", "likely", "--confidence", "low", "--advice", "Filter.",
            "--could-act", "banks=unknown", "--until", "7d", "--relay-text", f"en={WORDING}",
            "--relay-text", "fr=Des banques peuvent être attaquées cette semaine.",
        )["id"]  # fmt: skip
        talk.sync()
        relay = ("warn", "relay", name)
        talk.run("b", *relay, "--language", "en", "--to", "cert=c", "--to", "cert=d", "--count", "banks=31")
        talk.later(hours=2)
        talk.run("b", *relay, "--language", "fr", "--count", "banks=4")
        talk.sync()
        for node in ("a", "b"):
            thread = talk.run(node, "thread", "show", name)
            assert thread["relayed"] == {"banks": {"en": 31, "fr": 4}, "cert": {"en": 2}}
            receipts = [one["quote"] for one in thread["thread"]["legs"]["b.example"]["relayed"]]
            assert [(one["class"], one["count"], one["language"]) for one in receipts] == [
                ("banks", 31, "en"), ("cert", 2, "en"), ("banks", 4, "fr"),
            ]  # fmt: skip
            assert receipts[2]["at_us"] - receipts[0]["at_us"] >= 7_200_000_000
        # What reached the warner names nobody who was told.
        assert "c.example" not in str(talk.run("a", "thread", "show", name))
        assert "b.example says that it told “banks”: 31 (“en”)" in talk.text("a", "thread", "show", name)


def test_w3_a_count_is_a_number_of_a_class() -> None:
    with talking("a", "b") as talk:
        name = talk.run(
            "a", "warn", "protective", "--to", "b", "--subject", "Banks", "--text", "x", "--target", "banks",
            "--likelihood", "likely", "--confidence", "low", "--advice", "y", "--could-act", "banks=yes",
            "--until", "7d", "--relay-text", f"en={WORDING}",
        )["id"]  # fmt: skip
        talk.sync()
        for count in ("banks", "banks=-1", "banks=many", "=3"):
            talk.refused("b", "warn", "relay", name, "--language", "en", "--count", count, words=("CLASS=NUMBER",))
