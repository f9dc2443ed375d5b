"""Whom a hunt is given to: the workers of a Dask cluster, or processes of our own on this machine, which end with the hunt.

Whoever can reach a Dask scheduler can run code as its workers. Those of a cluster are kept within one's own perimeter, or speak `tls://`
with certificates; see docs/hunting.md. Our own listen on this machine alone, and speak TLS with a key that is made for them and known to
nobody else on it.
"""

from __future__ import annotations

import importlib
import logging
import signal
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from multiprocessing import resource_tracker
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from detente.errors import InvalidStatement, NotFound, Unreachable
from detente.node.search import Workers

CONNECT_S = 10
# For processes of our own. What Dask sets for arrays, to give back memory early, makes each block of a log cost new pages: half as much
# again as to search it. Nobody looks at profiles of workers that end with the hunt.
_OWN_PROCESSES: Mapping[str, object] = {
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
    "distributed.worker.profile.enabled": False,
    "distributed.admin.system-monitor.gil.enabled": False,
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.admin.tick.interval": "1s",
    "distributed.worker.memory.monitor-interval": "1s",
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
}


@dataclass(frozen=True, slots=True)
class Crew:
    """A client of Dask; and a folder that all workers can read, where they are processes of our own."""

    client: Any
    folder: Path | None = None


@contextmanager
def workers(where: Workers) -> Iterator[Crew]:
    """Raises NotFound without the extra, Unreachable when no scheduler answers, InvalidStatement for one that speaks another way."""
    if find_spec("distributed") is None:
        raise NotFound(
            "to hunt on several processes or machines needs Dask, which is not installed here: pip install 'detente[cluster]'. "
            "Without it, hunt in one process: leave out --workers and --cluster"
        )
    dask: Any = importlib.import_module("distributed")
    if where.address:
        _check(where.address)
        try:
            client = dask.Client(where.address, timeout=CONNECT_S, set_as_default=False)
        except (OSError, TimeoutError) as error:
            raise Unreachable(
                f"no scheduler answers at {where.address} ({error}); is it running, and is the address right?"
            ) from None
        with client:
            yield Crew(client)
        return
    config: Any = importlib.import_module("dask.config")
    with TemporaryDirectory(prefix="detente-hunt-") as folder, config.set(_OWN_PROCESSES), ExitStack() as running:
        with _deaf_to_interrupts():
            cluster = running.enter_context(
                dask.LocalCluster(
                    n_workers=where.count,
                    threads_per_worker=1,
                    processes=True,
                    security=True,
                    dashboard_address=None,
                    scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
                    local_directory=folder,
                    silence_logs=logging.CRITICAL,
                )
            )
        client = running.enter_context(dask.Client(cluster, set_as_default=False, direct_to_workers=True))
        yield Crew(client, Path(folder))


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Threads begun meanwhile, and what they start, hear no Ctrl-C: it comes to all processes of a terminal, and ours decides."""
    resource_tracker.ensure_running()  # to start it later would let the signal through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _check(address: str) -> None:
    """Raises InvalidStatement for what a client of Dask takes long to stumble over."""
    addressing: Any = importlib.import_module("distributed.comm.addressing")
    registry: Any = importlib.import_module("distributed.comm.registry")
    security: Any = importlib.import_module("distributed.security")
    try:
        scheme, place = addressing.parse_address(address)
        registry.get_backend(scheme)
        addressing.parse_host_port(place)
    except ValueError as error:
        raise InvalidStatement(
            f"{address!r} is no address of a scheduler ({error}); expected tcp://host:8786"
        ) from None
    if scheme == "tls" and security.Security().get_connection_args("client")["ssl_context"] is None:
        raise InvalidStatement(
            f"to speak to {address} needs certificates of ours; docs/hunting.md says how Dask is told of them"
        )
