"""Zeek: its own text logs, by their header, and the same fields as JSON.

Source: the field names of docs.zeek.org, base/protocols. Direction: `local_orig` and `local_resp` where the log has them, private addresses
otherwise. Action: `conn_state` REJ is blocked; a connection that was answered is allowed; `auth_success`, `rejected` and an HTTP status say
their part.

    #separator \\x09
    #fields	ts	uid	id.orig_h	id.orig_p	id.resp_h	id.resp_p	proto	conn_state	local_orig
    1521911721.255387	C1	10.0.0.1	41772	198.51.100.7	53	udp	SF	T
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from detente.hunt.readers.event import NOTHING, Action, Event, LogFormat, flow, text_of
from detente.hunt.readers.times import any_time

_ANSWERED = ("SF", "S1", "S2", "S3", "RSTO", "RSTR", "OTH")
_NOT_SET = ("", "-", "(empty)")
_SHOWN = (
    "uid", "proto", "service", "query", "method", "uri", "status_code", "user_agent", "server_name", "note", "name",
    "conn_state", "id.orig_p", "id.resp_p", "host", "user", "username",
)  # fmt: skip


def zeek_tsv(lines: Sequence[bytes]) -> LogFormat | None:
    """A reader by the header of the log; None when it has none, or no column of that name."""
    separator = b"\t"
    for line in lines:
        if line.startswith(b"#separator "):
            written = line.removeprefix(b"#separator ").strip()
            escaped = re.fullmatch(rb"\\x([0-9A-Fa-f]{2})", written)
            separator = bytes([int(escaped[1], 16)]) if escaped else written or separator
        elif line.startswith(b"#fields"):
            names = line.rstrip(b"\r").split(separator)[1:]
            return _columns(separator, names) if b"ts" in names else None
    return None


def _columns(separator: bytes, names: Sequence[bytes]) -> LogFormat:
    column = names.index(b"ts")
    shown = [name.decode("utf-8", "replace") for name in names]

    def read_time(line: bytes) -> int | None:
        cells = line.split(separator, column + 1)
        if line.startswith(b"#") or len(cells) <= column:
            return None
        return any_time(cells[column].decode("utf-8", "replace"))

    def read_event(line: bytes) -> Event:
        if line.startswith(b"#"):
            return NOTHING
        cells = line.rstrip(b"\r").decode("utf-8", "replace").split(separator.decode("latin-1"))
        fields = {name: cell for name, cell in zip(shown, cells, strict=False) if cell not in _NOT_SET}
        return zeek_event(read_time(line), fields)

    return LogFormat("zeek-tsv", read_time, read_event)


def zeek_event(time_us: int | None, fields: Mapping[str, object]) -> Event:
    source, destination = text_of(fields.get("id.orig_h")), text_of(fields.get("id.resp_h"))
    direction, host = flow(source, destination, ours=(_flag(fields.get("local_orig")), _flag(fields.get("local_resp"))))
    shown = {name: text for name in _SHOWN if (text := text_of(fields.get(name)))}
    return Event(time_us, source, destination, host or text_of(fields.get("host")), direction, _action(fields), shown)


def _action(fields: Mapping[str, object]) -> Action:
    state = text_of(fields.get("conn_state"))
    status = text_of(fields.get("status_code"))
    if state == "REJ" or status in ("401", "403", "407", "429"):
        return "blocked"
    if _flag(fields.get("rejected")) or _flag(fields.get("auth_success")) is False:
        return "blocked"
    if state in _ANSWERED or status[:1] in ("1", "2", "3") or _flag(fields.get("auth_success")):
        return "allowed"
    return "unknown"


def _flag(value: object) -> bool | None:
    return {"T": True, "F": False, "true": True, "false": False}.get(text_of(value))
