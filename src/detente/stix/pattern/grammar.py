"""The grammar of STIX 2.1 section 9: one expression for the tokens, one method for each rule.

A chain of AND, OR or FOLLOWEDBY is a loop; only parentheses recurse, and their depth is bounded.

Most of a pattern is comparisons such as `domain-name:value = 'a.example'`. The expression reads each of these as one token, which is
what makes it fast. When a text turns out to be no pattern it is read again in the smallest tokens, to say what was wrong and where.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal, cast

from detente.errors import InvalidPattern
from detente.stix.pattern.tree import Combined, Comparison, Constant, Joined, Observation, Path, Pattern, Qualified

LENGTH_MAX = 1 << 18
DEPTH_MAX = 32
PATHS_REMEMBERED_MAX = 1 << 12
PATH_REMEMBERED_CHARACTERS_MAX = 200


def parse_pattern(text: str, *, lenient: bool = False) -> Pattern:
    """The expression tree; raises InvalidPattern with the position, counted in characters from 0.

    `lenient`: what patterns of STIX 2.0 are found to say is read too: START and STOP with plain text, and one qualifier twice.
    """
    if len(text) > LENGTH_MAX:
        raise InvalidPattern(f"the pattern has {len(text)} characters, the limit is {LENGTH_MAX}; split it")
    try:
        return _Parser(text, _TOKEN, lenient=lenient).pattern()
    except InvalidPattern:
        return _Parser(text, _SMALL_TOKEN, lenient=lenient).pattern()


class _Parser:
    """Holds the tokens of one text, as three lists, and how far they are read.

    A token that is a whole comparison has that in the place of its text. No text of one kind of token is that of another: a string has
    its quotes, the end has none.
    """

    def __init__(self, text: str, token: re.Pattern[str], *, lenient: bool) -> None:
        self._kinds, self._texts, self._positions = _tokens(text, token)
        self._lenient = lenient
        self._next = 0
        self._depth = 0
        self._height = 0  # how many qualifiers are inside each other in what was read last

    def pattern(self) -> Pattern:
        expression = self._observations()
        if self._kinds[self._next] != _END:
            raise self._unexpected("the end of the pattern, AND, OR, FOLLOWEDBY or a qualifier")
        return expression

    # Observations.

    def _observations(self) -> Pattern:
        position = self._positions[self._next]
        first = self._qualified()
        if self._texts[self._next] not in _JOINING:
            return first
        operands, operators, positions = [first], [""], [position]
        height = self._height
        while (operator := self._texts[self._next]) in _JOINING:
            self._next += 1
            operators.append(operator)
            positions.append(self._positions[self._next])
            operands.append(self._qualified())
            height = max(height, self._height)
        self._height = height
        return cast(Pattern, _grouped(operands, operators, positions, _JOINING, Joined))

    def _qualified(self) -> Pattern:
        position = self._positions[self._next]
        opening = self._texts[self._next]
        if opening == "[":
            self._next += 1
            expression: Pattern = Observation(self._alternatives(), position)
            self._expect("]")
            height = 0
        elif opening == "(":
            self._enter()
            expression = self._observations()
            self._expect(")")
            self._depth -= 1
            height = self._height
        else:
            raise self._unexpected("[ or (")
        if self._texts[self._next] in _QUALIFIERS:
            expression, height = self._with_qualifiers(expression, height, grouped=opening == "(")
        self._height = height
        return expression

    def _with_qualifiers(self, expression: Pattern, height: int, *, grouped: bool) -> tuple[Pattern, int]:
        seen: set[str] = set()
        while (qualifier := self._texts[self._next]) in _QUALIFIERS:
            # A group in parentheses may be qualified twice in one way, a single observation may not.
            if qualifier in seen and not grouped and not self._lenient:
                raise self._error(f"{qualifier} twice on one expression; put parentheses around the first")
            seen.add(qualifier)
            height += 1
            if height > DEPTH_MAX:
                raise self._error(f"more than {DEPTH_MAX} qualifiers inside each other")
            expression = self._qualifier(expression)
        return expression, height

    def _qualifier(self, expression: Pattern) -> Pattern:
        qualifier, position = self._texts[self._next], self._positions[self._next]
        self._next += 1
        if qualifier == "START":
            kinds = ("timestamp", "string") if self._lenient else ("timestamp",)
            start = self._literal(*kinds)
            self._expect("STOP")
            stop = self._literal(*kinds)
            return Qualified(expression, "START", (cast(str, start.value), cast(str, stop.value)), position)
        if qualifier == "WITHIN":
            seconds = self._above_zero("integer", "float")
            self._expect("SECONDS")
            return Qualified(expression, "WITHIN", (seconds,), position)
        times = self._above_zero("integer")
        self._expect("TIMES")
        return Qualified(expression, "REPEATS", (times,), position)

    def _above_zero(self, *kinds: str) -> int | float:
        number = self._literal(*kinds).value
        if not isinstance(number, (int, float)) or number <= 0:
            self._next -= 1
            raise self._error("expected a number above zero")
        return number

    # Comparisons inside one observation.

    def _alternatives(self) -> Comparison | Combined:
        position = self._positions[self._next]
        first = self._comparison()
        if self._texts[self._next] not in _COMBINING:
            return first
        operands, operators, positions = [first], [""], [position]
        while (operator := self._texts[self._next]) in _COMBINING:
            self._next += 1
            operators.append(operator)
            positions.append(self._positions[self._next])
            operands.append(self._comparison())
        return cast(Comparison | Combined, _grouped(operands, operators, positions, _COMBINING, Combined))

    def _comparison(self) -> Comparison | Combined:
        if self._kinds[self._next] == _COMPARISON:
            self._next += 1
            return cast(Comparison, self._texts[self._next - 1])
        position = self._positions[self._next]
        if self._texts[self._next] == "(":
            self._enter()
            inner = self._alternatives()
            self._expect(")")
            self._depth -= 1
            return inner
        negated = self._take("NOT")
        if self._take("EXISTS"):
            return Comparison(self.path(), "EXISTS", (), negated, position)
        if negated:
            raise self._unexpected("EXISTS (elsewhere NOT stands behind the property)")
        path = self.path()
        negated = self._take("NOT")
        operator = _OPERATORS.get(self._texts[self._next])
        if operator is None:
            raise self._unexpected("a comparison: = != < <= > >= IN LIKE MATCHES ISSUBSET ISSUPERSET")
        self._next += 1
        if operator == "IN":
            values = self._set()
        elif operator in ("LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET"):
            values = (self._literal("string"),)
        elif operator in ("=", "!="):
            values = (self._literal(*_ORDERED, "boolean"),)
        else:
            values = (self._literal(*_ORDERED),)
        return Comparison(path, operator, values, negated, position)

    def _set(self) -> tuple[Constant, ...]:
        self._expect("(")
        values: list[Constant] = []
        if not self._take(")"):
            values.append(self._literal(*_ORDERED, "boolean"))
            while self._take(","):
                values.append(self._literal(*_ORDERED, "boolean"))
            self._expect(")")
        return tuple(values)

    def path(self) -> Path:
        object_type = self._texts[self._next]
        if self._kinds[self._next] != _WORD or object_type in _KEYWORDS:
            raise self._unexpected("an object type, as in ipv4-addr:value")
        self._next += 1
        self._expect(":")
        steps: list[str | int | None] = [self._step()]
        while True:
            if self._take("."):
                steps.append(self._step())
            elif self._take("["):
                steps.append(self._index())
            else:
                return Path(object_type, tuple(steps))

    def _step(self) -> str:
        kind, text = self._kinds[self._next], str(self._texts[self._next])
        if kind == _STRING:
            text = _unquoted(text)
        elif kind != _WORD or text in _KEYWORDS or "-" in text:
            raise self._unexpected("a property name; put quotes around one with a hyphen")
        self._next += 1
        return text

    def _index(self) -> int | None:
        if self._take("*"):
            self._expect("]")
            return None
        number = self._literal("integer").value
        if not isinstance(number, int) or number < 0:
            self._next -= 1
            raise self._error("a list index counts from 0")
        self._expect("]")
        return number

    def _literal(self, *kinds: str) -> Constant:
        kind, text = self._kinds[self._next], self._texts[self._next]
        if kind == _INTEGER and len(text) > 20:
            raise self._error("integer of more than 20 characters")
        constant = _constant(kind, text)
        if constant is None or constant.kind not in kinds:
            raise self._unexpected("a " + " or ".join(kinds))
        self._next += 1
        return constant

    # Tokens.

    def _take(self, text: str) -> bool:
        if self._texts[self._next] == text:
            self._next += 1
            return True
        return False

    def _expect(self, text: str) -> None:
        if self._texts[self._next] != text:
            raise self._unexpected(text)
        self._next += 1

    def _enter(self) -> None:
        position = self._positions[self._next]
        self._next += 1
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise InvalidPattern(f"parentheses are nested deeper than {DEPTH_MAX} at character {position}")

    def _unexpected(self, expected: str) -> InvalidPattern:
        came = "the end" if self._kinds[self._next] == _END else ascii(str(self._texts[self._next])[:40])
        return InvalidPattern(f"expected {expected}, came {came} at character {self._positions[self._next]}")

    def _error(self, reason: str) -> InvalidPattern:
        return InvalidPattern(f"{reason}, at character {self._positions[self._next]}")


def _grouped(
    operands: list[Any], operators: list[str], positions: list[int], binding: tuple[str, ...], node: Callable[..., Any]
) -> Any:
    """The operands of a chain under nodes; `operators` and `positions` stand before each. `binding`: the tightest first."""
    if operators.count(operators[1]) == len(operators) - 1:
        return node(operators[1], tuple(operands), positions[0])
    for operator in binding:
        if operator not in operators:
            continue
        chains: list[list[Any]] = []
        kept: list[int] = []  # places of the first operands
        for place, operand in enumerate(operands):
            if operators[place] == operator:
                chains[-1].append(operand)
            else:
                chains.append([operand])
                kept.append(place)
        operands = [
            chain[0] if len(chain) == 1 else node(operator, tuple(chain), positions[place])
            for chain, place in zip(chains, kept, strict=True)
        ]
        operators = [operators[place] for place in kept]
        positions = [positions[place] for place in kept]
    return operands[0]


def _tokens(text: str, token: re.Pattern[str]) -> tuple[list[int], list[Any], list[int]]:
    """Kinds, texts and positions. A kind is the number of the token's group; the last is _END."""
    kinds: list[int] = []
    texts: list[Any] = []
    positions: list[int] = []
    for match in token.finditer(text):
        kind = match.lastindex or _NOTHING
        position = match.start(kind)
        if kind == _COMPARISON:
            path, negated, operator, string, order, integer = match.group(2, 3, 4, 5, 6, 7)
            if string is None:
                operator = order
                literal = Constant("integer", int(integer))
            else:
                literal = Constant("string", string if "\\" not in string else _ESCAPE.sub(r"\1", string))
            texts.append(
                Comparison(
                    _path_of(path) if len(path) <= PATH_REMEMBERED_CHARACTERS_MAX else _new_path_of(path),
                    _OPERATORS[operator],
                    (literal,),
                    negated is not None,
                    position,
                )
            )
        elif kind == _NOTHING:
            raise _unreadable(text, position)
        else:
            texts.append(match[kind])
        kinds.append(kind)
        positions.append(position)
        if kind == _END:
            break
    return kinds, texts, positions


def _unreadable(text: str, position: int) -> InvalidPattern:
    what = "a text that does not end, or an escape other than \\' and \\\\" if text[position] == "'" else "nothing"
    came = ascii(text[position : position + 20])
    return InvalidPattern(f"cannot read {came} at character {position}: it begins {what} of STIX patterning")


def _new_path_of(text: str) -> Path:
    return _Parser(text, _SMALL_TOKEN, lenient=False).path()


# The same few paths stand in most patterns.
_path_of = lru_cache(PATHS_REMEMBERED_MAX)(_new_path_of)


def _constant(kind: int, text: str) -> Constant | None:
    if kind == _STRING:
        return Constant("string", _unquoted(text))
    if kind == _INTEGER:
        return Constant("integer", int(text))
    if kind == _FLOAT:
        return Constant("float", float(text[:400]))
    if kind in _PREFIXED:
        return Constant(_PREFIXED[kind], text[2:-1])
    if text in ("true", "false"):
        return Constant("boolean", text == "true")
    return None


def _unquoted(text: str) -> str:
    inner = text[1:-1]
    return inner if "\\" not in inner else _ESCAPE.sub(r"\1", inner)


_JOINING = ("AND", "OR", "FOLLOWEDBY")
_COMBINING = ("AND", "OR")
_QUALIFIERS = ("WITHIN", "REPEATS", "START")
_ORDERED = ("string", "integer", "float", "timestamp", "hex", "binary")
_Operator = Literal["=", "!=", "<", "<=", ">", ">=", "IN", "LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET"]
_OPERATORS: dict[str, _Operator] = {
    "=": "=", "==": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=",
    "IN": "IN", "LIKE": "LIKE", "MATCHES": "MATCHES", "ISSUBSET": "ISSUBSET", "ISSUPERSET": "ISSUPERSET",
}  # fmt: skip
_KEYWORDS = frozenset(
    (
        *_JOINING,
        *_QUALIFIERS,
        *filter(str.isalpha, _OPERATORS),
        "NOT",
        "EXISTS",
        "STOP",
        "SECONDS",
        "TIMES",
        "true",
        "false",
    )
)
_ESCAPE = re.compile(r"\\(['\\])")
_SPACE = r"\s*+ (?: (?: /\*.*?\*/ | //[^\r\n]*+ ) \s*+ )*+"
_STEP = r"(?: [A-Za-z_][A-Za-z0-9_]*+ | '[^'\\]*+' )"
_SIGN = r"==|=|!=|<>|<=|>=|<|>"
# A path without spaces, a word or sign, and one text or a number: as nearly all comparisons are written. No token of them is another than
# the smallest expression reads, so that both give one tree.
_WHOLE_COMPARISON = rf"""
    ( [A-Za-z_][A-Za-z0-9_-]*+ : {_STEP} (?: \.{_STEP} | \[(?:\*|0|[1-9][0-9]{{0,17}})\] )*+ )
    (?: \s++ (NOT)(?![A-Za-z0-9_-]) )?+
    \s*+
    (?: ( {_SIGN} | LIKE | MATCHES | ISSUBSET | ISSUPERSET ) \s*+ '( (?: [^'\\]++ | \\['\\] )*+ )'
      | ( {_SIGN} ) \s*+ ( [+-]?(?:0|[1-9][0-9]{{0,17}})(?![0-9.]) ) )
"""
_REST = rf"""
    | (?P<sign> {_SIGN} | [()\[\],:*] | \.(?![0-9]) )
    | (?P<timestamp> t'[0-9]{{4}}-(?:0[1-9]|1[012])-(?:0[1-9]|[12][0-9]|3[01])
                       T(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?Z' )
    | (?P<hex> h'(?:[0-9A-Fa-f]{{2}})*' )
    | (?P<binary> b'(?:[A-Za-z0-9+/]{{4}})*(?:[A-Za-z0-9+/]{{2}}==|[A-Za-z0-9+/]{{3}}=)?' )
    | (?P<string> '(?:[^'\\]++|\\['\\])*+' )
    | (?P<float> [+-]?(?:0|[1-9][0-9]*)?\.[0-9]+ )
    | (?P<integer> [+-]?(?:0|[1-9][0-9]*)(?![0-9]) )
    | (?P<word> [A-Za-z_][A-Za-z0-9_-]*+ )
    | (?P<end> \Z )
    | (?P<nothing> )
"""
_TOKEN = re.compile(f"{_SPACE} (?: (?P<comparison> {_WHOLE_COMPARISON} ) {_REST} )", re.VERBOSE | re.DOTALL)
_SMALL_TOKEN = re.compile(f"{_SPACE} (?: (?P<comparison> (?!) {_WHOLE_COMPARISON} ) {_REST} )", re.VERBOSE | re.DOTALL)
_KIND = _TOKEN.groupindex
_PREFIXED: dict[int, Literal["timestamp", "hex", "binary"]] = {
    _KIND["timestamp"]: "timestamp",
    _KIND["hex"]: "hex",
    _KIND["binary"]: "binary",
}
_COMPARISON, _WORD, _END, _NOTHING = _KIND["comparison"], _KIND["word"], _KIND["end"], _KIND["nothing"]
_STRING, _FLOAT, _INTEGER = _KIND["string"], _KIND["float"], _KIND["integer"]
