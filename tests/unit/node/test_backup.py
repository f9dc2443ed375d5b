"""A backup file may come from a stick that somebody else had: only what we would have written is unpacked."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from detente.errors import InvalidObject, InvalidStatement
from detente.node.backup import backup, held, restore
from detente.node.config import PartyChoices
from detente.node.open import create_node, opened


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A genuine backup of a node that has said nothing yet."""
    node = create_node(tmp_path / "node", PartyChoices(origin="a.example", url="http://127.0.0.1:1"))
    backup(node, tmp_path / "made.tar")
    node.close()
    return tmp_path / "made.tar"


def _with(made: Path, member: tarfile.TarInfo, content: bytes = b"") -> Path:
    """The same backup with one more member."""
    forged = made.with_name("forged.tar")
    forged.write_bytes(made.read_bytes())
    with tarfile.open(forged, "a") as tar:
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    return forged


def test_a_restored_node_is_whole_readable_by_its_owner_only_and_signs_nothing_yet(made: Path, tmp_path: Path) -> None:
    folder = restore(made, tmp_path / "restored")
    assert {path.name for path in (tmp_path / "node" / "keys").iterdir()} == {
        p.name for p in (folder / "keys").iterdir()
    }
    assert {path.stat().st_mode & 0o777 for path in (folder / "keys").iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    with opened(folder) as node:
        assert held(node)


@pytest.mark.parametrize(
    "name",
    ["../outside", "keys/../../outside", "/tmp/outside", "keys/a/b.key", "keys/.key", "log.db-wal", "keys/x", "log.db"],
)
def test_a_file_at_a_place_of_its_own_choosing_is_refused(made: Path, tmp_path: Path, name: str) -> None:
    forged = _with(made, tarfile.TarInfo(name), b"x")
    with pytest.raises(InvalidObject, match="no backup of a node"):
        restore(forged, tmp_path / "restored")
    assert not list((tmp_path / "restored").iterdir())


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_are_refused(made: Path, tmp_path: Path, kind: bytes) -> None:
    member = tarfile.TarInfo("keys/extra.key")
    member.type, member.linkname = kind, "log.db"
    with pytest.raises(InvalidObject, match="no backup of a node"):
        restore(_with(made, member), tmp_path / "restored")


def test_a_backup_without_its_keys_or_cut_short_is_refused(made: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "empty.tar", "w"):
        pass
    with pytest.raises(InvalidObject, match="no backup of a node"):
        restore(tmp_path / "empty.tar", tmp_path / "one")
    (tmp_path / "cut.tar").write_bytes(made.read_bytes()[:700])
    with pytest.raises(InvalidObject):
        restore(tmp_path / "cut.tar", tmp_path / "two")


def test_a_folder_that_holds_something_is_left_alone(made: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "note").write_text("mine")
    with pytest.raises(InvalidStatement, match="not empty"):
        restore(made, tmp_path / "full")
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["note"]
