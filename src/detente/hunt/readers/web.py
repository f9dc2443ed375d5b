"""Apache and nginx: common log format, combined, and combined with the virtual host in front.

Source: the module mod_log_config of Apache httpd. Direction: a request that names a whole URL or is a CONNECT went through a
proxy of ours, so it goes out; any other came in. Action: 401, 403, 407, 429 and nginx's 444 are blocked, 1xx to 3xx allowed;
of 404 and its like the log does not say whether anybody minded.

    www.a.example:443 198.51.100.7 - frank [17/May/2015:10:05:03 +0200] "GET /a.png HTTP/1.1" 200 2326 "http://x/" "Mozilla/5.0"
"""

from __future__ import annotations

import re
from functools import lru_cache

from detente.hunt.readers.event import Action, Event, Outcome, outcome_of
from detente.hunt.readers.times import MONTHS, moment

_SEEN_BYTES = 16 << 10


def read_apache(line: bytes) -> int | None:
    found = _TIME.search(line, 0, 4096)
    return None if found is None else _time_of(found)


def apache_event(line: bytes) -> Event:
    """Nothing of a line without a time in brackets; the time alone where no request stands behind it."""
    found = _TIME.search(line, 0, 4096)
    if found is None:
        return Event()
    time_us = _time_of(found)
    before = line[: found.start()].decode("utf-8", "replace").split(" ")
    virtual_host = before.pop(0) if len(before) > 4 else ""
    client, user = before[0], before[2] if len(before) > 3 else ""
    request = _REQUEST.match(line, found.end(), _SEEN_BYTES)
    if request is None:
        return Event(time_us, source=client, destination=virtual_host, host=virtual_host, direction="in")
    method, target, status, referrer, agent = (
        (part or b"").decode("utf-8", "replace") for part in request.group(1, 2, 3, 4, 5)
    )
    fields = {
        "user": user,
        "method": method,
        "url": target,
        "status": status,
        "referrer": referrer,
        "user_agent": agent,
    }
    fields = {name: value[:1024] for name, value in fields.items() if value not in ("", "-")}
    if method == "CONNECT" or _WHOLE_URL.match(target):
        asked = target.partition("://")[2].partition("/")[0] or target
        return Event(time_us, client, asked, client, "out", _action(status), fields)
    return Event(time_us, client, virtual_host, virtual_host, "in", _action(status), fields)


def apache_outcome(line: bytes) -> Outcome:
    found = _PLAIN_REQUEST.match(line, 0, _SEEN_BYTES)
    if found is None:
        return outcome_of(apache_event(line))
    return Outcome(_time_written(found[1]), "", "in", _action_of(found[2]))


@lru_cache(4096)
def _time_written(text: bytes) -> int | None:
    """In a busy log many lines tell the same second."""
    found = _TIME.fullmatch(text)
    return None if found is None else _time_of(found)


@lru_cache(1000)
def _action_of(status: bytes) -> Action:
    return _action(status.decode())


def _time_of(found: re.Match[bytes]) -> int | None:
    day, month, year, hour, minute, second, zone = found.groups()
    return moment(int(year), MONTHS.get(month, 0), int(day), int(hour), int(minute), int(second), b"", zone)


def _action(status: str) -> Action:
    if status in ("401", "403", "407", "429", "444"):
        return "blocked"
    return "allowed" if status[:1] in ("1", "2", "3") else "unknown"


_TIME = re.compile(rb"\[([0-9]{2})/([A-Z][a-z]{2})/([0-9]{4}):([0-9]{2}):([0-9]{2}):([0-9]{2}) ([+-][0-9]{4})\]")
# A request for a path, behind three fields as both formats have them: nothing in it needs a second look.
_PLAIN_REQUEST = re.compile(
    rb"(?:[^ \[]{0,512}+ ){3}(\[[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2} [+-][0-9]{4}\])"
    rb' "(?!CONNECT )[A-Z]{1,32} /[^"\\]*+" ([0-9]{3}) \S'
)
_QUOTED = rb'"((?:[^"\\]|\\.)*+)"'
_REQUEST = re.compile(
    rb' "(?:([A-Z]{1,32}) )?((?:[^"\\ ]|\\.)*+)[^"]*+" ([0-9]{3}) \S+(?: ' + _QUOTED + rb" " + _QUOTED + rb")?"
)
_WHOLE_URL = re.compile(r"[A-Za-z]{1,10}://")
