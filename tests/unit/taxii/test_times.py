"""Timestamps, version keys and cursors."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.errors import MalformedReply
from detente.taxii.times import (
    TIMESTAMP_MAX_US,
    UNVERSIONED,
    encode_cursor,
    format_timestamp,
    parse_cursor,
    parse_timestamp,
    version_key,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOMENTS = st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31, 23, 59, 59, 999_999))  # noqa: DTZ001 - hypothesis wants it naive


@given(MOMENTS)
def test_a_moment_survives_being_written_and_read(moment: datetime) -> None:
    us = (moment.replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
    text = format_timestamp(us)
    assert len(text) == 27
    assert parse_timestamp(text) == us
    assert text == moment.isoformat(timespec="microseconds") + "Z"


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.5Z", 500_000),
        ("1970-01-01T00:00:00.000001Z", 1),
        ("1970-01-01T00:00:00.000001999Z", 1),
        ("1969-12-31T23:59:59.999999Z", -1),
        ("9999-12-31T23:59:59.999999Z", TIMESTAMP_MAX_US),
    ],
)
def test_any_precision_is_read_and_cut_at_the_microsecond(text: str, us: int) -> None:
    assert parse_timestamp(text) == us


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Z",
        "2026-01-01",
        "2026-01-01T00:00:00",
        "2026-01-01t00:00:00z",
        "2026-01-01T00:00:00+00:00",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00.0000000000Z",
        "2026-02-29T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T23:59:60Z",
        "0000-01-01T00:00:00Z",
        "２０２６-01-01T00:00:00Z",
        "2026-01-01T00:00:00Z\n",
        " 2026-01-01T00:00:00Z",
    ],
)
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(MalformedReply):
        parse_timestamp(text)
    with pytest.raises(MalformedReply):
        version_key(text or "-")


@given(MOMENTS, MOMENTS, st.sampled_from(["", "0", "000", "000000000"]))
def test_version_keys_compare_as_the_moments_do(one: datetime, other: datetime, zeros: str) -> None:
    def spelled(moment: datetime) -> str:
        text = moment.isoformat(timespec="microseconds")
        if moment.microsecond:
            return f"{text}Z"
        return f"{text[:19]}.{zeros}Z" if zeros else f"{text[:19]}Z"

    keys = version_key(spelled(one)), version_key(spelled(other))
    assert (keys[0] < keys[1], keys[0] == keys[1]) == (one < other, one == other)


def test_digits_beyond_the_microsecond_still_rank_versions() -> None:
    keys = [version_key(f"2026-01-01T00:00:00.{fraction}Z") for fraction in ("1", "1000001", "10000011", "100001")]
    assert keys == sorted(set(keys))


def test_an_object_without_a_version_is_ranked_as_the_version_that_we_name() -> None:
    assert version_key("") == version_key(UNVERSIONED) == "1970-01-01T00:00:00.000000"


@given(st.integers(min_value=1, max_value=TIMESTAMP_MAX_US))
def test_a_cursor_leads_back_to_where_it_was_made(added_us: int) -> None:
    assert parse_cursor(encode_cursor(added_us)) == added_us


@given(st.text(max_size=20))
def test_a_cursor_that_is_made_up_is_a_place_or_refused(text: str) -> None:
    with contextlib.suppress(MalformedReply):
        assert encode_cursor(parse_cursor(text)) == text
