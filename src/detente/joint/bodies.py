"""The bodies of the joint unit's statements: proposals, steps of a private intersection, what a relay passes on.

Source: docs/formats/joint.md. A field that names another statement holds its id (43 characters); `of` is what the index finds by.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from detente.activity import CLASSES
from detente.joint.purpose import PURPOSES

TEXT_CHARACTERS_MAX = 20_000
RELAYED_OBJECTS_MAX = 500

Line = Annotated[str, msgspec.Meta(max_length=300)]
Text = Annotated[str, msgspec.Meta(max_length=TEXT_CHARACTERS_MAX)]
Id = Annotated[str, msgspec.Meta(pattern="^(?:[A-Za-z0-9_-]{43})?$")]
# 32 bytes of base64url; a list of them is written as one text, 43 characters each.
Item = Annotated[str, msgspec.Meta(pattern="^(?:[A-Za-z0-9_-]{43})?$")]
Items = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]*$", max_length=43 * 8192)]

ProposalStep = Literal["proposed", "accepted", "declined", "withdrawn"]
IntersectionStep = Literal["offer", "answer", "result", "declined"]
RelayStep = Literal["submission", "forwarded", "reply"]


class Proposal(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Something proposed, or what became of it. `of`: the proposal that a later step is about, "" in the proposal itself.

    `repeats`: an earlier proposal that this one makes again.
    """

    step: ProposalStep
    title: Line = ""
    text: Text = ""
    reason: Text = ""
    of: Id = ""
    repeats: Id = ""

    def __post_init__(self) -> None:
        if (self.step == "proposed") == bool(self.of):
            raise ValueError("`of` names the proposal in every later step, and is left out in the proposal itself")
        if self.step == "proposed" and not self.title:
            raise ValueError("a proposal has a title")


class Intersection(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One step of a private intersection; `detente.joint.intersection` says what the points are.

    `of`: the offer, "" in the offer itself. `size`: how many points this party sends, its set padded to a bucket.
    """

    step: IntersectionStep
    of: Id = ""
    session: Item = ""
    key: Item = ""
    points: Items = ""
    again: Items = ""
    proof: Annotated[str, msgspec.Meta(pattern="^(?:[A-Za-z0-9_-]{86})?$")] = ""
    purpose: Line = ""
    classes: tuple[Line, ...] = ()
    reason: Text = ""

    def __post_init__(self) -> None:
        needed = {
            "offer": {"session", "key", "points"},
            "answer": {"of", "key", "points", "again", "proof"},
            "result": {"of", "again", "proof"},
            "declined": {"of", "reason"},
        }[self.step]
        fields = {"of", "session", "key", "points", "again", "proof", "reason"}
        present = {name for name in fields if getattr(self, name)}
        if present != needed:
            raise ValueError(f"the step {self.step} has exactly the fields {', '.join(sorted(needed))} of these")
        _require_words(self.purpose, self.classes)


class Relay(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Something for a relay to pass on, its notice to the receiver, or a reply on the way back.

    `handle`: 32 random bytes that the submitter drew for this submission alone; all that the receiver learns of it.
    `to`: the origin that the submission is for. `objects`: STIX objects (submission). `objects_said`: their ids as the relay said them.
    `sender` and `of`: in a reply as the relay passes it on, the origin that replied and the id of its reply.
    """

    step: RelayStep
    handle: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]{43}$")]
    to: Line = ""
    purpose: Line = ""
    classes: tuple[Line, ...] = ()
    objects: Annotated[tuple[dict[str, Any], ...], msgspec.Meta(max_length=RELAYED_OBJECTS_MAX)] = ()
    objects_said: Annotated[tuple[Line, ...], msgspec.Meta(max_length=RELAYED_OBJECTS_MAX)] = ()
    text: Text = ""
    sender: Line = ""
    of: Id = ""

    def __post_init__(self) -> None:
        if self.step == "submission" and not (self.to and self.objects):
            raise ValueError("a submission names whom it is for, and has at least one object")
        if self.step == "reply" and not self.text:
            raise ValueError("a reply has a text")
        _require_words(self.purpose, self.classes)


def _require_words(purpose: str, classes: tuple[str, ...]) -> None:
    if purpose and purpose not in PURPOSES:
        raise ValueError(f"unknown purpose {purpose!r}; known are {', '.join(PURPOSES)}")
    for class_ in classes:
        if class_ not in CLASSES:
            raise ValueError(f"unknown activity class {class_!r}; known are {', '.join(CLASSES)}")


BODIES: dict[str, type[msgspec.Struct]] = {
    "proposal": Proposal,
    "intersection": Intersection,
    "relay": Relay,
}
