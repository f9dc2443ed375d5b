"""The joint unit in sentences: proposals, steps of a private intersection, what a relay passes on."""

from __future__ import annotations

from collections.abc import Mapping

from detente.chronology.telling import Cast, Line, Telling, clause, in_brackets, listed, shortened, spelled
from detente.joint.bodies import Intersection, Proposal, Relay
from detente.said import Said, read

_STEPS = {"accepted": "accepts", "declined": "declines", "withdrawn": "withdraws"}
_INTERSECTED = {
    "offer": "offered a private intersection of two sets",
    "answer": "answered",
    "result": "sent the last step of",
    "declined": "declined",
}


def _proposal(said: Said, cast: Cast) -> Line:
    body = read(said, Proposal)
    repeats = f"repeats {cast.ref(body.repeats)}" if body.repeats else ""
    if body.step == "proposed":
        return Line(
            f"{cast.told_of(said)} a proposal: {shortened(body.title)}{clause(body.text)}"
            f"{in_brackets(f'proposal {said.short}', repeats)}.",
            word="proposal",
        )
    return Line(
        f"{cast.told(said)} that it {_STEPS[body.step]} {cast.ref(body.of)}{clause(body.text)}"
        f"{clause(body.reason, '; reason given: ')}.",
        word=f"proposal {body.step}",
        bears_on=(("answers", body.of),),
    )


def _intersection(said: Said, cast: Cast) -> Line:
    body = read(said, Intersection)
    to = cast.to(said)
    what = f" {cast.ref(body.of)}" if body.of else f" (intersection {said.short})"
    details = in_brackets(_purpose(body.purpose), _classes(body.classes))
    return Line(
        f"{cast.name(said.speaker)} {_INTERSECTED[body.step]}{what}{f', to {to}' if to else ''}"
        f"{clause(body.reason, '; reason given: ')}{details}.",
        word=f"intersection {body.step}",
    )


def _relay(said: Said, cast: Cast) -> Line:
    """Nobody is named who asked not to be: the handle is all that is known of a submitter, and is not shown."""
    body = read(said, Relay)
    objects = len(body.objects) or len(body.objects_said)
    details = in_brackets(_purpose(body.purpose), _classes(body.classes))
    if body.step == "submission":
        what = f"a submission of {_objects(objects)} for {cast.name(body.to)}"
    elif body.step == "forwarded":
        what = f"{_objects(objects)} of a party that is not named"
    else:
        by = f" by {cast.name(body.sender)}" if body.sender else ""
        what = f"a reply{by} to a party that is not named{clause(body.text)}"
    return Line(f"{cast.told_of(said)} {what}{details}.", word=f"relay {body.step}")


def _objects(count: int) -> str:
    return f"{count} {'object' if count == 1 else 'objects'}"


def _purpose(purpose: str) -> str:
    return f"purpose: {spelled(purpose)}" if purpose else ""


def _classes(classes: tuple[str, ...]) -> str:
    return f"classes: {listed([spelled(name) for name in classes])}" if classes else ""


TELLINGS: Mapping[str, Telling] = {"proposal": _proposal, "intersection": _intersection, "relay": _relay}
