"""propose, intersect, relay, keys and purposes as a script would call them, between nodes that sync."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.scene import settle
from tests.world import Clock, World

from detente.cli.main import main
from detente.node.open import system_clock
from detente.words import loaded_words

Run = Callable[..., Any]


class Present(Clock):
    """The clock that the commands have too."""

    def __call__(self) -> int:
        return system_clock()


@pytest.fixture
def town(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.clock = Present()
    for name in ("a", "b", "c"):
        made.node(name)
    made.introduce("a", "b")
    made.introduce("b", "c")
    settle(made)
    yield made
    made.close()


@pytest.fixture
def run(town: World, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command on a node by name; its JSON, or its text, which then is looked through for loaded words."""

    def call(name: str, *arguments: str, code: int = 0, text: bool = False) -> Any:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(["--node", str(town.folder / name), *([] if text else ["--json"]), *arguments])
        captured = capsys.readouterr()
        assert ended.value.code == code, (arguments, ended.value.code, captured.out, captured.err)
        if not text:
            return json.loads(captured.out)
        said = captured.out + captured.err
        assert loaded_words(said) == []
        return said

    return call


def test_a_proposal_is_made_answered_withdrawn_and_listed(town: World, run: Run) -> None:
    made = run("a", "propose", "add", "A joint unit", "--to", "b", "--text", "For fraud.")
    assert made["to"] == ["b.example"]
    settle(town)
    assert run("b", "propose", "answer", made["name"], "accept", "--dry-run")["dry_run"] is True
    run("b", "propose", "answer", made["name"], "accept")
    settle(town)
    run("a", "propose", "withdraw", made["name"], "--reason", "Overtaken.")
    settle(town)
    for name in ("a", "b"):
        (listed,) = run(name, "propose", "list")["proposals"]
        assert listed["state"] == "withdrawn by a.example"
        assert [step["step"] for step in listed["history"]] == ["proposed", "accepted", "withdrawn"]
    words = run("b", "propose", "list", "--with", "a", text=True)
    assert "“A joint unit”: withdrawn by a.example" in words
    assert "withdrawn by a.example: “Overtaken.”" in words
    refused = run("b", "propose", "answer", made["name"], "decline", code=6)["error"]
    assert "propose it anew" in refused["message"]
    again = run("a", "propose", "add", "A joint unit", "--to", "b", "--repeats", made["name"])
    assert again["id"] != made["id"]
    assert run("c", "propose", "list", text=True) == "Nothing was proposed yet.\n"


def test_an_intersection_from_a_collection_and_from_standard_input(
    town: World, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    listed = tmp_path / "list.txt"
    listed.write_text("192.0.2.1\n192.0.2.2\nhxxp://evil[.]example/a\n")
    run("a", "collection", "add", "feed")
    run("a", "import", str(listed), "--collection", "feed", "--marking", "green")
    offered = run(
        "a", "intersect", "offer", "--to", "b", "--collection", "feed", "--class", "fraud", "--purpose", "research"
    )
    assert offered["items"] == 3
    settle(town)
    (seen,) = run("b", "intersect", "list")["intersections"]
    assert (seen["state"], seen["items"], seen["purpose"]) == ("offered by a.example", None, "research")
    early = run("a", "intersect", "finish", offered["name"], code=3)["error"]
    assert "Sync, then finish" in early["message"]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"192.0.2.2\nnot a value\nhttp://EVIL.example/a\n")))
    told = run("b", "intersect", "answer", offered["name"], "--values", "-", text=True)
    assert "not read, line 2" in told
    settle(town)
    assert run("a", "intersect", "finish", offered["name"])["items"] == ["ipv4 192.0.2.2", "url http://evil.example/a"]
    settle(town)
    words = run("b", "intersect", "finish", offered["name"], text=True)
    assert "both have 2" in words
    assert "a.example has at most 64 items; how many exactly was not told." in words
    assert "finished" in run("b", "intersect", "list", text=True)
    nothing = run("a", "intersect", "decline", offered["name"], "--reason", "Late.", code=6)["error"]
    assert "nothing to decline" in nothing["message"]
    run("a", "intersect", "offer", "--to", "b", code=2)
    empty = tmp_path / "empty.txt"
    empty.write_text("# nothing\n")
    run("a", "intersect", "offer", "--to", "b", "--values", str(empty), code=1)


def test_a_submission_goes_through_and_the_reply_comes_back(town: World, run: Run, tmp_path: Path) -> None:
    listed = tmp_path / "list.txt"
    listed.write_text("192.0.2.1 # seen at a.example\n")
    run("a", "collection", "add", "finds")
    run("a", "import", str(listed), "--collection", "finds", "--marking", "green", "--source", "A")
    trial = run("a", "relay", "submit", "finds", "--through", "b", "--to", "c.example", "--dry-run")
    assert trial["objects"] == 1
    run("a", "relay", "submit", "finds", "--through", "b", "--to", "c.example", "--purpose", "network-defence")
    settle(town)
    (waiting,) = run("b", "relay", "list")["submissions"]
    assert (waiting["part"], waiting["with"], waiting["forwarded_us"]) == ("relay", "a.example", None)
    run("b", "relay", "forward", "--from", "c")  # nothing of c's
    (done,) = run("b", "relay", "forward", "--from", "a")["forwarded"]
    assert done["said"] == 1
    assert run("b", "relay", "forward", text=True) == "Nothing is waiting.\n"
    settle(town)
    (got,) = run("c", "relay", "list")["submissions"]
    assert (got["part"], got["with"]) == ("receiver", "b.example")
    run("c", "relay", "reply", got["name"], "Which sector?")
    settle(town)
    assert "1 reply passed on" in run("b", "relay", "forward", text=True)
    settle(town)
    words = run("a", "relay", "list", text=True)
    assert "reply: “Which sector?”" in words
    assert "for c.example" in words
    assert run("c", "relay", "reply", "lusab", "x", code=3)["error"]["kind"] == "NotFound"


def test_a_purpose_binds_and_another_use_is_refused(town: World, run: Run, tmp_path: Path) -> None:
    listed, log = tmp_path / "list.txt", tmp_path / "access.log"
    listed.write_text("192.0.2.1\n")
    log.write_text('192.0.2.1 - - [10/Nov/2026:06:00:00 +0000] "GET / HTTP/1.1" 200 1\n')
    run("a", "collection", "add", "feed")
    run("a", "import", str(listed), "--collection", "feed", "--marking", "green")
    run("a", "share", "feed", "--to", "b", "--purpose", "research", "--dry-run")
    run("a", "share", "feed", "--to", "b", "--purpose", "research")
    settle(town)
    assert run("b", "hunt", str(log), "--purpose", "research")["hit_lines"] == 1
    refused = run("b", "hunt", str(log), code=6)["error"]
    assert (
        "hunting for network-defence is denied: all of it is bound to other purposes (1 for research only)"
        in refused["message"]
    )


def test_keys_are_shown_and_rotated(town: World, run: Run) -> None:
    before = run("a", "keys", "show")
    assert [key["role"] for key in before["keys"]] == [
        "log",
        "log",
        "witness",
        "witness",
        "mirror",
        "mirror",
        "journal",
    ]
    assert "pass --yes" in run("a", "keys", "rotate", code=6)["error"]["message"]
    rotated = run("a", "keys", "rotate", "--yes")
    assert rotated["fingerprint"] != before["fingerprint"]
    assert rotated["retired"]["log"] == [key["vkey"] for key in before["keys"][:2]]
    settle(town)
    assert run("b", "partner", "show", "a")["partner"]["fingerprint"] == rotated["fingerprint"]
    words = run("a", "keys", "show", text=True)
    assert words.count("retired") == 7
    assert words.count("signs now") == 7
    only = run("a", "keys", "rotate", "--role", "witness", "--yes", text=True)
    assert "witness: 2 new, 2 retired" in only
    assert run("a", "fsck")["findings"] == []
