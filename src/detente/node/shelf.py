"""The node's collections as its TAXII surface sees them: `detente.web.collections.Collections` over the store.

Who sees what: a partner's token sees, object by object, what was said to that partner or to everybody; our own tools see all that we said,
and in the collection "received" what partners said to us. A collection of which a caller may neither read nor write anything does not
exist for it.
"""

from __future__ import annotations

import base64
import hashlib
import threading
import uuid
from collections import OrderedDict
from collections.abc import Hashable, Sequence

import msgspec

from detente.errors import InvalidObject, MalformedReply, NotFound, NotPermitted
from detente.node import collections as choices
from detente.node.open import Node
from detente.node.share import Told, say, withdraw
from detente.stix.canonical import JsonValue
from detente.stix.objects import StixObject, parse_object
from detente.store import index, pages
from detente.store.database import Connection
from detente.store.pages import Wanted
from detente.store.store import Transaction, read_record
from detente.taxii.caller import Caller
from detente.taxii.query import Filter
from detente.taxii.resources import Collection, Page, Row, Status, StatusDetail
from detente.views import RECEIVED, key_of

# What partners said to us, for our own tools; its id is fixed, since it is the same on every node.
RECEIVED_ID = str(uuid.UUID(bytes=hashlib.sha256(b"detente/received").digest()[:16], version=4))
STATUS_KEPT_US = 48 * 3600 * 1_000_000
REMEMBERED_MAX = 1_000
MEDIA_TYPES = ("application/stix+json;version=2.1", "application/stix+json;version=2.0")


class _StatusRecord(msgspec.Struct):
    """A status as it is kept, and whose token asked for it."""

    token: str
    at_us: int
    successes: tuple[StatusDetail, ...]
    failures: tuple[StatusDetail, ...]


class Shelf:
    """One node's collections, for many callers and threads at once."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._lock = threading.Lock()
        self._remembered: OrderedDict[bytes, Caller] = OrderedDict()
        self._remembered_at: Hashable = None
        self._watch = node.store.database.watch()

    def remembered(self, scheme: str, credentials: str) -> Caller | None:
        """A caller verified before, while nothing at all was written since: a withdrawn token is forgotten at once."""
        now = self._watch.changes()
        if now is None:
            return None
        with self._lock:
            if now != self._remembered_at:
                self._remembered.clear()
                self._remembered_at = now
            return self._remembered.get(_digest(scheme, credentials))

    def authenticate(self, scheme: str, credentials: str) -> Caller | None:
        name, secret = None, credentials
        if scheme not in ("basic", "bearer"):
            return None
        if scheme == "basic":
            try:
                name, _, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
            except ValueError:
                return None
        before = self._watch.changes()
        with self._node.store.reading() as connection:
            token = choices.token_of(connection, secret)
        if token is None or (name is not None and name != token.name):
            return None
        caller = Caller(
            token.id,
            token.party,
            None if token.read is None else frozenset(token.read),
            None if token.write is None else frozenset(token.write),
        )
        with self._lock:
            if before == self._remembered_at and len(self._remembered) < REMEMBERED_MAX:
                self._remembered[_digest(scheme, credentials)] = caller
        return caller

    def epoch(self, caller: Caller, collection_id: str) -> Hashable:
        """Any write to the node's database starts a new epoch, by whatever process."""
        return self._watch.changes()

    def collections(self, caller: Caller) -> Sequence[Collection]:
        with self._node.store.reading() as connection:
            return self._collections(connection, caller)

    def collection(self, caller: Caller, id_or_alias: str) -> Collection | None:
        return next((c for c in self.collections(caller) if id_or_alias in (c.id, c.alias)), None)

    def _collections(self, connection: Connection, caller: Caller) -> list[Collection]:
        found = []
        for own in choices.read_collections(connection):
            reads = caller.party == "" or "*" in own.readers or caller.party in own.readers
            can_read = reads and (caller.read is None or own.id in caller.read)
            can_write = caller.party == "" and (caller.write is None or own.id in caller.write)
            if can_read or can_write:
                found.append(
                    Collection(own.id, own.title, own.description, own.alias, can_read, can_write, MEDIA_TYPES)
                )
        if caller.party == "" and (caller.read is None or RECEIVED_ID in caller.read):
            description = "What partners said to this party, as they signed it."
            found.append(
                Collection(RECEIVED_ID, "Received", description, RECEIVED, can_read=True, media_types=MEDIA_TYPES)
            )
        return found

    def page(
        self, caller: Caller, collection_id: str, filter_: Filter, after_us: int, limit: int, *, bytes_max: int
    ) -> Page:
        collection = self.collection(caller, collection_id)
        if collection is None or not collection.can_read:
            return Page((), more=False)
        wanted = Wanted(
            (_shelf_name(collection.id),), filter_.types, filter_.ids, filter_.spec_versions, filter_.versions
        )
        after = max(after_us, filter_.added_after_us or 0)
        with self._node.store.indexed() as connection:
            sight = index.sight(connection, caller.party or None)
            rows = pages.read_page(connection, wanted, sight, after_us=after, limit=limit + 1)
        kept: list[Row] = []
        size = 0
        for row in rows[:limit]:
            size += len(row.body)
            if kept and size > bytes_max:
                break
            kept.append(Row(*row))
        return Page(kept, more=len(kept) < len(rows))

    def add(self, caller: Caller, collection_id: str, objects: Sequence[JsonValue]) -> Status:
        collection = self.collection(caller, collection_id)
        if collection is None or not collection.can_write:
            raise NotPermitted("this token may not write to this collection")
        good: list[StixObject] = []
        failures: list[StatusDetail] = []
        for value in objects:
            try:
                good.append(parse_object(value))
            except InvalidObject as error:
                failures.append(_detail(value, str(error)))
        status_id = str(uuid.UUID(bytes=self._node.random(16), version=4))

        def keep(transaction: Transaction, told: Told) -> Status:
            reasons = dict(told.refused) | {
                object_id: f"held back, it names what must not leave: {classes}"
                for object_id, classes in told.held_back
            }
            details = [StatusDetail(o.id, o.version, reasons.get(o.id, "")) for o in good]
            status = Status(
                status_id,
                transaction.now_us,
                tuple(d for d in details if not d.message),
                (*failures, *(d for d in details if d.message)),
            )
            record = _StatusRecord(caller.token_id, status.request_us, status.successes, status.failures)
            transaction.put_record("status", status_id, msgspec.json.encode(record))
            transaction.drop_old_records("status", transaction.now_us - STATUS_KEPT_US)
            return status

        kept: list[Status] = []
        say(
            self._node,
            collection.id,
            good,
            to_nobody=True,
            also=lambda transaction, told: kept.append(keep(transaction, told)),
        )
        return kept[-1]

    def status(self, caller: Caller, status_id: str) -> Status | None:
        with self._node.store.reading() as connection:
            value = read_record(connection, "status", status_id)
        record = None if value is None else msgspec.json.decode(value, type=_StatusRecord)
        if record is None or record.token != caller.token_id:
            return None
        return Status(status_id, record.at_us, record.successes, record.failures)

    def delete(
        self,
        caller: Caller,
        collection_id: str,
        object_id: str,
        versions: tuple[str, ...],
        spec_versions: tuple[str, ...],
    ) -> bool:
        collection = self.collection(caller, collection_id)
        if collection is None or not (collection.can_read and collection.can_write):
            # What a caller may not see does not exist for it, so there is nothing to forbid.
            if not self.page(
                caller, collection_id, Filter(ids=(object_id,), versions=("all",)), 0, 1, bytes_max=1
            ).rows:
                return False
            raise NotPermitted("this token may not withdraw from this collection")
        try:
            withdraw(self._node, collection.id, object_id, versions, spec_versions)
        except NotFound:
            return False
        return True


def _shelf_name(collection_id: str) -> str:
    return RECEIVED if collection_id == RECEIVED_ID else collection_id


def _digest(scheme: str, credentials: str) -> bytes:
    return hashlib.sha256(f"{scheme} {credentials}".encode("utf-8", "surrogatepass")).digest()


def _detail(value: JsonValue, message: str) -> StatusDetail:
    """As much of a refused object's name as it has, whatever was posted."""
    fields = value if isinstance(value, dict) else {}
    object_id, version = fields.get("id"), fields.get("modified", fields.get("created"))
    try:
        known = version if isinstance(version, str) and key_of(version) else ""
    except MalformedReply:
        known = ""
    return StatusDetail(object_id[:300] if isinstance(object_id, str) else "unknown", known, message)
