"""An erased text is gone from every file of the node, and everything that was signed about it still verifies."""

from __future__ import annotations

import random

import pytest
import sqlalchemy as sa
from tests.scene import example, reopen, require_bytes_gone, require_sound, settle, tell
from tests.world import World

from detente.errors import InvalidStatement, NotFound
from detente.node.collections import add_collection
from detente.node.erase import erase_entry, erase_object
from detente.node.open import Node
from detente.node.proofs import prove
from detente.node.share import import_document, say
from detente.node.sync import sync
from detente.party import Role
from detente.statement import Opening, parse_opening_document, verify_opening
from detente.store.bodies import find_body, read_opening
from detente.store.database import openings
from detente.store.log import JOURNAL, OWN, read_head, read_leaves
from detente.tlog.merkle import leaf_hash
from detente.tlog.policy import parse_policy
from detente.tlog.proof import parse_receipt, verify_receipt

ERASURES = 12


def opening_of(node: Node, entry: int) -> Opening:
    with node.store.reading() as connection:
        return read_opening(connection, OWN, entry)


def require_gone(node: Node, store_url: str, erased: list[Opening]) -> None:
    """On SQLite in every byte of every file, while the node runs and after; on PostgreSQL in every row."""
    for opening in erased:
        if not store_url:
            require_bytes_gone(node.folder, opening)
            continue
        with node.store.reading() as connection:
            for column in (openings.c.body, openings.c.body_salt, openings.c.header_salt):
                for secret in (opening.body, opening.body_salt):
                    query = sa.select(sa.func.count()).where(column == secret)
                    assert connection.execute(query).scalar_one() == 0


def receipts(node: Node, entries: range) -> dict[int, tuple[bytes, str]]:
    found = {}
    for entry in entries:
        proof = prove(node, entry)
        found[entry] = (proof.receipt, proof.policy)
    return found


def require_receipts_verify(node: Node, kept: dict[int, tuple[bytes, str]]) -> None:
    """As a stranger checks them: those handed out before, and those that would be handed out now."""
    with node.store.reading() as connection:
        leaves = read_leaves(connection, OWN, 0, read_head(connection, OWN).size)
    for entry, (receipt, policy) in {**kept}.items():
        for data in (receipt, prove(node, entry).receipt):
            verify_receipt(
                parse_receipt(data),
                leaf_hash=leaf_hash(leaves[entry]),
                log_keys=node.public_keys[Role.LOG],
                policy=parse_policy(policy),
            )


def test_after_every_erasure_no_byte_is_left_and_everything_verifies(pair: World, store_url: str) -> None:
    node, partner = pair.nodes["cert-a"], pair.nodes["cert-b"]
    tell(node, range(400), "cert-b")
    settle(pair)
    with node.store.reading() as connection:
        size = read_head(connection, OWN).size
    kept = receipts(node, range(0, size, 7))
    dice = random.Random(5)
    erased: list[Opening] = []
    for entry in dice.sample(range(6, 406), ERASURES):
        opening = opening_of(node, entry)
        erase_entry(node, entry, ground="asked for", headers=dice.random() < 0.3)
        erased.append(opening)
        require_gone(node, store_url, erased[-1:])
    require_gone(node, store_url, erased)
    require_receipts_verify(node, kept)
    require_sound(node)
    settle(pair)
    assert sync(partner, pair.fetch).worst is None
    node = reopen(pair, "cert-a")
    require_gone(node, store_url, erased)
    require_sound(node)


def test_an_erased_object_is_gone_in_all_its_versions_and_places(pair: World, store_url: str) -> None:
    """What we took in, what we said of it, and what the partner sent us about it."""
    node, partner = pair.nodes["cert-a"], pair.nodes["cert-b"]
    feed = add_collection(node, "feed", readers=["*"])
    bundle = b'{"type":"bundle","id":"bundle--00000000-0000-4000-8000-000000000000","objects":[%b]}' % example(3).body
    import_document(node, bundle, name="report.json", collection="feed")
    for version in ("2026-01-03T03:04:05.000Z", "2026-01-04T03:04:05.000Z"):
        say(node, feed.id, [example(3, modified=version)], to=["cert-b"])
    tell(partner, [3], "cert-a")
    settle(pair)
    with node.store.reading() as connection:
        rows = connection.execute(
            sa.select(openings.c.header, openings.c.header_salt, openings.c.body, openings.c.body_salt)
        )
        held = [Opening(*(bytes(field) for field in row)) for row in rows if example(3).id.encode() in bytes(row[2])]
    assert len(held) >= 4
    result = erase_object(node, example(3).id, ground="asked for")
    assert len(result.entries) == 2
    assert result.copies >= 2
    require_gone(node, store_url, [o for o in held if o.body_salt])
    require_sound(node)
    with pytest.raises(NotFound):
        erase_object(node, example(3).id, ground="asked for")


def test_the_addressee_is_told_what_was_erased_and_gets_no_text_any_more(pair: World) -> None:
    node, partner = pair.nodes["cert-a"], pair.nodes["cert-b"]
    told = tell(node, [1, 2], "cert-b")
    assert told.entries is not None
    erase_entry(node, told.entries[0], ground="Article 17")
    assert sync(partner, pair.fetch).worst is None
    with partner.store.reading() as connection:
        log = 3
        opening = read_opening(connection, log, told.entries[0])
        assert opening.body == opening.body_salt == b""
        assert read_opening(connection, log, told.entries[1]).body
        head = read_head(connection, log)
        assert any(b'"ground":"Article 17"' in leaf for leaf in read_leaves(connection, log, 0, head.size))


def test_what_an_erased_entry_was_can_still_be_shown_without_its_text(pair: World) -> None:
    node = pair.nodes["cert-a"]
    told = tell(node, [1], "cert-b")
    assert told.entries is not None
    erase_entry(node, told.entries[0], ground="asked for")
    document = prove(node, told.entries[0]).opening
    assert document is not None
    log, index, opening = parse_opening_document(document)
    with node.store.reading() as connection:
        (leaf,) = read_leaves(connection, OWN, index, index + 1)
    assert verify_opening(leaf, opening, log=log, reader="cert-b.example").kind == "object"


def test_copies_in_the_journal_go_with_the_entry(pair: World) -> None:
    node = pair.nodes["cert-a"]
    feed = add_collection(node, "feed", readers=["*"])
    body = example(5).body
    node.store.write(node.clock(), lambda t: node.journal_bodies(t, "import", [body], collection=feed.id))
    told = say(node, feed.id, [example(5)], to=["cert-b"])
    assert told.entries is not None
    with node.store.reading() as connection:
        assert {log for log, _ in find_body(connection, body)} == {OWN, JOURNAL}
    erase_entry(node, told.entries[0], ground="asked for")
    with node.store.reading() as connection:
        assert find_body(connection, body) == []
    require_sound(node)


@pytest.mark.parametrize("ground", ["", "  ", "x" * 501])
def test_an_erasure_states_its_ground(pair: World, ground: str) -> None:
    node = pair.nodes["cert-a"]
    told = tell(node, [1], "cert-b")
    assert told.entries is not None
    with pytest.raises(InvalidStatement, match="ground"):
        erase_entry(node, told.entries[0], ground=ground)
    assert opening_of(node, told.entries[0]).body


def test_what_cannot_be_erased_is_refused_and_nothing_is_published(pair: World) -> None:
    """A public text stands in the log itself; a key is no text; the header of a withdrawal holds the withdrawal."""
    node = pair.nodes["cert-a"]
    told = tell(node, [1], public=True)
    assert told.entries is not None
    with node.store.reading() as connection:
        before = read_head(connection, OWN)
    for entry in (told.entries[0], 0, 10_000):
        with pytest.raises((InvalidStatement, NotFound)):
            erase_entry(node, entry, ground="g")
    for number in (1, 77):
        with pytest.raises((InvalidStatement, NotFound)):
            erase_object(node, example(number).id, ground="g")
    with node.store.reading() as connection:
        assert read_head(connection, OWN) == before
    require_sound(node)
