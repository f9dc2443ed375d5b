"""How the demo talks: steps, who does what, what can be proved now. In colour on a terminal, plain everywhere else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

WIDTH_MAX = 100
WIDTH_MIN = 40
_INDENT = 10
# One colour for each party, none of them red or green: those have a meaning.
_COLOURS = {"Aldmere": "cyan", "Borovia": "magenta", "Harbour": "yellow"}
_MARKS = {"✓": "bold green", "✕": "bold red"}
_BARS = "▁▂▃▄▅▆▇█"


class Surprise(Exception):
    """Something is not as the story tells it."""


def expect(as_told: bool, otherwise: str) -> None:
    """The demo believes itself no more than anybody else."""
    if not as_told:
        raise Surprise(otherwise)


class Stage:
    """Where the story is told. Nothing that is shown is read as markup."""

    def __init__(self, out: TextIO) -> None:
        self._console = Console(file=out, highlight=False, markup=False, emoji=False)
        known = self._console.width if self._console.is_terminal else WIDTH_MAX
        self._width = max(WIDTH_MIN, min(WIDTH_MAX, known))
        self._steps = 0

    def title(self, text: str, *lines: str) -> None:
        self._print(Text())
        self._print(Text(text, "bold"))
        for line in lines:
            for part in self._wrapped(Text(line, "dim"), self._width):
                self._print(part)

    def step(self, text: str) -> None:
        self._steps += 1
        self._print(Text())
        rule = "─" * (self._width - cell_len(f"── {self._steps} {text} "))
        self._print(Text.assemble(("── ", "dim"), (f"{self._steps} {text}", "bold"), (f" {rule}", "dim")))

    def say(self, who: str, text: str) -> None:
        """One sentence of the story; `who` is a party's short name, or "" when it goes on."""
        self._beside(who, f"bold {_COLOURS.get(who, '')}".strip(), _marked(text))

    def proves(self, text: str) -> None:
        """What can be shown to a stranger from here on."""
        self._beside("→", "bold green", Text.assemble(("Now provable: ", "bold green"), (text, "green")))

    def rows(self, head: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> None:
        """A table below the text; the columns with these positions are flush right."""
        widths = [max(cell_len(row[i]) for row in (head, *rows)) for i in range(len(head))]
        for number, row in enumerate((head, *rows)):
            cells = [
                cell.rjust(width) if position in right else cell.ljust(width)
                for position, (cell, width) in enumerate(zip(row, widths, strict=True))
            ]
            self._print(Text(" " * _INDENT + "  ".join(cells), "dim" if number == 0 else ""))

    def line(self, text: str = "", style: str = "") -> None:
        """A line that is never wrapped, so that it can be copied."""
        self._print(Text(text, style))

    def _beside(self, who: str, style: str, text: Text) -> None:
        for number, part in enumerate(self._wrapped(text, self._width - _INDENT)):
            name = who if number == 0 else ""
            self._print(Text.assemble((name, style), " " * (_INDENT - cell_len(name)), part))

    def _wrapped(self, text: Text, width: int) -> list[Text]:
        return list(text.wrap(self._console, width))

    def _print(self, text: Text) -> None:
        text.rstrip()
        self._console.print(text, soft_wrap=True)


def _marked(text: str) -> Text:
    marked = Text(text)
    for position, character in enumerate(text):
        style = _MARKS.get(character, "magenta" if character in _BARS else "")
        if style:
            marked.stylize(style, position, position + 1)
    return marked
