"""Receive: pull a partner's log, verify everything, mirror it, acknowledge what was addressed to us, countersign.

    checkpoint → TrustedLog.advance → entries, root recomputed → openings, each against its commitment → commit → next batch

The first commit holds the new entries, the partner's checkpoint with our mirror's cosignature, the first batch of openings and our
acknowledgement of them; later batches of openings commit one by one, each with its acknowledgement. Whatever a partner does wrong raises
before a commit, and what was held before is held still.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from detente.errors import (
    BadProof,
    BadSignature,
    ClockBehind,
    MalformedReply,
    NotFound,
    RemoteError,
    Rollback,
    SplitView,
    StaleWrite,
    TooLarge,
    TransportError,
    UnknownKey,
)
from detente.net import Fetch
from detente.node.open import Node
from detente.node.remote import Remote
from detente.node.rotate import moved_by, parse_rotations, store_moved
from detente.node.share import say_to
from detente.party import Party, Role
from detente.statement import Header, Opening, PublicLeaf, Ref, base64url, parse_leaf, verify_opening
from detente.stix.canonical import JsonValue, encode, parse
from detente.store import bodies, index
from detente.store.database import Connection
from detente.store.log import (
    EMPTY_TAIL,
    Head,
    Tail,
    head_of,
    prove_consistency,
    read_leaves,
    read_tail,
    read_tile,
    root_of,
)
from detente.store.store import CLOCK_BACK_MAX_US, Transaction, count_records, read_record, read_witnessed
from detente.tlog.checkpoint import VerifiedCheckpoint, verify_checkpoint, with_signatures
from detente.tlog.merkle import HashReader, consistency_proof, leaf_hash, root_at
from detente.tlog.note import SignedNote, VerifierKey, known_signatures, parse_note
from detente.tlog.tiles import extend, hash_reader
from detente.tlog.trusted import TrustedLog, make_evidence
from detente.views import RECEIVED

# A partner cannot make us fetch for ever: more new entries than this at once are refused, and a person looks.
NEW_ENTRIES_MAX = 4_000_000
NEW_BYTES_MAX = 1 << 29
OPENINGS_AT_ONCE = 20_000
# A partner that lies in ever new ways must not fill our disk with its lies.
EVIDENCE_KEPT_MAX = 100

Progress = Callable[[str, int, int], None]


@dataclass(slots=True)
class Pulled:
    """What one pull brought. Sizes are of the partner's log; `received` counts openings addressed to us."""

    party: str
    old_size: int = 0
    size: int = 0
    received: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    acknowledged: int | None = None
    cosigners: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Verified:
    """A partner's new tree, verified and not yet stored. `leaves` are the entries behind the old head.

    `moved`: the partner as the key events among them leave it; most often it is what it was.
    """

    head: Head | None
    checkpoint: VerifiedCheckpoint
    leaves: list[bytes]
    moved: Party


@dataclass(frozen=True, slots=True)
class _Batch:
    """Openings of entries [start, upto), verified. `public` are the clear statements among them."""

    start: int
    upto: int
    openings: list[tuple[int, Opening, Header]]
    public: list[tuple[int, PublicLeaf]]


def pull(node: Node, party: Party, fetch: Fetch, *, progress: Progress | None = None) -> Pulled:
    """Pull one partner's log. Raises RemoteError (nothing stored but the evidence, by the caller) or TransportError."""
    remote = Remote(party, fetch)
    try:
        return _pull(node, party, remote, progress)
    except (UnknownKey, BadSignature) as error:
        # Perhaps it signs with keys that its log has gone over to since we last looked, and can show that ours signed that.
        party, before = _follow_rotations(node, party, remote, progress, error)
        return _together([*before, _pull(node, party, remote, progress)])


def _together(pulls: Sequence[Pulled]) -> Pulled:
    """What several pulls in a row brought, as one: the last one's state, all of the counts."""
    kinds: Counter[str] = Counter()
    for pulled in pulls:
        kinds.update(pulled.kinds)
    received = sum(pulled.received for pulled in pulls)
    return replace(pulls[-1], old_size=pulls[0].old_size, received=received, kinds=dict(kinds))


def _follow_rotations(
    node: Node, party: Party, remote: Remote, progress: Progress | None, error: RemoteError
) -> tuple[Party, list[Pulled]]:
    """Take in the log up to each checkpoint at which it went over to new keys; returns the partner with its pins moved.

    Raises the `error` that brought us here when nothing that our pinned keys signed leads on.
    """
    try:
        notes = parse_rotations(remote.rotations())
    except (RemoteError, TransportError, NotFound):
        raise error from None
    pinned = party
    pulls: list[Pulled] = []
    for note in notes:
        with node.store.reading() as connection:
            head = head_of(connection, party.origin)
        try:
            verified = verify_checkpoint(note, origin=party.origin, log_keys=party.log_keys)
            require_all_keys(party, verified)
        except RemoteError:
            continue  # of a hand-over that we have followed, or of one that is not ours to follow
        if head is None or verified.checkpoint.size > head.size:
            pulls.append(_pull(node, party, remote, progress, note))
            with node.store.reading() as connection:
                party = node.partner(connection, party.origin)
    if party.log_keys == pinned.log_keys:
        raise error
    return party, pulls


def _pull(node: Node, party: Party, remote: Remote, progress: Progress | None, note: bytes | None = None) -> Pulled:
    """Up to the checkpoint that the partner shows now, or up to `note`."""
    verified = _verify_tree(node, party, remote, progress, note)
    checkpoint = verified.checkpoint.checkpoint
    old_size = verified.head.size if verified.head else 0
    pulled = Pulled(
        party.name,
        old_size,
        checkpoint.size,
        cosigners=tuple(sorted({c.name for c in verified.checkpoint.cosignatures})),
    )
    opened = verified.head.opened_size if verified.head else 0
    held = (old_size, opened)
    first = True
    while first or opened < checkpoint.size:
        batch = (
            _read_batch(node, party, remote, verified, opened)
            if opened < checkpoint.size
            else _Batch(opened, opened, [], [])
        )
        store_tree = first and (verified.head is None or checkpoint.size > old_size)
        _store(node, party, verified, batch, pulled, tree=store_tree, held=held)
        opened, first = batch.upto, False
        held = (checkpoint.size, opened)
        if progress is not None:
            progress("openings", opened, checkpoint.size)
    index.catch_up(node.store.database)
    return pulled


def _verify_tree(node: Node, party: Party, remote: Remote, progress: Progress | None, shown: bytes | None) -> _Verified:
    # What we hold is read before we ask: what another process takes in meanwhile must not make the answer look old.
    with node.store.reading() as connection:
        head = head_of(connection, party.origin)
        cosigned = read_witnessed(connection, party.origin)
        note = remote.checkpoint() if shown is None else shown
        log = trusted_log(node, connection, party, head)
        verified = log.verify(note)
        require_all_keys(party, verified)
        new = verified.checkpoint
        old_size = head.size if head else 0
        if head is not None and new.size < old_size:
            proof = prove_consistency(connection, head.log, new.size, old_size)
            there = root_of(connection, head.log, new.size) if new.size else None
            log.advance(note, proof, other_root=there)  # Rollback or SplitView
        if cosigned is not None and new.size < cosigned[0]:
            raise Rollback(
                f"{party.name} asked us to cosign {cosigned[0]} entries and now shows {new.size}",
                party=party.origin,
                evidence=note,
            )
        if new.size == old_size:
            return _Verified(head, log.advance(note, ()), [], party)
        if new.size - old_size > NEW_ENTRIES_MAX:
            raise TooLarge(
                f"{party.name} announces {new.size - old_size} new entries; at most {NEW_ENTRIES_MAX} are fetched at once"
            )
        leaves: list[bytes] = []
        leaves_bytes = 0
        for bundle in remote.leaves(old_size, new.size):
            leaves.extend(bundle)
            leaves_bytes += sum(map(len, bundle))
            if leaves_bytes > NEW_BYTES_MAX:
                raise TooLarge(f"{party.name} sent more than {NEW_BYTES_MAX} bytes of new entries at once")
            if progress is not None:
                progress("entries", old_size + len(leaves), new.size)
        tail = read_tail(connection, head) if head is not None and head.size else EMPTY_TAIL
        hashes = [leaf_hash(leaf) for leaf in leaves]
        if tail.frontier.extended(hashes).root() != new.root:
            _explain_mismatch(party, remote, head, log, note)
        read = _reader_over(connection, head.log if head else None, tail, new.size, hashes)
        if cosigned is not None and cosigned[0] > old_size:
            _require_what_we_cosigned(party, cosigned, note, new.size, read)
        advanced = log.advance(note, consistency_proof(old_size, new.size, read))
        return _Verified(head, advanced, leaves, moved_by(party, leaves, note))


def _require_what_we_cosigned(
    party: Party, cosigned: tuple[int, bytes, bytes, int], note: bytes, new_size: int, read: HashReader
) -> None:
    """Our witness and our mirror must not have cosigned two histories. Raises SplitView with evidence."""
    size, root, its_note, _ = cosigned
    there = root_at(size, read)
    if there != root:
        evidence = make_evidence(
            party.all_log_keys, its_note, note, consistency_proof(size, new_size, read), other_root=there
        )
        raise SplitView(
            f"{party.name} signed two histories: it had us cosign {size} entries that are not the first of the "
            f"{new_size} it shows now",
            party=party.origin,
            evidence=evidence,
        )


def trusted_log(node: Node, connection: Connection, party: Party, head: Head | None) -> TrustedLog:
    """What we believe of a partner's log: its pinned keys, everybody else's cosigning keys, and the checkpoint of our mirror."""
    witnesses = cosigning_keys(node, connection, besides=party.origin)
    log = TrustedLog(party.origin, party.log_keys, witnesses)
    trusted = log.verify(head.note) if head is not None and head.note else None
    return TrustedLog(party.origin, party.log_keys, witnesses, trusted)


def require_all_keys(party: Party, verified: VerifiedCheckpoint) -> None:
    """Every key that we pinned must have signed. Raises BadSignature.

    A log that signs one history with one of its keys and another history with the other would leave nobody a proof: fork
    evidence is two signatures by one key.
    """
    missing = {key.key_id for key in party.log_keys} - set(verified.log_keys)
    if missing:
        raise BadSignature(
            f"{party.name} signed with {len(verified.log_keys)} of its {len(party.log_keys)} keys; each of them must sign, "
            "or a second history could not be proved",
            party=party.origin,
            evidence=verified.note,
        )


def known_lines_only(note: bytes, keys: Sequence[VerifierKey]) -> bytes:
    """A verified note with one line for each key that we know. The others say nothing, and could fill it to the brim."""
    parsed = parse_note(note)
    return SignedNote(parsed.text, tuple(dict(known_signatures(parsed, keys)).values())).encode()


def cosigning_keys(node: Node, connection: Connection, *, besides: str) -> tuple[VerifierKey, ...]:
    """The witness and mirror keys of every partner but one, and our own: whose word counts on that one's checkpoints."""
    keys = [key for p in node.partners(connection) if p.origin != besides for key in p.cosigning_keys]
    own = node.public_keys
    return (*keys, *own[Role.WITNESS], *own[Role.MIRROR])


def _reader_over(connection: Connection, log: int | None, tail: Tail, size: int, hashes: Sequence[bytes]) -> HashReader:
    """The tree at `size`: tiles as they will be, over those on disk. Without a `log` all of it is new."""
    fresh = dict(extend(tail.size, tail.tiles, hashes))
    return hash_reader(
        size, lambda tile: fresh[tile] if log is None or tile in fresh else read_tile(connection, log, tile)
    )


def _explain_mismatch(party: Party, remote: Remote, head: Head | None, log: TrustedLog, note: bytes) -> None:
    """The entries do not give the signed root. Ask for the tiles: if these do, the log signed a second history.

    Always raises: SplitView with evidence when the log's own hashes prove it, BadProof when nothing is proved.
    """
    new = log.verify(note).checkpoint
    if head is not None and head.size:
        try:
            read = remote.hashes(new.size)
            if root_at(new.size, read) == new.root and root_at(head.size, read) != head.root:
                proof = consistency_proof(head.size, new.size, read)
                evidence = make_evidence(party.log_keys, head.note, note, proof, other_root=root_at(head.size, read))
                raise SplitView(
                    f"{party.name} signed two histories: the {head.size} entries that we hold are not the first "
                    f"of the {new.size} it shows now",
                    party=party.origin,
                    evidence=evidence,
                )
        except (MalformedReply, BadProof, TransportError, NotFound):
            pass  # no proof, then; what it did not answer does not speak for it
    raise BadProof(
        f"{party.name}: the entries it sent do not give the root that it signed", party=party.origin, evidence=note
    )


def _read_batch(node: Node, party: Party, remote: Remote, verified: _Verified, opened: int) -> _Batch:
    size = verified.checkpoint.checkpoint.size
    received, upto = remote.openings(opened, min(size, opened + OPENINGS_AT_ONCE))
    leaves = _leaves_between(node, verified, opened, upto)
    openings = []
    for position, opening in received:
        header = verify_opening(leaves[position - opened], opening, log=party.origin, reader=node.origin)
        openings.append((position, opening, header))
    public = []
    for position, leaf in enumerate(leaves, opened):
        if b'"t":"p"' in leaf:
            parsed = parse_leaf(leaf)
            if isinstance(parsed, PublicLeaf):
                public.append((position, parsed))
    return _Batch(opened, upto, openings, public)


def _leaves_between(node: Node, verified: _Verified, start: int, end: int) -> list[bytes]:
    """Verified entries: those on disk, then those that just came."""
    old_size = verified.head.size if verified.head else 0
    leaves: list[bytes] = []
    if verified.head is not None and start < old_size:
        with node.store.reading() as connection:
            leaves = read_leaves(connection, verified.head.log, start, min(end, old_size))
    return leaves + verified.leaves[max(0, start - old_size) : max(0, end - old_size)]


def _store(
    node: Node,
    party: Party,
    verified: _Verified,
    batch: _Batch,
    pulled: Pulled,
    *,
    tree: bool,
    held: tuple[int, int],
) -> None:
    """One commit. `held`: the sizes of mirror and openings that all this was verified against."""
    now_us = node.clock()

    def work(transaction: Transaction) -> int | None:
        log = transaction.mirror_of(party.origin)
        head = transaction.head(log)
        if (head.size, head.opened_size) != held:
            raise StaleWrite(f"another process has pulled from {party.name} meanwhile; nothing was stored, it is there")
        if now_us < head.at_us - CLOCK_BACK_MAX_US:
            raise ClockBehind(
                f"the clock is {(head.at_us - now_us) / 1e6:.0f} s behind our last cosignature on {party.name}'s log. "
                "Set the clock; nothing is cosigned with a made-up time."
            )
        at_us = max(now_us, head.at_us)
        checkpoint = verified.checkpoint.checkpoint
        lines = node.cosign(checkpoint, Role.MIRROR, at_us)
        known = (
            *dict.fromkeys((*party.log_keys, *verified.moved.log_keys)),
            *cosigning_keys(node, transaction.connection, besides=party.origin),
        )
        note = with_signatures(known_lines_only(verified.checkpoint.note, known), lines)
        if tree and verified.leaves:
            transaction.extend_mirror(log, verified.leaves, checkpoint, note)
            if verified.moved != party:
                store_moved(node, transaction, party, verified.moved, checkpoint.size, verified.checkpoint.note)
        else:
            transaction.set_head(log, note=note, at_us=at_us)
        rows = [(i, opening) for i, opening, _ in batch.openings]
        rows += [(i, Opening(b"", b"", leaf.body, b"")) for i, leaf in batch.public]
        if rows:
            bodies.put_openings(
                transaction.database,
                transaction.connection,
                log,
                sorted(rows, key=lambda r: r[0]),
                collection=RECEIVED,
                now_us=now_us,
            )
        transaction.set_head(log, opened_size=batch.upto)
        acknowledged = _acknowledge(node, transaction, party, verified, batch)
        if verified.leaves or rows:
            receipt: dict[str, JsonValue] = {
                "log": party.origin,
                "size": checkpoint.size,
                "root": base64url(checkpoint.root),
                "openings": len(rows),
                "cosigners": list(pulled.cosigners),
            }
            node.journal(transaction, "receipt", receipt)
        return acknowledged

    acknowledged = node.store.write(now_us, work)
    pulled.received += len(batch.openings) + len(batch.public)
    for _, _, header in batch.openings:
        pulled.kinds[header.kind] = pulled.kinds.get(header.kind, 0) + 1
    for _, leaf in batch.public:
        pulled.kinds[leaf.kind] = pulled.kinds.get(leaf.kind, 0) + 1
    if acknowledged is not None:
        pulled.acknowledged = acknowledged


def _acknowledge(node: Node, transaction: Transaction, party: Party, verified: _Verified, batch: _Batch) -> int | None:
    """Say in our own log which entries we received, with their texts: a header alone is no delivery.

    Acknowledgements themselves are not acknowledged, or it would never end.
    """
    received = [i for i, opening, header in batch.openings if opening.body_salt and header.kind != "acknowledgement"]
    if not received:
        return None
    checkpoint = verified.checkpoint.checkpoint
    last = received[-1]
    ranges: list[JsonValue] = [{"first": a, "last": b, "log": party.origin} for a, b in _ranges(received)]
    body: dict[str, JsonValue] = {
        "checkpoint": {"log": party.origin, "root": base64url(checkpoint.root), "size": checkpoint.size},
        "entries": ranges,
    }
    leaf = _leaves_between(node, verified, last, last + 1)[0]
    return say_to(node, transaction, "acknowledgement", body, [party.origin], Ref(party.origin, last, leaf_hash(leaf)))


def _ranges(indices: Sequence[int]) -> list[tuple[int, int]]:
    """Sorted indices as first and last of each unbroken run."""
    runs: list[tuple[int, int]] = []
    for i in indices:
        if runs and runs[-1][1] == i - 1:
            runs[-1] = (runs[-1][0], i)
        else:
            runs.append((i, i))
    return runs


def keep_evidence(node: Node, party: Party, error: RemoteError) -> None:
    """Keep what shows a partner's misconduct, in the journal and as the partner's present state. Nothing is sent by itself.

    The same again, as long as nobody has looked into it, is not written down again.
    """
    now_us = node.clock()
    state = type(error).__name__

    def work(transaction: Transaction) -> None:
        present = read_record(transaction.connection, "trouble", party.origin)
        known = None if present is None else parse(present)
        if isinstance(known, dict) and (known.get("state"), known.get("message")) == (state, str(error)):
            return
        # A fork is always worth keeping: there is room left for it, whatever else came before.
        room = EVIDENCE_KEPT_MAX * (2 if isinstance(error, SplitView) else 1)
        if count_records(transaction.connection, "evidence", f"{party.origin} ") >= room:
            return
        body: dict[str, JsonValue] = {
            "party": party.origin,
            "error": state,
            "message": str(error),
            "evidence": error.evidence[: 1 << 19].decode("utf-8", "backslashreplace"),
        }
        entry = node.journal(transaction, "evidence", body)
        put_trouble(transaction, party.origin, state, str(error), entry, error.evidence)

    node.store.write(now_us, work)


def put_trouble(transaction: Transaction, origin: str, state: str, message: str, entry: int, evidence: bytes) -> None:
    record: dict[str, JsonValue] = {"state": state, "message": message, "journal": entry, "at_us": transaction.now_us}
    transaction.put_record("trouble", origin, encode(record))
    if evidence:
        transaction.put_record("evidence", f"{origin} {entry}", evidence)
