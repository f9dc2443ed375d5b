"""The history of a pair of parties, in both directions with one code: what each alleges against the other, incident by incident.

An allegation is a statement of one of three kinds, and stays one:

- a claim that asserts or reports, whose speaker speaks for one party (`speaker_party`), and that is about the other by its origin;
- a demand in the channel (a demarche) that one party put to the other, with the activity that it is about;
- a conduct entry of one party that finds the other's conduct inconsistent with a norm.

Each has what the other party said to it beside it. The rows are one list in the order of time, with the same columns for both directions;
they are counted by direction and kind, and never summed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from detente.channel.bodies import Message
from detente.channel.moves import DEMARCHE
from detente.chronology.entries import Entry
from detente.claims.bodies import Claim
from detente.norms.bodies import Conduct

KINDS = ("claim", "demarche", "conduct")


@dataclass(frozen=True, slots=True)
class Allegation:
    """`by` alleges against `against`. `incidents`: by name, as the statement names them; `subject`: the topic, classes or norm."""

    by: str
    against: str
    kind: str
    incidents: tuple[str, ...]
    subject: tuple[str, ...]
    entry: Entry


def history(entries: Iterable[Entry], one: str, other: str) -> list[Allegation]:
    """What these two, by their origins, allege against each other, in the order of the entries; all else is left out."""
    opposite = {one: other, other: one}
    return [found for entry in entries if (found := _allegation(entry, opposite)) is not None]


def counts(allegations: Iterable[Allegation]) -> Mapping[str, Mapping[str, int]]:
    """By the origin of who alleges, how many of each kind."""
    result: dict[str, dict[str, int]] = {}
    for found in allegations:
        its = result.setdefault(found.by, dict.fromkeys(KINDS, 0))
        its[found.kind] += 1
    return result


def _allegation(entry: Entry, opposite: Mapping[str, str]) -> Allegation | None:
    said = entry.said
    if said.erased or said.withdrawn:
        return None
    try:
        match said.kind:
            case "claim":
                return _claimed(entry, msgspec.convert(said.body, Claim), opposite)
            case "message":
                return _demanded(entry, msgspec.convert(said.body, Message), opposite)
            case "conduct":
                return _found(entry, msgspec.convert(said.body, Conduct), opposite)
    except msgspec.ValidationError:
        pass
    return None


def _claimed(entry: Entry, claim: Claim, opposite: Mapping[str, str]) -> Allegation | None:
    against = opposite.get(claim.speaker_party)
    if claim.polarity not in ("asserts", "reports") or against is None or against not in claim.about:
        return None
    incidents = tuple(name for name in claim.about if name not in opposite)
    return Allegation(claim.speaker_party, against, "claim", incidents, (claim.topic,) if claim.topic else (), entry)


def _demanded(entry: Entry, message: Message, opposite: Mapping[str, str]) -> Allegation | None:
    against = opposite.get(entry.said.speaker)
    if (
        message.move != DEMARCHE
        or message.thread
        or message.activity is None
        or against is None
        or against not in entry.said.aud
    ):
        return None
    return Allegation(entry.said.speaker, against, "demarche", message.refs, message.activity.classes, entry)


def _found(entry: Entry, conduct: Conduct, opposite: Mapping[str, str]) -> Allegation | None:
    against = opposite.get(entry.said.speaker)
    if conduct.finding != "inconsistent" or against is None or conduct.about != against:
        return None
    return Allegation(entry.said.speaker, against, "conduct", (conduct.incident,), (conduct.norm,), entry)
