"""Counting lines that hit, compiled by Numba: words that were matched before are known again, and their lines counted.

It decides nothing: `Matcher.match_word` has said what each word hits. A line is counted here when one known word hits it and the reader of
its format takes it. Any other is left to `detente.hunt.counting`, which would come to the same figures for every line.

What it works on: `detente.hunt.counting_tables`. A word that finds no place within PLACES_MAX of the first that it may have is not kept,
so that words chosen for their fingerprints cost no more than others.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import int64, uint64

from detente.hunt.chunks import PADDING
from detente.hunt.counting_tables import (
    APACHE,
    BEHIND_BOUNDS,
    COUNT,
    DAYS,
    EXAMPLES,
    FIRST_ACTION,
    FIRST_BOUND,
    FIRST_DIRECTION,
    FIRST_LINE,
    FIRST_US,
    HITS,
    LAST_LINE,
    LAST_US,
    PLACES_MAX,
    PLAIN,
    UNKNOWN,
    WITHOUT_TIME,
    WORD_BYTES_MAX,
)
from detente.hunt.kernel import compiled, digit_at, mixed
from detente.hunt.vectors import load64, trailing_zeros

_DAY_US = 86_400_000_000
_READ_BYTES_MAX = 16 << 10  # as `detente.hunt.readers.web` reads a line
_FIELD_BYTES_MAX = 512
_METHOD_LETTERS_MAX = 32
_BLOCKED, _ALLOWED, _UNKNOWN_ACTION = 0, 1, 2
_INWARDS, _UNKNOWN_DIRECTION = 0, 2
_NO_TIME = -1
_CONNECT = int.from_bytes(b"CONNECT ", "little")
_MONTH_NAMES = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_MONTHS = np.array([int.from_bytes(name, "big") for name in _MONTH_NAMES], np.int64)
_DAYS_BEFORE = np.array([0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365], np.int64)
_SEED = np.uint64(0x13198A2E03707344)
_ODD = np.uint64(0x9E3779B97F4A7C15)
_ONES8, _HIGH8, _NEWLINES8 = (np.uint64(byte * 0x0101010101010101) for byte in (1, 0x80, 0x0A))


@compiled
def count_lines(
    data: Any, rows: Any, lines_before: int, reader: int, words: Any, counts: Any, numbers: Any, left: Any
) -> tuple[int, int]:
    """Count the lines of the rows if all words are known. Returns how many are not, and how many rows of `left` there are.

    `numbers` holds the number of each word, or UNKNOWN, which is looked up. Into `left`, in order, go lines that were not counted, and
    those that are wanted as examples: the line's first row that hits and the row behind its last, the line's number, start and end, 1
    when it is counted.
    """
    unknown = 0
    for row in range(len(rows)):
        if numbers[row] == UNKNOWN:
            start, end = rows[row, 0], rows[row, 1]
            place = place_of(data, start, end, fingerprint(data, start, end), words)
            if place >= 0 and words.prints[place] != uint64(0):
                numbers[row] = words.entries[place, 0]
            else:
                unknown += 1
    if unknown:
        return unknown, 0
    found = 0
    row = 0
    while row < len(rows):
        number = numbers[row]
        if number == 0:
            row += 1
            continue
        first = row
        before = rows[row, 2]
        alone = True
        row += 1
        while row < len(rows) and rows[row, 2] == before:
            alone &= numbers[row] == 0 or numbers[row] == number
            row += 1
        line = lines_before + before + 1
        start, end = line_around(data, rows[first, 0])
        counted = alone and count_line(data, start, end, line, reader, number, counts)
        if counted:
            if counts.alike[number, EXAMPLES] == 0:
                continue
            counts.alike[number, EXAMPLES] -= 1
        left[found, 0] = first
        left[found, 1] = row
        left[found, 2] = line
        left[found, 3] = start
        left[found, 4] = end
        left[found, 5] = counted
        found += 1
    return 0, found


@compiled
def line_around(data: Any, at: int) -> tuple[int, int]:
    """Start and end of the line that holds the place: without its newline, and within the padding."""
    start = at
    while start > PADDING and data[start - 1] != 10:
        start -= 1
    behind = len(data) - PADDING
    while at < behind:
        others = load64(data, at) ^ _NEWLINES8
        # The lowest bit that is set is that of the first byte that is zero.
        zeros = (others - _ONES8) & ~others & _HIGH8
        if zeros != uint64(0):
            return start, min(at + (trailing_zeros(zeros) >> 3), behind)
        at += 8
    return start, behind


@compiled
def count_line(data: Any, start: int, end: int, line: int, reader: int, number: int, counts: Any) -> bool:
    """Whether it could be. Does nothing otherwise."""
    alike, days = counts.alike, counts.days
    hits = alike[number, HITS]
    if hits == 0:
        return False
    time_us, action, direction = int64(_NO_TIME), _UNKNOWN_ACTION, _UNKNOWN_DIRECTION
    if reader == APACHE:
        time_us, action = apache_outcome(data, start, end)
        if time_us == _NO_TIME:
            return False
        direction = _INWARDS
        day = time_us // _DAY_US
        place = day % DAYS
        if days[place, 0] != 0 and days[place, 0] != day + 1:
            return False
        days[place, 0] = day + 1
        days[place, 1] += hits
    elif reader != PLAIN:
        return False
    counts.hit_lines[0] += 1
    if alike[number, COUNT] == 0:
        alike[number, FIRST_LINE] = line
    alike[number, LAST_LINE] = line
    alike[number, COUNT] += 1
    alike[number, FIRST_ACTION + action] += 1
    alike[number, FIRST_DIRECTION + direction] += 1
    if time_us == _NO_TIME:
        alike[number, WITHOUT_TIME] += 1
        return True
    alike[number, FIRST_US] = min(alike[number, FIRST_US], time_us)
    alike[number, LAST_US] = max(alike[number, LAST_US], time_us)
    for bound in range(alike[number, FIRST_BOUND], alike[number, BEHIND_BOUNDS]):
        counts.bounds[bound, 2] += time_us < counts.bounds[bound, 0] or time_us >= counts.bounds[bound, 1]
    return True


# Apache and nginx: the lines that `_PLAIN_REQUEST` of `detente.hunt.readers.web` takes, and tell a moment that there is


@compiled
def apache_outcome(data: Any, start: int, end: int) -> tuple[int, int]:
    """The time and the action; _NO_TIME for any other line."""
    none = (int64(_NO_TIME), _UNKNOWN_ACTION)
    if end - start > _READ_BYTES_MAX:
        return none
    at = start
    for _ in range(3):
        field = at
        while at < end and data[at] != 32 and data[at] != 91:  # ' ', '['
            at += 1
        if at == end or data[at] != 32 or at - field > _FIELD_BYTES_MAX:
            return none
        at += 1
    time_us = apache_time(data, at)
    at += 28
    if time_us == _NO_TIME or data[at] != 32 or data[at + 1] != 34:  # '"'
        return none
    at += 2
    method = at
    while 65 <= data[at] <= 90:
        at += 1
    if not 1 <= at - method <= _METHOD_LETTERS_MAX or data[at] != 32 or data[at + 1] != 47:  # '/'
        return none
    if load64(data, method) == uint64(_CONNECT):
        return none
    while at < end and data[at] != 34 and data[at] != 92:  # '\'
        at += 1
    if at + 6 >= end or data[at] != 34 or data[at + 1] != 32 or data[at + 5] != 32:
        return none
    if data[at + 6] == 32 or 9 <= data[at + 6] <= 13:
        return none
    hundreds, tens, ones = digit_at(data, at + 2), digit_at(data, at + 3), digit_at(data, at + 4)
    if hundreds > 9 or tens > 9 or ones > 9:
        return none
    return time_us, action_of(100 * hundreds + 10 * tens + ones)


@compiled
def action_of(status: int) -> int:
    if status == 401 or status == 403 or status == 407 or status == 429 or status == 444:
        return _BLOCKED
    return _ALLOWED if 100 <= status < 400 else _UNKNOWN_ACTION


@compiled
def apache_time(data: Any, at: int) -> int:
    """Of `[17/May/2015:10:05:03 +0200]`; _NO_TIME for another text, a leap second, and times before 1970 or behind 9998."""
    none = int64(_NO_TIME)
    if data[at] != 91 or data[at + 3] != 47 or data[at + 7] != 47 or data[at + 12] != 58 or data[at + 15] != 58:
        return none
    if data[at + 18] != 58 or data[at + 21] != 32 or data[at + 27] != 93:
        return none
    sign = data[at + 22]
    if sign != 43 and sign != 45:
        return none
    name = int64(data[at + 4]) << 16 | int64(data[at + 5]) << 8 | int64(data[at + 6])
    month = 0
    while month < 12 and _MONTHS[month] != name:
        month += 1
    day, hour, minute, second = two(data, at + 1), two(data, at + 13), two(data, at + 16), two(data, at + 19)
    century, year = two(data, at + 8), two(data, at + 10)
    zone_hours, zone_minutes = two(data, at + 23), two(data, at + 25)
    if century > 99 or year > 99 or hour > 23 or minute > 59 or second > 59 or zone_hours > 23 or zone_minutes > 59:
        return none
    year += 100 * century
    if month == 12 or not 1970 <= year <= 9998:
        return none
    leap = 1 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 0
    days_of_month = _DAYS_BEFORE[month + 1] - _DAYS_BEFORE[month] + (leap if month == 1 else 0)
    if not 1 <= day <= days_of_month:
        return none
    years = year - 1
    days = 365 * (year - 1970) + years // 4 - years // 100 + years // 400 - 477  # leap days before 1970
    days += _DAYS_BEFORE[month] + (leap if month > 1 else 0) + day - 1
    zone = 60 * zone_hours + zone_minutes
    time_s = 86_400 * days + 3_600 * hour + 60 * minute + second + (60 * zone if sign == 45 else -60 * zone)
    return time_s * 1_000_000 if time_s >= 0 else none


@compiled
def two(data: Any, at: int) -> int:
    """A number of two digits; 100 and more for anything else."""
    tens, ones = digit_at(data, at), digit_at(data, at + 1)
    return 10 * tens + ones if ones < 10 else int64(100)


# Words


@compiled
def enter_words(data: Any, rows: Any, words: Any, numbers: Any, new: Any) -> None:
    """Keep the words of the rows that `new` names, each once. There is room for all of their text."""
    for n in range(len(new)):
        row = new[n]
        start, end = rows[row, 0], rows[row, 1]
        if end - start > WORD_BYTES_MAX:
            continue
        fingerprint_ = fingerprint(data, start, end)
        place = place_of(data, start, end, fingerprint_, words)
        if place < 0 or words.prints[place] != uint64(0):
            continue
        at = words.used[1]
        for i in range(end - start):
            words.text[at + i] = data[start + i]
        words.prints[place] = fingerprint_
        words.entries[place, 0] = numbers[row]
        words.entries[place, 1] = at
        words.entries[place, 2] = at + end - start
        words.used[0] += 1
        words.used[1] += end - start


@compiled
def move_words(old: Any, new: Any) -> None:
    """Into a larger table, whose text is that of the old one."""
    last = uint64(len(new.prints) - 1)
    for n in range(len(old.prints)):
        if old.prints[n] != uint64(0):
            place = mixed(old.prints[n]) & last
            while new.prints[place] != uint64(0):
                place = (place + uint64(1)) & last
            new.prints[place] = old.prints[n]
            for column in range(3):
                new.entries[place, column] = old.entries[n, column]


@compiled
def place_of(data: Any, start: int, end: int, fingerprint_: Any, words: Any) -> int:
    """Where the word is, or an empty place for it, or -1 when there is neither within reach."""
    last = uint64(len(words.prints) - 1)
    place = mixed(fingerprint_) & last
    for _ in range(PLACES_MAX):
        found = words.prints[place]
        if found == uint64(0):
            return int64(place)
        if found == fingerprint_ and is_same(
            data, start, end, words.text, words.entries[place, 1], words.entries[place, 2]
        ):
            return int64(place)
        place = (place + uint64(1)) & last
    return int64(-1)


@compiled
def is_same(data: Any, start: int, end: int, text: Any, at: int, beyond: int) -> bool:
    if end - start != beyond - at:
        return False
    while start + 8 <= end:
        if load64(data, start) != load64(text, at):
            return False
        start += 8
        at += 8
    return start == end or (load64(data, start) ^ load64(text, at)) << uint64(8 * (start + 8 - end)) == uint64(0)


@compiled
def fingerprint(data: Any, start: int, end: int) -> Any:
    """Not zero. Up to eight bytes behind the word are read, and not looked at."""
    h = _SEED + uint64(end - start)
    while start + 8 <= end:
        h = mixed(h ^ load64(data, start)) * _ODD
        start += 8
    if start < end:
        h = mixed(h ^ load64(data, start) << uint64(8 * (start + 8 - end))) * _ODD
    return mixed(h) | uint64(1)
