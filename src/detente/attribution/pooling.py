"""One line out of many, on demand and by name alone: computed, and nobody's judgment.

`linear`: each assessor's judgments, as the middles of their intervals, are moved to the nearest set of shares that sums to 1 (coherentised:
Euclidean projection on the simplex), then averaged with weights. After Karvetski, Olson, Mandel & Twardy (2013); Mandel, Karvetski & Dhami
(2018) found that doing so cut the mean error by 61 %. An assessor who leaves a hypothesis without a judgment is left out and named:
nothing is made up in its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from detente.attribution.view import BoardView
from detente.errors import InvalidStatement

METHODS = ("linear",)
FLAG = "computed, nobody's judgment"


@dataclass(frozen=True, slots=True)
class Pooled:
    """`shares`: per hypothesis in percent, one decimal, of sum 100 but for rounding. `weights`: as used, of sum 1."""

    method: str
    flag: str
    weights: tuple[tuple[str, float], ...]
    left_out: tuple[str, ...]
    shares: dict[str, float]

    def __str__(self) -> str:
        shares = ", ".join(f"{key} {share:.1f} %" for key, share in self.shares.items())
        weights = ", ".join(f"{office} {weight:.2f}" for office, weight in self.weights)
        out = f"; left out, for they do not judge every hypothesis: {', '.join(self.left_out)}" if self.left_out else ""
        return f"Pooled ({self.method}; {self.flag}): {shares}; weights: {weights}{out}"


def pool(view: BoardView, method: str, weights: Mapping[str, float] | None = None) -> Pooled:
    """The pooled line of a board. `weights`: by office, 1 for those not named. Raises InvalidStatement."""
    if method not in METHODS:
        raise InvalidStatement(f"no pooling is called {method!r}; there is {', '.join(METHODS)}")
    weights = weights or {}
    unknown = sorted(set(weights) - {row.office for row in view.assessors})
    if unknown or any(weight < 0 for weight in weights.values()):
        raise InvalidStatement(
            f"weights are given to assessors of the board, none below 0; unknown here: {', '.join(unknown) or 'nobody'}"
        )
    keys = [column.key for column in view.hypotheses]
    lines, used, left_out = [], [], []
    for row in view.assessors:
        judged = {one.hypothesis: (one.low + one.high) / 200 for one in row.judgments}
        if set(keys) <= set(judged):
            lines.append(coherent([judged[key] for key in keys]))
            used.append((row.office, weights.get(row.office, 1.0)))
        else:
            left_out.append(row.office)
    total = sum(weight for _, weight in used)
    if not total:
        raise InvalidStatement(
            "nothing to pool: no assessor of weight judges every hypothesis of this board, other and cannot-tell too"
        )
    shares = {
        key: round(100 * sum(weight * line[at] for (_, weight), line in zip(used, lines, strict=True)) / total, 1)
        for at, key in enumerate(keys)
    }
    normal = tuple((office, round(weight / total, 4)) for office, weight in used)
    return Pooled(method, FLAG, normal, tuple(left_out), shares)


def coherent(values: Sequence[float]) -> list[float]:
    """The nearest point, by the sum of squares, whose coordinates are none below 0 and sum to 1."""
    above = sorted(values, reverse=True)
    running, shift = 0.0, 0.0
    for count, value in enumerate(above, start=1):
        running += value
        if value - (running - 1) / count > 0:
            shift = (running - 1) / count
    return [max(0.0, value - shift) for value in values]
