"""Erase: the text of a statement is destroyed; the log, its receipts and cosignatures still verify.

The erasure and its public notice (an `x` leaf: indices and legal ground, nothing else) commit together. What the database itself may
have left on the disk is purged after that; if the process dies in between, the next opening of the node purges.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from detente.errors import InvalidStatement, NotFound
from detente.node.open import Node
from detente.statement import ErasureLeaf, erasure_leaf, parse_header
from detente.stix.canonical import JsonValue
from detente.store import bodies, folding, index
from detente.store.database import Connection
from detente.store.log import JOURNAL, OWN, read_head
from detente.store.store import Transaction

GROUND_CHARACTERS_MAX = 500


@dataclass(frozen=True, slots=True)
class Erased:
    """Entries of our own log whose text is gone, further copies (journal, mirrors), and the index of the notice if there is one."""

    entries: tuple[int, ...]
    copies: int
    notice: int | None


def erase_object(node: Node, object_id: str, *, ground: str, headers: bool = False) -> Erased:
    """Erase every version of an object: what we said, what we took in, what partners sent us of it."""
    with node.store.indexed() as connection:
        found = index.find_object(connection, object_id)
    if not found:
        raise NotFound(f"no statement about {object_id} is held here")
    return _erase(node, found, ground=ground, headers=headers)


def erase_entry(node: Node, entry: int, *, ground: str, headers: bool = False) -> Erased:
    """Erase one entry of our own log, and our private copy of the same text."""
    with node.store.indexed() as connection:
        if entry >= read_head(connection, OWN).size:
            raise NotFound(f"our log has no entry {entry} yet")
        chosen = _with_copies(connection, [entry])
    return _erase(node, chosen, ground=ground, headers=headers)


def apply_notice(transaction: Transaction, notice: ErasureLeaf) -> None:
    """Erase what a notice in our own log says is gone: after an older backup was restored, it had come back.

    `Store.finish_purge` must follow after the commit.
    """
    held = [i for i in notice.indices if bodies.has_opening(transaction.connection, OWN, i)]
    by_log: dict[int, list[int]] = defaultdict(list)
    for log, idx in _with_copies(transaction.connection, held):
        by_log[log].append(idx)
    for log, indices in by_log.items():
        bodies.erase(transaction.connection, log, indices, headers=False)
        folding.forget(transaction.connection, log, indices)
    transaction.owe_purge(by_log)


def _with_copies(connection: Connection, entries: Iterable[int]) -> list[tuple[int, int]]:
    """Entries of our own log, and our private copies of the same texts, as log and index."""
    chosen: set[tuple[int, int]] = set()
    for entry in entries:
        chosen.add((OWN, entry))
        body = bodies.read_opening(connection, OWN, entry).body
        if body:
            chosen |= {(log, idx) for log, idx in bodies.find_body(connection, body) if log == JOURNAL}
    return sorted(chosen)


def _erase(node: Node, found: list[tuple[int, int]], *, ground: str, headers: bool) -> Erased:
    if not ground.strip() or len(ground) > GROUND_CHARACTERS_MAX:
        raise InvalidStatement(
            f"an erasure states its ground in 1 to {GROUND_CHARACTERS_MAX} characters; it is published"
        )
    by_log: dict[int, list[int]] = defaultdict(list)
    for log, idx in found:
        by_log[log].append(idx)
    index.catch_up(node.store.database)

    def work(transaction: Transaction) -> Erased:
        for log, idx in found:
            opening = bodies.read_opening(transaction.connection, log, idx)
            if opening.body and not opening.header:
                raise InvalidStatement(f"entry {idx} is public: its text is in the log itself and cannot be erased")
            if headers and opening.header and parse_header(opening.header).kind == "withdrawal":
                raise InvalidStatement(
                    f"entry {idx} is a withdrawal: without its header, what it withdrew would be back. Erase its text alone."
                )
        counts = {
            log: bodies.erase(transaction.connection, log, indices, headers=headers) for log, indices in by_log.items()
        }
        for log, indices in by_log.items():
            folding.forget(transaction.connection, log, indices)
        own = tuple(sorted(by_log.get(OWN, ())))
        notice = None
        if own:
            leaf = ErasureLeaf(own, ground, transaction.now_us)
            notice = transaction.append_clear(OWN, erasure_leaf(leaf))
        erased: dict[str, JsonValue] = {
            read_head(transaction.connection, log).origin: list(indices) for log, indices in sorted(by_log.items())
        }
        node.journal(
            transaction, "decision", {"decided": "erased", "ground": ground, "erased": erased, "headers": headers}
        )
        transaction.owe_purge(by_log)
        return Erased(own, sum(counts.values()) - len(own), notice)

    erased = node.store.write(node.clock(), work)
    node.store.finish_purge(node.clock())
    return erased
