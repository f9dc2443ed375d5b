"""What our own messages must say: every missing field and every unknown word is refused by its name."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from tests.tree import ROOT
from tests.unit.channel.said import OPENING, A, B

from detente.channel.bodies import (
    BODIES,
    WANTS,
    Change,
    Consequence,
    Consultation,
    CouldAct,
    Item,
    Likelihood,
    Message,
    Minutes,
    Outcome,
    Participant,
    Relay,
    Relayed,
    Window,
    Withheld,
)
from detente.channel.moves import MOVES
from detente.channel.required import REQUIRED, check_consultation, check_minutes, check_move, check_opening
from detente.errors import InvalidStatement
from detente.said import read_value, written
from detente.seals import Seal
from detente.when import When

COMPLETE: dict[str, dict[str, Any]] = {
    "needs-more": {"text": "Which?"},
    "answer-question": {"text": "This."},
    "refer": {"refer_to": "the other office"},
    "decline": {"reason": "law"},
    "extend": {"until_us": 1},
    "answer": {"text": "Here.", "extent": "full"},
    "position": {"position": "adds"},
    "contested": {"text": "It is not what was asked."},
    "correct": {"change": Change(field="text", was="17", now="4")},
    "escalate": {"text": "No reply came.", "level": 2},
    "outcome": {"outcome": Outcome(status="occurred")},
    "relayed": {"relayed": (Relayed(class_="banks", count=12),)},
}
SEAL = Seal("n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg", 1)


def opening(kind: str, **fields: Any) -> Message:
    return Message(move=kind, **(OPENING[kind] | fields))


@pytest.mark.parametrize("kind", sorted(OPENING))
def test_a_complete_opening_is_fine_and_is_read_back_as_it_was(kind: str) -> None:
    message = opening(kind)
    check_opening(message)
    assert read_value(written(message), Message, where="here") == message


@pytest.mark.parametrize("move", sorted(MOVES))
def test_a_complete_move_is_fine(move: str) -> None:
    check_move(Message(move=move, thread="t", **COMPLETE.get(move, {})))


@pytest.mark.parametrize(("kind", "field"), [(kind, field) for kind in sorted(OPENING) for field in REQUIRED[kind]])
def test_an_opening_without_a_required_field_is_refused_with_its_name(kind: str, field: str) -> None:
    empty = Message(move=kind)
    with pytest.raises(InvalidStatement, match=rf"{kind} needs {field}: "):
        check_opening(opening(kind, **{field: getattr(empty, field)}))


@pytest.mark.parametrize(("move", "field"), [(move, field) for move in sorted(MOVES) for field in REQUIRED[move]])
def test_a_move_without_a_required_field_is_refused_with_its_name(move: str, field: str) -> None:
    fields = {name: value for name, value in COMPLETE[move].items() if name != field}
    with pytest.raises(InvalidStatement, match=rf"{move} needs {field}: "):
        check_move(Message(move=move, thread="t", **fields))


def test_a_text_of_spaces_is_no_text() -> None:
    with pytest.raises(InvalidStatement, match="needs text"):
        check_opening(opening("notice", text=" \n"))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"priority": "immediate"}, "priority is one of low, normal, high, urgent; got “immediate”"),
        ({"level": 4}, "level is one of 1, 2, 3"),
        ({"wants": ("everything",)}, "wants is one of information"),
        ({"profile": "soon"}, "profile is one of urgent"),
        ({"calendar": "weekdays"}, "technical only"),
        ({"subject": "x" * 201}, "at most 200"),
        ({"subject": "two\nlines"}, "one line"),
        ({"text": "x" * 50_001}, "at most 50000"),
        ({"number": 2}, "number 1"),
        ({"public_text": {"English": "words"}}, "language tag"),
        ({"withheld": Withheld(items=0, class_="technical", commitment="x")}, "withheld"),
    ],
)
def test_an_unknown_word_or_a_value_out_of_bounds_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidStatement, match=re.escape(said)):
        check_opening(opening("request", **fields))


@pytest.mark.parametrize(
    ("move", "fields", "said"),
    [
        ("decline", {"reason": "no"}, "reason is one of not-competent"),
        ("position", {"position": "guilty"}, "position is one of"),
        ("answer", {"text": "x", "extent": "most"}, "extent is one of partial, full"),
        ("outcome", {"outcome": Outcome(status="perhaps")}, "outcome.status is one of occurred"),
        ("relayed", {"relayed": (Relayed(class_="banks", count=-1),)}, "at least 0"),
        ("relayed", {"relayed": (Relayed(class_=" ", count=1),)}, "class of recipients"),
        ("remind", {"number": 0}, "from 1"),
        ("warn", {}, "a move is one of"),
    ],
)
def test_an_unknown_word_in_a_move_is_refused(move: str, fields: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidStatement, match=said):
        check_move(Message(move=move, thread="t", **fields))


def test_a_move_does_not_open_a_thread() -> None:
    with pytest.raises(InvalidStatement, match="a thread opens with notice, request"):
        check_opening(Message(move="accept"))


@pytest.mark.parametrize(
    ("kind", "position", "fine"),
    [
        ("notice", "disputes", True),
        ("notice", "undertakes", False),
        ("demarche", "denies", True),
        ("demarche", "adds", False),
    ],
)
def test_a_position_is_one_that_the_kind_of_opening_has(kind: str, position: str, fine: bool) -> None:
    message = Message(move="position", thread="t", position=position)
    if fine:
        check_move(message, kind=kind)
    else:
        with pytest.raises(InvalidStatement, match="position is one of"):
            check_move(message, kind=kind)


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "We agree."},
        {"position": "undertakes"},
        {"until_us": 5},
        {"outcome": Outcome(status="occurred")},
        {"public_text": {"en": "It arrived."}},
    ],
)
def test_an_acknowledgement_has_no_content(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidStatement, match=f"it carries {next(iter(fields))}"):
        check_move(Message(move="acknowledge", thread="t", **fields))


def test_nothing_goes_to_the_political_level_without_a_person() -> None:
    up = Message(move="escalate", thread="t", level=3, text="No reply came.")
    with pytest.raises(InvalidStatement, match="political"):
        check_move(up)
    check_move(msgspec.structs.replace(up, eyes=1))
    check_move(msgspec.structs.replace(up, level=2))


@pytest.mark.parametrize(
    ("consequence", "fine"),
    [
        (Consequence(class_="none"), True),
        (Consequence(class_="none", text="then"), False),
        (Consequence(class_="open", text="then this"), True),
        (Consequence(class_="open"), False),
        (Consequence(class_="open", text="then", seal=SEAL), False),
        (Consequence(class_="sealed", seal=SEAL), True),
        (Consequence(class_="sealed"), False),
        (Consequence(class_="sealed", text="then", seal=SEAL), False),
        (Consequence(class_="serious"), False),
    ],
)
def test_a_consequence_is_none_or_in_words_or_sealed(consequence: Consequence, fine: bool) -> None:
    if fine:
        check_opening(opening("demarche", consequence=consequence))
    else:
        with pytest.raises(InvalidStatement, match="consequence"):
            check_opening(opening("demarche", consequence=consequence))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"relay": Relay(allowed=True, public=True)}, "needs public_text"),
        ({"relay": Relay(allowed=True, public=True), "public_text": {"en": " "}}, "needs public_text"),
        ({"relay": Relay(allowed=True, public=True), "public_text": {"en": "x", "de": ""}}, "empty text"),
        ({"relay": Relay(public=True), "public_text": {"en": "x"}}, "relay.allowed"),
        ({"relay": Relay(allowed=True)}, "relay.wording"),
        ({"relay": Relay(allowed=True, wording={"e": "x"})}, "language tag"),
        ({"likelihood": Likelihood(word="surely", confidence="low")}, "surely"),
        ({"likelihood": Likelihood(word="likely", confidence="total")}, "total"),
        ({"likelihood": Likelihood(word="likely", scale="ours", confidence="low")}, "ours"),
        ({"could_act": (CouldAct(who="a firm", told="perhaps"),)}, "could_act.told"),
    ],
)
def test_a_warning_that_cannot_be_relayed_or_judged_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidStatement, match=said):
        check_opening(opening("protective-warning", **fields))


def test_a_window_ends_after_it_begins() -> None:
    with pytest.raises(ValueError, match="ends after it begins"):
        Window(2, 2)


def record(**fields: Any) -> Consultation:
    two = (Participant(party=A, role="adviser"), Participant(party=B, role="adviser"))
    given: dict[str, Any] = {"subject": "s", "level": 2, "held": When(0), "participants": two, "source": "protocol"}
    return Consultation(**(given | fields))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"subject": ""}, "subject"),
        ({"source": " "}, "source"),
        ({"level": 0}, "level"),
        ({"duration_minutes": -1}, "duration_minutes"),
        ({"participants": (Participant(party=A, role="adviser"),)}, "at least two parties"),
        ({"participants": (Participant(party=A, role="adviser"), Participant(party=B, role=""))}, "role"),
    ],
)
def test_a_consultation_names_subject_level_roles_and_source(fields: dict[str, Any], said: str) -> None:
    check_consultation(record())
    with pytest.raises(InvalidStatement, match=said):
        check_consultation(record(**fields))


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (Minutes(about="", items=(Item(key="a", text="x"),)), "about"),
        (Minutes(about="id"), "items"),
        (Minutes(about="id", items=(Item(key="a", text="x"), Item(key="a", text="y"))), "key of its own"),
        (Minutes(about="id", items=(Item(key="", text="x"),)), "key of its own"),
    ],
)
def test_minutes_are_about_a_consultation_and_their_items_have_keys(minutes: Minutes, said: str) -> None:
    check_minutes(Minutes(about="id", items=(Item(key="a", text="x"),)))
    with pytest.raises(InvalidStatement, match=said):
        check_minutes(minutes)


def test_the_example_on_the_page_is_a_complete_message() -> None:
    page = (ROOT / "docs" / "formats" / "message.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```json\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    value = msgspec.json.decode(example)
    message = read_value(value, Message, where="the page")
    check_opening(message)
    assert msgspec.json.decode(msgspec.json.encode(written(message))) == value


def test_the_page_lists_the_fields_of_the_other_bodies() -> None:
    page = (ROOT / "docs" / "formats" / "message.md").read_text(encoding="utf-8")
    for kind, body in BODIES.items():
        if kind != "message":
            (row,) = re.findall(rf"^\| `{kind}` \| (.*) \|$", page, re.MULTILINE)
            assert set(body.__struct_fields__) <= set(re.findall(r"`([a-z_]+)`", row))


def test_what_can_be_asked_for_includes_what_misp_has_words_for() -> None:
    assert len(WANTS) == 5 + 14
