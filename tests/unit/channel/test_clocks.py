"""Profiles and the arithmetic of deadlines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.channel.clocks import PROFILES, Profile, profile_of
from detente.errors import InvalidStatement
from detente.when import DAY_US, HOUR_US, MINUTE_US, us_of

WEEKDAYS = profile_of("technical", "weekdays")
MOMENTS = st.integers(0, 100 * 365 * DAY_US)
SPANS = st.integers(0, 60 * DAY_US)


def us(text: str) -> int:
    return us_of(datetime.fromisoformat(text))


def counted_by_hand(start: datetime, days: int) -> datetime:
    """A whole number of weekdays later, day by day."""
    while days:
        start += timedelta(days=1)
        days -= start.weekday() < 5
    return start


def test_the_profiles_are_those_of_the_agreement() -> None:
    table = {
        name: (one.delivery_us, one.acknowledgement_us, one.reply_us, one.meeting) for name, one in PROFILES.items()
    }
    assert table == {
        "urgent": (15 * MINUTE_US, 2 * HOUR_US, 12 * HOUR_US, False),
        "vienna": (HOUR_US, 24 * HOUR_US, 48 * HOUR_US, True),
        "technical": (4 * HOUR_US, 3 * DAY_US, 14 * DAY_US, False),
    }


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_a_drill_runs_on_the_clocks_that_it_rehearses(name: str) -> None:
    drill, real = profile_of(f"drill:{name}"), profile_of(name)
    assert drill.drill
    assert not real.drill
    assert (drill.delivery_us, drill.acknowledgement_us, drill.reply_us) == (
        real.delivery_us,
        real.acknowledgement_us,
        real.reply_us,
    )


@pytest.mark.parametrize(
    ("name", "calendar", "said"),
    [
        ("soon", "", "urgent, vienna, technical"),
        ("drill:", "", "drill:"),
        ("drill:drill:urgent", "", "drill:"),
        ("vienna", "weekdays", "technical only"),
        ("technical", "lunar", "weekdays"),
    ],
)
def test_an_unknown_profile_or_calendar_is_refused_by_name(name: str, calendar: str, said: str) -> None:
    with pytest.raises(InvalidStatement, match=said):
        profile_of(name, calendar)


@pytest.mark.parametrize(
    ("start", "span", "end"),
    [
        # The clocks of Europe went forward on 29 March 2026 at 01:00 UTC, and back on 25 October.
        ("2026-03-28T12:00:00+00:00", 24 * HOUR_US, "2026-03-29T12:00:00+00:00"),
        ("2026-10-24T12:00:00+00:00", 48 * HOUR_US, "2026-10-26T12:00:00+00:00"),
        # Leap day, year's end, and a year divisible by 100.
        ("2028-02-28T12:00:00+00:00", 24 * HOUR_US, "2028-02-29T12:00:00+00:00"),
        ("2027-02-28T12:00:00+00:00", 24 * HOUR_US, "2027-03-01T12:00:00+00:00"),
        ("2026-12-31T23:00:00+00:00", 2 * HOUR_US, "2027-01-01T01:00:00+00:00"),
        ("2100-02-28T12:00:00+00:00", 24 * HOUR_US, "2100-03-01T12:00:00+00:00"),
    ],
)
def test_a_deadline_is_so_many_hours_later_whatever_the_calendar(start: str, span: int, end: str) -> None:
    assert profile_of("vienna").later(us(start), span) == us(end)


def test_a_deadline_across_a_change_of_the_clocks_is_the_same_moment_for_both_capitals() -> None:
    start = datetime(2026, 3, 28, 23, 30, tzinfo=ZoneInfo("Europe/Vienna"))
    due_us = profile_of("vienna").later(us_of(start.astimezone(UTC)), 24 * HOUR_US)
    shown = datetime.fromtimestamp(due_us / 1_000_000, ZoneInfo("Europe/Vienna"))
    assert (shown.day, shown.hour, shown.minute) == (30, 0, 30)  # by the clock on that wall, 25 hours


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-11-20T10:00:00+00:00", 1, "2026-11-23T10:00:00+00:00"),  # from a Friday over the weekend
        ("2026-11-16T00:00:00+00:00", 5, "2026-11-21T00:00:00+00:00"),  # a whole week ends with its Friday
        ("2026-11-21T15:00:00+00:00", 1, "2026-11-24T00:00:00+00:00"),  # what begins on a Saturday begins on Monday
        ("2028-02-28T09:00:00+00:00", 2, "2028-03-01T09:00:00+00:00"),  # over a leap day
    ],
)
def test_weekdays_leave_saturday_and_sunday_out(start: str, days: int, end: str) -> None:
    assert WEEKDAYS.later(us(start), days * DAY_US) == us(end)


@given(st.integers(0, 20_000), st.integers(0, 30))
def test_weekdays_are_those_that_one_counts_by_hand(day: int, days: int) -> None:
    noon = datetime(1970, 1, 5, 12, tzinfo=UTC) + timedelta(days=day)
    if noon.weekday() < 5:
        assert WEEKDAYS.later(us_of(noon), days * DAY_US) == us_of(counted_by_hand(noon, days))


@given(st.sampled_from([*PROFILES.values(), WEEKDAYS]), MOMENTS, SPANS, SPANS)
def test_time_counted_forward_is_time_counted_back_and_never_earlier_for_more(
    profile: Profile, start_us: int, span_us: int, more_us: int
) -> None:
    end_us = profile.later(start_us, span_us)
    assert profile.between(start_us, end_us) == span_us
    assert profile.between(end_us, start_us) == 0
    assert profile.later(start_us, span_us + more_us) >= end_us
    if span_us and more_us:
        assert profile.later(end_us, more_us) == profile.later(start_us, span_us + more_us)
