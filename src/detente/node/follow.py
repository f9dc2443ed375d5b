"""Hunt logs while they are written: look, search what is new, keep how far, wait, look again.

    names in the folder → what belongs to each log → `detente.hunt.follow.plan` → a hunt over each step → findings and marks

How far the logs were searched and what was found are one file, written whole after every step; so whoever is killed between
two steps goes on with the one that was not kept, and nothing is counted twice. A line is shown before it is kept: after a
kill it may be shown again, never not at all.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from detente.errors import InvalidObject, LocalError, NotFound
from detente.hunt.every_line import with_every_line
from detente.hunt.follow import Mark, Step, begin, plan, searched
from detente.hunt.gathered import Gathered, Written
from detente.hunt.indicators import IndicatorSource, Matcher, NotSearched
from detente.hunt.lines import HitValues, pattern_of
from detente.hunt.packed import plain_chunks
from detente.hunt.readers import HEAD_BYTES, LogFormat, detect
from detente.hunt.results import HuntResult, merged
from detente.hunt.rotation import PACKED_SUFFIXES, place_of
from detente.hunt.scan import hunt
from detente.hunt.sieve import Sieve, sieve_for
from detente.joint.purpose import require_known
from detente.node import hunt as node_hunt
from detente.node.hunt_run import COMPILED_BYTES_MIN, Choice, HuntRun, apart
from detente.node.hunt_run import matcher_for as hunt_matcher
from detente.node.open import Node
from detente.node.search import LineHitOf, Manner
from detente.stix.pattern import Kind, PatternValue

STATE_FILE = "hunt-follow.json"
# Lines kept for patterns that need several: of each, and of all. They are written with every step, some 30 bytes each.
LINES_MAX = 10_000
ALL_LINES_MAX = 50_000
STEP_LINES_MAX = 500_000  # of one step
_CHUNK_BYTES = 1 << 20


class Followed(msgspec.Struct):
    """What is kept between two looks, and two runs: marks by the path of the log, and all that was found.

    `gathered`: lines for patterns that need several, of which `found` has only what is counted for good.
    """

    marks: dict[str, list[Mark]]
    found: HuntResult | None = None
    gathered: Written | None = None


@dataclass(slots=True)
class FileMember:
    """A file of a set, open, so that it stays the same file while it is looked at."""

    name: str
    current: bool
    stream: BinaryIO
    device: int
    inode: int
    disk_bytes: int
    packed: bool
    _sizes: dict[tuple[int, int], int] = field(repr=False)

    def size(self) -> int:
        if not self.packed:
            return os.fstat(self.stream.fileno()).st_size
        key = (self.inode, self.disk_bytes)
        if key not in self._sizes:
            self._sizes[key] = sum(map(len, self._whole()))
        return self._sizes[key]

    def read(self, start: int, size: int) -> bytes:
        return b"".join(self.chunks(start, start + size))

    def chunks(self, start: int, end: int) -> Iterator[bytes]:
        if self.packed:
            at = 0
            for chunk in self._whole():
                if at + len(chunk) > start:
                    yield chunk[max(0, start - at) : end - at]
                at += len(chunk)
                if at >= end:
                    return
            return
        while start < end and (chunk := os.pread(self.stream.fileno(), min(_CHUNK_BYTES, end - start), start)):
            yield chunk
            start += len(chunk)

    def _whole(self) -> Iterator[bytes]:
        """What can be unpacked of it, as far as it goes."""

        def packed() -> Iterator[bytes]:
            at = 0
            while chunk := os.pread(self.stream.fileno(), _CHUNK_BYTES, at):
                at += len(chunk)
                yield chunk

        try:
            yield from plain_chunks(packed())
        except LocalError:
            return


class Follower:
    """Follows logs with one matcher; every `look` searches what is new since the last."""

    def __init__(self, paths: Sequence[Path], matcher: Matcher, manner: Manner, state: Path) -> None:
        self._paths = [Path(os.path.abspath(path)) for path in paths]
        self._matcher = matcher
        self._manner = manner
        self._state_file = state
        self._sieve: Sieve = sieve_for(matcher)
        self._values = HitValues(matcher)
        self._sizes: dict[tuple[int, int], int] = {}
        self.followed = read_state(state)
        self._gathered = Gathered(lines_max=LINES_MAX, all_lines_max=ALL_LINES_MAX, settling=True)
        if self.followed.gathered is not None:
            self._gathered.take(self.followed.gathered)
        for path in self._paths:
            if not path.parent.is_dir():
                raise NotFound(f"there is no folder {path.parent}, so no log can appear in it")
            if path.is_dir():
                raise InvalidObject(f"{path} is a folder; name the logs in it that are to be followed")
            if path.exists() and not stat.S_ISREG(path.stat().st_mode):
                raise InvalidObject(f"{path} is no regular file and is never rotated; hunt it without --follow")

    @property
    def found(self) -> HuntResult:
        return merged([*([self.followed.found] if self.followed.found else []), self._gathered.result()])

    def look(self) -> int:
        """Search what is new; returns how many bytes that was. Moves on step by step, and keeps each."""
        total = 0
        for path in self._paths:
            with ExitStack() as stack:
                members = self._members(path, stack)
                key = str(path)
                first = key not in self.followed.marks
                if first:
                    self.followed.marks[key] = begin(members)
                    self._keep()  # or what is rotated before the first step is kept would be left alone
                before = self.followed.marks[key]
                planned = plan(before, members)
                total += self._take(key, planned.steps, planned.marks)
                if first or self.followed.marks[key] != before:
                    self._keep()
        return total

    def follow(self, wait: Callable[[], None]) -> HuntResult:
        """Look, and wait when nothing was new, until somebody asks to stop."""
        while not self._manner.stop.asked:
            if self.look() == 0:
                wait()
        return self.found

    def _take(self, key: str, steps: Sequence[Step], marks: Sequence[Mark]) -> int:
        done = list(marks)
        ahead = {step.mark.inode: step.mark for step in steps if step.mark is not None}
        total = 0
        for step in steps:
            if self._manner.stop.asked:
                break
            assert isinstance(step.member, FileMember)
            gathered = Gathered(lines_max=STEP_LINES_MAX, all_lines_max=STEP_LINES_MAX)
            result = self._search(step, step.member, gathered)
            mark = searched(step, result.lines)
            if mark is None or result.bytes != step.end - step.start:
                continue  # no longer what it was: the next look decides
            if step.mark is not None:
                ahead.pop(step.mark.inode, None)
            done.append(mark)
            total += result.bytes
            examples = replace(result, hits=tuple(replace(h, examples=()) for h in result.hits), stopped="")
            self._gathered.take(gathered.written(heads=False))
            self._tell_news(step.member.name)
            settled = self._gathered.settled()
            before = [self.followed.found] if self.followed.found else []
            self.followed.found = merged([*before, examples, *([settled] if settled else [])])
            self.followed.gathered = self._gathered.written(heads=False)
            self.followed.marks[key] = [*done, *ahead.values()]
            # If we die before this line the step was not done, and behind it it was: marks and findings are one file.
            self._keep()
        self.followed.marks[key] = [*done, *ahead.values()]
        return total

    def _tell_news(self, name: str) -> None:
        """Of patterns that need several lines: the last line, which as a rule is in the log at hand."""
        tell = self._manner.on_hit
        for source, kept in self._gathered.news():
            found = pattern_of(source)
            if kept.seen.values:
                kind, value = min(kept.seen.values)
                found = PatternValue(cast(Kind, kind), value.decode("utf-8", "replace"))
            if tell is not None:
                tell(LineHitOf(name, kept.line, found, source))

    def _search(self, step: Step, member: FileMember, gathered: Gathered) -> HuntResult:
        tell = self._manner.on_hit
        values = self._values
        return hunt(
            member.chunks(step.start, step.end),
            self._matcher,
            log_format=self._format(member),
            lines_before=step.lines,
            sieve=self._sieve,
            gathered=gathered,
            on_hit=None
            if tell is None
            else lambda hit: tell(
                LineHitOf(member.name, hit.line, values.value_of(hit), self._matcher.sources[hit.indicator])
            ),
        )

    def _format(self, member: FileMember) -> LogFormat:
        head = member.read(0, HEAD_BYTES)
        return detect(head, year=self._manner.year, name=self._manner.format_name)

    def _members(self, path: Path, stack: ExitStack) -> list[FileMember]:
        """The files of the set, oldest first. One that vanishes meanwhile is not there."""
        names = [name for name in os.listdir(path.parent) if path.name in (name, place_of(name).base)]
        found: dict[tuple[int, int], FileMember] = {}
        for name in sorted(names, key=lambda name: (name == path.name, place_of(name))):
            try:
                stream = stack.enter_context((path.parent / name).open("rb", buffering=0))
            except OSError:
                continue
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode):
                continue
            packed = name.endswith(PACKED_SUFFIXES)
            member = FileMember(
                str(path.parent / name),
                name == path.name,
                stream,
                status.st_dev,
                status.st_ino,
                status.st_size,
                packed,
                self._sizes,
            )
            found[status.st_dev, status.st_ino] = (
                member  # one that was renamed while we looked counts under its later name
            )
        return list(found.values())

    def _keep(self) -> None:
        part = self._state_file.with_name(self._state_file.name + ".part")
        with part.open("wb") as stream:
            stream.write(msgspec.json.encode(self.followed))
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(part, self._state_file)


def read_state(path: Path) -> Followed:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Followed)
    except FileNotFoundError:
        return Followed({})
    except msgspec.DecodeError as error:
        raise InvalidObject(
            f"{path} does not say how far logs were followed ({error}); move it away, and they are followed from their beginning"
        ) from None


@dataclass(frozen=True, slots=True)
class Ready:
    """A matcher of what was chosen, how many indicators that is, and what is not in it."""

    matcher: Matcher
    indicators: int
    not_searched: tuple[NotSearched, ...]
    left_out: Mapping[str, int]
    every_line: tuple[IndicatorSource, ...]


def indicators_for(node: Node, purpose: str, *, every_line: bool) -> tuple[list[IndicatorSource], list[NotSearched]]:
    """What may be looked for. The journal keeps what may not; raises NotPermitted when that is all, NotFound when there is none."""
    require_known([purpose])
    denied: Counter[str] = Counter()
    sources, skipped = node_hunt.read_indicators(node, purpose, denied, every_line=every_line)
    node_hunt.require_some(node, purpose, sources, denied)
    return sources, skipped


def matcher_for(sources: Sequence[IndicatorSource], skipped: Sequence[NotSearched], choice: Choice) -> Ready:
    chosen, left_out = choice.of(sources)
    by_value, every_line = apart(chosen, choice)
    matcher, missing = hunt_matcher(by_value, choice.warning_lists, COMPILED_BYTES_MIN)
    matcher = with_every_line(replace(matcher, allow_list=choice.allow_list), every_line)
    return Ready(matcher, len(chosen), (*skipped, *missing), left_out, every_line)


def followed_run(found: HuntResult, ready: Ready, *, at_us: int) -> HuntRun:
    return HuntRun(
        found,
        (("all that is followed", found),),
        ready.indicators,
        (*ready.not_searched, *found.partly),
        -1,
        at_us,
        ready.left_out,
        every_line=ready.every_line,
    )


def keep_followed(node: Node, run: HuntRun) -> HuntRun:
    """Journal what was found since the logs are followed; so the latest entry stands for those before it."""
    body = node_hunt.journal_body(run.by_log, run.result, run.indicators, run.not_searched, run)
    return replace(run, entry=node.store.write(run.at_us, lambda t: node.journal(t, "hunt", body)))
