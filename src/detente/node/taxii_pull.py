"""Pull a collection of any TAXII 2.1 server into one of ours: where other people's feeds come in."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from detente.errors import InvalidObject, MalformedReply, NotFound, NotPermitted, Unreachable
from detente.net import Fetch, Reply
from detente.node.collections import read_collection
from detente.node.open import Node
from detente.node.share import store_imported
from detente.stix.canonical import JsonValue, encode, parse
from detente.stix.objects import StixObject, parse_object
from detente.store.store import Transaction, read_record
from detente.taxii import client
from detente.taxii.resources import Collection

PAGE_OBJECTS = 1_000
PAGES_MAX = 100_000
JSON_DEPTH_MAX = 66

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Credentials:
    """Sent to the server that was named and to no other. Empty: none."""

    user: str = ""
    password: str = ""
    token: str = ""

    def headers(self) -> dict[str, str]:
        if self.token:
            return {"Authorization": f"Bearer {self.token}"}
        if self.user:
            basic = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
            return {"Authorization": f"Basic {basic}"}
        return {}


@dataclass(frozen=True, slots=True)
class TaxiiPulled:
    """`fetched` objects in `pages`, of which `new` were not known; `refused`: what was no STIX object, with the reason."""

    server: str
    collection: str
    fetched: int
    new: int
    pages: int
    refused: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Server:
    """A TAXII server as it was named by a person."""

    url: str
    credentials: Credentials
    fetch: Fetch

    def collections(self) -> list[tuple[str, Collection]]:
        """API root and collection, for every root on the same host."""
        first = client.discovery_request(self.url)
        discovery = client.read_discovery(self._ask(first)[0], url=first.url)
        found: list[tuple[str, Collection]] = []
        for root in discovery.api_roots:
            listed = client.read_collections(self._ask(client.collections_request(root))[0])
            found.extend((root, collection) for collection in listed)
        if not found:
            raise NotFound(f"{self.url} shows no collection to these credentials")
        return found

    def page(self, walk: client.Walk) -> tuple[client.Envelope, client.Walk]:
        value, reply = self._ask(walk.request())
        envelope = client.read_envelope(value)
        return envelope, walk.after(envelope, reply.headers.get("x-taxii-date-added-last"))

    def _ask(self, request: client.Request) -> tuple[JsonValue, Reply]:
        if urlsplit(request.url).netloc != urlsplit(self.url).netloc:
            raise NotPermitted(f"{request.url} is on another host than {self.url}; credentials are not sent there")
        headers = {**request.headers, **self.credentials.headers()}
        reply = self.fetch(
            request.method, request.url, bytes_max=client.REPLY_BYTES_MAX, body=request.body, headers=headers
        )
        if reply.status in (401, 403):
            raise NotPermitted(f"{request.url} refuses these credentials (status {reply.status})")
        if reply.status == 404:
            raise NotFound(f"{request.url} is not there (status 404)")
        if reply.status != 200:
            raise Unreachable(f"{request.url} answered with status {reply.status}")
        client.check_content_type(reply.headers.get("content-type", ""))
        try:
            return parse(reply.body, bytes_max=client.REPLY_BYTES_MAX, depth_max=JSON_DEPTH_MAX), reply
        except InvalidObject as error:
            raise MalformedReply(f"{request.url}: {error}", party=self.url) from None


def pull(node: Node, server: Server, wanted: str, *, collection: str, progress: Progress | None = None) -> TaxiiPulled:
    """Pull the server's collection `wanted` (id, alias or title; "" when it has one only) into ours.

    Every page is stored before the next is asked for, with the place to go on from: an interrupted pull goes on where it stopped.
    """
    root, remote = _choose(server, wanted)
    key = f"{root} {remote.id}"
    with node.store.reading() as connection:
        target = read_collection(connection, collection)
        known = read_record(connection, "taxii-pull", f"{key} {target.id}")
    walk = client.Walk(root, remote.id, PAGE_OBJECTS, added_after_us=int(known) if known else None)
    fetched = new = pages = 0
    refused: list[tuple[str, str]] = []
    while not walk.done:
        if pages == PAGES_MAX:
            raise MalformedReply(f"{server.url}: more than {PAGES_MAX} pages", party=server.url)
        envelope, walk = server.page(walk)
        objects: list[StixObject] = []
        for value in envelope.objects:
            try:
                objects.append(parse_object(encode(value)))
            except InvalidObject as error:
                name = value.get("id") if isinstance(value, dict) else None
                refused.append((str(name)[:200], str(error)))
        place = walk.last_us or walk.added_after_us

        def remember(transaction: Transaction, place: int | None = place) -> None:
            if place is not None:
                transaction.put_record("taxii-pull", f"{key} {target.id}", str(place).encode())

        new += store_imported(node, objects, target.id, document=f"{server.url} {remote.title}", also=remember)
        fetched += len(envelope.objects)
        pages += 1
        if progress is not None:
            progress(fetched, 0)
    return TaxiiPulled(server.url, remote.title, fetched, new, pages, tuple(refused))


def _choose(server: Server, wanted: str) -> tuple[str, Collection]:
    found = [(root, c) for root, c in server.collections() if c.can_read]
    fitting = [(root, c) for root, c in found if not wanted or wanted in (c.id, c.alias, c.title)]
    if len(fitting) == 1:
        return fitting[0]
    names = ", ".join(f"{c.alias or c.id} ({c.title})" for _, c in found) or "none that may be read"
    raise NotFound(f"{server.url}: name one collection with --from. It has: {names}")
