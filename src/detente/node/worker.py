"""What each worker of a cluster keeps for a hunt: the index, and one sieve for each of its threads. See `detente.node.cluster`."""

from __future__ import annotations

import threading
from typing import Any

from distributed import WorkerPlugin

from detente import __version__
from detente.errors import InvalidStatement
from detente.hunt.indicators import Matcher
from detente.hunt.sieve import Sieve, sieve_for


class Hunter(WorkerPlugin):
    def __init__(self, index: Any, version: str) -> None:
        self.name = index.name
        self._index = index
        self._version = version

    def setup(self, worker: Any) -> None:
        if self._version != __version__:
            raise InvalidStatement(f"the worker {worker.address} has Détente {__version__}, not {self._version}")
        self.matcher: Matcher = self._index.matcher()
        self._threads = threading.local()

    def sieve(self) -> Sieve:
        sieve: Sieve | None = getattr(self._threads, "sieve", None)
        if sieve is None:
            sieve = self._threads.sieve = sieve_for(self.matcher)
        return sieve
