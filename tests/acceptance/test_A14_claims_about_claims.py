"""A14 “an attempt to distract the public’s attention”: a counter-claim about motive is a claim about a claim, and stands beneath it."""

from __future__ import annotations

from tests.claiming import claiming, everywhere, listed_claims, recorded

CLAIM = "Their services took the mails."
COUNTER = "an attempt to distract the public’s attention"


def test_a14_a_counter_claim_stands_beneath_the_claim_it_addresses_with_its_speaker() -> None:
    with claiming("a", "b") as talk:
        first = recorded(talk, "a", CLAIM, "--speaker", "Office of A", "--topic", "responsibility", "--to", "b")
        other = recorded(talk, "a", "The mails are genuine.", "--speaker", "Paper of A", "--to", "b")
        talk.sync()
        counter = ("--speaker", "President of B", "--topic", "motive", "--about", first["short"], "--to", "a")
        recorded(talk, "b", COUNTER, *counter)
        talk.sync()
        for name in ("a", "b"):
            shown = {one["id"]: one for one in listed_claims(talk, name)}
            (beneath,) = shown[first["id"]]["counter_claims"]
            assert (beneath["speaker"], beneath["quote"], beneath["topic"]) == ("President of B", COUNTER, "motive")
            assert beneath["recorded_by"] == "b.example"
            # It is no denial: who says why a thing is said has not said that it is not so.
            assert shown[first["id"]]["denials"] == []
            assert shown[other["id"]]["counter_claims"] == []
            text = talk.text(name, "claim", "show", first["short"])
            assert text.index(CLAIM) < text.index("on this claim: President of B") < text.index(COUNTER)
            assert all(COUNTER in one and "President of B" in one for one in everywhere(talk, name, first["short"]))


def test_a14_a_claim_about_a_counter_claim_stands_beneath_that_one() -> None:
    with claiming("a", "b") as talk:
        first = recorded(talk, "a", CLAIM, "--speaker", "Office of A", "--to", "b")
        talk.sync()
        second = recorded(talk, "b", COUNTER, "--speaker", "President of B", "--about", first["short"], "--to", "a")
        talk.sync()
        denial = ("--speaker", "Office of A", "--polarity", "denies", "--about", second["short"], "--to", "b")
        recorded(talk, "a", "It is no such thing.", *denial)
        talk.sync()
        for name in ("a", "b"):
            shown = {one["id"]: one for one in listed_claims(talk, name)}
            (beneath,) = shown[first["id"]]["counter_claims"]
            assert [one["claim"]["quote"] for one in beneath["denials"]] == ["It is no such thing."]
            assert all("It is no such thing." in one for one in everywhere(talk, name, second["short"]))
