"""A log that is read straight into a caller's buffers, whole lines at a time: nothing is copied but the last line's beginning.

The general way, by which any chunks become pieces (`detente.hunt.chunks.pieces`), copies each block between its paddings. Here a block
is read to where it is searched. What stands behind its last newline goes to the front of the next buffer. A line that is longer than a
block, or than a run may be, is beyond that, and from there on the log goes the general way; so the pieces differ, and the results never do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from detente.errors import LocalError
from detente.hunt.chunks import BLOCK_BYTES, PADDING, RUN_BYTES_MAX, Piece, pieces

ReadInto = Callable[[memoryview], int]
"""Reads as many bytes as there are and as have room; 0 at the end of the log. Raises LocalError where it cannot be read on."""

_PADDING = bytes(PADDING)


class BufferedLog:
    """The pieces of one log. `stopped`: why it could not be read to its end, once no piece is left."""

    def __init__(self, read: ReadInto, *, run_bytes_max: int = RUN_BYTES_MAX) -> None:
        self.stopped = ""
        self._read = read
        self._run_bytes_max = run_bytes_max
        self._carried = b""  # the beginning of a line, of which the rest is not read yet
        self._ended = False
        self._general: Iterator[Piece] | None = None

    def piece(self, buffer: bytearray) -> Piece | None:
        """The next, in this buffer as far as it goes; None at the end.

        Buffers of one log are longer than two paddings.
        """
        if self._general is not None:
            return next(self._general, None)
        view = memoryview(buffer)
        end = len(view) - PADDING
        filled = PADDING + len(self._carried)
        view[:filled] = _PADDING + self._carried
        while filled < end and (got := self._more(view[filled:end])):
            filled += got
        cut = filled if self._ended else buffer.rfind(b"\n", PADDING, filled) + 1
        if cut == 0 or self._may_hold_a_long_run(buffer, filled):
            self._general = pieces(self._chunks(bytes(view[PADDING:filled])), run_bytes_max=self._run_bytes_max)
            return next(self._general, None)
        self._carried = bytes(view[cut:filled])
        if cut == PADDING:
            return None
        view[cut : cut + PADDING] = _PADDING
        return Piece(view[: cut + PADDING], True, True)

    def _may_hold_a_long_run(self, buffer: bytearray, end: int) -> bool:
        """Whether it holds a line that is longer than a run may be: from newline to newline, as far as it may reach."""
        at = PADDING
        while at + self._run_bytes_max < end:
            newline = buffer.rfind(b"\n", at, at + self._run_bytes_max + 1)
            if newline < 0:
                return True
            at = newline + 1
        return False

    def _more(self, into: memoryview) -> int:
        got = 0
        if not self._ended:
            try:
                got = self._read(into)
            except LocalError as error:
                self.stopped = str(error)
            self._ended = not got
        return got

    def _chunks(self, first: bytes) -> Iterator[bytes]:
        yield first
        buffer = bytearray(BLOCK_BYTES)
        while got := self._more(memoryview(buffer)):
            yield bytes(buffer[:got])
