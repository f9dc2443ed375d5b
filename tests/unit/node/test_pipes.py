"""Hits in what a program writes are told as soon as it pauses, and nothing of it is read twice or lost."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from detente.hunt.indicators import IndicatorSource, Matcher, compile_indicators
from detente.node.logs import list_logs
from detente.node.search import LineHitOf, Manner, search
from detente.stix.pattern import PatternValue

LINE = b"2015-05-17T00:00:01Z 198.51.100.7\n"
LONG_S = 60  # never waited for but by a broken hunt


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return compile_indicators([IndicatorSource("indicator--x", [PatternValue("ipv4", "198.51.100.7")])])[0]


@pytest.mark.parametrize("threads", [1, 2])
def test_a_hit_is_told_before_the_program_writes_more(tmp_path: Path, matcher: Matcher, threads: int) -> None:
    os.mkfifo(tmp_path / "pipe")
    told = threading.Semaphore(0)
    in_time: list[bool] = []
    lines: list[int] = []

    def write() -> None:
        with (tmp_path / "pipe").open("wb", buffering=0) as pipe:
            for text in (LINE, b"harmless\n" + LINE[:-5], LINE[-5:], LINE * 2000):
                pipe.write(text)
                if text.endswith(b"\n"):
                    in_time.append(told.acquire(timeout=LONG_S))

    def hear(hit: LineHitOf) -> None:
        lines.append(hit.line)
        if hit.line in (1, 3, 2003):
            told.release()

    writer = threading.Thread(target=write)
    writer.start()
    result = search(list_logs([tmp_path / "pipe"]), matcher, Manner(on_hit=hear), threads=threads).result
    writer.join()
    assert in_time == [True, True, True]
    assert lines == [1, *range(3, 2004)]
    assert (result.lines, result.hit_lines, result.hits_per_day) == (2003, 2002, {"2015-05-17": 2002})


def test_the_format_is_told_by_more_lines_as_they_come(tmp_path: Path, matcher: Matcher) -> None:
    os.mkfifo(tmp_path / "pipe")
    told = threading.Event()

    def write() -> None:
        with (tmp_path / "pipe").open("wb", buffering=0) as pipe:
            pipe.write(b"198.51.100.7 begins\n")
            assert told.wait(LONG_S)
            pipe.write(LINE * 20)

    writer = threading.Thread(target=write)
    writer.start()
    found = search(list_logs([tmp_path / "pipe"]), matcher, Manner(on_hit=lambda _: told.set()))
    writer.join()
    [hits] = found.result.hits
    assert (hits.count, hits.without_time, found.result.log_format) == (21, 1, "iso")


def test_standard_input_that_is_no_file_of_the_system_is_read_all_the_same(
    monkeypatch: pytest.MonkeyPatch, matcher: Matcher
) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(LINE * 3)))
    assert search(list_logs([Path("-")]), matcher, Manner()).result.hit_lines == 3
