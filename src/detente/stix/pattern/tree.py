"""The expression tree of a STIX pattern; every node knows the character it begins at.

Chains are flat: `a OR b OR c` is one node with three operands, so that walking a thousand alternatives needs no stack.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal: what kind it was written as, and its value; `hex` and `binary` keep the text between the quotes."""

    kind: Literal["string", "integer", "float", "boolean", "timestamp", "hex", "binary"]
    value: str | int | float | bool


@dataclass(frozen=True, slots=True)
class Path:
    """`file:hashes.'SHA-256'` is ("file", ("hashes", "SHA-256")); a list index is an int, `[*]` is None."""

    object_type: str
    steps: tuple[str | int | None, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    path: Path
    operator: Literal["=", "!=", "<", "<=", ">", ">=", "IN", "LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET", "EXISTS"]
    values: tuple[Constant, ...]
    negated: bool
    position: int


@dataclass(frozen=True, slots=True)
class Combined:
    """Comparisons joined inside one observation."""

    operator: Literal["AND", "OR"]
    operands: tuple[Comparison | Combined, ...]
    position: int


@dataclass(frozen=True, slots=True)
class Observation:
    expression: Comparison | Combined
    position: int


@dataclass(frozen=True, slots=True)
class Joined:
    """Observations joined with each other."""

    operator: Literal["AND", "OR", "FOLLOWEDBY"]
    operands: tuple[Observation | Joined | Qualified, ...]
    position: int


@dataclass(frozen=True, slots=True)
class Qualified:
    """`WITHIN` has seconds, `REPEATS` a number of times, `START` the two timestamps as written."""

    expression: Observation | Joined | Qualified
    qualifier: Literal["WITHIN", "REPEATS", "START"]
    arguments: tuple[int | float | str, ...]
    position: int


Pattern = Observation | Joined | Qualified
