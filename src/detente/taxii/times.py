"""Timestamps (TAXII 2.1 section 2), versions as sort keys, and the cursor in `next` (3.5).

Inside, a moment is an integer: microseconds since 1970 UTC. Sent, it has exactly six fractional digits and a Z. Read,
it may have none to nine; what is finer than a microsecond is cut off, which is exact for `added_after`, since nothing
is ever added between two microseconds.

    >>> format_timestamp(parse_timestamp("2026-03-01T00:00:00.5Z"))
    '2026-03-01T00:00:00.500000Z'
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from detente.errors import MalformedReply

UNVERSIONED: Final = "1970-01-01T00:00:00.000Z"
"""What we name as the version of an object without `modified` and `created` (3.4.1 leaves the value to us)."""

TIMESTAMP_MAX_US: Final = 253_402_300_799_999_999
"""The last microsecond of the year 9999."""


def parse_timestamp(text: str) -> int:
    """Microseconds since 1970 UTC; raises MalformedReply."""
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        raise MalformedReply("a timestamp is written like 2026-03-01T00:00:00.000000Z, in UTC with a Z at its end")
    year, month, day, hour, minute, second = map(int, _NOT_DIGITS.split(match[1]))
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        raise MalformedReply("the timestamp names a day or an hour that does not exist") from None
    return (moment - _EPOCH) // _SECOND * 1_000_000 + int((match[2] or "")[:6].ljust(6, "0"))


def format_timestamp(us: int) -> str:
    """Exactly six fractional digits; a value outside the years 1 to 9999 is ours to fix and raises OverflowError."""
    return (_EPOCH + timedelta(microseconds=us)).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def version_key(version: str) -> str:
    """A text that sorts and compares as the moment does, whatever the number of fractional digits.

    Versions are kept as they were written and compared by this key: "…:00Z", "…:00.000Z" and "…:00.000000Z" are one
    version. An object without a version ("") has the key of UNVERSIONED. Raises MalformedReply for anything else.
    """
    version = version or UNVERSIONED
    parse_timestamp(version)
    seconds, _, fraction = version.removesuffix("Z").partition(".")
    return f"{seconds}.{fraction.rstrip('0').ljust(6, '0')}"


def encode_cursor(added_us: int) -> str:
    """The value of `next` after a page whose last row was added then. A client must not look into it."""
    return format(added_us, "x")


def parse_cursor(text: str) -> int:
    """Any number is a place to go on from: nothing is looked up by it, so one that is made up does no harm."""
    if _CURSOR.fullmatch(text) is None or (added_us := int(text, 16)) > TIMESTAMP_MAX_US:
        raise MalformedReply("next is not a value that this server gave out; take it from the page before")
    return added_us


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)
_TIMESTAMP: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?Z")
_NOT_DIGITS: Final = re.compile(r"[^0-9]")
_CURSOR: Final = re.compile(r"[1-9a-f][0-9a-f]{0,15}")
