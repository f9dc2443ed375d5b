"""CSV with a header: RFC 4180, also with ';', tab or '|' between the cells. A row is one line.

The columns are told by their names: the first of `TIME_KEYS` of JSON or a name like it is the time, and names that
firewalls and proxies use are the ends, the action and the direction.

    timestamp,src_ip,dst_ip,action
    2015-05-17T10:05:03Z,10.0.0.1,198.51.100.7,allowed
"""

from __future__ import annotations

import csv
from collections.abc import Sequence

from detente.hunt.readers.event import NOTHING, Direction, Event, LogFormat, action_of, flow
from detente.hunt.readers.json_lines import TIME_KEYS
from detente.hunt.readers.times import any_time, spelled_time

_TIMES = (
    *(key.lower() for key in TIME_KEYS), "date_time", "date/time", "start_time", "starttime", "receive_time",
    "generated_time",
)  # fmt: skip
_SOURCES = (
    "src_ip",
    "srcip",
    "src",
    "source",
    "source_ip",
    "source_address",
    "client_ip",
    "clientip",
    "c-ip",
    "remote_addr",
)
_DESTINATIONS = (
    "dst_ip", "dstip", "dst", "dest_ip", "destip", "dest", "destination", "destination_ip", "destination_address", "server_ip", "s-ip",
)  # fmt: skip
_HOSTS = ("host", "hostname", "computer", "device", "device_name", "host_name", "asset")
_ACTIONS = ("action", "act", "verdict", "disposition", "status", "result", "outcome")
_WAYS = ("direction", "dir")
_DELIMITERS = (",", "\t", ";", "|")
_WAY: dict[str, Direction] = {
    "in": "in", "inbound": "in", "incoming": "in", "ingress": "in", "out": "out", "outbound": "out", "outgoing": "out", "egress": "out",
}  # fmt: skip


def csv_table(lines: Sequence[bytes], *, named: bool = False) -> LogFormat | None:
    """By the first line; None when it is no header of a table with a time. `named`: somebody said that it is one."""
    if not lines:
        return None
    head = lines[0].decode("utf-8", "replace").rstrip("\r")
    delimiter = max(_DELIMITERS, key=head.count)
    names = [name.strip().lower() for name in _cells(head, delimiter)]
    known = set(names)
    timed = [key for key in _TIMES if key in known]
    if not named and (
        len(names) < 2 or not timed or len(known) < len(names) or any(name[:1].isdigit() for name in names)
    ):
        return None
    column = names.index(timed[0]) if timed else -1
    width = len(names)

    def read_time(line: bytes) -> int | None:
        return _time(_cells(line.decode("utf-8", "replace"), delimiter))

    def _time(cells: Sequence[str]) -> int | None:
        if column < 0 or len(cells) != width:
            return None
        time_us = any_time(cells[column].strip())
        return spelled_time(cells[column].strip()) if time_us is None else time_us

    def read_event(line: bytes) -> Event:
        cells = _cells(line.decode("utf-8", "replace").rstrip("\r"), delimiter)
        if len(cells) != width:
            return NOTHING
        fields = dict(zip(names, cells, strict=True))
        source, destination, host, action, way = (
            next((fields[name].strip() for name in group if fields.get(name, "").strip()), "")
            for group in (_SOURCES, _DESTINATIONS, _HOSTS, _ACTIONS, _WAYS)
        )
        direction, ours = flow(source, destination)
        shown = {name: cell[:1024] for name, cell in fields.items() if name and cell}
        return Event(
            _time(cells), source, destination, host or ours, _WAY.get(way.lower(), direction), action_of(action), shown
        )

    return LogFormat("csv", read_time, read_event)


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:  # a cell that is too long, a bare carriage return
        return []
