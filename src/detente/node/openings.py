"""Openings for the party that a token stands for: of the statements addressed to it, and of no others."""

from __future__ import annotations

from detente.errors import NotFound
from detente.node.collections import token_of
from detente.node.open import Node
from detente.statement import Opening, encode_openings
from detente.store import index
from detente.store.log import OWN, read_head

AT_ONCE = 20_000
BYTES_AT_ONCE = 12 << 20


def openings_for(node: Node, secret: str, start: int, end: int) -> tuple[bytes, int]:
    """Encoded openings with start ≤ index < end, and the index up to which they are complete.

    Raises NotFound when the token is unknown or stands for nobody but ourselves.
    """
    with node.store.indexed() as connection:
        token = token_of(connection, secret)
        if token is None or not token.party:
            raise NotFound("this token is not known here")
        end = min(end, read_head(connection, OWN).size, start + AT_ONCE)
        found: list[tuple[int, Opening]] = []
        size = 0
        for idx, opening in index.openings_between(connection, OWN, index.sight(connection, token.party), start, end):
            size += len(opening.body) + len(opening.header)
            if found and size > BYTES_AT_ONCE:
                return encode_openings(found), idx
            found.append((idx, opening))
    return encode_openings(found), max(end, start + 1)
