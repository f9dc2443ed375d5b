"""Who cites whom on a board, and how many independent lines of evidence that leaves.

Two assessors of whom one cites the other are one line, unless the first shows something of its own. Assessors who cite each other in a
circle are at most one line together. Withheld items count by their commitments, since nobody here can say whether they are others' too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence, Set

from detente.attribution.bodies import Assessment
from detente.attribution.view import Citation, Lines, Row
from detente.said import Said

Assessor = tuple[str, str]  # who recorded it, and the office

# What each office shows or commits to by itself, by the hypothesis that it bears on, "" for all.
_Own = dict[Assessor, dict[str, set[str]]]

EVEN = 50  # percent; an interval that begins above it leans towards its hypothesis


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


def lines_of(
    hypotheses: Iterable[str],
    rows: Sequence[Row],
    assessed: Sequence[tuple[Said, Assessment]],
    ids: Collection[str],
    cited: Sequence[Citation],
) -> tuple[Lines, ...]:
    """For each hypothesis. `assessed`: the assessments that stand; `ids`: of all on the board, which are nobody's own evidence."""
    own: _Own = {}
    for said, body in assessed:
        mine = own.setdefault((said.speaker, body.office), {})
        for items in (
            [(item.ref, item.hypotheses) for item in body.evidence if item.ref not in ids],
            [(item.commitment, item.hypotheses) for item in body.withheld],
        ):
            for ref, only in items:
                for hypothesis in only or ("",):
                    mine.setdefault(hypothesis, set()).add(ref)
    return tuple(_lines_behind(hypothesis, rows, own, cited) for hypothesis in hypotheses)


def _lines_behind(
    hypothesis: str,
    rows: Sequence[Row],
    own: _Own,
    cited: Sequence[Citation],
) -> Lines:
    behind: list[Assessor] = [
        (row.recorded_by, row.office)
        for row in rows
        if any(one.hypothesis == hypothesis and one.low >= EVEN for one in row.judgments)
    ]
    relevant = [one for one in cited if not one.hypotheses or hypothesis in one.hypotheses]
    reach = _reach(((one.recorded_by, one.office), (one.cites_recorded_by, one.cites)) for one in relevant)
    needed = set(behind).union(*(reach.get(office, ()) for office in behind))
    shown = {office: own[office].get("", set()) | own[office].get(hypothesis, set()) for office in needed & set(own)}
    contributions = set()
    for office in needed:
        ring = _ring(office, reach)
        beyond = {other for one in ring for other in reach.get(one, ())} - ring
        contributions.add(
            frozenset[str]()
            .union(*(shown.get(one, ()) for one in ring))
            .difference(*(shown.get(one, ()) for one in beyond))
        )
    return Lines(
        hypothesis,
        tuple(office for _, office in behind),
        len(contributions - {frozenset()}),
        tuple(dict.fromkeys(str(one) for one in relevant if (one.recorded_by, one.office) in needed)),
    )


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
