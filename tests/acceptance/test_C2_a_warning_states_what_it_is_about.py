"""C2: a stop-it warning is an object: activity defined, demand, window, consequence class, addressee, signature."""

from __future__ import annotations

import pytest
from tests.talking import Talk, talking

WARNING = {
    "--subject": "Election systems",
    "--class": "tampering",
    "--demand": "End it.",
    "--until": "64d",
    "--consequence": "The finding will be published.",
}


def warn(talk: Talk, fields: dict[str, str], *more: str, code: int = 0) -> dict[str, object]:
    options = [word for name, value in fields.items() for word in (name, value)]
    found = talk.run("a", "warn", "stop", "--to", "b", *options, *more, code=code)
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    ("left_out", "named"),
    [("--class", "activity"), ("--until", "window"), ("--demand", "demand"), ("--consequence", "consequence")],
)
def test_c2_a_warning_without_a_checkable_activity_or_a_window_is_refused_with_the_field_named(
    left_out: str, named: str
) -> None:
    with talking("a", "b") as talk:
        fields = {name: value for name, value in WARNING.items() if name != left_out}
        options = [word for name, value in fields.items() for word in (name, value)]
        talk.refused("a", "warn", "stop", "--to", "b", *options, words=(f"needs {named}:",))


def test_c2_a_slogan_is_no_activity() -> None:
    with talking("a", "b") as talk:
        options = [word for name, value in WARNING.items() if name != "--class" for word in (name, value)]
        talk.refused("a", "warn", "stop", "--to", "b", *options, "--class", "meddling", code=2, words=("tampering",))
        talk.refused("a", "warn", "stop", "--to", "b", *options, "--against", "election", words=("at least one class",))


def test_c2_a_complete_warning_is_one_signed_object_on_both_sides_and_says_what_silence_would_show() -> None:
    with talking("a", "b") as talk:
        said = warn(talk, WARNING, "--before-count", "2", "--before-days", "90")
        assert said["silence"] == {
            "before_count": 2,
            "before_days": 90.0,
            "silence_needed_days": 208.3,
            "window_days": 64.0,
        }
        text = talk.text(
            "a", "warn", "stop", "--to", "b", *[word for pair in WARNING.items() for word in pair],
            "--before-count", "2", "--before-days", "90", "--dry-run",
        )  # fmt: skip
        assert "none may be seen for 208 days" in text
        assert "The window has 64 days: none seen in it would be too few data." in text
        talk.sync()
        for name in ("a", "b"):
            thread = talk.run(name, "thread", "show", str(said["id"]))["thread"]
            opening = thread["body"]
            assert (thread["kind"], thread["opener"], list(thread["legs"])) == ("demarche", "a.example", ["b.example"])
            assert opening["activity"] == {"classes": ["tampering"]}
            assert opening["demand"] == "End it."
            assert opening["consequence"] == {"class": "open", "text": "The finding will be published."}
            window = opening["window"]
            assert (window["to_us"] - window["from_us"]) // 86_400_000_000 == 64


def test_c2_a_sealed_consequence_shows_its_digest_and_not_its_text_until_it_is_revealed_once() -> None:
    secret = "A list of names will be published."
    with talking("a", "b") as talk:
        said = warn(talk, {**WARNING, "--consequence": secret}, "--sealed", "--reveal-at", "90d")
        name = str(said["id"])
        talk.sync()
        for node in ("a", "b"):
            assert secret not in talk.text(node, "--json", "thread", "show", name)
        talk.refused("b", "reveal", name, code=6, words=("that party alone can reveal it",))
        talk.refused("a", "reveal", name, code=6, words=("has not come",))
        talk.later(days=91)
        assert [r["state"] for r in talk.run("b", "inbox")["rows"] if r["section"] == "seals"] == [
            "closed past its date"
        ]
        talk.run("a", "reveal", name)
        talk.sync()
        assert not [r for node in ("a", "b") for r in talk.run(node, "inbox")["rows"] if r["section"] == "seals"]
        talk.refused("a", "reveal", name, code=6, words=("opened once",))
