"""Hits per day in one line."""

from __future__ import annotations

from detente.hunt.bars import bars


def test_each_day_has_a_bar_and_days_between_have_the_lowest() -> None:
    assert bars({"2015-05-17": 1, "2015-05-20": 7, "2015-05-18": 4}) == "▂▅▁█"


def test_a_single_hit_is_seen_beside_a_thousand() -> None:
    assert bars({"2015-05-17": 1000, "2015-05-18": 1, "2015-05-20": 0}) == "█▂▁▁"


def test_many_days_share_a_bar() -> None:
    assert bars({"2015-01-01": 1, "2015-12-31": 3}, width_max=10) == "▄▁▁▁▁▁▁▁▁█"


def test_no_day_gives_no_bar() -> None:
    assert bars({}) == ""
    assert bars({"2015-05-17": 0}) == "▁"
