"""Two counts, two stretches of observation: how do the rates compare, and how long a silence would say anything?

`x0` incident clusters in `e0` days before, `x1` in `e1` days after; a day is a sensor-day when sensors are counted. Each rate has the prior
Gamma(1/2, 0) (after Jeffreys), so that the ratio rho = rate after / rate before is distributed as c·F(2 x1 + 1, 2 x0 + 1) with
c = ((x1 + 1/2)/e1) / ((x0 + 1/2)/e0). Beside it stand two exact tests of equal rates, which share no assumption with the prior: the
conditional binomial test (Przyborowski & Wilenski 1940) and the E-test (Krishnamoorthy & Thomson 2004).

Two reported in 74 days and none in the next 64:

    compare(2, 74, 0, 64)  ->  interval 0.00-1.5 at 90 %; silence this long had a chance of 21 % with no change; 171 days were needed
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from detente.effect.special import (
    beta_cdf,
    beta_odds_quantile,
    binomial_density,
    binomial_tails,
    gamma_tail,
    poisson_density,
)
from detente.errors import InvalidStatement

LEVEL = 0.90
SILENCE_CHANCE = 0.05
COUNT_MAX = 100_000
# Ties, which rounding must not break: densities of outcomes equally likely, and statistics of outcomes equally far off.
_SAME_DENSITY = 1e-7
_SAME_STATISTIC = 1e-11
_CACHED = 1 << 16


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two rates compared. `low` and `high`: the equal-tailed interval of the ratio after/before at `level`.

    `chance_lower`: the posterior chance that the rate after is lower. `silence_chance`: the chance of no cluster at all in e1 with no
    change, whatever x1 is. `silence_needed_days`: the least e1 at which that chance falls to SILENCE_CHANCE.
    """

    x0: float
    e0_days: float
    x1: float
    e1_days: float
    level: float
    ratio: float
    low: float
    high: float
    chance_lower: float
    silence_chance: float
    silence_needed_days: float

    @property
    def rate_below(self) -> float | None:
        """Clusters a day that the rate after is below at about 95 % when none was seen (Hanley & Lippman-Hand 1983)."""
        return 3.0 / self.e1_days if self.x1 == 0 else None

    @property
    def conditional_p(self) -> float:
        """p of equal rates, conditional binomial test."""
        return conditional_p(round(self.x0), self.e0_days, round(self.x1), self.e1_days)

    @property
    def e_test_p(self) -> float:
        """p of equal rates, E-test."""
        return e_test_p(round(self.x0), self.e0_days, round(self.x1), self.e1_days)


def compare(x0: float, e0_days: float, x1: float, e1_days: float, *, level: float = LEVEL) -> Comparison:
    """Counts up to COUNT_MAX, days above 0. Counts are whole unless they were divided by a dispersion. Raises InvalidStatement."""
    _require(x0, e0_days)
    _require(x1, e1_days)
    if not 0.5 <= level < 1.0:
        raise InvalidStatement(f"the level of an interval lies between 0.5 and 1; got {level}")
    low, high = odds_interval(x0, x1, level)
    days = e0_days / e1_days
    return Comparison(
        x0,
        e0_days,
        x1,
        e1_days,
        level,
        (x1 + 0.5) / (x0 + 0.5) * days,
        low * days,
        high * days,
        beta_cdf(x1 + 0.5, x0 + 0.5, e1_days / (e0_days + e1_days)),
        silence_chance(x0, e0_days, e1_days),
        silence_needed_days(x0, e0_days),
    )


def silence_chance(x0: float, e0_days: float, e1_days: float) -> float:
    """The chance of seeing none in e1 days when the rate stays what x0 in e0 days says of it: (e0/(e0+e1))^(x0 + 1/2)."""
    return math.exp(-(x0 + 0.5) * math.log1p(e1_days / e0_days))


def silence_needed_days(x0: float, e0_days: float, chance: float = SILENCE_CHANCE) -> float:
    """How long none must be seen before that has less than `chance` with no change; for 90 days before: 1 → 573, 5 → 65, 20 → 14.

    Shown when a warning is written, since it says then whether the answer can be known at all.
    """
    _require(x0, e0_days)
    if not 0.0 < chance < 1.0:
        raise InvalidStatement(f"the chance allowed to a silence lies between 0 and 1; got {chance}")
    return e0_days * math.expm1(-math.log(chance) / (x0 + 0.5))


@lru_cache(_CACHED)
def odds_interval(x0: float, x1: float, level: float) -> tuple[float, float]:
    """The interval of rate ratio × e1/e0, which depends on the counts alone."""
    tail = (1.0 - level) / 2.0
    a, b = x1 + 0.5, x0 + 0.5
    return beta_odds_quantile(a, b, tail), beta_odds_quantile(a, b, 1.0 - tail)


def conditional_p(x0: int, e0_days: float, x1: int, e1_days: float) -> float:
    """Two-sided: given x0 + x1 in all, the chance of a split that is no likelier than this one if the rates are equal."""
    n, share = x0 + x1, e1_days / (e0_days + e1_days)
    if n == 0:
        return 1.0
    here = binomial_density(x1, n, share) * (1.0 + _SAME_DENSITY)
    mode = min(n, math.floor((n + 1) * share))
    if binomial_density(mode, n, share) <= here:
        return 1.0
    if x1 < mode:
        other = _first(mode, n + 1, lambda k: k > n or binomial_density(k, n, share) <= here)
        return min(1.0, binomial_tails(x1, n, share)[0] + binomial_tails(other, n, share)[1])
    other = _first(0, mode, lambda k: binomial_density(k, n, share) > here) - 1
    return min(1.0, binomial_tails(x1, n, share)[1] + binomial_tails(other, n, share)[0])


@lru_cache(_CACHED)
def e_test_p(x0: int, e0_days: float, x1: int, e1_days: float) -> float:
    """Two-sided: the chance of a standardised difference at least as large, both rates being the pooled one.

    The pair (0, 0) has no standardised difference and counts towards neither side.
    """
    pooled = (x0 + x1) / (e0_days + e1_days)
    if pooled == 0.0:
        return 1.0
    size = abs(_statistic(x1, e1_days, x0, e0_days)) * (1.0 - _SAME_STATISTIC)
    first1, density1 = _poisson_range(pooled * e1_days)
    first0, density0 = _poisson_range(pooled * e0_days)
    below = [0.0]
    for value in density0:
        below.append(below[-1] + value)
    # The statistic falls with the count before and rises with the count after, so that both borders only move up.
    total, high, low = 0.0, 0, 0
    for k1, weight in enumerate(density1, first1):
        while high < len(density0) and _statistic(k1, e1_days, first0 + high, e0_days) >= size:
            high += 1
        low = max(low, high)
        while low < len(density0) and _statistic(k1, e1_days, first0 + low, e0_days) > -size:
            low += 1
        total += weight * (below[high] + below[-1] - below[low])
    if size == 0.0 and first1 == 0 and first0 == 0:
        total -= density1[0] * density0[0]
    return min(1.0, total)


def _statistic(x1: int, e1_days: float, x0: int, e0_days: float) -> float:
    spread = x1 / (e1_days * e1_days) + x0 / (e0_days * e0_days)
    return (x1 / e1_days - x0 / e0_days) / math.sqrt(spread) if spread else 0.0


def _poisson_range(mean: float) -> tuple[int, list[float]]:
    """The counts that have all but 1e-13 of the mass: the first of them, and the density of each."""
    reach = 8.0 * math.sqrt(mean) + 30.0
    first = max(0, math.floor(mean - reach))
    return first, [poisson_density(k, mean) for k in range(first, math.ceil(mean + reach) + 1)]


def poisson_at_most(k: int, mean: float) -> float:
    """P(X ≤ k) for a Poisson count with that mean."""
    return gamma_tail(k + 1.0, mean) if k >= 0 else 0.0


def _first(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """The first k in [low, high] with `holds`, which stays true from there on; `high` when there is none before it."""
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low


def _require(count: float, days: float) -> None:
    if not 0.0 <= count <= COUNT_MAX:
        raise InvalidStatement(f"a count lies between 0 and {COUNT_MAX:,}; got {count}")
    if not 0.0 < days < math.inf:
        raise InvalidStatement(f"a window of observation needs more than 0 days; got {days}")
