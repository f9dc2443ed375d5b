"""One node as an ASGI application: TAXII, the log's endpoints, and the status page. No framework where bytes are served.

Bodies are bounded and have a deadline before anything looks at them; what blocks runs in a worker thread.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from detente.errors import Locked, StoreError
from detente.node.open import Node
from detente.node.shelf import Shelf
from detente.web import log
from detente.web.log import Answer, Request
from detente.web.pages import Pages
from detente.web.taxii import make_app as make_taxii_app

BODY_DEADLINE_S: Final = 30.0

_LOG = logging.getLogger("detente.web")
# Nothing is fetched by looking: no script, no font, no image but our own inline drawings, no frame around us.
_SECURITY: Final = (
    (
        b"content-security-policy",
        (
            b"default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
            b"frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
        ),
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


def make_app(node: Node) -> ASGIApp:
    """Everything that this node serves. The caller runs it and closes the node afterwards."""
    shelf = Shelf(node)
    pages = Pages(node, shelf)
    taxii = make_taxii_app(shelf, title=node.title, description="Objects shared by this party.", base_url=None)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] != "http" or scope["path"].startswith("/taxii2"):
            await taxii(scope, receive, send)
        else:
            await _send(send, await _answer(node, pages, scope, receive))

    return app


async def _answer(node: Node, pages: Pages, scope: Scope, receive: Receive) -> Answer:
    body = b""
    if scope["method"] not in ("GET", "HEAD"):
        read = await _body(receive)
        if isinstance(read, Answer):
            return read
        body = read
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    client = scope["client"][0] if scope.get("client") else ""
    request = Request(scope["method"], scope["path"], scope["query_string"].decode("latin-1"), headers, body, client)
    try:
        if request.path.startswith(log.PREFIXES):
            return await asyncio.to_thread(log.answer, node, request)
        return await asyncio.to_thread(pages.answer, request)
    except Locked:
        return Answer(503, b"somebody else is writing; try again\n", headers={"retry-after": "1"})
    except StoreError as error:
        _LOG.error("the store failed: %s", error)
        return Answer(
            503, b"the node cannot store or read now; its operator has been told\n", headers={"retry-after": "60"}
        )
    except Exception:
        _LOG.exception("a request failed")
        return Answer(500, b"the node failed; its operator has been told\n")


async def _body(receive: Receive) -> bytes | Answer:
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_DEADLINE_S):
            while True:
                message = await receive()
                part = message.get("body", b"")
                size += len(part)
                if size > log.BODY_BYTES_MAX:
                    return Answer(413, b"at most %d bytes are taken here\n" % log.BODY_BYTES_MAX)
                parts.append(part)
                if not message.get("more_body", False):
                    return b"".join(parts)
    except TimeoutError:
        return Answer(408, b"the request did not arrive in time\n")


async def _send(send: Send, answer: Answer) -> None:
    headers = [
        (b"content-type", answer.content_type.encode()),
        (b"content-length", str(len(answer.body)).encode()),
        *_SECURITY,
    ]
    headers += [(name.encode(), value.encode()) for name, value in answer.headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
