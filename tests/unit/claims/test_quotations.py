"""The reader, form by form: who is credited with which words; and no text that it cannot read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.claims.quotations import CANDIDATES_MAX, TEXT_CHARACTERS_MAX, read_quotations
from detente.errors import InvalidStatement


def _read(text: str) -> list[tuple[str, str]]:
    return [(one.speaker, one.quote) for one in read_quotations(text)]


@pytest.mark.parametrize(
    "text",
    [
        "“We saw nothing,” Anna Berg said.",
        "“We saw nothing,” said Anna Berg.",
        "“We saw nothing”, Anna Berg, the spokeswoman, told reporters.",
        "“We saw nothing,” said the spokeswoman, Anna Berg.",
        "“We saw nothing,” the ministry’s spokeswoman, Anna Berg, said on Friday.",
        "“We saw nothing,” according to Anna Berg.",
        "“We saw nothing,” added Ms. Anna Berg.",
        "“We saw nothing,” Foreign Minister Anna Berg wrote in a letter.",
        "“We saw nothing,” Anna Berg has repeatedly insisted.",
        "“We saw nothing,” in the words of Anna Berg.",
        "Anna Berg said: “We saw nothing”.",
        "Anna Berg, who leads the agency, said that “We saw nothing”.",
        "According to Anna Berg, “We saw nothing”.",
        "As Anna Berg put it, “We saw nothing”.",
        "Anna Berg’s answer was “We saw nothing”.",
        "In a statement by Anna Berg: “We saw nothing”.",
        "Anna Berg denied the report and said “We saw nothing”.",
        "Anna Berg arrived late. “We saw nothing,” she said.",
        "Anna Berg arrived late. “We saw nothing,” Berg said.",
        "Anna Berg: “We saw nothing”.",
        "„We saw nothing“, said Anna Berg.",
        "«We saw nothing», said Anna Berg.",
        '"We saw nothing," Anna Berg said.',
        "‘We saw nothing,’ Anna Berg said.",
        "'We saw nothing,' Anna Berg said.",
        "“We saw,” Anna Berg said, “nothing”.",
    ],
)
def test_each_form_credits_its_speaker(text: str) -> None:
    assert _read(text) == [("Anna Berg", "We saw nothing")]


@pytest.mark.parametrize(
    "text",
    [
        "“We saw nothing,” sources said.",
        "“We saw nothing,” it said.",
        "“We saw nothing,” he said.",
        "“We saw nothing,” came the answer.",
        "“We saw nothing at all.”",
        "They say that they saw nothing.",
        "It has been claimed that nobody saw anything.",
    ],
)
def test_where_nobody_is_named_nobody_is_credited(text: str) -> None:
    ((speaker, _),) = _read(text)
    assert speaker == ""


def test_a_pronoun_goes_with_the_office_that_tells_its_gender() -> None:
    text = (
        "The spokeswoman, Anna Berg, met the spokesman, Per Holm. “Yes,” said Holm. “No,” said Berg. “Perhaps,” he said. "
        "“Never,” she said."
    )
    assert _read(text)[2:] == [("Per Holm", "Perhaps"), ("Anna Berg", "Never")]


def test_two_speakers_in_one_sentence_are_kept_apart() -> None:
    text = "Anna Berg said “yes, at once”, and Per Holm answered “no, not ever”."
    assert _read(text) == [("Anna Berg", "yes, at once"), ("Per Holm", "no, not ever")]


def test_an_article_in_another_order_gives_other_candidates_and_the_same_speakers() -> None:
    one, two = "“One is enough,” said Anna Berg.", "“Two are better,” said Per Holm."
    assert sorted(_read(f"{one}\n\n{two}")) == sorted(_read(f"{two}\n\n{one}"))


def test_a_text_above_the_limit_is_refused() -> None:
    with pytest.raises(InvalidStatement, match="split it"):
        read_quotations("a" * (TEXT_CHARACTERS_MAX + 1))


_PIECES = st.sampled_from(
    [
        *"“”„«»‘’\"'.,?!:;—-()\n ",
        "\n\n",
        "said",
        "Anna Berg",
        "he",
        "she",
        "the envoy",
        "of",
        "who",
        "told",
        "denied",
        "that",
        "it is",
        "\ue000",
        "\x00",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(_PIECES, st.text(max_size=6)), max_size=60))
def test_no_text_is_too_strange_to_be_read(pieces: list[str]) -> None:
    text = " ".join(pieces)
    found = read_quotations(text)
    assert len(found) <= CANDIDATES_MAX
    for one in found:
        assert 0 <= one.start <= one.end <= len(text)
        assert one.quote == one.quote.strip()
    assert found == read_quotations(text)
