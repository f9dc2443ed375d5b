"""The matrix of evidence × hypotheses, with every rater's mark: what tells hypotheses apart, and where raters differ.

Marks are those of Heuer (1999), CC C N I II NA. Disagreement in a cell is the population standard deviation of its marks as numbers (II -2,
I -1.5, N and NA 0, C 1.5, CC 2) in the bands of Burton's group matrix; diagnosticity of a row the population standard deviation,
over the hypotheses, of the mean mark (II 1 … CC 5, NA as N), as in Open Synthesis. A rater's order of hypotheses is by marks against
(I counts 1, II counts 2), fewest first.

None of this is a likelihood. In two experiments the method made judgments no more accurate (Mandel, Karvetski & Dhami 2018; Karvetski &
Mandel 2020), so it shows what evidence does and where raters part, and no probability is ever made of it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, repeat
from math import sqrt
from operator import itemgetter

from detente.attribution.bodies import Assessment, Mark, Rating
from detente.said import Said
from detente.words import quoted

POINTS_AGAINST = {"CC": 0, "C": 0, "N": 0, "I": 1, "II": 2, "NA": 0, "": 0}
TWICE_SPREAD = {"II": -4, "I": -3, "N": 0, "NA": 0, "C": 3, "CC": 4, "": 0}
MEAN_POINTS = {"II": 1, "I": 2, "N": 3, "NA": 3, "C": 4, "CC": 5, "": 0}
_SQUARED = {mark: points * points for mark, points in TWICE_SPREAD.items()}

# A cell's band of disagreement: the first whose bound is not exceeded.
BANDS = (("consensus", 0.25), ("mild", 1.0), ("large", 1.74), ("extreme", float("inf")))
_BOUNDS = [bound for _, bound in BANDS]
AGREEING = frozenset({"CC", "C", "N", "NA", ""})

Rater = tuple[str, str]  # who recorded it, and the rater


@dataclass(frozen=True, slots=True)
class Cell:
    """Marks in the order of the matrix's raters, "" where a rater gave none. `band` is "" with fewer than two marks."""

    marks: tuple[str, ...]
    spread: float
    band: str


@dataclass(frozen=True, slots=True)
class Pivot:
    """Without this piece, for this rater, `nearer` no longer comes before `farther`."""

    rater: str
    nearer: str
    farther: str


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of evidence. `grades`: Admiralty, by whom. `cells`: in the order of the hypotheses; empty when nobody rated it."""

    label: str
    ref: str
    text: str
    basis: tuple[str, ...]
    at: str
    cited_by: tuple[str, ...]
    grades: tuple[tuple[str, str], ...]
    cells: tuple[Cell, ...]
    diagnosticity: float | None
    consistent_with_everything: bool
    pivots: tuple[Pivot, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """A rater's hypotheses by marks against, fewest first; those with the same number stand together."""

    rater: str
    recorded_by: str
    places: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    hypotheses: tuple[str, ...]
    raters: tuple[str, ...]
    items: tuple[Item, ...]
    orders: tuple[Order, ...]


def matrix_of(
    hypotheses: Sequence[str],
    assessments: Sequence[tuple[Said, Assessment]],
    ratings: Sequence[tuple[Said, Rating]],
) -> Matrix:
    """Pieces are labelled E1, E2, … in the order in which they were first cited or rated. Others' assessments are no evidence."""
    keys = set(hypotheses)
    described = _described(assessments, ratings)
    raters: dict[Rater, int] = {}
    marks: dict[str, dict[int, Mapping[str, Mark]]] = {ref: {} for ref in described}
    for said, rating in ratings:
        rater = raters.setdefault((said.speaker, rating.rater), len(raters))
        for row in rating.rows:
            if row.evidence in marks:
                before = marks[row.evidence].get(rater)
                marks[row.evidence][rater] = {**before, **row.marks} if before else row.marks
    everywhere = itemgetter(*hypotheses)  # a row that marks every hypothesis, as most do, is read in one step
    rows = {
        ref: {
            rater: everywhere(row) if row.keys() >= keys else tuple(map(row.get, hypotheses, repeat("")))
            for rater, row in by_rater.items()
        }
        for ref, by_rater in marks.items()
    }
    pivots, orders = _sensitivity(hypotheses, list(raters), rows)
    return Matrix(
        tuple(hypotheses),
        tuple(rater for _, rater in raters),
        tuple(
            _item(f"E{number}", ref, about, len(raters), rows[ref], pivots[ref])
            for number, (ref, about) in enumerate(described.items(), start=1)
        ),
        orders,
    )


@dataclass(slots=True)
class _About:
    text: str = ""
    at: str = ""
    basis: dict[str, None] = field(default_factory=dict)
    cited_by: dict[Rater, None] = field(default_factory=dict)
    grades: dict[Rater, str] = field(default_factory=dict)


def _described(
    assessments: Sequence[tuple[Said, Assessment]], ratings: Sequence[tuple[Said, Rating]]
) -> dict[str, _About]:
    ids = {said.id for said, _ in assessments}
    found: dict[str, _About] = {}
    everything: list[tuple[Said, Assessment | Rating]] = [*assessments, *ratings]
    for said, body in sorted(everything, key=lambda pair: (pair[0].at_us, pair[0].ref.leaf)):
        speaker = said.speaker
        if isinstance(body, Assessment):
            who = (speaker, body.office)
            for item in body.evidence:
                if item.ref in ids:
                    continue
                about = found.get(item.ref) or found.setdefault(item.ref, _About())
                about.text = about.text or item.text
                about.at = about.at or (str(item.at) if item.at else "")
                about.basis[f"{item.kind}/{item.source}"] = None
                about.cited_by[who] = None
                if item.grade:
                    about.grades[who] = item.grade
        else:
            who = (speaker, body.rater)
            for row in body.rows:
                if row.evidence in ids:
                    continue
                about = found.get(row.evidence) or found.setdefault(row.evidence, _About())
                about.text = about.text or row.text
                if row.grade:
                    about.grades[who] = row.grade
    return found


def _item(
    label: str, ref: str, about: _About, raters: int, by_rater: Mapping[int, tuple[str, ...]], pivots: Sequence[Pivot]
) -> Item:
    cells: list[Cell] = []
    means: list[float] = []
    if by_rater:
        unmarked = ("",) * len(next(iter(by_rater.values())))
        for marks in zip(*[by_rater.get(rater, unmarked) for rater in range(raters)], strict=True):
            given = raters - marks.count("")
            cells.append(_cell(marks, given))
            if given:
                means.append(sum(map(MEAN_POINTS.__getitem__, marks)) / given)
    return Item(
        label=label,
        ref=ref,
        text=quoted(about.text) if about.text else "",
        basis=tuple(about.basis),
        at=about.at,
        cited_by=tuple([office for _, office in about.cited_by]),
        grades=tuple([(who, grade) for (_, who), grade in about.grades.items()]),
        cells=tuple(cells),
        diagnosticity=round(_spread(means), 2) if len(means) > 1 else None,
        consistent_with_everything=bool(by_rater) and all(AGREEING.issuperset(cell.marks) for cell in cells),
        pivots=tuple(pivots),
    )


def _cell(marks: tuple[str, ...], given: int) -> Cell:
    if given < 2:
        return Cell(marks, 0.0, "")
    # In whole numbers up to the root, so that every machine and every order of marks gives the same bits.
    summed = sum(map(TWICE_SPREAD.__getitem__, marks))
    squared = sum(map(_SQUARED.__getitem__, marks))
    spread = sqrt(given * squared - summed * summed) / (2 * given)
    return Cell(marks, round(spread, 2), band_of(spread))


def _spread(values: Sequence[float]) -> float:
    mean = sum(values) / len(values)
    return sqrt(sum([(value - mean) ** 2 for value in values]) / len(values))


def band_of(spread: float) -> str:
    return BANDS[bisect_left(_BOUNDS, spread)][0]


def _sensitivity(
    hypotheses: Sequence[str], raters: Sequence[Rater], rows: Mapping[str, Mapping[int, tuple[str, ...]]]
) -> tuple[dict[str, list[Pivot]], tuple[Order, ...]]:
    """Each rater's order, and the single pieces whose removal changes it: two hypotheses then draw level, or change places."""
    pivots: dict[str, list[Pivot]] = {ref: [] for ref in rows}
    orders = []
    for rater, (recorded_by, name) in enumerate(raters):
        against = {
            ref: tuple(map(POINTS_AGAINST.__getitem__, by_rater[rater]))
            for ref, by_rater in rows.items()
            if rater in by_rater
        }
        # A hypothesis against which a rater marked nothing has no place in that rater's order.
        marked = [at for at in range(len(hypotheses)) if any(rows[ref][rater][at] for ref in against)]
        totals = [sum(column) for column in zip(*against.values(), strict=True)]
        by_total: dict[int, list[str]] = {}
        for at in marked:
            by_total.setdefault(totals[at], []).append(hypotheses[at])
        orders.append(Order(name, recorded_by, tuple(tuple(by_total[total]) for total in sorted(by_total))))
        for one, other in combinations(marked, 2):
            near, far = (one, other) if totals[one] < totals[other] else (other, one)
            apart = totals[far] - totals[near]
            # One piece moves two hypotheses against each other by two points at most.
            if 0 < apart <= 2:
                pivot = Pivot(name, hypotheses[near], hypotheses[far])
                for ref, points in against.items():
                    if points[far] - points[near] >= apart:
                        pivots[ref].append(pivot)
    return pivots, tuple(orders)
