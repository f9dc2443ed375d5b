"""Partners: invite, add, list, pause. Every change is an entry of the journal."""

from __future__ import annotations

import uuid
from dataclasses import replace

from detente.errors import InvalidStatement, NotPermitted
from detente.node.collections import TOKEN_BYTES, Token, put_token
from detente.node.open import Node
from detente.party import Party, check_origin, encode_party, read_invitation, write_invitation
from detente.statement import base64url
from detente.stix.canonical import parse
from detente.stix.marking import Tlp
from detente.store.store import Transaction, read_records


def invite(node: Node, origin: str) -> bytes:
    """An invitation file for one party, with a token that is good for that party only. A second one replaces the first's token."""
    check_origin(origin)
    if origin == node.origin:
        raise InvalidStatement("a node cannot invite itself")
    secret = base64url(node.random(TOKEN_BYTES))
    token = Token(
        str(uuid.UUID(bytes=node.random(16), version=4)), f"invitation-{origin.replace('/', '.')}", origin, None, ()
    )

    def work(transaction: Transaction) -> None:
        for key, value in read_records(transaction.connection, "token"):
            old = parse(value)
            if isinstance(old, dict) and old.get("name") == token.name:
                transaction.drop_record("token", key)
        put_token(transaction, token, secret)
        node.journal(transaction, "decision", {"decided": "partner invited", "origin": origin})

    data = write_invitation(
        title=node.title, origin=node.origin, url=node.config.party.url, token=secret, signers=node.signers
    )
    node.store.write(node.clock(), work)
    return data


def add_partner(
    node: Node, invitation: bytes, *, name: str | None = None, receives: Tlp = Tlp.AMBER, fingerprint: str | None = None
) -> Party:
    """Pin a partner from its invitation. `fingerprint`: the words that were compared by voice; given, they must be these.

    Adding a partner again with the same keys changes its address, token and ceiling. Other keys are refused: they need a person who
    removes the old ones first.
    """
    party = read_invitation(invitation, name=name)
    if party.origin == node.origin:
        raise InvalidStatement("this invitation is our own; give it to the partner and add theirs here")
    if fingerprint is not None and fingerprint.strip().lower() != party.fingerprint:
        raise NotPermitted(
            f"the words do not fit: this invitation's are {party.fingerprint}. Do not add it; call {party.title} on a number that you know."
        )
    now_us = node.clock()
    party = replace(party, receives=receives, added_us=now_us)

    def work(transaction: Transaction) -> None:
        for other in node.partners(transaction.connection):
            if other.origin == party.origin and dict(other.keys) != dict(party.keys):
                raise NotPermitted(
                    f"{other.name} is pinned with other keys ({other.fingerprint}). "
                    "A key does not change by itself: settle it by another channel."
                )
            if other.origin == party.origin and other.name != party.name:
                raise InvalidStatement(f"{party.origin} is known as {other.name} already")
            if other.name == party.name and other.origin != party.origin:
                raise InvalidStatement(f"the name {party.name} is taken by {other.origin}; choose another with --name")
        transaction.put_record("partner", party.name, encode_party(party))
        body = {
            "decided": "partner added",
            "name": party.name,
            "origin": party.origin,
            "fingerprint": party.fingerprint,
        }
        compared = "by voice or in person" if fingerprint is not None else "not recorded"
        node.journal(transaction, "decision", {**body, "compared": compared, "receives": receives.label})

    node.store.write(now_us, work)
    return party


def pause_partner(node: Node, name: str, *, paused: bool) -> Party:
    """Stop or resume sending to a partner. Pulling, verifying and keeping go on; resuming also clears a recorded trouble."""

    def work(transaction: Transaction) -> Party:
        party = replace(node.partner(transaction.connection, name), paused=paused)
        transaction.put_record("partner", party.name, encode_party(party))
        if not paused:
            transaction.drop_record("trouble", party.origin)
        decided = "sharing paused" if paused else "sharing resumed"
        node.journal(transaction, "decision", {"decided": decided, "origin": party.origin})
        return party

    return node.store.write(node.clock(), work)
