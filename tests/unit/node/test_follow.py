"""Following real files: rotations, copies, truncations, packing and restarts. Nobody sleeps: looks are called one by one."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from detente.errors import InvalidObject, NotFound
from detente.hunt.indicators import IndicatorSource, compile_indicators
from detente.node.follow import Follower
from detente.node.search import LineHitOf, Manner
from detente.stix.pattern import PatternValue

MATCHER, _ = compile_indicators([IndicatorSource("indicator--x", [PatternValue("ipv4", "198.51.100.7")])])


class Following:
    def __init__(self, folder: Path) -> None:
        self.log = folder / "access.log"
        self.state = folder / "state.json"
        self.shown: list[tuple[str, int]] = []
        self.restart()

    def restart(self) -> None:
        """As after a kill: nothing is known but what is in the state file."""
        self.follower = Follower([self.log], MATCHER, Manner(on_hit=self._show), self.state)

    def _show(self, hit: LineHitOf) -> None:
        self.shown.append((Path(hit.log).name, hit.line))

    def write(self, *numbers: int, to: Path | None = None) -> None:
        with (to or self.log).open("a") as stream:
            stream.writelines(f"2015-05-17T00:00:{number:02} 198.51.100.7 line {number}\n" for number in numbers)

    def look(self) -> int:
        self.follower.look()
        return sum(hits.count for hits in self.follower.found.hits)

    def rotated(self, number: int) -> Path:
        return self.log.with_name(f"access.log.{number}")


@pytest.fixture
def following(tmp_path: Path) -> Following:
    return Following(tmp_path)


def test_lines_are_found_as_they_come_and_half_a_line_when_it_is_whole(following: Following) -> None:
    assert following.look() == 0  # the log may not be there yet
    following.write(1, 2)
    assert following.look() == 2
    with following.log.open("a") as stream:
        stream.write("198.51.")
    assert following.look() == 2
    with following.log.open("a") as stream:
        stream.write("100.7 and more\n")
    assert following.look() == 3
    assert following.look() == 3
    assert following.shown == [("access.log", 1), ("access.log", 2), ("access.log", 3)]


def test_a_renamed_log_is_searched_to_its_end_also_by_whoever_was_killed_meanwhile(following: Following) -> None:
    following.write(1)
    following.look()
    following.write(2)
    following.log.rename(following.rotated(1))
    following.write(3)
    following.restart()
    assert following.look() == 3
    following.write(4, to=following.rotated(1))  # a program that has not reopened its log
    assert following.look() == 4


def test_several_rotations_between_two_looks_are_all_searched(following: Following) -> None:
    following.write(1)
    following.look()
    for number in (2, 3, 4):
        for age in (3, 2, 1):
            if following.rotated(age).exists():
                following.rotated(age).rename(following.rotated(age + 1))
        following.log.rename(following.rotated(1))
        following.write(number, number + 10)
    following.restart()
    assert following.look() == 7


def test_a_copied_and_truncated_log_is_searched_on_in_its_copy(following: Following) -> None:
    following.write(1)
    following.look()
    following.write(2)
    following.rotated(1).write_bytes(following.log.read_bytes())
    assert following.look() == 2  # the copy is none of a new log
    following.write(3)
    following.rotated(1).write_bytes(following.log.read_bytes())
    os.truncate(following.log, 0)
    following.write(4)
    assert following.look() == 4
    assert following.look() == 4


def test_what_was_packed_after_the_last_look_is_unpacked_and_searched_once(following: Following) -> None:
    following.write(1)
    following.look()
    following.write(2)
    following.log.rename(following.rotated(1))
    packed = following.rotated(1).with_suffix(".1.gz")
    packed.write_bytes(gzip.compress(following.rotated(1).read_bytes()))
    following.rotated(1).unlink()
    following.write(3)
    following.restart()
    assert following.look() == 3
    following.restart()
    assert following.look() == 3


def test_a_truncated_log_begins_again(following: Following) -> None:
    following.write(1, 2)
    following.look()
    os.truncate(following.log, 0)
    following.write(3)
    assert following.look() == 3
    os.truncate(following.log, 0)
    following.write(4, 5, 6, 7)  # longer than before between two looks
    assert following.look() == 7


def test_what_was_rotated_away_before_the_beginning_is_left_alone(following: Following) -> None:
    following.write(1, to=following.rotated(1))
    following.rotated(2).with_suffix(".2.gz").write_bytes(gzip.compress(b"198.51.100.7\n"))
    following.write(2)
    assert following.look() == 1
    following.rotated(1).rename(following.rotated(3))
    following.log.rename(following.rotated(1))
    following.write(3)
    assert following.look() == 2


def test_what_is_kept_is_whole_or_as_it_was(following: Following, monkeypatch: pytest.MonkeyPatch) -> None:
    following.write(1)
    following.look()
    following.write(2)

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("detente.node.follow.os.replace", dies)
    with pytest.raises(KeyboardInterrupt):
        following.look()
    monkeypatch.undo()
    following.restart()
    assert following.look() == 2
    assert [line for _, line in following.shown] == [1, 2, 2]  # shown again, counted once


def test_what_cannot_be_followed_is_refused_with_the_reason(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "bad.json").write_text("{")
    for path, error, words in (
        (tmp_path, InvalidObject, "is a folder"),
        (tmp_path / "pipe", InvalidObject, "no regular file"),
        (tmp_path / "no" / "log", NotFound, "no folder"),
    ):
        with pytest.raises(error, match=words):
            Follower([path], MATCHER, Manner(), tmp_path / "state.json")
    with pytest.raises(InvalidObject, match="how far logs were followed"):
        Follower([tmp_path / "log"], MATCHER, Manner(), tmp_path / "bad.json")
