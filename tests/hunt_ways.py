"""One hostile log hunted in every way, each compared with the reference in all that a result holds.

What is hit is told by `tests/hunt_reference.py`. Times, hosts, directions and actions are those that the reader of the log's
format gives for each line that is hit, one by one; validity is judged and all is counted here again.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pytest

from detente.hunt.chunks import PADDING, RUN_BYTES_MAX
from detente.hunt.indicators import IndicatorSource, Matcher, compile_indicators
from detente.hunt.packed import is_plain
from detente.hunt.readers import HEAD_BYTES, detect
from detente.hunt.results import SEEN_MAX, HuntResult, IndicatorHits
from detente.hunt.scan import EXAMPLE_BYTES_MAX, LineHit, hunt
from detente.hunt.warninglists import WarningLists
from detente.node.logs import list_logs
from detente.node.search import Manner, search
from detente.node.threads import searching
from tests.hunt_reference import WORD_RUN, Reference, lines_of, without_long_runs
from tests.hunt_samples import WARNING_LISTS, Sample

EXAMPLES = 3
MINIMISE_TRIES_MAX = 4000
_Part = TypeVar("_Part")
Told = dict[str, Any]


class Difference(NamedTuple):
    way: str
    what: str
    expected: object
    found: object

    def __str__(self) -> str:
        expected, found = repr(self.expected), repr(self.found)
        same = next((at for at, (a, b) in enumerate(zip(expected, found, strict=False)) if a != b), 0)
        start = max(0, same - 200)
        return (
            f"{self.way}, {self.what}: expected … {expected[start : same + 300]}\nfound … {found[start : same + 300]}"
        )


def difference(
    sample: Sample, seed: str, *, compiled: bool, wanted: Told | None = None, folder: Path | None = None
) -> Difference | None:
    """The first one, or None. `wanted`: what is expected, if it is known; `folder`: hunt it as a file on the disk too."""
    wanted = wanted or expected(sample)
    first: HuntResult | None = None
    for way, result, line_hits in ways(sample, seed, compiled=compiled):
        found = told(result)
        if differs := _first(way, wanted, found):
            return differs
        if line_hits is not None and sorted(line_hits) != wanted["line hits"]:
            odd = [
                hit
                for hit in {*line_hits, *wanted["line hits"]}
                if hit not in line_hits or hit not in wanted["line hits"]
            ]
            return Difference(way, "line hits", "", odd[:5])
        # What the reference does not tell must at least be the same in all ways.
        first = first or result
        if whole(result) != whole(first):
            for one, other in zip(whole(first), whole(result), strict=True):
                if one != other:
                    return Difference(way, "the whole result", one, other)
    if folder is None:
        return None
    matcher = matcher_of(sample.sources, compiled=compiled, warned=sample.warned)
    return files_difference(sample, wanted, seed, matcher, folder)


def matcher_of(sources: Sequence[IndicatorSource], *, compiled: bool, warned: bool = False) -> Matcher:
    lists = WARNING_LISTS if warned else WarningLists()
    if compiled:
        from detente.hunt.builder import build

        block = build(sources)
        matcher, refused = block.matcher(lists), len(block.not_searched)
    else:
        matcher, not_searched = compile_indicators(sources, warning_lists=lists)
        refused = len(not_searched)
    assert refused == 0
    return matcher


Way = tuple[str, HuntResult, list[tuple[int, int, str]] | None]


def ways(sample: Sample, seed: str, *, compiled: bool) -> Iterator[Way]:
    dice = random.Random(seed)
    matcher = matcher_of(sample.sources, compiled=compiled, warned=sample.warned)
    log, longest = sample.log, sample.run_bytes_max
    yield "whole", hunt([log], matcher, run_bytes_max=longest, examples_max=EXAMPLES), None

    tiny = len(log) < 20_000
    sizes = [dice.randrange(1, dice.choice((9, 100, 5000))) for _ in range(dice.randrange(1, 5))]
    block_bytes = dice.choice((1, 13, 100) if tiny else (64, 100, 1000, 4096, 1 << 16, 1 << 18))
    with searching(matcher, 2) as passes:
        chunks = chunks_of(log, sizes if tiny or sum(sizes) > 50 else [4093, *sizes])
        result = hunt(
            chunks, matcher, block_bytes=block_bytes, run_bytes_max=longest, examples_max=EXAMPLES, search=passes
        )
        yield f"two threads, chunks of {sizes}, blocks of {block_bytes}", result, None

    size = dice.choice((1, 7, 13)) if tiny else dice.choice((13, 50, 77))
    block_bytes = dice.choice((1, 64)) if tiny else dice.choice((64, 200, 1 << 18))
    hits: list[tuple[int, int, str]] = []

    def take(hit: LineHit) -> None:
        hits.append((hit.line, hit.indicator, hit.rule.label))

    stream = chunks_of(log, [size])
    result = hunt(stream, matcher, block_bytes=block_bytes, run_bytes_max=longest, examples_max=EXAMPLES, on_hit=take)
    yield f"stream of {size}, blocks of {block_bytes}", result, hits


def files_difference(sample: Sample, wanted: Told, seed: str, matcher: Matcher, folder: Path) -> Difference | None:
    """The log as one file, plain or packed, and as many; by one to three threads with buffers of their own sizes."""
    if sample.run_bytes_max != RUN_BYTES_MAX or not is_plain(sample.log[:10]):
        return None
    dice = random.Random(seed)
    threads, buffer_bytes = dice.randrange(1, 4), 2 * PADDING + dice.choice((40, 700, 5000, 1 << 20))
    packing = dice.choice(("plain", "plain", "gzip", "zstd", "xz", "bzip2"))
    how = f"{threads} threads, buffers of {buffer_bytes}"
    alone, many = folder / "alone", folder / "many"
    for made in (alone, many):
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir()
    (alone / "log").write_bytes(packed(sample.log, packing, dice))
    lines = sample.log.splitlines(keepends=True) if b"\r" not in sample.log else [sample.log]
    cuts = sorted(dice.randrange(len(lines) + 1) for _ in range(dice.choice((1, 5, 40))))
    for number, (start, end) in enumerate(pairwise([0, *cuts, len(lines)])):
        (many / f"{number:03}").write_bytes(b"".join(lines[start:end]))
    ways_to_read = {"threads": threads, "buffer_bytes": buffer_bytes}
    one = told(search(list_logs([alone]), matcher, Manner(), **ways_to_read).result)
    manner = Manner(format_name=wanted["format"])
    all_ = told(search(list_logs([many]), matcher, manner, **ways_to_read).result)
    if found := _first(f"a file, {packing}, {how}", wanted, one):
        return found
    # A header stands in the first file only, and lines are numbered in each.
    if wanted["format"] == "csv":
        return None
    return _first(f"{len(cuts) + 1} files, {how}", _without_places(wanted), _without_places(all_))


def packed(log: bytes, packing: str, dice: random.Random) -> bytes:
    """Of several members, cut anywhere."""
    cut = dice.randrange(len(log) + 1)
    if packing == "zstd":
        zstandard = pytest.importorskip("zstandard")
        return b"".join(bytes(zstandard.ZstdCompressor(level=1).compress(part)) for part in (log[:cut], log[cut:]))
    packs: dict[str, Callable[[bytes], bytes]] = {
        "plain": bytes,
        "gzip": partial(gzip.compress, compresslevel=1),
        "xz": lzma.compress,
        "bzip2": bz2.compress,
    }
    pack = packs[packing]
    return pack(log[:cut]) + pack(log[cut:])


def _first(way: str, wanted: Told, found: Told) -> Difference | None:
    for what in {**wanted, **found}:
        if what != "line hits" and wanted.get(what) != found.get(what):
            return Difference(way, what, wanted.get(what), found.get(what))
    return None


def _without_places(one: Told) -> Told:
    dropped = ("first_line", "last_line", "examples")
    return {
        what: {name: kept for name, kept in held.items() if name not in dropped} if isinstance(held, dict) else held
        for what, held in one.items()
        if what != "format"
    }


def chunks_of(data: bytes, sizes: Sequence[int]) -> Iterator[bytes]:
    at = turn = 0
    while at < len(data):
        yield data[at : at + sizes[turn % len(sizes)]]
        at += sizes[turn % len(sizes)]
        turn += 1


# What a result must hold


def expected(sample: Sample) -> Told:
    reference = Reference(sample.sources)
    log_format = detect(sample.log[:HEAD_BYTES])
    by_indicator: dict[int, Told] = {}
    line_hits: list[tuple[int, int, str]] = []
    per_day: Counter[str] = Counter()
    hit_lines = 0
    lines = lines_of(sample.log)
    for number, raw in enumerate(lines, 1):
        line = without_long_runs(raw, sample.run_bytes_max)
        hit = reference.line_hits(line)
        if not hit:
            continue
        hit_lines += 1
        event = log_format.event(line[:HEAD_BYTES])
        if event.time_us is not None:
            per_day[f"{datetime.fromtimestamp(event.time_us // 1_000_000, UTC):%Y-%m-%d}"] += len(hit)
        for index, rule in hit.items():
            line_hits.append((number, index, rule))
            one = by_indicator.setdefault(index, _nothing(number))
            one["count"] += 1
            one["last_line"] = number
            one["rules"][rule] += 1
            one["actions"][event.action] += 1
            one["directions"][event.direction] += 1
            one["outside_validity"] += _outside(sample.sources[index], event.time_us)
            one["without_time"] += event.time_us is None
            if event.time_us is not None:
                one["times"].append(event.time_us)
            if event.host:
                one["hosts"].add(event.host)
            if len(one["examples"]) < EXAMPLES:
                one["examples"].append((number, line[:EXAMPLE_BYTES_MAX]))
    left_out = [len(run) for run in WORD_RUN.findall(sample.log) if len(run) > sample.run_bytes_max]
    return {
        "lines": len(lines),
        "bytes": len(sample.log),
        "hit_lines": hit_lines,
        "hits_per_day": dict(per_day),
        "left_out": (len(left_out), sum(left_out)),
        "format": log_format.name,
        "stopped": "",
        "line hits": sorted(line_hits),
        **{sample.sources[index].id: _closed(one) for index, one in by_indicator.items()},
    }


def told(result: HuntResult) -> Told:
    """A result in the same form."""
    return {
        "lines": result.lines,
        "bytes": result.bytes,
        "hit_lines": result.hit_lines,
        "hits_per_day": dict(result.hits_per_day),
        "left_out": (result.left_out_runs, result.left_out_bytes),
        "format": result.log_format,
        "stopped": result.stopped,
        **{hits.id: _told_of(hits) for hits in result.hits},
    }


def whole(result: HuntResult) -> list[object]:
    """All that it holds, but that of the indicators only the ids; which of too many values are listed is not said."""
    return [
        *(
            replace(
                hits, source=IndicatorSource(hits.source.id, []), seen=hits.seen if len(hits.seen) < SEEN_MAX else ()
            )
            for hits in result.hits
        ),
        replace(result, hits=()),
    ]


def _nothing(first_line: int) -> Told:
    return {
        "count": 0,
        "first_line": first_line,
        "outside_validity": 0,
        "without_time": 0,
        "hosts": set(),
        "rules": Counter(),
        "actions": Counter(),
        "directions": Counter(),
        "times": [],
        "examples": [],
    }


def _closed(one: Told) -> Told:
    times = one.pop("times")
    one["first_us"], one["last_us"] = min(times, default=None), max(times, default=None)
    one["hosts"] = tuple(sorted(one["hosts"]))
    return one


def _told_of(hits: IndicatorHits) -> Told:
    same = ("count", "first_line", "last_line", "outside_validity", "without_time", "first_us", "last_us", "hosts")
    return {
        **{name: getattr(hits, name) for name in same},
        **{name: Counter(getattr(hits, name)) for name in ("rules", "actions", "directions")},
        "examples": [(example.line, example.text) for example in hits.examples],
    }


def _outside(source: IndicatorSource, time_us: int | None) -> bool:
    if source.revoked:
        return True
    if time_us is None:
        return False
    begun = source.valid_from_us is None or time_us >= source.valid_from_us
    over = source.valid_until_us is not None and time_us >= source.valid_until_us
    return over or not begun


# The smallest sample that still differs


def minimal(sample: Sample, differs: Callable[[Sample], object]) -> Sample:
    """Fewer lines, fewer indicators, shorter lines, as long as it differs; by halving."""
    tries = iter(range(MINIMISE_TRIES_MAX))

    def still(smaller: Sample) -> bool:
        return next(tries, None) is not None and bool(differs(smaller))

    lines = sample.log.split(b"\n")
    lines = _fewer(lines, lambda kept: still(replace(sample, log=b"\n".join(kept))))
    sample = replace(sample, log=b"\n".join(lines))
    sources = _fewer(list(sample.sources), lambda kept: still(replace(sample, sources=tuple(kept))))
    sample = replace(sample, sources=tuple(sources))
    letters = [sample.log[at : at + 1] for at in range(len(sample.log))]
    letters = _fewer(letters, lambda kept: still(replace(sample, log=b"".join(kept))))
    return replace(sample, log=b"".join(letters))


def _fewer(parts: list[_Part], still: Callable[[list[_Part]], bool]) -> list[_Part]:
    size = len(parts)
    while size > 1:
        size = (size + 1) // 2
        at = 0
        while at < len(parts):
            kept = parts[:at] + parts[at + size :]
            if kept and still(kept):
                parts = kept
            else:
                at += size
    return parts
