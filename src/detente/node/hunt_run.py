"""One hunt: indicators, wherever they come from, against logs. It needs no node and leaves nothing behind.

`detente.node.hunt` hunts for what a node knows. Nothing here opens a database, so that a hunt without a node begins at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from detente.errors import InvalidObject, NotFound
from detente.hunt.every_line import with_every_line
from detente.hunt.indicators import IndicatorSource, Matcher, NotSearched, compile_indicators
from detente.hunt.judgement import select_places
from detente.hunt.results import HuntResult
from detente.hunt.sieve import can_compile
from detente.hunt.warninglists import WarningLists, parse_warning_list
from detente.node.cluster import index_of, search_on
from detente.node.code_cache import Preparing, load_code
from detente.node.logs import STDIN, LeftOut, Logs
from detente.node.search import Manner, Position, Searched, search

if TYPE_CHECKING:
    from detente.hunt.block import Block

# Less than this is searched before the compiled pass has loaded.
COMPILED_BYTES_MIN = 8 << 20
INDICATORS_MIN = 10_000
"""From so many on it pays for any log; before, to read the indicators is quicker than to load what is compiled."""
HUNTING = "network-defence"  # the purpose of a hunt unless somebody names another


@dataclass(frozen=True, slots=True)
class HuntRun:
    """One hunt. `entry`: its place in our journal; -1 of a hunt without a node.

    `result` is of all logs, and of the hunt that was resumed. `left_out`: indicators that were not looked for because
    somebody asked so, by reason. `not_read`: what was named or found and is no log that can be read. `position`: where it was stopped.
    `every_line`: those of which no value leads to a line, so that every line was asked.
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
    every_line: tuple[IndicatorSource, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which indicators are looked for, and what is known to be harmless. See `detente.hunt.judgement`.

    `every_line`: also those that no value leads to, see `detente.hunt.every_line`.
    """

    warning_lists: WarningLists = field(default_factory=WarningLists)
    allow_list: WarningLists = field(default_factory=WarningLists)
    min_confidence: int = 0
    indicators_max: int | None = None
    preferred: tuple[str, ...] = ()
    every_line: bool = False

    def of(self, sources: Sequence[IndicatorSource]) -> tuple[Sequence[IndicatorSource], Mapping[str, int]]:
        """Those that are looked for, and how many are not, by reason."""
        if not self.min_confidence and self.indicators_max is None:
            return sources, {}
        block: Block | None = getattr(sources, "block", None)
        places, left_out = select_places(
            block.confidences if block else [source.confidence for source in sources],
            block.shared_by if block else [source.shared_by for source in sources],
            min_confidence=self.min_confidence,
            indicators_max=self.indicators_max,
            preferred=self.preferred,
        )
        # Those of a block stay in it: it takes long to make, and knows what is not searched for.
        return block.only(places) if block else [sources[place] for place in places], left_out


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
    by_value, every_line = apart(chosen, choice)
    searched: Searched
    if manner.workers is not None:
        index_, not_searched = index_of(by_value, choice.warning_lists, choice.allow_list, manner.preparing, every_line)
        searched = search_on(manner.workers, logs, index_, manner)
    else:
        block = getattr(by_value, "block", None)
        matcher, not_searched = matcher_for(by_value, choice.warning_lists, bytes_of(logs), block, manner.preparing)
        matcher = with_every_line(replace(matcher, allow_list=choice.allow_list), every_line)
        searched = search(logs, matcher, manner)
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
        every_line,
    )


def apart(
    sources: Sequence[IndicatorSource], choice: Choice
) -> tuple[Sequence[IndicatorSource], tuple[IndicatorSource, ...]]:
    """Those that are looked up, and those that every line is to be held against."""
    if not choice.every_line:
        return sources, ()
    return [one for one in sources if one.values], tuple(one for one in sources if not one.values and one.pattern)


def matcher_for(
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


def bytes_of(logs: Logs) -> int:
    """What is to be searched, as far as that is known; what comes through a pipe may be anything."""
    return sum(
        file.size if file.inode and file.size else COMPILED_BYTES_MIN * (file.name == STDIN) for file in logs.files
    )
