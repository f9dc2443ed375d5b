"""The compiled functions of the hunt, kept between processes: compiled by Numba once for a machine, loaded without it ever after.

The folder is `DETENTE_CACHE`, or `detente` in the user's folder for caches (`XDG_CACHE_HOME`, else `~/.cache`). A file there is

    "detente machine code 1\\n" | SHA-256 of what it was made of and of the object file, 32 bytes | the object file

and its name says what it was made of: the sources, Numba, llvmlite, the processor. Another key is another file. What is found is executed,
so it is executed only when nobody else could have put it there: the folder and the file belong to this user and nobody else may write to
them. The digest tells what was cut, damaged or renamed; it keeps out no one who may write there, who could as well change our sources.
A file that is not to be trusted is compiled anew; where none can be kept, each process compiles in memory.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

MAGIC = b"detente machine code 1\n"
KEPT_MAX = 8  # files for other processors and versions, of which there may be some where a home is shared
OBJECT_BYTES_MAX = 64 << 20

COMPILING = "Compiling the fast pass, once for this machine"

Preparing = Callable[[str, int, int], None]
"""What takes long, how far it is, of how much."""


def load_code(told: Preparing | None = None) -> None:
    """Make the compiled functions ready to be called: needs the extra `hunt`, of which nothing is imported before."""
    from detente.hunt import machine_code

    if not machine_code.is_loaded():
        machine_code.use(object_file(told))


def object_file(told: Preparing | None = None) -> bytes:
    """The one that is kept, or one that is compiled now and kept if it can be."""
    with _folder() as folder:
        if folder is None:
            return _compiled(told)
        made_of = _made_of()
        found = _read(folder, made_of)
        if found is not None:
            return found
        with _alone(folder):
            found = _read(folder, made_of)  # another process may have compiled it meanwhile
            if found is None:
                found = _compiled(told)
                _keep(folder, made_of, found)
            return found


def is_kept() -> bool:
    """Whether the next process finds it."""
    with _folder() as folder:
        return folder is not None and _read(folder, _made_of()) is not None


def cache_folder() -> Path:
    named = os.environ.get("DETENTE_CACHE")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "detente"


def _compiled(told: Preparing | None) -> bytes:
    if told is not None:
        told(COMPILING, 0, 0)  # to import Numba takes its time too
    from detente.hunt.compiler import compiled_object
    from detente.hunt.entries import ENTRIES
    from detente.hunt.machine_code import target_machine

    return compiled_object(ENTRIES, target_machine(), None if told is None else partial(told, COMPILING))


def _made_of() -> bytes:
    from detente.hunt.entries import SOURCES
    from detente.hunt.machine_code import made_for

    return f"{made_for()}\n{_numba()}\n{_digest_of(SOURCES)}".encode()


def _numba() -> str:
    """Its version, without importing it."""
    spec = find_spec("numba")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).with_name("_version.py").read_text(encoding="utf-8")


def _digest_of(sources: Iterable[str]) -> str:
    texts = b"".join(files("detente.hunt").joinpath(f"{name}.py").read_bytes() for name in sources)
    return hashlib.sha256(texts).hexdigest()


@contextmanager
def _folder() -> Iterator[int | None]:
    """A descriptor of the folder, made if it is not there; None where there is none that can be trusted.

    Files are opened by it, so that they are in the folder that was looked at, whatever is renamed meanwhile.
    """
    descriptor = None
    with suppress(OSError, RuntimeError):  # RuntimeError: there is no home
        path = cache_folder()
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor if descriptor is not None and _is_ours(descriptor) else None
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _is_ours(descriptor: int) -> bool:
    found = os.fstat(descriptor)
    return found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


@contextmanager
def _alone(folder: int) -> Iterator[None]:
    """One process compiles and the others wait for what it keeps; where files cannot be locked each compiles for itself."""
    descriptor = None
    with suppress(OSError):
        descriptor = os.open("lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600, dir_fd=folder)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _name(made_of: bytes) -> str:
    return f"hunt-{hashlib.sha256(made_of).hexdigest()[:16]}.code"


def _digest(made_of: bytes, code: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(made_of).digest() + code).digest()


def _read(folder: int, made_of: bytes) -> bytes | None:
    with suppress(OSError):
        descriptor = os.open(_name(made_of), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
        with os.fdopen(descriptor, "rb") as file:
            if _is_ours(descriptor):
                head, code = file.read(len(MAGIC) + 32), file.read(OBJECT_BYTES_MAX)
                if head == MAGIC + _digest(made_of, code):
                    return code
    return None


def _keep(folder: int, made_of: bytes, code: bytes) -> None:
    """Whole or not at all; that it cannot be kept is no reason not to hunt."""
    name = _name(made_of)
    part = f"{name}.{os.getpid()}.part"
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=folder)
        with os.fdopen(descriptor, "wb") as file:
            file.write(MAGIC + _digest(made_of, code) + code)
        # Whoever reads it meanwhile has the earlier one, or none.
        os.replace(part, name, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError:
        with suppress(OSError):
            os.unlink(part, dir_fd=folder)
    _drop_old(folder)


def _drop_old(folder: int) -> None:
    with suppress(OSError):
        kept = [name for name in os.listdir(folder) if name.startswith("hunt-")]
        kept.sort(key=lambda name: os.stat(name, dir_fd=folder, follow_symlinks=False).st_mtime)
        for name in kept[:-KEPT_MAX]:
            os.unlink(name, dir_fd=folder)
