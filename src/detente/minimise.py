"""What must not leave: removal rules, the object as it may leave, and the report of what was removed.

The rules name what is ours (networks, host names, words) and two classes of personal data (e-mail addresses, user names
in paths). Every text in an object is searched, however deep; what matches is replaced by `[removed: class]`.
Identifiers, types, timestamps and references stay, and so do identities other than those of individuals: who speaks is
meant to be known.

Some objects cannot lose a part and stay true: an indicator whose pattern looks for our own address would look for
something else afterwards, and the identifier of a cyber-observable object is computed from its value, so that anybody
could guess it. Such an object is held back whole. The addresses of others inside a pattern are what is being shared,
and stay.

The report holds classes and counts, never a value. Not looked into: base64 content, names and addresses written in some
other way (reversed, with hyphens, as one number), and what a reader could conclude.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from itertools import groupby
from types import MappingProxyType
from typing import Literal, cast

from detente.errors import InvalidObject
from detente.stix.canonical import JsonValue, encode
from detente.stix.objects import SCO_ID_PROPERTIES, JsonObject, StixObject

RemovalClass = Literal["own-address", "private-address", "own-host", "e-mail", "user-path", "word"]


@dataclass(frozen=True, slots=True)
class RemovalRules:
    """What to remove. Networks in CIDR form; a host suffix covers itself and everything below it, except that one
    without a dot (`lan`) covers only what lies below; words match whole, in any case.
    """

    own_networks: tuple[str, ...] = ()
    own_domains: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    e_mail: bool = True
    user_paths: bool = True
    private_addresses: bool = False


@dataclass(frozen=True, slots=True)
class Minimised:
    """`object` is None when it is held back; `removed` then says for what."""

    object: StixObject | None
    removed: Mapping[str, int]


def minimise(obj: StixObject, rules: RemovalRules) -> Minimised:
    """The object as it may leave. Raises InvalidObject for rules that cannot be read."""
    search = _search(rules)
    body = obj.body.lower()
    # Nearly every object has nothing to remove, and a fixed text not in the bytes proves that a rule cannot match.
    for first, literals in search.screens:
        if first in body and literals(body) is not None:
            break
    else:
        if search.plain_ascii or body.isascii():
            return Minimised(obj, _NOTHING)
    if obj.type == "identity" and obj.value.get("identity_class") != "individual":
        return Minimised(obj, _NOTHING)
    pass_ = _Pass(search)
    value = pass_.object(obj.value, top=True)
    if not pass_.removed:
        return Minimised(obj, _NOTHING)
    removed = MappingProxyType(dict(pass_.removed))
    if pass_.hold:
        return Minimised(None, removed)
    return Minimised(StixObject(value, encode(value)), removed)


def merge_reports(reports: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """The counts of many objects together, by class."""
    total: Counter[str] = Counter()
    for report in reports:
        total.update(report)
    return dict(sorted(total.items()))


class _Pass:
    """One object being searched: what was removed so far, and whether the object must stay."""

    def __init__(self, search: _Search) -> None:
        self._search = search
        self.removed: Counter[str] = Counter()
        self.hold = False

    def object(self, value: JsonObject, *, top: bool = False) -> JsonObject:
        type_ = value.get("type") if top else None
        identifying = SCO_ID_PROPERTIES.get(type_, ()) if isinstance(type_, str) else ()
        result: JsonObject = {}
        for key, inner in value.items():
            if self._text(key) != key:
                self.hold = True  # a renamed key would mean something else
            if key in _STRUCTURE:
                result[key] = inner
            elif top and (key in identifying or (key == "pattern" and type_ == "indicator")):
                # Somebody else's mail address is what these two are about.
                self._essential(inner, own_mail_only=type_ in ("indicator", "email-addr"))
                result[key] = inner
            else:
                result[key] = self._value(inner)
        return result

    def _value(self, value: JsonValue) -> JsonValue:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list):
            return [self._value(item) for item in value]
        if isinstance(value, dict):
            return self.object(value)
        return value

    def _essential(self, value: JsonValue, *, own_mail_only: bool) -> None:
        """What gives the object its meaning cannot be replaced; finding something there holds the object back."""
        for text in _texts(value):
            # Inside a pattern a backslash is written twice.
            for match in self._search.expression.finditer(text.replace("\\\\", "\\")):
                found = self._search.judge(match)
                if found == "e-mail" and own_mail_only and not self._search.is_own_mail(match[0]):
                    continue
                if found is not None:
                    self.removed[found] += 1
                    self.hold = True

    def _text(self, text: str) -> str:
        if _FIXED.fullmatch(text) is not None:
            return text
        while True:
            # What was removed may have stood in front of something that now begins a word. Ends, because every round
            # but the last turns text into what no rule matches.
            cleaned = self._search.expression.sub(self._replace, text)
            if cleaned == text:
                return text
            text = cleaned

    def _replace(self, match: re.Match[str]) -> str:
        found = self._search.judge(match)
        if found is None:
            return match[0]
        self.removed[found] += 1
        kept = match["user_base"] or "" if found == "user-path" else ""
        return f"{kept}[removed: {found}]"


@dataclass(frozen=True, slots=True)
class _Search:
    """The rules compiled.

    `screens` find fixed texts in a body of lower-case bytes, one of which is in every body where a rule can match: the
    first byte, and a search for all texts that begin with it (one search for all of them together is slower). When
    `plain_ascii` is false some rule has letters whose lower case is no matter of bytes, and this holds for ASCII bodies
    only.
    """

    screens: tuple[tuple[bytes, Callable[[bytes], object]], ...]
    plain_ascii: bool
    expression: re.Pattern[str]
    own: tuple[IPv4Network | IPv6Network, ...]
    private: tuple[IPv4Network | IPv6Network, ...]
    own_host: re.Pattern[str]

    def judge(self, match: re.Match[str]) -> RemovalClass | None:
        """The class of what the expression found; None for an address that is not ours and for earlier removals."""
        name = match.lastgroup
        if name == "done":
            return None
        if name not in ("ipv4", "ipv6"):
            return cast(RemovalClass, _CLASSES[name or ""])
        addresses = _addresses(match[0])
        if any(address in network for address in addresses for network in self.own):
            return "own-address"
        if any(address in network for address in addresses for network in self.private):
            return "private-address"
        return None

    def is_own_mail(self, text: str) -> bool:
        return self.own_host.search(text) is not None


@lru_cache(maxsize=16)
def _search(rules: RemovalRules) -> _Search:
    own = tuple(_rule_network(text) for text in rules.own_networks)
    private = tuple(ip_network(text) for text in _PRIVATE) if rules.private_addresses else ()
    literals: set[bytes] = {b"[.]", b"(.)", b"[dot]", b"(dot)"} if own or private or rules.own_domains else set()
    parts = [r"(?P<done>\[removed: [a-z-]+\])"]
    if rules.e_mail:
        literals |= {b"@", b"(at)", b"[at]"}
        parts.append(f"(?P<mail>{_MAIL})")
    if rules.user_paths:
        folders = (b"users", b"documents and settings")
        literals |= {b"/home/"} | {mark + folder for folder in folders for mark in (b"/", b"\\\\")}
        parts.append(f"(?P<path>{_USER_PATH})")
    if own or private:
        literals |= {literal for network in (*own, *private) for literal in _network_literals(network)}
        parts.append(f"(?P<ipv6>{_IPV6})|(?P<ipv4>{_IPV4})")
    hosts = "|".join(_host_expression(name) for name in rules.own_domains)
    if hosts:
        literals |= {_host_literal(name) for name in rules.own_domains if name.isascii()}
        parts.append(f"(?P<host>{hosts})")
    if rules.words:
        if not all(word.strip() for word in rules.words):
            raise InvalidObject("a removal word is empty; take it off the list")
        literals |= {_json_literal(word) for word in rules.words if word.isascii()}
        longest_first = sorted((re.escape(word.strip()) for word in rules.words), key=len, reverse=True)
        parts.append(f"(?P<word>(?<!\\w)(?:{'|'.join(longest_first)})(?!\\w))")
    texts = (*rules.own_domains, *rules.words)
    return _Search(
        screens=_screens(literals),
        plain_ascii=all(text.isascii() for text in texts),
        expression=re.compile("|".join(parts), re.IGNORECASE),
        own=own,
        private=private,
        own_host=re.compile(hosts or r"(?!)", re.IGNORECASE),
    )


def _screens(literals: set[bytes]) -> tuple[tuple[bytes, Callable[[bytes], object]], ...]:
    return tuple(
        (first, re.compile(b"|".join(re.escape(literal) for literal in group)).search)
        for first, group in groupby(sorted(literals), key=lambda literal: literal[:1])
    )


def _host_expression(name: str) -> str:
    labels = name.strip().strip(".").split(".")
    if not all(labels) or any(character in name for character in "/:@ *"):
        raise InvalidObject(f"{name!a} is no host suffix; expected for instance corp.example")
    # At most 40 labels below, so that a long dotted run costs its length and not its square.
    below = r"(?:[\w-]++" + _DOT + ")" + ("{1,40}" if len(labels) == 1 else "{0,40}")
    # Not followed by more of a name: corp.example.evil.test is somebody else's.
    return rf"(?<![\w-]){below}{_DOT.join(re.escape(label) for label in labels)}(?!{_DOT}?[\w-])"


def _host_literal(name: str) -> bytes:
    bare = name.strip().strip(".").lower()
    return (bare if "." in bare else "." + bare).encode()


def _rule_network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text.strip(), strict=False)
    except ValueError:
        raise InvalidObject(f"{text!a} is no network; expected for instance 192.0.2.0/24") from None


def _addresses(text: str) -> list[IPv4Address | IPv6Address]:
    """What a token may stand for: `src:2001:db8::1` could be one long address, or a word and an address.

    An IPv4 address inside an IPv6 one counts as that IPv4 address.
    """
    plain = _DEFANGED_DOT.sub(".", text).rstrip(".")
    if plain.endswith(":") and not plain.endswith("::"):
        plain = plain[:-1]
    found: list[IPv4Address | IPv6Address] = []
    for candidate in (plain, plain.partition(":")[2]):
        try:
            address = ip_address(candidate)
        except ValueError:
            continue
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        found.append(address if mapped is None else mapped)
    return found


def _network_literals(network: IPv4Network | IPv6Network) -> list[bytes]:
    """What the text of every address in the network begins with; short for wide networks, which then cost time."""
    if isinstance(network, IPv4Network):
        octets = str(network.network_address).split(".")[: network.prefixlen // 8]
        text = ".".join(octets) + ("." if len(octets) < 4 else "")
        return [text.encode(), b"ffff:"]  # inside an IPv6 address it may also be written in hexadecimal
    if network.prefixlen < 4:
        return [b":"]
    first, free = int(network.network_address) >> 112, 16 - min(network.prefixlen, 16)
    if first >> 12 == 0:
        return [b":"]  # leading zeros may be written or not
    digits = -(-min(network.prefixlen, 16) // 4)
    return sorted({f"{first + step:04x}"[:digits].encode() for step in range(0, 1 << free, 1 << (free // 4 * 4))})


def _json_literal(text: str) -> bytes:
    """As it stands in a canonical body, in lower case."""
    return encode(text.strip())[1:-1].lower()


def _texts(value: JsonValue) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _texts(inner)


_NOTHING: Mapping[str, int] = MappingProxyType({})
_CLASSES = {"mail": "e-mail", "path": "user-path", "user_base": "user-path", "host": "own-host", "word": "word"}
_STRUCTURE = frozenset({"type", "spec_version", "selectors", "pattern_type", "pattern_version"})
# Timestamps and identifiers, under whatever name: they say nothing a rule could match, except by accident.
_FIXED = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?Z"
    r"|[a-z0-9-]{3,250}--[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)
_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10")

_DOT = r"(?:\.|\[\.\]|\(\.\)|\[dot\]|\(dot\))"
_DEFANGED_DOT = re.compile(_DOT, re.IGNORECASE)
_AT = r"(?:@|\[@\]|\(@\)|\[at\]|\(at\))"
_MAIL = rf"(?<![\w.%+-])[\w.%+-]++{_AT}[\w-]++(?:{_DOT}[\w-]++)+"
_OCTET = "[0-9]{1,3}"
_IPV4 = rf"(?<!\w)(?<![0-9]\.){_OCTET}(?:{_DOT}{_OCTET}){{3}}(?!{_DOT}?\w)"
_IPV6 = r"(?<![\w:.])(?:\w{1,32}:)?(?=[0-9a-f]*:[0-9a-f]*:)[0-9a-f:.]{2,46}+(?!\w)"
# The part before the name is kept. A name may hold blanks only when a separator ends it, or prose would be swallowed.
# Shared profiles and placeholders (%USERNAME%, <user>) name nobody.
_FOLDERS = "(?:users|documents and settings)"
_NOBODY = r"(?:public|default(?: user)?|all users|shared|user(?:name)?|admin(?:istrator)?|guest)(?![\w.-])|[%$<{\[]"
_USER_PATH = (
    rf"(?P<user_base>[a-z]:[\\/]+{_FOLDERS}[\\/]+|(?<!\\)\\++{_FOLDERS}\\+|(?<![\w.-])/(?:home|users)/+)"
    rf"(?!{_NOBODY})"
    r"""(?:[^\\/:*?"'<>|\s]{1,64}(?:\ [^\\/:*?"'<>|\s]{1,64}){0,3}(?=[\\/])|[^\\/:*?"'<>|\s,;)]{1,64})"""
)
