"""How fast is a log written, caught up with and indexed, and what limits it?

    python -m bench.store [--rounds N]

Everything is measured in this process, on a node as `detente init` makes it, with statements of the size of real ones. Beside the figures
stands what the machine can do at best in the same run: synced writes of one page, and SHA-256 over what is hashed.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from bench.attack_shaped import make_objects
from bench.machine import machine, spread

from detente.node.config import PartyChoices
from detente.node.open import Node, create_node
from detente.statement import SALTS_BYTES, STIX_MEDIA, parse_openings, seal, verify_opening
from detente.stix.canonical import encode
from detente.store import index
from detente.store.log import OWN, read_bundle, read_head, read_leaves
from detente.store.store import Transaction
from detente.tlog.merkle import Frontier, leaf_hash
from detente.tlog.tiles import TILE_WIDTH, encode_bundle, parse_bundle

READER = "reader.example"


@contextmanager
def fresh_node() -> Iterator[Node]:
    folder = Path(tempfile.mkdtemp(prefix="detente-bench-"))
    node = create_node(folder / "node", PartyChoices(origin="bench.example", url="http://127.0.0.1:1"))
    try:
        yield node
    finally:
        node.close()
        shutil.rmtree(folder)


def append(node: Node, bodies: list[bytes]) -> None:
    """One durable write: sealed, appended, verified, signed, committed."""
    now_us = node.clock()
    sealed = seal(
        bodies,
        aud=[READER],
        kind="object",
        log=node.origin,
        media=STIX_MEDIA,
        times_us=[now_us] * len(bodies),
        salts=node.random(SALTS_BYTES * len(bodies)),
    )

    def work(transaction: Transaction) -> None:
        transaction.append(OWN, [s.leaf for s in sealed], [s.opening for s in sealed], collection="bench")

    node.store.write(now_us, work)


def append_all(node: Node, parts: list[list[bytes]]) -> None:
    for part in parts:
        append(node, part)


def rate(count: int, work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return count / (time.perf_counter() - start)


def appends(rounds: int, batch: int, count: int) -> list[float]:
    bodies = [encode(value) for value in make_objects(count)]
    rates = []
    for _ in range(rounds):
        with fresh_node() as node:
            append(node, bodies[:batch])
            parts = [bodies[i : i + batch] for i in range(0, count, batch)]
            rates.append(rate(count, partial(append_all, node, parts)))
    return rates


def synced_writes(rounds: int, count: int = 500) -> list[float]:
    """One page appended and synced, as often as the disk will: no durable write can be faster."""
    rates = []
    with tempfile.TemporaryDirectory(prefix="detente-bench-") as folder:
        for number in range(rounds):
            with (Path(folder) / str(number)).open("wb", buffering=0) as file:
                page = os.urandom(4096)

                def write(file: object = file, page: bytes = page) -> None:
                    for _ in range(count):
                        os.write(file.fileno(), page)  # type: ignore[attr-defined]
                        os.fdatasync(file.fileno())  # type: ignore[attr-defined]

                rates.append(rate(count, write))
    return rates


def catch_up(rounds: int, count: int) -> dict[str, list[float]]:
    """What a partner does with `count` new entries: rebuild the tree, open what is addressed to it, index it."""
    bodies = [encode(value) for value in make_objects(count)]
    figures: dict[str, list[float]] = {name: [] for name in ("tree", "sha256", "openings", "index")}
    with fresh_node() as node:
        for begin in range(0, count, 1000):
            append(node, bodies[begin : begin + 1000])
        index.catch_up(node.store.database)
        with node.store.indexed() as connection:
            size = read_head(connection, OWN).size
            root = read_head(connection, OWN).root
            bundles = [
                read_bundle(connection, OWN, n, min(TILE_WIDTH, size - n * TILE_WIDTH))
                for n in range(-(-size // TILE_WIDTH))
            ]
            leaves = read_leaves(connection, OWN, 0, size)
            sight = index.sight(connection, READER)
            openings = index.openings_between(connection, OWN, sight, 0, size)
        from detente.statement import encode_openings

        wire = encode_openings(openings)

        def tree() -> None:
            frontier = Frontier.EMPTY
            for number, bundle in enumerate(bundles):
                width = min(TILE_WIDTH, size - number * TILE_WIDTH)
                frontier = frontier.extended([leaf_hash(leaf) for leaf in parse_bundle(bundle, width)])
            assert frontier.root() == root

        def sha256() -> None:
            # The hashes alone: one of 66 bytes a leaf, one of 65 a node, of which there are as many.
            data = b"\x00" * 66
            for _ in range(2 * size):
                hashlib.sha256(data).digest()

        def opened() -> None:
            for position, opening in parse_openings(wire):
                verify_opening(leaves[position], opening, log=node.origin, reader=READER)

        for _ in range(rounds):
            figures["tree"].append(rate(size, tree))
            figures["sha256"].append(rate(size, sha256))
            figures["openings"].append(rate(len(openings), opened))
            figures["index"].append(rate(count, lambda: index.rebuild(node.store.database)))
    assert encode_bundle(leaves[:TILE_WIDTH]) == bundles[0]
    return figures


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--count", type=int, default=20_000)
    options = arguments.parse_args()
    random.seed(1)
    print(f"{machine()}; python -m bench.store --rounds {options.rounds} --count {options.count}\n")
    print("| what | median | spread | asked for |\n|---|---|---|---|")
    rows: list[tuple[str, list[float], str, str]] = [
        ("durable appends, 1,000 a batch", appends(options.rounds, 1000, options.count), "/s", "20,000"),
        ("durable appends, 1 a batch", appends(options.rounds, 1, 1_000), "/s", "1,000"),
        ("(limit) synced 4 KiB writes", synced_writes(options.rounds), "/s", "–"),
    ]
    figures = catch_up(options.rounds, options.count)
    rows += [
        ("catch-up: tree verified, entries", figures["tree"], "/s", "200,000"),
        ("(limit) the same SHA-256 alone, entries", figures["sha256"], "/s", "–"),
        ("catch-up: openings verified", figures["openings"], "/s", "20,000"),
        ("index rebuilt, statements", figures["index"], "/s", "50,000"),
    ]
    for what, values, unit, asked in rows:
        print(f"| {what} | {statistics.median(values):,.0f}{unit} | {spread(values)} | {asked} |")


if __name__ == "__main__":
    main()
