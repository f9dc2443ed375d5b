"""Interrupt one operation at one file call, with strace; then look at what is left, as the next start of the node does.

strace attaches to a child that waits, so that its counting begins with the operation. Where the calls are is found out by
watching one run of the same operation on the same folder; only calls on the case's own files count.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.tree import ROOT

ATTACH_SECONDS_MAX = 20
# Every call when it says "all"; otherwise as many as the budget of each test allows, spread evenly.
EVERY_CALL = os.environ.get("DETENTE_CRASH") == "all"

WRITES = ("pwrite64", "write", "ftruncate", "fallocate")
SYNCS = ("fdatasync", "fsync")
NAMES = ("openat", "unlink", "unlinkat", "rename", "renameat2", "mkdir", "rmdir")
READS = ("pread64",)
WATCHED = WRITES + SYNCS + NAMES + READS

_CALL = re.compile(r"^\d+ +(\w+)\((.*)$")


@dataclass(frozen=True)
class Call:
    """The `number`-th call of this name since strace attached; `file` is the name of the file that it touches.

    `before_done`: it comes before the operation was acknowledged as done; what follows is closing.
    """

    name: str
    number: int
    file: str
    before_done: bool

    def __str__(self) -> str:
        return f"{self.name} {self.number} on {self.file}"


@dataclass(frozen=True)
class Ended:
    """How a case ended. `acks`: what was acknowledged; `killed`: by us; `place` holds the node's folder as it was left."""

    place: Path
    acks: list[list[str]]
    killed: bool

    def said(self, word: str) -> list[list[str]]:
        return [ack[1:] for ack in self.acks if ack[0] == word]


class Victims:
    """The process that forks victims, and a prepared place that every case gets a copy of."""

    def __init__(self, base: Path, prepared: Path) -> None:
        self._base = base
        self._prepared = prepared
        environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "PYTHONHASHSEED": "0"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.victim"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=ROOT,
        )

    def close(self) -> None:
        assert self._process.stdin is not None
        with self._process:
            self._process.stdin.close()

    def calls(self, operation: str) -> list[Call]:
        """Every watched call of an undisturbed run on files of the place."""
        ended = self._run(operation, ["-y", "-e", f"trace={','.join(WATCHED)}"])
        assert ended.acks[-1:] == [["done"]], f"undisturbed, {operation} ends like this: {ended.acks}"
        found: list[tuple[str, int, str]] = []
        counts = Counter[str]()
        done_at = 0
        for line in (ended.place / "trace").read_text().splitlines():
            match = _CALL.match(line)
            if match is None:
                continue
            name, rest = match.groups()
            counts[name] += 1
            path = re.search(re.escape(str(ended.place)) + r"/([^\">,]*)", rest)
            if path is not None and path[1] == "acks":
                done_at = len(found)
            elif path is not None:
                found.append((name, counts[name], path[1]))
        shutil.rmtree(ended.place)
        return [Call(*call, before_done=position < done_at) for position, call in enumerate(found)]

    def run(self, operation: str) -> Ended:
        """Undisturbed."""
        return self._run(operation, None)

    def interrupt(self, operation: str, call: Call, fault: str) -> Ended:
        """`fault`: signal=KILL, error=EIO, error=ENOSPC, …"""
        return self._run(
            operation,
            ["-e", f"trace={call.name}", "-e", f"inject={call.name}:{fault}:when={call.number}"],
        )

    def _run(self, operation: str, strace: list[str] | None) -> Ended:
        place = Path(tempfile.mkdtemp(dir=self._base))
        if operation != "create":
            shutil.copytree(self._prepared, place, dirs_exist_ok=True)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(operation, place, file=self._process.stdin, flush=True)
        child = int(self._process.stdout.readline())
        try:
            _wait_until_stopped(child)
            tracer = None if strace is None else _attach(child, place, strace)
            os.kill(child, signal.SIGCONT)
        except BaseException:
            os.kill(child, signal.SIGKILL)
            raise
        finally:
            status = int(self._process.stdout.readline())
        if tracer is not None:
            tracer.wait()
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        assert killed or status == 0, f"the victim of {operation} ended with an exception of its own, see above"
        acks = [line.split() for line in (place / "acks").read_text().splitlines()]
        return Ended(place, acks, killed)


def _wait_until_stopped(child: int) -> None:
    deadline = time.monotonic() + ATTACH_SECONDS_MAX
    status = Path(f"/proc/{child}/stat")
    while status.read_text().rpartition(")")[2].split()[0] != "T":
        assert time.monotonic() < deadline, "the victim does not stop"
        os.sched_yield()


def _attach(child: int, place: Path, options: list[str]) -> subprocess.Popen[bytes]:
    """strace says on its standard error when it has attached; nothing of the operation has run by then."""
    said = place / "strace"
    with said.open("wb") as file:
        tracer = subprocess.Popen(["strace", "-f", "-p", str(child), "-o", str(place / "trace"), *options], stderr=file)
    deadline = time.monotonic() + ATTACH_SECONDS_MAX
    while b"attached" not in said.read_bytes():
        assert tracer.poll() is None, said.read_text()
        assert time.monotonic() < deadline, "strace does not attach"
        os.sched_yield()
    return tracer


def spread(calls: list[Call], count: int) -> list[Call]:
    """At most `count` of them, evenly spread, the first and the last always; all of them when that is asked for."""
    if EVERY_CALL or len(calls) <= count:
        return calls
    if count <= 1:
        return calls[:count]
    return [calls[round(i * (len(calls) - 1) / (count - 1))] for i in range(count)]


def require_strace() -> None:
    """Skips, and says what is missing: strace itself, or the right to attach with it."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed: nothing can be interrupted (apt install strace)")
    scope = Path("/proc/sys/kernel/yama/ptrace_scope")
    if os.geteuid() != 0 and scope.exists() and scope.read_text().strip() not in ("0",):
        pytest.skip("strace may not attach here: run as root, or set kernel.yama.ptrace_scope to 0")


def each(victims: Victims, operation: str, calls: list[Call], fault: str) -> Iterator[tuple[Call, Ended]]:
    """Run the cases one after the other, and clean up behind each."""
    for call in calls:
        ended = victims.interrupt(operation, call, fault)
        try:
            yield call, ended
        finally:
            shutil.rmtree(ended.place)
