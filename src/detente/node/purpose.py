"""Use for a purpose: what is bound to other purposes is left out of it, and that somebody tried is an entry of the journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from detente.errors import NotPermitted
from detente.joint.purpose import permitted
from detente.node.open import Node
from detente.stix.canonical import JsonValue
from detente.stix.objects import StixObject


def for_use(
    node: Node, objects: Sequence[StixObject], purpose: str, use: str, *, dry_run: bool = False
) -> list[StixObject]:
    """The objects that may be used for `purpose`. `use`: what is being done, for the journal and the message.

    Raises NotPermitted, after writing it down (but not in a dry run), when there are objects and none may be used.
    """
    kept, denied = permitted(objects, purpose)
    if denied and not dry_run:
        note_denial(node, purpose, use, denied)
    if objects and not kept:
        raise NotPermitted(denial(purpose, use, denied))
    return kept


def note_denial(node: Node, purpose: str, use: str, denied: Mapping[str, int]) -> None:
    """`denied`: how many objects, by the purposes that they are bound to."""
    counts: dict[str, JsonValue] = dict(denied)
    body: JsonValue = {"decided": "use denied", "denied": counts, "purpose": purpose, "use": use}
    node.store.write(node.clock(), lambda transaction: node.journal(transaction, "decision", body))


def denial(purpose: str, use: str, denied: Mapping[str, int]) -> str:
    bound = "; ".join(f"{count} for {words} only" for words, count in denied.items())
    return f"{use} for {purpose} is denied: all of it is bound to other purposes ({bound})"
