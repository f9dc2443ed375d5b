"""STIX patterning (STIX 2.1, section 9): text to a checked expression tree.

Implemented: the whole grammar of section 9, parsed without recursion on chains of AND, OR and FOLLOWEDBY; the meaning
of *simple* patterns, those that only say "one of these values was seen". Stricter: at most 262,144 characters, 32
levels of parentheses, 32 qualifiers inside each other; a string literal knows the two escapes `\\'` and `\\\\` only.

    >>> simple_values("[ipv4-addr:value = '198.51.100.7' OR domain-name:value IN ('a.example', 'b.example')]")
    [PatternValue(kind='ipv4', value='198.51.100.7'), PatternValue(kind='domain', value='a.example'), \
PatternValue(kind='domain', value='b.example')]
"""

from __future__ import annotations

from detente.stix.pattern.grammar import DEPTH_MAX, LENGTH_MAX, parse_pattern
from detente.stix.pattern.simple import (
    Kind,
    PatternValue,
    checked_value,
    make_alternatives,
    make_pattern,
    simple_values,
    single_value,
    values_of,
)
from detente.stix.pattern.tree import (
    Combined,
    Comparison,
    Constant,
    Joined,
    Observation,
    Path,
    Pattern,
    Qualified,
)

__all__ = [
    "DEPTH_MAX",
    "LENGTH_MAX",
    "Combined",
    "Comparison",
    "Constant",
    "Joined",
    "Kind",
    "Observation",
    "Path",
    "Pattern",
    "PatternValue",
    "Qualified",
    "checked_value",
    "make_alternatives",
    "make_pattern",
    "parse_pattern",
    "simple_values",
    "single_value",
    "values_of",
]
