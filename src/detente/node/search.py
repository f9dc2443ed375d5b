"""Every log against a matcher, one behind the other, from where an earlier hunt was stopped if it was.

    logs → bytes → plain text → hits → one result a log

A hunt that is stopped keeps what it found, and says how far it came: a `Position`, by which another goes on. Files are known
again by device and inode, so a log that was renamed in between is not read twice; of one that grew the rest is read.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import msgspec

from detente.errors import InvalidObject, LocalError
from detente.hunt.gathered import Gathered
from detente.hunt.indicators import IndicatorSource, Matcher
from detente.hunt.lines import HitValues
from detente.hunt.packed import plain_chunks
from detente.hunt.results import HuntResult, merged
from detente.hunt.scan import INTERRUPTED, LineHit, Search, hunt
from detente.node.code_cache import Preparing
from detente.node.logs import Logs, Reading
from detente.node.threads import searching
from detente.stix.pattern import PatternValue

POSITION_BYTES_MAX = 256 << 20


@dataclass(frozen=True, slots=True)
class Sofar:
    """How far a hunt is: bytes on the disk of all logs, 0 of `total` where that is not known, and lines that hit."""

    name: str
    done: int
    total: int
    hits: int


@dataclass(slots=True)
class StopRequest:
    """Set `asked`, or use `ask` as the handler of a signal: the hunt ends after the block at hand. A second time it ends at once."""

    asked: bool = False
    reading: bool = False

    def ask(self, *_signal: object) -> None:
        if self.asked or self.reading:
            self.asked = True
            raise KeyboardInterrupt
        self.asked = True

    def __call__(self) -> bool:
        return self.asked


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Up to where a file was searched: bytes of its plain text at the end of a line, and that line's number.

    `size`: of the file on the disk, when all of it was searched; otherwise -1.
    """

    device: int
    inode: int
    size: int
    bytes: int
    lines: int


class Position(msgspec.Struct, frozen=True):
    """Where a stopped hunt goes on, and what it had found."""

    places: list[Place]
    so_far: HuntResult
    logs: int


@dataclass(frozen=True, slots=True)
class Searched:
    """`position` where the hunt was stopped, None where it came to its end."""

    by_log: tuple[tuple[str, HuntResult], ...]
    position: Position | None
    resumed: HuntResult | None = None
    across: HuntResult | None = None  # of patterns that need several lines, which may be in several logs

    @property
    def result(self) -> HuntResult:
        earlier = [] if self.resumed is None else [self.resumed]
        across = [] if self.across is None else [self.across]
        return merged([*earlier, *(result for _, result in self.by_log), *across])


class LineHitOf(NamedTuple):
    """One hit for whoever lists them: a line of a log, and the value of the indicator that it hit."""

    log: str
    line: int
    value: PatternValue
    source: IndicatorSource


@dataclass(frozen=True, slots=True)
class Workers:
    """Where a hunt is done instead of in this process: on the cluster of the scheduler at `address`, or by `count` processes here."""

    address: str = ""
    count: int = 0


@dataclass(slots=True, kw_only=True)
class Manner:
    """How logs are read, and who is told meanwhile."""

    year: int | None = None
    format_name: str = ""
    progress: Callable[[Sofar], None] | None = None
    preparing: Preparing | None = None  # hears of what takes long before anything is searched
    on_hit: Callable[[LineHitOf], None] | None = None
    stop: StopRequest = field(default_factory=StopRequest)
    resume: Position | None = None
    workers: Workers | None = None  # see `detente.node.cluster`


def search(logs: Logs, matcher: Matcher, manner: Manner) -> Searched:
    """A log that ends early (a truncated .gz, one that vanished) is searched as far as it goes, and its result says so."""
    with searching(matcher) as passes:
        return _search(logs, matcher, manner, passes)


def _search(logs: Logs, matcher: Matcher, manner: Manner, passes: Search) -> Searched:
    values = HitValues(matcher)
    gathered = Gathered() if len(logs.files) > 1 else None
    before = {} if manner.resume is None else {(p.device, p.inode): p for p in manner.resume.places}
    places: list[Place] = []
    by_log: list[tuple[str, HuntResult]] = []
    done = hits = 0
    total = logs.size  # summed up once, not for each of many files
    for file in logs.files:
        place = before.get((file.device, file.inode), _BEGIN)
        if file.size and file.size == place.size:
            places.append(place)
            done += file.size
            continue
        reading = Reading(file, manner.stop)
        result = hunt(
            plain_chunks(reading),
            matcher,
            year=manner.year,
            format_name=manner.format_name,
            skip_bytes=place.bytes,
            lines_before=place.lines,
            progress=_told(manner, reading, file.name, done, total, hits),
            stop=manner.stop,
            on_hit=_named(manner, file.name, values, matcher),
            search=passes,
            gathered=gathered,
        )
        by_log.append((file.name, result))
        done += file.size
        hits += result.hit_lines
        # A request that came as the last block was read finds the log searched to its end.
        stopped = manner.stop.asked
        ended = not result.stopped and not stopped
        places.append(
            Place(file.device, file.inode, file.size if ended else -1, result.whole_bytes, place.lines + result.lines)
        )
        if stopped:
            by_log[-1] = (file.name, replace(result, stopped=INTERRUPTED))
            break
    across = None if gathered is None else gathered.result()
    if not manner.stop.asked:
        return Searched(tuple(by_log), None, None if manner.resume is None else manner.resume.so_far, across)
    earlier = [] if manner.resume is None else [manner.resume.so_far]
    so_far = merged([*earlier, *(result for _, result in by_log), *([across] if across else [])], examples_max=0)
    so_far = replace(so_far, stopped="", hits=tuple(replace(h, examples=()) for h in so_far.hits))
    known = {(p.device, p.inode) for p in places}
    places += [p for key, p in before.items() if key not in known]
    position = Position(
        [p for p in places if p.inode], so_far, (manner.resume.logs if manner.resume else 0) + len(by_log)
    )
    return Searched(tuple(by_log), position, None if manner.resume is None else manner.resume.so_far, across)


def _told(
    manner: Manner, reading: Reading, name: str, done: int, total: int, hits: int
) -> Callable[[int, int, int], None] | None:
    tell = manner.progress
    if tell is None:
        return None
    return lambda _bytes, _lines, found: tell(Sofar(name, done + reading.bytes, total, hits + found))


def _named(manner: Manner, name: str, values: HitValues, matcher: Matcher) -> Callable[[LineHit], None] | None:
    tell = manner.on_hit
    if tell is None:
        return None
    return lambda hit: tell(LineHitOf(name, hit.line, values.value_of(hit), matcher.sources[hit.indicator]))


def keep_position(path: Path, position: Position | None) -> None:
    """Write where a hunt was stopped, whole or not at all; or forget it."""
    if position is None:
        path.unlink(missing_ok=True)
        return
    part = path.with_name(path.name + ".part")
    part.write_bytes(msgspec.json.encode(position))
    os.replace(part, path)


def read_position(path: Path) -> Position:
    """Raises LocalError when there is none, InvalidObject for a file that is none."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise LocalError("no hunt was stopped here, so there is none to resume; hunt without --resume") from None
    try:
        return msgspec.json.decode(data[:POSITION_BYTES_MAX], type=Position)
    except msgspec.DecodeError as error:
        raise InvalidObject(f"{path} does not say where a hunt was stopped ({error}); hunt without --resume") from None


_BEGIN = Place(0, 0, -2, 0, 0)
