"""What is decided about indicators besides whether they match: which are looked for, and which hits are known to be harmless here.

A floor of confidence leaves out the indicators that state less; one that states nothing is looked for, since unknown is not
low. A cap keeps the first of them: by the order in which sharers were preferred, then by confidence, then in the order in
which they came. What is left out is counted with the reason. An allow-list of one's own hides nothing either: hits on it
are counted apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from detente.errors import InvalidObject, InvalidPattern
from detente.hunt import values
from detente.hunt.indicators import IndicatorSource
from detente.hunt.warninglists import WarningList, WarningLists
from detente.stix.pattern import PatternValue

ALLOW_LIST = "allow-list"


def select(
    sources: Sequence[IndicatorSource],
    *,
    min_confidence: int = 0,
    indicators_max: int | None = None,
    preferred: Sequence[str] = (),
) -> tuple[list[IndicatorSource], Mapping[str, int]]:
    """Those to look for, in the order they came, and how many are not, by reason."""
    places, left_out = select_places(
        [source.confidence for source in sources],
        [source.shared_by for source in sources],
        min_confidence=min_confidence,
        indicators_max=indicators_max,
        preferred=preferred,
    )
    return [sources[place] for place in places], left_out


def select_places(
    confidences: Sequence[int | None],
    shared_by: Sequence[str],
    *,
    min_confidence: int = 0,
    indicators_max: int | None = None,
    preferred: Sequence[str] = (),
) -> tuple[list[int], Mapping[str, int]]:
    """The same by their places, of what each states and who shared it: there may be too many to make objects of them."""
    left_out: dict[str, int] = {}
    kept = [place for place, stated in enumerate(confidences) if stated is None or stated >= min_confidence]
    if len(kept) < len(confidences):
        left_out[f"stated confidence below {min_confidence}"] = len(confidences) - len(kept)
    if indicators_max is not None and len(kept) > indicators_max:
        left_out[f"ranked behind the first {indicators_max:,}"] = len(kept) - indicators_max
        order = {name: rank for rank, name in enumerate(preferred)}
        ranks = [order.get(name, len(order)) for name in shared_by]
        # Those of one rank stay in the order in which they came.
        kept.sort(key=lambda place: (ranks[place], -(confidences[place] or 0)))
        kept = sorted(kept[:indicators_max])
    return kept, left_out


def allow_list(allowed: Iterable[PatternValue]) -> WarningLists:
    """Of values: networks hold addresses, names hold those below them and URLs at them, all else is equal to itself."""
    entries: dict[str, list[str]] = {"cidr": [], "hostname": [], "string": []}
    for value in allowed:
        if value.kind in ("ipv4", "ipv6"):
            range_of = values.ipv4_range if value.kind == "ipv4" else values.ipv6_range
            try:
                first, length = range_of(value.value)
            except InvalidPattern as reason:
                raise InvalidObject(f"{value.value!a} of the allow-list: {reason}") from None
            text = values.dotted(first).decode() if value.kind == "ipv4" else values.ipv6_text(first)
            entries["cidr"].append(f"{text}/{length}")
        elif value.kind == "domain":
            entries["hostname"].append(values.name(value.value.encode()).decode())
        elif value.kind == "url":
            scheme, rest = values.url_parts(value.value)
            entries["string"].append(values.url(scheme, rest).decode("utf-8", "replace"))
        else:
            entries["string"].append(value.value)
    kinds = frozenset(values.KINDS)
    return WarningLists(
        WarningList(ALLOW_LIST, kind, 1, kinds, tuple(listed)) for kind, listed in entries.items() if listed
    )
