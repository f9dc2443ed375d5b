"""The grammar of STIX 2.1 section 9: one expression for the tokens, one method for each rule.

A chain of AND, OR or FOLLOWEDBY is a loop; only parentheses recurse, and their depth is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal, NamedTuple, cast

from detente.errors import InvalidPattern
from detente.stix.pattern.tree import Combined, Comparison, Constant, Joined, Observation, Path, Pattern, Qualified

LENGTH_MAX = 1 << 18
DEPTH_MAX = 32


def parse_pattern(text: str, *, lenient: bool = False) -> Pattern:
    """The expression tree; raises InvalidPattern with the position, counted in characters from 0.

    `lenient`: what patterns of STIX 2.0 are found to say is read too: START and STOP with plain text, and one qualifier twice.
    """
    if len(text) > LENGTH_MAX:
        raise InvalidPattern(f"the pattern has {len(text)} characters, the limit is {LENGTH_MAX}; split it")
    return _Parser(text, lenient=lenient).pattern()


class _Token(NamedTuple):
    kind: str
    text: str
    position: int


class _Parser:
    """Holds the tokens of one text and how far they are read."""

    def __init__(self, text: str, *, lenient: bool) -> None:
        self._tokens = _tokens(text)
        self._lenient = lenient
        self._next = 0
        self._depth = 0
        self._height = 0  # how many qualifiers are inside each other in what was read last

    def pattern(self) -> Pattern:
        expression = self._followed()
        if self._peek().kind != "end":
            raise self._unexpected("the end of the pattern, AND, OR, FOLLOWEDBY or a qualifier")
        return expression

    # Observations, loosest binding first.

    def _followed(self) -> Pattern:
        return self._joined("FOLLOWEDBY", self._any_of)

    def _any_of(self) -> Pattern:
        return self._joined("OR", self._all_of)

    def _all_of(self) -> Pattern:
        return self._joined("AND", self._qualified)

    def _joined(self, operator: Literal["AND", "OR", "FOLLOWEDBY"], operand: Callable[[], Pattern]) -> Pattern:
        position = self._peek().position
        operands = [operand()]
        height = self._height
        while self._take(operator):
            operands.append(operand())
            height = max(height, self._height)
        self._height = height
        return operands[0] if len(operands) == 1 else Joined(operator, tuple(operands), position)

    def _qualified(self) -> Pattern:
        position = self._peek().position
        grouped = self._peek().text == "("
        if self._take("["):
            expression: Pattern = Observation(self._alternatives(), position)
            self._expect("]")
            height = 0
        elif self._take("("):
            self._enter(position)
            expression = self._followed()
            self._expect(")")
            self._depth -= 1
            height = self._height
        else:
            raise self._unexpected("[ or (")
        seen: set[str] = set()
        while (qualifier := self._peek()).text in ("WITHIN", "REPEATS", "START") and qualifier.kind == "word":
            # A group in parentheses may be qualified twice in one way, a single observation may not.
            if qualifier.text in seen and not grouped and not self._lenient:
                raise _error(f"{qualifier.text} twice on one expression; put parentheses around the first", qualifier)
            seen.add(qualifier.text)
            height += 1
            if height > DEPTH_MAX:
                raise _error(f"more than {DEPTH_MAX} qualifiers inside each other", qualifier)
            expression = self._qualifier(expression)
        self._height = height
        return expression

    def _qualifier(self, expression: Pattern) -> Pattern:
        token = self._advance()
        if token.text == "START":
            kinds = ("timestamp", "string") if self._lenient else ("timestamp",)
            start = self._literal(*kinds)
            self._expect("STOP")
            stop = self._literal(*kinds)
            return Qualified(expression, "START", (cast(str, start.value), cast(str, stop.value)), token.position)
        if token.text == "WITHIN":
            seconds = self._above_zero("integer", "float")
            self._expect("SECONDS")
            return Qualified(expression, "WITHIN", (seconds,), token.position)
        times = self._above_zero("integer")
        self._expect("TIMES")
        return Qualified(expression, "REPEATS", (times,), token.position)

    def _above_zero(self, *kinds: str) -> int | float:
        where = self._peek()
        number = self._literal(*kinds).value
        if not isinstance(number, (int, float)) or number <= 0:
            raise _error("expected a number above zero", where)
        return number

    # Comparisons inside one observation.

    def _alternatives(self) -> Comparison | Combined:
        return self._combined("OR", lambda: self._combined("AND", self._comparison))

    def _combined(
        self, operator: Literal["AND", "OR"], operand: Callable[[], Comparison | Combined]
    ) -> Comparison | Combined:
        position = self._peek().position
        operands = [operand()]
        while self._take(operator):
            operands.append(operand())
        return operands[0] if len(operands) == 1 else Combined(operator, tuple(operands), position)

    def _comparison(self) -> Comparison | Combined:
        first = self._peek()
        if self._take("("):
            self._enter(first.position)
            inner = self._alternatives()
            self._expect(")")
            self._depth -= 1
            return inner
        negated = self._take("NOT")
        if self._take("EXISTS"):
            return Comparison(self._path(), "EXISTS", (), negated, first.position)
        if negated:
            raise self._unexpected("EXISTS (elsewhere NOT stands behind the property)")
        path = self._path()
        negated = self._take("NOT")
        token = self._advance()
        operator = _OPERATORS.get(token.text) if token.kind in ("word", "sign") else None
        if operator is None:
            self._next -= 1
            raise self._unexpected("a comparison: = != < <= > >= IN LIKE MATCHES ISSUBSET ISSUPERSET")
        if operator == "IN":
            values = self._set()
        elif operator in ("LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET"):
            values = (self._literal("string"),)
        elif operator in ("=", "!="):
            values = (self._literal(*_ORDERED, "boolean"),)
        else:
            values = (self._literal(*_ORDERED),)
        # The dictionary holds only names of operators; mypy cannot see that.
        return Comparison(path, operator, values, negated, first.position)  # type: ignore[arg-type]

    def _set(self) -> tuple[Constant, ...]:
        self._expect("(")
        values: list[Constant] = []
        if not self._take(")"):
            values.append(self._literal(*_ORDERED, "boolean"))
            while self._take(","):
                values.append(self._literal(*_ORDERED, "boolean"))
            self._expect(")")
        return tuple(values)

    def _path(self) -> Path:
        token = self._advance()
        if token.kind != "word" or token.text in _KEYWORDS:
            self._next -= 1
            raise self._unexpected("an object type, as in ipv4-addr:value")
        self._expect(":")
        steps: list[str | int | None] = [self._step()]
        while True:
            if self._take("."):
                steps.append(self._step())
            elif self._take("["):
                steps.append(self._index())
            else:
                return Path(token.text, tuple(steps))

    def _step(self) -> str:
        token = self._advance()
        if token.kind == "string":
            return _unquoted(token.text)
        if token.kind != "word" or token.text in _KEYWORDS or "-" in token.text:
            self._next -= 1
            raise self._unexpected("a property name; put quotes around one with a hyphen")
        return token.text

    def _index(self) -> int | None:
        if self._take("*"):
            self._expect("]")
            return None
        where = self._peek()
        number = self._literal("integer").value
        if not isinstance(number, int) or number < 0:
            raise _error("a list index counts from 0", where)
        self._expect("]")
        return number

    def _literal(self, *kinds: str) -> Constant:
        token = self._advance()
        constant = _constant(token)
        if constant is None or constant.kind not in kinds:
            self._next -= 1
            raise self._unexpected("a " + " or ".join(kinds))
        return constant

    # Tokens.

    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _advance(self) -> _Token:
        """The next token. One that does not fit, as the end never does, is put back before anything else is read."""
        self._next += 1
        return self._tokens[self._next - 1]

    def _take(self, text: str) -> bool:
        token = self._tokens[self._next]
        if token.text == text and token.kind in ("word", "sign"):
            self._next += 1
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise self._unexpected(text)

    def _enter(self, position: int) -> None:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise InvalidPattern(f"parentheses are nested deeper than {DEPTH_MAX} at character {position}")

    def _unexpected(self, expected: str) -> InvalidPattern:
        token = self._peek()
        came = "the end" if token.kind == "end" else ascii(token.text[:40])
        return InvalidPattern(f"expected {expected}, came {came} at character {token.position}")


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            reason = (
                "a text that does not end, or an escape other than \\' and \\\\" if text[position] == "'" else "nothing"
            )
            came = ascii(text[position : position + 20])
            raise InvalidPattern(f"cannot read {came} at character {position}: it begins {reason} of STIX patterning")
        kind = match.lastgroup
        if kind is not None:
            tokens.append(_Token(kind, match[0], position))
        position = match.end()
    tokens.append(_Token("end", "", len(text)))
    return tokens


def _constant(token: _Token) -> Constant | None:
    kind, text = token.kind, token.text
    if kind == "string":
        return Constant("string", _unquoted(text))
    if kind == "integer":
        if len(text) > 20:
            raise _error("integer of more than 20 characters", token)
        return Constant("integer", int(text))
    if kind == "float":
        return Constant("float", float(text[:400]))
    if kind == "timestamp":
        return Constant("timestamp", text[2:-1])
    if kind == "hex":
        return Constant("hex", text[2:-1])
    if kind == "binary":
        return Constant("binary", text[2:-1])
    if kind == "word" and text in ("true", "false"):
        return Constant("boolean", text == "true")
    return None


def _unquoted(text: str) -> str:
    inner = text[1:-1]
    return inner if "\\" not in inner else _ESCAPE.sub(r"\1", inner)


def _error(reason: str, token: _Token) -> InvalidPattern:
    return InvalidPattern(f"{reason}, at character {token.position}")


_ORDERED = ("string", "integer", "float", "timestamp", "hex", "binary")
_WORD_OPERATORS = ("IN", "LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET")
_OPERATORS = {"==": "=", "<>": "!="} | {name: name for name in ("=", "!=", "<", "<=", ">", ">=", *_WORD_OPERATORS)}
_KEYWORDS = frozenset(
    {
        "AND",
        "OR",
        "NOT",
        "FOLLOWEDBY",
        "EXISTS",
        "START",
        "STOP",
        "SECONDS",
        "WITHIN",
        "REPEATS",
        "TIMES",
        "true",
        "false",
        *_WORD_OPERATORS,
    }
)
_ESCAPE = re.compile(r"\\(['\\])")
_TOKEN = re.compile(
    r"""
      (?: \s+ | /\*.*?\*/ | //[^\r\n]* )
    | (?P<timestamp> t'[0-9]{4}-(?:0[1-9]|1[012])-(?:0[1-9]|[12][0-9]|3[01])
                       T(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?Z' )
    | (?P<hex> h'(?:[0-9A-Fa-f]{2})*' )
    | (?P<binary> b'(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?' )
    | (?P<string> '(?:[^'\\]++|\\['\\])*+' )
    | (?P<float> [+-]?(?:0|[1-9][0-9]*)?\.[0-9]+ )
    | (?P<integer> [+-]?(?:0|[1-9][0-9]*)(?![0-9]) )
    | (?P<word> [A-Za-z_][A-Za-z0-9_-]*+ )
    | (?P<sign> ==|=|!=|<>|<=|>=|<|>|[()\[\],.:*] )
    """,
    re.VERBOSE | re.DOTALL,
)
