"""Hunt: everything that partners told us to look for, against our own logs. Nothing leaves unless a person says so.

    indicators valid now, with who said so → compile, and list what could not be → one pass over each log → hits → journal

What leaves on request is a sighting for each indicator that was hit: count, first and last seen, to the party that shared it. No log line,
no address, not even the one that hit.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from detente.errors import InvalidObject, InvalidPattern, NotFound, NotPermitted
from detente.hunt.indicators import IndicatorSource, Matcher, NotSearched, compile_indicators
from detente.hunt.judgement import select
from detente.hunt.literals import plan
from detente.hunt.results import HuntResult, IndicatorHits
from detente.hunt.sieve import can_compile
from detente.hunt.sightings import make_sighting
from detente.hunt.warninglists import WarningLists, parse_warning_list
from detente.joint.purpose import both, purposes_of, require_known, well_known
from detente.node.cluster import index_of, search_on
from detente.node.code_cache import Preparing, load_code
from detente.node.index_cache import INDICATORS_MIN, keep_index, label_of, open_index
from detente.node.logs import STDIN, LeftOut, Logs, list_logs
from detente.node.open import Node
from detente.node.policy import purposes_agreed
from detente.node.purpose import denial, note_denial
from detente.node.search import Manner, Position, Searched, keep_position, search
from detente.node.share import Told, say
from detente.stix.canonical import JsonValue
from detente.stix.marking import effective
from detente.stix.objects import StixObject, parse_object, parse_timestamp
from detente.store import index

if TYPE_CHECKING:
    from detente.hunt.block import Block

# Less than this is searched before the compiled pass has loaded.
COMPILED_BYTES_MIN = 16 << 20
OURSELVES = "this party"
HUNTING = "network-defence"  # the purpose of a hunt unless somebody names another
JOURNALED_HITS_MAX = 2_000
POSITION_FILE = "hunt-position.json"  # where the last hunt was stopped, in the node's folder
# The identity of a party in STIX is computed from its origin, so that both sides know it without asking.
IDENTITY_NAMESPACE = uuid.UUID("5b1c2f1e-6c0e-4f0f-9a55-2f6a3f5a7d11")

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class HuntRun:
    """One hunt. `entry`: its place in our journal; -1 of a hunt without a node.

    `result` is of all logs, and of the hunt that was resumed. `left_out`: indicators that were not looked for because
    somebody asked so, by reason. `not_read`: what was named or found and is no log that can be read. `position`: where it was stopped.
    """

    result: HuntResult
    by_log: tuple[tuple[str, HuntResult], ...]
    indicators: int
    not_searched: tuple[NotSearched, ...]
    entry: int
    at_us: int
    left_out: Mapping[str, int] = field(default_factory=dict)
    not_read: tuple[LeftOut, ...] = ()
    position: Position | None = None
    resumed: HuntResult | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which indicators are looked for, and what is known to be harmless. See `detente.hunt.judgement`."""

    warning_lists: WarningLists = field(default_factory=WarningLists)
    allow_list: WarningLists = field(default_factory=WarningLists)
    min_confidence: int = 0
    indicators_max: int | None = None
    preferred: tuple[str, ...] = ()

    def of(self, sources: Sequence[IndicatorSource]) -> tuple[Sequence[IndicatorSource], Mapping[str, int]]:
        """Those that are looked for, and how many are not, by reason."""
        if not self.min_confidence and self.indicators_max is None:
            return sources, {}
        return select(
            sources, min_confidence=self.min_confidence, indicators_max=self.indicators_max, preferred=self.preferred
        )


def identity_id(origin: str) -> str:
    return f"identity--{uuid.uuid5(IDENTITY_NAMESPACE, origin)}"


def read_indicators(
    node: Node, purpose: str = HUNTING, denied: Counter[str] | None = None, *, since: int = 0
) -> tuple[list[IndicatorSource], list[NotSearched]]:
    """Every indicator that partners sent us or that we took in ourselves, in its latest version; and those without values.

    Those bound to other purposes than `purpose`, by a marking or by an agreement with who shared them, are not searched, and counted in
    `denied` by what they are bound to. `since`: a position of the index; only those that came behind it.
    """
    sources: list[IndicatorSource] = []
    skipped: list[NotSearched] = []
    with node.store.indexed() as connection:
        names = {party.origin: party.name for party in node.partners(connection)}
        agreed = {origin: purposes_agreed(node, connection, origin) for origin in names}
        for origin, body in index.read_indicators(connection, since=since):
            stix = parse_object(body)
            shared_by = names.get(origin, OURSELVES if origin == node.origin else origin)
            allowed = both(purposes_of(stix), agreed.get(origin))
            if allowed is not None and purpose not in allowed:
                bound = ", ".join(sorted(allowed))
                skipped.append(NotSearched(stix.id, shared_by, "", f"may be used for {bound} only, not for {purpose}"))
                if denied is not None:
                    denied[bound] += 1
                continue
            if stix.value.get("pattern_type", "stix") != "stix":
                reason = f"the pattern is {stix.value['pattern_type']}, not STIX"
                skipped.append(NotSearched(stix.id, shared_by, "", reason))
                continue
            try:
                found = plan(str(stix.value.get("pattern", "")))
            except InvalidPattern as error:
                skipped.append(NotSearched(stix.id, shared_by, "", str(error)))
                continue
            skipped += [NotSearched(stix.id, shared_by, one.what, one.reason) for one in found.left_out]
            if not found.searched:
                continue
            marking = effective(stix, well_known(), default=node.config.default_marking).label
            sources.append(
                IndicatorSource(
                    stix.id,
                    found.values,
                    _time(stix, "valid_from"),
                    _time(stix, "valid_until"),
                    stix.revoked,
                    marking,
                    shared_by,
                    confidence_of(stix),
                    found.held,
                )
            )
    return sources, skipped


def read_warning_lists(paths: Iterable[Path]) -> WarningLists:
    """Warning lists from files, or from every `.json` in a folder."""
    files = [f for p in paths for f in (sorted(p.rglob("*.json")) if p.is_dir() else [p])]
    lists = []
    for file in files:
        try:
            lists.append(parse_warning_list(file.read_bytes()))
        except FileNotFoundError:
            raise NotFound(f"there is no warning list {file}") from None
        except InvalidObject as error:
            raise InvalidObject(f"{file}: {error}") from None
    return WarningLists(lists)


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
    sources, skipped, denied = _sources(node, purpose, logs, manner.preparing)
    require_some(node, purpose, sources, denied)
    run = hunt_for(sources, skipped, logs, choice=choice or Choice(), manner=manner, at_us=now_us)
    body = journal_body(run.by_log, run.result, run.indicators, run.not_searched, run)
    keep_position(node.folder / POSITION_FILE, run.position)
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
    node: Node, purpose: str, logs: Logs, told: Preparing | None = None
) -> tuple[Sequence[IndicatorSource], Sequence[NotSearched], Counter[str]]:
    """All indicators: those of the index that is kept, where it pays to load what is compiled."""
    many_bytes = _bytes_of(logs) >= COMPILED_BYTES_MIN
    label = label_of(node, purpose)
    kept = open_index(node, label)
    denied: Counter[str] = Counter()
    if kept is None or not (many_bytes or len(kept.block.sources) >= INDICATORS_MIN):
        sources, skipped = read_indicators(node, purpose, denied)
        if not sources or not can_compile() or not (many_bytes or len(sources) >= INDICATORS_MIN):
            return sources, skipped, denied
        kept = keep_index(node, label, sources, skipped, denied, told)
    return kept.block.sources, [], kept.denied


def hunt_for(
    sources: Sequence[IndicatorSource],
    skipped: Sequence[NotSearched],
    logs: Logs,
    *,
    choice: Choice,
    manner: Manner,
    at_us: int,
) -> HuntRun:
    """The hunt itself, which needs no node and leaves nothing behind."""
    chosen, left_out = choice.of(sources)
    searched: Searched
    if manner.workers is not None:
        index_, not_searched = index_of(chosen, choice.warning_lists, choice.allow_list, manner.preparing)
        searched = search_on(manner.workers, logs, index_, manner)
    else:
        # All of a block that is kept: to make it again would take long.
        block = getattr(sources, "block", None) if len(chosen) == len(sources) else None
        matcher, not_searched = _matcher(chosen, choice.warning_lists, _bytes_of(logs), block, manner.preparing)
        searched = search(logs, replace(matcher, allow_list=choice.allow_list), manner)
    return HuntRun(
        searched.result,
        searched.by_log,
        len(chosen),
        (*skipped, *not_searched, *searched.result.partly),
        -1,
        at_us,
        left_out,
        logs.left_out,
        searched.position,
        searched.resumed,
    )


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


def _matcher(
    sources: Sequence[IndicatorSource],
    warning_lists: WarningLists,
    size: int,
    kept: Block | None = None,
    told: Preparing | None = None,
) -> tuple[Matcher, Sequence[NotSearched]]:
    if kept is not None:
        load_code(told)
        return kept.matcher(warning_lists), kept.not_searched
    if can_compile() and size >= COMPILED_BYTES_MIN:
        load_code(told)
        from detente.hunt.builder import build

        block = build(sources)
        return block.matcher(warning_lists), block.not_searched
    return compile_indicators(sources, warning_lists=warning_lists)


def _bytes_of(logs: Logs) -> int:
    """What is to be searched, as far as that is known; what comes through a pipe may be anything."""
    return sum(
        file.size if file.inode and file.size else COMPILED_BYTES_MIN * (file.name == STDIN) for file in logs.files
    )


def confidence_of(stix: StixObject) -> int | None:
    value = stix.value.get("confidence")
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _time(stix: StixObject, field: str) -> int | None:
    value = stix.value.get(field)
    return parse_timestamp(value) if isinstance(value, str) else None
