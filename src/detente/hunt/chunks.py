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
from typing import TYPE_CHECKING, Any, Union

from detente.hunt.values import STOP

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BLOCK_BYTES = 256 << 10
"""What is searched at a time: more than the second cache of a core holds is slower, and less pays for too many beginnings."""
RUN_BYTES_MAX = 1 << 20
PADDING = 64
"""Zero bytes before the first byte of a piece and behind the last, so that no loop over its bytes has to ask where it ends."""

_STOPS = b"".join(b"\\x%02x" % byte for byte in STOP)
_STOP = re.compile(b"[" + _STOPS + b"]")
_RUN = re.compile(b"[^" + _STOPS + b"]+")
_PADDING = bytes(PADDING)
_LOOK_BACK_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Piece:
    """`begins`: the first byte begins a line. `ends`: the last byte ends one, or the log ends here.

    A piece that both begins and ends is whole lines; any other is part of one line. `padded` may be a view of a buffer that is
    used again: it holds until the next piece is asked for, and what is kept of it has to be copied.
    """

    padded: Any  # bytes-like: PADDING, the bytes of the log, PADDING
    begins: bool
    ends: bool
    left_out_runs: int = 0
    left_out_bytes: int = 0

    @property
    def data(self) -> bytes:
        """A copy."""
        return bytes(self.padded[PADDING:-PADDING])

    def __len__(self) -> int:
        return len(self.padded) - 2 * PADDING


@dataclass(slots=True)
class Batch:
    """Whole logs side by side: PADDING, a log, PADDING, the next one, and so on to a last PADDING. As short-lived as a piece."""

    padded: bytearray
    starts: list[int]  # where the padding before each begins
    sizes: list[int]  # bytes of each, none of which is empty or longer than a run may be

    def piece(self, place: int) -> Piece:
        start = self.starts[place]
        return Piece(memoryview(self.padded)[start : start + self.sizes[place] + 2 * PADDING], True, True)

    def lacks_newline(self, place: int) -> bool:
        return self.padded[self.starts[place] + PADDING + self.sizes[place] - 1] != 0x0A


Rows = Union[list[list[int]], "NDArray[np.int64]"]
"""Words of a piece: start, end, newlines before; places are counted from the beginning of the padding."""


PAUSE = Piece(bytes(2 * PADDING), False, False)
"""No piece: it says that what comes next may be long in coming, so that nobody waits for it with what there is."""


def pieces(
    chunks: Iterable[bytes],
    *,
    block_bytes: int = BLOCK_BYTES,
    run_bytes_max: int = RUN_BYTES_MAX,
    pauses: bool = False,
) -> Iterator[Piece]:
    """Holds at most block_bytes + run_bytes_max bytes, twice over while it cuts, besides the chunk it was given.

    Chunks of `block_bytes` are copied once, whatever their lines. With `pauses`, an empty chunk stands for one: all whole lines that
    there are come at once, and PAUSE behind them.
    """
    carried = b""  # not yet given out; holds no newline
    inside = False  # a part of the present line was given out
    skipped = 0  # bytes of an endless run so far
    for block in blocks(chunks, block_bytes, pauses=pauses):
        if not block:
            yield PAUSE
            continue
        if skipped:
            stop = _STOP.search(block)
            skipped += len(block) if stop is None else stop.start()
            if stop is None:
                continue
            yield _piece(not inside, False, left_out_runs=1, left_out_bytes=skipped)
            inside = True
            skipped = 0
            block = block[stop.start() :]
        at = 0
        if inside and (newline := block.find(b"\n")) >= 0:
            at = newline + 1
            yield _without_long_runs(False, True, run_bytes_max, carried, block[:at])
            carried = b""
            inside = False
        if not inside and (newline := block.rfind(b"\n", at)) >= 0:
            yield _without_long_runs(True, True, run_bytes_max, carried, memoryview(block)[at : newline + 1])
            carried = b""
            at = newline + 1
        carried += block[at:]
        if len(carried) > run_bytes_max:
            cut = _last_run_start(carried, 0, len(carried))
            if cut:
                yield _without_long_runs(not inside, False, run_bytes_max, carried[:cut])
                inside = True
                carried = carried[cut:]
            if len(carried) > run_bytes_max:
                skipped = len(carried)
                carried = b""
    if skipped:
        yield _piece(not inside, True, left_out_runs=1, left_out_bytes=skipped)
    elif carried or inside:
        yield _without_long_runs(not inside, True, run_bytes_max, carried)


def _piece(
    begins: bool, ends: bool, *parts: bytes | memoryview, left_out_runs: int = 0, left_out_bytes: int = 0
) -> Piece:
    return Piece(b"".join((_PADDING, *parts, _PADDING)), begins, ends, left_out_runs, left_out_bytes)


def _last_run_start(data: bytes, first: int, end: int) -> int:
    """Where the run of other bytes begins that reaches `end`, but not before `first`; looked for from the end."""
    at = end
    while at > first:
        start = max(first, at - _LOOK_BACK_BYTES)
        stops = list(_STOP.finditer(data, start, at))
        if stops:
            return stops[-1].end()
        at = start
    return first


def _without_long_runs(begins: bool, ends: bool, run_bytes_max: int, *parts: bytes | memoryview) -> Piece:
    whole = _piece(begins, ends, *parts)
    if len(whole) <= run_bytes_max or not _holds_long_run(whole.padded, run_bytes_max):
        return whole
    data = whole.data
    kept = []
    at = runs = 0
    for run in _RUN.finditer(data):
        if run.end() - run.start() > run_bytes_max:
            kept.append(data[at : run.start()])
            at = run.end()
            runs += 1
    kept.append(data[at:])
    left_out_bytes = len(data) - sum(map(len, kept))
    return _piece(begins, ends, *kept, left_out_runs=runs, left_out_bytes=left_out_bytes)


def _holds_long_run(data: bytes, run_bytes_max: int) -> bool:
    """From the end of each run it is one leap to the last byte that its successors could reach."""
    at = 0
    while at + run_bytes_max < len(data):
        start = _last_run_start(data, at, at + run_bytes_max + 1)
        if start == at:
            return True
        at = start
    return False


def blocks(chunks: Iterable[bytes], block_bytes: int, *, pauses: bool = False) -> Iterator[bytes]:
    """The same bytes in blocks of at most one size, and few that are not half of it, so that tiny chunks cost no more than their number.

    A chunk that is a block by its size comes as it is. With `pauses`, so does an empty one, behind all that was there before it.
    """
    parts: list[bytes] = []
    size = 0
    for chunk in chunks:
        if pauses and not chunk:
            if size:
                yield b"".join(parts)
                parts.clear()
                size = 0
            yield b""
            continue
        if parts and size + len(chunk) > block_bytes and 2 * size >= block_bytes:
            yield b"".join(parts)
            parts.clear()
            size = 0
        at = 0
        while size + len(chunk) - at >= block_bytes:
            end = at + block_bytes - size
            parts.append(chunk[at:end])
            yield b"".join(parts)
            parts.clear()
            at, size = end, 0
        if at < len(chunk):
            parts.append(chunk[at:])
            size += len(chunk) - at
    if size:
        yield b"".join(parts)
