"""Who writes, when, and what a failure means: the drivers' exceptions are ours by name, and a failed sync ends all writing."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.unit.store.conftest import START_US, OpenStore, append

from detente.errors import CorruptLog, DetenteError, Locked, NotDurable, StaleWrite
from detente.store import database as database_module
from detente.store.bodies import purge
from detente.store.database import index_state, meta, openings
from detente.store.log import OWN, read_head
from detente.store.store import Store, Transaction, count_records, read_record, read_records, read_witnessed

# SQLite's extended result codes, what they become, and whether the process may write on.
CODES: dict[str, tuple[int, type[DetenteError], bool]] = {
    "a sync failed": (10 | 4 << 8, NotDurable, False),
    "a write failed": (10 | 3 << 8, NotDurable, False),
    "a read failed": (10 | 1 << 8, NotDurable, False),
    "a truncation failed": (10 | 6 << 8, NotDurable, False),
    "no room for the lock file in memory": (10 | 19 << 8, NotDurable, True),
    "the disk is full": (13, NotDurable, True),
    "the file cannot be opened": (14, NotDurable, True),
    "the file may not be written": (8, NotDurable, True),
    "somebody else is writing": (5, Locked, True),
    "somebody else is recovering": (5 | 1 << 8, Locked, True),
    "the file is damaged": (11, CorruptLog, True),
    "the file is no database": (26, CorruptLog, True),
    "the row is there already": (19 | 8 << 8, CorruptLog, True),
}


def raise_code(code: int) -> None:
    error = sqlite3.OperationalError("made up")
    error.sqlite_errorcode = code
    raise error


@pytest.mark.parametrize(("code", "expected", "goes_on"), CODES.values(), ids=CODES)
def test_a_result_code_is_ours_by_name_and_says_whether_writing_goes_on(
    store: Store, code: int, expected: type[DetenteError], goes_on: bool
) -> None:
    append(store, range(3))
    with pytest.raises(expected):
        store.write(START_US, lambda _: raise_code(code))
    if goes_on:
        append(store, range(3, 6))
    else:
        with pytest.raises(NotDurable, match="restart the node"):
            append(store, range(3, 6))
    with store.reading() as connection:
        assert read_head(connection, OWN).size == (6 if goes_on else 3)


def test_a_restart_lifts_the_ban_on_writing(store: Store, open_store: OpenStore) -> None:
    with pytest.raises(NotDurable):
        store.write(START_US, lambda _: raise_code(10 | 4 << 8))
    append(open_store(), range(3))


def test_who_waited_for_its_turn_does_not_write_after_a_failed_sync(store: Store) -> None:
    """The second thread has passed every earlier check and waits for the lock while the first one fails."""
    inside, waiting = threading.Event(), threading.Event()
    errors: list[BaseException] = []

    def failing(_: Transaction) -> None:
        inside.set()
        assert waiting.wait(20)
        raise_code(10 | 4 << 8)

    def second() -> None:
        assert inside.wait(20)
        waiting.set()
        try:
            append(store, range(3))
        except NotDurable as error:
            errors.append(error)

    thread = threading.Thread(target=second)
    thread.start()
    with pytest.raises(NotDurable):
        store.write(START_US, failing)
    thread.join()
    assert len(errors) == 1
    with store.reading() as connection:
        assert read_head(connection, OWN).size == 0


def test_a_row_that_is_there_already_is_no_reason_to_stop(store: Store, store_url: str) -> None:
    append(store, range(3))

    def again(transaction: Transaction) -> None:
        row = transaction.connection.execute(sa.select(openings)).mappings().first()
        assert row is not None
        transaction.connection.execute(openings.insert(), [dict(row)])

    with pytest.raises(StaleWrite if store_url else CorruptLog):
        store.write(START_US, again)
    append(store, range(3, 6))


def test_a_lock_that_somebody_keeps_is_reported_after_a_while(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "LOCK_SECONDS_MAX", 0.05)
    holder = os.open(folder / "lock", os.O_RDWR)
    try:
        fcntl.flock(holder, fcntl.LOCK_EX)
        with pytest.raises(Locked, match="another process"):
            append(store, range(1))
    finally:
        os.close(holder)
    append(store, range(1))


def test_a_layout_of_another_version_is_refused_and_left_alone(store: Store, open_store: OpenStore) -> None:
    append(store, range(3))
    store.write(START_US, lambda t: t.connection.execute(meta.update().values(value="99")))
    with pytest.raises(CorruptLog, match="layout 99"):
        open_store()
    store.write(START_US, lambda t: t.connection.execute(meta.update().values(value=database_module.SCHEMA_VERSION)))
    with open_store().reading() as connection:
        assert read_head(connection, OWN).size == 3


def test_records_are_put_replaced_counted_and_dropped(store: Store, open_store: OpenStore) -> None:
    def first(transaction: Transaction) -> None:
        for key in ("b", "a", "a.example 1", "a.example 2", "a.example.org 1"):
            transaction.put_record("kind", key, key.encode())
        transaction.put_record("other", "a", b"\x00\xff")

    store.write(START_US, first)
    store.write(START_US + 5, lambda t: t.put_record("kind", "a", b"again"))
    with open_store().reading() as connection:
        keys = [key for key, _ in read_records(connection, "kind")]
        assert keys == sorted(["b", "a", "a.example 1", "a.example 2", "a.example.org 1"])
        assert read_record(connection, "kind", "a") == b"again"
        assert read_record(connection, "other", "a") == b"\x00\xff"
        assert read_record(connection, "kind", "c") is None
        assert count_records(connection, "kind", "a.example ") == 2
        assert count_records(connection, "kind", "") == 5
        assert count_records(connection, "kind", "%") == 0
    store.write(START_US + 9, lambda t: t.drop_old_records("kind", START_US + 5))
    store.write(START_US + 9, lambda t: t.drop_record("other", "a"))
    with store.reading() as connection:
        assert read_records(connection, "kind") == [("a", b"again")]
        assert read_records(connection, "other") == []


def test_what_was_cosigned_is_replaced_as_a_whole(store: Store) -> None:
    store.write(START_US, lambda t: t.put_witnessed("b.example", 5, bytes(32), b"five"))
    store.write(START_US + 1, lambda t: t.put_witnessed("b.example", 9, b"r" * 32, b"nine"))
    with store.reading() as connection:
        assert read_witnessed(connection, "b.example") == (9, b"r" * 32, b"nine", START_US + 1)
        assert read_witnessed(connection, "c.example") is None


def test_sqlite_confirms_no_commit_before_the_disk_does(store: Store, store_url: str) -> None:
    """`synchronous=NORMAL` would be twenty times faster, because it does not sync."""
    with store.reading() as connection:
        if store_url:
            assert connection.exec_driver_sql("SHOW transaction_isolation").scalar() == "serializable"
            return
        assert connection.exec_driver_sql("PRAGMA main.synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA main.journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA main.secure_delete").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA idx.secure_delete").scalar() == 1


def test_a_reader_of_an_older_state_keeps_an_erasure_from_being_called_finished(
    store: Store, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its pages cannot leave the write-ahead log while somebody reads them, and that is said."""
    if store_url:
        pytest.skip("PostgreSQL's log is PostgreSQL's: VACUUM FULL waits for readers by itself")
    monkeypatch.setattr(database_module, "LOCK_SECONDS_MAX", 0.05)
    append(store, range(10))
    impatient = Store.open(store.database.folder, None, {})
    with store.reading() as connection:
        read_head(connection, OWN)
        append(store, range(10, 20))
        with pytest.raises(Locked, match="reading an older state"):
            purge(impatient.database)
    purge(impatient.database)
    impatient.close()


def test_deleting_the_index_under_a_running_store_is_healed(store: Store, store_url: str) -> None:
    append(store, range(5))
    with store.indexed() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(index_state)).scalar_one() == 2
    if store_url:
        store.database.run_alone("DROP SCHEMA idx CASCADE")
    else:
        store.write(START_US, lambda t: database_module.views.drop_all(t.connection))
    with store.indexed() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(index_state)).scalar_one() == 2
