"""Warning lists: values that are known to raise false alarms, in the format of the MISP project.

Format: one JSON object per list with `name`, `type`, `version`, `list` and, where it is for some kinds of attribute
only, `matching_attributes` (https://github.com/MISP/misp-warninglists, schema.json). Implemented: the types cidr,
hostname, string and substring, for the kinds of value that Détente hunts. Not used: type regex, because a stranger's
expression is not run over a stranger's text; such a list is kept and named in `unused`. Stricter: duplicate keys, an
unknown type, an address with host bits set or a name that is none refuse the whole list, so that nobody believes in
half a list.

    {"name": "List of RFC 1918 CIDR blocks", "type": "cidr", "version": 5, "description": "…",
     "matching_attributes": ["ip-src", "ip-dst", "domain|ip"],
     "list": ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]}

A hit on a listed value is *likely false*: it is flagged, never hidden.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from detente.errors import InvalidObject, InvalidPattern
from detente.hunt import values
from detente.stix.canonical import JsonValue, parse

LIST_BYTES_MAX = 64 << 20
TYPES = ("cidr", "hostname", "string", "substring", "regex")

_ADDRESS = ("ip-src", "ip-dst", "domain|ip", "ip-src|port", "ip-dst|port")
# Which MISP attributes hold a value of each kind, alone or as a part.
ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    "ipv4": _ADDRESS,
    "ipv6": _ADDRESS,
    "domain": ("domain", "hostname", "domain|ip", "hostname|port"),
    "url": ("url", "uri", "link"),
    **{kind: (kind, f"filename|{kind}") for kind in values.HASH_DIGITS},
}


@dataclass(frozen=True, slots=True)
class WarningList:
    name: str
    type: str
    version: int
    kinds: frozenset[str]  # of values that it speaks about
    entries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unused:
    name: str
    reason: str


class WarningLists:
    """All lists in one index; `matches` tells which of them hold a value."""

    def __init__(self, lists: Iterable[WarningList] = ()) -> None:
        self.lists = tuple(lists)
        self.unused = tuple(
            Unused(one.name, "regular expressions are not run") for one in self.lists if one.type == "regex"
        )
        # Keys map to positions in `lists`. Networks: by bits of the address, by prefix length, by the leading bits.
        self._networks: dict[int, dict[int, dict[int, list[int]]]] = {32: {}, 128: {}}
        self._names: dict[bytes, list[int]] = {}
        self._strings: dict[str, list[int]] = {}
        self._parts: list[tuple[str, int]] = []
        starts: dict[int, list[tuple[int, int, int]]] = {32: [], 128: []}  # (first address, prefix length, position)
        for position, one in enumerate(self.lists):
            for entry in one.entries:
                if one.type == "cidr":
                    bits, first, length = _range(entry)
                    self._networks[bits].setdefault(length, {}).setdefault(first >> (bits - length), []).append(
                        position
                    )
                    starts[bits].append((first, length, position))
                elif one.type == "hostname":
                    self._names.setdefault(_name(entry), []).append(position)
                elif one.type == "string":
                    self._strings.setdefault(entry.lower(), []).append(position)
                elif one.type == "substring":
                    self._parts.append((entry.lower(), position))
        self._starts = {bits: sorted(listed) for bits, listed in starts.items()}

    def matches(self, kind: str, value: str) -> tuple[str, ...]:
        """The names of the lists that hold the value, sorted.

        Addresses and networks by containment both ways: a listed network holds the value, or the value is a network
        that holds something listed. Host names, and those of URLs, by equality or below a listed name. Other entries
        by equality or as a part, without regard to case. A value that is none of its kind is on no list.
        """
        found: set[int] = set()
        if kind in ("ipv4", "ipv6"):
            try:
                first, length = values.ipv4_range(value) if kind == "ipv4" else values.ipv6_range(value)
            except InvalidPattern:
                return ()
            found.update(self._around(32 if kind == "ipv4" else 128, first, length))
        elif kind in ("domain", "url"):
            found.update(self._above(_host(kind, value)))
        text = value.lower()
        found.update(self._strings.get(text, ()))
        found.update(position for part, position in self._parts if part in text)
        return tuple(sorted({self.lists[position].name for position in found if kind in self.lists[position].kinds}))

    def _around(self, bits: int, first: int, length: int) -> Iterator[int]:
        for listed_length, networks in self._networks[bits].items():
            if listed_length <= length:
                yield from networks.get(first >> (bits - listed_length), ())
        if length < bits:
            starts = self._starts[bits]
            beyond = bisect_left(starts, (first + (1 << (bits - length)), 0, 0))
            for _, listed_length, position in starts[bisect_left(starts, (first, 0, 0)) : beyond]:
                if listed_length > length:
                    yield position

    def _above(self, name: bytes) -> Iterator[int]:
        if not self._names:
            return
        while name:
            yield from self._names.get(name, ())
            name = name.partition(b".")[2]


def parse_warning_list(data: bytes) -> WarningList:
    """Raises InvalidObject, and nothing else, for bytes that are not a whole and sound warning list."""
    value = parse(data, bytes_max=LIST_BYTES_MAX)
    if not isinstance(value, dict):
        raise InvalidObject("a warning list is a JSON object")
    name, type_, version = value.get("name"), value.get("type"), value.get("version")
    if not isinstance(name, str) or not name:
        raise InvalidObject("a warning list has a name")
    if not isinstance(type_, str) or type_ not in TYPES:
        raise InvalidObject(f"warning list {name!r}: the type is one of {', '.join(TYPES)}")
    if not isinstance(version, int) or isinstance(version, bool):
        raise InvalidObject(f"warning list {name!r}: the version is an integer")
    entries = _strings(name, "list", value.get("list"))
    attributes = _strings(name, "matching_attributes", value.get("matching_attributes", []))
    # The format's rule: a list that names no attributes is for all of them.
    kinds = frozenset(
        kind for kind, held in ATTRIBUTES.items() if not attributes or not set(held).isdisjoint(attributes)
    )
    for number, entry in enumerate(entries, 1):
        try:
            if type_ == "cidr":
                _range(entry)
            elif type_ == "hostname":
                _name(entry)
        except InvalidPattern as reason:
            raise InvalidObject(f"warning list {name!r}, entry {number} ({entry[:80]!r}): {reason}") from None
    return WarningList(name, type_, version, kinds, entries)


def _strings(name: str, key: str, value: JsonValue) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise InvalidObject(f"warning list {name!r}: {key!r} is a list")
    strings = tuple(entry for entry in value if isinstance(entry, str) and entry)
    if len(strings) != len(value):
        raise InvalidObject(f"warning list {name!r}: {key!r} holds strings that are not empty")
    return strings


def _range(entry: str) -> tuple[int, int, int]:
    """(bits of the address, first address, prefix length)"""
    bits = 128 if ":" in entry else 32
    first, length = values.ipv6_range(entry) if bits == 128 else values.ipv4_range(entry)
    address = entry.partition("/")[0]
    unmasked, _ = values.ipv6_range(address) if bits == 128 else values.ipv4_range(address)
    if unmasked != first:
        raise InvalidPattern("the address has bits behind the length of the network")
    return bits, first, length


_LISTED_NAME = re.compile(rb"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")


def _name(entry: str) -> bytes:
    """A listed name; ".example.org" and "example.org" both mean the name and all below it."""
    name = values.name(entry.removeprefix(".").encode("utf-8"))
    if len(name) > values.NAME_BYTES_MAX or _LISTED_NAME.fullmatch(name) is None:
        raise InvalidPattern("not a host name")
    return name


def _host(kind: str, value: str) -> bytes:
    if kind == "domain":
        name = values.name(value.encode("utf-8", "replace").rstrip(b"."))
        return name if len(name) <= values.NAME_BYTES_MAX else name[-values.NAME_BYTES_MAX :].partition(b".")[2]
    try:
        scheme, rest = values.url_parts(value)
    except InvalidPattern:
        return b""
    return values.authority(scheme.lower(), values.raw_authority(rest))[1]
