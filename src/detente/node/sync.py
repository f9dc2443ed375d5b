"""Sync: what a node does with all its partners, in this order.

    1. ask every partner for the largest checkpoint of *our* log that it cosigned; larger than ours means an old backup was restored: stop
    2. pull each partner's log (`receive.pull`)
    3. compare what we hold of each with what the others cosigned of it
    4. send our own checkpoint to every witness and keep the cosignatures

A partner that is away or misbehaves does not stop the others. Nobody holds a veto: nothing of ours waits for anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from detente.errors import (
    CorruptLog,
    DetenteError,
    NotFound,
    RemoteError,
    SplitView,
    TransportError,
)
from detente.net import Fetch
from detente.node.open import Node
from detente.node.receive import Progress, Pulled, keep_evidence, pull
from detente.node.remote import Remote
from detente.party import Party, Role
from detente.stix.canonical import JsonValue, encode
from detente.store.log import OWN, Head, head_of, prove_consistency, read_head, root_of
from detente.store.store import Transaction, read_record
from detente.tlog.checkpoint import Checkpoint, own_lines_only, verify_checkpoint, with_signatures
from detente.tlog.merkle import EMPTY_ROOT
from detente.tlog.note import Signature
from detente.tlog.trusted import TrustedLog, make_evidence
from detente.tlog.witness import parse_cosignatures, parse_size


@dataclass(slots=True)
class PartnerSync:
    """What happened with one partner. `error` is None when all went well."""

    party: str
    origin: str
    pulled: Pulled | None = None
    cosigned: bool = False
    error: DetenteError | None = None


@dataclass(slots=True)
class SyncReport:
    partners: list[PartnerSync] = field(default_factory=list)
    compared: int = 0
    size: int = 0
    cosigners: tuple[str, ...] = ()

    @property
    def worst(self) -> DetenteError | None:
        """The gravest error: misconduct before silence."""
        errors = [p.error for p in self.partners if p.error is not None]
        return next((e for e in errors if isinstance(e, RemoteError)), errors[0] if errors else None)


def sync(
    node: Node, fetch: Fetch, names: Sequence[str] = (), *, progress: Callable[[str], Progress] | None = None
) -> SyncReport:
    """Sync with all partners, or with those named. Raises CorruptLog when our own log turns out to be an old copy."""
    with node.store.reading() as connection:
        partners = [node.partner(connection, name) for name in names] or node.partners(connection)
    report = SyncReport()
    answered = check_own_log(node, fetch, partners)
    release_hold(node, answered)
    for party in partners:
        entry = PartnerSync(party.name, party.origin)
        report.partners.append(entry)
        try:
            entry.pulled = pull(node, party, fetch, progress=progress(party.name) if progress else None)
        except (RemoteError, TransportError, NotFound) as error:
            _note_failure(node, party, entry, error)
    for entry, party in zip(report.partners, partners, strict=True):
        if not isinstance(entry.error, RemoteError):
            try:
                report.compared += compare_with_witnesses(node, party, fetch)
            except RemoteError as error:
                _note_failure(node, party, entry, error)
        if entry.error is None:
            _note_success(node, party)
    _collect_cosignatures(node, fetch, partners, report)
    return report


def check_own_log(node: Node, fetch: Fetch, partners: Sequence[Party]) -> int:
    """The boot check: nobody may hold a cosigned checkpoint of our log that our log does not continue.

    Partners that do not answer are passed over; a node whose partners are all away may go on. Returns how many answered.
    """
    own_keys = node.public_keys[Role.LOG]
    answered = 0
    for party in partners:
        remote = Remote(party, fetch)
        for role in (Role.WITNESS, Role.MIRROR):
            try:
                note = remote.witnessed(node.origin, role=str(role))
                answered += role is Role.MIRROR
                if note is None:
                    continue
                checkpoint = verify_checkpoint(note, origin=node.origin, log_keys=own_keys).checkpoint
            except (TransportError, RemoteError, NotFound):
                continue  # no word of ours, signed by us: nothing to learn from it
            _require_continued(node, party, checkpoint)
    return answered


def release_hold(node: Node, answered: int) -> None:
    """A restored node may sign again once partners have answered and hold nothing beyond its log."""
    with node.store.reading() as connection:
        reason = node.store.on_hold(connection)
    if reason is not None:
        if not answered:
            raise CorruptLog(
                "nothing is signed: this node was restored from a backup and no partner answered. Try again when one is there."
            )
        node.store.write(node.clock(), lambda transaction: transaction.set_head(OWN, hold=""))


def _require_continued(node: Node, party: Party, theirs: Checkpoint) -> None:
    with node.store.reading() as connection:
        head = read_head(connection, OWN)
        if theirs.size > head.size:
            raise CorruptLog(
                f"{party.name} holds a checkpoint of our log with {theirs.size} entries, signed by us; this log has {head.size}. "
                "An old backup was restored. Nothing was signed. Recover with: detente restore --from-partner "
                + party.name
            )
        if theirs.size and root_of(connection, OWN, theirs.size) != theirs.root:
            raise CorruptLog(
                f"{party.name} holds a checkpoint of our log at {theirs.size} entries, signed by us, that this log does not continue. "
                "Two copies of this node have been writing. Nothing was signed. Stop the other copy, then ask your partners."
            )


def compare_with_witnesses(node: Node, party: Party, fetch: Fetch) -> int:
    """Compare our mirror of a log with what the others cosigned of it; returns how many could be compared.

    Raises SplitView with evidence when the log showed somebody another history than us.
    """
    compared = 0
    with node.store.reading() as connection:
        head = head_of(connection, party.origin)
        others = [p for p in node.partners(connection) if p.origin != party.origin]
    if head is None or not head.note:
        return 0
    for other in others:
        try:
            note = Remote(other, fetch).witnessed(party.origin)
            if note is None:
                continue
            log = TrustedLog(party.origin, party.log_keys)
            theirs = log.verify(note).checkpoint
        except (TransportError, RemoteError, NotFound):
            continue  # the witness's own fault is found when we sync with it
        if theirs.size <= head.size:
            compared += 1
            _require_same_history(node, party, other, head, theirs, note)
    return compared


def _require_same_history(node: Node, party: Party, other: Party, head: Head, theirs: Checkpoint, note: bytes) -> None:
    with node.store.reading() as connection:
        ours = root_of(connection, head.log, theirs.size) if theirs.size else EMPTY_ROOT
        if ours == theirs.root:
            return
        proof = prove_consistency(connection, head.log, theirs.size, head.size) if 0 < theirs.size < head.size else ()
    evidence = make_evidence(party.log_keys, note, head.note, proof, other_root=ours)
    raise SplitView(
        f"{party.name} has shown two different histories: to us {head.size} entries, to {other.name} {theirs.size} entries "
        "that are not the first of ours. Both are signed by its key.",
        party=party.origin,
        evidence=evidence,
    )


def _collect_cosignatures(node: Node, fetch: Fetch, partners: Sequence[Party], report: SyncReport) -> None:
    """Ask every witness among the partners to cosign our checkpoint, and keep what comes back."""
    with node.store.reading() as connection:
        head = read_head(connection, OWN)
    checkpoint = Checkpoint(head.origin, head.size, head.root)
    note = own_lines_only(head.note, node.origin)
    lines: list[Signature] = []
    for entry, party in zip(report.partners, partners, strict=True):
        if isinstance(entry.error, RemoteError) or not party.keys.get(Role.WITNESS):
            continue
        try:
            lines += _ask_witness(node, party, fetch, checkpoint, note)
            entry.cosigned = True
        except (TransportError, NotFound) as error:
            entry.error = entry.error or error
        except RemoteError as error:
            _note_failure(node, party, entry, error)
    report.size = head.size
    if lines:
        _keep_cosignatures(node, head, lines)
        report.cosigners = tuple(sorted({line.name for line in lines}))


def _keep_cosignatures(node: Node, head: Head, lines: Sequence[Signature]) -> None:
    def work(transaction: Transaction) -> None:
        now = transaction.head(OWN)
        if now.witnessed_size > head.size:
            return  # somebody else got a later one meanwhile
        note = with_signatures(own_lines_only(head.note, node.origin), lines)
        transaction.set_head(OWN, witnessed_size=head.size, witnessed_note=note)

    node.store.write(node.clock(), work)


def _ask_witness(node: Node, party: Party, fetch: Fetch, checkpoint: Checkpoint, note: bytes) -> list[Signature]:
    """One witness's cosignatures; it tells us its last size when we do not know it (status 409)."""
    remote = Remote(party, fetch)
    with node.store.reading() as connection:
        known = read_record(connection, "witness-size", party.origin)
    old_size = min(int(known) if known is not None else 0, checkpoint.size)
    for _attempt in range(2):
        with node.store.reading() as connection:
            proof = (
                prove_consistency(connection, OWN, old_size, checkpoint.size) if 0 < old_size < checkpoint.size else ()
            )
        reply = remote.add_checkpoint(old_size, proof, note)
        if reply.status != 409:
            break
        old_size = parse_size(reply.body)
        if old_size > checkpoint.size:
            raise CorruptLog(
                f"{party.name} has cosigned {old_size} entries of our log; this log has {checkpoint.size}. An old backup was restored. "
                "Recover with: detente restore --from-partner " + party.name
            )
    if reply.status != 200:
        text = reply.body[:200].decode("utf-8", "replace").strip()
        raise NotFound(f"{party.name} did not cosign our checkpoint (status {reply.status}): {text}")
    lines = parse_cosignatures(reply.body, checkpoint, party.keys[Role.WITNESS])
    size = str(checkpoint.size).encode()
    node.store.write(node.clock(), lambda transaction: transaction.put_record("witness-size", party.origin, size))
    return list(lines)


def _note_failure(node: Node, party: Party, entry: PartnerSync, error: DetenteError) -> None:
    entry.error = error
    if isinstance(error, RemoteError):
        keep_evidence(node, party, error)
    else:
        _put_contact(node, party, str(error))


def _note_success(node: Node, party: Party) -> None:
    _put_contact(node, party, "")


def _put_contact(node: Node, party: Party, error: str) -> None:
    """When we last tried to reach a partner, and what came of it; shown on the status page."""
    now_us = node.clock()
    record: dict[str, JsonValue] = {"at_us": now_us, "error": error}
    node.store.write(now_us, lambda transaction: transaction.put_record("contact", party.origin, encode(record)))
