"""Nodes of the demo, each behind its own HTTP server on the loopback address."""

from __future__ import annotations

import socket
import threading
from dataclasses import replace
from pathlib import Path

import uvicorn

from detente.node.config import FILE_NAME, ListenChoices, PartyChoices
from detente.node.open import Node, create_node, open_node
from detente.web.server import listening_socket, make_server

HOST = "127.0.0.1"
_STOP_SECONDS_MAX = 10.0


class Served:
    """A node and the server in front of it. `stop` leaves the folder, and `restart` takes up what lies in one."""

    def __init__(self, folder: Path, node: Node, bound: socket.socket) -> None:
        self.folder = folder
        self.node = node
        self.port = int(bound.getsockname()[1])
        self._bound: socket.socket | None = bound
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        bound = self._bound or listening_socket(HOST, self.port)
        self._bound = None  # the server closes it when it ends
        # From here on callers wait in the queue until the server answers; nobody has to poll for its start.
        bound.listen(64)
        self._server = make_server(self.node)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [bound]}, name=f"serve {self.port}", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """End the server and close the node."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(_STOP_SECONDS_MAX)
        if self._bound is not None:
            self._bound.close()
        self._server = self._thread = self._bound = None
        self.node.close()

    def restart(self, folder: Path) -> None:
        """The same address, and behind it the node in another folder."""
        self.stop()
        self.folder, self.node = folder, open_node(folder)
        self.start()


def make_node(folder: Path, *, title: str, origin: str, port: int, minimise: dict[str, list[str]]) -> Served:
    """A new node whose removal rules stand in its `detente.toml`, as an operator would write them there.

    `port` 0 takes a free one; it is held from here on, since it stands in the node's invitation.
    """
    bound = listening_socket(HOST, port)
    port = int(bound.getsockname()[1])
    party = PartyChoices(origin=origin, title=title, url=f"http://{HOST}:{port}")
    create_node(folder, party, listen=replace(ListenChoices(), host=HOST, port=port)).close()
    path = folder / FILE_NAME
    text = path.read_text(encoding="utf-8")
    for name, values in minimise.items():
        text = text.replace(f"{name} = []", f"{name} = {_toml(values)}", 1)
    path.write_text(text, encoding="utf-8")
    return Served(folder, open_node(folder), bound)


def _toml(values: list[str]) -> str:
    return "[" + ", ".join(f'"{value}"' for value in values) + "]"


def find_bytes(folder: Path, wanted: bytes) -> list[str]:
    """The names of the files below a folder that hold these bytes: what `grep -r` would say."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and wanted in path.read_bytes()
    )
