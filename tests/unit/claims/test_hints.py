"""What the words suggest: polarity, dates, stations on the way, two tenses."""

from __future__ import annotations

import pytest

from detente.claims.hints import date_in, hops_in, polarity_of, two_tenses


@pytest.mark.parametrize(
    ("quote", "polarity"),
    [
        ("At the state level, we certainly weren’t involved in this", "denies"),
        ("We did not hack anybody.", "denies"),
        ("Borovia has never attacked a civilian network", "denies"),
        ("Our country had nothing to do with it", "denies"),
        ("There was no such operation", "denies"),
        ("The reports are baseless", "denies"),
        ("Nonsense!", "denies"),
        ("this is not true", "denies"),
        ("We are not asserting that they came from the United States. We have no proof", "declines-to-assert"),
        ("No comment.", "declines-to-assert"),
        ("I can’t say that he will", "declines-to-assert"),
        ("We received information that such an attack was being prepared", "reports"),
        ("I was told that the cable had been cut", "reports"),
        ("there will be no retaliation", "asserts"),
        ("we did not see further tampering of the election process", "asserts"),
        ("It doesn’t really matter who hacked this data", "asserts"),
        ("They did it.", "asserts"),
        ("We were not 100-percent sure", "asserts"),
    ],
)
def test_a_polarity_is_proposed_from_the_words(quote: str, polarity: str) -> None:
    assert polarity_of(quote, None) == polarity


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("he said on 7 October 2016", "2016-10-07"),
        ("he said on Oct. 7, 2016,", "2016-10-07"),
        ("on the 3rd of May 2025", "2025-05-03"),
        ("in October 2016", "2016-10"),
        ("in early 2016", "2016"),
        ("dated 2016-10-07", "2016-10-07"),
        ("on Friday", None),
        ("on 31 February 2016", "2016-02"),
        ("the 2016 election", None),
        ("", None),
    ],
)
def test_a_date_is_taken_only_with_its_year(text: str, iso: str | None) -> None:
    found = date_in(text)
    assert (None if found is None else found.iso) == iso


@pytest.mark.parametrize(
    ("text", "hops"),
    [
        ("(Quoted by TASS.)", [("agency", "TASS")]),
        ("(as quoted by the Harbour News)", [("agency", "Harbour News")]),
        ("he was quoted by the agency HNA", [("agency", "HNA")]),
        (
            "in an interview with Bloomberg, through an interpreter",
            [("interviewer", "Bloomberg"), ("translation", "interpreter, not named")],
        ),
        ("translated from the Russian", [("translation", "from Russian, translator not stated")]),
        ("he said so", []),
    ],
)
def test_stations_on_the_way_are_proposed_in_their_order(text: str, hops: list[tuple[str, str]]) -> None:
    assert [(hop.role, hop.name) for hop in hops_in(text)] == hops


@pytest.mark.parametrize(
    ("quote", "flagged"),
    [
        ("the reply to this was made long ago. Now this answer will be given", True),
        ("The talks were broken off last week. The talks will be held as planned", True),
        ("The meeting was held in a good spirit. It will be held next month", False),
        ("We did it before. We will do it again.", False),
        ("The matter was closed. We will not return to it.", False),
        ("The reply was sent. The sanctions will be lifted.", False),
        ("The reply was made.", False),
        ("", False),
    ],
)
def test_two_tenses_about_one_thing_are_flagged(quote: str, flagged: bool) -> None:
    assert two_tenses(quote) is flagged
