"""Several processes write to one node: one wins each index, nobody's entry is lost, and there is one history."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.crash.oracle import Before
from tests.scene import example, quick_folder, require_sound
from tests.tree import ROOT

from detente.node.open import Node, opened
from detente.stix.canonical import parse
from detente.store.bodies import read_opening
from detente.store.log import OWN, read_head, root_of

EACH = 30


@pytest.fixture
def folder(prepared: tuple[Path, Before]) -> Iterator[Path]:
    with quick_folder() as base:
        yield Path(shutil.copytree(prepared[0] / "node", base / "node"))


def start(folder: Path, number: int, stack: ExitStack) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    racer = subprocess.Popen(
        [sys.executable, "-m", "tests.crash.racer", str(folder), str(number), str(EACH)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment,
    )
    stack.enter_context(racer)
    stack.callback(racer.kill)
    return racer


def off_they_go(racers: list[subprocess.Popen[str]]) -> None:
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()


def require_one_history(node: Node, before: Before, said: list[list[str]]) -> None:
    """Every acknowledged entry is at its index, and every checkpoint seen is a beginning of the last."""
    with node.store.reading() as connection:
        head = read_head(connection, OWN)
        for index, number, size, root in said:
            value = parse(read_opening(connection, OWN, int(index)).body)
            assert isinstance(value, dict)
            assert value["id"] == example(int(number)).id
            assert root_of(connection, OWN, int(size)).hex() == root
        assert root_of(connection, OWN, before.size) == before.root
    assert head.size >= before.size + len(said)
    require_sound(node)


def lines_of(racer: subprocess.Popen[str]) -> list[list[str]]:
    assert racer.stdout is not None
    return [line.split() for line in racer.stdout.read().splitlines() if line.count(" ") == 3]


@pytest.mark.parametrize("count", [2, 3])
def test_exactly_one_process_wins_each_index(folder: Path, before: Before, count: int) -> None:
    with ExitStack() as stack:
        racers = [start(folder, 20_000 + 1000 * i, stack) for i in range(count)]
        off_they_go(racers)
        said = [line for racer in racers for line in lines_of(racer)]
        assert [racer.wait() for racer in racers] == [0] * count
    indices = sorted(int(line[0]) for line in said)
    assert indices == list(range(before.size, before.size + count * EACH))
    with opened(folder) as node:
        require_one_history(node, before, said)
        with node.store.reading() as connection:
            assert read_head(connection, OWN).size == before.size + count * EACH


def test_who_is_killed_while_writing_holds_up_nobody(folder: Path, before: Before) -> None:
    with ExitStack() as stack:
        racers = [start(folder, 20_000 + 1000 * i, stack) for i in range(2)]
        off_they_go(racers)
        killed, other = racers
        assert killed.stdout is not None
        first = killed.stdout.readline().split()
        killed.kill()
        said = [first, *lines_of(killed), *lines_of(other)]
        assert other.wait() == 0
    assert len({line[0] for line in said}) == len(said)
    with opened(folder) as node:
        require_one_history(node, before, said)
