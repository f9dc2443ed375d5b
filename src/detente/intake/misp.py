"""MISP events (MISP core format, as exported with JSON): an event, a list of events, or `{"response": [...]}`.

Nothing is lost on the way:

- an attribute with `to_ids` whose kind hunting knows becomes an indicator; without `to_ids` its author does not want it
  to be searched for (a public web page, a legitimate server that was abused), so it does not;
- every other attribute becomes a note with its value; a MISP object becomes a note that names its attributes' objects;
- the event becomes a report that refers to all of them, and its organisation an identity;
- each of these carries what it was made from, as `x_misp_attribute`, `x_misp_object` or `x_misp_event`. Only null
  and empty lists are left out, which STIX does not allow and MISP uses for "not there".

Tags `tlp:*` become the marking; the strictest of event, object and attribute holds, and a TLP tag we do not know is
TLP:RED. A port (`ip-dst|port`) and a file name (`filename|sha1`) are kept but not looked for. `domain|ip` looks for
either.

    {"Event": {"uuid": "…", "info": "…", "date": "2026-01-31", "Attribute": [{"uuid": "…", "type": "ip-dst",
     "to_ids": true, "category": "Network activity", "value": "198.51.100.7"}]}}
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import cast

from detente.errors import InvalidObject
from detente.intake.indicator import NO_START, Origin, indicator, strictest
from detente.intake.result import Gathered, Intake
from detente.intake.values import read_value
from detente.stix.canonical import JsonValue
from detente.stix.marking import Tlp, parse_tlp
from detente.stix.objects import JsonObject, format_timestamp, parse_object, parse_timestamp
from detente.stix.pattern import Kind, PatternValue

# A report that names everything in an event of any size would itself be of any size.
REFS_MAX = 5000


def is_misp(document: JsonValue) -> bool:
    return any(_is_event(event) for event in _events(document)[:1])


def read_misp(document: JsonValue, origin: Origin) -> Intake:
    gathered = Gathered()
    for number, event in enumerate(_events(document), start=1):
        if not isinstance(event, dict) or not _is_event(event):
            gathered.unread(number, "", "it is no MISP event: no uuid with Attribute or Object")
            continue
        gathered.counts["events"] += 1
        _read_event(event, number, origin, gathered)
    return gathered.result("misp")


@dataclass(frozen=True, slots=True)
class _Event:
    """What the parts of one event need of the whole; `report` is the identifier of its (first) report."""

    uuid: str
    report: str
    marking: Tlp | None
    origin: Origin
    gathered: Gathered
    refs: list[str]


def _read_event(value: JsonObject, number: int, origin: Origin, gathered: Gathered) -> None:
    uuid = cast(str, value["uuid"])
    event = _Event(uuid, origin.identifier("report", ["misp", uuid, 1]), _marking(value), origin, gathered, [])
    identity = _identity(value.get("Orgc"), event, number)
    position = 0
    for attribute in _list(value.get("Attribute")):
        position += 1
        _read_attribute(attribute, position, event, event.marking)
    for part in _list(value.get("Object")):
        position = _read_object(part, position, event)
    own = {name: inner for name, inner in value.items() if name not in ("Attribute", "Object")}
    _report(own, number, event, identity)


def _read_attribute(value: JsonValue, position: int, event: _Event, marking: Tlp | None) -> str | None:
    """The identifier of what it became, or None if it is listed as unread."""
    if not isinstance(value, dict):
        event.gathered.unread(position, "", f"attribute {position} of event {event.uuid} is no object")
        return None
    event.gathered.counts["attributes"] += 1
    uuid, type_, text = (value.get(name) for name in ("uuid", "type", "value"))
    if not isinstance(uuid, str) or not isinstance(type_, str) or not isinstance(text, str) or not text:
        shown = next((part for part in (uuid, text) if isinstance(part, str)), "")
        event.gathered.unread(position, shown, "the attribute lacks a uuid, a type or a value, each of them text")
        return None
    level = strictest(marking, _marking(value))
    place = f"{event.origin.name}, event {event.uuid}, attribute {position}"
    reference: JsonObject = {"source_name": "misp-attribute", "external_id": uuid}
    comment = value.get("comment") if isinstance(value.get("comment"), str) else ""
    extra: JsonObject = {"x_misp_attribute": _kept(value)}
    values = _searched_values(value, type_, text, event.gathered)
    if values:
        made = indicator(
            event.origin,
            values,
            seed=["misp", event.uuid, uuid],
            place=place,
            name=text[:200],
            description=cast(str, comment),
            labels=_labels(value),
            marking=level,
            valid_from=_first_seen(value),
            references=[reference],
            extra=extra,
        )
    else:
        note = event.origin.common("note", ["misp", event.uuid, uuid], place=place, marking=level)
        cast("list[JsonValue]", note["external_references"]).append(reference)
        note |= {
            "abstract": f"MISP attribute: {type_} ({value.get('category', 'no category')})",
            "content": f"{text}\n\n{comment}" if comment else text,
            "object_refs": [event.report],
            **extra,
        }
        if labels := _labels(value):
            note["labels"] = cast("list[JsonValue]", labels)
        made = parse_object(note)
    if not event.gathered.add(made, position, made_here=True):
        return made.id
    event.gathered.counts["indicators" if values else "notes"] += 1
    event.refs.append(made.id)
    return made.id


def _searched_values(value: JsonObject, type_: str, text: str, gathered: Gathered) -> list[PatternValue]:
    """What an indicator would look for; empty if it is not to be searched for, or not in a way we can."""
    if value.get("to_ids") not in (True, "1", 1):
        return []
    if value.get("deleted") in (True, "1", 1):
        gathered.counts["to_ids but deleted"] += 1
        return []
    kinds = _PARTS.get(type_)
    if kinds is None:
        gathered.counts["to_ids but kept as note"] += 1
        return []
    # A file name may hold a bar, a hash or port may not.
    parts = text.rsplit("|", len(kinds) - 1) if len(kinds) > 1 else [text]
    try:
        if len(parts) != len(kinds):
            raise InvalidObject("it has not as many parts as its type")
        return [
            found
            for kind, part in zip(kinds, parts, strict=True)
            if kind != "-"
            for found in read_value(part, None if kind == "ip" else cast(Kind, kind))
        ]
    except InvalidObject:
        gathered.counts["to_ids but kept as note"] += 1
        return []


def _read_object(value: JsonValue, position: int, event: _Event) -> int:
    if not isinstance(value, dict) or not isinstance(value.get("uuid"), str):
        event.gathered.unread(position + 1, "", f"an object of event {event.uuid} has no uuid")
        return position
    marking = strictest(event.marking, _marking(value))
    refs: list[JsonValue] = []
    for attribute in _list(value.get("Attribute")):
        position += 1
        if (made := _read_attribute(attribute, position, event, marking)) is not None:
            refs.append(made)
    name = str(value.get("name", "without a name"))
    uuid = cast(str, value["uuid"])
    place = f"{event.origin.name}, event {event.uuid}, object {uuid}"
    note = event.origin.common("note", ["misp", event.uuid, "object", uuid], place=place, marking=marking)
    comment = value.get("comment")
    note |= {
        "abstract": f"MISP object: {name}",
        "content": comment if isinstance(comment, str) and comment else name,
        "object_refs": refs or [event.report],
        "x_misp_object": _kept({key: inner for key, inner in value.items() if key != "Attribute"}),
    }
    made_note = parse_object(note)
    if event.gathered.add(made_note, position, made_here=True):
        event.gathered.counts["notes"] += 1
        event.gathered.counts["misp objects"] += 1
        event.refs.append(made_note.id)
    return position


def _identity(value: JsonValue, event: _Event, number: int) -> str | None:
    if not isinstance(value, dict) or not isinstance(value.get("name"), str) or not value["name"]:
        return None
    place = f"{event.origin.name}, event {event.uuid}, organisation that made it"
    identity = event.origin.common("identity", ["misp-organisation", _kept(value)], place=place)
    identity |= {"name": value["name"], "identity_class": "organization"}
    made = parse_object(identity)
    if event.gathered.add(made, number, made_here=True):
        event.gathered.counts["identities"] += 1
    return made.id


def _report(own: JsonObject, number: int, event: _Event, identity: str | None) -> None:
    refs = [*event.refs, *([identity] if identity is not None else [])]
    if not refs:
        event.gathered.unread(number, event.uuid, "the event has no attribute, no object and no organisation")
        return
    chunks = [refs[start : start + REFS_MAX] for start in range(0, len(refs), REFS_MAX)]
    info = own.get("info")
    title = info if isinstance(info, str) and info else f"MISP event {event.uuid}"
    for part, chunk in enumerate(chunks, start=1):
        place = f"{event.origin.name}, event {event.uuid}"
        report = event.origin.common("report", ["misp", event.uuid, part], place=place, marking=event.marking)
        cast("list[JsonValue]", report["external_references"]).append(
            {"source_name": "misp-event", "external_id": event.uuid}
        )
        report |= {
            "name": title if len(chunks) == 1 else f"{title} (part {part} of {len(chunks)})",
            "published": _published(own, cast(str, report["created"])),
            "object_refs": cast("list[JsonValue]", chunk),
        }
        if labels := _labels(own):
            report["labels"] = cast("list[JsonValue]", labels)
        if part == 1:
            report["x_misp_event"] = _kept(own)
        if event.gathered.add(parse_object(report), number, made_here=True):
            event.gathered.counts["reports"] += 1


def _events(document: JsonValue) -> list[JsonValue]:
    if isinstance(document, dict) and "response" in document:
        document = document["response"]
    values = document if isinstance(document, list) else [document]
    return [value["Event"] if isinstance(value, dict) and "Event" in value else value for value in values]


def _is_event(value: JsonValue) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("uuid"), str)
        and any(isinstance(value.get(name), list) for name in ("Attribute", "Object"))
    )


def _labels(value: JsonObject) -> list[str]:
    """The names of the tags. Those of TLP are markings; they stay in the original beside it."""
    names = [tag.get("name") for tag in _list(value.get("Tag")) if isinstance(tag, dict)]
    return list(dict.fromkeys(name for name in names if isinstance(name, str) and name and not _is_tlp(name)))


def _marking(value: JsonObject) -> Tlp | None:
    levels = []
    for tag in _list(value.get("Tag")):
        name = tag.get("name") if isinstance(tag, dict) else None
        if isinstance(name, str) and _is_tlp(name):
            try:
                levels.append(parse_tlp(name))
            except InvalidObject:
                levels.append(Tlp.RED)
    return strictest(*levels)


def _is_tlp(name: str) -> bool:
    return name.strip().lower().startswith("tlp:")


def _first_seen(value: JsonObject) -> str:
    text = value.get("first_seen")
    match = _MISP_TIME.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return NO_START
    stamp = f"{match[1]}T{match[2]}{match[3] or ''}Z"
    try:
        parse_timestamp(stamp)
    except InvalidObject:
        return NO_START
    return stamp


def _published(own: JsonObject, received: str) -> str:
    """When the event was published, else its date, else when we got it."""
    seconds = own.get("publish_timestamp")
    if isinstance(seconds, str) and _SECONDS.fullmatch(seconds) is not None:
        return format_timestamp(int(seconds) * 1_000_000)
    date = own.get("date")
    try:
        if isinstance(date, str):
            return format_timestamp(parse_timestamp(f"{date}T00:00:00Z"))
    except InvalidObject:
        pass
    return received


def _kept(value: JsonValue) -> JsonValue:
    """What there is, without null and empty lists at any depth."""
    if isinstance(value, dict):
        return {name: _kept(inner) for name, inner in value.items() if inner is not None and inner != []}
    if isinstance(value, list):
        return [_kept(inner) for inner in value if inner is not None and inner != []]
    return value


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


# What to look for in each part of a composite type; "-" is kept and not looked for.
_PARTS: dict[str, tuple[str, ...]] = {
    "ip-src": ("ip",),
    "ip-dst": ("ip",),
    "ip-src|port": ("ip", "-"),
    "ip-dst|port": ("ip", "-"),
    "domain": ("domain",),
    "hostname": ("domain",),
    "hostname|port": ("domain", "-"),
    "domain|ip": ("domain", "ip"),
    "url": ("url",),
    "md5": ("md5",),
    "sha1": ("sha1",),
    "sha256": ("sha256",),
    "sha512": ("sha512",),
    "filename|md5": ("-", "md5"),
    "filename|sha1": ("-", "sha1"),
    "filename|sha256": ("-", "sha256"),
    "filename|sha512": ("-", "sha512"),
    "malware-sample": ("-", "md5"),
}
_SECONDS = re.compile(r"[1-9][0-9]{0,10}")
_MISP_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,9})?(?:Z|\+00:00)")
