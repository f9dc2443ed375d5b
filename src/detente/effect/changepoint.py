"""One change of rate at a date left free: when, if at all? (Raftery & Akman 1986; Carlin, Gelfand & Smith 1992.)

Clusters are a Poisson process whose rate changes once at most. Each rate has the prior Gamma(1/2) with the mean of all that was seen: a
proper prior, since a Bayes factor needs one, and the same with and without a change. The date has a uniform prior in sensor-days.
A rate integrates out in closed form, so that what remains is a sum over cells: days, cut where a cluster began, as long as they are few.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise

from detente.effect.bodies import Change
from detente.effect.special import beta_cdf
from detente.when import DAY_US

CELLS_MAX = 400
SHAPE = 0.5
DATES = 16
_INTERVAL = 0.90


def change_point(
    starts_us: Sequence[int],
    begin_us: int,
    end_us: int,
    *,
    inside_us: tuple[int, int],
    exposure: Sequence[tuple[int, float]] = (),
    columns: int = 1,
) -> Change | None:
    """The posterior of the date for clusters that began at the sorted `starts_us` in [begin_us, end_us); None without any.

    `inside_us`: the interval whose mass is asked for. `exposure`: pairs of a time and the relative number of sensors from then on; the
    first stands at begin_us. `columns`: in how many equal parts of the time the mass is told.
    """
    n = len(starts_us)
    if n == 0:
        return None
    edges = _edges(starts_us, begin_us, end_us)
    seen_days = _observed(exposure or ((begin_us, 1.0),), edges)
    total = seen_days[-1]
    if total <= 0.0:
        return None
    prior = SHAPE * total / n
    none = _log_marginal(n, total, prior)
    logs: list[float] = []
    widths: list[float] = []
    firsts: list[tuple[int, float]] = []
    for left, right, day_left, day_right in zip(edges, edges[1:], seen_days, seen_days[1:], strict=False):
        k = bisect_left(starts_us, (left + right) // 2)
        days = (day_left + day_right) / 2.0
        firsts.append((k, days))
        widths.append((day_right - day_left) / total)
        logs.append(_log_marginal(k, days, prior) + _log_marginal(n - k, total - days, prior))
    top = max(logs)
    weights = [width * math.exp(value - top) for width, value in zip(widths, logs, strict=True)]
    evidence = sum(weights)
    mass = [weight / evidence for weight in weights]
    date = _Date(edges, [0.0, *accumulate(mass)])
    from_us, to_us = inside_us
    before, until = date.share(from_us), date.share(to_us)
    spans = [date.share(begin_us + (end_us - begin_us) * i // columns) for i in range(columns + 1)]
    return Change(
        log_bayes_factor=top + math.log(evidence) - none,
        median_us=date.quantile(0.5),
        low_us=date.quantile((1.0 - _INTERVAL) / 2.0),
        high_us=date.quantile((1.0 + _INTERVAL) / 2.0),
        before=before,
        inside=until - before,
        after=max(0.0, 1.0 - until),
        chance_lower=_chance_lower(firsts, mass, n, total, prior),
        mass=tuple(b - a for a, b in pairwise(spans)),
    )


@dataclass(frozen=True, slots=True)
class _Date:
    """The posterior of the date: `until[i]` of it lies before `edges[i]`; within a cell it is level."""

    edges: Sequence[int]
    until: Sequence[float]

    def share(self, us: int) -> float:
        """How much of it lies before this time."""
        i = bisect_left(self.edges, us)
        if i == 0 or i == len(self.edges):
            return 0.0 if i == 0 else 1.0
        left, right = self.edges[i - 1], self.edges[i]
        return self.until[i - 1] + (self.until[i] - self.until[i - 1]) * (us - left) / (right - left)

    def quantile(self, share: float) -> int:
        i = min(max(1, bisect_left(self.until, share)), len(self.edges) - 1)
        low, high = self.until[i - 1], self.until[i]
        left, right = self.edges[i - 1], self.edges[i]
        return left + (round((right - left) * min(1.0, (share - low) / (high - low))) if high > low else 0)


def _chance_lower(
    firsts: Sequence[tuple[int, float]], mass: Sequence[float], n: int, total: float, prior: float
) -> float:
    """The posterior chance that the later rate is the lower one, averaged over DATES dates that share the posterior equally."""
    chance, held, taken = 0.0, 0.0, 0
    for (k, days), weight in zip(firsts, mass, strict=True):
        held += weight
        here = min(DATES, math.floor(held * DATES + 0.5)) - taken
        if here > 0:
            later = total - days + prior
            chance += here * beta_cdf(n - k + SHAPE, k + SHAPE, later / (days + prior + later))
            taken += here
    return chance / taken


def _log_marginal(k: int, days: float, prior: float) -> float:
    """log of the chance density of k clusters at given moments in so many days, the rate integrated over Gamma(SHAPE, prior)."""
    return SHAPE * math.log(prior) + _log_gamma_ratio(k) - (k + SHAPE) * math.log(days + prior)


@lru_cache(1 << 14)
def _log_gamma_ratio(k: int) -> float:
    return math.lgamma(k + SHAPE) - math.lgamma(SHAPE)


def _edges(starts_us: Sequence[int], begin_us: int, end_us: int) -> list[int]:
    length = end_us - begin_us
    cells = max(1, min(CELLS_MAX, -(-length // DAY_US)))
    even = (begin_us + length * i // cells for i in range(cells + 1))
    return sorted({*even, *starts_us}) if len(starts_us) <= CELLS_MAX else list(even)


def _observed(steps: Sequence[tuple[int, float]], edges: Sequence[int]) -> list[float]:
    """Relative sensor-days from the first edge to each."""
    days = [0.0] * len(edges)
    for i, (from_us, sensors) in enumerate(steps):
        to_us = steps[i + 1][0] if i + 1 < len(steps) else edges[-1]
        for j, edge in enumerate(edges):
            if edge > from_us:
                days[j] += sensors * (min(edge, to_us) - from_us) / DAY_US
    return days
