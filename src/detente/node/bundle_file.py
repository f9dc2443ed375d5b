"""The indicators of a STIX bundle, one by one as its text is read: as `detente.intake` finds them, without holding the others.

What every object has to be is checked as in `detente.stix.objects`; an indicator that is written as most are is checked here, which
is quicker. Of all objects are held a number for each, by which one that comes again is found and looked at again in the file, and
all marking-definitions: an indicator may come before those that it refers to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING, cast

from detente.errors import InvalidObject, InvalidPattern
from detente.hunt.indicators import IndicatorSource, NotSearched
from detente.hunt.literals import Plan, plan
from detente.intake.result import TEXT_MAX
from detente.intake.streamed import StixStream
from detente.stix.canonical import BYTES_MAX, JsonValue, NotPlain, encode, parse_plain
from detente.stix.marking import Tlp, effective
from detente.stix.objects import JsonObject, StixObject, is_20, parse_identifier, parse_object, parse_timestamp, to_21
from detente.stix.pattern import PatternValue, single_value

if TYPE_CHECKING:  # they take the extra `hunt`
    from detente.intake.outlined import Outlined
    from detente.node.outlined_indicators import OutlinedIndicators

OBJECTS_MAX = 4_000_000

_INDICATOR_ID = re.compile(r"indicator--[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").fullmatch


class BundleIndicators:
    """Iterated once. Then `not_searched` lists all that is not among them, and `markings` says what their markings mean."""

    def __init__(
        self,
        stream: StixStream,
        name: str,
        progress: Callable[[int], None] | None = None,
        *,
        every_line: bool = False,
        outlined: OutlinedIndicators | None = None,
    ) -> None:
        """`every_line`: see `detente.hunt.literals.plan`. `outlined`: reads what a stream gives out that has outlines."""
        self._every_line = every_line
        self._outlined = outlined
        self._stream = stream
        self._name = name
        self._progress = progress
        self._places: dict[int, int] = {}  # of objects in the stream, by a number that two of them may share
        self._unread: list[NotSearched] = []
        self._left_out: list[NotSearched] = []
        self._definitions: dict[str, JsonObject] = {}
        self._marked: dict[object, str] = {}
        self._alike: list[JsonObject] = []  # one of those that are marked alike

    def __iter__(self) -> Iterator[IndicatorSource]:
        """Raises what the stream does, and InvalidObject for an indicator whose validity is no time."""
        places = count()
        for values in self._stream:
            sources = (
                map(self._source, values, places) if isinstance(values, list) else self._of_outlined(values, places)
            )
            for source in sources:
                if source is not None:
                    yield source
            if len(self._places) > OBJECTS_MAX:
                raise InvalidObject(f"{self._name} has more than {OBJECTS_MAX:,} objects; split it")
            if self._progress is not None:
                self._progress(self._stream.bytes_done)
        self._places = {}  # nothing comes any more, and it is most of what is held

    @property
    def not_searched(self) -> list[NotSearched]:
        return self._unread + self._left_out

    @property
    def markings(self) -> dict[str, str]:
        """What the `marking` of each indicator stands for, now that all definitions are known."""
        return {
            word: effective(StixObject(self._alike[number], b""), self._definitions, default=Tlp.CLEAR).label
            for number, word in enumerate(self._marked.values())
        }

    def _of_outlined(self, found: Outlined, places: Iterator[int]) -> Iterator[IndicatorSource | None]:
        """As `_source` for each, which it is left to where there is no reading."""
        assert self._outlined is not None
        for at, (reading, place) in enumerate(zip(self._outlined.read(found), places)):  # noqa: B905  # of places there is no end
            if reading is None:
                yield self._source(found.value(at), place)
                continue
            id_, modified, pattern, valid_from_us, valid_until_us, refs, shape = reading
            number = hash((id_, modified)) >> 4
            seen = self._places.setdefault(number, place) != place
            if seen and not self._is_new(cast(JsonObject, found.value(at)), place):
                continue
            try:
                single = single_value(pattern)  # as `plan` does first, of which nothing else is needed here
            except InvalidPattern:
                single = None
            if single is not None:
                values: Sequence[PatternValue] = tuple(single)
                held = ""
            else:
                searched = self._searched(id_, pattern)
                if searched is None:
                    continue
                values, held = searched.values, searched.held
            word = self._marked.get(refs) if refs else ""
            if word is None:
                word = self._word(refs, {"id": id_, "object_marking_refs": list(refs)})
            yield IndicatorSource(
                id_, values, valid_from_us, valid_until_us, shape.revoked, word, self._name, shape.confidence, held
            )

    def _source(self, value: JsonValue, place: int) -> IndicatorSource | None:
        stix = cast(JsonObject, value) if _is_common_indicator(value) else self._checked(value, place)
        if stix is None or not self._is_new(stix, place):
            return None
        if stix["type"] == "marking-definition":
            self._definitions[cast(str, stix["id"])] = stix
        return self._indicator(stix) if stix["type"] == "indicator" else None

    def _checked(self, value: JsonValue, place: int) -> JsonObject | None:
        try:
            stix = parse_object(to_21(value) if is_20(value) else value)
            if len(stix.body) > BYTES_MAX:
                raise InvalidObject(f"it has {len(stix.body)} bytes as a STIX object, the limit is {BYTES_MAX}")
        except InvalidObject as error:
            identifier = value.get("id") if isinstance(value, dict) else None
            self._list_unread(place, identifier if isinstance(identifier, str) else "", str(error))
            return None
        return stix.value

    def _is_new(self, stix: JsonObject, place: int) -> bool:
        """Each identifier and version counts once: the first that came."""
        key = _key(stix)
        number = hash(key) >> 4  # the shorter number takes less memory
        while (before := self._places.setdefault(number, place)) != place:
            earlier = self._stream.value(before)
            earlier = cast(JsonObject, to_21(earlier) if is_20(earlier) else earlier)
            if _key(earlier) == key:
                if encode(earlier) != encode(stix):
                    reason = "another object with this identifier and version came before; that one is kept"
                    self._list_unread(place, key[0], reason)
                return False
            number += 1
        return True

    def _list_unread(self, place: int, text: str, reason: str) -> None:
        shown = text if len(text) <= TEXT_MAX else text[: TEXT_MAX - 1] + "…"
        self._unread.append(NotSearched(f"line {place + 1}", self._name, shown, reason))

    def _indicator(self, stix: JsonObject) -> IndicatorSource | None:
        id_ = cast(str, stix["id"])
        found = self._searched(id_, str(stix.get("pattern", "")))
        if found is None:
            return None
        return IndicatorSource(
            id_,
            found.values,
            time_in(stix, "valid_from"),
            time_in(stix, "valid_until"),
            stix.get("revoked") is True,
            self._marking(stix) if stix.get("object_marking_refs") else "",
            self._name,
            confidence_in(stix),
            found.held,
        )

    def _searched(self, id_: str, pattern: str) -> Plan | None:
        """None where nothing of it is searched for, which is listed."""
        try:
            found = plan(pattern, every_line=self._every_line)
        except InvalidPattern as error:
            self._left_out.append(NotSearched(id_, self._name, "", str(error)))
            return None
        if found.left_out:
            self._left_out += [NotSearched(id_, self._name, one.what, one.reason) for one in found.left_out]
        return found if found.searched else None

    def _marking(self, stix: JsonObject) -> str:
        refs = tuple(cast(list[str], stix["object_marking_refs"]))
        granular = stix.get("granular_markings")
        return self._word(refs if granular is None else (refs, encode(granular)), stix)

    def _word(self, key: object, stix: JsonObject) -> str:
        word = self._marked.get(key)
        if word is None:
            word = self._marked[key] = f"?{len(self._marked)}"
            names = ("id", "object_marking_refs", "granular_markings")
            self._alike.append({name: stix[name] for name in names if name in stix})
        return word


def parse_indicator(body: bytes) -> StixObject:
    """As `parse_object`, from a body in canonical form."""
    with suppress(NotPlain):
        value = parse_plain(body)
        if _is_common_indicator(value):
            return StixObject(cast(JsonObject, value), body)
    return parse_object(body)


def _is_common_indicator(value: JsonValue) -> bool:
    """Whether it is an indicator of STIX 2.1 that `parse_object` accepts as it is. It may accept others too."""
    if not isinstance(value, dict) or value.get("type") != "indicator" or "granular_markings" in value:
        return False
    id_, created, modified = value.get("id"), value.get("created"), value.get("modified")
    refs = value.get("object_marking_refs", [])
    if (
        not isinstance(id_, str)
        or not isinstance(created, str)
        or not isinstance(modified, str)
        or not isinstance(value.get("spec_version"), str)
        or not isinstance(value.get("revoked", False), bool)
        or not isinstance(refs, list)
        or _INDICATOR_ID(id_) is None
    ):
        return False
    try:
        if created != modified and parse_timestamp(created) > parse_timestamp(modified):
            return False
        parse_timestamp(modified)
        named = [*refs, value["created_by_ref"]] if "created_by_ref" in value else refs
        return all(isinstance(ref, str) and is_reference(ref) for ref in named)
    except InvalidObject:
        return False


@lru_cache(maxsize=4096)
def is_reference(text: str) -> bool:
    """Raises InvalidObject instead of denying it."""
    return bool(parse_identifier(text))


def _key(stix: JsonObject) -> tuple[str, str]:
    return cast(str, stix["id"]), cast(str, stix.get("modified") or stix.get("created") or "")


def confidence_in(stix: JsonObject) -> int | None:
    """What it states, where that is a number."""
    value = stix.get("confidence")
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def time_in(stix: JsonObject, field: str) -> int | None:
    """Raises InvalidObject for a text that is no time."""
    value = stix.get(field)
    return parse_timestamp(value) if isinstance(value, str) else None
