"""A disk that fails or is full: the node says so, acknowledges nothing that it has not got, and after a failed sync writes no more.

Every case is a fresh copy of one prepared node, an operation, and one file call of it that returns an error instead of being done.
"""

from __future__ import annotations

import pytest
from tests.crash.harness import SYNCS, Call, Ended, Victims, each, spread
from tests.crash.oracle import Before, require_nothing_lost

OPERATIONS = ("append_one_by_one", "append_many", "erase", "cosign_twice", "publish")
SYNCS_BUDGET, WRITES_BUDGET, READS_BUDGET, FULL_BUDGET = 10, 14, 6, 14
DATABASES = ("node/log.db", "node/log.db-wal", "node/index.db", "node/index.db-wal")


def on_databases(calls: list[Call], *names: str) -> list[Call]:
    return [call for call in calls if call.name in names and call.file in DATABASES]


def words(ended: Ended) -> list[str]:
    return [" ".join(ack) for ack in ended.acks]


def _reads(said: list[str]) -> bool:
    """fsck read everything; all that it may say is that an erasure has still to be finished."""
    return any(
        ack == "read" or (ack.startswith("read ") and ack.count("an erasure is not finished") == 1) for ack in said
    )


@pytest.mark.parametrize("operation", OPERATIONS)
def test_after_a_failed_sync_the_process_writes_no_more(victims: Victims, before: Before, operation: str) -> None:
    """A later sync may report success although the data is gone, so nobody tries one."""
    calls = on_databases(victims.calls(operation), *SYNCS)
    assert calls
    for call, ended in each(victims, operation, spread(calls, SYNCS_BUDGET), "error=EIO"):
        said = words(ended)
        where = (str(call), said)
        if call.before_done:
            assert said[0] == "not opened NotDurable" or "failed NotDurable" in said, where
        if "failed NotDurable" in said:
            after = said[said.index("failed NotDurable") + 1 :]
            assert "failed again NotDurable" in after, where
            assert not any(ack.startswith(("said", "done")) for ack in after), where
            assert _reads(after), where
        require_nothing_lost(before, operation, call, ended)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_write_or_read_that_fails_leaves_everything_as_it_was(
    victims: Victims, before: Before, operation: str
) -> None:
    calls = victims.calls(operation)
    chosen = spread(on_databases(calls, "pwrite64", "ftruncate"), WRITES_BUDGET)
    chosen += spread(on_databases(calls, "pread64"), READS_BUDGET)
    for call, ended in each(victims, operation, chosen, "error=EIO"):
        said = words(ended)
        failed = [ack for ack in said if ack.startswith(("failed", "not "))]
        assert all(ack.split()[-1] in ("NotDurable", "CorruptLog") for ack in failed), (str(call), said)
        assert "done" in said or failed, (str(call), said)
        require_nothing_lost(before, operation, call, ended)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_full_disk_stores_nothing_and_the_next_write_with_room_works(
    victims: Victims, before: Before, operation: str
) -> None:
    calls = on_databases(victims.calls(operation), "pwrite64")
    for call, ended in each(victims, operation, spread(calls, FULL_BUDGET), "error=ENOSPC"):
        said = words(ended)
        where = (str(call), said)
        if "failed NotDurable" in said:
            after = said[said.index("failed NotDurable") + 1 :]
            assert after[0].startswith("said "), where
            assert _reads(after), where
        else:
            assert "done" in said or said == ["not opened NotDurable"], where
        require_nothing_lost(before, operation, call, ended)
