"""The index of all indicators, kept beside the store: a hunt maps it and reads no indicator but those that are hit.

The file `hunt.index` in the node's folder is one block of `detente.hunt.block`. Its label says what it was made of: which
indicators the store held, the purpose, what partners are called, what agreements allow, the default
marking. One with another label, of another version, cut or foreign is made anew; delete it, and nothing is lost.
"""

from __future__ import annotations

import json
import mmap
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from detente.errors import InvalidStatement
from detente.hunt.indicators import IndicatorSource, NotSearched
from detente.hunt.sieve import can_compile
from detente.node.code_cache import Preparing, load_code
from detente.node.open import Node
from detente.node.policy import purposes_agreed
from detente.store import index

if TYPE_CHECKING:
    from detente.hunt.block import Block

FILE = "hunt.index"


@dataclass(frozen=True, slots=True)
class KeptIndex:
    block: Block
    denied: Counter[str]  # indicators bound to other purposes, by what they are bound to


def label_of(node: Node, purpose: str) -> str:
    """What an index made now would be made of."""
    with node.store.indexed() as connection:
        partners = {party.origin: party.name for party in node.partners(connection)}
        agreed = {origin: purposes_agreed(node, connection, origin) for origin in partners}
        state = {
            "indicators": index.indicators_known(connection),
            "purpose": purpose,
            "partners": dict(sorted(partners.items())),
            "agreed": {origin: sorted(agreed[origin] or ()) for origin in sorted(agreed) if agreed[origin] is not None},
            "marking": node.config.default_marking.label,
        }
    return json.dumps(state)


def open_index(node: Node, label: str) -> KeptIndex | None:
    """The one that is kept, if it is this one."""
    if not can_compile():
        return None
    from detente.hunt.block import Block

    try:
        with (node.folder / FILE).open("rb") as file:
            # A file that is replaced stays as it was for whoever mapped it.
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError):  # none, or an empty one
        return None
    try:
        block = Block(memoryview(data))
        said = json.loads(block.label)
        if said["made_of"] != label:
            return None
        return KeptIndex(block, Counter(said["denied"]))
    except (InvalidStatement, ValueError, KeyError, TypeError):
        return None


def keep_index(
    node: Node,
    label: str,
    sources: Iterable[IndicatorSource],
    skipped: Sequence[NotSearched],
    denied: Counter[str],
    told: Preparing | None = None,
) -> KeptIndex:
    """Make it and keep it, whole or not at all; where it cannot be written it is used all the same.

    `skipped` and `denied` may grow while `sources` are read.
    """
    load_code(told)
    from detente.hunt.block import Block
    from detente.hunt.builder import Builder

    builder = Builder()
    for source in sources:
        builder.add(source)
    builder.list_missing(skipped)
    data = builder.block(json.dumps({"made_of": label, "denied": dict(denied)}))
    write_whole(node.folder / FILE, data)
    return open_index(node, label) or KeptIndex(Block(data), Counter(denied))


def write_whole(path: Path, data: bytes) -> None:
    part = path.with_name(path.name + ".part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
        os.replace(part, path)
    except OSError:
        with suppress(OSError):
            part.unlink()
