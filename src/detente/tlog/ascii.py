"""What C2SP texts are made of: decimal numbers and standard padded base64, each in one spelling only.

Python's own readers accept more than the specifications do: `int` takes `'１２'`, `'1_000'` and `' +5\\n'`, and
`base64.b64decode(..., validate=True)` takes non-zero trailing bits (`aGl=`). Here a value has exactly one spelling, so
that two nodes never read one text differently. Both readers return None for anything else; the caller knows whose fault
that is and raises.
"""

from __future__ import annotations

import re
from binascii import Error, a2b_base64, b2a_base64

# Tree sizes, indices and times stop here: it is the bound of C2SP timestamps, and of every signed 64-bit integer that
# a stranger's database or language may keep them in.
NUMBER_MAX = 2**63 - 1

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


def parse_decimal(text: str) -> int | None:
    """A number from 0 to 2**63 - 1 in ASCII digits without a leading zero, else None."""
    if _DECIMAL.fullmatch(text) is None:
        return None
    number = int(text)
    return number if number <= NUMBER_MAX else None


def parse_base64(text: str) -> bytes | None:
    """The bytes of RFC 4648 section 4 text with padding and zero trailing bits, else None."""
    try:
        encoded = text.encode("ascii")
        decoded = a2b_base64(encoded, strict_mode=True)
    except (UnicodeEncodeError, Error):
        return None
    # Strict mode still lets trailing bits pass; writing the bytes again shows them.
    return decoded if b2a_base64(decoded, newline=False) == encoded else None


def parse_hash(text: str) -> bytes | None:
    """The 32 bytes of a SHA-256 hash in base64, else None."""
    decoded = parse_base64(text)
    return decoded if decoded is not None and len(decoded) == 32 else None


def base64_text(value: bytes) -> str:
    return b2a_base64(value, newline=False).decode("ascii")
