"""Statements made by hand: any kind, any speaker, any time; the leaf hash is a digest of what stands in them."""

from __future__ import annotations

import hashlib

import msgspec

from detente.said import Said, written
from detente.statement import Ref
from detente.stix.canonical import JsonValue
from detente.when import DAY_US, When, parse_when

A, B, C = "cert-a.example", "cert-b.example", "lab-c.example"
NAMES = {A: "CERT A", B: "CERT B", C: "Lab C"}


def day(text: str) -> int:
    return parse_when(text).at_us


def when(text: str) -> When:
    return parse_when(text)


def said(
    kind: str,
    body: msgspec.Struct | dict[str, JsonValue],
    *,
    by: str = A,
    to: tuple[str, ...] = (),
    at: str = "2026-11-01",
    index: int = 0,
    leaf: bytes = b"",
    added: str = "",
    re: Said | None = None,
    erased: bool = False,
    withdrawn: bool = False,
) -> Said:
    value = written(body) if isinstance(body, msgspec.Struct) else body
    at_us = day(at) if "T" in at else day(at) + index
    digest = leaf or hashlib.sha256(f"{kind}{value}{by}{at}{index}".encode()).digest()
    return Said(
        Ref(by, index, digest),
        to,
        kind,
        at_us,
        {} if erased else value,
        re=re.ref if re is not None else None,
        added_us=day(added) if added else at_us,
        erased=erased,
        withdrawn=withdrawn,
    )


__all__ = ["DAY_US", "NAMES", "A", "B", "C", "day", "said", "when"]
