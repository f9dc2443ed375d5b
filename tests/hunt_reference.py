"""The rules of a hunt written as plainly as they can be, without regard to speed: what `detente.hunt` must equal.

Nothing is shared with the code under test but the shapes of the arguments: tokens are found byte by byte, every token
is compared with every indicator, and addresses are read by the C library.
"""

from __future__ import annotations

import socket
import string
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from detente.hunt.indicators import IndicatorSource

HOST = set((string.digits + string.ascii_letters + "._-").encode()) | set(range(0x80, 0x100))
COLON = set((string.hexdigits + ":.").encode())
STOP = set(range(0x21)) | set(b"\"'<>`\\|^{}\x7f")
LETTERS = set(string.ascii_letters.encode())
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
    lines = log.split(b"\n")
    if not lines[-1]:
        lines.pop()
    for number, line in enumerate(lines, 1):
        result.lines += 1
        tokens = list(tokens_of(without_long_runs(line, run_bytes_max)))
        any_hit = False
        for source in sources:
            rules = [rule for kind, value in source.values for token in tokens if (rule := compare(kind, value, token))]
            if rules:
                any_hit = True
                hits = result.hits.setdefault(source.id, Hits(first_line=number))
                hits.count += 1
                hits.last_line = number
                strongest = min(rules, key=STRENGTH.index)
                hits.rules[strongest] = hits.rules.get(strongest, 0) + 1
        result.hit_lines += any_hit
    return result


def without_long_runs(line: bytes, run_bytes_max: int) -> bytes:
    kept = b""
    for run in runs(line, set(range(256)) - STOP, keep_others=True):
        if run[0] in STOP or len(run) <= run_bytes_max:
            kept += run
    return kept


def runs(line: bytes, members: set[int], *, keep_others: bool = False) -> Iterator[bytes]:
    """Maximal runs of bytes in the set; the other bytes one by one when they are wanted too."""
    at = 0
    while at < len(line):
        end = at
        while end < len(line) and line[end] in members:
            end += 1
        if end > at:
            yield line[at:end]
        elif keep_others:
            yield line[at : at + 1]
        at = max(end, at + 1)


# Tokens: (kind, value) with kind ip4, ip6 (int), hash, name, or url (scheme, authority, host, rest behind authority)

Token = tuple[str, int | bytes | tuple[bytes, bytes, bytes, bytes]]


def tokens_of(line: bytes) -> Iterator[Token]:
    for run in runs(line, HOST):
        token = run.strip(b".-")
        if (number := ipv4_number(token)) is not None:
            yield ("ip4", number)
        elif len(token) in (32, 40, 64, 128) and all(chr(byte) in string.hexdigits for byte in token):
            yield ("hash", token.lower())
        elif b"." in token:
            yield ("name", name(token))
    yield from addresses6(line)
    for at in range(len(line)):
        if line[at : at + 3] == b"://":
            yield from url_at(line, at)


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
    at = 0
    while at < len(line):
        end = at
        while end < len(line) and line[end] in COLON:
            end += 1
        if end > at:
            start, stop = at, end
            while stop > start and line[stop - 1] == ord("."):
                stop -= 1
            run = line[start:stop]
            glued_left = start > 0 and line[start - 1] in HOST
            glued_right = end < len(line) and line[end] in HOST
            if run.count(b":") >= 2:
                if len(run) - len(run.lstrip(b":")) in (1, 3):
                    run, glued_left = run[1:], False
                if len(run) - len(run.rstrip(b":")) in (1, 3):
                    run, glued_right = run[:-1], False
                number = ipv6_number(run)
                if number is not None and not glued_left and not glued_right:
                    yield ("ip6", number)
                    if number.to_bytes(16, "big").startswith(bytes(10) + b"\xff\xff"):
                        yield ("ip4", number & 0xFFFFFFFF)
        at = max(end, at + 1)


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
        bits = 32 if kind == "ipv4" else 128
        text, _, length = value.partition("/")
        number = ipv4_number(text.encode()) if kind == "ipv4" else ipv6_number(text.encode())
        assert number is not None
        shift = bits - int(length or bits)
        if number >> shift == found >> shift:
            return "network" if shift else "exact"
    elif kind in ("md5", "sha1", "sha256", "sha512") and found_kind == "hash":
        return "exact" if value.lower().encode() == found else None
    elif kind == "domain" and found_kind == "name":
        assert isinstance(found, bytes)
        wanted = name(value.encode()).removesuffix(b".")
        if found == wanted:
            return "exact"
        for at, byte in enumerate(found):
            if byte == ord(".") and found[at + 1 :] == wanted:
                return "parent"
    elif kind == "url" and found_kind == "url":
        assert isinstance(found, tuple)
        return compare_url(value.encode(), found)
    return None


def compare_url(value: bytes, found: tuple[bytes, bytes, bytes, bytes]) -> str | None:
    scheme, separator, rest = value.partition(b"://")
    if not separator or not scheme.isalpha():
        scheme, rest = b"", value
    rest = rest.rstrip(b".,;:!?)]")
    size = min(rest.find(mark) % (len(rest) + 1) for mark in (b"/", b"?", b"#"))
    shown, host = authority(scheme.lower(), rest[:size])
    if found[1] == shown and found[3] == rest[size:] and scheme.lower() in (b"", found[0]):
        return "exact"
    return "weak" if host and host == found[2] else None
