"""Nodes that have already spoken, and the truth that they hold, for tests of what may and may not change it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from detente.errors import NotFound
from detente.node.collections import add_collection, read_collection
from detente.node.fsck import fsck
from detente.node.open import Node, open_node
from detente.node.share import Told, say
from detente.node.sync import sync
from detente.statement import Opening, parse_header
from detente.stix.canonical import parse
from detente.stix.objects import StixObject, parse_object
from detente.store.bodies import read_openings
from detente.store.database import audiences, deliveries, matters, objects, statements, truth
from detente.store.log import JOURNAL, read_head
from detente.store.store import read_record, read_records
from detente.web.log import answer
from tests.contract.stix_examples import indicator
from tests.world import World

# What a node may write down when a partner misbehaves or is away; nothing else changes then.
KEPT = frozenset({"trouble", "evidence", "contact"})

Truth = dict[str, list[tuple[Any, ...]]]


def example(number: int, **more: Any) -> StixObject:
    """An indicator marked TLP:CLEAR; the same number gives the same object."""
    return parse_object(indicator(number, **more))


def examples(numbers: Iterable[int]) -> list[StixObject]:
    return [example(number) for number in numbers]


def tell(node: Node, numbers: Iterable[int], *to: str, collection: str = "feed", public: bool = False) -> Told:
    """Say some indicators to partners by name, in a collection that is made when there is none."""
    with node.store.reading() as connection:
        try:
            target = read_collection(connection, collection).id
        except NotFound:
            target = ""
    if not target:
        target = add_collection(node, collection, readers=["*"]).id
    return say(node, target, examples(numbers), to=to, public=public)


def town(world: World, *names: str, said: int = 5) -> World:
    """Nodes that know one another; each has told all the others `said` indicators, and all have synced."""
    for name in names:
        world.node(name)
    for position, name in enumerate(names):
        for other in names[position + 1 :]:
            world.introduce(name, other)
    for position, name in enumerate(names):
        tell(world.nodes[name], range(1000 * position, 1000 * position + said), *(n for n in names if n != name))
    settle(world)
    return world


def settle(world: World, rounds: int = 2) -> None:
    """Everybody syncs, twice: acknowledgements and cosignatures of the first round arrive with the second."""
    for _ in range(rounds):
        for node in world.nodes.values():
            report = sync(node, world.fetch)
            assert report.worst is None, report.worst


@contextmanager
def quick_folder() -> Iterator[Path]:
    """A folder in memory where the machine has one: for tests of logic, which sync thousands of times."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


def close(world: World) -> int:
    """Close all nodes; returns the time, so that a copy of the folder can go on from there."""
    world.close()
    return world.clock.now_us


def reopen(world: World, name: str) -> Node:
    """Open a node's folder (again), as after a restart or in a copy of it."""
    if name in world.nodes:
        world.nodes[name].close()
    node = open_node(world.folder / name, clock=world.clock, random=world.random.randbytes)
    world.nodes[name] = node
    world.endpoints.setdefault(name, lambda request: answer(world.nodes[name], request))
    return node


@contextmanager
def copy_of(folder: Path, now_us: int, *names: str) -> Iterator[World]:
    """A world of its own over a copy of closed nodes' folders."""
    with quick_folder() as place:
        shutil.copytree(folder, place, dirs_exist_ok=True)
        world = World(place, seed=2)
        world.clock.now_us = now_us
        for name in names:
            reopen(world, name)
        try:
            yield world
        finally:
            world.close()


def truth_of(node: Node, *, journal: bool = False, cosignatures: bool = False) -> Truth:
    """Every row of the truth but the private journal and what is kept of misconduct, for comparing before and after.

    `cosignatures`: also what witnesses answered about our own log.
    """
    rows: Truth = {}
    with node.store.reading() as connection:
        for table in truth.sorted_tables:
            query = sa.select(table).order_by(*table.primary_key.columns)
            if "log" in table.c and not journal:
                query = query.where(table.c.log != JOURNAL)
            found = connection.execute(query).mappings().all()
            left_out = set() if cosignatures or table.name != "heads" else {"witnessed_size", "witnessed_note"}
            besides = KEPT if cosignatures else KEPT | {"witness-size"}
            rows[table.name] = [
                tuple(value for name, value in row.items() if name not in left_out)
                for row in found
                if table.name != "records" or row["kind"] not in besides
            ]
    return rows


def journal_kinds(node: Node, start: int = 0) -> list[str]:
    """The kinds of the journal's entries from `start` on."""
    with node.store.reading() as connection:
        size = read_head(connection, JOURNAL).size
        return [parse_header(o.header).kind for _, o in read_openings(connection, JOURNAL, start, size) if o.header]


def journal_size(node: Node) -> int:
    with node.store.reading() as connection:
        return read_head(connection, JOURNAL).size


def kept_evidence(node: Node) -> list[bytes]:
    """The bytes kept against partners, in the order of their keys."""
    with node.store.reading() as connection:
        return [value for _, value in read_records(connection, "evidence")]


def trouble_with(node: Node, origin: str) -> str | None:
    """The kind of trouble recorded with a partner, None when there is none."""
    with node.store.reading() as connection:
        value = read_record(connection, "trouble", origin)
    if value is None:
        return None
    record = parse(value)
    assert isinstance(record, dict)
    return str(record["state"])


def require_sound(node: Node) -> None:
    """fsck has nothing to say."""
    checked = fsck(node)
    assert not checked.findings, checked.findings


def index_rows(node: Node) -> dict[str, list[tuple[object, ...]]]:
    """The whole index, with the audiences spelled out: their numbers are a matter of history."""
    with node.store.indexed() as connection:
        names = {row.id: row.parties for row in connection.execute(sa.select(audiences.c.id, audiences.c.parties))}
        found = {}
        for table in (statements, objects, deliveries, matters):
            rows = connection.execute(sa.select(table)).mappings().all()
            found[table.name] = sorted(
                tuple(names[value] if name == "audience" else value for name, value in row.items()) for row in rows
            )
    return found


def require_bytes_gone(folder: Path, opening: Opening, where: str = "") -> None:
    """No file of the node, the write-ahead logs too, holds the salt, or any part of the text that only it has."""
    name = parse(opening.body)
    assert isinstance(name, dict)
    secrets = [opening.body, opening.body_salt, str(name["name"]).encode() + b'"', str(name["id"]).encode()]
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            for secret in secrets:
                assert secret not in data, (where, path.name, secret)
