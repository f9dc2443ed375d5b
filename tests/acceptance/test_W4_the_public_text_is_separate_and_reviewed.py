"""W4: the public text is a separate, reviewed part of a warning, in each language."""

from __future__ import annotations

from tests.talking import talking

WARN = (
    "warn", "protective", "--to", "b", "--subject", "Banks", "--text", "An attack is being prepared; sources at risk.",
    "--target", "banks", "--likelihood", "likely", "--confidence", "low", "--advice", "Filter.",
    "--could-act", "banks=unknown", "--until", "7d", "--relay-public",
)  # fmt: skip
TEXTS = ("--public-text", "en=Your savings are safe.", "--public-text", "fr=Vos économies sont en sécurité.")


def test_w4_a_warning_for_public_relay_without_a_public_text_is_refused() -> None:
    with talking("a", "b") as talk:
        talk.refused("a", *WARN, "--by", "Kim", words=("needs public_text",))
        talk.refused("a", *WARN, "--by", "Kim", "--public-text", "en= ", words=("en=TEXT",))
        talk.refused("a", *WARN, "--by", "Kim", "--public-text", "not a language=x", words=("language tag",))


def test_w4_the_public_text_is_reviewed_by_a_second_person_before_it_leaves() -> None:
    with talking("a", "b") as talk:
        talk.refused("a", *WARN, *TEXTS, code=6, words=("--by",))
        draft = talk.run("a", *WARN, *TEXTS, "--by", "Kim")
        assert draft["waits_for_second_person"] is True
        talk.sync()
        assert talk.run("b", "thread", "list", code=3)["threads"] == []
        talk.refused("a", "outbox", "approve", draft["short"], "--by", "kim ", code=6, words=("same person",))
        said = talk.run("a", "outbox", "approve", draft["short"], "--by", "Ola")
        talk.sync()
        body = talk.run("b", "thread", "show", said["id"])["thread"]["body"]
        assert body["public_text"] == {"en": "Your savings are safe.", "fr": "Vos économies sont en sécurité."}
        assert body["eyes"] == 2
        assert "Kim" not in str(body)
        assert "Ola" not in str(body)
        # What goes to the public is that text, and not the warning.
        assert (
            talk.run("b", "warn", "relay", said["id"], "--language", "fr")["quote"] == "Vos économies sont en sécurité."
        )
