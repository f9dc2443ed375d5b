"""How long a board takes: 20 assessors × 12 hypotheses × 200 pieces of evidence, every cell marked by 20 raters (48,000 marks).

From statements as they are read from the index (bodies decoded, nothing else) to the JSON document. The target is 100 ms.

    python -m bench.board
"""

from __future__ import annotations

import hashlib
import json
import random
import statistics
import time
from collections.abc import Callable

import msgspec
from bench.machine import machine, spread

from detente.attribution.board import fold
from detente.attribution.image import svg
from detente.attribution.picture import text
from detente.attribution.view import value_of
from detente.said import Said
from detente.scales import CONFIDENCE, SCALES
from detente.statement import Ref

ASSESSORS, HYPOTHESES, EVIDENCE, ROUNDS = 20, 12, 200, 15
START_US = 1_790_000_000_000_000
MARKS = ("CC", "C", "N", "I", "II", "NA")


def statements(seed: int = 1) -> list[Said]:
    dice = random.Random(seed)
    said: list[Said] = []

    def say(speaker: int, kind: str, body: dict[str, object]) -> Said:
        # Through JSON, as a body comes out of the index.
        value = msgspec.json.decode(json.dumps(body))
        leaf = hashlib.sha256(b"%d" % len(said)).digest()
        one = Said(Ref(f"party-{speaker}.example", len(said), leaf), (), kind, START_US + len(said), value)
        said.append(one)
        return one

    keys = [*(f"h{n}" for n in range(HYPOTHESES - 2)), "other", "cannot-tell"]
    pieces = [f"indicator--{n:08}-0000-4000-8000-000000000000" for n in range(EVIDENCE)]
    board = say(
        0,
        "board",
        {
            "question": "intrusion",
            "incident": "incident--1",
            "title": "Mail servers of Harbour",
            "hypotheses": [{"key": key, "text": f"hypothesis {key}"} for key in keys],
        },
    ).id
    words = [step.words[0] for step in SCALES["icd203"].steps]
    for n in range(ASSESSORS):
        say(
            n,
            "assessment",
            {
                "board": board,
                "office": f"Office {n}",
                "own_work": bool(n % 4),
                "judgments": [
                    {
                        "hypothesis": key,
                        "likelihood": dice.choice(words),
                        "confidence": dice.choice(list(CONFIDENCE)),
                        "reasons": "as the traces suggest",
                    }
                    for key in keys
                ],
                "evidence": [
                    {"ref": ref, "kind": "technical", "source": "open", "text": f"trace {ref}", "grade": "B2"}
                    for ref in pieces
                ],
            },
        )
    for n in range(ASSESSORS):
        rows = [{"evidence": ref, "grade": "C3", "marks": {k: dice.choice(MARKS) for k in keys}} for ref in pieces]
        say(n, "rating", {"board": board, "rater": f"Rater {n}", "rows": rows})
    return said


def timed(work: Callable[[], object]) -> tuple[list[float], list[float]]:
    """Every round in ms, by the clock and by the processor; the first round warms up and is not counted."""
    clock, processor = [], []
    for _ in range(ROUNDS + 1):
        start, used = time.perf_counter(), time.process_time()
        work()
        clock.append(1000 * (time.perf_counter() - start))
        processor.append(1000 * (time.process_time() - used))
    return clock[1:], processor[1:]


def main() -> None:
    said = statements()
    view = fold(said)
    size = len(msgspec.json.encode(view))
    print(machine())
    print(
        f"{ASSESSORS} assessors × {HYPOTHESES} hypotheses × {EVIDENCE} pieces; {len(said)} statements; JSON of {size / 1e6:.1f} MB"
    )
    for name, work in (
        ("statements to JSON", lambda: msgspec.json.encode(fold(said))),
        ("  fold alone", lambda: fold(said)),
        ("fold, and JSON as a value", lambda: value_of(fold(said))),
        ("text, 120 columns", lambda: text(view, 120)),
        ("SVG", lambda: svg(view)),
    ):
        clock, processor = timed(work)
        print(
            f"{name:28} {statistics.median(clock):5.0f} ms ({spread(clock)}), "
            f"of processor time {statistics.median(processor):5.0f} ms ({spread(processor)})"
        )


if __name__ == "__main__":
    main()
