"""One JSON object a line: Zeek, Suricata EVE, Windows events, CloudTrail, STIX observed data, and whatever has a time.

Which of them an object is, it shows by its own names, line by line, so that mixed streams are read too. Sources:
Suricata's EVE output; the Windows event schema as evtx_dump, Winlogbeat and NXLog write it; CloudTrail's record
contents; STIX 2.1, section 4.14; Elastic Common Schema for the rest.

    {"timestamp":"2018-03-24T17:15:20.86+0000","event_type":"alert","src_ip":"198.51.100.7","dest_ip":"10.0.0.1","alert":{"action":"blocked"}}
    {"Event":{"System":{"EventID":5156,"Computer":"pc","TimeCreated":{"#attributes":{"SystemTime":"…"}}},"EventData":{"DestAddress":"198.51.100.7"}}}
    {"eventVersion":"1.08","eventTime":"2023-07-10T21:32:56Z","sourceIPAddress":"198.51.100.7","errorCode":"AccessDenied"}
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from detente.hunt.readers.event import NOTHING, Action, Direction, Event, action_of, flow, text_of
from detente.hunt.readers.times import any_time
from detente.hunt.readers.zeek import zeek_event

# The order is the order of belief: what the event says of itself before what a collector added.
TIME_KEYS = (
    "ts", "@timestamp", "timestamp", "time", "eventTime", "event_time", "EventTime", "datetime", "date", "_time",
    "TimeCreated", "created", "isotime", "__REALTIME_TIMESTAMP", "t",
)  # fmt: skip

_Object = Mapping[str, Any]


def read_json(line: bytes) -> int | None:
    """The time under the first of `TIME_KEYS` that has one; None for a line that is no JSON object or tells no time."""
    value = _parsed(line)
    return None if value is None else _time_of(value)


def json_event(line: bytes) -> Event:
    """The event by whichever of the flavours the object shows; nothing of a line that is no JSON object."""
    value = _parsed(line)
    if value is None:
        return NOTHING
    flavour = flavour_of(value)
    time_us = _time_of(value)
    if flavour == "zeek-json":
        return zeek_event(time_us, value)
    reader = _READERS.get(flavour, _generic)
    return reader(time_us, value)


def flavour_of(value: _Object) -> str:
    """One of the names of formats; "json" for an object of no flavour that is known."""
    if "id.orig_h" in value or ("_path" in value and "_write_ts" in value):
        return "zeek-json"
    if "event_type" in value and ("src_ip" in value or "flow_id" in value):
        return "suricata"
    if "eventVersion" in value and "eventSource" in value:
        return "cloudtrail"
    if value.get("type") == "observed-data":
        return "observed-data"
    if isinstance(value.get("winlog"), dict) or ("EventID" in value and ("Channel" in value or "Hostname" in value)):
        return "windows"
    if isinstance(_at(value, "Event", "System"), dict):
        return "windows"
    return "json"


def told_flavour(line: bytes) -> str:
    """ "" for what is no JSON object."""
    value = _parsed(line)
    return "" if value is None else flavour_of(value)


def _parsed(line: bytes) -> _Object | None:
    if not line.lstrip().startswith(b"{"):
        return None
    try:
        value = json.loads(line, parse_float=Decimal)
    except (ValueError, RecursionError, InvalidOperation):
        return None
    return value if isinstance(value, dict) else None


def _time_of(value: _Object) -> int | None:
    for key in TIME_KEYS:
        time_us = any_time(value.get(key))
        if time_us is not None:
            return time_us
    if value.get("type") == "observed-data":
        return any_time(value.get("first_observed"))
    created = _at(value, "Event", "System", "TimeCreated")
    if isinstance(created, dict):
        inner = created.get("#attributes", created)
        return any_time(inner.get("SystemTime", inner.get("@SystemTime"))) if isinstance(inner, dict) else None
    return None


def _at(value: object, *names: str) -> Any:
    """What stands under these names, also where they are written with dots; None when nothing does."""
    for place, name in enumerate(names):
        if not isinstance(value, dict):
            return None
        dotted = ".".join(names[place:])
        if dotted in value:
            return value[dotted]
        value = value.get(name)
    return value


def _suricata(time_us: int | None, value: _Object) -> Event:
    source, destination = text_of(value.get("src_ip")), text_of(value.get("dest_ip"))
    direction, host = flow(source, destination)
    said = text_of(_at(value, "verdict", "action")) or text_of(_at(value, "alert", "action"))
    action = "blocked" if value.get("event_type") == "drop" else action_of(said)
    places = {
        "event_type": ("event_type",), "signature": ("alert", "signature"), "proto": ("proto",), "hostname": ("http", "hostname"),
        "url": ("http", "url"), "query": ("dns", "rrname"), "server_name": ("tls", "sni"), "app_proto": ("app_proto",),
        "src_port": ("src_port",), "dest_port": ("dest_port",), "method": ("http", "http_method"),
        "user_agent": ("http", "http_user_agent"),
    }  # fmt: skip
    return Event(time_us, source, destination, host, direction, action, _picked(value, places))


def _cloudtrail(time_us: int | None, value: _Object) -> Event:
    error = text_of(value.get("errorCode"))
    action: Action = "allowed" if not error else "unknown"
    if any(word in error for word in ("Denied", "Unauthorized", "Forbidden", "Failed authentication")):
        action = "blocked"
    if "Failure" in text_of(_at(value, "responseElements", "ConsoleLogin")):
        action = "blocked"
    places = {
        "event_source": ("eventSource",), "event_name": ("eventName",), "region": ("awsRegion",), "error": ("errorCode",),
        "user": ("userIdentity", "arn"), "user_agent": ("userAgent",),
    }  # fmt: skip
    account = text_of(value.get("recipientAccountId"))
    return Event(time_us, text_of(value.get("sourceIPAddress")), "", account, "in", action, _picked(value, places))


# By Windows' own numbers: the filtering platform's verdicts and log-ons.
_WINDOWS_ACTIONS: dict[str, Action] = {
    "5152": "blocked", "5153": "blocked", "5155": "blocked", "5157": "blocked", "4625": "blocked",
    "5154": "allowed", "5156": "allowed", "5158": "allowed", "4624": "allowed",
}  # fmt: skip
_WINDOWS_DIRECTIONS: dict[str, Direction] = {
    "%%14592": "in", "%%14593": "out", "inbound": "in", "outbound": "out", "true": "out", "false": "in",
}  # fmt: skip
_WINDOWS_SHOWN = (
    "Image", "Application", "TargetUserName", "User", "QueryName", "DestinationHostname", "CommandLine", "Hashes",
    "TargetFilename", "SourcePort", "DestinationPort", "DestPort", "Protocol",
)  # fmt: skip


def _windows(time_us: int | None, value: _Object) -> Event:
    system = _at(value, "Event", "System") or {}
    said = _at(value, "Event", "EventData") or _at(value, "winlog", "event_data") or value
    said = said if isinstance(said, dict) else {}
    number = system.get("EventID") or _at(value, "winlog", "event_id") or value.get("EventID")
    number = number.get("#text") if isinstance(number, dict) else number
    computer = system.get("Computer") or _at(value, "winlog", "computer_name") or value.get("Hostname")
    source = text_of(said.get("SourceAddress") or said.get("SourceIp") or said.get("IpAddress"))
    destination = text_of(said.get("DestAddress") or said.get("DestinationIp"))
    direction, host = flow(source, destination)
    way = text_of(said.get("Direction") or said.get("Initiated")).lower()
    places = {name: (name,) for name in _WINDOWS_SHOWN}
    return Event(
        time_us,
        source,
        destination,
        text_of(computer) or host,
        _WINDOWS_DIRECTIONS.get(way, "in" if text_of(number) in ("4624", "4625") else direction),
        _WINDOWS_ACTIONS.get(text_of(number), "unknown"),
        {"event_id": text_of(number), **_picked(said, places)},
    )


def _observed(time_us: int | None, value: _Object) -> Event:
    return Event(time_us, fields=_picked(value, {"id": ("id",), "last_observed": ("last_observed",)}))


_WAYS: dict[str, Direction] = {
    "inbound": "in", "ingress": "in", "external": "in", "incoming": "in", "in": "in",
    "outbound": "out", "egress": "out", "outgoing": "out", "out": "out",
}  # fmt: skip


def _generic(time_us: int | None, value: _Object) -> Event:
    source = _first(
        value, ("source", "ip"), ("src_ip",), ("srcip",), ("src",), ("client", "ip"), ("client_ip",), ("remote_addr",)
    )
    destination = _first(
        value, ("destination", "ip"), ("dest_ip",), ("dst_ip",), ("dstip",), ("dst",), ("server", "ip")
    )
    direction, host = flow(source, destination)
    way = _first(value, ("network", "direction"), ("direction",)).lower()
    said = _first(value, ("event", "action"), ("action",), ("act",), ("verdict",), ("disposition",))
    named = _first(
        value, ("host", "name"), ("host", "hostname"), ("hostname",), ("_HOSTNAME",), ("computer",), ("agent", "name")
    )
    if not named and isinstance(value.get("host"), str):
        named = text_of(value["host"])
    places = {
        "url": ("url", "original"), "user": ("user", "name"), "message": ("message",), "transport": ("network", "transport"),
        "source.port": ("source", "port"), "destination.port": ("destination", "port"), "src_port": ("src_port",),
        "dest_port": ("dest_port",), "dst_port": ("dst_port",), "proto": ("proto",), "method": ("http", "request", "method"),
    }  # fmt: skip
    shown = _picked(value, places)
    return Event(time_us, source, destination, named or host, _WAYS.get(way, direction), action_of(said), shown)


def _first(value: _Object, *places: tuple[str, ...]) -> str:
    return next((text for place in places if (text := text_of(_at(value, *place)))), "")


def _picked(value: _Object, places: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    return {name: text for name, place in places.items() if (text := text_of(_at(value, *place)))}


_READERS = {"suricata": _suricata, "cloudtrail": _cloudtrail, "windows": _windows, "observed-data": _observed}
