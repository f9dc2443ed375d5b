"""What must be true of a folder in which a node was interrupted. Looking is done by starting the node there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
from tests.crash.harness import Call, Ended
from tests.crash.victim import CHOICES, ERASED_ENTRY, NOW_US, Partner, read_requests
from tests.scene import example, require_bytes_gone
from tests.world import Clock

from detente.errors import CorruptLog, DetenteError, NotFound
from detente.node.config import FILE_NAME
from detente.node.fsck import fsck
from detente.node.open import NEXT, Node, create_node, open_node
from detente.node.share import say
from detente.node.sync import sync
from detente.statement import KeyLeaf, Opening, parse_leaf, verify_opening
from detente.stix.canonical import parse
from detente.store import index
from detente.store.bodies import read_opening
from detente.store.log import OWN, head_of, read_head, read_leaves, root_of
from detente.store.store import read_witnessed
from detente.tlog.witness import parse_request
from detente.web.log import Request, answer


@dataclass(frozen=True)
class Before:
    """The prepared node: the size and root of its log, what is to be erased, and what its partner will have."""

    size: int
    root: bytes
    opening: Opening
    object_id: str
    partner_size: int


def require_nothing_lost(before: Before, operation: str, call: Call | None, ended: Ended) -> None:
    """All oracles. `call` is None when nothing was disturbed."""
    where = f"{operation} at {call}: acks {ended.acks}"
    node = open_node(ended.place / "node", clock=Clock(NOW_US + 60_000_000), random=Random(2).randbytes)
    try:
        _require_sound(node, where)
        _require_acknowledged(node, before, ended, where)
        if operation == "erase":
            _require_erased_or_whole(node, before, ended, where)
        if operation == "cosign_twice":
            _require_witness_remembers(node, ended, where)
        if operation == "publish":
            _require_pulled_or_not(node, before, ended, where)
        if operation == "rotate_keys":
            _require_keys_of_before_or_all_new(node, before, ended, where)
        _require_goes_on(node, before, ended, where)
    finally:
        node.close()


def _require_sound(node: Node, where: str) -> None:
    findings = fsck(node).findings
    assert not findings, (where, findings)


def _require_acknowledged(node: Node, before: Before, ended: Ended, where: str) -> None:
    with node.store.reading() as connection:
        head = read_head(connection, OWN)
        for first, number, count in ended.said("said"):
            for offset in range(int(count)):
                index_ = int(first) + offset
                (leaf,) = read_leaves(connection, OWN, index_, index_ + 1)
                opening = read_opening(connection, OWN, index_)
                verify_opening(leaf, opening, log=node.origin, reader="cert-b.example")
                value = parse(opening.body)
                assert isinstance(value, dict), where
                assert value["id"] == example(int(number) + offset).id, where
        promised = [(before.size, before.root), *((int(s), bytes.fromhex(r)) for s, r in ended.said("head"))]
        for size, root in promised:
            assert size <= head.size, where
            assert root_of(connection, OWN, size) == root, where


def _require_erased_or_whole(node: Node, before: Before, ended: Ended, where: str) -> None:
    """Either nothing has happened, or the text and its salt are gone from every file, and the notice says so."""
    with node.store.reading() as connection:
        head = read_head(connection, OWN)
        opening = read_opening(connection, OWN, ERASED_ENTRY)
        notices = [leaf for leaf in read_leaves(connection, OWN, before.size, head.size) if b'"t":"x"' in leaf]
    with node.store.indexed() as connection:
        shown = index.find_object(connection, before.object_id) == [(OWN, ERASED_ENTRY)]
    if opening == before.opening:
        assert not ended.said("erased"), where
        assert not notices, where
        assert shown, where
        return
    assert opening.body == opening.body_salt == b"", where
    assert opening.header == before.opening.header, where
    assert len(notices) == 1, where
    assert not shown, where
    require_bytes_gone(node.folder, before.opening, where)


def _require_witness_remembers(node: Node, ended: Ended, where: str) -> None:
    """What was cosigned and told is on the disk; the older of two checkpoints is not cosigned again."""
    told = [(int(size), bytes.fromhex(root)) for status, size, root in ended.said("cosigned") if status == "200"]
    assert all(status == "200" for status, _, _ in ended.said("cosigned")), where
    with node.store.reading() as connection:
        state = read_witnessed(connection, "cert-b.example")
    if told:
        assert state is not None, where
        assert state[0] >= told[-1][0], where
        assert (state[0], state[1]) == told[-1] or state[0] > told[-1][0], where
    requests = read_requests(ended.place / "requests")
    statuses = [answer(node, Request("POST", "/witness/add-checkpoint", body=r)).status for r in requests]
    assert statuses == {0: [200, 200], 1: [409, 200], 2: [409, 409]}[_steps(ended, state)], (where, statuses)


def _steps(ended: Ended, state: tuple[int, bytes, bytes, int] | None) -> int:
    """How many of the two requests are behind the witness, whether or not it was able to say so."""
    sizes = [parse_request(r).checkpoint.size for r in read_requests(ended.place / "requests")]
    return 0 if state is None else sum(size <= state[0] for size in sizes)


def _require_keys_of_before_or_all_new(node: Node, before: Before, ended: Ended, where: str) -> None:
    """The log names exactly the keys with which the node signs, and nothing of a half done rotation is taken for one that was done."""
    with node.store.reading() as connection:
        size = read_head(connection, OWN).size
        events = [leaf for leaf in read_leaves(connection, OWN, before.size, size) if b'"t":"k"' in leaf]
        former = node.former_keys(connection)
    assert len(events) in (0, 12), where
    assert bool(former) is bool(events), where
    if ended.said("rotated"):
        assert events, where
    if events:
        assert not (node.folder / NEXT).exists(), where
        added = {parse_leaf(leaf) for leaf in events if b'"event":"add"' in leaf}
        vkeys = {leaf.vkey for leaf in added if isinstance(leaf, KeyLeaf)}
        assert vkeys == {key.vkey for keys in node.public_keys.values() for key in keys}, where


def _require_pulled_or_not(node: Node, before: Before, ended: Ended, where: str) -> None:
    """The mirror is the old one or the new one; after one more sync it is the new one, and all of it is acknowledged once."""
    with node.store.reading() as connection:
        head = head_of(connection, "cert-b.example")
        assert head is not None, where
        assert head.size <= before.partner_size, where
    partner = Partner.read(ended.place / "partner")
    report = sync(node, partner)
    assert report.worst is None, (where, report.worst)
    with node.store.indexed() as connection:
        head = head_of(connection, "cert-b.example")
        assert head is not None, where
        assert head.size == head.opened_size == before.partner_size, where
        own = read_head(connection, OWN)
        # The one acknowledgement of everything new, however often it was tried.
        assert own.size == before.size + len(ended.said("said")) + 1, where
        assert own.witnessed_size == own.size, where
    _require_sound(node, where)


def _require_goes_on(node: Node, before: Before, ended: Ended, where: str) -> None:
    """The next write works, continues everything, and the index shows it."""
    with node.store.reading() as connection:
        old = read_head(connection, OWN)
    told = say(node, "", [example(9900)], to=["cert-b"])
    assert told.entries == (old.size, old.size), where
    with node.store.indexed() as connection:
        assert root_of(connection, OWN, old.size) == old.root, where
        assert index.find_object(connection, example(9900).id) == [(OWN, old.size)], where
    _require_sound(node, where)


def require_created(call: Call, ended: Ended) -> None:
    """A node that was half made is made by the same call again, with keys that it began with; one that is made stays."""
    folder = ended.place / "node"
    where = f"create at {call}: acks {ended.acks}"
    keys = _keys(folder)
    if (folder / FILE_NAME).exists():
        node = open_node(folder)
    else:
        assert not ended.said("done"), where
        node = create_node(folder, CHOICES, clock=Clock(NOW_US + 60_000_000))
    try:
        assert not keys or _keys(folder) == keys, where
        _require_sound(node, where)
        say(node, "", [])
    finally:
        node.close()


def _keys(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "keys").glob("*"))}


def require_restored_held(call: Call | None, ended: Ended) -> None:
    """However far the unpacking came: what is there is no node, or one that signs nothing before it has asked."""
    where = f"restore at {call}: acks {ended.acks}"
    try:
        node = open_node(ended.place / "restored", clock=Clock(NOW_US + 60_000_000), random=Random(2).randbytes)
    except DetenteError:
        assert not ended.said("done"), where
        return
    try:
        with pytest.raises((CorruptLog, NotFound)):
            say(node, "", [example(9900)], to=["cert-b"])
    finally:
        node.close()
