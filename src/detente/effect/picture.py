"""An evaluation as a picture: for each direction its counts over time, the windows, and the interval of the ratio. Density, never hue."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from detente.drawing import Axis, box, label, mark, rule, svg, time_axis
from detente.effect.bodies import Outcome, Plan, Result
from detente.effect.text import RATIO_MAX, answer, beside_words, counted, header_lines, ratio

WIDTH = 760
LEFT = 20
RIGHT = WIDTH - 20
TOP = 96
DIRECTION_PX = 168
BARS_PX = 48


def picture(plan: Plan, result: Result, *, names: Mapping[str, str] | None = None) -> str:
    """The whole evaluation as SVG; its description has every answer in words. `names`: titles of parties by origin."""
    titles = {origin: (names or {}).get(origin, origin) for origin in sorted(result.outcomes)}
    axis = Axis(plan.begin_us, min(result.as_of_us, plan.end_us), LEFT, RIGHT)
    height = TOP + DIRECTION_PX * len(titles) + 12
    words = "; ".join(
        f"as reported by {title}: {answer(plan, result.outcomes[origin])}" for origin, title in titles.items()
    )
    fixed = {True: "fixed beforehand", False: "NOT FIXED BEFOREHAND", None: "when it was fixed is not known"}[
        result.fixed
    ]
    parts = [
        label(LEFT, 22, f"Counted: {counted(plan)}", bold=True, within=RIGHT - LEFT),
        label(LEFT, 42, " ".join(header_lines(plan, result)[1:]), size=11, within=RIGHT - LEFT, faint=True),
        label(
            LEFT, 60, f"The plan: {fixed}. Lines: the warning, and where the window after begins.", size=11, faint=True
        ),
        time_axis(axis, TOP - 6, height - 12),
    ]
    for place, (origin, title) in enumerate(titles.items()):
        parts.extend(_direction(plan, result.outcomes[origin], title, axis, TOP + place * DIRECTION_PX))
    return svg(WIDTH, height, "Counts before and after a warning", f"{words}. Counted: {counted(plan)}.", parts)


def _direction(plan: Plan, outcome: Outcome, title: str, axis: Axis, top: float) -> Iterator[str]:
    base = top + 24 + BARS_PX
    yield label(LEFT, top + 16, f"As reported by {title}", bold=True, within=RIGHT - LEFT)
    highest = max(outcome.strip, default=0)
    width = (RIGHT - LEFT) / max(1, len(outcome.strip))
    for i, count in enumerate(outcome.strip):
        if count:
            size = BARS_PX * count / highest
            yield box(
                LEFT + i * width, base - size, max(1.0, width - 1), size, filled=0.6, framed=False, title=str(count)
            )
    yield rule(LEFT, base, RIGHT, base)
    for us in sorted({plan.warned_us, plan.after_us}):
        yield rule(axis.at(us), top + 22, axis.at(us), base + 4, width=2, dashed=us != plan.warned_us)
    yield label(LEFT, base + 20, answer(plan, outcome), within=RIGHT - LEFT)
    if outcome.low is not None and outcome.high is not None:
        yield from _interval(outcome.low, outcome.high, base + 42)
    notes = [f"Flag: {flag}" for flag in outcome.flags]
    notes.extend(f"Apart: {class_} {beside_words(beside)}" for class_, beside in outcome.others.items())
    yield label(LEFT, base + 78, ". ".join(notes), size=11, within=RIGHT - LEFT)


def _interval(low: float, high: float, y: float) -> Iterator[str]:
    """The ratio on a scale of logarithms, with a line at 1."""
    left, right = LEFT + 150.0, RIGHT - 60.0

    def x(value: float) -> float:
        share = (math.log(min(max(value, 1 / RATIO_MAX), RATIO_MAX)) / math.log(RATIO_MAX) + 1.0) / 2.0
        return left + (right - left) * share

    words = f"{ratio(low)}–{ratio(high)}"
    yield label(LEFT, y + 4, f"ratio {words}", size=11)
    yield rule(left, y, right, y, faint=True)
    yield box(
        x(low), y - 5, max(2.0, x(high) - x(low)), 10, filled=0.6, framed=False, title=f"ratio after/before {words}"
    )
    yield mark("diamond", x(1.0), y, 4, filled=False, title="1: no change")
    for value, name in ((1 / RATIO_MAX, f"1/{RATIO_MAX:g}"), (1.0, "1"), (RATIO_MAX, f"{RATIO_MAX:g}")):
        yield label(x(value), y + 20, name, anchor="middle", size=10, faint=True)
