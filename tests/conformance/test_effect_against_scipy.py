"""The statistics of `detente.effect` against scipy, over a wide grid; and where scipy loses to rounding, against fractions."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction

import pytest
from scipy import special as peer
from scipy import stats

from detente.effect.rates import COUNT_MAX, compare, conditional_p, e_test_p, poisson_at_most
from detente.effect.special import (
    beta_cdf,
    beta_quantile,
    binomial_density,
    binomial_tails,
    chi2_tail,
    f_quantile,
    gamma_tail,
    poisson_density,
)

CLOSE = 1e-9
SHAPES = (0.5, 1.0, 1.5, 2.5, 5.0, 10.5, 30.0, 100.5, 1000.5, 30_000.5, 999_999.0)
PLACES = (1e-9, 1e-4, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 0.9999, 1.0 - 1e-9)
CHANCES = (
    1e-9,
    1e-4,
    0.01,
    0.025,
    0.05,
    0.3,
    0.5,
    0.7,
    0.95,
    0.99,
    0.9999,
)  # nearer to 1 a float holds too little of 1 - p
WINDOWS = ((90.0, 90.0), (74.0, 64.0), (365.0, 30.0), (1.5, 700.25), (3.0e4, 7.0e2))


def test_the_incomplete_beta_function_is_scipys() -> None:
    for a, b in itertools.product(SHAPES, SHAPES):
        mean = a / (a + b)
        for x in (*PLACES, mean, 0.97 * mean, min(1.0, 1.03 * mean)):
            assert beta_cdf(a, b, x) == pytest.approx(peer.betainc(a, b, x), abs=CLOSE), (a, b, x)


def test_beta_and_f_quantiles_are_scipys() -> None:
    for a, b, p in itertools.product(SHAPES, SHAPES, CHANCES):
        assert beta_quantile(a, b, p) == pytest.approx(peer.betaincinv(a, b, p), rel=CLOSE), (a, b, p)
        # Odds lose digits in scipy where its x rounds to 1; there the other tail says the same.
        if peer.betaincinv(a, b, p) < 0.999:
            assert f_quantile(2 * a, 2 * b, p) == pytest.approx(stats.f.ppf(p, 2 * a, 2 * b), rel=1e-8), (a, b, p)
        else:
            assert f_quantile(2 * a, 2 * b, p) == pytest.approx(1.0 / stats.f.ppf(1.0 - p, 2 * b, 2 * a), rel=1e-6)


def test_gamma_poisson_and_binomial_are_scipys() -> None:
    for a in SHAPES:
        for x in (a * f for f in (1e-3, 0.3, 0.9, 0.999, 1.0, 1.001, 1.1, 2.0, 30.0)):
            assert gamma_tail(a, x) == pytest.approx(peer.gammaincc(a, x), abs=CLOSE)
            assert chi2_tail(2 * a, 2 * x) == pytest.approx(stats.chi2.sf(2 * x, 2 * a), abs=CLOSE)
    for mean in (0.01, 0.7, 3.0, 40.0, 2500.0):
        for k in (0, 1, 2, 7, 40, 2600):
            assert poisson_density(k, mean) == pytest.approx(stats.poisson.pmf(k, mean), rel=CLOSE, abs=1e-300)
            assert poisson_at_most(k, mean) == pytest.approx(stats.poisson.cdf(k, mean), abs=CLOSE)
    for n, p in itertools.product((1, 2, 17, 400), (1e-6, 0.2, 0.5, 0.93)):
        for k in {0, 1, n // 3, n - 1, n}:
            assert binomial_density(k, n, p) == pytest.approx(stats.binom.pmf(k, n, p), rel=CLOSE)
            at_most, at_least = binomial_tails(k, n, p)
            assert at_most == pytest.approx(stats.binom.cdf(k, n, p), abs=CLOSE)
            assert at_least == pytest.approx(stats.binom.sf(k - 1, n, p), abs=CLOSE)


def test_the_interval_of_the_ratio_is_the_f_distribution_as_published() -> None:
    for e0, e1 in WINDOWS:
        for x0, x1 in itertools.product((0, 1, 2, 3, 8, 20, 150, 4000), repeat=2):
            found = compare(x0, e0, x1, e1)
            c = ((x1 + 0.5) / e1) / ((x0 + 0.5) / e0)
            law = stats.f(2 * x1 + 1, 2 * x0 + 1)
            assert found.low == pytest.approx(c * law.ppf(0.05), rel=CLOSE)
            assert found.high == pytest.approx(c * law.ppf(0.95), rel=CLOSE)
            assert found.chance_lower == pytest.approx(law.cdf(1.0 / c), abs=CLOSE)
            # The chance of silence is the negative binomial that the posterior of the rate before predicts.
            assert found.silence_chance == pytest.approx(stats.nbinom.pmf(0, x0 + 0.5, e0 / (e0 + e1)), rel=CLOSE)


def test_the_conditional_test_is_scipys_binomial_test() -> None:
    for e0, e1 in WINDOWS:
        for x0, x1 in itertools.product((0, 1, 2, 3, 4, 7, 12, 33, 150), repeat=2):
            if x0 + x1:
                expected = stats.binomtest(x1, x0 + x1, e1 / (e0 + e1)).pvalue
                assert conditional_p(x0, e0, x1, e1) == pytest.approx(expected, abs=CLOSE), (x0, e0, x1, e1)


def test_the_e_test_is_scipys_wherever_rounding_decides_nothing() -> None:
    """scipy loses outcomes that are exactly as far off as what was seen, the seen one too, when its two roundings of it differ."""
    seed = random.Random(3)
    same = 0
    for _ in range(300):
        x0, x1 = seed.randrange(60), seed.randrange(60)
        e0, e1 = seed.choice([*WINDOWS[:3], (seed.uniform(1, 500), seed.uniform(1, 500))])
        ours = e_test_p(x0, e0, x1, e1)
        theirs = stats.poisson_means_test(x1, e1, x0, e0).pvalue
        if ours != pytest.approx(theirs, abs=CLOSE):
            assert ours == pytest.approx(_exact_e_test(x0, e0, x1, e1), abs=CLOSE), (x0, e0, x1, e1)
            assert ours > theirs
        else:
            same += 1
    assert same > 200


def test_counts_as_large_as_are_taken_are_compared() -> None:
    found = compare(COUNT_MAX, 100.0, COUNT_MAX // 2, 50.0)
    assert found.low == pytest.approx(stats.f.ppf(0.05, COUNT_MAX + 1, 2 * COUNT_MAX + 1), rel=1e-4)
    assert 0.98 < found.low < 1.0 < found.high < 1.02


def _exact_e_test(x0: int, e0: float, x1: int, e1: float) -> float:
    """The definition, outcome by outcome, with distances compared as fractions."""
    days0, days1 = Fraction(e0), Fraction(e1)

    def distance(k0: int, k1: int) -> Fraction:
        spread = k1 / days1**2 + k0 / days0**2
        return (k1 / days1 - k0 / days0) ** 2 / spread if spread else Fraction(-1)

    seen = distance(x0, x1)
    pooled = (x0 + x1) / (e0 + e1)
    span0, span1 = (range(*(int(v) for v in stats.poisson.ppf([1e-13, 1 - 1e-13], pooled * e))) for e in (e0, e1))
    # Fractions are exact but slow: they decide only where floats are too near.
    total = 0.0
    weights0 = {k: stats.poisson.pmf(k, pooled * e0) for k in span0}
    for k1 in span1:
        weight1 = stats.poisson.pmf(k1, pooled * e1)
        for k0 in span0:
            spread = k1 / e1**2 + k0 / e0**2
            near = (k1 / e1 - k0 / e0) ** 2 / spread if spread else -1.0
            far = float(seen)
            within = distance(k0, k1) >= seen if abs(near - far) <= 1e-6 * (1.0 + far) else near >= far
            if within and spread:
                total += weight1 * weights0[k0]
    return float(total)
