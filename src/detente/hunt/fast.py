"""The compiled pass at work: tables out of a matcher, and the words of a block of lines that may hit.

Needs the extra `hunt` (Numba, NumPy). Without it `detente.hunt.sieve` does the same, slower, with the same results.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from detente.hunt import kernel
from detente.hunt.indicators import Matcher
from detente.hunt.kernel import Bits, Tables

_BITS_MIN = 1 << 13
_BITS_PER_KEY = 8


class FastSieve:
    """One thread's view of the compiled pass; the tables are shared, the buffers are not."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._data = np.zeros(kernel.PADDING, np.uint8)
        self._out = np.zeros((0, 3), np.int64)

    def words(self, data: bytes) -> tuple[list[tuple[int, int, int]], int]:
        """Words that may hit as (start, end, newlines before), in order and each once; and how many newlines there are."""
        size = len(data)
        behind = kernel.PADDING + size
        if len(self._data) < behind + kernel.PADDING:
            self._data = np.zeros(behind + kernel.PADDING, np.uint8)
            self._out = np.empty((2 * size, 3), np.int64)
        self._data[kernel.PADDING : behind] = np.frombuffer(data, np.uint8)
        self._data[behind : behind + kernel.PADDING] = 0
        found, lines = kernel.scan(self._data, size, self._tables, self._out)
        rows = self._out[:found]
        if found > 1:
            rows = rows[np.unique(rows[:, 0], return_index=True)[1]]
        rows[:, :2] -= kernel.PADDING
        return [(start, end, before) for start, end, before in rows.tolist()], int(lines)


def tables_of(matcher: Matcher) -> Tables:
    """The tables of stage (2) to (5) for all that a matcher searches for."""
    addresses = np.fromiter(map(_number, matcher.addresses4), np.uint64, len(matcher.addresses4))
    networks = [(length, prefix) for length, found in matcher.networks4.items() for prefix in found]
    text, ends = _joined(matcher.names)
    hosts_text, hosts_ends = _joined(matcher.url_hosts)
    name_bits, name_shift = _name_bits(text, ends)
    ip4_bits, ip4_shift = _bitmap(addresses)
    six = [(length, prefix) for length, found in matcher.networks6.items() for prefix in found]
    wanted = (
        (kernel.IPV4 if matcher.addresses4 or networks else 0)
        | (kernel.NAMES if matcher.names else 0)
        | (kernel.HASHES if matcher.hashes else 0)
        | (kernel.IPV6 if six or matcher.addresses4 or networks else 0)
        | (kernel.URLS if matcher.url_hosts else 0)
    )
    return Tables(
        wanted=wanted,
        ip4_bits=ip4_bits,
        ip4_shift=ip4_shift,
        ip4=_entered(addresses + np.uint64(1)),
        ip4_networks=_table((prefix << 8 | length for length, prefix in networks), len(networks)),
        ip4_lengths=np.array(sorted(matcher.networks4), np.int64),
        names=_fingerprints(text, ends),
        name_bits=name_bits,
        name_shift=name_shift,
        name_every_dot=any(all(_is_odd(label) for label in name.split(b".")[1:]) for name in matcher.names),
        hashes=_table((int(h[:16], 16) | 1 for h in matcher.hashes), len(matcher.hashes)),
        ip6=_table((_fingerprint6(length, prefix) for length, prefix in six), len(six)),
        ip6_lengths=np.array(sorted(matcher.networks6), np.int64),
        url_hosts=_fingerprints(hosts_text, hosts_ends),
    )


def _number(text: bytes) -> int:
    a, b, c, d = text.split(b".")
    return int(a) << 24 | int(b) << 16 | int(c) << 8 | int(d)


def _is_odd(label: bytes) -> bool:
    """A label at whose beginning the pass does not stop by itself."""
    return label[:1].isdigit()


def _fingerprint6(length: int, prefix: int) -> int:
    number = prefix << (128 - length)
    high, low = np.uint64(number >> 64), np.uint64(number & 0xFFFFFFFFFFFFFFFF)
    return int(kernel.ip6_fingerprint(high, low, length))


def _joined(values: Iterable[bytes]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """All values behind each other, with eight bytes before the first, and where each ends."""
    listed = list(values)
    ends = np.cumsum(np.fromiter(map(len, listed), np.int64, len(listed)))
    return np.frombuffer(b"".join(listed), np.uint8), ends.astype(np.int64)


def _fingerprints(text: NDArray[np.uint8], ends: NDArray[np.int64]) -> Bits:
    keys = np.zeros(len(ends), np.uint64)
    kernel.fingerprints_of_names(text, ends, keys)
    return _entered(keys)


def _name_bits(text: NDArray[np.uint8], ends: NDArray[np.int64]) -> tuple[Bits, int]:
    """The bitmap of stage (2). A name of less than eight bytes opens it for everything."""
    keys = np.zeros(len(ends), np.uint64)
    if len(ends) and np.diff(ends, prepend=0).min() < 8:
        bitmap, shift = _bitmap(keys[:0])
        return ~bitmap, shift
    kernel.last8_of(text, ends, keys)
    return _bitmap(keys)


def _bitmap(keys: Bits) -> tuple[Bits, int]:
    """A bit for each key, and the shift that makes its place of its fingerprint."""
    bits = max(_BITS_MIN, 1 << (_BITS_PER_KEY * len(keys)).bit_length())
    shift = 64 - (bits.bit_length() - 1)
    bitmap = np.zeros(bits >> 6, np.uint64)
    kernel.set_mixed_bits(bitmap, shift, keys)
    return bitmap, shift


def _table(keys: Iterable[int], count: int) -> Bits:
    return _entered(np.fromiter(keys, np.uint64, count))


def _entered(keys: Bits) -> Bits:
    """An open-addressed table of which the keys fill half at most."""
    table = np.zeros(1 << max(4, (2 * len(keys)).bit_length()), np.uint64)
    kernel.enter(table, keys)
    return table
