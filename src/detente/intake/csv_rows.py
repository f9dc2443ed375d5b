"""Tables of indicators as US-CERT has published them since 2016 (AR, JAR, MAR): RFC 4180 CSV in UTF-8 with a header.

Columns are found by name; INDICATOR_VALUE and TYPE must be there. COMMENT may carry hashes (`SHA1:…|SHA256:…`), and
where INDICATOR_VALUE is empty it is where the value is. HANDLING is the sharer's marking of the row. Stricter than RFC
4180: a row has as many fields as the header, and text behind a closing quote makes the row unreadable.

    INDICATOR_VALUE,TYPE,COMMENT,ROLE,ATTACK_PHASE,OBSERVED_DATE,HANDLING,DESCRIPTION
    a[.]example,FQDN,,C2,C2,,TLP:WHITE,"The implant ""X"" calls it."
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

from detente.errors import InvalidObject
from detente.intake.indicator import NO_START, Origin, indicator
from detente.intake.result import Gathered, Intake
from detente.intake.values import kind_named, read_value
from detente.stix.canonical import JsonValue
from detente.stix.marking import Tlp, parse_tlp
from detente.stix.objects import parse_timestamp
from detente.stix.pattern import Kind, PatternValue


def is_table(text: str) -> bool:
    """Whether the first line is a header we read."""
    return {"INDICATOR_VALUE", "TYPE"} <= set(_names(text.partition("\n")[0].split(",")))


def read_table(text: str, origin: Origin) -> Intake:
    """One indicator for each row; rows that hold none are listed."""
    gathered = Gathered()
    header: list[str] | None = None
    for line, row in _rows(text, gathered):
        if header is None:
            header = _names(row)
            if not {"INDICATOR_VALUE", "TYPE"} <= set(header) or len(set(header)) != len(header):
                raise InvalidObject(
                    "line 1 is no header we know; expected the columns INDICATOR_VALUE and TYPE, once each"
                )
            continue
        gathered.counts["rows"] += 1
        if len(row) != len(header):
            gathered.unread(line, ",".join(row), f"it has {len(row)} fields, the header has {len(header)}")
            continue
        _read_row(dict(zip(header, row, strict=True)), line, origin, gathered)
    return gathered.result("csv")


def _read_row(row: dict[str, str], line: int, origin: Origin, gathered: Gathered) -> None:
    written = row["INDICATOR_VALUE"].strip()
    known, kind = kind_named(row["TYPE"])
    in_comment = _comment_hashes(row.get("COMMENT", ""))
    try:
        if not known:
            raise InvalidObject(f"{row['TYPE'][:40]!a} is no kind we look for")
        values = list(read_value(written, kind)) if written else []
    except InvalidObject as error:
        gathered.unread(line, written or ",".join(row.values()), str(error))
        return
    from_comment = not values and bool(in_comment)
    if from_comment or (values and values[0].kind in _HASH_KINDS):
        # The hashes of one file: any of them is the file.
        values += [value for value in in_comment if value not in values]
    if not values:
        gathered.unread(line, ",".join(row.values()), "there is no value, and no hash in COMMENT")
        return
    marking, handling = _marking(row.get("HANDLING", ""))
    labels = [label for name in ("ROLE", "ATTACK_PHASE") if (label := _label(name, row.get(name, "")))]
    valid_from, observed = _observed(row.get("OBSERVED_DATE", ""))
    texts = [row.get("DESCRIPTION", "").strip(), _line("Comment", row.get("COMMENT", "")), observed]
    texts += [_line(name, text) for name, text in row.items() if name not in _COLUMNS]
    cells: dict[str, JsonValue] = {name: text for name, text in row.items() if text}
    made = indicator(
        origin,
        values,
        seed=["csv", cells],
        place=f"{origin.name}, line {line}",
        name=values[0].value
        if len(values) == 1 or values[0].kind != "url"
        else values[0].value.removeprefix("http://"),
        description="\n\n".join(text for text in texts if text),
        labels=[*labels, *([handling] if handling else [])],
        marking=marking,
        valid_from=valid_from,
    )
    if gathered.add(made, line, made_here=True):
        gathered.counts["indicators"] += 1
        gathered.counts[values[0].kind] += 1
        gathered.counts["value from comment"] += from_comment


def _rows(text: str, gathered: Gathered) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line they begin at; an unreadable one is listed, and reading goes on behind it."""
    lines = text.split("\n")
    reader = csv.reader((line + "\n" for line in lines), strict=True)
    while True:
        first = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            gathered.counts["rows"] += 1
            gathered.unread(first, lines[first - 1], f"it cannot be read as CSV up to line {reader.line_num}: {error}")
            continue
        if any(cell.strip() for cell in row):
            yield first, row


def _names(cells: list[str]) -> list[str]:
    return [cell.strip().strip('"').upper() for cell in cells]


def _comment_hashes(comment: str) -> list[PatternValue]:
    values: list[PatternValue] = []
    for part in comment.split("|"):
        name, _, digits = part.partition(":")
        kind = _HASH_NAMES.get(name.strip().upper().replace("-", ""))
        if kind is not None:
            try:
                values += read_value(digits, kind)
            except InvalidObject:
                continue  # stays in the description, where a person sees it
    return values


def _marking(handling: str) -> tuple[Tlp | None, str]:
    """The row's marking, and a label with its words where we do not know them: then nobody else gets the row."""
    if not handling.strip():
        return None, ""
    try:
        return parse_tlp(handling), ""
    except InvalidObject:
        return Tlp.RED, f"handling:{handling.strip()}"


def _observed(text: str) -> tuple[str, str]:
    """When it is valid from, and what to say about a date that has no single reading."""
    text = text.strip()
    if not text:
        return NO_START, ""
    match = _DATE.fullmatch(text)
    if match is not None:
        stamp = f"{match[1]}T{match[2] or '00:00:00'}{match[3] or ''}Z"
        try:
            parse_timestamp(stamp)
        except InvalidObject:
            return NO_START, _line("Observed", text)
        return stamp, ""
    return NO_START, _line("Observed", text)


def _label(name: str, text: str) -> str:
    return f"{name.lower().replace('_', '-')}:{text.strip()}" if text.strip() else ""


def _line(name: str, text: str) -> str:
    return f"{name}: {text.strip()}" if text.strip() else ""


_COLUMNS = frozenset(
    {"INDICATOR_VALUE", "TYPE", "COMMENT", "ROLE", "ATTACK_PHASE", "OBSERVED_DATE", "HANDLING", "DESCRIPTION"}
)
_HASH_NAMES: dict[str, Kind] = {"MD5": "md5", "SHA1": "sha1", "SHA256": "sha256", "SHA512": "sha512"}
_HASH_KINDS = frozenset(_HASH_NAMES.values())
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]([0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,9})?Z?)?")
