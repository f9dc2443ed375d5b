"""What goes over the wire (TAXII 2.1 sections 3.6 to 5.8), as values and as bytes.

Lists are never empty (section 2): the property is left out. A page of objects is put together from bodies as they were
signed; nothing is taken apart and written again.

    >>> encode_error(404, "Not found")
    b'{"http_status":"404","title":"Not found"}'
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

import msgspec

from detente.taxii.media import STIX, TAXII, stix_media_type
from detente.taxii.times import UNVERSIONED, encode_cursor, format_timestamp

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection as one caller sees it (5.2.1); `id` is a UUID version 4, `alias` works in its place."""

    id: str
    title: str
    description: str = ""
    alias: str | None = None
    can_read: bool = False
    can_write: bool = False
    media_types: tuple[str, ...] = (STIX,)


class Row(NamedTuple):
    """One version of one object in a collection.

    `added_us` is unique and strictly increasing over the node. `version` is `modified`, else `created`, as it was
    written, else "". `body` is canonical JSON, the bytes that were signed.
    """

    added_us: int
    object_id: str
    version: str
    spec_version: str
    body: bytes


class Page(NamedTuple):
    """Rows in ascending order of `added_us`; `more` when the same question has further rows behind the last one."""

    rows: Sequence[Row]
    more: bool


@dataclass(frozen=True, slots=True)
class StatusDetail:
    """What became of one object (4.3.1): its STIX id, its version as it was written, and why it failed."""

    id: str
    version: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """What became of a POST (4.3.1); complete when nothing is pending. `id` is a UUID version 4."""

    id: str
    request_us: int
    successes: tuple[StatusDetail, ...] = ()
    failures: tuple[StatusDetail, ...] = ()
    pendings: tuple[StatusDetail, ...] = ()


def encode_discovery(*, title: str, description: str, contact: str, default: str, api_roots: Sequence[str]) -> bytes:
    """4.1.1; `default` is one of `api_roots`."""
    return _encode(
        _without_empty(
            title=title, description=description, contact=contact, default=default, api_roots=list(api_roots)
        )
    )


def encode_api_root(*, title: str, description: str, max_content_length: int) -> bytes:
    """4.2.1."""
    return _encode(
        _without_empty(title=title, description=description, versions=[TAXII], max_content_length=max_content_length)
    )


def encode_collection(collection: Collection) -> bytes:
    """5.2."""
    return _encode(_collection(collection))


def encode_collections(collections: Iterable[Collection]) -> bytes:
    """5.1.1; without any, `{}`."""
    return _encode(_without_empty(collections=[_collection(each) for each in collections]))


def encode_envelope(page: Page) -> bytes:
    """3.7: the envelope of Get Objects and Get an Object."""
    return _page(page, b"objects", [row.body for row in page.rows])


def encode_manifest(page: Page) -> bytes:
    """5.3.1: one record a version. `next` is added (the standard forgot it), so that a client can walk to the end."""
    records = [
        _encode(
            {
                "date_added": format_timestamp(row.added_us),
                "id": row.object_id,
                "media_type": stix_media_type(row.spec_version),
                "version": row.version or UNVERSIONED,
            }
        )
        for row in page.rows
    ]
    return _page(page, b"objects", records)


def encode_versions(page: Page) -> bytes:
    """5.8.1; `next` as in a manifest."""
    return _page(page, b"versions", [_encode(row.version or UNVERSIONED) for row in page.rows])


def encode_status(status: Status) -> bytes:
    """4.3.1."""
    counts = len(status.successes), len(status.failures), len(status.pendings)
    return _encode(
        {
            "id": status.id,
            "status": "pending" if status.pendings else "complete",
            "request_timestamp": format_timestamp(status.request_us),
            "total_count": sum(counts),
            "success_count": counts[0],
            "failure_count": counts[1],
            "pending_count": counts[2],
            **_without_empty(
                successes=_details(status.successes),
                failures=_details(status.failures),
                pendings=_details(status.pendings),
            ),
        }
    )


def encode_error(status: int, title: str, description: str = "") -> bytes:
    """3.6.1."""
    return _encode({"http_status": str(status), **_without_empty(title=title, description=description)})


def date_added_headers(page: Page) -> list[tuple[bytes, bytes]]:
    """3.2: when the first and the last item of this page were added. An empty page has none."""
    if not page.rows:
        return []
    return [
        (b"x-taxii-date-added-first", format_timestamp(page.rows[0].added_us).encode()),
        (b"x-taxii-date-added-last", format_timestamp(page.rows[-1].added_us).encode()),
    ]


def _page(page: Page, name: bytes, items: Sequence[bytes]) -> bytes:
    if not items:
        return b"{}"
    if not page.more:
        return b'{"more":false,"%b":[%b]}' % (name, b",".join(items))
    cursor = encode_cursor(page.rows[-1].added_us).encode()
    return b'{"more":true,"next":"%b","%b":[%b]}' % (cursor, name, b",".join(items))


def _collection(collection: Collection) -> dict[str, Json]:
    return _without_empty(
        id=collection.id,
        title=collection.title,
        description=collection.description,
        alias=collection.alias,
        can_read=collection.can_read,
        can_write=collection.can_write,
        media_types=list(collection.media_types),
    )


def _details(details: Sequence[StatusDetail]) -> list[Json]:
    return [
        {"id": each.id, "version": each.version or UNVERSIONED, **_without_empty(message=each.message)}
        for each in details
    ]


def _without_empty(**properties: Json) -> dict[str, Json]:
    return {name: value for name, value in properties.items() if value is not None and value != "" and value != []}


def _encode(value: Json | Mapping[str, Json]) -> bytes:
    return _ENCODER.encode(value)


_ENCODER: Final = msgspec.json.Encoder(order="deterministic")
