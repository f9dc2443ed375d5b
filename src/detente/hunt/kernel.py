"""The fast pass over bytes, compiled by Numba: which words of a block of lines may hit at all.

It looks at every byte once and decides nothing: `Matcher.match_word` does, on the few words that come out. What comes out must hold
every word that hits; what else comes out only costs time. So nothing here needs to know where a token may begin or what may stand
beside it, only that a value that is searched for stands there.

A processor that guesses a branch wrongly loses the time in which it could have looked at 64 bytes. So the pass takes 4 KiB at a time,
through steps whose branches nearly always go the same way (the numbers are those of the comments below):

    (1) Bytes become masks of 64 bits, one for each class of bytes (`detente.hunt.vectors`).
    (2) Shifting masks by k looks k bytes back, for all bytes at once. That marks runs of bytes that may hold something:
            a name, a run of host bytes: one behind a dot that is no digit; the host of a URL, too: "://" before it
            an IPv4 address, by the run of digits that is its last number: behind the third of three dots that are 2 to 4 bytes apart
            a hash or IPv6 address, a run of hexadecimal digits and colons: 15 of them, or "::"
    (3) To add a mark to the mask of the runs carries to the end of its run, and there once, however many marks the run has: where these
        ends are goes into a list.
    (4) What ends there is looked up in a bitmap that fits a cache: of a name the last twelve bytes, of an address all four. Most loops
        end here, and none waits for another.
    (5) The little that passes is read byte by byte and looked up in the tables.

What is looked up: `detente.hunt.tables`. Who calls it, and how: `detente.hunt.entries`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import int64, uint64

from detente.hunt.chunks import PADDING as PADDING
from detente.hunt.marks import bits_before, classify, listed, mark_hex, mark_ip4, mark_tokens, run_ends
from detente.hunt.tables import HASHES, IPV4, IPV6, NAMES, ODD, SHORT_NAMES, URLS
from detente.hunt.values import HOST, NAME_BYTES_MAX, STOP
from detente.hunt.vectors import (
    BATCH_BYTES,
    WORDS,
    inlined,
    leading_zeros,
    load64,
    ones,
    room_for_masks,
    room_for_places,
)
from detente.hunt.vectors import compiled as compiled

_AUTHORITY_LOOK_MAX = 1100
_SEED = np.uint64(0x243F6A8885A308D3)
_ODD = np.uint64(0x9E3779B97F4A7C15)
_ODD_TOO = np.uint64(ODD)
_LOWER8 = np.uint64(0x2020202020202020)
_ZEROS8 = np.uint64(0x3030303030303030)  # eight digits

_IS_HOST = np.zeros(256, np.uint8)
_IS_HOST[list(HOST)] = 1
_IS_STOP = np.zeros(256, np.uint8)
_IS_STOP[list(STOP)] = 1
_ENDS_AUTHORITY = _IS_STOP.copy()
_ENDS_AUTHORITY[list(b"/?#")] = 1
_NO_DIGIT = 255
_HEX = np.full(256, _NO_DIGIT, np.uint8)
for _value, _digits in enumerate(
    ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "aA", "bB", "cC", "dD", "eE", "fF"]
):
    for _digit in _digits.encode():
        _HEX[_digit] = _value


@compiled
def scan(data: Any, size: int, t: Any, out: Any) -> tuple[int, int]:
    """Words that may hit, into `out` as rows of start, end and newlines before; returns how many rows, and all newlines.

    `data` is PADDING, `size` bytes, PADDING, all zero on both sides: every loop over a run of bytes ends there at the latest. Places are
    counted from its beginning. `out` has 2 × size rows, more than can come. Rows come in order but for those of the same 4 KiB, and a
    word may come twice.
    """
    found = lines = 0
    m = room_for_masks()
    for mask in m:
        mask[0] = 0
    name_carry = url_carry = high_carry = ip4_carry = hex_carry = uint64(0)
    ends = room_for_places()
    odd_ends = room_for_places()
    stop = PADDING + size + 1  # a run that the last byte belongs to ends behind it
    for batch in range(PADDING, stop, BATCH_BYTES):
        used = (min(BATCH_BYTES, stop - batch) + 63) >> 6  # words of the masks
        newlines, high = classify(data, batch, used, m)  # (1)
        if t.wanted & (NAMES | URLS):
            mark_tokens(m, t.wanted, t.name_every_dot)  # (2)
            count = odd_count = 0
            for i in range(1, used + 1):  # (3)
                token_ends, name_carry = run_ends(m.host[i], m.marks[i], name_carry)
                url_ends, url_carry = run_ends(m.host[i], m.authority[i] & m.host[i], url_carry)
                # Odd is an authority that is more or less than a host, and a token with non-ASCII bytes: those are read byte by byte.
                odd = url_ends & ~m.bound[i] | m.authority[i] & ~m.host[i]
                if high | high_carry:
                    high_ends, high_carry = run_ends(m.host[i], m.high[i], high_carry)
                    odd |= high_ends & token_ends
                count = listed(ends, count, i, token_ends, 2)
                if odd:
                    odd_count = listed(odd_ends, odd_count, i, odd, 1)
            for n in range(count):  # (4)
                place = int64(ends[n])
                if not name_may_end(data, batch + place, m, place, t.name_bits, t.name_shift, t.wanted):
                    continue
                if token_may_hit(data, batch + place, t.names, t.url_hosts):  # (5)
                    found = put(data, batch, place, lines, m.newline, out, found)
            for n in range(odd_count):
                place = int64(odd_ends[n])
                if token_may_hit(data, batch + place, t.names, t.url_hosts):  # (5)
                    found = put(data, batch, place, lines, m.newline, out, found)
        if t.wanted & (IPV4 | IPV6):
            mark_ip4(m)  # (2)
            count = 0
            for i in range(1, used + 1):  # (3)
                number_ends, ip4_carry = run_ends(m.digit[i], m.marks[i], ip4_carry)
                count = listed(ends, count, i, number_ends, 1)
            for n in range(count):  # (4), (5)
                place = int64(ends[n])
                address, before = ip4_at(data, batch + place, m, place)
                if address < 0:
                    continue
                # The last 32 bits of an IPv6 address may be written so; such a one begins with digits, or with two colons.
                in_ip6 = data[before] == 58 and (_HEX[data[before - 1]] != _NO_DIGIT or data[before - 1] == 58)
                if (in_ip6 and t.wanted & IPV6) or ip4_may_hit(uint64(address), t):
                    found = put(data, batch, place, lines, m.newline, out, found)
        if t.wanted & (HASHES | IPV6):
            mark_hex(m, t.wanted)  # (2)
            count = 0
            for i in range(1, used + 1):  # (3)
                hex_ends, hex_carry = run_ends(m.hex[i], m.marks[i], hex_carry)
                if hex_ends:
                    count = listed(ends, count, i, hex_ends, 1)
            for n in range(count):  # (4), (5)
                place = int64(ends[n])
                if not hex_run_is_likely(m, place):
                    continue
                if hex_run_may_hit(data, batch + place, t.hashes, t.ip6, t.ip6_lengths):
                    found = put(data, batch, place, lines, m.newline, out, found)
        lines += newlines
        for mask in m:
            mask[0] = mask[WORDS - 1]
    return found, lines


@compiled
def scan_each(data: Any, starts: Any, sizes: Any, t: Any, out: Any, counts: Any) -> None:
    """`scan` of logs side by side, each between paddings that its neighbours share: `counts` has rows and newlines of each.

    `starts`: where the padding before each begins, from which its places are counted.
    """
    found = 0
    for n in range(len(starts)):
        log = data[starts[n] : starts[n] + sizes[n] + 2 * PADDING]
        counts[n, 0], counts[n, 1] = scan(log, sizes[n], t, out[found:])
        found += counts[n, 0]


# Names


@inlined
def name_may_end(data: Any, end: int, m: Any, place: int, bitmap: Any, shift: int, wanted: int) -> Any:
    """Whether a name that is searched for may end where this run of host bytes does.

    The bitmap has the ending of each: the last twelve bytes, or all of a shorter one. So a shorter one is looked up from the last edge
    on before which there is room for no longer one. Without branches: `|` takes less than to find out that it was not needed.
    """
    low = load64(data, end - 8) | _LOWER8
    high = (load64(data, end - 16) | _LOWER8) >> uint64(32)
    edges = ~bits_before(m.label, place) >> uint64(52)  # of the last twelve bytes those with which no label goes on
    may = held(bitmap, shift, ending(low, high))
    edge = edges & uint64(0xF)
    size = leading_zeros(edge) - 52  # 8 to 11, or 12 when there is no edge
    may |= held(bitmap, shift, ending(low, without_first(high, 12 - size)))
    may |= several(edge) & is_inner(data[end - 1 - size])  # another may be further on
    if wanted & SHORT_NAMES:
        edge = edges >> uint64(4) & uint64(0xF)
        size = leading_zeros(edge) - 56  # 4 to 7, or 8
        may |= held(bitmap, shift, ending(without_first(low, 8 - size), uint64(0)))
        may |= several(edge) & is_inner(data[end - 1 - size])
    return may | (edges >> uint64(11) != uint64(0))  # a last '.' or '-' is none of the name


@compiled
def endings_of(text: Any, ends: Any, sizes: Any, out: Any) -> None:
    """What `name_may_end` looks up, of names of four bytes or more. There are 16 bytes in `text` before the end of the first."""
    for n in range(len(ends)):
        low = load64(text, ends[n] - 8) | _LOWER8
        high = (load64(text, ends[n] - 16) | _LOWER8) >> uint64(32)
        out[n] = ending(without_first(low, max(8 - sizes[n], 0)), without_first(high, min(max(12 - sizes[n], 0), 4)))


@inlined
def ending(low: Any, high: Any) -> Any:
    """One number of the last eight bytes and the four before them."""
    return low + high * _ODD


@inlined
def without_first(bytes_: Any, count: int) -> Any:
    """With zeros for that many bytes at the beginning, where the lowest bits are."""
    return bytes_ >> uint64(8 * count) << uint64(8 * count)


@inlined
def several(mask: Any) -> Any:
    return mask & (mask - uint64(1)) != uint64(0)


@inlined
def is_inner(c: int) -> Any:
    """Whether a host token may go on before this edge: '.' or '-'."""
    return (c == 46) | (c == 45)


@compiled
def token_may_hit(data: Any, end: int, names: Any, hosts: Any) -> bool:
    """Whether the host token that ends there holds a name that is known, or begins an authority whose host is."""
    if name_may_hit(data, stripped_end(data, 0, end), names):
        return True
    start = end
    while _IS_HOST[data[start - 1]]:
        start -= 1
    return data[start - 1] == 47 and data[start - 2] == 47 and data[start - 3] == 58 and url_may_hit(data, start, hosts)


@compiled
def stripped_end(data: Any, start: int, end: int) -> int:
    while end > start and (data[end - 1] == 46 or data[end - 1] == 45):
        end -= 1
    return end


@compiled
def name_may_hit(data: Any, end: int, names: Any) -> bool:
    """Whether the name that ends there, or a parent of it cut at a dot, is known. One with non-ASCII bytes may always be."""
    h = _SEED
    for i in range(end - 1, end - NAME_BYTES_MAX - 2, -1):
        c = data[i]
        if c >= 128:
            return True
        # '.' and '-' are stripped from the beginning of a token too, so a name may begin behind either.
        if (c == 46 or c == 45 or _IS_HOST[c] == 0) and known(names, h):
            return True
        if _IS_HOST[c] == 0:
            return False
        h = with_byte(h, c)
    return False


@compiled
def fingerprints_of_names(text: Any, ends: Any, out: Any) -> None:
    """The fingerprints of names in lower case, one behind the other in `text`."""
    start = 0
    for n in range(len(ends)):
        h = _SEED
        for i in range(ends[n] - 1, start - 1, -1):
            h = with_byte(h, text[i])
        out[n] = h
        start = ends[n]


# Internet addresses


@inlined
def ip4_at(data: Any, end: int, m: Any, place: int) -> tuple[int, int]:
    """The address whose last number ends there, or -1; and the place before it.

    Numbers above 255 and beginnings with more digits give some address too: who decides sees what is written.
    """
    dots = bits_before(m.dot, place)
    size4 = leading_zeros(dots)
    if size4 > 3:
        return int64(-1), end
    size3 = leading_zeros(dots << uint64(size4 + 1))
    size2 = leading_zeros(dots << uint64(size4 + size3 + 2))
    first_end = end - size4 - size3 - size2 - 3
    size1 = min(leading_zeros(~(bits_before(m.digit, place) << uint64(end - first_end))), 3)
    address = number_before(data, first_end, size1) << uint64(24)
    address |= number_before(data, first_end + 1 + size2, size2) << uint64(16)
    address |= number_before(data, end - size4 - 1, size3) << uint64(8)
    return int64(address | number_before(data, end, size4)), first_end - size1 - 1


@inlined
def number_before(data: Any, end: int, digits: int) -> Any:
    """The last byte of the number that these digits, at most three, are."""
    three = (load64(data, end - 8) ^ _ZEROS8) >> uint64(40)
    three = without_first(three, 3 - digits)
    # The third byte of the product is the sum of 100 × the first, 10 × the second, and the third: nothing carries into it.
    return three * uint64(100 << 16 | 10 << 8 | 1) >> uint64(16) & uint64(0xFF)


@compiled
def digit_at(data: Any, position: int) -> int:
    """The value of a decimal digit; anything above 9 for any other byte."""
    return int64(data[position] ^ np.uint8(48))


@inlined
def ip4_may_hit(address: Any, t: Any) -> bool:
    if held(t.ip4_bits, t.ip4_shift, address) and known(t.ip4, address + uint64(1)):
        return True
    if held(t.ip4_near_bits, t.ip4_near_shift, address >> uint64(12)):
        for length in t.ip4_lengths:
            if known(t.ip4_networks, address >> uint64(32 - length) << uint64(8) | uint64(length)):
                return True
    return False


@compiled
def ip6_at(data: Any, start: int, end: int) -> tuple[bool, Any, Any]:
    """The address that a run of hexadecimal digits and colons is, if it is one. A colon beside it belongs to the line."""
    start += lone_colon(data, start, end, 1)
    end -= lone_colon(data, end - 1, start - 1, -1)
    if end - start < 2 or end - start > 39:
        return False, uint64(0), uint64(0)
    before_high = before_low = behind_high = behind_low = uint64(0)  # the 16-bit groups on either side of '::'
    before = behind = digits = 0
    group = uint64(0)
    gap = False
    i = start
    while i <= end:
        if i < end and data[i] != 58:
            group = group << uint64(4) | uint64(_HEX[data[i]])
            digits += 1
            if digits > 4:
                return False, uint64(0), uint64(0)
            i += 1
            continue
        if digits > 0 and gap:
            behind_high = behind_high << uint64(16) | behind_low >> uint64(48)
            behind_low = behind_low << uint64(16) | group
            behind += 1
        elif digits > 0:
            before_high = before_high << uint64(16) | before_low >> uint64(48)
            before_low = before_low << uint64(16) | group
            before += 1
        if before + behind > 8:
            return False, uint64(0), uint64(0)
        group = uint64(0)
        digits = 0
        if i + 1 < end and data[i + 1] == 58:
            if gap:
                return False, uint64(0), uint64(0)
            gap = True
            i += 1
        i += 1
    if not gap and before != 8:
        return False, uint64(0), uint64(0)
    high, low = before_high, before_low
    if gap:
        high, low = shifted128(before_high, before_low, 16 * (8 - before))
        high |= behind_high
        low |= behind_low
    return True, high, low


@compiled
def ip6_may_hit(high: Any, low: Any, networks: Any, lengths: Any) -> bool:
    for length in lengths:
        if known(networks, ip6_fingerprint(high, low, length)):
            return True
    return False


@compiled
def lone_colon(data: Any, edge: int, other: int, inwards: int) -> int:
    """1 when the run has one or three colons at this edge, else 0."""
    colons = 0
    i = edge
    while i != other and data[i] == 58:
        colons += 1
        i += inwards
    return 1 if colons == 1 or colons == 3 else 0


@compiled
def shifted128(high: Any, low: Any, bits: int) -> tuple[Any, Any]:
    if bits >= 128:
        return uint64(0), uint64(0)
    if bits >= 64:
        return low << uint64(bits - 64), uint64(0)
    if bits == 0:
        return high, low
    return high << uint64(bits) | low >> uint64(64 - bits), low << uint64(bits)


@compiled
def ip6_fingerprint(high: Any, low: Any, length: int) -> Any:
    """Of the leading bits of an address, and how many they are."""
    if length <= 64:
        high, low = high >> uint64(64 - length) if length > 0 else uint64(0), uint64(0)
    elif length < 128:
        low = low >> uint64(128 - length)
    return mixed(mixed(high + uint64(length) * _ODD) ^ low * _ODD_TOO) | uint64(1)


@compiled
def fingerprints_of_networks6(highs: Any, lows: Any, lengths: Any, out: Any) -> None:
    for n in range(len(lengths)):
        out[n] = ip6_fingerprint(highs[n], lows[n], lengths[n])


# Hashes, and runs of hexadecimal digits and colons


@inlined
def hex_run_is_likely(m: Any, place: int) -> bool:
    """Whether the run that ends there has the digits of a hash, or the colons of an IPv6 address. Most are long numbers."""
    size = leading_zeros(~bits_before(m.hex, place))
    if size >= 32:
        return True
    colons = bits_before(m.colon, place) >> uint64(64 - size)
    return colons & colons << uint64(1) != uint64(0) or ones(colons) >= 7


@compiled
def hex_run_may_hit(data: Any, run_end: int, hashes: Any, ip6: Any, ip6_lengths: Any) -> bool:
    """Whether the run that ends there holds a hash that is known, or is an address that is."""
    start, end = run_around(data, run_end - 1)
    may_hit, colons = hashes_may_hit(data, start, end, hashes)
    if may_hit or colons < 2:
        return may_hit
    valid, upper, lower = ip6_at(data, start, end)
    if not valid:
        return False
    # An IPv4 address in hexadecimal digits is too rare to be looked up.
    is_ip4 = upper == uint64(0) and lower >> uint64(32) == uint64(0xFFFF)
    return is_ip4 or ip6_may_hit(upper, lower, ip6, ip6_lengths)


@compiled
def run_around(data: Any, position: int) -> tuple[int, int]:
    start = position
    while _HEX[data[start - 1]] != _NO_DIGIT or data[start - 1] == 58:
        start -= 1
    end = position + 1
    while _HEX[data[end]] != _NO_DIGIT or data[end] == 58:
        end += 1
    return start, end


@compiled
def hashes_may_hit(data: Any, start: int, end: int, hashes: Any) -> tuple[bool, int]:
    """Whether a piece between colons is a known hash; and how many colons there are."""
    colons = 0
    piece = start
    for i in range(start, end + 1):
        if i == end or data[i] == 58:
            if i < end:
                colons += 1
            if hash_may_hit(data, piece, i, hashes):
                return True, colons
            piece = i + 1
    return False, colons


@compiled
def hash_may_hit(data: Any, start: int, end: int, hashes: Any) -> bool:
    digits = end - start
    if digits != 32 and digits != 40 and digits != 64 and digits != 128:
        return False
    key = uint64(0)
    for i in range(start, start + 16):
        key = key << uint64(4) | uint64(_HEX[data[i]])
    return known(hashes, key | uint64(1))


# URLs


@compiled
def url_may_hit(data: Any, start: int, hosts: Any) -> bool:
    """Whether the host of the authority that begins there is known. What is not plain ASCII, or very long, may always be."""
    first = start  # of the host
    port = int64(-1)
    end = start
    while not _ENDS_AUTHORITY[data[end]]:
        if data[end] >= 128 or data[end] == 91 or end - start > _AUTHORITY_LOOK_MAX:
            return True
        if data[end] == 64:
            first = end + 1
            port = int64(-1)
        elif data[end] == 58 and port < 0:
            port = end
        end += 1
    if port >= 0:
        end = port
    while end > first and is_closing(data[end - 1]):
        end -= 1
    h = _SEED
    for i in range(end - 1, first - 1, -1):
        h = with_byte(h, data[i])
    return known(hosts, h)


@compiled
def is_closing(c: int) -> bool:
    """Punctuation that belongs to the sentence and not to the URL: . , ; ! ) ]"""
    return c == 46 or c == 44 or c == 59 or c == 33 or c == 41 or c == 93


# Words


@compiled
def put(data: Any, batch: int, place: int, lines: int, newline: Any, out: Any, found: int) -> int:
    """The word that holds the byte before a place, unless it is the one that was put out last. `lines`: newlines before the batch."""
    position = batch + place - 1
    if found and out[found - 1, 0] <= position < out[found - 1, 1]:
        return found
    start = position
    while not _IS_STOP[data[start - 1]]:
        start -= 1
    end = position + 1
    while not _IS_STOP[data[end]]:
        end += 1
    i = place >> 6
    for before in range(1, i + 1):
        lines += ones(newline[before])
    out[found, 0] = start
    out[found, 1] = end
    out[found, 2] = lines + ones(newline[i + 1] & ((uint64(1) << uint64(place & 63)) - uint64(1)))
    return found + 1


# Tables


@compiled
def known(table: Any, key: Any) -> bool:
    last = uint64(len(table) - 1)
    i = mixed(key) & last
    while table[i] != uint64(0):
        if table[i] == key:
            return True
        i = (i + uint64(1)) & last
    return False


@compiled
def enter(table: Any, keys: Any) -> None:
    """Keys other than zero into a table with room for them."""
    last = uint64(len(table) - 1)
    for key in keys:
        i = mixed(uint64(key)) & last
        while table[i] != 0 and table[i] != key:
            i = (i + uint64(1)) & last
        table[i] = key


@compiled
def set_mixed_bits(bitmap: Any, shift: int, keys: Any) -> None:
    """Enters keys into a bitmap: two bits of one word each, so that a look takes one word and is right more often."""
    for key in keys:
        mixed_key = mixed(key)
        bitmap[mixed_key >> uint64(shift)] |= two_bits(mixed_key)


@inlined
def held(bitmap: Any, shift: int, key: Any) -> Any:
    """Whether a bitmap may hold a key. `shift` leaves the number of its word."""
    mixed_key = mixed(key)
    bits = two_bits(mixed_key)
    return bitmap[mixed_key >> uint64(shift)] & bits == bits


@inlined
def two_bits(mixed_key: Any) -> Any:
    return uint64(1) << (mixed_key & uint64(63)) | uint64(1) << (mixed_key >> uint64(6) & uint64(63))


@compiled
def mixed(key: Any) -> Any:
    key = (key ^ key >> uint64(32)) * _ODD_TOO
    return key ^ key >> uint64(29)


@compiled
def with_byte(h: Any, c: int) -> Any:
    """One byte more, in lower case; names are hashed from their end, so that each parent's is met on the way."""
    if 65 <= c <= 90:
        c += 32
    return (h ^ uint64(c)) * _ODD + (h >> uint64(47))
