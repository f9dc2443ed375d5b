"""Witness: somebody's log asks us to cosign. `detente.tlog.witness` decides; the new state is on the disk before the answer leaves.

Which logs: those of our partners, and our own (so that a partner's view of us can be compared). Strangers get 404.
"""

from __future__ import annotations

import hashlib

from detente.errors import RemoteError, SplitView
from detente.node.open import Node
from detente.node.receive import keep_evidence
from detente.party import Party, Role
from detente.store.database import Connection
from detente.store.log import head_of
from detente.store.store import Transaction, read_witnessed
from detente.tlog.note import VerifierKey
from detente.tlog.witness import Decision, WitnessState, decide


def answer_add_checkpoint(node: Node, request: bytes) -> Decision:
    """Decide and persist in one transaction, so that two requests at once cannot roll a log back."""
    now_us = node.clock()

    def work(transaction: Transaction) -> Decision:
        known: dict[str, tuple[tuple[VerifierKey, ...], WitnessState | None]] = {}
        for party in node.partners(transaction.connection):
            row = read_witnessed(transaction.connection, party.origin)
            state = None if row is None else WitnessState(row[0], row[1], row[3] // 1_000_000, row[2])
            known[party.origin] = (party.log_keys, state)
        decision = decide(request, known=known, signers=node.signers[Role.WITNESS], at_s=now_us // 1_000_000)
        if decision.new_state is not None:
            state = decision.new_state
            transaction.put_witnessed(decision.origin, state.size, state.root, state.note)
        return decision

    decision = node.store.write(now_us, work)
    if decision.evidence is not None:
        with node.store.reading() as connection:
            party = node.partner(connection, decision.origin)
        message = f"{party.name} asked us to cosign a second history of its log"
        error: RemoteError = SplitView(message, party=party.origin, evidence=decision.evidence)
        keep_evidence(node, party, error)
    return decision


def latest_cosigned(node: Node, origin_hash: str, role: Role) -> bytes | None:
    """The note that `GET <role>/<hex SHA-256 of origin>/checkpoint` serves, or None."""
    with node.store.reading() as connection:
        party = _party_of(node, connection, origin_hash)
        if party is None:
            return None
        if role is Role.WITNESS:
            row = read_witnessed(connection, party.origin)
            return None if row is None else row[2]
        head = head_of(connection, party.origin)
        return head.note if head is not None and head.note else None


def mirror_number(node: Node, origin_hash: str) -> int | None:
    """The number of the mirror of the partner's log with this hash of its origin."""
    with node.store.reading() as connection:
        party = _party_of(node, connection, origin_hash)
        head = head_of(connection, party.origin) if party else None
        return head.log if head is not None else None


def _party_of(node: Node, connection: Connection, origin_hash: str) -> Party | None:
    partners = node.partners(connection)
    return next((p for p in partners if hashlib.sha256(p.origin.encode()).hexdigest() == origin_hash), None)
