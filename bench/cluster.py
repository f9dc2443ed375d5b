"""How much faster do two workers hunt than one, and what does it cost that they are processes of their own?

    python -m bench.cluster [--megabytes 1000] [--indicators 100000] [--rounds 5]

One made-up Apache log in the page cache. Every way is measured in every round, one behind the other: in this process by one thread and by
as many as there are processors, by one worker and by two, each with one thread. A hunt by workers begins with giving them the index and
ends with its joined result. Told apart are their start, the first hunt of each way, and the hunt of an empty log, which is what it costs
before anything is searched. Rates are of the wall clock, so other work on the machine counts; processor seconds are of each process: this
one, in which Dask's scheduler runs too, and the workers.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bench.generate import apache_log, indicators
from bench.machine import machine

from detente.hunt.indicators import IndicatorSource, Matcher
from detente.hunt.results import merged
from detente.hunt.warninglists import WarningLists
from detente.node.cluster import Index, hunt_on, index_of
from detente.node.crew import Crew, workers
from detente.node.logs import Logs, list_logs
from detente.node.search import Manner, Workers, search
from detente.stix.objects import new_id

REPEATED_BYTES = 64_000_000


@dataclass(frozen=True, slots=True)
class Hunted:
    seconds: float
    processor: tuple[float, ...]  # seconds of this process, and of each worker


@dataclass(slots=True)
class Way:
    name: str
    hunt: Callable[[Logs], int]
    crew: Crew | None = None
    first: float = 0
    empty: list[Hunted] = field(default_factory=list)
    full: list[Hunted] = field(default_factory=list)

    def measure(self, logs: Logs) -> tuple[int, Hunted]:
        before, start = self._processor(), time.perf_counter()
        found = self.hunt(logs)
        seconds = time.perf_counter() - start
        return found, Hunted(seconds, tuple(b - a for a, b in zip(before, self._processor(), strict=True)))

    def _processor(self) -> list[float]:
        of_workers = self.crew.client.run(time.process_time) if self.crew is not None else {}
        return [time.process_time(), *(of_workers[address] for address in sorted(of_workers))]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--megabytes", type=int, default=1000)
    arguments.add_argument("--indicators", type=int, default=100_000)
    arguments.add_argument("--rounds", type=int, default=5)
    chosen = arguments.parse_args()
    print(f"{machine()}; {chosen.megabytes} MB, {chosen.indicators:,} indicators, n = {chosen.rounds}")
    values = indicators(chosen.indicators)
    sources = [IndicatorSource(new_id("indicator", n.to_bytes(16, "big")), (value,)) for n, value in enumerate(values)]
    index, _ = index_of(sources, WarningLists(), WarningLists())
    with tempfile.TemporaryDirectory() as folder:
        part = b"".join(apache_log(min(REPEATED_BYTES, chosen.megabytes * 1_000_000), values))
        file, empty = Path(folder, "access.log"), Path(folder, "empty.log")
        with file.open("wb") as stream:
            for _ in range(max(1, chosen.megabytes * 1_000_000 // len(part))):
                stream.write(part)
        empty.touch()
        with started(1) as one, started(2) as two:
            matcher = index.matcher()
            ways = [
                Way("one thread", partial(by_threads, matcher, 1)),
                Way("threads", partial(by_threads, matcher, None)),
                Way("one worker", partial(by_workers, one, index), one),
                Way("two workers", partial(by_workers, two, index), two),
            ]
            compare(ways, list_logs([file]), list_logs([empty]), chosen.rounds)
    show(ways, file_bytes=len(part) * max(1, chosen.megabytes * 1_000_000 // len(part)))


@contextmanager
def started(count: int) -> Iterator[Crew]:
    start = time.perf_counter()
    with workers(Workers(count=count)) as crew:
        print(f"workers: {count} started in {time.perf_counter() - start:.1f} s")
        yield crew


def by_threads(matcher: Matcher, threads: int | None, logs: Logs) -> int:
    return search(logs, matcher, Manner(), threads=threads).result.count


def by_workers(crew: Crew, index: Index, logs: Logs) -> int:
    return merged(result for _, result in hunt_on(crew, logs.files, index)).count


def compare(ways: Sequence[Way], full: Logs, empty: Logs, rounds: int) -> None:
    found = set()
    for way in ways:
        count, first = way.measure(full)
        way.first = first.seconds
        found.add(count)
    for _ in range(rounds):
        for way in ways:
            way.empty.append(way.measure(empty)[1])
            count, hunted = way.measure(full)
            way.full.append(hunted)
            found.add(count)
    assert len(found) == 1, found


def show(ways: Sequence[Way], *, file_bytes: int) -> None:
    print("             MB/s                   first hunt   empty hunt   processor seconds: here, each worker")
    for way in ways:
        rates = [file_bytes / 1e6 / hunted.seconds for hunted in way.full]
        seconds = [statistics.median(of_one) for of_one in zip(*(hunted.processor for hunted in way.full), strict=True)]
        print(
            f"{way.name:<12} {statistics.median(rates):>5,.0f} ({min(rates):>5,.0f}–{max(rates):>5,.0f})"
            f"{way.first:>15.2f} s {statistics.median(hunted.seconds for hunted in way.empty):>10.3f} s   "
            + ", ".join(f"{one:.2f}" for one in seconds)
        )
    one, two = (next(way for way in ways if way.name == name) for name in ("one worker", "two workers"))
    ratios = [a.seconds / b.seconds for a, b in zip(one.full, two.full, strict=True)]
    print(f"two workers / one worker: {statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})")


if __name__ == "__main__":
    main()
