"""Several nodes in one process, with a clock and a network of our own: requests go straight to the endpoints.

The same `Fetch` contract as over HTTP, so that what passes here passes there; `tests/e2e` runs the real thing.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from detente.errors import Unreachable
from detente.net import Reply
from detente.node.config import PartyChoices
from detente.node.open import Node, create_node
from detente.node.partners import add_partner, invite
from detente.stix.marking import Tlp
from detente.web.log import Answer, Request, answer

START_US = 1_790_000_000_000_000

Endpoint = Callable[[Request], Answer]


class Clock:
    """Moves only when told to, and a microsecond each time it is read."""

    def __init__(self, now_us: int = START_US) -> None:
        self.now_us = now_us

    def __call__(self) -> int:
        self.now_us += 1
        return self.now_us

    def advance(self, seconds: float) -> None:
        self.now_us += int(seconds * 1_000_000)


class World:
    """Nodes by short name, each reachable at http://<name>.test. `requests` keeps what was asked, for tests that grep."""

    def __init__(self, folder: Path, seed: int = 1) -> None:
        self.folder = folder
        self.clock = Clock()
        self.random = random.Random(seed)
        self.nodes: dict[str, Node] = {}
        self.endpoints: dict[str, Endpoint] = {}
        self.away: set[str] = set()
        self.requests: list[tuple[str, str, bytes]] = []

    def node(self, name: str, *, store_url: str = "") -> Node:
        """A new node; every other node that was `introduce`d to it becomes its partner."""
        from detente.node.config import StoreChoices

        node = create_node(
            self.folder / name,
            PartyChoices(origin=f"{name}.example", title=name.upper(), url=f"http://{name}.test"),
            store=StoreChoices(url=store_url),
            clock=self.clock,
            random=self.random.randbytes,
        )
        self.nodes[name] = node
        self.endpoints[name] = lambda request: answer(self.nodes[name], request)
        return node

    def introduce(self, a: str, b: str, *, receives: Tlp = Tlp.RED) -> None:
        """Each invites and adds the other."""
        for one, other in ((a, b), (b, a)):
            invitation = invite(self.nodes[one], f"{other}.example")
            add_partner(self.nodes[other], invitation, name=one, receives=receives)

    def fetch(
        self,
        method: str,
        url: str,
        *,
        bytes_max: int,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        parts = urlsplit(url)
        name = (parts.hostname or "").removesuffix(".test")
        self.requests.append((method, url, body))
        if name in self.away or name not in self.endpoints:
            raise Unreachable(f"{url}: nobody answers")
        lower = {key.lower(): value for key, value in (headers or {}).items()}
        reply = self.endpoints[name](Request(method, parts.path, parts.query, lower, body))
        if len(reply.body) > bytes_max:
            from detente.errors import TooLarge

            raise TooLarge(f"{url}: sent more than {bytes_max} bytes")
        return Reply(reply.status, {**reply.headers, "content-type": reply.content_type}, reply.body)

    def close(self) -> None:
        for node in self.nodes.values():
            node.close()


@contextmanager
def world(folder: Path, seed: int = 1) -> Iterator[World]:
    made = World(folder, seed)
    try:
        yield made
    finally:
        made.close()
