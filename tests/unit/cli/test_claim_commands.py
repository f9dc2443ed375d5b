"""`detente claim`: record, import, review, list, show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.claiming import claiming, imported, listed_claims, recorded
from tests.scene import journal_kinds, require_sound
from tests.talking import Talk

from detente.claims.quotations import Candidate
from detente.node.claim import Article, Review
from detente.node.matters import tell as say

ARTICLE = """“We saw nothing,” said Anna Berg, the spokeswoman of the ministry, on 12 March 2026.

She called the report “baseless”. Sources said the deal was done."""


@pytest.fixture
def talk() -> Any:
    with claiming("a", "b") as made:
        yield made


def test_an_article_is_listed_with_its_candidates_and_nothing_is_accepted(talk: Talk, tmp_path: Path) -> None:
    document = imported(talk, "a", tmp_path, ARTICLE, "--outlet", "Harbour Post", "--published", "2026-03-13")
    assert [(one["speaker"], one["polarity"]) for one in document["candidates"]] == [
        ("Anna Berg", "asserts"),
        ("Anna Berg", "denies"),
        (None, "reports"),
    ]
    first = document["candidates"][0]
    assert (first["office"], first["said"], first["quote"]) == (
        "spokeswoman of the ministry",
        "2026-03-12",
        "We saw nothing",
    )
    assert listed_claims(talk, "a") == []
    assert journal_kinds(talk.node("a"))[-1] == "article"
    assert len(talk.run("a", "claim", "review")["pending"]) == 3
    text = talk.text("a", "claim", "review", document["short"], "1")
    assert "Anna Berg, spokeswoman of the ministry, 12 Mar 2026: asserts\n      “We saw nothing”" in text
    assert "baseless" not in text


def test_the_same_article_read_in_again_brings_nothing(talk: Talk, tmp_path: Path) -> None:
    first = imported(talk, "a", tmp_path, ARTICLE)
    talk.run("a", "claim", "review", first["short"], "1", "reject", "--by", "Ida Marsh", "--reason", "known")
    again = imported(talk, "a", tmp_path, ARTICLE)
    assert (again["article"], again["new"]) == (first["article"], False)
    assert [one["number"] for one in talk.run("a", "claim", "review")["pending"]] == [2, 3]


def test_a_person_accepts_changes_or_rejects_each_candidate_once(talk: Talk, tmp_path: Path) -> None:
    short = imported(talk, "a", tmp_path, ARTICLE, "--outlet", "Harbour Post")["short"]
    review = ("claim", "review", short)
    accepted = talk.run(
        "a", *review, "1", "accept", "--by", "Ida Marsh", "--grade", "B3", "--topic", "intrusion", "--to", "b"
    )
    assert accepted["claim"]["speaker"] == "Anna Berg"
    assert (accepted["claim"]["source_grade"], accepted["claim"]["topic"]) == ("B", "intrusion")
    assert [hop["name"] for hop in accepted["claim"]["hops"]] == ["Harbour Post"]
    changed = talk.run("a", *review, "2", "change", "--by", "Per Holm", "--quote", "baseless", "--speaker", "A. Berg")
    assert changed["claim"]["speaker"] == "A. Berg"
    assert talk.run("a", *review, "3", "reject", "--by", "Per Holm")["claim"] is None
    assert journal_kinds(talk.node("a"))[-3:] == ["review", "review", "review"]
    for number in ("1", "2", "3"):
        talk.refused("a", *review, number, "reject", "--by", "Ida Marsh", words=("already",))
    assert talk.text("a", "claim", "review") == "Nothing is undecided.\n"
    require_sound(talk.node("a"))
    talk.sync()
    assert [one["speaker"] for one in listed_claims(talk, "b")] == ["Anna Berg"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("1", "accept"), ("--by",)),
        (("1", "accept", "--by", " "), ("--by",)),
        (("1", "accept", "--by", "Ida", "--speaker", "Somebody"), ("say change instead",)),
        (("1", "accept", "--by", "Ida", "--hop", "outlet=Post"), ("this changes hops",)),
        (("1", "accept", "--by", "Ida", "--ambiguity", "x"), ("this changes ambiguity",)),
        (("1", "change", "--by", "Ida"), ("nothing of what was read is changed",)),
        (("1", "reject", "--by", "Ida", "--speaker", "X"), ("is not changed",)),
        (("3", "accept", "--by", "Ida", "--grade", "B2"), ("name the speaker",)),
        (("9", "accept", "--by", "Ida"), ("candidates 1 to 3",)),
    ],
)
def test_a_decision_that_is_none_is_refused(
    talk: Talk, tmp_path: Path, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    short = imported(talk, "a", tmp_path, ARTICLE)["short"]
    code = 3 if arguments[0] == "9" else 1
    talk.refused("a", "claim", "review", short, *arguments, code=code, words=words)


def test_a_review_may_be_tried_and_leaves_nothing(talk: Talk, tmp_path: Path) -> None:
    short = imported(talk, "a", tmp_path, ARTICLE)["short"]
    shown = talk.text("a", "claim", "review", short, "1", "accept", "--by", "Ida Marsh", "--dry-run")
    assert shown.startswith("Would be recorded")
    assert len(talk.run("a", "claim", "review")["pending"]) == 3
    assert listed_claims(talk, "a") == []


def test_a_preview_shows_who_has_denied_it_already(talk: Talk) -> None:
    about = ("--about", "incident--1", "--topic", "intrusion")
    recorded(talk, "a", "We did not.", *about, "--speaker", "B", "--polarity", "denies")
    shown = talk.text("a", "claim", "add", "They did.", *about, "--speaker", "A", "--dry-run")
    assert "They did." in shown
    assert "denied (scope not stated): B" in shown


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (("--hop", "Harbour Post"), 1, ("ROLE=NAME",)),
        (("--hop", "uncle=Bo"), 1, ("uncle",)),
        (("--hop", "outlet=Post;Z"), 1, ("Z",)),
        (("--hop", "outlet=Post;B;someday"), 1, ("a moment is written",)),
        (("--grade", "B9"), 1, ("as in B2",)),
        (("--said", "yesterday"), 1, ("a moment is written",)),
        (("--corrects", "lusab-babad-gutih"), 3, ("lusab",)),
        (("--about", "lusab-babad-gutih"), 3, ("lusab",)),
        (("--corrects", "x", "--supersedes", "y"), 1, ("one of the two",)),
        (("--to", "nobody"), 3, ("there is no partner",)),
        (("--public", "--marking", "red"), 6, ("may not be said in public",)),
    ],
)
def test_a_claim_that_is_not_well_stated_is_refused_and_nothing_is_recorded(
    talk: Talk, options: tuple[str, ...], code: int, words: tuple[str, ...]
) -> None:
    talk.refused("a", "claim", "add", "We saw nothing.", "--speaker", "A", *options, code=code, words=words)


def test_a_party_is_named_by_its_short_name_or_its_origin(talk: Talk) -> None:
    short = recorded(talk, "a", "Yes.", "--speaker", "Minister", "--party", "b")
    assert short["speaker_party"] == "b.example"
    assert recorded(talk, "a", "Yes.", "--speaker", "M", "--party", "c.example")["speaker_party"] == "c.example"


def test_claims_are_listed_by_what_they_are_about(talk: Talk) -> None:
    first = recorded(talk, "a", "One.", "--speaker", "A", "--about", "incident--1")
    recorded(talk, "a", "Two.", "--speaker", "A", "--about", "incident--2")
    third = recorded(talk, "a", "Three.", "--speaker", "B", "--about", first["short"])
    assert [one["id"] for one in listed_claims(talk, "a", "--about", "incident--1")] == [first["id"]]
    assert [one["id"] for one in listed_claims(talk, "a", "--about", first["short"])] == [first["id"], third["id"]]
    assert talk.text("a", "claim", "list", "--about", "incident--9").startswith("No claims are recorded about it.")


def test_what_stood_beneath_a_claim_is_not_printed_again_below_it(talk: Talk) -> None:
    recorded(talk, "a", "They did.", "--speaker", "A", "--about", "incident--1")
    recorded(talk, "a", "We did not.", "--speaker", "B", "--about", "incident--1", "--polarity", "denies")
    assert talk.text("a", "claim", "list").count("We did not.") == 1
    assert len(listed_claims(talk, "a")) == 2


def test_the_last_claims_are_listed_and_the_number_of_all_is_said(talk: Talk) -> None:
    for number in range(3):
        recorded(talk, "a", f"Words {number}.", "--speaker", "A")
    assert [one["quote"] for one in listed_claims(talk, "a", "-n", "2")] == ["Words 1.", "Words 2."]
    text = talk.text("a", "claim", "list", "-n", "2")
    assert text.startswith("The last 2 of 3; without -n all are shown.\n")
    assert "asserts 3" in text


def test_a_claim_is_shown_by_its_words_or_its_id_and_not_when_there_is_none(talk: Talk) -> None:
    made = recorded(talk, "a", "Yes.", "--speaker", "A")
    assert talk.run("a", "claim", "show", made["id"])["id"] == made["id"]
    assert talk.run("a", "claim", "show", made["short"])["id"] == made["id"]
    talk.refused("a", "claim", "show", "lusab-babad-gutih", code=3, words=("there is no claim",))
    talk.refused("a", "claim", "show", "!", words=("three words",))


def test_foreign_text_is_shown_and_not_obeyed(talk: Talk, tmp_path: Path) -> None:
    document = imported(talk, "a", tmp_path, "“Be \x1b[31mquiet\u202e now, please,” said Anna Berg.")
    shown = talk.text("a", "claim", "review", document["short"], "1", "accept", "--by", "I\x07da")
    assert "\\u001b[31mquiet\\u202e" in shown
    assert "\x1b" not in shown + talk.text("a", "claim", "list") + talk.text("a", "claim", "review")


def test_a_missing_article_is_named(talk: Talk) -> None:
    talk.refused("a", "claim", "import", "nowhere.txt", code=3, words=("nowhere.txt",))


def test_a_partner_that_says_articles_and_reviews_changes_nothing_of_ours(talk: Talk, tmp_path: Path) -> None:
    """Both kinds are private; a partner may write them into its own log all the same."""
    ours = imported(talk, "a", tmp_path, ARTICLE)
    theirs = Article(
        name="planted",
        digest="x",
        of="x",
        format="text",
        reader="text",
        text="“x”",
        candidates=(Candidate(quote="x", start=0, end=3),),
    )
    planted = say(talk.node("b"), "article", theirs, to=["a"])
    say(talk.node("b"), "review", Review(about=ours["article"], number=1, verdict="reject", by="Nobody"), to=["a"])
    talk.sync()
    pending = talk.run("a", "claim", "review")["pending"]
    assert [(one["article"], one["number"]) for one in pending] == [(ours["article"], n) for n in (1, 2, 3)]
    words = ("was not read in here",)
    talk.refused("a", "claim", "review", planted.short, "1", "accept", "--by", "Ida", code=3, words=words)
    talk.run("a", "claim", "review", ours["short"], "1", "accept", "--by", "Ida")
