"""Every log against a matcher, one behind the other, from where an earlier hunt was stopped if it was.

    logs → bytes → plain text → hits → one result a log

A hunt that is stopped keeps what it found, and says how far it came: a `Position`, by which another goes on. Files are known
again by device and inode, so a log that was renamed in between is not read twice; of one that grew the rest is read.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import msgspec

from detente.errors import InvalidObject, LocalError
from detente.hunt.chunks import PADDING
from detente.hunt.gathered import Gathered, Written, with_gathered
from detente.hunt.indicators import IndicatorSource, Matcher
from detente.hunt.lines import HitValues
from detente.hunt.packed import plain_chunks
from detente.hunt.readers import HEAD_BYTES, detect
from detente.hunt.results import HuntResult, merged, without_hits
from detente.hunt.scan import INTERRUPTED, LineHit, LogHunt, hunt
from detente.node.code_cache import Preparing
from detente.node.collecting import seldom_collecting
from detente.node.logs import LogFile, Logs, Reading
from detente.node.plain_files import BUFFER_BYTES, Block, Load, Other, PlainFiles, Short
from detente.node.threads import Found, Searching, searching
from detente.stix.pattern import PatternValue

POSITION_BYTES_MAX = 256 << 20
FORMATS_TOLD = 20
"""Of so many short logs the format is told though nothing in them hits. To tell it takes longer than to search them."""


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
    """Where a stopped hunt goes on, and what it had found; of patterns that need several lines, these lines are in `gathered`."""

    places: list[Place]
    so_far: HuntResult
    logs: int
    gathered: Written | None = None


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


@seldom_collecting()
def search(
    logs: Logs, matcher: Matcher, manner: Manner, *, threads: int | None = None, buffer_bytes: int = BUFFER_BYTES
) -> Searched:
    """A log that ends early (a truncated .gz, one that vanished) is searched as far as it goes, and its result says so.

    By default as many threads as there are processors. `buffer_bytes`: of a plain file, are read at a time.
    """
    hunts = _Hunts(logs, matcher, manner)
    files = PlainFiles([(file, place.bytes) for file, place in hunts.todo])
    with searching(matcher, threads) as passes, closing(files):
        loads: Generator[tuple[Load, Found], None, None] = passes.loads(files.read, buffer_bytes)
        with closing(loads):
            for load, found in loads:
                if isinstance(load, Short):
                    hunts.take_short(load, found)
                elif isinstance(load, Block):
                    hunts.take_block(load, found)
                else:
                    hunts.take_other(load, passes)
                if manner.stop.asked:
                    break
    return hunts.searched()


class _Hunts:
    """The results so far, log by log."""

    def __init__(self, logs: Logs, matcher: Matcher, manner: Manner) -> None:
        self._matcher = matcher
        self._manner = manner
        self._values = HitValues(matcher)
        self._gathered = Gathered()
        if manner.resume is not None and manner.resume.gathered is not None:
            self._gathered.take(manner.resume.gathered)
        self._before = {} if manner.resume is None else {(p.device, p.inode): p for p in manner.resume.places}
        self._places: list[Place] = []
        self._by_log: list[tuple[str, HuntResult]] = []
        self._total = logs.size
        self._done = self._hits = 0
        self._open: LogHunt | None = None  # of a long file
        self.todo: list[tuple[LogFile, Place]] = []
        for file in logs.files:
            place = self._before.get((file.device, file.inode), _BEGIN)
            if file.size and file.size == place.size:
                self._places.append(place)
                self._done += file.size
            else:
                self.todo.append((file, place))

    def take_short(self, load: Short, found: Found) -> None:
        batch = load.batch
        for number, (rows, newlines) in enumerate(found):
            file, place = self.todo[load.first + number]
            size = batch.sizes[number]
            if len(rows) or self._manner.format_name or len(self._by_log) < FORMATS_TOLD:
                piece = batch.piece(number)
                log = self._begun(file, place, bytes(piece.padded[PADDING : PADDING + HEAD_BYTES]))
                log.add(piece, rows, newlines)
                result = log.result()
            else:
                result = without_hits(newlines + batch.lacks_newline(number), size)
            self._take(file, place, result)
        self._tell(file.name)

    def take_block(self, load: Block, found: Found) -> None:
        file, place = self.todo[load.file]
        log = self._open = self._open or self._begun(file, place, load.head)
        if load.piece is not None:
            log.add(load.piece, *found[0])
            self._tell(file.name, place.bytes + log.bytes, log.hit_lines)
        if load.piece is None or self._manner.stop.asked:
            self._take(file, place, log.result(load.stopped))
            self._open = None

    def take_other(self, load: Other, passes: Searching) -> None:
        file, place = self.todo[load.file]
        reading = Reading(file, self._manner.stop)
        result = hunt(
            plain_chunks(reading),
            self._matcher,
            year=self._manner.year,
            format_name=self._manner.format_name,
            skip_bytes=place.bytes,
            lines_before=place.lines,
            progress=lambda _bytes, _lines, found: self._tell(file.name, reading.bytes, found),
            stop=self._manner.stop,
            on_hit=self._named(file.name),
            search=passes,
            gathered=self._gathered,
        )
        self._take(file, place, result)

    def searched(self) -> Searched:
        resume = self._manner.resume
        resumed = None if resume is None else resume.so_far
        if not self._manner.stop.asked or not self._by_log:
            if len(self._by_log) == 1 and resume is None:
                # Of one log alone it can be said at which of its lines.
                [(name, result)] = self._by_log
                return Searched(((name, with_gathered(result, self._gathered)),), None)
            return Searched(tuple(self._by_log), None, resumed, self._gathered.result())
        # A request that came with the last block finds the log searched to its end.
        name, last = self._by_log[-1]
        self._by_log[-1] = (name, replace(last, stopped=INTERRUPTED))
        self._places[-1] = msgspec.structs.replace(self._places[-1], size=-1)
        earlier = [] if resumed is None else [resumed]
        so_far = merged([*earlier, *(result for _, result in self._by_log)], examples_max=0)
        so_far = replace(so_far, stopped="", hits=tuple(replace(h, examples=()) for h in so_far.hits))
        known = {(p.device, p.inode) for p in self._places}
        places = [*(p for key, p in self._before.items() if key not in known), *self._places]
        logs = (resume.logs if resume else 0) + len(self._by_log)
        position = Position([p for p in places if p.inode], so_far, logs, self._gathered.written(heads=False))
        return Searched(tuple(self._by_log), position, resumed, self._gathered.result())

    def _begun(self, file: LogFile, place: Place, head: bytes) -> LogHunt:
        return LogHunt(
            self._matcher,
            detect(head, year=self._manner.year, name=self._manner.format_name),
            skip_bytes=place.bytes,
            lines_before=place.lines,
            on_hit=self._named(file.name),
            gathered=self._gathered,
        )

    def _take(self, file: LogFile, place: Place, result: HuntResult) -> None:
        self._by_log.append((file.name, result))
        self._done += file.size
        self._hits += result.hit_lines
        self._places.append(
            Place(
                file.device,
                file.inode,
                -1 if result.stopped else file.size,
                result.whole_bytes,
                place.lines + result.lines,
            )
        )

    def _tell(self, name: str, done: int = 0, hits: int = 0) -> None:
        if self._manner.progress is not None:
            self._manner.progress(Sofar(name, self._done + done, self._total, self._hits + hits))

    def _named(self, name: str) -> Callable[[LineHit], None] | None:
        tell = self._manner.on_hit
        if tell is None:
            return None
        value_of, sources = self._values.value_of, self._matcher.sources
        return lambda hit: tell(LineHitOf(name, hit.line, value_of(hit), sources[hit.indicator]))


def keep_position(path: Path, position: Position | None) -> None:
    """Write where a hunt was stopped, whole or not at all; or forget it. Raises LocalError where it cannot be written."""
    if position is None:
        path.unlink(missing_ok=True)
        return
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(msgspec.json.encode(position))
        os.replace(part, path)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise LocalError(f"it cannot be written ({error.strerror}), so --resume does not go on from here") from None


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
