"""A15 “Russian officials deny all allegations of American”: a denial has speaker, date and scope, and stands wherever the claim stands."""

from __future__ import annotations

import inspect
from pathlib import Path

from tests.claiming import claiming, everywhere, imported, recorded

from detente.claims import rendering
from detente.claims.bodies import Claim
from detente.claims.record import Record
from detente.words import loaded_words

CLAIM = "The systems were entered from their territory."
DENIAL = "At the state level, we certainly weren’t involved in this."
ABOUT = ("--about", "incident--00000000-0000-4000-8000-000000000001", "--topic", "responsibility")


def test_a15_no_rendering_of_a_denied_claim_is_without_the_denial() -> None:
    with claiming("a", "b") as talk:
        claim = recorded(
            talk, "a", CLAIM, *ABOUT, "--speaker", "Minister of A", "--scope", "state-ignored", "--to", "b"
        )
        talk.sync()
        said = ("--said", "2026-03-12", "--scope", "state", "--polarity", "denies")
        denial = recorded(talk, "b", DENIAL, *ABOUT, *said, "--speaker", "Spokesman of B", "--to", "a")
        talk.sync()
        for name in ("a", "b"):
            for shown in everywhere(talk, name, claim["short"]):
                assert CLAIM in shown
                assert DENIAL in shown, shown
                assert "Spokesman of B" in shown
                assert "12 Mar 2026" in shown or '"said": "2026-03-12"' in shown
                assert not loaded_words(shown) or shown.startswith("{"), loaded_words(shown)
            stored = talk.run(name, "claim", "show", claim["short"])
            (beneath,) = stored["denials"]
            assert beneath["addresses"] == "not addressed"
            assert beneath["claim"]["id"] == denial["id"]
            assert beneath["claim"]["scope"] == "state"
            text = talk.text(name, "claim", "show", claim["short"])
            assert "denied (this scope is not addressed): Spokesman of B, 12 Mar 2026" in text


def test_a15_a_denial_without_a_scope_says_so_and_one_of_the_same_scope_addresses_it() -> None:
    with claiming("a", "b") as talk:
        claim = recorded(
            talk, "a", CLAIM, *ABOUT, "--speaker", "Minister of A", "--scope", "state-executed", "--to", "b"
        )
        talk.sync()
        denies = ("--polarity", "denies", "--about", claim["short"], "--to", "a")
        recorded(talk, "b", "No.", *denies, "--speaker", "Spokesman of B")
        recorded(talk, "b", DENIAL, *denies, "--speaker", "President of B", "--scope", "state")
        recorded(talk, "b", "Not by our leave.", *denies, "--speaker", "Adviser of B", "--scope", "encouraged")
        talk.sync()
        for name in ("a", "b"):
            found = talk.run(name, "claim", "show", claim["short"])["denials"]
            assert [(d["claim"]["speaker"], d["addresses"]) for d in found] == [
                ("Spokesman of B", "scope not stated"),
                ("President of B", "addressed"),
                ("Adviser of B", "not addressed"),
            ]
            assert "denied (scope not stated): Spokesman of B" in talk.text(name, "claim", "list")


def test_a15_a_claim_beneath_another_claim_carries_its_own_denial() -> None:
    with claiming("a", "b") as talk:
        first = recorded(talk, "a", CLAIM, "--speaker", "Minister of A", "--to", "b")
        talk.sync()
        counter = recorded(talk, "b", "They do it for votes.", "--speaker", "B", "--about", first["short"], "--to", "a")
        talk.sync()
        denies = ("--polarity", "denies", "--about", counter["short"])
        recorded(talk, "a", "We do not.", *denies, "--speaker", "Minister of A", "--to", "b")
        talk.sync()
        for name in ("a", "b"):
            for shown in everywhere(talk, name, first["short"]):
                assert "They do it for votes." in shown
                assert "We do not." in shown


def test_a15_nothing_renders_a_claim_that_is_not_laid_out_with_its_denials() -> None:
    """Every public function of the rendering takes entries, and entries are made by the record alone."""
    takes_claims = [
        name
        for name, function in inspect.getmembers(rendering, inspect.isfunction)
        if not name.startswith("_") and function.__module__ == rendering.__name__
        for parameter in inspect.signature(function, eval_str=True).parameters.values()
        if parameter.annotation is Claim
    ]
    assert takes_claims == []
    assert {"entry", "entries"} <= {name for name in vars(Record) if not name.startswith("_")}


def test_a15_an_indirect_denial_in_an_article_is_read_as_a_denial(tmp_path: Path) -> None:
    with claiming("a", "b") as talk:
        text = "Russian officials deny all allegations of American agencies."
        document = imported(talk, "a", tmp_path, text, "--outlet", "Article 003")
        (candidate,) = document["candidates"]
        assert (candidate["speaker"], candidate["polarity"], candidate["direct"]) == (
            "Russian officials",
            "denies",
            False,
        )
        talk.run("a", "claim", "review", document["short"], "1", "accept", "--by", "Ida Marsh", "--to", "b")
        talk.sync()
        for name in ("a", "b"):
            (shown,) = talk.run(name, "claim", "list")["claims"]
            assert (shown["polarity"], shown["scope"], shown["words"]) == ("denies", "scope not stated", "reporter")
            assert "in the reporter's words: “Russian officials deny" in talk.text(name, "claim", "list")
