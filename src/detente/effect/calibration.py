"""How well did a warner's words of likelihood fit what came? Brier score and reliability by word; "too few" below ten resolved.

A word is an interval of its scale; for the score it stands for the middle of the interval, and that is said beside every score. What could
not be determined, or is told differently by the parties, is counted and scored nowhere. A warning that was heeded looks like a false alarm:
so those after which protective measures were taken are counted apart, and the score is given without them too.

G. W. Brier, "Verification of forecasts expressed in terms of probability", 1950: the mean of (probability - outcome)², 0 at best.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

RESOLVED_MIN = 10

Status = Literal["occurred", "not-occurred", "undetermined", "told differently", "open"]
SCORED = ("occurred", "not-occurred")


@dataclass(frozen=True, slots=True)
class Forecast:
    """A likelihood word with its interval in percent, and how it came out. `measures`: protective measures were taken."""

    word: str
    scale: str
    low: float
    high: float
    status: Status
    measures: bool = False

    @property
    def chance(self) -> float:
        """The middle of the interval, as a share."""
        return (self.low + self.high) / 200.0


@dataclass(frozen=True, slots=True)
class Row:
    """One word of one scale: of `resolved` forecasts `occurred` came, `heeded` did not come and had protective measures taken."""

    word: str
    scale: str
    low: float
    high: float
    resolved: int
    occurred: int
    heeded: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """`brier` and `rows` are there from RESOLVED_MIN resolved on; `brier_unheeded`, without those heeded, likewise.

    `brier_of_rate`: what saying the share that occurred, each time, would have scored.
    """

    resolved: int
    undetermined: int
    told_differently: int
    open: int
    brier: float | None
    brier_unheeded: float | None
    brier_of_rate: float | None
    rows: tuple[Row, ...]

    @property
    def too_few(self) -> bool:
        return self.resolved < RESOLVED_MIN


def calibrate(forecasts: Sequence[Forecast]) -> Calibration:
    """Counts always; score and table from RESOLVED_MIN resolved on."""
    scored = [f for f in forecasts if f.status in SCORED]
    enough = len(scored) >= RESOLVED_MIN
    share = sum(f.status == "occurred" for f in scored) / len(scored) if scored else 0.0
    return Calibration(
        resolved=len(scored),
        undetermined=sum(f.status == "undetermined" for f in forecasts),
        told_differently=sum(f.status == "told differently" for f in forecasts),
        open=sum(f.status == "open" for f in forecasts),
        brier=_brier(scored),
        brier_unheeded=_brier([f for f in scored if not f.measures]),
        brier_of_rate=share * (1.0 - share) if enough else None,
        rows=_rows(scored) if enough else (),
    )


def _brier(scored: Sequence[Forecast]) -> float | None:
    if len(scored) < RESOLVED_MIN:
        return None
    return sum((f.chance - (f.status == "occurred")) ** 2 for f in scored) / len(scored)


def _rows(scored: Sequence[Forecast]) -> tuple[Row, ...]:
    """By scale, then from the least likely word up; the same word on two scales is two rows."""
    groups: dict[tuple[str, float, float, str], list[Forecast]] = {}
    for forecast in scored:
        groups.setdefault((forecast.scale, forecast.low, forecast.high, forecast.word), []).append(forecast)
    return tuple(
        Row(
            word,
            scale,
            low,
            high,
            len(group),
            sum(f.status == "occurred" for f in group),
            sum(f.status == "not-occurred" and f.measures for f in group),
        )
        for (scale, low, high, word), group in sorted(groups.items())
    )


@dataclass(frozen=True, slots=True)
class Call:
    """A past judgment of an assessor. `outcome`: "for" or "against" it once resolved, else ""; `corrected`: by its author, later."""

    assessor: str
    outcome: Literal["for", "against", ""] = ""
    corrected: bool = False


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """Calls by one assessor. Resolved and unresolved add up to all calls; a corrected one is in one of them as well."""

    resolved_for: int
    resolved_against: int
    unresolved: int
    corrected: int

    @property
    def resolved(self) -> int:
        return self.resolved_for + self.resolved_against


def track_record(calls: Iterable[Call]) -> dict[str, TrackRecord]:
    """By assessor, in alphabetical order."""
    groups: dict[str, list[Call]] = {}
    for call in calls:
        groups.setdefault(call.assessor, []).append(call)
    return {
        assessor: TrackRecord(
            resolved_for=sum(c.outcome == "for" for c in group),
            resolved_against=sum(c.outcome == "against" for c in group),
            unresolved=sum(not c.outcome for c in group),
            corrected=sum(c.corrected for c in group),
        )
        for assessor, group in sorted(groups.items())
    }
