"""Retro-hunt: what partners told us since, asked of logs that were hunted before.

    indicators that came since a log was summarised → its summary: "not in it", or "perhaps" → a hunt over the latter logs → journal

A summary misses nothing, so a log that says no is not read. One that says "perhaps" is hunted as any other, with the indicators that may
be in it; or, when it is not there any more, it is listed as what it is: a token with the same fingerprint was in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from detente.errors import NotFound, NotPermitted
from detente.hunt.indicators import IndicatorSource, NotSearched
from detente.hunt.results import HuntResult, merged
from detente.hunt.sequence import watched
from detente.joint.purpose import require_known
from detente.node.code_cache import load_code
from detente.node.hunt import (
    JOURNALED_HITS_MAX,
    Progress,
    journal_body,
    read_indicators,
)
from detente.node.hunt_run import HUNTING, Choice, HuntRun, hunt_for
from detente.node.logs import list_logs
from detente.node.open import Node
from detente.node.purpose import denial, note_denial
from detente.node.search import Manner
from detente.node.summaries import CHANGED, FOLDER, GONE, Added, Kept, Summaries, state_of
from detente.stix.canonical import JsonValue
from detente.store import index


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """Indicators that may have been in a log which is not there any more, or no longer what it was."""

    log: Kept
    state: str  # changed or gone
    sources: tuple[IndicatorSource, ...]


@dataclass(frozen=True, slots=True)
class RetroRun:
    """`hunt.result` is what was confirmed. `asked`: how many summarised logs, of how many bytes; `read`: those that had to be."""

    hunt: HuntRun
    asked: int
    asked_bytes: int
    read: int
    in_vain: int  # logs that were read for nothing
    unconfirmed: tuple[Unconfirmed, ...]


def summaries_of(node: Node, folder: Path | None = None) -> Summaries:
    return Summaries(folder if folder is not None else node.folder / FOLDER)


def add_logs(
    node: Node, paths: Sequence[Path], *, folder: Path | None = None, progress: Progress | None = None
) -> Added:
    """Keep a summary of each of these files. Hunt them too: only what comes from now on is asked of a summary."""
    files = [Path(file.name) for file in list_logs(paths).files if file.inode]
    if not files:
        raise NotFound("standard input cannot be read again, so no summary of it is kept; name files or folders")
    with node.store.indexed() as connection:
        position = index.position(connection)
    return summaries_of(node, folder).add(files, at_us=node.clock(), position=position, progress=progress)


def drop_logs(node: Node, paths: Sequence[Path], *, folder: Path | None = None) -> list[Kept]:
    """Drop the summaries of these files, and of all below a folder, whether they are there or not. Raises NotFound when there is none."""
    summaries = summaries_of(node, folder)
    wanted = [Path(path).absolute() for path in paths]
    dropped = [kept for kept in summaries.list() if any(Path(kept.identity.path).is_relative_to(p) for p in wanted)]
    if not dropped:
        raise NotFound("no summary is kept of " + ", ".join(map(str, paths)) + ". See: detente retro list")
    summaries.drop(dropped)
    return dropped


def ask_logs(
    node: Node,
    *,
    everything: bool = False,
    folder: Path | None = None,
    choice: Choice | None = None,
    year: int | None = None,
    purpose: str = HUNTING,
    progress: Progress | None = None,
) -> RetroRun:
    """Ask all summaries about the indicators that came since, or about `everything`; confirm; keep the result in the journal.

    Raises NotFound when no log is summarised. Raises NotPermitted when all that is new is bound to other purposes.
    """
    require_known([purpose])
    choice = choice or Choice()
    now_us = node.clock()
    summaries = summaries_of(node, folder)
    logs = summaries.list()
    if not logs:
        raise NotFound("no log is summarised yet. Hunt some, and keep summaries of them: detente retro add")
    with node.store.indexed() as connection:
        newest = index.position(connection)
    by_position: dict[int, list[Kept]] = {}
    for log in logs:
        by_position.setdefault(0 if everything else log.position, []).append(log)
    asked_sources: dict[tuple[str, str], IndicatorSource] = {}
    skipped: dict[NotSearched, None] = {}
    perhaps: list[tuple[Kept, list[IndicatorSource]]] = []
    denied: Counter[str] = Counter()
    for position, group in sorted(by_position.items()):
        if position >= newest:
            continue
        bound: Counter[str] = Counter()
        sources, without = read_indicators(node, purpose, bound, since=position)
        denied |= bound
        skipped.update(dict.fromkeys(without))
        skipped.update(dict.fromkeys(_asked_of_each_log_alone(sources)))
        asked_sources.update({(source.id, source.shared_by): source for source in sources})
        load_code(progress)
        found, not_searched = _ask(summaries, group, sources)
        perhaps += found
        skipped.update(dict.fromkeys(not_searched))
    if denied:
        note_denial(node, purpose, "hunting", denied)
    if denied and not asked_sources:
        raise NotPermitted(denial(purpose, "hunting", denied))
    results: list[tuple[str, HuntResult]] = []
    unconfirmed: list[Unconfirmed] = []
    for log, sources in sorted(perhaps, key=lambda one: one[0].identity.path):
        state, path = state_of(log.identity)
        if progress is not None:
            progress(str(path), len(results) + len(unconfirmed), len(perhaps))
        if state in (CHANGED, GONE):
            unconfirmed.append(Unconfirmed(log, state, tuple(sources)))
        else:
            # The ordinary hunt over one log, with the indicators that may be in it.
            run = hunt_for(sources, (), list_logs([path]), choice=choice, manner=Manner(year=year), at_us=now_us)
            results += run.by_log
            skipped.update(dict.fromkeys(run.not_searched))
    result = merged([r for _, r in results])
    missing = (*skipped, *result.partly)
    body = journal_body(results, result, len(asked_sources), missing)
    assert isinstance(body, dict)
    body["retro"] = _journal_part(logs, unconfirmed)
    entry = node.store.write(now_us, lambda t: node.journal(t, "hunt", body))
    # To die before this asks the same again.
    summaries.note_asked({log.pack: newest for log in logs})
    return RetroRun(
        HuntRun(result, tuple(results), len(asked_sources), missing, entry, now_us),
        asked=len(logs),
        asked_bytes=sum(log.bytes for log in logs),
        read=len(results),
        in_vain=sum(not r.hits for _, r in results),
        unconfirmed=tuple(unconfirmed),
    )


def _ask(
    summaries: Summaries, logs: Sequence[Kept], sources: Sequence[IndicatorSource]
) -> tuple[list[tuple[Kept, list[IndicatorSource]]], list[NotSearched]]:
    from detente.hunt.summary import Asked

    if not sources:
        return [], []
    asked = Asked(sources)
    by_place = {(log.pack, log.place): log for log in logs}
    found = [
        (by_place[name, place], [sources[index] for index in sorted(indices)])
        for name, pack in summaries.packs()
        for place, indices in asked.candidates(pack).items()
        if (name, place) in by_place
    ]
    return found, asked.not_searched


def _asked_of_each_log_alone(sources: Sequence[IndicatorSource]) -> list[NotSearched]:
    """Patterns that lines of several logs together may make hold: those logs have to be hunted together."""
    reason = (
        "it needs several lines, and was asked of each log alone; hunt the logs themselves to look for it across them"
    )
    return [
        NotSearched(source.id, source.shared_by, "", reason)
        for source in sources
        if source.pattern and not watched(source).alone
    ]


def _journal_part(logs: Sequence[Kept], unconfirmed: Sequence[Unconfirmed]) -> JsonValue:
    listed: list[JsonValue] = [
        {
            "log": one.log.identity.path,
            "state": one.state,
            "indicators": [{"indicator": source.id, "shared_by": source.shared_by} for source in one.sources],
        }
        for one in unconfirmed[:JOURNALED_HITS_MAX]
    ]
    return {"summarised_logs": len(logs), "unconfirmed_logs": len(unconfirmed), "unconfirmed": listed}
