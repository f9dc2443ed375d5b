"""What became of a recommendation is each party's word; done needs something that shows it."""

from __future__ import annotations

import pytest
from tests.unit.chronology.made import A, B, day, said, when

from detente.chronology.bodies import Measure
from detente.chronology.measures import check_update, counts, tracked
from detente.errors import InvalidStatement
from detente.said import Said, read

FIRST = said(
    "measure",
    Measure(
        text="Two people read each warning",
        owner="CERT A",
        about="review 1",
        when=when("2026-01"),
        due=when("2026-06-30"),
    ),
    at="2026-02-01",
)


def _later(state: str, *, by: str = A, at: str, **more: object) -> Said:
    return said("measure", {"of": FIRST.id, "state": state, **more}, by=by, at=at)  # type: ignore[dict-item]


def test_a_measure_is_given_until_somebody_says_otherwise() -> None:
    (measure,) = tracked([FIRST])
    assert (measure.state, measure.open, measure.states) == ("given", True, {A: "given"})
    assert measure.age_days(day("2026-01-31")) == 30
    assert not measure.overdue(day("2026-06-30"))
    assert measure.overdue(day("2026-07-01"))


def test_the_last_word_of_its_recorder_is_the_state_and_others_stand_beside() -> None:
    words = [
        _later("done", by=B, at="2026-05-01", evidence=["B-7"]),
        _later("accepted", at="2026-03-01"),
        _later("rejected", at="2026-04-01", reason="no people"),
    ]
    (measure,) = tracked([*words, FIRST])
    assert (measure.state, measure.states) == ("rejected", {A: "rejected", B: "done"})
    assert [word.state for word in measure.words] == ["given", "accepted", "rejected", "done"]
    assert not measure.open


def test_done_without_evidence_changes_nothing_whoever_says_it() -> None:
    for by in (A, B):
        word = _later("done", by=by, at="2026-05-01")
        with pytest.raises(InvalidStatement, match="done needs a reference"):
            read(word, Measure)
        (measure,) = tracked([FIRST, word])
        assert measure.states == {A: "given"}
    (measure,) = tracked([FIRST, _later("done", at="2026-05-01", evidence=["paper 12"])])
    assert (measure.state, measure.open) == ("done", False)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"text": "x", "owner": "y"}, "what review it is about"),
        ({"text": "x", "about": "y"}, "an owner"),
        ({"text": "x", "owner": "y", "about": "z", "state": "accepted"}, "begins as given"),
        ({"of": "a" * 43, "state": "accepted", "text": "x"}, "not said again"),
        ({"of": "a" * 43, "state": "rejected"}, "rejected needs a reason"),
        ({"of": "a" * 43, "state": "finished"}, "finished"),
    ],
)
def test_what_is_no_measure_is_refused(body: dict[str, str], reason: str) -> None:
    with pytest.raises(InvalidStatement, match=reason):
        read(said("measure", body), Measure)  # type: ignore[arg-type]


def test_a_word_that_would_change_nothing_is_refused() -> None:
    (measure,) = tracked([FIRST, _later("accepted", at="2026-03-01")])
    with pytest.raises(InvalidStatement, match="accepted already"):
        check_update(measure, A, "accepted")
    with pytest.raises(InvalidStatement, match="given once"):
        check_update(measure, A, "given")
    check_update(measure, B, "accepted")
    check_update(measure, A, "unknown")


def test_states_are_counted_by_class_and_never_summed() -> None:
    second = said("measure", Measure(text="t", owner="o", about="r", when=when("2025-12-31")), at="2026-02-02")
    measures = tracked([FIRST, second, _later("accepted", at="2026-03-01")])
    assert [m.said for m in measures] == [second, FIRST]
    assert counts(measures) == {"given": 1, "accepted": 1, "rejected": 0, "done": 0, "unknown": 0}
