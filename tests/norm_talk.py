"""Nodes whose commands on norms, agreements and responses run on the clock of the test."""

from __future__ import annotations

import functools
import shlex
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest import mock

from detente.node.open import opened
from tests.scene import quick_folder
from tests.talking import COMMANDS, Talk
from tests.world import World

_MODULES = (*COMMANDS, "norms", "agreements", "respond", "keys")


@contextmanager
def promising(*names: str) -> Iterator[Talk]:
    """Nodes by short name, all partners of one another."""
    with quick_folder() as folder, ExitStack() as stack:
        world = World(folder)
        stack.callback(world.close)
        on_this_clock = functools.partial(opened, clock=world.clock, random=world.random.randbytes)
        for module in _MODULES:
            stack.enter_context(mock.patch(f"detente.cli.{module}.opened", on_this_clock))
        for name in names:
            world.node(name)
        for position, name in enumerate(names):
            for other in names[position + 1 :]:
                world.introduce(name, other)
        yield Talk(world)


def words(line: str) -> list[str]:
    """A command line as a person types it."""
    return shlex.split(line)
