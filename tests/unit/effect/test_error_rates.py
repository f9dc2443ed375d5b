"""How often the rule errs and how often it sees: simulated with one seed, and beside it the same chances summed exactly.

The published figures are for equal windows: "seen less" with no change in 5.0 % (mean 10) and 5.3 % (mean 20) of Poisson counts, in 22 %
and 30 % of counts spread like a negative binomial with k = 2; a halving is seen in 36 % and 58 %; a true end is told from too few data
in 14 % (mean 2), 73 % (5) and 99 % (10).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from detente.effect.bodies import Verdict
from detente.effect.changepoint import change_point
from detente.effect.dispersion import dispersion, divisor
from detente.effect.rates import SILENCE_CHANCE, compare
from detente.effect.verdict import already_falling, verdict_of
from detente.when import DAY_US

RUNS = 20_000
DAYS = 90.0
Draw = Callable[[np.random.Generator, float], NDArray[np.int64]]


@cache
def word(x0: int, x1: int) -> Verdict:
    return verdict_of(compare(x0, DAYS, x1, DAYS), SILENCE_CHANCE)


def poisson(dice: np.random.Generator, mean: float) -> NDArray[np.int64]:
    return dice.poisson(mean, RUNS)


def clustered(dice: np.random.Generator, mean: float) -> NDArray[np.int64]:
    """Negative binomial of k = 2: the rate itself varies from window to window."""
    return dice.negative_binomial(2, 2 / (2 + mean), RUNS)


def simulated(draw: Draw, mean0: float, mean1: float, wanted: Verdict) -> float:
    dice = np.random.default_rng(20160905)
    pairs = zip(draw(dice, mean0).tolist(), draw(dice, mean1).tolist(), strict=True)
    return sum(word(x0, x1) == wanted for x0, x1 in pairs) / RUNS


@pytest.mark.parametrize(
    ("draw", "mean0", "mean1", "wanted", "published"),
    [
        (poisson, 10, 10, "seen less", 0.050),
        (poisson, 20, 20, "seen less", 0.053),
        (clustered, 10, 10, "seen less", 0.22),
        (clustered, 20, 20, "seen less", 0.30),
        (poisson, 10, 5, "seen less", 0.36),
        (poisson, 20, 10, "seen less", 0.58),
        (poisson, 2, 0, "none seen", 0.14),
        (poisson, 5, 0, "none seen", 0.73),
        (poisson, 10, 0, "none seen", 0.99),
    ],
)
def test_the_rule_errs_and_sees_as_often_as_published(
    draw: Draw, mean0: float, mean1: float, wanted: Verdict, published: float
) -> None:
    # Four standard errors of the simulation, and half a unit of the last digit published.
    slack = 4 * math.sqrt(published * (1 - published) / RUNS) + 0.005
    assert simulated(draw, mean0, mean1, wanted) == pytest.approx(published, abs=slack)


@pytest.mark.parametrize(
    ("mean0", "mean1", "published"), [(10, 10, 0.050), (20, 20, 0.053), (10, 5, 0.36), (20, 10, 0.58)]
)
def test_the_exact_sum_over_all_counts_agrees_with_the_simulation(mean0: float, mean1: float, published: float) -> None:
    exact = sum(
        stats.poisson.pmf(x0, mean0) * stats.poisson.pmf(x1, mean1)
        for x0 in range(60)
        for x1 in range(60)
        if word(x0, x1) == "seen less"
    )
    assert exact == pytest.approx(published, abs=0.006)


def test_more_is_claimed_no_oftener_than_less_when_nothing_changes() -> None:
    assert simulated(poisson, 10, 10, "seen more") == pytest.approx(simulated(poisson, 10, 10, "seen less"), abs=0.01)


def test_widening_by_the_dispersion_brings_bursts_back_to_few_errors() -> None:
    """Incidents that come in bursts of eight on one day, at one rate throughout: compared as they are, and divided."""
    dice = np.random.default_rng(7)
    runs, plain, widened, flagged = 600, 0, 0, 0
    for _ in range(runs):
        starts = [np.sort(dice.uniform(0, DAYS * DAY_US, dice.poisson(4))).astype(int).tolist() for _ in range(2)]
        before, after = ([start for start in window for _ in range(8)] for window in starts)
        by = divisor(dispersion(before, 0, int(DAYS * DAY_US)))
        flagged += by > 1
        plain += word(len(before), len(after)) in ("seen less", "none seen")
        found = compare(len(before) / by, DAYS, len(after) / by, DAYS)
        widened += verdict_of(found, SILENCE_CHANCE) in ("seen less", "none seen")
    assert flagged / runs > 0.9
    assert plain / runs > 0.2
    assert widened / runs < 0.07


def test_independent_incidents_are_rarely_called_clustered() -> None:
    dice = np.random.default_rng(8)
    runs, flagged = 1000, 0
    for _ in range(runs):
        starts = dice.uniform(0, DAYS * DAY_US, dice.poisson(20)).astype(int).tolist()
        flagged += divisor(dispersion(starts, 0, int(DAYS * DAY_US))) > 1
    assert flagged / runs < 0.08


@pytest.mark.parametrize(
    ("days", "means", "least", "most"),
    [
        ((0, 90, 180), (20, 20), 0.0, 0.03),  # no change
        ((0, 90, 180), (20, 4), 0.0, 0.12),  # a fall at the warning
        ((0, 30, 180), (20, 20), 0.75, 1.0),  # a fall to a fifth, sixty days before it
    ],
)
def test_already_falling_is_said_of_falls_before_the_warning_and_seldom_else(
    days: tuple[int, int, int], means: tuple[int, int], least: float, most: float
) -> None:
    dice = np.random.default_rng(9)
    runs, flagged = 150, 0
    for _ in range(runs):
        parts = [dice.uniform(days[i], days[i + 1], dice.poisson(means[i])) for i in range(2)]
        starts = np.sort(np.concatenate(parts) * DAY_US).astype(int).tolist()
        found = change_point(starts, 0, 180 * DAY_US, inside_us=(90 * DAY_US, 91 * DAY_US))
        flagged += already_falling(found)
    assert least <= flagged / runs <= most
