"""Who may import whom, and what the core must not touch: ARCHITECTURE.md, kept by machines."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.tree import ROOT, SHELL, core, matters, parsed, pyproject, python, shown

LINES_MAX = 500
# A longer module needs a reason that a stranger accepts.
LONGER: dict[str, str] = {
    "src/detente/hunt/kernel.py": "one pass over the bytes, whose steps are read in order; Numba compiles them together",
}

# What the core may not call, with what it takes instead.
FORBIDDEN_CALLS = {
    "open": "take bytes",
    "print": "return values; the surfaces print",
    "input": "take values",
    "datetime.now": "take the time",
    "datetime.utcnow": "take the time",
    "datetime.today": "take the time",
    "date.today": "take the time",
    "uuid.uuid1": "take random bytes",
    "uuid.uuid4": "take random bytes",
}

PLAIN_LINES_MAX = 8


def _contracts() -> list[dict[str, Any]]:
    tool: Any = pyproject()["tool"]
    contracts: list[dict[str, Any]] = tool["importlinter"]["contracts"]
    return contracts


def _linted(folder: Path) -> subprocess.CompletedProcess[str]:
    """import-linter's verdict on the tree below `folder`."""
    command = "import sys; sys.path.insert(0, 'src'); from importlinter.cli import lint_imports_command as main; main()"
    return subprocess.run(
        [sys.executable, "-c", command, "--no-cache", "--no-logo", "--config", str(ROOT / "pyproject.toml")],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_modules_import_only_what_the_architecture_allows() -> None:
    verdict = _linted(ROOT)
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr


@pytest.mark.parametrize(
    ("module", "line", "broken"),
    [
        ("tlog/merkle.py", "import detente.stix.canonical", "Higher may import lower"),
        ("errors.py", "import detente.node", "Higher may import lower"),
        ("stix/canonical.py", "import os", "The core takes bytes"),
        ("node/__init__.py", "import sqlalchemy", "SQL lives in the store alone"),
    ],
)
def test_a_forbidden_import_breaks_its_contract(tmp_path: Path, module: str, line: str, broken: str) -> None:
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "src" / "detente" / module).open("a") as source:
        source.write(f"\n{line}\n")
    verdict = _linted(tmp_path)
    assert verdict.returncode == 1, verdict.stdout + verdict.stderr
    flat = re.sub(r"\s+", " ", verdict.stdout)
    assert re.search(re.escape(broken) + r"[^.]{0,120}? BROKEN", flat), verdict.stdout


def test_the_contract_on_the_core_names_every_module_of_the_core() -> None:
    (contract,) = (one for one in _contracts() if one["name"].startswith("The core "))
    named = {module.removeprefix("detente.") for module in contract["source_modules"]}
    assert named == matters() - SHELL, "pyproject.toml: bring source_modules of the contract on the core up to date"


def test_the_contract_on_sql_names_every_module_that_may_not_hold_it() -> None:
    (contract,) = (one for one in _contracts() if one["name"].startswith("SQL "))
    named = {module.removeprefix("detente.") for module in contract["source_modules"]}
    assert named == (matters() & SHELL) - {"store"}, "pyproject.toml: bring the contract on SQL up to date"


def test_the_core_opens_no_file_reads_no_clock_and_prints_nothing() -> None:
    found = [
        f"{shown(path)}:{line}: {name}() — {FORBIDDEN_CALLS[name]}"
        for path in core()
        for line, name in _calls(parsed(path))
        if name in FORBIDDEN_CALLS
    ]
    assert not found, "\n".join(found)


def test_the_check_on_calls_sees_a_clock_and_a_file() -> None:
    tree = ast.parse("import datetime as d\nd.datetime.now(d.UTC)\nopen('x')\nx.reopen()\nself.now()\n")
    assert [name for _, name in _calls(tree) if name in FORBIDDEN_CALLS] == ["datetime.now", "open"]


def test_no_module_is_longer_than_one_sitting() -> None:
    lengths = {shown(path): len(path.read_text(encoding="utf-8").splitlines()) for path in python("src")}
    too_long = {name: lines for name, lines in lengths.items() if lines > LINES_MAX and name not in LONGER}
    assert not too_long, f"split them, or give a reason in LONGER: {too_long}"
    assert not [name for name in LONGER if lengths.get(name, 0) <= LINES_MAX], "LONGER names a module that is short"


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        shown(path)
        for path in python("src", "bench")
        if path.read_text(encoding="utf-8").strip() and ast.get_docstring(parsed(path)) is None
    ]
    assert not silent, silent


def test_public_functions_of_the_core_say_what_their_types_cannot() -> None:
    """Up to eight lines of body a name and its types may be enough; beyond that, shape, bounds and errors are said."""
    silent = [
        f"{shown(path)}:{node.lineno}: {node.name}"
        for path in core()
        for node in _public(parsed(path))
        if ast.get_docstring(node) is None and node.body[-1].end_lineno - node.body[0].lineno >= PLAIN_LINES_MAX  # type: ignore[operator]  # set by ast.parse
    ]
    assert not silent, "\n".join(silent)


def test_only_the_store_and_the_surfaces_catch_everything() -> None:
    """A parser that swallows every exception hides what it did not foresee; foreign bytes raise ours, by name."""
    found = [
        f"{shown(path)}:{node.lineno}"
        for path in core()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"}))
    ]
    assert not found, found


def _calls(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Each call's line and its name, at most the last two parts of it: `datetime.now`, `open`."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        match node.func:
            case ast.Name(id=name):
                yield node.lineno, name
            case (
                ast.Attribute(value=ast.Name(id=owner), attr=name)
                | ast.Attribute(value=ast.Attribute(attr=owner), attr=name)
            ):
                yield node.lineno, f"{owner}.{name}"


def _public(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node
