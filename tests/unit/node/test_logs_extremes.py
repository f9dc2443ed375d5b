"""Logs that change, vanish or fail while they are hunted, and disks that take nothing more: what is found, and what is said."""

from __future__ import annotations

import gzip
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.world import world

from detente.hunt.indicators import IndicatorSource, Matcher, compile_indicators
from detente.hunt.results import HuntResult
from detente.node.hunt import POSITION_FILE, hunt_logs
from detente.node.logs import list_logs
from detente.node.search import Manner, Sofar, StopRequest, search
from detente.node.share import say
from detente.stix.canonical import JsonValue
from detente.stix.objects import parse_object
from detente.stix.pattern import PatternValue

SOURCES = [IndicatorSource("indicator--x", [PatternValue("ipv4", "198.51.100.7")])]
LINE = b"2015-05-17T00:00:01Z 198.51.100.7 and what else there is to say\n"
BLOCK = LINE + b"2015-05-17T00:00:02Z nothing\n" * 999  # 30 KB
MANY = 300  # blocks: more than is read ahead


@pytest.fixture(params=[1, 3], ids=["one thread", "three threads"])
def threads(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return compile_indicators(SOURCES)[0]


def hunted(matcher: Matcher, path: Path, threads: int, meanwhile: Callable[[], object]) -> HuntResult:
    """A hunt in which something happens once, when the first part of the log was searched."""
    pending = [meanwhile]

    def once(_so_far: Sofar) -> None:
        while pending:
            pending.pop()()

    return search(list_logs([path]), matcher, Manner(progress=once), threads=threads).result


@pytest.mark.parametrize("packed", [False, True])
def test_a_log_that_is_renamed_or_deleted_while_it_is_read_is_read_to_its_end(
    tmp_path: Path, matcher: Matcher, threads: int, packed: bool
) -> None:
    log = tmp_path / "log"
    data = gzip.compress(BLOCK * MANY, 1) if packed else BLOCK * MANY
    for meanwhile in (lambda: log.rename(tmp_path / "log.1"), log.unlink):
        log.write_bytes(data)
        result = hunted(matcher, log, threads, meanwhile)
        assert (result.hit_lines, result.stopped) == (MANY, "")


def test_a_log_that_is_cut_while_it_is_read_says_so(tmp_path: Path, matcher: Matcher, threads: int) -> None:
    log = tmp_path / "log"
    log.write_bytes(BLOCK * MANY)
    result = hunted(matcher, log, threads, lambda: os.truncate(log, 10))
    assert 0 < result.hit_lines < MANY
    assert "it became shorter while it was read" in result.stopped


@pytest.mark.parametrize("blocks", [1, MANY])
@pytest.mark.parametrize("packed", [False, True])
def test_another_file_under_the_name_of_the_log_that_was_listed_is_not_taken_for_it(
    tmp_path: Path, matcher: Matcher, threads: int, blocks: int, packed: bool
) -> None:
    """Or a hunt that goes on later would count the one twice, and never read the other."""
    log = tmp_path / "log"
    log.write_bytes(gzip.compress(BLOCK * blocks, 1) if packed else BLOCK * blocks)
    logs = list_logs([log])
    log.rename(tmp_path / "log.1")
    shutil.copyfile(tmp_path / "log.1", log)
    found = search(logs, matcher, Manner(), threads=threads)
    assert found.result.hit_lines == 0
    assert "another file has its name" in found.result.stopped


def test_a_log_that_grows_between_listing_and_reading_is_read_to_its_end(
    tmp_path: Path, matcher: Matcher, threads: int
) -> None:
    log = tmp_path / "log"
    log.write_bytes(LINE)
    logs = list_logs([log])
    with log.open("ab") as file:
        file.write(LINE * 9)
    assert search(logs, matcher, Manner(), threads=threads).result.hit_lines == 10


def test_a_read_that_fails_is_said_with_its_reason_and_the_others_are_searched(
    tmp_path: Path, matcher: Matcher, threads: int
) -> None:
    (tmp_path / "log").write_bytes(LINE)
    found = search(list_logs([Path("/proc/self/mem"), tmp_path / "log"]), matcher, Manner(), threads=threads)
    assert found.result.hit_lines == 1
    assert "it cannot be read: Input/output error" in found.result.stopped


def test_a_hunt_that_goes_on_says_of_a_log_that_was_cut_since_that_it_was_not_searched(
    tmp_path: Path, matcher: Matcher, threads: int
) -> None:
    """As copytruncate does: the same file, begun anew."""
    log = tmp_path / "log"
    log.write_bytes(BLOCK * MANY)
    stop = StopRequest()
    first = search(list_logs([log]), matcher, Manner(stop=stop, progress=lambda _: stop.ask()), threads=threads)
    assert first.position is not None
    log.write_bytes(LINE * 5)
    second = search(list_logs([log]), matcher, Manner(resume=first.position), threads=threads)
    assert "shorter" in second.result.stopped


def test_a_zstandard_or_gzip_of_many_members_is_hunted_as_their_contents(tmp_path: Path, matcher: Matcher) -> None:
    dice = random.Random(5)
    parts = [LINE[: dice.randrange(len(LINE))] + LINE * dice.randrange(50) for _ in range(200)]
    (tmp_path / "plain").write_bytes(b"".join(parts))
    (tmp_path / "log.gz").write_bytes(b"".join(gzip.compress(part) for part in parts) + bytes(999))
    wanted = search(list_logs([tmp_path / "plain"]), matcher, Manner()).result
    found = search(list_logs([tmp_path / "log.gz"]), matcher, Manner()).result
    assert (found.lines, found.hit_lines, found.stopped) == (wanted.lines, wanted.hit_lines, "")
    (tmp_path / "log.gz").write_bytes(b"".join(gzip.compress(part) for part in parts)[:-20])
    cut = search(list_logs([tmp_path / "log.gz"]), matcher, Manner()).result
    assert wanted.hit_lines - 60 < cut.hit_lines <= wanted.hit_lines
    assert "end in the middle of member 200" in cut.stopped


def test_thousands_of_files_side_by_side_are_all_read_once(tmp_path: Path, matcher: Matcher, threads: int) -> None:
    for number in range(3000):
        folder = tmp_path / f"{number % 7}"
        folder.mkdir(exist_ok=True)
        (folder / f"{number}.log").write_bytes((b"", LINE, LINE * 3, LINE[:-1], b"nothing\n")[number % 5])
    result = search(list_logs([tmp_path]), matcher, Manner(), threads=threads).result
    assert (result.hit_lines, result.lines) == (600 * 5, 600 * 6)


def test_where_no_position_can_be_written_what_was_found_is_kept_and_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(BLOCK * MANY)
    with world(tmp_path / "world") as there:
        node = there.node("a")
        say(node, "", [parse_object(INDICATOR)])
        (node.folder / (POSITION_FILE + ".part")).mkdir()  # so that it cannot be written, as on a disk that is full
        stop = StopRequest()
        run = hunt_logs(node, [tmp_path / "log"], manner=Manner(stop=stop, progress=lambda _: stop.ask()))
        assert run.result.hit_lines > 0
        assert run.entry > 0
        assert [POSITION_FILE in one.name for one in run.not_read] == [True]
        assert "cannot be written" in run.not_read[0].reason


INDICATOR: dict[str, JsonValue] = {
    "type": "indicator",
    "spec_version": "2.1",
    "id": "indicator--00000000-0000-4000-8000-000000000007",
    "created": "2026-01-01T00:00:00.000Z",
    "modified": "2026-01-01T00:00:00.000Z",
    "pattern": "[ipv4-addr:value = '198.51.100.7']",
    "pattern_type": "stix",
    "valid_from": "2026-01-01T00:00:00Z",
}
