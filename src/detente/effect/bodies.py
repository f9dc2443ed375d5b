"""What is said before looking (a plan) and after (an evaluation). `docs/formats/evaluation.md` is normative.

A plan fixes the activity, the unit, the windows, the sensors and the words of the answer; it is said, and so signed and dated, before
the window after the warning begins. An evaluation names the plan that it follows. Whatever is per party stands under the origin of the
party whose reports are counted: both directions are one table, computed by one code. Times are microseconds since 1970 UTC, days 86,400 s.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from detente.activity import Activity
from detente.effect.rates import LEVEL, SILENCE_CHANCE
from detente.when import DAY_US

METHOD = "detente-effect/1"
DAYS_MAX = 36_525.0
DIRECTIONS_MAX = 16
SENSORS_MAX = 1_000_000.0
STRIP_MAX = 400

# The words of an answer, and when each is given. None of them says why, and none says that anything has come to an end.
VERDICTS = {
    "too few data": "even without a single cluster after, such a silence would not be rare with no change",
    "none seen": "none after, and the silence is long enough to be rare with no change; the rate lies below the bound given",
    "seen less": "some after, and the interval of the ratio lies below 1",
    "no clear change": "the interval of the ratio contains 1",
    "seen more": "the interval of the ratio lies above 1",
    "not comparable": "what observes or what is reported changed, so that the two counts do not measure the same",
}
Verdict = Literal["too few data", "none seen", "seen less", "no clear change", "seen more", "not comparable"]

FLAGS = {
    "already falling": "a single change to a lower rate is supported, and its date lies before the warning by 95 % or more",
    "clustered": "the counts before vary more than independent incidents would; the interval was widened by that",
}
Flag = Literal["already falling", "clustered"]


_Count = Annotated[int, msgspec.Meta(ge=0)]


class Direction(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What one party's reports are counted of. `territories`: where it appeared to come from, as that party states it; () for anywhere.

    `sensors`: which ones, in words. `sensors_before`, `sensors_after`: how many observe in each window, by which its days are multiplied.
    """

    territories: tuple[str, ...] = ()
    sensors: str = ""
    sensors_before: float = 1.0
    sensors_after: float = 1.0

    def __post_init__(self) -> None:
        for value in (self.sensors_before, self.sensors_after):
            if not 0.0 <= value <= SENSORS_MAX:
                raise ValueError(f"a number of sensors lies between 0 and {SENSORS_MAX:,.0f}; got {value}")


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """`about`: the id of the warning. `directions`: by the origin of the party that reports. Every field is written, also where it
    equals its default: what was fixed beforehand must not change with the defaults of a later version.

    Before: `before_days` up to `warned_us`. After: `after_days`, beginning `grace_days` after it. What begins in between is shown apart.
    """

    about: str = ""
    activity: Activity
    directions: dict[str, Direction]
    warned_us: int
    before_days: float
    after_days: float
    grace_days: float = 0.0
    unit: Literal["incident-cluster"] = "incident-cluster"
    level: float = LEVEL
    silence_chance: float = SILENCE_CHANCE
    text: str = ""
    method: str = METHOD
    marking: str = ""

    def __post_init__(self) -> None:
        for name, days, least in (
            ("before_days", self.before_days, 1.0),
            ("after_days", self.after_days, 1.0),
            ("grace_days", self.grace_days, 0.0),
        ):
            if not least <= days <= DAYS_MAX:
                raise ValueError(f"{name} lies between {least:g} and {DAYS_MAX:,.0f} days; got {days:g}")
        if not 0.5 <= self.level <= 0.999:
            raise ValueError(f"level lies between 0.5 and 0.999; got {self.level:g}")
        if not 0.001 <= self.silence_chance <= 0.5:
            raise ValueError(f"silence_chance lies between 0.001 and 0.5; got {self.silence_chance:g}")
        if not 1 <= len(self.directions) <= DIRECTIONS_MAX:
            raise ValueError(f"a plan has 1 to {DIRECTIONS_MAX} directions; got {len(self.directions)}")

    @property
    def begin_us(self) -> int:
        """Where the window before begins."""
        return self.warned_us - round(self.before_days * DAY_US)

    @property
    def after_us(self) -> int:
        """Where the window after begins."""
        return self.warned_us + round(self.grace_days * DAY_US)

    @property
    def end_us(self) -> int:
        """Where the window after ends: the first microsecond not in it."""
        return self.after_us + round(self.after_days * DAY_US)


class Effort(msgspec.Struct, frozen=True):
    """Sensor-days of observation as they came out, outages taken off."""

    before_days: float
    after_days: float


class Circumstances(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What else bears on the two counts, as the evaluator states it. "" and () mean: nobody said anything, which is not "none".

    `sensors`, `reporting`: a change in what observes, or in who must or may report. A change of reporting, and a change of sensors for a
    direction without `effort`, make the counts not comparable.
    """

    sensors: str = ""
    reporting: str = ""
    season: str = ""
    measures: tuple[str, ...] = ()
    effort: dict[str, Effort] = {}


class Beside(msgspec.Struct, frozen=True):
    """Clusters that began before, in the days of grace, and after; shown beside the answer and part of no sum."""

    before: _Count
    grace: _Count
    after: _Count


class Dispersion(msgspec.Struct, frozen=True):
    """Variance/mean of the counts in `bins` equal parts of the window before; `p`: of so much or more for independent incidents."""

    bins: int
    ratio: float
    p: float


class Change(msgspec.Struct, frozen=True):
    """One change of rate at a free date. Masses of the date's posterior: before the warning, in [warning, end of grace], later.

    `log_bayes_factor`: natural; of one change against none. `low_us`–`high_us` holds 90 % of the date. `chance_lower`: that the rate
    after the change is the lower one. `mass`: the posterior over the columns of Outcome.strip.
    """

    log_bayes_factor: float
    median_us: int
    low_us: int
    high_us: int
    before: float
    inside: float
    after: float
    chance_lower: float
    mass: tuple[float, ...]


class Placebo(msgspec.Struct, frozen=True):
    """What the same rule answers when a date inside the window before is taken for that of a warning."""

    at_us: int
    before: int
    after: int
    low: float
    high: float
    verdict: Verdict


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The answer for one direction. `counts`: clusters; `e0_days`, `e1_days`: sensor-days.

    `low`–`high`: the ratio of rates after/before at the plan's level. `silence_chance`: of none in e1_days with no change. `rate_below`:
    clusters a sensor-day. `others`: by class, what the plan does not count. `elsewhere`: of the same classes, outside the
    plan's indicators, targets or territories. `year_before`: began in the days of the window after, 365 days earlier, as far as held.
    `last_report_us`: of the last report of any class by this party that was read, 0 for none: a party may have gone silent itself.
    `strip`: counts over equal parts of the time from the window before to the window after.
    """

    counts: Beside
    e0_days: float
    e1_days: float
    verdict: Verdict
    flags: tuple[Flag, ...] = ()
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    silence_chance: float | None = None
    silence_needed_days: float | None = None
    rate_below: float | None = None
    conditional_p: float | None = None
    e_test_p: float | None = None
    dispersion: Dispersion | None = None
    change: Change | None = None
    placebos: tuple[Placebo, ...] = ()
    others: dict[str, Beside] = {}
    elsewhere: Beside | None = None
    year_before: int = 0
    last_report_us: int = 0
    strip: tuple[_Count, ...] = ()
    why: str = ""

    def __post_init__(self) -> None:
        if len(self.strip) > STRIP_MAX:
            raise ValueError(f"strip has at most {STRIP_MAX} columns; got {len(self.strip)}")


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """`as_of_us`: nothing later was counted. `fixed`: whether the plan was said before its window after began; None: not known.

    `complete`: the window after is over.
    """

    as_of_us: int
    outcomes: dict[str, Outcome]
    circumstances: Circumstances = Circumstances()
    fixed: bool | None = None
    complete: bool = False
    method: str = METHOD


class Evaluation(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """`plan`: the id of the statement that fixed it. `events`: how many events were read, and the digest of them in order."""

    plan: str
    result: Result
    events: int = 0
    events_digest: str = ""
    source: str = ""
    marking: str = ""


def follows(result: Result, plan: Plan) -> bool:
    """Whether a result, which a partner may have written, answers the directions and windows of the plan, and can be shown beside it."""
    return set(result.outcomes) == set(plan.directions) and result.as_of_us > plan.after_us


BODIES: dict[str, type[msgspec.Struct]] = {"plan": Plan, "evaluation": Evaluation}
