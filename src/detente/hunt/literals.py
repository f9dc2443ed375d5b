"""What of a pattern a hunt over logs can search for: the values by which its lines are found, and what is left out, with the reason.

A pattern that is more than simple values is hunted in two steps. Each of its alternatives needs a *required literal*, a value
without which nothing can make it true: these go into the matcher like the values of any indicator. Only lines that hold one are
read into objects (`detente.hunt.observing`), and the whole pattern is held against those (`detente.hunt.sequence`).

An alternative that has no such value, or asks for what no line tells, is taken out of the pattern and listed: what is left says less and
never more, because a comparison with NOT is never taken out of an AND. When nothing is left the pattern is not searched. Whoever wants so
has the former searched for too, by reading every line (`detente.hunt.every_line`).

    [network-traffic:dst_ref.value = '198.51.100.7' AND network-traffic:dst_port = 443]    found by 198.51.100.7
    [domain-name:value LIKE '%.evil.example']                                              found by evil.example and below
    [domain-name:value MATCHES 'evil']                                                     not searched, or in every line
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from detente.errors import InvalidPattern
from detente.hunt import values
from detente.hunt.keys import keys_of
from detente.stix.pattern import (
    Combined,
    Comparison,
    Constant,
    Joined,
    Kind,
    Observation,
    Path,
    Pattern,
    PatternValue,
    Qualified,
    parse_pattern,
    single_value,
    values_of,
)
from detente.stix.pattern.compare import predicate_of
from detente.stix.pattern.search import bounds_us_of

VALUES_MAX = 100_000  # of one pattern
NO_VALUE = (
    "no value in it can be looked up; only = and IN on addresses, names, URLs and hashes, networks, and LIKE with a fixed end or beginning "
    "can. --every-line reads every line for it, which is slow"
)

_ADDRESS = "address"  # of either version, or a name: what the end of a connection may be
_KINDS: dict[tuple[str | int | None, ...], str] = {
    ("ipv4-addr", "value"): "ipv4",
    ("ipv6-addr", "value"): "ipv6",
    ("domain-name", "value"): "domain",
    ("url", "value"): "url",
    ("network-traffic", "src_ref", "value"): _ADDRESS,
    ("network-traffic", "dst_ref", "value"): _ADDRESS,
    ("network-traffic", "extensions", "http-request-ext", "request_header", "Host"): "domain",
    ("file", "hashes", "MD5"): "md5",
    ("file", "hashes", "SHA-1"): "sha1",
    ("file", "hashes", "SHA-256"): "sha256",
    ("file", "hashes", "SHA-512"): "sha512",
}
_SIMPLE = {key for key in _KINDS if key[0] != "network-traffic"}
# What else lines may tell; see `detente.hunt.observing`.
_TOLD: set[tuple[str | int | None, ...]] = {
    ("network-traffic", "src_ref", "type"),
    ("network-traffic", "dst_ref", "type"),
    ("network-traffic", "src_port"),
    ("network-traffic", "dst_port"),
    ("network-traffic", "protocols", None),
    ("network-traffic", "extensions", "http-request-ext", "request_method"),
    ("network-traffic", "extensions", "http-request-ext", "request_value"),
    ("network-traffic", "extensions", "http-request-ext", "request_header", "User-Agent"),
    ("network-traffic", "extensions", "http-request-ext", "request_header", "Referer"),
    ("user-account", "account_login"),
}
_HASH_NAMES = {"SHA1": "SHA-1", "SHA256": "SHA-256", "SHA512": "SHA-512"}


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An alternative that is not searched for: by what it asks for, and why."""

    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """`pattern`: what lines are held against, with literals in the form in which lines are read; None where that is not needed,
    and when nothing can be searched for. Without values every line is held against it."""

    pattern: Pattern | None
    values: tuple[PatternValue, ...]
    left_out: tuple[LeftOut, ...] = ()
    held: str = ""  # the pattern as text, where lines that hold a value are held against it; "" when the values are all there is to it

    @property
    def searched(self) -> bool:
        return bool(self.values or self.held)


@dataclass(slots=True)
class _Planner:
    every_line: bool
    left_out: list[LeftOut] = field(default_factory=list)
    needs_every_line: bool = False

    def observations(self, node: Pattern) -> tuple[Pattern, list[PatternValue]] | None:
        if isinstance(node, Observation):
            return self.observation(node)
        if isinstance(node, Qualified):
            if node.qualifier == "START":
                try:
                    bounds_us_of(node)
                except InvalidPattern as error:
                    self.left_out.append(LeftOut("START", str(error)))
                    return None
            inner = self.observations(node.expression)
            return None if inner is None else (replace(node, expression=inner[0]), inner[1])
        found = [one for operand in node.operands if (one := self.observations(operand)) is not None]
        if not found or (node.operator != "OR" and len(found) < len(node.operands)):
            return None
        together = [value for _, some in found for value in some]
        return (found[0][0] if len(found) == 1 else replace(node, operands=tuple(one for one, _ in found))), together

    def observation(self, node: Observation) -> tuple[Pattern, list[PatternValue]] | None:
        kept = self.told(node.expression)
        if kept is None:
            return None
        alternatives = kept.operands if isinstance(kept, Combined) and kept.operator == "OR" else (kept,)
        searched: list[Comparison | Combined] = []
        together: list[PatternValue] = []
        for one in alternatives:
            some = required(one)
            if some is not None:
                searched.append(one)
                together += some
            elif self.every_line:
                searched.append(one)
                self.needs_every_line = True
            else:
                self.left_out.append(LeftOut(_named(one), NO_VALUE))
        if not searched:
            return None
        expression = searched[0] if len(searched) == 1 else replace(_combined(kept), operands=tuple(searched))
        return Observation(expression, node.position), together

    def told(self, node: Comparison | Combined) -> Comparison | Combined | None:
        """Without the alternatives that no line can tell; None when that is all, or a part of an AND."""
        if isinstance(node, Comparison):
            try:
                normal = _normal(node)
                if not (normal.operator == "=" and normal.values[0].kind == "string"):
                    predicate_of(normal)  # raises for literals, and regular expressions, that no evaluation can use
                return normal
            except InvalidPattern as error:
                self.left_out.append(LeftOut(path_text(node.path), str(error)))
                return None
        found = [one for operand in node.operands if (one := self.told(operand)) is not None]
        if not found or (node.operator == "AND" and len(found) < len(node.operands)):
            return None
        return found[0] if len(found) == 1 else replace(node, operands=tuple(found))


def plan(text: str, *, every_line: bool = False) -> Plan:
    """Raises InvalidPattern for text that is no pattern; read as patterns of STIX 2.0 are found to be written.

    `every_line`: a pattern of which a part has no value to look up is searched for in every line, and not by values at all.
    """
    try:
        single = single_value(text)
    except InvalidPattern:
        single = None
    if single is not None:
        return Plan(None, tuple(single))
    tree = parse_pattern(text, lenient=True)
    try:
        return Plan(None, tuple(values_of(tree)))
    except InvalidPattern:
        pass
    planner = _Planner(every_line)
    found = planner.observations(tree)
    if found is None:
        return Plan(None, (), tuple(planner.left_out))
    pattern, together = found
    if planner.needs_every_line:
        return Plan(pattern, (), tuple(planner.left_out), text)
    distinct = tuple(dict.fromkeys(together))
    if len(distinct) > VALUES_MAX:
        return Plan(None, (), (LeftOut("the pattern", f"it has more than {VALUES_MAX:,} values"),))
    if _is_simple(pattern):
        # What is left is no more than values; they are hunted like those of every other indicator, with parents and networks.
        return Plan(None, distinct, tuple(planner.left_out))
    return Plan(pattern, distinct, tuple(planner.left_out), text)


def _is_simple(node: Pattern | Comparison | Combined) -> bool:
    if isinstance(node, Observation):
        return _is_simple(node.expression)
    if isinstance(node, Comparison):
        return _key(node.path) in _SIMPLE and not node.negated and node.operator in ("=", "IN", "ISSUBSET")
    if isinstance(node, Qualified):
        return False
    return node.operator == "OR" and all(map(_is_simple, node.operands))


def required(node: Comparison | Combined) -> list[PatternValue] | None:
    """Values of which one is in every line that makes it true; None when there are none such."""
    if isinstance(node, Comparison):
        return _literals(node)
    each = [required(operand) for operand in node.operands]
    if node.operator == "OR":
        return None if None in each else [value for some in each if some is not None for value in some]
    return min((some for some in each if some is not None), key=len, default=None)


def _literals(node: Comparison) -> list[PatternValue] | None:
    kind = _KINDS.get(_key(node.path))
    if kind is None or node.negated:
        return None
    texts = [str(constant.value) for constant in node.values if constant.kind == "string"]
    if node.operator in ("=", "IN") or (node.operator == "ISSUBSET" and kind in ("ipv4", "ipv6", _ADDRESS)):
        return [PatternValue(_kind_of(kind, text), text) for text in texts]
    if node.operator == "LIKE":
        value = _fixed_part(kind, texts[0])
        return None if value is None else [value]
    return None


def _fixed_part(kind: str, like: str) -> PatternValue | None:
    """The value that every text holds which is LIKE this, found by the rules for networks, parents and hosts."""
    if kind in ("domain", _ADDRESS) and (ending := _ENDING.fullmatch(like)):
        value = PatternValue("domain", ending[1])
    elif kind == "url" and (beginning := _BEGINNING.match(like)):
        value = PatternValue("url", beginning[0])
    elif kind in ("ipv4", _ADDRESS) and (octets := _OCTETS.fullmatch(like)):
        numbers = octets[1].rstrip(".").split(".")
        value = PatternValue(
            "ipv4", ".".join([*numbers, *("0" for _ in range(4 - len(numbers)))]) + f"/{8 * len(numbers)}"
        )
    else:
        return None
    try:
        keys_of(*value)
    except InvalidPattern:
        return None
    return value


def _normal(node: Comparison) -> Comparison:
    """With its literals as lines are read. Raises InvalidPattern for what no line tells, or can be looked up."""
    key = _key(node.path)
    kind = _KINDS.get(key)
    if kind is None and key not in _TOLD:
        raise InvalidPattern(f"lines of logs do not tell {path_text(node.path)}")
    node = replace(node, path=Path(str(key[0]), tuple(key[1:])))
    if kind is None:
        return node
    if node.operator == "LIKE" and kind in ("domain", _ADDRESS):
        return replace(node, values=tuple(replace(one, value=str(one.value).lower()) for one in node.values))
    if node.operator in ("=", "!=", "IN"):
        return replace(node, values=tuple(_normal_constant(kind, one) for one in node.values))
    if node.operator == "ISSUBSET":
        keys_of(_kind_of(kind, str(node.values[0].value)), str(node.values[0].value))
    return node


def _normal_constant(kind: str, constant: Constant) -> Constant:
    if constant.kind != "string":
        raise InvalidPattern(f"a literal of the type {constant.kind}, where lines hold text")
    value = str(constant.value)
    kind = _kind_of(kind, value)
    keys_of(kind, value)
    if kind == "ipv6":
        value = values.ipv6_text(values.ipv6_range(value)[0])
    elif kind == "domain":
        value = values.domain(value).decode("ascii")
    elif kind == "url":
        scheme, rest = values.url_parts(value)
        if not scheme:
            raise InvalidPattern("a URL without a scheme")
        value = values.url(scheme, rest).decode("utf-8")
    elif kind != "ipv4":
        value = value.lower()
    return replace(constant, value=value)


def _kind_of(kind: str, value: str) -> Kind:
    if kind == _ADDRESS:
        return "ipv6" if ":" in value else "ipv4" if _ADDRESS4.fullmatch(value) else "domain"
    return kind  # type: ignore[return-value]  # the table holds kinds only


def _key(path: Path) -> tuple[str | int | None, ...]:
    steps = path.steps
    if path.object_type == "file" and steps[:1] == ("hashes",):
        steps = ("hashes", *(_HASH_NAMES.get(str(step), step) for step in steps[1:]))
    if path.object_type == "network-traffic" and steps[:1] == ("protocols",) and len(steps) == 2:
        steps = ("protocols", None)  # which layer a log names first is its own matter
    return (path.object_type, *steps)


def kind_of(path: Path) -> tuple[str, str]:
    """What values of it are, "" where they are none that is looked up, and "address" for either version or a name; and its name."""
    return _KINDS.get(_key(path), ""), path_text(path)


def path_text(path: Path) -> str:
    return f"{path.object_type}:" + ".".join("*" if step is None else str(step) for step in path.steps)


def _named(node: Comparison | Combined) -> str:
    if isinstance(node, Comparison):
        return f"{path_text(node.path)} {'NOT ' if node.negated else ''}{node.operator}"
    return _joined_text(f" {node.operator} ", map(_named, node.operands))


def _joined_text(between: str, texts: Iterable[str]) -> str:
    shown = between.join(texts)
    return shown if len(shown) <= 120 else shown[:119] + "…"


def _combined(node: Comparison | Combined) -> Combined:
    assert isinstance(node, Combined)
    return node


def needs_time(node: Pattern) -> bool:
    """Whether an observation without a time can have no part in it."""
    if isinstance(node, Observation):
        return False
    if isinstance(node, Joined):
        return node.operator == "FOLLOWEDBY" or any(map(needs_time, node.operands))
    return node.qualifier != "REPEATS" or needs_time(node.expression)


def is_alone(node: Pattern) -> bool:
    """Whether one observation is enough whenever it holds."""
    if isinstance(node, Observation):
        return True
    if isinstance(node, Joined):
        return node.operator == "OR" and all(map(is_alone, node.operands))
    return is_alone(node.expression) and (node.qualifier != "REPEATS" or node.arguments[0] == 1)


def reason_of(left_out: Sequence[LeftOut]) -> str:
    return "; ".join(f"{one.what}: {one.reason}" for one in left_out)


# Behind the first dot: `%evil.example` is notevil.example too.
_ENDING = re.compile(r"%[0-9A-Za-z-]*\.((?:[0-9A-Za-z-]+\.)+[0-9A-Za-z-]+)")
_BEGINNING = re.compile(r"[A-Za-z]{1,10}://[^/%_?#]+/")
_OCTETS = re.compile(r"((?:[0-9]{1,3}\.){1,3})%")
_ADDRESS4 = re.compile(r"[0-9.]+(?:/[0-9]+)?")
