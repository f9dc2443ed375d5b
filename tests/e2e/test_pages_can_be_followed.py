"""Somebody who follows `docs/install.md` and `docs/operations.md` gets where the pages say: their commands are run."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
from pathlib import Path

import pytest

from detente.cli.main import main
from tests.e2e.processes import free_port, serving
from tests.tree import ROOT

LOG_LINE = '{} - - [22/Nov/2026:06:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "-"\n'


def _commands(page: str) -> list[list[str]]:
    """The `detente` lines of the page's shell examples, without comments."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    fences = re.findall(r"^ *```sh\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    lines = [line.strip() for fence in fences for line in fence.splitlines()]
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("detente ")]


def _run(node: Path, *arguments: str, code: int = 0) -> str:
    """A command as the entry point runs it, in this process: fifty starts of Python would say nothing more."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as ended:
        main(["--node", str(node), *arguments])
    assert (ended.value.code or 0) == code, (arguments, out.getvalue(), err.getvalue())
    return out.getvalue()


def test_a_stranger_gets_from_the_install_page_to_a_verified_partner_a_hunt_and_a_proof(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ours, theirs = tmp_path / "a", tmp_path / "b"
    port, their_port = free_port(), free_port()
    _run(theirs, "init", "--origin", "cert-b.example", "--url", f"http://127.0.0.1:{their_port}")
    invited = _run(theirs, "--json", "partner", "invite", "cert-a.example", "-o", str(tmp_path / "from-cert-b.json"))
    (tmp_path / "found.csv").write_text("198.51.100.7\n198.51.100.8\n")
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "access.log").write_text(LOG_LINE.format("10.0.0.1") + LOG_LINE.format("203.0.113.9"))
    real = {
        "https://cert-a.example": f"http://127.0.0.1:{port}",
        "/somewhere/safe/first.tar": str(tmp_path / "first.tar"),
        "robon-rabop-tilah-gujoh-taraz-suzuh-notiv-lamin": json.loads(invited)["fingerprint"],
        "/var/log/nginx/": str(tmp_path / "logs"),
    }
    commands = [command for command in _commands("install.md") if command[0] not in {"demo", "serve"}]
    assert [command[0] for command in commands if command[0] != "partner"] == [
        "init", "doctor", "backup", "sync", "collection", "import", "share", "share", "hunt", "hunt", "token", "sync", "log"
    ]  # fmt: skip
    shown = {}
    with serving(theirs, their_port):
        for command in commands:
            if command[:2] == ["partner", "add"]:
                # The other side does the same, as the page says, and tells us of an address that is in our log.
                _run(theirs, "partner", "add", str(tmp_path / "for-cert-b.json"), "--yes")
                _run(theirs, "collection", "add", "c", "--reader", "cert-a")
                (tmp_path / "theirs.csv").write_text("203.0.113.9\n")
                _run(theirs, "import", "--collection", "c", "--marking", "green", str(tmp_path / "theirs.csv"))
                _run(theirs, "share", "c")
            shown[" ".join(command)] = _run(ours, *(real.get(word, word) for word in command))
    assert "✓ verified" in shown["partner show cert-b"]
    assert "Said 2 objects" in shown["share indicators"]
    assert "203[.]0[.]113[.]9" in shown["hunt /var/log/nginx/"]
    (receipt,) = (tmp_path / "proof").glob("*.tlog-proof")
    parts = ["--policy", str(receipt.with_suffix(".policy")), "--opening", str(receipt.with_suffix(".opening.json"))]
    _run(tmp_path / "no-node", "verify", str(receipt), *parts)


def test_the_steps_of_the_operations_page_restore_a_node_without_a_second_history(tmp_path: Path) -> None:
    """Steps 2 to 5 of "Restore". The text of what was said since the backup is lost, and only that, as step 5 says."""
    ours, theirs, again = tmp_path / "a", tmp_path / "b", tmp_path / "again"
    port, their_port = free_port(), free_port()
    for folder, name, its_port in ((ours, "cert-a", port), (theirs, "cert-b", their_port)):
        _run(folder, "init", "--origin", f"{name}.example", "--url", f"http://127.0.0.1:{its_port}")
    for one, other, name in ((ours, theirs, "cert-b"), (theirs, ours, "cert-a")):
        _run(one, "partner", "invite", f"{name}.example", "-o", str(tmp_path / name))
        _run(other, "partner", "add", str(tmp_path / name), "--yes")
    with serving(theirs, their_port):
        with serving(ours, port):
            command = next(one for one in _commands("operations.md") if one[0] == "backup")
            _run(ours, command[0], str(tmp_path / "backup.tar"))
            _run(ours, "collection", "add", "c", "--reader", "cert-b")
            (tmp_path / "list.csv").write_text("198.51.100.7\n")
            _run(ours, "import", "--collection", "c", "--marking", "green", str(tmp_path / "list.csv"))
            _run(ours, "share", "c")
            _run(theirs, "sync")
        _run(again, "restore", str(tmp_path / "backup.tar"))
        _run(again, "fsck")
        _run(again, "sync", code=1)
        _run(again, "restore", "--from-partner", "cert-b")
        _run(again, "sync")
        checked = json.loads(_run(again, "--json", "fsck"))
        assert (checked["findings"], checked["recovered"]) == ([], 1)
        with serving(again, port):
            _run(theirs, "sync")
    before, after = (json.loads(_run(folder, "--json", "log", "show"))["entries"] for folder in (ours, again))
    assert len(before) == len(after) == 7
