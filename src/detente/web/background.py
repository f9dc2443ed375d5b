"""Sync at intervals beside a running server, in one thread that ends with it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from detente.errors import DetenteError
from detente.net import HttpFetch
from detente.node.open import Node
from detente.node.sync import sync

_LOG = logging.getLogger("detente.sync")


@contextmanager
def syncing(node: Node, every_s: int) -> Iterator[None]:
    """Sync every `every_s` seconds until the block ends; 0 never does."""
    if not every_s:
        yield
        return
    stop = threading.Event()

    def run() -> None:
        fetch = HttpFetch(ca_file=node.config.listen.ca_file)
        while not stop.wait(every_s):
            try:
                sync(node, fetch)
            except DetenteError as error:
                _LOG.error("sync: %s: %s", type(error).__name__, error)
        fetch.close()

    thread = threading.Thread(target=run, name="sync", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=5)
