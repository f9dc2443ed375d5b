"""The checklist: every open question is shown; no count, no score, no advice."""

from __future__ import annotations

import re

from tests.unit.norms.speaking import ALDMERE, BOROVIA, Speech, day, on

from detente.norms.bodies import Response, made
from detente.norms.checklist import Recorded, checklist
from detente.norms.lines import checklist_lines
from detente.norms.tables import QUESTIONS
from detente.words import loaded_words

CALL = "C" * 43
ADVICE = re.compile(
    r"\b(should|must|recommend\w*|advis\w*|score|lawful|unlawful|justified|valid|legal|rating|\d+ of \d+)\b|%"
)


def _response(speech: Speech, **more: object) -> tuple[object, Response]:
    fields = {"kind": "countermeasure", "decided": on("2026"), "role": "r", "reasons": "r", "to": BOROVIA, **more}
    said = speech.say("response", ALDMERE, 1, **fields)
    return said, made(Response, **fields)


def test_without_answers_every_question_is_shown_as_unanswered() -> None:
    speech = Speech()
    _, body = _response(speech)
    lines = checklist(speech.said[0], body)
    assert [line.question for line in lines if line.unanswered] == list(QUESTIONS)
    shown = checklist_lines(lines)
    for question in QUESTIONS:
        assert any(line.startswith(f"{question} (article") for line in shown)
    assert shown[-1] == f"Unanswered: {', '.join(QUESTIONS)}"
    assert shown.count(f"  {ALDMERE}: unanswered") == shown.count(f"  {BOROVIA}: unanswered") == len(QUESTIONS)


def test_both_sides_state_theirs_and_neither_overwrites_the_other() -> None:
    speech = Speech()
    _, body = _response(speech, answers={"aim": "that it ends", "target": "its ministry alone"})
    speech.say(
        "answer", BOROVIA, 2, of=speech.said[0].id, word="disputes", answers={"aim": "to punish", "target": "everybody"}
    )
    speech.say("answer", BOROVIA, 3, of=speech.said[0].id, word="adds", answers={"target": "our hospitals"})
    speech.say("answer", ALDMERE, 4, of=speech.said[0].id, word="adds", answers={"act": "from its author: not counted"})
    by_id = {line.question: line for line in checklist(speech.said[0], body, speech.of("answer"))}
    assert by_id["aim"].answers == {ALDMERE: "that it ends", BOROVIA: "to punish"}
    assert by_id["target"].answers == {ALDMERE: "its ministry alone", BOROVIA: "our hospitals"}
    assert by_id["act"].unanswered
    assert by_id["act"].unanswered_by == (ALDMERE, BOROVIA)


def test_a_message_of_the_record_answers_and_one_that_is_not_held_does_not() -> None:
    speech = Speech()
    _, body = _response(speech, called_upon=[CALL], notified=["N" * 43])
    record = {CALL: Recorded(CALL, ALDMERE, day(1), day(2))}
    by_id = {line.question: line for line in checklist(speech.said[0], body, [], record)}
    assert not by_id["called-upon"].unanswered
    assert by_id["called-upon"].unanswered_by == (BOROVIA,)
    assert by_id["notified"].unanswered
    shown = checklist_lines(list(by_id.values()))
    assert f"  record: {ALDMERE} sent message {CALL} on 2 Jan 2026; its receipt is of 3 Jan 2026" in shown
    assert f"  record: message {'N' * 43} is named, and not held here" in shown


def test_a_message_without_a_receipt_is_shown_as_such() -> None:
    speech = Speech()
    _, body = _response(speech, called_upon=[CALL])
    record = {CALL: Recorded(CALL, ALDMERE, day(1), None)}
    shown = checklist_lines(checklist(speech.said[0], body, [], record))
    assert f"  record: {ALDMERE} sent message {CALL} on 2 Jan 2026; no receipt is held here" in shown


def test_no_score_and_no_advice_is_printed() -> None:
    speech = Speech()
    _, body = _response(speech, answers=dict.fromkeys(QUESTIONS, "x"))
    for lines in (checklist(speech.said[0], body), checklist(speech.said[0], _response(Speech())[1])):
        own_words = "\n".join(checklist_lines(lines)).replace("stated to be justified", "")
        assert not ADVICE.findall(re.sub(r"^.*\(article .*$", "", own_words, flags=re.M)), own_words
        assert loaded_words(own_words) == []
    assert checklist_lines(checklist(speech.said[0], body))[-1] == "Unanswered: none"
