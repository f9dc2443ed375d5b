"""Bytes without which no line makes a pattern true: by these most lines are passed over when every line has to be asked.

Most fields say what stands in the line. Then a part of the text that a comparison asks for stands in it too, in upper or lower case, as
far as it is a run of `0-9 A-Z a-z . -`. Nothing else is taken, and that not everywhere:

* A line with a byte from 0x80 on (names become A-labels, text NFC), or with a backslash before anything but `"`, `/` and `\\` (JSON, Zeek
  and CEF write any character so) may say what it does not show. Whoever looks for needles reads such lines in any case.
* Readers write numbers anew: `1e3` is 1000.0, and `1e999` is `inf`. So a needle has a letter that no number has.
* An IPv4 address may be written as an IPv6 address, in hexadecimal. These have `:ffff:` in them.
* IPv6 addresses, ports and protocols are written in many ways: they have no needles. Neither has a regular expression.
"""

from __future__ import annotations

import re

from detente.hunt.literals import kind_of
from detente.stix.pattern import Combined, Comparison

Needles = frozenset[bytes]

MAPPED = b":ffff:"
# Of hosts in URLs the port is taken off, and dots at the end; so no run goes on behind a host.
_RUN = re.compile(r"[0-9A-Za-z.-]+")
_WORD_RUN = re.compile(
    r"[0-9A-Za-z-]+"
)  # fields may be put together from what stands apart in the line, but not within a word
_LETTER = re.compile(r"[ghjklmopqrstuvwxyz]")
_ASCII_RUNS = {"domain": _RUN, "url": _WORD_RUN, "md5": _RUN, "sha1": _RUN, "sha256": _RUN, "sha512": _RUN}
_READ_AS_WRITTEN = {
    "network-traffic:extensions.http-request-ext.request_method",
    "network-traffic:extensions.http-request-ext.request_value",
    "network-traffic:extensions.http-request-ext.request_header.User-Agent",
    "network-traffic:extensions.http-request-ext.request_header.Referer",
    "user-account:account_login",
}


def needles(node: Comparison | Combined) -> Needles | None:
    """In lower case; one of them is in every line that makes it true, but for those that the module's docstring names. None: there are
    none. `node`: with its literals in normal form, as `detente.hunt.literals.plan` gives it."""
    if isinstance(node, Comparison):
        return _needles(node)
    each = [needles(operand) for operand in node.operands]
    if node.operator == "OR":
        return None if None in each else frozenset().union(*(one for one in each if one is not None))
    # Of all that have to be there those that are the rarest, as far as their length tells.
    return max((one for one in each if one is not None), key=_shortest, default=None)


def _shortest(found: Needles) -> int:
    return min(map(len, found), default=1 << 30)


def _needles(node: Comparison) -> Needles | None:
    if node.negated or node.operator not in ("=", "IN", "LIKE"):
        return None
    found: set[bytes] = set()
    for constant in node.values:
        one = _needle(node, str(constant.value)) if constant.kind == "string" else None
        if one is None:
            return None
        found |= one
    return frozenset(found)


def _needle(node: Comparison, text: str) -> Needles | None:
    """Of one literal."""
    kind, name = kind_of(node.path)
    texts = re.split("[%_]", text) if node.operator == "LIKE" else [text]
    if kind == "ipv4":
        run = max((r for t in texts for r in _RUN.findall(t)), key=len, default="")
        return frozenset((run.encode(), MAPPED)) if run and "ffff" not in run else None
    if kind == "address":
        runs = _RUN  # with the letter it is a name
    elif kind in _ASCII_RUNS:
        runs = _ASCII_RUNS[kind]
    elif name in _READ_AS_WRITTEN:
        runs = _WORD_RUN
    else:
        return None
    found = [r.lower() for t in texts for r in runs.findall(t)]
    if not kind.startswith(("md5", "sha")):
        found = [r for r in found if _LETTER.search(r)]
    longest = max(found, key=len, default="")
    return frozenset((longest.encode(),)) if longest else None
