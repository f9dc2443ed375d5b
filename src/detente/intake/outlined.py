"""Objects of a list that are not parsed one by one, because others of the same shape were: see `detente.hunt.outline_kernel`.

A shape is parsed once, strictly, with the number of each text in its place: so where what stands in the others of that shape is known.
An object of which anything is in doubt is parsed by itself, as it would have been; nothing is decided here about what is no JSON.

    {"type": "indicator", "id": "indicator--…", "labels": ["a", "b"]}      an object
    {"type": "", "id": "", "labels": ["", ""]}                             its shape, as it is looked up
    {"type": "0", "id": "1", "labels": ["2", "3"]}                         what is parsed of it
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detente.errors import InvalidObject
from detente.hunt.machine_code import call
from detente.hunt.outline_tables import (
    BEGIN,
    END,
    FIRST_TEXT,
    FLAGS,
    NOT_ASCII,
    OBJECT_COLUMNS,
    SHAPE_BEGIN,
    SHAPE_END,
    UNSOUND,
)
from detente.stix.canonical import JsonValue, NotPlain, parse, parse_plain

SHAPES_MAX = 1024  # an object of any other shape is parsed by itself
_SHAPE_BYTES_MAX = 2 << 10
_OBJECTS_AT_ONCE = 4 << 10
_TEXTS_AT_ONCE = 64 << 10

UNKNOWN = 0  # the shape of an object that is parsed by itself


@dataclass(frozen=True, slots=True)
class Outlined:
    """Objects that follow one another. `shape_of`: a number for each, UNKNOWN or a place in `Outlines.shapes`.

    `objects` and `texts` are those of `outline_kernel.outline`; `parsed` has the value of each whose shape is UNKNOWN, by its place here.
    """

    data: bytes
    objects: NDArray[np.int64]
    texts: NDArray[np.int64]
    shape_of: NDArray[np.int64]
    parsed: dict[int, JsonValue]

    def __len__(self) -> int:
        return len(self.shape_of)

    @property
    def size(self) -> int:
        """Of them all, up to the end of the last."""
        return int(self.objects[-1, END])

    def value(self, place: int) -> JsonValue:
        """The object at this place, parsed now where it was not yet."""
        if place in self.parsed:
            return self.parsed[place]
        text = _text_of(self, place)
        return parse(text, bytes_max=len(text))


@dataclass(slots=True)
class Outlines:
    """`shapes`: the value of each shape, in which a text is the number of the text that stands there."""

    shapes: list[JsonValue] = field(default_factory=lambda: [None])
    _numbers: dict[bytes, int] = field(default_factory=dict)
    _objects: NDArray[np.int64] = field(default_factory=lambda: np.empty((_OBJECTS_AT_ONCE, OBJECT_COLUMNS), np.int64))
    _texts: NDArray[np.int64] = field(default_factory=lambda: np.empty((_TEXTS_AT_ONCE, 2), np.int64))
    _shape_bytes: NDArray[np.uint8] = field(default_factory=lambda: np.empty(0, np.uint8))

    def read(self, data: bytes, start: int, *, depth_max: int) -> Outlined | None:
        """Those that begin at `start` and end within `data`, up to the first that is no JSON; None where there are none."""
        view = np.frombuffer(data, np.uint8)[start:]
        if len(self._shape_bytes) < len(view):
            self._shape_bytes = np.empty(len(view), np.uint8)
        count, texts = call("outline", view, self._shape_bytes, self._objects, self._texts)
        if not count:
            return None
        objects = self._objects[:count].copy()
        data = data[start : start + int(objects[-1, END])]
        found = Outlined(data, objects, self._texts[:texts].copy(), np.zeros(count, np.int64), {})
        shapes = self._shape_bytes[: int(objects[-1, SHAPE_END])].tobytes()
        numbers = self._numbers
        rows = objects[:, [SHAPE_BEGIN, SHAPE_END, FLAGS]].tolist()
        for place, (begin, end, flags) in enumerate(rows):
            number = UNKNOWN if flags and not self._is_sound(found, place) else numbers.get(shapes[begin:end], UNKNOWN)
            try:
                if number == UNKNOWN:
                    number = self._learnt(found, place, shapes[begin:end], flags, depth_max)
                if number == UNKNOWN:
                    found.parsed[place] = self._parsed(found, place, depth_max)
            except InvalidObject:
                return self._cut(found, place)
            found.shape_of[place] = number
        return found

    def _is_sound(self, found: Outlined, place: int) -> bool:
        flags = found.objects[place, FLAGS]
        if flags & UNSOUND:
            return False
        if flags & NOT_ASCII:
            try:
                _text_of(found, place).decode("utf-8")
            except UnicodeDecodeError:
                return False
        return True

    def _learnt(self, found: Outlined, place: int, shape: bytes, flags: int, depth_max: int) -> int:
        if (
            len(self.shapes) == SHAPES_MAX
            or len(shape) > _SHAPE_BYTES_MAX
            or (flags and not self._is_sound(found, place))
        ):
            return UNKNOWN
        parts = []
        at = int(found.objects[place, BEGIN])
        first, last = _texts_of(found, place)
        for number, (begin, end) in enumerate(found.texts[first:last].tolist()):
            parts += [found.data[at:begin], b"%d" % number]
            at = end
        parts.append(found.data[at : found.objects[place, END]])
        self.shapes.append(parse(b"".join(parts), depth_max=depth_max))
        self._numbers[shape] = len(self.shapes) - 1
        return len(self.shapes) - 1

    def _parsed(self, found: Outlined, place: int, depth_max: int) -> JsonValue:
        text = _text_of(found, place)
        try:
            return parse_plain(text, depth_max=depth_max)
        except NotPlain:
            return parse(text, bytes_max=len(text), depth_max=depth_max)

    def _cut(self, found: Outlined, count: int) -> Outlined | None:
        if not count:
            return None
        objects = found.objects[:count]
        data = found.data[: int(objects[-1, END])]
        return Outlined(data, objects, found.texts, found.shape_of[:count], found.parsed)


def _text_of(found: Outlined, place: int) -> bytes:
    row: Any = found.objects[place]
    return found.data[row[BEGIN] : row[END]]


def _texts_of(found: Outlined, place: int) -> tuple[int, int]:
    last = found.objects[place + 1, FIRST_TEXT] if place + 1 < len(found.objects) else len(found.texts)
    return int(found.objects[place, FIRST_TEXT]), int(last)
