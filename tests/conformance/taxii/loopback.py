"""A TAXII server on loopback and a client that hides nothing: plain `http.client`, every header up to the test.

Every answer is held to what the standard says of all answers, whatever the test is about: see `Reply.check`.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPSConnection
from typing import Any
from urllib.parse import urlencode

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from tests.contract.worlds import World, basic

TAXII = "application/taxii+json;version=2.1"
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
Query = Mapping[str, object] | str


@dataclass(slots=True)
class Switch:
    """One server for many tests: each puts its own application behind it."""

    app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app is not None
        await self.app(scope, receive, send)


@contextlib.contextmanager
def serving(app: ASGIApp, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """uvicorn in a thread on a free port of 127.0.0.1; gives the port."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        ws="none",
        lifespan="off",
        loop="asyncio",
        timeout_graceful_shutdown=1,
        ssl_context_factory=None if context is None else lambda _config, _default: context,
    )
    server = uvicorn.Server(config)
    # asyncio turns Nagle's delay off only where the socket says that it is TCP; `socket.create_server` does not say it.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(100)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        # The socket listens already, so that a client that comes early waits in its queue.
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join(timeout=10)


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def value(self) -> Any:
        return json.loads(self.body)

    @property
    def ids(self) -> list[str]:
        return [each["id"] for each in self.value.get("objects", [])]

    @property
    def added(self) -> tuple[str | None, str | None]:
        return self.headers.get("x-taxii-date-added-first"), self.headers.get("x-taxii-date-added-last")

    def check(self, *, head: bool) -> None:
        """What holds of every answer: never a 5xx, the media type, and errors that say what they are."""
        assert self.status < 500, (self.status, self.body[:500])
        assert self.headers["content-type"] == TAXII
        if head:
            assert self.body == b""
            return
        value = self.value
        assert isinstance(value, dict)
        assert [] not in value.values()
        if self.status >= 300:
            assert value["title"]
            assert value["http_status"] == str(self.status)


@dataclass(slots=True)
class Client:
    """Speaks for one role over one connection; `client.as_("reader")` is another client of the same server."""

    world: World
    port: int
    role: str | None = "own"
    context: ssl.SSLContext | None = None
    _connection: HTTPConnection | None = None
    _others: list[Client] = field(default_factory=list)

    def as_(self, role: str | None) -> Client:
        self._others.append(Client(self.world, self.port, role, self.context))
        return self._others[-1]

    @property
    def url(self) -> str:
        return f"{'http' if self.context is None else 'https'}://127.0.0.1:{self.port}/taxii2/"

    def path(self, *steps: str) -> str:
        return "/taxii2/shared/" + "".join(f"{step}/" for step in steps)

    def objects(self, *steps: str) -> str:
        return self.path("collections", self.world.exchange, "objects", *steps)

    @property
    def manifest(self) -> str:
        return self.path("collections", self.world.exchange, "manifest")

    def get(self, path: str, query: Query = "", **headers: str | None) -> Reply:
        return self.request("GET", path, query, None, **headers)

    def post(self, *objects: object, path: str | None = None, **headers: str | None) -> Reply:
        body = json.dumps({"objects": objects}).encode()
        return self.request("POST", path or self.objects(), "", body, **{"content_type": TAXII, **headers})

    def request(
        self, method: str, path: str, query: Query = "", body: bytes | None = None, **headers: str | None
    ) -> Reply:
        """Headers by their name with `_` for `-`; None leaves one out that would be sent otherwise."""
        fields: dict[str, str | None] = {"accept": TAXII, "user_agent": "conformance", **headers}
        if self.role is not None and "authorization" not in fields:
            fields["authorization"] = f"Bearer {self.world.token(self.role)[1]}"
        text = query if isinstance(query, str) else urlencode(query, safe="[]:,")
        connection = self._connection = self._connection or self._connect()
        connection.putrequest(
            method, f"{path}?{text}" if text else path, skip_host="host" in fields, skip_accept_encoding=True
        )
        for name, value in fields.items():
            if value is not None:
                connection.putheader(name.replace("_", "-"), value.encode("latin-1"))
        if body is not None:
            connection.putheader("content-length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        reply = Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        reply.check(head=method == "HEAD")
        return reply

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        for other in self._others:
            other.close()

    def basic(self, role: str) -> str:
        return f"Basic {basic(*self.world.token(role))}"

    def _connect(self) -> HTTPConnection:
        if self.context is None:
            return HTTPConnection("127.0.0.1", self.port, timeout=60)
        return HTTPSConnection("127.0.0.1", self.port, timeout=60, context=self.context)
