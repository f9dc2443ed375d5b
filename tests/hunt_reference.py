"""The rules of a hunt written as plainly as they can be, without regard to speed: what `detente.hunt` must equal.

Nothing is shared with the code under test but the shapes of the arguments: tokens are found in each line alone, every token
is compared with every value, and addresses are read by the C library. What a token hits is remembered, because lines repeat
tokens and it depends on nothing else.
"""

from __future__ import annotations

import re
import socket
import string
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from detente.hunt.indicators import IndicatorSource

HOST = set((string.digits + string.ascii_letters + "._-").encode()) | set(range(0x80, 0x100))
COLON = set((string.hexdigits + ":.").encode())
STOP = set(range(0x21)) | set(b"\"'<>`\\|^{}\x7f")
LETTERS = set(string.ascii_letters.encode())


def maximal_runs(members: set[int]) -> re.Pattern[bytes]:
    return re.compile(b"[" + b"".join(b"\\x%02x" % byte for byte in sorted(members)) + b"]+")


HOST_RUN = maximal_runs(HOST)
COLON_RUN = maximal_runs(COLON)
WORD_RUN = maximal_runs(set(range(256)) - STOP)
REMEMBERED = 1 << 16
STRENGTH = ["exact", "network", "parent", "weak"]
DEFAULT_PORTS = {b"http": b"80", b"https": b"443", b"ftp": b"21"}


@dataclass
class Hits:
    count: int = 0
    first_line: int = 0
    last_line: int = 0
    rules: dict[str, int] = field(default_factory=dict)


@dataclass
class Result:
    hits: dict[str, Hits] = field(default_factory=dict)
    lines: int = 0
    hit_lines: int = 0


def reference_hunt(log: bytes, sources: Sequence[IndicatorSource], *, run_bytes_max: int = 1 << 20) -> Result:
    result = Result()
    reference = Reference(sources)
    for number, line in enumerate(lines_of(log), 1):
        result.lines += 1
        hit = reference.line_hits(without_long_runs(line, run_bytes_max))
        for index, rule in hit.items():
            hits = result.hits.setdefault(sources[index].id, Hits(first_line=number))
            hits.count += 1
            hits.last_line = number
            hits.rules[rule] = hits.rules.get(rule, 0) + 1
        result.hit_lines += bool(hit)
    return result


def lines_of(log: bytes) -> list[bytes]:
    lines = log.split(b"\n")
    if not lines[-1]:
        lines.pop()
    return lines


class Reference:
    """For many lines and the same indicators."""

    def __init__(self, sources: Sequence[IndicatorSource]) -> None:
        self._sources = sources
        self._hit_by_token: dict[Token, list[tuple[int, str]]] = {}

    def line_hits(self, line: bytes) -> dict[int, str]:
        """The strongest rule by which each indicator, by its place, is in the line."""
        strongest: dict[int, str] = {}
        for token in tokens_of(line):
            if token not in self._hit_by_token:
                self._hit_by_token[token] = list(self._hits(token))
            for index, rule in self._hit_by_token[token]:
                strongest[index] = min(rule, strongest.get(index, rule), key=STRENGTH.index)
        return strongest

    def _hits(self, token: Token) -> Iterator[tuple[int, str]]:
        for index, source in enumerate(self._sources):
            for kind, value in source.values:
                rule = compare(kind, value, token)
                if rule:
                    yield index, rule


def without_long_runs(line: bytes, run_bytes_max: int) -> bytes:
    if len(line) <= run_bytes_max:
        return line
    return WORD_RUN.sub(lambda run: run[0] if len(run[0]) <= run_bytes_max else b"", line)


# Tokens: (kind, value) with kind ip4, ip6 (int), hash, name, or url (scheme, authority, host, rest behind authority)

Token = tuple[str, int | bytes | tuple[bytes, bytes, bytes, bytes]]


def tokens_of(line: bytes) -> Iterator[Token]:
    for run in HOST_RUN.findall(line):
        token = run.strip(b".-")
        if (number := ipv4_number(token)) is not None:
            yield ("ip4", number)
        elif len(token) in (32, 40, 64, 128) and all(chr(byte) in string.hexdigits for byte in token):
            yield ("hash", token.lower())
        elif b"." in token:
            yield ("name", name(token))
    yield from addresses6(line)
    at = line.find(b"://")
    while at >= 0:
        yield from url_at(line, at)
        at = line.find(b"://", at + 1)


def ipv4_number(token: bytes) -> int | None:
    parts = token.split(b".")
    if len(parts) != 4:
        return None
    for part in parts:
        if not part.isdigit() or b"%d" % int(part) != part or int(part) > 255:
            return None
    return int.from_bytes(bytes(int(part) for part in parts), "big")


def ipv6_number(text: bytes) -> int | None:
    try:
        return int.from_bytes(socket.inet_pton(socket.AF_INET6, text.decode()), "big")
    except OSError:
        return None


def addresses6(line: bytes) -> Iterator[Token]:
    for found in COLON_RUN.finditer(line):
        start, end = found.span()
        run = found[0].rstrip(b".")
        glued_left = start > 0 and line[start - 1] in HOST
        glued_right = end < len(line) and line[end] in HOST
        if run.count(b":") < 2:
            continue
        if len(run) - len(run.lstrip(b":")) in (1, 3):
            run, glued_left = run[1:], False
        if len(run) - len(run.rstrip(b":")) in (1, 3):
            run, glued_right = run[:-1], False
        number = ipv6_number(run)
        if number is not None and not glued_left and not glued_right:
            yield ("ip6", number)
            if number.to_bytes(16, "big").startswith(bytes(10) + b"\xff\xff"):
                yield ("ip4", number & 0xFFFFFFFF)


@lru_cache(REMEMBERED)
def name(token: bytes) -> bytes:
    labels = []
    for label in token.split(b"."):
        try:
            text = label.decode()
        except UnicodeDecodeError:
            labels.append(label.lower() if label.isascii() else label)
            continue
        lowered = "".join(letter.lower() for letter in unicodedata.normalize("NFKC", text))
        text = unicodedata.normalize("NFKC", lowered)
        ascii_part = [letter for letter in text if ord(letter) < 128]
        if label.isascii():
            labels.append(label.lower())
        elif (
            len(label) > 252
            or len(text) > 63
            or any(c not in "abcdefghijklmnopqrstuvwxyz0123456789-_" for c in ascii_part)
        ):
            labels.append(label)
        elif len(ascii_part) == len(text):
            labels.append(text.encode())
        else:
            labels.append(b"xn--" + text.encode("punycode"))
    return b".".join(labels)


def url_at(line: bytes, at: int) -> Iterator[Token]:
    start = at
    while start > 0 and line[start - 1] in LETTERS:
        start -= 1
    end = at + 3
    while end < len(line) and line[end] not in STOP:
        end += 1
    while end > at + 3 and line[end - 1] in b".,;:!?)]":
        end -= 1
    if 1 <= at - start <= 10 and end > at + 3:
        yield from url_token(line[start:at], line[at + 3 : end])


def url_token(scheme: bytes, rest: bytes) -> Iterator[Token]:
    size = 0
    while size < len(rest) and rest[size] not in b"/?#":
        size += 1
    if size > 512:
        return
    scheme = scheme.lower()
    for known in {scheme, b""}:
        # Without a scheme no port is a default one.
        yield ("url", (scheme, *authority(known, rest[:size]), rest[size:]))


def authority(scheme: bytes, raw: bytes) -> tuple[bytes, bytes]:
    user, at, host = raw.rpartition(b"@")
    if host[:1] == b"[":
        host, bracket, port = host[1:].partition(b"]")
        host = host.lower()
        shown = b"[" + host + bracket
    else:
        host, colon, port = host.partition(b":")
        port = colon + port
        shown = name(host)
        host = shown.rstrip(b".")
    if port == b":" or port == b":" + DEFAULT_PORTS.get(scheme, b"none"):
        port = b""
    return user.lower() + at + shown + port, host


# Indicators


def compare(kind: str, value: str, token: Token) -> str | None:
    found_kind, found = token
    if kind in ("ipv4", "ipv6") and found_kind == ("ip4" if kind == "ipv4" else "ip6"):
        assert isinstance(found, int)
        number, shift = network(kind, value)
        if number >> shift == found >> shift:
            return "network" if shift else "exact"
    elif kind in ("md5", "sha1", "sha256", "sha512") and found_kind == "hash":
        return "exact" if value.lower().encode() == found else None
    elif kind == "domain" and found_kind == "name":
        assert isinstance(found, bytes)
        wanted = name(value.encode()).removesuffix(b".")
        if found == wanted:
            return "exact"
        return "parent" if found.endswith(b"." + wanted) else None
    elif kind == "url" and found_kind == "url":
        assert isinstance(found, tuple)
        scheme, shown, host, rest = url_parts(value)
        if found[1] == shown and found[3] == rest and scheme in (b"", found[0]):
            return "exact"
        return "weak" if host and host == found[2] else None
    return None


@lru_cache(REMEMBERED)
def network(kind: str, value: str) -> tuple[int, int]:
    """An address in it, and how many of the last bits do not matter."""
    bits = 32 if kind == "ipv4" else 128
    text, _, length = value.partition("/")
    number = ipv4_number(text.encode()) if kind == "ipv4" else ipv6_number(text.encode())
    assert number is not None
    return number, bits - int(length or bits)


@lru_cache(REMEMBERED)
def url_parts(value: str) -> tuple[bytes, bytes, bytes, bytes]:
    """Scheme, which may be empty; authority, host, and what stands behind the authority."""
    scheme, separator, rest = value.encode().partition(b"://")
    if not separator or not scheme.isalpha():
        scheme, rest = b"", value.encode()
    rest = rest.rstrip(b".,;:!?)]")
    size = min(rest.find(mark) % (len(rest) + 1) for mark in (b"/", b"?", b"#"))
    return scheme.lower(), *authority(scheme.lower(), rest[:size]), rest[size:]
