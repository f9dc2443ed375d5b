"""Q8 “a number of countries have significant capacities”: what somebody is able to do is a claim of a speaker, not a fact."""

from __future__ import annotations

from pathlib import Path

from tests.claiming import claiming, imported, listed_claims, recorded

QUOTE = "a number of countries have significant capacities"


def test_q8_a_capacity_claim_without_a_speaker_is_refused() -> None:
    with claiming("a", "b") as talk:
        talk.refused("a", "claim", "add", QUOTE, "--topic", "capacity", "--to", "b", words=("name who said it",))
        talk.refused("a", "claim", "add", QUOTE, "--topic", "capacity", "--speaker", "  ", words=("name who said it",))


def test_q8_with_a_speaker_it_is_recorded_as_what_the_speaker_says() -> None:
    with claiming("a", "b") as talk:
        recorded(
            talk, "a", QUOTE, "--topic", "capacity", "--speaker", "Barack Obama", "--said", "2016-09-05", "--to", "b"
        )
        talk.sync()
        for name in ("a", "b"):
            (shown,) = listed_claims(talk, name)
            assert (shown["speaker"], shown["topic"], shown["quote"]) == ("Barack Obama", "capacity", QUOTE)
            text = talk.text(name, "claim", "list")
            assert text.startswith(f"Barack Obama, 5 Sep 2016\n  “{QUOTE}”\n")


def test_q8_a_candidate_without_a_speaker_cannot_be_accepted_as_a_capacity_claim(tmp_path: Path) -> None:
    with claiming("a", "b") as talk:
        document = imported(talk, "a", tmp_path, "It is being said that Borovia has three hundred operators.")
        review = ("claim", "review", document["short"], "1")
        talk.refused("a", *review, "accept", "--by", "Ida Marsh", "--topic", "capacity", words=("name who said it",))
        changed = ("--by", "Ida Marsh", "--topic", "capacity", "--speaker", "General of Aldmere")
        talk.run("a", *review, "change", *changed, "--to", "b")
        talk.sync()
        for name in ("a", "b"):
            assert [one["speaker"] for one in listed_claims(talk, name)] == ["General of Aldmere"]
