"""The TAXII 2.1 server as a plain ASGI application: everything under /taxii2/, and nothing else.

Order of the checks: credentials, then the path, the method, Accept, the query, rights. Without credentials nothing can
be learned, not even which paths exist; a collection that the caller may not read is answered like one that does not
exist, except where the standard wants a 403 (5.7). What blocks runs in a worker thread; a page that lies ready is
answered from the event loop.

The deadline here covers the body of a request. That headers arrive in time, and that a client takes what it asked for,
is the HTTP server's business.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias, TypeVar
from urllib.parse import quote, urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from detente.errors import (
    InvalidObject,
    LocalError,
    Locked,
    MalformedReply,
    NotFound,
    NotPermitted,
    StaleWrite,
    StoreError,
)
from detente.stix import canonical
from detente.taxii import query as queries
from detente.taxii import resources
from detente.taxii.media import TAXII, accepts_taxii, is_taxii
from detente.web.collections import Caller, Collection, Collections, Filter, Page, Status
from detente.web.page_cache import PageCache, Reply

PREFIX: Final = "/taxii2/"
API_ROOT: Final = "/taxii2/shared/"
CONTENT_LENGTH_MAX: Final = 10 << 20
PAGE_BYTES_MAX: Final = 8 << 20
CACHE_BYTES: Final = 96 << 20
BODY_DEADLINE_S: Final = 30.0
CREDENTIALS_CHARACTERS_MAX: Final = 4_096
OBJECTS_MAX: Final = 100_000
DROPPED_BYTES_MAX: Final = 64 << 20
DEPTH_MAX: Final = canonical.DEPTH_MAX + 2
"""An envelope puts its objects two levels down."""


def make_app(
    collections: Collections,
    *,
    title: str,
    description: str = "",
    contact: str = "",
    base_url: str | None = None,
    max_content_length: int = CONTENT_LENGTH_MAX,
    limit_max: int = queries.LIMIT_MAX,
    page_bytes_max: int = PAGE_BYTES_MAX,
    cache_bytes: int = CACHE_BYTES,
    body_deadline_s: float = BODY_DEADLINE_S,
) -> ASGIApp:
    """`base_url` is how clients reach this node, like `https://node.example`; without it the Host header tells.

    Raises LocalError when `base_url` is no such address.
    """
    if base_url is not None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("https", "http") or parts.path.strip("/") or _HOST.fullmatch(parts.netloc) is None:
            raise LocalError(f"base URL {base_url!r} is not like https://node.example; leave out any path")
        base_url = f"{parts.scheme}://{parts.netloc}"
    return _Server(
        collections=collections,
        title=title,
        description=description,
        contact=contact,
        base_url=base_url,
        max_content_length=max_content_length,
        limit_max=limit_max,
        page_bytes_max=page_bytes_max,
        body_deadline_s=body_deadline_s,
        cache=PageCache(cache_bytes),
    )


class _Refused(Exception):
    """An answer that ends the request early."""

    def __init__(self, status: int, title: str, description: str = "", *headers: tuple[bytes, bytes]) -> None:
        super().__init__(title)
        self.reply = _error(status, title, description, *headers)


class _Gone(Exception):
    """The client has left in the middle of its request: there is nobody to answer."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """One request, its credentials verified."""

    caller: Caller
    method: str
    headers: dict[bytes, bytes]
    query: bytes
    scheme: str
    receive: Receive


@dataclass(frozen=True, slots=True)
class _Server:
    collections: Collections
    title: str
    description: str
    contact: str
    base_url: str | None
    max_content_length: int
    limit_max: int
    page_bytes_max: int
    body_deadline_s: float
    cache: PageCache

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await _refuse_other_protocols(scope, receive, send)
            return
        try:
            reply = await self._answer(scope, receive)
        except _Refused as refused:
            reply = refused.reply
        except _Gone:
            return
        except Exception as error:
            reply = _reply_to(error)
        await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
        await send({"type": "http.response.body", "body": reply.body})

    async def _answer(self, scope: Scope, receive: Receive) -> Reply:
        headers = _headers(scope["headers"])
        caller = await self._caller(headers)
        path: str = scope["path"]
        asked = _Asked(caller, scope["method"], headers, scope["query_string"], scope["scheme"], receive)
        route = _find_route(path)
        if route is None:
            raise _not_there(path, asked.query)
        handlers, places = route
        handler = handlers.get("GET" if asked.method == "HEAD" else asked.method)
        if handler is None:
            allowed = ", ".join(sorted(handlers)).encode()
            raise _Refused(405, "This address does not know that method", "", (b"allow", allowed))
        if not accepts_taxii(headers.get(b"accept", b"").decode("latin-1")):
            raise _Refused(406, "Only TAXII 2.1 is served here", f"Accept {TAXII}")
        return await handler(self, asked, *places)

    async def _caller(self, headers: dict[bytes, bytes]) -> Caller:
        scheme, _, credentials = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        # The word that the OASIS client sends before a token.
        scheme = {"token": "bearer"}.get(scheme.lower(), scheme.lower())
        credentials = credentials.strip(" ")
        caller = None
        if scheme in ("basic", "bearer") and 0 < len(credentials) <= CREDENTIALS_CHARACTERS_MAX:
            caller = self.collections.remembered(scheme, credentials)
            if caller is None:
                caller = await _in_thread(partial(self.collections.authenticate, scheme, credentials))
        if caller is None:
            raise _Refused(401, "Credentials are needed", "", (b"www-authenticate", _CHALLENGES))
        return caller

    # 4.1, 4.2, 4.3

    async def discovery(self, asked: _Asked) -> Reply:
        root = self._origin(asked) + API_ROOT
        body = resources.encode_discovery(
            title=self.title, description=self.description, contact=self.contact, default=root, api_roots=[root]
        )
        return _reply(200, body)

    async def api_root(self, _asked: _Asked) -> Reply:
        body = resources.encode_api_root(
            title=self.title, description=self.description, max_content_length=self.max_content_length
        )
        return _reply(200, body)

    async def status(self, asked: _Asked, status_id: str) -> Reply:
        status = await _in_thread(partial(self.collections.status, asked.caller, status_id))
        if status is None:
            raise _not_found()
        return _reply(200, resources.encode_status(status))

    # 5.1, 5.2

    async def list_collections(self, asked: _Asked) -> Reply:
        found = await _in_thread(partial(self.collections.collections, asked.caller))
        return _reply(200, resources.encode_collections(found))

    async def one_collection(self, asked: _Asked, place: str) -> Reply:
        return _reply(200, resources.encode_collection(await self._collection(asked, place)))

    # 5.3, 5.4, 5.6, 5.8: all are pages of the same rows

    async def objects(self, asked: _Asked, place: str) -> Reply:
        return await self._page(asked, place, resources.encode_envelope, queries.OBJECTS)

    async def manifest(self, asked: _Asked, place: str) -> Reply:
        return await self._page(asked, place, resources.encode_manifest, queries.OBJECTS)

    async def one_object(self, asked: _Asked, place: str, object_id: str) -> Reply:
        return await self._page(asked, place, resources.encode_envelope, queries.ONE_OBJECT, object_id)

    async def versions(self, asked: _Asked, place: str, object_id: str) -> Reply:
        return await self._page(asked, place, resources.encode_versions, queries.VERSIONS, object_id)

    async def _page(
        self,
        asked: _Asked,
        place: str,
        encode: Callable[[Page], bytes],
        endpoint: queries.Endpoint,
        object_id: str | None = None,
    ) -> Reply:
        query = queries.parse_query(asked.query, endpoint, object_id=object_id, limit_max=self.limit_max)
        # The epoch is asked for first: if something changes while the page is read, the page is filed under an epoch
        # that is over, and nobody will find it there.
        epoch = self.collections.epoch(asked.caller, place)
        key = (encode, place, query, asked.caller.party, asked.caller.read, epoch)
        if epoch is not None and (ready := self.cache.find(key)) is not None:
            return ready
        reply = await _in_thread(partial(self._read_page, asked.caller, place, encode, query, object_id))
        if epoch is not None:
            self.cache.keep(key, reply)
        return reply

    def _read_page(
        self, caller: Caller, place: str, encode: Callable[[Page], bytes], query: queries.Query, object_id: str | None
    ) -> Reply:
        collection = self.collections.collection(caller, place)
        if collection is None or not collection.can_read:
            raise _not_found()
        read = partial(self.collections.page, caller, collection.id, bytes_max=self.page_bytes_max)
        page = read(query.filter, query.after_us, query.limit)
        # Nothing new about an object that is there is an empty answer, an object that is not there is a 404.
        if object_id is not None and not page.rows and not read(Filter((), (object_id,), ("all",)), 0, 1).rows:
            raise _not_found()
        return _reply(200, encode(page), resources.date_added_headers(page))

    # 5.5, 5.7

    async def add(self, asked: _Asked, place: str) -> Reply:
        if not is_taxii(asked.headers.get(b"content-type", b"").decode("latin-1")):
            raise _Refused(415, "Only TAXII 2.1 is taken here", f"Content-Type {TAXII}")
        if asked.headers.get(b"content-encoding", b"identity").lower() != b"identity":
            raise _Refused(415, "A body is taken as it is, without Content-Encoding")
        collection = await self._collection(asked, place)
        if not collection.can_write:
            raise _not_found()
        body = await self._body(asked)
        status = await _in_thread(partial(self._add, asked.caller, collection, body))
        return _reply(202, resources.encode_status(status))

    def _add(self, caller: Caller, collection: Collection, body: bytes) -> Status:
        envelope = canonical.parse(body, bytes_max=self.max_content_length, depth_max=DEPTH_MAX)
        objects = envelope.get("objects") if isinstance(envelope, dict) else None
        if not isinstance(objects, list):
            raise _Refused(400, "This is no envelope", 'Send {"objects": [...]}')
        if not 0 < len(objects) <= OBJECTS_MAX:
            raise _Refused(422, f"An envelope brings 1 to {OBJECTS_MAX} objects")
        return self.collections.add(caller, collection.id, objects)

    async def delete(self, asked: _Asked, place: str, object_id: str) -> Reply:
        filter_ = queries.parse_query(asked.query, queries.DELETION, object_id=object_id).filter
        collection = await self._collection(asked, place)
        if not (collection.can_read and collection.can_write):
            raise _Refused(403, "Withdrawing needs the right to read and to write")
        withdraw = partial(self.collections.delete, asked.caller, collection.id, object_id)
        if not await _in_thread(partial(withdraw, filter_.versions, filter_.spec_versions)):
            raise _not_found()
        return _reply(200, b"{}")

    async def _collection(self, asked: _Asked, place: str) -> Collection:
        collection = await _in_thread(partial(self.collections.collection, asked.caller, place))
        if collection is None:
            raise _not_found()
        return collection

    async def _body(self, asked: _Asked) -> bytes:
        """The whole body, at most `max_content_length` bytes within the deadline."""
        too_large = f"At most {self.max_content_length} bytes are taken at once"
        length = asked.headers.get(b"content-length", b"")
        if length.isdigit() and (excess := int(length[:18]) - self.max_content_length) > 0:
            # The server reads and drops the rest, so that a client that sends first and listens later learns why. Who
            # announces far too much is cut off.
            raise _Refused(413, too_large, "", *([_CLOSE] if excess > DROPPED_BYTES_MAX else []))
        chunks, size = [], 0
        try:
            async with asyncio.timeout(self.body_deadline_s):
                while True:
                    message = await asked.receive()
                    if message["type"] == "http.disconnect":
                        raise _Gone
                    chunk: bytes = message.get("body", b"")
                    chunks.append(chunk)
                    size += len(chunk)
                    if size > self.max_content_length:
                        raise _Refused(413, too_large, "", _CLOSE)
                    if not message.get("more_body", False):
                        return b"".join(chunks)
        except TimeoutError:
            raise _Refused(408, f"The request did not arrive within {self.body_deadline_s:g} s", "", _CLOSE) from None

    def _origin(self, asked: _Asked) -> str:
        """Where this node is for its clients; "" makes addresses relative, when Host says nothing that can be used."""
        if self.base_url is not None:
            return self.base_url
        host = asked.headers.get(b"host", b"").decode("latin-1")
        return f"{asked.scheme}://{host}" if _HOST.fullmatch(host) is not None else ""


Handler: TypeAlias = Callable[..., Awaitable[Reply]]


def _find_route(path: str) -> tuple[dict[str, Handler], list[str]] | None:
    """The handlers by method, and the collection, object or status that the path names."""
    if not path.startswith(PREFIX):
        return None
    steps = path[len(PREFIX) :].split("/")
    if steps.pop() != "" or len(steps) > 6:
        return None
    # The names of things stand at fixed places; what is left of the path is its kind. No store is ever asked for a name
    # that cannot be one.
    places = steps[2:3] + steps[4:5]
    if not all(map(_PLACE.fullmatch, places)):
        return None
    kind = tuple("*" if at in (2, 4) else step for at, step in enumerate(steps))
    handlers = _ROUTES.get(kind)
    return None if handlers is None else (handlers, places)


_ROUTES: Final[dict[tuple[str, ...], dict[str, Handler]]] = {
    (): {"GET": _Server.discovery},
    ("shared",): {"GET": _Server.api_root},
    ("shared", "status", "*"): {"GET": _Server.status},
    ("shared", "collections"): {"GET": _Server.list_collections},
    ("shared", "collections", "*"): {"GET": _Server.one_collection},
    ("shared", "collections", "*", "manifest"): {"GET": _Server.manifest},
    ("shared", "collections", "*", "objects"): {"GET": _Server.objects, "POST": _Server.add},
    ("shared", "collections", "*", "objects", "*"): {"GET": _Server.one_object, "DELETE": _Server.delete},
    ("shared", "collections", "*", "objects", "*", "versions"): {"GET": _Server.versions},
}


def _not_there(path: str, query: bytes) -> _Refused:
    """Paths end in "/" (3.1); who forgets it is led there, and loses neither method nor query."""
    if _find_route(path + "/") is None:
        return _not_found()
    location = quote(path + "/") + (f"?{quote(query, safe=_QUERY_CHARACTERS)}" if query else "")
    return _Refused(308, 'The address ends in "/"', "", (b"location", location.encode("ascii")))


def _not_found() -> _Refused:
    """Unknown, hidden and not permitted are one answer. (A new one each time: an exception collects its tracebacks.)"""
    return _Refused(404, "Not found")


def _headers(pairs: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Headers given twice are joined, as RFC 9110 (5.3) has it; two Authorization or Host lines so match nothing."""
    headers: dict[bytes, bytes] = {}
    for name, value in pairs:
        headers[name] = headers[name] + b", " + value if name in headers else value
    return headers


def _reply(status: int, body: bytes, headers: Iterable[tuple[bytes, bytes]] = ()) -> Reply:
    length = (b"content-length", str(len(body)).encode())
    return Reply(status, (*_HEADERS, length, *headers), body)


def _reply_to(error: Exception) -> Reply:
    """The one table from our errors to HTTP; what a message of ours says about the request is said to the client."""
    match error:
        case MalformedReply() | InvalidObject():
            return _error(400, "The request cannot be read", str(error))
        case NotPermitted():
            return _error(403, "Not permitted")
        case NotFound():
            return _error(404, "Not found")
        case StaleWrite() | Locked():
            return _error(503, "Somebody else is writing; try again", "", _RETRY)
        case StoreError():
            _LOG.error("the store failed: %s", type(error).__name__, exc_info=error)
            return _error(503, "The node cannot store or read now; its operator has been told", "", _RETRY)
        case _:
            _LOG.error("a TAXII request failed: %s", type(error).__name__, exc_info=error)
            return _error(500, "The node failed; its operator has been told")


def _error(status: int, title: str, description: str = "", *headers: tuple[bytes, bytes]) -> Reply:
    return _reply(status, resources.encode_error(status, title, description), headers)


async def _refuse_other_protocols(scope: Scope, receive: Receive, send: Send) -> None:
    """Nothing to start or stop, and no WebSocket."""
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
    else:
        await receive()
        await send({"type": "websocket.close", "code": 1008})


_T = TypeVar("_T")


async def _in_thread(call: Callable[[], _T]) -> _T:
    return await asyncio.get_running_loop().run_in_executor(None, call)


_LOG: Final = logging.getLogger(__name__)
_HEADERS: Final = (
    (b"content-type", TAXII.encode()),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
)
_CHALLENGES: Final = b'Bearer realm="taxii", Basic realm="taxii", charset="UTF-8"'
_CLOSE: Final = (b"connection", b"close")
_RETRY: Final = (b"retry-after", b"5")
_PLACE: Final = re.compile(r"[!-~]{1,300}")
_HOST: Final = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_QUERY_CHARACTERS: Final = "=&%[]:,+-._~"
