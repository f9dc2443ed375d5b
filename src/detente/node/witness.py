"""Witness: somebody's log asks us to cosign. `detente.tlog.witness` decides; the new state is on the disk before the answer leaves.

Which logs: those of our partners. Strangers get 404.
"""

from __future__ import annotations

import hashlib

from detente.errors import BadSignature, RemoteError, SplitView
from detente.node.open import Node
from detente.node.receive import keep_evidence, require_all_keys
from detente.party import Party, Role
from detente.store.database import Connection
from detente.store.log import head_of
from detente.store.store import Transaction, read_witnessed
from detente.tlog.checkpoint import verify_checkpoint
from detente.tlog.note import VerifierKey
from detente.tlog.witness import Decision, WitnessState, decide

HOLD_RETRY_AFTER_S = 600


def answer_add_checkpoint(node: Node, request: bytes) -> Decision:
    """Decide and persist in one transaction, so that two requests at once cannot roll a log back.

    What cannot be cosigned is refused from a snapshot: a stranger's requests do not wait for, or hold up, our own writes.
    """
    now_us = node.clock()
    with node.store.reading() as connection:
        decision = _decide(node, connection, request, now_us)

    def work(transaction: Transaction) -> Decision:
        decision = _decide(node, transaction.connection, request, now_us)
        if decision.new_state is not None:
            state = decision.new_state
            transaction.put_witnessed(decision.origin, state.size, state.root, state.note)
        return decision

    if decision.new_state is not None:
        decision = node.store.write(now_us, work)
    if decision.evidence is not None:
        with node.store.reading() as connection:
            party = node.partner(connection, decision.origin)
        message = f"{party.name} asked us to cosign a second history of its log"
        error: RemoteError = SplitView(message, party=party.origin, evidence=decision.evidence)
        keep_evidence(node, party, error)
    return decision


def _decide(node: Node, connection: Connection, request: bytes, now_us: int) -> Decision:
    """By `tlog.witness`, from what we cosigned last of each log, in whatever role: our mirror's word is ours as well.

    Otherwise a log could have one history mirrored by us and another one witnessed.
    """
    if node.store.on_hold(connection) is not None:
        text = b"this node was restored from a backup and has not asked its partners yet\n"
        return Decision(503, text, retry_after_s=HOLD_RETRY_AFTER_S)
    known: dict[str, tuple[tuple[VerifierKey, ...], WitnessState | None]] = {}
    parties = {party.origin: party for party in node.partners(connection)}
    for party in parties.values():
        row = read_witnessed(connection, party.origin)
        states = [] if row is None else [WitnessState(row[0], row[1], row[3] // 1_000_000, row[2])]
        head = head_of(connection, party.origin)
        if head is not None and head.note:
            states.append(WitnessState(head.size, head.root, head.at_us // 1_000_000, head.note))
        known[party.origin] = (party.log_keys, max(states, key=lambda state: state.size, default=None))
    decision = decide(request, known=known, signers=node.signers[Role.WITNESS], at_s=now_us // 1_000_000)
    if decision.new_state is not None:
        party = parties[decision.origin]
        try:
            require_all_keys(
                party, verify_checkpoint(decision.new_state.note, origin=party.origin, log_keys=party.log_keys)
            )
        except BadSignature as error:
            return Decision(403, f"{error}\n".encode(), origin=party.origin)
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


def partner_with_hash(node: Node, origin_hash: str) -> str | None:
    """The origin of the partner with this hash of its origin."""
    with node.store.reading() as connection:
        party = _party_of(node, connection, origin_hash)
    return None if party is None else party.origin


def _party_of(node: Node, connection: Connection, origin_hash: str) -> Party | None:
    partners = node.partners(connection)
    return next((p for p in partners if hashlib.sha256(p.origin.encode()).hexdigest() == origin_hash), None)
