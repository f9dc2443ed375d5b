"""How soon is a thousand new indicators answered over the summaries of 100 GB of logs, and how large are these?

    python -m bench.retro [--gigabytes 100] [--log-megabytes 100] [--indicators 1000] [--rounds 5] [--logs FILE…]

First, what a summary costs: bytes for each megabyte of log, and megabytes a second of one processor to make it, for a made-up Apache log
and for `--logs` (packed or not). Then the answer: packs as `detente retro add` writes them lie in a folder, and everything from reading
them to the list of logs to confirm is timed. The 100 GB are not written: the summaries are of made-up logs with as many distinct keys for
each megabyte as the most diverse log of the first part, drawn by chance; nothing in them is asked for, so every candidate is a false one,
which gives their rate. Confirming is a hunt over the candidates alone, and no part of it. The folder is in the page cache.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from bench.generate import apache_log, indicators
from bench.machine import machine, spread

from detente.hunt.indicators import IndicatorSource
from detente.hunt.packed import plain_chunks
from detente.hunt.summary import Asked, Summary, distinct, pack, summarise
from detente.node.summaries import PACK_BYTES_MAX, Summaries
from detente.stix.pattern import PatternValue

CHUNK_BYTES = 1 << 20
MADE_UP_BYTES = 64_000_000


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--gigabytes", type=float, default=100)
    arguments.add_argument("--log-megabytes", type=float, nargs="+", default=[1000, 100, 10])
    arguments.add_argument("--indicators", type=int, default=1000)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--logs", type=Path, nargs="*", default=[])
    chosen = arguments.parse_args()
    print(machine())
    densest = summaries_of(chosen.logs, chosen.rounds)
    for megabytes in chosen.log_megabytes:
        answer(chosen.gigabytes, megabytes, densest, indicators(chosen.indicators), chosen.rounds)


def summaries_of(files: Sequence[Path], rounds: int) -> Summary:
    """Prints a row for each log; returns the summary with the most fingerprints for its size."""
    print(f"{'log':<24}{'MB':>7}{'addresses':>11}{'prints':>9}{'bytes per MB':>14}{'% of log':>10}  MB per CPU-second")
    summarise([b"first, to compile"])
    made = []
    for name, data in [
        ("made-up Apache", b"".join(apache_log(MADE_UP_BYTES, []))),
        *((f.name, _plain(f)) for f in files),
    ]:
        rates = []
        for _ in range(rounds):
            start = time.process_time()
            summary = summarise(data[at : at + CHUNK_BYTES] for at in range(0, len(data), CHUNK_BYTES))
            rates.append(len(data) / 1e6 / (time.process_time() - start))
        made.append(summary)
        share = summary.size / len(data)
        print(
            f"{name:<24}{len(data) / 1e6:>7.1f}{len(summary.addresses):>11,}{len(summary.prints):>9,}{share * 1e6:>14,.0f}"
            f"{share:>10.2%}  {statistics.median(rates):.0f} ({spread(rates)})",
            flush=True,
        )
    return max(made, key=lambda summary: len(summary.prints) / summary.bytes)


def _plain(file: Path) -> bytes:
    return b"".join(plain_chunks([file.read_bytes()]))


def answer(gigabytes: float, megabytes: float, like: Summary, values: Sequence[PatternValue], rounds: int) -> None:
    sources = [IndicatorSource(f"indicator--{n}", [value]) for n, value in enumerate(values)]
    with tempfile.TemporaryDirectory() as folder:
        count = size = 0
        for number, data in enumerate(packs(gigabytes, megabytes, like)):
            Path(folder, f"{number:04}.pack").write_bytes(data[0])
            count += data[1]
            size += len(data[0])
        seconds = []
        rows = 0
        for _ in range(rounds):
            start = time.perf_counter()
            asked = Asked(sources)
            rows = sum(
                len(found) for _, one in Summaries(Path(folder)).packs() for found in asked.candidates(one).values()
            )
            seconds.append(time.perf_counter() - start)
    print(
        f"{count:,} logs of {megabytes:,.0f} MB = {count * megabytes / 1000:,.0f} GB; summaries {size / 1e6:,.0f} MB; "
        f"{len(sources):,} indicators: {statistics.median(seconds):.2f} s ({min(seconds):.2f}–{max(seconds):.2f}, n={rounds}); "
        f"{rows:,} of {count * len(sources):,} questions answered 'perhaps'",
        flush=True,
    )


def packs(gigabytes: float, megabytes: float, like: Summary) -> Iterator[tuple[bytes, int]]:
    dice = np.random.default_rng(20_150_517)
    scale = megabytes * 1e6 / like.bytes
    waiting: list[tuple[dict[str, str], Summary]] = []
    size = 0
    for _ in range(round(gigabytes * 1000 / megabytes)):
        waiting.append(({"path": "made up"}, made_up(dice, like, scale)))
        size += waiting[-1][1].size
        if size >= PACK_BYTES_MAX:
            yield pack(waiting), len(waiting)
            waiting, size = [], 0
    if waiting:
        yield pack(waiting), len(waiting)


def made_up(dice: np.random.Generator, like: Summary, scale: float) -> Summary:
    """As many keys as a log of this size would have if it went on as it began."""
    addresses, halves, prints = (round(len(kind) * scale) for kind in (like.addresses, like.halves6, like.prints))
    # Where nothing is asked about: an address that is met is no false candidate.
    return Summary(
        addresses=distinct(dice.integers(240 << 24, 1 << 32, addresses, np.uint64)).astype(np.uint32),
        halves6=distinct(dice.integers(0, 1 << 64, halves, np.uint64)),
        prints=distinct(dice.integers(0, 1 << 64, prints, np.uint64)),
        bytes=round(like.bytes * scale),
        lines=0,
        left_out_bytes=0,
    )


if __name__ == "__main__":
    main()
