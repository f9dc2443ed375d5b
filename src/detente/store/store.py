"""The store of a node: its logs, openings, records and index, and the one place where a write becomes durable."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from detente.errors import ClockBehind, CorruptLog, StaleWrite
from detente.statement import Opening
from detente.stix.canonical import JsonValue, encode, parse
from detente.store import bodies, folding, index
from detente.store.database import Database, heads, open_database, records, witnessed
from detente.store.log import (
    EMPTY_TAIL,
    FIRST_MIRROR,
    JOURNAL,
    OWN,
    Head,
    Tail,
    append,
    create_log,
    head_of,
    read_head,
    read_tail,
)
from detente.tlog.checkpoint import Checkpoint
from detente.tlog.merkle import EMPTY_ROOT

T = TypeVar("T")

# A clock may be set back a little without harm; more than this and nothing is signed until it has caught up.
CLOCK_BACK_MAX_US = 2_000_000

# The record that reminds of an erasure whose bytes may still lie on old pages of the disk.
PURGE = "purge"

Sign = Callable[[Checkpoint, int], bytes]
BeforeWrite = Callable[[Connection], None]


class Store:
    """What a node keeps. Reads take a snapshot (`reading`); every write is one `write`.

    `signers` gives for our own log and for the journal the function that signs a checkpoint at a time in seconds.
    """

    def __init__(
        self, database: Database, signers: Mapping[int, Sign], before_write: BeforeWrite | None = None
    ) -> None:
        self.database = database
        self._signers = signers
        self._before_write = before_write
        self._tails: dict[int, Tail] = {}

    @classmethod
    def open(
        cls, folder: Path, url: str | None, signers: Mapping[int, Sign], before_write: BeforeWrite | None = None
    ) -> Store:
        """`before_write` sees the database inside every write before anything is done, and raises to prevent it."""
        return cls(open_database(folder, url), signers, before_write)

    def close(self) -> None:
        self.database.close()

    def on_hold(self, connection: Connection) -> str | None:
        """Why this node may not sign, or None."""
        return read_head(connection, OWN).hold or None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self.database.reading() as connection:
            yield connection

    @contextmanager
    def indexed(self) -> Iterator[Connection]:
        """A snapshot in which the views have caught up with the logs."""
        index.catch_up(self.database)
        with self.database.reading() as connection:
            yield connection

    def finish_purge(self, now_us: int) -> None:
        """If an erasure is not finished, finish it: take its rows from the index, and its bytes from every page on the disk.

        The erasure itself is one commit of truth and index together. But these are two files, and the machine may stop between
        them, or before the old pages are overwritten; so the erasure leaves a reminder, and this may be run again at any time.
        """
        with self.database.reading() as connection:
            due = read_record(connection, "due", PURGE)
        if due is None:
            return
        index.catch_up(self.database)
        by_log = parse(due)
        assert isinstance(by_log, dict)

        def forget(transaction: Transaction) -> None:
            for log, indices in by_log.items():
                assert isinstance(indices, list)
                folding.forget(transaction.connection, int(log), [i for i in indices if isinstance(i, int)])

        self.write(now_us, forget)
        bodies.purge(self.database)
        self.write(now_us, lambda transaction: transaction.drop_record("due", PURGE))
        bodies.purge_log(self.database)

    def write(
        self,
        now_us: int,
        work: Callable[[Transaction], T],
        *,
        signers: Callable[[Transaction], Mapping[int, Sign]] | None = None,
    ) -> T:
        """Run `work` with a transaction; on return everything in it is durable and signed, on an exception nothing is.

        `signers`: who signs this one write, instead of the signers of the store.
        """

        def run(connection: Connection) -> tuple[T, dict[int, Tail]]:
            if self._before_write is not None:
                self._before_write(connection)
            transaction = Transaction(self.database, connection, self._signers, self._tails, now_us)
            if signers is not None:
                transaction.signers = signers(transaction)
            result = work(transaction)
            return result, transaction.seal()

        try:
            # COMMIT POINT: the end of database.write. Die before it, and no entry, opening, tile or checkpoint of this write
            # exists and nobody was told of one. Die after it, and all of them are there, with the signature over them.
            result, tails = self.database.write(run)
        except BaseException:
            self._tails.clear()
            raise
        self._tails.update(tails)
        return result


class Transaction:
    """Everything that one write may do. Appends are collected and written by `seal`, once for each log."""

    def __init__(
        self,
        database: Database,
        connection: Connection,
        signers: Mapping[int, Sign],
        tails: Mapping[int, Tail],
        now_us: int,
    ) -> None:
        self.database = database
        self.connection = connection
        self.now_us = now_us
        self.signers = signers
        self._tails = tails
        self._heads: dict[int, Head] = {}
        self._leaves: dict[int, list[bytes]] = {}
        self._notes: dict[int, tuple[Checkpoint, bytes]] = {}
        self._signed_us: dict[int, int] = {}

    def head(self, log: int) -> Head:
        """The head as it was when the transaction began."""
        if log not in self._heads:
            self._heads[log] = read_head(self.connection, log)
        return self._heads[log]

    def next_index(self, log: int) -> int:
        """The index that the next entry of this log will have."""
        return self.head(log).size + len(self._leaves.get(log, ()))

    def append(
        self, log: int, leaves: Sequence[bytes], openings: Sequence[Opening], *, collection: str = ""
    ) -> tuple[int, list[int]]:
        """Append leaves with their openings; returns the first index and the times of addition."""
        first = self.next_index(log)
        added = bodies.put_openings(
            self.database,
            self.connection,
            log,
            [(first + i, opening) for i, opening in enumerate(openings)],
            collection=collection,
            now_us=self.now_us,
        )
        self._leaves.setdefault(log, []).extend(leaves)
        return first, added

    def append_clear(self, log: int, leaf: bytes) -> int:
        """Append one clear leaf (key event, erasure notice) that needs no opening; returns its index."""
        first = self.next_index(log)
        self._leaves.setdefault(log, []).append(leaf)
        return first

    def extend_mirror(
        self, log: int, leaves: Sequence[bytes], checkpoint: Checkpoint, note: bytes, *, at_us: int | None = None
    ) -> None:
        """Append verified entries of a partner's log, under the note that covers exactly these.

        `at_us`: when we signed it or cosigned it, now unless it is said otherwise.
        """
        self.head(log)
        self._leaves.setdefault(log, []).extend(leaves)
        self._notes[log] = (checkpoint, note)
        if at_us is not None:
            self._signed_us[log] = at_us

    def create_log(self, log: int, origin: str, role: str) -> None:
        """An empty log; one of our own gets its first signed checkpoint here."""
        sign = self.signers.get(log)
        note = b"" if sign is None else sign(Checkpoint(origin, 0, EMPTY_ROOT), self.now_us // 1_000_000)
        create_log(self.connection, log, origin, role, note, self.now_us)

    def mirror_of(self, origin: str) -> int:
        """The number of the mirror of a partner's log, created when it is new."""
        head = head_of(self.connection, origin)
        if head is not None:
            return head.log
        last = self.connection.execute(sa.select(sa.func.max(heads.c.log))).scalar() or JOURNAL
        log = max(last + 1, FIRST_MIRROR)
        self.create_log(log, origin, "mirror")
        return log

    def set_head(self, log: int, **values: object) -> None:
        """Change what may change of a head without new entries: note, witnessed_note, witnessed_size, opened_size."""
        self.connection.execute(heads.update().where(heads.c.log == log).values(**values))

    def put_record(self, kind: str, key: str, value: bytes) -> None:
        self.database.upsert(
            self.connection, records, [{"kind": kind, "key": key, "value": value, "at_us": self.now_us}]
        )

    def drop_record(self, kind: str, key: str) -> None:
        self.connection.execute(records.delete().where(records.c.kind == kind, records.c.key == key))

    def owe_purge(self, erased: Mapping[int, Sequence[int]]) -> None:
        """The reminder that `Store.finish_purge` works from: log numbers and indices, besides those that wait already."""
        waiting = read_record(self.connection, "due", PURGE)
        owed: dict[str, JsonValue] = {str(log): list(indices) for log, indices in erased.items()}
        value = None if waiting is None else parse(waiting)
        for log, indices in value.items() if isinstance(value, dict) else ():
            known = owed.setdefault(log, [])
            assert isinstance(known, list)
            assert isinstance(indices, list)
            known.extend(indices)
        self.put_record("due", PURGE, encode(owed))

    def drop_old_records(self, kind: str, before_us: int) -> None:
        self.connection.execute(records.delete().where(records.c.kind == kind, records.c.at_us < before_us))

    def put_witnessed(self, origin: str, size: int, root: bytes, note: bytes) -> None:
        row = {"origin": origin, "size": size, "root": root, "note": note, "at_us": self.now_us}
        self.database.upsert(self.connection, witnessed, [row])

    def seal(self) -> dict[int, Tail]:
        """Write the collected entries and sign; returns the tails to keep if the commit succeeds."""
        tails = {}
        for log, leaves in self._leaves.items():
            head = self.head(log)
            tail = self._tails.get(log)
            if tail is None or (tail.size, tail.root) != (head.size, head.root):
                tail = read_tail(self.connection, head) if head.size else EMPTY_TAIL
            # A clock that creeps back must not take the time of the last signature with it, or the next one would be older.
            at_us = max(self._signed_us.get(log, self.now_us), head.at_us)
            tails[log] = append(self.database, self.connection, head, tail, leaves, self._signature(log, head), at_us)
        return tails

    def _signature(self, log: int, head: Head) -> Callable[[Checkpoint], bytes]:
        if log in self._notes:
            expected, note = self._notes[log]

            def partner(checkpoint: Checkpoint) -> bytes:
                if checkpoint != expected:
                    raise StaleWrite(
                        f"the mirror of {head.origin} does not give its checkpoint's root; nothing was stored"
                    )
                return note

            return partner
        sign = self.signers[log]
        if head.hold:
            raise CorruptLog(f"nothing is signed: {head.hold}")
        if self.now_us < head.at_us - CLOCK_BACK_MAX_US:
            raise ClockBehind(
                f"the clock is {(head.at_us - self.now_us) / 1e6:.0f} s behind the last signature of {head.origin}. Set the clock; "
                "nothing is signed with a made-up time."
            )
        at_s = max(self.now_us, head.at_us) // 1_000_000
        return lambda checkpoint: sign(checkpoint, at_s)


def read_record(connection: Connection, kind: str, key: str) -> bytes | None:
    value = connection.execute(sa.select(records.c.value).where(records.c.kind == kind, records.c.key == key)).scalar()
    return None if value is None else bytes(value)


def read_records(connection: Connection, kind: str) -> list[tuple[str, bytes]]:
    """Key and value, in the order of keys."""
    rows = connection.execute(
        sa.select(records.c.key, records.c.value).where(records.c.kind == kind).order_by(records.c.key)
    )
    return [(key, bytes(value)) for key, value in rows]


def count_records(connection: Connection, kind: str, prefix: str) -> int:
    """How many records of a kind have a key that begins so."""
    begins = sa.func.substr(records.c.key, 1, len(prefix)) == prefix
    query = sa.select(sa.func.count()).where(records.c.kind == kind, begins)
    return int(connection.execute(query).scalar_one())


def read_witnessed(connection: Connection, origin: str) -> tuple[int, bytes, bytes, int] | None:
    """Size, root, note and time of what we last cosigned for an origin as a witness."""
    row = connection.execute(sa.select(witnessed).where(witnessed.c.origin == origin)).one_or_none()
    return None if row is None else (row.size, bytes(row.root), bytes(row.note), row.at_us)


def witnessed_origins(connection: Connection) -> list[str]:
    """The logs that we cosigned something of as a witness."""
    return list(connection.execute(sa.select(witnessed.c.origin).order_by(witnessed.c.origin)).scalars())
