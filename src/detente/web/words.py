"""Figures, times and other people's text as a page shows them.

Time is absolute first: `22 Nov 2026 03:00 UTC (4 h ago)`. What partners call themselves is shown character by
character: whatever could turn, hide or break a line is written out, so that no name can pretend to be another.
"""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MINUTE, _HOUR = 60, 3600
_HOURS_MAX = 48  # from here on in days
# Control and format characters (bidirectional overrides among them), lone surrogates, private use, unassigned; and the
# two separators that break a line.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def moment(at_us: int | None, now_us: int) -> str:
    """`22 Nov 2026 03:00 UTC (4 h ago)`; "not yet" for None."""
    if at_us is None:
        return "not yet"
    at = datetime.fromtimestamp(at_us // 1_000_000, UTC)
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year} {at:%H:%M} UTC ({distance(at_us, now_us)})"


def distance(at_us: int, now_us: int) -> str:
    """How long ago, or in how long; in hours below 48 of them."""
    seconds = abs(now_us - at_us) // 1_000_000
    if seconds < _MINUTE:
        return "just now"
    if seconds < _HOUR:
        length = f"{seconds // _MINUTE} min"
    elif seconds < _HOURS_MAX * _HOUR:
        length = f"{seconds // _HOUR} h"
    else:
        length = f"{seconds // (24 * _HOUR)} days"
    return f"{length} ago" if at_us < now_us else f"in {length}"


def instant(at_us: int | None) -> str | None:
    """RFC 3339 in whole seconds, UTC: for programs."""
    return None if at_us is None else f"{datetime.fromtimestamp(at_us // 1_000_000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def number(count: int) -> str:
    """`18,204`: never abbreviated."""
    return f"{count:,}"


def counted(count: int, one: str, many: str = "") -> str:
    """`1 entry`, `18,204 entries`."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def in_fours(text: str) -> str:
    """A hash in groups of four, to be read aloud and compared by eye."""
    return " ".join(text[i : i + 4] for i in range(0, len(text), 4))


def visible(text: str) -> str:
    """Text with every character that cannot be seen written out, as in `CERT[U+202E]`. Line feeds become spaces."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        " " if c in "\n\t" else f"[U+{ord(c):04X}]" if unicodedata.category(c) in _UNSEEN else c for c in text
    )
