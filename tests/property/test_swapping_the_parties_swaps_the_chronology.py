"""Swap two parties' names in any history, and every line of the record is the same with the names swapped, byte for byte."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.chronology.made import day

from detente.chronology.entries import entries
from detente.chronology.export import to_csv, to_json, to_markdown
from detente.chronology.history import counts, history
from detente.chronology.measures import tracked
from detente.chronology.milestones import accounts
from detente.said import Said
from detente.statement import Ref
from detente.stix.canonical import JsonValue

# Neither the alphabet nor the length of a name may matter.
A, B = "zebra-cert.example", "b.example"
NAMES = {A: "Aaa Office", B: "Zz"}
MOMENT: JsonValue = {"at_us": day("2026-10"), "fidelity": "month"}
DIGEST = "A" * 43

Body = dict[str, JsonValue]
# What one party says to the other; `about` is an earlier statement's id, or an incident.
SAYINGS: tuple[tuple[str, Callable[[str, str, str], Body]], ...] = (
    ("message", lambda me, you, about: {"move": "request", "wants": ["information"], "subject": "logs"}),
    ("message", lambda me, you, about: {"move": "answer", "thread": about, "text": "here"}),
    ("message", lambda me, you, about: {"move": "refer", "thread": about, "refer_to": you}),
    ("message", lambda me, you, about: {"move": "position", "thread": about, "position": "denies"}),
    ("message", lambda me, you, about: {"move": "demarche", "activity": {"classes": ["scanning"]}, "demand": "end it"}),
    ("claim", lambda me, you, about: {"quote": "they did", "speaker": "Office", "speaker_party": me, "about": [about, you]}),
    ("claim", lambda me, you, about: {"quote": "no", "polarity": "denies", "speaker_party": me, "about": [about]}),
    ("claim", lambda me, you, about: {"quote": "x", "speaker_party": you, "about": ["lantern", me], "said": MOMENT}),
    ("correction", lambda me, you, about: {"of": about, "field": "quote", "was": "x", "now": "y"}),
    (
        "consultation",
        lambda me, you, about: {
            "subject": "lantern", "level": 1, "held": MOMENT, "source": "note",
            "participants": [{"party": you, "role": "x"}, {"party": me, "role": "y"}],
        },
    ),
    ("conduct", lambda me, you, about: {"norm": "un-2015-f", "incident": "lantern", "about": you, "finding": "inconsistent", "text": "x"}),
    ("answer", lambda me, you, about: {"of": about if len(about) == 43 else DIGEST, "word": "disputes"}),
    ("agreement", lambda me, you, about: {"key": "k", "title": "t", "parties": [you, me], "clauses": [{"id": "1", "text": "x"}]}),
    ("response", lambda me, you, about: {"kind": "retorsion", "decided": MOMENT, "role": "r", "reasons": "x", "to": you}),
    ("commitment", lambda me, you, about: {"norm": "n", "party": you, "status": "accepted", "source": "s", "at": MOMENT}),
    (
        "plan",
        lambda me, you, about: {
            "activity": {"classes": ["scanning"]}, "directions": {me: {}, you: {}}, "warned_us": 0, "before_days": 9.0, "after_days": 9.0,
        },
    ),
    ("milestone", lambda me, you, about: {"about": about, "step": "sighting", "when": MOMENT, "by": "bank"}),
    ("milestone", lambda me, you, about: {"about": about, "step": "publication", "when": {"at_us": 0, "fidelity": "day"}, "by": "x"}),
    ("measure", lambda me, you, about: {"text": "t", "owner": "o", "about": "review"}),
    ("measure", lambda me, you, about: {"of": about, "state": "unknown"}),
    ("proposal", lambda me, you, about: {"step": "withdrawn", "of": about if len(about) == 43 else DIGEST, "reason": "x"}),
    ("strange", lambda me, you, about: {"x": you}),
)  # fmt: skip

Told = tuple[int, bool, int, int]
HISTORIES = st.lists(
    st.tuples(st.integers(0, len(SAYINGS) - 1), st.booleans(), st.integers(0, 3), st.integers(-1, 11)),
    min_size=1,
    max_size=12,
)


def _said(told: list[Told], one: str, other: str) -> list[Said]:
    """The history with these two names. Leaf hashes are those of the places in it: names are no part of them."""
    found: list[Said] = []
    for place, (saying, first, later, about) in enumerate(told):
        kind, body = SAYINGS[saying]
        me, you = (one, other) if first else (other, one)
        subject = found[about].id if 0 <= about < len(found) else "lantern"
        leaf = hashlib.sha256(bytes([place])).digest()
        at_us = day("2026-11-01") + later
        found.append(Said(Ref(me, place, leaf), (you,), kind, at_us, body(me, you, subject), added_us=at_us + place))
    return found


def _swapped(text: str) -> str:
    for one, other in ((A, B), (NAMES[A], NAMES[B])):
        text = text.replace(one, "\0").replace(other, one).replace("\0", other)
    return text


def _rendered(statements: list[Said], until_us: int) -> list[str]:
    texts = []
    for question in ({}, {"as_of_us": until_us}, {"known_by_us": until_us}):
        found = entries(statements, names=NAMES, **question)
        texts += [to_json(found), to_csv(found), to_markdown(found)]
        alleged = history(found, *sorted((A, B)))
        texts += [repr([(a.by, a.against, a.kind, a.incidents, a.subject, a.entry.sentence) for a in alleged])]
    return texts


def _by_party(statements: list[Said]) -> list[JsonValue]:
    """What stands under a party's origin, as values: an object has no order."""
    alleged = history(entries(statements, names=NAMES), A, B)
    return [
        {party: dict(numbers) for party, numbers in counts(alleged).items()},
        {
            a: {by: [str(i.gap) for i in account.intervals] for by, account in of.items()}
            for a, of in accounts(statements).items()
        },
        [{"states": dict(m.states), "open": m.open} for m in tracked(statements)],
    ]


@given(HISTORIES, st.integers(0, 14))
def test_swapping_the_parties_swaps_every_line_and_nothing_else(told: list[Told], later: int) -> None:
    ours, theirs = _said(told, A, B), _said(told, B, A)
    until_us = day("2026-11-01") + later
    assert [_swapped(text) for text in _rendered(ours, until_us)] == _rendered(theirs, until_us)
    assert json.loads(_swapped(json.dumps(_by_party(ours)))) == _by_party(theirs)


@given(HISTORIES, st.randoms(use_true_random=False))
def test_the_order_in_which_statements_arrive_changes_no_line(told: list[Told], dice: object) -> None:
    ours = _said(told, A, B)
    mixed = [replace(said, added_us=0) for said in ours]
    dice.shuffle(mixed)  # type: ignore[attr-defined]
    assert to_json(entries(mixed, names=NAMES)) == to_json(entries(ours, names=NAMES))
