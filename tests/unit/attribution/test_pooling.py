from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.attribution.made import Talk

from detente.attribution.pooling import coherent, pool
from detente.errors import InvalidStatement

ALL = ("x/likely/high", "y/unlikely/low", "other/very unlikely/low", "cannot-tell/remote/low")


@given(st.lists(st.floats(min_value=0, max_value=1), min_size=2, max_size=6))
def test_coherent_shares_are_none_below_0_and_sum_to_1(values: list[float]) -> None:
    shares = coherent(values)
    assert min(shares) >= 0
    assert sum(shares) == pytest.approx(1)


def test_coherent_shares_are_the_nearest_there_are() -> None:
    values = [0.675, 0.325, 0.125]
    distance = sum((a - b) ** 2 for a, b in zip(values, coherent(values), strict=True))
    grid = [n / 100 for n in range(101)]
    for one, other in itertools.product(grid, grid):
        if one + other <= 1:
            rival = (one, other, 1 - one - other)
            assert sum((a - b) ** 2 for a, b in zip(values, rival, strict=True)) >= distance - 1e-12


def test_a_row_that_sums_to_1_stays_as_it_is() -> None:
    assert coherent([0.5, 0.25, 0.25]) == pytest.approx([0.5, 0.25, 0.25])


def test_the_pooled_line_names_its_method_its_weights_and_who_is_left_out() -> None:
    talk = Talk()
    board = talk.board()
    talk.assess(board, "Bureau", *ALL)
    talk.assess(board, "Vendor", "x/likely/high")
    found = pool(talk.view(), "linear", {"Bureau": 2})
    # 0.675, 0.325, 0.125, 0.03 are 0.155 too much: each gives a share, but none goes below 0.
    assert found.shares == {"x": 63.3, "y": 28.3, "other": 8.3, "cannot-tell": 0.0}
    assert (found.weights, found.left_out) == ((("Bureau", 1.0),), ("Vendor",))
    assert "computed, nobody's judgment" in str(found)


def test_weights_move_the_line() -> None:
    talk = Talk()
    board = talk.board()
    talk.assess(board, "Bureau", *ALL)
    talk.assess(board, "Service", "x/remote/high", "y/very likely/low", "other/remote/low", "cannot-tell/remote/low")
    even, uneven = pool(talk.view(), "linear"), pool(talk.view(), "linear", {"Service": 0})
    assert even.weights == (("Bureau", 0.5), ("Service", 0.5))
    assert uneven.shares == pool(talk.view(), "linear", {"Bureau": 5, "Service": 0}).shares
    assert even.shares["x"] < uneven.shares["x"]


@pytest.mark.parametrize(
    ("method", "weights", "words"),
    [("median", {}, "there is linear"), ("linear", {"Nobody": 1.0}, "Nobody"), ("linear", {"Bureau": -1.0}, "below 0")],
)
def test_what_cannot_be_pooled_is_refused(method: str, weights: dict[str, float], words: str) -> None:
    talk = Talk()
    talk.assess(talk.board(), "Bureau", *ALL)
    with pytest.raises(InvalidStatement, match=words):
        pool(talk.view(), method, weights)


def test_with_nothing_to_pool_nothing_is_made_up() -> None:
    talk = Talk()
    talk.assess(talk.board(), "Bureau", "x/likely/high")
    with pytest.raises(InvalidStatement, match="every hypothesis"):
        pool(talk.view(), "linear")
