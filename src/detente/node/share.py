"""Share: bytes become objects, objects become statements, and partners pull these.

    parse → effective marking → audience → minimise → seal → append (commit point) → index

Every object is one leaf. What an import takes in goes to the journal; what a share says goes to our log. The journal also keeps what
was shared with whom, and the removal report: classes and counts, never a value.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from detente.audience import Audience, Standing, decide
from detente.errors import InvalidObject, NotFound, NotPermitted
from detente.intake import Intake, read_document
from detente.joint.purpose import bind, purpose_marking, well_known
from detente.minimise import minimise
from detente.node.collections import Collection, read_collection, readers
from detente.node.open import Node
from detente.node.purpose import for_use
from detente.party import Party
from detente.statement import JSON_MEDIA, SALTS_BYTES, STIX_MEDIA, Opening, Ref, Seen, public_leaf, seal
from detente.stix.canonical import JsonValue, encode, parse
from detente.stix.marking import Tlp, effective, marking_objects
from detente.stix.objects import StixObject, parse_object
from detente.store import index, pages
from detente.store.database import Connection
from detente.store.log import OWN, head_of, read_leaves
from detente.store.pages import Wanted
from detente.store.store import Transaction, read_records
from detente.tlog.merkle import leaf_hash
from detente.views import EVERYBODY, IMPORTED, key_of

PAGE_ROWS = 5_000
IDS_AT_ONCE = 500


@dataclass(slots=True)
class Told:
    """What one act of sharing did.

    `refused` and `held_back`: object id and reason. `removed`: class and count. `left_out`: addressee and reason, for
    objects that others got. `entries`: first and last index.
    """

    said: int = 0
    unchanged: int = 0
    held_back: list[tuple[str, str]] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    removed: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    addressees: Counter[str] = field(default_factory=Counter)
    entries: tuple[int, int] | None = None


def import_document(
    node: Node,
    data: bytes,
    *,
    name: str,
    collection: str,
    source: str = "",
    marking: Tlp | None = None,
    format: str | None = None,
) -> tuple[Intake, int]:
    """Take a document into a collection of ours, not yet shared; returns what was read and how many objects are new.

    A second import of the same document adds nothing. What could not be read is listed with its line, and nothing is stored when
    the document as a whole cannot be read.
    """
    if not data.strip():
        raise InvalidObject(f"{name} is empty; there is nothing to import. Was it written completely?")
    now_us = node.clock()
    intake = read_document(
        data, name=name, source=source or name, received_us=now_us, marking=marking, random=node.random, format=format
    )
    return intake, store_imported(node, intake.objects, collection, document=name)


def store_imported(
    node: Node,
    objects: Sequence[StixObject],
    collection: str,
    *,
    document: str,
    also: Callable[[Transaction], None] | None = None,
) -> int:
    """Put objects of others into a collection of ours, in the journal; returns how many were new. `also` commits with them."""
    index.catch_up(node.store.database)

    def store(transaction: Transaction) -> int:
        target = read_collection(transaction.connection, collection)
        fresh = _not_yet_held(transaction, IMPORTED + target.id, _distinct(objects))
        if fresh:
            node.journal_bodies(transaction, "import", [o.body for o in fresh], collection=target.id, media=STIX_MEDIA)
            decided: dict[str, JsonValue] = {
                "decided": "document imported",
                "document": document,
                "collection": target.alias,
                "objects": len(fresh),
            }
            node.journal(transaction, "decision", decided)
        if also is not None:
            also(transaction)
        return len(fresh)

    return node.store.write(node.clock(), store)


def share_collection(
    node: Node,
    collection: str,
    *,
    to: Sequence[str] = (),
    public: bool = False,
    purposes: Sequence[str] = (),
    dry_run: bool = False,
) -> Told:
    """Say everything imported into a collection: to its readers, to the partners named, or to everybody.

    What was said before to the same audience is not said again. `purposes` binds what leaves to these; what came to us bound to others
    than passing it on is left out. With `dry_run` nothing is stored; the result is what would happen.
    """
    held = imported_objects(node, collection)
    objects = for_use(node, held, "sharing-onward", "sharing onward", dry_run=dry_run)
    if purposes:
        objects = [purpose_marking(purposes), *(bind(stix, purposes) for stix in objects)]
    return say(node, collection, objects, to=to, public=public, dry_run=dry_run)


def imported_objects(node: Node, collection: str) -> list[StixObject]:
    """Everything that was imported into a collection of ours. Raises NotFound when that is nothing."""
    with node.store.indexed() as connection:
        target = read_collection(connection, collection)
        wanted = Wanted((IMPORTED + target.id,))
        sight = index.sight(connection, None)
        objects: list[StixObject] = []
        after = 0
        while rows := pages.read_page(connection, wanted, sight, after_us=after, limit=PAGE_ROWS):
            objects.extend(parse_object(row.body) for row in rows)
            after = rows[-1].added_us
    if not objects:
        raise NotFound(
            f"the collection {target.alias} holds nothing of ours yet. Fill it with: detente import FILE --collection {target.alias}"
        )
    return objects


def say(
    node: Node,
    collection: str,
    objects: Sequence[StixObject],
    *,
    to: Sequence[str] = (),
    public: bool = False,
    dry_run: bool = False,
    to_nobody: bool = False,
    also: Callable[[Transaction, Told], None] | None = None,
) -> Told:
    """Say STIX objects in a collection ("" for none). Each is judged by itself: one that may not go stops no other.

    What nobody may receive is refused; with `to_nobody` it is said all the same, for our own tools alone. `also` commits
    with what was said.
    """
    index.catch_up(node.store.database)
    told = Told()

    def work(transaction: Transaction) -> Told:
        nonlocal told
        told = Told()
        _say(node, transaction, collection, objects, to=to, public=public, to_nobody=to_nobody, told=told)
        if dry_run:
            raise _DryRun
        if also is not None:
            also(transaction, told)
        return told

    try:
        return node.store.write(node.clock(), work)
    except _DryRun:
        return told


class _DryRun(Exception):
    """Leaves a write without a trace."""


def _say(
    node: Node,
    transaction: Transaction,
    collection: str,
    objects: Sequence[StixObject],
    *,
    to: Sequence[str],
    public: bool,
    to_nobody: bool,
    told: Told,
) -> None:
    connection = transaction.connection
    target = read_collection(connection, collection) if collection else None
    partners = node.partners(connection)
    addressees = [node.partner(connection, name) for name in to] or (readers(target, partners) if target else [])
    definitions = _definitions(connection, objects)
    groups: dict[tuple[str, ...], list[StixObject]] = defaultdict(list)
    whom = standings(connection, addressees)
    decided: dict[Tlp, Audience | NotPermitted] = {}
    for original in objects:
        tlp = effective(original, definitions, default=node.config.default_marking)
        if tlp not in decided:
            decided[tlp] = _audience(tlp, whom, target, named=bool(to), public=public, to_nobody=to_nobody)
        decision = decided[tlp]
        if isinstance(decision, NotPermitted):
            told.refused.append((original.id, str(decision)))
            continue
        told.left_out.update(f"{origin}: {reason}" for origin, reason in decision.refused)
        minimised = minimise(original, node.rules)
        told.removed.update(minimised.removed)
        if minimised.object is None:
            told.held_back.append((original.id, ", ".join(sorted(minimised.removed))))
            continue
        groups[decision.allowed].append(minimised.object)

    first = transaction.next_index(OWN)
    for audience, group in groups.items():
        fresh = _not_yet_said(transaction, target, group, audience)
        told.unchanged += len(group) - len(fresh)
        if fresh:
            _append(node, transaction, fresh, audience, target.id if target else "")
            told.said += len(fresh)
            told.addressees.update(dict.fromkeys(audience, len(fresh)))
    if told.said:
        told.entries = (first, first + told.said - 1)
        report: dict[str, JsonValue] = {
            "collection": target.alias if target else "",
            "entries": list(told.entries),
            "addressees": dict(sorted(told.addressees.items())),
            "removed": dict(sorted(told.removed.items())),
            "held_back": len(told.held_back),
            "refused": len(told.refused),
            "left_out": dict(sorted(told.left_out.items())),
        }
        node.journal(transaction, "share", report)


def _audience(
    tlp: Tlp, standings: Sequence[Standing], target: Collection | None, *, named: bool, public: bool, to_nobody: bool
) -> Audience | NotPermitted:
    """Who gets objects of this marking, or why they may not be said at all."""
    if target is not None and tlp > target.ceiling:
        return NotPermitted(f"{tlp.label} is above the ceiling {target.ceiling.label} of the collection {target.alias}")
    if public:
        if tlp is not Tlp.CLEAR:
            return NotPermitted(f"{tlp.label} may not be said in public; only TLP:CLEAR may")
        return Audience((EVERYBODY,), ())
    decision = decide(tlp, standings, named=named)
    if decision.refused and not decision.allowed and not to_nobody:
        return NotPermitted("; ".join(f"{origin}: {reason}" for origin, reason in decision.refused))
    return decision


def standings(connection: Connection, parties: Sequence[Party]) -> list[Standing]:
    """A partner that has shown two histories gets nothing until a person resumes it, as if it were paused."""
    troubled = {origin for origin, value in read_records(connection, "trouble") if trouble_state(value) == "SplitView"}
    return [Standing(p.origin, p.receives, p.paused or p.origin in troubled) for p in parties]


def trouble_state(record: bytes) -> str:
    """The name of the error in a record of kind "trouble"."""
    value = parse(record)
    return str(value["state"]) if isinstance(value, dict) else ""


def _not_yet_said(
    transaction: Transaction, target: Collection | None, group: Sequence[StixObject], audience: tuple[str, ...]
) -> list[StixObject]:
    distinct = _distinct(group)
    if target is None:
        return distinct
    known = pages.find_same(transaction.connection, target.id, [_key(o) for o in distinct])
    if not known:
        return distinct
    number = index.audience_number(transaction.connection, "\n".join(audience))
    return [o for o in distinct if number not in known.get(_key(o), ())]


def _not_yet_held(transaction: Transaction, shelf: str, objects: Sequence[StixObject]) -> list[StixObject]:
    """Those whose content is new: the same document read again at another time or place brings nothing."""
    held: dict[str, set[bytes]] = defaultdict(set)
    ids = sorted({o.id for o in objects})
    sight = index.sight(transaction.connection, None)
    for begin in range(0, len(ids), IDS_AT_ONCE):
        wanted = Wanted((shelf,), ids=tuple(ids[begin : begin + IDS_AT_ONCE]), versions=("all",))
        for row in pages.read_page(transaction.connection, wanted, sight, after_us=0, limit=PAGE_ROWS):
            held[row.object_id].add(_content(parse_object(row.body)))
    return [o for o in objects if o.id not in held or _content(o) not in held[o.id]]


def _content(stix: StixObject) -> bytes:
    """What an object says, without when it was taken in and where in the document it stood."""
    return encode({k: v for k, v in stix.value.items() if k not in ("created", "modified", "external_references")})


def _distinct(objects: Sequence[StixObject]) -> list[StixObject]:
    """Each version of each object once, in the order given; the first one stays."""
    return list({_key(o): o for o in reversed(objects)}.values())[::-1]


def _key(stix: StixObject) -> tuple[str, str, str]:
    """What makes two objects the same version of the same thing."""
    return stix.id, key_of(stix.version), stix.spec_version


def _append(
    node: Node,
    transaction: Transaction,
    objects: Sequence[StixObject],
    audience: tuple[str, ...],
    collection: str,
) -> None:
    bodies = [o.body for o in objects]
    if audience == (EVERYBODY,):
        leaves = [public_leaf(body, kind="object", media=STIX_MEDIA, at_us=transaction.now_us) for body in bodies]
        transaction.append(OWN, leaves, [Opening(b"", b"", body, b"") for body in bodies], collection=collection)
        return
    sealed = seal(
        bodies,
        aud=audience,
        kind="object",
        log=node.origin,
        media=STIX_MEDIA,
        times_us=[transaction.now_us] * len(bodies),
        salts=node.random(SALTS_BYTES * len(bodies)),
        seen=seen_of(transaction, audience),
    )
    transaction.append(OWN, [s.leaf for s in sealed], [s.opening for s in sealed], collection=collection)


def seen_of(transaction: Transaction, origins: Sequence[str]) -> list[Seen]:
    """The latest verified checkpoints of these parties' logs, of those whose mirrors we hold."""
    heads = [head_of(transaction.connection, origin) for origin in origins]
    return [Seen(head.origin, head.size, head.root) for head in heads if head is not None and head.note]


def say_to(
    node: Node, transaction: Transaction, kind: str, value: JsonValue, aud: Sequence[str], re: Ref | None = None
) -> int:
    """One statement of ours that is no STIX object (an acknowledgement, a withdrawal); returns its index."""
    sealed = seal(
        [encode(value)],
        aud=aud,
        kind=kind,
        log=node.origin,
        media=JSON_MEDIA,
        times_us=[transaction.now_us],
        salts=node.random(SALTS_BYTES),
        seen=seen_of(transaction, aud),
        re=[re],
    )
    first, _ = transaction.append(OWN, [sealed[0].leaf], [sealed[0].opening])
    return first


def withdraw(
    node: Node, collection: str, object_id: str, versions: Sequence[str] = ("all",), spec_versions: Sequence[str] = ()
) -> int:
    """Withdraw what we said of an object in a collection; the addressees learn it, the log keeps verifying. Returns how many.

    `versions`: any of "first", "last", "all", or keys of exact versions; no `spec_versions` means all of them.
    """
    index.catch_up(node.store.database)

    def work(transaction: Transaction) -> int:
        target = read_collection(transaction.connection, collection)
        wanted = Wanted(
            (target.id,),
            ids=(object_id,),
            versions=tuple(versions),
            spec_versions=tuple(spec_versions) or ("2.0", "2.1"),
        )
        rows = [row for row in pages.matching(transaction.connection, wanted) if row[0] == OWN]
        for _, idx, _, version in rows:
            ref = Ref(node.origin, idx, leaf_hash(read_leaves(transaction.connection, OWN, idx, idx + 1)[0]))
            aud = index.audience_of(transaction.connection, OWN, idx)
            body: dict[str, JsonValue] = {"object": object_id, "version": version}
            say_to(node, transaction, "withdrawal", body, [a for a in aud if a != EVERYBODY], ref)
        return len(rows)

    count = node.store.write(node.clock(), work)
    if not count:
        raise NotFound(f"we have said nothing of {object_id} in this collection")
    index.catch_up(node.store.database)
    return count


def _definitions(connection: Connection, objects: Sequence[StixObject]) -> Mapping[str, Any]:
    """The marking definitions that these objects may refer to: the standard's, those beside them, and those we hold."""
    known = {o.id: o.value for o in marking_objects()} | dict(well_known())
    known.update({o.id: o.value for o in objects if o.type == "marking-definition"})
    if any(ref not in known for o in objects for ref in o.marking_refs):
        for _, _, body in index.read_type(connection, "marking-definition"):
            held = parse_object(body)
            known.setdefault(held.id, held.value)
    return known
