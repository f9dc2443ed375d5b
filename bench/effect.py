"""How many times in a CPU-second are two rates compared and answered, and what does a whole evaluation cost?

    python -m bench.effect [--rounds N]

*Answer*: the interval of the ratio, the chance of silence, and the word. Cold: every pair of counts is new. Warm: the same pairs again with
other windows; the interval depends on the counts alone and is kept, everything else is computed anew. *Evaluation*: one direction of a
plan over a list of events, with counting, dispersion, free date of change, placebo dates and both exact tests; cold, and warm as when the
same plans are evaluated again. *E-test*, *conditional*: the two tests alone, cold.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Iterator

from bench.machine import machine, spread

from detente.activity import Activity
from detente.effect.bodies import Direction, Plan
from detente.effect.evaluate import evaluate
from detente.effect.events import Event
from detente.effect.rates import SILENCE_CHANCE, compare, conditional_p, e_test_p, odds_interval
from detente.effect.verdict import verdict_of
from detente.when import DAY_US

PAIRS = [(x0, x1) for x0 in range(100) for x1 in range(100)]
WARNED_US = 1_473_033_600_000_000
ORIGIN = "a.example"


def answers(days: float) -> int:
    for x0, x1 in PAIRS:
        verdict_of(compare(x0, days, x1, 64.0), SILENCE_CHANCE)
    return len(PAIRS)


def cold_answers() -> int:
    odds_interval.cache_clear()
    return answers(74.0)


def warm_answers() -> int:
    return answers(75.5)


def tests(test: Callable[[int, float, int, float], float]) -> int:
    few = PAIRS[::17]
    for x0, x1 in few:
        test(x0, 74.0, x1, 64.0)
    return len(few)


def cold_e_tests() -> int:
    e_test_p.cache_clear()
    return tests(e_test_p)


def conditional_tests() -> int:
    return tests(conditional_p)


def plans() -> Iterator[tuple[Plan, list[Event]]]:
    """Plans with as many events as a careful count has, all with different windows."""
    dice = random.Random(1)
    activity = Activity(classes=("tampering",))
    for number in range(200):
        plan = Plan(
            activity=activity,
            directions={ORIGIN: Direction()},
            warned_us=WARNED_US,
            before_days=90.0 + number / 8,
            after_days=90.0,
        )
        events = [
            Event(
                WARNED_US + round(dice.uniform(-90, 90) * DAY_US),
                dice.choice(["tampering", "tampering", "publication"]),
                str(i // 2),
                reporter=ORIGIN,
            )
            for i in range(60)
        ]
        yield plan, events


def evaluations(made: list[tuple[Plan, list[Event]]]) -> int:
    for plan, events in made:
        evaluate(plan, events, now_us=plan.end_us)
    return len(made)


def cold_evaluations(made: list[tuple[Plan, list[Event]]]) -> int:
    odds_interval.cache_clear()
    e_test_p.cache_clear()
    return evaluations(made)


def rates(work: Callable[[], int], rounds: int) -> list[float]:
    found = []
    for _ in range(rounds):
        start = time.process_time()
        done = work()
        found.append(done / (time.process_time() - start))
    return found


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=5)
    rounds = arguments.parse_args().rounds
    made = list(plans())
    print(machine())
    print(f"python -m bench.effect --rounds {rounds}\n")
    print("| what | in a CPU-second |")
    print("|---|---|")
    for name, work in (
        ("answer, cold", cold_answers),
        ("answer, warm", warm_answers),
        ("conditional test", conditional_tests),
        ("E-test, cold", cold_e_tests),
        ("evaluation of 60 events, 90 days each side, cold", lambda: cold_evaluations(made)),
        ("evaluation of 60 events, 90 days each side, warm", lambda: evaluations(made)),
    ):
        print(f"| {name} | {spread(rates(work, rounds))} |")


if __name__ == "__main__":
    main()
