"""Rotate: our log goes over to new keys, and a partner's log does; statements are by an origin, and stay what they are.

    new keys on the disk → one commit: the events in our log, under a checkpoint that the old keys and the new ones sign → files in place

Partners that pull see the events inside the log that they verify, under that checkpoint, and move their pins. Whoever was away
asks for it (`GET /log/rotations`), however many there were since. docs/formats/rotation.md is normative.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from detente.errors import BadSignature, InvalidObject, MalformedReply, NotPermitted, RemoteError, StaleWrite
from detente.node.open import CURRENT, FORMER, KEYS, Node
from detente.party import KEY_EVENT, Party, Role, after_key_events, encode_party
from detente.statement import KeyLeaf, key_leaf, parse_leaf
from detente.stix.canonical import JsonValue, encode, parse
from detente.store.database import Connection
from detente.store.log import JOURNAL, OWN, read_head, read_leaves
from detente.store.store import Sign, Transaction, read_records
from detente.tlog.checkpoint import Checkpoint, sign_checkpoint, verify_checkpoint
from detente.tlog.note import (
    SignedNote,
    SignerKey,
    VerifierKey,
    known_signatures,
    parse_note,
    parse_vkey,
    prove_possession,
)

ROTATION = "rotation"
ROTATIONS_MAX = 64
ROTATIONS_BYTES_MAX = 1 << 20
PUBLIC = (Role.LOG, Role.WITNESS, Role.MIRROR)
ALL = (*PUBLIC, Role.JOURNAL)
LEAVES_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class Rotation:
    """What was done: vkeys by role; `entries`: first and last of the events in our log, None when only the journal's key changed."""

    added: Mapping[str, tuple[str, ...]]
    retired: Mapping[str, tuple[str, ...]]
    entries: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One key of ours. `since_us`, `until_us`: by its events in our log; None where there is none, as for the journal's."""

    role: Role
    vkey: str
    present: bool
    since_us: int | None
    until_us: int | None


# -- our own ------------------------------------------------------------------------------------------------------------


def rotate(node: Node, roles: Sequence[Role] = ALL) -> Rotation:
    """Go over to new keys for these roles. Interrupted before the commit nothing has changed; after it, the next opening completes it."""
    if not roles:
        raise NotPermitted("name the role whose keys are to be rotated, or none for all of them")
    fresh: dict[Role, tuple[SignerKey, ...]] = {}

    def signers(transaction: Transaction) -> Mapping[int, Sign]:
        # The keys are on the disk before anything is signed with them.
        fresh.clear()
        fresh.update(node.make_new_keys([role for role in ALL if role in roles]))
        journal = fresh.get(Role.JOURNAL) or node.own_signers(Role.JOURNAL)

        def own(checkpoint: Checkpoint, at_s: int) -> bytes:
            note = sign_checkpoint(checkpoint, (*node.own_signers(Role.LOG), *fresh.get(Role.LOG, ())), at_s=at_s)
            if Role.LOG in fresh:
                put_rotation(transaction, node.origin, checkpoint.size, note)
            return note

        return {OWN: own, JOURNAL: lambda checkpoint, at_s: sign_checkpoint(checkpoint, journal, at_s=at_s)}

    def work(transaction: Transaction) -> Rotation:
        retired = {role: tuple(s.verifier for s in node.own_signers(role)) for role in fresh}
        added = {role: tuple(s.verifier for s in keys) for role, keys in fresh.items()}
        first = transaction.next_index(OWN)
        for role in PUBLIC:
            for signer in fresh.get(role, ()):
                proof = base64.b64encode(prove_possession(signer, KEY_EVENT)).decode()
                leaf = KeyLeaf("add", str(role), signer.verifier.vkey, transaction.now_us, proof)
                transaction.append_clear(OWN, key_leaf(leaf))
        for role in PUBLIC:
            for key in retired.get(role, ()):
                transaction.append_clear(OWN, key_leaf(KeyLeaf("retire", str(role), key.vkey, transaction.now_us)))
        last = transaction.next_index(OWN) - 1
        current = {role: added.get(role) or tuple(s.verifier for s in node.own_signers(role)) for role in ALL}
        former = node.former_keys(transaction.connection)
        former |= {role: former.get(role, ()) + keys for role, keys in retired.items()}
        put_keys(transaction, current, former)
        if Role.LOG in fresh:
            # Its cosignatures are on a checkpoint of the old keys; the next sync collects them for the new ones.
            transaction.set_head(OWN, witnessed_size=0, witnessed_note=b"")
        body: dict[str, JsonValue] = {"decided": "keys rotated", "added": _lines(added), "retired": _lines(retired)}
        node.journal(transaction, "decision", body)
        entries = (first, last) if last >= first else None
        return Rotation(
            {str(role): tuple(k.vkey for k in keys) for role, keys in added.items()},
            {str(role): tuple(k.vkey for k in keys) for role, keys in retired.items()},
            entries,
        )

    rotation = node.store.write(node.clock(), work, signers=signers)
    node.take_new_keys()
    return rotation


def put_keys(
    transaction: Transaction,
    current: Mapping[Role, Sequence[VerifierKey]],
    former: Mapping[Role, Sequence[VerifierKey]],
) -> None:
    """Which keys are ours from this commit on: before each write of any process this is compared with the keys that it holds."""
    for name, keys in ((CURRENT, current), (FORMER, former)):
        transaction.put_record(KEYS, name, encode(_lines(keys)))


def recovered_keys(node: Node, transaction: Transaction, leaves: Sequence[bytes]) -> None:
    """The records about our keys, after entries of our own log came back from a partner's mirror.

    Raises StaleWrite when the log has gone over to keys that are not in keys/: nothing could be signed under it then.
    """
    if not key_events(leaves):
        return
    size = transaction.head(OWN).size
    events = key_events([*_own_leaves(transaction.connection, size), *leaves])
    # Our first keys stand in our own log without a proof; an invitation has it for others.
    first = {vkey: role for event, role, vkey, proof in events if event == "add" and not proof}
    begun: dict[Role, tuple[VerifierKey, ...]] = {}
    for vkey, role in first.items():
        begun[Role(role)] = (*begun.get(Role(role), ()), parse_vkey(vkey))
    after = after_key_events(Party("us", "", node.origin, "", keys=begun), events)
    held = node.public_keys
    if any(after.keys.get(role) != held[role] for role in PUBLIC):
        raise StaleWrite(
            "the entries that were lost hand this log over to other keys than those in keys/. Put back the keys of a later backup, "
            "then recover again; without them the log cannot go on, see operations.md."
        )
    journal = tuple(signer.verifier for signer in node.own_signers(Role.JOURNAL))
    put_keys(transaction, {**after.keys, Role.JOURNAL: journal}, after.former)


def read_key_lines(node: Node) -> list[KeyLine]:
    """Every key that we have or had, by role, the present ones first. Reads our log from its beginning."""
    since: dict[str, int] = {}
    until: dict[str, int] = {}
    with node.store.reading() as connection:
        size = read_head(connection, OWN).size
        for leaf in _key_leaves(_own_leaves(connection, size)):
            (since if leaf.event == "add" else until).setdefault(leaf.vkey, leaf.at_us)
        former = node.former_keys(connection)
    current = {**node.public_keys, Role.JOURNAL: (node.journal_key,)}
    return [
        KeyLine(role, key.vkey, key in current[role], since.get(key.vkey), until.get(key.vkey))
        for role in ALL
        for key in (*current[role], *former.get(role, ()))
    ]


def _own_leaves(connection: Connection, size: int) -> Iterator[bytes]:
    for start in range(0, size, LEAVES_AT_ONCE):
        yield from read_leaves(connection, OWN, start, min(size, start + LEAVES_AT_ONCE))


# -- anybody's ----------------------------------------------------------------------------------------------------------


def key_events(leaves: Iterable[bytes]) -> list[tuple[str, str, str, str]]:
    """Event, role, vkey and proof of every key event among these entries, in order."""
    return [(leaf.event, leaf.role, leaf.vkey, leaf.proof) for leaf in _key_leaves(leaves)]


def _key_leaves(leaves: Iterable[bytes]) -> list[KeyLeaf]:
    found = []
    for data in leaves:
        if b'"t":"k"' in data:
            try:
                leaf = parse_leaf(data)
            except RemoteError:
                continue  # of a version to come
            if isinstance(leaf, KeyLeaf):
                found.append(leaf)
    return found


def moved_by(party: Party, leaves: Iterable[bytes], note: bytes) -> Party:
    """The party after the key events among new, verified entries of its log; `note` is the checkpoint over them.

    That its pinned keys all signed the note was checked before. When the events change its log's keys, every new one must have signed
    too: that proves that somebody holds them. Raises BadSignature, UnknownKey or MalformedReply; nothing is moved then.
    """
    events = key_events(leaves)
    moved = after_key_events(party, events) if events else party
    if moved.keys == party.keys:
        return party
    fresh = [key for key in moved.log_keys if key not in party.log_keys]
    if fresh:
        verified = verify_checkpoint(note, origin=party.origin, log_keys=fresh)
        if {key.key_id for key in fresh} - set(verified.log_keys):
            raise BadSignature(
                f"{party.name} names new keys for its log, and not each of them signed the checkpoint that says so",
                party=party.origin,
                evidence=note,
            )
    return moved


def store_moved(node: Node, transaction: Transaction, before: Party, moved: Party, size: int, note: bytes) -> None:
    """Move the pins of a partner, and keep the checkpoint that shows why we may: others can be shown it, and evidence may need it."""
    present = node.partner(transaction.connection, before.origin)
    if present.keys != before.keys:
        raise StaleWrite(f"the keys of {before.name} were changed by another process meanwhile; nothing was stored")
    value = parse(encode_party(moved))
    kept = parse(encode_party(present))
    assert isinstance(value, dict)
    assert isinstance(kept, dict)
    kept |= {name: value[name] for name in ("keys", "former") if name in value}
    transaction.put_record("partner", present.name, encode(kept))
    if moved.log_keys != before.log_keys:
        put_rotation(transaction, before.origin, size, _signed_by(note, (*before.log_keys, *moved.log_keys)))
    body: dict[str, JsonValue] = {
        "decided": "keys moved",
        "origin": before.origin,
        "size": size,
        "added": _lines(
            {role: [k for k in keys if k not in before.keys.get(role, ())] for role, keys in moved.keys.items()}
        ),
        "retired": _lines({r: [k for k in ks if k not in moved.keys.get(r, ())] for r, ks in before.keys.items()}),
        "fingerprint": moved.fingerprint,
    }
    node.journal(transaction, "decision", body)


def put_rotation(transaction: Transaction, origin: str, size: int, note: bytes) -> None:
    transaction.put_record(ROTATION, f"{origin} {size:016d}", note)


def read_rotations(connection: Connection, origin: str) -> list[bytes]:
    """The checkpoints at which this log went over to new keys, in order; the last ones when there are many."""
    found = [note for key, note in read_records(connection, ROTATION) if key.rpartition(" ")[0] == origin]
    return found[-ROTATIONS_MAX:]


def encode_rotations(notes: Sequence[bytes]) -> bytes:
    """What `GET …/rotations` answers: the notes as texts in a JSON list."""
    return encode(list[JsonValue](note.decode() for note in notes))


def parse_rotations(data: bytes) -> list[bytes]:
    """Raises MalformedReply."""
    try:
        value = parse(data, bytes_max=ROTATIONS_BYTES_MAX)
    except InvalidObject as error:
        raise MalformedReply(f"rotations: {error}") from None
    if not isinstance(value, list) or len(value) > ROTATIONS_MAX:
        raise MalformedReply(f"rotations: expected a list of at most {ROTATIONS_MAX} checkpoints")
    return [text.encode() for text in value if isinstance(text, str)]


def _signed_by(note: bytes, keys: Sequence[VerifierKey]) -> bytes:
    parsed = parse_note(note)
    return SignedNote(parsed.text, tuple(dict(known_signatures(parsed, keys)).values())).encode()


def _lines(keys: Mapping[Role, Sequence[VerifierKey]]) -> JsonValue:
    return {str(role): [key.vkey for key in held] for role, held in keys.items()}
