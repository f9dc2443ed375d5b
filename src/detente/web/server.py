"""Run a node's endpoints: uvicorn in process, TLS when there is a certificate, and a clean end on a signal."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn

from detente.errors import InvalidObject, Unreachable
from detente.node.open import Node
from detente.web.app import make_app
from detente.web.tls import server_context


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket that takes connections from now on. Port 0 takes a free one. Raises Unreachable saying what is in the way."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle off for sockets that say they are TCP, and 40 ms an answer are saved.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(1024)
    except OSError as error:
        bound.close()
        raise Unreachable(
            f"cannot listen on {host} port {port}: {error.strerror}. Choose another with --port."
        ) from error
    return bound


def make_server(node: Node, *, tls_cert: str = "", tls_key: str = "") -> uvicorn.Server:
    """A server for this node; run it with `server.run(sockets=[…])`."""
    if bool(tls_cert) != bool(tls_key):
        raise InvalidObject("TLS needs both a certificate and a key: tls_cert and tls_key")
    context = server_context(Path(tls_cert), Path(tls_key)) if tls_cert else None
    config = uvicorn.Config(
        make_app(node),
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        http="httptools",
        ws="none",
        lifespan="off",
        timeout_keep_alive=15,
        timeout_graceful_shutdown=5,
        h11_max_incomplete_event_size=64 * 1024,
        ssl_context_factory=None if context is None else lambda *_: context,
    )
    return uvicorn.Server(config)


def serve(
    node: Node, host: str, port: int, *, tls_cert: str = "", tls_key: str = "", ready: Callable[[str], None]
) -> None:
    """Serve until a signal. `ready` is called with the address once connections are accepted."""
    bound = listening_socket(host, port)
    try:
        server = make_server(node, tls_cert=tls_cert, tls_key=tls_key)
        name, number = bound.getsockname()[:2]
        shown = f"[{name}]" if ":" in name else name
        ready(f"{'https' if tls_cert else 'http'}://{shown}:{number}/")
        server.run(sockets=[bound])
    finally:
        bound.close()
