"""Indicators out of a file, and a hunt for them without a node: a plain list, `kind<TAB>value`, a table, a STIX bundle, a MISP event.

A list is read line by line and a bundle object by object, since they may hold millions; where they are many, each goes straight
into the index of the compiled pass. Everything else goes through `detente.intake`. Identifiers in lists are computed from the
value, so that the same value has the same one in every file.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO

from detente.errors import InvalidObject, InvalidPattern, NotFound
from detente.hunt.indicators import IndicatorSource, NotSearched
from detente.hunt.literals import plan
from detente.hunt.sieve import can_compile
from detente.intake import read_document
from detente.intake.document import BYTES_MAX
from detente.intake.streamed import NoStream, StixStream
from detente.intake.values import kind_named, read_value
from detente.node.bundle_file import BundleIndicators, confidence_in, is_reference, time_in
from detente.node.code_cache import Preparing, load_code
from detente.node.collecting import seldom_collecting
from detente.node.hunt_run import COMPILED_BYTES_MIN, INDICATORS_MIN, Choice, HuntRun, bytes_of, hunt_for
from detente.node.logs import Logs
from detente.node.search import Manner
from detente.stix.marking import Tlp, effective
from detente.stix.objects import new_id
from detente.stix.pattern import Kind, PatternValue

LIST_BYTES_MAX = 1 << 30
BUNDLE_BYTES_MAX = 8 << 30
OUTLINED_BYTES_MIN = 4 << 20  # of a bundle, which is worth loading compiled code for
EXPLAINED_BYTES_MAX = 16 << 20  # of a bundle that is read once more, as a whole, to say in which line it is wrong
_JSON = (b"{", b"[")
_COMMENT = re.compile(r"(?:^|(?<=[ \t]))#")

READING = "Reading the indicators"


def read_indicator_file(
    path: Path,
    *,
    at_us: int,
    random: Callable[[int], bytes],
    block_from: int | None = None,
    told: Preparing | None = None,
    every_line: bool = False,
) -> tuple[Sequence[IndicatorSource], list[NotSearched]]:
    """Those of a block, which is made as they are read, where they are `block_from` or more and the compiled pass can search for them.

    Raises NotFound and InvalidObject; a line or object that holds nothing to look for is listed with the reason.
    """
    with _opened(path) as (file, size):
        begin = file.read(4096)
        if begin.lstrip(b" \t\r\n").startswith(_JSON):
            try:
                return _from_bundle(file, size, path.name, block_from, told, every_line)
            except NoStream:
                pass
            except InvalidObject:
                if size > EXPLAINED_BYTES_MAX:
                    raise
        begin = begin.lstrip(b"\xef\xbb\xbf \t\r\n")
        file.seek(0)
        if begin.startswith(_JSON) or _is_table(begin):
            if size > BYTES_MAX:
                raise InvalidObject(f"the document has {size} bytes, the limit is {BYTES_MAX}; split it")
            return _from_document(file.read(), path.name, at_us, random, every_line)
        missing: list[NotSearched] = []
        return _gathered(_from_list(file, size, path.name, missing, told), block_from, told), missing


def hunt_for_file(
    path: Path, logs: Logs, *, choice: Choice, manner: Manner, at_us: int, random: Callable[[int], bytes]
) -> HuntRun:
    """Hunt for what a file holds. A request to stop that comes while it is read ends all at once, as nothing was found yet."""
    # What no value leads to is no part of a block.
    block_from = (
        None if manner.workers or choice.every_line else 1 if bytes_of(logs) >= COMPILED_BYTES_MIN else INDICATORS_MIN
    )
    manner.stop.reading = True
    try:
        sources, skipped = read_indicator_file(
            path,
            at_us=at_us,
            random=random,
            block_from=block_from,
            told=manner.preparing,
            every_line=choice.every_line,
        )
    finally:
        manner.stop.reading = False
    return hunt_for(sources, skipped, logs, choice=choice, manner=manner, at_us=at_us)


def read_values(path: Path) -> list[PatternValue]:
    """The values of a plain list, for an allow-list; raises InvalidObject for a line that holds none."""
    missing: list[NotSearched] = []
    with _opened(path) as (file, size):
        sources = list(_from_list(file, size, path.name, missing))
    for one in missing:
        raise InvalidObject(f"{path}, {one.id}: {one.reason}")
    return [value for source in sources for value in source.values]


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """The file and its size. What comes through a pipe is put into a file first, so that a part of it can be read again."""
    try:
        with path.open("rb") as given, tempfile.TemporaryFile() as spooled:
            file: BinaryIO = given
            if not given.seekable():
                shutil.copyfileobj(given, spooled)
                file = spooled
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            yield file, size
    except FileNotFoundError:
        raise NotFound(f"there is no file {path}") from None


@seldom_collecting()
def _gathered(
    found: Iterable[IndicatorSource],
    block_from: int | None,
    told: Preparing | None,
    markings: Callable[[], Mapping[str, str]] = dict,
) -> Sequence[IndicatorSource]:
    """All of them. `markings` says what each `marking` stands for, once all are read."""
    one_by_one = iter(found)
    first = list(islice(one_by_one, block_from))
    if block_from is None or len(first) < block_from or not can_compile():
        first += one_by_one
        labels = markings()
        return [replace(one, marking=labels[one.marking]) if one.marking in labels else one for one in first]
    load_code(told)
    from detente.hunt.block import Block
    from detente.hunt.builder import Builder

    builder = Builder()
    for source in chain(first, one_by_one):
        builder.add(source)
    return Block(builder.block(markings=markings())).sources


# A bundle


def _from_bundle(
    file: BinaryIO, size: int, name: str, block_from: int | None, told: Preparing | None, every_line: bool
) -> tuple[Sequence[IndicatorSource], list[NotSearched]]:
    if size > BUNDLE_BYTES_MAX:
        raise InvalidObject(f"{name} has more than {BUNDLE_BYTES_MAX >> 30} GiB; split it")

    def read(start: int, size: int) -> bytes:
        file.seek(start)
        return file.read(size)

    progress = None if told is None else lambda done: told(READING, done, size)
    outlines = outlined = None
    if block_from is not None and size >= OUTLINED_BYTES_MIN and can_compile():
        load_code(told)
        from detente.intake.outlined import Outlines
        from detente.node.outlined_indicators import OutlinedIndicators

        outlines = Outlines()
        outlined = OutlinedIndicators(outlines, is_reference)
    stream = StixStream(read, outlines=outlines)
    indicators = BundleIndicators(stream, name, progress, every_line=every_line, outlined=outlined)
    return _gathered(indicators, block_from, told, lambda: indicators.markings), indicators.not_searched


# A list


def _is_table(begin: bytes) -> bool:
    return b"INDICATOR_VALUE" in begin.partition(b"\n")[0].upper()


def _from_list(
    file: BinaryIO, size: int, name: str, missing: list[NotSearched], told: Preparing | None = None
) -> Iterator[IndicatorSource]:
    """The indicators of a list; what is none goes to `missing`."""
    if size > LIST_BYTES_MAX:
        raise InvalidObject(f"{name} has more than {LIST_BYTES_MAX >> 20} MiB; split it")
    for number, line in enumerate(_lines(file, size, name, told), start=1):
        content = _COMMENT.split(line, maxsplit=1)[0].strip()
        if not content:
            continue
        try:
            values = _values(content)
        except InvalidObject as error:
            missing.append(NotSearched(f"line {number}", name, content[:200], str(error)))
            continue
        first = values[0]
        yield IndicatorSource(_id_of(first), [PatternValue(v.kind, v.value) for v in values], shared_by=name)


def _lines(file: BinaryIO, size: int, name: str, told: Preparing | None) -> Iterator[str]:
    done = 0
    for number, line in enumerate(file, start=1):
        done += len(line)
        if told is not None and number % 10_000 == 0:
            told(READING, done, size)
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            raise InvalidObject(f"{name}, line {number} is not UTF-8; save the list as UTF-8") from None
        yield (text.removeprefix("\ufeff") if number == 1 else text).removesuffix("\n")


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


# Everything else


def _from_document(
    data: bytes, name: str, at_us: int, random: Callable[[int], bytes], every_line: bool = False
) -> tuple[list[IndicatorSource], list[NotSearched]]:
    intake = read_document(data, name=name, source=name, received_us=at_us, marking=None, random=random)
    missing = [NotSearched(f"line {one.line}", name, one.text, one.reason) for one in intake.unread]
    definitions = {o.id: o.value for o in intake.objects if o.type == "marking-definition"}
    sources: list[IndicatorSource] = []
    for stix in intake.objects:
        if stix.type != "indicator":
            continue
        try:
            found = plan(str(stix.value.get("pattern", "")), every_line=every_line)
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
                time_in(stix.value, "valid_from"),
                time_in(stix.value, "valid_until"),
                stix.revoked,
                effective(stix, definitions, default=Tlp.CLEAR).label if stix.marking_refs else "",
                name,
                confidence_in(stix.value),
                found.held,
            )
        )
    return sources, missing
