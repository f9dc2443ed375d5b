"""Do incidents come one by one, or in clusters of their own? Variance against mean of the counts before the warning.

The rates are compared as if incidents were independent. Where they are not, the rule errs more often than it says: with counts spread like
a negative binomial of k = 2 it finds "seen less" in 22 to 30 % of cases with no change, instead of 5 %. So the index of dispersion
(R. A. Fisher 1922) is tested against chi-square, and where it is too large both counts are divided by it before they are compared.
"""

from __future__ import annotations

from collections.abc import Sequence

from detente.effect.bodies import Dispersion
from detente.effect.special import chi2_tail

COUNT_MIN = 6  # fewer say nothing on how they spread
BINS_MIN = 6
BINS_MAX = 24
P_MAX = 0.05


def dispersion(starts_us: Sequence[int], begin_us: int, end_us: int) -> Dispersion | None:
    """Of clusters that began at `starts_us` in [begin_us, end_us), in as many equal bins as there are clusters, within bounds."""
    n = len(starts_us)
    if n < COUNT_MIN:
        return None
    bins = max(BINS_MIN, min(BINS_MAX, n))
    counts = [0] * bins
    for start in starts_us:
        counts[(start - begin_us) * bins // (end_us - begin_us)] += 1
    mean = n / bins
    ratio = sum((count - mean) ** 2 for count in counts) / (bins - 1) / mean
    return Dispersion(bins, ratio, chi2_tail(bins - 1, (bins - 1) * ratio))


def divisor(found: Dispersion | None) -> float:
    """By what the counts are divided: the index of dispersion where it is too large for independent incidents, else 1."""
    return found.ratio if found is not None and found.p < P_MAX and found.ratio > 1.0 else 1.0
