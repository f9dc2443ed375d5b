"""What a log holds, small enough to keep: so that tomorrow's indicators are asked of last month's logs within seconds.

A summary has every key that any indicator could be found by (docs/hunting.md, "What a match is"): IPv4 addresses as numbers, so that a
network is a range; the upper half of each IPv6 address, so that a wide network is one; and a 64-bit fingerprint of each IPv6 address,
of each name and its parents, of each hash, of each URL's host. It answers "not in this log", always truly, or "perhaps", after which
that log is hunted: nothing is missed, and a log may be read in vain.

A *pack* is the file that keeps the summaries of many logs, written once:

    "detente summaries 1\\n" | length of the head as u64 | head, JSON | sections, each at a multiple of 64 bytes

    head      {"logs": [whatever the keeper says of each log], "sections": {name: [place, type, length]}}
    a4, a4_starts        sorted addresses of all logs, and where those of each begin
    a6, a6_starts        likewise the upper halves of IPv6 addresses
    rests, starts        fingerprints: 32 bits of each, sorted within their buckets
    bits                 how many top bits of a log's fingerprints are the number of their bucket: four to eight share one
    buckets, bucket_starts    where each bucket of a log begins

So a fingerprint costs 36 to 40 bits, and one that is not in a log is taken for one that is with a probability of at most 8 in 2^32,
whatever the size of the log.

Needs the extra `hunt` (NumPy, llvmlite, and Numba to compile).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detente.errors import InvalidPattern, InvalidStatement
from detente.hunt.chunks import PADDING, RUN_BYTES_MAX, pieces
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
    keys_of,
    network_of,
)
from detente.hunt.machine_code import call
from detente.hunt.tables import PRINT_OF_HASH, PRINT_OF_NAME, PRINT_OF_URL_HOST, RECENT, RECENT_WORDS
from detente.hunt.values import ipv4_number

MAGIC = b"detente summaries 1\n"
ALIGNMENT = 64
KEYS_HELD_MAX = 1 << 22
WORDS_HELD_MAX = 1 << 16
PRINTS_PER_BUCKET = 8
_TOP_BITS = 18  # of the bitmaps that tell most keys of small logs from all that are asked for

U64 = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Summary:
    """Of one log; each sorted and without repetition."""

    addresses: NDArray[np.uint32]
    halves6: U64  # the upper halves of IPv6 addresses
    prints: U64
    bytes: int
    lines: int
    left_out_bytes: int  # of runs too long to be searched, as in a hunt

    @property
    def size(self) -> int:
        """Bytes in a pack, but for what is said of the log there."""
        buckets = (1 << bucket_bits(len(self.prints))) + 1
        return 4 * (len(self.addresses) + len(self.prints) + buckets) + 8 * len(self.halves6) + 5 * 8


def summarise(chunks: Iterable[bytes], *, run_bytes_max: int = RUN_BYTES_MAX) -> Summary:
    """Of one log, whose plain bytes come in chunks of any size. A LocalError from the chunks goes through: half a log is no summary."""
    collector = _Collector()
    size = lines = left_out = 0
    ended = True
    for piece in pieces(chunks, run_bytes_max=run_bytes_max):
        size += len(piece) + piece.left_out_bytes
        left_out += piece.left_out_bytes
        lines += piece.padded.count(b"\n")
        ended = piece.padded[-PADDING - 1] == 0x0A
        collector.add(piece.padded)
    return collector.summary(size, lines + (not ended), left_out)


class _Collector:
    def __init__(self) -> None:
        self._a4 = np.empty(0, np.uint64)
        self._recent = np.zeros(2 * RECENT, np.uint64)
        self._words = np.zeros((RECENT_WORDS + 1, 2), np.int64)
        self._kept: dict[str, _Kept] = {"a4": _Kept(), "a6": _Kept(), "prints": _Kept()}
        self._odd = _OddWords()

    def add(self, padded: bytes) -> None:
        size = len(padded) - 2 * PADDING
        if len(self._a4) <= size:
            self._a4 = np.empty(size + 1, np.uint64)
            self._a6 = np.empty((size + 1, 2), np.uint64)
            self._prints = np.empty(size + 1, np.uint64)
            self._places = np.empty((2 * size + 1, 2), np.int64)
        self._words[:] = 0
        found4, found6, found, odd = call(
            "tokens",
            np.frombuffer(padded, np.uint8),
            size,
            self._recent,
            self._words,
            self._a4,
            self._a6,
            self._prints,
            self._places,
        )
        self._kept["a4"].add(self._a4[:found4])
        self._kept["prints"].add(self._prints[:found])
        self._add6(self._a6[:found6])
        for start, end in self._places[:odd].tolist():
            self._odd.add(padded[start:end])
        if len(self._odd.keys) >= WORDS_HELD_MAX:
            self._take_odd()

    def _add6(self, addresses: U64) -> None:
        if len(addresses):
            prints = np.empty(len(addresses), np.uint64)
            call("prints_of_addresses6", addresses, prints)
            self._kept["prints"].add(prints)
            self._kept["a6"].add(addresses[:, 0])

    def _take_odd(self) -> None:
        queries = queries_of(self._odd.keys)
        self._kept["a4"].add(queries.firsts4)
        self._kept["prints"].add(queries.prints)
        halves = [network_of(key)[1] >> 64 for key in self._odd.keys if key[:1] == NETWORK6]
        self._kept["a6"].add(np.array(halves, np.uint64))
        self._odd.keys.clear()

    def summary(self, size: int, lines: int, left_out_bytes: int) -> Summary:
        self._take_odd()
        return Summary(
            addresses=self._kept["a4"].all().astype(np.uint32),
            halves6=self._kept["a6"].all(),
            prints=self._kept["prints"].all(),
            bytes=size,
            lines=lines,
            left_out_bytes=left_out_bytes,
        )


class _Kept:
    """Numbers, each once at the end; in between some twice, of which there is a bound."""

    def __init__(self) -> None:
        self._parts: list[U64] = []
        self._size = 0
        self._bound = KEYS_HELD_MAX

    def add(self, numbers: U64) -> None:
        if len(numbers):
            self._parts.append(numbers.copy())
            self._size += len(numbers)
        if self._size > self._bound:
            together = self.all()
            self._parts = [together]
            self._size = len(together)
            self._bound = max(KEYS_HELD_MAX, 2 * self._size)

    def all(self) -> U64:
        return distinct(np.concatenate(self._parts)) if self._parts else np.zeros(0, np.uint64)


def distinct(numbers: U64) -> U64:
    """Sorted, each once. NumPy's own way enters them into a table first, which for numbers without order is many times slower."""
    numbers = np.sort(numbers)
    kept: U64 = numbers[np.concatenate([[True], numbers[1:] != numbers[:-1]])[: len(numbers)]]
    return kept


class _OddWords:
    """Words that the matcher has to read, which then says what it would look up: so both read them alike, whatever they hold."""

    def __init__(self) -> None:
        self.keys: set[bytes] = set()
        self._known: set[bytes] = set()
        self._matcher = Matcher(
            addresses4=_Noting(ADDRESS4, self.keys),
            networks6={128: _NotingNumbers(self.keys)},
            names=_Noting(NAME, self.keys),
            hashes=_Noting(HASH, self.keys),
            url_hosts=_Noting(URL_HOST, self.keys),
            url_bytes_max=1,
        )

    def add(self, word: bytes) -> None:
        if word not in self._known:
            if len(self._known) >= WORDS_HELD_MAX:
                self._known.clear()
            self._known.add(word)
            self._matcher.match_word(word)


@dataclass(frozen=True, slots=True)
class _Noting:
    """A table of a matcher that holds nothing and notes what was looked for."""

    table: bytes
    keys: set[bytes]

    def get(self, key: bytes) -> None:
        self.keys.add(self.table + key)


@dataclass(frozen=True, slots=True)
class _NotingNumbers:
    keys: set[bytes]

    def get(self, key: int) -> None:
        self.keys.add(NETWORK6 + bytes([128]) + key.to_bytes(16, "big"))


def keys_in_word(word: bytes) -> set[bytes]:
    """Everything that the matcher would look up for a word, as keys (see `detente.hunt.keys`)."""
    odd = _OddWords()
    odd.add(word)
    return odd.keys


# Questions


@dataclass(frozen=True, slots=True)
class Queries:
    """Distinct keys as what is looked up, sorted; `places…` says which key each row is."""

    firsts4: U64
    lasts4: U64
    places4: NDArray[np.int64]
    firsts6: U64  # networks, by upper halves
    lasts6: U64
    places6: NDArray[np.int64]
    prints: U64
    places: NDArray[np.int64]


def queries_of(keys: Iterable[bytes]) -> Queries:
    """Of distinct keys. Those of whole URLs are left out: a URL is found where its host is."""
    ranges4: list[tuple[int, int, int]] = []
    ranges6: list[tuple[int, int, int]] = []
    addresses6: list[tuple[int, int, int]] = []
    texts: list[tuple[bytes, int]] = []
    for place, key in enumerate(keys):
        table, text = key[:1], key[1:]
        if table == ADDRESS4:
            number = ipv4_number(text)
            ranges4.append((number, number, place))
        elif table == NETWORK4:
            length, prefix = network_of(key)
            first = prefix << (32 - length)
            ranges4.append((first, first | (1 << (32 - length)) - 1, place))
        elif table == NETWORK6:
            length, prefix = network_of(key)
            first = prefix << (128 - length)
            if length == 128:
                addresses6.append((first >> 64, first & _LOWER, place))
            else:
                ranges6.append((first >> 64, (first | (1 << (128 - length)) - 1) >> 64, place))
        elif table in _KINDS:
            texts.append((key, place))
    prints = np.concatenate([_prints(texts), _prints6(addresses6)])
    places = np.array([place for _, place in texts] + [place for _, _, place in addresses6], np.int64)
    order = np.argsort(prints)
    return Queries(*_sorted(ranges4), *_sorted(ranges6), prints[order], places[order])


def _sorted(ranges: list[tuple[int, int, int]]) -> tuple[U64, U64, NDArray[np.int64]]:
    ranges.sort()
    firsts, lasts, places = zip(*ranges, strict=True) if ranges else ((), (), ())
    return np.array(firsts, np.uint64), np.array(lasts, np.uint64), np.array(places, np.int64)


def _prints(texts: Sequence[tuple[bytes, int]]) -> U64:
    prints = np.zeros(len(texts), np.uint64)
    ends = np.cumsum(np.fromiter((len(key) - 1 for key, _ in texts), np.int64, len(texts)))
    kinds = np.fromiter((_KINDS[key[:1]] for key, _ in texts), np.int64, len(texts))
    text = np.frombuffer(b"".join(key[1:] for key, _ in texts) or b"\0", np.uint8)
    call("prints_of", text, ends, kinds, prints)
    return prints


def _prints6(addresses: Sequence[tuple[int, int, int]]) -> U64:
    prints = np.zeros(len(addresses), np.uint64)
    halves = np.array([address[:2] for address in addresses], np.uint64).reshape(-1, 2)
    call("prints_of_addresses6", halves, prints)
    return prints


class Asked:
    """Indicators as they are asked of summaries. `not_searched`: values that no hunt searches for, with the reason."""

    def __init__(self, sources: Sequence[IndicatorSource], *, allowed_suffixes: frozenset[str] = frozenset()) -> None:
        self.sources = sources
        self.not_searched: list[NotSearched] = []
        owners: dict[bytes, list[int]] = {}
        for index, source in enumerate(sources):
            for value in source.values:
                try:
                    keys = keys_of(value.kind, value.value, allowed_suffixes=allowed_suffixes)
                except InvalidPattern as reason:
                    self.not_searched.append(NotSearched(source.id, source.shared_by, value.value, str(reason)))
                    continue
                for key in keys:
                    # A URL is found where its host is: that key stands for both ways to match it.
                    if key[:1] not in (URL, URL_ANY_SCHEME):
                        owners.setdefault(key, []).append(index)
        self._owners = list(owners.values())
        self._queries = queries_of(owners)

    def candidates(self, pack: Pack) -> dict[int, set[int]]:
        """By the place of each log in the pack that an indicator may be in, the places of these indicators."""
        found: dict[int, set[int]] = {}
        q = self._queries
        for rows, places in (
            (pack.rows_of_ranges("a4", 32, q.firsts4, q.lasts4), q.places4),
            (pack.rows_of_ranges("a6", 64, q.firsts6, q.lasts6), q.places6),
            (pack.rows_of_prints(q.prints), q.places),
        ):
            for log, query in rows.tolist():
                found.setdefault(log, set()).update(self._owners[places[query]])
        return found


# Packs


class Pack:
    """A pack as it is used: nothing of it is read before it is asked for."""

    def __init__(self, data: bytes | memoryview) -> None:
        """Raises InvalidStatement for anything but a whole pack of this version."""
        view = memoryview(data)
        if bytes(view[: len(MAGIC)]) != MAGIC:
            raise InvalidStatement(
                "these are no summaries of logs, or of another version: drop them and add the logs anew"
            )
        size = int.from_bytes(view[len(MAGIC) : len(MAGIC) + 8], "little")
        try:
            head = json.loads(bytes(view[len(MAGIC) + 8 : len(MAGIC) + 8 + size]))
            self._sections: dict[str, NDArray[Any]] = {
                name: np.frombuffer(view, np.dtype(kind), count, offset)
                for name, (offset, kind, count) in head["sections"].items()
            }
            self.logs: list[dict[str, Any]] = head["logs"]
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidStatement(f"these summaries are damaged ({error}): drop them and add the logs anew") from None

    def rows_of_ranges(self, table: str, bits: int, firsts: U64, lasts: U64) -> NDArray[np.int64]:
        if not len(firsts):
            return np.zeros((0, 2), np.int64)
        shift = bits - _TOP_BITS
        bitmap = np.zeros(1 << (_TOP_BITS - 6), np.uint64)
        _set_ranges(bitmap, firsts >> np.uint64(shift), lasts >> np.uint64(shift))
        keys, starts = self._sections[table], self._sections[f"{table}_starts"]
        name = "look_up_ranges4" if table == "a4" else "look_up_ranges6"
        return _rows(lambda out: int(call(name, keys, starts, firsts, lasts, bitmap, shift, out)))

    def rows_of_prints(self, prints: U64) -> NDArray[np.int64]:
        if not len(prints):
            return np.zeros((0, 2), np.int64)
        shift = 64 - _TOP_BITS
        bitmap = np.zeros(1 << (_TOP_BITS - 6), np.uint64)
        tops = prints >> np.uint64(shift)
        _set_ranges(bitmap, tops, tops)
        s = self._sections
        parts = [s[name] for name in ("rests", "starts", "buckets", "bucket_starts", "bits")]
        return _rows(lambda out: int(call("look_up_prints", *parts, prints, bitmap, shift, out)))

    def summary_of(self, place: int) -> dict[str, NDArray[Any]]:
        """The sections of one log, to be put into another pack."""
        s = self._sections
        part: dict[str, NDArray[Any]] = {}
        for name, starts in _STARTS.items():
            part[name] = s[name][s[starts][place] : s[starts][place + 1]]
        part["bits"] = s["bits"][place : place + 1]
        return part


def pack(logs: Sequence[tuple[Mapping[str, Any], Summary | Mapping[str, NDArray[Any]]]]) -> bytes:
    """The bytes of a pack; what is said of each log is JSON, and whoever keeps it knows what it means."""
    parts = [_sections_of(summary) if isinstance(summary, Summary) else summary for _, summary in logs]
    sections: dict[str, NDArray[Any]] = {"bits": _joined([part["bits"] for part in parts], np.uint8)}
    for name, starts in _STARTS.items():
        kind = np.uint64 if name == "a6" else np.uint32
        sections[name] = _joined([part[name] for part in parts], kind)
        sections[starts] = np.cumsum([0, *(len(part[name]) for part in parts)], dtype=np.int64)
    return _packed([dict(said) for said, _ in logs], sections)


def bucket_bits(count: int) -> int:
    return max(0, (count // PRINTS_PER_BUCKET).bit_length())


def _sections_of(summary: Summary) -> dict[str, NDArray[Any]]:
    bits = bucket_bits(len(summary.prints))
    # Shifting by all 64 bits is not defined.
    buckets = summary.prints >> np.uint64(64 - bits) if bits else np.zeros(len(summary.prints), np.uint64)
    return {
        "a4": summary.addresses,
        "a6": summary.halves6,
        "rests": (summary.prints >> np.uint64(32 - bits)).astype(np.uint32),
        "buckets": np.searchsorted(buckets, np.arange((1 << bits) + 1, dtype=np.uint64)).astype(np.uint32),
        "bits": np.array([bits], np.uint8),
    }


def _joined(parts: Sequence[NDArray[Any]], kind: Any) -> NDArray[Any]:
    return np.concatenate([np.zeros(0, kind), *parts])


def _set_ranges(bitmap: U64, firsts: U64, lasts: U64) -> None:
    bits = np.unpackbits(bitmap.view(np.uint8), bitorder="little")
    for first, last in set(zip(firsts.tolist(), lasts.tolist(), strict=True)):
        bits[first : last + 1] = 1
    bitmap[:] = np.packbits(bits, bitorder="little").view(np.uint64)


def _rows(look_up: Callable[[NDArray[np.int64]], int]) -> NDArray[np.int64]:
    out = np.empty((1 << 16, 2), np.int64)
    found = look_up(out)
    if found > len(out):
        out = np.empty((found, 2), np.int64)
        look_up(out)
    return out[:found]


def _packed(logs: list[dict[str, Any]], sections: Mapping[str, NDArray[Any]]) -> bytes:
    places: dict[str, tuple[int, str, int]] = {}
    # The head says where the sections are, and they are behind it: its length is known once the places have their final digits.
    head = {"logs": logs, "sections": places}
    reserved = len(json.dumps(head)) + 80 * len(sections)
    at = _aligned(len(MAGIC) + 8 + reserved)
    for name, section in sections.items():
        places[name] = (at, section.dtype.str, section.size)
        at = _aligned(at + section.nbytes)
    block = bytearray(at)
    text = json.dumps(head).encode().ljust(reserved)
    block[: len(MAGIC) + 8 + reserved] = MAGIC + reserved.to_bytes(8, "little") + text
    for name, section in sections.items():
        block[places[name][0] : places[name][0] + section.nbytes] = section.tobytes()
    return bytes(block)


def _aligned(at: int) -> int:
    return -(-at // ALIGNMENT) * ALIGNMENT


_LOWER = (1 << 64) - 1
_KINDS = {NAME: PRINT_OF_NAME, HASH: PRINT_OF_HASH, URL_HOST: PRINT_OF_URL_HOST}
_STARTS = {"a4": "a4_starts", "a6": "a6_starts", "rests": "starts", "buckets": "bucket_starts"}
