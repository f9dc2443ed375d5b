"""Logs searched by several threads: the compiled pass lets go of the interpreter, so they run beside each other.

Two ways, for what can be read by anybody and for what only the caller may read, because a request to stop has to end the read:

    files     each thread reads the next load into a buffer of its own and searches it there; the caller takes what was found, in order
    streams   the caller reads and cuts; pieces go to the threads in turn and come back in order

Either way the result is that of one thread.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain, count, cycle
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Generic, Protocol, TypeVar

from detente.hunt.chunks import PAUSE, Piece, Rows
from detente.hunt.indicators import Matcher
from detente.hunt.scan import Searched, in_turn
from detente.hunt.sieve import Sieve, sieve_for

PIECES_AHEAD = 2  # of each thread, so that none waits for the others
BUFFERS = 2  # of each thread: one that it fills, and one that the caller looks at


class Load(Protocol):
    def searched(self, sieve: Sieve) -> list[tuple[Rows, int]]: ...


L = TypeVar("L", bound=Load)
Found = list[tuple[Rows, int]]


def threads_for(matcher: Matcher) -> int:
    """As many as there are processors for this process; one for the sieve that never lets go of the interpreter."""
    return len(os.sched_getaffinity(0)) if matcher.compiled is not None else 1


@contextmanager
def searching(matcher: Matcher, threads: int | None = None) -> Iterator[Searching]:
    """For one hunt after the other. What it yields is a `detente.hunt.scan.Search`, for streams."""
    with ExitStack() as running:
        yield Searching(matcher, threads_for(matcher) if threads is None else threads, running)


class Searching:
    def __init__(self, matcher: Matcher, threads: int, running: ExitStack) -> None:
        # A sieve keeps a buffer and belongs to one thread.
        self._alone = sieve_for(matcher)
        self._sieves = [sieve_for(matcher) for _ in range(threads)] if threads > 1 else []
        self._running = running
        self._executors: list[ThreadPoolExecutor] = []

    def __call__(self, log: Iterable[Piece]) -> Iterator[Searched]:
        """Streams."""
        if not self._sieves:
            yield from in_turn(self._alone)(log)
            return
        under_way: deque[tuple[Piece, Future[tuple[Rows, int]]]] = deque()
        turns = cycle(range(len(self._sieves)))
        last: Piece | None = None
        for piece in chain(log, (PAUSE,)):
            if last is not None and piece is not PAUSE:
                turn = next(turns)
                under_way.append((last, self._executor(turn).submit(self._sieves[turn].words, last)))
            while under_way and (piece is PAUSE or len(under_way) >= PIECES_AHEAD * len(self._sieves)):
                first, found = under_way.popleft()
                yield first, *found.result()
            if last is not None and piece is PAUSE:
                # Nothing is left for anybody else, and to hand a small log to a thread takes longer than to search it.
                yield last, *self._alone.words(last)
            last = None if piece is PAUSE else piece

    def _executor(self, turn: int) -> ThreadPoolExecutor:
        if not self._executors:
            self._executors = [self._running.enter_context(ThreadPoolExecutor(1)) for _ in self._sieves]
        return self._executors[turn]

    def loads(self, read: Callable[[bytearray], L | None], buffer_bytes: int) -> Generator[tuple[L, Found], None, None]:
        """Files: each load with what the sieve says of it, until `read` has none. Valid until the next is asked for.

        `read` is called by any thread, but by one at a time.
        """
        if self._sieves:
            yield from _Pool(read, self._sieves, buffer_bytes).loads()
            return
        buffer = bytearray(buffer_bytes)
        while (load := read(buffer)) is not None:
            yield load, load.searched(self._alone)


@dataclass(frozen=True, slots=True)
class _Done(Generic[L]):
    """`load` is None behind the last."""

    number: int
    buffer: bytearray
    load: L | None = None
    found: Found | None = None
    error: BaseException | None = None


class _Pool(Generic[L]):
    """Threads that take a buffer, read the next load, search it, and give both back with a number."""

    def __init__(self, read: Callable[[bytearray], L | None], sieves: list[Sieve], buffer_bytes: int) -> None:
        self._read = read
        self._sieves = sieves
        self._free: SimpleQueue[bytearray | None] = SimpleQueue()
        for _ in range(BUFFERS * len(sieves)):
            self._free.put(bytearray(buffer_bytes))
        self._done: SimpleQueue[_Done[L]] = SimpleQueue()
        self._reading = Lock()
        self._numbers = count()
        self._over = False

    def loads(self) -> Iterator[tuple[L, Found]]:
        threads = [Thread(target=self._work, args=(sieve,), daemon=True) for sieve in self._sieves]
        for thread in threads:
            thread.start()
        early: dict[int, _Done[L]] = {}
        try:
            for number in count():
                while number not in early:
                    done = self._done.get()
                    early[done.number] = done
                done = early.pop(number)
                if done.error is not None:
                    raise done.error
                if done.load is None:
                    return
                yield done.load, done.found or []
                self._free.put(done.buffer)
        finally:
            self._over = True
            for _ in threads:
                self._free.put(None)
            for thread in threads:
                thread.join()

    def _work(self, sieve: Sieve) -> None:
        while (buffer := self._free.get()) is not None:
            number = -1
            try:
                with self._reading:
                    number = next(self._numbers)
                    load = None if self._over else self._read(buffer)
                self._done.put(_Done(number, buffer, load, None if load is None else load.searched(sieve)))
            except BaseException as error:
                self._done.put(_Done(number, buffer, error=error))
                return
            if load is None:
                return
