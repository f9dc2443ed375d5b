"""One statement as the matters read it: who said what to whom, when, in answer to what; and its body as a typed value.

The matters (channel, claims, attribution, norms, effect) are pure functions of sequences of `Said`. Two nodes that hold the same
statements compute the same results: nothing here but `added_us` depends on which node holds it, and that is for the question
"what was known here on D" alone.

A body is a `msgspec.Struct` of the matter. It is written without what equals a default, and read with unknown fields allowed: a later
version may say more, and the text that was signed is kept whole in `Said.body`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from detente.errors import InvalidStatement
from detente.party import proquints, unproquints
from detente.statement import Ref, Seen, base64url, unbase64url
from detente.stix.canonical import JsonValue

T = TypeVar("T", bound=msgspec.Struct)

SHORT_WORDS = 3


@dataclass(frozen=True, slots=True)
class Said:
    """`at_us` is what the speaker claims; `added_us` when this node stored it. `body` is {} when the text was erased.

    `withdrawn`: its speaker took it back, and says to have done so at `withdrawn_us`.
    """

    ref: Ref
    aud: tuple[str, ...]
    kind: str
    at_us: int
    body: Mapping[str, JsonValue]
    re: Ref | None = None
    seen: tuple[Seen, ...] = ()
    added_us: int = field(default=0, compare=False)
    erased: bool = False
    withdrawn: bool = False
    withdrawn_us: int | None = None

    @property
    def speaker(self) -> str:
        """The origin of the party that said it; our private journal speaks for ourselves."""
        return self.ref.log.removesuffix("/journal")

    @property
    def id(self) -> str:
        """The statement's name among all: its leaf hash, 43 characters of base64url."""
        return base64url(self.ref.leaf)

    @property
    def short(self) -> str:
        """Three words over the same hash that a person can type, or say by telephone: lusab-babad-gutih."""
        return short_of(self.ref.leaf)

    @property
    def parties(self) -> tuple[str, ...]:
        """Speaker and addressees, sorted."""
        return tuple(sorted({self.speaker, *self.aud}))


def short_of(leaf: bytes) -> str:
    return proquints(leaf[: 2 * SHORT_WORDS])


def short_of_id(id_: str) -> str:
    return short_of(unbase64url(id_))


def beginning_of_id(words: str) -> str:
    """The characters with which the ids begin that have these whole words: a word is 16 bits, a character six."""
    raw = unproquints(words)
    return base64url(raw)[: 8 * len(raw) // 6]


def read(said: Said, shape: type[T]) -> T:
    """The body as a typed value. Raises InvalidStatement naming speaker, kind and field."""
    if said.erased:
        raise InvalidStatement(
            f"the text of {said.kind} {said.short} by {said.speaker} was erased; nothing can be read of it"
        )
    return read_value(said.body, shape, where=f"{said.kind} {said.short} by {said.speaker}")


def read_value(value: Mapping[str, Any], shape: type[T], *, where: str) -> T:
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError as error:
        raise InvalidStatement(f"{where}: {error}") from None


def readable(statements: Iterable[Said], shape: type[T]) -> list[tuple[Said, T]]:
    """Those that are held, not withdrawn, and read as `shape`. What a partner wrote otherwise is kept, and left out here."""
    found = []
    for said in statements:
        if said.erased or said.withdrawn:
            continue
        try:
            found.append((said, msgspec.convert(said.body, shape)))
        except msgspec.ValidationError:
            continue
    return found


def written(body: msgspec.Struct) -> dict[str, JsonValue]:
    """The body as JSON, without the fields that equal their default."""
    value: dict[str, JsonValue] = msgspec.json.decode(msgspec.json.encode(body))
    return value
