"""The order of the events of a thread: by causality, then by time, then by leaf hash; never by who spoke.

What came before what is known from signatures alone: an entry precedes the later entries of its own log, whatever refers to
it (by `re`, or by the thread's id, which is a hash of the opening), and whatever was said after seeing a checkpoint that
covers it. A claimed time cannot contradict that: it is moved up to the latest of what came before (*effective time*), and
flagged when it is off by more than clocks may be.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from detente.channel.clocks import SKEW_US
from detente.said import Said

Receipts = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Placed:
    """A statement at its place. `back_dated`: claims a time before what it answers to. `post_dated`: after another party held
    it."""

    said: Said
    effective_us: int
    back_dated: bool = False
    post_dated: bool = False


def held_us(said: Said, receipts: Receipts, parties: Collection[str]) -> int | None:
    """When another of `parties` says to have held it for the first time; the speaker's own word on that counts for nothing."""
    held = receipts.get(said.id)
    if not held:
        return None
    speaker = said.speaker
    return min((at_us for party, at_us in held.items() if party != speaker and party in parties), default=None)


def said_us(said: Said, receipts: Receipts, parties: Collection[str]) -> int:
    """The claimed time, or when another of `parties` already held it if that is earlier: nobody speaks from the future."""
    return _not_after(said.at_us, held_us(said, receipts, parties))


def _not_after(at_us: int, held_us: int | None) -> int:
    return at_us if held_us is None else min(at_us, held_us)


def in_order(opening: Said, rest: Sequence[Said], receipts: Receipts, parties: Collection[str]) -> list[Placed]:
    """All of them, the opening first, each once, with the time at which they count; receipts of `parties` count alone."""
    everything = [opening, *rest]
    before = _before(everything)
    after: dict[int, list[int]] = defaultdict(list)
    for later, earlier in enumerate(before):
        for index in earlier:
            after[index].append(later)
    waiting = [len(earlier) for earlier in before]
    held = [held_us(said, receipts, parties) for said in everything]
    claimed = [_not_after(said.at_us, held[position]) for position, said in enumerate(everything)]
    floor = [0] * len(everything)  # the latest effective time of what came before
    ready = [(claimed[0], b"", 0)]
    # Logs that refer to each other in a circle cannot have been written honestly; the circle is cut at its earliest statement.
    stuck = sorted(range(1, len(everything)), key=lambda i: (claimed[i], everything[i].ref.leaf), reverse=True)
    placed: list[Placed] = []
    done = [False] * len(everything)
    while len(placed) < len(everything):
        index = heapq.heappop(ready)[2] if ready else stuck.pop()
        if done[index]:
            continue
        done[index] = True
        said = everything[index]
        effective_us = max(claimed[index], floor[index])
        first_held_us = held[index]
        placed.append(
            Placed(
                said,
                effective_us,
                back_dated=claimed[index] < floor[index] - SKEW_US,
                post_dated=first_held_us is not None and said.at_us > first_held_us + SKEW_US,
            )
        )
        for later in after[index]:
            floor[later] = max(floor[later], effective_us)
            waiting[later] -= 1
            if not waiting[later] and not done[later]:
                heapq.heappush(ready, (max(claimed[later], floor[later]), everything[later].ref.leaf, later))
    return placed


def _before(everything: Sequence[Said]) -> list[set[int]]:
    """For each statement the positions of those that are known to come before it; what follows from these is left out."""
    at = {said.ref.leaf: position for position, said in enumerate(everything)}
    logs: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for position, said in enumerate(everything):
        logs[said.ref.log].append((said.ref.index, position))
    for entries in logs.values():
        entries.sort()
    before: list[set[int]] = [set() for _ in everything]
    for entries in logs.values():
        for (_, earlier), (_, later) in pairwise(entries):
            before[later].add(earlier)
    for position, said in enumerate(everything):
        if said.re is not None and said.re.leaf in at:
            before[position].add(at[said.re.leaf])
        for seen in said.seen:
            covered = bisect_left(logs.get(seen.log, []), (seen.size, -1))
            if covered:
                before[position].add(logs[seen.log][covered - 1][1])
        before[position].add(0)
        before[position].discard(position)
    before[0].clear()
    return before
