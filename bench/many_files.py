"""How much slower is a hunt over 10,000 files of 100 KB than over one file of the same bytes, and where does the time go?

    python -m bench.many_files [--files 10000] [--kilobytes 100] [--indicators 1000] [--rounds 3]

Made-up Apache logs on the disk (page cache), searched by `detente.node.search` as the command does, after listing the folder; the same
bytes as one file beside. A round is both. With --profile, one more hunt over the many files tells which functions take the most time.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import statistics
import tempfile
import time
from pathlib import Path

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
        hunt(one, matcher)  # so that everything is compiled
        seconds: dict[str, list[float]] = {"many": [], "one": []}
        for _ in range(chosen.rounds):
            (alone, alone_hits), (together, hits) = hunt(one, matcher), hunt(many, matcher)
            assert alone_hits == hits
            seconds["one"].append(alone)
            seconds["many"].append(together)
        for name, taken in seconds.items():
            print(f"{name:<5} {statistics.median(taken):.2f} s ({min(taken):.2f}–{max(taken):.2f})")
        ratios = [a / b for a, b in zip(seconds["many"], seconds["one"], strict=True)]
        print(f"many / one: {statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})")
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


def hunt(path: Path, matcher: Matcher) -> tuple[float, int]:
    start = time.perf_counter()
    result = search(list_logs([path]), matcher, Manner()).result
    return time.perf_counter() - start, result.count


if __name__ == "__main__":
    main()
