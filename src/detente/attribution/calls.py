"""An assessor's past judgments and what became of them: the guard against habit. Counted, and nobody is ranked.

A call is one judgment of one hypothesis, replaced ones too. It is resolved when findings say, undisputed, that the hypothesis turned out so
or did not; it went with the outcome when its whole band lies on that side of even. It counts as corrected when its author replaced it with
another word, or withdrew it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from detente.attribution.bodies import Assessment
from detente.attribution.citations import EVEN
from detente.attribution.facts import HAPPENED
from detente.attribution.view import BoardView
from detente.said import Said
from detente.scales import Likelihood, likelihood


@dataclass(frozen=True, slots=True)
class PastCall:
    """`turned_out`: whether the hypothesis did, None while nobody has found so or findings differ."""

    office: str
    recorded_by: str
    board: str
    hypothesis: str
    judged: Likelihood
    confidence: str
    said_us: int
    statement: str
    turned_out: bool | None
    corrected: bool

    @property
    def outcome(self) -> str:
        """ "for", "against", or "" when it is open; a band around even is on neither side and stays open."""
        if self.turned_out is None or self.judged.low < EVEN < self.judged.high:
            return ""
        return "for" if (self.judged.low >= EVEN) == self.turned_out else "against"


def calls_of(view: BoardView, statements: Iterable[Said]) -> list[PastCall]:
    """Every judgment ever said on this board, in order of events. `statements`: those that the view was folded from."""
    outcomes = {
        fact.about: True if fact.state in HAPPENED else False if fact.state == "not-occurred" else None
        for fact in view.facts
        if fact.what == "hypothesis"
    }
    columns = {column.key for column in view.hypotheses}
    standing = {(one.statement, one.hypothesis) for row in view.assessors for one in row.judgments}
    later: dict[tuple[str, str, str], str] = {
        (row.recorded_by, row.office, one.hypothesis): one.likelihood for row in view.assessors for one in row.judgments
    }
    found = []
    by_leaf = {said.ref.leaf: said for said in statements if said.kind == "assessment" and not said.erased}
    for said in sorted(by_leaf.values(), key=lambda s: (s.at_us, s.ref.leaf)):
        try:
            body = msgspec.convert(said.body, Assessment)
        except msgspec.ValidationError:
            continue
        if body.board != view.id or (view.as_of_us is not None and said.at_us > view.as_of_us):
            continue
        for one in body.judgments:
            if one.hypothesis in columns:
                now = later.get((said.speaker, body.office, one.hypothesis))
                found.append(
                    PastCall(
                        office=body.office,
                        recorded_by=said.speaker,
                        board=view.id,
                        hypothesis=one.hypothesis,
                        judged=likelihood(one.likelihood, one.scale),
                        confidence=one.confidence,
                        said_us=said.at_us,
                        statement=said.id,
                        turned_out=outcomes.get(one.hypothesis),
                        corrected=said.withdrawn
                        or ((said.id, one.hypothesis) not in standing and now != one.likelihood),
                    )
                )
    return found
