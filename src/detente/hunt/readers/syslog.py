"""Syslog: RFC 3164 and RFC 5424 headers, and the messages of packet filters and sshd behind them.

RFC 3164 tells no year: the caller says it, and UTC is assumed. Read of messages: Linux netfilter (`IN= OUT= SRC= DST=`,
ufw's words before it), Cisco ASA's Deny and Built, and sshd's Accepted, Failed and Invalid.

    <34>1 2003-10-11T22:14:15.003Z mail.a.example su - ID47 - failed
    <4>Oct 11 22:14:15 gate kernel: [UFW BLOCK] IN=eth0 OUT= SRC=198.51.100.7 DST=10.0.0.1 PROTO=TCP DPT=22
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from detente.hunt.readers.event import NOTHING, Action, Direction, Event, Reader, action_of, flow
from detente.hunt.readers.times import MONTHS, moment, read_iso


class Header(NamedTuple):
    time_us: int | None
    host: str
    end: int  # where the message begins


SyslogHeader = Callable[[bytes], Header]


def read_syslog_5424(line: bytes) -> int | None:
    found = _SYSLOG_5424.match(line)
    return None if found is None else read_iso(line[found.end() :])


def syslog_3164_reader(year: int | None) -> Reader:
    def read_syslog_3164(line: bytes) -> int | None:
        found = _SYSLOG_3164.match(line)
        if found is None or year is None:
            return None
        month, day, hour, minute, second = found.group(1, 2, 3, 4, 5)
        return moment(year, MONTHS.get(month, 0), int(day), int(hour), int(minute), int(second), b"", None)

    return read_syslog_3164


def header_reader(year: int | None) -> SyslogHeader:
    """Of either RFC, or a header of ISO time and host as rsyslog writes it."""
    read_3164 = syslog_3164_reader(year)

    def read(line: bytes) -> Header:
        new = _SYSLOG_5424.match(line)
        if new is not None:
            parts = line[new.end() : new.end() + 1024].split(b" ", 5)
            host = parts[1].decode("utf-8", "replace") if len(parts) > 1 else ""
            return Header(read_iso(line[new.end() :]), "" if host == "-" else host, new.end())
        old = _SYSLOG_3164.match(line)
        if old is not None:
            return Header(read_3164(line), _host_at(line, old.end()), old.end())
        return Header(read_iso(line), "", 0)

    return read


def syslog_event_reader(year: int | None) -> Callable[[bytes], Event]:
    """Header and message together; `year` is for headers of RFC 3164, which without it have no time."""
    header_of = header_reader(year)

    def read_event(line: bytes) -> Event:
        header = header_of(line)
        event = message_event(line[header.end : header.end + 4096])
        return Event(
            header.time_us,
            event.source,
            event.destination,
            header.host or event.host,
            event.direction,
            event.action,
            event.fields,
        )

    return read_event


def message_event(message: bytes) -> Event:
    """What a message says in itself; it has no time and no host."""
    if b"SRC=" in message:
        return _netfilter(message.decode("utf-8", "replace"))
    if b"%ASA-" in message:
        return _asa(message.decode("utf-8", "replace"))
    found = _SSHD.search(message, 0, 768)
    if found is None:
        return NOTHING
    word, address = (part.decode("utf-8", "replace") for part in found.groups())
    return Event(source=address, direction="in", action="allowed" if word == "Accepted" else "blocked")


def _netfilter(message: str) -> Event:
    fields = dict(_PAIR.findall(message))
    source, destination = fields.get("SRC", ""), fields.get("DST", "")
    direction, host = flow(source, destination)
    if bool(fields.get("IN")) != bool(fields.get("OUT")):
        direction = "in" if fields["IN" if "IN" in fields else "OUT"] else "out"
    word = _WORD.search(message.partition("IN=")[0])
    return Event(None, source, destination, host, direction, action_of(word.group()) if word else "unknown", fields)


def _asa(message: str) -> Event:
    found = _ASA.search(message, 0, 768)
    if found is None:
        return NOTHING
    verb, way, source, destination = found.groups()
    action: Action = "blocked" if verb == "Deny" else "allowed"
    direction, host = flow(source, destination)
    said: dict[str | None, Direction] = {"inbound": "in", "outbound": "out"}
    return Event(None, source, destination, host, said.get(way, direction), action)


def _host_at(line: bytes, at: int) -> str:
    found = _HOST.match(line, at)
    return found.group(1).decode("utf-8", "replace") if found else ""


_SYSLOG_5424 = re.compile(rb"<[0-9]{1,3}>[1-9][0-9]{0,2} (?=[0-9])")
_SYSLOG_3164 = re.compile(
    rb"(?:<[0-9]{1,3}>)?([A-Z][a-z]{2}) {1,2}([0-9]{1,2}) ([0-9]{2}):([0-9]{2}):([0-9]{2})(?![0-9])"
)
_HOST = re.compile(rb" ([0-9A-Za-z_.:-]{1,255})(?<!:) ")
_SSHD = re.compile(
    rb"sshd(?:-session)?\[[0-9]+\]: (Accepted|Failed|Invalid) [^\n]{0,256}?"
    rb"(?:from|user) (?:\S{1,64} )?([0-9A-Fa-f:.]{3,45}) port "
)
_PAIR = re.compile(r"\b([A-Z]{2,10})=(\S*)")
_WORD = re.compile(r"(?:BLOCK|DROP|REJECT|DEN[YI]|ACCEPT|ALLOW)", re.IGNORECASE)
_ASA = re.compile(
    r"%ASA-[0-9-]+: (Deny|Built)(?: (inbound|outbound))? [^\n]{0,80}?(?:src|for) [\w.-]{1,64}:([0-9A-Fa-f:.]{2,45})/"
    r"[^\n]{0,120}?(?:dst|to) [\w.-]{1,64}:([0-9A-Fa-f:.]{2,45})/"
)
