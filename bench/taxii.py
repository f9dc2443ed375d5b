"""How fast are push, pull and an empty poll over TAXII 2.1, beside other servers and beside the machine's limit?

    python -m bench.taxii [--objects 10000 50000] [--rounds 5] [--medallion-objects 1000 2000] [--only NAME …]

Each server is a process of its own with one worker, measured through one keep-alive connection on loopback: push is
1,000 objects a POST, pull is 1,000 objects a page, a poll asks for what was added after the last object. The bare
server is the same ASGI server without anything behind it; it sends the very bytes that ours sent. Ours stands on a
real node, or with `--under memory` on collections in memory; "cold" is ours with its page cache turned off. Before a
pull is timed, one walk is read in full, and must meet each object once.

OpenTAXII is measured when `OPENTAXII_PYTHON` names an interpreter that has it and gunicorn. medallion's cost of a page
grows with the square of what it holds, so that it is measured with fewer objects; nothing is extrapolated.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

from bench import taxii_servers as servers
from bench.attack_shaped import make_objects, mean_bytes

PAGE = 1_000
POLLS = 200


@dataclass(slots=True)
class Figures:
    """One server at one number of objects: each list has one figure a round."""

    push_per_s: list[float] = field(default_factory=list)
    pull_per_s: list[float] = field(default_factory=list)
    poll_ms: list[float] = field(default_factory=list)


class Client:
    """One connection that stays open, and as little as possible between its bytes and the clock."""

    def __init__(self, server: servers.Server) -> None:
        self._server = server
        self._connection = HTTPConnection("127.0.0.1", server.port, timeout=3_600)

    def get(self, query: str) -> tuple[int, str, bytes]:
        return self._ask("GET", self._server.objects + (f"?{query}" if query else ""), None)

    def at(self, path: str) -> tuple[int, str, bytes]:
        return self._ask("GET", path, None)

    def post(self, body: bytes) -> tuple[int, str, bytes]:
        return self._ask("POST", self._server.objects, body)

    def close(self) -> None:
        self._connection.close()

    def _ask(self, method: str, path: str, body: bytes | None) -> tuple[int, str, bytes]:
        headers = {"Accept": servers.TAXII, "Authorization": self._server.authorization}
        if body is not None:
            headers["Content-Type"] = servers.TAXII
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        return response.status, response.headers.get("X-TAXII-Date-Added-Last", ""), response.read()


def push(client: Client, bodies: Sequence[bytes], count: int) -> float:
    """Objects a second; every one of them accepted."""
    start = time.perf_counter()
    answers = [client.post(body) for body in bodies]
    elapsed = time.perf_counter() - start
    accepted = sum(json.loads(body)["success_count"] for _, _, body in answers)
    if accepted != count:
        raise SystemExit(f"only {accepted} of {count} objects were accepted: {answers[0][2][:500]!r}")
    return count / elapsed


def walk(client: Client, expected: int) -> tuple[list[str], list[bytes], str]:
    """Reads everything once, by `next`: the queries of the pages, their bytes, and the date of the last object."""
    queries, pages, ids = [f"limit={PAGE}"], [], set()
    while True:
        status, last, body = client.get(queries[-1])
        if status != 200:
            raise SystemExit(f"a page was answered {status}: {body[:500]!r}")
        envelope = json.loads(body)
        pages.append(body)
        ids |= {each["id"] for each in envelope.get("objects", [])}
        if not envelope.get("more"):
            break
        queries.append(urlencode({"limit": PAGE, "next": envelope["next"]}))
    if len(ids) != expected or len(pages) != -(-expected // PAGE):
        raise SystemExit(f"{len(ids)} of {expected} objects came, on {len(pages)} pages")
    return queries, pages, last


def pull(
    ask: Callable[[str], tuple[int, str, bytes]], places: Sequence[str], sizes: Sequence[int], count: int
) -> float:
    """Objects a second over the pages that `walk` found."""
    start = time.perf_counter()
    found = [len(ask(place)[2]) for place in places]
    elapsed = time.perf_counter() - start
    if found != list(sizes):
        raise SystemExit(f"the pages changed: {found} bytes instead of {list(sizes)}")
    return count / elapsed


def poll(client: Client, last: str) -> float:
    """The median of POLLS polls, in milliseconds."""
    query = urlencode({"limit": PAGE, "added_after": last})
    times = []
    for _ in range(POLLS):
        start = time.perf_counter()
        status, _, body = client.get(query)
        times.append((time.perf_counter() - start) * 1_000)
        if status != 200 or json.loads(body).get("objects"):
            raise SystemExit(f"the poll was answered {status}: {body[:500]!r}")
    return statistics.median(times)


def measure(start: servers.Start, count: int, rounds: int) -> tuple[Figures, list[bytes]]:
    """A fresh server for each push; pulls and polls in each round. Also gives the bytes of the pages."""
    objects = make_objects(count)
    groups = (objects[at : at + PAGE] for at in range(0, count, PAGE))
    bodies = [json.dumps({"objects": group}, separators=(",", ":")).encode() for group in groups]
    figures = Figures()
    pages: list[bytes] = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder, start(Path(folder)) as server:
            client = Client(server)
            figures.push_per_s.append(push(client, bodies, count))
            queries, pages, last = walk(client, count)
            figures.pull_per_s.append(pull(client.get, queries, [len(page) for page in pages], count))
            figures.poll_ms.append(poll(client, last))
            client.close()
    return figures, pages


def measure_by_walking(start: servers.Start, count: int, rounds: int) -> tuple[Figures, list[bytes]]:
    """For a server whose `next` works once: each pull is a walk, with its JSON read, which is little beside it."""
    objects = make_objects(count)
    groups = (objects[at : at + PAGE] for at in range(0, count, PAGE))
    bodies = [json.dumps({"objects": group}).encode() for group in groups]
    figures = Figures()
    pages: list[bytes] = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder, start(Path(folder)) as server:
            client = Client(server)
            figures.push_per_s.append(push(client, bodies, count))
            begin = time.perf_counter()
            _, pages, last = walk(client, count)
            figures.pull_per_s.append(count / (time.perf_counter() - begin))
            begin = time.perf_counter()  # one poll, for it takes seconds there
            client.get(urlencode({"added_after": last}))
            figures.poll_ms.append((time.perf_counter() - begin) * 1_000)
            client.close()
    return figures, pages


def measure_bare(pages: Sequence[bytes], count: int, rounds: int) -> Figures:
    figures = Figures()
    with tempfile.TemporaryDirectory() as folder:
        for number, page in enumerate(pages):
            (Path(folder) / f"{number:06}").write_bytes(page)
        with servers.bare(Path(folder)) as server:
            client = Client(server)
            places = [f"/{number}" for number in range(len(pages))]
            for _ in range(rounds):
                figures.pull_per_s.append(pull(client.at, places, [len(page) for page in pages], count))
            client.close()
    return figures


def machine() -> str:
    model = ""
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "")
    return f"{os.cpu_count()} × {model or platform.machine()}, {platform.system()}, Python {platform.python_version()}"


def row(name: str, count: int, figures: Figures) -> str:
    cells = [
        name,
        f"{count:,}",
        _spread(figures.push_per_s, "/s"),
        _spread(figures.pull_per_s, "/s"),
        _spread(figures.poll_ms, " ms"),
    ]
    return f"| {' | '.join(cells)} |"


def _spread(values: Sequence[float], unit: str) -> str:
    """Median and range."""
    if not values:
        return "–"
    low, middle, high = (
        f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
        for value in (min(values), statistics.median(values), max(values))
    )
    return f"{middle}{unit} ({low}–{high})"


def main() -> None:
    parser = argparse.ArgumentParser(description="TAXII servers side by side")
    parser.add_argument("--objects", type=int, nargs="+", default=[10_000, 50_000])
    parser.add_argument("--medallion-objects", type=int, nargs="*", default=[1_000, 2_000])
    parser.add_argument("--under", choices=["node", "memory"], default="node")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peer-rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", default=["detente", "cold", "bare", "opentaxii", "medallion"])
    chosen = parser.parse_args()

    print(f"{machine()}; n = {chosen.rounds} rounds, peers {chosen.peer_rounds}: median (least–most); ", end="")
    print(f"objects of {mean_bytes(make_objects(10_000)):,.0f} bytes on average; {PAGE:,} a POST and a page.\n")
    print("| server | objects | push | pull | poll, nothing new |\n|---|---|---|---|---|", flush=True)
    for count in chosen.objects:
        medians: dict[str, Figures] = {}
        pages: list[bytes] = []
        if "detente" in chosen.only or "bare" in chosen.only:
            medians["detente"], pages = measure(partial(servers.detente, kind=chosen.under), count, chosen.rounds)
            print(row(f"Détente, {chosen.under}", count, medians["detente"]), flush=True)
        if "cold" in chosen.only:
            cold = partial(servers.detente, kind=chosen.under, cache_bytes=0)
            figures, _ = measure(cold, count, chosen.rounds)
            print(row(f"Détente, {chosen.under}, cold", count, figures), flush=True)
        if "bare" in chosen.only:
            medians["bare"] = measure_bare(pages, count, chosen.rounds)
            print(row("bare ASGI, the same bytes", count, medians["bare"]), flush=True)
        if "opentaxii" in chosen.only and "OPENTAXII_PYTHON" in os.environ:
            medians["opentaxii"], _ = measure(servers.opentaxii, count, chosen.peer_rounds)
            print(row("OpenTAXII, SQLite, token", count, medians["opentaxii"]), flush=True)
        print_ratios(count, medians)
    if "medallion" in chosen.only:
        for count in chosen.medallion_objects:
            figures, _ = measure_by_walking(servers.medallion, count, chosen.peer_rounds)
            print(row("medallion, memory", count, figures), flush=True)


def print_ratios(count: int, medians: dict[str, Figures]) -> None:
    ours = medians.get("detente")
    if ours is None:
        return
    parts = []
    if (limit := medians.get("bare")) is not None:
        share = statistics.median(ours.pull_per_s) / statistics.median(limit.pull_per_s)
        parts.append(f"pull is {share:.0%} of bare ASGI")
    if (other := medians.get("opentaxii")) is not None:
        push_ratio = statistics.median(ours.push_per_s) / statistics.median(other.push_per_s)
        pull_ratio = statistics.median(ours.pull_per_s) / statistics.median(other.pull_per_s)
        parts.append(f"push {push_ratio:.0f} × and pull {pull_ratio:.0f} × OpenTAXII")
    if parts:
        print(f"| *at {count:,}: {'; '.join(parts)}* | | | | |", flush=True)


if __name__ == "__main__":
    main()
