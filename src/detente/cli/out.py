"""What a command prints: text for a person, or one JSON document; errors and progress on stderr."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

JSON_VERSION = 1
PROGRESS_EVERY_S = 0.1
RATE_AFTER_S = 0.5  # what was done in less says little of how long the rest takes


@dataclass(slots=True)
class Out:
    """How this run prints, and where its node is."""

    folder: Path
    json: bool = False
    quiet: bool = False
    _progress: Progress | None = field(default=None, init=False)

    def result(self, command: str, value: dict[str, Any], text: Callable[[], None]) -> None:
        """The outcome of a command: `value` as JSON, or whatever `text` prints."""
        self.end_progress()
        if self.json:
            click.echo(_json({"version": JSON_VERSION, "command": command, **value}))
        elif not self.quiet:
            text()

    def shows_progress(self) -> bool:
        return not self.json and not self.quiet and sys.stderr.isatty()

    def progress(self, what: str) -> Callable[[int, int], None] | None:
        """A progress line on stderr when that is a terminal; None otherwise, so that nobody computes for it."""
        line = self.progress_line(what)
        return None if line is None else line.show

    def progress_line(self, what: str) -> Progress | None:
        """The same, for whoever has more to say of it than how far it is."""
        if not self.shows_progress():
            return None
        self._progress = Progress(what)
        return self._progress

    def progress_of_each(self) -> Callable[[str, int, int], None] | None:
        """A progress line for one thing after the other: what it is (of a path its last part), how far, of how much."""
        if not self.shows_progress():
            return None
        lines: dict[str, Progress] = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in lines:
                lines.clear()
                lines[what] = self._progress = Progress(Path(what).name)
            lines[what].show(done, total)

        return show

    def end_progress(self) -> None:
        if self._progress is not None:
            self._progress.end()
            self._progress = None


class Progress:
    """One line that is written over: what, how far, how fast, how long still."""

    def __init__(self, what: str) -> None:
        self.what = what
        self._start = time.monotonic()
        self._shown = 0.0

    def show(self, done: int, total: int, note: str = "") -> None:
        now = time.monotonic()
        if now - self._shown < PROGRESS_EVERY_S and done < total:
            return
        self._shown = now
        seconds = now - self._start
        rate = done / seconds if seconds >= RATE_AFTER_S else 0.0
        speed = f"  {number(rate)}/s" if rate else ""
        if total:
            filled = round(24 * min(done, total) / total)
            left = f", {(total - done) / rate:.0f} s left" if rate and done < total else ""
            bar = "█" * filled + "░" * (24 - filled)
            line = f"{self.what} {bar} {100 * done / total:3.0f} %{speed}{left}"
        else:
            line = f"{self.what} {number(done)}{speed}" if done else f"{self.what} …"
        sys.stderr.write(f"\r\x1b[K{line}{note}")
        sys.stderr.flush()

    def end(self) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def fail(out: Out | None, kind: str, message: str, code: int) -> None:
    """One error: what happened, why, what to do next; with --json the same as an object on stdout."""
    if out is not None:
        out.end_progress()
    if out is not None and out.json:
        error = {"kind": kind, "message": message, "exit": code}
        click.echo(_json({"version": JSON_VERSION, "error": error}))
    else:
        click.echo(f"{click.style('error', fg='red')}: {message}", err=True)


def _json(value: dict[str, Any]) -> str:
    """One line of UTF-8; a byte in the name of a file that is none stands as Python's \\udcXX, as in the texts."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode("utf-8", "backslashreplace").decode()


def table(rows: Sequence[Sequence[str]], head: Sequence[str]) -> None:
    """Columns as wide as their widest cell; the last one runs free."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    for number_, row in enumerate((head, *rows)):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        click.echo(click.style(line, bold=True) if number_ == 0 else line)


def moment(us: int | None) -> str:
    """Absolute first: 22 Nov 2026 03:00:05 UTC."""
    return "–" if not us else datetime.fromtimestamp(us / 1_000_000, UTC).strftime("%d %b %Y %H:%M:%S UTC")


def number(value: float) -> str:
    return f"{value:,.0f}"


def defang(value: str) -> str:
    """An indicator as it may stand in a mail or on a page: nothing becomes a link."""
    return value.replace("http", "hxxp", 1).replace("://", "[:]//", 1).replace(".", "[.]") if value else value


def plain(text: str) -> str:
    """Foreign text on a terminal: control and direction characters are shown, not obeyed."""
    return "".join(
        c
        if c.isprintable() and c not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
        else f"\\u{ord(c):04x}"
        for c in text
    )
