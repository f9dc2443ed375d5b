"""Simple patterns: those that only say "one of these values was seen". Reading their values, and writing them.

The commonest ones, equalities of which one is enough, are read by a regular expression; everything else by the parser.
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Network, IPv6Address, IPv6Network, NetmaskValueError
from typing import Literal, NamedTuple

from detente.errors import InvalidPattern
from detente.stix.pattern.grammar import parse_pattern
from detente.stix.pattern.tree import Combined, Comparison, Observation, Pattern, Qualified

Kind = Literal["ipv4", "ipv6", "domain", "url", "md5", "sha1", "sha256", "sha512"]


class PatternValue(NamedTuple):
    """One value a simple pattern looks for; an address may be a network, `198.51.100.0/24`."""

    kind: Kind
    value: str


def simple_values(text: str) -> list[PatternValue]:
    """The values of a pattern that only says "one of these was seen"; InvalidPattern with the reason for any other.

    Names and hashes come in lower case. The values come in the order they are written, repetitions included.
    """
    return single_value(text) or values_of(parse_pattern(text))


def single_value(text: str) -> list[PatternValue] | None:
    """As `simple_values`, of the commonest patterns; None of any other."""
    match = _SINGLE(text)
    if match is None:
        return _alternatives(text)
    kind = _FAST_KINDS[match[1]]
    return [PatternValue(kind, _value_at(kind, match[2], match.start(2)))]


def _alternatives(text: str) -> list[PatternValue] | None:
    """As `simple_values`, of equalities and networks, joined by OR; None of any other, and where the parser has something to say."""
    if len(text) > _ALTERNATIVES_LENGTH_MAX or _ALTERNATIVES(text) is None:
        return None
    values = []
    for match in _ONE_OF_SEVERAL.finditer(text):
        kind = _FAST_KINDS[match[1]]
        try:
            values.append(PatternValue(kind, checked_value(kind, match[2])))
        except InvalidPattern:
            return None
    return values


def values_of(pattern: Pattern) -> list[PatternValue]:
    """As `simple_values`, of a pattern that was read."""
    values: list[PatternValue] = []
    pending: list[Pattern | Comparison | Combined] = [pattern]
    while pending:
        node = pending.pop()
        if isinstance(node, Comparison):
            values.extend(_comparison_values(node))
        elif isinstance(node, Observation):
            pending.append(node.expression)
        elif isinstance(node, Qualified):
            raise _not_simple(f"{node.qualifier} needs times", node.position)
        elif node.operator != "OR":
            raise _not_simple(f"{node.operator} needs more than one value seen", node.position)
        else:
            pending.extend(reversed(node.operands))
    if not values:
        raise _not_simple("its set is empty and nothing can match", 0)
    return values


def make_pattern(kind: str, value: str) -> str:
    """The pattern that looks for one value. Raises InvalidPattern for a value that is none of this kind."""
    if kind not in _PATHS:
        raise InvalidPattern(f"{kind!a} is no kind of value; expected one of {', '.join(_PATHS)}")
    return f"[{_comparison_text(PatternValue(kind, value))}]"  # type: ignore[arg-type]  # checked one line above


def make_alternatives(values: list[PatternValue]) -> str:
    """The pattern that looks for any of these values."""
    return f"[{' OR '.join(_comparison_text(value) for value in values)}]"


def _comparison_text(value: PatternValue) -> str:
    checked = checked_value(value.kind, value.value)
    operator = "ISSUBSET" if "/" in checked and value.kind in ("ipv4", "ipv6") else "="
    escaped = checked.replace("\\", "\\\\").replace("'", "\\'")
    return f"{_PATHS[value.kind]} {operator} '{escaped}'"


def _comparison_values(node: Comparison) -> list[PatternValue]:
    kind = _KINDS.get((node.path.object_type, *node.path.steps))
    if kind is None:
        name = node.path.object_type + ":" + ".".join("*" if step is None else str(step) for step in node.path.steps)
        raise _not_simple(f"{name[:60]!a} is no address, name, URL or file hash", node.position)
    if node.negated or node.operator == "!=":
        raise _not_simple("it asks for the absence of a value", node.position)
    networks = node.operator == "ISSUBSET" and kind in ("ipv4", "ipv6")
    if node.operator not in ("=", "IN") and not networks:
        raise _not_simple(f"{node.operator} is no equality", node.position)
    values = []
    for constant in node.values:
        if not isinstance(constant.value, str) or constant.kind != "string":
            raise _not_simple(f"this literal is no text but of kind {constant.kind}", node.position)
        values.append(PatternValue(kind, _value_at(kind, constant.value, node.position)))
    return values


def _value_at(kind: Kind, value: str, position: int) -> str:
    try:
        return checked_value(kind, value)
    except InvalidPattern as error:
        raise InvalidPattern(f"{error}, at character {position}") from None


def _not_simple(reason: str, position: int) -> InvalidPattern:
    return InvalidPattern(f"not a simple pattern: {reason}, at character {position}")


def checked_value(kind: Kind, value: str) -> str:
    """The value in the form that is compared: names and hashes in lower case, networks with host bits zero.

    Raises InvalidPattern for a value that is none of its kind.
    """
    if kind == "ipv4":
        if _IPV4(value) is not None:
            return value
        wanted = "an IPv4 address or network"
        try:
            network = IPv4Network(value, strict=False)
        except (AddressValueError, NetmaskValueError, ValueError):
            pass
        else:
            if _PREFIX(value) is not None:
                return str(network.network_address) if network.prefixlen == 32 else str(network)
    elif kind == "ipv6":
        wanted = "an IPv6 address or network"
        try:
            if "/" not in value and "%" not in value:
                return str(IPv6Address(value))
            network6 = IPv6Network(value, strict=False)
        except (AddressValueError, NetmaskValueError, ValueError):
            pass
        else:
            if "%" not in value and (_PREFIX(value) is not None or "/" not in value):
                return str(network6.network_address) if network6.prefixlen == 128 else str(network6)
    elif kind == "domain":
        if _DOMAIN(value) is not None:
            return value.lower()
        wanted = "a domain name"
    elif kind == "url":
        if _URL(value) is not None:
            return value
        wanted = "a URL with a scheme and a host"
    else:
        if len(value) == _HASH_DIGITS[kind] and _HEX(value) is not None:
            return value.lower()
        wanted = f"{_HASH_DIGITS[kind]} hexadecimal digits"
    raise InvalidPattern(f"expected {wanted}, came {value[:60]!a}")


_PATHS: dict[str, str] = {
    "ipv4": "ipv4-addr:value",
    "ipv6": "ipv6-addr:value",
    "domain": "domain-name:value",
    "url": "url:value",
    "md5": "file:hashes.MD5",
    "sha1": "file:hashes.'SHA-1'",
    "sha256": "file:hashes.'SHA-256'",
    "sha512": "file:hashes.'SHA-512'",
}

_HASHES: dict[str, Kind] = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-512": "sha512"}
# Spellings without the hyphen are not in the standard's vocabulary, but MISP and others write them.
_HASH_NAMES = _HASHES | {name.replace("-", ""): kind for name, kind in _HASHES.items()}
_KINDS: dict[tuple[str | int | None, ...], Kind] = {
    ("ipv4-addr", "value"): "ipv4",
    ("ipv6-addr", "value"): "ipv6",
    ("domain-name", "value"): "domain",
    ("url", "value"): "url",
    **{("file", "hashes", name): kind for name, kind in _HASH_NAMES.items()},
}
_FAST_KINDS: dict[str, Kind] = {
    f"{first}:{'.'.join(str(step) for step in steps)}": kind for (first, *steps), kind in _KINDS.items()
} | {f"file:hashes.'{name}'": kind for name, kind in _HASH_NAMES.items()}

_HASH_DIGITS: dict[str, int] = {"md5": 32, "sha1": 40, "sha256": 64, "sha512": 128}

_FAST_PATH = "|".join(
    re.escape(path) for path in sorted(_FAST_KINDS) if "-" not in path.partition("hashes.")[2] or "'" in path
)
_SINGLE = re.compile(rf"\[ ?({_FAST_PATH}) ?= ?'([^'\\]*)' ?\]").fullmatch
_STATES = r"(?: ?= ?|(?<=ipv[46]-addr:value) ISSUBSET )"
_ONE_OF_SEVERAL = re.compile(rf"({_FAST_PATH}){_STATES}'([^'\\]*)'")
_OPERAND = rf"(?:{_FAST_PATH}){_STATES}'[^'\\]*'"
_ALTERNATIVES = re.compile(rf"\[ ?{_OPERAND}(?: OR {_OPERAND})* ?\]").fullmatch
_ALTERNATIVES_LENGTH_MAX = 4096  # a longer one is worth parsing
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}").fullmatch
_PREFIX = re.compile(r"[0-9A-Fa-f:.]+/(?:0|[1-9][0-9]{0,2})").fullmatch
_HEX = re.compile(r"[0-9A-Fa-f]+").fullmatch
# Labels of up to 63 octets, 253 in all; underscores occur in real names. The last label is no number, else it would be
# an address. Letters beyond ASCII are let through as they are written.
_LABEL = r"[0-9A-Za-z_\u0080-\U0010ffff](?:[-0-9A-Za-z_\u0080-\U0010ffff]{0,61}[0-9A-Za-z_\u0080-\U0010ffff])?"
_DOMAIN = re.compile(rf"(?=.{{1,253}}\Z)(?!(?:.*\.)?[0-9]+\Z){_LABEL}(?:\.{_LABEL})*").fullmatch
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*").fullmatch
