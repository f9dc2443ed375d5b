"""The expression tree of a STIX pattern; every node knows the character it begins at.

Chains are flat: `a OR b OR c` is one node with three operands, so that walking a thousand alternatives needs no stack.
The nodes are structures of msgspec, which are made in a fifth of the time that a frozen dataclass takes: that is half of the parser's.
"""

from __future__ import annotations

from typing import Literal

import msgspec


class Constant(msgspec.Struct, frozen=True, gc=False):
    """A literal: what kind it was written as, and its value; `hex` and `binary` keep the text between the quotes."""

    kind: Literal["string", "integer", "float", "boolean", "timestamp", "hex", "binary"]
    value: str | int | float | bool


class Path(msgspec.Struct, frozen=True, gc=False):
    """`file:hashes.'SHA-256'` is ("file", ("hashes", "SHA-256")); a list index is an int, `[*]` is None."""

    object_type: str
    steps: tuple[str | int | None, ...]


class Comparison(msgspec.Struct, frozen=True, gc=False):
    path: Path
    operator: Literal["=", "!=", "<", "<=", ">", ">=", "IN", "LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET", "EXISTS"]
    values: tuple[Constant, ...]
    negated: bool
    position: int


class Combined(msgspec.Struct, frozen=True, gc=False):
    """Comparisons joined inside one observation."""

    operator: Literal["AND", "OR"]
    operands: tuple[Comparison | Combined, ...]
    position: int


class Observation(msgspec.Struct, frozen=True, gc=False):
    expression: Comparison | Combined
    position: int


class Joined(msgspec.Struct, frozen=True, gc=False):
    """Observations joined with each other."""

    operator: Literal["AND", "OR", "FOLLOWEDBY"]
    operands: tuple[Observation | Joined | Qualified, ...]
    position: int


class Qualified(msgspec.Struct, frozen=True, gc=False):
    """`WITHIN` has seconds, `REPEATS` a number of times, `START` the two timestamps as written."""

    expression: Observation | Joined | Qualified
    qualifier: Literal["WITHIN", "REPEATS", "START"]
    arguments: tuple[int | float | str, ...]
    position: int


Pattern = Observation | Joined | Qualified
