"""The register of norms: where each party stands on them, and in whose words.

A party's standing is what it says itself. What others say of it is kept beside it under their names, and never becomes its word. Where
nothing is said the standing is "unknown", which is not "no".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from detente.errors import InvalidStatement
from detente.norms.bodies import Commitment, kept
from detente.norms.tables import ACCEPTING, NORMS, UNKNOWN, Norm
from detente.said import Said


@dataclass(frozen=True, slots=True)
class Step:
    """One statement on where a party stands. `at`: since when, as written by the speaker; `said_us`: when it was said."""

    id: str
    short: str
    speaker: str
    said_us: int
    status: str
    at: str
    source: str
    reservation: str
    office: str
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """`own`: what the party said of itself, `by_others`: what others said of it; both by the date they state, the latest last."""

    norm: str
    party: str
    own: tuple[Step, ...] = ()
    by_others: tuple[Step, ...] = ()

    @property
    def current(self) -> Step | None:
        """The party's own word that holds: its latest that it did not withdraw."""
        return next((step for step in reversed(self.own) if not step.withdrawn), None)

    @property
    def status(self) -> str:
        return self.current.status if self.current is not None else UNKNOWN

    @property
    def reservation(self) -> str:
        return self.current.reservation if self.current is not None else ""

    @property
    def accepted(self) -> bool:
        """Whether the party says that it accepted the norm. False says only that it did not say so here."""
        return self.status in ACCEPTING


def standings(statements: Iterable[Said]) -> dict[tuple[str, str], Standing]:
    """By norm and party: every pair on which something was said."""
    steps: dict[tuple[str, str], list[tuple[int, int, bytes, Step]]] = {}
    for said, body in kept(statements, Commitment):
        step = Step(
            said.id,
            said.short,
            said.speaker,
            said.at_us,
            body.status,
            str(body.at),
            body.source,
            body.reservation,
            body.office,
            said.withdrawn,
        )
        steps.setdefault((body.norm, body.party), []).append((body.at.last_us, said.at_us, said.ref.leaf, step))
    found = {}
    for (norm, party), dated in steps.items():
        in_order = [step for *_, step in sorted(dated, key=lambda one: one[:3])]
        found[norm, party] = Standing(
            norm,
            party,
            tuple(step for step in in_order if step.speaker == party),
            tuple(step for step in in_order if step.speaker != party),
        )
    return found


def register(
    statements: Iterable[Said], norms: Sequence[str], parties: Sequence[str]
) -> dict[str, dict[str, Standing]]:
    """The table of norms × parties: a standing for every pair, "unknown" where nothing was said."""
    known = standings(statements)
    return {norm: {party: known.get((norm, party), Standing(norm, party)) for party in parties} for norm in norms}


def norm_named(name: str) -> Norm:
    """A norm by its id, or by its short name where only one has it. Raises InvalidStatement."""
    found = NORMS.get(name) or next((norm for norm in NORMS.values() if norm.name == name), None)
    if found is None:
        raise InvalidStatement(
            f"there is no norm {name!r}; ids are un-2015-a to un-2015-k and osce-cbm-1 to osce-cbm-16. See: detente norm list"
        )
    return found
