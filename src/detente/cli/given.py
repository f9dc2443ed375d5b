"""What a person typed, as values: texts from an option, a file or standard input; moments, durations, counts."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from detente.errors import InvalidStatement, NotFound
from detente.when import DAY_US, HOUR_US, MINUTE_US, When, parse_when

F = TypeVar("F", bound=Callable[..., Any])

TEXT_BYTES_MAX = 1 << 18
_UNITS = {"m": MINUTE_US, "h": HOUR_US, "d": DAY_US}


def add_options(*options: Callable[[F], F]) -> Callable[[F], F]:
    def add(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return add


LEAVING = (
    click.option(
        "--by", default="", envvar="DETENTE_PERSON", help="Who says it (or DETENTE_PERSON). Stays in this node."
    ),
    click.option("--marking", default="", help="clear, green, amber, amber+strict or red. Default: the node's."),
    click.option("--dry-run", is_flag=True, help="Show who would get what, word for word; store nothing."),
)
TEXT = (
    click.option("--text", default="", help="The text."),
    click.option(
        "--text-file",
        type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
        help="The text from a file; - is standard input.",
    ),
)


def given_text(text: str, file: Path | None, *, what: str = "text") -> str:
    """`text` as it is, or what stands in `file` ("-" is standard input); "" when neither is given."""
    if text and file is not None:
        raise InvalidStatement(f"the {what} comes from one place: give --{what} or --{what}-file, not both")
    if file is None:
        return text
    try:
        data = sys.stdin.buffer.read(TEXT_BYTES_MAX + 1) if str(file) == "-" else _beginning(file)
    except FileNotFoundError:
        raise NotFound(f"there is no file {file} to read the {what} from") from None
    if len(data) > TEXT_BYTES_MAX:
        raise InvalidStatement(f"the {what} has at most {TEXT_BYTES_MAX:,} bytes; {file} has more")
    try:
        return data.decode("utf-8").strip()
    except UnicodeDecodeError:
        raise InvalidStatement(f"the {what} must be UTF-8; {file} is not") from None


def _beginning(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(TEXT_BYTES_MAX + 1)


def duration_us(text: str) -> int:
    """15m, 48h or 7d, in microseconds."""
    found = re.fullmatch(r"([0-9]{1,5})([mhd])", text, re.ASCII)
    if found is None or found[1].strip("0") == "":
        raise InvalidStatement(f"a duration is written 15m, 48h or 7d; got {text!r}")
    return int(found[1]) * _UNITS[found[2]]


def moment(text: str, now_us: int) -> When:
    """A moment as `parse_when` reads it, or a duration from now on: 48h."""
    if text[-1:] in _UNITS:
        return When(now_us + duration_us(text), "second")
    return parse_when(text)


def begin_us(text: str, now_us: int) -> int:
    """The first microsecond of the moment; 0 when nothing was typed."""
    return moment(text, now_us).at_us if text else 0


def end_us(text: str, now_us: int) -> int:
    """The last whole second of the moment: until 2026-11-28 means that this day still belongs to it; 0 when nothing was typed.

    A duration, and a time written to the second, mean themselves.
    """
    if not text:
        return 0
    when = moment(text, now_us)
    return when.at_us if when.fidelity == "second" else when.last_us // 1_000_000 * 1_000_000


def pairs(values: tuple[str, ...], *, what: str, left: str, right: str) -> dict[str, str]:
    """KEY=VALUE, each key once."""
    found: dict[str, str] = {}
    for value in values:
        key, sign, rest = value.partition("=")
        if not sign or not key.strip() or not rest.strip():
            raise InvalidStatement(f"{what} is written {left}={right}; got {value!r}")
        if key.strip() in found:
            raise InvalidStatement(f"{what}: {key.strip()!r} is given twice")
        found[key.strip()] = rest.strip()
    return found


def numbers(values: tuple[str, ...], *, what: str) -> dict[str, int]:
    """CLASS=NUMBER, a count of recipients."""
    found = {}
    for class_, count in pairs(values, what=what, left="CLASS", right="NUMBER").items():
        if not count.isascii() or not count.isdigit() or len(count) > 12:
            raise InvalidStatement(f"{what} is written CLASS=NUMBER, and counts recipients; got {class_}={count}")
        found[class_] = int(count)
    return found


def span(us: int | None) -> str:
    """A stretch of time in its two largest units: 1 d 23 h, 4 h 10 min, 35 s."""
    if us is None:
        return "–"
    minutes = us // MINUTE_US
    days, rest = divmod(minutes, 24 * 60)
    hours, left = divmod(rest, 60)
    if days:
        return f"{days} d {hours} h" if hours and days < 10 else f"{days} d"
    if hours:
        return f"{hours} h {left} min" if left else f"{hours} h"
    return f"{left} min" if left else f"{us // 1_000_000} s"


def relative(due_us: int, now_us: int) -> str:
    """How far a deadline is: in 1 d 23 h, 4 h 10 min ago."""
    if due_us >= now_us:
        return f"in {span(due_us - now_us)}"
    return f"{span(now_us - due_us)} ago"


def due(due_us: int | None, now_us: int) -> str:
    """A deadline: absolute first, to the minute, then how far it is."""
    if due_us is None:
        return "–"
    return f"{datetime.fromtimestamp(due_us / 1_000_000, UTC):%d %b %Y %H:%M} UTC ({relative(due_us, now_us)})"
