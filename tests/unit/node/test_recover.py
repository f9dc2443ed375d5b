"""After a restore, what the lost entries had erased is erased again."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.scene import example
from tests.world import World, world

from detente.node.backup import backup, recover, restore
from detente.node.erase import erase_entry
from detente.node.fsck import fsck
from detente.node.open import Node, open_node
from detente.node.share import say
from detente.node.sync import sync
from detente.party import Party
from detente.store import bodies
from detente.store.log import OWN


def test_a_text_that_was_erased_after_the_backup_is_gone_again_after_the_recovery(tmp_path: Path) -> None:
    with world(tmp_path) as made:
        node = _shared(made)
        backup(node, tmp_path / "backup.tar")
        erase_entry(node, 6, ground="asked for")
        sync(made.nodes["cert-b"], made.fetch)  # B's mirror holds the notice
        node.close()

        shutil.rmtree(node.folder)
        restore(tmp_path / "backup.tar", node.folder)
        again = made.nodes["cert-a"] = open_node(node.folder, clock=made.clock, random=node.random)
        with again.store.reading() as connection:
            assert bodies.read_opening(connection, OWN, 6).body
        recover(again, _partner(again), made.fetch)
        with again.store.reading() as connection:
            assert not bodies.read_opening(connection, OWN, 6).body
        needle = b"198.51.100.77"
        assert not [p.name for p in again.folder.iterdir() if p.is_file() and needle in p.read_bytes()]
        checked = fsck(again)
        assert checked.findings == []
        assert sync(again, made.fetch).worst is None


def _shared(made: World) -> Node:
    made.node("cert-a")
    made.node("cert-b")
    made.introduce("cert-a", "cert-b")
    node = made.nodes["cert-a"]
    say(node, "", [example(77)], to=["cert-b"])
    sync(made.nodes["cert-b"], made.fetch)
    return node


def _partner(node: Node) -> Party:
    with node.store.reading() as connection:
        return node.partner(connection, "cert-b")
