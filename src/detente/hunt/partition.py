"""One hunt cut into tasks that can be done anywhere and in any order, and their results put together again.

Files are the unit. Small ones go together into one task; a large one whose bytes are its lines is cut into ranges. A range has the lines
that *begin* in it: whoever reads it skips to the first of them and reads on to the end of the last. So each line is read once, wherever
the cuts are, and a line as long as many ranges is one task's alone.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from detente.hunt.packed import packing_of
from detente.hunt.results import Example, HuntResult, IndicatorHits, merged

TASK_BYTES = 256 << 20  # at most, where a file can be cut
TASK_BYTES_MIN = 16 << 20  # to send a task and to take in its result costs about as much as to search so many bytes
FILE_BYTES = 64 << 10  # and to open one file, so many
HEAD_BYTES = 16  # that `can_be_cut` looks at

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
    """Parts of all logs, each in one task, in the order in which to begin them.

    First what cannot be cut, the largest before all; then ever smaller tasks, so that all workers come to the end at about one time.
    """
    made: list[tuple[Part, ...]] = []
    together: list[Part] = []
    size = 0
    left = sum(_weight(log.size) for log in logs)
    for place, log in sorted(enumerate(logs), key=lambda one: (one[1].cut, -one[1].size)):
        end = -1
        while end < log.size:
            wanted = max(FILE_BYTES, min(task_bytes, max(TASK_BYTES_MIN, left // (2 * workers))))
            start = max(0, end)
            cut = log.cut and log.size - start >= wanted + wanted // 2
            end = start + wanted if cut else log.size
            together.append(Part(place, start, end, whole=not start and not cut))
            size += _weight(end - start)
            left -= _weight(end - start)
            if size >= wanted:
                made.append(tuple(together))
                together.clear()
                size = 0
    if together:
        made.append(tuple(together))
    return made


def _weight(size: int) -> int:
    return max(size, FILE_BYTES)


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
        whole_bytes=sum(part.whole_bytes for part in parts),
    )


def _who(hits: IndicatorHits) -> tuple[str, str]:
    return hits.source.id, hits.source.shared_by
