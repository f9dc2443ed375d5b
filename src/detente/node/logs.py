"""Which logs there are to hunt, in which order, and their bytes as they come from the disk.

A folder stands for every regular file below it, a pattern with `*`, `?` or `[` for what it names. Rotated sets come in the
order of time (see `detente.hunt.rotation`). A pipe is read when it is named; in a folder it is left out, because nobody may
ever write to it. The same file under two names is read once. What is left out is listed with the reason.
"""

from __future__ import annotations

import glob
import os
import select
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from detente.errors import LocalError, NotFound
from detente.hunt.chunks import BLOCK_BYTES
from detente.hunt.rotation import Place, place_of
from detente.node.collecting import seldom_collecting

READ_BYTES = BLOCK_BYTES  # a block that is as long as a chunk is copied once
STDIN = "-"
SOON_MS = 50
"""A program that writes all the time pauses for less, and is searched in whole blocks; who watches hits does not notice it."""


@dataclass(frozen=True, slots=True)
class LogFile:
    """`size` is 0 where it is not known; (`device`, `inode`) tells files apart, and is (0, 0) for standard input."""

    name: str
    size: int = 0
    device: int = 0
    inode: int = 0


@dataclass(frozen=True, slots=True)
class LeftOut:
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Logs:
    files: tuple[LogFile, ...]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)


@seldom_collecting()
def list_logs(paths: Sequence[Path]) -> Logs:
    """Raises NotFound for a path that is not there, and when there is nothing to read at all."""
    files: list[LogFile] = []
    left_out: list[LeftOut] = []
    first_name: dict[tuple[int, int], str] = {}
    for name, named in _names(paths, left_out):
        if name == STDIN:
            files.append(LogFile(STDIN))
            continue
        try:
            status = os.stat(name)
        except OSError as error:
            left_out.append(LeftOut(name, reason_of(error)))
            continue
        if not stat.S_ISREG(status.st_mode) and not named:
            left_out.append(LeftOut(name, f"{_kind(status.st_mode)}: name it to read it"))
        elif first_name.setdefault((status.st_dev, status.st_ino), name) != name:
            left_out.append(LeftOut(name, f"the same file as {first_name[status.st_dev, status.st_ino]}"))
        else:
            size = status.st_size if stat.S_ISREG(status.st_mode) else 0
            files.append(LogFile(name, size, status.st_dev, status.st_ino))
    if not files:
        raise NotFound("no log file was found in " + ", ".join(str(p) for p in paths))
    return Logs(tuple(files), tuple(left_out))


def _names(paths: Iterable[Path], left_out: list[LeftOut]) -> Iterator[tuple[str, bool]]:
    """Names of files, and whether somebody named them; the members of a set that stand side by side in order of time."""
    listed: list[tuple[str, bool]] = []
    for path in paths:
        text = str(path)
        if text == STDIN:
            listed.append((STDIN, True))
        elif path.is_dir():
            listed += [(name, False) for name in _in_time(_below(text, left_out))]
        elif os.path.lexists(text):
            listed.append((text, True))
        elif glob.has_magic(text) and (found := glob.glob(text, recursive=True)):
            for name in _in_time(found):
                listed += (
                    [(below, False) for below in _in_time(_below(name, left_out))]
                    if os.path.isdir(name)
                    else [(name, False)]
                )
        else:
            raise NotFound(f"there is no log {path}")
    if all(named and name != STDIN for name, named in listed):
        # A shell has put the names for a pattern, in the order of the alphabet.
        order = {name: rank for rank, name in enumerate(_in_time([name for name, _ in listed]))}
        listed.sort(key=lambda one: order[one[0]])
    return iter(listed)


def _in_time(names: Iterable[str]) -> list[str]:
    """By folder and set, each set from the oldest to the newest."""

    def place(name: str) -> tuple[str, Place, str]:
        folder, _, bare = name.rpartition("/")
        return folder, place_of(bare), name

    return sorted(names, key=place)


def _below(folder: str, left_out: list[LeftOut]) -> Iterator[str]:
    def report(error: OSError) -> None:
        left_out.append(LeftOut(str(error.filename), reason_of(error)))

    for path, _, files in os.walk(folder, onerror=report):
        beginning = os.path.join(path, "")
        for file in files:
            yield beginning + file


def _stream(file: LogFile) -> BinaryIO:
    return sys.stdin.buffer if file.name == STDIN else Path(file.name).open("rb", buffering=0)


def _kind(mode: int) -> str:
    if stat.S_ISFIFO(mode):
        return "a pipe (FIFO)"
    return "a socket" if stat.S_ISSOCK(mode) else "a device" if stat.S_ISCHR(mode) or stat.S_ISBLK(mode) else "no file"


def require_same(file: LogFile, status: os.stat_result) -> None:
    """Raises LocalError when what was opened is not the file that was listed: what is kept of a log is kept by its inode."""
    if file.inode and (status.st_dev, status.st_ino) != (file.device, file.inode):
        raise LocalError(
            "another file has its name since it was listed: was it rotated away? Hunt again for what it became"
        )


def require_all(file: LogFile, read_bytes: int) -> None:
    """At its end. Raises LocalError when it was longer as it was listed."""
    if read_bytes < file.size:
        raise LocalError(
            f"it became shorter while it was read: {read_bytes:,} bytes of {file.size:,}; was it truncated?"
        )


def reason_of(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "it was listed, and is gone: was it rotated away? Hunt again for what it became"
    if isinstance(error, PermissionError):
        return "it may not be read by this user; give the right to, or hunt as one who has it"
    return f"it cannot be read: {error.strerror or error}"


class Stop(Protocol):
    """Asked between blocks. While `reading` is true a request ends the read that waits, by KeyboardInterrupt."""

    asked: bool
    reading: bool


class Reading:
    """The bytes of one log as they are on the disk; counts them. What cannot be read raises LocalError, with the reason."""

    def __init__(self, file: LogFile, stop: Stop | None = None) -> None:
        self.bytes = 0
        self._file = file
        self._stop = stop

    def __iter__(self) -> Iterator[bytes]:
        """An empty chunk before a wait for more, see `detente.hunt.chunks.pieces`."""
        with ExitStack() as stack:
            try:
                stream = _stream(self._file)
            except OSError as error:
                raise LocalError(reason_of(error)) from None
            if self._file.name != STDIN:
                stack.enter_context(stream)
                require_same(self._file, os.fstat(stream.fileno()))
            comes = None if self._file.size else _comes(stream)
            waits = False
            while (chunk := self._read(stream, None if waits else comes)) != b"":
                waits = chunk is None
                self.bytes += len(chunk or b"")
                yield chunk or b""
            if self._stop is None or not self._stop.asked:
                require_all(self._file, self.bytes)

    def _read(self, stream: BinaryIO, comes: Callable[[], bool] | None) -> bytes | None:
        """None where nothing comes soon. Of a pipe as much as there is, for whoever watches a program's output."""
        read = getattr(stream, "read1", stream.read)
        stop = self._stop
        try:
            if stop is not None:
                stop.reading = not self._file.size  # of a file on a disk nobody waits for long
            return bytes(read(READ_BYTES)) if comes is None or comes() else None
        except KeyboardInterrupt:
            if stop is None:
                raise
            return b""
        except OSError as error:
            raise LocalError(reason_of(error)) from None
        finally:
            if stop is not None:
                stop.reading = False


def _comes(stream: BinaryIO) -> Callable[[], bool] | None:
    """Whether there is something to read, or the end, within SOON_MS; None of a stream that is no file of the system."""
    poll = select.poll()
    try:
        poll.register(stream, select.POLLIN)
    except (OSError, ValueError, TypeError):
        return None
    return lambda: bool(poll.poll(SOON_MS))
