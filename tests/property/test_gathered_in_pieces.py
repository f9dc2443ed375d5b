"""Patterns of several lines are found alike in whatever pieces the logs are read: stopped and resumed, by workers, look by look.

Whatever is handed on is written as JSON and read again on its way.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.property.test_hunted_patterns_equal_reference import PATTERNS, ROWS, Row, apache, eve, zeek

from detente.hunt.gathered import Gathered, Written
from detente.hunt.indicators import IndicatorSource, Matcher, compile_indicators
from detente.hunt.literals import plan
from detente.hunt.partition import Part
from detente.hunt.readers import Outcome
from detente.hunt.results import HuntResult
from detente.hunt.scan import hunt
from detente.hunt.sequence import watched
from detente.hunt.tally import Seen
from detente.node.cluster import in_order, search_part
from detente.node.follow import Follower
from detente.node.logs import list_logs
from detente.node.search import LineHitOf, Manner, Sofar, keep_position, read_position, search
from detente.stix.pattern import PatternValue

FUZZ = int(os.environ.get("DETENTE_FUZZ", "1"))
A, B = "198.51.100.7", "evil.example"
IN_TIME = f"([ipv4-addr:value = '{A}'] FOLLOWEDBY [domain-name:value = '{B}']) WITHIN 4 SECONDS"


def matcher_of(*patterns: str) -> Matcher:
    sources = []
    for number, text in enumerate(patterns):
        planned = plan(text)
        if planned.searched:
            sources.append(IndicatorSource(f"indicator--{number}", planned.values, shared_by="a", pattern=planned.held))
    return compile_indicators(sources)[0]


def again(written: Written) -> Written:
    """As it comes back from a file."""
    return msgspec.json.decode(msgspec.json.encode(written), type=Written)


def told(result: HuntResult) -> object:
    """What must not depend on the pieces: not the lines shown, nor their numbers, which mean nothing over several logs."""
    return (
        result.hit_lines,
        result.hits_per_day,
        [
            replace(hits, examples=(), first_line=None, last_line=None, source=replace(hits.source, values=()))
            for hits in result.hits
        ],
        result.partly,
    )


@settings(max_examples=120 * FUZZ, deadline=None)
@given(st.lists(PATTERNS, min_size=1, max_size=3), ROWS, st.sampled_from([eve, apache]), st.data())
def test_lines_gathered_in_pieces_hold_what_they_hold_together(
    patterns: list[str], rows: list[Row], write: Callable[[list[Row]], bytes], data: st.DataObject
) -> None:
    matcher = matcher_of(*patterns)
    lines = write(rows).splitlines(keepends=True)
    whole = hunt([b"".join(lines)], matcher)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(lines)), max_size=4)))
    together = Gathered()
    parts: list[HuntResult] = []
    before = 0
    for start, end in zip([0, *cuts], [*cuts, len(lines)], strict=True):
        piece = Gathered()
        parts.append(hunt([b"".join(lines[start:end])], matcher, format_name=whole.log_format, gathered=piece))
        together.take(again(piece.written(heads=True)), lines_before=before)
        together = _restarted(together)
        before = end
    more = together.result()
    assert sum(part.count for part in parts) + more.count == whole.count
    assert sum(part.hit_lines for part in parts) + more.hit_lines == whole.hit_lines
    alone = {hits.id for part in parts for hits in part.hits}
    expected = {hits.id: hits for hits in whole.hits if hits.id not in alone}
    found = {hits.id: hits for hits in more.hits}
    assert expected.keys() == found.keys()
    for name, hits in found.items():
        assert replace(hits, source=expected[name].source, examples=()) == replace(expected[name], examples=())


def _restarted(gathered: Gathered) -> Gathered:
    anew = Gathered()
    anew.take(again(gathered.written(heads=True)))
    return anew


def logs_of(dice: random.Random, folder: Path, files: int, lines: int) -> list[Path]:
    rows: list[Row] = [
        (
            dice.randrange(60),
            dice.choice([A, "10.0.0.1", "192.0.2.3"]),
            "10.0.0.9",
            dice.choice([80, 443]),
            dice.choice([B, "good.example"]),
            "tcp",
        )
        for _ in range(files * lines)
    ]
    paths = []
    for number in range(files):
        path = folder / f"{number}.log"
        path.write_bytes(dice.choice([zeek, eve, apache])(rows[number * lines : (number + 1) * lines]))
        paths.append(path)
    return paths


SEVERAL = [
    IN_TIME,
    f"[ipv4-addr:value = '{A}'] AND [domain-name:value = '{B}' AND network-traffic:dst_port = 443]",
    f"[ipv4-addr:value = '{A}'] REPEATS 3 TIMES WITHIN 2 SECONDS",
    f"[ipv4-addr:value = '{A}']",
    f"[network-traffic:src_ref.value = '{A}' AND network-traffic:dst_port = 80]",
]


@pytest.mark.parametrize("seed", range(6 * FUZZ))
def test_a_hunt_that_is_stopped_and_resumed_finds_what_one_finds(seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)
    logs = list_logs(logs_of(dice, tmp_path, files=6, lines=12))
    matcher = matcher_of(*SEVERAL)
    whole = search(logs, matcher, Manner()).result
    position = None
    for _ in range(20):
        manner = Manner(resume=position)

        def stop_somewhere(_so_far: Sofar, manner: Manner = manner) -> None:
            if dice.random() < 0.4:
                manner.stop.asked = True

        manner.progress = stop_somewhere
        done = search(logs, matcher, manner)
        if done.position is None:
            break
        keep_position(tmp_path / "position.json", done.position)
        position = read_position(tmp_path / "position.json")
    assert done.position is None
    assert whole.count > 20
    assert told(done.result) == told(whole)


@pytest.mark.parametrize("seed", range(6 * FUZZ))
def test_workers_find_what_one_process_finds(seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)
    paths = logs_of(dice, tmp_path, files=3, lines=60)
    matcher = matcher_of(*SEVERAL)
    cut = [
        Part(place, start, end, whole=False)
        for place, path in enumerate(paths)
        for start, end in _cut(dice, 0, path.stat().st_size)
    ]
    dice.shuffle(cut)
    found = {}
    for part in cut:
        result, written = search_part(str(paths[part.log]), part, matcher, None, "")
        found[part] = result, again(written)
    together = Gathered()
    by_log = in_order(found, together)
    gathered = Gathered()
    alone = [hunt([path.read_bytes()], matcher, gathered=gathered) for path in paths]
    assert [told(by_log[place]) for place in range(len(paths))] == [told(result) for result in alone]
    joined_, one = together.result(), gathered.result()
    assert told(joined_) == told(one)
    assert [(h.first_line, h.last_line, h.examples) for h in joined_.hits] == [
        (h.first_line, h.last_line, h.examples) for h in one.hits
    ]
    assert joined_.count > 20
    each = in_order(found, None)
    assert [each[place].count for place in each] == [hunt([path.read_bytes()], matcher).count for path in paths]


def _cut(dice: random.Random, start: int, end: int) -> list[tuple[int, int]]:
    edges = sorted({start, end, *(dice.randrange(start, end + 1) for _ in range(9))})
    return list(pairwise(edges))


def test_looks_at_a_log_that_is_followed_join_through_restarts_and_tell_each_hit_once(tmp_path: Path) -> None:
    log, state = tmp_path / "access.log", tmp_path / "state.json"
    matcher = matcher_of(IN_TIME)
    shown: list[tuple[int, str]] = []

    def show(hit: LineHitOf) -> None:
        shown.append((hit.line, hit.value.value))

    dice = random.Random(2)
    count = 0
    for number in range(40):
        with log.open("a") as stream:
            # Every other line is in the last seconds of a minute, and in the next minute is what may follow it.
            name = B if dice.random() < 0.5 else "good.example"
            source, at = (
                (A, f"{12 + number}:59") if number % 2 == 0 else ("10.0.0.1", f"{12 + number}:0{dice.randrange(5)}")
            )
            stream.write(f'{source} - - [24/Mar/2018:17:{at} +0000] "GET http://{name}/ HTTP/1.1" 200 5 "-" "-"\n')
        follower = Follower([log], matcher, Manner(on_hit=show), state)
        follower.look()
        count = follower.found.count
        assert len(shown) == count
    assert count == hunt([log.read_bytes()], matcher).count > 5
    assert len(set(shown)) == len(shown)
    assert state.stat().st_size < 20_000


SECONDS = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 3)), max_size=60)
BOUNDED = [
    "([ipv4-addr:value = 'A'] FOLLOWEDBY [domain-name:value = 'B']) WITHIN 4 SECONDS",
    "([ipv4-addr:value = 'A'] AND [domain-name:value = 'B']) WITHIN 3 SECONDS",
    "([ipv4-addr:value = 'A'] OR ([domain-name:value = 'B'] REPEATS 2 TIMES)) WITHIN 2 SECONDS",
    "([ipv4-addr:value = 'A'] REPEATS 2 TIMES FOLLOWEDBY [domain-name:value = 'B'] WITHIN 1 SECONDS) WITHIN 5 SECONDS",
]


def gathered_of(
    text: str, seconds: Sequence[tuple[int, int]], gathered: Gathered, *, asked_every: int = 1
) -> list[int]:
    """Lines with the parts they make true, each so many seconds after the one before; hits that were told of, after each."""
    source = IndicatorSource("indicator--1", (PatternValue("ipv4", "192.0.2.1"),), pattern=text)
    pattern = watched(source)
    gathered.next_log()
    seen = Seen()
    seen.values = {("ipv4", b"192.0.2.1")}
    at = 0
    news = []
    for line, (after, parts) in enumerate(seconds):
        at += after * 1_000_000
        gathered.add(source, pattern, parts, line + 1, Outcome(at, "", "in", "allowed"), seen, b"", counted=False)
        if line % asked_every == 0:
            news.append(len(gathered.news()))
    return [*news, len(gathered.news())]


@settings(max_examples=150 * FUZZ, deadline=None)
@given(st.sampled_from(BOUNDED), SECONDS, st.integers(12, 30))
def test_lines_in_order_of_time_can_be_let_go_and_nothing_is_lost(
    text: str, seconds: list[tuple[int, int]], lines_max: int
) -> None:
    text = text.replace("'A'", "'192.0.2.1'").replace("'B'", "'b.example'")
    all_, bounded = Gathered(), Gathered(lines_max=lines_max, settling=True)
    gathered_of(text, seconds, all_)
    gathered_of(text, seconds, bounded)
    rest, whole = bounded.result(), all_.result()
    settled = bounded.settled()
    if any("as many as are kept" in one.reason for one in rest.partly):
        return  # more of them within the time of the pattern than are kept at all
    assert rest.count + (settled.count if settled else 0) == whole.count
    assert rest.hit_lines + (settled.hit_lines if settled else 0) == whole.hit_lines
    assert sum(len(pattern.lines) for pattern in bounded.written(heads=False).patterns) <= lines_max


@pytest.mark.parametrize("asked_every", [1, 7, 400, 5000])
def test_most_lines_of_a_long_log_are_let_go_and_what_comes_too_late_is_counted(asked_every: int) -> None:
    text = BOUNDED[0].replace("'A'", "'192.0.2.1'").replace("'B'", "'b.example'")
    bounded = Gathered(lines_max=50, settling=True)
    seconds = [(1, 1 + line % 2) for line in range(3000)]
    assert sum(gathered_of(text, seconds, bounded, asked_every=asked_every)) == 1500
    settled = bounded.settled()
    assert settled is not None
    assert settled.count + bounded.result().count == 1500
    assert settled.hit_lines + bounded.result().hit_lines == 3000
    assert settled.count > 1400
    assert bounded.settled() is None
    gathered_of(text, [(5, 1)], bounded)  # of another log, at the fifth second
    assert [one.reason.split(" came late")[0] for one in bounded.result().partly] == ["1 lines that hold a part of it"]


def test_the_bounds_leave_out_the_same_lines_whoever_gathered_them() -> None:
    text = "[ipv4-addr:value = '192.0.2.1'] FOLLOWEDBY [domain-name:value = 'b.example']"
    seconds = [(1, 1 + line % 2) for line in range(60)]
    alone = Gathered(lines_max=31)
    gathered_of(text, seconds, alone)
    together = Gathered(lines_max=31)
    for start in range(0, 60, 7):
        piece = Gathered()
        gathered_of(text, [(start, 1 + start % 2), *seconds[start + 1 : start + 7]], piece)
        together.take(again(piece.written(heads=False)), lines_before=start)
    assert together.result().count == alone.result().count == 15
    assert [one.reason[:8] for one in together.result().partly] == [one.reason[:8] for one in alone.result().partly]


def test_what_another_version_wrote_is_not_guessed_at(tmp_path: Path) -> None:
    data = msgspec.json.encode({"patterns": [], "logs": 1, "version": 2})
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(data, type=Written)
