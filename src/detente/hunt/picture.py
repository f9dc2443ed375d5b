"""Hits over time as a picture: one bar a day, and the same in words for whoever does not see it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from detente.drawing import Axis, box, label, rule, svg, time_axis
from detente.errors import NotFound

WIDTH_PX = 720
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 64, 260
_BARS_MAX = 240
_DAY_US = 86_400_000_000
_EPOCH = date(1970, 1, 1).toordinal()


def hits_picture(per_day: Mapping[str, int], *, title: str) -> str:
    """Raises NotFound when no hit told its time. More than 240 days share bars, the same number of days each."""
    if not per_day:
        raise NotFound("no hit told its time, so there is nothing to draw over time")
    days = {date.fromisoformat(day).toordinal(): count for day, count in per_day.items()}
    first, last = min(days), max(days)
    step = -(-(last - first + 1) // _BARS_MAX)
    counts: dict[int, int] = {}
    for day, count in days.items():
        counts[(day - first) // step] = counts.get((day - first) // step, 0) + count
    highest = max(counts.values())
    axis = Axis((first - _EPOCH) * _DAY_US, (last + 1 - _EPOCH) * _DAY_US, _LEFT, WIDTH_PX - _RIGHT)
    parts = [
        label(0, 18, title, bold=True, within=WIDTH_PX),
        time_axis(axis, _TOP, _BOTTOM),
        rule(_LEFT, _BOTTOM, WIDTH_PX - _RIGHT, _BOTTOM),
        label(_LEFT - 6, _TOP + 14, f"{highest:,}", anchor="end", size=11, faint=True),
        label(_LEFT - 6, _BOTTOM, "0", anchor="end", size=11, faint=True),
    ]
    for column, count in sorted(counts.items()):
        left = axis.at((first + column * step - _EPOCH) * _DAY_US)
        right = axis.at((first + (column + 1) * step - _EPOCH) * _DAY_US)
        height = max(1.0, (_BOTTOM - _TOP - 8) * count / highest)
        parts.append(
            box(left, _BOTTOM - height, max(1.0, right - left - 1), height, filled=0.7, framed=False,
                title=f"{_words(first + column * step, step)}: {count:,} hits")
        )  # fmt: skip
    total = sum(days.values())
    description = (
        f"{total:,} hits on {len(days):,} days from {_iso(first)} to {_iso(last)}; "
        f"at most {highest:,} {'a day' if step == 1 else f'in {step} days'}."
    )
    return svg(WIDTH_PX, _BOTTOM + 24, title, description, [*parts, label(_LEFT, _BOTTOM + 18, description, size=11)])


def _words(day: int, step: int) -> str:
    return _iso(day) if step == 1 else f"{_iso(day)} to {_iso(day + step - 1)}"


def _iso(day: int) -> str:
    return date.fromordinal(day).isoformat()
