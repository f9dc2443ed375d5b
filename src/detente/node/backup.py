"""Backup and restore: one tar file with the truth, the choices and the keys; and the rule that keeps a restored log from forking.

A backup is older than the node. Whatever the node said after it was made, partners hold; signing again from the backup's end would show two
histories, which nobody can tell from deceit. So a restored node signs nothing until it has asked: `sync` releases it when no partner
holds more of our log than it does, `recover` fetches what is missing from a partner's mirror.
"""

from __future__ import annotations

import os
import re
import shutil
import tarfile
from pathlib import Path

from detente.errors import BadProof, CorruptLog, InvalidObject, InvalidStatement, NotDurable, NotFound
from detente.net import Fetch
from detente.node.config import FILE_NAME, read_config
from detente.node.erase import apply_notice
from detente.node.open import Node, open_node
from detente.node.remote import Remote
from detente.node.rotate import key_events, parse_rotations, put_rotation, recovered_keys
from detente.party import Party, Role
from detente.statement import ErasureLeaf, parse_leaf
from detente.store import index
from detente.store.database import copy_truth, open_database
from detente.store.log import OWN, Head, read_head, read_tail
from detente.store.store import Transaction
from detente.tlog.checkpoint import own_lines_only, parse_checkpoint, verify_checkpoint
from detente.tlog.merkle import leaf_hash
from detente.tlog.note import parse_note

MEMBERS = (FILE_NAME, "log.db", "keys")
# The kind of record that says which entries came back without their texts: the first as key, the end as value.
RECOVERED = "recovered"
_KEY_FILE = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.key")
RESTORED = "this node was restored from a backup and has not asked its partners yet. Run: detente sync"


def backup(node: Node, target: Path) -> int:
    """Write a consistent copy of the node to a new tar file, mode 0600; returns its size. It contains the private keys.

    Other processes may go on writing meanwhile: the copy is of one moment.
    """
    if target.exists():
        raise InvalidStatement(f"{target} exists already; backups are never overwritten")
    draft = target.with_name(target.name + ".partial")
    copy = target.with_name(target.name + ".log.db")
    for leftover in (draft, copy):
        leftover.unlink(missing_ok=True)  # of a backup that was interrupted
    try:
        copy_truth(node.store.database, copy, hold=RESTORED)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            with tarfile.open(fileobj=file, mode="w") as tar:
                tar.add(node.folder / FILE_NAME, FILE_NAME)
                tar.add(node.folder / "keys", "keys")
                tar.add(copy, "log.db")
            file.flush()
            os.fsync(file.fileno())
        draft.rename(target)
        _sync_folder(target.parent)
    except OSError as error:
        raise NotDurable(f"the backup {target} could not be written: {error.strerror}. There is none.") from error
    finally:
        copy.unlink(missing_ok=True)
        draft.unlink(missing_ok=True)
    return target.stat().st_size


def _sync_folder(folder: Path) -> None:
    """The name of a new file is on the disk when its folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def restore(source: Path, folder: Path) -> Path:
    """Unpack a backup into an empty or missing folder. The node there signs nothing until `sync` or `recover` has asked the partners."""
    if folder.exists() and any(folder.iterdir()):
        raise InvalidStatement(f"{folder} is not empty; restore into a new folder")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with tarfile.open(source, mode="r:") as tar:
            members = tar.getmembers()
            names = {member.name for member in members}
            if not set(MEMBERS) <= names or len(names) != len(members) or not all(map(_belongs, members)):
                raise InvalidObject(f"{source} is no backup of a node: expected {', '.join(MEMBERS)}, once each")
            for member in members:
                _unpack(tar, member, folder / member.name)
    except (tarfile.TarError, EOFError) as error:
        raise InvalidObject(f"{source} cannot be read as a backup: {error}") from None
    config = read_config(folder)
    if config.store.url:
        copied = open_database(folder)
        target = open_database(folder, config.store.url)
        try:
            target.load_truth(copied)
        finally:
            copied.close()
            target.close()
    node = open_node(folder)
    try:
        node.store.write(node.clock(), lambda transaction: transaction.set_head(OWN, hold=RESTORED))
    finally:
        node.close()
    return folder


def _belongs(member: tarfile.TarInfo) -> bool:
    """Whether a backup may hold this: the files that we write, at the places that we write them to, and no link or device."""
    if member.name == "keys":
        return member.isdir()
    place = member.name.removeprefix("keys/")
    return member.isreg() and (
        member.name in MEMBERS or (place != member.name and _KEY_FILE.fullmatch(place) is not None)
    )


def _unpack(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    """By hand, since what Python's own unpacking refuses depends on its version; readable for the owner only."""
    content = tar.extractfile(member)
    if content is None:
        path.mkdir(mode=0o700, exist_ok=True)
        return
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        shutil.copyfileobj(content, file)
        file.flush()
        os.fsync(file.fileno())


def held(node: Node) -> bool:
    """Whether this node was restored and has not asked its partners yet."""
    with node.store.reading() as connection:
        return node.store.on_hold(connection) is not None


def recover(node: Node, party: Party, fetch: Fetch) -> tuple[int, int]:
    """Fetch the entries that we lost from a partner's mirror of our log; returns the old size and the new.

    The leaves come back, under a checkpoint that we had signed ourselves, so that the log goes on without a fork. Their
    texts do not: only their addressees have them. What the lost entries had erased is erased again.
    """
    remote = Remote(party, fetch)
    note = remote.witnessed(node.origin, role="mirror")
    if note is None:
        raise NotFound(f"{party.name} holds no mirror of our log")
    signed = verify_checkpoint(note, origin=node.origin, log_keys=node.public_keys[Role.LOG])
    checkpoint = signed.checkpoint
    signed_us = None if signed.log_at_s is None else signed.log_at_s * 1_000_000
    with node.store.reading() as connection:
        head: Head = read_head(connection, OWN)
        tail = read_tail(connection, head)
    if checkpoint.size <= head.size:
        return head.size, head.size
    leaves = [leaf for bundle in remote.mirrored(node.origin).leaves(head.size, checkpoint.size) for leaf in bundle]
    if tail.frontier.extended([leaf_hash(leaf) for leaf in leaves]).root() != checkpoint.root:
        raise BadProof(
            f"the mirror of {party.name} does not continue our log to the checkpoint that we signed",
            party=party.origin,
            evidence=note,
        )

    rotations = parse_rotations(remote.mirrored(node.origin).rotations()) if key_events(leaves) else []

    def work(transaction: Transaction) -> None:
        if transaction.head(OWN).size != head.size:
            raise CorruptLog("the log moved on while it was being recovered")
        recovered_keys(node, transaction, leaves)
        for rotation in rotations:
            handed_over = parse_checkpoint(parse_note(rotation).text)
            if handed_over.size > head.size and handed_over.origin == node.origin:
                put_rotation(transaction, node.origin, handed_over.size, rotation)
        transaction.extend_mirror(OWN, leaves, checkpoint, own_lines_only(note, node.origin), at_us=signed_us)
        transaction.set_head(OWN, witnessed_size=checkpoint.size, witnessed_note=note)
        transaction.put_record(RECOVERED, str(head.size), str(checkpoint.size).encode())
        for leaf in leaves:
            parsed = parse_leaf(leaf)
            if isinstance(parsed, ErasureLeaf):
                apply_notice(transaction, parsed)

    index.catch_up(node.store.database)
    node.store.write(node.clock(), work)
    node.store.finish_purge(node.clock())
    node.store.write(
        node.clock(), lambda transaction: _note_recovery(node, transaction, party, head.size, checkpoint.size)
    )
    return head.size, checkpoint.size


def _note_recovery(node: Node, transaction: Transaction, party: Party, old: int, new: int) -> None:
    transaction.set_head(OWN, hold="")
    node.journal(
        transaction, "decision", {"decided": "log recovered", "from": party.origin, "old_size": old, "size": new}
    )


def release_alone(node: Node) -> None:
    """Let a restored node sign without asking. Only for a log that no partner ever cosigned; a person says so."""

    def work(transaction: Transaction) -> None:
        transaction.set_head(OWN, hold="")
        node.journal(transaction, "decision", {"decided": "signing again after a restore, without asking partners"})

    node.store.write(node.clock(), work)
