"""What a node can say about itself and its partners, as values.

The source of the status page, of `partner show` and of `doctor`.
"""

from __future__ import annotations

from dataclasses import dataclass

from detente.errors import RemoteError
from detente.node.collections import read_collections, readers
from detente.node.open import Node
from detente.party import Party, Role, key_name
from detente.stix.canonical import JsonValue, parse
from detente.store import bodies, index
from detente.store.database import Connection
from detente.store.log import JOURNAL, OWN, Head, head_of, read_head
from detente.store.store import read_record, read_records
from detente.tlog.checkpoint import verify_checkpoint
from detente.tlog.note import VerifierKey
from detente.tlog.trusted import Evidence, verify_evidence

HUNTS_SHOWN = 5
# A partner of whom nothing fresh was verified for longer than this is `stale`.
STALE_US = 24 * 3600 * 1_000_000

# The ladder of trust, gravest first; the words are the same in pages, JSON and messages.
LADDER = ("fork", "key-changed", "rollback", "not-accepted", "stale", "unwitnessed", "not-checked", "verified")
_TROUBLES = {"SplitView": "fork", "UnknownKey": "key-changed", "Rollback": "rollback"}


@dataclass(frozen=True, slots=True)
class CosignatureState:
    """`name`: the cosigning key's name; `at_us`: when it says that it signed."""

    name: str
    at_us: int


@dataclass(frozen=True, slots=True)
class CosignerState:
    """A party that cosigned a log, and with the keys of which roles. `name` is ours for it, "" if it is no partner."""

    origin: str
    name: str
    roles: tuple[str, ...]
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
    cosigners: tuple[CosignerState, ...] = ()


@dataclass(frozen=True, slots=True)
class PartnerState:
    """What was verified of a partner, when, and who else cosigned it.

    `standing` is a word of LADDER. `trouble` is the state of an unresolved misconduct (SplitView, Rollback, …) and
    `message` says what happened; `contact_error` is why the last attempt to reach it failed. `delivered`: entries of
    our log that it acknowledged, of the `addressed` ones that were said to it by name. `evidence_entry`: where the
    journal has what shows the trouble; `evidence` is set when that is a file which a stranger can check.
    """

    party: Party
    log: LogState | None
    checked_us: int | None
    contact_error: str
    trouble: str
    message: str
    delivered: int
    received: int
    standing: str = "not-checked"
    addressed: int = 0
    contact_us: int | None = None
    trouble_us: int | None = None
    evidence_entry: int | None = None
    evidence: Evidence | None = None

    @property
    def held(self) -> bool:
        """Whether nothing is shared with it: somebody paused it, or it has shown what does not verify."""
        return self.party.paused or bool(self.trouble)


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
    quorum: int = 1

    @property
    def worst(self) -> str:
        """The gravest standing of any partner; "self" when our own log may not be signed."""
        standings = {partner.standing for partner in self.partners}
        return "self" if self.hold else next((word for word in LADDER if word in standings), "verified")


def read_status(node: Node) -> NodeState:
    """Everything at one moment."""
    now_us = node.clock()
    with node.store.indexed() as connection:
        partners = node.partners(connection)
        names = {party.origin: party.name for party in partners}
        keys = [key for p in partners for key in p.cosigning_keys] + [
            *node.public_keys[Role.WITNESS],
            *node.public_keys[Role.MIRROR],
        ]
        return NodeState(
            title=node.title,
            origin=node.origin,
            url=node.config.party.url,
            fingerprint=node.fingerprint,
            vkeys=_vkeys(node),
            log=_log_state(read_head(connection, OWN), node.public_keys[Role.LOG], keys, node.origin, names),
            partners=tuple(_partner_state(node, connection, party, keys, names, now_us) for party in partners),
            collections=tuple(_collections(connection, partners)),
            hunts=tuple(_hunts(connection)),
            hold=node.store.on_hold(connection) or "",
            at_us=now_us,
            quorum=node.config.witness.quorum,
        )


def read_public_status(node: Node) -> NodeState:
    """What anybody may know, and everybody can compute from the public endpoints: who we are, our log, who cosigned it.

    Partners, collections, hunts and our names for others are not read at all, so that no page can show them by mistake.
    """
    now_us = node.clock()
    with node.store.reading() as connection:
        keys = [key for party in node.partners(connection) for key in party.cosigning_keys]
        head = read_head(connection, OWN)
    return NodeState(
        title=node.title,
        origin=node.origin,
        url=node.config.party.url,
        fingerprint=node.fingerprint,
        vkeys=_vkeys(node),
        log=_log_state(head, node.public_keys[Role.LOG], keys, node.origin, {}),
        partners=(),
        collections=(),
        hunts=(),
        hold="",
        at_us=now_us,
        quorum=node.config.witness.quorum,
    )


def _vkeys(node: Node) -> tuple[str, ...]:
    return tuple(key.vkey for keys_of in node.public_keys.values() for key in keys_of)


def read_evidence(node: Node, entry: int) -> bytes | None:
    """The file that shows the trouble kept at this place of the journal, or None."""
    with node.store.reading() as connection:
        found = [data for key, data in read_records(connection, "evidence") if key.endswith(f" {entry}")]
    return found[0] if found else None


def _log_state(
    head: Head, log_keys: tuple[VerifierKey, ...], keys: list[VerifierKey], besides: str, names: dict[str, str]
) -> LogState:
    note = head.witnessed_note or head.note
    own = {key_name(besides, role) for role in Role}
    witnesses = [key for key in keys if key.name not in own]
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
        cosigners=tuple(_cosigners(latest, names)),
    )


def _cosigners(latest: dict[str, int], names: dict[str, str]) -> list[CosignerState]:
    """Key names and times by party: `n.example/witness` is a key of `n.example`."""
    by_origin: dict[str, list[tuple[str, int]]] = {}
    for key, at_us in sorted(latest.items()):
        origin, _, role = key.rpartition("/")
        by_origin.setdefault(origin, []).append((role, at_us))
    return [
        CosignerState(origin, names.get(origin, ""), tuple(role for role, _ in rows), max(at_us for _, at_us in rows))
        for origin, rows in sorted(by_origin.items())
    ]


def _partner_state(
    node: Node, connection: Connection, party: Party, keys: list[VerifierKey], names: dict[str, str], now_us: int
) -> PartnerState:
    head = head_of(connection, party.origin)
    log = _log_state(head, party.log_keys, keys, party.origin, names) if head is not None and head.note else None
    contact = _record(connection, "contact", party.origin)
    trouble = _record(connection, "trouble", party.origin)
    state = str(trouble.get("state", ""))
    entry = _number(trouble, "journal") if state else None
    checked_us = head.at_us if head is not None and head.note else None
    return PartnerState(
        party=party,
        log=log,
        checked_us=checked_us,
        contact_error=str(contact.get("error", "")),
        trouble=state,
        message=str(trouble.get("message", "")),
        delivered=index.delivered(connection, party.origin, node.origin),
        received=bodies.count_openings(connection, head.log) if head is not None else 0,
        standing=_standing(node, state, log, checked_us, now_us),
        addressed=index.addressed(connection, OWN, party.origin),
        contact_us=_number(contact, "at_us") or None,
        trouble_us=_number(trouble, "at_us") or None,
        evidence_entry=entry,
        evidence=_evidence(connection, party, entry),
    )


def _standing(node: Node, trouble: str, log: LogState | None, checked_us: int | None, now_us: int) -> str:
    if trouble:
        return _TROUBLES.get(trouble, "not-accepted")
    if log is None or checked_us is None:
        return "not-checked"
    if now_us - checked_us > STALE_US:
        return "stale"
    # Neither its own word nor ours counts here: a witness is a third.
    others = [cosigner for cosigner in log.cosigners if cosigner.origin != node.origin]
    return "verified" if len(others) >= node.config.witness.quorum else "unwitnessed"


def _evidence(connection: Connection, party: Party, entry: int | None) -> Evidence | None:
    data = None if entry is None else read_record(connection, "evidence", f"{party.origin} {entry}")
    try:
        return None if data is None else verify_evidence(data)
    except RemoteError:
        return None  # what was kept is the reply as it came, and not two signed histories


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
