"""Which family a document belongs to, and its limits."""

from __future__ import annotations

from collections.abc import Callable

from detente.errors import InvalidObject
from detente.intake.bundles import is_stix, read_stix
from detente.intake.csv_rows import is_table, read_table
from detente.intake.indicator import Origin
from detente.intake.lists import read_list
from detente.intake.misp import is_misp, read_misp
from detente.intake.result import Intake
from detente.stix.canonical import parse
from detente.stix.marking import Tlp

FORMATS = ("csv", "misp", "stix", "list")

BYTES_MAX = 100 << 20
LINES_MAX = 1_000_000


def read_document(
    data: bytes,
    *,
    name: str,
    source: str,
    received_us: int,
    marking: Tlp | None,
    random: Callable[[int], bytes],
    format: str | None = None,
) -> Intake:
    """The objects in a document, and a list of what could not be read.

    `name` is the document's, `source` who it comes from ("" if they stay unnamed: identifiers are then random),
    `marking` what the sharer said of the whole. `format` is one of FORMATS; None finds it out. Raises InvalidObject
    when the document as a whole cannot be read; a bad row or object only adds to `unread`.
    """
    if format is not None and format not in FORMATS:
        raise InvalidObject(f"{format!a} is no format; expected one of {', '.join(FORMATS)}")
    if len(data) > BYTES_MAX:
        raise InvalidObject(f"the document has {len(data)} bytes, the limit is {BYTES_MAX}; split it")
    for magic, what in _NOT_READ:
        if data.startswith(magic):
            raise InvalidObject(f"this is {what}, which is not read here; {_READ}")
    origin = Origin(name, source, received_us, marking, random)
    if format in ("misp", "stix") or (format is None and data.lstrip(b" \t\r\n")[:1] in (b"{", b"[")):
        return _read_json(data, format, origin)
    text = _text(data)
    if format == "csv" or (format is None and is_table(text)):
        return read_table(text, origin)
    return read_list(text, origin)


def _read_json(data: bytes, format: str | None, origin: Origin) -> Intake:
    document = parse(data, bytes_max=BYTES_MAX)
    if format == "misp" or (format is None and is_misp(document)):
        if not is_misp(document):
            raise InvalidObject("this JSON holds no MISP event: no Event with a uuid and Attribute or Object")
        return read_misp(document, origin)
    if not is_stix(document):
        raise InvalidObject(f"this JSON is neither a STIX object, bundle or envelope nor a MISP event; {_READ}")
    return read_stix(document, origin)


def _text(data: bytes) -> str:
    try:
        # Spreadsheets write a byte order mark in front of a table; it says nothing that UTF-8 does not.
        text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidObject(f"the text is not UTF-8 at byte {error.start}; save it as UTF-8") from None
    if "\0" in text:
        raise InvalidObject(f"the text holds a zero character at {text.index(chr(0))}; save it as UTF-8")
    if text.count("\n") >= LINES_MAX:
        raise InvalidObject(f"the text has more than {LINES_MAX} lines; split it")
    return text


_READ = "read are STIX 2.1 and 2.0, MISP events, tables with INDICATOR_VALUE and TYPE, and lists of one value a line"
_NOT_READ = (
    (b"\x1f\x8b", "a gzip archive (unpack it first)"),
    (b"PK\x03\x04", "a zip archive or an office document"),
    (b"%PDF-", "a PDF"),
    (b"<", "XML or HTML"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
