"""Boards of attribution in sentences: questions, assessments, positions, marks, findings, and who was asked for what."""

from __future__ import annotations

from collections.abc import Mapping

from detente.attribution.bodies import Assessment, Board, Finding, Judgment, Position, Rating, Tasking
from detente.chronology.telling import Cast, Line, Telling, clause, in_brackets, listed, shortened, spelled
from detente.said import Said, read
from detente.scales import SCALES

_STANCES = {
    "endorses": "endorses",
    "denies": "denies",
    "disagrees": "does not take over",
    "non-assertion": "asserts nothing on",
}
_STATUSES = {
    "occurred": "occurred",
    "not-occurred": "did not occur",
    "ongoing": "is going on",
    "pending": "is expected",
    "undetermined": "is not determined",
}


def _board(said: Said, cast: Cast) -> Line:
    body = read(said, Board)
    hypotheses = listed([shortened(one.text) for one in body.hypotheses])
    adds = f"adds to {cast.ref(body.of)}" if body.of else ""
    groups = [f"{shortened(group.name)} has {group.size} members" for group in body.groups]
    return Line(
        f"{cast.told_of(said)} a board on {body.question} in {cast.ref(body.incident)}: {shortened(body.title)}; hypotheses: {hypotheses}"
        f"{in_brackets(f'board {said.short}', adds, *groups)}.",
        names=tuple(_column(said.id, one.key) for one in body.hypotheses),
    )


def _assessment(said: Said, cast: Cast) -> Line:
    body = read(said, Assessment)
    judgments = "; ".join(_judgment(one) for one in body.judgments)
    own = "own work" if body.own_work else "coordinated"
    cited = f"{len(body.evidence)} cited" if body.evidence else ""
    withheld = ", ".join(f"{one.items} withheld, class {shortened(one.of_class)}" for one in body.withheld)
    evidence = f"evidence: {', '.join(part for part in (cited, withheld) if part) or 'none stated'}"
    independent = "states that it was asked for no conclusion" if body.independent else ""
    replaces = f"replaces {cast.ref(body.of)}" if body.of else ""
    return Line(
        f"{cast.told_of(said)} the assessment of {shortened(body.office)} on {cast.ref(body.board)}: {judgments}"
        f"{in_brackets(own, evidence, independent, replaces)}.",
        body.as_of,
        names=(body.board, *(_column(body.board, one.hypothesis) for one in body.judgments)),
    )


def _position(said: Said, cast: Cast) -> Line:
    body = read(said, Position)
    keys = listed([shortened(key) for key in body.hypotheses])
    what = f"the {'hypothesis' if len(body.hypotheses) == 1 else 'hypotheses'} {keys} of " if keys else ""
    offices = listed([shortened(body.office), *(shortened(one.office) for one in body.joint)])
    scope = f"scope: {spelled(body.scope)}" if body.scope else ""
    relies = f"{spelled(body.relies_on)}" if body.relies_on else ""
    about = f"about {cast.refs(body.about)}" if body.about else ""
    replaces = f"replaces {cast.ref(body.of)}" if body.of else ""
    parts = tuple(_column(body.board, key) for key in body.hypotheses) or (body.board,)
    relation = "denies" if body.stance in ("denies", "disagrees") else ""
    return Line(
        f"{cast.told(said)}: {offices} {_STANCES[body.stance]} {what}{cast.ref(body.board)}{clause(body.text)}"
        f"{in_brackets(scope, relies, about, replaces)}.",
        body.as_of,
        word=f"position {spelled(body.stance)}",
        bears_on=tuple((relation, target) for target in body.about or parts) if relation else (),
    )


def _rating(said: Said, cast: Cast) -> Line:
    body = read(said, Rating)
    pieces = len(body.rows)
    return Line(
        f"{cast.told_of(said)} the marks of {shortened(body.rater)} for {pieces} {'piece' if pieces == 1 else 'pieces'} of evidence on "
        f"{cast.ref(body.board)}."
    )


def _finding(said: Said, cast: Cast) -> Line:
    body = read(said, Finding)
    what = f"the hypothesis {shortened(body.hypothesis)}" if body.what == "hypothesis" else body.what
    found = (
        f"disputes what others found on the {body.what}"
        if body.status == "disputed"
        else f"finds that the {what} {_STATUSES[body.status]}"
    )
    on = cast.ref(body.board if body.what == "hypothesis" else body.about)
    where = f"where: {shortened(body.where)}" if body.where else ""
    sightings = f"{len(body.sightings)} sightings" if body.sightings else ""
    name = f"{body.what} {body.about}"
    return Line(
        f"{cast.told(said)}: {shortened(body.office)} {found}, on {on}{clause(body.text)}{in_brackets(where, sightings)}.",
        body.when,
        bears_on=(("denies", name),) if body.status == "disputed" else (),
        names=(name,) if body.status != "disputed" else (),
    )


def _tasking(said: Said, cast: Cast) -> Line:
    body = read(said, Tasking)
    about = f"about {cast.ref(body.about)}" if body.about else ""
    return Line(
        f"{cast.told(said)}: {shortened(body.asked_by)}, a {body.role} role, asked {shortened(body.of_office)} for {body.what} on "
        f"{cast.ref(body.board)}{clause(body.text)}{in_brackets(about)}.",
        body.at,
    )


def _judgment(one: Judgment) -> str:
    confidence = f", analytic confidence {one.confidence}" if one.confidence else ""
    return f"{shortened(one.hypothesis)} is {one.likelihood} on the scale {SCALES[one.scale].title}{confidence}"


def _column(board_id: str, hypothesis: str) -> str:
    """What a denial of one hypothesis bears on: that column of that board."""
    return f"{board_id} {hypothesis}"


TELLINGS: Mapping[str, Telling] = {
    "board": _board,
    "assessment": _assessment,
    "position": _position,
    "rating": _rating,
    "finding": _finding,
    "tasking": _tasking,
}
