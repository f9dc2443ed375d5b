"""The questions on countermeasures (ILC articles 49–54), each with what each party answers and what is in the channel's record.

Every question without an answer is shown. There is no count, no score and no advice: whether an answer holds is for people to judge. Two
questions can be answered from the record of the channel itself, by the messages that a response names: what was sent, and when the other
side's receipt says that it was held there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from detente.norms.bodies import Answer, Response
from detente.norms.tables import QUESTIONS
from detente.said import Said, readable


@dataclass(frozen=True, slots=True)
class Recorded:
    """A message that a response names. `sent_us` is None where it is not held here; `received_us` where no receipt is."""

    id: str
    sender: str
    sent_us: int | None
    received_us: int | None


@dataclass(frozen=True, slots=True)
class Line:
    """One question. `answers`: by party. `recorded`: from the channel. `unanswered_by`: the parties asked that gave no answer."""

    question: str
    text: str
    article: str
    answers: dict[str, str]
    recorded: tuple[Recorded, ...]
    unanswered_by: tuple[str, ...]

    @property
    def unanswered(self) -> bool:
        """Neither the party that responds nor the record answers it."""
        return not self.answers and not any(one.sent_us is not None for one in self.recorded)


def checklist(
    said: Said, body: Response, answers: Iterable[Said] = (), messages: Mapping[str, Recorded] | None = None
) -> list[Line]:
    """Every question, for one response. `messages`: what the channel's record holds, by id.

    The parties asked are the one that responds and the one it responds to; a later answer of a party replaces its earlier one.
    """
    by_party: dict[str, dict[str, str]] = {said.speaker: dict(body.answers)}
    for other, answer in readable(answers, Answer):
        if answer.of == said.id and other.speaker != said.speaker:
            by_party.setdefault(other.speaker, {}).update(answer.answers)
    asked = [said.speaker, *([body.to] if body.to and body.to != said.speaker else [])]
    named = {"called-upon": body.called_upon, "notified": body.notified}
    lines = []
    for question in QUESTIONS.values():
        given = {party: words[question.id] for party, words in by_party.items() if question.id in words}
        recorded = tuple((messages or {}).get(id_, Recorded(id_, "", None, None)) for id_ in named.get(question.id, ()))
        held = any(one.sent_us is not None for one in recorded)
        lines.append(
            Line(
                question.id,
                question.text,
                question.article,
                given,
                recorded,
                tuple(p for p in asked if p not in given and not (held and p == said.speaker)),
            )
        )
    return lines
