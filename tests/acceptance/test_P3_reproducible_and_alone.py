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
from tests.tree import ROOT, python, shown

from detente.cli.main import COMMANDS, main

# What is traffic with peers, or listens for it: nothing of ours waits for these.
PEER_TRAFFIC = {"serve", "sync", "taxii", "demo"}
# The modules that may open a connection or wait for one, and what for.
MAY_CONNECT = {
    "src/detente/net.py": "fetches from pinned partners",
    "src/detente/web/server.py": "listens",
    "src/detente/demo/nodes.py": "listens for the nodes of the demo, on this machine",
}
_CONNECTING = {
    "aiohttp",
    "ftplib",
    "http.client",
    "httptools",
    "httpx",
    "httpx2",
    "requests",
    "smtplib",
    "socket",
    "urllib.request",
    "urllib3",
}

BARE = -2  # a command without its arguments: also 2, the command line is wrong
EMPTY = -1  # a list that may be empty: exit code 0, or 3 for nothing found

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
        env={
            **os.environ,
            "SOURCE_DATE_EPOCH": epoch,
            "HOME": str(folder),
            "TZ": "Asia/Tokyo" if folder.name == "b" else "UTC",
        },
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


def test_p3_few_modules_can_reach_a_network_and_each_says_what_for() -> None:
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


# -- with the network cut -----------------------------------------------------------------------------------------------

OBSERVED = {
    "type": "bundle",
    "id": "bundle--00000000-0000-4000-8000-000000000001",
    "objects": [
        {
            "type": "observed-data",
            "spec_version": "2.1",
            "id": "observed-data--00000000-0000-4000-8000-000000000002",
            "created": "2026-11-10T06:00:00.000Z",
            "modified": "2026-11-10T06:00:00.000Z",
            "first_observed": "2026-11-10T06:00:00.000Z",
            "last_observed": "2026-11-10T06:00:00.000Z",
            "number_observed": 1,
            "object_refs": ["ipv4-addr--00000000-0000-4000-8000-000000000003"],
        },
        {
            "type": "ipv4-addr",
            "spec_version": "2.1",
            "id": "ipv4-addr--00000000-0000-4000-8000-000000000003",
            "value": "198.51.100.7",
        },
    ],
}
LOG = '198.51.100.7 - - [10/Nov/2026:06:00:00 +0000] "GET / HTTP/1.1" 200 1\n'


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """No name is resolved and nothing connects; returns what tried to."""
    tried: list[str] = []

    def refuse(name: str) -> Callable[..., Any]:
        def refused(*arguments: object, **named: object) -> Any:
            tried.append(name)
            raise OSError(f"the network is cut: {name}")

        return refused

    for name in ("connect", "connect_ex", "bind", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse(name))
    for name in ("getaddrinfo", "gethostbyname", "create_connection"):
        monkeypatch.setattr(socket, name, refuse(name))
    return tried


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command on the node in `tmp_path/node`; `code` is the exit code that must come."""
    done: set[str] = set()

    def call(*arguments: str, code: int = 0, node: str = "node") -> Any:
        done.add(arguments[0])
        with pytest.raises(SystemExit) as ended:
            main(["--node", str(tmp_path / node), "--json", *arguments])
        captured = capsys.readouterr()
        allowed = {EMPTY: (0, 3), BARE: (0, 2, 3)}.get(code, (code,))
        assert ended.value.code in allowed, (
            arguments,
            ended.value.code,
            captured.out,
            captured.err,
        )
        return json.loads(captured.out) if captured.out.startswith("{") else {}

    call.done = done  # type: ignore[attr-defined]
    return call


def test_p3_with_the_network_cut_every_command_but_peer_traffic_works(tmp_path: Path, run: Run, cut: list[str]) -> None:
    feed, log = tmp_path / "list.txt", tmp_path / "access.log"
    feed.write_text("198.51.100.7\nevil.example\n")
    log.write_text(LOG)
    run("init", "--origin", "a.example", "--title", "A")
    run("init", "--origin", "b.example", "--title", "B", node="other")
    for one, other, origin, name in (("node", "other", "b.example", "a"), ("other", "node", "a.example", "b")):
        file = tmp_path / f"for-{origin}.json"
        words = run("partner", "invite", origin, "-o", str(file), node=one)["fingerprint"]
        run("partner", "add", str(file), "--name", name, "--receives", "red", "--fingerprint", words, node=other)

    # Data: taken in, shared, hunted for, withdrawn, erased.
    run("collection", "add", "feed", "--reader", "*")
    run("token", "add", "siem")
    run("import", str(feed), "--collection", "feed", "--marking", "green")
    entry = run("share", "feed")["entries"][0]
    assert run("hunt", str(log))["hit_lines"] == 1
    run("sightings", code=3)
    pattern, observed = "[ipv4-addr:value = '198.51.100.7']", tmp_path / "observed.json"
    observed.write_text(json.dumps(OBSERVED))
    run("pattern", "check", pattern)
    run("match", pattern, str(observed))
    run("log", "show")
    run("log", "proof", str(entry), "-o", str(tmp_path / "proof"))
    (receipt,) = (tmp_path / "proof").glob("*.tlog-proof")
    run("verify", str(receipt), "--vkey", run("keys", "show")["keys"][0]["vkey"])
    run("withdraw", "feed", "indicator--00000000-0000-4000-8000-000000000001", code=3)
    run("erase", str(entry), "--ground", "Asked for.", "--yes")

    # Matters: opened, answered, listed.
    asked = run("request", "--to", "b", "--want", "information", "--subject", "Logs", "--text", "What do you see?")
    run("notice", "--to", "b", "--subject", "A scan", "--text", "Seen today.")
    run("drill", "--to", "b")
    thread = asked.get("name") or asked["short"]
    run("reply", thread, "withdraw")
    run("thread", "list", code=EMPTY)
    run("inbox", code=EMPTY)
    run("outbox", "list", code=EMPTY)
    run("consult", "list", code=EMPTY)
    run("correction", "list", code=EMPTY)
    run("reveal", "lusab-babad-gutih", code=3)
    run("warn", "relay", "lusab-babad-gutih", "--language", "en", code=3)
    run("claim", "add", "It was not us.", "--speaker", "An official", "--polarity", "denies", "--topic", "intrusion")
    run("claim", "list", code=EMPTY)
    run("board", "list", code=EMPTY)
    run("assess", "lusab-babad-gutih", "--office", "A", "--own-work", "--judge", "other=likely", code=3)
    run("norm", "list", code=EMPTY)
    run("conduct", "list", code=EMPTY)
    run("agreement", "list", code=EMPTY)
    run("undertake", "list", code=EMPTY)
    run("limit", "list", code=EMPTY)
    run("respond", "list", code=EMPTY)
    run("effect", "silence", "2", "--before", "74")
    run("chronology", code=EMPTY)
    run("export", "stix", "--all")
    run("history", "b", code=EMPTY)
    run("milestone", "list", code=EMPTY)
    run("measure", "list", code=EMPTY)
    run("report", "usage", "b")
    run("propose", "add", "A drill in March", "--to", "b")
    run("intersect", "offer", "--to", "b", "--collection", "feed")
    run("relay", "list")

    # Keeping: rotated, checked, saved, restored.
    run("keys", "rotate", "--yes")
    assert run("fsck")["findings"] == []
    run("doctor")
    run("config", "show")
    run("backup", str(tmp_path / "node.tar"))
    run("restore", str(tmp_path / "node.tar"), node="restored")
    assert run("log", "show", node="restored")["size"] == run("log", "show")["size"]

    assert cut == []
    done: set[str] = run.done  # type: ignore[attr-defined]
    # A command that is newer than this list is called bare: it lists, or says what it needs, and asks nobody.
    for name in sorted({name for name, _, _ in COMMANDS} - done - PEER_TRAFFIC):
        run(name, code=BARE)
    assert cut == []
    # And what is peer traffic says so, and stops nothing: the node goes on.
    failed = run("sync", code=7)
    assert {p["error"]["kind"] for p in failed["partners"]} == {"Unreachable"}
    assert cut
    run("doctor")
