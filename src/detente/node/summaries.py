"""Summaries of logs that were hunted, and which file each is of: kept, listed, dropped.

They lie in `retro/` of the node's folder, or in any other folder: packs (`detente.hunt.summary`), each written once and renamed into
place, and `asked.json`, which says how far each pack was asked about what came since. Nothing else is kept of a log. A summary can be
made again for as long as there is the log; so these are no part of a backup.

A log is known again by its size and by hashes of its first and last bytes as they were: one that only grew is the same log, and so is
one with the same inode that rotation gave another name in the same folder.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detente.errors import InvalidStatement, LocalError, NotFound, StaleWrite
from detente.hunt.packed import plain_chunks
from detente.hunt.sieve import can_compile
from detente.node.code_cache import load_code

if TYPE_CHECKING:
    from detente.hunt.summary import Pack

FOLDER = "retro"
EDGE_BYTES = 64 << 10
READ_BYTES = 1 << 20
# A pack is made in memory and read as a whole; more logs of one `add` go into the next.
PACK_BYTES_MAX = 64 << 20
SAME, GREW, MOVED, CHANGED, GONE = "same", "grew", "moved", "changed", "gone"

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Identity:
    """A file as it was when it was summarised."""

    path: str  # absolute
    size: int
    inode: int
    mtime_ns: int
    head: str  # BLAKE2b-128 of the first EDGE_BYTES
    tail: str  # and of the last


@dataclass(frozen=True, slots=True)
class Kept:
    """A summarised log. `bytes`: after unpacking. `position`: of the index, up to which nothing is to be asked any more."""

    identity: Identity
    bytes: int
    lines: int
    left_out_bytes: int
    summary_bytes: int
    at_us: int
    position: int
    pack: str
    place: int  # in the pack


@dataclass(frozen=True, slots=True)
class Added:
    kept: tuple[Kept, ...]
    known: tuple[str, ...]  # summarised before, and not changed since
    failed: tuple[tuple[str, str], ...]  # path, reason


class Summaries:
    """The folder of summaries. One process writes at a time; readers see whole packs."""

    def __init__(self, folder: Path) -> None:
        require_extra()
        self._folder = folder

    def add(self, files: Iterable[Path], *, at_us: int, position: int, progress: Progress | None = None) -> Added:
        """Summarise files. One that was summarised before and only grew, or changed, is summarised anew."""
        load_code(progress)
        from detente.hunt.summary import pack, summarise

        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        before = {kept.identity.path: kept for kept in self.list()}
        known: list[str] = []
        failed: list[tuple[str, str]] = []
        waiting: list[tuple[dict[str, Any], Any]] = []
        written: set[str] = set()
        size = 0
        replaced: list[Kept] = []

        def write() -> None:
            nonlocal size
            if waiting:
                written.add(self._write(pack(waiting)))
                waiting.clear()
                size = 0

        for file in files:
            path = Path(os.path.abspath(file))
            if str(path) in before and state_of(before[str(path)].identity)[0] == SAME:
                known.append(str(path))
                continue
            try:
                with path.open("rb", buffering=0) as stream:
                    identity = _identity(path, stream)
                    summary = summarise(plain_chunks(_read(stream, identity, progress)))
            except (LocalError, OSError) as error:
                failed.append((str(path), str(error)))
                continue
            said = {
                "identity": asdict(identity),
                "bytes": summary.bytes,
                "lines": summary.lines,
                "left_out_bytes": summary.left_out_bytes,
                "summary_bytes": summary.size,
                "at_us": at_us,
                "position": position,
            }
            waiting.append((said, summary))
            size += summary.size
            if str(path) in before:
                replaced.append(before[str(path)])
            if size >= PACK_BYTES_MAX:
                write()
        write()
        # The new ones are in place: to die here leaves a log summarised twice, which the next `add` of it mends.
        self.drop(replaced)
        return Added(tuple(kept for kept in self.list() if kept.pack in written), tuple(known), tuple(failed))

    def list(self) -> list[Kept]:
        """Every summarised log, by path."""
        found = []
        asked = self._asked()
        for name, one in self.packs():
            for place, said in enumerate(one.logs):
                found.append(
                    Kept(
                        Identity(**said["identity"]),
                        bytes=said["bytes"],
                        lines=said["lines"],
                        left_out_bytes=said["left_out_bytes"],
                        summary_bytes=said["summary_bytes"],
                        at_us=said["at_us"],
                        position=max(said["position"], asked.get(name, 0)),
                        pack=name,
                        place=place,
                    )
                )
        return sorted(found, key=lambda kept: (kept.identity.path, kept.at_us))

    def packs(self) -> Iterator[tuple[str, Pack]]:
        from detente.hunt.summary import Pack

        for file in sorted(self._folder.glob("*.pack")) if self._folder.is_dir() else ():
            try:
                with file.open("rb") as stream:
                    # Mapped: of a large pack few pages are asked for. Nobody writes to a pack that is in its place.
                    data = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) if file.stat().st_size else b""
                yield file.name, Pack(memoryview(data))
            except InvalidStatement as error:
                raise InvalidStatement(f"{file}: {error}") from None
            except FileNotFoundError:
                continue  # dropped meanwhile

    def drop(self, logs: Sequence[Kept]) -> None:
        from detente.hunt.summary import pack

        dropped = {(kept.pack, kept.place) for kept in logs}
        for name, one in list(self.packs()):
            left = [place for place in range(len(one.logs)) if (name, place) not in dropped]
            if len(left) == len(one.logs):
                continue
            if left:
                asked = self._asked().get(name, 0)
                moved = self._write(pack([(one.logs[place], one.summary_of(place)) for place in left]))
                if moved == name:
                    raise StaleWrite(f"{name} was written by somebody else meanwhile; nothing was dropped, try again")
                self.note_asked({moved: asked})
            (self._folder / name).unlink(missing_ok=True)

    def note_asked(self, positions: dict[str, int]) -> None:
        """Everything that came up to these positions has been asked of these packs."""
        there = {file.name for file in self._folder.glob("*.pack")}
        asked = {name: position for name, position in (self._asked() | positions).items() if name in there}
        self._replace("asked.json", json.dumps(asked, sort_keys=True).encode())

    def _asked(self) -> dict[str, int]:
        try:
            return {str(name): int(at) for name, at in json.loads((self._folder / "asked.json").read_bytes()).items()}
        except FileNotFoundError:
            return {}
        except (ValueError, AttributeError) as error:
            raise InvalidStatement(
                f"{self._folder / 'asked.json'} is damaged ({error}); remove it, and everything is asked that came since a log was added"
            ) from None

    def _write(self, data: bytes) -> str:
        """A pack is named by what it holds, so that no two processes write two packs of one name."""
        name = hashlib.blake2b(data, digest_size=8).hexdigest() + ".pack"
        self._replace(name, data)
        return name

    def _replace(self, name: str, data: bytes) -> None:
        draft = self._folder / f"{name}.{os.getpid()}.new"
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(self._folder / name)


def require_extra() -> None:
    """Raises NotFound without the extra `hunt`."""
    if not can_compile():
        raise NotFound(
            "summaries of logs need Numba, which is not installed here: pip install 'detente[hunt]'. "
            "Without it, hunt the logs themselves again: detente hunt"
        )


def state_of(identity: Identity) -> tuple[str, Path]:
    """Whether the log is still what it was, and where it is now."""
    path = Path(identity.path)
    for candidate in (path, *_same_inode(path.parent, identity)):
        try:
            with candidate.open("rb", buffering=0) as stream:
                now = _identity(candidate, stream, size=identity.size)
                size = os.fstat(stream.fileno()).st_size
        except OSError:
            continue
        if size >= identity.size and (now.head, now.tail) == (identity.head, identity.tail):
            # A file that was copied back from elsewhere has another inode and is the same all the same.
            return (GREW if size > identity.size else SAME) if candidate == path else MOVED, candidate
    return (CHANGED if path.exists() else GONE), path


def _same_inode(folder: Path, identity: Identity) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            found = [entry.path for entry in entries if entry.inode() == identity.inode and entry.path != identity.path]
    except OSError:
        return
    yield from map(Path, found)


def _identity(path: Path, stream: Any, *, size: int | None = None) -> Identity:
    status = os.fstat(stream.fileno())
    size = status.st_size if size is None else size
    descriptor = stream.fileno()
    head = os.pread(descriptor, min(EDGE_BYTES, size), 0)
    tail = os.pread(descriptor, min(EDGE_BYTES, size), max(0, size - EDGE_BYTES))
    return Identity(str(path), size, status.st_ino, status.st_mtime_ns, _hash(head), _hash(tail))


def _hash(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _read(stream: Any, identity: Identity, progress: Progress | None) -> Iterator[bytes]:
    """As much as the identity says: what is written meanwhile belongs to the next summary."""
    left = identity.size
    while left and (chunk := stream.read(min(READ_BYTES, left))):
        left -= len(chunk)
        if progress is not None:
            progress(identity.path, identity.size - left, identity.size)
        yield chunk
