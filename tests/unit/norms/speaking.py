"""Statements of two invented parties, at given times, for the core alone."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from detente.norms.bodies import BODIES, made
from detente.said import Said, written
from detente.seals import Reveal, Seal, digest_of
from detente.statement import Ref
from detente.when import DAY_US, When, parse_when

ALDMERE, BOROVIA = "aldmere.example", "borovia.example"
DAY_0 = parse_when("2026-01-01").at_us
KEY = bytes(range(32))


def day(number: float) -> int:
    """Microseconds at that many days after the first of January 2026."""
    return DAY_0 + round(number * DAY_US)


def on(text: str) -> When:
    return parse_when(text)


class Speech:
    """Makes statements, each with a leaf of its own that no name enters."""

    def __init__(self) -> None:
        self.said: list[Said] = []

    def say(self, kind: str, speaker: str, at: float, /, **fields: Any) -> Said:
        shape = BODIES[kind]
        return self.put(kind, speaker, at, made(shape, **fields))

    def reveal(self, response: Said, at: float, text: str, *, key: bytes = KEY, speaker: str = "") -> Said:
        body = Reveal(digest_of(text, KEY), key.hex(), text)
        return self.put("reveal", speaker or response.speaker, at, body, response)

    def put(self, kind: str, speaker: str, at: float, body: msgspec.Struct, re: Said | None = None) -> Said:
        leaf = hashlib.sha256(str(len(self.said)).encode()).digest()
        other = BOROVIA if speaker == ALDMERE else ALDMERE
        one = Said(
            Ref(speaker, len(self.said), leaf), (other,), kind, day(at), written(body), re=re.ref if re else None
        )
        self.said.append(one)
        return one

    def of(self, *kinds: str) -> list[Said]:
        return sorted((one for one in self.said if one.kind in kinds), key=lambda one: (one.at_us, one.ref.leaf))


def sealed(text: str, *, reveal: str = "", condition: str = "") -> Seal:
    return Seal(digest_of(text, KEY), parse_when(reveal).last_us if reveal else 0, condition)
