"""What was said on a board, statement by statement, in words: for the history of a board and for what changed since a date."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from detente.attribution.bodies import Assessment, Board, Finding, Position, Rating, Tasking
from detente.attribution.view import BoardView, Event, counted
from detente.said import Said


def events_of(root: Said, bodies: Sequence[tuple[Said, Any]]) -> tuple[Event, ...]:
    """Whatever was said on this board, replaced and withdrawn statements too; a judgment with what the same office held before."""
    before: dict[tuple[str, str, str], str] = {}
    events = []
    for one, body in bodies:
        if one.id != root.id and root.id not in (getattr(body, "board", ""), getattr(body, "of", "")):
            continue
        office = getattr(body, "office", "") or getattr(body, "rater", "") or getattr(body, "asked_by", "")
        words = _words(one, body, before)
        if one.withdrawn:
            words += " (withdrawn since)"
        events.append(Event(one.at_us, one.speaker, office, words, one.id))
    return tuple(events)


def _words(said: Said, body: Any, before: dict[tuple[str, str, str], str]) -> str:
    if isinstance(body, Board):
        keys = ", ".join(one.key for one in body.hypotheses)
        return f"adds hypotheses: {keys}" if body.of else f"opens the board with hypotheses: {keys}"
    if isinstance(body, Assessment):
        parts = []
        for one in body.judgments:
            now = f"{one.likelihood}, analytic confidence {one.confidence or 'not stated'}"
            was = before.get(key := (said.speaker, body.office, one.hypothesis))
            parts.append(f"{one.hypothesis}: {now}" + (f" (before: {was})" if was not in (None, now) else ""))
            before[key] = now
        return "assesses " + "; ".join(parts)
    if isinstance(body, Position):
        what = ", ".join(body.hypotheses) or ("the assessments named" if body.about else "this board")
        scope = f", scope {body.scope}" if body.scope else ""
        also = f", jointly with {', '.join(one.office for one in body.joint)}" if body.joint else ""
        return (
            (f"asserts nothing on {what}" if body.stance == "non-assertion" else f"{body.stance} {what}") + scope + also
        )
    if isinstance(body, Rating):
        return f"rates {counted(len(body.rows), 'piece')} of evidence"
    if isinstance(body, Tasking):
        return f"asks {body.of_office} for {body.what} ({body.role} role)"
    assert isinstance(body, Finding)
    return f"finds of {body.what} {body.about}: {body.status}"


def changes(view: BoardView, since_us: int) -> tuple[Event, ...]:
    """What was said after a moment."""
    return tuple(event for event in view.events if event.at_us > since_us)
