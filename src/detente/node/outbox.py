"""Four eyes: what is to be said waits in the journal until a second person has approved it. Who approved never leaves the node.

A draft is a private entry with the body as it would be said, for whom, and who wrote it. Approving says it and journals the approval in
one commit; dropping journals the refusal. Both are for a person other than the author: names are compared without case and spaces.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from detente.errors import InvalidStatement, NotPermitted
from detente.node.matters import find, is_private, note, read_matters
from detente.node.open import Node
from detente.said import Said, read
from detente.store.database import Connection

APPROVED, DROPPED = "approved", "dropped"
PERSON_CHARACTERS_MAX = 100


class Draft(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """`kind` and `body`: the statement as it would be said. `seal`: what we keep of a seal in it, see `detente.seals.kept_value`."""

    kind: str
    body: dict[str, Any]
    to: tuple[str, ...]
    by: str
    re: str = ""
    seal: dict[str, Any] = {}


class Approval(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """`of`: the draft. `said`: the id of what was said, "" when the draft was dropped."""

    of: str
    by: str
    decision: str
    said: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A draft, and what became of it: `decision` is "" while it waits."""

    entry: Said
    draft: Draft
    decision: str = ""
    decided_us: int = 0
    said: str = ""


def person(name: str) -> str:
    """The name as it is journalled; "" when nobody is named."""
    plain = " ".join(name.split())
    if len(plain) > PERSON_CHARACTERS_MAX or not plain.isprintable():
        raise InvalidStatement(f"a person's name is one line of at most {PERSON_CHARACTERS_MAX} characters")
    return plain


def require_person(name: str, why: str) -> str:
    who = person(name)
    if not who:
        raise NotPermitted(f"{why}: name the person with --by, or in DETENTE_PERSON. The name stays in this node.")
    return who


def put(node: Node, draft: Draft) -> Said:
    """Keep a draft; nothing leaves."""
    require_person(draft.by, "what a second person approves has an author")
    return note(node, "draft", draft)


def waiting(connection: Connection) -> list[Waiting]:
    """All drafts in the order in which they were written, each with its decision."""
    decided: dict[str, tuple[Approval, int]] = {}
    for entry in read_matters(connection, ["approval"]):
        if is_private(connection, entry):
            approval = read(entry, Approval)
            decided.setdefault(approval.of, (approval, entry.at_us))
    found = []
    for entry in read_matters(connection, ["draft"]):
        if is_private(connection, entry):
            draft = read(entry, Draft)
            if entry.id in decided:
                approval, at_us = decided[entry.id]
                found.append(Waiting(entry, draft, approval.decision, at_us, approval.said))
            else:
                found.append(Waiting(entry, draft))
    return found


def find_waiting(connection: Connection, name: str) -> Waiting:
    """A draft by its short name, decided or not."""
    entry = find(connection, ["draft"], name)
    return next(one for one in waiting(connection) if one.entry.id == entry.id)


def require_second(connection: Connection, draft_id: str, by: str) -> Waiting:
    """The draft, if it still waits and `by` is not its author. Raises InvalidStatement or NotPermitted."""
    one = next(one for one in waiting(connection) if one.entry.id == draft_id)
    if one.decision:
        raise InvalidStatement(f"the draft {one.entry.short} was {one.decision} already; nothing was changed")
    if person(one.draft.by).casefold() == person(by).casefold():
        raise NotPermitted(
            f"the draft {one.entry.short} was written by the same person; another one looks at it. "
            "Name that person with --by, or in DETENTE_PERSON."
        )
    return one


def drop(node: Node, name: str, *, by: str, reason: str = "") -> Waiting:
    """Refuse a draft; it stays in the journal, and nothing leaves. Its author may drop it too."""
    who = require_person(by, "dropping a draft is a person's decision")
    with node.store.indexed() as connection:
        found = find_waiting(connection, name)

    def check(connection: Connection) -> None:
        one = next(one for one in waiting(connection) if one.entry.id == found.entry.id)
        if one.decision:
            raise InvalidStatement(f"the draft {one.entry.short} was {one.decision} already; nothing was changed")

    note(node, "approval", Approval(of=found.entry.id, by=who, decision=DROPPED, reason=reason), check=check)
    return found
