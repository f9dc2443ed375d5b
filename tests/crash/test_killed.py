"""Killed at any file call, a node has lost nothing that it acknowledged, contradicts nothing that it signed, and goes on.

Every case is a fresh copy of one prepared node, an operation, and SIGKILL at one file call of it.
"""

from __future__ import annotations

import pytest
from tests.crash.harness import NAMES, READS, SYNCS, Call, Ended, Victims, each, spread
from tests.crash.oracle import Before, require_created, require_nothing_lost, require_restored_held

# How many calls of each operation are visited in an ordinary run; DETENTE_CRASH=all visits each of them.
BUDGET = {
    "append_one_by_one": 90,
    "append_many": 60,
    "erase": 90,
    "cosign_twice": 60,
    "publish": 70,
    "back_up": 30,
    "rotate_keys": 80,
}
PARTS = 2
KILL = "signal=KILL"


def chosen(calls: list[Call], count: int) -> list[Call]:
    """Every sync and every change of a name, and as many writes as fit beside them. A killed reader changes nothing."""
    few = [call for call in calls if call.name in SYNCS or (call.name in NAMES and call.name != "openat")]
    many = [call for call in calls if call not in few and call.name not in READS]
    return few + spread(many, max(0, count - len(few)))


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("operation", BUDGET)
def test_a_killed_node_has_lost_nothing_that_it_acknowledged(
    victims: Victims, before: Before, operation: str, part: int
) -> None:
    calls = chosen(victims.calls(operation), BUDGET[operation])[part::PARTS]
    assert len(calls) >= min(BUDGET[operation], 20) // PARTS, "the operation makes fewer file calls than it should"
    for call, ended in each(victims, operation, calls, KILL):
        require_nothing_lost(before, operation, call, ended)


def test_what_is_not_killed_does_everything(victims: Victims, before: Before) -> None:
    """The oracle itself: it knows what an operation does when nobody disturbs it."""
    for operation in BUDGET:
        ended: Ended = victims.run(operation)
        assert not ended.killed
        assert ended.acks[-1] == ["done"], ended.acks
        require_nothing_lost(before, operation, None, ended)


def test_the_first_start_of_a_node_is_completed_by_the_next(victims: Victims) -> None:
    calls = [call for call in victims.calls("create") if call.name not in READS]
    for call, ended in each(victims, "create", spread(calls, 50), KILL):
        require_created(call, ended)


def test_a_restore_that_was_interrupted_leaves_nothing_that_signs(victims: Victims) -> None:
    """A node that goes on from an old copy shows two histories, and nobody can tell that from deceit."""
    calls = [call for call in victims.calls("restore") if call.name not in READS]
    for call, ended in each(victims, "restore", spread(calls, 50), KILL):
        require_restored_held(call, ended)
    require_restored_held(None, victims.run("restore"))
