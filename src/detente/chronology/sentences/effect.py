"""Plans and evaluations in sentences: what was to be counted, and what was counted, for each party that reports."""

from __future__ import annotations

from collections.abc import Mapping

from detente.chronology.telling import Cast, Line, Telling, in_brackets, listed, spelled
from detente.effect.bodies import Evaluation, Outcome, Plan
from detente.said import Said, read
from detente.when import SECOND_US, When


def _plan(said: Said, cast: Cast) -> Line:
    body = read(said, Plan)
    classes = listed([spelled(class_) for class_ in body.activity.classes])
    about = f" after {cast.ref(body.about)}" if body.about else ""
    reported = listed(cast.parties(body.directions, said.speaker))
    warned = When(body.warned_us // SECOND_US * SECOND_US)
    grace = f", with {body.grace_days:g} days of grace" if body.grace_days else ""
    return Line(
        f"{cast.told(said)} what it will count{about} (plan {said.short}): incidents of the class {classes} as reported by {reported}, "
        f"{body.before_days:g} days up to {warned} and {body.after_days:g} days after it{grace}."
    )


def _evaluation(said: Said, cast: Cast) -> Line:
    body = read(said, Evaluation)
    outcomes = "; ".join(
        f"as reported by {cast.name(origin)}, {_outcome(body.result.outcomes[origin])}"
        for origin in sorted(sorted(body.result.outcomes), key=lambda origin: origin != said.speaker)
    )
    return Line(f"{cast.told(said)} what it counted under {cast.ref(body.plan)}: {outcomes or 'nothing'}.")


def _outcome(outcome: Outcome) -> str:
    before = f"{outcome.counts.before} in {outcome.e0_days:g} sensor-days before"
    after = f"{outcome.counts.after} in {outcome.e1_days:g} after"
    chance = ""
    if outcome.silence_chance is not None and outcome.counts.after == 0:
        chance = f"a silence this long had a {outcome.silence_chance:.0%} chance with no change"
    return f"{before} and {after}: {outcome.verdict}{in_brackets(*outcome.flags, chance)}"


TELLINGS: Mapping[str, Telling] = {"plan": _plan, "evaluation": _evaluation}
