"""Following a log that grows and is rotated: what is there now that was not searched yet? A pure function of what the files look like.

A log is followed as a set: the file that is written now and what it was rotated into, by rename or by copy and truncate,
packed or not. Of each file is remembered a `Mark`: up to which line it was searched, and fingerprints of its first bytes
and of those before that place. A file is known again by its inode when the fingerprints agree, and by the fingerprints
alone when they are found in another file: a copy, or what was packed. A file that agrees with no mark is new, unless it is
a copy of one that is still there.

Lines are given out once they are whole; the rest of a file that is not written any more, once it has not changed from one
look to the next. What nobody can find again: lines that were in no file at any look (written between a copy and the
truncation of the original, truncated away, or rotated out of the set unread), and a file that was truncated and holds the
very same bytes again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

PRINT_BYTES = 1024  # of the fingerprints at the beginning and before the mark
STEP_BYTES_MAX = 64 << 20  # searched before the mark is moved, if a line ends there
_SCAN_BYTES = 64 << 10


class Member(Protocol):
    """One file of the set as it is now."""

    @property
    def inode(self) -> int: ...
    @property
    def disk_bytes(self) -> int: ...
    @property
    def packed(self) -> bool: ...
    @property
    def current(self) -> bool:
        """Whether it is the log itself."""
        ...

    def size(self) -> int:
        """Bytes of its plain text."""
        ...

    def read(self, start: int, size: int) -> bytes:
        """Of the plain text; less where there is no more."""
        ...


class Mark(msgspec.Struct, frozen=True, array_like=True):
    """`offset`: up to which byte of plain text a file was searched; -1 of a packed one that is none of our concern.

    `seen`: up to where no line ends behind the offset, which mostly is how long it was at the last look. `head`,
    `tail` and `half`: fingerprints of up to PRINT_BYTES at the beginning, before the offset, and of the half line before `seen`.
    """

    inode: int
    offset: int
    lines: int
    seen: int
    disk_bytes: int
    head: str
    tail: str
    half: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """Bytes of one file to be searched: whole lines. `mark`: what was known of it, None of a new one."""

    member: Member
    start: int
    end: int
    lines: int  # before `start`
    seen: int
    mark: Mark | None


@dataclass(frozen=True, slots=True)
class Plan:
    """`marks`: of files in which nothing new is found; those of `steps` come when their bytes were searched."""

    steps: tuple[Step, ...]
    marks: tuple[Mark, ...]


def begin(members: Sequence[Member]) -> list[Mark]:
    """Marks to begin with: the log is searched from its first byte, what was rotated away before is left alone."""
    marks = []
    for member in members:
        if member.packed:
            marks.append(Mark(member.inode, -1, 0, 0, member.disk_bytes, "", ""))
        elif not member.current:
            marks.append(_mark(member, member.size(), 0, member.size()))
    return marks


def plan(marks: Sequence[Mark], members: Sequence[Member], *, step_bytes_max: int = STEP_BYTES_MAX) -> Plan:
    """`members` from the oldest to the newest."""
    known = _recognised(marks, members)
    steps: list[Step] = []
    kept: list[Mark] = []
    for member in members:
        mark = known.get(member.inode)
        if mark is not None and (mark.offset < 0 or _is_finished(member, mark)):
            kept.append(mark)
        elif (mark is not None and mark.offset) or not _is_copy(member, members, known):
            # A mark at the beginning tells nothing of the file: its inode may have become free and been given again.
            step = _step(member, mark, step_bytes_max)
            if step.end > step.start:
                steps.append(step)
            elif mark is not None:
                kept.append(_moved(member, mark))
            else:
                kept.append(_mark(member, 0, 0, step.seen))
    return Plan(tuple(steps), tuple(kept))


def searched(step: Step, lines: int) -> Mark | None:
    """The mark after a step of so many lines; None when the file is not what it was when the step was planned.

    Then nothing of what was found in it counts, and the next look decides anew.
    """
    if step.member.size() < step.end or (step.mark is not None and not _agrees(step.member, step.mark)):
        return None
    mark = _mark(step.member, step.end, step.lines + lines, step.seen)
    return mark if step.end == step.member.size() else msgspec.structs.replace(mark, disk_bytes=-1)


def _recognised(marks: Sequence[Mark], members: Sequence[Member]) -> dict[int, Mark]:
    """The mark of each member that has one, by inode."""
    by_inode = {member.inode: member for member in members}
    known: dict[int, Mark] = {}
    lost: list[Mark] = []
    for mark in marks:
        member = by_inode.get(mark.inode)
        if member is not None and mark.inode not in known and _agrees(member, mark):
            known[mark.inode] = mark
        else:
            lost.append(mark)
    for mark in lost:
        # The log itself is never the copy: it is what was copied. Of a packed file and what it was made of, the latter.
        free = sorted((m for m in members if not m.current and m.inode not in known), key=lambda m: m.packed)
        found = _holding(mark, free)
        if found is not None:
            known[found[0].inode] = found[1]
    return known


def _is_finished(member: Member, mark: Mark) -> bool:
    """Packed, and searched to its end: it need not be unpacked again to see that."""
    return member.packed and mark.disk_bytes == member.disk_bytes and mark.offset == mark.seen


def _holding(mark: Mark, free: Sequence[Member]) -> tuple[Member, Mark] | None:
    """Where else the bytes are that were searched, and up to where in there."""
    if mark.offset <= 0:
        return None
    shorter: tuple[Member, Mark] | None = None
    for member in free:
        if _holds(member, mark):
            # There may be more in there, so of a packed file it is not known yet how long it is.
            return member, msgspec.structs.replace(mark, inode=member.inode, disk_bytes=-1)
        size = member.size()
        head_size = min(mark.offset, PRINT_BYTES)
        # Copied at a time, and what was written behind it before the truncation was searched in the original.
        if head_size <= size < mark.offset and _print(member.read(0, head_size)) == mark.head and shorter is None:
            shorter = member, _mark(member, size, mark.lines, size)
    return shorter


def _agrees(member: Member, mark: Mark) -> bool:
    if member.packed and member.inode == mark.inode and member.disk_bytes == mark.disk_bytes:
        return True  # nobody writes into a packed file
    return _holds(member, mark)


def _holds(member: Member, mark: Mark) -> bool:
    """Whether the bytes that were searched are in there."""
    if mark.offset < 0 or member.size() < mark.offset:
        return False
    size = min(mark.offset, PRINT_BYTES)
    return _print(member.read(0, size)) == mark.head and _print(member.read(mark.offset - size, size)) == mark.tail


def _is_copy(member: Member, members: Sequence[Member], known: dict[int, Mark]) -> bool:
    """Whether another holds all that this one does: it is being copied or packed, or was and the original is still there."""
    if member.current:
        return False
    size = member.size()
    if not size:
        return True  # and nothing to search
    for other in members:
        if other is member or other.packed or (other.inode in known and known[other.inode].offset < 0):
            continue
        if other.size() < size or (
            other.size() == size and not member.packed and not other.current and other.inode not in known
        ):
            continue
        part = min(size, PRINT_BYTES)
        if member.read(0, part) == other.read(0, part) and member.read(size - part, part) == other.read(
            size - part, part
        ):
            return True
    return False


def _step(member: Member, mark: Mark | None, step_bytes_max: int) -> Step:
    start, lines = (0, 0) if mark is None else (mark.offset, mark.lines)
    size = member.size()
    seen = start if mark is None or size < mark.seen or _half(member, start, mark.seen) != mark.half else mark.seen
    near = min(size, start + step_bytes_max)
    # Up to `seen` no line ends; a long one need not be read again and again.
    end = _line_end(member, max(start, min(seen, near)), near) if size > start else None
    if end is None and near < size:
        end = _line_end(member, max(near, seen), size)
    if end is None:
        closed = member.packed or (not member.current and mark is not None and seen == size)
        return Step(member, start, size if closed else start, lines, size, mark)
    # Behind a step that was cut short nobody has looked for the end of a line yet.
    return Step(member, start, end, lines, size if near == size else end, mark)


def _line_end(member: Member, low: int, high: int) -> int | None:
    """Behind the last newline in [low, high), None where there is none."""
    while high > low:
        at = max(low, high - _SCAN_BYTES)
        newline = member.read(at, high - at).rfind(b"\n")
        if newline >= 0:
            return at + newline + 1
        high = at
    return None


def _moved(member: Member, mark: Mark) -> Mark:
    size = member.size()
    return msgspec.structs.replace(
        mark, inode=member.inode, seen=size, disk_bytes=member.disk_bytes, half=_half(member, mark.offset, size)
    )


def _half(member: Member, offset: int, seen: int) -> str:
    size = min(seen - offset, PRINT_BYTES)
    return _print(member.read(seen - size, size)) if size > 0 else ""


def _mark(member: Member, offset: int, lines: int, seen: int) -> Mark:
    size = min(offset, PRINT_BYTES)
    return Mark(
        member.inode,
        offset,
        lines,
        seen,
        member.disk_bytes,
        _print(member.read(0, size)),
        _print(member.read(offset - size, size)),
        _half(member, offset, seen),
    )


def _print(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()
