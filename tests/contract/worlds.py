"""Implementations of `Collections`, each set up in the same way, for the contract and for the conformance suite.

There are two collections, `exchange` (alias "exchange") and `private`, and five tokens:

    own       our own tools: everything, everywhere
    editor    our own, good for reading and writing `exchange`
    writer    our own, good for writing `exchange` only
    reader    a partner that may read `exchange`, but no object marked TLP:RED
    stranger  a party that may do nothing
"""

from __future__ import annotations

import random
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tests.contract.memory_collections import MemoryCollections, Shelf
from tests.world import Clock

from detente.node.collections import add_collection, add_token
from detente.node.config import PartyChoices
from detente.node.open import create_node
from detente.node.partners import add_partner
from detente.node.shelf import Shelf as NodeShelf
from detente.party import Role, key_name, write_invitation
from detente.stix.marking import Tlp
from detente.store.keys import KINDS
from detente.tlog.note import signer_from_seed
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


@dataclass(slots=True)
class NodeWorld:
    """A real node: `reader.example` is a partner that receives up to TLP:AMBER, `stranger.example` reads nothing."""

    folder: Path
    exchange: str = ""
    private: str = ""
    keeps_stix_20: bool = True
    collections: NodeShelf = field(init=False)
    _clock: Clock = field(default_factory=lambda: Clock(START_US), init=False)
    _tokens: dict[str, tuple[str, str]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        party = PartyChoices(origin="own.example", url="http://own.test")
        node = create_node(self.folder / "node", party, clock=self._clock, random=random.Random(7).randbytes)
        for number, name in enumerate(("reader", "stranger")):
            add_partner(node, invitation_of(name, seed=number))
        exchange = add_collection(node, "exchange", title="Exchange", ceiling=Tlp.RED, readers=["reader"])
        private = add_collection(node, "private", title="Private", ceiling=Tlp.RED)
        self.exchange, self.private = exchange.id, private.id
        made = {
            "own": add_token(node, "own"),
            "editor": add_token(node, "editor", read=["exchange"], write=["exchange"]),
            "writer": add_token(node, "writer", read=[], write=["exchange"]),
            "reader": add_token(node, "reader", party="reader.example", write=[]),
            "stranger": add_token(node, "stranger", party="stranger.example", write=[]),
        }
        self._tokens = {role: (token.name, secret) for role, (token, secret) in made.items()}
        self.collections = NodeShelf(node)

    def token(self, role: str) -> tuple[str, str]:
        return self._tokens[role]

    def advance(self, us: int) -> None:
        self._clock.now_us += us


def invitation_of(name: str, *, seed: int) -> bytes:
    """The invitation of a party without a node: it never answers, and need not."""
    origin, seeds = f"{name}.example", random.Random(seed)
    signers = {
        role: [signer_from_seed(key_name(origin, role), kind, seeds.randbytes(32)) for kind in KINDS[role]]
        for role in (Role.LOG, Role.WITNESS, Role.MIRROR)
    }
    return write_invitation(title=name, origin=origin, url=f"http://{name}.test", token="", signers=signers)


IMPLEMENTATIONS: dict[str, Callable[[Path], World]] = {"memory": lambda _folder: MemoryWorld(), "node": NodeWorld}


def caller(world: World, role: str) -> Caller:
    found = world.collections.authenticate("bearer", world.token(role)[1])
    assert found is not None
    return found


def basic(name: str, secret: str) -> str:
    return b64encode(f"{name}:{secret}".encode()).decode()
