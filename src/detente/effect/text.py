"""An evaluation in words and characters, for a terminal: every answer with everything that must stand beside it.

No sentence says why anything changed, or that it has come to an end. Directions stand in the alphabetical order of their origins.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from detente.drawing import plain, wrap
from detente.effect.bodies import DAYS_MAX, FLAGS, Beside, Circumstances, Direction, Outcome, Plan, Result
from detente.words import quoted

COLUMNS = 100
BAR_COLUMNS = 41
RATIO_MAX = 32.0  # the bar runs from 1/32 to 32, with 1 in the middle
_LEVELS = "▁▂▃▄▅▆▇█"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def plan_lines(plan: Plan) -> list[str]:
    """What a plan fixes, below the lines that say what is counted."""
    grace = f", after {days(plan.grace_days)} of grace" if plan.grace_days else ""
    words = (
        f"interval at {plan.level * 100:g} %; a silence says something when it has at most a {percent(plan.silence_chance)} chance "
        "with no change"
    )
    lines = [
        f"Before   {_span(plan.begin_us, plan.warned_us)}, {days(plan.before_days)}",
        f"After    {_span(plan.after_us, plan.end_us)}, {days(plan.after_days)}{grace}",
        *_wrapped("Words", words),
    ]
    for origin, direction in sorted(plan.directions.items()):
        lines.append(f"Reports  {_direction(origin, direction)}")
    if plan.text:
        lines.extend(_wrapped("Text", quoted(plain(plan.text))))
    return lines


def result_lines(plan: Plan, result: Result, *, names: Mapping[str, str] | None = None) -> list[str]:
    """The whole evaluation. `names`: titles of parties by origin."""
    lines = [*header_lines(plan, result), *plan_lines(plan), ""]
    if result.fixed is None:
        lines.append("When the plan was said is not known here.")
    elif result.fixed:
        lines.append("The plan was fixed beforehand: it was said before the window after began.")
    else:
        lines.append("NOT FIXED BEFOREHAND: the plan was said after the window after had begun.")
    if not result.complete:
        lines.append(
            f"An early look: the window after is open until {day(plan.end_us)}; counted up to {day(result.as_of_us)}."
        )
    for origin, outcome in sorted(result.outcomes.items()):
        lines.append("")
        lines.extend(outcome_lines(plan, origin, outcome, result, title=(names or {}).get(origin, origin)))
    lines.append("")
    lines.append("Beside every direction")
    lines.extend(_circumstances(result.circumstances))
    return lines


def held_lines(plan: Plan, held_us: Mapping[str, int]) -> list[str]:
    """Who besides its speaker can show when the plan was there. `held_us`: by origin, when it was acknowledged."""
    early = {origin: us for origin, us in sorted(held_us.items()) if us < plan.after_us}
    if not early:
        return [
            "No other party acknowledged holding the plan before the window after began: its date is its speaker's word."
        ]
    return [f"{plain(origin)} acknowledged holding the plan on {day(us)}." for origin, us in early.items()]


def header_lines(plan: Plan, result: Result) -> list[str]:
    """Which classes are counted, and which are held and not counted: each by itself, never as a sum."""
    others = sorted({class_ for outcome in result.outcomes.values() for class_ in outcome.others})
    apart = (
        f"{_list(tuple(others))}. Each class is shown apart below, and is part of no figure of this evaluation."
        if others
        else "any other class; no event of one is held for these directions, which is not to say that there was none."
    )
    return [*wrap(f"Counted: {counted(plan)}.", COLUMNS), *wrap(f"Not counted: {apart}", COLUMNS)]


def outcome_lines(plan: Plan, origin: str, outcome: Outcome, result: Result, *, title: str) -> list[str]:
    """One direction: the counts, the answer, and what stands beside it."""
    direction = plan.directions[origin]
    counts = outcome.counts
    from_ = f", appearing to come from {_list(direction.territories)}" if direction.territories else ""
    lines = [
        f"As reported by {plain(title)}{from_}",
        f"  {counts.before} in {number(outcome.e0_days)} sensor-days before, {counts.after} in {number(outcome.e1_days)} after"
        + (f"; {counts.grace} began in the days of grace" if plan.grace_days else ""),
        f"  {strip(plan, result, outcome)}",
        *(f"  {line}" for line in wrap(answer(plan, outcome), COLUMNS, hanging="  ")),
    ]
    for name, text in (*_numbers(plan, outcome), *_beside(plan, outcome)):
        lines.extend(_wrapped(f"  {name}", text, 13))
    return lines


def answer(plan: Plan, outcome: Outcome) -> str:
    """The verdict word with its one sentence."""
    word = outcome.verdict
    if word == "not comparable":
        return f"{word}: {_quoted_reason(outcome.why)}"
    chance = _chance(outcome.silence_chance or 0.0)
    if word == "too few data":
        if outcome.counts.after == 0:
            return f"{word}: silence this long had {chance} with no change"
        return f"{word}: even none at all in this time would have had {chance} with no change"
    if word == "none seen":
        below = outcome.rate_below or 0.0
        return (
            f"{word} (rate below {number(below)} a sensor-day, {number(below * 30)} in 30): "
            f"silence this long had {chance} with no change"
        )
    interval = f"{ratio(outcome.low or 0.0)}–{ratio(outcome.high or 0.0)} times the rate before"
    return f"{word}: the rate after is {interval}, at {plan.level * 100:g} %"


def silence_line(x0: float, e0_days: float, needed_days: float, chance: float) -> str:
    """What can be known at all, said when a warning is written."""
    return (
        f"{x0:g} in {days(e0_days)} before: none must be seen for {_needed(needed_days)} days before silence has less than a "
        f"{percent(chance)} chance with no change."
    )


def interval_bar(low: float, high: float, columns: int = BAR_COLUMNS) -> str:
    """The interval of a ratio on a scale of logarithms: 1/32 ····━━━━┿━━·· 32, with ┿ or ┊ at 1."""

    def column(value: float) -> int:
        share = (math.log(min(max(value, 1 / RATIO_MAX), RATIO_MAX)) / math.log(RATIO_MAX) + 1.0) / 2.0
        return min(columns - 1, int(share * columns))

    first, last, one = column(low), column(high), column(1.0)
    bar = ["━" if first <= i <= last else "·" for i in range(columns)]
    bar[one] = "┿" if first <= one <= last else "┊"
    return f"1/{RATIO_MAX:g} {''.join(bar)} {RATIO_MAX:g}"


def strip(plan: Plan, result: Result, outcome: Outcome) -> str:
    """Counts over the whole time in columns; │ stands where the warning was, and a second one where the window after begins."""
    end_us = min(result.as_of_us, plan.end_us)
    columns = len(outcome.strip)
    borders = {
        round((us - plan.begin_us) * columns / (end_us - plan.begin_us)) for us in (plan.warned_us, plan.after_us)
    }
    highest = max(outcome.strip, default=0)
    parts = []
    for i, count in enumerate(outcome.strip):
        parts.append("│" if i in borders else "")
        parts.append(_LEVELS[-(-count * (len(_LEVELS) - 1) // highest) if highest else 0])
    return "".join(parts)


def counted(plan: Plan) -> str:
    """The plan's definition in one clause."""
    activity = plan.activity
    limits = [
        f"{name} {_list(values)}"
        for name, values in (
            ("seen by indicators", activity.indicators),
            ("against", activity.targets),
            ("appearing to come from", activity.territories),
        )
        if values
    ]
    return "; ".join([f"incident clusters of {_list(activity.classes)}, each once, where it began", *limits])


def percent(share: float) -> str:
    """21%; never 0% for what may be, nor 100% for what may not."""
    if 0.0 < share < 0.01:
        return "less than 1%"
    if 0.99 < share < 1.0:
        return "more than 99%"
    return f"{round(100 * share)}%"


def ratio(value: float) -> str:
    """0.00, 0.44, 1.5, 38."""
    if value < 1.0:
        return f"{value:.2f}"
    return f"{value:.1f}" if value < 10 else f"{value:,.0f}"


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"


def days(value: float) -> str:
    shown = number(value)
    return f"{shown} day{'' if shown == '1' else 's'}"


def day(us: int) -> str:
    return (_EPOCH + timedelta(microseconds=us)).strftime("%-d %b %Y")


def _numbers(plan: Plan, outcome: Outcome) -> Iterator[tuple[str, str]]:
    if outcome.low is None or outcome.high is None:
        return
    bar = interval_bar(outcome.low, outcome.high)
    yield "ratio", f"{ratio(outcome.low)}–{ratio(outcome.high)} at {plan.level * 100:g} %   {bar}"
    if outcome.silence_needed_days is not None:
        yield (
            "silence",
            f"{_needed(outcome.silence_needed_days)} sensor-days of it would have {_least(plan.silence_chance)} with no change",
        )
    if outcome.conditional_p is not None and outcome.e_test_p is not None:
        yield (
            "tests",
            f"of equal rates: conditional binomial p {outcome.conditional_p:.3f}, E-test p {outcome.e_test_p:.3f}",
        )


def _beside(plan: Plan, outcome: Outcome) -> Iterator[tuple[str, str]]:
    for flag in outcome.flags:
        yield "FLAG", f"{flag}: {FLAGS[flag]}"
    found = outcome.dispersion
    if found is not None:
        yield (
            "spread",
            f"variance/mean {found.ratio:.2f} over {found.bins} parts of the window before (p {found.p:.3f})",
        )
    elif outcome.verdict != "not comparable":
        yield "spread", "too few before to say whether incidents come one by one or in bursts"
    change = outcome.change
    if change is not None:
        before, inside, after = (percent(share) for share in (change.before, change.inside, change.after))
        span = f"median {day(change.median_us)}, 90 % {day(change.low_us)} – {day(change.high_us)}"
        parts = f"{before} of it before the warning, {inside} in [warning, grace], {after} later"
        yield (
            "free date",
            f"one change: {span}; {parts}; log Bayes factor against no change {change.log_bayes_factor:.1f}",
        )
    if outcome.placebos:
        told = "; ".join(f"{day(p.at_us)} {p.before} and {p.after}, {p.verdict}" for p in outcome.placebos)
        yield "placebo", f"the same rule at other dates of the window before: {told}"
    for class_, beside in outcome.others.items():
        yield "apart", f"{plain(class_)}: {beside_words(beside)}"
    if outcome.elsewhere is not None:
        yield "apart", f"{_list(plan.activity.classes)} outside the definition: {beside_words(outcome.elsewhere)}"
    yield "reports", _reports(plan, outcome)
    yield "year ago", f"{outcome.year_before} held here that began in the same days a year before the window after"


def _reports(plan: Plan, outcome: Outcome) -> str:
    """Whether the party reported anything at all of late: its own silence is not a silence of what it observes."""
    if not outcome.last_report_us:
        return "nothing that this party reports is held here, which is not to say that it saw nothing"
    last = f"the last one of any class held here is of {day(outcome.last_report_us)}"
    if outcome.last_report_us >= plan.after_us:
        return last
    return f"{last}, before the window after began; the party may have seen nothing since, or reported nothing, or not shared it"


def _circumstances(given: Circumstances) -> Iterator[str]:
    nobody = "nobody has stated a change"
    measures = "; ".join(quoted(plain(measure)) for measure in given.measures)
    for name, text in (
        ("sensors", _said(given.sensors, nobody)),
        ("reporting", _said(given.reporting, nobody)),
        (
            "calendar",
            _said(given.season, "nothing stated; what has a season or a date, as an election has, passes with it"),
        ),
        ("measures", measures or "none stated; that is not to say that none was taken"),
        ("reading", "these figures do not tell apart what else may explain the same counts"),
    ):
        yield from _wrapped(f"  {name}", text, 13)


def _said(text: str, otherwise: str) -> str:
    return quoted(plain(text)) if text else otherwise


def _quoted_reason(why: str) -> str:
    head, colon, words = why.partition(": ")
    return f"{head}: {quoted(plain(words))}" if colon else head


def beside_words(beside: Beside) -> str:
    grace = f", {beside.grace} in the days of grace" if beside.grace else ""
    return f"{beside.before} before{grace}, {beside.after} after"


def _direction(origin: str, direction: Direction) -> str:
    parts = [f"by {plain(origin)}"]
    if direction.territories:
        parts.append(f"appearing to come from {_list(direction.territories)}")
    if direction.sensors:
        parts.append(f"sensors {quoted(plain(direction.sensors))}")
    if direction.sensors_before != direction.sensors_after:
        parts.append(f"{number(direction.sensors_before)} of them before, {number(direction.sensors_after)} after")
    return ", ".join(parts)


def _span(from_us: int, to_us: int) -> str:
    return f"{day(from_us)} – {day(to_us)}"


def _list(values: tuple[str, ...]) -> str:
    return ", ".join(plain(value) for value in values)


def _chance(share: float) -> str:
    if share < 0.01:
        return "less than a 1% chance"
    return "more than a 99% chance" if share > 0.99 else f"about a {percent(share)} chance"


def _least(share: float) -> str:
    return f"at most a {percent(share)} chance"


def _needed(needed_days: float) -> str:
    return f"{needed_days:,.0f}" if needed_days < DAYS_MAX else f"more than {DAYS_MAX:,.0f}"


def _wrapped(name: str, text: str, columns: int = 9) -> list[str]:
    first, *rest = wrap(text, COLUMNS - columns)
    return [f"{name:<{columns}}{first}", *(" " * columns + line for line in rest)]
