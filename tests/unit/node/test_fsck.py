"""fsck finds what anybody may have broken: every column of every row of the truth is damaged, one at a time."""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.scene import close, copy_of, example, quick_folder, reopen, require_sound, settle, tell, town, truth_of
from tests.world import World, world

from detente.errors import DetenteError
from detente.node.collections import read_collection
from detente.node.erase import erase_entry, erase_object
from detente.node.fsck import fsck
from detente.node.open import Node
from detente.node.share import say, withdraw
from detente.store import index
from detente.store.database import truth

# Names of our own tables, and of nobody else's making.
# ruff: noqa: S608
NAMES = ("cert-a", "cert-b")
# Every third change in an ordinary run, all of them when that is asked for.
EVERY_ONE = os.environ.get("DETENTE_DAMAGE") == "all"

# Tables that hold what was said, seen and signed. Records are the operator's, checked as far as they can be read.
LOGS = ("heads", "entries", "tiles", "openings", "witnessed")


@pytest.fixture(scope="module")
def settled() -> Iterator[tuple[Path, int]]:
    """Two nodes with everything that a log can hold: sealed, public, received, erased with and without headers, withdrawn."""
    with quick_folder() as folder:
        made = town(World(folder), *NAMES, said=3)
        node = made.nodes["cert-a"]
        tell(node, [20], public=True)
        say(node, "", [example(21), example(22), example(23)], to=["cert-b"])
        tell(made.nodes["cert-b"], [30], public=True)
        settle(made)
        with node.store.indexed() as connection:
            ((_, erased),) = index.find_object(connection, example(21).id)
        erase_entry(node, erased, ground="asked for")
        erase_object(node, example(22).id, ground="asked for", headers=True)
        erase_object(node, example(1001).id, ground="asked for")
        withdraw(node, _collection(node), example(0).id)
        settle(made)
        require_sound(node)
        yield folder, close(made)


def _collection(node: Node) -> str:
    with node.store.reading() as connection:
        return read_collection(connection, "feed").id


@pytest.fixture
def node(settled: tuple[Path, int]) -> Iterator[Node]:
    with copy_of(*settled, *NAMES) as made:
        yield made.nodes["cert-a"]


def changes_of(value: object) -> list[object]:
    """Wrong values in place of a right one."""
    match value:
        case int():
            return [value + 1, value - 1, 0, value + (1 << 40), -value - 1]
        case bytes():
            flipped = [
                value[:i] + bytes([value[i] ^ 1]) + value[i + 1 :]
                for i in {0, len(value) // 2, len(value) - 1}
                if value
            ]
            return [*flipped, bytes(len(value)), value[:-1], value + b"\x00", b"", value + value]
        case str():
            return [value + "x", value[1:], "x" + value[1:], ""]
    raise AssertionError(type(value))


@pytest.mark.parametrize("table", [truth.tables[name] for name in LOGS], ids=LOGS)
def test_every_changed_value_is_found(node: Node, table: sa.Table) -> None:
    keys = [column.name for column in table.primary_key.columns]
    missed, tried, case = [], 0, 0
    with closing(sqlite3.connect(node.folder / "log.db", isolation_level=None)) as raw:
        raw.row_factory = sqlite3.Row
        for row in raw.execute(f"SELECT * FROM {table.name}").fetchall():
            where = " AND ".join(f"{key} = ?" for key in keys)
            at = [row[key] for key in keys]
            for column in table.columns:
                for wrong in changes_of(row[column.name]):
                    case += 1
                    if not EVERY_ONE and case % 3:
                        continue
                    if wrong == row[column.name] or _no_damage(table.name, column.name, row, wrong):
                        continue
                    try:
                        raw.execute(f"UPDATE {table.name} SET {column.name} = ? WHERE {where}", [wrong, *at])
                    except sqlite3.IntegrityError:
                        continue
                    tried += 1
                    if not fsck(node).findings:
                        missed.append((table.name, at, column.name, wrong))
                    now = [wrong if key == column.name else row[key] for key in keys]
                    raw.execute(f"UPDATE {table.name} SET {column.name} = ? WHERE {where}", [row[column.name], *now])
    assert not missed, (len(missed), tried, missed[:10])
    assert tried > 5
    require_sound(node)


def _no_damage(table: str, column: str, row: sqlite3.Row, wrong: object) -> bool:
    """Whether this change misleads nobody."""
    # Less than a second is in no signature; the journal's signature names no time at all, and nobody else reads it.
    if (table, column) == ("heads", "at_us") and (
        row["role"] == "journal" or int(str(wrong)) // 10**6 == row[column] // 10**6
    ):
        return True
    if (table, column) == ("witnessed", "at_us"):
        return bool(int(str(wrong)) // 10**6 == row[column] // 10**6)
    if (table, column) == ("heads", "opened_size"):
        return bool(row["role"] != "mirror")
    if (table, column) == ("tiles", "hashes") and isinstance(wrong, bytes):
        # A tile may have more bytes behind those of the tree: they are never read, and overwritten by the next entry.
        return wrong.startswith(row[column])
    # A hold that was set stops all signing and says why.
    return (table, column) == ("heads", "hold")


@pytest.mark.parametrize(
    "table", [truth.tables[name] for name in ("heads", "entries", "tiles", "openings")], ids=lambda t: t.name
)
def test_every_lost_row_is_found(node: Node, table: sa.Table) -> None:
    missed = []
    with closing(sqlite3.connect(node.folder / "log.db", isolation_level=None)) as raw:
        raw.row_factory = sqlite3.Row
        for row in raw.execute(f"SELECT * FROM {table.name}").fetchall():
            where = " AND ".join(f"{column.name} = ?" for column in table.primary_key.columns)
            if table.name == "openings" and not any(
                row[name] for name in ("header", "header_salt", "body", "body_salt")
            ):
                continue  # erased with its header: an empty place
            raw.execute(f"DELETE FROM {table.name} WHERE {where}", [row[c.name] for c in table.primary_key.columns])
            if not fsck(node).findings:
                missed.append(tuple(row)[:4])
            raw.execute(f"INSERT INTO {table.name} VALUES ({', '.join('?' * len(row))})", tuple(row))
    assert not missed
    require_sound(node)


@pytest.mark.parametrize(
    "table", [truth.tables[name] for name in ("entries", "tiles", "openings")], ids=lambda t: t.name
)
def test_every_row_too_many_is_found(node: Node, table: sa.Table) -> None:
    """A copy of a row at a place where none belongs: behind the end, before the beginning, in a log that there is not."""
    missed = []
    with closing(sqlite3.connect(node.folder / "log.db", isolation_level=None)) as raw:
        raw.row_factory = sqlite3.Row
        names = [column.name for column in table.columns]
        (row,) = raw.execute(f"SELECT * FROM {table.name} WHERE log = 1 ORDER BY idx DESC LIMIT 1").fetchall()
        for place in ({"idx": 1000}, {"idx": -1}, {"log": 77}, {"log": 2, "idx": 1000}):
            values = {**{name: row[name] for name in names}, **place}
            if "added" in values:
                values["added"] = row["added"] + 7_000_000
            raw.execute(f"INSERT INTO {table.name} VALUES ({', '.join('?' * len(names))})", list(values.values()))
            if not fsck(node).findings:
                missed.append(place)
            raw.execute(f"DELETE FROM {table.name} WHERE log = ? AND idx = ?", [values["log"], values["idx"]])
    assert not missed
    require_sound(node)


def test_a_text_that_vanished_without_a_notice_is_found(node: Node) -> None:
    """Both fields empty is what an erasure leaves, but nobody decided one."""
    with closing(sqlite3.connect(node.folder / "log.db", isolation_level=None)) as raw:
        for log, idx in raw.execute(
            "SELECT log, idx FROM openings WHERE body != x'' AND header != x'' AND log < 3"
        ).fetchall():
            before = raw.execute("SELECT * FROM openings WHERE log = ? AND idx = ?", (log, idx)).fetchone()
            for fields in (
                "body = x'', body_salt = x''",
                "body = x'', body_salt = x'', header = x'', header_salt = x''",
            ):
                raw.execute(f"UPDATE openings SET {fields} WHERE log = ? AND idx = ?", (log, idx))
                assert any("lost its text" in finding for finding in fsck(node).findings), (log, idx, fields)
            raw.execute("DELETE FROM openings WHERE log = ? AND idx = ?", (log, idx))
            raw.execute("INSERT INTO openings VALUES (?, ?, ?, ?, ?, ?, ?, ?)", before)
    require_sound(node)


def test_damaged_choices_of_the_operator_are_named(node: Node) -> None:
    with closing(sqlite3.connect(node.folder / "log.db", isolation_level=None)) as raw:
        for kind in ("partner", "collection", "token"):
            (value,) = raw.execute("SELECT value FROM records WHERE kind = ? LIMIT 1", (kind,)).fetchone()
            for wrong in (b"", b"{}", value[:-1], b"\xff" + value):
                raw.execute("UPDATE records SET value = ? WHERE kind = ? AND value = ?", (wrong, kind, value))
                assert fsck(node).findings, (kind, wrong)
                raw.execute("UPDATE records SET value = ? WHERE kind = ? AND value = ?", (value, kind, wrong))
    require_sound(node)


def test_an_index_that_lost_or_invented_rows_is_found(node: Node) -> None:
    with node.store.indexed():
        pass
    with closing(sqlite3.connect(node.folder / "index.db", isolation_level=None)) as raw:
        raw.execute("UPDATE statements SET added = added + 1 WHERE added = (SELECT max(added) FROM statements)")
        assert any("index" in finding for finding in fsck(node).findings)
        raw.execute("DELETE FROM statements")
        assert any("index" in finding for finding in fsck(node).findings)


@pytest.mark.parametrize("seed", range(4))
def test_damage_to_the_file_itself_is_found_or_changes_nothing(settled: tuple[Path, int], seed: int) -> None:
    """Bits flipped, bytes zeroed, pages doubled, the end cut off: no answer of the node is silently another one."""
    dice = random.Random(seed)
    with copy_of(*settled, *NAMES) as made:
        before = truth_of(made.nodes["cert-a"], journal=True, cosignatures=True)
        now_us = made.clock.now_us
        made.nodes.pop("cert-a").close()
        whole = (made.folder / "cert-a" / "log.db").read_bytes()
        for _ in range(30):
            (made.folder / "cert-a" / "log.db").write_bytes(_damaged(whole, dice))
            for rest in made.folder.glob("cert-a/log.db-*"):
                rest.unlink()
            made.clock.now_us = now_us
            try:
                node = reopen(made, "cert-a")
            except DetenteError:
                continue
            try:
                findings = fsck(node).findings
                after = truth_of(node, journal=True, cosignatures=True)
            except DetenteError:
                continue
            finally:
                made.nodes.pop("cert-a").close()
            if not findings:
                assert {name: after[name] for name in LOGS} == {name: before[name] for name in LOGS}


def _damaged(whole: bytes, dice: random.Random) -> bytes:
    at, page = dice.randrange(len(whole)), 4096
    match dice.choice(["flip", "flip", "flip", "zero", "truncate", "double", "swap"]):
        case "flip":
            return whole[:at] + bytes([whole[at] ^ 1 << dice.randrange(8)]) + whole[at + 1 :]
        case "zero":
            size = dice.choice([1, 16, 512, page])
            return whole[:at] + bytes(len(whole[at : at + size])) + whole[at + size :]
        case "truncate":
            return whole[:at]
        case "double":
            start, other = (dice.randrange(len(whole) // page) * page for _ in range(2))
            return whole[:start] + whole[other : other + page] + whole[start + page :]
        case _:
            start, other = sorted(dice.sample(range(len(whole) // page), 2))
            pages = [whole[i : i + page] for i in range(0, len(whole), page)]
            pages[start], pages[other] = pages[other], pages[start]
            return b"".join(pages)


def test_the_same_is_found_on_postgresql(fresh_postgres_url: str) -> None:
    with quick_folder() as folder, world(folder) as made:
        made.node("cert-a", store_url=fresh_postgres_url)
        made.node("cert-b")
        made.introduce("cert-a", "cert-b")
        node = made.nodes["cert-a"]
        tell(node, range(3), "cert-b")
        tell(made.nodes["cert-b"], range(3, 6), "cert-a")
        settle(made)
        require_sound(node)
        for statement in (
            "UPDATE entries SET leaf = leaf || 'x' WHERE log = 1 AND idx = 3",
            "UPDATE tiles SET hashes = set_byte(hashes, 5, 0) WHERE log = 3",
            "UPDATE openings SET body = '' WHERE log = 1 AND idx = 7",
            "UPDATE heads SET note = witnessed_note WHERE log = 2",
            "DELETE FROM openings WHERE log = 3",
            "UPDATE witnessed SET size = size + 1",
        ):
            before = truth_of(node, journal=True, cosignatures=True)
            node.store.database.run_alone(statement)
            assert fsck(node).findings, statement
            _put_back(node, before)
            require_sound(node)


def _put_back(node: Node, before: dict[str, list[tuple[object, ...]]]) -> None:
    def work(connection: sa.Connection) -> None:
        for table in truth.sorted_tables:
            if table.name in LOGS:
                connection.execute(table.delete())
                names = [column.name for column in table.columns]
                for row in before[table.name]:
                    connection.execute(table.insert(), [dict(zip(names, row, strict=True))])

    node.store.database.write(work)
