"""One database engine: SQLite in the node's folder, or PostgreSQL by URL. Tables, transactions and what a failed write means.

Two groups of tables. The *truth* (`log.db`, on PostgreSQL the default schema) is what was said, seen and decided. The *index*
(`index.db`, on PostgreSQL the schema `idx`) is a cache of views and may be deleted at any time.

A write is a function that gets a `Connection` inside one transaction and may be run again from the start (PostgreSQL asks for that with
SQLSTATE 40001). SQLite runs in WAL mode with `synchronous=FULL`: `synchronous=NORMAL` looks twenty times faster because it does not
sync. After a failed sync nothing is written any more by this process, since a later sync may report success although the data is gone.
"""

from __future__ import annotations

import fcntl
import functools
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Connection as Connection  # the node passes one on, and needs its name
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import DropSchema

from detente.errors import CorruptLog, InvalidStatement, Locked, NotDurable, StaleWrite

SCHEMA_VERSION = "1"
LOCK_SECONDS_MAX = 20.0
RETRIES_MAX = 8
COPY_ROWS = 5_000

_SQLITE_BUSY, _SQLITE_IOERR, _SQLITE_CORRUPT, _SQLITE_FULL, _SQLITE_CONSTRAINT, _SQLITE_NOTADB = 5, 10, 11, 13, 19, 26
# I/O errors of the file that SQLite keeps for locks among processes: it holds nothing that could be lost.
_SHARED_MEMORY = {_SQLITE_IOERR | kind << 8 for kind in (18, 19, 20, 21)}
_SERIALIZATION_FAILURES = ("40001", "40P01")

T = TypeVar("T")

truth = sa.MetaData()
views = sa.MetaData(schema="idx")

meta = sa.Table("meta", truth, sa.Column("key", sa.Text, primary_key=True), sa.Column("value", sa.Text, nullable=False))

# One row for each log that we hold: our own, our journal, and the mirrors. `note` is the signed checkpoint that covers exactly
# `size` entries; `witnessed_note` is the latest one that came back with cosignatures, and may be older.
heads = sa.Table(
    "heads",
    truth,
    sa.Column("log", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("origin", sa.Text, nullable=False, unique=True),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("root", sa.LargeBinary, nullable=False),
    sa.Column("note", sa.LargeBinary, nullable=False),
    sa.Column("at_us", sa.BigInteger, nullable=False),
    sa.Column("witnessed_size", sa.BigInteger, nullable=False),
    sa.Column("witnessed_note", sa.LargeBinary, nullable=False),
    # Mirrors: entries below this index have had their openings asked for.
    sa.Column("opened_size", sa.BigInteger, nullable=False),
    # Why nothing may be signed here; empty as a rule.
    sa.Column("hold", sa.Text, nullable=False),
)
entries = sa.Table(
    "entries",
    truth,
    sa.Column("log", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("idx", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("leaf", sa.LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
tiles = sa.Table(
    "tiles",
    truth,
    sa.Column("log", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("level", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("idx", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("hashes", sa.LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
# `added` is the node's one clock: microseconds, unique, strictly increasing over all logs. It is key, order and TAXII date_added.
openings = sa.Table(
    "openings",
    truth,
    sa.Column("added", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False),
    sa.Column("log", sa.SmallInteger, nullable=False),
    sa.Column("idx", sa.BigInteger, nullable=False),
    sa.Column("collection", sa.Text, nullable=False),
    sa.Column("header", sa.LargeBinary, nullable=False),
    sa.Column("header_salt", sa.LargeBinary, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("body_salt", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("log", "idx"),
)
witnessed = sa.Table(
    "witnessed",
    truth,
    sa.Column("origin", sa.Text, primary_key=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("root", sa.LargeBinary, nullable=False),
    sa.Column("note", sa.LargeBinary, nullable=False),
    sa.Column("at_us", sa.BigInteger, nullable=False),
)
# What the operator decided. Every change is also an entry of the journal.
records = sa.Table(
    "records",
    truth,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.LargeBinary, nullable=False),
    sa.Column("at_us", sa.BigInteger, nullable=False),
)

index_state = sa.Table(
    "state", views, sa.Column("key", sa.Text, primary_key=True), sa.Column("value", sa.BigInteger, nullable=False)
)
audiences = sa.Table(
    "audiences",
    views,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("parties", sa.Text, nullable=False, unique=True),
)
statements = sa.Table(
    "statements",
    views,
    sa.Column("added", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False),
    sa.Column("log", sa.SmallInteger, nullable=False),
    sa.Column("idx", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("at_us", sa.BigInteger, nullable=False),
    sa.Column("audience", sa.Integer, nullable=False),
    sa.Column("withdrawn", sa.BigInteger, nullable=False),
)
objects = sa.Table(
    "objects",
    views,
    sa.Column("added", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False),
    sa.Column("log", sa.SmallInteger, nullable=False),
    sa.Column("idx", sa.BigInteger, nullable=False),
    sa.Column("collection", sa.Text, nullable=False),
    sa.Column("object_id", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("spec_version", sa.Text, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("version_key", sa.Text, nullable=False),
    sa.Column("audience", sa.Integer, nullable=False),
    # Last among the versions that share collection, object and audience; `mixed`: other audiences hold versions too.
    sa.Column("last", sa.SmallInteger, nullable=False),
    sa.Column("mixed", sa.SmallInteger, nullable=False),
)
deliveries = sa.Table(
    "deliveries",
    views,
    sa.Column("added", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("receiver", sa.Text, nullable=False),
    sa.Column("log", sa.Text, nullable=False),
    sa.Column("first", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("last", sa.BigInteger, nullable=False),
    sa.Column("at_us", sa.BigInteger, nullable=False),
)
# Statements that are matters between parties, by each subject that they are about; `own` marks the row with their own id.
matters = sa.Table(
    "matters",
    views,
    sa.Column("added", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("own", sa.SmallInteger, nullable=False),
)
# Threads of the channel. `settled`: somebody has looked and nothing waits in it any more, whatever the time, until something new is
# said there; then `parties` and `used_us` hold who they are and when it was last used.
threads = sa.Table(
    "threads",
    views,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("settled", sa.SmallInteger, nullable=False),
    sa.Column("parties", sa.Text, nullable=False),
    sa.Column("used_us", sa.BigInteger, nullable=False),
)
matter_indexes = (
    sa.Index("threads_settled", threads.c.settled),
    sa.Index("matters_subject", matters.c.subject, matters.c.kind),
    sa.Index("matters_kind", matters.c.kind, matters.c.own, matters.c.added),
    sa.Index("deliveries_log", deliveries.c.log, deliveries.c.receiver, deliveries.c.last),
)
object_indexes = (
    sa.Index("objects_page", objects.c.collection, objects.c.last, objects.c.added),
    sa.Index("objects_id", objects.c.object_id, objects.c.collection),
)
statement_indexes = (sa.Index("statements_log", statements.c.log, statements.c.idx),)


@functools.cache
def _insert(table: sa.Table, *, lite: bool) -> str:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    places = ", ".join("?" if lite else "%s" for _ in table.columns)
    return f"INSERT INTO {table.fullname} ({names}) VALUES ({places})"  # noqa: S608 - names of our own tables


@functools.cache
def _upsert(table: sa.Table, *, lite: bool) -> sa.Insert:
    keys = [column.name for column in table.primary_key.columns]
    rest = [column.name for column in table.columns if column.name not in keys]
    if lite:
        insert = sqlite.insert(table)
        return insert.on_conflict_do_update(index_elements=keys, set_={c: insert.excluded[c] for c in rest})
    from sqlalchemy.dialects import postgresql

    other = postgresql.insert(table)
    return other.on_conflict_do_update(index_elements=keys, set_={c: other.excluded[c] for c in rest})


class Database:
    """An engine with the rules of this module: who writes, when, and what a failure means."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.folder = folder
        self.sqlite = engine.dialect.name == "sqlite"
        self._thread_lock = threading.Lock()
        self._lock_file: int | None = None
        self._failed: str | None = None

    def close(self) -> None:
        self.engine.dispose()
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A snapshot: everything read inside belongs to one moment."""
        with self._translated(), self.engine.connect() as connection:
            yield connection

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one transaction and return when it is on the disk. `work` may run more than once.

        Raises Locked, NotDurable, or what `work` raises, in which case nothing has changed.
        """
        with self._thread_lock, self._translated(), self._process_lock():
            # Asked inside the lock: whoever waited here while another thread's sync failed must not write either.
            if self._failed is not None:
                raise NotDurable(
                    f"writing stopped after a disk error ({self._failed}). Check the disk, then restart the node."
                )
            for attempt in range(RETRIES_MAX):
                try:
                    with self.engine.connect().execution_options(detente_write=True) as connection, connection.begin():
                        return work(connection)
                except DBAPIError as error:
                    if (
                        getattr(error.orig, "sqlstate", None) not in _SERIALIZATION_FAILURES
                        or attempt == RETRIES_MAX - 1
                    ):
                        raise
            raise AssertionError("unreachable")

    def upsert(self, connection: Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
        """Insert rows, replacing those with the same primary key."""
        if not rows:
            return
        connection.execute(_upsert(table, lite=self.sqlite), rows)

    def run_alone(self, *statements: str) -> list[tuple[Any, ...]]:
        """Maintenance that the database only does outside of transactions. Returns the rows that SQLite answered."""
        answered: list[tuple[Any, ...]] = []
        with self._translated():
            if self.sqlite:
                connection = self.engine.raw_connection()
                try:
                    cursor = connection.cursor()
                    for statement in statements:
                        cursor.execute(statement)
                        answered.extend(cursor.fetchall())
                    cursor.close()
                finally:
                    connection.close()
            else:
                with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as autocommit:
                    for statement in statements:
                        autocommit.exec_driver_sql(statement)
        return answered

    def load_truth(self, source: Database) -> None:
        """Fill empty truth tables with those of another database. Raises InvalidStatement when they are not empty."""

        def work(connection: Connection) -> None:
            if connection.execute(sa.select(heads.c.log).limit(1)).scalar() is not None:
                raise InvalidStatement(
                    "the database of this backup holds a node already, perhaps the one that is running. Restore into an empty one."
                )
            if not self.sqlite:
                # An index that is left from another time would be believed.
                connection.execute(DropSchema("idx", cascade=True, if_exists=True))
            with source.reading() as reader:
                for table in truth.sorted_tables:
                    connection.execute(table.delete())
                    rows = reader.execution_options(stream_results=True).execute(sa.select(table))
                    for part in rows.mappings().partitions(COPY_ROWS):
                        connection.execute(table.insert(), [dict(row) for row in part])

        self.write(work)

    def damage(self, connection: Connection) -> list[str]:
        """What the database itself finds wrong with its files; PostgreSQL has no such question."""
        if not self.sqlite:
            return []
        rows = connection.exec_driver_sql("PRAGMA main.integrity_check(20)").scalars().all()
        return [str(row) for row in rows if row != "ok"]

    def watch(self) -> Watch:
        return Watch(self.folder / "log.db" if self.sqlite else None)

    def insert(self, connection: Connection, table: sa.Table, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert many rows, each with a value for every column in order.

        Through the driver itself: SQLAlchemy would take ten microseconds a row for what is a tuple already.
        """
        if rows:
            connection.exec_driver_sql(_insert(table, lite=self.sqlite), list(rows))

    @contextmanager
    def _process_lock(self) -> Iterator[None]:
        if self._lock_file is None:
            try:
                self._lock_file = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except OSError as error:
                raise NotDurable(f"the lock file in {self.folder} cannot be opened: {error.strerror}") from error
        deadline = time.monotonic() + LOCK_SECONDS_MAX
        while True:
            try:
                fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Locked(
                        f"another process has been writing to {self.folder} for {LOCK_SECONDS_MAX:.0f} s. Wait for it or stop it."
                    ) from None
                time.sleep(0.005)
        try:
            yield
        finally:
            fcntl.flock(self._lock_file, fcntl.LOCK_UN)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn the drivers' exceptions into ours; remember a disk error for good.

        PostgreSQL's disk is PostgreSQL's matter: it stops by itself after a failed sync. A lost connection leaves open whether
        a commit came through; the next write reads the head, and goes on from what is there.
        """
        try:
            yield
        except (DBAPIError, sqlite3.Error) as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            code = getattr(cause, "sqlite_errorcode", None)
            primary = None if code is None else code & 0xFF
            state = getattr(cause, "sqlstate", None) or ""
            if primary == _SQLITE_FULL or state == "53100":
                raise NotDurable("the disk is full; nothing was stored. Free some space and try again.") from error
            if primary == _SQLITE_BUSY:
                raise Locked(f"the database in {self.folder} is busy; try again") from error
            if primary in (_SQLITE_CORRUPT, _SQLITE_NOTADB):
                raise CorruptLog(f"the database in {self.folder} is damaged: {cause}. Restore a backup.") from error
            if state in _SERIALIZATION_FAILURES or state.startswith("23"):
                # 23: a row with this key is there already. On PostgreSQL two writers may learn of each other so.
                raise StaleWrite(
                    f"another process wrote at the same time; nothing was stored, try again: {cause}"
                ) from error
            if primary == _SQLITE_CONSTRAINT:
                raise CorruptLog(
                    f"what is stored contradicts what is to be written: {cause}. Run: detente fsck"
                ) from error
            if primary == _SQLITE_IOERR and code not in _SHARED_MEMORY:
                self._failed = str(cause)
            raise NotDurable(
                f"the database did not confirm: {cause}. Check the disk, then restart the node."
            ) from error


class Watch:
    """A number that changes with every commit to the truth by any process, read in microseconds.

    SQLite keeps one for each connection (`PRAGMA data_version`). PostgreSQL has nothing as cheap: there it is None.
    """

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.Lock()
        self._connection = (
            None if path is None else sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        )

    def changes(self) -> int | None:
        if self._connection is None:
            return None
        with self._lock:
            row = self._connection.execute("PRAGMA data_version").fetchone()
        return int(row[0])

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


def open_database(folder: Path, url: str | None = None) -> Database:
    """Open (and on first use create) the tables. `url`: a PostgreSQL URL, or None for SQLite in `folder`."""
    engine = _sqlite_engine(folder) if url is None else _postgres_engine(url)
    database = Database(engine, folder)

    def create(connection: Connection) -> None:
        truth.create_all(connection)
        found = connection.execute(sa.select(meta.c.value).where(meta.c.key == "schema")).scalar()
        if found is None:
            connection.execute(meta.insert(), {"key": "schema", "value": SCHEMA_VERSION})
        elif found != SCHEMA_VERSION:
            raise CorruptLog(
                f"this node's data has the layout {found}; this version of Détente reads {SCHEMA_VERSION}. Use the version that wrote it."
            )

    try:
        with database.reading() as connection:
            known = sa.inspect(connection).has_table("meta")
            current = known and connection.execute(sa.select(meta.c.value).where(meta.c.key == "schema")).scalar()
        if current != SCHEMA_VERSION:
            database.write(create)
    except BaseException:
        database.close()
        raise
    return database


def copy_truth(source: Database, path: Path, *, hold: str) -> None:
    """A copy of the truth as of one moment, as a SQLite file, whatever the source is. `hold`: why the copy may not sign.

    The copy is held from its first byte on: whoever unpacks it, with whatever program, has no node that goes on signing.
    """
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    if source.sqlite:
        source.run_alone("VACUUM main INTO '" + str(path).replace("'", "''") + "'")
    engine = sa.create_engine(f"sqlite:///{path}")
    try:
        with engine.begin() as writer:
            if not source.sqlite:
                truth.create_all(writer)
                with source.reading() as reader:
                    for table in truth.sorted_tables:
                        for part in reader.execute(sa.select(table)).mappings().partitions(COPY_ROWS):
                            writer.execute(table.insert(), [dict(row) for row in part])
            writer.execute(heads.update().where(heads.c.role == "own").values(hold=hold))
    finally:
        engine.dispose()


def _sqlite_engine(folder: Path) -> Engine:
    index = folder / "index.db"
    engine = sa.create_engine(f"sqlite:///{folder / 'log.db'}", connect_args={"timeout": LOCK_SECONDS_MAX})

    @sa.event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        # We say BEGIN ourselves: the driver would begin late, and always deferred.
        connection.isolation_level = None
        cursor = connection.cursor()
        for statement in (
            "PRAGMA journal_mode=WAL",
            "PRAGMA synchronous=FULL",
            "PRAGMA secure_delete=ON",
            "PRAGMA foreign_keys=ON",
            "PRAGMA cache_size=-65536",
            "PRAGMA wal_autocheckpoint=4000",
        ):
            cursor.execute(statement)
        cursor.execute("ATTACH DATABASE ? AS idx", (str(index),))
        cursor.execute("PRAGMA idx.journal_mode=WAL")
        # The index is a cache: losing its last second costs a second of work.
        cursor.execute("PRAGMA idx.synchronous=NORMAL")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("detente_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _postgres_engine(url: str) -> Engine:
    return sa.create_engine(url, isolation_level="SERIALIZABLE", pool_pre_ping=True)
