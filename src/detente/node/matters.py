"""How matters touch the store: a statement is said, noted in the journal, read back, found by its short name.

The channel, claims, boards, norms and the rest go through here and nowhere else, so that who may be told, what is refused and what is
durable is decided in one place.
"""

from __future__ import annotations

import re as regex
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

import msgspec

from detente.audience import demand
from detente.errors import InvalidStatement, NotFound, NotPermitted, StaleWrite
from detente.node.open import Node
from detente.node.share import seen_of, standings
from detente.said import Said, beginning_of_id, short_of_id, written
from detente.statement import JSON_MEDIA, SALTS_BYTES, Opening, Ref, public_leaf, seal
from detente.stix.canonical import JsonValue, encode
from detente.stix.marking import Tlp, parse_tlp
from detente.store import index
from detente.store.database import Connection
from detente.store.log import JOURNAL, OWN
from detente.store.matters import (
    ids_of,
    is_private,
    last_use,
    newest,
    read_about,
    read_at,
    read_ids,
    read_matters,
    receipts,
    unsettled,
)
from detente.store.store import Transaction
from detente.tlog.merkle import leaf_hash
from detente.views import EVERYBODY

__all__ = [
    "find",
    "is_private",
    "last_use",
    "newest",
    "note",
    "read_about",
    "read_ids",
    "read_matters",
    "receipts",
    "tell",
    "unsettled",
]

_SHORT = regex.compile(r"[a-z]{5}(?:-[a-z]{5}){0,2}")
_ID = regex.compile(r"[A-Za-z0-9_-]{4,43}")
SHOWN = 5
ATTEMPTS = 5

T = TypeVar("T")


def tell(
    node: Node,
    kind: str,
    body: msgspec.Struct,
    *,
    to: Sequence[str] = (),
    marking: Tlp | None = None,
    re: Said | None = None,
    public: bool = False,
    check: Callable[[Connection], None] | None = None,
    also: Callable[[Transaction, Said], None] | None = None,
    dry_run: bool = False,
) -> Said:
    """Say one statement in our log, addressed to all of these partners or to nobody, or in public.

    The body's own `marking`, else `marking`, else the node's default must be one that every addressee may receive: otherwise
    NotPermitted names who may not and why, and nobody is told anything. `check` may refuse inside the transaction, with the state
    as it is then; `also` commits with the statement. With `dry_run` nothing is stored, and the result is what would be said.
    """
    value = written(body)
    own = value.get("marking")
    tlp = (
        parse_tlp(own)
        if isinstance(own, str) and own
        else marking
        if marking is not None
        else node.config.default_marking
    )
    if public and tlp is not Tlp.CLEAR:
        raise NotPermitted(f"{tlp.label} may not be said in public; only TLP:CLEAR may")
    value["marking"] = tlp.label
    would_be: Said | None = None

    def work(transaction: Transaction) -> Said:
        nonlocal would_be
        aud = (EVERYBODY,) if public else _audience(node, transaction.connection, to, tlp)
        would_be = _append(node, transaction, kind, value, aud, re.ref if re is not None else None)
        if dry_run:
            raise _DryRun
        if also is not None:
            also(transaction, would_be)
        return would_be

    try:
        said = _write(node, work, check)
    except _DryRun:
        assert would_be is not None
        return would_be
    index.catch_up(node.store.database)
    return said


def _write(node: Node, work: Callable[[Transaction], T], check: Callable[[Connection], None] | None) -> T:
    """One write, after the check of what forbids it. The check reads the index, which must know all that was said by then."""

    def checked(transaction: Transaction) -> T:
        if check is not None:
            if index.is_behind(transaction.connection):
                raise _Behind
            check(transaction.connection)
        return work(transaction)

    for _ in range(ATTEMPTS):
        index.catch_up(node.store.database)
        try:
            return node.store.write(node.clock(), checked)
        except _Behind:
            continue
    raise StaleWrite(
        "something was added to this node each time that this was about to be said; nothing was said. Say it again."
    )


class _Behind(Exception):
    """Another process wrote between catching up and the lock."""


class _DryRun(Exception):
    """Leaves a write without a trace."""


def _audience(node: Node, connection: Connection, to: Sequence[str], tlp: Tlp) -> tuple[str, ...]:
    parties = [node.partner(connection, name) for name in to]
    audience = demand(tlp, standings(connection, parties), named=True)
    if audience.refused:
        reasons = "; ".join(f"{origin}: {reason}" for origin, reason in audience.refused)
        raise NotPermitted(
            f"not every addressee may receive it ({reasons}), so nobody was told. Leave them out, or change it."
        )
    return audience.allowed


def _append(
    node: Node, transaction: Transaction, kind: str, value: dict[str, JsonValue], aud: tuple[str, ...], re: Ref | None
) -> Said:
    body = encode(value)
    now_us = transaction.now_us
    if aud == (EVERYBODY,):
        leaf = public_leaf(body, kind=kind, media=JSON_MEDIA, at_us=now_us)
        first, added = transaction.append(OWN, [leaf], [Opening(b"", b"", body, b"")])
        return Said(Ref(node.origin, first, leaf_hash(leaf)), aud, kind, now_us, value, added_us=added[0])
    seen = seen_of(transaction, aud)
    sealed = seal(
        [body],
        aud=aud,
        kind=kind,
        log=node.origin,
        media=JSON_MEDIA,
        times_us=[now_us],
        salts=node.random(SALTS_BYTES),
        seen=seen,
        re=[re],
    )
    first, added = transaction.append(OWN, [sealed[0].leaf], [sealed[0].opening])
    ref = Ref(node.origin, first, leaf_hash(sealed[0].leaf))
    return Said(ref, aud, kind, now_us, value, re=re, seen=tuple(sorted(seen, key=lambda s: s.log)), added_us=added[0])


def note(
    node: Node,
    kind: str,
    body: msgspec.Struct | dict[str, JsonValue],
    *,
    check: Callable[[Connection], None] | None = None,
) -> Said:
    """One private entry of our journal."""
    value = written(body) if isinstance(body, msgspec.Struct) else body

    idx = _write(node, lambda transaction: node.journal(transaction, kind, value), check)
    with node.store.indexed() as connection:
        said = read_at(connection, JOURNAL, idx)
    assert said is not None, f"{kind} is not a kind that the index knows as a matter"
    return said


def find(connection: Connection, kinds: Sequence[str], name: str) -> Said:
    """A statement by its id, its three words, or a beginning of either that only one has. Raises NotFound or InvalidStatement."""
    wanted = ", ".join(kinds)
    if _SHORT.fullmatch(name):
        ids = []
        with suppress(InvalidStatement):
            beginning = beginning_of_id(name)
            ids = [i for i in ids_of(connection, kinds, beginning=beginning) if short_of_id(i).startswith(name)]
        if not ids:  # then these letters may be the beginning of an id
            ids = ids_of(connection, kinds, beginning=name)
    elif _ID.fullmatch(name):
        ids = ids_of(connection, kinds, beginning=name)
    else:
        raise InvalidStatement(
            f"a {wanted} is named by three words such as lusab-babad-gutih, by its id, or by the beginning of one; got {name!r}"
        )
    if not ids:
        raise NotFound(f"there is no {wanted} named {name!r} here. A list shows the names; sync fetches what is new.")
    if len(ids) > 1:
        first = ", ".join(short_of_id(i) for i in ids[:SHOWN])
        raise InvalidStatement(
            f"{len(ids)} of them begin with {name!r} ({first}{', …' if len(ids) > SHOWN else ''}); write more of it"
        )
    return read_ids(connection, ids)[0]
