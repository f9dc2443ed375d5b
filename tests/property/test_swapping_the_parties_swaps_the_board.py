"""Swap the names of two parties in any history of a board, and every output is the same with the names swapped, byte for byte."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.attribution.made import Talk

from detente.attribution.bodies import (
    Assessment,
    Board,
    Cited,
    Finding,
    Group,
    Hypothesis,
    Judgment,
    Position,
    Rating,
    Signatory,
    Tasking,
    Withheld,
    with_always,
)
from detente.attribution.calls import calls_of
from detente.attribution.image import svg
from detente.attribution.matrix_text import matrix_text
from detente.attribution.picture import text
from detente.attribution.pooling import pool
from detente.attribution.view import value_of
from detente.errors import InvalidStatement
from detente.scales import RUNGS, SCALES, SCOPES
from detente.words import loaded_words

# Names of one length: columns are as wide as their longest name, whichever party has it.
NAMES = ("Aldmere", "Borovia")
KEYS = ("x", "y", "other", "cannot-tell")
OFFICES = ("Bureau", "Service", "Foreign Office")
EVIDENCE = ("indicator--1", "indicator--2", "report 3")
WORDS = [step.words[0] for step in SCALES["icd203"].steps]

keys = st.lists(st.sampled_from(KEYS), unique=True, max_size=3).map(tuple)
evidence = st.lists(
    st.tuples(st.sampled_from(EVIDENCE), st.sampled_from(["technical", "contextual"]), keys), max_size=3
)
action = st.one_of(
    st.tuples(
        st.just("assess"),
        st.dictionaries(
            st.sampled_from(KEYS), st.tuples(st.sampled_from(WORDS), st.sampled_from(["", "low", "high"])), min_size=1
        ),
        evidence,
        st.booleans(),
        st.booleans(),
    ),
    st.tuples(st.just("endorse"), keys.filter(bool), st.booleans()),
    st.tuples(st.just("deny"), keys.filter(bool), st.sampled_from(["", *SCOPES, *RUNGS])),
    st.tuples(st.just("silent"), keys),
    st.tuples(
        st.just("rate"),
        st.dictionaries(
            st.sampled_from(EVIDENCE),
            st.dictionaries(st.sampled_from(KEYS), st.sampled_from(["CC", "C", "N", "I", "II", "NA"]), min_size=1),
            min_size=1,
        ),
    ),
    st.tuples(st.just("find"), st.sampled_from(["occurred", "not-occurred", "disputed"]), st.sampled_from(["", "x"])),
    st.tuples(st.just("task"), st.sampled_from(["speed", "content"])),
    st.tuples(st.just("cite"), st.integers(min_value=0, max_value=3)),
)
history = st.lists(
    st.tuples(st.integers(min_value=0, max_value=1), st.integers(min_value=0, max_value=2), action, st.integers(0, 1)),
    max_size=12,
)


def _told(events: list[Any], names: tuple[str, str]) -> Talk:
    """The history with these names in the two parts. At some steps several statements bear one time."""
    talk = Talk()

    def origin(party: int) -> str:
        return f"{names[party].lower()}.example"

    board = talk.say(
        origin(0),
        Board(
            question="intrusion",
            incident="incident-1",
            title=f"Mails of {names[1]}",
            hypotheses=with_always(
                Hypothesis(key=key, text=f"a unit of {name}", rung=rung, actor=name)
                for key, name, rung in zip("xy", names, ("state-executed", "state-ignored"), strict=True)
            ),
            groups=(
                Group(name=f"Council of {names[0]}", members=tuple(f"{o} of {n}" for n in names for o in OFFICES)),
            ),
        ),
    ).id
    at_us = talk.said[0].at_us
    for party, number, (kind, *given_), step in events:
        at_us += step
        office = f"{OFFICES[number]} of {names[party]}"
        more = {"at_us": at_us}
        match kind, given_:
            case "assess", [judged, cited, own, withholds]:
                body: msgspec.Struct = Assessment(
                    board=board,
                    office=office,
                    own_work=own,
                    judgments=tuple(Judgment(hypothesis=k, likelihood=w, confidence=c) for k, (w, c) in judged.items()),
                    evidence=tuple(
                        Cited(ref=ref, kind=k, source="open", text=f"seen at {names[party]}", hypotheses=on)
                        for ref, k, on in cited
                    ),
                    withheld=(
                        Withheld(
                            items=2, of_class="signals", commitment="A" * 43, kind="technical", source="classified"
                        ),
                    )
                    if withholds
                    else (),
                    would_change_if=f"{names[1 - party]} shows its logs",
                )
            case "endorse", [on, jointly]:
                joint = (Signatory(office=f"Head of {names[party]}"),) if jointly else ()
                body = Position(board=board, office=office, stance="endorses", hypotheses=on, joint=joint)
            case "deny", [on, scope]:
                body = Position(board=board, office=office, stance="denies", hypotheses=on, scope=scope)
            case "silent", [on]:
                body = Position(board=board, office=office, stance="non-assertion", hypotheses=on)
            case "rate", [rows]:
                value = {
                    "board": board,
                    "rater": office,
                    "rows": [{"evidence": e, "marks": m} for e, m in rows.items()],
                }
                body = msgspec.convert(value, Rating)
            case "find", [status, hypothesis]:
                what: Any = "hypothesis" if hypothesis else "incident"
                body = Finding(
                    about="incident-1", office=office, status=status, what=what, board=board, hypothesis=hypothesis
                )
            case "task", [what]:
                body = Tasking(
                    board=board, of_office=office, asked_by=f"Ministry of {names[party]}", role="political", what=what
                )
            case "cite", [earlier]:
                said = [one for one in talk.said if one.kind == "assessment"]
                if not said:
                    continue
                body = Assessment(
                    board=board,
                    office=office,
                    own_work=False,
                    judgments=(Judgment(hypothesis="x", likelihood="likely"),),
                    evidence=(Cited(ref=said[earlier % len(said)].id, kind="technical", source="open"),),
                )
            case _:
                raise AssertionError(kind)
        talk.say(origin(party), body, **more)
    return talk


def _outputs(talk: Talk) -> list[str]:
    view = talk.view()
    try:
        pooled = pool(view, "linear")
    except InvalidStatement:
        pooled = None
    return [
        msgspec.json.encode(value_of(view), order="deterministic").decode(),
        text(view, 80, pooled=pooled, since=view.events),
        text(view, 120),
        svg(view),
        matrix_text(view, 80),
        msgspec.json.encode(calls_of(view, talk.said)).decode(),
    ]


def _swapped(words: str) -> str:
    for one, other in (NAMES, tuple(name.lower() for name in NAMES)):
        words = words.replace(one, "\0").replace(other, one).replace("\0", other)
    return words


@settings(max_examples=120, deadline=None)
@given(history)
def test_swapping_the_parties_swaps_the_board(events: list[Any]) -> None:
    outputs = _outputs(_told(events, NAMES))
    assert _outputs(_told(events, (NAMES[1], NAMES[0]))) == [_swapped(one) for one in outputs]
    for one in outputs:
        assert not loaded_words(one), one


@settings(max_examples=60, deadline=None)
@given(history, st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(events: list[Any], dice: Any) -> None:
    talk = _told(events, NAMES)
    outputs = _outputs(talk)
    dice.shuffle(talk.said)
    talk.said += talk.said[: len(talk.said) // 2]
    assert _outputs(talk)[:5] == outputs[:5]


@settings(max_examples=60, deadline=None)
@given(history)
def test_no_class_is_added_to_another_and_every_denial_stands_by_what_it_denies(events: list[Any]) -> None:
    view = _told(events, NAMES).view()
    assert view.header.own_work + view.header.coordinated == view.header.assessed == len(view.assessors)
    for column in view.hypotheses:
        for stand in view.positions:
            if stand.reaches.get(column.key) == "denied":
                assert {office for office, _ in stand.offices} <= set(column.denied_by)
        if column.denied_by and any(one.hypothesis == column.key for row in view.assessors for one in row.judgments):
            (compared,) = [one for one in view.comparison if one.hypothesis == column.key]
            assert compared.state == "disputed"
            assert compared.denied_by == column.denied_by
            assert f"✕ denied by {column.denied_by[0]}" in " ".join(text(view, 400).split())
