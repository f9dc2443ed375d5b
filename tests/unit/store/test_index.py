"""The index is a cache: folded step by step, or all at once from nothing, it holds the same rows."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from tests.scene import example, index_rows, quick_folder, reopen, require_sound, settle, tell
from tests.world import World, world

from detente.errors import InvalidStatement, NotFound
from detente.node.collections import add_collection
from detente.node.erase import erase_entry, erase_object
from detente.node.open import Node
from detente.node.share import say, withdraw
from detente.node.sync import sync
from detente.store import index
from detente.store.log import OWN, read_head

STEPS = 25
VERSIONS = [f"2026-01-0{day}T03:04:05.{'0' * digits}Z" for day in range(3, 7) for digits in (1, 3, 6)]


@pytest.fixture
def pair(store_url: str) -> Iterator[World]:
    """cert-a, whose index is looked at, and cert-b, which talks to it."""
    with quick_folder() as folder, world(folder) as made:
        made.node("cert-a", store_url=store_url)
        made.node("cert-b")
        made.introduce("cert-a", "cert-b")
        for alias in ("feed", "other"):
            add_collection(made.nodes["cert-a"], alias, readers=["*"])
        yield made


def act(made: World, dice: random.Random) -> str:
    """Something that changes what can be queried; returns what."""
    node, partner = made.nodes["cert-a"], made.nodes["cert-b"]
    number = dice.randrange(8)
    what = dice.choice(["say", "say", "say", "say in public", "hear", "withdraw", "erase", "erase one", "look", "look"])
    thing = example(number, modified=dice.choice(VERSIONS))
    collection = dice.choice(["feed", "other", ""])
    try:
        match what:
            case "say":
                say(node, collection, [thing], to=dice.choice([["cert-b"], []]), to_nobody=True)
            case "say in public":
                say(node, collection, [thing], public=True)
            case "hear":
                tell(partner, range(number, number + 3), "cert-a")
                sync(node, made.fetch)
                sync(partner, made.fetch)
                sync(node, made.fetch)
            case "withdraw":
                withdraw(node, collection or "feed", thing.id, [dice.choice(["all", "first", "last"])])
            case "erase":
                erase_object(node, thing.id, ground="asked for", headers=dice.random() < 0.3)
            case "erase one":
                with node.store.reading() as connection:
                    size = read_head(connection, OWN).size
                erase_entry(node, dice.randrange(6, size), ground="asked for", headers=dice.random() < 0.3)
            case "look":
                index.catch_up(node.store.database)
    except (NotFound, InvalidStatement, IndexError, ValueError):
        return f"{what}, in vain"
    return what


def delete_index(made: World, node: Node, store_url: str) -> Node:
    """As an operator would: the files go while the node is down."""
    if store_url:
        node.store.database.run_alone("DROP SCHEMA idx CASCADE")
        return node
    node.close()
    for path in node.folder.glob("index.db*"):
        path.unlink()
    return reopen(made, "cert-a")


@pytest.mark.parametrize("seed", range(8))
def test_an_index_that_grew_step_by_step_equals_one_made_anew(pair: World, store_url: str, seed: int) -> None:
    dice = random.Random(seed)
    done = [act(pair, dice) for _ in range(STEPS)]
    node = pair.nodes["cert-a"]
    grown = index_rows(node)
    assert grown["statements"]
    index.rebuild(node.store.database)
    assert index_rows(node) == grown, done
    node = delete_index(pair, node, store_url)
    assert index_rows(node) == grown, done
    require_sound(node)


def test_what_is_there_is_not_folded_again(pair: World) -> None:
    node = pair.nodes["cert-a"]
    tell(node, range(5), "cert-b")
    assert index.catch_up(node.store.database) > 0
    assert index.catch_up(node.store.database) == 0
    tell(node, range(5, 7), "cert-b")
    settle(pair)
    assert index.catch_up(node.store.database) == 0


def test_an_index_of_an_older_kind_is_thrown_away(pair: World, monkeypatch: pytest.MonkeyPatch) -> None:
    node = pair.nodes["cert-a"]
    tell(node, range(5), "cert-b")
    grown = index_rows(node)
    monkeypatch.setattr(index, "INDEX_VERSION", index.INDEX_VERSION + 1)
    assert not index.exists(node.store.database)
    assert index_rows(node) == grown
    assert index.exists(node.store.database)
