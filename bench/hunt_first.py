"""How many megabytes of web log does the hunt search in a second of one processor, beside grep and the plain loop?

    python -m bench.hunt_first [--megabytes 64] [--rounds 5] [--indicators 1000 100000]

One process, one thread, a made-up Apache log (see bench/generate.py) that lies in memory or in the page cache. "hunt"
is all of it: reading, matching by every rule, times, counts. "hunt, hot" is the same over a log in which every other
line hits. "re + set" finds the tokens of each line and looks them up as they are: no parents, networks, URLs or times.
"grep" is `grep -c -F -f`, which finds substrings and therefore other lines too. Compiling is timed apart, except for
grep's, which cannot be. MB is a million bytes and the seconds are those of the processor, so that other work on the
machine matters less; the figures are the median and, in brackets, the lowest and the highest of n rounds.
"""

from __future__ import annotations

import argparse
import re
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.generate import apache_log, indicators
from bench.machine import machine

from detente.hunt.indicators import IndicatorSource, compile_indicators
from detente.hunt.scan import hunt
from detente.stix.pattern import PatternValue

CHUNK_BYTES = 1 << 20
HOT_ONE_IN = 2

_TOKEN = re.compile(rb"[0-9A-Za-z_-]+(?:\.[0-9A-Za-z_-]+)+|\b[0-9a-f]{64}\b")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--megabytes", type=int, default=64)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--indicators", type=int, nargs="+", default=[1_000, 100_000])
    chosen = arguments.parse_args()
    print(f"{machine()}; {chosen.megabytes} MB, n = {chosen.rounds}")
    print(f"{'indicators':>10}  {'what':<10} {'MB per CPU-second':>24} {'lines that hit':>15}  {'to compile':>10}")
    for count in chosen.indicators:
        measure(indicators(count), chosen.megabytes * 1_000_000, chosen.rounds)


def measure(values: list[PatternValue], size: int, rounds: int) -> None:
    log = b"".join(apache_log(size, values))
    hot = b"".join(apache_log(size // 8, values, one_in=HOT_ONE_IN))
    start = cpu_s()
    matcher, not_searched = compile_indicators(
        IndicatorSource(f"indicator--{number}", [value]) for number, value in enumerate(values)
    )
    compiled_s = cpu_s() - start
    assert not not_searched

    def hunt_in(data: bytes) -> int:
        chunks = (data[at : at + CHUNK_BYTES] for at in range(0, len(data), CHUNK_BYTES))
        return hunt(chunks, matcher).hit_lines

    wanted = {value.value.encode() for value in values}

    def look_up() -> int:
        return sum(not wanted.isdisjoint(_TOKEN.findall(line)) for line in log.split(b"\n"))

    report(len(values), "hunt", len(log), rounds, lambda: hunt_in(log), compiled_s)
    report(len(values), "hunt, hot", len(hot), rounds, lambda: hunt_in(hot), compiled_s)
    report(len(values), "re + set", len(log), rounds, look_up, None)
    if (grep := shutil.which("grep")) is None:
        print("grep is not on this machine")
        return
    with tempfile.TemporaryDirectory() as folder:
        file, patterns = Path(folder, "log"), Path(folder, "patterns")
        file.write_bytes(log)
        patterns.write_text("\n".join(value.value for value in values) + "\n")

        def run_grep() -> int:
            command = [grep, "-c", "-F", "-f", str(patterns), str(file)]
            # The plain locale is the faster one for grep.
            done = subprocess.run(command, capture_output=True, check=False, env={"LC_ALL": "C"})
            assert done.returncode in (0, 1), done.stderr  # 1: no line
            return int(done.stdout)

        report(len(values), "grep", len(log), rounds, run_grep, None)


def report(count: int, what: str, size: int, rounds: int, search: Callable[[], int], compiled_s: float | None) -> None:
    rates = []
    found = 0
    for _ in range(rounds):
        start = cpu_s()
        found = search()
        rates.append(size / (cpu_s() - start) / 1e6)
    rate = f"{statistics.median(rates):.1f} ({min(rates):.1f}–{max(rates):.1f})"
    compiling = "" if compiled_s is None else f"{compiled_s:.2f} s"
    print(f"{count:>10,}  {what:<10} {rate:>24} {found:>15,}  {compiling:>10}", flush=True)


def cpu_s() -> float:
    """Of this process and of those it started and waited for."""
    return time.process_time() + sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])


if __name__ == "__main__":
    main()
