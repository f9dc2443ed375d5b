"""Log formats: what does a line say of its event? One file per family, and here the table of all, by which a log is told.

    apache          Apache and nginx, common and combined log, with or without the virtual host
    zeek-tsv        Zeek's own text logs, by their #fields header
    json            one object per line; zeek-json, suricata, windows, cloudtrail and observed-data are told line by line
    cef, leef       ArcSight's and IBM's event formats, alone or behind a syslog header
    syslog-5424     RFC 5424: <34>1 2003-10-11T22:14:15.003Z host app …
    syslog-3164     RFC 3164: <34>Oct 11 22:14:15 host app: …  (the caller says the year; UTC is assumed)
    csv             a table whose first line names its columns
    iso             any line that begins with an ISO 8601 date and time: 2015-05-17T10:05:03,123+02:00 …
    plain           anything else; no time

A line that does not hold a time where its format has it gives None: the hit counts, and says that it has no time. Readers
get at most the first 64 KiB of a line, only lines that hit, and never raise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from detente.errors import InvalidStatement
from detente.hunt.readers.cef import cef_reader, is_cef, is_leef
from detente.hunt.readers.event import (
    ACTIONS,
    DIRECTIONS,
    Action,
    Direction,
    Event,
    EventReader,
    LogFormat,
    Outcome,
    Reader,
)
from detente.hunt.readers.json_lines import json_event, read_json, told_flavour
from detente.hunt.readers.syslog import read_syslog_5424, syslog_3164_reader, syslog_event_reader
from detente.hunt.readers.table import csv_table
from detente.hunt.readers.times import read_iso
from detente.hunt.readers.web import apache_event, apache_outcome, read_apache
from detente.hunt.readers.zeek import zeek_tsv

__all__ = [
    "ACTIONS", "DIRECTIONS", "FORMATS", "HEAD_BYTES", "TABLES", "Action", "Direction", "Event", "EventReader", "LogFormat", "Outcome",
    "Reader", "detect", "read_apache", "read_iso", "read_json", "read_plain", "read_syslog_5424", "syslog_3164_reader",
]  # fmt: skip

HEAD_BYTES = 64 << 10  # of a log, by which its format is told; and of a line, as given to a reader
LINES_READ = 50
LINES_OF_ONE_MIND = 8

_JSON = ("json", "zeek-json", "suricata", "windows", "cloudtrail", "observed-data")
TABLES = ("zeek-tsv", "csv")  # those that a header tells
FORMATS = (
    "apache", "zeek-tsv", *_JSON, "cef", "leef", "syslog-5424", "syslog-3164", "csv", "iso", "plain",
)  # fmt: skip


def read_plain(_line: bytes) -> None:
    return None


def detect(head: bytes, *, year: int | None = None, name: str = "") -> LogFormat:
    """The format of a log by its first bytes (HEAD_BYTES are enough): the one that reads a time from most of its lines.

    `year` is that of RFC 3164 lines, which tell none; without it they have no time, and are still told apart. `name`, one of
    FORMATS, overrules; raises InvalidStatement for another, and for a header that is not there.
    """
    head = head[:HEAD_BYTES]
    if not name and (found := _told_at_once(head)):
        name = found
    lines = list(islice(_lines(head), LINES_READ)) if name in ("", *TABLES) else []
    if name:
        return _named(name, lines, year)
    if zeek := zeek_tsv(lines):
        return zeek
    table = csv_table(lines)
    if table and 2 * sum(table.time_us(line) is not None for line in lines[1:]) >= len(lines) - 1:
        return table
    best, most = "plain", 0
    for candidate, form in _FORMS:
        told = sum(form(line) for line in lines)
        if told > most:
            best, most = candidate, told
    return _named(_flavour(lines) if best == "json" else best, lines, year)


def _told_at_once(head: bytes) -> str:
    """The one format that all of the first lines have, "" where it is not one: ten thousand small logs should not be looked at for long."""
    lines = list(islice(_lines(head), LINES_OF_ONE_MIND))
    if csv_table(lines):
        return ""
    told = [name for name, form in _FORMS if all(map(form, lines))]
    if len(told) != 1:
        return ""
    return _flavour(lines) if told == ["json"] else told[0]


def _flavour(lines: Iterable[bytes]) -> str:
    ((flavour, _),) = Counter(map(told_flavour, lines)).most_common(1)
    return flavour or "json"


def _lines(head: bytes) -> Iterator[bytes]:
    """Those that are not blank, one by one: what is behind the first few is not looked at."""
    at = 0
    while at < len(head):
        end = head.find(b"\n", at)
        line = head[at:end] if end >= 0 else head[at:]
        if line.strip():
            yield line
        at += len(line) + 1


def _named(name: str, lines: Sequence[bytes], year: int | None) -> LogFormat:
    if name in _JSON:
        return LogFormat(name, read_json, json_event)
    if name in ("cef", "leef"):
        cef = cef_reader(year)
        return LogFormat(name, cef.time_us, cef.event)
    if name in TABLES:
        table = zeek_tsv(lines) if name == "zeek-tsv" else csv_table(lines, named=True)
        if table is None and lines:
            raise InvalidStatement(
                f"the log begins with no header as {name} has it; leave --format out, and it is told"
            )
        return table or LogFormat(name, read_plain)
    simple: dict[str, LogFormat] = {
        "apache": LogFormat("apache", read_apache, apache_event, apache_outcome),
        "syslog-5424": LogFormat("syslog-5424", read_syslog_5424, syslog_event_reader(year)),
        "syslog-3164": LogFormat("syslog-3164", syslog_3164_reader(year), syslog_event_reader(year)),
        "iso": LogFormat("iso", read_iso, syslog_event_reader(year)),
        "plain": LogFormat("plain", read_plain),
    }
    if name not in simple:
        raise InvalidStatement(f"{name!a} is no format of logs; there are {', '.join(FORMATS)}")
    return simple[name]


_OLD = syslog_3164_reader(2000)  # any leap year does to see the form
_FORMS: tuple[tuple[str, Callable[[bytes], bool]], ...] = (
    ("cef", is_cef),
    ("leef", is_leef),
    ("json", lambda line: read_json(line) is not None),
    ("syslog-5424", lambda line: read_syslog_5424(line) is not None),
    ("apache", lambda line: read_apache(line) is not None),
    ("iso", lambda line: read_iso(line) is not None),
    ("syslog-3164", lambda line: _OLD(line) is not None),
)
