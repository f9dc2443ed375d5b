"""Bodies of the record's own statements: milestones and measures. `docs/formats/record.md` lists their fields.

A milestone says when something was first seen, assessed, decided or published; who saw, assessed, decided or published it is `by`, an
office in words, for the party whose log it stands in only reports it. A decision not to act is a decision, with its reasons.

A measure is a recommendation of a review and what became of it. The first statement says what was recommended and to whom; each later
one names it in `of` and says its new state. Nothing becomes done without a reference to what shows it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar, get_args

import msgspec

from detente.said import read_value
from detente.when import When

T = TypeVar("T", bound=msgspec.Struct)

Step = Literal["sighting", "assessment", "decision", "publication"]
STEPS: tuple[Step, ...] = get_args(Step)
STEP_WORDS: dict[Step, str] = {
    "sighting": "first seen",
    "assessment": "assessed",
    "decision": "decided",
    "publication": "published",
}

State = Literal["given", "accepted", "rejected", "done", "unknown"]
STATES: tuple[State, ...] = get_args(State)
OPEN_STATES: tuple[State, ...] = ("given", "accepted", "unknown")

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=4000)]
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
_Refs = Annotated[tuple[_Name, ...], msgspec.Meta(max_length=100)]


class Milestone(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """`about`: an incident, a board or another matter, by name or by statement id. `choice` is set for decisions alone."""

    about: _Name
    step: Step
    when: When
    by: _Name
    choice: Literal["", "act", "do not act"] = ""
    reasons: Annotated[tuple[_Text, ...], msgspec.Meta(max_length=20)] = ()
    text: Annotated[str, msgspec.Meta(max_length=4000)] = ""
    source: Annotated[str, msgspec.Meta(max_length=1000)] = ""

    def __post_init__(self) -> None:
        if (self.choice != "") != (self.step == "decision"):
            raise ValueError("a decision, and nothing else, says what was chosen: act, or do not act")
        if self.choice == "do not act" and not self.reasons:
            raise ValueError("a decision not to act needs at least one reason")


class Measure(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The first statement has `text`, `owner` and `about`; a later one has `of`, the id of the first, and a new `state`.

    `evidence`: statement ids, or references to papers outside. `when`: the day on which it was given, or reached its state.
    """

    state: State = "given"
    of: Annotated[str, msgspec.Meta(max_length=43)] = ""
    about: Annotated[str, msgspec.Meta(max_length=200)] = ""
    text: Annotated[str, msgspec.Meta(max_length=4000)] = ""
    owner: Annotated[str, msgspec.Meta(max_length=200)] = ""
    given_by: Annotated[str, msgspec.Meta(max_length=200)] = ""
    when: When | None = None
    due: When | None = None
    evidence: _Refs = ()
    reason: Annotated[str, msgspec.Meta(max_length=4000)] = ""

    def __post_init__(self) -> None:
        if not self.of and not (self.text and self.owner and self.about):
            raise ValueError("a measure needs a text, an owner, and what review it is about")
        if self.of and (self.text or self.owner or self.about):
            raise ValueError("what was recommended, and to whom, stands in the first statement and is not said again")
        if not self.of and self.state != "given":
            raise ValueError("a measure begins as given")
        if self.state == "done" and not self.evidence:
            raise ValueError("done needs a reference to what shows it: evidence")
        if self.state == "rejected" and not self.reason:
            raise ValueError("rejected needs a reason")


BODIES: dict[str, type[msgspec.Struct]] = {"milestone": Milestone, "measure": Measure}


def made(shape: type[T], **fields: Any) -> T:
    """A body from our own words, held to the same bounds as a partner's. Raises InvalidStatement naming the field."""
    return read_value(msgspec.to_builtins(fields), shape, where=shape.__name__.lower())
