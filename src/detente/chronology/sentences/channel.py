"""The channel in sentences: notices, requests, warnings and what follows; consultations, both sides' minutes, corrections, reveals."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from detente.channel.bodies import (
    CONSEQUENCES,
    LEVELS,
    OUTCOMES,
    POSITIONS,
    REASONS,
    WANTS,
    Consultation,
    Correction,
    Message,
    Minutes,
)
from detente.channel.moves import OPENINGS
from detente.chronology.telling import Cast, Line, Telling, clause, in_brackets, listed, named, shortened, spelled
from detente.said import Said, read
from detente.seals import Reveal
from detente.when import SECOND_US, When

DRILL = "drill:"

_OPENED: dict[str, str] = {
    "notice": "gave notice to",
    "request": "asked",
    "protective-warning": "warned",
    "demarche": "put a demand to",
}
# What each later move says, with the thread in {thread} and the other side in {to}.
_MOVED: dict[str, str] = {
    "acknowledge": "acknowledged receipt to {to} of {thread}, which agrees to nothing",
    "accept": "undertook to {to} to answer {thread}",
    "needs-more": "asked {to} a question back on {thread}",
    "answer-question": "answered the question of {to} on {thread}",
    "refer": "referred {to} to another authority on {thread}",
    "decline": "declined to {to} {thread}",
    "extend": "took more time for {thread}, as it told {to}",
    "answer": "answered {to} on {thread}",
    "position": "told {to} its position on {thread}",
    "satisfied": "told {to} that the reply to {thread} is sufficient",
    "contested": "told {to} that it contests the reply to {thread}",
    "correct": "told {to} of a correction in {thread}",
    "withdraw": "told {to} that it withdraws {thread}",
    "remind": "reminded {to} of {thread}",
    "escalate": "put {thread} to {to} at the next level",
    "outcome": "told {to} how what it warned of in {thread} came out",
    "relayed": "told {to} to how many it relayed {thread}",
    "close": "told {to} that it closes {thread}",
}


def _message(said: Said, cast: Cast) -> Line:
    body = read(said, Message)
    to = cast.to(said) or "nobody"
    speaker = cast.name(said.speaker)
    if not body.thread:
        verb = _OPENED.get(body.move, "opened a thread with")
        wants = f" for {listed([spelled(w) if w in WANTS else named(w) for w in body.wants])}" if body.wants else ""
        sentence = (
            f"{speaker} {verb} {to}{wants} ({_word(body)} {said.short}){clause(body.subject)}{_details(body, cast)}."
        )
        return Line(sentence, word=_word(body))
    moved = _MOVED.get(body.move, "made a move that is not known here to {to} in {thread}")
    sentence = moved.format(to=to, thread=cast.ref(body.thread))
    relation = _bears_on(body)
    return Line(
        f"{speaker} {sentence}{_details(body, cast)}.",
        bears_on=((relation, body.thread),) if relation else (),
        word=_word(body),
    )


def _consultation(said: Said, cast: Cast) -> Line:
    body = read(said, Consultation)
    present = listed([f"{shortened(p.role)} of {cast.name(p.party)}" for p in body.participants])
    minutes = f"{body.duration_minutes} minutes" if body.duration_minutes else "duration not stated"
    agreed = f"agreed text: {shortened(body.agreed_text)}" if body.agreed_text else "held, no agreed record"
    sentence = (
        f"{cast.told_of(said)} a consultation on {shortened(body.subject)} at the {LEVELS.get(body.level, 'unknown')} level, "
        f"with {present or 'participants not stated'}{clause(body.outcome, '; outcome: ')}"
        f"{in_brackets(minutes, agreed, f'source: {shortened(body.source)}' if body.source else '')}."
    )
    return Line(sentence, body.held)


def _minutes(said: Said, cast: Cast) -> Line:
    body = read(said, Minutes)
    items = "; ".join(
        f"{shortened(item.key)}{f', said by {cast.name(item.said_by)}' if item.said_by else ''}: {shortened(item.text)}"
        for item in body.items
    )
    return Line(f"{cast.told(said, 'gave')} its account of {cast.ref(body.about)}{': ' if items else ''}{items}.")


def _correction(said: Said, cast: Cast) -> Line:
    body = read(said, Correction)
    sentence = (
        f"{cast.told_of(said)} a correction of {cast.ref(body.of)}: {shortened(body.field)} was {shortened(body.was)} and is "
        f"{shortened(body.now)}{clause(body.text)}."
    )
    return Line(sentence, bears_on=(("corrects", body.of),))


def _reveal(said: Said, cast: Cast) -> Line:
    body = read(said, Reveal)
    return Line(
        f"{cast.told_of(said)} the text that it had sealed (digest {body.digest[:12]}…): {shortened(body.text)}."
    )


def _word(body: Message) -> str:
    return spelled(body.move) if body.move in _OPENED or body.move in _MOVED else "message"


def _bears_on(body: Message) -> str:
    if body.move == "position" and body.position in ("denies", "disputes"):
        return "denies"
    return {"correct": "corrects", "answer": "answers", "decline": "answers", "position": "answers"}.get(body.move, "")


def _details(body: Message, cast: Cast) -> str:
    """What a move says beside its verb, each part in the words of our tables or quoted."""
    level = f"{LEVELS[body.level]} level" if not body.thread and body.level in LEVELS else ""
    drill = f"a drill of the profile {shortened(body.profile[len(DRILL) :])}" if body.profile.startswith(DRILL) else ""
    return clause(body.text) + in_brackets(
        level,
        drill,
        f"repeats {cast.ref(body.repeats)}" if body.repeats else "",
        f"needed by {_at(body.needed_by_us)}" if body.needed_by_us else "",
        f"until {_at(body.until_us)}" if body.until_us else "",
        f"reason: {_coded(body.reason, REASONS)}" if body.reason else "",
        f"alternative offered: {shortened(body.alternative)}" if body.alternative else "",
        f"to {cast.name(body.refer_to)}" if body.refer_to else "",
        f"extent: {_coded(body.extent, ('partial', 'full'))}" if body.extent else "",
        f"position: {_coded(body.position, POSITIONS)}" if body.position else "",
        _activity(body),
        f"demand: {shortened(body.demand)}" if body.demand else "",
        f"from {_at(body.window.from_us)} to {_at(body.window.to_us)}" if body.window else "",
        _likelihood(body),
        _consequence(body),
        f"evidence: {cast.refs(body.evidence)}" if body.evidence else "",
        f"withheld: {body.withheld.items} items, class {shortened(body.withheld.class_)}" if body.withheld else "",
        _change(body),
        _outcome(body, cast),
        listed([f"{count.count} of the class {shortened(count.class_)}" for count in body.relayed]),
        f"superseded by {cast.ref(body.superseded_by)}" if body.superseded_by else "",
    )


def _coded(code: str, table: Collection[str]) -> str:
    return spelled(code) if code in table else shortened(code)


def _at(us: int) -> str:
    return str(When(us // SECOND_US * SECOND_US))


def _activity(body: Message) -> str:
    if body.activity is None:
        return ""
    targets = f" against {listed([shortened(t) for t in body.activity.targets])}" if body.activity.targets else ""
    return f"activity: {listed([spelled(c) for c in body.activity.classes])}{targets}"


def _likelihood(body: Message) -> str:
    if body.likelihood is None:
        return ""
    confidence = f", confidence {shortened(body.likelihood.confidence)}" if body.likelihood.confidence else ""
    return f"likelihood {shortened(body.likelihood.word)} on the scale {shortened(body.likelihood.scale)}{confidence}"


def _consequence(body: Message) -> str:
    if body.consequence is None:
        return ""
    return f"consequence {_coded(body.consequence.class_, CONSEQUENCES)}{clause(body.consequence.text)}"


def _change(body: Message) -> str:
    if body.change is None:
        return ""
    return f"{shortened(body.change.field)} was {shortened(body.change.was)} and is {shortened(body.change.now)}"


def _outcome(body: Message, cast: Cast) -> str:
    if body.outcome is None:
        return ""
    evidence = f", evidence: {cast.refs(body.outcome.evidence)}" if body.outcome.evidence else ""
    return f"outcome: {_coded(body.outcome.status, OUTCOMES)}{evidence}"


assert set(_OPENED) == set(OPENINGS), "every opening has its verb"

TELLINGS: Mapping[str, Telling] = {
    "message": _message,
    "consultation": _consultation,
    "minutes": _minutes,
    "correction": _correction,
    "reveal": _reveal,
}
