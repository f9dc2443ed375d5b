"""Sealed texts: committed now by a digest, revealed later, by date or condition.

    digest = base64url(HMAC-SHA-256(key = 32 random bytes, "detente/seal/v1" 00 text in UTF-8))

Before the reveal nobody can read or guess the text; after it anybody can check that it is the one committed to. The key is fresh for
each seal: a short text ("sanctions") under no key, or a reused one, could be found by trying words.
"""

from __future__ import annotations

import hmac

import msgspec

from detente.errors import InvalidStatement
from detente.statement import base64url
from detente.stix.canonical import JsonValue

KEY_BYTES = 32
TEXT_BYTES_MAX = 1 << 16
_DOMAIN = b"detente/seal/v1\x00"


class Seal(msgspec.Struct, frozen=True, omit_defaults=True):
    """What stands in the statement that seals. `reveal_us` is a date, `condition` words; at least one of them is set."""

    digest: str
    reveal_us: int = 0
    condition: str = ""

    def __post_init__(self) -> None:
        if not self.reveal_us and not self.condition:
            raise ValueError("a seal names the date or the condition of its reveal")


class Reveal(msgspec.Struct, frozen=True):
    """The body of a statement of the kind `reveal`, whose `re` is the statement that sealed. `key`: hexadecimal."""

    digest: str
    key: str
    text: str


def digest_of(text: str, key: bytes) -> str:
    if len(key) != KEY_BYTES or len(text.encode()) > TEXT_BYTES_MAX:
        raise InvalidStatement(f"a seal needs a key of {KEY_BYTES} bytes and a text of at most {TEXT_BYTES_MAX}")
    return base64url(hmac.digest(key, _DOMAIN + text.encode(), "sha256"))


def verify_reveal(seal: Seal, reveal: Reveal) -> str:
    """The text behind a seal. Raises InvalidStatement when it is not the one committed to."""
    try:
        key = bytes.fromhex(reveal.key)
    except ValueError:
        key = b""
    if not hmac.compare_digest(digest_of(reveal.text, key), seal.digest):
        raise InvalidStatement("this text and key do not give the digest that was sealed; the seal stays closed")
    return reveal.text


def kept_value(text: str, key: bytes) -> JsonValue:
    """What the sealing party keeps for itself, in its journal, until the reveal."""
    return {"digest": digest_of(text, key), "key": key.hex(), "text": text}
