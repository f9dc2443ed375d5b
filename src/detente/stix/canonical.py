"""Strict JSON in (RFC 8259, with the I-JSON rules of RFC 7493), canonical bytes out (RFC 8785, "JCS").

Implemented: all of both. Stricter than RFC 8259: a byte limit and a depth limit, both checked before the parser runs;
UTF-8 without a byte order mark; no duplicate keys or half surrogate pairs; integers stay within ±(2^53 - 1) and nothing
overflows to infinity. Stricter than RFC 8785: a float whose canonical form would be an integer beyond that range (2^53
to 1e21) is refused, so that whatever `encode` writes `parse` reads.

    >>> encode(parse(b'{ "b": 1.0, "a": "\\\\u20ac" }'))
    b'{"a":"\\xe2\\x82\\xac","b":1}'
"""

from __future__ import annotations

import re
from contextlib import suppress
from json import JSONDecodeError, JSONDecoder
from typing import TypeAlias

import msgspec
import rfc8785

from detente.errors import InvalidObject

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"

BYTES_MAX = 1 << 20
DEPTH_MAX = 64
INTEGER_MAX = (1 << 53) - 1


def parse(data: bytes, *, bytes_max: int = BYTES_MAX, depth_max: int = DEPTH_MAX) -> JsonValue:
    """The value of a JSON text; raises InvalidObject, and nothing else, for every text that breaks the rules above.

    An envelope with many objects is parsed once, by passing its own `bytes_max`; the objects inside need no second
    pass (`detente.stix.objects.parse_object` takes them as they come out of here).
    """
    if len(data) > bytes_max:
        raise InvalidObject(f"JSON text has {len(data)} bytes, the limit here is {bytes_max}; split it")
    _refuse_other_encodings(data)
    # Every level of nesting costs a bracket, so few brackets prove a small depth without looking at the strings.
    if data.count(b"[") + data.count(b"{") > depth_max:
        _refuse_depth(data, depth_max)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidObject(f"JSON text is not UTF-8 at byte {error.start}; convert it to UTF-8") from None
    try:
        value: JsonValue = _DECODER.decode(text)
    except JSONDecodeError as error:
        raise InvalidObject(f"not JSON at line {error.lineno}, column {error.colno}: {error.msg}") from None
    except _Refused as refused:
        where = text.find(refused.literal)
        line = text.count("\n", 0, where) + 1
        column = where - text.rfind("\n", 0, where)
        raise InvalidObject(f"JSON {refused} near line {line}, column {column}") from None
    except RecursionError:
        # Only reachable when a caller raises depth_max beyond what the interpreter can follow.
        raise InvalidObject("JSON text is nested too deeply to be read; flatten it") from None
    if "\\u" in text and _SURROGATE_ESCAPE.search(text) is not None:
        _refuse_half_surrogates(value)
    return value


def parse_plain(data: bytes, *, depth_max: int = DEPTH_MAX) -> JsonValue:
    """What `parse` gives, in a third of its time, for text written as most programs write it.

    Raises NotPlain for all other text, sound or not: `parse` decides about it. Nothing is taken on trust: a text that comes
    out again as it went in, but for blanks between its parts, holds no key twice and no character that `parse` refuses.
    """
    try:
        value: JsonValue = _PLAIN_DECODER.decode(data)
        written = _PLAIN.encode(value)
        if written != data and written != msgspec.json.format(data, indent=-1):
            raise NotPlain
        _refuse_depth(data, depth_max)
    except (msgspec.DecodeError, UnicodeError, RecursionError, InvalidObject):
        raise NotPlain from None
    if written[0] not in b"{[" or _LONG_INTEGER_SHAPE in written.translate(_SHAPE):
        raise NotPlain
    return value


class NotPlain(Exception):
    """A text that `parse_plain` leaves to `parse`."""


def encode(value: JsonValue) -> bytes:
    """The canonical bytes of a value, equal to what `rfc8785.dumps` gives.

    The short path sorts keys by code point, writes doubles its own way and writes null for a NaN; RFC 8785 sorts by
    UTF-16 code unit and formats numbers as ECMAScript does. The two agree whenever the result holds no character beyond
    U+FFFF, no float, no null and no integer of 16 digits or more; everything else takes the reference implementation.
    """
    try:
        data = _SHORT.encode(value)
        if (
            data[0] in b'{["'  # a number alone has nothing in front of it to be found by
            and _UNSURE_VALUE(data) is None
            and _UNSURE_FIRST(data) is None
            and _UNSURE_NEXT(data) is None
            and (data.isascii() or not data.translate(None, _WITHIN_BMP))
        ):
            return data
        data = rfc8785.dumps(value)
        if _LONG_INTEGER.search(data) is not None:
            _DECODER.decode(data.decode("utf-8"))
    except UnicodeEncodeError:
        raise InvalidObject(_HALF_SURROGATE) from None
    except RecursionError:
        raise InvalidObject("the value is nested too deeply to be written as JSON; flatten it") from None
    except _Refused as refused:
        raise InvalidObject(f"the value holds a {refused}") from None
    except (TypeError, ValueError) as error:
        raise InvalidObject(f"the value cannot be written as canonical JSON: {error}") from None
    return data


def parse_canonical(data: bytes, *, bytes_max: int = BYTES_MAX, depth_max: int = DEPTH_MAX) -> JsonValue:
    """As `parse`, and the text must already be its own canonical form, byte for byte."""
    if len(data) <= bytes_max and data.count(b"[") + data.count(b"{") <= depth_max:
        # A text that is written back as it came holds no key twice, no blank and no number out of range, whoever read it.
        with suppress(msgspec.DecodeError, UnicodeDecodeError, InvalidObject):
            read: JsonValue = _SHORT_DECODER.decode(data)
            if encode(read) == data:
                return read
    # The long way finds what is wrong, and where.
    value = parse(data, bytes_max=bytes_max, depth_max=depth_max)
    expected = encode(value)
    if expected != data:
        at = next(
            (i for i, (a, b) in enumerate(zip(expected, data, strict=False)) if a != b), min(len(expected), len(data))
        )
        raise InvalidObject(
            f"JSON text is not canonical (RFC 8785) from byte {at}: expected {expected[at : at + 20]!r}, "
            f"came {data[at : at + 20]!r}; write it with sorted keys, no spaces and the shortest numbers"
        )
    return value


class _Refused(Exception):
    """Raised inside the decoder, which does not know where it is; `literal` lets `parse` find the place again."""

    def __init__(self, message: str, literal: str) -> None:
        super().__init__(message)
        self.literal = literal


def _object(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _Refused(f"object has the key {_shown(key)} twice; keep one", f'"{key}"')
            seen.add(key)
    return result


def _integer(literal: str) -> int:
    if len(literal) > 17 or not -INTEGER_MAX <= (number := int(literal)) <= INTEGER_MAX:
        raise _Refused(f"integer {_shown(literal)} is beyond ±(2^53 - 1); send it as a string", literal)
    return number


def _float(literal: str) -> float:
    # 800 digits are enough to name any double exactly; the bound keeps a megabyte of digits from costing time.
    number = float(literal) if len(literal) <= 1100 else float("inf")
    size = abs(number)
    if size > INTEGER_MAX and (size < 1e21 or size == float("inf")):
        raise _Refused(f"number {_shown(literal)} is beyond what a double holds; send it as a string", literal)
    return number


def _no_plain_float(_: str) -> float:
    # There are many ways to write one, and some are refused.
    raise NotPlain


def _constant(literal: str) -> float:
    raise _Refused(f"text has {literal}, which is no JSON number; leave the property out", literal)


def _shown(text: str) -> str:
    """A stranger's text for a message: short, and without characters that could rearrange a terminal line."""
    return ascii(text if len(text) <= 40 else text[:37] + "...")


def _refuse_other_encodings(data: bytes) -> None:
    if data[:3] == b"\xef\xbb\xbf":
        raise InvalidObject("JSON text begins with a byte order mark at byte 0; save it as UTF-8 without one")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data[:4]:
        raise InvalidObject("JSON text is UTF-16 or UTF-32 by its first bytes; convert it to UTF-8")


def _refuse_depth(data: bytes, depth_max: int) -> None:
    """Count the real depth, in linear time: brackets outside strings, innermost pairs taken away level by level.

    A text whose brackets do not pair up is left to the parser, except when it opens more than `depth_max` at once.
    """
    if b"\\" in data:
        # A run of backslashes is pairs from the left; what is left over escapes the next character.
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    skeleton = data.translate(None, _NOT_BRACKETS).replace(b'""', b"")
    # Two quotes side by side never change which brackets are inside a string. What stays quoted holds brackets.
    brackets = b"".join(skeleton.split(b'"')[::2]).translate(_BRACKETS)
    bomb = b"(" * (depth_max + 1)
    for _ in range(depth_max):
        if not brackets:
            return
        if bomb in brackets:
            break
        fewer = brackets.replace(b"()", b"")
        if len(fewer) == len(brackets):
            return
        brackets = fewer
    if brackets:
        raise InvalidObject(f"JSON text is nested deeper than {depth_max} levels; flatten it")


def _refuse_half_surrogates(value: JsonValue) -> None:
    try:
        _SHORT.encode(value)
    except UnicodeEncodeError:
        raise InvalidObject(_HALF_SURROGATE) from None


_HALF_SURROGATE = "a string holds half a surrogate pair (\\ud800 to \\udfff alone); write the whole character"
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_BRACKETS = bytes.maketrans(b"[]{}", b"()()")
_NOT_BRACKETS = bytes(set(range(256)) - set(b'[]{}"'))
# What the two might write differently. In the short path's output a number or null stands behind `":`, `[` or `,`;
# inside a string the same characters only cost time. Three searches, because one that begins with a set of characters
# instead of a fixed one takes three times as long as all of them.
_UNSURE = r"(?:null|-?[0-9]+[.e]|-?[0-9]{16})"
_UNSURE_VALUE = re.compile(('":' + _UNSURE).encode()).search
_UNSURE_FIRST = re.compile((r"\[" + _UNSURE).encode()).search
_UNSURE_NEXT = re.compile(("," + _UNSURE).encode()).search
_LONG_INTEGER = re.compile(rb"[-0-9][0-9]{15}")
_WITHIN_BMP = bytes(set(range(256)) - set(b"\xf0\xf1\xf2\xf3\xf4"))  # the first bytes of what UTF-16 writes as a pair
_SHORT = msgspec.json.Encoder(order="deterministic")
_SHORT_DECODER = msgspec.json.Decoder()
_PLAIN = msgspec.json.Encoder()
_PLAIN_DECODER = msgspec.json.Decoder(float_hook=_no_plain_float)
# An integer that may be out of range, or a part of a text that looks like one: 16 digits behind `:`, `,`, `[` or `-`.
_SHAPE = bytes.maketrans(b"0123456789,[-", b"0000000000:::")
_LONG_INTEGER_SHAPE = b":" + 16 * b"0"
_DECODER = JSONDecoder(object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant)
