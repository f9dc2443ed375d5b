"""How much faster do two workers hunt than one, and what does a third process in between cost?

    python -m bench.cluster [--megabytes 1000] [--indicators 100000] [--rounds 5]

One made-up Apache log on the disk (page cache), searched by one process without Dask, by one worker and by two, all warm: the log was
searched before. A round is each of the three, sending the index too; rates are of the wall clock, so other work on the machine counts.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.generate import apache_log, indicators
from bench.machine import machine

from detente.hunt.indicators import IndicatorSource
from detente.hunt.results import merged
from detente.hunt.warninglists import WarningLists
from detente.node.cluster import hunt_on, index_of, workers
from detente.node.logs import Logs, list_logs
from detente.node.search import Manner, Workers, search

REPEATED_BYTES = 64_000_000


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--megabytes", type=int, default=1000)
    arguments.add_argument("--indicators", type=int, default=100_000)
    arguments.add_argument("--rounds", type=int, default=5)
    chosen = arguments.parse_args()
    print(f"{machine()}; {chosen.megabytes} MB, {chosen.indicators:,} indicators, n = {chosen.rounds}")
    values = indicators(chosen.indicators)
    sources = [IndicatorSource(f"indicator--{n}", [value]) for n, value in enumerate(values)]
    index, _ = index_of(sources, WarningLists(), WarningLists())
    matcher = index.matcher()
    with tempfile.TemporaryDirectory() as folder:
        part = b"".join(apache_log(min(REPEATED_BYTES, chosen.megabytes * 1_000_000), values))
        file = Path(folder, "access.log")
        with file.open("wb") as stream:
            for _ in range(max(1, chosen.megabytes * 1_000_000 // len(part))):
                stream.write(part)
        logs = list_logs([file])
        with workers(Workers(count=1)) as one, workers(Workers(count=2)) as two:
            ways: dict[str, Callable[[Logs], int]] = {
                "no Dask": lambda logs: search(logs, matcher, Manner()).result.count,
                "one worker": lambda logs: merged(r for _, r in hunt_on(one, logs.files, index)).count,
                "two workers": lambda logs: merged(r for _, r in hunt_on(two, logs.files, index)).count,
            }
            compare(ways, logs, chosen.rounds)


def compare(ways: dict[str, Callable[[Logs], int]], logs: Logs, rounds: int) -> None:
    found = {name: way(logs) for name, way in ways.items()}
    assert len(set(found.values())) == 1, found
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            start = time.perf_counter()
            assert way(logs) == found[name]
            seconds[name].append(time.perf_counter() - start)
    for name, taken in seconds.items():
        rates = [logs.size / 1e6 / s for s in taken]
        print(f"{name:<12} {statistics.median(rates):>7,.0f} MB/s ({min(rates):,.0f}–{max(rates):,.0f})")
    ratios = [one / two for one, two in zip(seconds["one worker"], seconds["two workers"], strict=True)]
    print(f"two workers / one worker: {statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})")


if __name__ == "__main__":
    main()
