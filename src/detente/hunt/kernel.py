"""The fast pass over bytes, compiled by Numba: which words of a block of lines may hit at all.

It looks at every byte once, 64 at a time, and decides nothing: `Matcher.match_word` does, on the few words that come out. What comes
out must hold every word that hits; what else comes out only costs time. So nothing here needs to know where a token may begin or
what may stand beside it, only that a value that is searched for stands there.

Stages, for each 64 bytes (the numbers are those of the comments below):

    (1) `masks` turns them into eight 64-bit masks: host byte, dot, digit, hexadecimal digit or colon, colon, slash, newline, non-ASCII.
        LLVM makes vector compares of it; shifting a mask by k, with the bits of the block before, looks k bytes back for all 64 at once.
    (2) a name: a letter behind a dot. The eight bytes before the token's end are looked up in a bitmap that fits a cache; few pass, and
        of these the token and each parent is hashed from its end and looked up.
    (3) an IPv4 address: a digit behind the third of three dots that are 2 to 4 bytes apart. Its /24 is looked up in a bitmap, then itself.
    (4) a hash or IPv6 address: a run of 15 hexadecimal digits or colons, or "::". Each run is read once.
    (5) a URL: "://". The host behind it is hashed and looked up.

What is looked up: `detente.hunt.tables`. Who calls it, and how: `detente.hunt.entries`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import int64, njit, types, uint64
from numba.extending import intrinsic

from detente.hunt.chunks import PADDING as PADDING
from detente.hunt.tables import HASHES, IPV4, IPV6, NAMES, ODD, URLS
from detente.hunt.values import HOST, NAME_BYTES_MAX, STOP

_AUTHORITY_LOOK_MAX = 1100
_SEED = np.uint64(0x243F6A8885A308D3)
_ODD = np.uint64(0x9E3779B97F4A7C15)
_ODD_TOO = np.uint64(ODD)
_LOWER8 = np.uint64(0x2020202020202020)

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

# Without `_nrt=False` Numba counts references to each array at each call, with atomic instructions: half of the time. Nothing
# here makes an array, so nothing needs it. Numba keeps nothing: it would not see that a function changed which another file calls.
compiled: Any = njit(nogil=True, _nrt=False)


@compiled
def scan(data: Any, size: int, t: Any, out: Any) -> tuple[int, int]:
    """Words that may hit, into `out` as rows of start, end and newlines before; returns how many rows, and all newlines.

    `data` is PADDING, `size` bytes, PADDING, all zero on both sides: every loop over a run of bytes ends there at the latest. Places are
    counted from its beginning. `out` has 2 × size rows, more than can come. Rows
    come almost in order, and a word may come twice.
    """
    found = 0
    lines = 0
    none = uint64(0)
    # The masks of the 64 bytes before, from which bits are shifted in.
    host_before = dot_before = high_before = colon_before = slash_before = none
    fours_before = chains_before = x1_before = x2_before = x4_before = x8_before = x15_before = none
    high_in_token = False  # the token that reaches into this block may hold non-ASCII bytes
    name_done = int64(0)
    run_done = int64(0)
    for base in range(PADDING, PADDING + size, 64):
        # (1)
        host, dot, digit, x1, colon, slash, newline, high = masks(data, base)
        if t.wanted & NAMES:  # (2)
            high_in_token = high_before != none or (high_in_token and host_before == ~none)
            events = host & ~dot & shifted(dot, 1, dot_before)
            if not t.name_every_dot:
                events &= ~digit
            while events:
                at = trailing_zeros(events)
                events &= events - uint64(1)
                if base + at < name_done:
                    continue
                name_done, ascii_only = token_end(data, base + at, host, at)
                end = stripped_end(data, base + at, name_done)
                if ascii_only and high == none and not high_in_token:
                    last8 = mixed(load64(data, end - 8) | _LOWER8)
                    if not bit(t.name_bits, last8 >> uint64(t.name_shift)):
                        continue
                if end > base + at and name_may_hit(data, end, t.names):
                    found = put(data, base + at, lines + ones_below(newline, at), out, found)
        if t.wanted & (IPV4 | IPV6):  # (3)
            fours = digit & shifted(dot, 1, dot_before)
            chains = fours & two_to_four_back(fours, fours_before)
            events = chains & two_to_four_back(chains, chains_before)
            fours_before, chains_before = fours, chains
            while events:
                at = trailing_zeros(events)
                events &= events - uint64(1)
                address, before = ip4_at(data, base + at)
                if address < 0:
                    continue
                # The last 32 bits of an IPv6 address may be written so; such a one begins with digits, or with two colons.
                in_ip6 = data[before] == 58 and (_HEX[data[before - 1]] != _NO_DIGIT or data[before - 1] == 58)
                if (in_ip6 and t.wanted & IPV6) or ip4_may_hit(uint64(address), t):
                    found = put(data, base + at, lines + ones_below(newline, at), out, found)
        if t.wanted & (HASHES | IPV6):  # (4)
            x2 = x1 & shifted(x1, 1, x1_before)
            x4 = x2 & shifted(x2, 2, x2_before)
            x8 = x4 & shifted(x4, 4, x4_before)
            x15 = x8 & shifted(x8, 7, x8_before)
            events = x15 & ~shifted(x15, 1, x15_before)
            if t.wanted & IPV6:
                events |= colon & shifted(colon, 1, colon_before)
            x1_before, x2_before, x4_before, x8_before, x15_before = x1, x2, x4, x8, x15
            while events:
                at = trailing_zeros(events)
                events &= events - uint64(1)
                if base + at < run_done:
                    continue
                start, run_done = run_around(data, base + at)
                may_hit, colons = hashes_may_hit(data, start, run_done, t.hashes)
                if not may_hit and t.wanted & IPV6 and colons >= 2:
                    valid, upper, lower = ip6_at(data, start, run_done)
                    if valid:
                        may_hit = ip6_may_hit(upper, lower, t.ip6, t.ip6_lengths)
                        if upper == none and lower >> uint64(32) == uint64(0xFFFF):
                            address6 = lower & uint64(0xFFFFFFFF)
                            may_hit |= ip4_may_hit(address6, t)
                if may_hit:
                    found = put(data, base + at, lines + ones_below(newline, at), out, found)
        if t.wanted & URLS:  # (5)
            events = slash & shifted(slash, 1, slash_before) & shifted(colon, 2, colon_before)
            while events:
                at = trailing_zeros(events)
                events &= events - uint64(1)
                if url_may_hit(data, base + at + 1, t.url_hosts):
                    found = put(data, base + at, lines + ones_below(newline, at), out, found)
        host_before, dot_before, high_before, colon_before, slash_before = host, dot, high, colon, slash
        lines += ones(newline)
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


@compiled
def token_end(data: Any, position: int, host: Any, at: int) -> tuple[int, bool]:
    """The end of the run of host bytes that holds `position`, and whether what lies in later blocks is ASCII."""
    others = ~host >> uint64(at)
    if others != uint64(0):
        return position + trailing_zeros(others), True
    end = position - at + 64
    ascii_only = True
    while _IS_HOST[data[end]]:
        if data[end] >= 128:
            ascii_only = False
        end += 1
    return end, ascii_only


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


@compiled
def ip4_at(data: Any, position: int) -> tuple[int, int]:
    """The address whose last number begins there, or -1; and the place before it.

    More than three digits on either side are left to who decides.
    """
    last = digit_at(data, position)
    if digit_at(data, position + 1) < 10:
        last = last * 10 + digit_at(data, position + 1)
        if digit_at(data, position + 2) < 10:
            last = last * 10 + digit_at(data, position + 2)
    third, at = number_before(data, position - 1)
    second, at = number_before(data, at)
    first, at = number_before(data, at)
    if (first | second | third | last) >= 256:
        return int64(-1), at
    return int64(first << 24 | second << 16 | third << 8 | last), at


@compiled
def number_before(data: Any, dot: int) -> tuple[int, int]:
    """The number of one to three digits before a dot, 999 when there is none; and where the dot before it should be."""
    ones_, tens, hundreds = digit_at(data, dot - 1), digit_at(data, dot - 2), digit_at(data, dot - 3)
    if data[dot] != 46 or ones_ > 9:
        return 999, dot
    if tens > 9:
        return ones_, dot - 2
    if hundreds > 9:
        return tens * 10 + ones_, dot - 3
    return hundreds * 100 + tens * 10 + ones_, dot - 4


@compiled
def digit_at(data: Any, position: int) -> int:
    """The value of a decimal digit; anything above 9 for any other byte."""
    return int64(data[position] ^ np.uint8(48))


@compiled
def ip4_may_hit(address: Any, t: Any) -> bool:
    if bit(t.ip4_bits, mixed(address) >> uint64(t.ip4_shift)) and known(t.ip4, address + uint64(1)):
        return True
    if bit(t.ip4_near_bits, mixed(address >> uint64(12)) >> uint64(t.ip4_near_shift)):
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
def put(data: Any, position: int, lines: int, out: Any, found: int) -> int:
    """The word that holds a position, unless it is the one that was put out last."""
    if found and out[found - 1, 0] <= position < out[found - 1, 1]:
        return found
    start = position
    while not _IS_STOP[data[start - 1]]:
        start -= 1
    end = position + 1
    while not _IS_STOP[data[end]]:
        end += 1
    out[found, 0] = start
    out[found, 1] = end
    out[found, 2] = lines
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
    for key in keys:
        place = mixed(key) >> uint64(shift)
        bitmap[place >> uint64(6)] |= uint64(1) << (place & uint64(63))


@compiled
def last8_of(text: Any, ends: Any, out: Any) -> None:
    """What stage (2) looks up, of names of eight bytes or more."""
    for n in range(len(ends)):
        out[n] = load64(text, ends[n] - 8) | _LOWER8


@compiled
def bit(bitmap: Any, place: Any) -> Any:
    return bitmap[place >> uint64(6)] >> (place & uint64(63)) & uint64(1)


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


# Masks


@compiled
def shifted(mask: Any, bits: int, before: Any) -> Any:
    return mask << uint64(bits) | before >> uint64(64 - bits)


@compiled
def two_to_four_back(mask: Any, before: Any) -> Any:
    return shifted(mask, 2, before) | shifted(mask, 3, before) | shifted(mask, 4, before)


@compiled
def ones_below(mask: Any, at: int) -> int:
    return ones(mask & ((uint64(1) << uint64(at)) - uint64(1)))


@intrinsic
def masks(_: Any, data: Any, at: Any) -> Any:
    """Of the 64 bytes from `at`: host byte, dot, digit, hexadecimal digit or colon, colon, slash, newline, non-ASCII."""
    result = types.UniTuple(types.uint64, 8)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vector = ir.VectorType(ir.IntType(8), 64)
        array = context.make_array(signature.args[0])(context, builder, args[0])
        place = builder.bitcast(builder.gep(array.data, [args[1]]), vector.as_pointer())
        v = builder.load(place, align=1)

        def all_of(byte: int) -> Any:
            return ir.Constant(vector, [byte] * 64)

        def is_(byte: str) -> Any:
            return builder.icmp_unsigned("==", v, all_of(ord(byte)))

        def within(x: Any, first: str, last: str) -> Any:
            # Below `first` the difference wraps around and is large.
            return builder.icmp_unsigned("<=", builder.sub(x, all_of(ord(first))), all_of(ord(last) - ord(first)))

        def any_of(*found: Any) -> Any:
            together = found[0]
            for one in found[1:]:
                together = builder.or_(together, one)
            return together

        lower = builder.or_(v, all_of(0x20))
        dot, digit, colon = is_("."), within(v, "0", "9"), is_(":")
        high = builder.icmp_signed("<", v, all_of(0))
        host = any_of(digit, within(lower, "a", "z"), high, dot, is_("-"), is_("_"))
        hex_or_colon = any_of(digit, within(lower, "a", "f"), colon)
        found = (host, dot, digit, hex_or_colon, colon, is_("/"), is_("\n"), high)
        return context.make_tuple(builder, result, [builder.bitcast(m, ir.IntType(64)) for m in found])

    return result(data, types.int64), generate


@intrinsic
def load64(_: Any, data: Any, at: Any) -> Any:
    """The eight bytes from `at`."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        return builder.load(builder.bitcast(builder.gep(array.data, [args[1]]), ir.IntType(64).as_pointer()), align=1)

    return types.uint64(data, types.int64), generate


@intrinsic
def trailing_zeros(_: Any, mask: Any) -> Any:
    """How many bits below the lowest that is set; of a mask that is not zero."""

    def generate(_: Any, builder: Any, __: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), generate


@intrinsic
def ones(_: Any, mask: Any) -> Any:
    """How many bits are set."""

    def generate(_: Any, builder: Any, __: Any, args: Any) -> Any:
        return builder.ctpop(args[0])

    return types.int64(types.uint64), generate
