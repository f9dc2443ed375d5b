"""What a channel was used for, from the threads of both sides: the usage report and the latency report.

Both parties compute the same from the same statements. Counts are by class: *declined* was said, *unanswered* is a silence
after the time of grace, *unreceipted* is a message of which nothing shows that it arrived, and counts against nobody. The
classes are never added up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from detente.channel.legs import Leg
from detente.channel.moves import NOTICE, WARNING
from detente.channel.record import short_value
from detente.channel.thread import Thread
from detente.stix.canonical import JsonValue
from detente.when import DAY_US
from detente.words import quoted

CLASSES = {
    "acknowledged": "a notice or warning of which the receipt was confirmed",
    "answered": "replied to, in part or in full, or by a position",
    "declined": "refused, with a reason",
    "unanswered": "no reply in the time given and the time of grace; a silence is no refusal",
    "question-open": "a question back was not answered by who had asked first",
    "waiting": "within the time given, or closed by who had asked before it was over",
    "unreceipted": "nothing by the addressee shows that it arrived",
    "withdrawn": "taken back by who had said it",
    "unknown": "a text was erased, so that what was replied is not known here",
}

SPANS = {
    "delivery": "from what was said to the addressee's receipt",
    "acknowledgement": "from the receipt to the acknowledgement",
    "reply": "from the acknowledgement to the reply",
    "question": "from a question back to its answer",
    "verdict": "from the reply to the opener's word on it",
}


def class_of(thread: Thread, leg: Leg) -> str:
    """The one class of CLASSES that the leg is counted in."""
    if leg.stage in ("withdrawn", "superseded"):
        return "withdrawn"
    if leg.unreceipted:
        return "unreceipted"
    if leg.reply:
        return "declined" if leg.reply == "decline" else "answered"
    if leg.text_lost:
        return "unknown"
    if leg.unanswered:
        return "unanswered"
    if leg.state == "lapsed":
        return "question-open"
    if thread.kind in (NOTICE, WARNING) and leg.acknowledged_us is not None:
        return "acknowledged"
    return "waiting"


def usage(threads: Iterable[Thread], parties: Sequence[str], *, now_us: int, interval_us: int) -> dict[str, JsonValue]:
    """The use of the channel among `parties`; a drill is due `interval_us` after the last use, and at once when there was none.

    `pairs`: who asked, who was asked, kind of opening, class: the ids, in the order in which they were opened; drills apart.
    `entries`: every opening with the ids of all that was said under it to each addressee, which are the digests that both
    sides' logs hold.
    """
    told = _between(threads, parties)
    pairs: dict[str, JsonValue] = {
        opener: {
            addressee: {
                "drills": _kinds(told, opener, addressee, drill=True),
                "kinds": _kinds(told, opener, addressee, drill=False),
                "repeats": _repeats(told, opener, addressee),
            }
            for addressee in parties
            if addressee != opener
        }
        for opener in parties
    }
    last_us = max((_last_use(legs) for _, legs in told), default=0)
    last_drill_us = max((_last_use(legs) for thread, legs in told if thread.drill), default=0)
    unused_days = max(0, now_us - last_us) // DAY_US if last_us else None
    return {
        "drill_due": now_us > last_us + interval_us if last_us else True,
        "drill_due_us": last_us + interval_us if last_us else None,
        "entries": [_entry(thread, legs) for thread, legs in told],
        "interval_us": interval_us,
        "last_drill_us": last_drill_us or None,
        "last_use_us": last_us or None,
        "now_us": now_us,
        "pairs": pairs,
        "unused_days": unused_days,
        "words": _words(unused_days),
    }


def latency(threads: Iterable[Thread], parties: Sequence[str]) -> dict[str, JsonValue]:
    """How long each side took for what was its part, as medians with their number; drills apart. None where nothing was
    measured."""
    told = _between(threads, parties)
    return {
        party: {"drills": _spans(told, party, drill=True), "real": _spans(told, party, drill=False)}
        for party in parties
    }


_Told = list[tuple[Thread, list[Leg]]]


def _between(threads: Iterable[Thread], parties: Sequence[str]) -> _Told:
    """The threads that one of the parties opened to another, with the legs to these, in the order in which they were opened."""
    found = []
    for thread in threads:
        legs = [leg for party, leg in thread.legs.items() if party in parties]
        if thread.opener in parties and legs:
            found.append((thread, legs))
    return sorted(found, key=lambda one: (one[0].opening.at_us, one[0].opening.ref.leaf))


def _kinds(told: _Told, opener: str, addressee: str, *, drill: bool) -> JsonValue:
    """For each kind of opening: all ids asked, and then by class."""
    kinds: dict[str, dict[str, list[JsonValue]]] = {}
    for thread, legs in told:
        if thread.opener != opener or thread.drill != drill:
            continue
        for leg in legs:
            if leg.addressee == addressee:
                classes = kinds.setdefault(thread.kind, _no_ids())
                classes["asked"].append(thread.id)
                classes[class_of(thread, leg)].append(thread.id)
    return {kind: {name: list(ids) for name, ids in classes.items()} for kind, classes in kinds.items()}


def _no_ids() -> dict[str, list[JsonValue]]:
    return {name: [] for name in ("asked", *CLASSES)}


def _repeats(told: _Told, opener: str, addressee: str) -> list[JsonValue]:
    """Each chain of openings that repeat one another: how many of them the addressee is known to hold, and how many not."""
    held = {
        thread.id: not leg.unreceipted
        for thread, legs in told
        for leg in legs
        if thread.opener == opener and leg.addressee == addressee
    }
    chains = {
        leg.repeats: thread.kind
        for thread, legs in told
        for leg in legs
        if thread.opener == opener and leg.addressee == addressee and len(leg.repeats) > 1
    }
    return [
        {
            "ids": list(chain),
            "kind": kind,
            "receipted": sum(1 for id in chain if held.get(id)),
            "unreceipted": sum(1 for id in chain if not held.get(id)),
        }
        for chain, kind in chains.items()
    ]


def _last_use(legs: Sequence[Leg]) -> int:
    """The last statement that counted on a leg that arrived; 0 for none."""
    return max((leg.last_us for leg in legs if not leg.unreceipted), default=0)


def _entry(thread: Thread, legs: Sequence[Leg]) -> JsonValue:
    return {
        **short_value(thread.opening),
        "drill": thread.drill,
        "kind": thread.kind,
        "level": max(leg.level for leg in legs),
        "receipted": {leg.addressee: not leg.unreceipted for leg in legs},
        "said": {leg.addressee: list(leg.said) for leg in legs},
        "subject": quoted(thread.message.subject),
    }


def _spans(told: _Told, party: str, *, drill: bool) -> JsonValue:
    taken: dict[str, list[int]] = {name: [] for name in SPANS}
    for thread, legs in told:
        if thread.drill != drill:
            continue
        for leg in legs:
            for name, span_us in leg.spans:
                by = thread.opener if name in ("question", "verdict") else leg.addressee
                if by == party:
                    taken[name].append(span_us)
    return {name: {"median_us": _median(spans), "n": len(spans)} for name, spans in taken.items()}


def _median(values: Sequence[int]) -> int | None:
    """Of an even number, the mean of the middle two, rounded down to a microsecond."""
    if not values:
        return None
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) // 2


def _words(unused_days: int | None) -> str:
    if unused_days is None:
        return "no use of the channel is on record"
    return f"unused for {unused_days} day{'' if unused_days == 1 else 's'}"
