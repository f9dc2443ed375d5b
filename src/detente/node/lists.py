"""Indicators out of a file, for a hunt without a node: a plain list, `kind<TAB>value`, a table, a STIX bundle, a MISP event.

A list is read here line by line, since it may hold millions; everything else goes through `detente.intake`. Identifiers are
computed from the value, so that the same value has the same one in every file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from detente.errors import InvalidObject, InvalidPattern, NotFound
from detente.hunt.indicators import IndicatorSource, NotSearched
from detente.hunt.literals import plan
from detente.intake import read_document
from detente.intake.values import kind_named, read_value
from detente.node.hunt import confidence_of
from detente.stix.marking import Tlp, effective
from detente.stix.objects import StixObject, new_id, parse_timestamp
from detente.stix.pattern import Kind, PatternValue

LIST_BYTES_MAX = 1 << 30
_JSON = (b"{", b"[")
_COMMENT = re.compile(r"(?:^|(?<=[ \t]))#")


def read_indicator_file(
    path: Path, *, at_us: int, random: Callable[[int], bytes]
) -> tuple[list[IndicatorSource], list[NotSearched]]:
    """Raises NotFound and InvalidObject; a line or object that holds nothing to look for is listed with the reason."""
    data = _bytes_of(path)
    begin = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if begin[:1] in _JSON or _is_table(begin):
        return _from_document(data, path.name, at_us, random)
    return _from_list(data, path.name)


def read_values(path: Path) -> list[PatternValue]:
    """The values of a plain list, for an allow-list; raises InvalidObject for a line that holds none."""
    sources, missing = _from_list(_bytes_of(path), path.name)
    for one in missing:
        raise InvalidObject(f"{path}, {one.id}: {one.reason}")
    return [value for source in sources for value in source.values]


def _bytes_of(path: Path) -> bytes:
    try:
        if path.stat().st_size > LIST_BYTES_MAX:
            raise InvalidObject(f"{path} has more than {LIST_BYTES_MAX >> 20} MiB; split it")
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFound(f"there is no file {path}") from None


def _is_table(begin: bytes) -> bool:
    return b"INDICATOR_VALUE" in begin.partition(b"\n")[0].upper()


def _from_list(data: bytes, name: str) -> tuple[list[IndicatorSource], list[NotSearched]]:
    sources: list[IndicatorSource] = []
    missing: list[NotSearched] = []
    for number, line in enumerate(_lines(data, name), start=1):
        content = _COMMENT.split(line, maxsplit=1)[0].strip()
        if not content:
            continue
        try:
            values = _values(content)
        except InvalidObject as error:
            missing.append(NotSearched(f"line {number}", name, content[:200], str(error)))
            continue
        first = values[0]
        sources.append(IndicatorSource(_id_of(first), [PatternValue(v.kind, v.value) for v in values], shared_by=name))
    return sources, missing


def _lines(data: bytes, name: str) -> Iterator[str]:
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        try:
            yield line.decode("utf-8")
        except UnicodeDecodeError:
            raise InvalidObject(f"{name}, line {number} is not UTF-8; save the list as UTF-8") from None


def _values(content: str) -> tuple[PatternValue, ...]:
    before, tab, after = content.partition("\t")
    if not tab:
        return read_value(content)
    kind = _PLAIN_KINDS.get(before)
    if kind is not None and "[" not in after:
        # What is searched for is checked when it is compiled; millions of lines need not be checked twice. A URL may be
        # without a scheme: the matcher knows it with any.
        return (PatternValue(kind, after.strip()),)
    known, kind = kind_named(before)
    if not known:
        raise InvalidObject(f"{before[:40]!a} is no kind; expected {', '.join(_PLAIN_KINDS)}")
    return read_value(after, kind)


_PLAIN_KINDS: dict[str, Kind] = {
    "ipv4": "ipv4", "ipv6": "ipv6", "domain": "domain", "url": "url", "md5": "md5", "sha1": "sha1", "sha256": "sha256", "sha512": "sha512",
}  # fmt: skip


def _id_of(value: PatternValue) -> str:
    digest = hashlib.blake2b(f"{value.kind} {value.value}".encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return new_id("indicator", digest)


def _from_document(
    data: bytes, name: str, at_us: int, random: Callable[[int], bytes]
) -> tuple[list[IndicatorSource], list[NotSearched]]:
    intake = read_document(data, name=name, source=name, received_us=at_us, marking=None, random=random)
    missing = [NotSearched(f"line {one.line}", name, one.text, one.reason) for one in intake.unread]
    definitions = {o.id: o.value for o in intake.objects if o.type == "marking-definition"}
    sources: list[IndicatorSource] = []
    for stix in intake.objects:
        if stix.type != "indicator":
            continue
        try:
            found = plan(str(stix.value.get("pattern", "")))
        except InvalidPattern as error:
            missing.append(NotSearched(stix.id, name, "", str(error)))
            continue
        missing += [NotSearched(stix.id, name, one.what, one.reason) for one in found.left_out]
        if not found.searched:
            continue
        sources.append(
            IndicatorSource(
                stix.id,
                found.values,
                _time(stix, "valid_from"),
                _time(stix, "valid_until"),
                stix.revoked,
                effective(stix, definitions, default=Tlp.CLEAR).label if stix.marking_refs else "",
                name,
                confidence_of(stix),
                found.held,
            )
        )
    return sources, missing


def _time(stix: StixObject, field: str) -> int | None:
    value = stix.value.get(field)
    return parse_timestamp(value) if isinstance(value, str) else None
