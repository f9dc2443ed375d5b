"""How much slower is a hunt over 10,000 files of 100 KB than over one file of the same bytes, and where does the time go?

    python -m bench.many_files [--files 10000] [--kilobytes 100] [--indicators 1000] [--rounds 3]

Made-up Apache logs on the disk (page cache), searched after listing the folder; the same bytes as one file beside. "command" is the whole
program, "search" the hunt alone (`detente.node.search`). A round is both, told by the wall clock and by the processor. With --profile, one
more hunt over the many files tells which functions take the most time.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from bench.generate import apache_log, indicators
from bench.machine import machine

from detente.hunt.builder import build
from detente.hunt.indicators import IndicatorSource, Matcher
from detente.node.logs import list_logs
from detente.node.search import Manner, search
from detente.stix.pattern import PatternValue

REPEATED_BYTES = 64_000_000


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--files", type=int, default=10_000)
    arguments.add_argument("--kilobytes", type=int, default=100)
    arguments.add_argument("--indicators", type=int, default=1000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--profile", action="store_true")
    chosen = arguments.parse_args()
    print(
        f"{machine()}; {chosen.files:,} files of {chosen.kilobytes} KB, {chosen.indicators:,} indicators, n = {chosen.rounds}"
    )
    values = indicators(chosen.indicators)
    matcher = build(IndicatorSource(f"indicator--{n}", [value]) for n, value in enumerate(values)).matcher()
    with tempfile.TemporaryDirectory() as folder:
        many, one = Path(folder, "many"), Path(folder, "one.log")
        write(many, one, chosen.files, chosen.kilobytes * 1000, values)
        listed = Path(folder, "indicators")
        listed.write_text("".join(f"{value.kind}\t{value.value}\n" for value in values))
        ways: dict[str, Callable[[Path], Hunted]] = {
            "command": lambda path: command(path, listed),
            "search": lambda path: hunt(path, matcher),
        }
        for what, way in ways.items():
            way(one)  # so that everything is compiled
            rounds = [(way(many), way(one)) for _ in range(chosen.rounds)]
            assert all(together.hits == alone.hits for together, alone in rounds)
            for clock in ("wall", "cpu"):
                taken_many = [getattr(together, clock) for together, _ in rounds]
                taken_one = [getattr(alone, clock) for _, alone in rounds]
                ratios = [a / b for a, b in zip(taken_many, taken_one, strict=True)]
                print(
                    f"{what:<8} {clock:<5} many {spread(taken_many)} s, one {spread(taken_one)} s, many / one {spread(ratios)}"
                )
        if chosen.profile:
            profile = cProfile.Profile()
            profile.runcall(hunt, many, matcher)
            pstats.Stats(profile).sort_stats("tottime").print_stats(18)


def write(many: Path, one: Path, files: int, size: int, values: list[PatternValue]) -> None:
    """The same lines in both: each small file is whole lines, `size` bytes or a little less."""
    many.mkdir()
    lines = b"".join(apache_log(REPEATED_BYTES, values)).splitlines(keepends=True)
    at = 0
    with one.open("wb") as together:
        for number in range(files):
            data: list[bytes] = []
            left = size
            while (left := left - len(lines[at % len(lines)])) > 0:
                data.append(lines[at % len(lines)])
                at += 1
            (many / f"{number:05}.log").write_bytes(b"".join(data))
            together.write(b"".join(data))


class Hunted(NamedTuple):
    wall: float
    cpu: float
    hits: int


def command(path: Path, listed: Path) -> Hunted:
    """As somebody types it, with everything that a program does once."""
    wall, cpu = time.perf_counter(), children_cpu_s()
    done = subprocess.run(
        [sys.executable, "-m", "detente.cli.main", "--json", "hunt", "--indicators", listed, path],
        capture_output=True,
        check=True,
    )
    hits = sum(hit["count"] for hit in json.loads(done.stdout)["hits"])
    return Hunted(time.perf_counter() - wall, children_cpu_s() - cpu, hits)


def children_cpu_s() -> float:
    return sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])


def hunt(path: Path, matcher: Matcher) -> Hunted:
    wall, cpu = time.perf_counter(), time.process_time()
    result = search(list_logs([path]), matcher, Manner()).result
    return Hunted(time.perf_counter() - wall, time.process_time() - cpu, result.count)


def spread(figures: list[float]) -> str:
    return f"{statistics.median(figures):.2f} ({min(figures):.2f}–{max(figures):.2f})"


if __name__ == "__main__":
    main()
