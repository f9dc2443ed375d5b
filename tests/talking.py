"""Parties that talk: real nodes whose commands are run as a person would, on the clock of the test."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from detente.cli.main import main
from detente.node.open import Node, opened
from detente.node.sync import sync
from detente.said import short_of_id
from tests.scene import quick_folder, truth_of
from tests.world import World

# The modules whose commands open a node, on the clock of the test then.
COMMANDS = ("channel", "threads", "inbox", "consult", "correct", "boards", "board_answers")


class Talk:
    """Nodes by short name ("a", "b"), all partners of one another, and their commands."""

    def __init__(self, world: World) -> None:
        self.world = world

    def node(self, name: str) -> Node:
        return self.world.nodes[name]

    def text(self, name: str, *arguments: str, code: int = 0) -> str:
        """What the command prints for a person; of an error, what it prints on stderr."""
        # One id in 64 begins with a dash, which a command line takes for an option: such a one is named by its words.
        arguments = tuple(short_of_id(a) if len(a) == 43 and a[0] == "-" else a for a in arguments)
        out, err = StringIO(), StringIO()
        with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
            main(["--node", str(self.world.folder / name), "--no-color", *arguments])
        assert ended.value.code == code, (arguments, ended.value.code, out.getvalue(), err.getvalue())
        return out.getvalue() or err.getvalue()

    def run(self, name: str, *arguments: str, code: int = 0) -> Any:
        """The JSON document of the command."""
        return json.loads(self.text(name, "--json", *arguments, code=code))

    def refused(self, name: str, *arguments: str, code: int = 1, words: tuple[str, ...] = ()) -> str:
        """The message of a command that must fail, with these words in it, and without a trace at anybody's."""
        before = {name: truth_of(node, journal=True) for name, node in self.world.nodes.items()}
        message = str(self.run(name, *arguments, code=code)["error"]["message"])
        assert {name: truth_of(node, journal=True) for name, node in self.world.nodes.items()} == before, message
        assert all(word in message for word in words), message
        return message

    def sync(self, *names: str, rounds: int = 2) -> None:
        """These nodes pull from their partners (all nodes when none is named); twice, so that receipts come back."""
        for _ in range(rounds):
            for name in names or tuple(self.world.nodes):
                report = sync(self.node(name), self.world.fetch)
                assert report.worst is None, report.worst

    def later(self, *, hours: float = 0, days: float = 0, minutes: float = 0) -> None:
        self.world.clock.advance(minutes * 60 + hours * 3600 + days * 86_400)


@contextmanager
def talking(*names: str) -> Iterator[Talk]:
    """A world of nodes that have met; the commands run on its clock."""
    with quick_folder() as folder:
        world = World(Path(folder))
        on_this_clock = functools.partial(opened, clock=world.clock, random=world.random.randbytes)
        try:
            for name in names:
                world.node(name)
            for position, name in enumerate(names):
                for other in names[position + 1 :]:
                    world.introduce(name, other)
            with ExitStack() as stack:
                for module in COMMANDS:
                    stack.enter_context(mock.patch(f"detente.cli.{module}.opened", on_this_clock))
                yield Talk(world)
        finally:
            world.close()
