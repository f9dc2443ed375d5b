"""The other side of TAXII 2.1: which requests to send to a server, and what to believe of its replies.

Nothing here fetches. Replies come in as values that `detente.stix.canonical.parse` made of at most `REPLY_BYTES_MAX`
bytes, so that strictness about JSON is decided in one place. What a server says about other hosts is never followed:
an API root elsewhere is reported as such, and a person may configure it as a server of its own.

    >>> walk = Walk("https://cti.example/taxii2/shared/", "91a7b528-80eb-42ed-a74d-c6fbd5a26116", limit=1000)
    >>> walk.request().url
    'https://cti.example/taxii2/shared/collections/91a7b528-80eb-42ed-a74d-c6fbd5a26116/objects/?limit=1000'
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote, urlencode, urljoin, urlsplit

from detente.errors import LocalError, MalformedReply, NotPermitted
from detente.taxii.media import TAXII, is_taxii
from detente.taxii.resources import Collection, Json
from detente.taxii.times import format_timestamp, parse_timestamp

REPLY_BYTES_MAX: Final = 64 << 20
OBJECTS_MAX: Final = 100_000
COLLECTIONS_MAX: Final = 10_000
API_ROOTS_MAX: Final = 100
TEXT_CHARACTERS_MAX: Final = 10_000


@dataclass(frozen=True, slots=True)
class Request:
    """What to send; credentials are added by whoever sends it, and only to the host that they belong to."""

    method: str
    url: str
    body: bytes = b""

    @property
    def headers(self) -> dict[str, str]:
        """Accept, and Content-Type when there is a body."""
        return {"accept": TAXII, "content-type": TAXII} if self.body else {"accept": TAXII}


@dataclass(frozen=True, slots=True)
class Discovery:
    """4.1.1 with absolute addresses. `elsewhere` are roots on another scheme, host or port: shown, never fetched."""

    title: str
    description: str
    contact: str
    default: str | None
    api_roots: tuple[str, ...]
    elsewhere: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Envelope:
    """3.7; the objects are unchecked values, which `detente.stix.objects.parse_object` takes."""

    objects: tuple[Json, ...]
    more: bool
    next: str | None


@dataclass(frozen=True, slots=True)
class Walk:
    """A pull of one collection, page by page, as a value: `request()`, then `after(reply)`, until `done`.

    `added_after_us` is what to remember for the next pull. It moves only by what the server states, and never back.
    """

    api_root: str
    collection: str
    limit: int
    added_after_us: int | None = None
    types: tuple[str, ...] = ()
    next: str | None = None
    last_us: int | None = None
    done: bool = False

    def request(self) -> Request:
        """The next page: by `next` with the same filters (3.5), or by `added_after`."""
        fields: dict[str, str] = {"limit": str(self.limit)}
        if self.types:
            fields["match[type]"] = ",".join(self.types)
        if self.added_after_us is not None:
            fields["added_after"] = format_timestamp(self.added_after_us)
        if self.next is not None:
            fields["next"] = self.next
        path = f"collections/{quote(self.collection, safe='')}/objects/"
        return Request("GET", f"{self.api_root}{path}?{urlencode(fields, safe='[]:,')}")

    def after(self, envelope: Envelope, date_added_last: str | None) -> Walk:
        """The walk after a page; `date_added_last` is its X-TAXII-Date-Added-Last header.

        A server that says `more` and does not lead on raises MalformedReply, so that no pull is endless: every page
        must hold objects, and go on by a cursor that is not the one before, or by a later date.
        """
        last_us = self.last_us
        if date_added_last is not None:
            last_us = max(parse_timestamp(date_added_last), last_us if last_us is not None else 0)
        if not envelope.more:
            resume_us = self.added_after_us if last_us is None else last_us
            return replace(self, next=None, last_us=last_us, added_after_us=resume_us, done=True)
        if not envelope.objects:
            raise MalformedReply("the server says that there is more, on a page without objects")
        if envelope.next is not None:
            if envelope.next == self.next:
                raise MalformedReply("the server gives the same `next` again: the pull would never end")
            return replace(self, next=envelope.next, last_us=last_us)
        if last_us is None or (self.added_after_us is not None and last_us <= self.added_after_us):
            raise MalformedReply("the server says that there is more, but neither `next` nor a later date leads there")
        return replace(self, next=None, last_us=last_us, added_after_us=last_us)


def discovery_request(server: str) -> Request:
    """`server` is an address as a person gives it: `https://cti.example`, or the discovery address itself."""
    try:
        parts = urlsplit(server)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username is not None:
        raise NotPermitted("a TAXII server is given as https://host or https://host/taxii2/, without a name in it")
    path = parts.path if parts.path.strip("/") else "/taxii2/"
    return Request("GET", f"{parts.scheme}://{parts.netloc}{path.rstrip('/')}/")


def collections_request(api_root: str) -> Request:
    return Request("GET", f"{api_root}collections/")


def add_request(api_root: str, collection: str, objects: Sequence[bytes], *, bytes_max: int) -> Request:
    """One POST with objects that are JSON texts already; `bytes_max` is the server's `max_content_length`."""
    body = b'{"objects":[' + b",".join(objects) + b"]}"
    if not objects or len(body) > bytes_max:
        raise LocalError(
            f"{len(objects)} objects make {len(body)} bytes; the server takes 1 to {bytes_max}: split them"
        )
    return Request("POST", f"{api_root}collections/{quote(collection, safe='')}/objects/", body)


def status_request(api_root: str, status: str) -> Request:
    return Request("GET", f"{api_root}status/{quote(status, safe='')}/")


def check_content_type(header: str) -> None:
    """A login page or a TAXII 2.0 server is refused by its Content-Type, with a message that says which."""
    if is_taxii(header):
        return
    if "vnd.oasis" in header.lower():
        raise MalformedReply("the server answers in TAXII 2.0; TAXII 2.1 is needed, often at another address")
    raise MalformedReply("the server's answer is not TAXII 2.1 by its Content-Type; is the address right?")


def read_discovery(value: Json, *, url: str) -> Discovery:
    """`url` is where it was fetched: relative roots are resolved against it."""
    fields = _fields(value)
    roots = [_join(url, _text(each, "api_roots")) for each in _list(fields, "api_roots", API_ROOTS_MAX)]
    here = tuple(root for root in roots if _origin(root) == _origin(url))
    default = fields.get("default")
    chosen = None if default is None else _join(url, _text(default, "default"))
    return Discovery(
        title=_text(fields.get("title"), "title"),
        description=_text(fields.get("description", ""), "description"),
        contact=_text(fields.get("contact", ""), "contact"),
        default=chosen if chosen in here else None,
        api_roots=here,
        elsewhere=tuple(root for root in roots if root not in here),
    )


def read_collections(value: Json) -> tuple[Collection, ...]:
    """Raises MalformedReply when one of them has no UUID: nothing else becomes part of an address."""
    return tuple(_collection(each) for each in _list(_fields(value), "collections", COLLECTIONS_MAX))


def read_envelope(value: Json, *, objects_max: int = OBJECTS_MAX) -> Envelope:
    """Raises MalformedReply for anything but an envelope with at most `objects_max` objects."""
    fields = _fields(value)
    next_ = fields.get("next")
    if next_ is not None and not _text(next_, "next"):
        next_ = None
    return Envelope(
        objects=tuple(_list(fields, "objects", objects_max)),
        more=_flag(fields.get("more", False), "more"),
        next=None if next_ is None else _text(next_, "next"),
    )


def read_status(value: Json) -> tuple[str, bool, tuple[str, ...]]:
    """The status id, whether it is complete, and the messages of what failed."""
    fields = _fields(value)
    failures = [_fields(each) for each in _list(fields, "failures", OBJECTS_MAX)]
    messages = (f"{_text(each.get('id'), 'id')}: {_text(each.get('message', ''), 'message')}" for each in failures)
    return _text(fields.get("id"), "id"), fields.get("status") == "complete", tuple(messages)


def srv_record(domain: str, *, target: str, port: int) -> str:
    """The DNS record by which clients find a server (3.9): service `taxii2`, protocol tcp."""
    return f"_taxii2._tcp.{domain}. 86400 IN SRV 0 5 {port} {target}."


def _collection(value: Json) -> Collection:
    fields = _fields(value)
    identifier = _text(fields.get("id"), "id")
    if _UUID.fullmatch(identifier) is None:
        raise MalformedReply("a collection of the server has an id that is no UUID")
    alias = fields.get("alias")
    return Collection(
        id=identifier.lower(),
        title=_text(fields.get("title"), "title"),
        description=_text(fields.get("description", ""), "description"),
        alias=None if alias is None else _text(alias, "alias"),
        can_read=_flag(fields.get("can_read"), "can_read"),
        can_write=_flag(fields.get("can_write"), "can_write"),
        media_types=tuple(_text(each, "media_types") for each in _list(fields, "media_types", 100)),
    )


def _fields(value: Json) -> Mapping[str, Json]:
    if not isinstance(value, dict):
        raise MalformedReply("the server sent something else where TAXII has an object")
    return value


def _list(fields: Mapping[str, Json], name: str, count_max: int) -> list[Json]:
    value = fields.get(name, [])
    if not isinstance(value, list) or len(value) > count_max:
        raise MalformedReply(f"the server's {name} is not a list of at most {count_max}")
    return value


def _text(value: Json, name: str) -> str:
    if not isinstance(value, str) or len(value) > TEXT_CHARACTERS_MAX:
        raise MalformedReply(f"the server's {name} is not a text of at most {TEXT_CHARACTERS_MAX} characters")
    return value


def _flag(value: Json, name: str) -> bool:
    if not isinstance(value, bool):
        raise MalformedReply(f"the server's {name} is neither true nor false")
    return value


def _join(url: str, root: str) -> str:
    try:
        return urljoin(url, root).rstrip("/") + "/"
    except ValueError:
        raise MalformedReply("the server names an API root that is no address") from None


def _origin(url: str) -> tuple[str, str, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise MalformedReply("the server names an API root that is no address") from None
    return parts.scheme, parts.hostname or "", port or {"https": 443, "http": 80}.get(parts.scheme)


_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
