"""match, pattern check, and a hunt with patterns that are more than simple values: what is said of what is looked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from detente.cli.main import main

Run = Callable[..., Any]

A, B = "[ipv4-addr:value = '198.51.100.7']", "[domain-name:value = 'evil.example']"
CONN = (
    b"#separator \\x09\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\n"
    b"1521911721.2\tC1\t10.0.0.1\t41772\t198.51.100.7\t443\ttcp\n"
    b"1521911722.2\tC2\t10.0.0.1\t41773\t198.51.100.7\t80\ttcp\n"
)
DNS = b'{"ts":1521911730.5,"id.orig_h":"10.0.0.1","id.resp_h":"10.0.0.2","query":"evil.example"}\n'


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str, code: int = 0, text: bool = False) -> Any:
        with pytest.raises(SystemExit) as ended:
            main(["--node", str(tmp_path / "none"), *([] if text else ["--json"]), *arguments])
        captured = capsys.readouterr()
        assert ended.value.code == code, (arguments, captured.out, captured.err)
        return captured.out if text else json.loads(captured.out)

    return call


def test_a_check_says_by_which_values_a_hunt_finds_the_lines_of_a_pattern(run: Run) -> None:
    found = run("pattern", "check", f"{A} FOLLOWEDBY {B} WITHIN 300 SECONDS")
    assert found["values"] == [{"kind": "ipv4", "value": "198.51.100.7"}, {"kind": "domain", "value": "evil.example"}]
    assert (found["held_against_lines"], found["several_lines"], found["not_searched"]) == (True, True, [])
    simple = run("pattern", "check", A)
    assert (simple["held_against_lines"], simple["several_lines"]) == (False, False)
    one = run("pattern", "check", "[network-traffic:dst_ref.value = '198.51.100.7' AND network-traffic:dst_port = 443]")
    assert (one["held_against_lines"], one["several_lines"], len(one["values"])) == (True, False, 1)
    shown = run("pattern", "check", f"{A} FOLLOWEDBY {B}", text=True)
    assert "198[.]51[.]100[.]7" in shown
    assert "several lines together, in order of time" in shown


@pytest.mark.parametrize(
    ("text", "what", "reason"),
    [
        ("[domain-name:value LIKE '%x%']", "domain-name:value LIKE", "no value in it can be looked up"),
        ("[domain-name:value MATCHES 'x']", "domain-name:value MATCHES", "no value in it can be looked up"),
        ("[ipv4-addr:value != '198.51.100.7']", "ipv4-addr:value !=", "no value in it can be looked up"),
        ("[network-traffic:dst_port = 443]", "network-traffic:dst_port =", "no value in it can be looked up"),
        ("[file:name = 'x']", "file:name", "lines of logs do not tell file:name"),
        (f"{A} AND [file:size > 5]", "file:size", "lines of logs do not tell file:size"),
        (
            "[domain-name:value = 'evil.example' AND domain-name:resolves_to_refs[*].value = '192.0.2.1']",
            "domain-name:resolves_to_refs.*.value",
            "lines of logs do not tell",
        ),
        ("[domain-name:value = 'co.uk' AND domain-name:value LIKE 'c%']", "domain-name:value", "a public suffix"),
    ],
)
def test_a_check_says_what_is_not_searched_and_why(run: Run, text: str, what: str, reason: str) -> None:
    found = run("pattern", "check", text)
    assert found["values"] == []
    assert found["not_searched"][0]["what"] == what
    assert reason in found["not_searched"][0]["reason"]
    told = run("pattern", "check", text, text=True)
    assert found["every_line"] == ("no value" in reason)
    assert ("detente hunt --every-line looks for it" in told) == found["every_line"]
    assert ("a hunt over logs does not look for it at all" in told) != found["every_line"]


def test_of_alternatives_those_that_can_be_searched_are(run: Run) -> None:
    found = run("pattern", "check", "[domain-name:value = 'evil.example' OR file:name = 'x'] OR [file:size > 5]")
    assert [v["value"] for v in found["values"]] == ["evil.example"]
    assert [one["what"] for one in found["not_searched"]] == ["file:name", "file:size"]
    assert not found["held_against_lines"]


def test_match_says_it_too(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "o.json"
    file.write_text(
        json.dumps(
            {
                "type": "observed-data",
                "id": "observed-data--1",
                "first_observed": "2026-11-22T00:00:00Z",
                "objects": {"0": {"type": "domain-name", "value": "evil.example"}},
            }
        )
    )
    found = run("match", "[domain-name:value MATCHES 'evil']", str(file))
    assert found["holds"]
    assert found["hunt"]["not_searched"]
    assert "A hunt finds its lines by 1 value:" in run("match", A, str(file), code=3, text=True)


def indicators(folder: Path, *patterns: str) -> str:
    objects = [
        {
            "type": "indicator",
            "spec_version": "2.1",
            "id": f"indicator--00000000-0000-4000-8000-{number:012}",
            "created": "2018-01-01T00:00:00.000Z",
            "modified": "2018-01-01T00:00:00.000Z",
            "valid_from": "2018-01-01T00:00:00Z",
            "pattern_type": "stix",
            "pattern": pattern,
        }
        for number, pattern in enumerate(patterns)
    ]
    file = folder / "bundle.json"
    bundle = {"type": "bundle", "id": "bundle--00000000-0000-4000-8000-000000000000", "objects": objects}
    file.write_text(json.dumps(bundle))
    return str(file)


def test_a_hunt_finds_what_one_line_and_what_lines_of_two_logs_say_together(run: Run, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "conn.log").write_bytes(CONN)
    (logs / "dns.log").write_bytes(DNS)
    file = indicators(
        tmp_path,
        "[network-traffic:dst_ref.value = '198.51.100.7' AND network-traffic:dst_port = 443]",
        f"({A} FOLLOWEDBY {B}) WITHIN 300 SECONDS",
        f"({A} FOLLOWEDBY {B}) WITHIN 5 SECONDS",
        f"{B} FOLLOWEDBY {A}",
        "[domain-name:value MATCHES 'evil']",
    )
    found = run("hunt", "--indicators", file, str(logs))
    rules = {hit["indicator"][-1]: hit["rules"] for hit in found["hits"]}
    assert rules == {"0": {"pattern": 1}, "1": {"pattern": 1}}
    assert ["no value in it can be looked up" in one["reason"] for one in found["not_searched"]] == [True]
    assert found["hit_lines"] == 2  # the one connection, by which the sequence is hit too, and the query behind it


def test_lines_without_a_time_are_told_where_the_order_is_asked_for(run: Run, tmp_path: Path) -> None:
    log = tmp_path / "plain.log"
    log.write_text("198.51.100.7 was here\nevil.example was there\n")
    found = run("hunt", "--indicators", indicators(tmp_path, f"{A} FOLLOWEDBY {B}", f"{A} AND {B}"), str(log))
    assert [hit["indicator"][-1] for hit in found["hits"]] == ["1"]
    assert [one["reason"] for one in found["not_searched"]] == [
        "2 lines that hold a part of it tell no time, which it needs"
    ]
