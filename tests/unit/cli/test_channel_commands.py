"""The commands of the channel on two nodes: what they print and take, and that misuse is a clear error that records nothing."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from tests.talking import Talk, talking

from detente.channel.bodies import Correction, Message
from detente.node.matters import tell
from detente.node.partners import pause_partner
from detente.words import loaded_words

REQUEST = ("request", "--to", "b", "--subject", "Logs", "--text", "Please send them.", "--want", "information")
NOTICE = ("notice", "--to", "b", "--subject", "Servers", "--text", "Twelve servers are listed.")


@pytest.fixture
def talk() -> Iterator[Talk]:
    with talking("a", "b", "c") as made:
        yield made


def asked(talk: Talk, *more: str) -> str:
    name = str(talk.run("a", *REQUEST, *more)["id"])
    talk.sync()
    return name


def leg(talk: Talk, node: str, name: str) -> Any:
    return talk.run(node, "thread", "show", name)["thread"]["legs"]["b.example"]


# -- saying -------------------------------------------------------------------------------------------------------------


def test_a_request_runs_from_sent_to_satisfied_and_both_sides_see_the_same(talk: Talk) -> None:
    name = asked(talk)
    for node, arguments in (
        ("b", ("acknowledge",)),
        ("b", ("needs-more", "--text", "Which days?")),
        ("a", ("answer-question", "--text", "3 to 5 November.")),
        ("b", ("accept", "--until", "24h")),
        ("b", ("answer", "--text", "Attached.", "--partial")),
        ("b", ("answer", "--text", "The rest.")),
        ("a", ("satisfied",)),
    ):
        talk.later(hours=1)
        talk.run(node, "reply", name, *arguments)
        talk.sync()
    assert leg(talk, "a", name) == leg(talk, "b", name)
    assert leg(talk, "a", name)["state"] == "closed-satisfied"
    assert talk.run("a", "thread", "list", code=3)["threads"] == []
    assert [one["id"] for one in talk.run("b", "thread", "list", "--all")["threads"]] == [name]


def test_a_dry_run_shows_recipients_and_every_word_and_stores_nothing(talk: Talk) -> None:
    for arguments in (NOTICE, REQUEST, ("drill", "--to", "b")):
        shown = talk.run("a", *arguments, "--dry-run")
        assert (shown["said"], shown["dry_run"], shown["to"]) == (False, True, ["b.example"])
        assert shown["body"]["marking"] == "TLP:AMBER"
        text = talk.text("a", *arguments, "--dry-run")
        assert "Would say to b.example" in text
        assert '"marking": "TLP:AMBER"' in text
    assert talk.run("a", "thread", "list", "--all", code=3)["threads"] == []


def test_texts_come_from_the_option_a_file_or_standard_input(talk: Talk, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("From a file.\n", encoding="utf-8")
    said = talk.run("a", *NOTICE[:-2], "--text-file", str(tmp_path / "text.txt"), "--dry-run")
    assert said["body"]["text"] == "From a file."
    with mock.patch("sys.stdin", io.TextIOWrapper(io.BytesIO("Von außen.".encode()))):
        assert talk.run("a", *NOTICE[:-2], "--text-file", "-", "--dry-run")["body"]["text"] == "Von außen."
    talk.refused("a", *NOTICE, "--text-file", str(tmp_path / "text.txt"), words=("not both",))
    talk.refused("a", *NOTICE[:-2], "--text-file", str(tmp_path / "none.txt"), code=3, words=("no file",))
    (tmp_path / "latin.txt").write_bytes(b"\xe4")
    talk.refused("a", *NOTICE[:-2], "--text-file", str(tmp_path / "latin.txt"), words=("UTF-8",))


def test_a_statement_that_is_referred_to_may_be_named_by_its_words(talk: Talk) -> None:
    first = talk.run("a", *NOTICE)
    said = talk.run("a", *REQUEST, "--ref", first["short"], "--ref", "indicator--7f8a3d0c-5c1e-4d5e-9a63-0d3f6a1b2c3d")
    assert said["body"]["refs"] == [first["id"], "indicator--7f8a3d0c-5c1e-4d5e-9a63-0d3f6a1b2c3d"]
    talk.refused("a", *REQUEST, "--ref", "lusab-babad-gutih", code=3, words=("lusab-babad-gutih",))


def test_foreign_text_is_shown_and_not_obeyed(talk: Talk) -> None:
    name = talk.run("a", *NOTICE[:-2], "--text", "\x1b[2JGone \u202egnorw")["id"]
    talk.sync()
    for arguments in (("thread", "show", name), ("inbox",), ("thread", "list")):
        text = talk.text("b", *arguments)
        assert "\x1b" not in text
        assert "\u202e" not in text


def test_a_partners_words_that_are_of_no_list_are_kept_quoted_and_harmless(talk: Talk) -> None:
    name = asked(talk)
    bad = "guilty\x1b[2J"
    strange = (
        Message(move=bad, thread=name, text="x"),
        Message(move="decline", thread=name, reason=bad, number=2),
        Message(move="answer", thread=name, text="x", extent=bad, position=bad, number=3),
        Correction(of=name, field=bad, was=bad, now=bad),
    )
    for message in strange:
        tell(talk.node("b"), "correction" if isinstance(message, Correction) else "message", message, to=["a"])
    talk.sync()
    for arguments in (
        ("thread", "show", name),
        ("thread", "list", "--all"),
        ("inbox",),
        ("correction", "list"),
        ("report", "usage", "b"),
    ):
        text = talk.text("a", *arguments)
        assert "\x1b" not in text
        assert loaded_words(text) == [], text
    assert "“guilty\\u001b[2J”" in talk.text("a", "thread", "show", name)


def test_an_opening_to_several_has_a_leg_for_each_and_nobody_sees_the_others(talk: Talk) -> None:
    name = talk.run("a", *REQUEST, "--to", "c")["id"]
    talk.sync()
    talk.run("b", "reply", name, "acknowledge")
    talk.run("c", "reply", name, "decline", "--reason", "not-ours")
    talk.sync()
    legs = talk.run("a", "thread", "show", name)["thread"]["legs"]
    assert {party: one["state"] for party, one in legs.items()} == {
        "b.example": "acknowledged",
        "c.example": "declined",
    }
    assert list(talk.run("b", "thread", "show", name)["thread"]["legs"]) == ["b.example"]
    # Without --to a move of the opener goes to those whom it concerns.
    assert talk.run("a", "reply", name, "contested", "--text", "It is yours.")["to"] == ["c.example"]


def test_a_reply_is_handled_no_more_freely_than_what_it_replies_to(talk: Talk) -> None:
    name = asked(talk, "--marking", "red")
    assert talk.run("b", "reply", name, "acknowledge", "--dry-run")["body"]["marking"] == "TLP:RED"


def test_the_picture_is_written_as_svg(talk: Talk, tmp_path: Path) -> None:
    name = asked(talk)
    assert talk.text("a", "thread", "svg", name).startswith("<svg")
    talk.run("a", "thread", "svg", name, "-o", str(tmp_path / "thread.svg"))
    assert (tmp_path / "thread.svg").read_text(encoding="utf-8").startswith("<svg")


# -- the tables, the clock, the parties ---------------------------------------------------------------------------------


def test_a_reply_to_a_thread_that_one_is_no_part_of_is_refused(talk: Talk) -> None:
    name = asked(talk)
    talk.refused("c", "reply", name, "acknowledge", code=3, words=("no message named",))
    talk.refused("a", "reply", name, "acknowledge", code=6, words=("not for the opener",))
    talk.refused("a", "reply", name, "remind", "--to", "c", code=6, words=("stays between its parties",))


def test_an_acknowledgement_by_somebody_else_is_listed_and_counts_for_nothing(talk: Talk) -> None:
    name = asked(talk)
    before = leg(talk, "a", name)
    tell(talk.node("c"), "message", Message(move="acknowledge", thread=name), to=["a"])
    talk.sync()
    shown = talk.run("a", "thread", "show", name)["thread"]
    assert (shown["legs"]["b.example"]["state"], before["state"]) == ("delivered", "delivered")
    assert [(one["speaker"], one["reason"]) for one in shown["ignored"]] == [
        ("c.example", "c.example is not a party to this thread")
    ]
    assert "not in this thread: " in talk.text("a", "thread", "show", name)
    assert (
        talk.run("a", "report", "usage", "b")["pairs"]["a.example"]["b.example"]["kinds"]["request"]["acknowledged"]
        == []
    )


def test_a_move_that_the_table_does_not_allow_is_refused_by_name(talk: Talk) -> None:
    name = asked(talk)
    talk.refused("b", "reply", name, "extend", "--until", "72h", code=6, words=("extend", "delivered"))
    talk.run("b", "reply", name, "acknowledge")
    talk.refused("b", "reply", name, "acknowledge", code=6, words=("acknowledged",))
    talk.refused("b", "reply", name, "acquiesce", code=2, words=("acknowledge",))


def test_what_a_move_needs_is_named(talk: Talk) -> None:
    name = asked(talk)
    for move, words in (
        ("needs-more", "needs text"),
        ("decline", "needs reason"),
        ("refer", "needs refer_to"),
        ("answer", "needs text"),
    ):
        talk.refused("b", "reply", name, move, words=(words,))
    talk.refused("b", "reply", name, "decline", "--reason", "unwilling", words=("not-competent",))
    talk.refused("b", "reply", name, "acknowledge", "--text", "We agree.", words=("nothing else", "text"))
    talk.refused("b", "reply", name, "accept", "--until", "900h", code=6, words=("after what is due",))


def test_a_word_that_is_not_of_the_list_is_refused_with_the_list(talk: Talk) -> None:
    talk.refused("a", *REQUEST, "--want", "hack-back", code=2, words=("preservation",))
    talk.refused("a", *REQUEST, "--profile", "leisurely", code=2, words=("vienna",))
    talk.refused("a", *REQUEST, "--weekdays", words=("technical only",))
    talk.refused("a", *REQUEST, "--marking", "pink", words=("TLP:AMBER",))
    talk.refused("a", *REQUEST, "--needed-by", "soon", words=("2016-10-07",))
    talk.refused("a", *REQUEST, "--needed-by", "0h", words=("15m, 48h or 7d",))
    talk.refused("a", *NOTICE[:3], "--text", "x", words=("needs subject",))
    talk.refused("a", *[w if w != "Servers" else "x" * 300 for w in NOTICE], words=("one line",))
    talk.refused("a", "notice", "--to", "d", *NOTICE[3:], code=3, words=("no partner 'd'",))


def test_a_window_that_ends_before_it_begins_is_refused(talk: Talk) -> None:
    warn = (
        "warn",
        "stop",
        "--to",
        "b",
        "--subject",
        "x",
        "--class",
        "tampering",
        "--demand",
        "y",
        "--consequence",
        "none",
    )
    talk.refused("a", *warn, "--from", "2026-11-25", "--until", "2026-11-20", words=("ends after it begins",))
    talk.refused("a", *warn, "--until", "30d", "--reveal-at", "60d", words=("--sealed",))
    talk.refused("a", *warn, "--until", "30d", "--sealed", words=("date or the condition",))
    talk.refused("a", *warn, "--until", "30d", "--before-count", "3", words=("come together",))
    talk.refused("a", *warn, "--until", "30d", "--withheld", "many", words=("ITEMS:CLASS:DIGEST",))


def test_a_partner_that_is_paused_or_may_not_have_the_marking_is_told_nothing(talk: Talk) -> None:
    pause_partner(talk.node("a"), "b", paused=True)
    talk.refused("a", *REQUEST, code=6, words=("paused",))


def test_a_clock_behind_what_it_answers_to_says_nothing(talk: Talk) -> None:
    name = asked(talk)
    talk.world.clock.now_us -= 3600 * 1_000_000
    talk.refused("b", "reply", name, "acknowledge", code=3, words=("set the clock",))


def test_the_political_level_needs_a_named_person_whose_name_stays_here(talk: Talk) -> None:
    name = asked(talk)
    talk.run("a", "reply", name, "escalate", "--text", "No receipt by the office.")
    talk.sync()
    up = ("reply", name, "escalate", "--text", "Still none.")
    talk.refused("a", *up, code=6, words=("--by",))
    said = talk.run("a", *up, "--by", "Kim Vale")
    assert (said["body"]["level"], said["body"]["eyes"]) == (3, 1)
    assert "Kim" not in str(said)
    talk.refused("a", *NOTICE, "--level", "political", code=6, words=("--by",))
    talk.sync()
    assert leg(talk, "b", name)["level"] == 3


def test_thread_show_at_a_date_shows_what_was_then(talk: Talk) -> None:
    name = asked(talk)
    talk.later(days=1)
    talk.run("b", "reply", name, "acknowledge")
    assert (
        talk.run("b", "thread", "show", name, "--at", "2026-09-21T20Z")["thread"]["legs"]["b.example"]["state"]
        == "delivered"
    )
    assert leg(talk, "b", name)["state"] == "acknowledged"


# -- four eyes ----------------------------------------------------------------------------------------------------------


def four_eyes(talk: Talk, text: str = "four_eyes = true") -> None:
    file = talk.world.folder / "a" / "detente.toml"
    file.write_text(file.read_text().replace("four_eyes = false", text))


def test_with_four_eyes_nothing_leaves_before_a_second_person_has_approved(talk: Talk) -> None:
    four_eyes(talk)
    talk.refused("a", *REQUEST, code=6, words=("--by",))
    draft = talk.run("a", *REQUEST, "--by", "Kim")
    assert (draft["said"], draft["waits_for_second_person"]) == (False, True)
    assert "Nothing has left." in talk.text("a", "outbox", "show", draft["short"]) or draft["short"]
    (row,) = [row for row in talk.run("a", "inbox")["rows"] if row["section"] == "drafts"]
    assert (row["short"], row["state"]) == (draft["short"], "written by Kim")
    talk.sync()
    assert talk.run("b", "thread", "list", code=3)["threads"] == []

    for same in ("Kim", " kim "):
        talk.refused("a", "outbox", "approve", draft["short"], "--by", same, code=6, words=("same person",))
    talk.refused("a", "outbox", "approve", draft["short"], code=6, words=("--by",))
    said = talk.run("a", "outbox", "approve", draft["short"], "--by", "Ola")
    assert said["body"]["eyes"] == 2
    talk.refused("a", "outbox", "approve", draft["short"], "--by", "Ola", words=("approved already",))
    assert talk.run("a", "outbox", "list", code=3)["drafts"] == []
    assert [one["decision"] for one in talk.run("a", "outbox", "list", "--all")["drafts"]] == ["approved"]
    talk.sync()
    received = talk.text("b", "--json", "thread", "show", said["id"])
    assert "Kim" not in received
    assert "Ola" not in received


def test_a_dropped_draft_is_never_said(talk: Talk) -> None:
    four_eyes(talk)
    draft = talk.run("a", *REQUEST, "--by", "Kim")["short"]
    talk.run("a", "outbox", "drop", draft, "--by", "Ola", "--reason", "asked before")
    talk.refused("a", "outbox", "approve", draft, "--by", "Ola", words=("dropped already",))
    assert talk.run("a", "thread", "list", "--all", code=3)["threads"] == []


def test_what_could_not_be_said_is_no_draft_either(talk: Talk) -> None:
    four_eyes(talk)
    talk.refused("a", *REQUEST, "--to", "d", "--by", "Kim", code=3)
    talk.refused("a", *NOTICE[:-2], "--by", "Kim", words=("needs text",))


def test_two_drafts_in_one_thread_keep_their_numbers_apart(talk: Talk) -> None:
    name = asked(talk)
    four_eyes(talk)
    drafts = [talk.run("a", "reply", name, "remind", "--by", "Kim")["short"] for _ in range(2)]
    for draft in drafts:
        talk.run("a", "outbox", "approve", draft, "--by", "Ola")
    talk.sync()
    events = talk.run("b", "thread", "show", name)["thread"]["events"]
    assert [(event["move"], event["flags"]) for event in events] == [("request", []), ("remind", []), ("remind", [])]


def test_four_eyes_may_be_asked_for_some_kinds_alone(talk: Talk) -> None:
    four_eyes(talk, "four_eyes = true\nfour_eyes_kinds_ = []".replace("four_eyes_kinds_ = []", "drill_days = 30"))
    file = talk.world.folder / "a" / "detente.toml"
    text = (
        file.read_text()
        .replace("drill_days = 90", "")
        .replace("four_eyes_kinds = []", 'four_eyes_kinds = ["demarche"]')
    )
    file.write_text(text)
    assert talk.run("a", *REQUEST)["said"] is True


def test_a_kind_that_does_not_exist_is_an_error_in_the_choices(talk: Talk) -> None:
    file = talk.world.folder / "a" / "detente.toml"
    whole = file.read_text()
    file.write_text(whole.replace("four_eyes_kinds = []", 'four_eyes_kinds = ["demarches"]'))
    assert "demarches" in talk.run("a", "inbox", code=1)["error"]["message"]
    file.write_text(whole.replace("drill_days = 90", "drill_days = 0"))
    assert "drill_days" in talk.run("a", "inbox", code=1)["error"]["message"]


# -- the inbox ----------------------------------------------------------------------------------------------------------


def test_the_inbox_lists_overdue_first_with_absolute_times_before_relative_ones(talk: Talk) -> None:
    first = asked(talk)
    talk.later(hours=30)
    second = asked(talk, "--profile", "urgent")
    third = asked(talk, "--profile", "technical")
    rows = talk.run("b", "inbox", "--mine")["rows"]
    assert [(row["id"], row["section"]) for row in rows] == [(first, "overdue"), (second, "today"), (third, "later")]
    assert rows[0]["wanted"] == "you: acknowledge it"
    assert "correct" not in rows[0]["next_moves"]
    text = talk.text("b", "inbox")
    assert "Waits for you: 1 overdue, 1 today, 1 later." in text
    assert "22 Sep 2026 14:13 UTC (6 h ago)  you: acknowledge it" in text


def test_an_empty_inbox_is_exit_3(talk: Talk) -> None:
    assert talk.run("a", "inbox", "--mine", code=3)["rows"] == []
    assert "Nothing waits for you." in talk.text("a", "inbox", "--mine", code=3)


# -- neutral words ------------------------------------------------------------------------------------------------------


def test_no_rendering_has_words_of_blame_outside_of_somebodys_quoted_words(talk: Talk) -> None:
    bad = "The culprit was proved guilty because it led to violations"
    name = talk.run("a", "request", "--to", "b", "--subject", bad, "--text", bad, "--want", "information")["id"]
    talk.run("a", *REQUEST, "--to", "c")
    talk.sync()
    talk.run("b", "reply", name, "decline", "--reason", "other", "--text", bad, "--alternative", bad)
    talk.run("a", "correction", "say", name, "--field", "text", "--now", bad + ".")
    held = talk.run(
        "a", "consult", "add", "--subject", bad, "--level", "technical", "--held", "2026", "--outcome", bad,
        "--participant", f"us={bad}", "--participant", "b=envoy", "--source", bad,
    )["id"]  # fmt: skip
    talk.run("a", "consult", "minutes", held, "--item", f"{bad}={bad}")
    talk.later(days=10)
    talk.sync()
    for node, other in (("a", "b"), ("b", "a")):
        for arguments in (
            ("inbox",),
            ("thread", "list", "--all"),
            ("thread", "show", name),
            ("thread", "svg", name),
            ("report", "usage", other),
            ("report", "latency", other),
            ("correction", "list"),
            ("consult", "list"),
            ("consult", "show", held),
        ):
            for text in (talk.text(node, *arguments), talk.text(node, "--json", *arguments)):
                assert loaded_words(text) == [], (node, arguments, loaded_words(text), text)
