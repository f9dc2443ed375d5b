"""Two counts compared: the published numbers, the edges, and what the answer must not depend on."""

from __future__ import annotations

import pytest

from detente.effect.rates import COUNT_MAX, compare, e_test_p, silence_chance, silence_needed_days
from detente.errors import InvalidStatement


def test_two_in_74_days_and_none_in_64_says_next_to_nothing() -> None:
    found = compare(2, 74, 0, 64)
    assert round(100 * found.silence_chance) == 21
    assert f"{found.low:.2f} {found.high:.1f}" == "0.00 1.5"
    assert found.rate_below == pytest.approx(3 / 64)
    assert found.silence_needed_days > 64


@pytest.mark.parametrize(("x0", "days"), [(1, 573), (2, 208), (3, 122), (5, 65), (8, 38), (10, 30), (20, 14)])
def test_the_silence_needed_after_90_days_is_the_published_table(x0: int, days: int) -> None:
    assert round(silence_needed_days(x0, 90)) == days


@pytest.mark.parametrize("x0", [0, 1, 4, 50, 3.7])
def test_after_the_silence_needed_its_chance_is_what_was_asked_for(x0: float) -> None:
    for chance in (0.5, 0.05, 0.001):
        assert silence_chance(x0, 90, silence_needed_days(x0, 90, chance)) == pytest.approx(chance)


def test_exchanging_before_and_after_turns_the_interval_round() -> None:
    forth, back = compare(7, 90, 3, 40), compare(3, 40, 7, 90)
    assert forth.low * back.high == pytest.approx(1.0)
    assert forth.high * back.low == pytest.approx(1.0)
    assert forth.chance_lower + back.chance_lower == pytest.approx(1.0)
    assert forth.conditional_p == pytest.approx(back.conditional_p)
    assert forth.e_test_p == pytest.approx(back.e_test_p)


def test_the_unit_of_time_does_not_matter() -> None:
    days, hours = compare(7, 90, 3, 40), compare(7, 90 * 24, 3, 40 * 24)
    assert (days.low, days.high, days.silence_chance) == pytest.approx((hours.low, hours.high, hours.silence_chance))


def test_equal_counts_over_equal_windows_favour_neither() -> None:
    found = compare(6, 50, 6, 50)
    assert found.ratio == 1.0
    assert found.chance_lower == pytest.approx(0.5)
    assert found.low * found.high == pytest.approx(1.0)
    assert found.conditional_p == 1.0


def test_nothing_before_and_nothing_after_is_compared_without_an_answer() -> None:
    found = compare(0, 90, 0, 90)
    assert found.low < 0.01 < 100 < found.high
    assert found.conditional_p == found.e_test_p == 1.0


def test_a_wider_level_gives_a_wider_interval() -> None:
    narrow, wide = compare(9, 90, 4, 90, level=0.5), compare(9, 90, 4, 90, level=0.99)
    assert wide.low < narrow.low < narrow.high < wide.high


def test_the_e_test_calls_large_differences_of_large_counts_rare() -> None:
    assert e_test_p(1000, 90.0, 1000, 90.0) > 0.99
    assert e_test_p(1000, 90.0, 800, 90.0) < 1e-4


@pytest.mark.parametrize(
    "arguments", [(-1, 9, 0, 9), (1, 0, 0, 9), (1, 9, 0, -3), (1, 9, COUNT_MAX + 1, 9), (1, float("inf"), 0, 9)]
)
def test_counts_and_days_that_make_no_sense_are_refused(arguments: tuple[float, float, float, float]) -> None:
    with pytest.raises(InvalidStatement):
        compare(*arguments)


@pytest.mark.parametrize("level", [0.0, 0.4, 1.0, 90.0, float("nan")])
def test_a_level_is_a_share_and_at_least_half(level: float) -> None:
    with pytest.raises(InvalidStatement, match="level"):
        compare(1, 9, 1, 9, level=level)


@pytest.mark.parametrize("chance", [0.0, 1.0, 5.0])
def test_the_chance_allowed_to_silence_is_a_chance(chance: float) -> None:
    with pytest.raises(InvalidStatement, match="chance"):
        silence_needed_days(3, 90, chance)
