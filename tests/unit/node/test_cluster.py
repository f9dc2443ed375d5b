"""A hunt on a cluster: a real scheduler, two worker processes, and the result of one process."""

from __future__ import annotations

import gzip
import importlib
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Any

import pytest
from tests.unit.cli.test_commands import node, run

pytest.importorskip("distributed", reason="a hunt on a cluster needs Dask (the extra `cluster`)")

from detente.errors import InvalidStatement, LocalError, NotFound, Unreachable
from detente.hunt.indicators import IndicatorSource
from detente.hunt.packed import plain_chunks
from detente.hunt.results import HuntResult, merged
from detente.hunt.scan import hunt
from detente.hunt.sieve import can_compile
from detente.hunt.warninglists import WarningLists
from detente.node import cluster, crew
from detente.node.logs import LogFile, list_logs
from detente.node.search import Manner, Workers
from detente.stix.pattern import PatternValue

__all__ = ["node", "run"]  # fixtures

dask: Any = importlib.import_module("distributed")

SOURCES = [
    IndicatorSource("indicator--1", (PatternValue("ipv4", "198.51.100.7"),), shared_by="a"),
    IndicatorSource("indicator--2", (PatternValue("domain", "evil.example"),), shared_by="b"),
    IndicatorSource("indicator--3", (PatternValue("ipv4", "203.0.113.0/24"),), valid_until_us=0),
]
INDEX, _ = cluster.index_of(SOURCES, WarningLists(), WarningLists())


def listed(files: list[Path]) -> list[LogFile]:
    return [log for file in files for log in list_logs([file]).files]


@pytest.mark.skipif(not can_compile(), reason="a block needs Numba (the extra `hunt`)")
def test_what_a_kept_block_could_not_search_for_is_listed_with_its_reason() -> None:
    from detente.hunt.builder import build

    partly = IndicatorSource("indicator--4", (PatternValue("domain", "co.uk"), PatternValue("ipv4", "198.51.100.8")))
    kept = build([*SOURCES, partly, IndicatorSource("indicator--5", (PatternValue("domain", "co.uk"),))])
    index, missing = cluster.index_of(kept.sources, WarningLists(), WarningLists())
    assert [(one.id, one.value, "public suffix" in one.reason) for one in missing] == [
        ("indicator--4", "co.uk", True),
        ("indicator--5", "co.uk", True),
    ]
    assert len(index.matcher().sources) == 5


@pytest.fixture(scope="module")
def two() -> Iterator[crew.Crew]:
    with crew.workers(Workers(count=2)) as found:
        yield found


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """One larger log of web lines, a hundred small ones, one packed, one empty."""
    folder = tmp_path_factory.mktemp("logs")
    dice = random.Random(5)

    def lines(count: int) -> bytes:
        return b"".join(
            b'%b - - [%02d/Nov/2026:06:00:00 +0000] "GET /%d HTTP/1.1" 200 1 "http://%b/"\n'
            % (
                dice.choice([b"192.0.2.1", b"198.51.100.7", b"203.0.113.%d" % dice.randrange(50)]),
                dice.randrange(1, 29),
                dice.randrange(1000),
                dice.choice([b"fine.example", b"www.evil.example", b"-"]),
            )
            for _ in range(count)
        )

    made = {"large.log": lines(20_000), "packed.gz": gzip.compress(lines(500)), "empty.log": b""}
    made |= {f"small-{n:03}.log": lines(10) for n in range(100)}
    for name, data in made.items():
        (folder / name).write_bytes(data)
    return [folder / name for name in made]


def in_one_process(files: list[Path]) -> list[tuple[str, HuntResult]]:
    return [(str(file), hunt(plain_chunks([file.read_bytes()]), INDEX.matcher())) for file in files]


def test_two_workers_find_what_one_process_finds_line_by_line(two: crew.Crew, files: list[Path]) -> None:
    seen: list[tuple[int, int, int]] = []
    found = cluster.hunt_on(two, listed(files), INDEX, task_bytes=1 << 18, progress=lambda *done: seen.append(done))
    alone = in_one_process(files)
    assert found == alone
    assert merged(r for _, r in found).count == merged(r for _, r in alone).count > 10_000
    total = sum(file.stat().st_size for file in files)
    assert len(seen) > 5
    assert seen[-1] == (total, total, sum(result.hit_lines for _, result in alone))
    left = two.client.run(lambda dask_worker: [name for name in dask_worker.plugins if name.startswith("detente")])
    assert list(left.values()) == [[], []]


def test_the_files_of_a_killed_worker_are_done_again_and_count_once(two: crew.Crew, files: list[Path]) -> None:
    before = two.client.run(os.getpid)
    victim = sorted(before.values())[0]
    killed: list[int] = []

    def kill(done: int, total: int, hits: int) -> None:
        if done and not killed:
            killed.append(victim)
            os.kill(victim, signal.SIGKILL)

    found = cluster.hunt_on(two, listed(files), INDEX, task_bytes=1 << 16, progress=kill)
    assert killed == [victim]
    assert found == in_one_process(files)
    two.client.wait_for_workers(2, timeout=60)
    assert victim not in two.client.run(os.getpid).values()


def test_a_file_that_is_not_there_a_scheduler_that_is_not_and_the_extra_that_is_not(
    two: crew.Crew, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [(_, result)] = cluster.hunt_on(two, [LogFile(str(tmp_path / "nothing.log"))], INDEX)
    assert "rotated away" in result.stopped
    with pytest.raises(InvalidStatement, match="no file that workers can read"):
        cluster.hunt_on(two, [LogFile("/dev/null")], INDEX)
    monkeypatch.setattr(crew, "CONNECT_S", 0.5)
    with pytest.raises(Unreachable, match="no scheduler answers"), crew.workers(Workers("tcp://127.0.0.1:9")):
        pass
    for address in ("nowhere", "foo://127.0.0.1:9", "tls://127.0.0.1:9"):
        with (
            pytest.raises(InvalidStatement, match=r"address of a scheduler|certificates"),
            crew.workers(Workers(address)),
        ):
            pass
    monkeypatch.setattr(crew, "find_spec", lambda name: None)
    with pytest.raises(NotFound, match=r"detente\[cluster\]"), crew.workers(Workers(count=2)):
        pass


def test_a_stop_ends_the_wait_for_workers_who_hear_no_signal(
    two: crew.Crew, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for pid in two.client.run(os.getpid).values():
        os.kill(pid, signal.SIGINT)
    monkeypatch.setattr(cluster, "workers", lambda _: nullcontext(two))
    manner = Manner()
    manner.progress = lambda _: manner.stop.ask()
    with pytest.raises(LocalError, match="nothing is kept"):
        cluster.search_on(Workers(count=2), list_logs(files), INDEX, manner)
    assert not manner.stop.reading
    assert len(two.client.run(os.getpid)) == 2


def test_a_worker_of_another_version_is_refused(
    two: crew.Crew, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "__version__", "0.0.1")
    with pytest.raises(LocalError, match=r"has Détente .*, not 0\.0\.1"):
        cluster.hunt_on(two, listed(files), INDEX)


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """The address of a scheduler, and its processes: the scheduler and two workers, as somebody starts them on three machines."""
    told = tmp_path / "scheduler.json"
    there = ["--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(told)]
    of_workers = ["--nthreads", "1", "--no-nanny", "--local-directory", str(tmp_path), "--death-timeout", "60"]
    with ExitStack() as running:

        def start(*arguments: str) -> subprocess.Popen[bytes]:
            process = subprocess.Popen([sys.executable, "-m", "dask", *arguments], stderr=subprocess.DEVNULL)
            running.callback(process.wait, 60)
            running.callback(process.kill)
            return process

        processes = [start("scheduler", *there, "--port", "0")]
        processes += [start("worker", *there, *of_workers) for _ in range(2)]
        with dask.Client(scheduler_file=str(told), timeout=60, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
            address = client.scheduler.address
        yield address, processes


def test_the_command_says_the_same_from_a_cluster_as_from_here(
    scheduler: tuple[str, list[subprocess.Popen[bytes]]],
    node: Callable[..., Any],
    files: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address, processes = scheduler
    told = tmp_path / "told.txt"
    told.write_text("198.51.100.7\nevil.example\n203.0.113.0/24\n")
    node("collection", "add", "c")
    node("import", str(told), "--collection", "c")
    folder = str(files[0].parent)
    here = node("hunt", folder)
    there = node("hunt", "--cluster", address, folder)
    assert len(here["hits"]) == 3
    assert {**there, "entry": 0} == {**here, "entry": 0}
    assert "leave out --workers" in node("hunt", "--workers", "2", "--lines", folder, code=1)["error"]["message"]
    assert node("hunt", "--workers", "2", "--cluster", address, folder, code=2)
    processes[0].kill()
    monkeypatch.setattr(crew, "CONNECT_S", 0.5)
    assert "no scheduler answers" in node("hunt", "--cluster", address, folder, code=7)["error"]["message"]


def test_a_worker_that_dies_is_done_without_and_a_scheduler_that_dies_ends_the_hunt(
    scheduler: tuple[str, list[subprocess.Popen[bytes]]], files: list[Path]
) -> None:
    address, [boss, victim, _] = scheduler
    with crew.workers(Workers(address)) as elsewhere:
        assert cluster.hunt_on(
            elsewhere, listed(files), INDEX, task_bytes=1 << 16, progress=lambda *_: victim.kill()
        ) == in_one_process(files)
        assert victim.wait(60)
        with pytest.raises(Unreachable, match="the scheduler is gone"):
            cluster.hunt_on(elsewhere, listed(files), INDEX, task_bytes=1 << 16, progress=lambda *_: boss.kill())
