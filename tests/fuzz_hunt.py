"""Hunts millions of hostile lines in every way, and compares each result with the reference: `make fuzz-hunt`.

    python -m tests.fuzz_hunt --lines 2000000            other lines each time; the seed is printed first
    python -m tests.fuzz_hunt --seed 17 --sample 40      one sample of an earlier run again

One sample in ten is hunted by the interpreted sieve too, and one in four as files on the disk. At the first difference the
sample is made as small as it can be while it differs, and shown. Runs in one process, on one core but for the threads under test.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import tempfile
from pathlib import Path

from detente.hunt.sieve import can_compile
from detente.node.open import system_clock
from tests.hunt_samples import Sample, sample
from tests.hunt_ways import Difference, difference, expected, minimal

TOLD_EVERY_LINES = 200_000
INTERPRETED = "interpreted, "


def sizes_of(seed: int, lines: int) -> list[int]:
    """Of the samples: most have some thousand lines, and some so few that their bytes can come one by one."""
    dice = random.Random(seed)
    sizes: list[int] = []
    while lines > 0:
        sizes.append(min(lines, dice.choice((1, 5, 60, 2000, 2000, 5000, 5000))))
        lines -= sizes[-1]
    return sizes


def checked(seed: int, number: int, size: int, folder: Path) -> tuple[Sample, int, Difference | None]:
    """One sample in all its ways: its hits, and the first difference."""
    name = f"{seed}/{number}"
    one = sample(name, size)
    wanted = expected(one)
    on_disk = folder if number % 4 == 3 else None
    found = None
    if can_compile():
        found = difference(one, name, compiled=True, wanted=wanted, folder=on_disk)
    if found is None and (number % 10 == 0 or not can_compile()):
        found = difference(one, name, compiled=False, wanted=wanted, folder=on_disk)
        found = found and found._replace(way=INTERPRETED + found.way)
    return one, len(wanted["line hits"]), found


def shown(one: Sample, found: Difference, seed: int, number: int) -> str:
    """The smallest sample with this difference, for a person."""
    name = f"{seed}/{number}"
    compiled = not found.way.startswith(INTERPRETED)

    with tempfile.TemporaryDirectory() as folder:

        def differs(smaller: Sample) -> Difference | None:
            return difference(smaller, name, compiled=compiled, folder=Path(folder))

        small = minimal(one, differs) if differs(one) else one
        again = differs(small) or found
    indicators = [
        (s.id, [tuple(v) for v in s.values], s.valid_from_us, s.valid_until_us, s.revoked) for s in small.sources[:5]
    ]
    return (
        f"seed {seed}, sample {number} ({len(one.log):,} bytes): {found}\n"
        f"the smallest that differs: {again}\n"
        f"log ({len(small.log):,} bytes): {small.log[:2000]!r}\n"
        f"{len(small.sources)} indicators: {indicators}\n"
        f"run_bytes_max {small.run_bytes_max}, warning lists: {small.warned}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--lines", type=int, default=2_000_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    parser.add_argument("--sample", type=int, help="only this one")
    asked = parser.parse_args()
    print(f"seed {asked.seed}, {asked.lines:,} lines", flush=True)
    start_us = system_clock()
    lines = hits = size = samples = 0
    with tempfile.TemporaryDirectory() as folder:
        for number, count in enumerate(sizes_of(asked.seed, asked.lines)):
            if asked.sample not in (None, number):
                continue
            one, hit, found = checked(asked.seed, number, count, Path(folder))
            if found is not None:
                print(shown(one, found, asked.seed, number))
                return 1
            samples += 1
            before, lines, size = lines, lines + count, size + len(one.log)
            hits += hit
            if lines // TOLD_EVERY_LINES > before // TOLD_EVERY_LINES:
                print(f"{lines:,} lines after {(system_clock() - start_us) / 1e6:.0f} s", flush=True)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(
        f"{lines:,} lines ({size / 1e6:,.0f} MB) in {samples:,} samples, {hits:,} hits: all ways equal the reference; "
        f"{(system_clock() - start_us) / 1e6:.0f} s, {used.ru_utime + used.ru_stime:.0f} of a processor, "
        f"at most {used.ru_maxrss >> 10} MB; seed {asked.seed}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
