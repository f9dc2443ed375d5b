"""Who cites whom on a board, and how many independent lines of evidence that leaves.

Two assessors of whom one cites the other are one line, unless the first shows something of its own. Assessors who cite each other in a
circle are at most one line together. Withheld items count by their commitments, since nobody here can say whether they are others' too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence, Set

from detente.attribution.bodies import Assessment, Cited, Withheld
from detente.attribution.view import Citation, Lines, Row
from detente.said import Said

Assessor = tuple[str, str]  # who recorded it, and the office

EVEN = 50  # percent; an interval that begins above it leans towards its hypothesis


def bears_on(item: Cited | Withheld, hypothesis: str) -> bool:
    return not item.hypotheses or hypothesis in item.hypotheses


def citations(everything: Sequence[tuple[Said, Assessment]], standing: Collection[str]) -> tuple[Citation, ...]:
    """Citations in assessments that stand, of any assessment of another office on the same board."""
    by_id = {said.id: (said.speaker, body.office) for said, body in everything}
    found = []
    for said, body in everything:
        if said.id in standing:
            me = (said.speaker, body.office)
            for item in body.evidence:
                cited = by_id.get(item.ref)
                if cited is not None and cited != me:
                    found.append((me, cited, item.hypotheses, said.id))
    reach = _reach((me, cited) for me, cited, _, _ in found)
    return tuple(
        Citation(me[1], me[0], cited[1], cited[0], hypotheses, id_, me in reach.get(cited, ()))
        for me, cited, hypotheses, id_ in found
    )


def lines_behind(
    hypothesis: str,
    rows: Sequence[Row],
    assessed: Sequence[tuple[Said, Assessment]],
    cited: Sequence[Citation],
) -> Lines:
    behind: list[Assessor] = [
        (row.recorded_by, row.office)
        for row in rows
        if any(one.hypothesis == hypothesis and one.low >= EVEN for one in row.judgments)
    ]
    relevant = [one for one in cited if not one.hypotheses or hypothesis in one.hypotheses]
    edges = [((one.recorded_by, one.office), (one.cites_recorded_by, one.cites)) for one in relevant]
    reach = _reach(edges)
    needed = set(behind).union(*(reach.get(office, ()) for office in behind))
    own = _own(hypothesis, assessed)
    contributions = set()
    for office in needed:
        ring = _ring(office, reach)
        beyond = {other for one in ring for other in reach.get(one, ())} - ring
        mine = {ref for one in ring for ref in own.get(one, ())}
        theirs = {ref for one in beyond for ref in own.get(one, ())}
        contributions.add(frozenset(mine - theirs))
    return Lines(
        hypothesis,
        tuple(office for _, office in behind),
        len(contributions - {frozenset()}),
        tuple(dict.fromkeys(str(one) for one in relevant if (one.recorded_by, one.office) in needed)),
    )


def _own(hypothesis: str, assessed: Sequence[tuple[Said, Assessment]]) -> dict[Assessor, set[str]]:
    """What each office shows or commits to by itself, for this hypothesis; others' assessments are not its own."""
    ids = {said.id for said, _ in assessed}
    own: dict[Assessor, set[str]] = {}
    for said, body in assessed:
        mine = own.setdefault((said.speaker, body.office), set())
        mine.update(item.ref for item in body.evidence if bears_on(item, hypothesis) and item.ref not in ids)
        mine.update(item.commitment for item in body.withheld if bears_on(item, hypothesis))
    return own


def _reach(edges: Iterable[tuple[Assessor, Assessor]]) -> Mapping[Assessor, Set[Assessor]]:
    """Everybody whom somebody cites, directly or through others."""
    direct: dict[Assessor, list[Assessor]] = {}
    for one, other in edges:
        direct.setdefault(one, []).append(other)
    reach: dict[Assessor, set[Assessor]] = {}
    for start in direct:
        seen: set[Assessor] = set()
        waiting = list(direct[start])
        while waiting:
            office = waiting.pop()
            if office not in seen:
                seen.add(office)
                waiting += direct.get(office, ())
        reach[start] = seen
    return reach


def _ring(office: Assessor, reach: Mapping[Assessor, Set[Assessor]]) -> set[Assessor]:
    """The office with those that cite it and are cited by it."""
    return {office} | {other for other in reach.get(office, ()) if office in reach.get(other, ())}
