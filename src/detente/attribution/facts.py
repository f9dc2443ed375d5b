"""Whether incidents and impacts occurred, by whose word. Kept apart from who did it: a fact stands or falls without any attribution."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from detente.attribution.bodies import Finding
from detente.said import Said
from detente.words import quoted

HAPPENED = frozenset({"occurred", "ongoing"})


@dataclass(frozen=True, slots=True)
class Found:
    """One office's finding. `when` and `where` as that office states them."""

    office: str
    recorded_by: str
    status: str
    when: str
    when_iso: str
    where: str
    sightings: tuple[str, ...]
    evidence: tuple[str, ...]
    text: str
    said_us: int
    statement: str


@dataclass(frozen=True, slots=True)
class Fact:
    """`about`: the incident, impact, or hypothesis of a board. `state`: the one status that all give, "disputed", or "not alike"."""

    about: str
    what: str
    incident: str
    state: str
    counts: dict[str, int]
    findings: tuple[Found, ...]


def facts_of(findings: Iterable[tuple[Said, Finding]]) -> tuple[Fact, ...]:
    """One fact for each thing found about, in order of events; of each office the latest finding."""
    latest: dict[tuple[str, str], dict[tuple[str, str], tuple[Said, Finding]]] = {}
    for said, body in findings:
        about = (body.what, f"{body.board} {body.hypothesis}" if body.what == "hypothesis" else body.about)
        latest.setdefault(about, {})[said.speaker, body.office] = (said, body)
    return tuple(_fact(what, list(by_office.values())) for (what, _), by_office in latest.items())


def _fact(what: str, findings: list[tuple[Said, Finding]]) -> Fact:
    first = findings[0][1]
    counts: Counter[str] = Counter(body.status for _, body in findings)
    statuses = set(counts)
    if "disputed" in statuses or (statuses & HAPPENED and "not-occurred" in statuses):
        state = "disputed"
    elif len(statuses) == 1:
        state = first.status
    else:
        state = "not alike"
    return Fact(
        about=first.hypothesis if what == "hypothesis" else first.about,
        what=what,
        incident=next((body.incident for _, body in findings if body.incident), ""),
        state=state,
        counts=dict(counts),
        findings=tuple(_found(said, body) for said, body in findings),
    )


def _found(said: Said, body: Finding) -> Found:
    return Found(
        office=body.office,
        recorded_by=said.speaker,
        status=body.status,
        when=str(body.when) if body.when else "",
        when_iso=body.when.iso if body.when else "",
        where=body.where,
        sightings=body.sightings,
        evidence=body.evidence,
        text=quoted(body.text) if body.text else "",
        said_us=said.at_us,
        statement=said.id,
    )
