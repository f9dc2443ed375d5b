"""The state of a proposal is a function of its statements: the order in which they came does not matter, nor the parties' names."""

from __future__ import annotations

import hashlib
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.errors import NotPermitted
from detente.joint.bodies import Proposal
from detente.joint.proposals import MOVES, History, histories, require_move
from detente.said import Said, written
from detente.statement import Ref

A, B, C = "a.example", "b.example", "c.example"


def said(number: int, speaker: str, aud: tuple[str, ...], body: Proposal, at_us: int | None = None) -> Said:
    """The leaf hash is from the number alone, so that swapping names swaps nothing else."""
    leaf = hashlib.sha256(b"%d" % number).digest()
    return Said(Ref(speaker, number, leaf), aud, "proposal", number if at_us is None else at_us, written(body))


def proposal(aud: tuple[str, ...] = (B,)) -> Said:
    return said(0, A, aud, Proposal(step="proposed", title="A drill"))


def step(number: int, speaker: str, word: str, root: Said, at_us: int | None = None) -> Said:
    others = tuple(origin for origin in root.parties if origin != speaker)
    return said(number, speaker, others, Proposal(step=word, of=root.id), at_us)  # type: ignore[arg-type]


def history(*statements: Said) -> History:
    (found,) = histories(statements)
    return found


@pytest.mark.parametrize(
    ("steps", "state", "counted"),
    [
        ([], f"proposed by {A}", []),
        ([(B, "accepted")], f"accepted by {B}", [True]),
        ([(B, "declined")], f"declined by {B}", [True]),
        ([(A, "withdrawn")], f"withdrawn by {A}", [True]),
        ([(B, "accepted"), (B, "withdrawn")], f"withdrawn by {B}", [True, True]),
        ([(A, "withdrawn"), (B, "accepted")], f"withdrawn by {A}", [True, False]),
        ([(B, "declined"), (B, "accepted"), (A, "withdrawn")], f"withdrawn by {A}", [True, True, True]),
        ([(A, "accepted")], f"proposed by {A}", [False]),
        ([(B, "withdrawn")], f"proposed by {A}", [False]),
        ([(C, "accepted"), (C, "withdrawn")], f"proposed by {A}", [False, False]),
    ],
)
def test_the_state_follows_the_table_and_every_line_stays(
    steps: list[tuple[str, str]], state: str, counted: list[bool]
) -> None:
    root = proposal()
    statements = [root, *(step(i, who, word, root) for i, (who, word) in enumerate(steps, 1))]
    for order in permutations(statements):
        found = history(*order)
        assert found.state == state
        assert [one.counted for one in found.steps] == [True, *counted]
        assert [one.said for one in found.steps] == statements


def test_of_several_addressees_each_answers_for_itself() -> None:
    root = proposal((B, C))
    assert history(root).state == f"proposed by {A}"
    found = history(root, step(1, C, "accepted", root))
    assert found.state == f"no answer by {B} yet; accepted by {C}"
    found = history(root, step(1, C, "accepted", root), step(2, B, "declined", root))
    assert found.state == f"declined by {B}; accepted by {C}"
    assert history(root, step(1, C, "accepted", root), step(2, C, "withdrawn", root)).state == f"withdrawn by {C}"


def test_equal_times_are_ordered_by_leaf_hash_and_not_by_name() -> None:
    root = proposal()
    steps = [step(1, A, "withdrawn", root, at_us=5), step(2, B, "accepted", root, at_us=5)]
    first = min(steps, key=lambda s: s.ref.leaf)
    found = history(root, *steps)
    assert found.steps[1].said == first


def test_require_move_names_what_is_possible() -> None:
    found = history(proposal())
    require_move(found, B, "accepted")
    for who, word, possible in (
        (A, "accepted", "withdrawn"),
        (B, "withdrawn", "accepted, declined"),
        (C, "accepted", "not addressed"),
    ):
        with pytest.raises(NotPermitted, match=possible):
            require_move(found, who, word)
    for part, _, word in MOVES:
        assert part in ("proposer", "addressee")
        assert word in ("accepted", "declined", "withdrawn")


@given(
    st.lists(st.tuples(st.sampled_from([A, B]), st.sampled_from(["accepted", "declined", "withdrawn"])), max_size=8),
    st.randoms(),
)
def test_swapping_the_names_swaps_the_state_and_the_order_of_arrival_changes_nothing(
    steps: list[tuple[str, str]], random: object
) -> None:
    names = {A: B, B: A}

    def told(rename: dict[str, str]) -> list[Said]:
        root = said(0, rename[A], (rename[B],), Proposal(step="proposed", title="A drill"))
        return [root, *(step(i, rename[who], word, root) for i, (who, word) in enumerate(steps, 1))]

    plain, swapped = told({A: A, B: B}), told(names)
    shuffled = list(swapped)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = history(*plain), history(*shuffled)
    assert other.state == one.state.replace(A, "?").replace(B, A).replace("?", B)
    assert [s.counted for s in other.steps] == [s.counted for s in one.steps]
    assert len(one.steps) == len(plain)
