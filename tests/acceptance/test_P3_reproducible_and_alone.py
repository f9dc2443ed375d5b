"""P3: both sides build the same commit and get identical digests; with the network cut every function but peer traffic works."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import socket
import subprocess
import sys
import tarfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from detente.cli.main import COMMANDS, main
from tests.tree import ROOT, python, shown

# What is traffic with peers, or listens for it: nothing of ours waits for these.
PEER_TRAFFIC = {"serve", "sync", "taxii", "demo"}
# The modules that may open a connection or wait for one, and what for.
MAY_CONNECT = {
    "src/detente/net.py": "fetches from pinned partners",
    "src/detente/web/server.py": "listens",
    "src/detente/demo/nodes.py": "listens for the nodes of the demo, on this machine",
}
_CONNECTING = {"aiohttp", "ftplib", "http.client", "httptools", "httpx", "httpx2", "requests", "smtplib", "socket", "urllib.request", "urllib3"}

Run = Callable[..., Any]


# -- reproducible -------------------------------------------------------------------------------------------------------


def git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True).stdout


def built(commit: str, folder: Path) -> Path:
    """The wheel that somebody builds who has this commit, without a network, in a folder of their own."""
    tree, out = folder / "tree", folder / "dist"
    tree.mkdir(parents=True)
    with tarfile.open(fileobj=BytesIO(git("archive", commit)), mode="r:") as archive:
        archive.extractall(tree, filter="data")
    epoch = git("log", "-1", "--format=%ct", commit).decode().strip()
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)],
        cwd=tree,
        check=True,
        capture_output=True,
        env={**os.environ, "SOURCE_DATE_EPOCH": epoch, "HOME": str(folder), "TZ": "Asia/Tokyo" if folder.name == "b" else "UTC"},
    )
    (wheel,) = out.glob("*.whl")
    return wheel


def test_p3_both_sides_build_one_commit_and_get_one_digest(tmp_path: Path) -> None:
    commit = git("rev-parse", "HEAD").decode().strip()
    wheels = [built(commit, tmp_path / who) for who in ("a", "b")]
    assert wheels[0].name == wheels[1].name
    assert len({hashlib.sha256(wheel.read_bytes()).hexdigest() for wheel in wheels}) == 1
    assert len(wheels[0].read_bytes()) > 100_000


# -- no calls outside ---------------------------------------------------------------------------------------------------


def test_p3_only_two_modules_can_reach_a_network() -> None:
    found = {shown(path) for path in python("src/detente") if _imports(path) & _CONNECTING}
    assert found <= set(MAY_CONNECT), sorted(found - set(MAY_CONNECT))


def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return names
