"""A thread as a picture: well-formed, without colours of its own, in neutral words, and never wider than asked."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.channel.histories import histories
from tests.unit.channel.said import DAY_US, HOUR_US, MINUTE_US, T0, A, B, Talk

from detente.channel.events import FLAGS
from detente.channel.moves import OPENINGS, STATES
from detente.channel.picture import COLUMNS_MIN, svg, text
from detente.channel.thread import Thread, threads
from detente.drawing import columns_of
from detente.words import loaded_words


def talked(**fields: Any) -> Thread:
    talk = Talk()
    opening = talk.open("demarche", **fields)
    talk.receive(opening, T0 + MINUTE_US)
    talk.move(opening, B, "acknowledge", T0 + HOUR_US)
    talk.move(opening, A, "satisfied", T0 + 2 * HOUR_US)
    talk.move(opening, B, "position", T0 + DAY_US, position="denies", text="Nothing of the kind took place.")
    return talk.at(T0 + 2 * DAY_US)


def test_the_picture_says_in_words_what_it_shows() -> None:
    root = ET.fromstring(svg(talked()))  # noqa: S314 – our own text
    title, description = (root.findtext(f"{{http://www.w3.org/2000/svg}}{name}") or "" for name in ("title", "desc"))
    assert title == f"demarche by {A} to {B}: “Tampering with registers”"
    for words in ("acknowledge", "position, denies, “Nothing of the kind", "satisfied (not-allowed)", "vienna"):
        assert words in description
    assert not re.findall(r'(?:fill|stroke)="(?!currentColor|none)|<script|<style|href', svg(talked()))


def test_in_characters_each_party_has_a_lane_and_each_move_a_line() -> None:
    shown = text(talked(), 90).splitlines()
    lanes = [line for line in shown if "──" in line]
    assert [line.split()[0] for line in lanes] == [A, B]
    assert ("◆" in lanes[0], "×" in lanes[0], "○" in lanes[1], "●" in lanes[1]) == (True, True, True, True)
    assert sum(line.startswith(("◆", "○", "●", "×")) for line in shown) == 4


def test_a_denial_stands_in_the_same_picture_as_what_it_denies() -> None:
    for shown in (text(talked(), 80), svg(talked())):
        assert "Tampering with registers" in shown
        assert "denies" in shown


@pytest.mark.parametrize("subject", ["The culprit was proved guilty", "” because of it “", "</text><script>x</script>"])
def test_loaded_words_and_markup_of_a_party_stay_its_own(subject: str) -> None:
    thread = talked(subject=subject)
    for shown in (text(thread, 80), svg(thread)):
        assert loaded_words(shown) == []
    ET.fromstring(svg(thread))  # noqa: S314 – our own text
    assert "<script" not in svg(thread)


def test_the_words_for_states_moves_and_flags_are_neutral() -> None:
    assert (
        loaded_words("; ".join([*(words for words, _ in STATES.values()), *OPENINGS.values(), *FLAGS.values()])) == []
    )


@settings(max_examples=60, deadline=None)
@given(histories(), st.integers(1, 120))
def test_no_line_is_wider_than_asked_and_every_picture_is_well_formed(case: tuple[Talk, int], width: int) -> None:
    talk, now_us = case
    for thread in threads(talk.said, talk.receipts, now_us=now_us):
        shown = text(thread, width)
        assert max(columns_of(line) for line in shown.splitlines()) <= max(width, COLUMNS_MIN)
        assert loaded_words(shown) == []
        ET.fromstring(svg(thread))  # noqa: S314 – our own text
