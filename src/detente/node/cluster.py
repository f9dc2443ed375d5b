"""A hunt on several processes, here or on the machines of a Dask cluster: the same result as on one.

    logs → tasks (`detente.hunt.partition`) → workers, each given the index once → results in any order → put together in order

The index travels to the logs: each worker opens them itself, under the same paths, and what comes back are counts, times and some
examples. A worker that dies has its unfinished tasks done again by others; a result that came counts once, so nothing is lost or doubled.

Needs the extra `cluster`; every worker the same version of Détente, with the extra `hunt` if whoever asks has it.
"""

from __future__ import annotations

import importlib
import mmap
import os
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from detente import __version__
from detente.errors import DetenteError, InvalidStatement, LocalError, Unreachable
from detente.hunt.buffered import BufferedLog
from detente.hunt.every_line import with_every_line
from detente.hunt.gathered import Gathered, Written, with_gathered
from detente.hunt.indicators import IndicatorSource, Matcher, NotSearched, compile_indicators
from detente.hunt.packed import HEAD_BYTES as TOLD_BY_BYTES
from detente.hunt.packed import is_plain, plain_chunks
from detente.hunt.partition import TASK_BYTES, Log, Part, PartLines, joined, tasks
from detente.hunt.readers import HEAD_BYTES, detect
from detente.hunt.results import HuntResult
from detente.hunt.scan import LogHunt, hunt
from detente.hunt.sequence import watched
from detente.hunt.sieve import can_compile, sieve_for
from detente.hunt.warninglists import WarningLists
from detente.node.code_cache import Preparing, load_code
from detente.node.crew import CONNECT_S, Crew, workers
from detente.node.logs import LogFile, Logs, Reading, reason_of
from detente.node.plain_files import BUFFER_BYTES
from detente.node.search import Manner, Searched, Sofar, Workers
from detente.node.search import search as search_files

Found = tuple[HuntResult, Written]  # of a part of a log
_NOTHING = Written((), 1)
REGISTRATIONS_MAX = 3
_FOUND = msgspec.msgpack.Decoder(list[tuple[Part, Found]])
# The bytes that are done, of how many, and the lines that hit.
Progress = Callable[[int, int, int], None]


@dataclass(frozen=True, slots=True)
class Index:
    """What travels to each worker: the block of all indicators, or the indicators where there is no compiled pass to use it.

    `name` is each hunt's own: two that run at once do not get into each other's way. `block` is the file that holds it for workers
    that find it there. `across`: whether any pattern needs several lines, which may be in several parts.
    """

    name: str
    block: bytes | Path
    sources: tuple[IndicatorSource, ...]
    warning_lists: WarningLists
    allow_list: WarningLists
    across: bool = False
    every_line: tuple[IndicatorSource, ...] = ()

    def matcher(self) -> Matcher:
        if self.block:
            load_code()
            from detente.hunt.block import Block

            made = Block(_mapped(self.block) if isinstance(self.block, Path) else self.block).matcher(
                self.warning_lists
            )
        else:
            made, _ = compile_indicators(self.sources, warning_lists=self.warning_lists)
        return with_every_line(replace(made, allow_list=self.allow_list), self.every_line)


def index_of(
    sources: Sequence[IndicatorSource],
    warning_lists: WarningLists,
    allow_list: WarningLists,
    told: Preparing | None = None,
    every_line: tuple[IndicatorSource, ...] = (),
) -> tuple[Index, Sequence[NotSearched]]:
    name = f"detente-hunt-{uuid.uuid4().hex}"
    across = any(map(_needs_several, every_line))
    if can_compile():
        load_code(told)
        from detente.hunt.builder import Builder

        builder = Builder()
        for source in sources:
            builder.add(source)
            across = across or _needs_several(source)
        # An indicator out of a block has no values but those that are searched for; the block knows of the others.
        kept = getattr(sources, "block", None)
        not_searched = builder.not_searched if kept is None else kept.not_searched
        return Index(name, builder.block(), (), warning_lists, allow_list, across, every_line), not_searched
    _, not_searched = compile_indicators(sources, warning_lists=warning_lists)
    across = across or any(map(_needs_several, sources))
    return Index(name, b"", tuple(sources), warning_lists, allow_list, across, every_line), not_searched


def _needs_several(source: IndicatorSource) -> bool:
    return bool(source.pattern) and not watched(source).alone


def search_on(where: Workers, logs: Logs, index: Index, manner: Manner) -> Searched:
    """As `detente.node.search.search`, elsewhere. Raises LocalError when a stop is asked for: nothing is resumed from workers."""
    if manner.on_hit is not None or manner.resume is not None:
        raise InvalidStatement(
            "workers neither print lines nor resume a hunt; leave out --workers and --cluster, or --lines and --resume"
        )
    name = where.address or "this machine"

    def report(done: int, total: int, hits: int) -> None:
        if manner.progress is not None:
            manner.progress(Sofar(name, done, total, hits))

    gathered = Gathered()
    manner.stop.reading = True  # so that a request ends the wait for the next result
    try:
        with workers(where) as crew:
            found = hunt_on(
                crew,
                logs.files,
                index,
                year=manner.year,
                format_name=manner.format_name,
                progress=report,
                gathered=gathered,
            )
    except KeyboardInterrupt:
        raise LocalError("stopped; of a hunt by workers nothing is kept, so begin it again") from None
    finally:
        manner.stop.reading = False
    if len(found) == 1:
        # Of one log alone it can be said at which of its lines.
        found = [(name, with_gathered(result, gathered)) for name, result in found]
        return Searched(tuple(found), None)
    return Searched(tuple(found), None, across=gathered.result())


def hunt_on(
    crew: Crew,
    files: Sequence[LogFile],
    index: Index,
    *,
    year: int | None = None,
    format_name: str = "",
    task_bytes: int = TASK_BYTES,
    progress: Progress | None = None,
    gathered: Gathered | None = None,
) -> list[tuple[str, HuntResult]]:
    """The result of each file, in their order. Raises what a worker raised, and LocalError when workers die of one task again and again.

    `gathered`: takes the lines of patterns that need several, for whoever gave it; else they are looked for in each log alone.
    """
    dask: Any = importlib.import_module("distributed")
    client = crew.client
    logs = [_log(file) for file in files]
    todo = tasks(logs, workers=_threads(client), task_bytes=task_bytes)
    total = sum(part.end - part.start for task in todo for part in task)
    results: dict[Part, Found] = {}
    done = hits = 0
    with _given(crew, index):
        # Not pure: the same file may hold something else when it is hunted again.
        futures = client.map(
            search,
            [[(logs[part.log].name, part) for part in task] for task in todo],
            index=index.name,
            year=year,
            format_name=format_name,
            pure=False,
        )
        try:
            if progress is not None:
                progress(done, total, hits)
            for future, encoded in dask.as_completed(futures, loop=client.loop, with_results=True):
                if future.cancelled():
                    raise Unreachable(
                        "the scheduler is gone, and with it what was found so far; hunt again when it is back"
                    )
                found = _FOUND.decode(encoded)
                results.update(found)
                done += sum(part.end - part.start for part, _ in found)
                hits += sum(result.hit_lines for _, (result, _) in found)
                future.release()
                if progress is not None:
                    progress(done, total, hits)
        except dask.KilledWorker as error:
            raise LocalError(
                f"workers died of one task again and again ({error}): is there enough memory for each? See their logs."
            ) from None
        finally:
            with suppress(OSError):  # of a scheduler that is gone
                client.cancel([future for future in futures if not future.done()], force=True)
    by_log = in_order(results, gathered)
    return [(file.name, by_log[place]) for place, file in enumerate(files)]


def _threads(client: Any) -> int:
    """Of all workers. Waits a little where there are none: one that died may be about to be replaced."""
    if not client.scheduler_info(n_workers=-1)["workers"]:
        with suppress(TimeoutError):
            client.wait_for_workers(1, timeout=CONNECT_S)
    threads: int = sum(worker["nthreads"] for worker in client.scheduler_info(n_workers=-1)["workers"].values())
    if not threads:
        raise Unreachable("the cluster has no workers; start some (dask worker …) and hunt again")
    return threads


def in_order(found: Mapping[Part, Found], gathered: Gathered | None) -> dict[int, HuntResult]:
    """The result of each log by its place among all, and what was gathered in each part of it; as if one process had read them."""
    by_log: dict[int, list[Found]] = {}
    for part in sorted(found, key=lambda part: (part.log, part.start)):
        by_log.setdefault(part.log, []).append(found[part])
    results: dict[int, HuntResult] = {}
    for log, parts in by_log.items():
        result = _with_tuples(joined([result for result, _ in parts]))
        together = gathered or Gathered()
        lines = 0
        for part_result, written in parts:
            together.take(written, lines_before=lines)
            lines += part_result.lines
        results[log] = with_gathered(result, together) if gathered is None else result
    return results


def _with_tuples(result: HuntResult) -> HuntResult:
    """The values of an indicator come back as a list, though the index has a tuple."""
    return replace(
        result,
        hits=tuple(replace(h, source=replace(h.source, values=tuple(h.source.values))) for h in result.hits),
    )


def _log(file: LogFile) -> Log:
    path = Path(file.name).absolute()
    if path.exists() and not path.is_file():
        raise InvalidStatement(f"{file.name} is no file that workers can read; leave out --workers and --cluster")
    try:
        with path.open("rb") as stream:
            return Log(str(path), file.size, is_plain(stream.read(TOLD_BY_BYTES)))
    except OSError:
        # Whoever is to search it says why it cannot be read.
        return Log(str(path), file.size, cut=False)


@contextmanager
def _given(crew: Crew, index: Index) -> Iterator[None]:
    """Every worker is given the index, also one that comes later in the place of another."""
    file = None
    if crew.folder is not None and isinstance(index.block, bytes) and index.block:
        file = crew.folder / index.name
        file.write_bytes(index.block)
        index = replace(index, block=file)
    try:
        _register(crew.client, index)
        yield
    finally:
        with suppress(OSError):  # of a scheduler that is gone
            crew.client.unregister_worker_plugin(index.name)
        if file is not None:
            file.unlink()


def _register(client: Any, index: Index) -> None:
    plugin = _make_plugin(index)
    for more in reversed(range(REGISTRATIONS_MAX)):
        try:
            client.register_plugin(plugin, name=index.name)
            return
        except DetenteError:
            raise
        except OSError as error:  # a worker died just then: the others are told again
            if not more:
                raise Unreachable(f"workers die while they are given the index ({error}); see their logs") from None
        except Exception as error:  # whatever a worker raises that cannot import us
            raise InvalidStatement(
                f"a worker could not take the index ({error}): every worker needs Détente {__version__} with the same extras"
            ) from error


def _mapped(file: Path) -> memoryview:
    with file.open("rb") as opened:
        return memoryview(mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ))


def _make_plugin(index: Index) -> Any:
    from detente.node.worker import Hunter

    return Hunter(index, __version__)


def search(parts: Sequence[tuple[str, Part]], *, index: str, year: int | None, format_name: str) -> bytes:
    """One task, on a worker: with one thread, because Dask has as many threads as there are to be."""
    dask: Any = importlib.import_module("distributed")
    plugin = dask.get_worker().plugins[index]
    whole = [(LogFile(name, part.end), part) for name, part in parts if part.whole and not plugin.index.across]
    files = Logs(tuple(file for file, _ in whole))
    searched = search_files(files, plugin.matcher, Manner(year=year, format_name=format_name), threads=1)
    found = [(part, (result, _NOTHING)) for (_, part), (_, result) in zip(whole, searched.by_log, strict=True)]
    for name, part in parts:
        if not part.whole:
            found.append((part, search_part(name, part, plugin.matcher, year, format_name)))
        elif plugin.index.across:
            found.append((part, search_whole(LogFile(name, part.end), plugin.matcher, year, format_name)))
    return msgspec.msgpack.encode(found)  # pickle takes four times as long


def search_whole(file: LogFile, matcher: Matcher, year: int | None, format_name: str) -> Found:
    """One file, with the lines of patterns that need several."""
    gathered = Gathered()
    chunks = plain_chunks(Reading(file))
    result = hunt(chunks, matcher, year=year, format_name=format_name, gathered=gathered)
    return result, gathered.written(heads=True)


def search_part(name: str, part: Part, matcher: Matcher, year: int | None, format_name: str) -> Found:
    """The lines that begin in a part of a plain file; its format is told by the head of the file."""
    gathered = Gathered()
    try:
        with Path(name).open("rb", buffering=0) as file:

            def read_at(at: int, into: memoryview) -> int:
                try:
                    return os.preadv(file.fileno(), [into], at)
                except OSError as error:
                    raise LocalError(reason_of(error)) from None

            head = os.pread(file.fileno(), HEAD_BYTES, 0)
            log = LogHunt(matcher, detect(head, year=year, name=format_name), gathered=gathered)
            lines = BufferedLog(PartLines(part, read_at))
            sieve = sieve_for(matcher)
            buffer = bytearray(BUFFER_BYTES)
            while (piece := lines.piece(buffer)) is not None:
                log.add(piece, *sieve.words(piece))
            result = log.result(lines.stopped)
    except OSError as error:
        result = LogHunt(matcher, detect(b"", name=format_name), gathered=gathered).result(reason_of(error))
    return result, gathered.written(heads=True)
