"""Where assessors agree on a hypothesis and where they differ, word by word; and the adjective, which is written by nobody else.

`agreed`: two or more judge it, all their bands overlap, no confidence differs, and no denial reaches the same rung. `disputed`: bands do
not overlap, or confidence differs, or a denial reaches it, or somebody disagrees. The word "uniform" is written only if every assessor of
the board judges it, all bands overlap and no analytic confidence differs; else the differences are listed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from detente.attribution.view import Column, Comparison, Judged, Row, listed
from detente.scales import likelihood, overlap

UNIFORM = "uniform"


def compare(column: Column, rows: Sequence[Row]) -> Comparison:
    """`rows`: all assessors of the board; those without a judgment of this hypothesis are named, and keep it from being uniform."""
    judged = [(row, one) for row in rows for one in row.judgments if one.hypothesis == column.key]
    silent = tuple(row.office for row in rows if not any(one.hypothesis == column.key for one in row.judgments))
    words: dict[str, list[str]] = {}
    confidences: dict[str, list[str]] = {}
    for row, one in judged:
        words.setdefault(_shown(one), []).append(row.office)
        confidences.setdefault(one.confidence or "not stated", []).append(row.office)
    bands = len(judged) > 1 and not overlap([likelihood(one.likelihood, one.scale) for _, one in judged])
    confidence = len(confidences) > 1
    differences = _differences(column, words, confidences, silent, bands=bands, confidence=confidence)
    disputed = bands or confidence or bool(column.denied_by or column.disagreed_by)
    uniform = len(judged) > 1 and not silent and not bands and not confidence and "not stated" not in confidences
    return Comparison(
        hypothesis=column.key,
        state="disputed"
        if disputed and judged
        else "not judged"
        if not judged
        else "one assessor"
        if len(judged) == 1
        else "agreed",
        wording=UNIFORM if uniform else "",
        words={word: tuple(offices) for word, offices in words.items()},
        confidences={word: tuple(offices) for word, offices in confidences.items()},
        not_judged_by=silent if judged else (),
        denied_by=column.denied_by,
        differences=differences if judged else (),
    )


def _differences(
    column: Column,
    words: Mapping[str, Sequence[str]],
    confidences: Mapping[str, Sequence[str]],
    silent: Sequence[str],
    *,
    bands: bool,
    confidence: bool,
) -> tuple[str, ...]:
    found = []
    if bands:
        found.append(f"bands do not all overlap: {listed(words)}")
    if confidence:
        found.append(f"analytic confidence differs: {listed(confidences)}")
    elif "not stated" in confidences:
        found.append(f"analytic confidence {listed(confidences)}")
    if silent:
        found.append(f"no judgment by {', '.join(silent)}")
    if column.denied_by:
        found.append(f"denied by {', '.join(column.denied_by)}")
    if column.not_addressed_by:
        found.append(f"not addressed by the denial of {', '.join(column.not_addressed_by)}")
    if column.disagreed_by:
        found.append(f"{', '.join(column.disagreed_by)} disagrees")
    return tuple(found)


def _shown(one: Judged) -> str:
    return str(likelihood(one.likelihood, one.scale)) + ("" if one.scale == "icd203" else f" on {one.scale}")
