"""A restored node signs nothing until it has asked, and nobody ever sees two histories of it."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.adversary.lying_party import LyingParty
from tests.scene import close, example, index_rows, reopen, require_sound, settle, tell, trouble_with, truth_of
from tests.world import World

from detente.errors import CorruptLog, InvalidStatement, NotFound, RemoteError
from detente.node.backup import backup, held, recover, release_alone, restore
from detente.node.open import Node, open_node
from detente.node.share import say
from detente.node.sync import sync
from detente.party import Party
from detente.store.log import OWN, read_head
from detente.web.log import Request, answer


@pytest.fixture
def spoken(pair: World) -> World:
    """Both have said something and know it of each other."""
    tell(pair.nodes["cert-a"], range(5), "cert-b")
    tell(pair.nodes["cert-b"], range(5, 8), "cert-a")
    settle(pair)
    return pair


def put_back(made: World, backup_file: Path, store_url: str) -> Node:
    """The node is lost, and its backup comes in its place."""
    folder = made.nodes["cert-a"].folder
    made.nodes.pop("cert-a").close()
    folder.rename(folder.with_name(f"lost-{len(list(folder.parent.iterdir()))}"))
    if store_url:
        _empty(store_url)
    restore(backup_file, folder)
    return reopen(made, "cert-a")


def _empty(store_url: str) -> None:
    engine = sa.create_engine(store_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    engine.dispose()


def partner(node: Node) -> Party:
    with node.store.reading() as connection:
        return node.partner(connection, "cert-b")


def test_a_backup_is_the_whole_truth_of_one_moment(spoken: World, store_url: str) -> None:
    node = spoken.nodes["cert-a"]
    before, rows = truth_of(node, journal=True, cosignatures=True), index_rows(node)
    backup(node, spoken.folder / "b.tar")
    assert truth_of(node, journal=True, cosignatures=True) == before
    again = put_back(spoken, spoken.folder / "b.tar", store_url)
    after = truth_of(again, journal=True, cosignatures=True)
    assert _without_hold(after) == _without_hold(before)
    assert held(again)
    assert index_rows(again) == rows
    require_sound(again)


def _without_hold(rows: dict[str, list[tuple[object, ...]]]) -> dict[str, list[tuple[object, ...]]]:
    return {**rows, "heads": [row[:-1] for row in rows["heads"]]}


def test_a_restored_node_with_nothing_lost_goes_on_after_asking(spoken: World, store_url: str) -> None:
    backup(spoken.nodes["cert-a"], spoken.folder / "b.tar")
    node = put_back(spoken, spoken.folder / "b.tar", store_url)
    with pytest.raises(CorruptLog, match="has not asked its partners"):
        say(node, "", [example(50)], to=["cert-b"])
    assert answer(node, Request("POST", "/witness/add-checkpoint", body=b"old 0\n\n")).status == 503
    assert sync(node, spoken.fetch).worst is None
    assert not held(node)
    assert say(node, "", [example(50)], to=["cert-b"]).said == 1
    settle(spoken)
    assert trouble_with(spoken.nodes["cert-b"], "cert-a.example") is None


def test_a_restored_node_whose_partners_are_away_stays_held(spoken: World, store_url: str) -> None:
    backup(spoken.nodes["cert-a"], spoken.folder / "b.tar")
    node = put_back(spoken, spoken.folder / "b.tar", store_url)
    spoken.away.add("cert-b")
    with pytest.raises(CorruptLog, match="no partner answered"):
        sync(node, spoken.fetch)
    assert held(node)
    release_alone(node)
    assert say(node, "", [example(50)], to=["cert-b"]).said == 1


def test_what_was_said_after_the_backup_comes_back_from_a_mirror_without_a_fork(spoken: World, store_url: str) -> None:
    node = spoken.nodes["cert-a"]
    backup(node, spoken.folder / "b.tar")
    tell(node, range(60, 64), "cert-b")
    settle(spoken)
    with node.store.reading() as connection:
        newest = read_head(connection, OWN)
    node = put_back(spoken, spoken.folder / "b.tar", store_url)
    with pytest.raises(CorruptLog, match="old backup"):
        sync(node, spoken.fetch)
    with pytest.raises(CorruptLog, match="nothing is signed"):
        say(node, "", [example(70)], to=["cert-b"])
    old, new = recover(node, partner(node), spoken.fetch)
    assert new == newest.size > old
    with node.store.reading() as connection:
        assert read_head(connection, OWN).root == newest.root
    assert sync(node, spoken.fetch).worst is None
    assert say(node, "", [example(70)], to=["cert-b"]).said == 1
    settle(spoken)
    for name, other in (("cert-a", "cert-b"), ("cert-b", "cert-a")):
        assert trouble_with(spoken.nodes[name], f"{other}.example") is None
        require_sound(spoken.nodes[name])


def test_a_recovery_from_a_lying_mirror_changes_nothing(spoken: World, store_url: str) -> None:
    node = spoken.nodes["cert-a"]
    backup(node, spoken.folder / "b.tar")
    tell(node, range(60, 64), "cert-b")
    settle(spoken)
    node = put_back(spoken, spoken.folder / "b.tar", store_url)
    liar = LyingParty(spoken, "cert-b")
    before = truth_of(node, journal=True)
    liar.garble("/mirror/", lambda body: body[:-1])
    with pytest.raises(RemoteError):
        recover(node, partner(node), spoken.fetch)
    liar.tell_the_truth()
    liar.garble("/mirror/", lambda body: body.replace(b'"t":"c"', b'"t":"x"'))
    with pytest.raises(RemoteError):
        recover(node, partner(node), spoken.fetch)
    assert truth_of(node, journal=True) == before
    assert held(node)


def test_two_copies_of_one_node_are_found_out_at_the_next_exchange(spoken: World) -> None:
    """A virtual machine that was resumed twice. The second to sync learns it, and signs no more."""
    now_us = close(spoken)
    folder = spoken.folder / "cert-a"
    if not any(folder.glob("log.db")):
        pytest.skip("two copies of a folder share one PostgreSQL, which lets them write one history")
    shutil.copytree(folder, spoken.folder / "copy")
    spoken.clock.now_us = now_us
    node, other = (reopen(spoken, name) for name in ("cert-a", "cert-b"))
    twin = open_node(spoken.folder / "copy", clock=spoken.clock, random=spoken.random.randbytes)
    try:
        tell(node, [80], "cert-b")
        tell(twin, [81], "cert-b")
        assert sync(other, spoken.fetch).worst is None
        with pytest.raises(CorruptLog):
            sync(twin, spoken.fetch)
        with pytest.raises(CorruptLog, match="nothing is signed"):
            tell(twin, [82], "cert-b")
        assert trouble_with(other, "cert-a.example") is None
    finally:
        twin.close()


def test_a_copy_unpacked_by_hand_signs_nothing_either(spoken: World) -> None:
    """Whoever has the tar file and the program `tar` has no second node."""
    backup(spoken.nodes["cert-a"], spoken.folder / "b.tar")
    place = spoken.folder / "by-hand"
    place.mkdir()
    with tarfile.open(spoken.folder / "b.tar") as tar:
        tar.extractall(place, filter="data")
    (place / "detente.toml").write_text(_on_sqlite((place / "detente.toml").read_text()))
    node = open_node(place, clock=spoken.clock)
    try:
        with pytest.raises(CorruptLog, match="nothing is signed"):
            say(node, "", [example(50)], to=["cert-b"])
    finally:
        node.close()


def _on_sqlite(text: str) -> str:
    return "\n".join(
        'url = ""' if line.startswith("url = ") and "postgres" in line else line for line in text.split("\n")
    )


def test_a_backup_overwrites_nothing_and_is_readable_by_its_owner_only(spoken: World) -> None:
    target = spoken.folder / "b.tar"
    (spoken.folder / "b.tar.partial").write_bytes(b"left over")
    (spoken.folder / "b.tar.log.db").write_bytes(b"left over")
    backup(spoken.nodes["cert-a"], target)
    assert target.stat().st_mode & 0o777 == 0o600
    content = target.read_bytes()
    with pytest.raises(InvalidStatement, match="exists already"):
        backup(spoken.nodes["cert-a"], target)
    assert target.read_bytes() == content
    assert not [p.name for p in spoken.folder.iterdir() if p.name.startswith("b.tar.")]


def test_a_running_nodes_database_is_not_replaced(spoken: World, store_url: str) -> None:
    if not store_url:
        pytest.skip("on SQLite the database is in the folder, which must be empty")
    node = spoken.nodes["cert-a"]
    backup(node, spoken.folder / "b.tar")
    tell(node, [90], "cert-b")
    before = truth_of(node, journal=True)
    with pytest.raises(InvalidStatement, match="holds a node already"):
        restore(spoken.folder / "b.tar", spoken.folder / "second")
    assert truth_of(node, journal=True) == before


def test_a_mirror_that_holds_nothing_cannot_bring_anything_back(pair: World) -> None:
    node = pair.nodes["cert-a"]
    with pytest.raises(NotFound, match="holds no mirror"):
        recover(node, partner(node), pair.fetch)
