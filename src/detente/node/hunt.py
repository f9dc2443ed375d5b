"""Hunt: everything that partners told us to look for, against our own logs. Nothing leaves unless a person says so.

    indicators valid now, with who said so → compile, and list what could not be → one pass over each log → hits → journal

What leaves on request is a sighting for each indicator that was hit: count, first and last seen, to the party that shared it. No log line,
no address, not even the one that hit.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from detente.errors import InvalidPattern, LocalError, NotFound, NotPermitted
from detente.hunt.indicators import IndicatorSource, NotSearched
from detente.hunt.literals import plan
from detente.hunt.results import HuntResult, IndicatorHits
from detente.hunt.sieve import can_compile
from detente.hunt.sightings import make_sighting
from detente.joint.purpose import both, purposes_of, require_known, well_known
from detente.node.bundle_file import confidence_in, parse_indicator, time_in
from detente.node.code_cache import Preparing
from detente.node.hunt_run import (
    COMPILED_BYTES_MIN,
    HUNTING,
    INDICATORS_MIN,
    Choice,
    HuntRun,
    bytes_of,
    hunt_for,
)
from detente.node.index_cache import keep_index, label_of, open_index
from detente.node.logs import LeftOut, Logs, list_logs
from detente.node.open import Node
from detente.node.policy import purposes_agreed
from detente.node.purpose import denial, note_denial
from detente.node.search import Manner, keep_position
from detente.node.share import Told, say
from detente.stix.canonical import JsonValue
from detente.stix.marking import effective
from detente.stix.objects import StixObject, parse_object
from detente.store import index

OURSELVES = "this party"
JOURNALED_HITS_MAX = 2_000
POSITION_FILE = "hunt-position.json"  # where the last hunt was stopped, in the node's folder
# The identity of a party in STIX is computed from its origin, so that both sides know it without asking.
IDENTITY_NAMESPACE = uuid.UUID("5b1c2f1e-6c0e-4f0f-9a55-2f6a3f5a7d11")

Progress = Callable[[str, int, int], None]


def identity_id(origin: str) -> str:
    return f"identity--{uuid.uuid5(IDENTITY_NAMESPACE, origin)}"


def read_indicators(
    node: Node,
    purpose: str = HUNTING,
    denied: Counter[str] | None = None,
    *,
    since: int = 0,
    every_line: bool = False,
) -> tuple[list[IndicatorSource], list[NotSearched]]:
    """Every indicator that partners sent us or that we took in ourselves, in its latest version; and those without values.

    Those bound to other purposes than `purpose`, by a marking or by an agreement with who shared them, are not searched, and counted in
    `denied` by what they are bound to. `since`: a position of the index; only those that came behind it. `every_line`: see
    `detente.hunt.literals.plan`.
    """
    skipped: list[NotSearched] = []
    denied = Counter() if denied is None else denied
    return list(indicators_in(node, purpose, skipped, denied, since=since, every_line=every_line)), skipped


def indicators_in(
    node: Node,
    purpose: str,
    skipped: list[NotSearched],
    denied: Counter[str],
    *,
    since: int = 0,
    every_line: bool = False,
) -> Iterator[IndicatorSource]:
    """The same, one by one as they are read from the store: there may be more than ought to be in memory."""
    with node.store.indexed() as connection:
        names = {party.origin: party.name for party in node.partners(connection)}
        agreed = {origin: purposes_agreed(node, connection, origin) for origin in names}
        for origin, body in index.read_indicators(connection, since=since):
            stix = parse_indicator(body)
            shared_by = names.get(origin, OURSELVES if origin == node.origin else origin)
            allowed = both(purposes_of(stix), agreed.get(origin)) if stix.marking_refs else agreed.get(origin)
            if allowed is not None and purpose not in allowed:
                bound = ", ".join(sorted(allowed))
                skipped.append(NotSearched(stix.id, shared_by, "", f"may be used for {bound} only, not for {purpose}"))
                denied[bound] += 1
                continue
            if stix.value.get("pattern_type", "stix") != "stix":
                reason = f"the pattern is {stix.value['pattern_type']}, not STIX"
                skipped.append(NotSearched(stix.id, shared_by, "", reason))
                continue
            try:
                found = plan(str(stix.value.get("pattern", "")), every_line=every_line)
            except InvalidPattern as error:
                skipped.append(NotSearched(stix.id, shared_by, "", str(error)))
                continue
            skipped += [NotSearched(stix.id, shared_by, one.what, one.reason) for one in found.left_out]
            if not found.searched:
                continue
            marking = effective(stix, well_known(), default=node.config.default_marking).label
            yield IndicatorSource(
                stix.id,
                found.values,
                time_in(stix.value, "valid_from"),
                time_in(stix.value, "valid_until"),
                stix.revoked,
                marking,
                shared_by,
                confidence_in(stix.value),
                found.held,
            )


def hunt_logs(
    node: Node,
    paths: Sequence[Path],
    *,
    choice: Choice | None = None,
    manner: Manner | None = None,
    purpose: str = HUNTING,
) -> HuntRun:
    """Hunt files, every file of a folder, or "-" for standard input. Keeps the result in the journal.

    What is bound to other purposes than `purpose` is not looked for, which the journal keeps too. Raises NotPermitted when that is all.
    A log that ends early (a truncated .gz) is searched as far as it goes, and the result says so. Raises NotFound for a path
    that is not there, before anything is searched. A hunt that is stopped leaves its position in the node's folder.
    """
    now_us = node.clock()
    logs = list_logs(paths)
    require_known([purpose])
    manner = manner or Manner()
    choice = choice or Choice()
    sources, skipped, denied = _sources(node, purpose, logs, manner.preparing, every_line=choice.every_line)
    require_some(node, purpose, sources, denied)
    run = hunt_for(sources, skipped, logs, choice=choice, manner=manner, at_us=now_us)
    body = journal_body(run.by_log, run.result, run.indicators, run.not_searched, run)
    try:
        keep_position(node.folder / POSITION_FILE, run.position)
    except LocalError as error:
        # What was found is worth more than where it stopped.
        run = replace(run, not_read=(*run.not_read, LeftOut(str(node.folder / POSITION_FILE), str(error))))
    return replace(run, entry=node.store.write(now_us, lambda t: node.journal(t, "hunt", body)))


def require_some(node: Node, purpose: str, sources: Sequence[IndicatorSource], denied: Counter[str]) -> None:
    """The journal keeps what may not be looked for. Raises NotPermitted when that is all, NotFound when there is no indicator."""
    if denied:
        note_denial(node, purpose, "hunting", denied)
    if denied and not sources:
        raise NotPermitted(denial(purpose, "hunting", denied))
    if not sources:
        raise NotFound(
            "there are no indicators to look for yet. Import some (detente import) or sync with a partner (detente sync)."
        )


def _sources(
    node: Node, purpose: str, logs: Logs, told: Preparing | None = None, *, every_line: bool
) -> tuple[Sequence[IndicatorSource], Sequence[NotSearched], Counter[str]]:
    """All indicators: those of the index that is kept, where it pays to load what is compiled; it has none for `every_line`."""
    skipped: list[NotSearched] = []
    denied: Counter[str] = Counter()
    if every_line:
        return list(indicators_in(node, purpose, skipped, denied, every_line=True)), skipped, denied
    with node.store.indexed() as connection:
        known = index.indicators_known(connection)[1]
    if not known or not can_compile() or not (known >= INDICATORS_MIN or bytes_of(logs) >= COMPILED_BYTES_MIN):
        return list(indicators_in(node, purpose, skipped, denied)), skipped, denied
    label = label_of(node, purpose)
    kept = open_index(node, label)
    if kept is None:
        sources = _counted(indicators_in(node, purpose, skipped, denied), known, told)
        kept = keep_index(node, label, sources, skipped, denied, told)
    return kept.block.sources, [], kept.denied


def _counted(sources: Iterable[IndicatorSource], total: int, told: Preparing | None) -> Iterator[IndicatorSource]:
    for number, source in enumerate(sources):
        if told is not None and number % 1_000 == 0:
            told("Making the index of all indicators", number, total)
        yield source


def share_sightings(node: Node, run: HuntRun) -> list[Told]:
    """Tell each partner how often what it shared was seen here: counts and times, nothing else. Returns one report a partner."""
    with node.store.reading() as connection:
        partners = {party.name: party for party in node.partners(connection)}
    by_party: dict[str, list[StixObject]] = {}
    for hits in run.result.hits:
        if hits.source.shared_by in partners:
            by_party.setdefault(hits.source.shared_by, []).append(_sighting(node, hits))
    return [say(node, "", sightings, to=[name]) for name, sightings in sorted(by_party.items())]


@dataclass(frozen=True, slots=True)
class Sighting:
    """A sighting as somebody said it. `pattern` is empty when we do not hold the indicator it is about."""

    said_by: str
    indicator: str
    pattern: str
    count: int
    first_seen: str
    last_seen: str
    entry: int


def read_sightings(node: Node) -> list[Sighting]:
    """Sightings that partners sent us and that we said, in the order they came."""
    found: list[Sighting] = []
    with node.store.indexed() as connection:
        names = {party.origin: party.name for party in node.partners(connection)}
        for origin, idx, body in index.read_type(connection, "sighting"):
            value = parse_object(body).value
            indicator = str(value.get("sighting_of_ref", ""))
            count = value.get("count", 1)
            found.append(
                Sighting(
                    said_by=names.get(origin, OURSELVES),
                    indicator=indicator,
                    pattern=index.pattern_of(connection, indicator),
                    count=count if isinstance(count, int) else 1,
                    first_seen=str(value.get("first_seen", "")),
                    last_seen=str(value.get("last_seen", "")),
                    entry=idx,
                )
            )
    return found


def _sighting(node: Node, hits: IndicatorHits) -> StixObject:
    value = make_sighting(
        indicator=hits.id,
        count=hits.count,
        first_us=hits.first_us,
        last_us=hits.last_us,
        identity=identity_id(node.origin),
        markings=[node.config.default_marking.marking_id],
        at_us=node.clock(),
        random=node.random(16),
    )
    return parse_object(value)


def journal_body(
    results: Sequence[tuple[str, HuntResult]],
    result: HuntResult,
    indicators: int,
    missing: Sequence[NotSearched],
    run: HuntRun | None = None,
) -> JsonValue:
    hits: list[JsonValue] = [
        {
            "indicator": h.id,
            "shared_by": h.source.shared_by,
            "count": h.count,
            "first_us": h.first_us,
            "last_us": h.last_us,
            "outside_validity": h.outside_validity,
            "likely_false": h.likely_false,
            "allow_listed": h.allow_listed,
            "blocked": h.actions.get("blocked", 0),
            "allowed": h.actions.get("allowed", 0),
        }
        for h in result.hits[:JOURNALED_HITS_MAX]
    ]
    logs: list[JsonValue] = [
        {"log": name, "lines": r.lines, "bytes": r.bytes, "stopped": r.stopped}
        for name, r in results[:JOURNALED_HITS_MAX]
    ]
    more: dict[str, JsonValue] = {}
    if run is not None and run.position is not None:
        more["stopped_at"] = {"log": results[-1][0], "bytes": run.position.places[-1].bytes, "logs": run.position.logs}
    if run is not None and run.resumed is not None:
        more["resumed"] = {"lines": run.resumed.lines, "hit_lines": run.resumed.hit_lines}
    return {
        **more,
        "logs": logs,
        "indicators": indicators,
        "not_searched": len(missing),
        "hits": hits,
        "hit_indicators": len(result.hits),
        "hit_lines": result.hit_lines,
        "lines": result.lines,
    }
