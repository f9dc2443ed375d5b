"""How many STIX patterns are read in a second, and what do hostile ones and many observations cost?

    python -m bench.patterns [--rounds 5]

One process. "simple" is `simple_values` on patterns of one value, as a hunt reads indicators; "parsed" is the whole parser;
"planned" is all that a hunt does to read a pattern. The *mix* is 70 in 100 of one value, 15 of several values, 12 of more than
values in one line, 3 of several lines. "real" is what importing the published reports in `shared/data` makes.
Beside them `stix2-patterns`, the reference parser. The seconds are those of the processor; median and, in brackets, the
lowest and highest of n rounds.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench.machine import machine

from detente.errors import InvalidPattern
from detente.hunt.literals import plan
from detente.node.lists import read_indicator_file
from detente.stix.pattern import make_alternatives, parse_pattern, simple_values
from detente.stix.pattern.evaluate import match
from detente.stix.pattern.observed import read_observed

ONE = [f"[ipv4-addr:value = '10.{n >> 8}.{n & 255}.7']" for n in range(10_000)]
TWO = [
    f"[domain-name:value = 'n{n}.example' AND domain-name:resolves_to_refs[*].value = '198.51.100.7']"
    for n in range(2_000)
]
SEVERAL = [
    f"[file:hashes.'SHA-256' = '{n:064x}' OR file:hashes.MD5 = '{n:032x}' OR file:name = 'x{n}.exe']"
    for n in range(2_000)
]
ENDS = [
    f"[network-traffic:dst_ref.value = '10.0.{n >> 8}.{n & 255}' AND network-traffic:dst_port = {n}]"
    for n in range(2_000)
]
IN_TIME = [
    f"([ipv4-addr:value = '10.0.{n >> 8}.{n & 255}'] FOLLOWEDBY [domain-name:value = 'a{n}.example']) WITHIN 300 SECONDS"
    for n in range(2_000)
]
COMPLEX = [text for four in zip(TWO, ENDS, SEVERAL, IN_TIME, strict=True) for text in four]
MIX = [*ONE[:7_000], *SEVERAL[:1_500], *TWO[:600], *ENDS[:600], *IN_TIME[:300]]
SEQUENCE = "([ipv4-addr:value LIKE '10.%'] FOLLOWEDBY [domain-name:value = 'a.example']) WITHIN 5 SECONDS"


def _real() -> list[str]:
    """The patterns that importing real reports makes; none when they are not here."""
    data = Path(os.environ.get("DETENTE_SHARED", Path(__file__).resolve().parents[2] / "shared")) / "data"
    made: list[str] = []
    for path in sorted(data.glob("misp/events-*/*.json")) + sorted(data.glob("indicators/*.csv")):
        sources, _ = read_indicator_file(path, at_us=0, random=lambda size: bytes(size))
        made += [source.pattern or make_alternatives(list(source.values)) for source in sources]
    return made


def main() -> None:
    real = _real()
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=5)
    rounds = arguments.parse_args().rounds
    print(f"{machine()}; n = {rounds}")
    readings: list[tuple[str, Callable[[str], object], list[str]]] = [
        ("one value, simple", simple_values, ONE),
        ("one value, parsed", parse_pattern, ONE),
        ("the mix, parsed", parse_pattern, MIX),
        ("the mix, planned for a hunt", plan, MIX),
        ("several comparisons alone, parsed", parse_pattern, COMPLEX),
        ("FOLLOWEDBY and WITHIN, parsed", parse_pattern, IN_TIME),
        ("two comparisons, parsed", parse_pattern, TWO),
        ("two comparisons, planned for a hunt", plan, TWO),
        ("one value, stix2-patterns", _theirs(), ONE[:200]),
    ]
    if real:
        readings += [("real, parsed", parse_pattern, real), ("real, planned for a hunt", plan, real)]
    for name, read, texts in readings:
        rates = [len(texts) / s for s in _seconds(partial(_read, read, texts), rounds)]
        print(f"{name:<40} {_shown(rates, '{:,.0f}'):>30} patterns a second")
    long = "[" + " OR ".join(f"file:hashes.MD5 = '{n:032x}'" for n in range(4500)) + "]"
    hostile = "[domain-name:value MATCHES '(a+)+$']"
    seen = read_observed([_observed(0, [{"type": "domain-name", "value": "a" * 5000 + "!"}])])
    thousands = {n: read_observed([_observed(k, [{"type": "ipv4-addr", "value": f"10.0.{k >> 8 & 255}.{k & 255}"}]) for k in range(n)])
                 for n in (1_000, 10_000)}  # fmt: skip
    acts: list[tuple[str, Callable[[], object]]] = [
        ("a pattern of 1 MiB, refused", partial(_refused, "[a:b = '" + "x" * (1 << 20) + "']")),
        (f"a pattern of {len(long):,} characters, parsed", partial(parse_pattern, long)),
        ("100,000 parentheses, refused", partial(_refused, "(" * 100_000)),
        ("(a+)+$ on 5,000 letters", partial(match, hostile, seen)),
    ]
    for n, one in thousands.items():
        acts.append((f"one comparison, {n:,} observations", partial(match, "[ipv4-addr:value = '1.2.3.4']", one)))
        acts.append((f"FOLLOWEDBY WITHIN, {n:,} observations", partial(match, SEQUENCE, one)))
    for what, act in acts:
        print(f"{what:<48} {_shown([1000 * s for s in _seconds(act, rounds)], '{:,.2f}'):>24} ms")


def _theirs() -> Callable[[str], object]:
    from stix2patterns.v21.pattern import Pattern

    return Pattern  # type: ignore[no-any-return]


def _read(read: Callable[[str], object], texts: list[str]) -> None:
    for text in texts:
        read(text)


def _refused(text: str) -> None:
    with contextlib.suppress(InvalidPattern):
        parse_pattern(text)


def _observed(at: int, objects: list[dict[str, str]]) -> dict[str, object]:
    moment = f"2026-11-22T{at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}Z"
    return {
        "type": "observed-data",
        "first_observed": moment,
        "objects": {str(n): one for n, one in enumerate(objects)},
    }


def _seconds(act: Callable[[], object], rounds: int) -> list[float]:
    took = []
    for _ in range(rounds):
        began = time.process_time()
        act()
        took.append(time.process_time() - began)
    return took


def _shown(figures: list[float], form: str) -> str:
    low, middle, high = (form.format(f) for f in (min(figures), statistics.median(figures), max(figures)))
    return f"{middle} ({low}–{high})"


if __name__ == "__main__":
    main()
