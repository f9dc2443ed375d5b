"""From a comparison of rates to one of six words (`bodies.VERDICTS`). The words describe what was seen, never why, and claim no end.

Order matters. More than before needs no long silence to be seen, so it comes first; then whether even complete silence would have been
rare; only then what the counts after say. "Not comparable" is decided before anything is compared.
"""

from __future__ import annotations

from detente.effect.bodies import Change, Verdict
from detente.effect.rates import Comparison

SUPPORTED = 1.0986122886681098  # log 3: a change is three times as well supported as none
FALLING = 0.95  # that the rate after the change is the lower one
FALLING_BEFORE = 0.95  # of the date's posterior


def verdict_of(found: Comparison, silence_chance: float) -> Verdict:
    """The word for a comparison; `silence_chance`: how rare a silence must be with no change, fixed in the plan."""
    if found.low > 1.0:
        return "seen more"
    if found.silence_chance > silence_chance:
        return "too few data"
    if found.x1 == 0:
        return "none seen"
    if found.high < 1.0:
        return "seen less"
    return "no clear change"


def already_falling(change: Change | None, dispersion: float = 1.0) -> bool:
    """Whether one change to a lower rate is supported, and nearly all of its date's posterior lies before the warning.

    Clustered counts support less than independent ones: the log Bayes factor is divided by their dispersion.
    """
    return (
        change is not None
        and change.log_bayes_factor / dispersion >= SUPPORTED
        and change.chance_lower >= FALLING
        and change.before >= FALLING_BEFORE
    )
