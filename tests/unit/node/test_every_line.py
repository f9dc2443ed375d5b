"""--every-line through the command line: what it finds, what is listed without it, and that it goes with all ways to hunt."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.cli.test_commands import node, run

from detente.hunt.gathered import Gathered
from detente.hunt.partition import Part
from detente.node.cluster import in_order, index_of, search_part
from detente.node.follow import Follower, matcher_for
from detente.node.hunt_run import Choice, apart, hunt_for
from detente.node.lists import read_indicator_file
from detente.node.logs import list_logs
from detente.node.search import LineHitOf, Manner, Sofar

__all__ = ["node", "run"]  # fixtures

CHOICE = Choice(every_line=True)
PATTERNS = [
    "[domain-name:value LIKE '%evil%']",
    "[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = 'scan/1']",
    "[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = 'scan/1'] FOLLOWEDBY [domain-name:value LIKE 'cdn%']",
    "[ipv4-addr:value = '198.51.100.7']",
    "[file:name = 'x.exe']",
]
LINES = [
    '192.0.2.1 - - [10/Nov/2026:06:00:00 +0000] "GET http://my-evil.example/ HTTP/1.1" 200 1 "-" "curl"\n',
    '192.0.2.1 - - [10/Nov/2026:06:00:01 +0000] "GET /a HTTP/1.1" 200 1 "-" "scan/1"\n',
    '198.51.100.7 - - [10/Nov/2026:06:00:02 +0000] "GET http://cdn7.example/ HTTP/1.1" 200 1 "-" "curl"\n',
    '192.0.2.1 - - [10/Nov/2026:06:00:03 +0000] "GET /b HTTP/1.1" 200 1 "-" "curl"\n',
    '198.51.100.7 - - [10/Nov/2026:06:00:04 +0000] "GET http://evil.example/ HTTP/1.1" 200 1 "-" "scan/1"\n',
]
FOUND = {"0": 2, "1": 2, "2": 1, "3": 2}


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    objects = [
        {
            "type": "indicator",
            "spec_version": "2.1",
            "id": f"indicator--{number:08}-0000-4000-8000-000000000000",
            "created": "2026-01-01T00:00:00.000Z",
            "modified": "2026-01-01T00:00:00.000Z",
            "valid_from": "2026-01-01T00:00:00Z",
            "pattern_type": "stix",
            "pattern": text,
        }
        for number, text in enumerate(PATTERNS)
    ]
    path = tmp_path / "indicators.json"
    path.write_text(
        json.dumps({"type": "bundle", "id": "bundle--00000000-0000-4000-8000-000000000001", "objects": objects})
    )
    return path


@pytest.fixture
def logs(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "1.log", tmp_path / "2.log"]
    paths[0].write_text("".join(LINES[:2]))
    paths[1].write_text("".join(LINES[2:]))
    return paths


def counts(hits: Any) -> dict[str, int]:
    return {one["indicator"].split("-")[2].lstrip("0") or "0": one["count"] for one in hits}


def test_without_it_they_are_listed_with_what_it_would_cost_and_with_it_they_are_found(
    run: Callable[..., Any], bundle: Path, logs: list[Path]
) -> None:
    paths = [str(path) for path in logs]
    plain = run("hunt", "--indicators", str(bundle), *paths)
    assert counts(plain["hits"]) == {"3": 2}
    assert (
        sum("--every-line reads every line for it, which is slow" in one["reason"] for one in plain["not_searched"])
        == 4
    )
    assert plain["every_line"] == []
    whole = run("hunt", "--indicators", str(bundle), "--every-line", *paths)
    assert counts(whole["hits"]) == FOUND
    assert [one["pattern"] for one in whole["every_line"]] == PATTERNS[:3]
    assert [one["reason"] for one in whole["not_searched"]] == ["lines of logs do not tell file:name"]
    assert whole["hit_lines"] == 4
    shown = run("hunt", "--indicators", str(bundle), "--every-line", *paths, text=True)
    assert "3 indicator(s) were held against every line" in shown
    assert "[domain-name:value LIKE '%evil%']" in shown
    listed = run("hunt", "--indicators", str(bundle), "--every-line", "--lines", paths[0], text=True)
    assert listed.splitlines() == [f"1\tpattern\t{PATTERNS[0]}", f"2\tpattern\t{PATTERNS[1]}"]


def test_a_node_hunts_so_too(node: Callable[..., Any], bundle: Path, logs: list[Path]) -> None:
    node("collection", "add", "c")
    node("import", str(bundle), "--collection", "c")
    found = node("hunt", "--every-line", *map(str, logs))
    assert counts(found["hits"]) == FOUND
    assert sorted(one["pattern"] for one in found["every_line"]) == sorted(PATTERNS[:3])
    assert counts(node("hunt", *map(str, logs))["hits"]) == {"3": 2}


def test_it_can_be_stopped_and_resumed_between_two_logs(bundle: Path, logs: list[Path]) -> None:
    sources, skipped = read_indicator_file(bundle, at_us=0, random=bytes, every_line=True)
    first = Manner()

    def stop(_so_far: Sofar) -> None:
        first.stop.asked = True

    first.progress = stop
    stopped = hunt_for(sources, skipped, list_logs(logs[:1]), choice=CHOICE, manner=first, at_us=0)
    assert stopped.position is not None
    run = hunt_for(sources, skipped, list_logs(logs), choice=CHOICE, manner=Manner(resume=stopped.position), at_us=0)
    assert {hits.id.split("-")[2].lstrip("0") or "0": hits.count for hits in run.result.hits} == FOUND


def test_workers_ask_every_line_of_their_parts(bundle: Path, logs: list[Path]) -> None:
    sources, _ = read_indicator_file(bundle, at_us=0, random=bytes, every_line=True)
    by_value, every_line = apart(sources, CHOICE)
    index, _ = index_of(by_value, CHOICE.warning_lists, CHOICE.allow_list, None, every_line)
    matcher = index.matcher()
    gathered = Gathered()
    found = {}
    for place, path in enumerate(logs):
        part = Part(place, 0, path.stat().st_size, whole=False)
        found[part] = search_part(str(path), part, matcher, None, "")
    results = in_order(found, gathered)
    total = {hits.id: 0 for hits in (*results[0].hits, *results[1].hits, *gathered.result().hits)}
    for hits in (*results[0].hits, *results[1].hits, *gathered.result().hits):
        total[hits.id] += hits.count
    assert {name.split("-")[2].lstrip("0") or "0": count for name, count in total.items()} == FOUND


def test_a_log_that_is_followed_is_asked_line_by_line_as_it_grows(tmp_path: Path, bundle: Path) -> None:
    sources, skipped = read_indicator_file(bundle, at_us=0, random=bytes, every_line=True)
    ready = matcher_for(sources, skipped, CHOICE)
    shown: list[tuple[int, str]] = []

    def show(hit: LineHitOf) -> None:
        shown.append((hit.line, hit.value.value))

    log, state = tmp_path / "access.log", tmp_path / "state.json"
    for line in LINES:
        with log.open("a") as stream:
            stream.write(line)
        follower = Follower([log], ready.matcher, Manner(on_hit=show), state)
        follower.look()
    assert {hits.id.split("-")[2].lstrip("0") or "0": hits.count for hits in follower.found.hits} == FOUND
    assert sorted(shown) == sorted(
        [
            (1, PATTERNS[0]),
            (2, PATTERNS[1]),
            (3, "198.51.100.7"),
            (3, PATTERNS[2]),
            (5, PATTERNS[0]),
            (5, PATTERNS[1]),
            (5, "198.51.100.7"),
        ]
    )
