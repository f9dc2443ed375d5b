"""detente hunt in a process of its own: endless lines, names made to deceive, and a kill in the middle.

DETENTE_FUZZ=1000 makes the lines 10 GB long.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path

import pytest

MEBIBYTE = 1 << 20
MANY = 200 if int(os.environ.get("DETENTE_FUZZ", "1")) < 1000 else 10_000
LIST = "198.51.100.7\nevil.example\n"
LINE = b"2015-05-17T00:00:01Z 198.51.100.7 and more\n"
CLI = (sys.executable, "-m", "detente.cli.main")
# The peak of the child alone, which its parent's memory has no part in.
PEAK = (
    "import resource, subprocess, sys\n"
    "code = subprocess.call(sys.argv[1:])\n"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10, file=sys.stderr)\n"
    "sys.exit(code)\n"
)


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    (tmp_path / "list.txt").write_text(LIST)
    return tmp_path / "list.txt"


def hunted_stream(listed: Path, chunks: Iterator[bytes]) -> tuple[int, dict[str, object], int]:
    """Exit code, the report, and the most memory in MiB."""
    command = [sys.executable, "-c", PEAK, *CLI, "--json", "hunt", "--indicators", str(listed), "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdin is not None
        for chunk in chunks:
            child.stdin.write(chunk)
        shown, said = child.communicate()
    return child.returncode, json.loads(shown), int(said.splitlines()[-1])


def test_an_endless_line_without_a_blank_is_left_out_and_counted_in_bounded_memory(listed: Path) -> None:
    code, report, peak = hunted_stream(listed, repeat(b"x" * MEBIBYTE, MANY))
    assert (code, report["lines"], report["hits"]) == (3, 1, [])
    assert (report["left_out_runs"], report["left_out_bytes"]) == (1, MANY * MEBIBYTE)
    assert peak < 400


def test_a_hit_at_the_end_of_an_endless_line_is_found_in_bounded_memory(listed: Path) -> None:
    words = (b"10.1.2.3 www.example.org nothing " * 40_000)[:MEBIBYTE]
    code, report, peak = hunted_stream(listed, chain(repeat(words, MANY), [b" 198.51.100.7"]))
    assert (code, report["lines"], report["hit_lines"], report["left_out_runs"]) == (0, 1, 1, 0)
    assert peak < 400


def test_nul_bytes_end_words_and_utf_16_without_a_mark_hides_everything(listed: Path) -> None:
    code, report, _ = hunted_stream(listed, iter([bytes(MEBIBYTE), b"198.51.100.7", bytes(MEBIBYTE)]))
    assert (code, report["hit_lines"], report["left_out_runs"]) == (0, 1, 0)
    log = LINE.decode() * 3
    assert hunted_stream(listed, iter([log.encode("utf-16")]))[1]["hit_lines"] == 3
    assert hunted_stream(listed, iter([log.encode("utf-16-le")]))[1]["hit_lines"] == 0


def test_names_of_logs_never_reach_the_terminal_as_they_are(listed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    names = (b"a\x1b[2J\x1b]0;gone\x07.log", b"b\nnot searched: nothing", b"c\xff\xe2\x80\xae.log")
    for name in names:
        (Path(os.fsdecode(os.path.join(os.fsencode(folder), name)))).write_bytes(b"\x1f\x8b\x08 cut" + LINE)
    (folder / "d.log").write_bytes(LINE)
    for options in ([], ["--lines"], ["--examples"], ["--csv"]):
        ran = subprocess.run([*CLI, "hunt", "--indicators", listed, *options, folder], capture_output=True, check=False)
        assert ran.returncode == 0, ran.stderr
        assert b"\x1b" not in ran.stdout + ran.stderr
        assert b"\nnot searched: nothing" not in ran.stdout
        ran.stdout.decode()
    ran = subprocess.run([*CLI, "--json", "hunt", "--indicators", listed, folder], capture_output=True, check=True)
    stopped = json.loads(ran.stdout)["stopped"]
    assert sorted(os.path.basename(os.fsencode(name)) for name in stopped) == sorted(names)


def test_a_hunt_that_is_killed_leaves_a_node_that_hunts_as_before(tmp_path: Path) -> None:
    node, pipe = tmp_path / "node", tmp_path / "pipe"
    (tmp_path / "list.txt").write_text(LIST)
    (tmp_path / "log").write_bytes(LINE * 10)
    os.mkfifo(pipe)

    def detente(*words: object) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run([*CLI, "--node", node, *map(str, words)], capture_output=True, check=False)

    assert detente("init", "--origin", "a.example").returncode == 0
    assert detente("collection", "add", "in", "--ceiling", "red").returncode == 0
    assert detente("import", tmp_path / "list.txt", "--collection", "in").returncode == 0
    hunting = [*CLI, "--node", str(node), "hunt", "--lines", str(tmp_path / "log"), str(pipe)]
    with subprocess.Popen(hunting, stdout=subprocess.PIPE) as child, pipe.open("wb"):
        # The first log was searched, and the second never ends.
        assert child.stdout is not None
        assert child.stdout.readline().startswith(b"1\tipv4")
        child.send_signal(signal.SIGKILL)
        child.communicate()
    resumed = detente("hunt", "--resume", tmp_path / "log")
    assert resumed.returncode == 1
    assert b"no hunt was stopped here" in resumed.stderr
    report = detente("--json", "hunt", tmp_path / "log")
    assert (report.returncode, json.loads(report.stdout)["hit_lines"]) == (0, 10)
    assert detente("fsck").returncode == 0
