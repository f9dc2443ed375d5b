"""An activity that a warning, an agreement or an evaluation is about: a machine-checkable definition, not a slogan.

The classes are kept apart on purpose: tampering with an election system, intrusion into a mail server and publication of what was taken
are different acts, and a count over one says nothing about the others. What is counted are *incident clusters*, never raw sightings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

CLASSES = {
    "denial-of-service": "making a service unreachable",
    "destruction": "destroying or encrypting data or devices",
    "exfiltration": "taking data out",
    "fraud": "theft or deception for money",
    "influence": "publishing or placing content to sway opinion",
    "intrusion": "entering a system without right",
    "publication": "making public what was taken",
    "scanning": "looking for ways in",
    "supply-chain": "entering through a product or a supplier",
    "tampering": "changing data or a system's function, as in an election system",
}

_Words = tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=200)], ...]


class Activity(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Which events count. An event counts when its class is listed and each non-empty list names something it has.

    `classes`: keys of CLASSES. `indicators`: STIX ids, of which the event was seen by at least one. `targets`: sectors or target
    classes. `territories`: where it appeared to come from, as stated by who reports it, which asserts nothing about a state.
    """

    classes: _Words
    indicators: _Words = ()
    targets: _Words = ()
    territories: _Words = ()

    def __post_init__(self) -> None:
        unknown = sorted(set(self.classes) - set(CLASSES))
        if not self.classes or unknown:
            raise ValueError(
                f"an activity needs at least one class of {', '.join(CLASSES)}"
                + (f"; unknown here: {', '.join(unknown)}" if unknown else "")
            )

    def counts(
        self, class_: str, indicators: Sequence[str] = (), targets: Sequence[str] = (), territories: Sequence[str] = ()
    ) -> bool:
        """Whether an event with these properties falls under the definition."""
        return class_ in self.classes and all(
            not wanted or not set(wanted).isdisjoint(present)
            for wanted, present in (
                (self.indicators, indicators),
                (self.targets, targets),
                (self.territories, territories),
            )
        )
