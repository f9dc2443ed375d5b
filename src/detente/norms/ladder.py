"""Chains of responses: what answered what, on which rung, and whether the steps rise.

Responses are linked by their authors (`of`). A chain is the path from a first response to one that nobody answered. Walking along it we
keep the steps that stand above one another: a step on a lower or equal rung takes away those above and beside it. Three or more that
stand are a *rising chain*, shown with its links. A decision not to respond stands on the lowest rung, and lowers. What is undisclosed has
no rung, and neither raises nor lowers until it is revealed.

That a chain rises is a fact about kinds and links. Nothing here says that a step was fitting.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from detente.norms.answers import AnswerEntry, answers_by_entry, answers_to
from detente.norms.bodies import Response, kept
from detente.norms.sealed import SealState, revealed_kind, seal_states
from detente.norms.tables import RESPONSES, UNDISCLOSED
from detente.said import Said

RISING_LINKS = 3


@dataclass(frozen=True, slots=True)
class Step:
    """One response. `kind` and `rung` are those revealed, once they are; `said_kind` is what the statement itself says."""

    id: str
    short: str
    speaker: str
    to: str
    said_us: int
    decided: str
    said_kind: str
    kind: str
    rung: int | None
    role: str
    reasons: str
    review: str
    review_us: int | None
    ends: str
    incident: str
    about: tuple[str, ...]
    of: str
    seal: SealState | None
    withdrawn: bool
    answers: tuple[AnswerEntry, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """`standing`: ids of the steps that stand above one another at its end, the lowest first."""

    steps: tuple[Step, ...]
    standing: tuple[str, ...]

    @property
    def rising(self) -> bool:
        return len(self.standing) >= RISING_LINKS


def steps(responses: Iterable[Said], reveals: Iterable[Said], now_us: int, answers: Iterable[Said] = ()) -> list[Step]:
    """Every response that can be read, with what others answer, in the order in which they were said."""
    held = list(responses)
    seals = seal_states(held, reveals, now_us)
    replies = answers_by_entry(answers)
    return [_step(said, body, seals.get(said.id), answers_to(said, replies)) for said, body in kept(held, Response)]


def chains(found: Sequence[Step]) -> list[Chain]:
    """One chain for each response that nobody answered, in the order of these last steps.

    A link to a response that is not held here begins a chain of its own.
    """
    by_id = {step.id: step for step in found}
    answered = {step.of for step in found}
    return [_chain(step, by_id) for step in found if step.id not in answered]


def _chain(last: Step, by_id: Mapping[str, Step]) -> Chain:
    path = [last]
    # An id is a hash over what it names, so that no link leads back; the bound is for ids that nobody could have made.
    while (parent := by_id.get(path[-1].of)) is not None and len(path) <= len(by_id):
        path.append(parent)
    path.reverse()
    standing: list[Step] = []
    for step in path:
        if step.rung is None:
            continue
        while standing and (standing[-1].rung or 0) >= step.rung:
            standing.pop()
        standing.append(step)
    return Chain(tuple(path), tuple(step.id for step in standing))


def _step(said: Said, body: Response, seal: SealState | None, answers: tuple[AnswerEntry, ...]) -> Step:
    kind: str = body.kind
    if kind == UNDISCLOSED and seal is not None and seal.text is not None:
        kind = revealed_kind(seal.text)
    return Step(
        said.id,
        said.short,
        said.speaker,
        body.to,
        said.at_us,
        str(body.decided),
        body.kind,
        kind,
        RESPONSES[kind].rung,
        body.role,
        body.reasons,
        "" if body.review is None else str(body.review),
        None if body.review is None else body.review.last_us,
        "" if body.ends is None else str(body.ends),
        body.incident,
        body.about,
        body.of,
        seal,
        said.withdrawn,
        answers,
    )
