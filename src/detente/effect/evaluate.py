"""Follow a plan: count incident clusters in its windows and answer, for each direction by itself, with one code.

What is counted is the beginning of a cluster: the first event of it that falls under the plan's activity. A cluster that began before the
windows is in none of them, however long it went on; one that began in the days of grace is shown and counted on neither side.

Times in the result are whole microseconds, other figures have six significant digits, so that two parties who evaluate the same events
under the same plan write the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from detente.effect.bodies import (
    Beside,
    Change,
    Circumstances,
    Direction,
    Dispersion,
    Flag,
    Outcome,
    Placebo,
    Plan,
    Result,
)
from detente.effect.changepoint import change_point
from detente.effect.dispersion import dispersion, divisor
from detente.effect.events import Event
from detente.effect.rates import compare, silence_needed_days
from detente.effect.verdict import already_falling, verdict_of
from detente.errors import InvalidStatement
from detente.when import DAY_US

COLUMNS_MAX = 60
YEAR_DAYS = 365
PLACEBOS = (1, 2, 3)  # quarters of the window before
_DIGITS = 6


def evaluate(
    plan: Plan,
    events: Iterable[Event],
    *,
    now_us: int,
    plan_said_us: int | None = None,
    circumstances: Circumstances | None = None,
) -> Result:
    """The answer as of `now_us`. `plan_said_us`: when the plan was said. Raises InvalidStatement while the window after has not begun."""
    given = circumstances or Circumstances()
    if now_us <= plan.after_us:
        days = (plan.after_us - now_us) / DAY_US
        raise InvalidStatement(f"the window after begins in {days:.1f} days; until then there is nothing to compare")
    unknown = sorted(set(given.effort) - set(plan.directions))
    if unknown:
        raise InvalidStatement(f"the plan has no direction {', '.join(unknown)} to give an effort for")
    by_reporter: dict[str, list[Event]] = {}
    for event in events:
        if event.at_us < now_us:
            by_reporter.setdefault(event.reporter, []).append(event)
    return Result(
        as_of_us=now_us,
        outcomes={
            origin: _outcome(plan, origin, direction, by_reporter.get(origin, []), now_us, given)
            for origin, direction in sorted(plan.directions.items())
        },
        circumstances=given,
        fixed=None if plan_said_us is None else plan_said_us < plan.after_us,
        complete=now_us >= plan.end_us,
    )


def _outcome(
    plan: Plan, origin: str, direction: Direction, events: Sequence[Event], now_us: int, given: Circumstances
) -> Outcome:
    end_us = min(now_us, plan.end_us)
    counted, elsewhere, others = _starts(plan, direction, events)
    starts = sorted(counted.values())
    windows = (plan.begin_us, plan.warned_us, plan.after_us, end_us)
    counts = _beside(starts, windows)
    effort = given.effort.get(origin)
    e0_days = effort.before_days if effort else plan.before_days * direction.sensors_before
    e1_days = effort.after_days if effort else (end_us - plan.after_us) / DAY_US * direction.sensors_after
    columns = max(1, min(COLUMNS_MAX, -(-(end_us - plan.begin_us) // DAY_US)))
    year_us = YEAR_DAYS * DAY_US
    shown = Outcome(
        counts=counts,
        e0_days=_short(e0_days),
        e1_days=_short(e1_days),
        verdict="not comparable",
        others={class_: _beside(found.values(), windows) for class_, found in sorted(others.items())},
        elsewhere=_beside(elsewhere.values(), windows) if elsewhere else None,
        year_before=sum(plan.after_us <= start + year_us < end_us for start in starts),
        last_report_us=max((event.at_us for event in events), default=0),
        strip=_strip(starts, plan.begin_us, end_us, columns),
    )
    why = _not_comparable(given, direction, effort is not None, e0_days, e1_days)
    if why:
        return replace(shown, why=why)

    before = [start for start in starts if plan.begin_us <= start < plan.warned_us]
    spread = dispersion(before, plan.begin_us, plan.warned_us)
    by = divisor(spread)
    found = compare(counts.before / by, e0_days, counts.after / by, e1_days, level=plan.level)
    change = change_point(
        [start for start in starts if plan.begin_us <= start < end_us],
        plan.begin_us,
        end_us,
        inside_us=(plan.warned_us, max(plan.after_us, plan.warned_us + DAY_US)),
        exposure=(
            (plan.begin_us, e0_days / plan.before_days),
            (plan.after_us, e1_days * DAY_US / (end_us - plan.after_us)),
        ),
        columns=columns,
    )
    flags: list[Flag] = []
    if already_falling(change, by):
        flags.append("already falling")
    if by > 1.0:
        flags.append("clustered")
    return replace(
        shown,
        verdict=verdict_of(found, plan.silence_chance),
        flags=tuple(flags),
        ratio=_short(found.ratio),
        low=_short(found.low),
        high=_short(found.high),
        silence_chance=_short(found.silence_chance),
        silence_needed_days=_short(silence_needed_days(found.x0, e0_days, plan.silence_chance)),
        rate_below=None if found.rate_below is None else _short(found.rate_below),
        conditional_p=_short(found.conditional_p),
        e_test_p=_short(found.e_test_p),
        dispersion=None if spread is None else Dispersion(spread.bins, _short(spread.ratio), _short(spread.p)),
        change=None if change is None else _shortened(change),
        placebos=_placebos(plan, before, e0_days, by),
    )


def _starts(
    plan: Plan, direction: Direction, events: Sequence[Event]
) -> tuple[dict[str, int], dict[str, int], dict[str, dict[str, int]]]:
    """The beginning of each cluster: of those counted, of the same classes outside the definition, and of other classes."""
    counted: dict[str, int] = {}
    elsewhere: dict[str, int] = {}
    others: dict[str, dict[str, int]] = {}
    wanted = set(direction.territories)
    for event in events:
        here = not wanted or not wanted.isdisjoint(event.territories)
        if event.class_ not in plan.activity.classes:
            if not here:
                continue
            place = others.setdefault(event.class_, {})
        elif here and plan.activity.counts(event.class_, event.indicators, event.targets, event.territories):
            place = counted
        else:
            place = elsewhere
        if event.cluster not in place or event.at_us < place[event.cluster]:
            place[event.cluster] = event.at_us
    for cluster in counted:
        elsewhere.pop(cluster, None)
    return counted, elsewhere, others


def _beside(starts: Iterable[int], windows: tuple[int, int, int, int]) -> Beside:
    begin_us, warned_us, after_us, end_us = windows
    before = grace = after = 0
    for start in starts:
        before += begin_us <= start < warned_us
        grace += warned_us <= start < after_us
        after += after_us <= start < end_us
    return Beside(before, grace, after)


def _strip(starts: Sequence[int], begin_us: int, end_us: int, columns: int) -> tuple[int, ...]:
    counts = [0] * columns
    for start in starts:
        if begin_us <= start < end_us:
            counts[(start - begin_us) * columns // (end_us - begin_us)] += 1
    return tuple(counts)


def _not_comparable(given: Circumstances, direction: Direction, effort: bool, e0_days: float, e1_days: float) -> str:
    """Why the two counts do not measure the same, "" when nothing says so."""
    if given.reporting:
        return f"reporting changed: {given.reporting}"
    if given.sensors and not effort and direction.sensors_before == direction.sensors_after:
        return f"sensors changed, and the sensor-days of each window are not given: {given.sensors}"
    if not e0_days > 0.0 or not e1_days > 0.0:
        return "there was no observation in one of the windows"
    return ""


def _placebos(plan: Plan, before: Sequence[int], e0_days: float, by: float) -> tuple[Placebo, ...]:
    found = []
    length = plan.warned_us - plan.begin_us
    for quarter in PLACEBOS:
        at_us = plan.begin_us + length * quarter // 4
        earlier = sum(start < at_us for start in before)
        share = quarter / 4.0
        seen = compare(
            earlier / by, e0_days * share, (len(before) - earlier) / by, e0_days * (1.0 - share), level=plan.level
        )
        word = verdict_of(seen, plan.silence_chance)
        found.append(Placebo(at_us, earlier, len(before) - earlier, _short(seen.low), _short(seen.high), word))
    return tuple(found)


def _shortened(change: Change) -> Change:
    return Change(
        log_bayes_factor=_short(change.log_bayes_factor),
        median_us=_whole_hour(change.median_us),
        low_us=_whole_hour(change.low_us),
        high_us=_whole_hour(change.high_us),
        before=_short(change.before),
        inside=_short(change.inside),
        after=_short(change.after),
        chance_lower=_short(change.chance_lower),
        mass=tuple(round(value, 4) for value in change.mass),
    )


def _whole_hour(us: int) -> int:
    """The last digits of a quantile hang on rounding that may differ from machine to machine."""
    hour = DAY_US // 24
    return round(us / hour) * hour


def _short(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
