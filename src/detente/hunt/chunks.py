"""A log as it is read, chunk by chunk, cut into pieces that can be searched alone, in bounded memory.

Lines end at "\\n" and nowhere else. Most pieces are whole lines. A line that is longer than `run_bytes_max` comes in
several pieces, each cut behind a STOP byte (see `detente.hunt.values`), which no token holds; so nothing is missed or
made up at a cut, however the chunks came. A run of more than `run_bytes_max` bytes without any STOP byte is not
searched: it is left out, and counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from detente.hunt.values import STOP

BLOCK_BYTES = 256 << 10
RUN_BYTES_MAX = 1 << 20

_STOPS = b"".join(b"\\x%02x" % byte for byte in STOP)
_STOP = re.compile(b"[" + _STOPS + b"]")
_RUN = re.compile(b"[^" + _STOPS + b"]+")


@dataclass(frozen=True, slots=True)
class Piece:
    """`begins`: the first byte begins a line. `ends`: the last byte ends one, or the log ends here.

    A piece that both begins and ends is whole lines; any other is part of one line.
    """

    data: bytes
    begins: bool
    ends: bool
    left_out_runs: int = 0
    left_out_bytes: int = 0


def pieces(
    chunks: Iterable[bytes], *, block_bytes: int = BLOCK_BYTES, run_bytes_max: int = RUN_BYTES_MAX
) -> Iterator[Piece]:
    """Holds at most block_bytes + run_bytes_max bytes, twice over while it cuts, besides the chunk it was given."""
    data = b""  # not yet given out; holds no newline
    inside = False  # a part of the present line was given out
    skipped = 0  # bytes of an endless run so far
    for block in blocks(chunks, block_bytes):
        if skipped:
            stop = _STOP.search(block)
            skipped += len(block) if stop is None else stop.start()
            if stop is None:
                continue
            yield Piece(b"", not inside, False, 1, skipped)
            inside = True
            skipped = 0
            block = block[stop.start() :]
        data += block
        if inside and (newline := data.find(b"\n")) >= 0:
            yield _without_long_runs(data[: newline + 1], False, True, run_bytes_max)
            data = data[newline + 1 :]
            inside = False
        if not inside and (newline := data.rfind(b"\n")) >= 0:
            yield _without_long_runs(data[: newline + 1], True, True, run_bytes_max)
            data = data[newline + 1 :]
        if len(data) > run_bytes_max:
            cut = _last_run_start(data, block_bytes)
            if cut:
                yield _without_long_runs(data[:cut], not inside, False, run_bytes_max)
                inside = True
                data = data[cut:]
            if len(data) > run_bytes_max:
                skipped = len(data)
                data = b""
    if skipped:
        yield Piece(b"", not inside, True, 1, skipped)
    elif data or inside:
        yield _without_long_runs(data, not inside, True, run_bytes_max)


def _last_run_start(data: bytes, step: int) -> int:
    """Where the run of other bytes begins that reaches the end of the data; looked for from the end."""
    at = len(data)
    while at > 0:
        start = max(0, at - step)
        stops = list(_STOP.finditer(data, start, at))
        if stops:
            return stops[-1].end()
        at = start
    return 0


def _without_long_runs(data: bytes, begins: bool, ends: bool, run_bytes_max: int) -> Piece:
    if len(data) <= run_bytes_max:
        return Piece(data, begins, ends)
    long_runs = [run.span() for run in _RUN.finditer(data) if run.end() - run.start() > run_bytes_max]
    kept = []
    at = 0
    for start, end in long_runs:
        kept.append(data[at:start])
        at = end
    kept.append(data[at:])
    left_out_bytes = sum(end - start for start, end in long_runs)
    return Piece(b"".join(kept), begins, ends, len(long_runs), left_out_bytes)


def blocks(chunks: Iterable[bytes], block_bytes: int) -> Iterator[bytes]:
    """The same bytes in blocks of one size, so that tiny chunks cost no more than their number."""
    parts: list[bytes] = []
    size = 0
    for chunk in chunks:
        at = 0
        while size + len(chunk) - at >= block_bytes:
            end = at + block_bytes - size
            parts.append(chunk[at:end])
            yield b"".join(parts)
            parts.clear()
            at, size = end, 0
        parts.append(chunk[at:])
        size += len(chunk) - at
    if size:
        yield b"".join(parts)
