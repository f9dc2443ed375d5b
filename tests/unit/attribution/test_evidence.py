from __future__ import annotations

import json
from statistics import pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.shared import shared
from tests.unit.attribution.made import Talk, cited

from detente.attribution.bodies import MARKS
from detente.attribution.evidence import BANDS, MEAN_POINTS, POINTS_AGAINST, TWICE_SPREAD, Matrix, band_of

MARK = st.sampled_from(list(MARKS))


def _matrix(rows_by_rater: dict[str, dict[str, dict[str, str]]]) -> Matrix:
    talk = Talk()
    board = talk.board()
    for rater, rows in rows_by_rater.items():
        talk.rate(board, rater, rows)
    return talk.view().matrix


@given(st.lists(MARK, min_size=2, max_size=20))
def test_disagreement_is_the_population_standard_deviation_of_the_marks(marks: list[str]) -> None:
    matrix = _matrix({f"R{n}": {"e": {"x": mark}} for n, mark in enumerate(marks)})
    cell = matrix.items[0].cells[0]
    wanted = pstdev([TWICE_SPREAD[mark] / 2 for mark in marks])
    assert cell.marks == tuple(marks)
    assert cell.spread == pytest.approx(wanted, abs=0.0051)
    assert cell.band == band_of(wanted)


@pytest.mark.parametrize(
    ("marks", "band"),
    [
        ("CC CC", "consensus"),
        ("CC C", "consensus"),
        ("CC N", "mild"),
        ("C I", "large"),
        ("CC II", "extreme"),
        ("CC", ""),
    ],
)
def test_raters_part_in_bands(marks: str, band: str) -> None:
    matrix = _matrix({f"R{n}": {"e": {"x": mark}} for n, mark in enumerate(marks.split())})
    assert matrix.items[0].cells[0].band == band


@given(st.lists(st.tuples(MARK, MARK, MARK, MARK), min_size=1, max_size=6))
def test_diagnosticity_is_the_spread_of_the_mean_marks_over_the_hypotheses(rows: list[tuple[str, ...]]) -> None:
    keys = ("x", "y", "other", "cannot-tell")
    matrix = _matrix({f"R{n}": {"e": dict(zip(keys, row, strict=True))} for n, row in enumerate(rows)})
    means = [sum(MEAN_POINTS[row[at]] for row in rows) / len(rows) for at in range(4)]
    assert matrix.items[0].diagnosticity == pytest.approx(pstdev(means), abs=0.0051)


def test_what_is_consistent_with_everything_is_marked_and_one_dissenting_mark_unmarks_it() -> None:
    rows = {"R1": {"e": {"x": "CC", "y": "C", "other": "N"}, "f": {"x": "C", "y": "I"}}, "R2": {"e": {"x": "C"}}}
    assert [item.consistent_with_everything for item in _matrix(rows).items] == [True, False]
    rows["R2"]["e"]["y"] = "I"
    assert [item.consistent_with_everything for item in _matrix(rows).items] == [False, False]


def test_an_order_is_each_raters_own_and_leaves_out_what_was_not_marked() -> None:
    matrix = _matrix(
        {
            "R1": {"e": {"x": "CC", "y": "I"}, "f": {"x": "C", "y": "II"}},
            "R2": {"e": {"x": "I", "y": "I", "other": "C"}},
        }
    )
    assert [(order.rater, order.places) for order in matrix.orders] == [
        ("R1", (("x",), ("y",))),
        ("R2", (("other",), ("x", "y"))),
    ]


@given(st.lists(st.tuples(MARK, MARK, MARK), min_size=1, max_size=8))
def test_a_pivot_is_a_piece_without_which_two_hypotheses_no_longer_stand_in_that_order(
    rows: list[tuple[str, ...]],
) -> None:
    keys = ("x", "y", "other")
    table = {f"e{n}": dict(zip(keys, row, strict=True)) for n, row in enumerate(rows)}
    found = {(item.ref, pivot.nearer, pivot.farther) for item in _matrix({"R": table}).items for pivot in item.pivots}
    points = {ref: {key: POINTS_AGAINST[mark] for key, mark in marks.items()} for ref, marks in table.items()}

    def total(key: str, left_out: str = "") -> int:
        return sum(its[key] for ref, its in points.items() if ref != left_out)

    assert found == {
        (ref, near, far)
        for ref in points
        for near in keys
        for far in keys
        if total(near) < total(far) and not total(near, ref) < total(far, ref)
    }


def test_a_later_mark_of_the_same_rater_replaces_that_mark_alone() -> None:
    talk = Talk()
    board = talk.board()
    talk.rate(board, "R", {"e": {"x": "CC", "y": "I"}})
    talk.rate(board, "R", {"e": {"y": "II"}})
    (item,) = talk.view().matrix.items
    assert [cell.marks for cell in item.cells[:2]] == [("CC",), ("II",)]


def test_pieces_are_labelled_as_they_come_and_keep_every_grade() -> None:
    talk = Talk()
    board = talk.board()
    talk.assess(board, "Bureau", "x/likely/high", evidence=(cited("one", grade="B2"), cited("two")))
    talk.rate(board, "R", {"three": {"x": "C"}, "one": {"x": "C"}})
    talk.assess(board, "Service", "x/likely/high", evidence=(cited("one", "behavioural", grade="C3"),))
    items = talk.view().matrix.items
    assert [(item.label, item.ref) for item in items] == [("E1", "one"), ("E2", "two"), ("E3", "three")]
    assert items[0].grades == (("Bureau", "B2"), ("Service", "C3"))
    assert items[0].basis == ("technical/open", "behavioural/open")
    assert items[0].cited_by == ("Bureau", "Service")
    assert items[1].cells == ()


def test_the_points_are_as_published() -> None:
    table = json.loads(shared("tables/ach_scoring.json").read_text())
    burton, synthesis, heuer = (
        table[k] for k in ("burton_group_disagreement", "open_synthesis", "heuer_inconsistency")
    )
    assert {mark: TWICE_SPREAD[mark] / 2 for mark in MARKS} == {mark: burton["scale"][mark] for mark in MARKS}
    assert [[name, None if bound == float("inf") else bound] for name, bound in BANDS] == burton["population_sd_bands"]
    assert {mark: 3 if mark == "NA" else synthesis["scale"][mark] for mark in MARKS} == {
        mark: MEAN_POINTS[mark] for mark in MARKS
    }
    assert {mark: heuer[mark] for mark in MARKS} == {mark: POINTS_AGAINST[mark] for mark in MARKS}
