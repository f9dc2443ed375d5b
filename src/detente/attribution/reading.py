"""Statements of a board as typed bodies in order of events: which stand, which were replaced or withdrawn, which cannot be read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from detente.attribution.bodies import BODIES, Board
from detente.attribution.view import Unread
from detente.said import Said, readable
from detente.seals import Reveal
from detente.words import quoted

REVEAL = "reveal"


@dataclass(slots=True)
class Statements:
    """Statements as typed bodies, in order of events; those replaced or withdrawn by who said them are `gone`.

    `reveals`: texts and keys by which somebody opened what an assessment withheld.
    """

    bodies: list[tuple[Said, Any]] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    unread: list[Unread] = field(default_factory=list)
    reveals: list[tuple[Said, Reveal]] = field(default_factory=list)

    def of(self, shape: type[Any]) -> list[tuple[Said, Any]]:
        return [(said, body) for said, body in self.bodies if type(body) is shape]

    def standing(self, shape: type[Any]) -> list[tuple[Said, Any]]:
        return [(said, body) for said, body in self.of(shape) if said.id not in self.gone]


def read_statements(statements: Iterable[Said], as_of_us: int | None) -> Statements:
    """Those said by `as_of_us` (all, when None), each once. Whoever said a statement replaces or withdraws it, and nobody else."""
    found = Statements()
    by_leaf = {said.ref.leaf: said for said in statements if said.kind in BODIES or said.kind == REVEAL}
    by_id: dict[str, tuple[Said, Any]] = {}
    for said in sorted(by_leaf.values(), key=lambda s: (s.at_us, s.ref.leaf)):
        if as_of_us is not None:
            if said.at_us > as_of_us:
                continue
            if said.withdrawn_us is not None and said.withdrawn_us > as_of_us:
                said = replace(said, withdrawn=False, withdrawn_us=None)
        if said.kind == REVEAL:
            found.reveals += readable([said], Reveal)
            continue
        if said.erased:
            found.unread.append(Unread(said.id, said.speaker, "the text was erased"))
            continue
        try:
            body: Any = msgspec.convert(said.body, BODIES[said.kind])
        except msgspec.ValidationError as error:
            found.unread.append(Unread(said.id, said.speaker, quoted(str(error))))
            continue
        found.bodies.append((said, body))
        by_id[said.id] = (said, body)
        earlier = by_id.get(getattr(body, "of", ""))
        if earlier is not None and type(body) is not Board and _same_office(earlier, (said, body)):
            found.gone.add(earlier[0].id)
        if said.withdrawn:
            found.gone.add(said.id)
    return found


def _same_office(earlier: tuple[Said, Any], later: tuple[Said, Any]) -> bool:
    """Nobody replaces what somebody else said, or what another office said through the same party."""
    return (
        type(earlier[1]) is type(later[1])
        and earlier[0].speaker == later[0].speaker
        and bool(earlier[1].office == later[1].office)
    )
