"""What each worker of a cluster keeps for a hunt: the index. See `detente.node.cluster`."""

from __future__ import annotations

import asyncio
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

    async def setup(self, worker: Any) -> None:
        if self._version != __version__:
            raise InvalidStatement(f"the worker {worker.address} has Détente {__version__}, not {self._version}")
        # It may have to compile first, and a worker that does not answer for so long would be taken for dead.
        self.matcher: Matcher = await asyncio.to_thread(self.index.matcher)
