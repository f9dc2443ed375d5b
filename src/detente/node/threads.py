"""One log searched by several threads: the compiled pass lets go of the interpreter, so they run beside each other.

Pieces go to the threads in turn and come back in order, so the result is that of one thread. One thread more, the caller's,
reads, cuts and counts.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import chain, islice

from detente.hunt.chunks import Piece, Rows
from detente.hunt.indicators import Matcher
from detente.hunt.scan import Search, Searched, in_turn
from detente.hunt.sieve import sieve_for

PIECES_AHEAD = 2  # of each thread, so that none waits for the others


def threads_for(matcher: Matcher) -> int:
    """As many as there are processors for this process; one for the sieve that never lets go of the interpreter."""
    return len(os.sched_getaffinity(0)) if matcher.compiled is not None else 1


@contextmanager
def searching(matcher: Matcher, threads: int | None = None) -> Iterator[Search]:
    """For `detente.hunt.scan.hunt`, for one log after the other."""
    count = threads_for(matcher) if threads is None else threads
    if count < 2:
        yield in_turn(sieve_for(matcher))
        return
    with ExitStack() as running:
        # An executor for each, because a sieve keeps a buffer and belongs to one thread.
        workers = [(running.enter_context(ThreadPoolExecutor(1)), sieve_for(matcher)) for _ in range(count)]

        alone = in_turn(sieve_for(matcher))

        def search(log: Iterable[Piece]) -> Iterator[Searched]:
            pieces = iter(log)
            begin = list(islice(pieces, 2))
            if len(begin) < 2:
                # Of ten thousand small logs, handing each to a thread would take longer than to search it.
                yield from alone(begin)
                return
            under_way: deque[tuple[Piece, Future[tuple[Rows, int]]]] = deque()
            for number, piece in enumerate(chain(begin, pieces)):
                executor, sieve = workers[number % count]
                under_way.append((piece, executor.submit(sieve.words, piece)))
                if len(under_way) >= PIECES_AHEAD * count:
                    first, found = under_way.popleft()
                    yield first, *found.result()
            while under_way:
                first, found = under_way.popleft()
                yield first, *found.result()

        yield search
