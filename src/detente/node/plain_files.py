"""Regular files of plain text, read one behind the other into buffers that are used again: short ones many at a time.

    files → loads: several short files (Short) | a block of a long one (Block) | one that is to be read in the general way (Other)

Whoever calls `read` need not be one thread, but must be one at a time. Every file comes up, in order, and none fails here: what cannot be
read, is packed, not UTF-8, no regular file, or not as long any more as it was listed is left to the general way, which says why.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from typing import NamedTuple

from detente.errors import LocalError
from detente.hunt.buffered import BufferedLog
from detente.hunt.chunks import PADDING, RUN_BYTES_MAX, Batch, Piece, Rows
from detente.hunt.packed import HEAD_BYTES as TOLD_BY_BYTES
from detente.hunt.packed import is_plain
from detente.hunt.readers import HEAD_BYTES
from detente.hunt.sieve import Sieve
from detente.node.logs import LogFile, reason_of, require_all, require_same

BUFFER_BYTES = (2 << 20) + 2 * PADDING
"""Enough that reading and searching it takes far longer than to ask for the interpreter's lock, and little enough for a core's cache."""
SHORT_IN_BUFFER = 8  # at least so many short files go into a buffer

_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK  # what became a pipe since it was listed does not wait for a writer
_PADDING = bytes(PADDING)


class Short(NamedTuple):
    """Whole files from the place `first` among all on."""

    first: int
    batch: Batch

    def searched(self, sieve: Sieve) -> list[tuple[Rows, int]]:
        return sieve.words_of_each(self.batch)


class Block(NamedTuple):
    """The next piece of a file; None at its end, with the reason if it came early. `head`: its first bytes, that tell its format."""

    file: int
    piece: Piece | None
    head: bytes
    stopped: str = ""

    def searched(self, sieve: Sieve) -> list[tuple[Rows, int]]:
        return [] if self.piece is None else [sieve.words(self.piece)]


class Other(NamedTuple):
    file: int

    def searched(self, _: Sieve) -> list[tuple[Rows, int]]:
        return []


Load = Short | Block | Other


class PlainFiles:
    """`files`: each with the bytes at its beginning that are not to be searched again."""

    def __init__(self, files: Sequence[tuple[LogFile, int]]) -> None:
        self._files = files
        self._next = 0
        self._not_short = -1
        self._long: _LongFile | None = None

    def read(self, buffer: bytearray) -> Load | None:
        """What is next, as long as the buffer is left alone; None when all files came up."""
        if self._long is None:
            if batch := self._short_files(buffer):
                return Short(self._next - len(batch.sizes), batch)
            if self._next == len(self._files):
                return None
            self._long = _opened(*self._files[self._next])
            if self._long is None:
                self._next += 1
                return Other(self._next - 1)
        log = self._long.log
        block = Block(self._next, log.piece(buffer), self._long.head, log.stopped)
        if block.piece is None:
            self.close()
            self._next += 1
        return block

    def close(self) -> None:
        if self._long is not None:
            os.close(self._long.descriptor)
            self._long = None

    def _short_files(self, buffer: bytearray) -> Batch | None:
        batch = Batch(buffer, [], [])
        short_bytes_max = min(RUN_BYTES_MAX, len(buffer) // SHORT_IN_BUFFER)
        view = memoryview(buffer)
        view[:PADDING] = _PADDING
        at = 0
        while self._next < len(self._files) and self._next != self._not_short:
            file, skip_bytes = self._files[self._next]
            start = at + PADDING
            # One byte more than it should have, to see that it has not.
            if skip_bytes or not 0 < file.size <= short_bytes_max or start + file.size + PADDING >= len(buffer):
                break
            if not _read_whole(file, view[start : start + file.size + 1]):
                self._not_short = self._next
                break
            batch.starts.append(at)
            batch.sizes.append(file.size)
            self._next += 1
            at = start + file.size
            view[at : at + PADDING] = _PADDING
        return batch if batch.sizes else None


class _LongFile:
    def __init__(self, file: LogFile, descriptor: int, head: bytes, skip_bytes: int) -> None:
        self.descriptor = descriptor
        self.head = head
        self.log = BufferedLog(self._read)
        self._file = file
        self._at = self._skip_bytes = skip_bytes

    def _read(self, into: memoryview) -> int:
        if self._skip_bytes > self._file.size:
            raise LocalError("it is shorter than what was searched of it: was it truncated? Hunt it without --resume")
        try:
            got = os.preadv(self.descriptor, [into], self._at)
        except OSError as error:
            raise LocalError(reason_of(error)) from None
        if not got:
            require_all(self._file, self._at)
        self._at += got
        return got


def _opened(file: LogFile, skip_bytes: int) -> _LongFile | None:
    if not file.size:
        return None
    try:
        descriptor = os.open(file.name, _FLAGS)
    except OSError:
        return None
    try:
        status = os.fstat(descriptor)
        require_same(file, status)
        if stat.S_ISREG(status.st_mode):
            head = os.pread(descriptor, HEAD_BYTES, 0)
            if is_plain(head):
                return _LongFile(file, descriptor, head, skip_bytes)
    except (OSError, LocalError):
        pass
    os.close(descriptor)
    return None


def _read_whole(file: LogFile, into: memoryview) -> bool:
    """Whether it is as long as it should be, which is one byte less than there is room, and plain."""
    try:
        descriptor = os.open(file.name, _FLAGS)
    except OSError:
        return False
    try:
        require_same(file, os.fstat(descriptor))
        size = os.preadv(descriptor, [into], 0)
    except (OSError, LocalError):
        return False
    finally:
        os.close(descriptor)
    return size == file.size and is_plain(bytes(into[:TOLD_BY_BYTES]))
