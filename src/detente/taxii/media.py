"""Media types of TAXII 2.1 (section 3.1; syntax of RFC 9110, 8.3.1 and 12.5.1).

What we send is exact; what we take is any spelling that means it: letter case, white space, quotes, order and
parameters other than `version` change nothing.

    >>> accepts_taxii('text/html;q=0.9, Application/TAXII+json ; version="2.1"')
    True
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

TAXII: Final = "application/taxii+json;version=2.1"
STIX: Final = "application/stix+json;version=2.1"
HEADER_CHARACTERS_MAX: Final = 4_096
"""What stands behind this many characters of a header is not looked at."""

_TYPE: Final = "application/taxii+json"
_VERSION: Final = "2.1"


class MediaType(NamedTuple):
    """One media type or range; `name` in lower case, `version` empty when not given, `q` 1 when not given."""

    name: str
    version: str
    q: float


def stix_media_type(spec_version: str) -> str:
    """The media type of one object, as a manifest record names it."""
    return f"application/stix+json;version={spec_version}"


@lru_cache(maxsize=256)
def accepts_taxii(header: str) -> bool:
    """Whether TAXII 2.1 may be sent to a client with this Accept header; empty or absent accepts everything.

    The most specific range decides (RFC 9110, 12.5.1), so that `application/taxii+json;q=0, */*` is a refusal.
    """
    if not header.strip(" \t"):
        return True
    best = (-1, 0.0)
    for range_ in _parse(header):
        best = max(best, (_specificity(range_), range_.q))
    return best[0] >= 0 and best[1] > 0


@lru_cache(maxsize=256)
def is_taxii(header: str) -> bool:
    """Whether a Content-Type header announces TAXII 2.1, with or without the version."""
    types = _parse(header)
    return len(types) == 1 and types[0].name == _TYPE and types[0].version in ("", _VERSION)


def _specificity(range_: MediaType) -> int:
    """How closely a range names what we send; -1 when it does not."""
    if range_.name == _TYPE:
        return {_VERSION: 4, "": 3}.get(range_.version, -1)
    return {"application/json": 2, "application/*": 1, "*/*": 0}.get(range_.name, -1)


def _parse(header: str) -> list[MediaType]:
    """The well-formed items of a header; an item that is not well formed is passed over, it cannot name our type."""
    found = []
    for item in _ITEMS.findall(header[:HEADER_CHARACTERS_MAX]):
        name, *parameters = _PARTS.findall(item) or [""]
        name = name.strip(" \t").lower()
        if _NAME.fullmatch(name) is None:
            continue
        version, q = "", 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            key, value = key.strip(" \t").lower(), value.strip(" \t").strip('"')
            if key == "version":
                version = value
            elif key == "q":
                q = float(value) if _Q.fullmatch(value) is not None else 0.0
        found.append(MediaType(name, version, q))
    return found


_NAME_PART: Final = r"[!#$%&'*+\-.^_`|~0-9a-z]+"
_NAME: Final = re.compile(rf"{_NAME_PART}/{_NAME_PART}")
_Q: Final = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")
# A comma or semicolon inside quotes belongs to the value. The alternatives differ in their first character and nothing
# has to follow them, so that no header makes these expressions go back over what they have read.
_ITEMS: Final = re.compile(r'(?:[^",]+|"[^"]*"?)+')
_PARTS: Final = re.compile(r'(?:[^";]+|"[^"]*"?)+')
