"""Pages of a collection, straight from SQL, beside the same collection as a list in memory: every reader, filter and walk."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial

import pytest
from tests.contract import worlds
from tests.contract.stix_examples import CLEAR, RED, address, identifier, indicator, malware
from tests.contract.worlds import MemoryWorld, NodeWorld, World, caller
from tests.scene import quick_folder

from detente.node.config import StoreChoices
from detente.node.open import create_node
from detente.stix.canonical import JsonValue
from detente.taxii.query import Filter

DAYS = 5
WIDE = 1 << 30


def thing(dice: random.Random) -> dict[str, JsonValue]:
    """One version of one of a few objects; what it says follows from its name and version, its marking too."""
    number, day, old = dice.randrange(4), dice.randrange(1, DAYS + 1), dice.random() < 0.25
    modified = f"2026-01-0{day + 2}T03:04:05.000Z"
    marking = RED if (number + day) % 3 == 0 else CLEAR
    match dice.randrange(4):
        case 0:
            return address(number)
        case 1:
            return {**malware(number, modified=modified), "object_marking_refs": [marking]}
        case _:
            made = indicator(number, modified=modified, marking=marking)
            if old:
                del made["spec_version"], made["pattern_type"]
                made["labels"] = ["malicious-activity"]
            return made


def filters(dice: random.Random) -> Filter:
    """Any combination of what a client may ask for."""
    ids = [identifier(kind, n) for kind in ("indicator", "malware", "ipv4-addr") for n in range(4)]
    keys = [f"2026-01-0{day + 2}T03:04:05.000000" for day in range(1, DAYS + 1)]
    versions = dice.choice(
        [("last",), ("first",), ("all",), ("first", "last"), (dice.choice(keys),), ("last", keys[0])]
    )
    return Filter(
        types=dice.choice([(), ("indicator",), ("malware", "ipv4-addr"), ("tool",)]),
        ids=dice.choice([(), tuple(dice.sample(ids, 3)), (dice.choice(ids),)]),
        spec_versions=dice.choice([(), ("2.1",), ("2.0",), ("2.0", "2.1")]),
        versions=versions,
    )


def walk(world: World, role: str, asked: Filter, limit: int) -> list[tuple[str, str, str, bytes]]:
    """All pages one after the other, by `next`; every page but the last is full, and none is repeated."""
    found: list[tuple[str, str, str, bytes]] = []
    after, more = 0, True
    while more:
        page = world.collections.page(caller(world, role), world.exchange, asked, after, limit, bytes_max=WIDE)
        more = page.more
        assert len(page.rows) == limit or not more
        for row in page.rows:
            assert row.added_us > after
            after = row.added_us
            found.append((row.object_id, row.version, row.spec_version, row.body))
    return found


@pytest.fixture
def both(store_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[World, World]]:
    monkeypatch.setattr(worlds, "create_node", partial(create_node, store=StoreChoices(url=store_url)))
    with quick_folder() as folder:
        node = NodeWorld(folder)
        yield MemoryWorld(), node
        node.collections._node.close()


@pytest.mark.parametrize("seed", range(6))
def test_every_page_is_what_the_same_question_to_a_list_in_memory_gives(both: tuple[World, World], seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(5):
        added = [thing(dice) for _ in range(dice.randrange(1, 8))]
        for world in both:
            world.advance(1_000_000)
            status = world.collections.add(caller(world, "own"), world.exchange, added)
            assert not status.failures, status.failures
        for _ in range(12):
            asked, limit, role = filters(dice), dice.choice([1, 2, 3, 100]), dice.choice(["own", "reader"])
            expected, got = (walk(world, role, asked, limit) for world in both)
            # What was posted at once is ordered by who may see it; only that order is free.
            assert sorted(got) == sorted(expected), (role, asked)
        if dice.random() < 0.5:
            gone = thing(dice)
            versions = dice.choice([("all",), ("last",), ("first",)])
            answers = {
                world.collections.delete(caller(world, "own"), world.exchange, str(gone["id"]), versions, ())
                for world in both
            }
            assert len(answers) == 1
