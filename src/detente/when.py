"""A moment as somebody states it: a time with the fidelity that the source gives, from a second to a year.

The fidelities are those of the STIX incident suite (draft of 10 October 2023, `timestamp-fidelity-enum`). "October 2016" is not
the first of October: a moment is the interval [first_us, last_us], and two of them are compared only when they do not overlap.

    parse_when("2016-10")  ->  When(at_us=1475280000000000, fidelity="month"),  printed as "October 2016"
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

from detente.errors import InvalidStatement

Fidelity = Literal["second", "minute", "hour", "day", "month", "year"]

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 3600 * SECOND_US
DAY_US = 86_400 * SECOND_US

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHAPES: tuple[tuple[str, Fidelity, str], ...] = (
    (r"\d{4}", "year", "%Y"),
    (r"\d{4}-\d\d", "month", "%Y-%m"),
    (r"\d{4}-\d\d-\d\d", "day", "%Y-%m-%d"),
    (r"\d{4}-\d\d-\d\dT\d\dZ", "hour", "%Y-%m-%dT%HZ"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\dZ", "minute", "%Y-%m-%dT%H:%MZ"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "second", "%Y-%m-%dT%H:%M:%SZ"),
)
_SHOWN: dict[Fidelity, str] = {
    "year": "%Y",
    "month": "%B %Y",
    "day": "%-d %b %Y",
    "hour": "%-d %b %Y %H h UTC",
    "minute": "%-d %b %Y %H:%M UTC",
    "second": "%-d %b %Y %H:%M:%S UTC",
}


class When(msgspec.Struct, frozen=True, order=True):
    """`at_us`: the beginning of the interval, microseconds since 1970 UTC."""

    at_us: int
    fidelity: Fidelity = "second"

    @property
    def last_us(self) -> int:
        """The last microsecond of the interval."""
        start = _EPOCH + timedelta(microseconds=self.at_us)
        match self.fidelity:
            case "year":
                return us_of(start.replace(year=start.year + 1)) - 1
            case "month":
                later = start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
                return us_of(later) - 1
            case "day":
                return self.at_us + DAY_US - 1
            case "hour":
                return self.at_us + HOUR_US - 1
            case "minute":
                return self.at_us + MINUTE_US - 1
        return self.at_us + SECOND_US - 1

    def __str__(self) -> str:
        return (_EPOCH + timedelta(microseconds=self.at_us)).strftime(_SHOWN[self.fidelity])

    @property
    def iso(self) -> str:
        """The text that `parse_when` reads."""
        shape = next(form for _, fidelity, form in _SHAPES if fidelity == self.fidelity)
        return (_EPOCH + timedelta(microseconds=self.at_us)).strftime(shape)


def parse_when(text: str) -> When:
    """A date or UTC time in the shapes of ISO 8601 listed here; its fidelity is what is written. Raises InvalidStatement."""
    for pattern, fidelity, form in _SHAPES:
        if re.fullmatch(pattern, text, re.ASCII):
            try:
                return When(us_of(datetime.strptime(text, form).replace(tzinfo=UTC)), fidelity)
            except ValueError:
                break
    raise InvalidStatement(
        f"a moment is written 2016, 2016-10, 2016-10-07, 2016-10-07T15Z, 2016-10-07T15:30Z or 2016-10-07T15:30:00Z, in UTC; got {text!r}"
    )


def us_of(moment: datetime) -> int:
    """Microseconds since 1970 UTC, exactly."""
    return (moment - _EPOCH) // timedelta(microseconds=1)
