"""A hunt on several processes, here or on the machines of a Dask cluster: the same result as on one.

    logs → tasks (`detente.hunt.partition`) → workers, each given the index once → results in any order → put together in order

The index travels to the logs: each worker opens them itself, under the same paths, and what comes back are counts, times and some
examples. A worker that dies has its unfinished tasks done again by others; a result that came counts once, so nothing is lost or doubled.

Whoever can reach a Dask scheduler can run code as its workers. Keep it within one's own perimeter, or speak `tls://` with certificates, as
Dask's documentation describes.

Needs the extra `cluster`; every worker the same version of Détente, with the extra `hunt` if whoever asks has it.
"""

from __future__ import annotations

import importlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from detente import __version__
from detente.errors import DetenteError, InvalidStatement, LocalError, NotFound, Unreachable
from detente.hunt.indicators import IndicatorSource, Matcher, NotSearched, compile_indicators
from detente.hunt.packed import plain_chunks
from detente.hunt.partition import HEAD_BYTES, TASK_BYTES, Log, Part, can_be_cut, first_byte, joined, lines_in, tasks
from detente.hunt.readers import HEAD_BYTES as FORMAT_BYTES
from detente.hunt.readers import detect
from detente.hunt.results import HuntResult
from detente.hunt.scan import hunt
from detente.hunt.sieve import Sieve, can_compile
from detente.hunt.warninglists import WarningLists
from detente.node.code_cache import Preparing, load_code
from detente.node.logs import LogFile, Logs, reason_of
from detente.node.search import Manner, Searched, Sofar, Workers

READ_BYTES = 1 << 20
CONNECT_S = 10

# The bytes that are done, of how many, and the lines that hit.
Progress = Callable[[int, int, int], None]


@dataclass(frozen=True, slots=True)
class Index:
    """What travels to each worker: the block of all indicators, or the indicators where there is no compiled pass to use it.

    `name` is each hunt's own: two that run at once do not get into each other's way.
    """

    name: str
    block: bytes
    sources: tuple[IndicatorSource, ...]
    warning_lists: WarningLists
    allow_list: WarningLists

    def matcher(self) -> Matcher:
        if self.block:
            load_code()
            from detente.hunt.block import Block

            made = Block(self.block).matcher(self.warning_lists)
        else:
            made, _ = compile_indicators(self.sources, warning_lists=self.warning_lists)
        return replace(made, allow_list=self.allow_list)


def index_of(
    sources: Sequence[IndicatorSource],
    warning_lists: WarningLists,
    allow_list: WarningLists,
    told: Preparing | None = None,
) -> tuple[Index, Sequence[NotSearched]]:
    name = f"detente-hunt-{uuid.uuid4().hex}"
    if can_compile():
        load_code(told)
        from detente.hunt.builder import Builder

        builder = Builder()
        for source in sources:
            builder.add(source)
        return Index(name, builder.block(), (), warning_lists, allow_list), builder.not_searched
    _, not_searched = compile_indicators(sources, warning_lists=warning_lists)
    return Index(name, b"", tuple(sources), warning_lists, allow_list), not_searched


def search_on(where: Workers, logs: Logs, index: Index, manner: Manner) -> Searched:
    """As `detente.node.search.search`, elsewhere. Raises KeyboardInterrupt when a stop is asked for: nothing is resumed from a cluster."""
    if manner.on_hit is not None or manner.resume is not None:
        raise InvalidStatement(
            "workers neither print lines nor resume a hunt; leave out --workers and --cluster, or --lines and --resume"
        )
    name = where.address or "this machine"

    def report(done: int, total: int, hits: int) -> None:
        if manner.stop.asked:
            raise KeyboardInterrupt
        if manner.progress is not None:
            manner.progress(Sofar(name, done, total, hits))

    with workers(where) as client:
        found = hunt_on(client, logs.files, index, year=manner.year, format_name=manner.format_name, progress=report)
    return Searched(tuple(found), None)


@contextmanager
def workers(where: Workers) -> Iterator[Any]:
    """A client of the cluster at an address, or of processes of our own on this machine, which end with the hunt."""
    if find_spec("distributed") is None:
        raise NotFound(
            "to hunt on several processes or machines needs Dask, which is not installed here: pip install 'detente[cluster]'. "
            "Without it, hunt in one process: leave out --workers and --cluster"
        )
    dask: Any = importlib.import_module("distributed")
    if where.address:
        try:
            client = dask.Client(where.address, timeout=CONNECT_S, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise Unreachable(
                f"no scheduler answers at {where.address} ({error}); is it running, and is the address right?"
            ) from None
        with client:
            yield client
        return
    with (
        dask.LocalCluster(
            n_workers=where.count, threads_per_worker=1, processes=True, dashboard_address=":0"
        ) as cluster,
        dask.Client(cluster, set_as_default=False) as client,
    ):
        yield client


def hunt_on(
    client: Any,
    files: Sequence[LogFile],
    index: Index,
    *,
    year: int | None = None,
    format_name: str = "",
    task_bytes: int = TASK_BYTES,
    progress: Progress | None = None,
) -> list[tuple[str, HuntResult]]:
    """The result of each file, in their order. Raises what a worker raised, and LocalError when workers die of one task again and again."""
    dask: Any = importlib.import_module("distributed")
    seen = client.scheduler_info(n_workers=-1)["workers"]
    if not seen:
        raise Unreachable("the cluster has no workers; start some (dask worker …) and hunt again")
    logs = [_log(file) for file in files]
    todo = tasks(logs, workers=sum(worker["nthreads"] for worker in seen.values()), task_bytes=task_bytes)
    total = sum(part.end - part.start for task in todo for part in task)
    results: dict[Part, HuntResult] = {}
    done = hits = 0
    with _given(client, index):
        # Not pure: the same file may hold something else when it is hunted again.
        futures = [
            client.submit(search, index.name, [(logs[p.log].name, p) for p in task], year, format_name, pure=False)
            for task in todo
        ]
        try:
            for future in dask.as_completed(futures, loop=client.loop):
                try:
                    found = future.result()
                except dask.KilledWorker as error:
                    raise LocalError(
                        f"workers died of one task again and again ({error}): is there enough memory for each? See their logs."
                    ) from None
                results.update(found)
                done += sum(part.end - part.start for part, _ in found)
                hits += sum(result.hit_lines for _, result in found)
                future.release()
                if progress is not None:
                    progress(done, total, hits)
        finally:
            client.cancel([future for future in futures if not future.done()], force=True)
    by_log: dict[int, list[HuntResult]] = {}
    for part in sorted(results, key=lambda part: (part.log, part.start)):
        by_log.setdefault(part.log, []).append(results[part])
    return [(file.name, joined(by_log[place])) for place, file in enumerate(files)]


def _log(file: LogFile) -> Log:
    path = Path(file.name).absolute()
    if path.exists() and not path.is_file():
        raise InvalidStatement(f"{file.name} is no file that workers can read; leave out --workers and --cluster")
    try:
        with path.open("rb") as stream:
            return Log(str(path), file.size, can_be_cut(stream.read(HEAD_BYTES)))
    except OSError:
        # Whoever is to search it says why it cannot be read.
        return Log(str(path), file.size, cut=False)


@contextmanager
def _given(client: Any, index: Index) -> Iterator[None]:
    """Every worker is given the index, also one that comes later in the place of another."""
    try:
        client.register_plugin(_make_plugin(index), name=index.name)
    except DetenteError:
        raise
    except Exception as error:  # whatever a worker raises that cannot import us
        raise InvalidStatement(
            f"a worker could not take the index ({error}): every worker needs Détente {__version__} with the same extras"
        ) from error
    try:
        yield
    finally:
        client.unregister_worker_plugin(index.name)


def _make_plugin(index: Index) -> Any:
    from detente.node.worker import Hunter

    return Hunter(index, __version__)


def search(
    name: str, parts: Sequence[tuple[str, Part]], year: int | None, format_name: str
) -> list[tuple[Part, HuntResult]]:
    """One task, on a worker."""
    dask: Any = importlib.import_module("distributed")
    plugin = dask.get_worker().plugins[name]
    return [
        (part, search_part(Path(path), part, plugin.matcher, plugin.sieve(), year, format_name)) for path, part in parts
    ]


def search_part(
    path: Path, part: Part, matcher: Matcher, sieve: Sieve, year: int | None = None, format_name: str = ""
) -> HuntResult:
    """The lines of one part; of a part that is not the first the format is that of the log's head all the same."""
    log_format = None
    if not part.whole:
        log_format = detect(_head(plain_chunks(_read(path))), year=year, name=format_name)
    chunks = lines_in(_read(path, first_byte(part)), part)
    # What is within a log may look like the head of something packed.
    chunks = chunks if part.start else plain_chunks(chunks)
    return hunt(chunks, matcher, year=year, log_format=log_format, format_name=format_name, sieve=sieve)


def _head(chunks: Iterator[bytes]) -> bytes:
    head = b""
    # A log that cannot be read is told of by whoever reads its lines.
    with suppress(LocalError):
        for chunk in chunks:
            head += chunk
            if len(head) >= FORMAT_BYTES:
                break
    return head[:FORMAT_BYTES]


def _read(path: Path, start: int = 0) -> Iterator[bytes]:
    """Raises LocalError with the reason, with which the result of this log ends."""
    try:
        with path.open("rb", buffering=0) as stream:
            stream.seek(start)
            while chunk := stream.read(READ_BYTES):
                yield chunk
    except OSError as error:
        raise LocalError(reason_of(error)) from None
