"""How many megabytes of log does a hunt search in a second of one processor, beside the fastest there is for it?

    make bench ARGS="hunt [--megabytes 128] [--rounds 5] [--indicators 1000 100000 1000000] [--peer-indicators 100000]"

A made-up Apache log (bench/generate.py) in the page cache. "hunt" is all of it: reading, cutting, matching by every rule, times,
counts. "pass" is the compiled pass alone, over pieces that lie ready. "hot" is a hunt in which every other line hits; "gzip" one
over the same log packed. "2 threads" is told by the wall clock, as a ratio to one, and by what they cost.

Peers get what they can search for: values as text, without the networks. They report where the text stands; none of them looks
at what stands beside it, at parents, at times. Each is asked in its quickest way, with compiling apart: for programs, what they
take over an empty log. A peer that is not installed is left out with the reason. DETENTE_PEERS is a folder with packages of
peers (pip install --target), RIPGREP a path to rg. Seconds are those of the processor, median and range of n rounds.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import gzip
import importlib
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.generate import apache_log, indicators
from bench.machine import machine

from detente.hunt.block import Block
from detente.hunt.builder import Builder
from detente.hunt.chunks import BLOCK_BYTES, pieces
from detente.hunt.indicators import IndicatorSource, Matcher
from detente.hunt.sieve import sieve_for
from detente.node.logs import list_logs
from detente.node.search import Manner
from detente.node.search import search as node_search
from detente.stix.pattern import PatternValue

HOT_ONE_IN = 2
PEER_BYTES_MAX = 32 << 20  # of the log for peers that would take minutes
_TOKEN = re.compile(rb"[0-9A-Za-z_-]+(?:\.[0-9A-Za-z_-]+)+|\b[0-9a-f]{64}\b")

Peer = Callable[[Sequence[bytes], Path], Callable[[Path], int]]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--megabytes", type=int, default=128)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--indicators", type=int, nargs="+", default=[1_000, 100_000, 1_000_000])
    arguments.add_argument("--peer-indicators", type=int, default=100_000, help="the most that peers are asked for")
    chosen = arguments.parse_args()
    if folder := os.environ.get("DETENTE_PEERS"):
        sys.path.append(folder)
    print(f"{machine()}; {chosen.megabytes} MB, n = {chosen.rounds}; load {os.getloadavg()[0]:.1f} at the beginning")
    print(f"{'indicators':>10}  {'what':<16} {'MB per CPU-second':>22} {'lines that hit':>15}  {'to compile':>10}")
    with tempfile.TemporaryDirectory() as folder:
        for count in chosen.indicators:
            measure(Path(folder), count, chosen.megabytes * 1_000_000, chosen.rounds, chosen.peer_indicators)


def measure(folder: Path, count: int, size: int, rounds: int, peer_indicators: int) -> None:
    values = indicators(count)
    log, hot, short = folder / "log", folder / "hot", folder / "short"
    write(log, apache_log(size, values))
    write(hot, apache_log(size // 8, values, one_in=HOT_ONE_IN))
    write(short, apache_log(min(size, PEER_BYTES_MAX), values))
    literals = [value.value.encode() for value in values if "/" not in value.value or value.kind == "url"]
    block, compiled_s = timed(lambda: block_of(values))
    gc.collect()
    gc.freeze()  # what is held for the benchmark is no work of the hunt
    matcher = Block(block).matcher()
    ours(count, matcher, log, hot, rounds, compiled_s, len(block))
    if count > peer_indicators:
        print(f"{count:>10,}  peers are asked for {peer_indicators:,} at most (--peer-indicators)")
        return
    for name, (make, quick) in PEERS.items():
        try:
            search, compiled_s = timed(lambda make=make: make(literals, folder))  # type: ignore[misc]
        except ImportError as error:
            print(f"{count:>10,}  {name:<16} left out: {error}")
            continue
        report(count, name, log if quick else short, rounds, search, f"{compiled_s:.2f} s")


def ours(count: int, matcher: Matcher, log: Path, hot: Path, rounds: int, compiled_s: float, block_bytes: int) -> None:
    sieve = sieve_for(matcher)

    def search(file: Path) -> int:
        return node_search(list_logs([file]), matcher, Manner(), threads=1).result.hit_lines

    ready = list(pieces(read(log)))

    def alone(_: Path) -> int:
        return sum(len(sieve.words(piece)[0]) for piece in ready)

    search(log)  # Numba loads what it compiled at first use.
    built = f"{compiled_s:.2f} s, {block_bytes / 1e6:.0f} MB"
    report(count, "pass", log, rounds, alone, "")
    report(count, "hunt", log, rounds, search, built)
    report(count, "hunt, hot", hot, rounds, search, "")
    packed = log.with_name("log.gz")
    packed.write_bytes(gzip.compress(log.read_bytes(), 6))
    report(count, "hunt, gzip", packed, rounds, search, "", size=log.stat().st_size)
    two_threads(count, matcher, log, rounds)


def two_threads(count: int, matcher: Matcher, log: Path, rounds: int) -> None:
    """By the wall clock the best of each: what else runs on the machine only ever makes them slower.

    By the processor, which other work disturbs less: what the hunt costs more than with one thread, and how much of it is the caller's,
    who alone counts. The rest is done by both threads beside each other.
    """
    logs = list_logs([log])
    wall: dict[int, list[float]] = {1: [], 2: []}
    cpu: dict[int, list[float]] = {1: [], 2: []}
    callers: list[float] = []
    for _ in range(rounds):
        for threads in (1, 2):
            wall_s, process_s, caller_s = time.perf_counter(), time.process_time(), time.thread_time()
            node_search(logs, matcher, Manner(), threads=threads)
            wall[threads].append(time.perf_counter() - wall_s)
            cpu[threads].append(time.process_time() - process_s)
        callers.append((time.thread_time() - caller_s) / cpu[2][-1])
    megabytes = log.stat().st_size / 1e6
    shown = f"{megabytes / min(wall[2]):.0f} MB/s, {min(wall[1]) / min(wall[2]):.2f} × one"
    print(f"{count:>10,}  {'2 threads, wall':<16} {shown:>22}", flush=True)
    costs = statistics.median(two / one for one, two in zip(cpu[1], cpu[2], strict=True))
    shown = f"{costs:.2f} × the cost of one, {statistics.median(callers):.1%} the caller's"
    print(f"{count:>10,}  {'2 threads, CPU':<16} {shown}", flush=True)


def block_of(values: Sequence[PatternValue]) -> bytes:
    builder = Builder()
    for number, value in enumerate(values):
        builder.add(IndicatorSource(f"indicator--{number:08x}-0000-4000-8000-000000000000", [value]))
    assert not builder.not_searched
    return builder.block()


def read(file: Path) -> Iterator[bytes]:
    with file.open("rb", buffering=0) as stream:
        while chunk := stream.read(BLOCK_BYTES):
            yield chunk


def write(file: Path, chunks: Iterator[bytes]) -> None:
    with file.open("wb") as stream:
        stream.writelines(chunks)


# Peers: made of the values, a function from a log to how many lines hit.


def hyperscan(literals: Sequence[bytes], _: Path) -> Callable[[Path], int]:
    """With the check of what stands beside a match that it needs to mean the same."""
    hs: Any = importlib.import_module("hyperscan")
    database = hs.Database(mode=hs.HS_MODE_BLOCK)
    database.compile(
        expressions=[re.escape(literal) for literal in literals],
        ids=list(range(len(literals))),
        elements=len(literals),
        flags=[hs.HS_FLAG_CASELESS] * len(literals),
    )
    host = frozenset(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-")

    def search(file: Path) -> int:
        found = 0
        for piece in pieces(read(file)):
            data = piece.data
            ends: list[tuple[int, int]] = []
            database.scan(
                data,
                match_event_handler=lambda number, _start, end, _flags, into: into.append((number, end)),
                context=ends,
            )
            lines = set()
            for number, end in ends:
                start = end - len(literals[number])
                if (start == 0 or data[start - 1] not in host) and (end == len(data) or data[end] not in host):
                    lines.add(data.rfind(b"\n", 0, start))
            found += len(lines)
        return found

    return search


def aho_corasick(literals: Sequence[bytes], _: Path) -> Callable[[Path], int]:
    package: Any = importlib.import_module("ahocorasick_rs")
    automaton = package.BytesAhoCorasick(list(literals))
    return lambda file: sum(len(automaton.find_matches_as_indexes(piece.data)) for piece in pieces(read(file)))


def polars(literals: Sequence[bytes], _: Path) -> Callable[[Path], int]:
    """Its own Aho-Corasick over a column of lines."""
    os.environ["POLARS_MAX_THREADS"] = "1"
    package: Any = importlib.import_module("polars")
    wanted = [literal.decode() for literal in literals]

    def search(file: Path) -> int:
        lines = package.Series(file.read_text().split("\n"))
        return int(lines.str.contains_any(wanted).sum())

    return search


def re_and_set(literals: Sequence[bytes], _: Path) -> Callable[[Path], int]:
    """The tokens of each line, looked up as they are."""
    wanted = set(literals)

    def search(file: Path) -> int:
        with file.open("rb") as lines:
            return sum(not wanted.isdisjoint(_TOKEN.findall(line)) for line in lines)

    return search


def program(command: Sequence[str]) -> Peer:
    def make(literals: Sequence[bytes], folder: Path) -> Callable[[Path], int]:
        if shutil.which(command[0]) is None:
            raise ImportError(f"there is no program {command[0]}")
        patterns = folder / "patterns"
        patterns.write_bytes(b"\n".join(literals) + b"\n")

        def search(file: Path) -> int:
            # The plain locale is the faster one for grep.
            done = subprocess.run(
                [*command, str(patterns), str(file)], capture_output=True, check=False, env={"LC_ALL": "C"}
            )
            assert done.returncode in (0, 1), done.stderr  # 1: no line
            return int(done.stdout or 0)

        (folder / "empty").write_bytes(b"")
        search(folder / "empty")
        return search

    return make


PEERS: dict[str, tuple[Peer, bool]] = {  # and whether it is quick enough for the whole log
    "Hyperscan": (hyperscan, True),
    "ripgrep -F -f": (program([os.environ.get("RIPGREP", "rg"), "-j1", "-c", "-F", "-f"]), False),
    "ahocorasick_rs": (aho_corasick, False),
    "grep -F -f": (program(["grep", "-c", "-F", "-f"]), False),
    "Polars": (polars, False),
    "re + set": (re_and_set, False),
}


def timed(make: Callable[[], Any]) -> tuple[Any, float]:
    start = cpu_s()
    made = make()
    return made, cpu_s() - start


def report(
    count: int, what: str, file: Path, rounds: int, search: Callable[[Path], int], compiled: str, *, size: int = 0
) -> None:
    rates = []
    found = 0
    before = 0.0
    if compiled and (empty := file.with_name("empty")).exists() and "grep" in what:
        before = statistics.median(timed(lambda: search(empty))[1] for _ in range(3))
    for _ in range(rounds):
        found, spent = timed(lambda: search(file))
        rates.append((size or file.stat().st_size) / max(1e-9, spent - before) / 1e6)
    rate = f"{statistics.median(rates):,.0f} ({min(rates):,.0f}–{max(rates):,.0f})"
    print(f"{count:>10,}  {what:<16} {rate:>22} {found:>15,}  {compiled:>10}", flush=True)


def cpu_s() -> float:
    """Of this process and of those it started and waited for."""
    return time.process_time() + sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
