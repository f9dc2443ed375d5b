"""Moments as logs write them: ISO 8601 and its relatives, and numbers since 1970.

A time without a zone is read as UTC. Times are microseconds since 1970; finer digits are cut.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal


def read_iso(line: bytes) -> int | None:
    """The time at the beginning of the line."""
    found = _ISO.match(line)
    return None if found is None else _iso_moment(found)


def any_time(value: object) -> int | None:
    """The time that a field holds, as text or as a number."""
    if isinstance(value, str):
        found = _ISO.match(value.encode("utf-8", "replace"))
        return epoch(value) if found is None else _iso_moment(found)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return epoch(value)
    return None


def epoch(value: int | Decimal | str) -> int | None:
    """Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their size."""
    if isinstance(value, str):
        if _NUMBER.fullmatch(value) is None:
            return None
        value = Decimal(value)
    if not 0 < value < 10**20:
        return None
    for limit, times in ((10**11, 10**6), (10**14, 10**3), (10**17, 1)):
        if value < limit:
            return int(value * times)
    return int(value) // 1000


def spelled_time(text: str) -> int | None:
    """`Oct 11 2016 22:14:15.003 UTC`, as CEF and LEEF write times; a zone of another name is not understood."""
    found = _SPELLED.fullmatch(text.encode("utf-8", "replace"))
    if found is None:
        return None
    month, day, year, hour, minute, second, fraction, zone = found.groups()
    if zone in (b"UTC", b"GMT"):
        zone = b"Z"
    return moment(int(year), MONTHS.get(month, 0), int(day), int(hour), int(minute), int(second), fraction or b"", zone)


def _iso_moment(found: re.Match[bytes]) -> int | None:
    year, month, day, hour, minute, second, fraction, joined, apart = found.groups()
    return moment(
        int(year), int(month), int(day), int(hour), int(minute), int(second or 0), fraction or b"", joined or apart
    )


def moment(
    year: int, month: int, day: int, hour: int, minute: int, second: int, fraction: bytes, zone: bytes | None
) -> int | None:
    """Microseconds since 1970 UTC, or None when there is no such moment in 1970 to 9999.

    A leap second is the second after :59.
    """
    leap = second == 60
    try:
        local = datetime(year, month, day, hour, minute, second - leap)  # noqa: DTZ001 - the zone is taken off below
    except ValueError:
        return None
    us = (local - _EPOCH) // _MICROSECOND + leap * 1_000_000 + int(fraction[:6].ljust(6, b"0"))
    if zone is not None and zone != b"Z":
        digits = zone[1:].replace(b":", b"")
        hours, minutes = int(digits[:2]), int(digits[2:] or 0)
        if hours > 23 or minutes > 59:
            return None
        us -= (-1 if zone[:1] == b"-" else 1) * (hours * 60 + minutes) * 60_000_000
    return us if 0 <= us < _END_US else None


_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - compared with local times whose zone is taken off by hand
_MICROSECOND = timedelta(microseconds=1)
_END_US = (datetime(9999, 12, 31) - _EPOCH) // _MICROSECOND  # noqa: DTZ001 - as above
_MONTH_NAMES = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}
_NUMBER = re.compile(r"[0-9]{1,20}(?:\.[0-9]{1,20})?")
_ISO = re.compile(
    rb"\[?([0-9]{4})-([0-9]{2})-([0-9]{2})[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?"
    rb"(?:(Z|[+-][0-9]{2}(?::?[0-9]{2})?)(?![0-9A-Za-z])| ([+-][0-9]{2}:?[0-9]{2})(?![0-9A-Za-z]))?"
)
_SPELLED = re.compile(
    rb"([A-Z][a-z]{2}) {1,2}([0-9]{1,2}) ([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?"
    rb"(?: (UTC|GMT|Z|[+-][0-9]{2}:?[0-9]{2}))?"
)
