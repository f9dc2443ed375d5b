"""A disk that is really full, a small one of its own: writing says so and stores nothing, reading goes on, room is enough to go on."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.crash.oracle import Before
from tests.scene import example, examples, quick_folder, require_sound, truth_of

from detente.errors import NotDurable
from detente.node.backup import backup
from detente.node.erase import erase_entry
from detente.node.open import Node, opened
from detente.node.share import say
from detente.store.log import OWN, read_head

DISK_BYTES = 24 << 20


@pytest.fixture
def disk() -> Iterator[Path]:
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("a small disk can only be mounted by root")
    with quick_folder() as place:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(place)], capture_output=True, check=False
        )
        if mounted.returncode:
            pytest.skip(f"no small disk here: {mounted.stderr.decode().strip()}")
        try:
            yield place
        finally:
            subprocess.run(["umount", str(place)], check=True)


@pytest.fixture
def node(disk: Path, prepared: tuple[Path, Before]) -> Iterator[Node]:
    shutil.copytree(prepared[0] / "node", disk / "node")
    with opened(disk / "node") as made:
        yield made


def fill(disk: Path, *, leave_bytes: int = 0) -> Path:
    """A file that takes all the room but so much."""
    filler = disk / "filler"
    free = shutil.disk_usage(disk).free
    with suppress(OSError), filler.open("wb") as file:
        file.write(bytes(max(0, free - leave_bytes)))
    return filler


def write_until_it_fails(node: Node) -> int:
    """Fifty entries at a time; returns the number of the first that was refused."""
    for number in range(30_000, 40_000, 50):
        try:
            assert say(node, "", examples(range(number, number + 50)), to=["cert-b"]).said == 50
        except NotDurable:
            return number
    raise AssertionError("the disk was never full")


@pytest.mark.parametrize("leave_bytes", [0, 4096, 65_536, 1 << 20])
def test_a_full_disk_is_said_and_survived_without_a_restart(disk: Path, node: Node, leave_bytes: int) -> None:
    filler = fill(disk, leave_bytes=leave_bytes)
    number = write_until_it_fails(node)
    full = truth_of(node)
    with pytest.raises(NotDurable, match="disk is full"):
        say(node, "", examples(range(number, number + 50)), to=["cert-b"])
    assert truth_of(node) == full
    with node.store.reading() as connection:
        size = read_head(connection, OWN).size
    require_sound(node)
    filler.unlink()
    told = say(node, "", [example(number)], to=["cert-b"])
    assert told.entries == (size, size)
    require_sound(node)


def test_an_erasure_on_a_full_disk_is_finished_when_there_is_room(disk: Path, node: Node) -> None:
    """VACUUM needs room; without it the text is erased, its old bytes are not yet, and both is known."""
    filler = fill(disk, leave_bytes=600_000)
    entry = 12
    with suppress(NotDurable):
        erase_entry(node, entry, ground="asked for")
    filler.unlink()
    folder = node.folder
    node.close()
    with opened(folder) as again:
        require_sound(again)


def test_a_backup_that_does_not_fit_leaves_nothing_behind_and_stops_no_writing(disk: Path, node: Node) -> None:
    filler = fill(disk, leave_bytes=200_000)
    with pytest.raises(NotDurable):
        backup(node, disk / "b.tar")
    assert not [path.name for path in disk.iterdir() if path.name.startswith("b.tar")]
    filler.unlink()
    assert say(node, "", [example(40_000)], to=["cert-b"]).said == 1
    require_sound(node)
