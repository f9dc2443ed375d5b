"""detente hunt without a node: what it prints, writes and returns."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from xml.etree import ElementTree

import pytest
import stix2

LIST = "ipv4\t198.51.100.7\ndomain\tevil.example\nevil.example/x\nmd5\tno-hash\n203.0.113.0/24  # a network\n"
WEB = """\
198.51.100.7 - - [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 403 23 "-" "curl"
198.51.100.7 - - [18/May/2015:10:06:03 +0000] "GET /a HTTP/1.1" 200 23 "-" "curl"
203.0.113.9 - - [18/May/2015:10:06:03 +0000] "GET /a HTTP/1.1" 404 23 "http://www.evil.example/y" "curl"
192.0.2.1 - - [18/May/2015:10:06:03 +0000] "GET /a HTTP/1.1" 404 23 "-" "curl"
"""


def hunt(*words: str | Path, code: int = 0, json_: bool = False, stdin: bytes = b"") -> str:
    command: Sequence[str] = [
        sys.executable,
        "-m",
        "detente.cli.main",
        *(["--json"] if json_ else []),
        "hunt",
        *map(str, words),
    ]
    ran = subprocess.run(command, input=stdin, capture_output=True, check=False)
    assert ran.returncode == code, ran.stderr.decode() + ran.stdout.decode()
    return ran.stdout.decode()


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    (tmp_path / "list.txt").write_text(LIST)
    (tmp_path / "access.log").write_text(WEB)
    return tmp_path / "list.txt", tmp_path / "access.log"


def test_lines_are_number_kind_and_indicator_for_each_hit(files: tuple[Path, Path]) -> None:
    indicators, log = files
    shown = hunt("--indicators", indicators, "--lines", log)
    assert sorted(shown.splitlines()) == [
        "1\tipv4\t198.51.100.7",
        "2\tipv4\t198.51.100.7",
        "3\tdomain\tevil.example",
        "3\tipv4\t203.0.113.0/24",
    ]
    assert hunt("--indicators", indicators, "--lines", "-", stdin=WEB.encode()) == shown


def test_the_report_says_what_was_found_and_then_what_was_not_searched(files: tuple[Path, Path]) -> None:
    indicators, log = files
    (log.parent / "allow.txt").write_text("203.0.113.0/28\n")
    shown = hunt("--indicators", indicators, "--allow-list", log.parent / "allow.txt", log)
    assert "4 lines in 1 log(s) (apache), 5 indicators" in shown
    assert "2015-05-17 to 2015-05-18" in shown
    row = next(line for line in shown.splitlines() if line.startswith("198[.]51"))
    assert row.split()[1:6] == ["list.txt", "2", "–", "1", "1"]
    assert "1 network; 1 on the allow-list" in shown
    assert shown.index("not searched") > shown.index("198[.]51[.]100[.]7")
    assert "not 32 hexadecimal digits" in shown.partition("not searched")[2]


def test_json_csv_stix_and_svg_say_the_same(files: tuple[Path, Path]) -> None:
    indicators, log = files
    stix, svg = log.parent / "out.json", log.parent / "out.svg"
    value: dict[str, Any] = json.loads(hunt("--indicators", indicators, "--stix", stix, "--svg", svg, log, json_=True))
    counts = {hit["values"][0]: hit["count"] for hit in value["hits"]}
    assert counts == {"198.51.100.7": 2, "evil.example": 1, "203.0.113.0/24": 1}
    assert value["hits"][0]["actions"] == {"blocked": 1, "allowed": 1}
    assert value["hits"][0]["directions"] == {"in": 2}
    rows = list(csv.DictReader(io.StringIO(hunt("--indicators", indicators, "--csv", log))))
    assert {row["values"]: int(row["hits"]) for row in rows} == counts
    assert rows[0]["blocked"] == "1"
    bundle = stix2.parse(stix.read_text())
    sightings = [o for o in bundle.objects if o["type"] == "sighting"]
    assert sorted(o["count"] for o in sightings) == [1, 1, 2]
    seen = {o["value"] for o in bundle.objects if o["type"] in ("ipv4-addr", "domain-name")}
    assert seen == {"198.51.100.7", "203.0.113.9", "www.evil.example"}
    assert all(len(o["observed_data_refs"]) == 1 for o in sightings)
    assert "access.log" not in stix.read_text()
    root = ElementTree.fromstring(svg.read_text())  # noqa: S314 - our own
    assert "4 hits on 2 days" in "".join(root.itertext())


def test_a_floor_a_cap_and_a_preference_are_counted_as_not_searched(tmp_path: Path) -> None:
    def indicator(number: int, **more: object) -> dict[str, object]:
        return {
            "type": "indicator", "spec_version": "2.1", "id": f"indicator--0000000{number}-0000-4000-8000-000000000000",
            "created": "2020-01-01T00:00:00.000Z", "modified": "2020-01-01T00:00:00.000Z", "valid_from": "2020-01-01T00:00:00Z",
            "pattern": f"[ipv4-addr:value = '198.51.100.{number}']", "pattern_type": "stix", **more,
        }  # fmt: skip

    objects = [indicator(1, confidence=10), indicator(2, confidence=90), indicator(3), indicator(4, confidence=60)]
    bundle = {"type": "bundle", "id": "bundle--00000000-0000-4000-8000-000000000000", "objects": objects}
    (tmp_path / "b.json").write_text(json.dumps(bundle))
    (tmp_path / "log").write_text("".join(f"198.51.100.{number}\n" for number in range(1, 5)))
    words: list[str | Path] = ["--indicators", tmp_path / "b.json", tmp_path / "log"]
    value = json.loads(hunt("--min-confidence", "50", *words, json_=True))
    assert sorted(hit["confidence"] or 0 for hit in value["hits"]) == [0, 60, 90]  # unknown is not low
    assert value["left_out"] == {"stated confidence below 50": 1}
    value = json.loads(hunt("--max-indicators", "2", *words, json_=True))
    assert sorted(hit["confidence"] for hit in value["hits"]) == [60, 90]
    assert value["left_out"] == {"ranked behind the first 2": 2}
    assert "2 indicator(s): ranked behind the first 2" in hunt("--max-indicators", "2", *words)


def test_nothing_found_is_exit_3_and_what_cannot_be_is_said(files: tuple[Path, Path]) -> None:
    indicators, log = files
    assert "No hit." in hunt("--indicators", indicators, "-", stdin=b"nothing\n", code=3)
    hunt("--indicators", indicators, log.parent / "no.log", code=3)
    hunt("--indicators", indicators, "--share", log, code=2)
    hunt("--indicators", indicators, "--follow", log, code=2)
    hunt("--indicators", indicators, "--state", "x", log, code=2)
    hunt("--indicators", indicators, "--format", "nonsense", log, code=2)
    assert "(syslog-3164)" in hunt("--indicators", indicators, "--format", "syslog-3164", log)


@contextmanager
def running(*words: str | Path, stdin: int = subprocess.DEVNULL) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "detente.cli.main", "hunt", *map(str, words)]
    with subprocess.Popen(
        command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def lines_of(process: subprocess.Popen[str]) -> IO[str]:
    assert process.stdout is not None
    return process.stdout


def test_a_hunt_is_stopped_by_ctrl_c_and_shows_what_it_found(files: tuple[Path, Path]) -> None:
    indicators, log = files
    read, write = os.pipe()
    with running("--indicators", indicators, log, "-", "--lines", stdin=read) as process:
        os.close(read)
        os.write(write, WEB.encode())  # stays open: standard input never ends
        assert lines_of(process).readline() == f"1\tipv4\t198.51.100.7\t{log}\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
    os.close(write)


def test_following_shows_hits_as_they_come_and_all_when_it_is_stopped(files: tuple[Path, Path]) -> None:
    indicators, log = files
    words = ("--follow", "--state", log.parent / "state.json", "--every", "0.05", "--indicators", indicators, log)
    with running(*words) as process:
        assert lines_of(process).readline() == "access.log:1  198[.]51[.]100[.]7  told by list.txt\n"
        process.send_signal(signal.SIGINT)
        assert "4 lines in" in lines_of(process).read()
        assert process.wait(timeout=60) == 0
    log.rename(log.with_name("access.log.1"))
    log.write_text(WEB.splitlines(keepends=True)[0])
    with running(*words) as process:  # goes on where the first ended
        assert lines_of(process).readline() == "access.log:1  198[.]51[.]100[.]7  told by list.txt\n"
        process.send_signal(signal.SIGINT)
        assert "5 lines in" in lines_of(process).read()
