"""The index of all indicators as one block of bytes that is written once and mapped ever after.

    "detente hunt index 5\\n" | length of the head as u64 | head, JSON | sections, each at a multiple of 64 bytes

The head names each section with its place, type and length. Sections hold three things: the tables of the compiled pass
(`detente.hunt.tables.Tables`); the keys of all values (`detente.hunt.keys`), found by fingerprint and told apart by their
bytes; and what is known of each indicator: some 90 bytes for each. The block is a cache of our own making. It is not
exchanged, and one of another number or with another label is made anew.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detente.errors import InvalidStatement
from detente.hunt import values
from detente.hunt.indicators import IndicatorSource, Matcher, NotSearched
from detente.hunt.keys import (
    ADDRESS4,
    HASH,
    NAME,
    NETWORK4,
    NETWORK6,
    URL,
    URL_ANY_SCHEME,
    URL_HOST,
    network4_key,
    network6_key,
    network_of,
)
from detente.hunt.machine_code import call
from detente.hunt.tables import HASHES, IPV4, IPV6, NAMES, SHORT_NAMES, URLS, Bits, Tables, held_int, mixed_int
from detente.hunt.warninglists import WarningLists
from detente.stix.pattern import Kind, PatternValue

MAGIC = b"detente hunt index 5\n"
ALIGNMENT = 64

_BITS_MIN = 1 << 13
_BITS_PER_KEY = 8
NO_TIME = -(1 << 63)
NO_CONFIDENCE = 255
KEYS_REMEMBERED_MAX = 1 << 14
_INDICATOR = "indicator--"
_TABLES = ("kernel_ip4", "kernel_ip4_networks", "kernel_names", "kernel_hashes", "kernel_ip6", "kernel_url_hosts")
_BITMAPS = ("ip4", "ip4_near", "name")
_HASH_KINDS: dict[int, Kind] = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}


class Block:
    """A block as it is used: nothing is read of it before it is looked up."""

    def __init__(self, data: bytes | memoryview) -> None:
        """Raises InvalidStatement for anything but a whole block of this version.

        What the sections say is not read: a block is a cache of ours, and to check all of it would take longer than to map it.
        """
        view = memoryview(data)
        try:
            self.head, self._sections = _opened(view)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
            raise InvalidStatement(
                f"this is no index of indicators, or one of another version ({error}); delete it, and it is made anew"
            ) from None
        self._views: dict[str, memoryview] = {}
        self._found: dict[bytes, list[int] | None] = {}  # the owners of keys that were looked up
        self._chosen: bytearray | None = None  # a byte for each indicator, where not all are looked for
        self._by_owner: tuple[memoryview, memoryview] | None = (
            None  # behind the last key of each owner, and the places of all keys
        )

    @property
    def label(self) -> str:
        return str(self.head["label"])

    @property
    def sources(self) -> Sources:
        return Sources(self)

    @property
    def not_searched(self) -> list[NotSearched]:
        rows = self.head["not_searched"]
        return [NotSearched(*row) for *row, index in rows if index < 0 or self._chosen is None or self._chosen[index]]

    @property
    def confidences(self) -> list[int | None]:
        return [None if stated == NO_CONFIDENCE else stated for stated in self._sections["confidences"].tolist()]

    @property
    def shared_by(self) -> list[str]:
        words = self.head["words"]
        return [words[number] for number in self._sections["shared_by"].tolist()]

    def only(self, places: Sequence[int]) -> Sources:
        """The indicators at these places, of a block in which no others are found: they have their places there all the same."""
        block = copy(self)
        block._found = {}
        block._chosen = bytearray(len(self.sources))
        for place in places:
            block._chosen[place] = True
        return Sources(block, places)

    @property
    def tables(self) -> Tables:
        """What the compiled pass needs."""
        arrays: dict[str, Any] = {
            name.removeprefix("kernel_"): a for name, a in self._sections.items() if name.startswith("kernel_")
        }
        scalars = dict(self.head["kernel"])
        scalars["name_every_dot"] = bool(scalars["name_every_dot"])
        return Tables(**arrays, **scalars)

    def matcher(self, warning_lists: WarningLists | None = None) -> Matcher:
        return Matcher(
            sources=Sources(self),
            warning_lists=warning_lists or WarningLists(),
            values=self.head["values"],
            addresses4=Keys(self, ADDRESS4),
            networks4={length: Networks(self, 4, length) for length in self.head["lengths4"]},
            near_networks4=self.near_network4,
            networks6={length: Networks(self, 6, length) for length in self.head["lengths6"]},
            names=Keys(self, NAME),
            hashes=Keys(self, HASH),
            urls=Keys(self, URL),
            urls_any_scheme=Keys(self, URL_ANY_SCHEME),
            url_hosts=Keys(self, URL_HOST),
            url_bytes_max=self.head["url_bytes_max"],
            compiled=self.tables,
        )

    def owners(self, key: bytes) -> list[int] | None:
        """The indicators that a key belongs to, in the order in which they were added; None when there is none."""
        if key not in self._found:
            if len(self._found) >= KEYS_REMEMBERED_MAX:
                self._found.clear()
            self._found[key] = self._find_owners(key)
        return self._found[key]

    def _find_owners(self, key: bytes) -> list[int] | None:
        prints = self._numbers("key_prints")
        wanted = int.from_bytes(fingerprint(key), "little")
        place = bisect_left(prints, wanted)
        if place == len(prints) or prints[place] != wanted:
            return None
        owners = self._numbers("key_owners")
        found: list[int] = []
        while place < len(prints) and prints[place] == wanted:
            owner = owners[place]
            # Two keys may share a fingerprint; an indicator may say one value twice.
            if self._key(place) == key and owner not in found[-1:] and (self._chosen is None or self._chosen[owner]):
                found.append(owner)
            place += 1
        return found or None

    def near_network4(self, address: int) -> bool:
        """False for most addresses that lie in no network."""
        return held_int(self._numbers("kernel_ip4_near_bits"), self.head["kernel"]["ip4_near_shift"], address >> 12)

    def may_hold_network4(self, key: int) -> bool:
        """By the table of the compiled pass: quicker than `owners`, and a word is asked for every length of network."""
        table = self._numbers("kernel_ip4_networks")
        last = len(table) - 1
        place = mixed_int(key) & last
        while (found := table[place]) != 0:
            if found == key:
                return True
            place = (place + 1) & last
        return False

    def _key(self, place: int) -> bytes:
        start = self._numbers("key_starts")[place]
        return bytes(self._numbers("key_text")[start : start + self._numbers("key_sizes")[place]])

    def _numbers(self, section: str) -> memoryview:
        """A section of which single elements are read: a view gives them many times faster than an array does."""
        view = self._views.get(section)
        if view is None:
            view = self._views[section] = self._sections[section].data
        return view

    def source(self, index: int) -> IndicatorSource:
        numbers, head = self._numbers, self.head
        other = head["other_ids"].get(str(index)) if head["other_ids"] else None
        start, ending = numbers("valid_from")[index], numbers("ending")
        place = bisect_left(ending, index)
        ends = place < len(ending) and ending[place] == index
        confidence = numbers("confidences")[index]
        return IndicatorSource(
            other if other is not None else _id_of(bytes(numbers("uuids")[16 * index : 16 * index + 16])),
            self._values(index),
            None if start == NO_TIME else start,
            numbers("valid_until")[place] if ends else None,
            bool(numbers("revoked")[index]),
            head["words"][numbers("markings")[index]],
            head["words"][numbers("shared_by")[index]],
            None if confidence == NO_CONFIDENCE else confidence,
            head["patterns"].get(str(index), "") if head["patterns"] else "",
        )

    def _values(self, index: int) -> tuple[PatternValue, ...]:
        """In normal form, in the order of their keys: what the indicator wrote need not be kept for a hunt."""
        if self._by_owner is None:
            # Keys were written down in the order of their owners. No two start at one place, and to sort whole numbers is quickest.
            starts = self._sections["key_starts"].astype(np.uint64)
            places = np.sort(starts << np.uint64(32) | np.arange(len(starts), dtype=np.uint64)).astype(np.uint32)
            counts = np.bincount(self._sections["key_owners"], minlength=self.head["indicators"])
            ends = np.cumsum(counts).astype(np.uint32)
            self._by_owner = ends.data, places.data
        behind, order = self._by_owner
        keys = map(self._key, order[behind[index - 1] if index else 0 : behind[index]])
        return tuple(value for key in keys if (value := _value_of(key)) is not None)


@dataclass(frozen=True, slots=True)
class Keys:
    """One table of a matcher."""

    block: Block
    table: bytes

    def get(self, key: bytes) -> list[int] | None:
        return self.block.owners(self.table + key)


@dataclass(frozen=True, slots=True)
class Networks:
    """The networks of one prefix length, by their leading bits."""

    block: Block
    version: int
    length: int

    def get(self, prefix: int) -> list[int] | None:
        if self.version == 4 and not self.block.may_hold_network4(prefix << 8 | self.length):
            return None
        return self.block.owners((network4_key if self.version == 4 else network6_key)(self.length, prefix))


class Sources(Sequence[IndicatorSource]):
    """The indicators of a block, all or those at some places; each is made when it is asked for."""

    def __init__(self, block: Block, places: Sequence[int] | None = None) -> None:
        self.block = block
        self._places = range(block.head["indicators"]) if places is None else places
        self._made: dict[int, IndicatorSource] = {}

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if index not in self._made:
            if not -len(self) <= index < len(self):
                raise IndexError(index)
            index %= len(self)
            self._made[index] = self.block.source(self._places[index])
        return self._made[index]

    def __iter__(self) -> Iterator[IndicatorSource]:
        return map(self.block.source, self._places)


# Making the block


def tables_of(keys: Sequence[bytes], lengths: Mapping[bytes, Sequence[int]]) -> Tables:
    """Of all keys (`detente.hunt.keys`), and the lengths of networks among them."""
    by_table: dict[bytes, list[bytes]] = {}
    for key in keys:
        by_table.setdefault(key[:1], []).append(key if key[:1] in (NETWORK4, NETWORK6) else key[1:])
    addresses = np.fromiter(map(_number, by_table.get(ADDRESS4, ())), np.uint64)
    networks = [network_of(key) for key in by_table.get(NETWORK4, ())]
    near_bits, near_shift = _bitmap(_near(networks))
    networks6 = _fingerprints6([network_of(key) for key in by_table.get(NETWORK6, ())])
    names = by_table.get(NAME, [])
    text, ends = _joined(names)
    ip4_bits, ip4_shift = _bitmap(addresses)
    hashes = [int(key[:16], 16) | 1 for key in by_table.get(HASH, ())]
    # Without what may end the sentence around a URL: `detente.hunt.kernel.url_may_hit` takes it off wherever a host ends.
    hosts = [host.rstrip(b".,;!)]") for host in by_table.get(URL_HOST, [])]
    name_bits, name_shift = _name_bits([*names, *hosts])
    wanted = (
        (IPV4 if len(addresses) or networks else 0)
        | (NAMES if names else 0)
        | (HASHES if hashes else 0)
        | (IPV6 if len(networks6) or len(addresses) or networks else 0)
        | (URLS if hosts else 0)
        | (SHORT_NAMES if min(map(len, (*names, *hosts)), default=8) < 8 else 0)
    )
    return Tables(
        wanted=wanted,
        ip4_bits=ip4_bits,
        ip4_shift=ip4_shift,
        ip4=_entered(addresses + np.uint64(1)),
        ip4_near_bits=near_bits,
        ip4_near_shift=near_shift,
        ip4_networks=_entered(np.array([prefix << 8 | length for length, prefix in networks], np.uint64)),
        ip4_lengths=np.array(lengths[NETWORK4], np.int64),
        names=_fingerprints(text, ends),
        name_bits=name_bits,
        name_shift=name_shift,
        # The pass stops at a letter behind a dot; a name in which there is none needs it to stop at every dot.
        name_every_dot=any(all(label[:1].isdigit() for label in name.split(b".")[1:]) for name in names),
        hashes=_entered(np.array(hashes, np.uint64)),
        ip6=_entered(networks6),
        ip6_lengths=np.array(lengths[NETWORK6], np.int64),
        url_hosts=_fingerprints(*_joined(hosts)),
    )


def _near(networks: Iterable[tuple[int, int]]) -> Bits:
    """The first 20 bits of all addresses that the networks hold, given by their lengths and leading bits."""
    found: set[int] = set()
    for length, prefix in networks:
        if length >= 20:
            found.add(prefix >> (length - 20))
        else:
            found.update(range(prefix << (20 - length), (prefix + 1) << (20 - length)))
    return np.fromiter(found, np.uint64, len(found))


def _joined(keys: Sequence[bytes]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """All of them behind each other, and where each ends."""
    ends = np.cumsum(np.fromiter(map(len, keys), np.int64, len(keys)))
    return np.frombuffer(b"".join(keys), np.uint8), ends


def _fingerprints(text: NDArray[np.uint8], ends: NDArray[np.int64]) -> Bits:
    prints = np.zeros(len(ends), np.uint64)
    call("fingerprints_of_names", text, ends, prints)
    return _entered(prints)


def _name_bits(names: Sequence[bytes]) -> tuple[Bits, int]:
    """The bitmap over the endings of names. One of fewer than four bytes opens it for everything."""
    names = [name for name in names if name]  # a URL without a host is looked up without the bitmap
    text, ends = _joined([bytes(16), *names])
    sizes = np.diff(ends)
    endings = np.zeros(len(sizes), np.uint64)
    if len(sizes) and sizes.min() < 4:
        bitmap, shift = _bitmap(endings[:0])
        return ~bitmap, shift
    call("endings_of", text, ends[1:], sizes, endings)
    return _bitmap(endings)


def _bitmap(keys: Bits) -> tuple[Bits, int]:
    """Two bits for each key, and the shift that makes the number of their word of its fingerprint."""
    words = max(_BITS_MIN, 1 << (_BITS_PER_KEY * len(keys)).bit_length()) >> 6
    shift = 64 - (words.bit_length() - 1)
    bitmap = np.zeros(words, np.uint64)
    call("set_mixed_bits", bitmap, shift, keys)
    return bitmap, shift


def _entered(keys: Bits) -> Bits:
    """An open-addressed table of which the keys fill three quarters at most."""
    table = np.zeros(1 << max(4, (4 * len(keys) // 3).bit_length()), np.uint64)
    call("enter", table, keys)
    return table


def _fingerprints6(networks: Sequence[tuple[int, int]]) -> Bits:
    """Of networks given by their lengths and leading bits."""
    numbers = [prefix << (128 - length) for length, prefix in networks]
    highs = np.fromiter((number >> 64 for number in numbers), np.uint64, len(numbers))
    lows = np.fromiter((number & 0xFFFFFFFFFFFFFFFF for number in numbers), np.uint64, len(numbers))
    lengths = np.fromiter((length for length, _ in networks), np.int64, len(numbers))
    prints = np.zeros(len(numbers), np.uint64)
    call("fingerprints_of_networks6", highs, lows, lengths, prints)
    return prints


def packed(head: dict[str, Any], sections: Mapping[str, NDArray[Any]]) -> bytes:
    """The bytes of a block; what the head says of places and sizes is written here."""
    places: dict[str, tuple[int, str, int]] = {}
    # The head says where the sections are, and they are behind it: its length is known once the places have their final digits.
    head = {**head, "sections": places, "size": 0}
    reserved = len(json.dumps(head)) + 80 * len(sections)
    at = _aligned(len(MAGIC) + 8 + reserved)
    for name, section in sections.items():
        places[name] = (at, section.dtype.str, section.size)
        at = _aligned(at + section.nbytes)
    head["size"] = at
    text = json.dumps(head).encode().ljust(reserved)
    parts: list[Any] = [MAGIC, len(text).to_bytes(8, "little"), text]
    end = len(MAGIC) + 8 + len(text)
    for name, section in sections.items():
        start = places[name][0]
        parts += bytes(start - end), np.ascontiguousarray(section).view(np.uint8)
        end = start + section.nbytes
    parts.append(bytes(at - end))
    return b"".join(parts)  # each section is copied once


def _opened(view: memoryview) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The head and the sections; raises ValueError and its like for what is no block."""
    if bytes(view[: len(MAGIC)]) != MAGIC:
        raise ValueError("its first line is another")
    size = int.from_bytes(view[len(MAGIC) : len(MAGIC) + 8], "little")
    head: dict[str, Any] = json.loads(bytes(view[len(MAGIC) + 8 : len(MAGIC) + 8 + size]))
    sections: dict[str, NDArray[Any]] = {
        name: np.frombuffer(view, np.dtype(kind), count, offset)
        for name, (offset, kind, count) in head["sections"].items()
    }
    if head["size"] != len(view):
        raise ValueError(f"{len(view)} bytes where it says {head['size']}")
    for name in _TABLES:
        table = sections[name]
        # The pass follows a table until it meets an empty place, so there has to be one.
        if len(table) & (len(table) - 1) or table.all():
            raise ValueError(f"{name} is no table")
    for name in _BITMAPS:
        if len(sections[f"kernel_{name}_bits"]) != 1 << (64 - head["kernel"][f"{name}_shift"]):
            raise ValueError(f"{name} is no bitmap")
    return head, sections


def _aligned(at: int) -> int:
    return -(-at // ALIGNMENT) * ALIGNMENT


def fingerprint(key: bytes) -> bytes:
    """Four bytes by which keys are found; two keys may share them."""
    return blake2b(key, digest_size=4).digest()


def _id_of(raw: bytes) -> str:
    h = raw.hex()
    return f"{_INDICATOR}{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


def _number(text: bytes) -> int:
    a, b, c, d = text.split(b".")
    return int(a) << 24 | int(b) << 16 | int(c) << 8 | int(d)


def _value_of(key: bytes) -> PatternValue | None:
    """What a key stands for; None for the host of a URL, which stands for no value of its own."""
    table, text = key[:1], key[1:]
    if table == ADDRESS4:
        return PatternValue("ipv4", text.decode())
    if table == NETWORK4:
        length, prefix = network_of(key)
        return PatternValue("ipv4", f"{values.dotted(prefix << (32 - length)).decode()}/{length}")
    if table == NETWORK6:
        length, prefix = network_of(key)
        shown = values.ipv6_text(prefix << (128 - length))
        return PatternValue("ipv6", shown if length == 128 else f"{shown}/{length}")
    if table == NAME:
        return PatternValue("domain", text.decode())
    if table == HASH:
        return PatternValue(_HASH_KINDS[len(text)], text.decode())
    if table in (URL, URL_ANY_SCHEME):
        return PatternValue("url", text.decode("utf-8", "replace"))
    return None
