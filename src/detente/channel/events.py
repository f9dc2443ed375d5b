"""What a thread shows of each statement in it: its place, its flags, whether it counted; and what does not belong to the
thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from detente.channel.bodies import Message
from detente.said import Said

# The flags of an event, and what each says.
FLAGS = {
    "back-dated": "claims a time more than five minutes before what it answers to; counted from the latter",
    "beyond-due": "undertakes a date after what is due; what is due stays",
    "incomplete": "does not say all that a message of its move says; counted as what it is",
    "late": "came after it was due",
    "not-allowed": "counts for nothing, for the reason given",
    "number-gap": "its number is not the next of its speaker in this thread as held here",
    "post-dated": "claims a time more than five minutes after another party held it; counted from the latter",
    "text-erased": "its text was erased; what it said is not known here",
    "withdrawn": "was withdrawn by its speaker afterwards",
}


@dataclass(frozen=True, slots=True)
class Event:
    """One statement of the thread at its place. `at_us` is claimed, `effective_us` what counts. `states`: the legs it counted
    for, after it."""

    said: Said
    message: Message | None
    move: str
    effective_us: int
    flags: tuple[str, ...] = ()
    reason: str = ""
    states: Mapping[str, str] = field(default_factory=dict)

    @property
    def counted(self) -> bool:
        return "not-allowed" not in self.flags


@dataclass(frozen=True, slots=True)
class Ignored:
    """A statement that says to belong to the thread and does not."""

    said: Said
    reason: str


@dataclass(frozen=True, slots=True)
class Corrected:
    """One field of one statement, by its own speaker: what it said and what it says from then on."""

    of: str
    by: str
    speaker: str
    field: str
    was: str
    now: str
    effective_us: int
