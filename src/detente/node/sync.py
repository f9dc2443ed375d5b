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
    BadProof,
    CorruptLog,
    DetenteError,
    LocalError,
    MalformedReply,
    NotFound,
    RemoteError,
    SplitView,
    StaleWrite,
    TransportError,
    UnknownKey,
)
from detente.net import Fetch
from detente.node.open import Node
from detente.node.receive import Progress, Pulled, keep_evidence, pull
from detente.node.remote import Remote
from detente.node.rotate import parse_rotations, read_rotations
from detente.node.share import trouble_state
from detente.party import Party, Role
from detente.stix.canonical import JsonValue, encode
from detente.store.database import Connection
from detente.store.log import OWN, Head, head_of, prove_consistency, read_head, root_of, tile_reader
from detente.store.store import Transaction, read_record
from detente.tlog.checkpoint import Checkpoint, own_lines_only, parse_checkpoint, verify_checkpoint, with_signatures
from detente.tlog.merkle import HashReader, consistency_proof, root_at
from detente.tlog.note import SIGNATURES_MAX, Signature, parse_note
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
        except (RemoteError, TransportError, LocalError) as error:
            _note_failure(node, party, entry, error)
    # A pull may have moved a partner's keys.
    with node.store.reading() as connection:
        partners = [node.partner(connection, party.origin) for party in partners]
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
    with node.store.reading() as connection:
        own_keys = node.all_log_keys(connection)
    answered = 0
    for party in partners:
        remote = Remote(party, fetch)
        for role in (Role.WITNESS, Role.MIRROR):
            try:
                note = remote.witnessed(node.origin, role=str(role))
                if note is None:
                    answered += role is Role.MIRROR
                    continue
                checkpoint = verify_checkpoint(note, origin=node.origin, log_keys=own_keys).checkpoint
            except UnknownKey:
                _require_no_rotation(node, party, remote)
                continue
            except (TransportError, RemoteError, NotFound):
                continue  # no word of ours, signed by us: nothing to learn from it
            answered += role is Role.MIRROR
            _require_continued(node, party, checkpoint)
    return answered


def _require_no_rotation(node: Node, party: Party, remote: Remote) -> None:
    """A partner shows a checkpoint of our log by keys that we do not have. Perhaps we went over to them, after the backup that this is.

    Only a checkpoint that our own keys signed proves it; without one a partner could stop us with any key of its making.
    """
    try:
        notes = parse_rotations(remote.mirrored(node.origin).rotations())
    except (TransportError, RemoteError, NotFound):
        return
    for note in notes:
        try:
            handed_over = verify_checkpoint(note, origin=node.origin, log_keys=node.public_keys[Role.LOG]).checkpoint
        except RemoteError:
            continue
        _require_continued(node, party, handed_over)


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
        continued = theirs.size <= head.size and (
            not theirs.size or root_of(connection, OWN, theirs.size) == theirs.root
        )
    if continued:
        return
    if theirs.size > head.size:
        reason = (
            f"{party.name} holds a checkpoint of our log with {theirs.size} entries, signed by us; this log has "
            f"{head.size}. An old backup was restored. Nothing was signed. Recover with: "
            f"detente restore --from-partner {party.name} (if keys were rotated since, put back keys/ of a later backup first)"
        )
    else:
        reason = (
            f"{party.name} holds a checkpoint of our log at {theirs.size} entries, signed by us, that this log does not "
            "continue. Two copies of this node have been writing. Nothing was signed. Stop the other copy, then ask your "
            "partners."
        )
    # From here on nothing is signed, whoever asks, until `recover` or a later check clears it.
    node.store.write(node.clock(), lambda transaction: transaction.set_head(OWN, hold=reason))
    raise CorruptLog(reason)


def compare_with_witnesses(node: Node, party: Party, fetch: Fetch) -> int:
    """Compare our mirror of a log with what the others cosigned of it, as witnesses and as mirrors; returns how many could be.

    Raises SplitView with evidence when the log showed somebody another history than us.
    """
    compared = 0
    with node.store.reading() as connection:
        head = head_of(connection, party.origin)
        others = [p for p in node.partners(connection) if p.origin != party.origin]
    if head is None or not head.note:
        return 0
    for other in others:
        done = False
        for role in (Role.WITNESS, Role.MIRROR):
            try:
                note = Remote(other, fetch).witnessed(party.origin, role=str(role))
                if note is None:
                    continue
                theirs = TrustedLog(party.origin, party.all_log_keys).verify(note).checkpoint
                if theirs.size > head.size and role is Role.WITNESS:
                    continue  # a witness keeps no tiles; its mirror will show
                larger = _continuation(other, head, theirs, fetch) if theirs.size > head.size else None
                evidence = _second_history(node, party, head, theirs, note, larger)
            except (TransportError, RemoteError, NotFound):
                continue  # the other's own fault is found when we sync with it; it must not become this one's
            done = True
            if evidence is not None:
                raise SplitView(
                    f"{party.name} has shown two different histories: to us {head.size} entries, to {other.name} "
                    f"{theirs.size} entries, and neither begins the other. Both are signed by its keys.",
                    party=party.origin,
                    evidence=evidence,
                )
        compared += done
    return compared


def _continuation(other: Party, head: Head, theirs: Checkpoint, fetch: Fetch) -> HashReader:
    """The tiles of another's mirror that is longer than ours. Raises MalformedReply when they do not give the signed root."""
    read = Remote(other, fetch).mirrored(head.origin).hashes(theirs.size)
    if root_at(theirs.size, read) != theirs.root:
        raise MalformedReply(f"the mirror of {other.name} does not give the root of its checkpoint", party=other.origin)
    return read


def _second_history(
    node: Node, party: Party, head: Head, theirs: Checkpoint, note: bytes, larger: HashReader | None
) -> bytes | None:
    """Evidence that our mirror and what another holds are two histories, or None when one begins the other.

    `larger`: the tiles of the other's tree when that is the longer one; otherwise our own tell.
    """
    with node.store.reading() as connection:
        sizes = sorted((theirs.size, head.size))
        read = larger or tile_reader(connection, head.log, head.size)
        there = root_at(sizes[0], read)
        if there == (theirs.root if theirs.size == sizes[0] else head.root):
            return None
        proof = consistency_proof(sizes[0], sizes[1], read)
        try:
            return make_evidence(party.all_log_keys, note, head.note, proof, other_root=there)
        except BadProof:
            # No key signed both. A checkpoint at which the log went over to other keys has the signatures of either.
            evidence = _evidence_across_rotations(connection, party, head, theirs, note)
    if evidence is None:
        raise BadProof(f"{party.name}: two histories, and no key of its signed both", party=party.origin, evidence=note)
    return evidence


def _evidence_across_rotations(
    connection: Connection, party: Party, head: Head, theirs: Checkpoint, note: bytes
) -> bytes | None:
    """Evidence between what another holds and one of the hand-overs in our mirror, where one key signed both."""
    read = tile_reader(connection, head.log, head.size)
    for rotation in read_rotations(connection, party.origin):
        size = parse_checkpoint(parse_note(rotation).text).size
        if theirs.size > size:
            continue
        there = root_at(theirs.size, read)
        try:
            proof = consistency_proof(theirs.size, size, read) if theirs.size < size else ()
            return make_evidence(party.all_log_keys, note, rotation, proof, other_root=there)
        except BadProof:
            continue
    return None


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
            cosigned = _ask_witness(node, party, fetch, checkpoint, note)
            lines += cosigned
            entry.cosigned = bool(cosigned)
        except (TransportError, LocalError) as error:
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
        own = own_lines_only(head.note, node.origin)
        # A note has room for 100 lines; more witnesses than that add nothing to its weight.
        note = with_signatures(own, lines[: SIGNATURES_MAX - len(node.public_keys[Role.LOG])])
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
            _require_shown(node, remote, old_size)
            raise StaleWrite(f"{party.name} has cosigned a later checkpoint of ours meanwhile; sync again")
    if reply.status == 403 and _not_yet_seen(node, party):
        return []  # it still knows our former keys, and will meet the new ones with its own next pull
    if reply.status != 200:
        text = reply.body[:200].decode("utf-8", "replace").strip()
        raise NotFound(f"{party.name} did not cosign our checkpoint (status {reply.status}): {text}")
    lines = {(s.name, s.key_id): s for s in parse_cosignatures(reply.body, checkpoint, party.keys[Role.WITNESS])}
    size = str(checkpoint.size).encode()
    node.store.write(node.clock(), lambda transaction: transaction.put_record("witness-size", party.origin, size))
    return list(lines.values())


def _not_yet_seen(node: Node, party: Party) -> bool:
    """Whether this witness has cosigned nothing of ours since our log last went over to new keys."""
    with node.store.reading() as connection:
        rotations = read_rotations(connection, node.origin)
        known = read_record(connection, "witness-size", party.origin)
    if not rotations:
        return False
    return int(known or 0) <= parse_checkpoint(parse_note(rotations[-1]).text).size


def _require_shown(node: Node, remote: Remote, size: int) -> None:
    """A partner says that it cosigned more entries of our log than we sent it. Only our own signature proves that.

    Returns when our log has grown that far by now. Raises CorruptLog when it has not although we signed it, MalformedReply when
    nothing that we signed is shown.
    """
    party = remote.party
    largest = -1
    for role in (Role.WITNESS, Role.MIRROR):
        note = remote.witnessed(node.origin, role=str(role))
        if note is not None:
            with node.store.reading() as connection:
                own_keys = node.all_log_keys(connection)
            checkpoint = verify_checkpoint(note, origin=node.origin, log_keys=own_keys).checkpoint
            _require_continued(node, party, checkpoint)
            largest = max(largest, checkpoint.size)
    if largest < size:
        raise MalformedReply(
            f"{party.name} says that it cosigned {size} entries of our log, and shows no such checkpoint of ours",
            party=party.origin,
        )


def _note_failure(node: Node, party: Party, entry: PartnerSync, error: DetenteError) -> None:
    entry.error = error
    if isinstance(error, RemoteError):
        keep_evidence(node, party, error)
    else:
        _put_contact(node, party, str(error))


def _note_success(node: Node, party: Party) -> None:
    """A partner that keeps the rules again is out of trouble, except after two histories: that is for a person to close."""
    with node.store.reading() as connection:
        trouble = read_record(connection, "trouble", party.origin)
    if trouble is not None and trouble_state(trouble) != "SplitView":
        node.store.write(node.clock(), lambda transaction: transaction.drop_record("trouble", party.origin))
    _put_contact(node, party, "")


def _put_contact(node: Node, party: Party, error: str) -> None:
    """When we last tried to reach a partner, and what came of it; shown on the status page."""
    now_us = node.clock()
    record: dict[str, JsonValue] = {"at_us": now_us, "error": error}
    node.store.write(now_us, lambda transaction: transaction.put_record("contact", party.origin, encode(record)))
