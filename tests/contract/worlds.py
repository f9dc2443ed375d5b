"""Implementations of `Collections`, each set up in the same way, for the contract and for the conformance suite.

There are two collections, `exchange` (alias "exchange") and `private`, and five tokens:

    own       our own tools: everything, everywhere
    editor    our own, good for reading and writing `exchange`
    writer    our own, good for writing `exchange` only
    reader    a partner that may read `exchange`, but no object marked TLP:RED
    stranger  a party that may do nothing
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tests.contract.memory_collections import MemoryCollections, Shelf

from detente.web.collections import Caller, Collections

START_US = 1_767_225_600_000_000  # 2026-01-01
EXCHANGE = "0b1e7a4c-3f5d-4b7a-9c1e-2d3f4a5b6c7d"
PRIVATE = "6f0d9c2b-1a3e-4c5d-8e7f-90a1b2c3d4e5"
ROLES = ("own", "editor", "writer", "reader", "stranger")


class World(Protocol):
    """`exchange` and `private` are collection ids; `keeps_stix_20` is false where STIX 2.0 comes in as 2.1."""

    @property
    def collections(self) -> Collections: ...
    @property
    def exchange(self) -> str: ...
    @property
    def private(self) -> str: ...
    @property
    def keeps_stix_20(self) -> bool: ...

    def token(self, role: str) -> tuple[str, str]:
        """Name and secret."""

    def advance(self, us: int) -> None:
        """Lets the time pass that the implementation sees."""


@dataclass(slots=True)
class MemoryWorld:
    now_us: int = START_US
    exchange: str = EXCHANGE
    private: str = PRIVATE
    keeps_stix_20: bool = True
    collections: MemoryCollections = field(init=False)

    def __post_init__(self) -> None:
        exchange, nothing = frozenset({EXCHANGE}), frozenset[str]()
        callers = {
            "own": Caller("own", ""),
            "editor": Caller("editor", "", read=exchange, write=exchange),
            "writer": Caller("writer", "", read=nothing, write=exchange),
            "reader": Caller("reader", "reader.example"),
            "stranger": Caller("stranger", "stranger.example"),
        }
        self.collections = MemoryCollections(
            lambda: self.now_us,
            [
                Shelf(EXCHANGE, "Exchange", alias="exchange", readers=frozenset({"reader.example"})),
                Shelf(PRIVATE, "Private"),
            ],
            {self.token(role): caller for role, caller in callers.items()},
        )

    def token(self, role: str) -> tuple[str, str]:
        return role, f"{role}-{'s3cret' * 4}"

    def advance(self, us: int) -> None:
        self.now_us += us


IMPLEMENTATIONS: dict[str, Callable[[Path], World]] = {"memory": lambda _folder: MemoryWorld()}


def caller(world: World, role: str) -> Caller:
    found = world.collections.authenticate("bearer", world.token(role)[1])
    assert found is not None
    return found


def basic(name: str, secret: str) -> str:
    return b64encode(f"{name}:{secret}".encode()).decode()
