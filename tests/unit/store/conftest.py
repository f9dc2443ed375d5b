"""A store on SQLite and the same on PostgreSQL: every test here runs on both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from tests.scene import quick_folder
from tests.unit.tlog.memory_log import signer

from detente.statement import JSON_MEDIA, SALTS_BYTES, Sealed, seal
from detente.store.log import JOURNAL, OWN
from detente.store.store import Store, Transaction
from detente.tlog.checkpoint import Checkpoint, sign_checkpoint
from detente.tlog.note import KeyKind, SignerKey

ORIGIN = "cert-a.example"
START_US = 1_790_000_000_000_000

KEYS: dict[int, list[SignerKey]] = {
    OWN: [signer(ORIGIN, KeyKind.ED25519, 1), signer(ORIGIN, KeyKind.ML_DSA_44, 2)],
    JOURNAL: [signer(f"{ORIGIN}/journal", KeyKind.ED25519, 3)],
}

OpenStore = Callable[..., Store]


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str:
    """What `detente.toml` would say under [store]: nothing, or a database of this test alone."""
    if request.param == "sqlite":
        return ""
    url = request.getfixturevalue("fresh_postgres_url")
    assert isinstance(url, str)
    return url


@pytest.fixture
def folder() -> Iterator[Path]:
    with quick_folder() as made:
        yield made


@pytest.fixture
def open_store(folder: Path, store_url: str) -> Iterator[OpenStore]:
    """Opens the same store again and again, as other processes would; with `where` from another folder."""
    opened: list[Store] = []

    def open_(where: Path = folder) -> Store:
        store = Store.open(
            where,
            store_url or None,
            {log: partial(_sign, keys) for log, keys in KEYS.items()},
        )
        opened.append(store)
        return store

    yield open_
    for store in opened:
        store.close()


def _sign(keys: list[SignerKey], checkpoint: Checkpoint, at_s: int) -> bytes:
    return sign_checkpoint(checkpoint, keys, at_s=at_s)


@pytest.fixture
def store(open_store: OpenStore) -> Store:
    """With our own log and the journal, both empty."""
    made = open_store()

    def begin(transaction: Transaction) -> None:
        transaction.create_log(OWN, ORIGIN, "own")
        transaction.create_log(JOURNAL, f"{ORIGIN}/journal", "journal")

    made.write(START_US, begin)
    return made


def sealed(numbers: range, *, at_us: int = START_US, aud: tuple[str, ...] = ("cert-b.example",)) -> list[Sealed]:
    """Statements that say nothing but their number; the same number gives the same bytes."""
    salts = b"".join((b"%d" % number).rjust(SALTS_BYTES, b"s") for number in numbers)
    return seal(
        [b'{"number":%d}' % number for number in numbers],
        aud=aud,
        kind="object",
        log=ORIGIN,
        media=JSON_MEDIA,
        times_us=[at_us] * len(numbers),
        salts=salts,
    )


def append(store: Store, numbers: range, *, now_us: int = START_US, log: int = OWN) -> tuple[int, list[int]]:
    """One write; returns the first index and the times of addition."""
    made = sealed(numbers)
    return store.write(
        now_us, lambda transaction: transaction.append(log, [s.leaf for s in made], [s.opening for s in made])
    )
