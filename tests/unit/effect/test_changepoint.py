"""The free date: against scipy's own quadrature of the model, and against what must hold by symmetry."""

from __future__ import annotations

import math
import random

import pytest
from scipy import integrate, stats

from detente.effect.bodies import Change
from detente.effect.changepoint import SHAPE, change_point
from detente.when import DAY_US


def found(days: list[float], length: float, inside: tuple[float, float] = (0, 1), columns: int = 1) -> Change:
    change = change_point(
        sorted(round(d * DAY_US) for d in days),
        0,
        round(length * DAY_US),
        inside_us=(round(inside[0] * DAY_US), round(inside[1] * DAY_US)),
        columns=columns,
    )
    assert change is not None
    return change


def test_without_a_cluster_there_is_nothing_to_say() -> None:
    assert change_point([], 0, 90 * DAY_US, inside_us=(0, DAY_US)) is None


def test_the_bayes_factor_is_the_integral_over_rates_and_date() -> None:
    days, length = [3.5, 9.5, 12.5, 14.5, 30.5], 60.0
    law = stats.gamma(SHAPE, scale=len(days) / length / SHAPE)

    def piece(k: int, t: float) -> float:
        """The likelihood of k clusters in t days under the prior; a substitution takes the singularity at rate 0 away."""

        def weight(root: float) -> float:
            rate = root * root
            return float(rate**k * math.exp(-rate * t) * law.pdf(rate) * 2 * root) if root else 0.0

        return float(integrate.quad(weight, 0, math.sqrt(5), epsabs=0, epsrel=1e-10, limit=300)[0])

    def at(date: float) -> float:
        k = sum(d < date for d in days)
        return piece(k, date) * piece(len(days) - k, length - date)

    with_change = integrate.quad(at, 0, length, points=days, epsabs=0, epsrel=1e-5, limit=100)[0] / length
    expected = math.log(with_change / piece(len(days), length))
    # Ours is a sum over days.
    assert found(days, length).log_bayes_factor == pytest.approx(expected, abs=0.01)


def test_a_sharp_fall_is_dated_and_supported() -> None:
    change = found([i * 2 + 0.5 for i in range(30)], 120, inside=(58, 63))
    assert change.log_bayes_factor > 10
    assert 57 * DAY_US < change.median_us < 64 * DAY_US
    assert change.inside > 0.7
    assert change.chance_lower > 0.999
    assert change.low_us < change.median_us < change.high_us


def test_even_counts_do_not_support_a_change() -> None:
    assert found([i * 4 + 2.5 for i in range(30)], 120).log_bayes_factor < 0


def test_a_rise_is_a_fall_seen_backwards() -> None:
    days = [random.Random(5).uniform(0, 40) for _ in range(12)] + [70.3, 90.8]
    fall = found(days, 100, inside=(30, 45))
    rise = found([100 - d for d in days], 100, inside=(55, 70))
    assert rise.log_bayes_factor == pytest.approx(fall.log_bayes_factor, abs=0.02)
    assert rise.inside == pytest.approx(fall.inside, abs=0.02)
    assert rise.chance_lower == pytest.approx(1 - fall.chance_lower, abs=0.02)


def test_the_posterior_is_all_there_in_its_parts() -> None:
    change = found([3.2, 8.1, 20.7, 21.2, 40.0], 90, inside=(30, 44.5), columns=7)
    assert change.before + change.inside + change.after == pytest.approx(1)
    assert sum(change.mass) == pytest.approx(1)


def test_twice_the_sensors_after_a_date_explain_twice_the_counts() -> None:
    starts = [round(d * DAY_US) for d in (*range(0, 100, 4), *range(100, 200, 2))]
    even = change_point(starts, 0, 200 * DAY_US, inside_us=(0, DAY_US))
    known = change_point(starts, 0, 200 * DAY_US, inside_us=(0, DAY_US), exposure=((0, 1.0), (100 * DAY_US, 2.0)))
    assert even is not None
    assert known is not None
    assert even.log_bayes_factor > known.log_bayes_factor + 1
    assert known.log_bayes_factor < 0


def test_a_long_time_is_cut_into_a_bounded_number_of_cells() -> None:
    change = found([i * 10.0 for i in range(365)], 3650, inside=(1000, 2000))
    assert change.inside < 1
    assert change.log_bayes_factor < 0
