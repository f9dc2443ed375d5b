"""How long does it take from a million indicators to an index that is ready, and in how much memory?

    make bench ARGS="indicators [--indicators 1000000] [--stored 100000] [--rounds 3]"

A STIX 2.1 bundle as producers write it, some 700 bytes an object: one in 20 says two values, one in 10 holds until some day, half
are marked, by markings that stand at the end of the file. The same values as a plain list, `kind<TAB>value`. And a node that holds
some of them in its store. Each is read into an index by a process of its own that does nothing else; then a log of 1 MB is searched
for all of them. Seconds are those of the processor without what compiles and loads the pass, which is ready before; memory is the
most that the process held. The median, and lowest to highest, of n rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from uuid import UUID

from bench.generate import SEED, apache_log, indicators
from bench.machine import machine

from detente.hunt.block import Sources
from detente.hunt.indicators import NotSearched
from detente.node.clock import system_clock
from detente.node.code_cache import load_code
from detente.node.config import PartyChoices
from detente.node.hunt import indicators_in
from detente.node.hunt_run import HUNTING, Choice, hunt_for
from detente.node.index_cache import keep_index, label_of
from detente.node.lists import read_indicator_file
from detente.node.logs import list_logs
from detente.node.open import create_node, opened
from detente.node.search import Manner
from detente.node.share import say
from detente.stix.canonical import JsonValue
from detente.stix.marking import Tlp
from detente.stix.objects import JsonObject, parse_object
from detente.stix.pattern import PatternValue
from detente.stix.pattern.simple import make_alternatives

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
LOG_BYTES = 1_000_000
AT_ONCE = 1_000


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--indicators", type=int, default=1_000_000)
    arguments.add_argument(
        "--stored", type=int, default=100_000, help="in the store of a node, which takes long to fill"
    )
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--child", nargs=3, metavar=("WHAT", "PATH", "LOG"), help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if chosen.child:
        measure(chosen.child[0], Path(chosen.child[1]), Path(chosen.child[2]))
        return
    print(f"{machine()}; n = {chosen.rounds}; load {os.getloadavg()[0]:.1f} at the beginning")
    print(
        f"{'indicators':>10}  {'from':<8} {'MB':>5}  {'ready':>22}  {'with the first hunt':>22}  {'memory':>12}  {'index':>7}"
    )
    with tempfile.TemporaryDirectory() as folder:
        values = indicators(chosen.indicators)
        paths = {name: Path(folder) / name for name in ("bundle", "list", "node", "log")}
        write_bundle(paths["bundle"], values)
        paths["list"].write_text("".join(f"{v.kind}\t{v.value}\n" for v in values), encoding="utf-8")
        paths["log"].write_bytes(b"".join(apache_log(LOG_BYTES, values[: chosen.stored], one_in=100)))
        fill_node(paths["node"], values[: chosen.stored])
        for what, count in (("bundle", len(values)), ("list", len(values)), ("node", min(len(values), chosen.stored))):
            report(count, what, paths[what], paths["log"], chosen.rounds)


def report(count: int, what: str, path: Path, log: Path, rounds: int) -> None:
    command = [sys.executable, "-m", "bench.indicators", "--child", what, str(path), str(log)]
    found = [json.loads(subprocess.run(command, capture_output=True, check=True).stdout) for _ in range(rounds)]
    size = (
        path.stat().st_size / 1e6
        if path.is_file()
        else sum(f.stat().st_size for f in path.rglob("*") if f.is_file()) / 1e6
    )
    ready, hunted, memory = (spread([one[name] for one in found]) for name in ("ready_s", "hunted_s", "memory_mb"))
    print(
        f"{count:>10,}  {what:<8} {size:>5,.0f}  {ready + ' s':>22}  {hunted + ' s':>22}  {memory + ' MB':>12}  "
        f"{found[0]['index_mb']:>4.0f} MB",
        flush=True,
    )


def spread(values: Sequence[float]) -> str:
    digits = 0 if min(values) > 100 else 2
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f}–{max(values):,.{digits}f})"


def measure(what: str, path: Path, log: Path) -> None:
    """In a process of its own."""
    load_code()
    start = time.process_time()
    sources, skipped = read(what, path)
    ready_s = time.process_time() - start
    run = hunt_for(sources, skipped, list_logs([log]), choice=Choice(), manner=Manner(), at_us=system_clock())
    hunted_s = time.process_time() - start
    assert run.result.hits
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    index_mb = sources.block.head["size"] / 1e6
    print(json.dumps({"ready_s": ready_s, "hunted_s": hunted_s, "memory_mb": memory_mb, "index_mb": index_mb}))


def read(what: str, path: Path) -> tuple[Sources, list[NotSearched]]:
    skipped: list[NotSearched] = []
    denied: Counter[str] = Counter()
    if what == "node":
        with opened(path) as node:
            found = indicators_in(node, HUNTING, skipped, denied)
            return keep_index(node, label_of(node, HUNTING), found, skipped, denied).block.sources, []
    sources, skipped = read_indicator_file(path, at_us=system_clock(), random=os.urandom, block_from=1)
    assert isinstance(sources, Sources)
    return sources, skipped


def stix_objects(values: Sequence[PatternValue]) -> Iterator[JsonObject]:
    dice = random.Random(SEED + 2)
    who = f"identity--{UUID(int=dice.getrandbits(128), version=4)}"
    own = f"marking-definition--{UUID(int=dice.getrandbits(128), version=4)}"
    each = iter(values)
    for value in each:
        together = [value, *islice(each, 1)] if dice.random() < 0.05 else [value]
        created = BEGIN + timedelta(milliseconds=dice.randrange(500 * 86_400_000))
        stix: JsonObject = {
            "type": "indicator",
            "spec_version": "2.1",
            "id": f"indicator--{UUID(int=dice.getrandbits(128), version=4)}",
            "created_by_ref": who,
            "created": _text(created),
            "modified": _text(created + timedelta(hours=dice.randrange(0, 3))),
            "name": value.value,
            "description": "Seen as command and control of a loader that came by mail",
            "indicator_types": ["malicious-activity"],
            "pattern": make_alternatives(together),
            "pattern_type": "stix",
            "pattern_version": "2.1",
            "valid_from": _text(created),
        }
        if dice.random() < 0.1:
            stix["valid_until"] = _text(created + timedelta(days=90))
        if dice.random() < 0.5:
            stix["confidence"] = dice.randrange(0, 100, 5)
            stix["object_marking_refs"] = [Tlp.GREEN.marking_id, own] if dice.random() < 0.2 else [Tlp.AMBER.marking_id]
        yield stix
    statement: dict[str, JsonValue] = {"statement": "Copyright 2026"}
    yield {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": own,
        "created": _text(BEGIN),
        "definition_type": "statement",
        "definition": statement,
    }


def write_bundle(path: Path, values: Sequence[PatternValue]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write('{"type": "bundle", "id": "bundle--0e2d7a40-7c2f-4a6e-9f50-6b8a4b1a2c3d", "objects": [')
        for number, stix in enumerate(stix_objects(values)):
            file.write((", " if number else "") + json.dumps(stix))
        file.write("]}\n")


def fill_node(folder: Path, values: Sequence[PatternValue]) -> None:
    with closing(create_node(folder, PartyChoices("a.example/log", "A", "https://a.example"))) as node:
        objects = iter([stix for stix in stix_objects(values) if stix["type"] == "indicator"])
        while together := list(islice(objects, AT_ONCE)):
            say(node, "", [parse_object({**stix, "object_marking_refs": [Tlp.GREEN.marking_id]}) for stix in together])


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


if __name__ == "__main__":
    main()
