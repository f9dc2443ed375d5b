"""One comparison held against one object: what a path leads to, and what the operators say of it (STIX 2.1, section 9.6).

Where the specification leaves room: an absent property matches nothing, with NOT and `!=` too; of different types, `=` and every
order are false and `!=` is true, but 1 = 1.0, and true is no number; LIKE is anchored, with `%` and `_` and no escape; MATCHES searches,
with RE2, which knows no back-references and takes linear time; LIKE and MATCHES compare in NFC, `=` compares code points.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from detente.errors import InvalidObject, InvalidPattern
from detente.stix.pattern.observed import Object
from detente.stix.pattern.tree import Comparison, Constant, Path

DEREFERENCES_MAX = 32

Predicate = Callable[[Any], bool]
"""Of a value as `values_at` gives it: what JSON holds, or bytes."""

_TIMESTAMP = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?Z", re.ASCII)
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def values_at(path: Path, root: Object, objects: Mapping[str, Object]) -> Iterator[Any]:
    """Every value that the path leads to from an object of its type; references are followed where it goes on behind them."""
    if root.get("type") != path.object_type:
        return
    # The step that comes next, the value before it, how many references were followed, and whether it is text for bytes.
    pending: list[tuple[int, Any, int, str]] = [(0, root, 0, "")]
    # Objects that many paths lead to are looked at once for each step, or the number of paths would be what it costs.
    reached: set[tuple[int, str]] = set()
    while pending:
        at, value, followed, last = pending.pop()
        if at == len(path.steps):
            yield _bytes_of(value, last)
            continue
        step = path.steps[at]
        if isinstance(step, str) and isinstance(value, str) and last.endswith(("_ref", "_refs")):
            target = objects.get(value)
            if target is None or followed == DEREFERENCES_MAX or (at, value) in reached:
                continue
            reached.add((at, value))
            value, followed = target, followed + 1
        if step is None and isinstance(value, list):
            pending += [(at + 1, element, followed, last) for element in reversed(value)]
        elif isinstance(step, int) and isinstance(value, list):
            if -1 < step < len(value):
                pending.append((at + 1, value[step], followed, last))
        elif isinstance(step, str) and isinstance(value, Mapping) and step in value:
            pending.append((at + 1, value[step], followed, step))


def _bytes_of(value: Any, name: str) -> Any:
    """Properties whose names end in _hex and _bin hold bytes in text (STIX 2.0, and `payload_bin` in 2.1)."""
    if isinstance(value, str):
        try:
            if name.endswith("_hex"):
                return bytes.fromhex(value)
            if name.endswith("_bin"):
                return base64.b64decode(value, validate=True)
        except (ValueError, binascii.Error):
            return value
    return value


def predicate_of(comparison: Comparison) -> Predicate:
    """What the comparison says of one value, NOT included. Raises InvalidPattern for literals that it cannot be said with."""
    holds = _holds(comparison)
    return (lambda value: not holds(value)) if comparison.negated else holds


def _holds(comparison: Comparison) -> Predicate:
    literals = comparison.values
    match comparison.operator:
        case "EXISTS":
            return lambda _: True
        case "IN":
            if len({_family(literal) for literal in literals}) > 1:
                raise InvalidPattern(f"a set holds values of one type, at character {comparison.position}")
            return any_of(literals)
        case "=":
            return _equals(literals[0])
        case "!=":
            equal = _equals(literals[0])
            return lambda value: not equal(value)
        case "<" | "<=" | ">" | ">=":
            return _ordered(comparison.operator, literals[0])
        case "LIKE":
            return _like(_text(comparison))
        case "MATCHES":
            return _matches(_text(comparison), comparison.position)
        case "ISSUBSET" | "ISSUPERSET":
            return _in_network(_text(comparison), comparison.operator == "ISSUBSET", comparison.position)


def any_of(literals: Sequence[Constant]) -> Predicate:
    """Equality with one of them."""
    texts = frozenset(literal.value for literal in literals if literal.kind == "string")
    equals = [_equals(literal) for literal in literals]
    others = [one for one, literal in zip(equals, literals, strict=True) if literal.kind != "string"]

    def is_one(value: Any) -> bool:
        if isinstance(value, str):
            return value in texts or any(one(value) for one in others)
        return any(one(value) for one in equals)

    return is_one


def _text(comparison: Comparison) -> str:
    literal = comparison.values[0]
    if literal.kind != "string" or not isinstance(literal.value, str):
        raise InvalidPattern(
            f"{comparison.operator} takes text, not {literal.kind}, at character {comparison.position}"
        )
    return literal.value


def _family(literal: Constant) -> str:
    return "number" if literal.kind in ("integer", "float") else literal.kind


def _pair(literal: Constant) -> Callable[[Any], tuple[Any, Any] | None]:
    """Both sides in a form in which they can be compared, or None when their types differ."""
    constant = literal.value
    match literal.kind:
        case "boolean":
            return lambda value: (value, constant) if isinstance(value, bool) else None
        case "integer" | "float":
            return lambda value: (value, constant) if type(value) in (int, float) else None
        case "timestamp":
            try:
                moment = moment_of(str(constant))
            except InvalidObject:
                raise InvalidPattern(f"{str(constant)[:60]!a} is no moment that exists") from None
            return lambda value: (moment_of(value), moment) if isinstance(value, str) else None
        case "hex":
            return _pair_of_bytes(bytes.fromhex(str(constant)))
        case "binary":
            return _pair_of_bytes(base64.b64decode(str(constant)))
    raw = _latin(str(constant))

    def text(value: Any) -> tuple[Any, Any] | None:
        if isinstance(value, bytes):
            return None if raw is None else (value, raw)
        return (value, constant) if isinstance(value, str) else None

    return text


def _pair_of_bytes(constant: bytes) -> Callable[[Any], tuple[Any, Any] | None]:
    def pair(value: Any) -> tuple[Any, Any] | None:
        raw = _latin(value) if isinstance(value, str) else value
        return (raw, constant) if isinstance(raw, bytes) else None

    return pair


def _latin(text: str) -> bytes | None:
    """Text as the bytes that its code points are, None when one is above 255."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return None


def _equals(literal: Constant) -> Predicate:
    pair = _pair(literal)

    def equals(value: Any) -> bool:
        both = pair(value)
        return both is not None and both[0] == both[1]

    return equals


def _ordered(operator: str, literal: Constant) -> Predicate:
    if literal.kind == "boolean":
        raise InvalidPattern(f"true and false have no order; {operator} takes a number, text or a time")
    pair = _pair(literal)

    def ordered(value: Any) -> bool:
        both = pair(value)
        if both is None:
            return False
        a, b = both
        return bool(a < b if operator == "<" else a <= b if operator == "<=" else a > b if operator == ">" else a >= b)

    return ordered


def _like(pattern: str) -> Predicate:
    wanted = _Wild(unicodedata.normalize("NFC", pattern))
    is_latin = _latin(wanted.text) is not None

    def like(value: Any) -> bool:
        if isinstance(value, bytes):
            return is_latin and wanted.fits(value.decode("latin-1"))
        return isinstance(value, str) and wanted.fits(unicodedata.normalize("NFC", value))

    return like


class _Wild:
    """`%` for any characters, `_` for one; the whole text. The parts between `%` are found from left to right, each where it
    comes first, so that no pattern takes more than the product of the two lengths."""

    def __init__(self, text: str) -> None:
        self.text = text
        first, *rest = text.split("%")
        self._open = bool(rest)
        self._first = first
        self._last = rest.pop() if rest else ""
        self._inner = [
            re.compile(re.escape(part).replace("_", "."), re.DOTALL) if "_" in part else part for part in rest if part
        ]

    def fits(self, text: str) -> bool:
        if not self._open:
            return len(text) == len(self._first) and _same(self._first, text)
        end = len(text) - len(self._last)
        at = len(self._first)
        if at > end or not _same(self._first, text[:at]) or not _same(self._last, text[end:]):
            return False
        for part in self._inner:
            if isinstance(part, str):
                start = text.find(part, at, end)
                size = len(part)
            else:
                found = part.search(text, at, end)
                start, size = (-1, 0) if found is None else (found.start(), len(found.group()))
            if start < 0:
                return False
            at = start + size
        return True


def _same(wanted: str, text: str) -> bool:
    """Of one length; `_` fits whatever stands there."""
    return wanted == text or ("_" in wanted and all(w in ("_", c) for w, c in zip(wanted, text, strict=True)))


def _matches(pattern: str, position: int) -> Predicate:
    try:
        import re2
    except ImportError:
        raise InvalidPattern(
            "MATCHES needs RE2: the standard library's expressions can be made to run for ever. Install: detente[hunt]"
        ) from None
    if not pattern.isascii() and any("\ud800" <= character <= "\udfff" for character in pattern):
        raise InvalidPattern(f"the regular expression holds half a character, at character {position}")
    text = _compiled(re2, unicodedata.normalize("NFC", pattern), position)
    raw = _latin(pattern)
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    try:
        bytes_ = None if raw is None else re2.compile(raw, options)
    except re2.error:
        bytes_ = None

    def matches(value: Any) -> bool:
        if isinstance(value, bytes):
            return bytes_ is not None and bytes_.search(value) is not None
        if not isinstance(value, str):
            return False
        try:
            return text.search(unicodedata.normalize("NFC", value)) is not None
        except UnicodeEncodeError:  # half a character, which no expression can ask for
            return False

    return matches


def _compiled(re2: Any, pattern: str, position: int) -> Any:
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else error
        raise InvalidPattern(f"the regular expression cannot be used ({reason}), at character {position}") from None


def _in_network(text: str, subset: bool, position: int) -> Predicate:
    wanted = _network(text)
    if wanted is None:
        raise InvalidPattern(f"{text[:60]!r} is no address or network, at character {position}")

    def in_network(value: Any) -> bool:
        found = _network(value) if isinstance(value, str) else None
        if found is None or found.version != wanted.version:
            return False
        inner, outer = (found, wanted) if subset else (wanted, found)
        return inner.prefixlen >= outer.prefixlen and inner.network_address in outer

    return in_network


def _network(text: str) -> IPv4Network | IPv6Network | None:
    """Host bits are masked."""
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def moment_of(text: str) -> tuple[str, str]:
    """A timestamp in a form that compares in order of time, with every digit of its fraction. Raises InvalidObject."""
    found = _TIMESTAMP.fullmatch(text)
    if found is not None:
        month, day, hour, minute, second = (int(part) for part in found.groups()[1:6])
        if 1 <= month <= 12 and 1 <= day <= _DAYS[month - 1] and hour < 24 and minute < 60 and second <= 60:
            return text[:19], (found[7] or "").rstrip("0")
    raise InvalidObject(
        f"{text[:60]!r} stands where a time is compared, and is no timestamp such as 2016-10-07T15:30:00Z"
    )
