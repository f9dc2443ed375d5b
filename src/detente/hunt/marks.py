"""Steps (1) to (3) of `detente.hunt.kernel`: which runs of bytes of a batch may hold something, and where those runs end.

Each loop over words takes the word before, too, so it needs all of the loop above it. LLVM makes vector instructions of the loops
that call nothing but `back`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import uint64

from detente.hunt.tables import IPV6, NAMES, URLS
from detente.hunt.vectors import WORDS, inlined, masks, ones, trailing_zeros


@inlined
def classify(data: Any, batch: int, used: int, m: Any) -> tuple[int, Any]:
    """The masks of a batch; returns how many newlines there are, and zero when all bytes are ASCII."""
    newlines = 0
    any_high = uint64(0)
    for i in range(1, used + 1):
        label, dash, dot, digit, hex_, colon, slash, newline, high, bound = masks(data, batch + 64 * (i - 1))
        m.label[i], m.dash[i], m.dot[i], m.digit[i], m.hex[i] = label, dash, dot, digit, hex_
        m.colon[i], m.slash[i], m.newline[i], m.high[i], m.bound[i] = colon, slash, newline, high, bound
        newlines += ones(newline)
        any_high |= high
    return newlines, any_high


@inlined
def mark_tokens(m: Any, wanted: int, every_dot: int) -> None:
    """Host bytes behind a dot, and those behind "://"."""
    names, urls = all_if(wanted & NAMES), all_if(wanted & URLS)
    digits = all_if(every_dot)
    for i in range(1, WORDS):
        m.host[i] = m.label[i] | m.dash[i] | m.dot[i]
        m.slashes[i] = m.slash[i] & back(m.slash, i, 1) & back(m.colon, i, 2)
    for i in range(1, WORDS):
        m.authority[i] = back(m.slashes, i, 1) & urls
        in_name = (m.label[i] | m.dash[i]) & (~m.digit[i] | digits) & back(m.dot, i, 1) & names
        m.marks[i] = in_name | m.authority[i] & m.host[i]


@inlined
def mark_ip4(m: Any) -> None:
    """A digit behind the third of three dots that are 2 to 4 bytes apart."""
    for i in range(1, WORDS):
        m.number2[i] = m.digit[i] & back(m.dot, i, 1)
    for i in range(1, WORDS):
        m.number3[i] = m.number2[i] & back_2_to_4(m.number2, i)
    for i in range(1, WORDS):
        m.marks[i] = m.number3[i] & back_2_to_4(m.number3, i)


@inlined
def mark_hex(m: Any, wanted: int) -> None:
    """From the fifteenth of a run of hexadecimal digits and colons on, and "::"."""
    ip6 = all_if(wanted & IPV6)
    for i in range(1, WORDS):
        m.hex2[i] = m.hex[i] & back(m.hex, i, 1)
    for i in range(1, WORDS):
        m.hex4[i] = m.hex2[i] & back(m.hex2, i, 2)
    for i in range(1, WORDS):
        m.hex8[i] = m.hex4[i] & back(m.hex4, i, 4)
    for i in range(1, WORDS):
        m.marks[i] = m.hex8[i] & back(m.hex8, i, 7) | m.colon[i] & back(m.colon, i, 1) & ip6


@inlined
def all_if(wanted: int) -> Any:
    return ~uint64(0) if wanted else uint64(0)


@inlined
def back(mask: Any, i: int, bytes_: int) -> Any:
    """Which bytes have one of the mask so many bytes before."""
    return mask[i] << uint64(bytes_) | mask[i - 1] >> uint64(64 - bytes_)


@inlined
def back_2_to_4(mask: Any, i: int) -> Any:
    return back(mask, i, 2) | back(mask, i, 3) | back(mask, i, 4)


@inlined
def run_ends(runs: Any, marks: Any, carry: Any) -> tuple[Any, Any]:
    """The first byte behind each run of ones that holds a mark, and the carry into the next word.

    runs   0111 0110   (the lowest bit to the right)
    marks  0000 0100
    sum    0111 1010   of which 0000 1000 was in no run
    """
    marked = runs + marks
    ends = marked + carry
    return ends & ~runs, uint64(marked < runs) | uint64(ends < marked)


@inlined
def listed(list_: Any, count: int, i: int, marks: Any, usual: int) -> int:
    """Adds the places in a batch that word `i` marks to a list of `count`, and returns how many there are now.

    `usual` places are written even where there are fewer, since that takes less time than to guess wrongly how many there are.
    """
    first = 64 * (i - 1)
    new_count = count + ones(marks)
    for n in range(usual):
        list_[count + n] = np.uint16(first + trailing_zeros(marks))
        marks &= marks - uint64(1)
    count += usual
    while marks:
        list_[count] = np.uint16(first + trailing_zeros(marks))
        marks &= marks - uint64(1)
        count += 1
    return new_count


@inlined
def bits_before(mask: Any, place: int) -> Any:
    """Of the 64 bytes before a place of the batch; the last of them is the highest bit."""
    i, at = (place >> 6) + 1, uint64(place & 63)
    return mask[i] << uint64(1) << (uint64(63) - at) | mask[i - 1] >> at
