"""Log formats: when did the event of a line happen? One function per format.

    apache        Apache and nginx, common and combined log:  … [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" …
    zeek-tsv      Zeek's own text logs, column `ts` by their #fields header
    json          one object per line, the first of TIME_KEYS that holds a time (Zeek, ECS, CloudTrail, journald …)
    syslog-5424   RFC 5424: <34>1 2003-10-11T22:14:15.003Z host app …
    syslog-3164   RFC 3164: <34>Oct 11 22:14:15 host app: …  (the caller says the year; UTC is assumed)
    iso           any line that begins with an ISO 8601 date and time: 2015-05-17T10:05:03,123+02:00 …
    plain         anything else; no time

A time without a zone is read as UTC. Times are microseconds since 1970; finer digits are cut. A line that does not hold
a time where its format has it gives None: the hit counts, and says that it has no time. Readers get at most the first
64 KiB of a line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

HEAD_BYTES = 64 << 10  # of a log, by which its format is told; and of a line, as given to a reader
LINES_READ = 50

Reader = Callable[[bytes], int | None]

# The order is the order of belief: what the event says of itself before what a collector added.
TIME_KEYS = (
    "ts", "@timestamp", "timestamp", "time", "eventTime", "event_time", "EventTime", "datetime", "date", "_time",
    "TimeCreated", "created", "isotime", "__REALTIME_TIMESTAMP", "t",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LogFormat:
    name: str
    time_us: Reader


def detect(head: bytes, *, year: int | None = None) -> LogFormat:
    """The format of a log by its first bytes (HEAD_BYTES are enough): the one that reads a time from most of its lines.

    `year` is that of RFC 3164 lines, which tell none; without it they have no time, and are still told apart.
    """
    lines = [line for line in head[:HEAD_BYTES].split(b"\n") if line.strip()][:LINES_READ]
    if zeek := _zeek_tsv(lines):
        return LogFormat("zeek-tsv", zeek)
    candidates = (
        ("json", read_json, read_json),
        ("syslog-5424", read_syslog_5424, read_syslog_5424),
        ("apache", read_apache, read_apache),
        ("iso", read_iso, read_iso),
        # Any leap year does to see the form.
        ("syslog-3164", syslog_3164_reader(2000), syslog_3164_reader(year)),
    )
    best = LogFormat("plain", read_plain)
    most = 0
    for name, form, reader in candidates:
        told = sum(form(line) is not None for line in lines)
        if told > most:
            best, most = LogFormat(name, reader), told
    return best


def read_plain(_line: bytes) -> None:
    return None


def read_apache(line: bytes) -> int | None:
    found = _APACHE.search(line, 0, 4096)
    if found is None:
        return None
    day, month, year, hour, minute, second, zone = found.groups()
    return _moment(int(year), _MONTHS.get(month, 0), int(day), int(hour), int(minute), int(second), b"", zone)


def read_iso(line: bytes) -> int | None:
    found = _ISO.match(line)
    return None if found is None else _iso_moment(found)


def read_syslog_5424(line: bytes) -> int | None:
    found = _SYSLOG_5424.match(line)
    return None if found is None else read_iso(line[found.end() :])


def syslog_3164_reader(year: int | None) -> Reader:
    def read_syslog_3164(line: bytes) -> int | None:
        found = _SYSLOG_3164.match(line)
        if found is None or year is None:
            return None
        month, day, hour, minute, second = found.groups()
        return _moment(year, _MONTHS.get(month, 0), int(day), int(hour), int(minute), int(second), b"", None)

    return read_syslog_3164


def read_json(line: bytes) -> int | None:
    """The time under the first of `TIME_KEYS` that has one; None for a line that is no JSON object or tells no time."""
    if not line.lstrip().startswith(b"{"):
        return None
    try:
        event = json.loads(line, parse_float=Decimal)
    except (ValueError, RecursionError, InvalidOperation):
        return None
    for key in TIME_KEYS:
        time_us = _json_time(event.get(key))
        if time_us is not None:
            return time_us
    return None


def _json_time(value: object) -> int | None:
    if isinstance(value, str):
        found = _ISO.match(value.encode("utf-8", "replace"))
        return _epoch(value) if found is None else _iso_moment(found)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return _epoch(value)
    return None


def _zeek_tsv(lines: list[bytes]) -> Reader | None:
    """A reader by the header of the log; None when it has none, or no column of that name."""
    separator = b"\t"
    for line in lines:
        if line.startswith(b"#separator "):
            written = line.removeprefix(b"#separator ").strip()
            escaped = re.fullmatch(rb"\\x([0-9A-Fa-f]{2})", written)
            separator = bytes([int(escaped[1], 16)]) if escaped else written or separator
        elif line.startswith(b"#fields"):
            fields = line.rstrip(b"\r").split(separator)[1:]
            return _column_reader(separator, fields.index(b"ts")) if b"ts" in fields else None
    return None


def _column_reader(separator: bytes, column: int) -> Reader:
    def read_zeek_tsv(line: bytes) -> int | None:
        cells = line.split(separator, column + 1)
        if line.startswith(b"#") or len(cells) <= column:
            return None
        return _json_time(cells[column].decode("utf-8", "replace"))

    return read_zeek_tsv


def _epoch(value: int | Decimal | str) -> int | None:
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


def _iso_moment(found: re.Match[bytes]) -> int | None:
    year, month, day, hour, minute, second, fraction, joined, apart = found.groups()
    return _moment(
        int(year), int(month), int(day), int(hour), int(minute), int(second or 0), fraction or b"", joined or apart
    )


def _moment(
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
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}
_NUMBER = re.compile(r"[0-9]{1,20}(?:\.[0-9]{1,20})?")
_APACHE = re.compile(rb"\[([0-9]{2})/([A-Z][a-z]{2})/([0-9]{4}):([0-9]{2}):([0-9]{2}):([0-9]{2}) ([+-][0-9]{4})\]")
_ISO = re.compile(
    rb"\[?([0-9]{4})-([0-9]{2})-([0-9]{2})[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?"
    rb"(?:(Z|[+-][0-9]{2}(?::?[0-9]{2})?)(?![0-9A-Za-z])| ([+-][0-9]{2}:?[0-9]{2})(?![0-9A-Za-z]))?"
)
_SYSLOG_5424 = re.compile(rb"<[0-9]{1,3}>[1-9][0-9]{0,2} (?=[0-9])")
_SYSLOG_3164 = re.compile(
    rb"(?:<[0-9]{1,3}>)?([A-Z][a-z]{2}) {1,2}([0-9]{1,2}) ([0-9]{2}):([0-9]{2}):([0-9]{2})(?![0-9])"
)
