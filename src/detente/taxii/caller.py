"""Who is asking."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom a token stands for.

    `party` is the origin of that party, "" for our own party's tools. `read` and `write` name the collections that the
    token is good for; None: all that the party may. They can only narrow what the party may, never widen it.
    """

    token_id: str
    party: str
    read: frozenset[str] | None = None
    write: frozenset[str] | None = None
