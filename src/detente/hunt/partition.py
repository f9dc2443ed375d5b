"""One hunt cut into tasks that can be done anywhere and in any order, and their results put together again.

Files are the unit. Small ones go together into one task; a large one whose bytes are its lines is cut into ranges. A range has the lines
that *begin* in it: whoever reads it skips to the first of them and reads on to the end of the last. So each line is read once, wherever
the cuts are, and a line as long as many ranges is one task's alone.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from detente.hunt.packed import packing_of
from detente.hunt.results import HuntResult, IndicatorHits, merged

TASK_BYTES = 64 << 20
HEAD_BYTES = 16  # that `can_be_cut` looks at
# What is said of a task that is sent and done costs about as much as to read so many bytes.
FILE_BYTES = 64 << 10

_OTHER_BYTES = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Log:
    """A file to be hunted. `cut`: see `can_be_cut`."""

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


def can_be_cut(head: bytes) -> bool:
    """Whether the lines of a log are the lines of its file: neither packed nor in UTF-16 or UTF-32."""
    return not packing_of(head) and not head.startswith(_OTHER_BYTES)


def tasks(logs: Sequence[Log], *, workers: int, task_bytes: int = TASK_BYTES) -> list[tuple[Part, ...]]:
    """Parts of all logs, each in one task; tasks of about equal size, and some for each worker where there is enough to do."""
    total = sum(max(log.size, FILE_BYTES) for log in logs)
    wanted = max(FILE_BYTES, min(task_bytes, -(-total // (4 * max(1, workers)))))
    made: list[tuple[Part, ...]] = []
    waiting: list[Part] = []
    size = 0
    for place, log in enumerate(logs):
        for part in _parts(place, log, wanted):
            waiting.append(part)
            size += max(part.end - part.start, FILE_BYTES)
            if size >= wanted:
                made.append(tuple(waiting))
                waiting.clear()
                size = 0
    if waiting:
        made.append(tuple(waiting))
    return made


def _parts(place: int, log: Log, wanted: int) -> Iterator[Part]:
    pieces = round(log.size / wanted) if log.cut else 1
    if pieces < 2:
        yield Part(place, 0, log.size, whole=True)
        return
    edges = [log.size * n // pieces for n in range(pieces + 1)]
    for start, end in pairwise(edges):
        yield Part(place, start, end, whole=False)


def first_byte(part: Part) -> int:
    """Where to begin to read: one byte before the range, which tells whether a line begins with it."""
    return max(0, part.start - 1)


def lines_in(chunks: Iterable[bytes], part: Part) -> Iterator[bytes]:
    """Of the bytes from `first_byte` on, those of the lines that begin in the part; reads no further than the end of the last."""
    if part.whole:
        yield from chunks
        return
    if part.start == part.end:
        return
    at = first_byte(part)
    inside = part.start == 0
    for chunk in chunks:
        data = chunk
        if not inside:
            newline = data.find(b"\n")
            if newline < 0:
                at += len(data)
                if at >= part.end:
                    return
                continue
            at += newline + 1
            data = data[newline + 1 :]
            if at >= part.end:
                return
            inside = True
        if at + len(data) >= part.end:
            # The line that holds the last byte of the range ends at the first newline from there on.
            newline = data.find(b"\n", max(0, part.end - 1 - at))
            if newline >= 0:
                yield data[: newline + 1]
                return
        at += len(data)
        if data:
            yield data


def joined(parts: Sequence[HuntResult], *, examples_max: int = 3) -> HuntResult:
    """Of the parts of one log in order: as if it had been searched as a whole."""
    if len(parts) == 1:
        return parts[0]
    shifted = []
    lines = 0
    for result in parts:
        shifted.append(replace(result, hits=tuple(_shifted(hits, lines) for hits in result.hits)))
        lines += result.lines
    together = merged(shifted, examples_max=examples_max)
    first: dict[tuple[str, str], int] = {}
    last: dict[tuple[str, str], int] = {}
    for result in shifted:
        for hits in result.hits:
            if hits.first_line is not None and hits.last_line is not None:
                first.setdefault(_who(hits), hits.first_line)
                last[_who(hits)] = hits.last_line
    return replace(
        together,
        hits=tuple(
            replace(hits, first_line=first.get(_who(hits)), last_line=last.get(_who(hits))) for hits in together.hits
        ),
        whole_bytes=sum(result.whole_bytes for result in parts),
    )


def _who(hits: IndicatorHits) -> tuple[str, str]:
    return hits.source.id, hits.source.shared_by


def _shifted(hits: IndicatorHits, lines: int) -> IndicatorHits:
    if hits.first_line is None or hits.last_line is None:
        return hits
    return replace(
        hits,
        first_line=hits.first_line + lines,
        last_line=hits.last_line + lines,
        examples=tuple(replace(example, line=example.line + lines) for example in hits.examples),
    )
