"""The scope of what two parties agreed to do together: a list of activity classes and purposes, not a slogan.

Source: docs/joint.md. The clauses come from the agreements in force between the parties concerned (`detente.norms.agreements`). A clause
without classes limits no class, and one without purposes no purpose; where at least one clause has classes, a request is inside when
each class that it names stands in some clause. Every refusal names the clauses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detente.errors import NotPermitted

# The lane for what no state is said to be behind: it stays open while an attribution is disputed, and carries no dispute.
CRIME_LANE = "crime"
DISPUTE_KINDS = ("board", "assessment", "position", "rating")


@dataclass(frozen=True, slots=True)
class Limit:
    """One clause of an agreement in force. `agreement` is its title, `version` that of the text."""

    agreement: str
    version: int
    clause: str
    classes: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"clause {self.clause} of “{self.agreement}” (version {self.version})"


def require_in_scope(limits: Sequence[Limit], classes: Sequence[str], purpose: str, *, other: str) -> None:
    """Raises NotPermitted naming clause, class or purpose when a request to `other` is outside what was agreed with it.

    A request that names no class cannot be compared with a scope, and is refused where there is one; a purpose is compared when stated.
    """
    _require(limits, "classes", classes, "activity class", other)
    _require(limits, "purposes", (purpose,) if purpose else (), "purpose", other)
    if not classes and any(limit.classes for limit in limits):
        raise NotPermitted(
            f"with {other} a scope is agreed ({_named(limits, 'classes')}); name the activity class that this request is about"
        )


def _require(limits: Sequence[Limit], field: str, asked: Sequence[str], what: str, other: str) -> None:
    agreed = {word for limit in limits for word in getattr(limit, field)}
    outside = [word for word in asked if agreed and word not in agreed]
    if outside:
        raise NotPermitted(
            f"{what} {outside[0]} is outside the scope agreed with {other}: {_named(limits, field)}. "
            "Change the agreement by an amendment, or ask outside of it."
        )


def _named(limits: Sequence[Limit], field: str) -> str:
    return "; ".join(f"{limit} has {', '.join(getattr(limit, field))}" for limit in limits if getattr(limit, field))


def require_no_dispute(lane: str, attached: Sequence[tuple[str, str]]) -> None:
    """Raises NotPermitted when a request in the crime lane carries a question of attribution. `attached`: kind and name of each."""
    disputes = [f"{kind} {name}" for kind, name in attached if kind in DISPUTE_KINDS]
    if lane == CRIME_LANE and disputes:
        raise NotPermitted(
            f"a request in the lane {CRIME_LANE} carries no question of attribution; leave out {', '.join(disputes)}"
        )
