"""Clock profiles, and the arithmetic of deadlines. Everything in microseconds UTC, so that daylight saving and leap days
cannot matter.

    profile     delivery   acknowledgement   reply      source
    urgent      15 min     2 h               12 h
    vienna      1 h        24 h              48 h       Vienna Document 2011, chapter III: a reply within 48 h, then a meeting
    technical   4 h        3 d               14 d       may count weekdays (Monday to Friday, UTC) alone

`drill:<profile>` runs on the clocks that it rehearses. A deadline is the last microsecond in time: one later is overdue.
Whoever is overdue has a time of grace, as long as the profile gives to a delivery, before the matter counts as lapsed. The
opener's time for a verdict is that of a reply; the time to answer a question back is half of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from detente.errors import InvalidStatement
from detente.when import DAY_US, HOUR_US, MINUTE_US

# How far two parties' clocks may be apart before it is worth a flag.
SKEW_US = 5 * MINUTE_US
DRILL = "drill:"
WEEKDAYS = "weekdays"

_WORKDAYS = 5
_WEEK_US = 7 * DAY_US
_WORK_US = _WORKDAYS * DAY_US
_MONDAY_US = 4 * DAY_US  # 1 January 1970 was a Thursday


@dataclass(frozen=True, slots=True)
class Profile:
    """`meeting`: a meeting can be called when the time to reply is over. `weekdays`: Saturdays and Sundays do not count."""

    name: str
    delivery_us: int
    acknowledgement_us: int
    reply_us: int
    meeting: bool = False
    weekdays: bool = False
    drill: bool = False

    @property
    def question_us(self) -> int:
        return self.reply_us // 2

    @property
    def verdict_us(self) -> int:
        return self.reply_us

    @property
    def pause_us(self) -> int:
        """How long questions back may stop the reply clock, all together."""
        return self.reply_us

    @property
    def grace_us(self) -> int:
        return self.delivery_us

    def later(self, start_us: int, span_us: int) -> int:
        """The moment `span_us` of counted time after `start_us`."""
        if not self.weekdays or not span_us:
            return start_us + span_us
        # The end of a Friday and the beginning of the Monday are one moment of counted time; a deadline is the former.
        weeks, rest = divmod(_worked(start_us) + span_us - 1, _WORK_US)
        return _MONDAY_US + weeks * _WEEK_US + rest + 1

    def between(self, start_us: int, end_us: int) -> int:
        """The counted time from `start_us` to `end_us`, at least 0."""
        if self.weekdays:
            start_us, end_us = _worked(start_us), _worked(end_us)
        return max(0, end_us - start_us)


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("urgent", 15 * MINUTE_US, 2 * HOUR_US, 12 * HOUR_US),
        Profile("vienna", HOUR_US, 24 * HOUR_US, 48 * HOUR_US, meeting=True),
        Profile("technical", 4 * HOUR_US, 3 * DAY_US, 14 * DAY_US),
    )
}


def profile_of(name: str, calendar: str = "") -> Profile:
    """The profile called `name`, or "drill:" and a name, on the calendar asked for. Raises InvalidStatement."""
    base = PROFILES.get(name.removeprefix(DRILL))
    if base is None:
        raise InvalidStatement(
            f"the clock profile is one of {', '.join(PROFILES)}, or {DRILL} and one of them; got {name!r}"
        )
    if calendar not in ("", WEEKDAYS):
        raise InvalidStatement(f'the calendar is "" for every day or "{WEEKDAYS}"; got {calendar!r}')
    if calendar and base.name != "technical":
        raise InvalidStatement(f"weekdays alone count in the profile technical only; {name} runs on every day")
    return Profile(
        base.name,
        base.delivery_us,
        base.acknowledgement_us,
        base.reply_us,
        meeting=base.meeting,
        weekdays=bool(calendar),
        drill=name.startswith(DRILL),
    )


def _worked(at_us: int) -> int:
    """Microseconds of Mondays to Fridays from Monday, 5 January 1970, to `at_us`."""
    weeks, rest = divmod(at_us - _MONDAY_US, _WEEK_US)
    return weeks * _WORK_US + min(rest, _WORK_US)
