"""What a line says of one event: when, between whom, which way, and whether it was let through.

Everything may be absent: a line that does not say is *unknown*, which is not "no". `host` is the machine of ours that
the line is about, told by its private address where the format does not name it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Direction = Literal["in", "out", "unknown"]
Action = Literal["blocked", "allowed", "unknown"]
DIRECTIONS: tuple[Direction, ...] = ("in", "out", "unknown")
ACTIONS: tuple[Action, ...] = ("blocked", "allowed", "unknown")

VALUE_CHARACTERS_MAX = 1024  # of one field


@dataclass(frozen=True, slots=True)
class Event:
    """`fields`: what else the format names, by its own names, as text."""

    time_us: int | None = None
    source: str = ""
    destination: str = ""
    host: str = ""
    direction: Direction = "unknown"
    action: Action = "unknown"
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)


NOTHING = Event()


class Outcome(NamedTuple):
    """What of an event is counted for each line that hits; read many times faster than all of it, where a format can."""

    time_us: int | None
    host: str
    direction: Direction
    action: Action


def outcome_of(event: Event) -> Outcome:
    return Outcome(event.time_us, event.host, event.direction, event.action)


Reader = Callable[[bytes], int | None]
EventReader = Callable[[bytes], Event]


@dataclass(frozen=True, slots=True)
class LogFormat:
    """A reader gets at most the first 64 KiB of a line, and never raises."""

    name: str
    time_us: Reader
    read_event: EventReader | None = None
    read_outcome: Callable[[bytes], Outcome] | None = None

    def event(self, line: bytes) -> Event:
        return Event(self.time_us(line)) if self.read_event is None else self.read_event(line)

    def outcome(self, line: bytes) -> Outcome:
        """Of the same event."""
        return outcome_of(self.event(line)) if self.read_outcome is None else self.read_outcome(line)


def flow(
    source: str, destination: str, *, ours: tuple[bool | None, bool | None] = (None, None)
) -> tuple[Direction, str]:
    """Which way it went, and the host of ours. `ours`: what the log itself says of the two ends."""
    from_us = is_private(source) if ours[0] is None else ours[0]
    to_us = is_private(destination) if ours[1] is None else ours[1]
    if from_us and not to_us:
        return ("out" if destination else "unknown"), source
    if to_us and not from_us:
        return ("in" if source else "unknown"), destination
    return "unknown", source if from_us else ""


def is_private(address: str) -> bool:
    """An address of RFC 1918, RFC 4193, loopback or link-local."""
    return _PRIVATE.match(address) is not None


def action_of(word: str) -> Action:
    """What a word for a verdict means, by how it begins; words of other kinds mean nothing here."""
    found = _VERDICT.match(word.strip().lower())
    if found is None:
        return "unknown"
    return "blocked" if found.group(1) else "allowed"


def text_of(value: object) -> str:
    """A field as text; of lists and objects nothing."""
    if value is None or isinstance(value, (dict, list)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)[:VALUE_CHARACTERS_MAX]


_PRIVATE = re.compile(
    r"(?:10\.|127\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2[0-9]|3[01])\.)[0-9.]+\Z"
    r"|(?:f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:)[0-9a-f:.]*\Z|::1\Z",
    re.IGNORECASE,
)
_VERDICT = re.compile(
    r"(block|den[iy]|drop|reject|refus|prevent|quarantin|reset|discard|forbid)|allow|accept|permit|pass|forward|grant"
)
