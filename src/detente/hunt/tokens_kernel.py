"""Every token of a block of lines as a number, compiled by Numba: what `detente.hunt.summary` keeps of a log.

Built of the stages of `detente.hunt.kernel`, but nothing is looked up: what could be searched for one day comes out, as

    an IPv4 address     the address
    an IPv6 address     its two halves
    anything else       a 64-bit fingerprint: of a name and each parent of it with two labels or more, of a hash, of a URL's host
    an odd word         its place: it holds what only `Matcher.match_word` reads rightly, such as bytes from 0x80 on

What comes out must hold everything that a hunt could hit in these lines; what else comes out only makes a summary larger, or lets a
file be hunted in vain. Of what comes again, most is dropped by a small table of what came lately; whoever collects drops the rest. An
entry there is compared whole, never by its hash alone: a writer of log lines who can make two hashes equal must not be able to hide
one word behind another.

`look_up_ranges` and `look_up_prints` answer for the summaries of many logs at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import int64, uint64

from detente.hunt.chunks import PADDING
from detente.hunt.kernel import (
    _HEX,
    _IS_HOST,
    _IS_STOP,
    _NO_DIGIT,
    _ODD,
    _SEED,
    compiled,
    digit_at,
    ip6_at,
    ip6_fingerprint,
    mixed,
    run_around,
    stripped_end,
    with_byte,
)
from detente.hunt.tables import PRINT_OF_ADDRESS6, PRINT_OF_HASH, PRINT_OF_NAME, PRINT_OF_URL_HOST, RECENT, RECENT_WORDS
from detente.hunt.values import AUTHORITY_BYTES_MAX, NAME_BYTES_MAX
from detente.hunt.vectors import masks, trailing_zeros

LABEL_BYTES_MAX = 63
_ENDS_AUTHORITY = np.zeros(256, np.uint8)
_ENDS_AUTHORITY[list(b"/?#")] = 1
_TRIMMED = np.zeros(256, np.uint8)
_TRIMMED[list(b".,;:!?)]")] = 1


@compiled
def tokens(
    data: Any, size: int, recent: Any, recent_words: Any, addresses: Any, addresses6: Any, prints: Any, odd: Any
) -> tuple[int, int, int, int]:
    """How many of each came out. `data` is PADDING, `size` bytes, PADDING.

    `recent`: RECENT numbers for the fingerprints and as many for the addresses, kept from block to block. `recent_words`: RECENT_WORDS
    places (start, end) and the last word looked at, all zero for each block. There is room for `size` of each of the others, and for twice
    as many words.
    """
    found4 = found6 = found = found_odd = 0
    none = uint64(0)
    dot_before = colon_before = slash_before = none
    x1_before = x2_before = x4_before = x8_before = x15_before = none
    name_done = int64(0)
    run_done = int64(0)
    word_done = int64(0)
    trimmed_end = int64(0)
    for base in range(PADDING, PADDING + size, 64):
        label, dash, dot, _, x1, colon, slash, _, _, _ = masks(data, base)
        host = label | dash | dot
        # Names and IPv4 addresses: anything behind a dot.
        events = host & ~dot & shifted(dot, 1, dot_before)
        while events:
            at = trailing_zeros(events)
            events &= events - uint64(1)
            if base + at < name_done:
                continue
            name_done = token_end(data, base + at, host, at)
            start = token_start(data, base + at)
            end = stripped_end(data, base + at, name_done)
            address = address4(data, start, end)
            if address >= 0:
                found4 = put_recent(uint64(address), recent, RECENT, addresses, found4)
                if data[start - 1] == 58 and (_HEX[data[start - 2]] != _NO_DIGIT or data[start - 2] == 58):
                    found_odd = put_word(data, start, recent_words, odd, found_odd)
            elif not is_ascii(data, start, end):
                found_odd = put_word(data, start, recent_words, odd, found_odd)
            else:
                found = put_names(data, start, end, recent, prints, found)
        # Hashes and IPv6 addresses: a run of 15 hexadecimal digits or colons, or '::'.
        x2 = x1 & shifted(x1, 1, x1_before)
        x4 = x2 & shifted(x2, 2, x2_before)
        x8 = x4 & shifted(x4, 4, x4_before)
        x15 = x8 & shifted(x8, 7, x8_before)
        events = (x15 & ~shifted(x15, 1, x15_before)) | (colon & shifted(colon, 1, colon_before))
        x1_before, x2_before, x4_before, x8_before, x15_before = x1, x2, x4, x8, x15
        while events:
            at = trailing_zeros(events)
            events &= events - uint64(1)
            if base + at < run_done:
                continue
            start, run_done = run_around(data, base + at)
            found, colons = put_hashes(data, start, run_done, recent, prints, found)
            if colons < 2:
                continue
            if data[start - 1] == 46 or data[run_done] == 46:
                found_odd = put_word(data, start, recent_words, odd, found_odd)
                continue
            valid, upper, lower = ip6_at(data, start, run_done)
            if valid:
                addresses6[found6, 0] = upper
                addresses6[found6, 1] = lower
                if found6 == 0 or addresses6[found6 - 1, 0] != upper or addresses6[found6 - 1, 1] != lower:
                    found6 += 1
                if upper == none and lower >> uint64(32) == uint64(0xFFFF):
                    found4 = put_recent(lower & uint64(0xFFFFFFFF), recent, RECENT, addresses, found4)
        # URLs.
        events = slash & shifted(slash, 1, slash_before) & shifted(colon, 2, colon_before)
        while events:
            at = trailing_zeros(events)
            events &= events - uint64(1)
            start = base + at + 1
            letter = data[start - 4] | 32
            if letter < 97 or letter > 122:
                continue
            if start > word_done:
                word_done = start
                while not _IS_STOP[data[word_done]]:
                    word_done += 1
                trimmed_end = word_done
                # The word holds '://', where this ends at the latest.
                while _TRIMMED[data[trimmed_end - 1]]:
                    trimmed_end -= 1
            end, plain = authority_end(data, start, trimmed_end)
            if not plain:
                found_odd = put_word(data, start, recent_words, odd, found_odd)
            elif start < trimmed_end:
                key = tagged(host_print(data, start, end), PRINT_OF_URL_HOST)
                found = put_recent(key, recent, 0, prints, found)
        dot_before, colon_before, slash_before = dot, colon, slash
    return found4, found6, found, found_odd


@compiled
def token_start(data: Any, position: int) -> int:
    """The beginning of the run of host bytes around a place behind a dot, without the dots and hyphens before it."""
    start = position
    while _IS_HOST[data[start - 1]]:
        start -= 1
    while data[start] == 46 or data[start] == 45:
        start += 1
    return start


@compiled
def address4(data: Any, start: int, end: int) -> int:
    """The address that a token is, or -1."""
    if end - start > 15:
        return int64(-1)
    address = number = digits = dots = int64(0)
    for i in range(start, end):
        digit = digit_at(data, i)
        if digit < 10:
            if digits > 0 and number == 0:
                return int64(-1)
            number = number * 10 + digit
            digits += 1
            if number > 255:
                return int64(-1)
        elif data[i] == 46 and digits > 0:
            address = address << 8 | number
            number = digits = int64(0)
            dots += 1
        else:
            return int64(-1)
    if dots != 3 or digits == 0:
        return int64(-1)
    return address << 8 | number


@compiled
def is_ascii(data: Any, start: int, end: int) -> bool:
    for i in range(start, end):
        if data[i] >= 128:
            return False
    return True


@compiled
def put_names(data: Any, start: int, end: int, recent: Any, prints: Any, found: int) -> int:
    """A name and its parents that an indicator could have: two labels or more, none empty or long, the last no number."""
    h = _SEED
    label_end = end
    labels = 0
    numeric = True
    for i in range(end - 1, max(start, end - NAME_BYTES_MAX) - 1, -1):
        c = data[i]
        if c == 46:
            if label_end == i + 1 or (labels == 0 and numeric):
                return found
            labels += 1
            label_end = i
        elif label_end - i > LABEL_BYTES_MAX:
            return found
        elif labels == 0 and digit_at(data, i) > 9:
            numeric = False
        h = with_byte(h, c)
        if labels and c != 46 and c != 45 and (i == start or data[i - 1] == 46):
            found = put_recent(tagged(h, PRINT_OF_NAME), recent, 0, prints, found)
    return found


@compiled
def put_hashes(data: Any, start: int, end: int, recent: Any, prints: Any, found: int) -> tuple[int, int]:
    """The pieces between colons that are hashes; and how many colons there are."""
    colons = 0
    piece = start
    for i in range(start, end + 1):
        if i == end or data[i] == 58:
            if i < end:
                colons += 1
            digits = i - piece
            if (digits == 32 or digits == 40 or digits == 64 or digits == 128) and stands_alone(data, piece, i):
                h = _SEED
                for k in range(i - 1, piece - 1, -1):
                    h = with_byte(h, data[k])
                found = put_recent(tagged(h, PRINT_OF_HASH), recent, 0, prints, found)
            piece = i + 1
    return found, colons


@compiled
def stands_alone(data: Any, start: int, end: int) -> bool:
    """Whether a token is this and, on either side, dots and hyphens. Of many of these, that it might be is enough."""
    for _ in range(8):
        if data[start - 1] == 46 or data[start - 1] == 45:
            start -= 1
        if data[end] == 46 or data[end] == 45:
            end += 1
    before, after = data[start - 1], data[end]
    return (before == 46 or before == 45 or not _IS_HOST[before]) and (
        after == 46 or after == 45 or not _IS_HOST[after]
    )


@compiled
def authority_end(data: Any, start: int, end: int) -> tuple[int, bool]:
    """Where the authority that begins there ends, and whether its host is to be read as it stands."""
    i = start
    while i < end and not _ENDS_AUTHORITY[data[i]]:
        if data[i] >= 128 or data[i] == 91 or i - start > AUTHORITY_BYTES_MAX:
            return i, False
        i += 1
    return i, True


@compiled
def host_print(data: Any, start: int, end: int) -> Any:
    """Of the host in an authority of ASCII without brackets; see `detente.hunt.values.authority`."""
    first = start
    for i in range(start, end):
        if data[i] == 64:
            first = i + 1
    last = first
    while last < end and data[last] != 58:
        last += 1
    while last > first and data[last - 1] == 46:
        last -= 1
    h = _SEED
    for i in range(last - 1, first - 1, -1):
        h = with_byte(h, data[i])
    return h


# What comes out


@compiled
def tagged(h: Any, kind: int) -> Any:
    """One number for each text of each kind. Twice mixed, because its top bits are what a summary keeps."""
    return mixed(mixed(h + uint64(kind) * _ODD) * _ODD)


@compiled
def put_recent(key: Any, recent: Any, first: int, out: Any, found: int) -> int:
    # A key is never told from zero there: zero is put out each time.
    place = first + int64(mixed(key) & uint64(RECENT - 1))
    if recent[place] == key and key != uint64(0):
        return found
    recent[place] = key
    out[found] = key
    return found + 1


@compiled
def put_word(data: Any, position: int, recent_words: Any, odd: Any, found: int) -> int:
    """The word that holds a position, unless the same one came lately."""
    if recent_words[RECENT_WORDS, 0] <= position < recent_words[RECENT_WORDS, 1]:
        return found
    start = position
    while not _IS_STOP[data[start - 1]]:
        start -= 1
    h = _SEED
    end = start
    while not _IS_STOP[data[end]]:
        h = with_byte(h, data[end])
        end += 1
    # Also of one that does not come out: a long word with many places is read once.
    recent_words[RECENT_WORDS, 0] = start
    recent_words[RECENT_WORDS, 1] = end
    place = int64(mixed(h) & uint64(RECENT_WORDS - 1))
    if recent_words[place, 1] - recent_words[place, 0] == end - start:
        first = recent_words[place, 0]
        same = True
        for i in range(end - start):
            if data[first + i] != data[start + i]:
                same = False
                break
        if same:
            return found
    recent_words[place, 0] = start
    recent_words[place, 1] = end
    odd[found, 0] = start
    odd[found, 1] = end
    return found + 1


@compiled
def prints_of(text: Any, ends: Any, kinds: Any, out: Any) -> None:
    """The fingerprints of texts in normal form, one behind the other in `text`."""
    start = 0
    for n in range(len(ends)):
        h = _SEED
        for i in range(ends[n] - 1, start - 1, -1):
            h = with_byte(h, text[i])
        out[n] = tagged(h, kinds[n])
        start = ends[n]


@compiled
def prints_of_addresses6(addresses: Any, out: Any) -> None:
    for n in range(len(addresses)):
        out[n] = tagged(ip6_fingerprint(addresses[n, 0], addresses[n, 1], 128), PRINT_OF_ADDRESS6)


# Questions


@compiled
def look_up_ranges(keys: Any, starts: Any, firsts: Any, lasts: Any, bitmap: Any, shift: int, out: Any) -> int:
    """Rows of (log, range) for each range that holds a key of a log; returns how many, of which `out` holds what it has room for.

    The keys of log n are `keys[starts[n] : starts[n + 1]]`, sorted. `bitmap` has a bit for each value that the top bits of a key in any
    of the ranges can have.
    """
    found = 0
    for log in range(len(starts) - 1):
        start, end = starts[log], starts[log + 1]
        if end - start < len(firsts):
            worthwhile = False
            for i in range(start, end):
                if bit(bitmap, uint64(keys[i]) >> uint64(shift)):
                    worthwhile = True
                    break
            if not worthwhile:
                continue
        for n in range(len(firsts)):
            i = first_not_below(keys, start, end, firsts[n])
            if i < end and keys[i] <= lasts[n]:
                if found < len(out):
                    out[found, 0] = log
                    out[found, 1] = n
                found += 1
    return found


@compiled
def look_up_prints(
    rests: Any, starts: Any, buckets: Any, bucket_starts: Any, bits: Any, wanted: Any, bitmap: Any, shift: int, out: Any
) -> int:
    """Rows of (log, place in `wanted`) for each fingerprint that may be of a log; returns how many.

    Of each fingerprint of log n, the top `bits[n]` bits say in which bucket the next 32 stand, sorted: see `detente.hunt.summary.Pack`.
    """
    found = 0
    for log in range(len(starts) - 1):
        start, end = starts[log], starts[log + 1]
        b = uint64(bits[log])
        first_bucket = bucket_starts[log]
        if end - start < len(wanted):
            worthwhile = False
            for bucket in range(bucket_starts[log + 1] - first_bucket - 1):
                top = uint64(bucket) << (uint64(64) - b) if b else uint64(0)
                for i in range(buckets[first_bucket + bucket], buckets[first_bucket + bucket + 1]):
                    key = top | uint64(rests[start + i]) << (uint64(32) - b)
                    if bit(bitmap, key >> uint64(shift)):
                        worthwhile = True
                        break
                if worthwhile:
                    break
            if not worthwhile:
                continue
        for n in range(len(wanted)):
            bucket = int64(wanted[n] >> (uint64(64) - b)) if b else int64(0)
            rest = wanted[n] >> (uint64(32) - b) & uint64(0xFFFFFFFF)
            low = start + int64(buckets[first_bucket + bucket])
            high = start + int64(buckets[first_bucket + bucket + 1])
            i = first_not_below(rests, low, high, rest)
            if i < high and uint64(rests[i]) == rest:
                if found < len(out):
                    out[found, 0] = log
                    out[found, 1] = n
                found += 1
    return found


@compiled
def first_not_below(keys: Any, low: int, high: int, wanted: Any) -> int:
    while low < high:
        middle = (low + high) >> 1
        if uint64(keys[middle]) < wanted:
            low = middle + 1
        else:
            high = middle
    return low


# Masks


@compiled
def shifted(mask: Any, bits: int, before: Any) -> Any:
    return mask << uint64(bits) | before >> uint64(64 - bits)


@compiled
def token_end(data: Any, position: int, host: Any, at: int) -> int:
    """The end of the run of host bytes that holds `position`, which is bit `at` of the mask."""
    others = ~host >> uint64(at)
    if others != uint64(0):
        return position + trailing_zeros(others)
    end = position - at + 64
    while _IS_HOST[data[end]]:
        end += 1
    return end


@compiled
def bit(bitmap: Any, place: Any) -> Any:
    return bitmap[place >> uint64(6)] >> (place & uint64(63)) & uint64(1)
