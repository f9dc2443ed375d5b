"""The matrix of evidence × hypotheses in characters: every rater's mark, where raters part, what tells hypotheses apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from detente.attribution.bodies import MARKS
from detente.attribution.evidence import Cell, Item, Matrix
from detente.attribution.picture import denials_of
from detente.attribution.view import BoardView, counted
from detente.drawing import pad, plain, wrap

FEW_RATERS = 4
GAP = 2
HEAD = 18


def matrix_text(view: BoardView, width: int = 80) -> str:
    """Lines of at most `width` columns, where one column of marks fits; hypotheses that do not fit beside each other go on below."""
    matrix = view.matrix
    rated = [item for item in matrix.items if item.cells]
    if not rated:
        return "Nobody has rated evidence on this board yet.\n"
    blocks = [[f"Evidence × hypotheses on board {view.short}, {counted(len(matrix.raters), 'rater')}"]]
    blocks[0] += wrap("Raters, in the order of the marks: " + plain(", ".join(matrix.raters)), width, hanging="  ")
    blocks[0] += wrap("Marks: " + ", ".join(f"{mark} {words}" for mark, words in MARKS.items()), width, hanging="  ")
    blocks[0] += wrap("apart: how far a piece tells hypotheses apart, from 0 to 2", width)
    blocks[0] += wrap("In brackets: evidence that is consistent with everything, and tells no hypotheses apart.", width)
    for column in view.hypotheses:
        blocks[0] += [
            part for line in denials_of(column) for part in wrap(f"{column.key}: {line}", width, hanging="  ")
        ]
    widest = max(len(_marks(cell)) for item in rated for cell in item.cells)
    size = max(11, min(widest, 24))
    fit = max(1, (width - HEAD) // (size + GAP))
    for first in range(0, len(matrix.hypotheses), fit):
        blocks.append(list(_piece(matrix, rated, slice(first, first + fit), size)))
    blocks.append(list(_orders(matrix, width)))
    blocks.append(list(_pivots(rated, width)))
    blocks.append(wrap("Marks show what evidence does. They are no likelihoods, and none is made of them.", width))
    return "\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks if block) + "\n"


def _piece(matrix: Matrix, rated: Sequence[Item], columns: slice, size: int) -> Iterator[str]:
    yield pad("", HEAD) + "".join(pad(key, size) + " " * GAP for key in matrix.hypotheses[columns])
    for item in rated:
        name = f"[{item.label}]" if item.consistent_with_everything else item.label
        grades = " ".join(dict.fromkeys(grade for _, grade in item.grades))
        told = f"apart {item.diagnosticity:.2f}" if item.diagnosticity is not None else ""
        cells = item.cells[columns]
        yield pad(f"{name} {grades}", HEAD) + "".join(pad(_marks(cell), size) + " " * GAP for cell in cells)
        yield pad(f"  {told}", HEAD) + "".join(pad(cell.band, size) + " " * GAP for cell in cells)


def _marks(cell: Cell) -> str:
    """Each rater's mark where they are few, in their order; how many gave each where they are many."""
    if len(cell.marks) <= FEW_RATERS:
        return " ".join(mark or "–" for mark in cell.marks)
    counts = Counter(mark for mark in cell.marks if mark)
    return " ".join(f"{counts[mark]}{mark}" for mark in MARKS if counts[mark])


def _orders(matrix: Matrix, width: int) -> Iterator[str]:
    yield "By marks against, fewest first, for each rater"
    for order in matrix.orders:
        places = " < ".join(" = ".join(place) for place in order.places)
        yield from ("  " + line for line in wrap(f"{plain(order.rater)}: {places}", width - 2, hanging="  "))


def _pivots(rated: Sequence[Item], width: int) -> Iterator[str]:
    found = [
        f"without {item.label}, for {plain(pivot.rater)}, {pivot.nearer} no longer comes before {pivot.farther}"
        for item in rated
        for pivot in item.pivots
    ]
    if not found:
        yield "No single piece changes anybody's order"
        return
    yield "Single pieces that change an order"
    for line in found:
        yield from ("  " + part for part in wrap(line, width - 2, hanging="  "))
