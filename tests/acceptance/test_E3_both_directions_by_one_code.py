"""E3 “Russia Targeted in Daily Cyberattacks From US Territory”: a claim on rates is tested in both directions, by one code."""

from __future__ import annotations

import json
from typing import Any

from tests.effects import STOP, see, watching

SEEN = {"a": [-60.0, -40.0, -30.0, 20.0], "b": [-70.0, *(float(day) for day in range(3, 64, 4))]}
PLACES = {"a": "Borovia", "b": "Aldmere"}
OTHER = {"a": "b", "b": "a"}


def test_e3_swapping_the_two_parties_data_swaps_the_result_exactly() -> None:
    as_it_was, swapped = (_results(exchanged=exchanged) for exchanged in (False, True))
    for name in ("a", "b"):
        assert as_it_was[name] == as_it_was["a"]
        assert _renamed(swapped[name]) == as_it_was[name]
    outcomes = json.loads(as_it_was["a"])
    assert outcomes["a.example"]["counts"] == {"before": 3, "grace": 0, "after": 1}
    assert outcomes["b.example"]["counts"] == {"before": 1, "grace": 0, "after": 16}
    assert outcomes["b.example"]["verdict"] == "seen more"


def _results(*, exchanged: bool) -> dict[str, str]:
    """Both nodes' outcomes as bytes, when a and b report what SEEN says, or each what the other reports there."""
    with watching("a", "b") as talk:
        for name in ("a", "b"):
            source = OTHER[name] if exchanged else name
            past = [day for day in SEEN[source] if day < 0]
            see(talk, name, past, to=[OTHER[name]], place=PLACES[source])
        stop = [PLACES["b"] if exchanged and word == "Borovia" else word for word in STOP]
        warned = talk.run("a", *stop, "--from", "1d", "--until", "65d")["thread"]
        origins = {"b.example": PLACES["a" if exchanged else "b"]}
        more = [f"--from={origin}={place}" for origin, place in origins.items()]
        plan = talk.run("a", "effect", "plan", warned, "--before", "74", "--to", "b", *more)["short"]
        talk.sync()
        talk.later(days=66)
        for name in ("a", "b"):
            source = OTHER[name] if exchanged else name
            later = [day - 66 for day in SEEN[source] if day > 0]
            see(talk, name, later, to=[OTHER[name]], place=PLACES[source])
        talk.sync()
        return {name: _bytes(talk.run(name, "effect", "run", plan)) for name in ("a", "b")}


def _bytes(document: Any) -> str:
    return json.dumps(document["result"]["outcomes"], sort_keys=True)


def _renamed(text: str) -> str:
    outcomes = json.loads(text)
    assert set(outcomes) == {"a.example", "b.example"}
    return json.dumps({"a.example": outcomes["b.example"], "b.example": outcomes["a.example"]}, sort_keys=True)
