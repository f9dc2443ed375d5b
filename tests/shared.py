"""Where the real data lies that tests and benchmarks read: `DETENTE_SHARED`, by default `../shared` beside us."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("DETENTE_SHARED", ROOT.parent / "shared"))


def shared(name: str) -> Path:
    """The path of a real data file, or skip the calling test and say which file is missing."""
    path = SHARED / "data" / name
    if not path.exists():
        pytest.skip(f"real data not here: {name} (set DETENTE_SHARED to the folder that holds data/)")
    return path
