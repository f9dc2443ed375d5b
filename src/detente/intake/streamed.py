"""The objects of a STIX bundle, TAXII envelope or list of objects of any size, a window of its text at a time.

Source: RFC 8259 for the text around the objects. Each object goes through the strict parser as those of a whole document do, and
so does every other member of the bundle; what may be in memory at once is a window of them, or one object of at most 8 MiB.

Where an object ends is found by its text being JSON up to there. Many are taken at once where the text between two of them and the
first name of the second are those that were met before: `},\\n  {"type"`. That is a guess at where to cut and no more: a list that is
cut within an object is no JSON, and then one object is taken alone. With the extra `hunt` many are taken by their shapes instead: see
`detente.intake.outlined`.

    read(start, size) → bytes: asked for again when an object is looked at a second time
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator
from json import JSONDecodeError, JSONDecoder
from typing import TYPE_CHECKING

import msgspec

from detente.errors import InvalidObject
from detente.stix.canonical import DEPTH_MAX, JsonValue, NotPlain, parse, parse_plain

if TYPE_CHECKING:  # it takes the extra `hunt`
    from detente.intake.outlined import Outlined, Outlines

WINDOW_BYTES = 256 << 10
OBJECT_BYTES_MAX = 8 << 20

_BLANKS = re.compile(rb"[ \t\r\n]*")
_BETWEEN = re.compile(rb'\}[ \t\r\n]*,[ \t\r\n]*\{[ \t\r\n]*"[^"\\]*"')
_OF_MISP = frozenset({"Event", "response", "uuid"})
_EXTENTS = JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)
_RAW = msgspec.json.Decoder(list[msgspec.Raw])
_BETWEEN_BYTES_MAX = 256
_AGAIN_MAX = 16  # lists of which the texts are held, because objects that come again often come in a row
_UNLIKE_MIN = 64  # objects of which more than half are of no known shape
_ALONE_MAX = 1 << 10  # objects that are taken alone after a guess that was wrong

Read = Callable[[int, int], bytes]


class NoStream(Exception):
    """Sound or not, the document is none of those that are read here."""


class StixStream:
    """`for values in StixStream(read)` gives lists of objects as they are written, in their order; `value(place)` one of them again.

    Raises InvalidObject for a text that is none, with what was given out before being worth nothing; and NoStream.
    """

    def __init__(self, read: Read, *, window_bytes: int = WINDOW_BYTES, outlines: Outlines | None = None) -> None:
        """`outlines`: give out objects as they know them, wherever they can."""
        self._read = read
        self._outlines = outlines
        self._window_bytes = window_bytes
        self._window = b""
        self._start = 0  # of the window in the text
        self._at = 0  # within the window
        self._ended = False
        self._between = b""  # the text that ended the last object that was taken alone, up to the next one's first name
        self._alone = 0  # so many are to be taken alone
        self._alone_next = 1
        self._count = 0
        self._depth = DEPTH_MAX - 1  # of an object
        # Of each list that was given out: the place of its first object, and where its text is.
        self._firsts = array("Q")
        self._starts = array("Q")
        self._ends = array("Q")
        self._again: dict[int, list[bytes]] = {}

    @property
    def bytes_done(self) -> int:
        return self._start + self._at

    def __iter__(self) -> Iterator[list[JsonValue] | Outlined]:
        opening = self._next()
        if opening == b"[":
            for values in self._objects():
                if values and self._count == len(values) and not _is_object(self.value(0)):
                    raise NoStream
                yield values
            if not self._count:
                raise NoStream
        elif opening == b"{":
            yield from self._members()
        else:
            raise NoStream
        if self._next():
            raise self._wrong("something stands behind the end")

    def value(self, place: int) -> JsonValue:
        """The object at this place (from 0) of those that were given out."""
        number = bisect_right(self._firsts, place) - 1
        texts = self._again.get(number)
        if texts is None:
            if len(self._again) == _AGAIN_MAX:
                self._again.clear()
            end = self._firsts[number + 1] if number + 1 < len(self._firsts) else self._count
            text = self._read(self._starts[number], self._ends[number] - self._starts[number])
            alone = end - self._firsts[number] == 1
            texts = self._again[number] = [text] if alone else list(map(bytes, _RAW.decode(b"[%b]" % text)))
        return parse(texts[place - self._firsts[number]], bytes_max=OBJECT_BYTES_MAX, depth_max=self._depth)

    def _members(self) -> Iterator[list[JsonValue] | Outlined]:
        """Of a bundle or envelope. All but its objects are small."""
        self._depth = DEPTH_MAX - 2
        seen: set[str] = set()
        more = self._after(b"{", b"}")
        while more:
            if self._next() != b'"':
                raise self._wrong("a name in double quotes is missing")
            name = self._alone_value(DEPTH_MAX)
            assert isinstance(name, str)
            if name in seen:
                raise self._wrong(f"the bundle has the key {name[:40]!a} twice; keep one")
            seen.add(name)
            if name in _OF_MISP:
                raise NoStream
            self._expect(b":")
            if name == "objects":
                if self._next() != b"[":
                    raise InvalidObject("the objects of a bundle or envelope are a list")
                yield from self._objects()
            else:
                self._alone_value(DEPTH_MAX - 1)
            more = self._more(b"}")
        if "objects" not in seen:
            raise NoStream

    def _objects(self) -> Iterator[list[JsonValue] | Outlined]:
        more = self._after(b"[", b"]")
        while more:
            self._next()
            start = self.bytes_done
            values: list[JsonValue] | Outlined | None = None
            if self._outlines is not None:
                values = self._outlined(self._outlines)
            elif self._between and not self._alone:
                values = self._many()
            if values is None:
                self._alone = max(0, self._alone - 1)
                values = [self._alone_value(self._depth)]
            self._firsts.append(self._count)
            self._starts.append(start)
            self._ends.append(self.bytes_done)
            self._count += len(values)
            yield values
            more = self._more(b"]")

    def _outlined(self, outlines: Outlines) -> Outlined | None:
        """All objects that end in the window, or None where the first does not, or is no JSON."""
        self._hold(self._window_bytes)
        found = outlines.read(self._window, self._at, depth_max=self._depth)
        if found is not None:
            self._at += found.size
            if len(found) >= _UNLIKE_MIN and 2 * len(found.parsed) > len(found):
                self._outlines = None  # too few are alike, and to parse many at once is quicker
        return found

    def _many(self) -> list[JsonValue] | None:
        """All objects that end in the window but the last, or None where the guess at the end of the last was wrong."""
        self._hold(self._window_bytes)
        cut = self._window.rfind(self._between, self._at)
        if cut < 0:
            return None
        listed = b"[%b]" % self._window[self._at : cut + 1]
        try:
            values = parse_plain(listed, depth_max=self._depth + 1)
        except NotPlain:
            try:
                raws = _RAW.decode(listed)
            except (msgspec.DecodeError, RecursionError):
                # So that a text that is made to be guessed wrongly costs little more than one that is not guessed at all.
                self._alone = self._alone_next = min(_ALONE_MAX, 2 * self._alone_next)
                return None
            values = []
            for raw in raws:
                values.append(self._parsed(bytes(raw), self._depth, self._count + len(values) + 1))
        assert isinstance(values, list)
        self._at = cut + 1
        self._alone_next = 1
        return values

    def _alone_value(self, depth_max: int) -> JsonValue:
        self._next()
        size = self._extent()
        self._hold(size + _BETWEEN_BYTES_MAX)
        end = self._at + size
        value = self._parsed(self._window[self._at : end], depth_max, self._count + 1)
        found = _BETWEEN.match(self._window, end - 1)
        self._between = found.group() if found is not None else self._between
        self._at = end
        return value

    def _parsed(self, text: bytes, depth_max: int, number: int) -> JsonValue:
        try:
            return parse(text, bytes_max=OBJECT_BYTES_MAX, depth_max=depth_max)
        except InvalidObject as error:
            raise InvalidObject(f"object {number}, behind byte {self.bytes_done}: {error}") from None

    def _extent(self) -> int:
        """How many bytes the value has that begins here."""
        size = 4 << 10
        while True:
            self._hold(size)
            piece = self._window[self._at : self._at + size]
            whole = self._ended and self._at + size >= len(self._window)
            try:
                text = piece.decode("utf-8")
            except UnicodeDecodeError as error:
                if whole or error.reason != "unexpected end of data":
                    at = self.bytes_done + error.start
                    raise InvalidObject(f"JSON text is not UTF-8 at byte {at}; convert it to UTF-8") from None
                text = piece[: error.start].decode("utf-8")
            try:
                _, end = _EXTENTS.raw_decode(text)
            except JSONDecodeError as error:
                if whole:
                    raise self._wrong(error.msg, len(text[: error.pos].encode())) from None
            except RecursionError:
                raise self._wrong("it is nested too deeply to be read") from None
            else:
                # A number may go on behind the window.
                if whole or end < len(text):
                    return len(text[:end].encode())
            if size > OBJECT_BYTES_MAX:
                raise self._wrong(f"no object of at most {OBJECT_BYTES_MAX >> 20} MiB begins here")
            size *= 2

    def _after(self, opening: bytes, closing: bytes) -> bool:
        """Behind the opening bracket; whether anything stands before the closing one."""
        self._expect(opening)
        if self._next() == closing:
            self._at += 1
            return False
        return True

    def _more(self, closing: bytes) -> bool:
        """Behind a comma, and then there is more, or behind the closing bracket."""
        found = self._next()
        if found not in (b",", closing) or not found:
            raise self._wrong(f"a comma or {closing.decode()} is missing")
        self._at += 1
        return found == b","

    def _expect(self, wanted: bytes) -> None:
        if self._next() != wanted:
            raise self._wrong(f"{wanted.decode()} is missing")
        self._at += 1

    def _next(self) -> bytes:
        """The next byte that is no blank, which stays where it is; b"" at the end."""
        while True:
            found = _BLANKS.match(self._window, self._at)
            assert found is not None
            self._at = found.end()
            if self._at < len(self._window) or self._ended:
                return self._window[self._at : self._at + 1]
            self._hold(1)

    def _hold(self, size: int) -> None:
        """Have so many bytes from here on in the window, if there are."""
        if self._ended or len(self._window) - self._at >= size:
            return
        parts = [self._window[self._at :]]
        held = len(parts[0])
        self._start += self._at
        self._at = 0
        while held < size and not self._ended:
            part = self._read(self._start + held, self._window_bytes)
            self._ended = not part
            parts.append(part)
            held += len(part)
        self._window = b"".join(parts)

    def _wrong(self, what: str, behind: int = 0) -> InvalidObject:
        return InvalidObject(f"not JSON at byte {self.bytes_done + behind}: {what}")


def _is_object(value: JsonValue) -> bool:
    return (
        isinstance(value, dict)
        and _OF_MISP.isdisjoint(value)
        and ("objects" in value or ("type" in value and "id" in value))
    )
