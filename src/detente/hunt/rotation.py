"""Rotated sets of logs in the order of time, by their names.

logrotate's ways of naming: a number that grows with age (`access.log.2.gz`, `access.log.1`, `access.log`), or the date on
which it was put away (`access.log-20150517.gz`, `access.log-20150518`, `access.log`). Whatever is packed belongs to the
set of what it was.
"""

from __future__ import annotations

import re
from typing import NamedTuple

PACKED_SUFFIXES = (".gz", ".zst", ".xz", ".bz2")


class Place(NamedTuple):
    """Of one file in its set; places of one set sort from the oldest to the newest."""

    base: str  # the name of the log that is written now
    era: int  # 0 by date, 1 by number, 2 the log itself
    stamp: str
    age: int


def place_of(name: str) -> Place:
    """Of a file's bare name; one that was not rotated is a set of its own."""
    bare = name
    for suffix in PACKED_SUFFIXES:
        bare = bare.removesuffix(suffix)
    if not bare.endswith(_LAST):  # so it is with most of ten thousand logs
        return Place(bare, 2, "", 0)
    dated = _DATED.fullmatch(bare)
    if dated is not None:
        return Place(dated[1], 0, dated[2], 0)
    numbered = _NUMBERED.fullmatch(bare)
    if numbered is not None:
        return Place(numbered[1], 1, "", -int(numbered[2]))
    return Place(bare, 2, "", 0)


_LAST = tuple("0123456789-")  # of the two below
# At most four digits: more are a date or a part of a name.
_NUMBERED = re.compile(r"(.+)\.([0-9]{1,4})")
_DATED = re.compile(r"(.+)[.-]([0-9]{8}(?:[T_-]?[0-9]{2,6})?|[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T_-][0-9-]{2,8})?)")
