"""Compiled code is kept for the user alone, loaded without Numba, and compiled anew whenever it may not be what we wrote."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from detente.node import code_cache
from detente.node.code_cache import COMPILING, KEPT_MAX, MAGIC, object_file

pytest.importorskip("numba", reason="the fast pass needs Numba (the extra `hunt`)")

CODE = b"\x7fELF and so on"


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[int]:
    """An entry for each time that something was compiled, which here takes no time; and a folder that is not there yet."""
    times: list[int] = []

    def compile_(told: code_cache.Preparing | None) -> bytes:
        times.append(len(times))
        return CODE

    monkeypatch.setattr(code_cache, "_compiled", compile_)
    monkeypatch.setenv("DETENTE_CACHE", str(tmp_path / "cache"))
    return times


def kept(folder: Path) -> Path:
    (file,) = folder.glob("hunt-*.code")
    return file


def test_it_is_compiled_once_and_kept_for_this_user_alone(compiled: list[int], tmp_path: Path) -> None:
    assert [object_file(), object_file()] == [CODE, CODE]
    assert compiled == [0]
    folder = tmp_path / "cache"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert kept(folder).stat().st_mode & 0o777 == 0o600
    assert not list(folder.glob("*.part"))


def flipped(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def longer(file: Path) -> None:
    file.write_bytes(file.read_bytes() + b"\0")


def foreign(file: Path) -> None:
    file.write_bytes(b"something else")


def empty(file: Path) -> None:
    file.write_bytes(b"")


def unsigned(file: Path) -> None:
    file.write_bytes(MAGIC + bytes(32) + CODE)


def writable_by_a_group(file: Path) -> None:
    file.chmod(0o660)


def writable_by_all(file: Path) -> None:
    file.chmod(0o606)


def a_link(file: Path) -> None:
    file.rename(file.with_name("elsewhere"))
    file.symlink_to("elsewhere")


@pytest.mark.parametrize(
    "spoil", [flipped, cut, longer, foreign, empty, unsigned, writable_by_a_group, writable_by_all, a_link]
)
def test_a_file_that_may_not_be_ours_is_compiled_anew_and_replaced(
    compiled: list[int], tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    object_file()
    file = kept(tmp_path / "cache")
    before = file.read_bytes()
    spoil(file)
    assert object_file() == CODE
    assert compiled == [0, 1]
    assert kept(tmp_path / "cache").read_bytes() == before
    object_file()
    assert compiled == [0, 1]


def test_a_file_made_of_something_else_is_not_loaded_under_this_name(
    compiled: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    object_file()
    file = kept(tmp_path / "cache")
    monkeypatch.setattr("detente.hunt.machine_code.made_for", lambda: "another processor")
    object_file()
    assert compiled == [0, 1]
    (other,) = set((tmp_path / "cache").glob("hunt-*.code")) - {file}
    file.replace(other)
    object_file()
    assert compiled == [0, 1, 2]


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o1777])
def test_nothing_is_kept_where_others_may_write(compiled: list[int], tmp_path: Path, mode: int) -> None:
    object_file()
    (tmp_path / "cache").chmod(mode)
    object_file()
    object_file()
    assert compiled == [0, 1, 2]


def test_a_folder_of_somebody_else_is_not_trusted(
    compiled: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    object_file()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    object_file()
    assert compiled == [0, 1]


def test_where_nothing_can_be_kept_each_process_compiles_for_itself(
    compiled: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("DETENTE_CACHE", str(tmp_path / "file" / "cache"))
    assert object_file() == CODE
    assert compiled == [0]


def test_a_disk_that_fails_leaves_nothing_half_written(
    compiled: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert object_file() == CODE
    assert [file.name for file in (tmp_path / "cache").iterdir()] == ["lock"]


def test_old_files_are_dropped(compiled: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for version in range(KEPT_MAX + 3):
        monkeypatch.setattr("detente.hunt.machine_code.made_for", lambda version=version: f"LLVM {version}")
        object_file()
        os.utime(max((tmp_path / "cache").glob("hunt-*"), key=lambda file: file.stat().st_mtime_ns), (version, version))
    assert len(list((tmp_path / "cache").glob("hunt-*.code"))) == KEPT_MAX
    object_file()
    assert len(compiled) == KEPT_MAX + 3


def test_the_user_s_folder_for_caches_is_where_it_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DETENTE_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert code_cache.cache_folder() == Path("/somewhere/detente")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/somebody")
    assert code_cache.cache_folder() == Path("/home/somebody/.cache/detente")


def test_another_version_of_numba_is_another_file() -> None:
    import numba

    assert numba.__version__ in code_cache._numba()


def test_who_waits_hears_what_is_done_before_numba_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, int, int]] = []
    monkeypatch.setattr("detente.hunt.compiler.compiled_object", lambda entries, machine, told: [told(3, 48), CODE][1])
    assert code_cache._compiled(lambda *so_far: told.append(so_far)) == CODE
    assert told == [(COMPILING, 0, 0), (COMPILING, 3, 48)]


HUNT = (
    "import sys\n"
    "from detente.node.code_cache import load_code\n"
    "load_code()\n"
    "from detente.hunt.builder import build\n"
    "from detente.hunt.indicators import IndicatorSource\n"
    "from detente.hunt.scan import hunt\n"
    "from detente.hunt import summary\n"
    "from detente.stix.pattern import PatternValue\n"
    "values = (PatternValue('domain', 'evil.example'), PatternValue('ipv6', '2001:db8::1'))\n"
    "print(hunt([b'x evil.example\\n'], build([IndicatorSource('indicator--x', values)]).matcher()).hit_lines)\n"
    "print(len(summary.summarise([b'x evil.example 192.0.2.7\\n']).addresses))\n"
    "print([name for name in ('numba', 'llvmlite.binding') if name in sys.modules])"
)


def test_processes_that_begin_at_once_load_it_without_numba() -> None:
    """What is kept already, by whoever runs these tests."""
    object_file()
    running = [subprocess.Popen([sys.executable, "-c", HUNT], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [process.communicate()[0] for process in running] == ["1\n1\n['llvmlite.binding']\n"] * 2


COMPILE = (
    "from detente.node import code_cache\n"
    "def compiled(told):\n"
    "    print('compiled', flush=True)\n"
    "    input()\n"
    "    return b'code'\n"
    "code_cache._compiled = compiled\n"
    "print(code_cache.object_file())"
)


def test_of_two_processes_one_compiles_and_the_other_waits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DETENTE_CACHE", str(tmp_path / "cache"))

    def begun() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", COMPILE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    first = begun()
    assert first.stdout is not None
    assert first.stdout.readline() == "compiled\n"
    # The second begins while the first compiles, which goes on until it is told to end.
    second = begun()
    assert first.communicate("\n")[0] == "b'code'\n"
    assert second.communicate("\n")[0] == "b'code'\n"
