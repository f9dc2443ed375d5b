"""Q1: both sides state act, injury, aim, target, reversibility and steps taken; what nobody answers is shown; nothing is scored."""

from __future__ import annotations

import json
import re

from tests.norm_talk import promising, words

from detente.norms.tables import QUESTIONS
from detente.words import loaded_words

ADVICE = re.compile(r"\b(score|recommend\w*|should|advis\w*|verdict|\d+ (?:of|/) \d+|justified|lawful)\b|%")


def test_q1_the_checklist_shows_every_unanswered_question_and_no_score() -> None:
    with promising("a", "b") as talk:
        request = ("request", "--to", "b", "--subject", "Relay", "--text", "Please end it", "--want", "mitigation")
        call = talk.run("a", *request)["id"]
        talk.sync()
        decided = (
            "respond",
            "add",
            "countermeasure",
            "--role",
            "Council",
            "--reasons",
            "as stated",
            "--against",
            "b",
            "--to",
            "b",
        )
        response = talk.run("a", *decided, "--called-upon", call, "--answer", "aim=that it ends")["short"]
        talk.sync()
        talk.run(
            "b",
            *words("respond answer"),
            response,
            *words("--word disputes --answer 'aim=to punish' --answer 'act=none was ours'"),
        )
        talk.sync()

        lists = [talk.run(name, "respond", "checklist", response) for name in ("a", "b")]
        assert lists[0]["questions"] == lists[1]["questions"]
        by_id = {question["question"]: question for question in lists[0]["questions"]}
        assert list(by_id) == list(QUESTIONS)
        assert by_id["aim"]["answers"] == {"a.example": "that it ends", "b.example": "to punish"}
        (recorded,) = by_id["called-upon"]["recorded"]
        assert (recorded["id"], recorded["sender"]) == (call, "a.example")
        assert recorded["received_us"] > recorded["sent_us"]
        unanswered = [question for question in QUESTIONS if question not in ("aim", "act", "called-upon")]
        assert lists[0]["unanswered"] == unanswered

        text = talk.text("b", "respond", "checklist", response)
        for question in unanswered:
            assert re.search(
                rf"^{question} \(article .*\n  a\.example: unanswered\n  b\.example: unanswered$", text, re.M
            ), question
        own_words = "\n".join(line for line in text.splitlines() if "(article" not in line)
        assert not ADVICE.search(own_words), own_words
        assert not ADVICE.search(json.dumps([{**q, "text": ""} for q in lists[0]["questions"]]))
        assert loaded_words(text) == []


def test_q1_a_message_of_the_other_side_calls_upon_nobody() -> None:
    with promising("a", "b") as talk:
        call = talk.run(
            "b", "request", "--to", "a", "--subject", "Relay", "--text", "Please end it", "--want", "mitigation"
        )["id"]
        talk.sync()
        decided = ("respond", "add", "countermeasure", "--role", "Council", "--reasons", "as stated", "--against", "b")
        talk.refused("a", *decided, "--called-upon", call, words=("was said by b.example", "name a message of ours"))
        talk.refused("a", *decided, "--answer", "motive=x", words=("QUESTION=TEXT",))
