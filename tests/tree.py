"""The project's own files, as the tests on style and documents see them: what git tracks, and nothing else."""

from __future__ import annotations

import ast
import functools
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "detente"

# Everything below `store` in ARCHITECTURE.md: it decides, and reaches for nothing.
SHELL = frozenset({"cli", "demo", "web", "node", "store", "net", "intake"})


@functools.cache
def tracked() -> tuple[Path, ...]:
    """Every tracked file that is there, absolute and sorted; a file that somebody is just adding is not there yet."""
    named = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(sorted(ROOT / name for name in named.split("\0") if name and (ROOT / name).is_file()))


def python(*folders: str) -> list[Path]:
    """The tracked Python files below `folders` (names relative to the project)."""
    tops = [ROOT / folder for folder in folders]
    return [path for path in tracked() if path.suffix == ".py" and any(path.is_relative_to(top) for top in tops)]


def core() -> list[Path]:
    """The modules that decide and touch nothing."""
    return [path for path in python("src/detente") if _matter(path) not in SHELL | {"__init__"}]


def documents() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".md"]


def matters() -> set[str]:
    """The names directly below `detente`: packages and modules."""
    return {_matter(path) for path in python("src/detente")} - {"__init__"}


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@functools.cache
def pyproject() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _matter(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")
