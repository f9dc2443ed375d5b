"""Statements on a board, made in memory: each a minute after the one before, with leaf hashes that depend on their number alone."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import msgspec

from detente.attribution.board import fold
from detente.attribution.bodies import (
    BODIES,
    Assessment,
    Board,
    Cited,
    Group,
    Hypothesis,
    Judgment,
    Position,
    Rating,
    with_always,
)
from detente.attribution.view import BoardView
from detente.said import Said, written
from detente.statement import Ref
from detente.when import MINUTE_US, parse_when

START_US = parse_when("2026-11-22").at_us
A, B, C = "aldmere.example", "borovia.example", "harbour.example"
KIND_OF = {shape: kind for kind, shape in BODIES.items()}

TWO = (
    Hypothesis(key="x", text="a unit of Borovia", rung="state-executed", actor="Borovia"),
    Hypothesis(key="y", text="a group that Borovia knows of and leaves alone", rung="state-ignored", actor="Borovia"),
)


@dataclass(slots=True)
class Talk:
    """What was said so far. `say` adds to it; `view` folds it."""

    said: list[Said] = field(default_factory=list)

    def say(self, speaker: str, body: msgspec.Struct | dict[str, Any], kind: str = "", **more: Any) -> Said:
        number = len(self.said)
        leaf = hashlib.sha256(b"statement %d" % number).digest()
        value = body if isinstance(body, dict) else written(body)
        kind = kind or KIND_OF[type(body)]  # type: ignore[index]
        more.setdefault("at_us", START_US + number * MINUTE_US)
        one = Said(Ref(speaker, number, leaf), (A, B), kind, more.pop("at_us"), value, **more)
        self.said.append(one)
        return one

    def view(self, as_of_us: int | None = None) -> BoardView:
        return fold(self.said, as_of_us=as_of_us)

    def board(self, *hypotheses: Hypothesis, groups: tuple[Group, ...] = (), **more: Any) -> str:
        body = Board(
            question=more.pop("question", "intrusion"),
            incident="incident-1",
            title=more.pop("title", "Mail servers of Harbour"),
            hypotheses=with_always(hypotheses or TWO),
            groups=groups,
        )
        return self.say(more.pop("by", A), body, **more).id

    def assess(self, board: str, office: str, *judged: str, by: str = A, **more: Any) -> Said:
        """Each of `judged`: hypothesis, word, confidence, parted by slashes, as in x/very likely/high."""
        judgments = tuple(
            Judgment(hypothesis=h, likelihood=word, confidence=c) for h, word, c in (one.split("/") for one in judged)
        )
        more.setdefault("own_work", True)
        return self.say(by, Assessment(board=board, office=office, judgments=judgments, **more))

    def position(self, board: str, office: str, stance: str, *hypotheses: str, by: str = B, **more: Any) -> Said:
        return self.say(by, Position(board=board, office=office, stance=stance, hypotheses=hypotheses, **more))  # type: ignore[arg-type]

    def rate(self, board: str, rater: str, rows: dict[str, dict[str, str]], by: str = A) -> Said:
        value = {
            "board": board,
            "rater": rater,
            "rows": [{"evidence": e, "marks": marks} for e, marks in rows.items()],
        }
        return self.say(by, msgspec.convert(value, Rating))


def cited(ref: str, kind: str = "technical", source: str = "open", **more: Any) -> Cited:
    return Cited(ref=ref, kind=kind, source=source, **more)  # type: ignore[arg-type]
