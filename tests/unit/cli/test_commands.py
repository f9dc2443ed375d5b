"""Every command as a script would call it: --json on stdout, the documented exit code, and the error's one shape."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from detente.cli.main import COMMANDS, cli, main

Run = Callable[..., Any]

LIST = "198.51.100.7\nexample-bad.test\nnot an indicator at all\n"
LOG = (
    '198.51.100.7 - - [10/Nov/2026:06:00:00 +0000] "GET / HTTP/1.1" 200 1\n'
    '203.0.113.9 - - [11/Nov/2026:06:00:00 +0000] "GET / HTTP/1.1" 200 1\n'
    '198.51.100.7 - - [12/Nov/2026:06:00:00 +0000] "GET / HTTP/1.1" 200 1\n'
)


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command on the node in `tmp_path/node` and gives its document; `code` is the exit code that must come."""

    def call(*arguments: str, code: int = 0, node: str = "node", text: bool = False) -> Any:
        options = [] if text else ["--json"]
        with pytest.raises(SystemExit) as ended:
            main(["--node", str(tmp_path / node), *options, *arguments])
        captured = capsys.readouterr()
        assert ended.value.code == code, (arguments, ended.value.code, captured.out, captured.err)
        if text:
            return captured.out if code == 0 else captured.err
        return json.loads(captured.out)

    return call


@pytest.fixture
def node(run: Run) -> Run:
    run("init", "--origin", "cert-a.example", "--title", "CERT-A")
    return run


@pytest.fixture
def pair(node: Run, tmp_path: Path) -> Run:
    """Two nodes that met, without a server: `node` and `other`."""
    node("init", "--origin", "cert-b.example", "--title", "CERT-B", "--port", "8441", node="other")
    for one, other, origin, name in (
        ("node", "other", "cert-b.example", "a"),
        ("other", "node", "cert-a.example", "b"),
    ):
        file = tmp_path / f"for-{origin}.json"
        words = node("partner", "invite", origin, "-o", str(file), node=one)["fingerprint"]
        node("partner", "add", str(file), "--name", name, "--receives", "red", "--fingerprint", words, node=other)
    return node


def test_help_lists_every_command_without_loading_any(run: Run) -> None:
    text = run("--help", text=True)
    assert all(f"  {name} " in text for name, _, _ in COMMANDS)


def test_every_command_has_a_help_of_its_own(run: Run) -> None:
    context = cli.make_context("detente", ["--help"], resilient_parsing=True)
    for name, _, _ in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        assert (command.help or "").strip()


def test_a_node_is_made_once(node: Run) -> None:
    error = node("init", "--origin", "cert-a.example", code=1)["error"]
    assert error["kind"] == "InvalidStatement"
    assert "choose another folder" in error["message"]


def test_a_missing_node_is_named_and_the_way_to_make_one(run: Run, tmp_path: Path) -> None:
    message = run("partner", "list", code=3)["error"]["message"]
    assert str(tmp_path / "node") in message
    assert "init" in message


def test_an_origin_that_is_none_is_refused_before_anything_is_made(run: Run, tmp_path: Path) -> None:
    run("init", "--origin", "https://Cert-A.example/", code=1)
    assert not (tmp_path / "node").exists()


def test_the_choices_in_force_are_shown_with_their_defaults(node: Run) -> None:
    config = node("config", "show")["config"]
    assert config["party"]["origin"] == "cert-a.example"
    assert config["share"]["default_marking"] == "amber"


def test_an_unknown_choice_is_an_error_and_not_a_wish(node: Run, tmp_path: Path) -> None:
    file = tmp_path / "node" / "detente.toml"
    file.write_text(file.read_text().replace("quorum = 1", "quorums = 1"))
    assert "quorums" in node("doctor", code=1)["error"]["message"]


def test_a_wrong_command_line_is_exit_2_in_text_and_in_json(run: Run) -> None:
    assert "No such command" in run("inport", code=2, text=True)
    assert run("init", code=2)["error"]["exit"] == 2


def test_partners_meet_by_file_and_words(pair: Run) -> None:
    (partner,) = pair("partner", "list")["partners"]
    assert (partner["name"], partner["receives"], partner["trouble"]) == ("b", "TLP:RED", None)
    assert pair("partner", "show", "b")["partner"] == partner
    assert "cert-b.example" in pair("partner", "list", text=True)
    assert "not yet checked" in pair("partner", "show", "b", text=True)


def test_other_words_than_those_of_the_file_are_refused(node: Run, tmp_path: Path) -> None:
    node("init", "--origin", "cert-b.example", node="other")
    file = tmp_path / "invitation.json"
    node("partner", "invite", "cert-a.example", "-o", str(file), node="other")
    words = "lusab-babad-gutih-tugad-lusab-babad-gutih-tugad"
    assert node("partner", "add", str(file), "--fingerprint", words, code=6)["error"]["kind"] == "NotPermitted"
    assert node("partner", "add", str(file), code=6)["error"]["kind"] == "NotPermitted"
    assert node("partner", "list")["partners"] == []


def test_a_paused_partner_gets_nothing_until_it_is_resumed(pair: Run, tmp_path: Path) -> None:
    _imported(pair, tmp_path)
    assert pair("partner", "pause", "b")["paused"] is True
    told = pair("share", "in", "--to", "b", code=6)
    assert (told["said"], len(told["refused"])) == (0, 2)
    assert pair("partner", "pause", "b", "--resume")["paused"] is False
    assert pair("share", "in", "--to", "b")["said"] == 2


def test_an_import_tells_what_it_read_and_what_it_did_not(node: Run, tmp_path: Path) -> None:
    node("collection", "add", "in")
    document = _import(node, tmp_path)
    assert (document["objects"], document["new"]) == (2, 2)
    assert [(u["line"], u["text"]) for u in document["unread"]] == [(3, "not an indicator at all")]
    assert _import(node, tmp_path)["new"] == 0
    assert "not read, line 3" in node("import", str(tmp_path / "list.txt"), "--collection", "in", text=True)


def test_a_collection_that_is_not_there_is_named_with_those_that_are(node: Run, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text(LIST)
    node("collection", "add", "in")
    message = node("import", str(tmp_path / "list.txt"), "--collection", "out", code=3)["error"]["message"]
    assert "'out'" in message
    assert "in" in message


def test_collections_and_tokens_are_made_listed_and_revoked(pair: Run) -> None:
    pair("collection", "add", "in", "--reader", "b", "--ceiling", "green", "--title", "Title")
    (collection,) = pair("collection", "list")["collections"]
    assert collection == {"name": "in", "title": "Title", "ceiling": "TLP:GREEN", "readers": ["b"], "objects": 0}
    assert pair("collection", "add", "in", code=1)["error"]["kind"] == "InvalidStatement"
    secret = pair("token", "add", "siem", "--read", "in", "--write", "in")["secret"]
    assert len(secret) == 43
    assert (
        pair("token", "add", "writer", "--party", "b", "--write", "in", code=1)["error"]["kind"] == "InvalidStatement"
    )
    names = [t["name"] for t in pair("token", "list")["tokens"]]
    assert names == ["invitation-cert-b.example", "siem"]
    assert secret not in pair("token", "list", text=True)
    pair("token", "revoke", "siem")
    assert pair("token", "revoke", "siem", code=3)["error"]["kind"] == "NotFound"


def test_a_dry_run_shows_what_would_leave_and_stores_nothing(pair: Run, tmp_path: Path) -> None:
    _imported(pair, tmp_path)
    size = pair("log", "show")["size"]
    assert pair("share", "in", "--to", "b", "--dry-run")["said"] == 2
    assert pair("log", "show")["size"] == size
    assert pair("share", "in", "--to", "b")["entries"] == [size, size + 1]
    again = pair("share", "in", "--to", "b")
    assert (again["said"], again["unchanged"]) == (0, 2)


def test_what_is_not_clear_is_not_said_in_public(node: Run, tmp_path: Path) -> None:
    _imported(node, tmp_path)
    told = node("share", "in", "--public", code=6)
    assert "only TLP:CLEAR may" in told["refused"][0]["reason"]


def test_withdrawing_is_listed_beside_what_was_said(pair: Run, tmp_path: Path) -> None:
    _imported(pair, tmp_path)
    pair("share", "in", "--to", "b")
    said = [e for e in pair("log", "show")["entries"] if e["kind"] == "object"]
    assert pair("withdraw", "in", said[0]["about"])["statements"] == 1
    entries = {e["index"]: e for e in pair("log", "show")["entries"]}
    assert entries[said[0]["index"]]["withdrawn"] is True
    assert entries[said[1]["index"]]["withdrawn"] is False
    assert pair("withdraw", "in", said[0]["about"], code=3)["error"]["kind"] == "NotFound"


def test_a_sync_with_nobody_there_is_exit_7_and_says_so(pair: Run) -> None:
    report = pair("sync", code=7)
    assert report["partners"][0]["error"]["kind"] == "Unreachable"
    assert pair("partner", "show", "b")["partner"]["contact_error"]


def test_a_hunt_finds_counts_and_dates_and_nothing_leaves(node: Run, tmp_path: Path) -> None:
    _imported(node, tmp_path)
    log = tmp_path / "access.log"
    log.write_text(LOG)
    size = node("log", "show")["size"]
    found = node("hunt", str(log))
    assert [(h["values"], h["count"]) for h in found["hits"]] == [(["198.51.100.7"], 2)]
    assert found["hits_per_day"] == {"2026-11-10": 1, "2026-11-12": 1}
    assert node("log", "show")["size"] == size
    assert node("log", "show", "--journal")["entries"][-1]["kind"] == "hunt"
    text = node("hunt", str(log), "--examples", text=True)
    assert "198[.]51[.]100[.]7" in text
    assert "line 1: 198.51.100.7" in text
    assert "Nothing has left" in text


def test_a_hunt_without_a_hit_is_exit_3(node: Run, tmp_path: Path) -> None:
    _imported(node, tmp_path)
    log = tmp_path / "quiet.log"
    log.write_text("nothing here\n")
    assert node("hunt", str(log), code=3)["hits"] == []
    assert node("hunt", str(tmp_path / "no.log"), code=3)["error"]["kind"] == "NotFound"
    assert node("sightings", code=3)["sightings"] == []


def test_a_receipt_verifies_in_an_empty_folder_and_a_changed_one_does_not(pair: Run, tmp_path: Path) -> None:
    _imported(pair, tmp_path)
    pair("share", "in", "--to", "b")
    entry = next(e["index"] for e in pair("log", "show")["entries"] if e["kind"] == "object")
    receipt, policy, opening = (Path(f) for f in pair("log", "proof", str(entry), "-o", str(tmp_path / "out"))["files"])
    policy.write_text(policy.read_text().replace("quorum witnesses", "quorum none"))
    arguments = ("--policy", str(policy), "--opening", str(opening))
    found = pair("verify", str(receipt), *arguments, node="nowhere")
    assert (found["index"], found["kind"], found["addressees"]) == (entry, "object", ["cert-b.example"])
    assert "198.51.100.7" in found["body"] or "example-bad.test" in found["body"]
    assert "What this does not prove" in pair("verify", str(receipt), *arguments, node="nowhere", text=True)
    opening.write_text(opening.read_text().replace("indicator", "indicatoR", 1))
    assert pair("verify", str(receipt), *arguments, node="nowhere", code=4)["error"]["kind"] == "BadProof"
    assert pair("verify", str(receipt), node="nowhere", code=1)["error"]["kind"] == "InvalidStatement"
    assert pair("verify", str(tmp_path / "for-cert-a.example.json"), code=4)["error"]["kind"] == "MalformedReply"


def test_what_nobody_cosigned_does_not_pass_a_policy_that_asks_for_it(pair: Run, tmp_path: Path) -> None:
    receipt, policy = pair("log", "proof", "0", "-o", str(tmp_path / "out"))["files"]
    assert pair("verify", receipt, "--policy", policy, code=4)["error"]["kind"] == "BadSignature"


def test_an_erased_text_is_gone_and_everything_still_verifies(pair: Run, tmp_path: Path) -> None:
    _imported(pair, tmp_path)
    pair("share", "in", "--to", "b")
    entry = next(e for e in pair("log", "show")["entries"] if e["kind"] == "object")
    files = pair("log", "proof", str(entry["index"]), "-o", str(tmp_path / "out"))["files"]
    assert pair("erase", str(entry["index"]), "--ground", "asked for", code=6)["error"]["kind"] == "NotPermitted"
    erased = pair("erase", str(entry["index"]), "--ground", "asked for", "--yes")
    assert (erased["entries"], erased["copies"]) == ([entry["index"]], 1)
    policy = Path(files[1])
    policy.write_text(policy.read_text().replace("quorum witnesses", "quorum none"))
    assert pair("verify", files[0], "--policy", files[1])["verified"] is True
    checked = pair("fsck")
    assert (checked["findings"], checked["erased"]) == ([], 2)
    assert {f["state"] for f in pair("doctor", code=0)["findings"]} <= {"well", "attention"}


def test_a_restored_backup_signs_nothing_until_it_has_asked(pair: Run, tmp_path: Path) -> None:
    _imported(pair, tmp_path)
    archive = tmp_path / "backup.tar"
    assert pair("backup", str(archive))["bytes"] > 10_000
    assert pair("backup", str(archive), code=1)["error"]["kind"] == "InvalidStatement"
    pair("restore", str(archive), node="restored")
    assert pair("share", "in", "--to", "b", node="restored", code=1)["error"]["kind"] == "CorruptLog"
    assert any(f["state"] == "stop" for f in pair("doctor", node="restored", code=1)["findings"])
    assert pair("sync", node="restored", code=1)["error"]["kind"] == "CorruptLog"
    pair("restore", "--alone", node="restored")
    assert pair("share", "in", "--to", "b", node="restored")["said"] == 2
    assert pair("restore", code=2)["error"]["exit"] == 2


def _import(run: Run, tmp_path: Path) -> Any:
    file = tmp_path / "list.txt"
    file.write_text(LIST)
    return run("import", str(file), "--collection", "in")["documents"][0]


def _imported(run: Run, tmp_path: Path) -> None:
    run("collection", "add", "in")
    _import(run, tmp_path)


def test_what_holds_for_all_commands_may_stand_behind_them_too(node: Run, capsys: pytest.CaptureFixture[str]) -> None:
    before = node("norm", "list")
    assert json.loads(node("norm", "list", "--json", text=True)) == before
    assert json.loads(node("norm", "--json", "list", text=True)) == before
    assert node("norm", "list", "--quiet", text=True) == ""
    with pytest.raises(SystemExit) as ended:
        main(["norm", "status", "--no-such-option", "--json"])
    assert (ended.value.code, json.loads(capsys.readouterr().out)["error"]["kind"]) == (2, "Usage")
