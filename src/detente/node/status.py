"""What a node can say about itself and its partners, as values: the source of the status page, `partner show` and `doctor`."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.engine import Connection

from detente.node.collections import read_collections, readers
from detente.node.open import Node
from detente.party import Party, Role
from detente.stix.canonical import JsonValue, parse
from detente.store import bodies, index
from detente.store.log import JOURNAL, OWN, Head, head_of, read_head
from detente.store.store import read_record
from detente.tlog.checkpoint import verify_checkpoint
from detente.tlog.note import VerifierKey

HUNTS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class CosignatureState:
    """`name`: the cosigning key's name; `at_us`: when it says that it signed."""

    name: str
    at_us: int


@dataclass(frozen=True, slots=True)
class LogState:
    """A log as we hold it. `witnessed_size`: the largest size with a cosignature by somebody else."""

    origin: str
    size: int
    root: bytes
    at_us: int
    witnessed_size: int
    cosignatures: tuple[CosignatureState, ...]


@dataclass(frozen=True, slots=True)
class PartnerState:
    """What was verified of a partner, when, and who else cosigned it.

    `trouble` is the state of an unresolved misconduct (SplitView, Rollback, …) and `message` says what happened; `contact_error` is why
    the last attempt to reach it failed. `delivered`: entries of our log that it acknowledged.
    """

    party: Party
    log: LogState | None
    checked_us: int | None
    contact_error: str
    trouble: str
    message: str
    delivered: int
    received: int


@dataclass(frozen=True, slots=True)
class CollectionState:
    alias: str
    title: str
    ceiling: str
    readers: tuple[str, ...]
    objects: int


@dataclass(frozen=True, slots=True)
class HuntState:
    at_us: int
    lines: int
    hit_lines: int
    hit_indicators: int
    indicators: int
    not_searched: int


@dataclass(frozen=True, slots=True)
class NodeState:
    title: str
    origin: str
    url: str
    fingerprint: str
    vkeys: tuple[str, ...]
    log: LogState
    partners: tuple[PartnerState, ...]
    collections: tuple[CollectionState, ...]
    hunts: tuple[HuntState, ...]
    hold: str
    at_us: int


def read_status(node: Node) -> NodeState:
    """Everything at one moment."""
    with node.store.indexed() as connection:
        partners = node.partners(connection)
        keys = [key for p in partners for key in p.cosigning_keys] + [
            *node.public_keys[Role.WITNESS],
            *node.public_keys[Role.MIRROR],
        ]
        return NodeState(
            title=node.title,
            origin=node.origin,
            url=node.config.party.url,
            fingerprint=node.fingerprint,
            vkeys=tuple(key.vkey for keys_of in node.public_keys.values() for key in keys_of),
            log=_log_state(read_head(connection, OWN), node.public_keys[Role.LOG], keys, besides=node.origin),
            partners=tuple(_partner_state(node, connection, party, keys) for party in partners),
            collections=tuple(_collections(connection, partners)),
            hunts=tuple(_hunts(connection)),
            hold=node.store.on_hold(connection) or "",
            at_us=node.clock(),
        )


def _log_state(head: Head, log_keys: tuple[VerifierKey, ...], keys: list[VerifierKey], *, besides: str) -> LogState:
    note = head.witnessed_note or head.note
    witnesses = [key for key in keys if not key.name.startswith(besides + "/")]
    cosignatures = (
        verify_checkpoint(note, origin=head.origin, log_keys=log_keys, witnesses=witnesses).cosignatures if note else ()
    )
    latest: dict[str, int] = {}
    for cosignature in cosignatures:
        latest[cosignature.name] = max(latest.get(cosignature.name, 0), cosignature.at_s * 1_000_000)
    return LogState(
        origin=head.origin,
        size=head.size,
        root=head.root,
        at_us=head.at_us,
        witnessed_size=head.witnessed_size if head.witnessed_note else (head.size if latest else 0),
        cosignatures=tuple(CosignatureState(name, at_us) for name, at_us in sorted(latest.items())),
    )


def _partner_state(node: Node, connection: Connection, party: Party, keys: list[VerifierKey]) -> PartnerState:
    head = head_of(connection, party.origin)
    log = _log_state(head, party.log_keys, keys, besides=party.origin) if head is not None and head.note else None
    contact = _record(connection, "contact", party.origin)
    trouble = _record(connection, "trouble", party.origin)
    return PartnerState(
        party=party,
        log=log,
        checked_us=head.at_us if head is not None and head.note else None,
        contact_error=str(contact.get("error", "")),
        trouble=str(trouble.get("state", "")),
        message=str(trouble.get("message", "")),
        delivered=index.delivered(connection, party.origin, node.origin),
        received=bodies.count_openings(connection, head.log) if head is not None else 0,
    )


def _collections(connection: Connection, partners: list[Party]) -> list[CollectionState]:
    return [
        CollectionState(
            alias=collection.alias,
            title=collection.title,
            ceiling=collection.ceiling.label,
            readers=tuple(p.name for p in readers(collection, partners)),
            objects=index.count_objects(connection, collection.id),
        )
        for collection in read_collections(connection)
    ]


def _hunts(connection: Connection) -> list[HuntState]:
    hunts = []
    for at_us, body in index.read_kind(connection, JOURNAL, "hunt", HUNTS_SHOWN):
        value = parse(body)
        if isinstance(value, dict):
            numbers = [
                _number(value, field)
                for field in ("lines", "hit_lines", "hit_indicators", "indicators", "not_searched")
            ]
            hunts.append(HuntState(at_us, *numbers))
    return hunts


def _record(connection: Connection, kind: str, key: str) -> dict[str, JsonValue]:
    data = read_record(connection, kind, key)
    value = parse(data) if data is not None else None
    return value if isinstance(value, dict) else {}


def _number(value: dict[str, JsonValue], field: str) -> int:
    number = value.get(field)
    return number if isinstance(number, int) else 0
