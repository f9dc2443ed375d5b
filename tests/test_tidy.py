"""What a stranger sees on opening the project: names, pins, packages, and nothing left over from somebody's machine."""

from __future__ import annotations

import ast
import hashlib
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.tree import ROOT, SOURCE, parsed, pyproject, python, shown, tracked

NAME_WORDS_MIN = 3
FILE_BYTES_MAX = 400_000

# Addresses that packages came from and folders of one machine: neither helps a stranger. The character classes keep
# this file from finding itself.
LEFT_OVER = re.compile(
    r"pyp[i]\.org|pythonhoste[d]\.org|registry\.npmj[s]|static\.crate[s]\.io|proxy\.golan[g]\.org|deb\.debia[n]\.org"
    r"|(?<![\w.])/(?:wor[k]/\w|roo[t]/\.)"
)
# Who typed a line, and with what, is no part of the project.
ABOUT_THE_MAKING = re.compile(r"(?i)co-authore[d]-by|generate[d] (?:by|with) an?\b|\bas an a[i]\b")


def _texts() -> list[tuple[str, str]]:
    texts = []
    for path in tracked():
        data = path.read_bytes()
        if b"\0" not in data:
            texts.append((shown(path), data.decode("utf-8")))
    return texts


def _test_functions() -> list[tuple[Path, ast.FunctionDef | ast.AsyncFunctionDef]]:
    return [
        (path, node)
        for path in python("tests")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test")
    ]


def test_no_file_names_a_registry_or_a_folder_of_one_machine() -> None:
    found = [f"{name}: {hit.group()}" for name, text in _texts() if (hit := LEFT_OVER.search(text))]
    assert not found, found


def test_no_file_speaks_of_how_it_was_typed() -> None:
    found = [f"{name}: {hit.group()}" for name, text in _texts() if (hit := ABOUT_THE_MAKING.search(text))]
    assert not found, found


def test_every_text_ends_with_one_line_feed_and_has_no_carriage_returns() -> None:
    """Python files are left to ruff, which says the same."""
    found = [
        name
        for name, text in _texts()
        if text and not name.endswith(".py") and ("\r" in text or not text.endswith("\n") or text.endswith("\n\n"))
    ]
    assert not found, found


def test_no_tracked_file_is_large() -> None:
    found = [shown(path) for path in tracked() if path.stat().st_size > FILE_BYTES_MAX]
    assert not found, found


def test_test_names_are_sentences() -> None:
    short = [
        f"{shown(path)}:{node.lineno}: {node.name}"
        for path, node in _test_functions()
        if len([word for word in node.name.removeprefix("test").split("_") if word]) < NAME_WORDS_MIN
        or node.name != node.name.lower()
    ]
    assert not short, "\n".join(short)


def test_no_two_tests_of_a_module_share_a_name() -> None:
    """The later one would silently replace the earlier."""
    seen: set[tuple[Path, str, int]] = set()
    twice = []
    for path, node in _test_functions():
        key = (path, node.name, node.col_offset)
        if key in seen and node.col_offset == 0:
            twice.append(f"{shown(path)}:{node.lineno}: {node.name}")
        seen.add(key)
    assert not twice, twice


def test_tests_never_sleep() -> None:
    asleep = [
        f"{shown(path)}:{node.lineno}"
        for path in python("tests")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "sleep"
    ]
    assert not asleep, asleep


def _wheel(tree: Path, into: Path) -> Path:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(into)],
        cwd=tree,
        check=True,
        capture_output=True,
        env={**os.environ, "SOURCE_DATE_EPOCH": "0"},
    )
    (wheel,) = into.glob("*.whl")
    return wheel


def test_everything_beside_the_code_is_in_the_package(tmp_path: Path) -> None:
    """Templates, scripts and `py.typed` are there when Détente is installed from a wheel and not from a work tree."""
    packed = {name for name in zipfile.ZipFile(_wheel(ROOT, tmp_path)).namelist() if name.startswith("detente/")}
    wanted = {f"detente/{path.relative_to(SOURCE).as_posix()}" for path in tracked() if path.is_relative_to(SOURCE)}
    assert wanted <= packed, sorted(wanted - packed)
    assert "detente/py.typed" in packed


def test_two_people_who_build_the_same_files_get_the_same_package(tmp_path: Path) -> None:
    """Neither the folder, nor times, nor who may read the files, show in the package."""
    digests = set()
    for who, mode in (("a", 0o644), ("b", 0o600)):
        for path in tracked():
            copy = tmp_path / who / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
            copy.chmod(mode)
        digests.add(hashlib.sha256(_wheel(tmp_path / who, tmp_path / f"{who}.out").read_bytes()).hexdigest())
    assert len(digests) == 1


# -- pins -------------------------------------------------------------------------------------------------------------

_PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+?)(?: ;.*?)? \\$", re.MULTILINE)


def _pins(name: str) -> dict[str, str]:
    return dict(_PIN.findall((ROOT / "requirements" / f"{name}.txt").read_text()))


def _name(requirement: str) -> str:
    matched = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert matched is not None, requirement
    return matched.group().lower().replace("_", "-")


def test_every_dependency_is_pinned() -> None:
    project: Any = pyproject()["project"]
    assert {_name(one) for one in project["dependencies"]} <= _pins("runtime").keys(), "make lock"
    for extra in ("postgres", "reports"):
        assert {_name(one) for one in project["optional-dependencies"][extra]} <= _pins(extra).keys(), "make lock"
    extras = {_name(one) for extra in project["optional-dependencies"].values() for one in extra}
    inputs = [
        line.split("#")[0].strip()
        for line in (ROOT / "requirements" / "dev.in").read_text().splitlines()
        if line.split("#")[0].strip() and not line.startswith("-r")
    ]
    assert extras | {_name(one) for one in inputs} <= _pins("dev").keys(), "make lock"


def test_tests_run_on_the_very_versions_that_users_get() -> None:
    runtime, dev = _pins("runtime"), _pins("dev")
    for extra in ("postgres", "reports"):
        assert runtime.items() <= _pins(extra).items(), "make lock"
        assert _pins(extra).items() <= dev.items(), "make lock"


@pytest.mark.parametrize("name", ["runtime", "postgres", "reports", "dev"])
def test_every_pin_carries_hashes(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    blocks = re.split(r"\n(?=[a-z0-9])", text.strip())
    assert len(blocks) == len(_PIN.findall(text)), (
        "a line that is not a pin"
    )  # a package has two pins where Pythons differ
    assert not [block.split("\n")[0] for block in blocks if "--hash=sha256:" not in block]


def test_the_build_is_pinned_to_the_version_that_is_installed() -> None:
    build: Any = pyproject()["build-system"]
    assert build["requires"] == [f"hatchling=={_pins('runtime')['hatchling']}"]
