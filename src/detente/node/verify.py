"""Verify a receipt that somebody handed over: needs no node, no network, no database and no clock."""

from __future__ import annotations

from dataclasses import dataclass

from detente.errors import InvalidStatement, MalformedReply
from detente.statement import Header, Leaf, parse_leaf, parse_opening_document, verify_opening
from detente.tlog.checkpoint import VerifiedCheckpoint
from detente.tlog.merkle import leaf_hash
from detente.tlog.note import VerifierKey
from detente.tlog.policy import Policy
from detente.tlog.proof import parse_receipt, verify_receipt


@dataclass(frozen=True, slots=True)
class Verified:
    """What a receipt proves. `header` and `body` are None where the opening was not given."""

    checkpoint: VerifiedCheckpoint
    index: int
    leaf: Leaf
    header: Header | None
    body: bytes | None
    cosigners: tuple[str, ...]


def verify(
    receipt: bytes, *, opening: bytes | None, log_keys: tuple[VerifierKey, ...], policy: Policy | None
) -> Verified:
    """Check a receipt, and the opening where there is one. Touches no node, no network and no clock."""
    parsed = parse_receipt(receipt)
    if parsed.extra is None:
        raise MalformedReply(
            "this receipt carries no leaf in its extra line; it was not made by Détente. Check it with the leaf's own tools."
        )
    verified = verify_receipt(parsed, leaf_hash=leaf_hash(parsed.extra), log_keys=log_keys, policy=policy)
    header = body = None
    if opening is not None:
        log, entry, opened = parse_opening_document(opening)
        if (log, entry) != (verified.checkpoint.origin, parsed.index):
            raise InvalidStatement(
                f"the opening is of entry {entry} of {log}, the receipt of entry {parsed.index} of {verified.checkpoint.origin}"
            )
        header = verify_opening(parsed.extra, opened, log=log, reader=None)
        body = opened.body if opened.body_salt else None
    return Verified(
        verified,
        parsed.index,
        parse_leaf(parsed.extra),
        header,
        body,
        tuple(sorted({c.name for c in verified.cosignatures})),
    )
