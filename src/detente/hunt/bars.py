"""Counts per day as a line of bars for a terminal: ▁▁▂█▃."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

_LEVELS = "▁▂▃▄▅▆▇█"


def bars(counts_per_day: Mapping[str, int], *, width_max: int = 60) -> str:
    """One character per day from the first to the last, days without a count included; "" when there is no day.

    The lowest bar means none, every other at least one. When there are more than `width_max` days each character
    stands for the same number of days, the least that fits.
    """
    counts = {date.fromisoformat(day).toordinal(): count for day, count in counts_per_day.items()}
    if not counts:
        return ""
    first = min(counts)
    days = max(counts) - first + 1
    step = -(-days // width_max)
    columns = [0] * -(-days // step)
    for day, count in counts.items():
        columns[(day - first) // step] += count
    highest = max(columns)
    # Rounded up, so that a single hit beside a thousand is still seen.
    return "".join(_LEVELS[-(-count * (len(_LEVELS) - 1) // highest) if highest else 0] for count in columns)
