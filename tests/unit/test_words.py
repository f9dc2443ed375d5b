"""The check on neutral words finds what it is for, and leaves quoted words to those who said them."""

from __future__ import annotations

import json

import pytest

from detente.words import BLAME, CAUSE, END, loaded_words, quoted


@pytest.mark.parametrize("word", [*BLAME, *CAUSE, *END])
def test_each_word_of_the_lists_is_found_in_a_sentence(word: str) -> None:
    assert loaded_words(f"CERT B says so: {word.upper()}, it is said.") == [word]


@pytest.mark.parametrize(
    "text",
    [
        "A said “B is guilty”.",
        "A said “B was told to “cut it out”, and so B is guilty”.",
        "A said «B is guilty».",
        "A said „B is guilty“.",
        "A said „B is guilty”.",
        'A said "B is guilty".',
        "A said:\n\n> B is guilty\n> and proven so\n",
        "A said &ldquo;B is guilty&rdquo; &amp; left",
        "A said &#8220;B is guilty&#8221;",
        '<svg font="guilty"><text>A said “B is guilty”</text></svg>',
        "the causeway, the unproved, the blameless, the guilts",
    ],
)
def test_what_somebody_is_quoted_with_stays(text: str) -> None:
    assert loaded_words(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A said “not us”. B is guilty, “as all know”.", ["guilty"]),
        ("A said “not us. B is guilty.", ["guilty"]),
        ("CERT A's word: B is guilty. CERT B's word: no.", ["guilty"]),
        ('a 3" disk is proven\nand a 5" disk too', ["proven"]),
        ("“A” led to “B”, thanks to C", ["led to", "thanks to"]),
        ("<text>B is guilty</text>", ["guilty"]),
    ],
)
def test_what_nobody_is_quoted_with_is_found(text: str, found: list[str]) -> None:
    assert loaded_words(text) == found


def test_in_a_json_document_every_text_and_key_is_read_and_its_own_marks_quote_nothing() -> None:
    value = {"sentence": "B is guilty", "led_to": 1, "list": ["it stopped", "A said “it stopped”"], "quote": "guilty"}
    assert loaded_words(json.dumps(value)) == ["guilty", "led to", "stopped"]
    assert loaded_words(json.dumps({"entries": [{"body": {"text": "guilty"}, "original": "proved"}]})) == []


def test_what_only_begins_like_json_is_read_as_text() -> None:
    assert loaded_words("[1] B is guilty") == ["guilty"]


@pytest.mark.parametrize("words", ["cut it out", "told to “cut it out”, and\nwarned", 'so "proved" „that“ «way» ”'])
def test_quoted_words_are_never_read_as_ours(words: str) -> None:
    assert loaded_words(f"A said {quoted(words + ' guilty')} then") == []
    assert "\n" not in quoted(words)


def test_quoted_keeps_the_words_and_turns_inner_marks_into_single_ones() -> None:
    assert quoted("told to “cut it out” and\n left") == "“told to ‘cut it out’ and left”"
