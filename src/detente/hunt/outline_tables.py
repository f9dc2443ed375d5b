"""The columns that `detente.hunt.outline_kernel` fills and reads."""

from __future__ import annotations

# Of an object: where it stands, where its shape, its first text, and flags.
BEGIN, END, SHAPE_BEGIN, SHAPE_END, FIRST_TEXT, FLAGS = range(6)
OBJECT_COLUMNS = 6
UNSOUND, NOT_ASCII = 1, 2

# Of the shape of an indicator: which of its texts is what.
TYPE, ID, CREATED, MODIFIED, VALID_FROM, VALID_UNTIL, PATTERN, WHO, REFS_FIRST, REFS_LAST = range(10)
LAYOUT_COLUMNS = 10
ABSENT = -1

# Of an indicator: whether it was read, where its id begins, times in µs, and where texts begin and (a column behind) end.
ENTIRELY, READ_ID, READ_VALID_FROM, READ_VALID_UNTIL, READ_MODIFIED, READ_PATTERN, READ_WHO, READ_REFS = (
    0,
    1,
    2,
    3,
    4,
    6,
    8,
    10,
)
READ_COLUMNS = 12
NO_TIME = -(1 << 63)
