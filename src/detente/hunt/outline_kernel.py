"""Where the objects of a list in JSON begin and end, and what they are but for their texts, compiled by Numba.

The *shape* of an object is its text without what stands within the quotes of its values: two objects of one shape are both JSON or
neither is, and differ in nothing but those texts, where these hold only what a JSON string may (RFC 8259, section 7). So whoever has
parsed one object knows all others of its shape: `detente.intake.outlined` does.

`common_indicators` reads the columns of those that are indicators as most are written. What it does not take may be sound all the same.
"""

from __future__ import annotations

from typing import Any

from numba import int64

from detente.hunt.kernel import compiled
from detente.hunt.outline_tables import (
    ABSENT,
    BEGIN,
    CREATED,
    END,
    ENTIRELY,
    FIRST_TEXT,
    FLAGS,
    ID,
    MODIFIED,
    NO_TIME,
    NOT_ASCII,
    PATTERN,
    READ_ID,
    READ_MODIFIED,
    READ_PATTERN,
    READ_REFS,
    READ_VALID_FROM,
    READ_VALID_UNTIL,
    READ_WHO,
    REFS_FIRST,
    REFS_LAST,
    SHAPE_BEGIN,
    SHAPE_END,
    TYPE,
    UNSOUND,
    VALID_FROM,
    VALID_UNTIL,
    WHO,
)

_QUOTE, _BACKSLASH, _COMMA, _COLON = ord('"'), ord("\\"), ord(","), ord(":")
_OPEN_OBJECT, _CLOSE_OBJECT, _OPEN_LIST, _CLOSE_LIST = ord("{"), ord("}"), ord("["), ord("]")
_WRONG_TIME = -(1 << 62)
_DAY_US = 86_400_000_000
_DAYS_1970 = 719_468  # from the first of March of the year 0
_ID_BYTES = 47


@compiled
def outline(text: Any, shapes: Any, objects: Any, texts: Any) -> tuple[int, int]:
    """How many objects end in `text`, which begins with one, and how many texts their values hold.

    A row of `objects` for each: BEGIN and END in `text`, SHAPE_BEGIN and SHAPE_END in `shapes`, FIRST_TEXT in `texts`, FLAGS. A row of
    `texts` for each value that is a text: where it begins and ends within its quotes. `shapes` has as many bytes as `text`.
    The objects have a comma between them. What is no JSON has rows that mean nothing, of which the shape is of no JSON either.
    """
    size = len(text)
    count = at = used = known = 0
    while count < len(objects) and at < size and text[at] == _OPEN_OBJECT:
        objects[count, BEGIN] = at
        objects[count, SHAPE_BEGIN] = used
        objects[count, FIRST_TEXT] = known
        depth = flags = 0
        while at < size:
            byte = text[at]
            if byte != _QUOTE:
                shapes[used] = byte
                used += 1
                at += 1
                if byte == _OPEN_OBJECT or byte == _OPEN_LIST:  # noqa: SIM109  # quicker, and Numba knows it
                    depth += 1
                elif byte == _CLOSE_OBJECT or byte == _CLOSE_LIST:  # noqa: SIM109
                    depth -= 1
                    if depth == 0:
                        break
                continue
            end, found = _text_end(text, at + 1)
            flags |= found
            behind = _behind_blanks(text, end + 1)
            if behind >= size:
                at = size
                depth = 1
            elif text[behind] == _COLON:
                for place in range(at, end + 1):
                    shapes[used] = text[place]
                    used += 1
            else:
                if known == len(texts):
                    return count, objects[count, FIRST_TEXT]
                texts[known, 0] = at + 1
                texts[known, 1] = end
                known += 1
                shapes[used] = _QUOTE
                shapes[used + 1] = _QUOTE
                used += 2
            at = max(at, end + 1)
        if depth != 0:
            return count, objects[count, FIRST_TEXT]
        objects[count, END] = at
        objects[count, SHAPE_END] = used
        objects[count, FLAGS] = flags
        count += 1
        at = _behind_blanks(text, at)
        if at >= size or text[at] != _COMMA:
            break
        at = _behind_blanks(text, at + 1)
    return count, known


@compiled
def _behind_blanks(text: Any, at: int) -> int:
    while at < len(text) and (text[at] == 0x20 or text[at] == 0x0A or text[at] == 0x0D or text[at] == 0x09):
        at += 1
    return at


@compiled
def _text_end(text: Any, at: int) -> tuple[int, int]:
    """Where the quote is that ends a text, or the end of all, and what the text holds: UNSOUND or NOT_ASCII."""
    flags = 0
    size = len(text)
    while at < size:
        byte = text[at]
        if byte == _QUOTE:
            break
        if byte >= 0x80:
            flags |= NOT_ASCII
        elif byte < 0x20:
            flags |= UNSOUND
        elif byte == _BACKSLASH:
            at += 1
            if at < size and not _is_escape(text, at):
                flags |= UNSOUND
        at += 1
    return min(at, size), flags


@compiled
def _is_escape(text: Any, at: int) -> bool:
    """Whether a character stands behind a backslash as it may, and not as a half of a pair."""
    byte = text[at]
    if byte != 0x75:  # \\u
        return (
            byte == _QUOTE
            or byte == _BACKSLASH
            or byte == 0x2F  # "/"
            or byte == 0x62  # "b"
            or byte == 0x66  # "f"
            or byte == 0x6E  # "n"
            or byte == 0x72  # "r"
            or byte == 0x74  # "t"
        )
    if at + 4 >= len(text):
        return False
    for place in range(at + 1, at + 5):
        if not (_is_lower_hex(text[place]) or 0x41 <= text[place] <= 0x46):
            return False
    # \ud800 to \udfff are halves.
    return not ((text[at + 1] == 0x64 or text[at + 1] == 0x44) and text[at + 2] >= 0x38)


@compiled
def _is_lower_hex(byte: int) -> bool:
    return 0x30 <= byte <= 0x39 or 0x61 <= byte <= 0x66


@compiled
def common_indicators(
    text: Any, objects: Any, texts: Any, shape_of: Any, layouts: Any, prefix: Any, found: Any
) -> None:
    """Columns of each object, as `outline_tables` names them, where it is an indicator that is written as most are.

    `shape_of` is the row of its shape in `layouts`; a row tells which of its texts is what, ABSENT where there is none.
    `prefix`: "indicator--", of which the type is the beginning.
    """
    for row in range(len(shape_of)):
        layout = layouts[shape_of[row]]
        found[row, ENTIRELY] = 0
        if layout[TYPE] == ABSENT:
            continue
        first = objects[row, FIRST_TEXT]
        begin, end = texts[first + layout[TYPE], 0], texts[first + layout[TYPE], 1]
        if end - begin != len(prefix) - 2 or not _begins(text, begin, prefix, end - begin):
            continue
        begin, end = texts[first + layout[ID], 0], texts[first + layout[ID], 1]
        if end - begin != _ID_BYTES or not _begins(text, begin, prefix, len(prefix)) or not _is_uuid(text, begin + 11):
            continue
        found[row, READ_ID] = begin
        created = _moment(text, texts, first, layout[CREATED])
        modified = _moment(text, texts, first, layout[MODIFIED])
        valid_from = _moment(text, texts, first, layout[VALID_FROM])
        valid_until = _moment(text, texts, first, layout[VALID_UNTIL])
        if (
            created == _WRONG_TIME
            or modified == _WRONG_TIME
            or valid_from == _WRONG_TIME
            or valid_until == _WRONG_TIME
            or created > modified
        ):
            continue
        found[row, READ_VALID_FROM] = valid_from
        found[row, READ_VALID_UNTIL] = valid_until
        _span(texts, first, layout[MODIFIED], layout[MODIFIED], found[row], READ_MODIFIED)
        _span(texts, first, layout[PATTERN], layout[PATTERN], found[row], READ_PATTERN)
        _span(texts, first, layout[WHO], layout[WHO], found[row], READ_WHO)
        _span(texts, first, layout[REFS_FIRST], layout[REFS_LAST], found[row], READ_REFS)
        found[row, ENTIRELY] = 1


@compiled
def _span(texts: Any, first: int, begins: int, ends: int, found: Any, column: int) -> None:
    """From where one text begins to where another ends; both 0 where there are none."""
    found[column] = 0 if begins == ABSENT else texts[first + begins, 0]
    found[column + 1] = 0 if begins == ABSENT else texts[first + ends, 1]


@compiled
def _begins(text: Any, at: int, prefix: Any, size: int) -> bool:
    for place in range(size):
        if text[at + place] != prefix[place]:
            return False
    return True


@compiled
def _is_uuid(text: Any, at: int) -> bool:
    for place in range(36):
        byte = text[at + place]
        if place == 8 or place == 13 or place == 18 or place == 23:
            if byte != 0x2D:
                return False
        elif not _is_lower_hex(byte):
            return False
    return True


@compiled
def _moment(text: Any, texts: Any, first: int, which: int) -> int:
    """Microseconds since 1970 of 2026-01-31T23:59:59Z with up to six digits of a second; NO_TIME where there is no such text."""
    if which == ABSENT:
        return NO_TIME
    at, end = texts[first + which, 0], texts[first + which, 1]
    size = end - at
    if size < 20 or size > 27 or size == 21 or text[end - 1] != 0x5A:
        return _WRONG_TIME
    if (
        text[at + 4] != 0x2D
        or text[at + 7] != 0x2D
        or text[at + 10] != 0x54
        or text[at + 13] != _COLON
        or text[at + 16] != _COLON
        or (size > 20 and text[at + 19] != 0x2E)
    ):
        return _WRONG_TIME
    year = _number(text, at, 4)
    month = _number(text, at + 5, 2)
    day = _number(text, at + 8, 2)
    hour = _number(text, at + 11, 2)
    minute = _number(text, at + 14, 2)
    second = _number(text, at + 17, 2)
    if year < 1 or month < 1 or month > 12 or day < 1 or hour < 0 or hour > 23 or minute < 0 or minute > 59:
        return _WRONG_TIME
    if second < 0 or second > 59 or day > _days_in(year, month):
        return _WRONG_TIME
    fraction = 0
    if size > 20:
        fraction = _number(text, at + 20, size - 21)
        if fraction < 0:
            return _WRONG_TIME
        for _ in range(27 - size):
            fraction *= 10
    return _days(year, month, day) * _DAY_US + ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction


@compiled
def _number(text: Any, at: int, digits: int) -> int:
    """-1 where they are not all digits."""
    number = 0
    for place in range(at, at + digits):
        digit = int64(text[place]) - 0x30
        if digit < 0 or digit > 9:
            return -1
        number = number * 10 + digit
    return number


@compiled
def _days_in(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month == 4 or month == 6 or month == 9 or month == 11 else 31


@compiled
def _days(year: int, month: int, day: int) -> int:
    """Since 1970, of the Gregorian calendar; years begin in March here, so that a leap day is the last."""
    if month <= 2:
        year -= 1
        month += 12
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * (month - 3) + 2) // 5 + day - 1 - _DAYS_1970
