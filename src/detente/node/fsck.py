"""fsck: read everything back and check it from the bytes up; find what anybody, we ourselves included, may have broken.

    the file itself;  entries → leaf hashes → every tile → root → head → signatures;  openings → commitments → notices of erasure;
    what was cosigned → our keys;  what partners sent → the receipts of it;  the index → what it was made from

Nothing is changed. Each finding names the log and the entry.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from detente.errors import DetenteError, RemoteError
from detente.node.backup import RECOVERED
from detente.node.collections import read_collections, read_tokens
from detente.node.open import Node
from detente.node.receive import known_lines_only
from detente.party import Party, Role, parse_party
from detente.statement import CommitmentLeaf, ErasureLeaf, Leaf, Opening, PublicLeaf, parse_leaf, verify_opening
from detente.stix.canonical import parse
from detente.store import bodies, index
from detente.store.bodies import Row
from detente.store.database import Connection
from detente.store.log import (
    JOURNAL,
    OWN,
    Head,
    count_rows,
    orphans,
    read_heads,
    read_leaves,
    read_tile,
    root_of,
)
from detente.store.store import PURGE, read_record, read_records, read_witnessed, witnessed_origins
from detente.tlog.checkpoint import VerifiedCheckpoint, verify_checkpoint
from detente.tlog.merkle import EMPTY_ROOT, Frontier, leaf_hash
from detente.tlog.note import VerifierKey
from detente.tlog.tiles import TILE_WIDTH, Tile, extend
from detente.views import RECEIVED

BATCH = 4096
ROLES = {OWN: "own", JOURNAL: "journal"}

Progress = Callable[[str, int, int], None]


@dataclass(slots=True)
class Checked:
    """What was read, and what was found. No finding means: all of it is as it was written."""

    logs: int = 0
    entries: int = 0
    openings: int = 0
    erased: int = 0
    recovered: int = 0
    findings: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Said:
    """What our own records say should be missing, or there: compared when everything has been read.

    By origin. `bare`: entries whose text is gone, `blank`: entries of which nothing is left; `excused`, `excused_whole`: entries
    of which a notice or a decision says so. `openings`: how many there are; `receipts`: how many we wrote down that we received.
    `shares`: in which collection we said our entries, as first and last and name.
    """

    bare: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    blank: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    excused: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    excused_whole: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    shares: list[tuple[int, int, str]] = field(default_factory=list)
    openings: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    receipts: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def fsck(node: Node, *, progress: Progress | None = None) -> Checked:
    """Check every log of the node. Takes about as long as reading the database twice."""
    checked = Checked()
    with node.store.reading() as connection:
        found = checked.findings
        found += [f"the file log.db: {damage}" for damage in node.store.database.damage(connection)]
        parties = _check_records(connection, checked)
        keys = {party.origin: party.all_log_keys for party in parties}
        former = node.former_keys(connection)
        keys |= {node.origin: node.all_log_keys(connection)}
        keys |= {node.journal_key.name: (node.journal_key, *former.get(Role.JOURNAL, ()))}
        said = _Said()
        heads = read_heads(connection)
        found += [f"log {log} has rows and no head" for log in orphans(connection)]
        found += [
            f"the head of our {role} log is missing" for log, role in ROLES.items() if log not in {h.log for h in heads}
        ]
        cosigners = [key for party in parties for key in party.cosigning_keys]
        cosigners += [*node.public_keys[Role.WITNESS], *node.public_keys[Role.MIRROR]]
        cosigners += [key for party in parties for key in party.former_cosigning_keys]
        cosigners += [*former.get(Role.WITNESS, ()), *former.get(Role.MIRROR, ())]
        # The journal first: it says what was shared where, erased and received.
        for head in sorted(heads, key=lambda h: (h.log != JOURNAL, h.log)):
            checked.logs += 1
            try:
                _check_log(connection, head, keys.get(head.origin, ()), cosigners, checked, said, progress)
            except DetenteError as error:
                found.append(f"{head.origin}: cannot be read to its end: {error}")
        _compare(connection, heads, said, checked)
        for party in parties:
            _check_witnessed(node, connection, party, checked)
        for origin in sorted(set(witnessed_origins(connection)) - {party.origin for party in parties}):
            found.append(f"{origin}: there is a witness record, and no such partner")
        if read_record(connection, "due", PURGE) is not None:
            found.append("an erasure is not finished: its bytes may still lie on the disk. Open the node again")
        strays = index.strays(connection)
        if strays:
            found.append(f"the index differs from the logs in {strays} rows. Delete index.db: it is made anew")
    return checked


def _check_records(connection: Connection, checked: Checked) -> list[Party]:
    """What the operator decided; returns the partners that can be read."""
    parties = []
    for name, value in read_records(connection, "partner"):
        try:
            parties.append(parse_party(value))
        except DetenteError as error:
            checked.findings.append(f"the record of the partner {name} is damaged: {error}")
    for read in (read_collections, read_tokens):
        try:
            read(connection)
        except DetenteError as error:
            checked.findings.append(str(error))
    return parties


def _check_log(
    connection: Connection,
    head: Head,
    keys: tuple[VerifierKey, ...],
    cosigners: Sequence[VerifierKey],
    checked: Checked,
    said: _Said,
    progress: Progress | None,
) -> None:
    if head.role != ROLES.get(head.log, "mirror"):
        checked.findings.append(f"{head.origin}: the log {head.log} is no {head.role}")
    aliases = _collections(connection)
    frontier = Frontier.EMPTY
    tails: dict[int, bytes] = {}
    last_added = 0
    while frontier.size < head.size:
        start = frontier.size
        leaves = read_leaves(connection, head.log, start, min(head.size, start + BATCH))
        if not leaves:
            checked.findings.append(f"{head.origin}: entry {start} and all behind it are missing, of {head.size}")
            break
        rows = bodies.read_rows(connection, head.log, start, start + len(leaves))
        for row in rows:
            if row.added_us <= last_added:
                checked.findings.append(
                    f"{head.origin}: entry {row.idx}: its time of addition is before its neighbour's"
                )
            last_added = row.added_us
            if row.collection not in ({RECEIVED} if head.role == "mirror" else aliases):
                checked.findings.append(f"{head.origin}: entry {row.idx}: there is no collection {row.collection!r}")
        if head.log == OWN:
            _check_shares(head, rows, aliases, checked, said)
        _check_openings(head, start, leaves, rows, checked, said)
        hashes = [leaf_hash(leaf) for leaf in leaves]
        changed = extend(start, tails, hashes)
        frontier = frontier.extended(hashes)
        for tile, data in changed:
            if tile.width == TILE_WIDTH or frontier.size == head.size:
                _check_tile(connection, head, tile, data, checked)
            tails[tile.level] = b"" if tile.width == TILE_WIDTH else data
        checked.entries += len(leaves)
        if progress is not None:
            progress(head.origin, frontier.size, head.size)
    if count_rows(connection, head.log) != (head.size, _count_tiles(head.size)):
        checked.findings.append(
            f"{head.origin}: there are more or fewer entries or tiles than {head.size} entries have"
        )
    if bodies.count_openings(connection, head.log) != said.openings[head.origin]:
        checked.findings.append(f"{head.origin}: openings lie behind the end of the log at {head.size}")
    root = frontier.root() if head.size else EMPTY_ROOT
    if root != head.root:
        checked.findings.append(f"{head.origin}: the entries do not give the root of the head at {head.size}")
    _check_notes(connection, head, keys, cosigners, checked)


def _collections(connection: Connection) -> dict[str, str]:
    """Names of the collections by their ids, "" for none."""
    try:
        return {"": "", **{c.id: c.alias for c in read_collections(connection)}}
    except DetenteError:
        return {"": ""}


def _check_shares(head: Head, rows: list[Row], aliases: dict[str, str], checked: Checked, said: _Said) -> None:
    """What the journal says was shared in a collection lies in it."""
    for first, last, alias in said.shares:
        if rows and first <= rows[-1].idx and last >= rows[0].idx:
            for row in rows:
                if first <= row.idx <= last and aliases.get(row.collection) != alias:
                    checked.findings.append(f"{head.origin}: entry {row.idx} was said in the collection {alias!r}")


def _count_tiles(size: int) -> int:
    count = 0
    while size > 0:
        count += -(-size // TILE_WIDTH)
        size //= TILE_WIDTH
    return count


def _check_tile(connection: Connection, head: Head, tile: Tile, data: bytes, checked: Checked) -> None:
    try:
        stored = read_tile(connection, head.log, tile)
    except DetenteError:
        stored = b""
    if stored != data:
        checked.findings.append(f"{head.origin}: tile {tile.level}/{tile.index} is not made of the entries")


def _check_notes(
    connection: Connection,
    head: Head,
    keys: tuple[VerifierKey, ...],
    cosigners: Sequence[VerifierKey],
    checked: Checked,
) -> None:
    if not head.note:
        if head.size:
            checked.findings.append(f"{head.origin}: {head.size} entries without a signed checkpoint")
    elif verified := _verified(head, head.note, head.size, keys, cosigners, checked):
        if verified.checkpoint.root != head.root:
            checked.findings.append(f"{head.origin}: the stored checkpoint is not the one of its head at {head.size}")
        # When we signed, or cosigned as a mirror: the next signature must not be older than that.
        times = {verified.log_at_s} if head.role == "own" else {c.at_s for c in verified.cosignatures}
        if head.role != "journal" and head.at_us // 1_000_000 not in times:
            checked.findings.append(f"{head.origin}: the time of the head is not that of its signature")
    if not head.witnessed_note:
        if head.witnessed_size:
            checked.findings.append(f"{head.origin}: the cosigned checkpoint at {head.witnessed_size} is missing")
    elif verified := _verified(head, head.witnessed_note, head.witnessed_size, keys, cosigners, checked):
        try:
            root = root_of(connection, head.log, head.witnessed_size) if head.witnessed_size else EMPTY_ROOT
        except DetenteError:
            root = b""
        if verified.checkpoint.root != root:
            checked.findings.append(
                f"{head.origin}: the cosigned checkpoint at {head.witnessed_size} is not of this log"
            )
    if head.role == "mirror" and not 0 <= head.opened_size <= head.size:
        checked.findings.append(f"{head.origin}: openings of {head.opened_size} entries were asked for, of {head.size}")


def _verified(
    head: Head,
    note: bytes,
    size: int,
    keys: tuple[VerifierKey, ...],
    cosigners: Sequence[VerifierKey],
    checked: Checked,
) -> VerifiedCheckpoint | None:
    try:
        verified = verify_checkpoint(note, origin=head.origin, log_keys=keys, witnesses=cosigners)
    except DetenteError as error:
        checked.findings.append(f"{head.origin}: the stored checkpoint at {size} does not verify: {error}")
        return None
    if verified.checkpoint.size != size:
        checked.findings.append(f"{head.origin}: the stored checkpoint is not the one of its head at {size}")
    if known_lines_only(note, (*keys, *cosigners)) != note:
        checked.findings.append(
            f"{head.origin}: the stored checkpoint at {size} has a line of a key that we do not know"
        )
    return verified


def _check_openings(
    head: Head, start: int, leaves: list[bytes], rows: list[Row], checked: Checked, said: _Said
) -> None:
    by_index = {row.idx: row.opening for row in rows}
    said.openings[head.origin] += len(rows)
    for idx, leaf in _parsed(start, leaves):
        opening = by_index.pop(idx, None)
        if isinstance(leaf, ErasureLeaf) and head.log == OWN:
            said.excused[head.origin].update(leaf.indices)
        if opening is None:
            mirrored = head.role == "mirror" and (isinstance(leaf, CommitmentLeaf) or idx >= head.opened_size)
            if isinstance(leaf, CommitmentLeaf | PublicLeaf) and not mirrored:
                said.blank[head.origin].add(idx)
            continue
        if head.role == "mirror" and idx >= head.opened_size:
            checked.findings.append(f"{head.origin}: entry {idx} has an opening that was not asked for yet")
        checked.openings += 1
        _check_opening(head, idx, leaves[idx - start], leaf, opening, checked, said)
    for idx in by_index:
        checked.findings.append(f"{head.origin}: entry {idx} has an opening and is no leaf that we know")


def _parsed(start: int, leaves: list[bytes]) -> Iterator[tuple[int, Leaf]]:
    for idx, leaf in enumerate(leaves, start):
        try:
            yield idx, parse_leaf(leaf)
        except RemoteError:
            continue  # in a mirror, of a version to come; of our own, it shows as a wrong root, since it was never signed


def _check_opening(
    head: Head, idx: int, data: bytes, leaf: Leaf, opening: Opening, checked: Checked, said: _Said
) -> None:
    where = f"{head.origin}: entry {idx}"
    if isinstance(leaf, PublicLeaf):
        if opening != Opening(b"", b"", leaf.body, b""):
            checked.findings.append(f"{where}: its copy is not the text that stands in the log")
        return
    if opening == Opening(b"", b"", b"", b""):
        checked.erased += 1
        said.blank[head.origin].add(idx)
        return
    try:
        header = verify_opening(data, opening, log=head.origin, reader=None)
    except RemoteError as error:
        checked.findings.append(f"{where}: {error}")
        return
    if not opening.body_salt:
        checked.erased += 1
        # A partner may have sent the header alone; that a text of ours is gone, somebody must have decided.
        if head.role != "mirror":
            said.bare[head.origin].add(idx)
    elif head.log == JOURNAL and header.kind in ("decision", "receipt", "share"):
        _listen(opening.body, said)


def _listen(body: bytes, said: _Said) -> None:
    """What the journal says was shared, erased and received."""
    match parse(body):
        case {"decided": "erased", "erased": dict(erased), "headers": bool(headers)}:
            for origin, indices in erased.items():
                known = {i for i in indices if isinstance(i, int)} if isinstance(indices, list) else set[int]()
                said.excused[origin] |= known
                said.excused_whole[origin] |= known if headers else set()
        case {"log": str(origin), "openings": int(count)}:
            said.receipts[origin] += count
        case {"collection": str(alias), "entries": [int(first), int(last)]}:
            said.shares.append((first, last, alias))


def _compare(connection: Connection, heads: list[Head], said: _Said, checked: Checked) -> None:
    recovered = [range(int(first), int(end)) for first, end in read_records(connection, RECOVERED)]
    for head in heads:
        lost = said.bare[head.origin] - said.excused[head.origin]
        lost |= said.blank[head.origin] - said.excused_whole[head.origin]
        if head.log == OWN:
            back = {idx for idx in lost if any(idx in span for span in recovered)}
            checked.recovered += len(back)
            lost -= back
        elif recovered:
            # What the lost entries had erased was erased again, and the decisions about it are among what was lost.
            continue
        checked.findings += [f"{head.origin}: entry {idx} has lost its text" for idx in sorted(lost)]
        if head.role == "mirror" and said.receipts[head.origin] != said.openings[head.origin]:
            checked.findings.append(
                f"{head.origin}: {said.openings[head.origin]} openings are held, of {said.receipts[head.origin]} received"
            )


def _check_witnessed(node: Node, connection: Connection, party: Party, checked: Checked) -> None:
    row = read_witnessed(connection, party.origin)
    if row is None:
        return
    size, root, note, at_us = row
    keys = (*node.public_keys[Role.WITNESS], *node.former_keys(connection).get(Role.WITNESS, ()))
    try:
        verified = verify_checkpoint(note, origin=party.origin, log_keys=party.all_log_keys, witnesses=keys)
    except DetenteError as error:
        checked.findings.append(f"{party.origin}: what we cosigned as a witness does not verify: {error}")
        return
    if (verified.checkpoint.size, verified.checkpoint.root) != (size, root) or not verified.cosignatures:
        checked.findings.append(f"{party.origin}: the witness record at {size} is not what we cosigned")
    if {c.at_s for c in verified.cosignatures} != {at_us // 1_000_000}:
        checked.findings.append(f"{party.origin}: the time of the witness record is not that of our cosignature")
