"""CEF and LEEF, alone or behind a syslog header.

Sources: ArcSight Common Event Format, version 26; IBM Log Event Extended Format, versions 1.0 and 2.0. Time: `rt`, `end`
or `start`, and `devTime`; otherwise that of the syslog header. Direction: `deviceDirection` (0 in, 1 out) where it is
said, private addresses otherwise. Action: `act`, `action` or `outcome`.

    CEF:0|Vendor|Firewall|1|100|Denied|5|rt=1431857103000 src=198.51.100.7 dst=10.0.0.1 act=blocked msg=a \\= b
    LEEF:2.0|Vendor|Proxy|1|allow|^|devTime=May 17 2015 10:05:03^src=10.0.0.1^dst=198.51.100.7
"""

from __future__ import annotations

import re

from detente.hunt.readers.event import NOTHING, Direction, Event, action_of, flow
from detente.hunt.readers.syslog import SyslogHeader, header_reader
from detente.hunt.readers.times import any_time, spelled_time

_BEGIN = re.compile(rb"(?:^|[\s:])(CEF:[0-9]{1,3}|LEEF:[0-9.]{1,5})\|")
_TIMES = ("rt", "end", "start", "devTime", "deviceReceiptTime")
_PIPE = re.compile(r"(?<!\\)\|")
_KEY = re.compile(r"(?:^|(?<=\s))([A-Za-z0-9_.\[\]-]{1,64})=")
_ESCAPED = re.compile(r"\\([\\|=nr])")
_PARTS = {"CEF:": 7, "LEEF:2": 6, "LEEF:": 5}  # of the header, by format and version


def is_cef(line: bytes) -> bool:
    found = _BEGIN.search(line, 0, 1024)
    return found is not None and found.group(1).startswith(b"CEF")


def is_leef(line: bytes) -> bool:
    found = _BEGIN.search(line, 0, 1024)
    return found is not None and found.group(1).startswith(b"LEEF")


def cef_reader(year: int | None = None) -> CefReader:
    return CefReader(header_reader(year))


class CefReader:
    """`time_us` and `event` of lines in either format."""

    def __init__(self, header: SyslogHeader) -> None:
        self._header = header

    def time_us(self, line: bytes) -> int | None:
        return self.event(line).time_us

    def event(self, line: bytes) -> Event:
        found = _BEGIN.search(line, 0, 1024)
        if found is None:
            return NOTHING
        header = self._header(line[: found.start(1)])
        pairs = _pairs(line[found.start(1) :].decode("utf-8", "replace"))
        time_us = next((time for key in _TIMES if (time := _time(pairs.get(key, ""))) is not None), None)
        source, destination = pairs.get("src", ""), pairs.get("dst", "") or pairs.get("dhost", "")
        direction, host = flow(source, destination)
        direction = _DIRECTIONS.get(pairs.get("deviceDirection", ""), direction)
        action = action_of(pairs.get("act", "") or pairs.get("action", "") or pairs.get("outcome", ""))
        return Event(
            header.time_us if time_us is None else time_us,
            source,
            destination,
            host or pairs.get("dvchost", "") or header.host,
            direction,
            action,
            {key: value[:1024] for key, value in pairs.items() if key not in ("src", "dst")},
        )


_DIRECTIONS: dict[str, Direction] = {"0": "in", "1": "out"}


def _time(text: str) -> int | None:
    if not text:
        return None
    time_us = any_time(text)
    return spelled_time(text) if time_us is None else time_us


def _pairs(text: str) -> dict[str, str]:
    parts = next((parts for form, parts in _PARTS.items() if text.startswith(form)), 5)
    cells = _PIPE.split(text, parts)
    if len(cells) <= parts:
        return {}
    extension = cells[parts].rstrip("\r\n")
    if text.startswith("CEF"):
        return _spaced(extension)
    delimiter = _delimiter(cells[5]) if parts == 6 else "\t"
    return dict(pair.split("=", 1) for pair in extension.split(delimiter) if "=" in pair)


def _spaced(extension: str) -> dict[str, str]:
    """Values may hold blanks: one ends where the next `key=` begins."""
    keys = list(_KEY.finditer(extension))
    ends = [key.start() for key in keys[1:]] + [len(extension)]
    return {
        key.group(1): _ESCAPED.sub(lambda e: {"n": "\n", "r": "\r"}.get(e[1], e[1]), extension[key.end() : end].strip())
        for key, end in zip(keys, ends, strict=True)
    }


def _delimiter(written: str) -> str:
    """A character itself, or its code: `^`, `x5E`, `0x5E`."""
    code = re.fullmatch(r"0?x([0-9A-Fa-f]{1,4})", written)
    return chr(int(code[1], 16)) if code else written[:1] or "\t"
