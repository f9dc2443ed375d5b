"""Scores of warners: known values, the threshold, and what is counted apart."""

from __future__ import annotations

import pytest

from detente.effect.calibration import Call, Forecast, Status, TrackRecord, calibrate, track_record


def likely(status: Status, *, measures: bool = False) -> Forecast:
    return Forecast("likely", "icd203", 55, 80, status, measures)


def test_nine_resolved_are_too_few_and_the_tenth_opens_the_table() -> None:
    nine = [likely("occurred")] * 6 + [likely("not-occurred")] * 3
    few = calibrate([*nine, likely("undetermined"), likely("open"), likely("told differently")])
    assert few.too_few
    assert (few.resolved, few.undetermined, few.open, few.told_differently) == (9, 1, 1, 1)
    assert (few.brier, few.brier_of_rate, few.rows) == (None, None, ())
    ten = calibrate([*nine, likely("not-occurred")])
    assert not ten.too_few
    assert ten.brier == pytest.approx((6 * (1 - 0.675) ** 2 + 4 * 0.675**2) / 10)
    assert ten.brier_of_rate == pytest.approx(0.24)
    assert [(r.word, r.resolved, r.occurred, r.heeded) for r in ten.rows] == [("likely", 10, 6, 0)]


def test_heeded_warnings_are_counted_apart_and_scored_without_too() -> None:
    found = calibrate([likely("occurred")] * 10 + [likely("not-occurred", measures=True)] * 5)
    assert found.rows[0].heeded == 5
    assert found.brier_unheeded == pytest.approx((1 - 0.675) ** 2)
    assert found.brier == pytest.approx((10 * (1 - 0.675) ** 2 + 5 * 0.675**2) / 15)


def test_one_word_on_two_scales_is_two_rows() -> None:
    other = Forecast("likely", "stix-dni", 60, 79, "occurred")
    low = Forecast("unlikely", "icd203", 20, 45, "not-occurred")
    found = calibrate([likely("occurred")] * 5 + [other] * 5 + [low] * 2)
    assert [(r.scale, r.word, r.resolved) for r in found.rows] == [
        ("icd203", "unlikely", 2),
        ("icd203", "likely", 5),
        ("stix-dni", "likely", 5),
    ]


def test_the_record_of_an_assessor_has_resolved_unresolved_and_corrected() -> None:
    calls = [Call("b", "for"), Call("a"), Call("b", "against", corrected=True), Call("b"), Call("b", corrected=True)]
    found = track_record(calls)
    assert list(found) == ["a", "b"]
    assert found["b"] == TrackRecord(resolved_for=1, resolved_against=1, unresolved=2, corrected=2)
    assert (found["b"].resolved, found["a"].resolved) == (2, 0)
