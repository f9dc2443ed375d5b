"""How long does a full board take: 20 assessors × 12 hypotheses × 200 pieces of evidence, every cell marked by 20 raters?

    python -m bench.board [--rounds 15]

The board stands in the log of a node as `detente init` makes it, said by its own commands: 41 statements with 48,000 marks. It is read from
the warm index, folded, and written as JSON, as text and as a picture. Milliseconds of the clock and of the processor; the first
round of each warms up and is not counted.
"""

from __future__ import annotations

import argparse
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from bench.machine import machine, spread

from detente.attribution.board import fold
from detente.attribution.bodies import MARKS, Hypothesis
from detente.attribution.image import svg
from detente.attribution.matrix_text import matrix_text
from detente.attribution.picture import text
from detente.node.assess import assess, find_board, open_board, rate, statements_of
from detente.node.config import PartyChoices
from detente.node.open import Node, create_node
from detente.scales import CONFIDENCE, SCALES

ASSESSORS, HYPOTHESES, EVIDENCE = 20, 12, 200
ASKED_FOR_MS = 100


def filled(node: Node) -> str:
    """A board on which everybody has judged, cited and marked everything; returns its id."""
    dice = random.Random(1)
    named = [Hypothesis(key=f"h{n}", text=f"hypothesis {n}") for n in range(HYPOTHESES - 2)]
    board = open_board(node, question="intrusion", incident="incident--1", title="A full board", hypotheses=named).id
    keys = [*(one.key for one in named), "other", "cannot-tell"]
    pieces = [f"indicator--{n:08}-0000-4000-8000-000000000000" for n in range(EVIDENCE)]
    words = [step.words[0] for step in SCALES["icd203"].steps]
    for n in range(ASSESSORS):
        fields: dict[str, Any] = {
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
        }
        assess(node, board, fields)
        rows = [
            {"evidence": ref, "grade": "C3", "marks": {key: dice.choice(list(MARKS)) for key in keys}} for ref in pieces
        ]
        rate(node, board, f"Rater {n}", rows)
    return board


def timed(work: Callable[[], object], rounds: int) -> tuple[list[float], list[float]]:
    clock, processor = [], []
    for _ in range(rounds + 1):
        start, used = time.perf_counter(), time.process_time()
        work()
        clock.append(1000 * (time.perf_counter() - start))
        processor.append(1000 * (time.process_time() - used))
    return clock[1:], processor[1:]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=15)
    rounds = arguments.parse_args().rounds
    folder = Path(tempfile.mkdtemp(prefix="detente-bench-"))
    node = create_node(folder / "node", PartyChoices(origin="bench.example", url="http://127.0.0.1:1"))
    try:
        board = filled(node)
        with node.store.indexed() as connection:
            root = find_board(connection, board)
            said = statements_of(connection, root)
            view = fold(said)
            size = len(msgspec.json.encode(view))
            print(f"{machine()}; python -m bench.board --rounds {rounds}\n")
            print(f"{len(said)} statements; JSON of {size / 1e6:.1f} MB\n")
            print("| what | ms | spread | of processor time | spread | asked for |\n|---|---|---|---|---|---|")
            for what, asked, work in (
                ("statements that were read, to JSON", ASKED_FOR_MS, lambda: msgspec.json.encode(fold(said))),
                ("warm index to JSON", "–", lambda: msgspec.json.encode(fold(statements_of(connection, root)))),
                ("warm index to statements alone", "–", lambda: statements_of(connection, root)),
                ("board to text, 120 columns", "–", lambda: text(view, 120)),
                ("matrix to text, 120 columns", "–", lambda: matrix_text(view, 120)),
                ("board to SVG", "–", lambda: svg(view)),
            ):
                clock, processor = timed(work, rounds)
                print(
                    f"| {what} | {statistics.median(clock):.0f} | {spread(clock)} "
                    f"| {statistics.median(processor):.0f} | {spread(processor)} | {asked} |"
                )
    finally:
        node.close()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
