"""Drawing primitives: escaped SVG with a title and a description, interval bars, lanes over an axis of time; and their twins in characters.

An SVG of ours has no script, no style sheet, no link and no colour of its own: everything is drawn in `currentColor`, so that it reads
on a light page, a dark one and on paper, and shades differ in density and pattern, never in hue. It is well-formed XML, whatever text
goes in. Sizes are in px; text is measured by a rule of thumb, since no font is at hand here.

In characters, width is counted in terminal columns: wide East Asian characters take two, combining ones none.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from detente.errors import InvalidStatement

FONT_PX = 13
LINE_PX = 18
_COLUMN_PX = (
    0.56  # an average character of a sans-serif font, as a share of its size; wide enough that text seldom overruns
)
_DIRECTION = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR_US = 3_600_000_000


# -- text that is harmless wherever it is put ---------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Foreign text on one line: control and direction characters are shown, not obeyed."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c.isprintable() and c not in _DIRECTION else f"\\u{ord(c):04x}" for c in text)


def escape(text: str) -> str:
    """For XML, in text and in attributes; what XML cannot hold is shown as `plain` shows it."""
    text = plain(text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


# -- characters ---------------------------------------------------------------------------------------------------------


def columns_of(text: str) -> int:
    """How many columns of a terminal the text takes."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def cut(text: str, columns: int) -> str:
    """At most so many columns; what was cut ends with an ellipsis, inside quoted words with their closing mark behind it."""
    if columns_of(text) <= columns:
        return text
    for end in ("…", "…”"):
        kept = text
        while kept and columns_of(kept) > columns - len(end):
            kept = kept[:-1]
        if kept.count("“") <= kept.count("”"):
            return kept.rstrip() + end[:1] if columns > 0 else ""
    return kept.rstrip() + end if columns > 1 else ""


def pad(text: str, columns: int, *, right: bool = False) -> str:
    """Exactly so many columns, cut or filled with spaces; `right`: the text stands at the right edge."""
    text = cut(text, columns)
    fill = " " * (columns - columns_of(text))
    return fill + text if right else text + fill


def wrap(text: str, columns: int, *, hanging: str = "") -> list[str]:
    """Lines of at most so many columns, broken at spaces, longer words anywhere; lines after the first begin with `hanging`."""
    lines: list[str] = []
    line, used, empty = "", 0, True
    for word in text.split():
        while True:
            gap = 0 if empty else 1
            size = columns_of(word)
            if used + gap + size <= columns:
                line, used, empty = line + " " * gap + word, used + gap + size, False
                break
            if empty:
                head = word
                while used + columns_of(head) > columns and len(head) > 1:
                    head = head[:-1]
                line, word = line + head, word[len(head) :]
            lines.append(line)
            line, used, empty = hanging, columns_of(hanging), True
            if not word:
                break
    if not empty or not lines:
        lines.append(line)
    return lines


def interval_in_characters(low: float, high: float, columns: int, most: float = 100) -> str:
    """An interval of 0 to `most` as a bar: ·····▓▓▓··. At least one column is filled, so that a point is seen."""
    first = min(int(low / most * columns), columns - 1)
    last = max(first + 1, min(columns, -int(-high / most * columns // 1)))
    return "·" * first + "▓" * (last - first) + "·" * (columns - last)


def lane_in_characters(
    axis: Axis, marks: Iterable[tuple[int, str]], columns: int, *, spans: Iterable[tuple[int, int]] = ()
) -> str:
    """One lane over `axis`, which runs from column 0 to `columns`: a line, spans drawn heavy, marks of one character each.

    Where two marks fall on one column the later one in the list is seen; the table below the picture has both.
    """
    lane = ["─"] * columns

    def column_of(us: int) -> int:
        return min(columns - 1, int(axis.share(us) * columns))

    for first_us, last_us in spans:
        for column in range(column_of(first_us), column_of(last_us) + 1):
            lane[column] = "━"
    for us, mark in marks:
        lane[column_of(us)] = mark
    return "".join(lane)


# -- time ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Axis:
    """Time from left to right: `first_us` is drawn at `left`, `last_us` at `right`, in px or columns."""

    first_us: int
    last_us: int
    left: float = 0
    right: float = 1

    def share(self, us: int) -> float:
        """0 at the left end, 1 at the right; times outside are drawn at the end that they passed."""
        if self.last_us <= self.first_us:
            return 0.5
        return min(1.0, max(0.0, (us - self.first_us) / (self.last_us - self.first_us)))

    def at(self, us: int) -> float:
        return self.left + self.share(us) * (self.right - self.left)

    def ticks(self, most: int = 8) -> list[tuple[int, str]]:
        """At most so many round times on the axis, with their labels: whole hours, days, months or years, UTC."""
        for unit, step, form in _STEPS:
            found: list[tuple[int, str]] = []
            moment = _floor(_EPOCH + timedelta(microseconds=self.first_us), unit, step)
            while len(found) <= most:
                us = (moment - _EPOCH) // timedelta(microseconds=1)
                if us > self.last_us:
                    return found
                if us >= self.first_us:
                    found.append((us, moment.strftime(form)))
                later = _later(moment, unit, step)
                if later is None:
                    return found
                moment = later
        return []


_STEPS = (
    *(("hour", step, "%-d %b %H:%M") for step in (1, 3, 6, 12)),
    *(("day", step, "%-d %b %Y") for step in (1, 2, 7, 14)),
    *(("month", step, "%b %Y") for step in (1, 2, 3, 6)),
    *(("year", step, "%Y") for step in (1, 2, 5, 10, 20, 50, 100, 500, 1000)),
)


def _floor(moment: datetime, unit: str, step: int) -> datetime:
    if unit == "year":
        return datetime(max(1, moment.year - moment.year % step), 1, 1, tzinfo=UTC)
    if unit == "month":
        return datetime(moment.year, moment.month - (moment.month - 1) % step, 1, tzinfo=UTC)
    hours = int((moment - _EPOCH) / timedelta(hours=1))
    size = step if unit == "hour" else 24 * step
    return _EPOCH + timedelta(hours=hours - hours % size)


def _later(moment: datetime, unit: str, step: int) -> datetime | None:
    """None at the end of the calendar."""
    try:
        if unit == "year":
            return moment.replace(year=moment.year + step)
        if unit == "month":
            months = moment.month - 1 + step
            return moment.replace(year=moment.year + months // 12, month=months % 12 + 1)
        return moment + timedelta(hours=step if unit == "hour" else 24 * step)
    except (ValueError, OverflowError):
        return None


# -- SVG ----------------------------------------------------------------------------------------------------------------


def svg(width: float, height: float, title: str, description: str, parts: Iterable[str]) -> str:
    """A whole picture. `title` names it and `description` says in words what it shows, for whoever does not see it."""
    if not title or not description:
        raise InvalidStatement("a picture needs a title and a description in words")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {px(width)} {px(height)}" '
        f'width="{px(width)}" height="{px(height)}" font-family="system-ui, sans-serif" font-size="{FONT_PX}" '
        f'fill="currentColor" stroke="none"><title>{escape(title)}</title><desc>{escape(description)}</desc>'
        + "".join(parts)
        + "</svg>\n"
    )


def px(value: float) -> str:
    """A number with at most one decimal, the same on every machine."""
    return f"{value:.1f}".removesuffix(".0")


def width_of(text: str, size: float = FONT_PX) -> float:
    """About how wide the text is, in px."""
    return columns_of(text) * size * _COLUMN_PX


def label(
    x: float,
    y: float,
    text: str,
    *,
    anchor: str = "start",
    size: float = FONT_PX,
    bold: bool = False,
    faint: bool = False,
    within: float | None = None,
) -> str:
    """One line of text; `y` is its base line. `within`: cut to so many px, the whole text then shows on pointing at it."""
    shown = text if within is None else cut(plain(text), max(1, int(within / (size * _COLUMN_PX))))
    return (
        f'<text x="{px(x)}" y="{px(y)}"'
        + (f' text-anchor="{anchor}"' if anchor != "start" else "")
        + (f' font-size="{px(size)}"' if size != FONT_PX else "")
        + (' font-weight="bold"' if bold else "")
        + (' fill-opacity="0.7"' if faint else "")
        + ">"
        + (f"<title>{escape(text)}</title>" if shown != plain(text) else "")
        + f"{escape(shown)}</text>"
    )


def rule(
    x1: float, y1: float, x2: float, y2: float, *, width: float = 1, dashed: bool = False, faint: bool = False
) -> str:
    return (
        f'<line x1="{px(x1)}" y1="{px(y1)}" x2="{px(x2)}" y2="{px(y2)}" stroke="currentColor" stroke-width="{px(width)}"'
        + (' stroke-dasharray="3 3"' if dashed else "")
        + (' stroke-opacity="0.35"' if faint else "")
        + "/>"
    )


def box(
    x: float, y: float, width: float, height: float, *, filled: float = 0, framed: bool = True, title: str = ""
) -> str:
    """A rectangle; `filled` is the density from 0 to 1."""
    shape = (
        f'<rect x="{px(x)}" y="{px(y)}" width="{px(width)}" height="{px(height)}"'
        + (f' fill-opacity="{filled:g}"' if filled else ' fill="none"')
        + (' stroke="currentColor" stroke-width="1"' if framed else "")
    )
    return f"{shape}><title>{escape(title)}</title></rect>" if title else f"{shape}/>"


def interval(
    x: float, y: float, width: float, height: float, low: float, high: float, *, title: str, most: float = 100
) -> str:
    """An interval of 0 to `most`: a faint track with a filled part, never narrower than 2 px, and its words in `title`."""
    left = x + width * low / most
    right = max(left + 2, x + width * high / most)
    track = rule(x, y + height / 2, x + width, y + height / 2, faint=True)
    ends = rule(x, y + height / 4, x, y + 3 * height / 4, faint=True) + rule(
        x + width, y + height / 4, x + width, y + 3 * height / 4, faint=True
    )
    return f"<g>{track}{ends}{box(left, y, right - left, height, filled=0.6, framed=False, title=title)}</g>"


def mark(shape: str, x: float, y: float, size: float = 5, *, filled: bool = True, title: str = "") -> str:
    """A small sign around (x, y): circle, diamond, square, triangle or cross. Shapes carry the meaning, with the words in `title`."""
    paint = "" if filled else ' fill="none"'
    stroke = ' stroke="currentColor" stroke-width="1.5"'
    words = f"<title>{escape(title)}</title>" if title else ""
    if shape == "circle":
        return f'<circle cx="{px(x)}" cy="{px(y)}" r="{px(size)}"{paint}{stroke}>{words}</circle>'
    outline = _OUTLINES.get(shape)
    if outline is None:
        raise InvalidStatement(f"no mark is called {shape!r}; there are circle, {', '.join(sorted(_OUTLINES))}")
    path = " ".join(f"{step} {px(x + dx * size)} {px(y + dy * size)}" for step, dx, dy in outline)
    return f'<path d="{path}{"" if shape == "cross" else " Z"}"{paint}{stroke}>{words}</path>'


_OUTLINES: dict[str, Sequence[tuple[str, int, int]]] = {
    "cross": (("M", -1, -1), ("L", 1, 1), ("M", 1, -1), ("L", -1, 1)),
    "diamond": (("M", 0, -1), ("L", 1, 0), ("L", 0, 1), ("L", -1, 0)),
    "square": (("M", -1, -1), ("L", 1, -1), ("L", 1, 1), ("L", -1, 1)),
    "triangle": (("M", 0, -1), ("L", 1, 1), ("L", -1, 1)),
}


def time_axis(axis: Axis, y: float, bottom: float, *, most: int = 8) -> str:
    """The axis at height `y` with labels above it, and a faint line down to `bottom` at each."""
    parts = [rule(axis.left, y, axis.right, y)]
    for us, words in axis.ticks(most):
        x = axis.at(us)
        parts.append(rule(x, y, x, bottom, faint=True))
        parts.append(label(x, y - 5, words, anchor="middle", size=11, faint=True))
    return "".join(parts)


def lane(axis: Axis, y: float, name: str, *, left: float = 0) -> str:
    """A lane's name at `left` and its line along the axis."""
    return label(left, y + 4, name, bold=True, within=axis.left - left - 8) + rule(
        axis.left, y, axis.right, y, faint=True
    )
