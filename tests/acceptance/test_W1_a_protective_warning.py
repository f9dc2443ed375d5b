"""W1: a protective warning: predicted window, target class, confidence, recommended action, relay permission."""

from __future__ import annotations

from tests.talking import Talk, talking

WORDING = "Banks may be attacked between 25 and 27 September. Nothing is known of an attack so far."
WARN = (
    "warn", "protective", "--subject", "Banks", "--text", "An attack from rented servers is being prepared.",
    "--target", "banks", "--likelihood", "likely", "--confidence", "low", "--advice", "Filter the list attached.",
    "--could-act", "the hosting firm=no", "--from", "2026-09-25", "--until", "2026-09-27",
)  # fmt: skip


def warned(talk: Talk, *more: str) -> str:
    name = str(talk.run("a", *WARN, "--to", "b", *more)["id"])
    talk.sync()
    return name


def test_w1_a_warning_likely_at_low_confidence_goes_on_in_the_permitted_wording_alone() -> None:
    with talking("a", "b", "c") as talk:
        name = warned(talk, "--relay-text", f"en={WORDING}")
        body = talk.run("b", "thread", "show", name)["thread"]["body"]
        assert body["likelihood"] == {"word": "likely", "confidence": "low"}
        assert (body["target"], body["could_act"]) == ("banks", [{"who": "the hosting firm", "told": "no"}])

        assert talk.run("b", "warn", "relay", name, "--language", "en")["quote"] == WORDING
        to = ("--to", "cert=c")
        talk.refused(
            "b",
            "warn",
            "relay",
            name,
            "--language",
            "en",
            "--text",
            "You will be attacked!",
            *to,
            code=6,
            words=("no other",),
        )
        talk.refused("b", "warn", "relay", name, "--language", "fr", *to, code=6, words=("there is: en",))
        talk.refused("b", "reply", name, "relayed", "--count", "banks=3", code=6, words=("there is: en",))
        talk.run("b", "warn", "relay", name, "--language", "en", "--text", WORDING, *to, "--count", "banks=12")
        talk.sync()
        (received,) = talk.run("c", "thread", "list")["threads"]
        assert received["body"]["text"] == WORDING
        assert "rented servers" not in str(received)


def test_w1_without_permission_nothing_is_passed_on() -> None:
    with talking("a", "b", "c") as talk:
        name = warned(talk)
        talk.refused("b", "warn", "relay", name, "--language", "en", "--to", "cert=c", code=6, words=("not permitted",))
        talk.refused("b", "reply", name, "relayed", "--count", "banks=3", "--language", "en", code=6)


def test_w1_at_the_end_of_the_window_both_sides_are_asked_how_it_came_out() -> None:
    with talking("a", "b") as talk:
        name = warned(talk)
        talk.run("b", "reply", name, "acknowledge")
        talk.sync()
        # Before the end nobody can say that it did not come.
        talk.refused("b", "reply", name, "outcome", "--status", "not-occurred", code=6, words=("still open",))
        talk.later(days=7)
        for node in ("a", "b"):
            rows = [row for row in talk.run(node, "inbox", "--mine")["rows"] if row["id"] == name]
            assert [row["wanted"] for row in rows] == ["you: say how it came out"], node
        talk.refused("b", "reply", name, "outcome", "--status", "false-alarm", words=("undetermined",))
        talk.run("b", "reply", name, "outcome", "--status", "not-occurred", "--measure", "12 banks filtered the list")
        talk.run("a", "reply", name, "outcome", "--status", "undetermined")
        talk.sync()
        for node in ("a", "b"):
            leg = talk.run(node, "thread", "show", name)["thread"]["legs"]["b.example"]
            assert leg["state"] == "closed-outcome"
            assert leg["outcomes"]["b.example"]["quote"]["measures"] == ["12 banks filtered the list"]
            assert leg["outcomes"]["a.example"]["quote"]["status"] == "undetermined"
            assert not [row for row in talk.run(node, "inbox", "--mine", code=3)["rows"] if row["id"] == name]


def test_w1_what_a_warning_lacks_is_named() -> None:
    with talking("a", "b") as talk:
        for option, field in (
            ("--until", "window"),
            ("--likelihood", "likelihood"),
            ("--advice", "advice"),
            ("--could-act", "could_act"),
        ):
            at = WARN.index(option)
            talk.refused("a", *WARN[:at], *WARN[at + 2 :], "--to", "b", words=(f"needs {field}",))
        talk.refused("a", *[word.replace("likely", "surely") for word in WARN], "--to", "b", words=("surely",))
