"""Proposals: something is proposed, accepted, declined or withdrawn, and all of it stays on record, in order.

Source: docs/joint.md. The state is a pure function of the statements; a retraction adds a line and erases none. The table below is the same
for both sides: whoever reads it knows what a step does, and a step that the table does not have changes nothing and is shown as such.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from detente.errors import NotPermitted
from detente.joint.bodies import Proposal
from detente.said import Said, readable

Standing = Literal["proposed", "accepted", "declined", "withdrawn"]
Part = Literal["proposer", "addressee"]

# (who, where the proposal stands, step) -> where it stands then. Withdrawn is an end; what is proposed again is a new proposal.
MOVES: dict[tuple[Part, Standing, str], Standing] = {
    ("addressee", "proposed", "accepted"): "accepted",
    ("addressee", "proposed", "declined"): "declined",
    ("addressee", "accepted", "accepted"): "accepted",
    ("addressee", "accepted", "declined"): "declined",
    ("addressee", "accepted", "withdrawn"): "withdrawn",
    ("addressee", "declined", "accepted"): "accepted",
    ("proposer", "proposed", "withdrawn"): "withdrawn",
    ("proposer", "accepted", "withdrawn"): "withdrawn",
    ("proposer", "declined", "withdrawn"): "withdrawn",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the history. `counted`: whether the table has this step; one that it has not changes nothing."""

    said: Said
    body: Proposal
    counted: bool


@dataclass(frozen=True, slots=True)
class History:
    """A proposal and everything said of it, in order. `answers`: by addressee, accepted or declined, as it stands now."""

    proposal: Said
    body: Proposal
    steps: tuple[Step, ...]
    standing: Standing
    by: str
    answers: dict[str, Standing]

    @property
    def state(self) -> str:
        """Where it stands, and by whose step: "withdrawn by a.example"; of several addressees, each with its own answer."""
        if self.standing in ("proposed", "withdrawn") or len(self.proposal.aud) == 1:
            return f"{self.standing} by {self.by}"
        return "; ".join(
            f"{self.answers[origin]} by {origin}" if origin in self.answers else f"no answer by {origin} yet"
            for origin in sorted(self.proposal.aud)
        )


def histories(statements: Sequence[Said]) -> list[History]:
    """Every proposal among the statements, in the order in which they were made; statements in whatever order."""
    found = [(said, body) for said, body in readable(statements, Proposal) if said.kind == "proposal"]
    found.sort(key=_order)
    return [_history(said, body, found) for said, body in found if body.step == "proposed"]


def _history(proposal: Said, body: Proposal, found: Sequence[tuple[Said, Proposal]]) -> History:
    standing: Standing = "proposed"
    by = proposal.speaker
    answers: dict[str, Standing] = {}
    steps = [Step(proposal, body, counted=True)]
    for said, step in found:
        if step.of != proposal.id:
            continue
        after = _after(proposal, answers, standing, said, step)
        steps.append(Step(said, step, counted=after is not None))
        if after is not None:
            standing, by = after, said.speaker
            if said.speaker != proposal.speaker and after != "withdrawn":
                answers[said.speaker] = after
    return History(proposal, body, tuple(steps), standing, by, answers)


def _after(
    proposal: Said, answers: dict[str, Standing], standing: Standing, said: Said, step: Proposal
) -> Standing | None:
    """Where a proposal stands after a step, None when the table has no such step for this speaker."""
    if said.speaker == proposal.speaker:
        return MOVES.get(("proposer", standing, step.step))
    if said.speaker not in proposal.aud or standing == "withdrawn":
        return None
    # Of several addressees each answers for itself: that one declined is no reason why another may not withdraw its own word.
    return MOVES.get(("addressee", answers.get(said.speaker, "proposed"), step.step))


def require_move(history: History, speaker: str, step: str) -> None:
    """Raises NotPermitted when `speaker` cannot take this step now, saying which ones the table has for it."""
    part: Part = "proposer" if speaker == history.proposal.speaker else "addressee"
    standing = history.standing
    if part == "addressee" and standing != "withdrawn":
        standing = history.answers.get(speaker, "proposed")
    allowed = [move for who, where, move in MOVES if (who, where) == (part, standing)]
    known = speaker == history.proposal.speaker or speaker in history.proposal.aud
    if not known or step not in allowed:
        possible = (", ".join(allowed) or "none: propose it anew") if known else "none: it was not addressed to you"
        raise NotPermitted(
            f"proposal {history.proposal.short} is {history.state}; {step} by {speaker} is not possible now. Possible: {possible}"
        )


def _order(one: tuple[Said, Proposal]) -> tuple[int, bytes]:
    return one[0].at_us, one[0].ref.leaf
