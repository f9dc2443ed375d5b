"""Whatever happens to a log between two looks, every line that was there at a look is searched exactly once.

So lines of different looks make patterns hold together as if one hunt had read them all: what is gathered for these is kept with the marks.

DETENTE_FUZZ=20 looks at twenty times as many histories. A history is a few dozen random writes, rotations, truncations,
packings, looks and kills.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec
import pytest

from detente.hunt.follow import Mark, begin, plan, searched
from detente.hunt.gathered import Gathered, Written
from detente.hunt.indicators import IndicatorSource
from detente.hunt.readers import Outcome
from detente.hunt.sequence import watched
from detente.hunt.tally import Seen as Values
from detente.stix.pattern import PatternValue

FUZZ = int(os.environ.get("DETENTE_FUZZ", "1"))
KEPT_FILES = 9


@dataclass
class File:
    inode: int
    data: bytearray
    packed: bool = False


@dataclass
class Seen:
    """A file of the set at a look; it reads what is there now."""

    name: str
    file: File
    current: bool

    @property
    def inode(self) -> int:
        return self.file.inode

    @property
    def packed(self) -> bool:
        return self.file.packed

    @property
    def disk_bytes(self) -> int:
        return len(self.file.data)

    def size(self) -> int:
        return len(self.file.data)

    def read(self, start: int, size: int) -> bytes:
        return bytes(self.file.data[start : start + size])


@dataclass
class World:
    dice: random.Random
    files: dict[str, File] = field(default_factory=dict)
    writer: File | None = None
    written: int = 0
    half: bytes = b""
    may_miss: set[bytes] = field(default_factory=set)
    marks: list[Mark] = field(default_factory=list)
    found: list[bytes] = field(default_factory=list)
    gathered: bytes = b""
    inodes: int = 100
    free_inodes: list[int] = field(default_factory=list)
    copying: File | None = None
    packing: tuple[str, File] | None = None

    def new(self, data: bytes = b"", *, packed: bool = False) -> File:
        # File systems give numbers that became free again.
        if self.free_inodes and self.dice.random() < 0.7:
            return File(self.free_inodes.pop(), bytearray(data), packed)
        self.inodes += 1
        return File(self.inodes, bytearray(data), packed)

    def start(self) -> None:
        self.files = {"log": self.new()}
        self.writer = self.files["log"]
        self.marks = begin(self.look())

    # what programs do to their logs

    def write(self) -> None:
        assert self.writer is not None
        self.flush()
        for _ in range(self.dice.randrange(1, 4)):
            self.written += 1
            line = b"%d %s\n" % (self.written, b"x" * self.dice.choice((0, 3, 40, 600)))
            cut = self.dice.randrange(1, len(line))
            # Into a file that was rotated away programs write whole lines: half a one is given out when it stays half.
            if self.writer is self.files["log"] and self.dice.random() < 0.2:
                self.writer.data += line[:cut]
                self.half = line[cut:]
                return
            self.writer.data += line

    def flush(self) -> None:
        assert self.writer is not None
        self.writer.data += self.half
        self.half = b""

    def reopen(self) -> None:
        self.flush()
        self.writer = self.files["log"]

    def shift(self) -> None:
        self.finish_packing()
        for number in range(KEPT_FILES, 0, -1):
            for end in ("", ".gz"):
                file = self.files.pop(f"log.{number}{end}", None)
                if file is None:
                    continue
                if number == KEPT_FILES:
                    self.may_miss |= set(lines_of(file.data))
                    self.free_inodes.append(file.inode)
                else:
                    self.files[f"log.{number + 1}{end}"] = file

    def rename(self) -> None:
        self.finish_copying()
        self.reopen()
        self.shift()
        self.files["log.1"] = self.files["log"]
        self.files["log"] = self.new()
        if self.dice.random() < 0.6:
            self.writer = self.files["log"]

    def begin_copying(self) -> None:
        if self.copying is not None or not self.files["log"].data:
            return
        self.reopen()
        self.shift()
        self.copying = self.files["log"]
        whole = bytes(self.copying.data)
        self.files["log.1"] = self.new(whole[: self.dice.randrange(len(whole) + 1)])

    def finish_copying(self) -> None:
        if self.copying is None:
            return
        self.flush()
        copy = self.files["log.1"]
        copy.data[:] = self.copying.data
        if self.dice.random() < 0.3:
            before = len(self.copying.data)
            self.write()
            self.flush()
            # Between the end of the copy and the truncation: in no file afterwards.
            self.may_miss |= set(lines_of(self.copying.data[before:]))
        self.copying.data.clear()
        self.copying = None

    def truncate(self) -> None:
        if self.copying is not None:
            return
        self.reopen()
        self.may_miss |= set(lines_of(self.files["log"].data))
        self.files["log"].data.clear()

    def begin_packing(self) -> None:
        name = f"log.{self.dice.randrange(1, KEPT_FILES)}"
        if (
            self.packing is not None
            or self.copying is not None
            or name not in self.files
            or self.files[name] is self.writer
        ):
            return
        whole = bytes(self.files[name].data)
        part = self.new(whole[: self.dice.randrange(len(whole) + 1)], packed=True)
        self.files[name + ".gz"] = part
        self.packing = name, part

    def finish_packing(self) -> None:
        if self.packing is None:
            return
        name, part = self.packing
        original = self.files.pop(name)
        part.data[:] = original.data
        self.free_inodes.append(original.inode)
        self.packing = None

    # what the follower does

    def look(self) -> list[Seen]:
        def age(name: str) -> int:
            return 0 if name == "log" else int(name.split(".")[1])

        return [Seen(name, self.files[name], name == "log") for name in sorted(self.files, key=age, reverse=True)]

    def follow(self, *, killed: bool = False, disturbed: bool = False) -> None:
        plan_ = plan(self.marks, self.look(), step_bytes_max=self.dice.choice((50, 300, 1 << 20)))
        if disturbed:
            self.act()
        marks, found, gathered = list(plan_.marks), list[bytes](), read_gathered(self.gathered)
        for step in plan_.steps:
            if killed and self.dice.random() < 0.5:
                return  # what was not kept is as if it had not been
            data = step.member.read(step.start, step.end - step.start)
            mark = searched(step, data.count(b"\n"))
            if mark is None:
                marks += [step.mark] if step.mark is not None else []
            else:
                marks.append(mark)
                found += lines_of(data)
                step_gathered = gathered_of(lines_of(data), Gathered())
                gathered.take(step_gathered.written(heads=False))
        if not killed:
            self.marks, self.found = marks, self.found + found
            self.gathered = msgspec.json.encode(gathered.written(heads=False))

    def act(self) -> None:
        self.dice.choice(
            [self.write] * 6
            + [self.reopen, self.rename, self.begin_copying, self.finish_copying, self.truncate]
            + [self.begin_packing, self.finish_packing]
        )()


def lines_of(data: bytes | bytearray) -> list[bytes]:
    return [bytes(line) for line in data.split(b"\n") if line]


PATTERN = "([ipv4-addr:value = '192.0.2.1'] FOLLOWEDBY [domain-name:value = 'b.example']) WITHIN 3 SECONDS"
SOURCE = IndicatorSource("indicator--1", (PatternValue("ipv4", "192.0.2.1"),), pattern=PATTERN)
WATCHED = watched(SOURCE)


def gathered_of(lines: Iterable[bytes], gathered: Gathered) -> Gathered:
    """Every line tells its number as its time; of five one makes the first part of the pattern true, and two the second."""
    gathered.next_log()
    for place, line in enumerate(lines):
        number = int(line.split(b" ")[0]) if line[:1].isdigit() else 0
        parts = (0, 1, 2, 0, 2)[number * 7919 % 13 % 5]
        if parts:
            outcome = Outcome(number * 1_000_000, "", "in", "allowed")
            gathered.add(SOURCE, WATCHED, parts, place + 1, outcome, Values(), b"", counted=False)
    return gathered


def read_gathered(data: bytes) -> Gathered:
    gathered = Gathered()
    if data:
        gathered.take(msgspec.json.decode(data, type=Written))
    return gathered


def history(seed: int) -> World:
    world = World(random.Random(seed))
    world.start()
    for _ in range(world.dice.randrange(10, 60)):
        for _ in range(world.dice.randrange(4)):
            world.act()
        chance = world.dice.random()
        world.follow(killed=chance < 0.2, disturbed=chance > 0.8)
    world.finish_copying()
    world.finish_packing()
    world.reopen()
    for _ in range(60):  # small steps take their time
        world.follow()
    return world


@pytest.mark.parametrize("start", range(0, 1500 * FUZZ, 100))
def test_no_line_is_missed_or_doubled_through_rotations_truncations_packing_and_kills(start: int) -> None:
    for seed in range(start, start + 100):
        world = history(seed)
        counts = Counter(world.found)
        assert [line for line, count in counts.items() if count > 1] == [], f"doubled, seed {seed}"
        missed = {b"%d" % number for number in range(1, world.written + 1)}
        missed -= {line.split(b" ")[0] for line in world.found}
        missed -= {line.split(b" ")[0] for line in world.may_miss}
        assert not missed, f"missed, seed {seed}"
        joined, at_once = read_gathered(world.gathered).result(), gathered_of(world.found, Gathered()).result()
        assert (joined.count, joined.hit_lines, joined.hits_per_day) == (
            at_once.count,
            at_once.hit_lines,
            at_once.hits_per_day,
        ), f"joined otherwise, seed {seed}"


def test_the_histories_hold_what_the_test_is_about() -> None:
    worlds = [history(seed) for seed in range(50)]
    assert sum(len(world.found) for world in worlds) > 2000
    assert sum(read_gathered(world.gathered).result().count for world in worlds) > 200
    assert sum(any(file.packed for file in world.files.values()) for world in worlds) > 10
