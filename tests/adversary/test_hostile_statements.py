"""What a partner says is verified, and may still be nonsense: it is kept and shown, and stops nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from tests.adversary.lying_party import LyingParty
from tests.contract.stix_examples import indicator
from tests.scene import example, index_rows, quick_folder, require_sound, tell
from tests.world import World, world

from detente.errors import RemoteError
from detente.node.open import Node
from detente.node.sync import sync
from detente.statement import JSON_MEDIA, SALTS_BYTES, Opening, Ref, seal
from detente.stix.canonical import JsonValue, encode
from detente.store import index, pages
from detente.store.log import OWN
from detente.views import RECEIVED

VALID = indicator(1)

HOSTILE: dict[str, tuple[str, JsonValue]] = {
    "an object that is empty": ("object", {}),
    "an object that is a list": ("object", []),
    "an object that is a number": ("object", 1),
    "an object that is a text": ("object", "indicator--00000000-0000-4000-8000-000000000001"),
    "an object whose id is a number": ("object", {**VALID, "id": 7}),
    "an object whose id is a path": ("object", {**VALID, "id": "../../../../etc/passwd"}),
    "an object whose id holds a NUL": ("object", {**VALID, "id": "indicator--\x00"}),
    "an object whose id is of another type": ("object", {**VALID, "type": "malware"}),
    "an object of a type with a NUL": ("object", {**VALID, "type": "indi\x00cator"}),
    "an object of no version that there is": ("object", {**VALID, "modified": "yesterday"}),
    "an object whose version only looks like one": ("object", {**VALID, "modified": "zzzzzzzzzzzzzzzzzzz.zzzZ"}),
    "an object whose version holds a NUL": ("object", {**VALID, "modified": "2026-01-02T03:04:05\x00.00Z"}),
    "an object of the 30th of February": ("object", {**VALID, "modified": "2026-02-30T03:04:05.000Z"}),
    "an object of STIX 9": ("object", {**VALID, "spec_version": "9.0"}),
    "an object with a spec_version that is an object": ("object", {**VALID, "spec_version": {}}),
    "an import": ("import", dict(VALID)),
    "an acknowledgement of nothing": ("acknowledgement", {}),
    "an acknowledgement that is a list": ("acknowledgement", []),
    "an acknowledgement twice from one entry": (
        "acknowledgement",
        {
            "entries": [
                {"first": 3, "last": 3, "log": "cert-b.example"},
                {"first": 3, "last": 9, "log": "cert-b.example"},
            ]
        },
    ),
    "an acknowledgement that runs backwards": (
        "acknowledgement",
        {"entries": [{"first": 9, "last": 3, "log": "cert-b.example"}]},
    ),
    "an acknowledgement from below zero": (
        "acknowledgement",
        {"entries": [{"first": -5, "last": 3, "log": "cert-b.example"}]},
    ),
    "an acknowledgement of halves": (
        "acknowledgement",
        {"entries": [{"first": 0.5, "last": 3, "log": "cert-b.example"}]},
    ),
    "an acknowledgement of a log with a NUL": (
        "acknowledgement",
        {"entries": [{"first": 1, "last": 3, "log": "\x00"}]},
    ),
    "an acknowledgement as far as numbers go": (
        "acknowledgement",
        {"entries": [{"first": 0, "last": (1 << 53) - 1, "log": "cert-b.example"}]},
    ),
    "an acknowledgement of 20,000 ranges": (
        "acknowledgement",
        {"entries": [{"first": i, "last": i, "log": "cert-b.example"} for i in range(20_000)]},
    ),
    "a decision, as only a journal has": ("decision", {"decided": "node created"}),
    "evidence, as only a journal has": ("evidence", {"party": "cert-c.example"}),
    "a kind without a name": ("", {}),
    "a kind that nobody knows": ("a-kind-of-the-future", {"a": 1}),
    "a kind with a NUL": ("ob\x00ject", {}),
    "a kind that runs from right to left": ("\u202eobject", {}),
    "a kind as long as a header allows": ("k" * 60_000, {}),
}


def say_raw(node: Node, kind: str, value: JsonValue, aud: Sequence[str], re: Ref | None = None) -> None:
    """Seal and append anything at all: commitment and canonical form are right, the sense is the caller's."""
    now_us = node.clock()
    (sealed,) = seal(
        [encode(value)],
        aud=aud,
        kind=kind,
        log=node.origin,
        media=JSON_MEDIA,
        times_us=[now_us],
        salts=node.random(SALTS_BYTES),
        re=[re],
    )
    node.store.write(now_us, lambda transaction: transaction.append(OWN, [sealed.leaf], [sealed.opening]))


@pytest.fixture(params=["sqlite", "postgresql"])
def pair(request: pytest.FixtureRequest) -> Iterator[World]:
    """cert-a says what it likes; cert-b keeps its store in the one database or in the other."""
    url = request.getfixturevalue("fresh_postgres_url") if request.param == "postgresql" else ""
    with quick_folder() as folder, world(Path(folder)) as made:
        made.node("cert-a")
        made.node("cert-b", store_url=url)
        made.introduce("cert-a", "cert-b")
        yield made


def test_nonsense_is_kept_and_shown_and_stops_nothing(pair: World) -> None:
    liar, honest = pair.nodes["cert-a"], pair.nodes["cert-b"]
    for number, (kind, value) in enumerate(HOSTILE.values()):
        say_raw(liar, kind, value, ["cert-b.example"])
        tell(liar, [1000 + number], "cert-b")
        report = sync(honest, pair.fetch)
        assert report.worst is None, (kind, report.worst)
        assert report.partners[0].pulled is not None
        assert report.partners[0].pulled.received == 2
    with honest.store.indexed() as connection:
        sight = index.sight(connection, None)
        rows = pages.read_page(connection, pages.Wanted((RECEIVED,)), sight, after_us=0, limit=1000)
        shown = {row.object_id for row in rows}
    assert shown == {example(1000 + number).id for number in range(len(HOSTILE))}
    require_sound(honest)
    before = index_rows(honest)
    assert len(before["statements"]) >= 2 * len(HOSTILE)
    index.rebuild(honest.store.database)
    assert index_rows(honest) == before
    tell(honest, [5000], "cert-a")
    assert sync(liar, pair.fetch).worst is None


def test_hostile_headers_and_references_change_nothing_of_others(pair: World) -> None:
    """Withdrawals and replies that point into other logs, beyond the end, or at themselves."""
    liar, honest = pair.nodes["cert-a"], pair.nodes["cert-b"]
    told = tell(honest, [1, 2], "cert-a")
    assert told.entries is not None
    tell(liar, [3], "cert-b")
    assert sync(honest, pair.fetch).worst is None
    before = index_rows(honest)["objects"]
    for log, at in (
        ("cert-b.example", told.entries[0]),
        ("cert-b.example/journal", 1),
        ("nobody.example", 0),
        ("cert-a.example", (1 << 53) - 1),
        ("", 0),
        ("\x00", 0),
    ):
        say_raw(liar, "withdrawal", {}, ["cert-b.example"], Ref(log, at, bytes(32)))
        assert sync(honest, pair.fetch).worst is None
    assert index_rows(honest)["objects"] == before
    require_sound(honest)


def test_hostile_public_leaves_are_kept_and_stop_nothing(pair: World) -> None:
    liar, honest = LyingParty(pair, "cert-a"), pair.nodes["cert-b"]
    leaves = [
        b'{"at":0,"body":{},"kind":"object","media":"","t":"p","v":1}',
        b'{"at":-9007199254740991,"body":7,"kind":"object","media":"\\u0000","t":"p","v":1}',
        b'{"at":9007199254740991,"body":null,"kind":"acknowledgement","media":"x","t":"p","v":1}',
        b'{"at":1,"body":{"entries":[{"first":1,"last":2,"log":"cert-b.example"}]},"kind":"acknowledgement","media":"","t":"p","v":1}',
        b'{"at":1,"body":{},"kind":"ki\\u0000nd","media":"","t":"p","v":1}',
        b'{"at":1,"event":"add","role":"log","t":"k","v":1,"vkey":"nonsense"}',
        b'{"at":1,"ground":"","indices":[0,1,2,3,9007199254740991],"t":"x","v":1}',
    ]
    liar.node.store.write(
        pair.clock(),
        lambda transaction: transaction.append(OWN, leaves, [Opening(b"", b"", b"{}", b"")] * len(leaves)),
    )
    tell(liar.node, [4], "cert-b")
    report = sync(honest, pair.fetch)
    assert report.worst is None, report.worst
    require_sound(honest)
    before = index_rows(honest)
    index.rebuild(honest.store.database)
    assert index_rows(honest) == before


@pytest.mark.parametrize(
    "leaf",
    [b"", b"{}", b"\x00" * 65, b'{"t":"p"}', b'{"v":2,"t":"q"}', b'{"t":"p","v":1}' + b" " * 3, b"x" * 65_535, b"[]"],
    ids=[
        "empty",
        "an empty object",
        "zeros",
        "half a public leaf",
        "a later version",
        "not canonical",
        "long",
        "a list",
    ],
)
def test_entries_that_are_no_leaves_of_ours_are_mirrored_or_refused_but_never_crash(pair: World, leaf: bytes) -> None:
    liar, honest = pair.nodes["cert-a"], pair.nodes["cert-b"]
    liar.store.write(pair.clock(), lambda transaction: transaction.append_clear(OWN, leaf))
    tell(liar, [4], "cert-b")
    error = sync(honest, pair.fetch).worst
    assert error is None or isinstance(error, RemoteError)
    require_sound(honest)
