"""Indicators compiled into one matcher, and the list of what could not be.

The matcher answers for one *word* of a log at a time (see `detente.hunt.values`): which indicators does it hit, and by
which rule. It is a plain function of the word, so the scan may remember its answers. The rules are the table "What a
match is" in docs/hunting.md; a slow reference of them is in tests/hunt_reference.py.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from detente.errors import InvalidPattern
from detente.hunt import values
from detente.hunt.keys import (
    ADDRESS4,
    HASH,
    NAME,
    NETWORK4,
    NETWORK6,
    URL,
    URL_ANY_SCHEME,
    URL_HOST,
    keys_of,
    network_of,
)
from detente.hunt.values import HOST
from detente.hunt.warninglists import WarningLists
from detente.stix.pattern import PatternValue

if TYPE_CHECKING:
    from detente.hunt.tables import Tables


class Rule(IntEnum):
    """How a token matched; of several in one line the first of these is the one that counts."""

    EXACT = 0
    NETWORK = 1
    PARENT = 2
    WEAK = 3
    PATTERN = 4  # a pattern that is more than its values, see `detente.hunt.sequence`

    @property
    def label(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class IndicatorSource:
    """An indicator as one party shares it: `id` is its STIX id, the line hits when any of the values does.

    `pattern`, where it says more than that: a line that holds one of the values is held against it. See `detente.hunt.literals`.
    """

    id: str
    values: Sequence[PatternValue]
    valid_from_us: int | None = None
    valid_until_us: int | None = None
    revoked: bool = False
    marking: str = ""
    shared_by: str = ""
    confidence: int | None = None  # 0 to 100 as STIX has it; None where nothing is said, which is not 0
    pattern: str = ""

    def outside(self, time_us: int | None) -> bool:
        """Whether the indicator did not claim to hold at that time; valid_until itself is outside (STIX 2.1, 4.7)."""
        if self.revoked or time_us is None:
            return self.revoked
        return (self.valid_from_us is not None and time_us < self.valid_from_us) or (
            self.valid_until_us is not None and time_us >= self.valid_until_us
        )


@dataclass(frozen=True, slots=True)
class NotSearched:
    """A value that is not in the matcher, and why; `value` is empty when the indicator has none at all."""

    id: str
    shared_by: str
    value: str
    reason: str


class Match(NamedTuple):
    indicator: int  # its place in Matcher.sources
    rule: Rule
    warnings: tuple[str, ...]  # names of the warning lists that hold the value seen
    kind: str = ""  # of the value seen
    value: bytes = b""  # in normal form
    allow_listed: bool = False  # whether our own allow-list holds it


_Key = TypeVar("_Key")
_Wanted = TypeVar("_Wanted", contravariant=True)


class Lookup(Protocol[_Wanted]):
    """Places in Matcher.sources by normal form: a dictionary, or a table of `detente.hunt.block`."""

    def get(self, key: _Wanted, /) -> Sequence[int] | None: ...


_Networks = Mapping[int, Lookup[int]]  # by prefix length, by the leading bits


class EveryLine(Protocol):
    """Patterns that no value leads to, see `detente.hunt.every_line`."""

    @property
    def matches(self) -> tuple[Match, ...]:
        """What the empty word hits, which stands for a line that is to be held against all of these."""
        ...

    def around(self, sieve: Any) -> Any:
        """A sieve that gives the rows of this one, and one of an empty word for each such line."""
        ...


@dataclass(frozen=True, slots=True)
class PlainTables:
    """By these `detente.hunt.sieve.PlainSieve` tells most tokens from all that are searched for."""

    addresses4: Set[bytes]
    hashes: Set[bytes]
    url_hosts: Set[bytes]
    name_last_labels: Set[bytes]
    name_ends: Set[bytes]  # the last two labels
    network_pairs: Set[bytes]  # the first two numbers of all addresses in networks


@dataclass(frozen=True, slots=True)
class Matcher:
    sources: Sequence[IndicatorSource] = ()
    warning_lists: WarningLists = field(default_factory=WarningLists)
    allow_list: WarningLists = field(default_factory=WarningLists)  # of one's own, see `detente.hunt.judgement`
    values: int = 0  # how many are searched for
    addresses4: Lookup[bytes] = field(default_factory=dict)
    networks4: _Networks = field(default_factory=dict)
    networks6: _Networks = field(default_factory=dict)
    near_networks4: Callable[[int], bool] | None = None  # False for an address that lies in none of networks4
    names: Lookup[bytes] = field(default_factory=dict)
    hashes: Lookup[bytes] = field(default_factory=dict)
    urls: Lookup[bytes] = field(default_factory=dict)
    urls_any_scheme: Lookup[bytes] = field(default_factory=dict)
    url_hosts: Lookup[bytes] = field(default_factory=dict)
    url_bytes_max: int = 0  # of the longest URL in normal form
    # For the one sieve or the other; see `detente.hunt.sieve`.
    plain: PlainTables | None = None
    compiled: Tables | None = None
    every_line: EveryLine | None = None
    _by_token: dict[bytes, list[Match]] = field(default_factory=dict, init=False, compare=False, repr=False)

    def match_word(self, word: bytes) -> tuple[Match, ...]:
        """All that the word hits. It may hit one indicator by several tokens or rules: each is reported.

        The time is linear in the word but for URLs that hold URLs, which cost at most `url_bytes_max` bytes each.
        """
        if not word:
            return self.every_line.matches if self.every_line is not None else ()
        found: list[Match] = []
        if b"." in word or len(word) >= 32:
            for token in _HOST_RUN.findall(word):
                if b"." in token or len(token) >= 32:
                    found += self._host_matches(token)
        # An address has '::' or at least six colons, whatever stands around it.
        if b"::" in word or word.count(b":") >= 6:
            self._match_ipv6(word, found)
        if self.url_bytes_max and b"://" in word:
            self._match_urls(word, found)
        return tuple(found)

    def _host_matches(self, token: bytes) -> Sequence[Match]:
        """Many words of a log hold the same few names and hashes beside what else is in them."""
        matches = self._by_token.get(token)
        if matches is None:
            matches = []
            self._match_host(token.strip(b".-"), matches)
            if len(self._by_token) >= _TOKENS_REMEMBERED_MAX:
                self._by_token.clear()
            if len(token) <= _TOKEN_REMEMBERED_BYTES_MAX:
                self._by_token[token] = matches
        return matches

    def _match_host(self, token: bytes, found: list[Match]) -> None:
        if b"." not in token:
            if len(token) in _HASH_KINDS and (hit := self.hashes.get(token.lower())) is not None:
                self._report(hit, Rule.EXACT, _HASH_KINDS[len(token)], token.lower(), found)
            return
        if values.IPV4.fullmatch(token) is not None:
            self._match_ipv4(token, found)
            return
        name = values.name(token)
        if (hit := self.names.get(name)) is not None:
            self._report(hit, Rule.EXACT, "domain", name, found)
        # A name behind a cut that is longer than any name may be equals nothing, so hostile tokens stay cheap.
        cut = name.find(b".", max(0, len(name) - values.NAME_BYTES_MAX - 1))
        while cut >= 0:
            if (hit := self.names.get(name[cut + 1 :])) is not None:
                self._report(hit, Rule.PARENT, "domain", name, found)
            cut = name.find(b".", cut + 1)

    def _match_ipv4(self, text: bytes, found: list[Match]) -> None:
        if (hit := self.addresses4.get(text)) is not None:
            self._report(hit, Rule.EXACT, "ipv4", text, found)
        if self.networks4:
            number = values.ipv4_number(text)
            if self.near_networks4 is not None and not self.near_networks4(number):
                return
            for length, networks in self.networks4.items():
                if (hit := networks.get(number >> (32 - length))) is not None:
                    self._report(hit, Rule.NETWORK, "ipv4", text, found)

    def _match_ipv6(self, word: bytes, found: list[Match]) -> None:
        for text, number in values.ipv6_in(word):
            for length, networks in self.networks6.items():
                if (hit := networks.get(number >> (128 - length))) is not None:
                    self._report(hit, Rule.EXACT if length == 128 else Rule.NETWORK, "ipv6", text, found)
            if number >> 32 == 0xFFFF:
                self._match_ipv4(b"%d.%d.%d.%d" % tuple((number & 0xFFFFFFFF).to_bytes(4, "big")), found)

    def _match_urls(self, word: bytes, found: list[Match]) -> None:
        end = len(values.url_end(word))
        at = word.find(b"://")
        while at >= 0:
            letters = _LETTERS_BEFORE.search(word, max(0, at - values.SCHEME_LETTERS_MAX - 1), at)
            if letters is not None and len(letters.group()) <= values.SCHEME_LETTERS_MAX and at + 3 < end:
                self._match_url(letters.group(), word, at + 3, end, found)
            at = word.find(b"://", at + 1)

    def _match_url(self, scheme: bytes, word: bytes, start: int, end: int, found: list[Match]) -> None:
        authority = _AUTHORITY_RUN.match(word, start, end)
        if authority is None or len(authority.group()) > values.AUTHORITY_BYTES_MAX:
            return
        raw = authority.group()
        scheme = scheme.lower()
        normal, host = values.authority(scheme, raw)
        if (same_host := self.url_hosts.get(host)) is None:
            return
        # A normal form is shorter than what is written by less than an authority, so a longer URL equals no indicator.
        tail = word[start + len(raw) : end] if end - start <= self.url_bytes_max + values.AUTHORITY_BYTES_MAX else None
        if tail is not None:
            shown = scheme + b"://" + normal + tail
            self._report(self.urls.get(shown) or (), Rule.EXACT, "url", shown, found)
            for form in {normal, values.authority(b"", raw)[0]}:
                self._report(self.urls_any_scheme.get(form + tail) or (), Rule.EXACT, "url", shown, found)
        if host:
            self._report(same_host, Rule.WEAK, "url", scheme + b"://" + normal, found)

    def _report(self, hit: Sequence[int], rule: Rule, kind: str, value: bytes, found: list[Match]) -> None:
        if not hit:
            return
        warnings: tuple[str, ...] = ()
        allow_listed = False
        if self.warning_lists.lists or self.allow_list.lists:
            text = value.decode("utf-8", "replace")
            warnings = self.warning_lists.matches(kind, text)
            allow_listed = bool(self.allow_list.matches(kind, text))
        for index in hit:
            found.append(Match(index, rule, warnings, kind, value, allow_listed))


def compile_indicators(
    sources: Iterable[IndicatorSource],
    *,
    warning_lists: WarningLists | None = None,
    allowed_suffixes: frozenset[str] = frozenset(),
) -> tuple[Matcher, tuple[NotSearched, ...]]:
    """One matcher of all values that can be searched for, and the list of the others with the reason of each.

    `allowed_suffixes` are public suffixes in normal form that somebody decided to search for all the same.
    """
    listed = tuple(sources)
    build = _Build(allowed_suffixes)
    not_searched = []
    searched = 0
    for index, source in enumerate(listed):
        if not source.values:
            not_searched.append(NotSearched(source.id, source.shared_by, "", "holds no value to search for"))
        for value in source.values:
            try:
                build.add(index, value.kind, value.value)
                searched += 1
            except InvalidPattern as reason:
                not_searched.append(NotSearched(source.id, source.shared_by, value.value, str(reason)))
    return build.matcher(listed, warning_lists or WarningLists(), searched), tuple(not_searched)


class _Build:
    """The dictionaries while they grow; `matcher` hands them over."""

    def __init__(self, allowed_suffixes: frozenset[str]) -> None:
        self._allowed_suffixes = allowed_suffixes
        self._tables: dict[bytes, dict[bytes, list[int]]] = defaultdict(dict)
        self._networks: dict[bytes, dict[int, dict[int, list[int]]]] = defaultdict(dict)

    def add(self, index: int, kind: str, value: str) -> None:
        """Raises InvalidPattern with the reason when the value cannot be searched for."""
        for key in keys_of(kind, value, allowed_suffixes=self._allowed_suffixes):
            table = key[:1]
            if table in (NETWORK4, NETWORK6):
                length, prefix = network_of(key)
                _enter(self._networks[table].setdefault(length, {}), prefix, index)
            else:
                _enter(self._tables[table], key[1:], index)

    def matcher(self, sources: Sequence[IndicatorSource], warning_lists: WarningLists, searched: int) -> Matcher:
        t = self._tables
        return Matcher(
            sources=sources,
            warning_lists=warning_lists,
            values=searched,
            addresses4=t[ADDRESS4],
            networks4=self._networks[NETWORK4],
            networks6=self._networks[NETWORK6],
            names=t[NAME],
            hashes=t[HASH],
            urls=t[URL],
            urls_any_scheme=t[URL_ANY_SCHEME],
            url_hosts=t[URL_HOST],
            url_bytes_max=max(map(len, chain(t[URL], t[URL_ANY_SCHEME])), default=0),
            plain=PlainTables(
                addresses4=t[ADDRESS4].keys(),
                hashes=t[HASH].keys(),
                url_hosts=t[URL_HOST].keys(),
                name_last_labels={name.rpartition(b".")[2] for name in t[NAME]},
                name_ends={b".".join(name.rsplit(b".", 2)[-2:]) for name in t[NAME]},
                network_pairs=set(self._network_pairs()),
            ),
        )

    def _network_pairs(self) -> Iterator[bytes]:
        """Up to 32,768 pairs for a wide network."""
        for length, networks in self._networks[NETWORK4].items():
            for prefix in networks:
                first = prefix << (32 - length) >> 16
                for pair in range(first, first + (1 << max(0, 16 - length))):
                    yield b"%d.%d" % (pair >> 8, pair & 255)


def _enter(table: dict[_Key, list[int]], key: _Key, index: int) -> None:
    indices = table.setdefault(key, [])
    if not indices or indices[-1] != index:
        indices.append(index)


def _class(members: bytes) -> bytes:
    return b"".join(b"\\x%02x" % byte for byte in members)


_TOKENS_REMEMBERED_MAX = 1 << 14
_TOKEN_REMEMBERED_BYTES_MAX = 256
_HASH_KINDS = {digits: kind for kind, digits in values.HASH_DIGITS.items()}
_HOST_RUN = re.compile(b"[" + _class(HOST) + b"]+")
_LETTERS_BEFORE = re.compile(rb"[A-Za-z]+\Z")
_AUTHORITY_RUN = re.compile(rb"[^/?#]{0,%d}" % (values.AUTHORITY_BYTES_MAX + 1))
