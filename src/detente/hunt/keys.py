"""What is looked up for a value: its normal form, behind one byte that names the table it stands in.

Both ways of keeping indicators, dictionaries and the mapped block, are made of these keys, so that both find the same.
"""

from __future__ import annotations

import re

from detente.errors import InvalidPattern
from detente.hunt import values

ADDRESS4, NETWORK4, NETWORK6, NAME, HASH, URL, URL_ANY_SCHEME, URL_HOST = b"4", b"n", b"6", b"d", b"h", b"u", b"a", b"o"


def keys_of(kind: str, value: str, *, allowed_suffixes: frozenset[str] = frozenset()) -> list[bytes]:
    """Raises InvalidPattern with the reason when the value cannot be searched for."""
    if kind == "ipv4":
        if _ADDRESS4(value) is not None:
            return [ADDRESS4 + value.encode()]  # it is its own normal form, and the commonest of all values
        number, length = values.ipv4_range(value)
        return [network4_key(length, number >> (32 - length)) if length < 32 else ADDRESS4 + values.dotted(number)]
    if kind == "ipv6":
        number, length = values.ipv6_range(value)
        return [network6_key(length, number >> (128 - length))]
    if kind == "domain":
        return [NAME + values.domain(value, allowed_suffixes=allowed_suffixes)]
    if kind in values.HASH_DIGITS:
        return [HASH + values.file_hash(kind, value)]
    if kind == "url":
        scheme, rest = values.url_parts(value)
        host = values.authority(scheme.lower(), values.raw_authority(rest))[1]
        return [(URL if scheme else URL_ANY_SCHEME) + values.url(scheme, rest), URL_HOST + host]
    raise InvalidPattern(f"values of kind {kind!r} are not searched for in lines of text")


def network4_key(length: int, prefix: int) -> bytes:
    return NETWORK4 + bytes([length]) + prefix.to_bytes(4, "big")


def network6_key(length: int, prefix: int) -> bytes:
    return NETWORK6 + bytes([length]) + prefix.to_bytes(16, "big")


def network_of(key: bytes) -> tuple[int, int]:
    """The prefix length and the leading bits of a network's key."""
    return key[1], int.from_bytes(key[2:], "big")


_ADDRESS4 = re.compile(values.IPV4.pattern.decode()).fullmatch
