"""A log on disk: append, read back, prove; nobody overtakes, nothing is signed that the database does not hold."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.scene import quick_folder
from tests.unit.store.conftest import KEYS, ORIGIN, START_US, OpenStore, append, sealed
from tests.unit.tlog.memory_log import slow_root

from detente.errors import ClockBehind, CorruptLog, NotFound, StaleWrite
from detente.store import log as log_module
from detente.store.bodies import read_opening, read_openings
from detente.store.database import entries, heads, openings, tiles
from detente.store.log import (
    FIRST_MIRROR,
    JOURNAL,
    OWN,
    Head,
    count_rows,
    head_of,
    prove_consistency,
    prove_inclusion,
    read_bundle,
    read_head,
    read_heads,
    read_leaves,
    read_tail,
    read_tile,
    root_of,
)
from detente.store.store import CLOCK_BACK_MAX_US, Store, Transaction
from detente.tlog.checkpoint import Checkpoint, sign_checkpoint, verify_checkpoint
from detente.tlog.merkle import EMPTY_ROOT, leaf_hash, verify_consistency, verify_inclusion
from detente.tlog.tiles import Tile, bundles_of, extend, parse_bundle, tiles_of

VERIFIERS = [key.verifier for key in KEYS[OWN]]


def own_head(store: Store) -> Head:
    with store.reading() as connection:
        return read_head(connection, OWN)


def require_whole(store: Store) -> list[bytes]:
    """Every entry, tile and proof belongs to the signed head; returns the entries."""
    with store.reading() as connection:
        head = read_head(connection, OWN)
        leaves = read_leaves(connection, OWN, 0, head.size)
        hashes = [leaf_hash(leaf) for leaf in leaves]
        assert head.root == slow_root(hashes)
        verified = verify_checkpoint(head.note, origin=ORIGIN, log_keys=VERIFIERS)
        assert verified.checkpoint == Checkpoint(ORIGIN, head.size, head.root)
        assert len(verified.log_keys) == len(VERIFIERS)
        expected = dict(extend(0, {}, hashes))
        for tile in tiles_of(head.size):
            assert read_tile(connection, OWN, tile) == expected[tile]
        for bundle in bundles_of(head.size):
            data = read_bundle(connection, OWN, bundle.index, bundle.width)
            assert parse_bundle(data, bundle.width) == leaves[256 * bundle.index : 256 * bundle.index + bundle.width]
        for old in {0, 1, head.size // 3, head.size // 2, head.size - 1, head.size} & set(range(head.size + 1)):
            proof = prove_consistency(connection, OWN, old, head.size)
            root = root_of(connection, OWN, old)
            assert root == slow_root(hashes[:old])
            verify_consistency(old_size=old, old_root=root, new_size=head.size, new_root=head.root, proof=proof)
        for index in {0, head.size // 2, head.size - 1} & set(range(head.size)):
            path = prove_inclusion(connection, OWN, index, head.size)
            verify_inclusion(index=index, size=head.size, leaf=hashes[index], proof=path, root=head.root)
        assert count_rows(connection, OWN) == (head.size, len(list(tiles_of(head.size))))
    return leaves


def test_what_is_appended_can_be_read_and_proved_at_every_width(store: Store) -> None:
    said: list[bytes] = []
    number = 0
    for count in (1, 1, 2, 5, 100, 146, 1, 1, 255, 256, 257, 3, 512):
        batch = range(number, number + count)
        first, added = append(store, batch)
        assert first == len(said)
        assert len(added) == count
        said += [s.leaf for s in sealed(batch)]
        number += count
        assert require_whole(store) == said


def test_an_empty_log_is_signed_and_serves_nothing(store: Store) -> None:
    head = own_head(store)
    assert (head.size, head.root) == (0, EMPTY_ROOT)
    assert require_whole(store) == []
    with store.reading() as connection:
        for asked in (Tile(0, 0, 1), Tile(5, 7, 256), Tile(63, (1 << 55) - 1, 255)):
            with pytest.raises(NotFound):
                read_tile(connection, OWN, asked)
        for index, width in ((0, 1), (0, 0), (0, 256), (1 << 54, 256), ((1 << 63) - 1, 255)):
            with pytest.raises(NotFound):
                read_bundle(connection, OWN, index, width)
        with pytest.raises(NotFound):
            read_opening(connection, OWN, 0)
        with pytest.raises(NotFound):
            read_head(connection, 99)
        assert head_of(connection, "nobody.example") is None


def test_a_reader_sees_the_old_log_or_the_new_one(store: Store) -> None:
    """A snapshot that began before a write stays as it was, head and entries alike."""
    append(store, range(10))
    with store.reading() as connection:
        before = read_head(connection, OWN)
        append(store, range(10, 300))
        assert read_head(connection, OWN) == before
        assert len(read_leaves(connection, OWN, 0, 1000)) == 10
        assert count_rows(connection, OWN) == (10, 1)
    assert own_head(store).size == 300


def test_logs_are_written_in_one_commit_or_not_at_all(store: Store) -> None:
    append(store, range(3))
    before = _everything(store)

    def half(transaction: Transaction) -> None:
        made = sealed(range(3, 6))
        transaction.append(OWN, [s.leaf for s in made], [s.opening for s in made])
        transaction.append(JOURNAL, [s.leaf for s in made], [s.opening for s in made])
        transaction.put_record("kind", "key", b"value")
        transaction.put_witnessed("cert-b.example", 1, bytes(32), b"note")
        raise LookupError

    with pytest.raises(LookupError):
        store.write(START_US, half)
    assert _everything(store) == before
    append(store, range(3, 5))
    require_whole(store)


def test_two_stores_on_one_log_never_overtake_each_other(store: Store, open_store: OpenStore) -> None:
    """Each keeps the end of the log in memory; what the other has written meanwhile is noticed every time."""
    other = open_store()
    said = 0
    for turn, count in enumerate((1, 3, 250, 2, 255, 1, 7, 600, 1)):
        first, _ = append((store, other)[turn % 2], range(said, said + count))
        assert first == said
        said += count
    assert require_whole(store) == require_whole(other) == [s.leaf for s in sealed(range(said))]


def test_a_head_that_moved_under_a_write_stops_it(store: Store) -> None:
    append(store, range(3))
    before = own_head(store)

    def late(transaction: Transaction) -> None:
        transaction.append_clear(OWN, b'{"late":1}')
        transaction.head(OWN)
        transaction.connection.execute(heads.update().where(heads.c.log == OWN).values(size=2))

    with pytest.raises(StaleWrite):
        store.write(START_US, late)
    assert own_head(store) == before
    require_whole(store)


def test_writers_on_two_machines_share_one_postgresql_without_a_fork(
    store: Store, open_store: OpenStore, store_url: str
) -> None:
    """No lock file is common to them: the database decides, and who loses begins anew or says so."""
    if not store_url:
        pytest.skip("SQLite is one machine's: there the lock file decides, see tests/crash")
    with quick_folder() as elsewhere:
        other = open_store(elsewhere)
        append(store, range(5))
        tried: list[int] = []

        def work(transaction: Transaction) -> int:
            first = transaction.append_clear(OWN, b'{"here":%d}' % len(tried))
            if not tried:
                append(other, range(100, 103))
            tried.append(first)
            return first

        assert store.write(START_US, work) == 8
        assert tried == [5, 8]
        lost = _race([store, other], rounds=12)
    leaves = require_whole(store)
    assert len(leaves) == len(set(leaves)) == 9 + 24 - lost


def _race(stores: list[Store], rounds: int) -> int:
    """Two threads append at once; returns how many gave up with StaleWrite."""
    lost = []

    def run(position: int) -> None:
        for turn in range(rounds):
            leaf = b'{"turn":%d,"who":%d}' % (turn, position)
            try:
                stores[position].write(START_US, partial(Transaction.append_clear, log=OWN, leaf=leaf))
            except StaleWrite:
                lost.append(leaf)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(stores))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(lost)


def test_threads_of_one_process_take_turns(store: Store) -> None:
    assert _race([store, store], rounds=20) == 0
    assert len(set(require_whole(store))) == 40


# -- time -------------------------------------------------------------------------------------------------------------


def signed_at_s(store: Store) -> int:
    at_s = verify_checkpoint(own_head(store).note, origin=ORIGIN, log_keys=VERIFIERS).log_at_s
    assert at_s is not None
    return at_s


def test_a_clock_behind_the_last_signature_signs_nothing(store: Store) -> None:
    append(store, range(1), now_us=START_US)
    before = _everything(store)
    for back_us in (CLOCK_BACK_MAX_US + 1, 3_600_000_000, 365 * 86_400_000_000, START_US):
        with pytest.raises(ClockBehind):
            append(store, range(1, 2), now_us=START_US - back_us)
        assert _everything(store) == before
    append(store, range(1, 2), now_us=START_US + 1)
    require_whole(store)


def test_a_clock_that_creeps_back_never_makes_a_signature_older(store: Store) -> None:
    """Two seconds are forgiven; two seconds again and again are not."""
    append(store, range(1), now_us=START_US)
    now_us, signed, refused = START_US, signed_at_s(store), False
    for number in range(1, 8):
        now_us -= CLOCK_BACK_MAX_US - 1
        try:
            append(store, range(number, number + 1), now_us=now_us)
        except ClockBehind:
            refused = True
        assert signed_at_s(store) >= signed
        signed = signed_at_s(store)
    assert refused


def test_times_of_addition_are_unique_and_only_grow_whatever_the_clock_does(store: Store) -> None:
    added: list[int] = []
    number = 0
    for now_us, log in ((START_US, OWN), (START_US, JOURNAL), (START_US - 1_000_000, OWN), (START_US + 5, JOURNAL)):
        _, times = append(store, range(number, number + 4), now_us=now_us, log=log)
        added += times
        number += 4
    assert added == sorted(set(added))
    assert added[0] == START_US


# -- what is signed ---------------------------------------------------------------------------------------------------


@pytest.fixture(
    params=["a tile", "a leaf hash", "an entry on its way to the disk", "a stored tile", "the tail in memory"]
)
def flipped(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, store: Store) -> str:
    """One bit of memory flips between computing and signing."""
    append(store, range(300))
    what = str(request.param)
    if what == "a tile":
        real = extend

        def extend_wrongly(size: int, tails: Any, hashes: Any) -> Any:
            return [(tile, _flip(data)) for tile, data in real(size, tails, hashes)]

        monkeypatch.setattr(log_module, "extend", extend_wrongly)
    elif what == "a leaf hash":
        monkeypatch.setattr(log_module, "extend", lambda s, t, hashes: extend(s, t, [_flip(h) for h in hashes]))
    elif what == "an entry on its way to the disk":
        insert = store.database.insert

        def insert_wrongly(connection: Any, table: Any, rows: Any) -> None:
            if table is entries:
                rows = [(log, idx, _flip(leaf)) for log, idx, leaf in rows]
            insert(connection, table, rows)

        monkeypatch.setattr(store.database, "insert", insert_wrongly)
    elif what == "a stored tile":
        upsert = store.database.upsert

        def upsert_wrongly(connection: Any, table: Any, rows: Any) -> None:
            if table is tiles:
                rows = [{**row, "hashes": _flip(row["hashes"])} for row in rows]
            upsert(connection, table, rows)

        monkeypatch.setattr(store.database, "upsert", upsert_wrongly)
    else:
        tail = store._tails[OWN]
        hashes = tail.frontier.hashes
        wrong = type(tail.frontier)(tail.frontier.size, (_flip(hashes[0]), *hashes[1:]))
        store._tails[OWN] = type(tail)(tail.size, tail.root, tail.tiles, wrong)
    return what


def _flip(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def test_a_flipped_bit_is_never_signed(store: Store, flipped: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _everything(store)
    with pytest.raises(CorruptLog):
        append(store, range(300, 310))
    assert _everything(store) == before
    monkeypatch.undo()
    append(store, range(300, 310))
    assert len(require_whole(store)) == 310


def test_tiles_that_do_not_give_the_root_stop_the_next_write_of_a_fresh_process(
    store: Store, open_store: OpenStore
) -> None:
    append(store, range(300))

    def damage(transaction: Transaction) -> None:
        data = read_tile(transaction.connection, OWN, Tile(0, 1, 44))
        transaction.connection.execute(
            tiles.update().where(tiles.c.level == 0, tiles.c.idx == 1).values(hashes=_flip(data))
        )

    store.write(START_US, damage)
    with pytest.raises(CorruptLog, match="fsck"):
        append(open_store(), range(300, 301))


def test_a_log_on_hold_signs_nothing_while_the_journal_goes_on(store: Store) -> None:
    append(store, range(2))
    store.write(START_US, lambda transaction: transaction.set_head(OWN, hold="somebody else is writing"))
    before = own_head(store)
    with pytest.raises(CorruptLog, match="nothing is signed: somebody else is writing"):
        append(store, range(2, 3))
    append(store, range(2, 3), log=JOURNAL)
    assert own_head(store) == before
    with store.reading() as connection:
        assert store.on_hold(connection) == "somebody else is writing"


# -- mirrors ----------------------------------------------------------------------------------------------------------


def test_mirrors_get_numbers_of_their_own_and_keep_them(store: Store, open_store: OpenStore) -> None:
    numbers = [
        store.write(START_US, partial(Transaction.mirror_of, origin=o)) for o in ("b.example", "c.example", "b.example")
    ]
    assert numbers == [FIRST_MIRROR, FIRST_MIRROR + 1, FIRST_MIRROR]
    with open_store().reading() as connection:
        assert [(h.log, h.origin, h.role) for h in read_heads(connection)] == [
            (OWN, ORIGIN, "own"),
            (JOURNAL, f"{ORIGIN}/journal", "journal"),
            (FIRST_MIRROR, "b.example", "mirror"),
            (FIRST_MIRROR + 1, "c.example", "mirror"),
        ]


def test_a_mirror_takes_only_entries_that_give_the_signed_root(store: Store) -> None:
    leaves = [s.leaf for s in sealed(range(20))]
    right = Checkpoint("b.example", 20, slow_root([leaf_hash(leaf) for leaf in leaves]))
    log = store.write(START_US, lambda transaction: transaction.mirror_of("b.example"))
    before = _everything(store)
    for wrong in (leaves[:-1], [*leaves, b"more"], leaves[::-1], [b"other", *leaves[1:]]):
        with pytest.raises(StaleWrite):
            store.write(
                START_US, partial(Transaction.extend_mirror, log=log, leaves=wrong, checkpoint=right, note=b"the note")
            )
        assert _everything(store) == before
    store.write(START_US, lambda t: t.extend_mirror(log, leaves, right, b"the note"))
    with store.reading() as connection:
        head = read_head(connection, log)
        assert (head.size, head.root, head.note) == (20, right.root, b"the note")
        assert read_tail(connection, head).frontier.root() == right.root


def test_the_note_over_a_log_of_ours_is_made_with_the_time_of_the_write(store: Store) -> None:
    append(store, range(1), now_us=START_US + 7_000_000)
    assert signed_at_s(store) == START_US // 1_000_000 + 7
    head = own_head(store)
    assert head.note == sign_checkpoint(
        Checkpoint(ORIGIN, head.size, head.root), KEYS[OWN], at_s=START_US // 1_000_000 + 7
    ) or parse_same(head.note)


def parse_same(note: bytes) -> bool:
    """ML-DSA may sign with fresh randomness: then only the verification can tell."""
    return verify_checkpoint(note, origin=ORIGIN, log_keys=VERIFIERS).checkpoint.origin == ORIGIN


def _everything(store: Store) -> list[list[tuple[Any, ...]]]:
    with store.reading() as connection:
        return [
            sorted(tuple(row) for row in connection.execute(sa.select(table)))
            for table in (heads, entries, tiles, openings)
        ]


def test_openings_lie_at_their_entries(store: Store, tmp_path: Path) -> None:
    append(store, range(10))
    append(store, range(10, 20))
    made = sealed(range(20))
    with store.reading() as connection:
        assert read_openings(connection, OWN, 5, 15) == [(i, made[i].opening) for i in range(5, 15)]
        assert read_opening(connection, OWN, 19) == made[19].opening
        assert read_openings(connection, OWN, 15, 15) == []
        assert read_openings(connection, JOURNAL, 0, 100) == []
