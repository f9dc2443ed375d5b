"""When a statement counts: its claimed time, moved up behind all that is known to have come before it.

What came before is known from signatures alone: the earlier entries of the same log, the statement that it names, and whatever stands in
another log below the checkpoint that it had seen. So nobody dates a signature before the text that it signs, or before what it had read,
and a clock that is some minutes behind turns no order round. The same statements give the same times on every node.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import accumulate

from detente.said import Said


def effective_times(statements: Sequence[Said], named: Mapping[str, str]) -> dict[str, int]:
    """By id, in microseconds since 1970 UTC. `named`: for a statement that names another one of these, the id of that one.

    Each is later than all that came before it. The number of passes is bounded: where logs refer to each other in a circle, which no
    honest party can write, times are not brought into an order that does not exist.
    """
    times = {said.id: said.at_us for said in statements}
    logs: dict[str, list[Said]] = defaultdict(list)
    for said in sorted(statements, key=lambda said: said.ref.index):
        logs[said.ref.log].append(said)
    indices = {log: [said.ref.index for said in entries] for log, entries in logs.items()}
    for _ in statements:
        latest = {log: list(accumulate((times[said.id] for said in entries), max)) for log, entries in logs.items()}
        before = dict(times)
        for said in statements:
            came_before = [times[named[said.id]]] if said.id in named else []
            for log, size in ((said.ref.log, said.ref.index), *((seen.log, seen.size) for seen in said.seen)):
                covered = bisect_left(indices.get(log, ()), size)
                if covered:
                    came_before.append(latest[log][covered - 1])
            times[said.id] = max([said.at_us, *(at_us + 1 for at_us in came_before)])
        if times == before:
            break
    return times
