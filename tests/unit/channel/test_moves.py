"""The tables of moves: complete, the same for both, and what the page shows."""

from __future__ import annotations

import itertools
import re

import pytest
from tests.tree import ROOT

from detente.channel import moves
from detente.channel.bodies import Message
from detente.channel.events import FLAGS
from detente.channel.moves import ADDRESSEE, MOVES, OPENER, OPENINGS, RULES, STATES, allowed, next_state
from detente.channel.required import REQUIRED

PAGE = (ROOT / "docs" / "formats" / "message.md").read_text(encoding="utf-8")


def test_the_page_shows_the_tables_as_they_are() -> None:
    (shown,) = re.findall(r"^```text\n(notice\n.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert shown == moves.diagram()


@pytest.mark.parametrize(
    ("heading", "names"),
    [("Moves", [*OPENINGS, *MOVES]), ("States", list(STATES)), ("Flags", list(FLAGS))],
)
def test_the_page_lists_every_name(heading: str, names: list[str]) -> None:
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    assert re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE) == names


def test_the_page_lists_every_field_of_a_message() -> None:
    section = PAGE.split("\n## Fields\n")[1].split("\n## ")[0]
    assert sorted(re.findall(r"^\| `([a-z_]+)` \|", section, re.MULTILINE)) == sorted(Message.__struct_fields__)


def test_the_page_says_what_each_move_needs() -> None:
    section = PAGE.split("\n## Moves\n")[1].split("\n## ")[0]
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| .*? \| (.*?) \|$", section, re.MULTILINE))
    assert {move: re.findall(r"`([a-z_]+)`", cell) for move, cell in rows.items()} == {
        move: list(fields) for move, fields in REQUIRED.items()
    }


def test_every_rule_names_states_moves_and_kinds_that_there_are() -> None:
    for rule in RULES:
        assert set(rule.kinds) <= set(OPENINGS)
        assert set(rule.states) <= set(STATES)
        assert rule.move in MOVES
        assert rule.to in ("", *STATES)


def test_no_two_rules_speak_of_the_same() -> None:
    seen = [
        (kind, state, rule.move, who)
        for rule in RULES
        for kind in rule.kinds
        for state in rule.states
        for who in ((OPENER, ADDRESSEE) if rule.who == moves.EITHER else (rule.who,))
    ]
    assert len(seen) == len(set(seen))


def test_what_is_not_in_the_table_is_not_allowed() -> None:
    for kind, state, move, who in itertools.product(OPENINGS, STATES, MOVES, (OPENER, ADDRESSEE)):
        assert (next_state(kind, state, move, who) is not None) == (move in allowed(kind, state, who))
    assert next_state("request", "acknowledged", "answer", OPENER) is None
    assert next_state("request", "acknowledged", "satisfied", OPENER) is None
    assert next_state("notice", "closed-acknowledged", "decline", ADDRESSEE) is None


@pytest.mark.parametrize("kind", sorted(OPENINGS))
def test_every_open_state_of_a_kind_can_be_left(kind: str) -> None:
    """Nobody is held in a thread for ever: from each state that moves lead to, a closed one can be reached."""
    reached, waiting = {"sent"}, ["sent"]
    leads: dict[str, set[str]] = {}
    while waiting:
        state = waiting.pop()
        leads[state] = {
            to
            for move in MOVES
            for who in (OPENER, ADDRESSEE)
            if (to := next_state(kind, state, move, who)) is not None
        }
        waiting.extend(leads[state] - reached)
        reached |= leads[state]
    for state in reached & moves.OPEN:
        assert leads[state] - moves.OPEN, state
