"""After a review: what was recommended, to whom, and what became of it, in each party's own word.

The state of a measure is what its recorder last said; what another party says of it stands beside, by name. "Done" without a
reference to what shows it changes nothing, also when it comes from a partner's log: the measure stays what it was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from detente.chronology.bodies import OPEN_STATES, STATES, Measure, State
from detente.errors import InvalidStatement
from detente.said import Said, readable
from detente.when import DAY_US, When


@dataclass(frozen=True, slots=True)
class Word:
    """One party's statement on a measure's state."""

    said: Said
    state: State
    evidence: tuple[str, ...]
    reason: str
    when: When | None


@dataclass(frozen=True, slots=True)
class Tracked:
    """A measure and every word on it, oldest first. `states`: by origin, the last word of each party that said one."""

    said: Said
    measure: Measure
    words: tuple[Word, ...]

    @property
    def states(self) -> dict[str, State]:
        return {word.said.speaker: word.state for word in self.words}

    @property
    def state(self) -> State:
        """What the party that recorded the measure last said of it."""
        return self.states[self.said.speaker]

    @property
    def open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def given_us(self) -> int:
        """When it was given: the day that is stated, else when it was recorded."""
        return self.measure.when.at_us if self.measure.when is not None else self.said.at_us

    def age_days(self, now_us: int) -> int:
        return max(0, now_us - self.given_us) // DAY_US

    def overdue(self, now_us: int) -> bool:
        return self.open and self.measure.due is not None and self.measure.due.last_us < now_us


def tracked(statements: Iterable[Said]) -> list[Tracked]:
    """Every measure in the order in which it was given (stated day, then leaf hash), with its words in the order of time."""
    found = readable((s for s in statements if s.kind == "measure"), Measure)
    later: dict[str, list[Word]] = defaultdict(list)
    for said, body in sorted(found, key=lambda item: (item[0].at_us, item[0].ref.leaf)):
        if body.of:
            later[body.of].append(Word(said, body.state, body.evidence, body.reason, body.when))
    measures = [
        Tracked(said, body, (Word(said, "given", (), "", body.when), *later[said.id]))
        for said, body in found
        if not body.of
    ]
    return sorted(measures, key=lambda m: (m.given_us, m.said.ref.leaf))


def check_update(measure: Tracked, speaker: str, state: State) -> None:
    """Raises InvalidStatement when this word would change nothing, or go back to the beginning."""
    now = measure.states.get(speaker)
    if state == "given":
        raise InvalidStatement("a measure is given once; its later states are accepted, rejected, done or unknown")
    if now == state and state != "done":
        raise InvalidStatement(f"the measure {measure.said.short} is {state} already, by our own word")


def counts(measures: Iterable[Tracked]) -> dict[State, int]:
    """How many measures are in each state, by their recorder's word; a state that none has counts 0."""
    result = dict.fromkeys(STATES, 0)
    for measure in measures:
        result[measure.state] += 1
    return result
