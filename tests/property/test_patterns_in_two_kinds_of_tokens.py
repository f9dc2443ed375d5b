"""A pattern is read in large tokens, and in the smallest ones when that fails; both give one tree, and refuse the same texts."""

from __future__ import annotations

import os

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.conformance.test_pattern_grammar import WHOLE, spoiled
from tests.property.test_hostile_patterns import WORDS

from detente.errors import InvalidPattern
from detente.stix.pattern import Combined, Comparison, Constant, Joined, Observation, Path, Pattern, parse_pattern
from detente.stix.pattern.grammar import _SMALL_TOKEN, _TOKEN, _Parser, _tokens

FUZZ = int(os.environ.get("DETENTE_FUZZ", "1"))

# What is nearly one large token, or ends where the small ones do not.
EDGES = r"""a:b='x'|a:b = 5|a:b NOT LIKE 'x'|a:b NOT= -1|a:b=1.5|a:b=.5|a:b=5.|a:'x y'.c[*]='\\\\'|a:'x\\'y'='z'|a:AND = 1
a:b-c = 1|x:y[007]=1
AND:b=1|a:b LIKE 5|a:b LIKE'5'|a:b NOTLIKE 'x'|a:b NOT-1|a:b=1OR|a:b='x'a:b='y'|/*x*/|/*|//|a:b=12345678901234567890123|a:b= //c
 'x'|a:b=05|a:b=+5|a:b=-0|a:b<>'x'|a:b=='x'|a:b<'x'|a:b ISSUBSET '10.0.0.0/8'
a:b.c.'d'[3]='x'|a:b:c='x'|\u00a0"""
PIECES = st.sampled_from([*WORDS, *EDGES.replace("\n", "|").split("|")])
TEXT = st.builds(str.join, st.sampled_from(["", " "]), st.lists(PIECES, max_size=9)).flatmap(
    lambda text: st.sampled_from([text, f"[{text}]"])
)


def small(text: str, *, lenient: bool) -> Pattern | str:
    try:
        return _Parser(text, _SMALL_TOKEN, lenient=lenient).pattern()
    except InvalidPattern as error:
        return str(error)


def as_read(text: str, *, lenient: bool) -> Pattern | str:
    try:
        return parse_pattern(text, lenient=lenient)
    except InvalidPattern as error:
        return str(error)


@settings(max_examples=400 * FUZZ, deadline=None)
@given(TEXT | WHOLE | spoiled())
@example("[a:b = 'x' AND a:b NOT = -5 OR (a:c LIKE '%' AND a:d = 1)] AND [a:b = 'x']")
@example("[a:b = '\\\\']")
def test_large_and_small_tokens_give_one_tree_and_one_error(text: str) -> None:
    for lenient in (False, True):
        assert as_read(text, lenient=lenient) == small(text, lenient=lenient)


def test_a_usual_comparison_is_one_token() -> None:
    text = "[network-traffic:src_ref.value NOT LIKE '10.%' AND file:hashes.'SHA-256'[*].x[0] >= -5]"
    assert len(_tokens(text, _TOKEN)[0]) == 6
    assert len(_tokens(text, _SMALL_TOKEN)[0]) == 27


def test_chains_bind_and_before_or_before_followedby() -> None:
    def one(position: int) -> Comparison:
        return Comparison(Path("a", ("b",)), "=", (Constant("integer", 1),), False, position)

    text = "[a:b=1 OR a:b=1 AND a:b=1] FOLLOWEDBY [a:b=1] OR [a:b=1] AND [a:b=1]"
    inner = Combined("OR", (one(1), Combined("AND", (one(10), one(20)), 10)), 1)
    last = Joined("AND", (Observation(one(50), 49), Observation(one(62), 61)), 49)
    assert parse_pattern(text) == Joined(
        "FOLLOWEDBY", (Observation(inner, 0), Joined("OR", (Observation(one(39), 38), last), 38)), 0
    )


def test_a_path_that_is_no_path_is_refused_where_it_stands() -> None:
    with pytest.raises(InvalidPattern, match=r"expected a property name.* came 'AND' at character 3"):
        parse_pattern("[a:AND = 'x']")
