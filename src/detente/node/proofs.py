"""Receipts: what a party hands to a stranger so that they can check one statement offline, with tools that we did not write."""

from __future__ import annotations

from dataclasses import dataclass

from detente.errors import (
    NotFound,
)
from detente.node.open import Node
from detente.party import Party, Role
from detente.statement import (
    CommitmentLeaf,
    opening_document,
    parse_leaf,
)
from detente.store import bodies, index
from detente.store.database import Connection
from detente.store.log import JOURNAL, OWN, head_of, prove_inclusion, read_head, read_leaves
from detente.tlog.checkpoint import parse_checkpoint
from detente.tlog.note import parse_note
from detente.tlog.proof import Receipt


@dataclass(frozen=True, slots=True)
class Proof:
    """What to hand over. `opening` is None for a clear leaf, or when we do not hold it; `witnessed` says whether others cosigned."""

    receipt: bytes
    opening: bytes | None
    policy: str
    size: int
    witnessed: bool


def prove(node: Node, entry: int, *, partner: str | None = None) -> Proof:
    """Receipt, opening and policy for one entry of our log, or of a partner's log that we mirror.

    The leaf stands in the receipt's `extra` line, so that a clear leaf needs no second file. Raises NotFound when the log is shorter.
    """
    with node.store.reading() as connection:
        party = None if partner is None else node.partner(connection, partner)
        head = read_head(connection, OWN) if party is None else head_of(connection, party.origin)
        if head is None or entry >= head.size:
            raise NotFound(
                f"the log of {partner or node.origin} has no entry {entry} here; it has {head.size if head else 0}"
            )
        witnessed = head.witnessed_size > entry
        note = head.witnessed_note if witnessed else head.note
        size = parse_checkpoint(parse_note(note).text).size
        leaf = read_leaves(connection, head.log, entry, entry + 1)[0]
        receipt = Receipt(entry, prove_inclusion(connection, head.log, entry, size), note, leaf)
        opening = _opening(connection, head.log, head.origin, entry, leaf)
        policy = make_policy(node, connection, head.origin, party)
    return Proof(receipt.encode(), opening, policy, size, witnessed or party is not None)


def _opening(connection: Connection, log: int, origin: str, entry: int, leaf: bytes) -> bytes | None:
    if not isinstance(parse_leaf(leaf), CommitmentLeaf):
        return None
    try:
        opening = bodies.read_opening(connection, log, entry)
    except NotFound:
        return None
    return opening_document(opening, log=origin, index=entry) + b"\n" if opening.header else None


def make_policy(node: Node, connection: Connection, origin: str, party: Party | None) -> str:
    """A C2SP policy: the keys of one log, and everybody else whom we know as a witness; either kind of key counts for its witness."""
    log_keys = node.public_keys[Role.LOG] if party is None else party.log_keys
    others = [(p.name, p.keys.get(Role.WITNESS, ())) for p in node.partners(connection) if p.origin != origin]
    if party is not None:
        others.append(("us", node.public_keys[Role.WITNESS]))
    # One key of the log is enough to name it; the classical one is in every verifier.
    lines = [f"log {log_keys[0].vkey}"]
    groups = []
    for name, keys in sorted(others):
        for number, key in enumerate(keys, 1):
            lines.append(f"witness {name}-{number} {key.vkey}")
        if keys:
            lines.append(f"group {name} any " + " ".join(f"{name}-{number}" for number in range(1, len(keys) + 1)))
            groups.append(name)
    needed = min(node.config.witness.quorum, len(groups))
    if needed:
        lines.append(f"group witnesses {needed} " + " ".join(groups))
    lines.append("quorum witnesses" if needed else "quorum none")
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class LogLine:
    """One entry as `log show` lists it. `kind` is "sealed" for a leaf whose opening we do not hold."""

    index: int
    kind: str
    at_us: int | None
    addressees: tuple[str, ...]
    withdrawn: bool
    erased: bool
    about: str


def read_log(
    node: Node, *, partner: str | None, journal: bool, start: int | None, count: int
) -> tuple[str, int, list[LogLine]]:
    """Origin, size, and at most `count` lines from `start`, or the last ones."""
    with node.store.indexed() as connection:
        if partner is not None:
            party = node.partner(connection, partner)
            head = head_of(connection, party.origin)
            if head is None:
                raise NotFound(f"nothing of {party.name}'s log is here yet. Run: detente sync {party.name}")
        else:
            head = read_head(connection, JOURNAL if journal else OWN)
        first = max(0, head.size - count) if start is None else start
        end = min(head.size, first + count)
        known = index.read_statements(connection, head.log, first, end)
        leaves = read_leaves(connection, head.log, first, end)
    lines = []
    for position, leaf in enumerate(leaves, first):
        row = known.get(position)
        if row is None:
            lines.append(LogLine(position, _clear_kind(leaf), None, (), withdrawn=False, erased=False, about=""))
        else:
            lines.append(LogLine(position, row.kind, row.at_us, row.addressees, row.withdrawn, row.erased, row.about))
    return head.origin, head.size, lines


def _clear_kind(leaf: bytes) -> str:
    shapes = {b'"t":"k"': "key", b'"t":"x"': "erasure notice"}
    return next((kind for mark, kind in shapes.items() if mark in leaf), "sealed")
