"""What each worker of a cluster keeps for a hunt: the index. See `detente.node.cluster`."""

from __future__ import annotations

from typing import Any

from distributed import WorkerPlugin

from detente import __version__
from detente.errors import InvalidStatement
from detente.hunt.indicators import Matcher


class Hunter(WorkerPlugin):
    def __init__(self, index: Any, version: str) -> None:
        self.name = index.name
        self.index = index
        self._version = version

    def setup(self, worker: Any) -> None:
        if self._version != __version__:
            raise InvalidStatement(f"the worker {worker.address} has Détente {__version__}, not {self._version}")
        self.matcher: Matcher = self.index.matcher()
