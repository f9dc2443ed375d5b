"""Which logs are hunted, in which order; and a hunt over them that is stopped, goes on, and says what it could not read."""

from __future__ import annotations

import gzip
import os
import threading
from pathlib import Path

import pytest

from detente.errors import LocalError, NotFound
from detente.hunt.indicators import IndicatorSource, compile_indicators
from detente.node.logs import LogFile, Logs, list_logs
from detente.node.search import Manner, Sofar, StopRequest, keep_position, read_position, search
from detente.stix.pattern import PatternValue

MATCHER, _ = compile_indicators([IndicatorSource("indicator--x", [PatternValue("ipv4", "198.51.100.7")])])
LINE = b"2015-05-17T00:00:01Z 198.51.100.7\n"


def names(*paths: Path) -> list[str]:
    return [Path(file.name).name for file in list_logs(paths).files]


def test_rotated_sets_come_in_the_order_of_time(tmp_path: Path) -> None:
    for name in (
        "a.log",
        "a.log.1",
        "a.log.2.gz",
        "a.log.10.zst",
        "b.log",
        "b.log-20150516",
        "b.log-20150517.xz",
        "c-1.txt",
    ):
        (tmp_path / name).write_bytes(b"x")
    wanted = [
        "a.log.10.zst",
        "a.log.2.gz",
        "a.log.1",
        "a.log",
        "b.log-20150516",
        "b.log-20150517.xz",
        "b.log",
        "c-1.txt",
    ]
    assert names(tmp_path) == wanted
    assert names(tmp_path / "a.log*") == wanted[:4]
    assert names(*sorted(tmp_path.glob("a.log*"))) == wanted[:4]


def test_what_is_no_log_is_left_out_with_the_reason_and_the_same_file_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"x")
    os.symlink(tmp_path / "log", tmp_path / "zlog")
    os.symlink(tmp_path / "nowhere", tmp_path / "gone")
    os.mkfifo(tmp_path / "pipe")
    logs = list_logs([tmp_path])
    assert [Path(file.name).name for file in logs.files] == ["log"]
    reasons = {Path(one.name).name: one.reason for one in logs.left_out}
    assert reasons["pipe"].startswith("a pipe (FIFO)")
    assert reasons["zlog"] == f"the same file as {tmp_path / 'log'}"
    assert "it was listed, and is gone" in reasons["gone"]
    with pytest.raises(NotFound, match="there is no log"):
        list_logs([tmp_path / "no*"])


def test_a_pipe_that_is_named_is_read_to_its_end(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_bytes(LINE * 3))
    writer.start()
    result = search(list_logs([tmp_path / "pipe"]), MATCHER, Manner()).result
    writer.join()
    assert result.hit_lines == 3


def test_a_log_that_vanishes_and_one_that_is_a_folder_say_so_and_the_others_are_searched(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(LINE)
    (tmp_path / "a").write_bytes(LINE)
    logs = list_logs([tmp_path])
    (tmp_path / "a").unlink()
    (tmp_path / "c").mkdir()
    found = search(Logs((*logs.files, LogFile(str(tmp_path / "c"), 1, 1, 1))), MATCHER, Manner())
    assert found.result.hit_lines == 1
    assert [bool(result.stopped) for _, result in found.by_log] == [True, False, True]
    assert "is gone" in found.by_log[0][1].stopped
    assert "directory" in found.by_log[2][1].stopped


@pytest.mark.parametrize("packed", [False, True])
def test_a_stopped_hunt_keeps_what_it_found_and_another_goes_on_from_there(tmp_path: Path, packed: bool) -> None:
    data = b"".join(b"2015-05-17T00:00:01Z 198.51.100.7 %d\n" % number for number in range(40_000))
    for name in "abc":
        (tmp_path / name).write_bytes(gzip.compress(data, 1) if packed else data)
    (tmp_path / "c").write_bytes(LINE)
    stop = StopRequest()

    def ask(so_far: Sofar) -> None:
        if so_far.name.endswith("b") and so_far.hits > 50_000:
            stop.ask()

    first = search(list_logs([tmp_path]), MATCHER, Manner(stop=stop, progress=ask), buffer_bytes=1 << 20)
    assert first.position is not None
    assert first.by_log[-1][1].stopped == "interrupted"
    assert 50_000 < first.result.hit_lines < 80_000
    keep_position(tmp_path.parent / "position", first.position)
    (tmp_path / "a").rename(tmp_path / "z")  # it is known again under another name
    numbers: list[int] = []
    manner = Manner(resume=read_position(tmp_path.parent / "position"), on_hit=lambda hit: numbers.append(hit.line))
    second = search(list_logs([tmp_path]), MATCHER, manner)
    assert second.position is None
    assert (second.result.hit_lines, second.result.lines) == (80_001, 80_001)
    assert numbers == [*range(40_002 - len(numbers), 40_001), 1]
    assert sum(hits.count for hits in second.result.hits) == 80_001
    keep_position(tmp_path.parent / "position", None)
    with pytest.raises(LocalError, match="no hunt was stopped here"):
        read_position(tmp_path.parent / "position")
