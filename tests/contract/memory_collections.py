"""Collections in memory: the fake that passes the same contract as the node's own.

Rights are simple and real: own tokens (party "") may read and write what the token says; parties may read the
collections that name them, and never an object marked TLP:RED.
"""

from __future__ import annotations

import re
import threading
from base64 import b64decode
from binascii import Error as NotBase64
from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import uuid4

from tests.contract.stix_examples import RED

from detente.errors import InvalidObject, MalformedReply, NotPermitted
from detente.stix.canonical import JsonValue, encode
from detente.taxii.times import version_key
from detente.web.collections import Caller, Collection, Filter, Page, Row, Status, StatusDetail

DAY_US = 24 * 3600 * 1_000_000
_ID = re.compile(r"([a-z][a-z0-9-]*)--[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class _Entry(NamedTuple):
    row: Row
    key: str
    type: str
    red: bool


@dataclass(slots=True)
class Shelf:
    """One collection: entries ascending by `added_us`, and the same by object."""

    id: str
    title: str
    alias: str | None = None
    readers: frozenset[str] = frozenset()
    entries: list[_Entry] = field(default_factory=list)
    by_object: dict[str, list[_Entry]] = field(default_factory=dict)
    changes: int = 0


class MemoryCollections:
    def __init__(self, clock_us: Callable[[], int], shelves: Iterable[Shelf], tokens: dict[tuple[str, str], Caller]):
        """`tokens` are by (name, secret); the bearer form of a token is its secret alone."""
        self._clock_us = clock_us
        self._shelves = {shelf.id: shelf for shelf in shelves}
        self._tokens = tokens
        self._remembered: dict[tuple[str, str], Caller] = {}
        self._statuses: dict[str, tuple[str, Status]] = {}
        self._last_added_us = 0
        self._lock = threading.RLock()

    def remembered(self, scheme: str, credentials: str) -> Caller | None:
        return self._remembered.get((scheme, credentials))

    def authenticate(self, scheme: str, credentials: str) -> Caller | None:
        caller = None
        if scheme == "bearer":
            caller = next((each for (_, secret), each in self._tokens.items() if secret == credentials), None)
        elif scheme == "basic":
            try:
                name, _, secret = b64decode(credentials, validate=True).decode().partition(":")
            except (NotBase64, UnicodeDecodeError, ValueError):
                return None
            caller = self._tokens.get((name, secret))
        if caller is not None:
            self._remembered[(scheme, credentials)] = caller
        return caller

    def epoch(self, caller: Caller, collection_id: str) -> Hashable:
        shelf = self._shelves.get(collection_id)
        return None if shelf is None else shelf.changes

    def collections(self, caller: Caller) -> Sequence[Collection]:
        seen = (self._seen(caller, shelf) for shelf in self._shelves.values())
        return [collection for collection in seen if collection.can_read or collection.can_write]

    def collection(self, caller: Caller, id_or_alias: str) -> Collection | None:
        for found in self.collections(caller):
            if id_or_alias in (found.id, found.alias):
                return found
        return None

    def page(
        self, caller: Caller, collection_id: str, filter_: Filter, after_us: int, limit: int, *, bytes_max: int
    ) -> Page:
        shelf = self._shelves[collection_id]
        if not self._seen(caller, shelf).can_read:
            return Page((), False)
        with self._lock:
            start = max(after_us, filter_.added_after_us or 0)
            rows: list[Row] = []
            size = 0
            for at in range(
                bisect_right(shelf.entries, start, key=lambda entry: entry.row.added_us), len(shelf.entries)
            ):
                entry = shelf.entries[at]
                if not self._matches(caller, shelf, filter_, entry):
                    continue
                size += len(entry.row.body)
                if len(rows) == limit or (rows and size > bytes_max):
                    return Page(rows, True)
                rows.append(entry.row)
            return Page(rows, False)

    def add(self, caller: Caller, collection_id: str, objects: Sequence[JsonValue]) -> Status:
        shelf = self._shelves[collection_id]
        if not self._seen(caller, shelf).can_write:
            raise NotPermitted("this token may not write there")
        successes, failures = [], []
        with self._lock:
            now_us = self._clock_us()
            for at, value in enumerate(objects):
                try:
                    entry = _entry(value)
                except (InvalidObject, MalformedReply) as error:
                    failures.append(StatusDetail(*_named(value, at), str(error)))
                    continue
                versions = shelf.by_object.setdefault(entry.row.object_id, [])
                if not any(each.row._replace(added_us=0) == entry.row for each in versions):
                    self._last_added_us = added_us = max(now_us, self._last_added_us + 1)
                    entry = entry._replace(row=entry.row._replace(added_us=added_us))
                    shelf.entries.append(entry)
                    versions.append(entry)
                    shelf.changes += 1
                successes.append(StatusDetail(entry.row.object_id, entry.row.version))
            status = Status(str(uuid4()), now_us, tuple(successes), tuple(failures))
            old = [key for key, (_, each) in self._statuses.items() if each.request_us < now_us - DAY_US]
            for key in old:
                del self._statuses[key]
            self._statuses[status.id] = (caller.token_id, status)
        return status

    def status(self, caller: Caller, status_id: str) -> Status | None:
        token_id, status = self._statuses.get(status_id, (None, None))
        return status if token_id == caller.token_id else None

    def delete(
        self,
        caller: Caller,
        collection_id: str,
        object_id: str,
        versions: tuple[str, ...],
        spec_versions: tuple[str, ...],
    ) -> bool:
        shelf = self._shelves[collection_id]
        seen = self._seen(caller, shelf)
        with self._lock:
            specs = spec_versions or ("2.0", "2.1")
            filter_ = Filter(ids=(object_id,), versions=versions, spec_versions=specs)
            entries = shelf.by_object.get(object_id, [])
            gone = [entry for entry in entries if seen.can_read and self._matches(caller, shelf, filter_, entry)]
            if gone and not seen.can_write:
                raise NotPermitted("this token may not withdraw it")
            for entry in gone:
                entries.remove(entry)
                shelf.entries.remove(entry)
                shelf.changes += 1
            return bool(gone)

    def _seen(self, caller: Caller, shelf: Shelf) -> Collection:
        reads = caller.party == "" or caller.party in shelf.readers
        return Collection(
            id=shelf.id,
            title=shelf.title,
            alias=shelf.alias,
            can_read=reads and (caller.read is None or shelf.id in caller.read),
            can_write=caller.party == "" and (caller.write is None or shelf.id in caller.write),
            media_types=("application/stix+json;version=2.1", "application/stix+json;version=2.0"),
        )

    def _matches(self, caller: Caller, shelf: Shelf, filter_: Filter, entry: _Entry) -> bool:
        if entry.red and caller.party != "":
            return False
        if filter_.types and entry.type not in filter_.types:
            return False
        if filter_.ids and entry.row.object_id not in filter_.ids:
            return False
        others = shelf.by_object[entry.row.object_id]
        if len(others) > 1 and caller.party != "":
            others = [each for each in others if not each.red]
        if filter_.spec_versions:
            if entry.row.spec_version not in filter_.spec_versions:
                return False
            others = [each for each in others if each.row.spec_version in filter_.spec_versions]
        elif any(each.key == entry.key and each.row.spec_version > entry.row.spec_version for each in others):
            return False
        wanted = filter_.versions
        return (
            "all" in wanted
            or entry.key in wanted
            or ("last" in wanted and all(each.key <= entry.key for each in others))
            or ("first" in wanted and all(each.key >= entry.key for each in others))
        )


def _entry(value: JsonValue) -> _Entry:
    """`added_us` is 0 as yet."""
    if not isinstance(value, dict):
        raise InvalidObject("an object is expected")
    object_id, stix_type = value.get("id"), value.get("type")
    if not isinstance(object_id, str) or (match := _ID.fullmatch(object_id)) is None or match[1] != stix_type:
        raise InvalidObject("id is not type--uuid of the object's own type")
    version = value.get("modified", value.get("created", ""))
    if not isinstance(version, str):
        raise InvalidObject("modified is no timestamp")
    spec_version = value.get("spec_version", "2.0" if "created" in value else "2.1")
    if spec_version not in ("2.0", "2.1") or not isinstance(spec_version, str):
        raise InvalidObject("spec_version is neither 2.0 nor 2.1")
    markings = value.get("object_marking_refs", [])
    row = Row(0, object_id, version, spec_version, encode(value))
    return _Entry(row, version_key(version), match[1], isinstance(markings, list) and RED in markings)


def _named(value: JsonValue, at: int) -> tuple[str, str]:
    """What a failure is called: by its own id and version where it has them, else by its place."""
    fields = value if isinstance(value, dict) else {}
    object_id, version = fields.get("id"), fields.get("modified", fields.get("created"))
    try:
        version_key(version if isinstance(version, str) else "-")
    except MalformedReply:
        version = ""
    return (object_id if isinstance(object_id, str) else f"objects[{at}]"), str(version)
