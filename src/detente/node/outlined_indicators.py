"""The indicators among the objects of a bundle that have a known shape: their columns are read by compiled code, many at once.

What `detente.node.bundle_file` accepts as a common indicator is accepted here by its shape (which properties there are, of which type)
and by its texts. Where anything is in doubt there is no reading, and the object is looked at as any other is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

import numpy as np

from detente.errors import InvalidObject
from detente.hunt.machine_code import call
from detente.hunt.outline_tables import (
    ABSENT,
    CREATED,
    ENTIRELY,
    ID,
    LAYOUT_COLUMNS,
    MODIFIED,
    NO_TIME,
    PATTERN,
    READ_COLUMNS,
    REFS_FIRST,
    REFS_LAST,
    TYPE,
    VALID_FROM,
    VALID_UNTIL,
    WHO,
)
from detente.intake.outlined import SHAPES_MAX, Outlined, Outlines
from detente.stix.canonical import JsonValue

_PREFIX = np.frombuffer(b"indicator--", np.uint8)
_ID_BYTES = 47
_REFS_KEPT_MAX = 4096
_REFS_LENGTH_MAX = 1000


class Reading(NamedTuple):
    """`pattern` is what is written, "" where there is none; `refs` are those of its markings; times are µs since 1970."""

    id: str
    modified: str
    pattern: str
    valid_from_us: int | None
    valid_until_us: int | None
    refs: tuple[str, ...]
    shape: Shape


@dataclass(frozen=True, slots=True)
class Shape:
    """What all indicators of a shape have in common."""

    revoked: bool
    confidence: int | None


class OutlinedIndicators:
    def __init__(self, outlines: Outlines, is_reference: Callable[[str], bool]) -> None:
        """`is_reference` says whether a text is the identifier of an object; it may raise InvalidObject instead of denying it."""
        self._outlines = outlines
        self._is_reference = is_reference
        self._layouts = np.full((SHAPES_MAX, LAYOUT_COLUMNS), ABSENT, np.int64)
        self._shapes: list[Shape | None] = []
        self._refs: dict[str, tuple[str, ...] | None] = {}  # by what is written of them; None where one of them is none

    def read(self, found: Outlined) -> list[Reading | None]:
        """One for each object: None of what is no common indicator."""
        for number in range(len(self._shapes), len(self._outlines.shapes)):
            self._shapes.append(self._shape(number, self._outlines.shapes[number]))
        columns = np.empty((len(found), READ_COLUMNS), np.int64)
        data = np.frombuffer(found.data, np.uint8)
        call("common_indicators", data, found.objects, found.texts, found.shape_of, self._layouts, _PREFIX, columns)
        text = found.data.decode("latin-1")  # a character for a byte
        return [
            self._reading(text, row, cast(Shape, self._shapes[number])) if row[ENTIRELY] else None
            for row, number in zip(columns.tolist(), found.shape_of.tolist(), strict=True)
        ]

    def _reading(self, text: str, row: Sequence[int], shape: Shape) -> Reading | None:
        _, id_, valid_from, valid_until, modified, modified_end, pattern, pattern_end, who, who_end, refs, refs_end = (
            row
        )
        if who and not self._of(text[who:who_end]):
            return None
        named = self._of(text[refs:refs_end]) if refs else ()
        if named is None:
            return None
        written = text[pattern:pattern_end]
        if "\\" in written or not written.isascii():
            written = json.loads(f'"{written}"'.encode("latin-1"))
        return Reading(
            text[id_ : id_ + _ID_BYTES],
            text[modified:modified_end],
            written,
            None if valid_from == NO_TIME else valid_from,
            None if valid_until == NO_TIME else valid_until,
            named,
            shape,
        )

    def _of(self, written: str) -> tuple[str, ...] | None:
        """The identifiers of `a", "b`, or None where one of them is none."""
        try:
            return self._refs[written]
        except KeyError:
            pass
        refs: tuple[str, ...] | None = None
        if "\\" not in written and written.isascii():
            refs = tuple(json.loads(f'["{written}"]'))
            try:
                refs = refs if all(map(self._is_reference, refs)) else None
            except InvalidObject:
                refs = None
        if len(written) <= _REFS_LENGTH_MAX:
            if len(self._refs) == _REFS_KEPT_MAX:
                self._refs.clear()
            self._refs[written] = refs
        return refs

    def _shape(self, number: int, stix: JsonValue) -> Shape | None:
        """Enters which text is what, where all objects of this shape may be common indicators; their types are looked at later."""
        if not isinstance(stix, dict) or "granular_markings" in stix:
            return None
        texts = {name: int(value) for name, value in stix.items() if isinstance(value, str)}
        refs = stix.get("object_marking_refs", [])
        if (
            not {"type", "spec_version", "id", "created", "modified"} <= texts.keys()
            or not isinstance(stix.get("revoked", False), bool)
            or not isinstance(refs, list)
            or not all(isinstance(ref, str) for ref in refs)
            or ("created_by_ref" in stix and "created_by_ref" not in texts)
            or ("pattern" in stix and "pattern" not in texts)
        ):
            return None
        layout = self._layouts[number]
        layout[TYPE], layout[ID] = texts["type"], texts["id"]
        layout[CREATED], layout[MODIFIED] = texts["created"], texts["modified"]
        for column, name in (
            (VALID_FROM, "valid_from"),
            (VALID_UNTIL, "valid_until"),
            (PATTERN, "pattern"),
            (WHO, "created_by_ref"),
        ):
            layout[column] = texts.get(name, ABSENT)
        if refs:
            layout[REFS_FIRST], layout[REFS_LAST] = int(cast(str, refs[0])), int(cast(str, refs[-1]))
        confidence = stix.get("confidence")
        known = isinstance(confidence, int) and not isinstance(confidence, bool)
        return Shape(stix.get("revoked") is True, cast(int, confidence) if known else None)
