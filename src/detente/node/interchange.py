"""Write what was said as one bundle of plain STIX 2.1, for programs that know nothing of boards, threads and denials."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import uuid5

from detente.errors import NotFound
from detente.interchange.losses import PLAIN
from detente.interchange.making import NAMESPACE
from detente.interchange.plain import plain_stix
from detente.node.hunt import identity_id
from detente.node.matters import find, read_matters
from detente.node.open import Node
from detente.node.record import titles
from detente.said import Said
from detente.stix.objects import StixObject, bundle
from detente.store.database import Connection

EXPORTED = tuple(sorted(kind for kind, plain in PLAIN.items() if plain.types))


@dataclass(frozen=True, slots=True)
class Export:
    """`statements`: how many of each kind went in. `left_out`: of each kind that has no plain STIX, and of texts that are erased."""

    bundle: bytes
    objects: Sequence[StixObject]
    statements: dict[str, int]
    left_out: dict[str, int]


def export_stix(node: Node, *, board: str | None = None, thread: str | None = None) -> Export:
    """A bundle of a board, of a thread, or of everything that is held; with whatever denies, corrects or answers what is in it.

    The same statements give the same bytes on every node that knows the parties by the same titles.
    """
    with node.store.indexed() as connection:
        held = read_matters(connection, sorted(PLAIN))
        if board is not None:
            held = _around(find(connection, ("board",), board), connection)
        elif thread is not None:
            opening = find(connection, ("message",), thread)
            of = opening.body.get("thread")
            held = _around(find(connection, ("message",), of) if isinstance(of, str) and of else opening, connection)
        names = titles(node, connection)
    chosen = [said for said in held if said.kind in EXPORTED and not said.erased]
    if not chosen:
        raise NotFound("nothing is held here that can be written as plain STIX. See: detente chronology")
    objects = plain_stix(chosen, names=names, identity=identity_id, default=node.config.default_marking)
    identifier = f"bundle--{uuid5(NAMESPACE, ' '.join(sorted(f'{o.id} {o.version}' for o in objects)))}"
    chosen_ids = {said.id for said in chosen}
    return Export(
        bundle(objects, identifier),
        objects,
        _counted(chosen),
        _counted(said for said in held if said.id not in chosen_ids),
    )


def _around(first: Said, connection: Connection) -> list[Said]:
    """A statement, all that is about it, all that is about these, and so on: a denial of an assessment of a board too."""
    found: dict[str, Said] = {}
    waiting = [first.id]
    while waiting:
        name = waiting.pop()
        for said in read_matters(connection, EXPORTED, name):
            if said.id not in found:
                found[said.id] = said
                waiting.append(said.id)
    return list(found.values())


def _counted(statements: Iterable[Said]) -> dict[str, int]:
    return dict(sorted(Counter(said.kind for said in statements).items()))
