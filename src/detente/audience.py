"""Who may receive a statement: marking ∩ agreement ∩ addressees.

The marking is the object's effective TLP 2.0 label (FIRST, TLP version 2.0, August 2022); the agreement is the ceiling that
the operator set for a partner; the addressees are the parties named for this object, or the readers of its collection.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detente.errors import NotPermitted
from detente.stix.marking import Tlp


@dataclass(frozen=True, slots=True)
class Standing:
    """What matters here of a party: who it is, the most restrictive marking it receives, whether sharing is paused."""

    origin: str
    receives: Tlp
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Audience:
    """`allowed`: sorted origins. `refused`: origin and the reason, in the same order as asked."""

    allowed: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]


def decide(marking: Tlp, addressees: Sequence[Standing], *, named: bool) -> Audience:
    """The parties that may have an object of this marking.

    `named`: the addressees were named one by one for this object; False when they are the readers of a collection. TLP:RED and
    TLP:AMBER+STRICT go to named addressees only: a standing list of readers is not a decision about this object.
    """
    allowed: list[str] = []
    refused: list[tuple[str, str]] = []
    for standing in addressees:
        if standing.paused:
            refused.append((standing.origin, "sharing with this partner is paused"))
        elif marking > standing.receives:
            refused.append((standing.origin, f"{marking.label} is above the agreed ceiling {standing.receives.label}"))
        elif marking >= Tlp.AMBER_STRICT and not named:
            refused.append(
                (standing.origin, f"{marking.label} goes to named addressees only, not to a collection's readers")
            )
        else:
            allowed.append(standing.origin)
    return Audience(tuple(sorted(set(allowed))), tuple(refused))


def demand(marking: Tlp, addressees: Sequence[Standing], *, named: bool) -> Audience:
    """As `decide`; raises NotPermitted naming what forbids it when somebody was asked for and nobody is left."""
    audience = decide(marking, addressees, named=named)
    if addressees and not audience.allowed:
        reasons = "; ".join(f"{origin}: {reason}" for origin, reason in audience.refused)
        raise NotPermitted(
            f"no addressee may receive it ({reasons}). Change the marking, the agreement or the addressees."
        )
    return audience
