"""Files that are read straight into buffers give what the general way gives, whatever they hold and whatever happens meanwhile."""

from __future__ import annotations

import errno
import gzip
import os
import random
import threading
from pathlib import Path
from typing import Any

import pytest

from detente.errors import InvalidStatement
from detente.hunt.chunks import PADDING
from detente.hunt.indicators import IndicatorSource, Matcher, compile_indicators
from detente.hunt.packed import plain_chunks
from detente.hunt.results import HuntResult
from detente.hunt.scan import hunt
from detente.node import search as node_search
from detente.node.logs import list_logs
from detente.node.search import LineHitOf, Manner, Sofar, StopRequest, search
from detente.stix.pattern import PatternValue

SOURCES = [
    IndicatorSource("indicator--a", [PatternValue("ipv4", "198.51.100.7")]),
    IndicatorSource("indicator--b", [PatternValue("domain", "evil.example")]),
    IndicatorSource("indicator--c", [PatternValue("url", "http://evil.example/x")]),
]
LINE = b"2015-05-17T00:00:01Z 198.51.100.7 evil.example\n"
WORDS = (
    b"198.51.100.7 evil.example www.evil.example http://evil.example/x harmless.example 198.51.100.70 "
    b"2015-05-17T00:00:01Z \xff\xfe \x00 :: a.b"
).split(b" ")
BREAKS = (b"\n", b"\n", b"\n\n", b"\r\n", b" ", b" ", b"\x00", b"")


@pytest.fixture(params=[False, True], ids=["interpreted", "compiled"])
def matcher(request: pytest.FixtureRequest) -> Matcher:
    if not request.param:
        return compile_indicators(SOURCES)[0]
    pytest.importorskip("numba", reason="the compiled sieve needs Numba (the extra `hunt`)")
    from detente.hunt.builder import build

    return build(SOURCES).matcher()


@pytest.fixture(autouse=True)
def told_formats(monkeypatch: pytest.MonkeyPatch) -> None:
    """The general way tells the format of every log, so it is told here too."""
    monkeypatch.setattr(node_search, "FORMATS_TOLD", 1 << 30)


def written(dice: random.Random, words_max: int = 60) -> bytes:
    data = b"".join(dice.choice(WORDS) + dice.choice(BREAKS) for _ in range(dice.randrange(words_max)))
    if dice.random() < 0.1:
        data += b" ".join(dice.choices(WORDS, k=300))  # a line over several blocks
    return data


def in_general(data: bytes, matcher: Matcher) -> HuntResult:
    return hunt(plain_chunks([data]), matcher)


def buffer_sizes(dice: random.Random) -> int:
    return 2 * PADDING + dice.choice((1, 7, 60, 300, 1000, 5000))


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_random_files_in_buffers_of_any_size_give_the_results_of_the_general_way(
    tmp_path: Path, matcher: Matcher, threads: int
) -> None:
    dice = random.Random(threads)
    logs = {f"{number:03}": written(dice) for number in range(60)}
    logs |= {"010": b"", "020": b"\n", "021": b"\n\n", "022": b"\r\n", "023": b"\0", "024": b"198.51.100.7"}
    logs |= {"030": gzip.compress(LINE * 3), "031": LINE.decode().encode("utf-16"), "032": b"\xef\xbb\xbf" + LINE}
    for name, data in logs.items():
        (tmp_path / name).write_bytes(data)
    wanted = [in_general(data, matcher) for _, data in sorted(logs.items())]
    assert sum(result.count for result in wanted) > 300
    for _ in range(6):
        buffer_bytes = buffer_sizes(dice)
        lines: list[tuple[str, int]] = []

        def hear(hit: LineHitOf, lines: list[tuple[str, int]] = lines) -> None:
            lines.append((hit.log, hit.line))

        manner = Manner(on_hit=hear)
        found = search(list_logs([tmp_path]), matcher, manner, threads=threads, buffer_bytes=buffer_bytes)
        assert [result for _, result in found.by_log] == wanted, buffer_bytes
        assert lines == sorted(lines)
        assert len(lines) == sum(result.count for result in wanted)
        assert search(list_logs([tmp_path]), matcher, Manner(), threads=threads).by_log == found.by_log


@pytest.mark.parametrize("threads", [1, 2])
def test_a_stopped_hunt_over_many_files_goes_on_where_it_was(tmp_path: Path, matcher: Matcher, threads: int) -> None:
    dice = random.Random(3)
    for number in range(30):
        (tmp_path / f"{number:03}").write_bytes(written(dice, 300))
    wanted = search(list_logs([tmp_path]), matcher, Manner()).result
    buffer_bytes = 2 * PADDING + 2000
    for after in (1, 4, 9, 25):
        stop = StopRequest()
        calls = iter(range(1, 1000))
        heard: list[tuple[str, int]] = []

        def hear(hit: LineHitOf, heard: list[tuple[str, int]] = heard) -> None:
            heard.append((hit.log, hit.line))

        def ask(so_far: Sofar, calls: Any = calls, after: int = after, stop: StopRequest = stop) -> None:
            assert so_far.done <= so_far.total
            if next(calls) == after:
                stop.ask()

        manner = Manner(stop=stop, progress=ask, on_hit=hear)
        first = search(list_logs([tmp_path]), matcher, manner, threads=threads, buffer_bytes=buffer_bytes)
        assert first.position is not None
        assert first.by_log[-1][1].stopped == "interrupted"
        second = search(
            list_logs([tmp_path]),
            matcher,
            Manner(resume=first.position, on_hit=hear),
            threads=threads,
            buffer_bytes=buffer_bytes,
        )
        assert second.position is None
        result = second.result
        assert (result.lines, result.bytes, result.hit_lines) == (wanted.lines, wanted.bytes, wanted.hit_lines)
        assert {h.id: (h.count, h.rules) for h in result.hits} == {h.id: (h.count, h.rules) for h in wanted.hits}
        assert heard == sorted(heard)
        assert len(heard) == wanted.count


@pytest.mark.parametrize("what", ["truncate", "grow", "fail"])
@pytest.mark.parametrize("threads", [1, 2])
def test_of_a_file_that_changes_while_it_is_read_what_was_read_is_searched(
    tmp_path: Path, matcher: Matcher, monkeypatch: pytest.MonkeyPatch, what: str, threads: int
) -> None:
    log = tmp_path / "log"
    dice = random.Random(what)
    for at_call in (1, 2, 3, 7):
        data = b"".join(written(dice) for _ in range(50))
        log.write_bytes(data)
        delivered = bytearray()
        calls = iter(range(1, 10_000))
        preadv = os.preadv

        def read(descriptor: int, buffers: Any, at: int, **state: Any) -> int:
            if next(state["calls"]) == state["at_call"]:
                state["happens"]()
            got = state["preadv"](descriptor, buffers, at)
            assert at == len(state["delivered"])
            state["delivered"] += bytes(buffers[0][:got])
            return int(got)

        def happens(data: bytes = data) -> None:
            if what == "truncate":
                os.truncate(log, len(data) // 3)
            elif what == "grow":
                with log.open("ab") as stream:
                    stream.write(LINE * 20)
            else:
                raise OSError(errno.EIO, "the disk is broken")

        state: dict[str, Any] = {
            "calls": calls,
            "at_call": at_call,
            "delivered": delivered,
            "preadv": preadv,
            "happens": happens,
        }
        with monkeypatch.context() as patch:
            patch.setattr(os, "preadv", lambda *arguments, state=state: read(*arguments, **state))
            found = search(list_logs([log]), matcher, Manner(), threads=threads, buffer_bytes=2 * PADDING + 700)
        [(_, result)] = found.by_log
        wanted = in_general(bytes(delivered), matcher)
        assert ("broken" in result.stopped) == (what == "fail")
        assert (result.lines, result.bytes, result.hit_lines) == (wanted.lines, wanted.bytes, wanted.hit_lines)
        assert [(h.id, h.count, h.first_line, h.last_line) for h in result.hits] == [
            (h.id, h.count, h.first_line, h.last_line) for h in wanted.hits
        ]


@pytest.mark.parametrize("threads", [1, 2])
def test_files_that_are_no_longer_what_was_listed_are_searched_as_they_are_and_the_others_too(
    tmp_path: Path, matcher: Matcher, threads: int
) -> None:
    for number in range(12):
        (tmp_path / f"{number:02}").write_bytes(LINE * (number + 1))
    logs = list_logs([tmp_path])
    (tmp_path / "02").unlink()
    (tmp_path / "04").write_bytes(LINE * 100)  # grew
    (tmp_path / "05").write_bytes(LINE[:-1])  # was truncated, and now lacks a newline
    (tmp_path / "06").write_bytes(b"")
    (tmp_path / "07").unlink()
    (tmp_path / "07").mkdir()
    found = search(logs, matcher, Manner(), threads=threads)
    results = [result for _, result in found.by_log]
    assert [result.hit_lines for result in results] == [1, 2, 0, 4, 100, 1, 0, 0, 9, 10, 11, 12]
    assert [Path(name).name for name, result in found.by_log if result.stopped] == ["02", "05", "06", "07"]
    assert "is gone" in results[2].stopped
    assert "directory" in results[7].stopped


@pytest.mark.parametrize("threads", [1, 2])
def test_a_format_that_a_short_file_has_not_is_refused_and_no_thread_is_left(
    tmp_path: Path, matcher: Matcher, threads: int
) -> None:
    before = threading.active_count()
    for number in range(40):
        (tmp_path / f"{number:02}").write_bytes(b"nothing in it\n" * 50)
    with pytest.raises(InvalidStatement, match="begins with no header"):
        search(list_logs([tmp_path]), matcher, Manner(format_name="zeek-tsv"), threads=threads, buffer_bytes=4000)
    assert threading.active_count() == before


def test_of_many_short_files_the_format_is_told_where_something_hits(
    tmp_path: Path, matcher: Matcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node_search, "FORMATS_TOLD", 2)
    for number in range(6):
        (tmp_path / f"{number:02}").write_bytes(LINE if number == 4 else LINE.replace(b"7 evil", b"8 good"))
    found = search(list_logs([tmp_path]), matcher, Manner())
    assert [result.log_format for _, result in found.by_log] == ["iso", "iso", "", "", "iso", ""]
    assert [result.whole_bytes for _, result in found.by_log] == [len(LINE)] * 6


def test_progress_is_told_for_many_short_files_together(tmp_path: Path, matcher: Matcher) -> None:
    told: list[Sofar] = []
    for number in range(400):
        (tmp_path / f"{number:03}").write_bytes(LINE * 50)
    search(list_logs([tmp_path]), matcher, Manner(progress=told.append))
    assert [so_far.done for so_far in told] == sorted(so_far.done for so_far in told)
    assert (told[-1].done, told[-1].hits) == (400 * 50 * len(LINE), 400 * 50)
    assert len(told) <= 3


def test_an_error_of_a_thread_reaches_the_caller(
    tmp_path: Path, matcher: Matcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> bool:
        raise MemoryError("no more")

    monkeypatch.setattr("detente.node.plain_files._read_whole", fails)
    (tmp_path / "log").write_bytes(LINE)
    for threads in (1, 2):
        with pytest.raises(MemoryError, match="no more"):
            search(list_logs([tmp_path]), matcher, Manner(), threads=threads)
