"""Milestones and measures in sentences."""

from __future__ import annotations

from collections.abc import Mapping

from detente.chronology.bodies import Measure, Milestone
from detente.chronology.telling import Cast, Line, Telling, clause, in_brackets, shortened
from detente.said import Said, read

_STEPS = {"sighting": "saw it first", "assessment": "assessed it", "publication": "made it public"}
_CHOICES = {"act": "decided to act", "do not act": "decided not to act"}


def _milestone(said: Said, cast: Cast) -> Line:
    body = read(said, Milestone)
    did = _CHOICES.get(body.choice) or _STEPS[body.step]
    reasons = "".join(f"; reason given: {shortened(reason)}" for reason in body.reasons)
    source = f"source: {shortened(body.source)}" if body.source else ""
    sentence = (
        f"{cast.told(said)}: {shortened(body.by)} {did}, on {cast.ref(body.about)}{clause(body.text)}{reasons}"
        f"{in_brackets(source)}."
    )
    return Line(sentence, body.when, names=(body.about,))


def _measure(said: Said, cast: Cast) -> Line:
    body = read(said, Measure)
    if body.of:
        evidence = f"evidence: {cast.refs(body.evidence)}" if body.evidence else ""
        reason = f"reason given: {shortened(body.reason)}" if body.reason else ""
        return Line(
            f"{cast.told(said)}: {cast.ref(body.of)} is {body.state}{in_brackets(evidence, reason)}.",
            body.when,
            word=f"measure {body.state}",
        )
    given = f"given by {shortened(body.given_by)}" if body.given_by else ""
    due = f"due {body.due}" if body.due is not None else ""
    sentence = (
        f"{cast.told_of(said)} a recommendation to {shortened(body.owner)}, in {cast.ref(body.about)}: {shortened(body.text)}"
        f"{in_brackets(given, due)}."
    )
    return Line(sentence, body.when, word="measure given")


TELLINGS: Mapping[str, Telling] = {"milestone": _milestone, "measure": _measure}
