"""A prepared place, and the process that forks victims; both once for each worker."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.crash.harness import Victims, require_strace
from tests.crash.oracle import Before
from tests.crash.victim import ERASED_ENTRY, Partner, write_requests
from tests.scene import quick_folder, reopen, settle, tell
from tests.world import World

from detente.net import Reply
from detente.node.backup import backup
from detente.node.sync import sync
from detente.party import Role
from detente.stix.canonical import parse
from detente.store.bodies import read_opening
from detente.store.log import OWN, prove_consistency, read_head
from detente.store.store import read_witnessed
from detente.tlog.witness import encode_request

SIZE = 254
"""Of our own log in the prepared place: the second entry appended to it fills a tile."""


@pytest.fixture(scope="session")
def prepared() -> Iterator[tuple[Path, Before]]:
    """`node`: ours. `partner`: what cert-b answers now, with news for us. `requests`: two that it sends to our witness."""
    with quick_folder() as base:
        place = base / "prepared"
        place.mkdir()
        world = World(base / "world")
        ours, partner = world.node("cert-a"), world.node("cert-b")
        world.introduce("cert-a", "cert-b")
        tell(partner, range(600, 610), "cert-a")
        tell(ours, range(30), "cert-b")
        settle(world)
        with ours.store.reading() as connection:
            missing = SIZE - read_head(connection, OWN).size
        tell(ours, range(1000, 1000 + missing), "cert-b")
        with ours.store.reading() as connection:
            head = read_head(connection, OWN)
            opening = read_opening(connection, OWN, ERASED_ENTRY)
            witness = read_witnessed(connection, "cert-b.example")
        assert witness is not None
        old_size, requests = witness[0], []
        for numbers in (range(610, 620), range(620, 625)):
            tell(partner, numbers, "cert-a")
            with partner.store.reading() as connection:
                theirs = read_head(connection, OWN)
                proof = prove_consistency(connection, OWN, old_size, theirs.size)
            requests.append(encode_request(old_size, proof, theirs.note))
            old_size = theirs.size
        backup(ours, place / "backup.tar")
        ours.close()
        shutil.copytree(base / "world" / "cert-a", place / "node")
        write_requests(place / "requests", requests)
        recorder = Recorder(world)
        assert sync(reopen(world, "cert-a"), recorder).worst is None
        Partner(recorder.answers, partner.signers[Role.WITNESS]).write(place / "partner")
        world.close()
        value = parse(opening.body)
        assert isinstance(value, dict)
        yield place, Before(head.size, head.root, opening, str(value["id"]), old_size)


@dataclass
class Recorder:
    """Fetches, and remembers what came."""

    world: World
    answers: dict[str, Reply] = field(default_factory=dict)

    def __call__(
        self, method: str, url: str, *, bytes_max: int, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Reply:
        reply = self.world.fetch(method, url, bytes_max=bytes_max, body=body, headers=headers)
        if method == "GET":
            self.answers[url] = reply
        return reply


@pytest.fixture(scope="session")
def before(prepared: tuple[Path, Before]) -> Before:
    return prepared[1]


@pytest.fixture(scope="session")
def victims(prepared: tuple[Path, Before]) -> Iterator[Victims]:
    require_strace()
    made = Victims(prepared[0].parent, prepared[0])
    yield made
    made.close()
