"""Norms, agreements, promises, conduct and responses in sentences."""

from __future__ import annotations

from collections.abc import Mapping

from detente.chronology.telling import Cast, Line, Telling, clause, in_brackets, listed, named, shortened, spelled
from detente.norms.bodies import (
    Agreement,
    Amendment,
    Answer,
    Commitment,
    Conduct,
    Limit,
    Response,
    Signature,
    Undertaking,
)
from detente.norms.tables import NORMS
from detente.said import Said, read

_ANSWERS = {
    "concurs": "concurs with",
    "disputes": "disputes",
    "no-comment": "has no comment on",
    "adds": "adds to",
}


def _commitment(said: Said, cast: Cast) -> Line:
    body = read(said, Commitment)
    reservation = f"reservation: {shortened(body.reservation)}" if body.reservation else ""
    sentence = (
        f"{cast.told(said)}: {cast.name(body.party)} stands at {body.status} on the norm {_norm(body.norm)}"
        f"{in_brackets(f'source: {shortened(body.source)}', reservation)}."
    )
    return Line(sentence, body.at)


def _conduct(said: Said, cast: Cast) -> Line:
    body = read(said, Conduct)
    whose = "its own conduct" if body.about == said.speaker else f"the conduct of {cast.name(body.about)}"
    sentence = (
        f"{cast.told(said)} that it finds {whose} {spelled(body.finding)} under the norm {_norm(body.norm)} in "
        f"{cast.ref(body.incident)}: {shortened(body.text)}."
    )
    return Line(sentence)


def _answer(said: Said, cast: Cast) -> Line:
    body = read(said, Answer)
    relation = "denies" if body.word == "disputes" else "answers"
    sentence = f"{cast.told(said)} that it {_ANSWERS[body.word]} {cast.ref(body.of)}{clause(body.text)}."
    return Line(sentence, bears_on=((relation, body.of),))


def _agreement(said: Said, cast: Cast) -> Line:
    body = read(said, Agreement)
    parties = listed(cast.parties(body.parties, said.speaker))
    clauses = f"{len(body.clauses)} {'clause' if len(body.clauses) == 1 else 'clauses'}"
    return Line(
        f"{cast.told_of(said)} the text of an agreement between {parties}: {shortened(body.title)} "
        f"({clauses}, version {body.version}; agreement {said.short})."
    )


def _amendment(said: Said, cast: Cast) -> Line:
    body = read(said, Amendment)
    clauses = listed([f"{change.id}{' (taken out)' if change.remove else ''}" for change in body.changed])
    return Line(
        f"{cast.told_of(said)} a proposed change of {cast.ref(body.agreement)} at version {body.base}: clause {clauses}"
        f"{clause(body.reasons, '; reasons given: ')} (amendment {said.short})."
    )


def _signature(said: Said, cast: Cast) -> Line:
    body = read(said, Signature)
    verb = "consents to" if body.word == "signs" else "takes back its consent to"
    office = f"office: {shortened(body.office)}" if body.office else ""
    return Line(f"{cast.told(said)} that it {verb} {cast.ref(body.of)}{clause(body.text)}{in_brackets(office)}.")


def _undertaking(said: Said, cast: Cast) -> Line:
    body = read(said, Undertaking)
    evidence = f"evidence: {cast.refs(body.evidence)}" if body.evidence else ""
    due = f"due {body.due}" if body.due is not None else ""
    under = f"under {cast.ref(body.agreement)}, clause {body.clause}" if body.agreement and body.clause else ""
    sentence = (
        f"{cast.told(said)}: {shortened(body.item)}, to be done by {cast.name(body.by)}, is {spelled(body.stage)}"
        f"{in_brackets(under, due, evidence)}."
    )
    return Line(sentence)


def _limit(said: Said, cast: Cast) -> Line:
    body = read(said, Limit)
    verification = f"verification: {shortened(body.verification)}" if body.verification else ""
    exchange = f"next exchange of data {body.next_exchange}" if body.next_exchange is not None else ""
    if not (verification and exchange):
        verification = f"declaration only{'; ' if verification else ''}{verification}"
    return Line(
        f"{cast.told(said)} that it declares a limit for itself: {shortened(body.text)}{in_brackets(verification, exchange)}."
    )


def _response(said: Said, cast: Cast) -> Line:
    body = read(said, Response)
    answers_to = f"in answer to {cast.ref(body.of)}" if body.of else ""
    about = f"about {cast.refs(body.about)}" if body.about else ""
    telling = cast.told(said)
    if body.seal is not None:
        telling = cast.told_of(said)
        what = f"a response that is undisclosed, committed by digest {body.seal.digest[:12]}…"
    elif body.kind == "none-decided":
        what = "that it decided on no response"
    else:
        what = f"that it decided on a response of the kind {spelled(body.kind)}"
    to = f" towards {cast.name(body.to)}" if body.to else ""
    incident = f" in {cast.ref(body.incident)}" if body.incident else ""
    role = f"decided by {shortened(body.role)}" if body.role else ""
    review = f"review {body.review}" if body.review is not None else ""
    sentence = (
        f"{telling} {what}{to}{incident}{clause(body.reasons, '; reasons given: ')}"
        f"{in_brackets(role, answers_to, about, review)}."
    )
    return Line(sentence, body.decided)


def _norm(name: str) -> str:
    return name if name in NORMS else named(name)


TELLINGS: Mapping[str, Telling] = {
    "commitment": _commitment,
    "conduct": _conduct,
    "answer": _answer,
    "agreement": _agreement,
    "amendment": _amendment,
    "signature": _signature,
    "undertaking": _undertaking,
    "limit": _limit,
    "response": _response,
}
