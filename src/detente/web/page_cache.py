"""Answers kept ready: a bounded memory of pages, the one used longest ago leaves first.

The key holds all that the bytes depend on: the question, the rights of who asks, and the epoch of what they can see. A
page under an old epoch is never asked for again and drops out by itself.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field

_OVERHEAD_BYTES = 1_024
"""About what key, headers and bookkeeping weigh; it bounds the number of small pages."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer; `headers` are complete, Content-Length and all."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


@dataclass(slots=True)
class PageCache:
    """Used from the event loop alone, so it takes no lock."""

    bytes_max: int
    _replies: OrderedDict[Hashable, Reply] = field(default_factory=OrderedDict)
    _bytes: int = 0

    def find(self, key: Hashable) -> Reply | None:
        reply = self._replies.get(key)
        if reply is not None:
            self._replies.move_to_end(key)
        return reply

    def keep(self, key: Hashable, reply: Reply) -> None:
        if key in self._replies or len(reply.body) + _OVERHEAD_BYTES > self.bytes_max:
            return
        self._replies[key] = reply
        self._bytes += len(reply.body) + _OVERHEAD_BYTES
        while self._bytes > self.bytes_max:
            _, oldest = self._replies.popitem(last=False)
            self._bytes -= len(oldest.body) + _OVERHEAD_BYTES
