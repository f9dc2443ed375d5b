"""What others answer to a conduct entry or a response: it stands wherever that stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from detente.errors import InvalidStatement
from detente.norms.bodies import Answer, kept
from detente.said import Said


@dataclass(frozen=True, slots=True)
class AnswerEntry:
    """Another party's word."""

    id: str
    short: str
    speaker: str
    said_us: int
    word: str
    text: str
    withdrawn: bool


def answers_by_entry(answers: Iterable[Said]) -> dict[str, list[AnswerEntry]]:
    """By the id of what they answer, in the order in which they were said."""
    found: dict[str, list[AnswerEntry]] = {}
    for said, body in kept(answers, Answer):
        entry = AnswerEntry(said.id, said.short, said.speaker, said.at_us, body.word, body.text, said.withdrawn)
        found.setdefault(body.of, []).append(entry)
    return found


def answers_to(said: Said, found: Mapping[str, Iterable[AnswerEntry]]) -> tuple[AnswerEntry, ...]:
    """Those to one statement. Its own author answers nothing: it says another statement."""
    return tuple(entry for entry in found.get(said.id, ()) if entry.speaker != said.speaker)


def require_answerable(entry: Said, speaker: str) -> None:
    """Anybody it was said to may answer an entry or a response, and not its author. Raises InvalidStatement."""
    if speaker == entry.speaker:
        raise InvalidStatement(f"{entry.kind} {entry.short} is your own; others answer it, and you may say another one")
