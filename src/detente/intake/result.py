"""What came out of a document, and how it is gathered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from detente.stix.canonical import BYTES_MAX
from detente.stix.objects import JsonObject, StixObject

TEXT_MAX = 200


@dataclass(frozen=True, slots=True)
class Unread:
    """Something that did not become an object.

    `line` counts from 1: the lines of a text, the objects of a bundle, the attributes of an event.
    """

    line: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Intake:
    """`counts` says how many rows, indicators and so on there were, by name; for showing, not for deciding."""

    objects: tuple[StixObject, ...]
    unread: tuple[Unread, ...]
    format: str
    counts: Mapping[str, int]


class Gathered:
    """Objects in the order they were read, each identifier and version once."""

    def __init__(self) -> None:
        self._objects: dict[tuple[str, str], StixObject] = {}
        self._unread: list[Unread] = []
        self.counts: Counter[str] = Counter()

    def add(self, obj: StixObject, line: int, *, made_here: bool) -> bool:
        """False if the object is not taken: too large to be said in one statement, or the same again.

        What was made here from two places that say the same differs by the place it names, and is still the same.
        """
        if len(obj.body) > BYTES_MAX:
            self.unread(line, obj.id, f"it has {len(obj.body)} bytes as a STIX object, the limit is {BYTES_MAX}")
            return False
        key = (obj.id, obj.version)
        if key in self._objects:
            before = self._objects[key]
            if before != obj and not (made_here and _said(before) == _said(obj)):
                self.unread(
                    line, obj.id, "another object with this identifier and version came before; that one is kept"
                )
            else:
                self.counts["repeated"] += 1
            return False
        self._objects[key] = obj
        return True

    def unread(self, line: int, text: str, reason: str) -> None:
        shown = text if len(text) <= TEXT_MAX else text[: TEXT_MAX - 1] + "…"
        self._unread.append(Unread(line, shown, reason))

    def result(self, format_: str) -> Intake:
        counts = {**self.counts, "objects": len(self._objects), "unread": len(self._unread)}
        return Intake(tuple(self._objects.values()), tuple(self._unread), format_, MappingProxyType(counts))


def _said(obj: StixObject) -> JsonObject:
    return {name: value for name, value in obj.value.items() if name != "external_references"}
