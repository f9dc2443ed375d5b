"""What the values of indicators and the tokens of log lines have in common: one normal form for each kind.

Source: the table "What a match is" in docs/hunting.md; STIX 2.1 part 4 (cyber-observables) for the kinds, RFC 4291
section 2.2 for IPv6 text, RFC 3986 sections 3 and 6.2.2-6.2.3 for URLs, RFC 3492 for A-labels. An indicator and a token
go through the same functions here, so they meet exactly when their normal forms are the same bytes or number.

Stricter than those: decimal octets without leading zeros, no netmasks, no zone identifiers, no network of length 0, no
name of one label. Not implemented: percent-decoding, empty path = "/", the full mapping table of UTS 46 (a U-label is
put into NFKC and lower case, then Punycode). A value that no token can equal, or that must not be searched, raises
InvalidPattern; its text is the reason to show.

    >>> name("WWW.BÜCHER.Example".encode()), url(b"HTTP", url_end(b"Evil.example:80/A)."))
    (b'www.xn--bcher-kva.example', b'http://evil.example/A')
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from ipaddress import AddressValueError, IPv6Address

from publicsuffixlist import PublicSuffixList

from detente.errors import InvalidPattern

# A *word* is a maximal run of bytes outside STOP. No token of any kind holds a STOP byte, so each word is matched
# alone, and a log may be cut after any STOP byte without changing what is found.
STOP = bytes(range(0x21)) + b"\"'<>`\\|^{}\x7f"
HOST = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._-" + bytes(range(0x80, 0x100))
HASH_DIGITS = {"md5": 32, "sha1": 40, "sha256": 64, "sha512": 128}
KINDS = ("ipv4", "ipv6", "domain", "url", *HASH_DIGITS)

NAME_BYTES_MAX = 253
URL_BYTES_MAX = 8192  # of an indicator; a longer URL in a log can match weakly
AUTHORITY_BYTES_MAX = 512
SCHEME_LETTERS_MAX = 10

_OCTET = rb"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
IPV4 = re.compile(_OCTET + rb"(?:\." + _OCTET + rb"){3}")
_HEX = re.compile(r"[0-9A-Fa-f]+")
_LENGTH = re.compile(r"0|[1-9][0-9]{0,2}")
_COLON_RUN = re.compile(rb"[0-9A-Fa-f:.]+")
_NAME = re.compile(rb"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})+")
_AUTHORITY = re.compile(rb"[^/?#]*")
_PORTS = {b"http": b":80", b"https": b":443", b"ftp": b":21"}
_LABEL = re.compile(r"[a-z0-9_-]*")
_LABELS_MAX = 127  # of a name of 253 bytes
_LABEL_LETTERS_MAX = 63
_LABEL_BYTES_MAX = 4 * _LABEL_LETTERS_MAX  # a longer label equals nothing


@cache
def public_suffixes() -> PublicSuffixList:
    """The list that ships inside the publicsuffixlist package, with the private section (github.io and its like)."""
    return PublicSuffixList()


def _bytes(value: str) -> bytes:
    try:
        return value.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidPattern("not Unicode text") from None


# Internet addresses


def ipv4_number(text: bytes) -> int:
    """Of a text that IPV4 matches in full."""
    a, b, c, d = text.split(b".")
    return int(a) << 24 | int(b) << 16 | int(c) << 8 | int(d)


def ipv6_number(text: bytes) -> int | None:
    """The address that the text writes, or None when it writes none."""
    colons = text.count(b":")
    if len(text) > 45 or colons > 8 or (b"::" not in text and colons != 7 and (colons != 6 or b"." not in text)):
        return None
    try:
        return int(IPv6Address(text.decode("ascii")))
    except (AddressValueError, UnicodeDecodeError):
        return None


def dotted(number: int) -> bytes:
    return b"%d.%d.%d.%d" % tuple(number.to_bytes(4, "big"))


def ipv6_text(number: int) -> str:
    """The address as RFC 5952 writes it."""
    return str(IPv6Address(number))


def ipv4_range(value: str) -> tuple[int, int]:
    """(first address, prefix length) of an address or a network; host bits are masked."""
    address, length = _split_length(value, 32)
    if IPV4.fullmatch(address) is None:
        raise InvalidPattern("not an IPv4 address of four decimal numbers without leading zeros")
    return _masked(ipv4_number(address), length, 32), length


def ipv6_range(value: str) -> tuple[int, int]:
    """(first address, prefix length) of an address or a network; host bits are masked."""
    address, length = _split_length(value, 128)
    number = None if b"%" in address else ipv6_number(address)
    if number is None:
        raise InvalidPattern("not an IPv6 address")
    return _masked(number, length, 128), length


def _split_length(value: str, bits: int) -> tuple[bytes, int]:
    address, slash, length = value.partition("/")
    if slash and (_LENGTH.fullmatch(length) is None or int(length) > bits):
        raise InvalidPattern(f"the length of the network is not a number up to {bits}")
    if slash and int(length) == 0:
        raise InvalidPattern("the network holds every address")
    return _bytes(address), int(length) if slash else bits


def _masked(number: int, length: int, bits: int) -> int:
    return number >> (bits - length) << (bits - length)


def ipv6_in(word: bytes) -> Iterator[tuple[bytes, int]]:
    """Every IPv6 address that stands in a word, as text and number.

    One ':' beside the address, or beside its '::', is punctuation of the line; what is behind that is not glued to it.
    """
    for run in _COLON_RUN.finditer(word):
        text = run.group().rstrip(b".")
        if text.count(b":") < 2:
            continue
        before = after = b""
        if len(text) - len(text.lstrip(b":")) in (1, 3):
            text = text[1:]
        else:
            before = word[max(0, run.start() - 1) : run.start()]
        if len(text) - len(text.rstrip(b":")) in (1, 3):
            text = text[:-1]
        else:
            after = word[run.end() : run.end() + 1]
        if (before and before in HOST) or (after and after in HOST):
            continue
        number = ipv6_number(text)
        if number is not None:
            yield text, number


# Names


def name(token: bytes) -> bytes:
    """The normal form of a host name: lower case, and A-labels for what is not ASCII. Total: it never raises.

    Only the last 127 labels are looked at, and a label of more than 252 bytes or not in UTF-8 stays as it is: neither
    can be part of a name that an indicator may have.
    """
    if token.isascii():
        return token.lower()
    labels = token.rsplit(b".", _LABELS_MAX)
    return b".".join(map(_label, labels))


def _label(label: bytes) -> bytes:
    if label.isascii():
        return label.lower()
    if len(label) > _LABEL_BYTES_MAX:
        return label
    try:
        text = label.decode("utf-8")
    except UnicodeDecodeError:
        return label
    # One character at a time, so that a capital sigma becomes the same letter wherever it stands (UTS 46 does so too).
    text = unicodedata.normalize("NFKC", "".join(letter.lower() for letter in unicodedata.normalize("NFKC", text)))
    # What NFKC turns into a dot, a bracket or the like is no letter of a name.
    if len(text) > _LABEL_LETTERS_MAX or not _LABEL.fullmatch("".join(letter for letter in text if letter < "\x80")):
        return label
    return text.encode("ascii") if text.isascii() else b"xn--" + text.encode("punycode")


def domain(value: str, *, allowed_suffixes: frozenset[str] = frozenset()) -> bytes:
    """The normal form of a domain indicator."""
    normal = name(_bytes(value).removesuffix(b"."))
    if b"." not in normal:
        raise InvalidPattern("a name without a dot")
    if len(normal) > NAME_BYTES_MAX or _NAME.fullmatch(normal) is None or normal[:1] == b"-" or normal[-1:] == b"-":
        raise InvalidPattern("not a domain name")
    if normal.rpartition(b".")[2].isdigit():
        raise InvalidPattern("an address or a number, not a domain name")
    text = normal.decode("ascii")
    if text not in allowed_suffixes and public_suffixes().publicsuffix(text) == text:
        raise InvalidPattern("a public suffix, under which strangers hold names; allow it explicitly to search for it")
    return normal


def file_hash(kind: str, value: str) -> bytes:
    """The normal form of a hash: lower case."""
    digits = HASH_DIGITS[kind]
    if len(value) != digits or _HEX.fullmatch(value) is None:
        raise InvalidPattern(f"not {digits} hexadecimal digits")
    return value.lower().encode("ascii")


# URLs


def url_end(text: bytes) -> bytes:
    """Without the punctuation that belongs to the sentence around a URL."""
    return text.rstrip(b".,;:!?)]")


def raw_authority(rest: bytes) -> bytes:
    """What stands behind '://' and before the first '/', '?' or '#'."""
    found = _AUTHORITY.match(rest)
    assert found is not None
    return found.group()


def authority(scheme: bytes, raw: bytes) -> tuple[bytes, bytes]:
    """(normal form, host) of an authority; the scheme is in lower case, b"" where it is not known.

    Lower case, A-labels, and without the scheme's default port or an empty one. The host is without final dot and
    brackets, and b"" when there is none; equal normal forms have equal hosts.
    """
    user, at, rest = raw.rpartition(b"@")
    if rest.startswith(b"["):
        # The closing bracket is absent where `url_end` took it; an IPv6 address has no port to fold then.
        host, bracket, port = rest[1:].partition(b"]")
        host = host.lower()
        written = b"[" + host + bracket
    else:
        host, colon, port = rest.partition(b":")
        port = colon + port
        written = name(host)
        host = written.rstrip(b".")
    if port in (b":", _PORTS.get(scheme)):
        port = b""
    return user.lower() + at + written + port, host


def url(scheme: bytes, rest: bytes) -> bytes:
    """The normal form of scheme://rest, where `rest` went through `url_end`; without a scheme, that of the rest alone.

    Scheme and authority in normal form; path, query and fragment as they are.
    """
    raw = raw_authority(rest)
    scheme = scheme.lower()
    return scheme + (b"://" if scheme else b"") + authority(scheme, raw)[0] + rest[len(raw) :]


def url_parts(value: str) -> tuple[bytes, bytes]:
    """(scheme or b"", rest after `url_end`) of a URL indicator, checked to be one that a line can hold."""
    data = _bytes(value)
    if data.translate(None, STOP) != data:
        raise InvalidPattern("holds a byte at which a URL in a log ends")
    if len(data) > URL_BYTES_MAX:
        raise InvalidPattern(f"longer than {URL_BYTES_MAX} bytes")
    scheme, separator, rest = data.partition(b"://")
    if not separator or raw_authority(scheme) != scheme:
        # "evil.example/a?b=http://x" has no scheme of its own.
        scheme, rest = b"", data
    elif not scheme.isalpha() or len(scheme) > SCHEME_LETTERS_MAX:
        raise InvalidPattern(f"the scheme is not one to {SCHEME_LETTERS_MAX} letters")
    rest = url_end(rest)
    raw = raw_authority(rest)
    if len(raw) > AUTHORITY_BYTES_MAX:
        raise InvalidPattern(f"an authority longer than {AUTHORITY_BYTES_MAX} bytes")
    if not rest or (not scheme and (b"." not in raw or raw == rest)):
        raise InvalidPattern("not a URL: no scheme, and not a host with a path")
    return scheme, rest
