"""A log in parts is the log: every line once, wherever the cuts are."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from detente.hunt.indicators import IndicatorSource, compile_indicators
from detente.hunt.partition import (
    TASK_BYTES,
    TASK_BYTES_MIN,
    Log,
    Part,
    PartLines,
    joined,
    tasks,
)
from detente.hunt.scan import hunt
from detente.stix.pattern import PatternValue

lines = st.lists(st.sampled_from([b"", b"a", b"198.51.100.7", b"x" * 30, b"evil.example 198.51.100.7"]), max_size=12)


def cut(data: bytes, cuts: list[int]) -> list[Part]:
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    return [Part(0, a, b, whole=False) for a, b in pairwise(edges)]


def read(data: bytes, part: Part, room: int) -> bytes:
    """As much as there is room for at a time, and at most seven bytes of those from a file."""

    def read_at(at: int, into: memoryview) -> int:
        got = data[at : at + min(7, len(into))]
        into[: len(got)] = got
        return len(got)

    lines = PartLines(part, read_at)
    buffer = memoryview(bytearray(room))
    found = b""
    while got := lines(buffer):
        found += buffer[:got]
    assert not lines(buffer)
    return found


@given(lines, st.booleans(), st.lists(st.integers(0, 200), max_size=5), st.integers(1, 50))
def test_the_parts_of_a_log_hold_each_line_once_and_in_order(
    made: list[bytes], ends: bool, cuts: list[int], room: int
) -> None:
    data = b"\n".join(made) + (b"\n" if ends else b"")
    found = [read(data, part, room) for part in cut(data, cuts)]
    assert b"".join(found) == data
    assert all(part.endswith(b"\n") for part in [part for part in found if part][:-1])


@given(lines, st.lists(st.integers(0, 200), max_size=5))
def test_the_results_of_parts_joined_are_the_result_of_the_whole(made: list[bytes], cuts: list[int]) -> None:
    data = b"\n".join(made)
    matcher, _ = compile_indicators(
        [
            IndicatorSource("indicator--1", [PatternValue("ipv4", "198.51.100.7")]),
            IndicatorSource("indicator--2", [PatternValue("domain", "evil.example")]),
        ]
    )
    results = [hunt([read(data, part, 50)], matcher) for part in cut(data, cuts)]
    assert joined(results) == hunt([data], matcher)


def test_why_a_log_ended_early_is_said_once() -> None:
    result = replace(hunt([b"a\n"], compile_indicators([])[0]), stopped="it is gone")
    assert joined([result, result]).stopped == "it is gone"


@given(
    st.lists(st.tuples(st.integers(0, 500_000), st.booleans()), max_size=20),
    st.integers(1, 8),
    st.integers(1, 1 << 19),
)
def test_tasks_hold_every_byte_of_every_log_once(files: list[tuple[int, bool]], workers: int, task_bytes: int) -> None:
    logs = [Log(str(n), size, cut) for n, (size, cut) in enumerate(files)]
    made = [part for task in tasks(logs, workers=workers, task_bytes=task_bytes) for part in task]
    for n, log in enumerate(logs):
        parts = [part for part in made if part.log == n]
        assert [part.start for part in parts] == [0, *(part.end for part in parts[:-1])]
        assert parts[-1].end == log.size
        assert log.cut or parts == [Part(n, 0, log.size, whole=True)]


def sizes(made: list[tuple[Part, ...]]) -> list[int]:
    return [sum(part.end - part.start for part in task) for task in made]


def test_a_thousand_small_logs_are_few_tasks_and_those_of_a_large_log_grow_smaller() -> None:
    assert len(tasks([Log(str(n), 1000, True) for n in range(1000)], workers=2)) == 2
    assert len(tasks([Log(str(n), 1 << 20, False) for n in range(1000)], workers=2)) > 30
    assert tasks([], workers=2) == []
    large = sizes(tasks([Log("large", 1 << 30, True)], workers=2))
    assert large[0] == TASK_BYTES
    assert large[-1] < 2 * TASK_BYTES_MIN
    assert large[:-1] == sorted(large[:-1], reverse=True)
    assert len(large) < 15


def test_what_cannot_be_cut_is_begun_first_and_the_largest_before_all() -> None:
    logs = [Log("a", 1 << 30, True), Log("b.gz", 1 << 28, False), Log("c.gz", 1 << 29, False)]
    made = tasks(logs, workers=2)
    assert made[:2] == [(Part(2, 0, 1 << 29, whole=True),), (Part(1, 0, 1 << 28, whole=True),)]
    assert {part.log for task in made[2:] for part in task} == {0}
