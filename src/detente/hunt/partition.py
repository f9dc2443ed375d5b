"""One hunt cut into tasks that can be done anywhere and in any order, and their results put together again.

Files are the unit. Small ones go together into one task; a large one whose bytes are its lines is cut into ranges. A range has the lines
that *begin* in it: whoever reads it skips to the first of them and reads on to the end of the last. So each line is read once, wherever
the cuts are, and a line as long as many ranges is one task's alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from detente.hunt.results import Example, HuntResult, IndicatorHits, merged

TASK_BYTES = 256 << 20  # at most, where a file can be cut
TASK_BYTES_MIN = 32 << 20  # to send a task and to take in its result costs about as much as to search half of that
FILE_BYTES = 64 << 10  # and to open one file, so many
PACKED_TIMES = 8  # as many bytes as a packed file has may be in it
SEEK_BYTES = 64 << 10  # read at a time to find the end of a line


@dataclass(frozen=True, slots=True)
class Log:
    """A file to be hunted. `cut`: its bytes are its lines (see `detente.hunt.packed.is_plain`), so a part of it can be read alone."""

    name: str
    size: int
    cut: bool


@dataclass(frozen=True, slots=True)
class Part:
    """The lines of a log that begin at `start` or behind it and before `end`. `whole`: all of it, whatever its size is by then."""

    log: int  # its place among all logs
    start: int
    end: int
    whole: bool


def tasks(logs: Sequence[Log], *, workers: int, task_bytes: int = TASK_BYTES) -> list[tuple[Part, ...]]:
    """Parts of all logs, each in one task, in the order in which to begin them.

    First what cannot be cut, the largest before all; then ever smaller tasks, so that all workers come to the end at about one time.
    """
    made: list[tuple[Part, ...]] = []
    together: list[Part] = []
    size = 0
    left = sum(_weight(log, log.size) for log in logs)
    for place, log in sorted(enumerate(logs), key=lambda one: (one[1].cut, -one[1].size)):
        end = -1
        while end < log.size:
            wanted = max(FILE_BYTES, min(task_bytes, max(TASK_BYTES_MIN, 2 * left // (3 * workers))))
            start = max(0, end)
            cut = log.cut and log.size - start >= wanted + wanted // 2
            end = start + wanted if cut else log.size
            together.append(Part(place, start, end, whole=not start and not cut))
            weight = _weight(log, end - start)
            size += weight
            left -= weight
            if size >= wanted:
                made.append(tuple(together))
                together.clear()
                size = 0
    if together:
        made.append(tuple(together))
    return made


def _weight(log: Log, size: int) -> int:
    return max(FILE_BYTES, size if log.cut else PACKED_TIMES * size)


class PartLines:
    """The lines that begin in a part of a file, read into a caller's buffers: a `detente.hunt.buffered.ReadInto`.

    `read_at` reads what there is from a place of the file on. Nothing is read behind the end of the last line but up to SEEK_BYTES.
    """

    def __init__(self, part: Part, read_at: Callable[[int, memoryview], int]) -> None:
        self._part = part
        self._read_at = read_at
        self._at = 0
        self._begun = not part.start
        self._inside = False  # the last byte given out is no newline

    def __call__(self, into: memoryview) -> int:
        if not self._begun:
            self._at = self._first_line(into[:SEEK_BYTES])
            self._begun = True
        room = self._part.end - self._at
        if room > 0:
            into = into[:room]
        elif self._inside:
            into = into[:SEEK_BYTES]
        else:
            return 0
        got = self._read_at(self._at, into)
        if room <= 0:
            # The line that holds the last byte of the part ends here, or further on.
            got = bytes(into[:got]).find(b"\n") + 1 or got
        self._at += got
        self._inside = got > 0 and into[got - 1] != 0x0A
        return got

    def _first_line(self, seek: memoryview) -> int:
        """Where the first line begins: at `start`, if the byte before it is a newline. At least `end` when none begins in the part."""
        at = self._part.start - 1
        while at < self._part.end and (got := self._read_at(at, seek)):
            newline = bytes(seek[:got]).find(b"\n")
            if newline >= 0:
                return at + newline + 1
            at += got
        return self._part.end


def joined(parts: Sequence[HuntResult], *, examples_max: int = 3) -> HuntResult:
    """Of the parts of one log in order: as if it had been searched as a whole."""
    if len(parts) == 1:
        return parts[0]
    first: dict[tuple[str, str], int] = {}
    last: dict[tuple[str, str], int] = {}
    examples: dict[tuple[str, str], list[Example]] = {}
    lines = 0
    for part in parts:
        for hits in part.hits:
            who = _who(hits)
            if hits.first_line is not None and hits.last_line is not None:
                first.setdefault(who, lines + hits.first_line)
                last[who] = lines + hits.last_line
            kept = examples.setdefault(who, [])
            kept += (Example(lines + one.line, one.text) for one in hits.examples[: examples_max - len(kept)])
        lines += part.lines
    together = merged(parts, examples_max=0)
    return replace(
        together,
        hits=tuple(
            replace(
                hits,
                first_line=first.get(_who(hits)),
                last_line=last.get(_who(hits)),
                examples=tuple(examples[_who(hits)]),
            )
            for hits in together.hits
        ),
        stopped="; ".join(dict.fromkeys(part.stopped for part in parts if part.stopped)),
        whole_bytes=sum(part.whole_bytes for part in parts),
    )


def _who(hits: IndicatorHits) -> tuple[str, str]:
    return hits.source.id, hits.source.shared_by
