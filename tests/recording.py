"""Parties whose every command runs on the clock of the test, for what reads over all matters at once."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest import mock

from detente import cli
from detente.node.open import opened
from tests.scene import quick_folder
from tests.talking import Talk
from tests.world import World


@contextmanager
def recording(*names: str) -> Iterator[Talk]:
    """Nodes by short name, all partners of one another; whichever command opens one, it is on the same clock."""
    with quick_folder() as folder, ExitStack() as stack:
        world = World(folder)
        stack.callback(world.close)
        on_this_clock = functools.partial(opened, clock=world.clock, random=world.random.randbytes)
        # All of them before the first patch: a module that is loaded under it would keep this clock for ever.
        commands = [
            importlib.import_module(f"detente.cli.{module.name}") for module in pkgutil.iter_modules(cli.__path__)
        ]
        stack.enter_context(mock.patch("detente.node.open.opened", on_this_clock))
        for command in commands:
            if hasattr(command, "opened"):
                stack.enter_context(mock.patch.object(command, "opened", on_this_clock))
        for name in names:
            world.node(name)
        for position, name in enumerate(names):
            for other in names[position + 1 :]:
                world.introduce(name, other)
        yield Talk(world)
