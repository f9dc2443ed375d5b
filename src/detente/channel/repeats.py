"""Openings that repeat earlier ones: linked only by their own sender, counted for each addressee by what both hold.

A link counts when the same speaker says it, with the same move, to the same addressee. Nobody else can lengthen a chain.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from detente.channel.bodies import Message
from detente.said import Said


@dataclass(frozen=True, slots=True)
class Openings:
    """The openings at hand, by id, and which ones say to repeat which."""

    by_id: Mapping[str, tuple[Said, Message]]
    repeated_by: Mapping[str, Sequence[str]]

    def chain(self, id: str, addressee: str, told: Callable[[Said], bool]) -> tuple[str, ...]:
        """The ids of the chain that `id` belongs to, as far as `addressee` was `told`, in the order in which they were said."""
        if not self.by_id[id][1].repeats and id not in self.repeated_by:
            return (id,)
        first, above = id, {id}
        while (earlier := self._link(first, addressee, told)) and earlier not in above:
            first = earlier
            above.add(first)
        times = {first: self.by_id[first][0].at_us}
        waiting = [first]
        while waiting:
            earlier = waiting.pop()
            for later in self.repeated_by.get(earlier, ()):
                if later not in times and self._link(later, addressee, told) == earlier:
                    times[later] = max(times[earlier], self.by_id[later][0].at_us)
                    waiting.append(later)
        return tuple(sorted(times, key=lambda one: (times[one], self.by_id[one][0].ref.leaf)))

    def _link(self, id: str, addressee: str, told: Callable[[Said], bool]) -> str:
        """The opening that this one rightly says to repeat, or ""."""
        said, message = self.by_id[id]
        if message.repeats not in self.by_id:
            return ""
        earlier, before = self.by_id[message.repeats]
        same = earlier.speaker == said.speaker and before.move == message.move
        both = addressee in earlier.aud and addressee in said.aud and told(earlier) and told(said)
        return message.repeats if same and both else ""


def openings(pairs: Iterable[tuple[Said, Message]]) -> Openings:
    by_id = {said.id: (said, message) for said, message in pairs}
    repeated_by: dict[str, list[str]] = defaultdict(list)
    for id, (_, message) in by_id.items():
        if message.repeats:
            repeated_by[message.repeats].append(id)
    return Openings(by_id, repeated_by)
