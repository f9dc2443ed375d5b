"""fsck: read everything back and check it from the bytes up; find what anybody, we ourselves included, may have broken.

    entries → leaf hashes → every tile → root → head → signatures;  openings → commitments;  what was cosigned → our keys

Nothing is changed. Each finding names the log and the entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from detente.errors import DetenteError, RemoteError
from detente.node.backup import RECOVERED
from detente.node.open import Node
from detente.party import Role
from detente.statement import CommitmentLeaf, parse_leaf, verify_opening
from detente.store import bodies
from detente.store.database import Connection
from detente.store.log import JOURNAL, OWN, Head, count_beyond, read_heads, read_leaves, read_tile
from detente.store.store import PURGE, read_record, read_records, read_witnessed
from detente.tlog.checkpoint import verify_checkpoint
from detente.tlog.merkle import EMPTY_ROOT, Frontier, leaf_hash
from detente.tlog.note import VerifierKey
from detente.tlog.tiles import Tile, extend

BATCH = 4096

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


def fsck(node: Node, *, progress: Progress | None = None) -> Checked:
    """Check every log of the node. Takes about as long as reading the database once."""
    checked = Checked()
    with node.store.reading() as connection:
        keys = _keys(node, connection)
        for head in read_heads(connection):
            checked.logs += 1
            _check_log(connection, head, keys.get(head.origin, ()), checked, progress)
        for party in node.partners(connection):
            _check_witnessed(node, connection, party.origin, party.log_keys, checked)
        if read_record(connection, "due", PURGE) is not None:
            checked.findings.append(
                "an erasure is not finished: its bytes may still lie on the disk. Open the node again"
            )
    return checked


def _keys(node: Node, connection: Connection) -> dict[str, tuple[VerifierKey, ...]]:
    keys = {party.origin: party.log_keys for party in node.partners(connection)}
    keys[node.origin] = node.public_keys[Role.LOG]
    journal = node.journal_key
    keys[journal.name] = (journal,)
    return keys


def _check_log(
    connection: Connection, head: Head, keys: tuple[VerifierKey, ...], checked: Checked, progress: Progress | None
) -> None:
    frontier = Frontier.EMPTY
    tails: dict[int, bytes] = {}
    bad_tiles: set[Tile] = set()
    while frontier.size < head.size:
        start = frontier.size
        leaves = read_leaves(connection, head.log, start, min(head.size, start + BATCH))
        if not leaves:
            checked.findings.append(f"{head.origin}: entry {start} and all behind it are missing, of {head.size}")
            return
        _check_openings(connection, head, start, leaves, checked)
        hashes = [leaf_hash(leaf) for leaf in leaves]
        changed = extend(start, tails, hashes)
        frontier = frontier.extended(hashes)
        for tile, data in changed:
            if tile.width == 256 or frontier.size == head.size:
                _check_tile(connection, head, tile, data, checked, bad_tiles)
        for tile, data in changed:
            tails[tile.level] = b"" if tile.width == 256 else data
        checked.entries += len(leaves)
        if progress is not None:
            progress(head.origin, frontier.size, head.size)
    extra = count_beyond(connection, head)
    if extra:
        checked.findings.append(f"{head.origin}: {extra} entries lie behind the end of the log at {head.size}")
    root = frontier.root() if head.size else EMPTY_ROOT
    if root != head.root:
        checked.findings.append(f"{head.origin}: the entries do not give the root of the head at {head.size}")
    _check_note(head, keys, checked)


def _check_tile(connection: Connection, head: Head, tile: Tile, data: bytes, checked: Checked, bad: set[Tile]) -> None:
    try:
        stored = read_tile(connection, head.log, tile)
    except DetenteError:
        stored = b""
    if stored != data and tile not in bad:
        bad.add(tile)
        checked.findings.append(f"{head.origin}: tile {tile.level}/{tile.index} is not made of the entries")


def _check_note(head: Head, keys: tuple[VerifierKey, ...], checked: Checked) -> None:
    if not head.note:
        if head.size:
            checked.findings.append(f"{head.origin}: {head.size} entries without a signed checkpoint")
        return
    for note, size, root in ((head.note, head.size, head.root), (head.witnessed_note, head.witnessed_size, None)):
        if not note:
            continue
        try:
            checkpoint = verify_checkpoint(note, origin=head.origin, log_keys=keys).checkpoint
        except DetenteError as error:
            checked.findings.append(f"{head.origin}: the stored checkpoint at {size} does not verify: {error}")
            continue
        if checkpoint.size != size or (root is not None and checkpoint.root != root):
            checked.findings.append(f"{head.origin}: the stored checkpoint is not the one of its head at {size}")


def _check_openings(connection: Connection, head: Head, start: int, leaves: list[bytes], checked: Checked) -> None:
    for idx, opening in bodies.read_openings(connection, head.log, start, start + len(leaves)):
        checked.openings += 1
        if not opening.body_salt and not (opening.header == b"" and opening.body):
            checked.erased += 1
        if not opening.header:
            continue  # public, or erased with its header
        try:
            verify_opening(leaves[idx - start], opening, log=head.origin, reader=None)
        except RemoteError as error:
            checked.findings.append(f"{head.origin}: entry {idx}: {error}")
    if head.log in (OWN, JOURNAL):
        recovered = [(int(first), int(end)) for first, end in read_records(connection, RECOVERED)]
        have = {idx for idx, _ in bodies.read_openings(connection, head.log, start, start + len(leaves))}
        for idx in _sealed(start, leaves):
            if head.log == OWN and any(first <= idx < end for first, end in recovered):
                checked.recovered += idx not in have
            elif idx not in have:
                checked.findings.append(f"{head.origin}: entry {idx} has lost its opening")


def _sealed(start: int, leaves: list[bytes]) -> Iterator[int]:
    for idx, leaf in enumerate(leaves, start):
        try:
            if isinstance(parse_leaf(leaf), CommitmentLeaf):
                yield idx
        except RemoteError:
            continue  # a leaf of ours that does not parse shows as a wrong root, since it was never signed


def _check_witnessed(
    node: Node, connection: Connection, origin: str, log_keys: tuple[VerifierKey, ...], checked: Checked
) -> None:
    row = read_witnessed(connection, origin)
    if row is None:
        return
    size, root, note, _ = row
    try:
        verified = verify_checkpoint(note, origin=origin, log_keys=log_keys, witnesses=node.public_keys[Role.WITNESS])
    except DetenteError as error:
        checked.findings.append(f"{origin}: what we cosigned as a witness does not verify: {error}")
        return
    if (verified.checkpoint.size, verified.checkpoint.root) != (size, root) or not verified.cosignatures:
        checked.findings.append(f"{origin}: the witness record at {size} is not what we cosigned")
