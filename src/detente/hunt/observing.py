"""A line of a log as STIX objects, so that patterns can be held against it (STIX 2.1, part 6).

Of every line: its tokens, by the rules of `detente.hunt.values`, as ipv4-addr, ipv6-addr, domain-name, url, and file with one hash.
Of a line whose format has a reader: a network-traffic object with `src_ref`, `dst_ref`, ports, protocols and http-request-ext, and
a user-account, as far as the line says. All are in normal form: names in lower case and A-labels, IPv6 as RFC 5952 writes it.

    10.0.0.1 - frank [17/May/2015:10:05:03 +0000] "GET http://evil.example/x HTTP/1.1" 200 5
    ipv4-addr 10.0.0.1 · url http://evil.example/x · domain-name evil.example · network-traffic from 10.0.0.1 to evil.example with
    the request GET http://evil.example/x · user-account frank
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from detente.hunt import values
from detente.hunt.readers import Event
from detente.hunt.values import HOST, STOP
from detente.stix.pattern.observed import Observed

Object = dict[str, Any]

_HASHES = {32: "MD5", 40: "SHA-1", 64: "SHA-256", 128: "SHA-512"}

# The names that readers give to what a network-traffic object has; the first that is there counts.
_SOURCE_PORTS = (
    "id.orig_p", "src_port", "spt", "srcport", "sport", "SPT", "SourcePort", "source_port", "source.port",
)  # fmt: skip
_DESTINATION_PORTS = (
    "id.resp_p", "dest_port", "dst_port", "dpt", "dstport", "dport", "DPT", "DestinationPort", "DestPort",
    "destination_port", "destination.port",
)  # fmt: skip
_PROTOCOLS = ("proto", "PROTO", "protocol", "transport", "Protocol", "service", "app_proto", "app")
_METHODS = ("method", "requestMethod", "http_method")
_TARGETS = ("uri", "url", "request")
_HEADERS = {
    "Host": ("hostname", "host", "virtual_host"),
    "User-Agent": ("user_agent", "requestClientApplication"),
    "Referer": ("referrer",),
}
_USERS = ("user", "username", "suser", "duser", "TargetUserName", "User")
_PROTOCOL_NUMBERS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "ipv6-icmp"}


def observed(line: bytes, event: Event, *, count: int = 1) -> Observed:
    """`line`: as much of it as readers get. Its time is 0 where it tells none."""
    objects: dict[str, Object] = {}
    for kind, value in tokens(line):
        _put(objects, kind, value)
    traffic = _traffic(event, objects)
    if traffic is not None:
        objects["traffic"] = traffic
    user = _first(event.fields, _USERS)
    if user:
        objects["user"] = {"type": "user-account", "account_login": user}
    at_us = event.time_us or 0
    return Observed("", at_us, at_us, count, tuple(objects.values()), objects, {})


def tokens(line: bytes) -> Iterator[tuple[str, str]]:
    """(type of object, value) of everything in the line that an indicator could equal; a hash has its name as type."""
    for word in _WORD.findall(line):
        if b"." in word or len(word) >= 32:
            yield from _host_tokens(word)
        if b"::" in word or word.count(b":") >= 6:
            yield from _addresses6(word)
        if b"://" in word:
            yield from _urls(word)


def _host_tokens(word: bytes) -> Iterator[tuple[str, str]]:
    for run in _HOST_RUN.findall(word):
        token = run.strip(b".-")
        if b"." not in token:
            if len(token) in _HASHES and _HEX.fullmatch(token):
                yield _HASHES[len(token)], token.decode().lower()
        elif values.IPV4.fullmatch(token):
            yield "ipv4-addr", token.decode()
        else:
            yield "domain-name", values.name(token).decode("utf-8", "replace")


def _addresses6(word: bytes) -> Iterator[tuple[str, str]]:
    for _, number in values.ipv6_in(word):
        yield "ipv6-addr", values.ipv6_text(number)
        if number >> 32 == 0xFFFF:
            yield "ipv4-addr", values.dotted(number & 0xFFFFFFFF).decode()


def _urls(word: bytes) -> Iterator[tuple[str, str]]:
    end = len(values.url_end(word))
    at = word.find(b"://")
    while at >= 0:
        letters = _LETTERS_BEFORE.search(word, max(0, at - values.SCHEME_LETTERS_MAX - 1), at)
        if letters is not None and len(letters.group()) <= values.SCHEME_LETTERS_MAX and at + 3 < end:
            rest = word[at + 3 : end]
            if len(values.raw_authority(rest)) <= values.AUTHORITY_BYTES_MAX:
                yield "url", values.url(letters.group(), rest).decode("utf-8", "replace")
        at = word.find(b"://", at + 1)


def _put(objects: dict[str, Object], kind: str, value: str) -> str:
    """The name under which the object is, which is put there once."""
    key = f"{kind} {value}"
    if key not in objects:
        is_hash = kind in _HASHES.values()
        objects[key] = {"type": "file", "hashes": {kind: value}} if is_hash else {"type": kind, "value": value}
    return key


def _traffic(event: Event, objects: dict[str, Object]) -> Object | None:
    fields = event.fields
    traffic: Object = {"type": "network-traffic"}
    source, source_port = _end(event.source)
    destination, destination_port = _end(event.destination)
    protocols: list[str] = []
    for name, end in (("src_ref", source), ("dst_ref", destination)):
        if end is not None:
            traffic[name] = _put(objects, *end)
            protocols.append(end[0].removesuffix("-addr"))
    for name, text in (
        ("src_port", _first(fields, _SOURCE_PORTS) or source_port),
        ("dst_port", _first(fields, _DESTINATION_PORTS) or destination_port),
    ):
        if _PORT.fullmatch(text):
            traffic[name] = int(text)
    request = _request(fields)
    if len(traffic) == 1 and not request:
        return None
    said = [text.lower() for name in _PROTOCOLS for text in fields.get(name, "").split(",") if text]
    protocols += [_PROTOCOL_NUMBERS.get(text, text) for text in said] + (["http"] if request else [])
    traffic["protocols"] = [p for p in dict.fromkeys(protocols) if p != "domain-name"]
    if request:
        traffic["extensions"] = {"http-request-ext": request}
    return traffic


def _request(fields: Mapping[str, str]) -> Object:
    """What http-request-ext says; nothing when the line tells no method, because a host or a URL alone is no request."""
    method, target = _first(fields, _METHODS), _first(fields, _TARGETS)
    if not method:
        return {}
    request: Object = {"request_method": method.lower(), "request_value": target}
    headers = {name: text for name, names in _HEADERS.items() if (text := _first(fields, names))}
    if "Host" in headers:
        end, _ = _end(headers["Host"])
        headers["Host"] = headers["Host"] if end is None else end[1]
    if headers:
        request["request_header"] = headers
    return request


def _end(text: str) -> tuple[tuple[str, str] | None, str]:
    """An end of a connection as (type, value), None when it is neither address nor name; and its port, where that is written with it."""
    host, port = text, ""
    if text.count(":") == 1:
        host, _, port = text.partition(":")
    elif text.startswith("["):
        host, _, port = text[1:].partition("]")
        port = port.removeprefix(":")
    raw = host.encode("utf-8", "replace")
    if values.IPV4.fullmatch(raw):
        return ("ipv4-addr", host), port
    if ":" in host:
        number = values.ipv6_number(raw)
        return (None if number is None else ("ipv6-addr", values.ipv6_text(number))), port
    name = values.name(raw.strip(b".-")).decode("utf-8", "replace")
    return (("domain-name", name) if "." in name and _NAME.fullmatch(name) else None), port


def _first(fields: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((text for name in names if (text := fields.get(name, "")) not in ("", "-")), "")


def _class(members: bytes) -> bytes:
    return b"".join(b"\\x%02x" % byte for byte in members)


_WORD = re.compile(b"[^" + _class(STOP) + b"]+")
_HOST_RUN = re.compile(b"[" + _class(HOST) + b"]+")
_LETTERS_BEFORE = re.compile(rb"[A-Za-z]+\Z")
_HEX = re.compile(rb"[0-9A-Fa-f]+")
_PORT = re.compile(r"[0-9]{1,5}")
_NAME = re.compile(r"[^\s/:?#\[\]]+")
