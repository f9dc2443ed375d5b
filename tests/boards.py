"""Boards of invented parties on real nodes, opened and answered by commands; and every rendering of one."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as ET

from detente.words import loaded_words
from tests.talking import Talk

BOROVIA = (
    "--hypothesis", "x=a unit of Borovia", "--rung", "x=state-executed", "--actor", "x=Borovia",
    "--hypothesis", "y=a group that Borovia knows of and leaves alone", "--rung", "y=state-ignored",
)  # fmt: skip


def new_board(
    talk: Talk, *more: str, by: str = "a", to: str = "b", question: str = "intrusion", incident: str = "incident-1"
) -> str:
    """A board with the hypotheses x and y, said to a partner; returns its id."""
    said = talk.run(
        by, "board", "new", "Mail servers of Harbour", "--question", question, "--incident", incident, *BOROVIA,
        "--to", to, *more,
    )  # fmt: skip
    return str(said["id"])


def assess(talk: Talk, by: str, board: str, office: str, *more: str, own: bool = True) -> str:
    """An assessment by an office; `more` has at least one --judge. Returns its id."""
    work = "--own-work" if own else "--coordinated"
    return str(talk.run(by, "assess", board, "--office", office, work, *more)["id"])


def position(talk: Talk, by: str, board: str, stance: str, office: str, *more: str) -> str:
    return str(talk.run(by, "board", "position", board, stance, "--office", office, *more)["id"])


def seen(talk: Talk, name: str, board: str, *more: str) -> Any:
    """The board as a node's command shows it, as a value."""
    return talk.run(name, "board", "show", board, *more)["board"]


def renderings(talk: Talk, board: str, *names: str) -> list[str]:
    """Everything that shows the board, at each of these nodes: text in two widths, SVG, JSON, the list."""
    found = []
    for name in names or tuple(talk.world.nodes):
        found += [
            talk.text(name, "board", "show", board, "--width", "80"),
            talk.text(name, "board", "show", board, "--width", "120"),
            talk.text(name, "board", "svg", board),
            json.dumps(talk.run(name, "board", "show", board), ensure_ascii=False),
            talk.text(name, "board", "list"),
        ]
    for one in found:
        assert not loaded_words(one), one
    return found


def flat(text: str) -> str:
    """Text without its line breaks and indents, to look for a sentence in it."""
    return " ".join(text.split())


def drawn(talk: Talk, name: str, board: str) -> str:
    """The words in the picture of a board, line after line; a cell's lines follow one another."""
    root = ET.fromstring(talk.text(name, "board", "svg", board))  # noqa: S314 – our own text
    return flat(" ".join(element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")))


def column(view: Any, key: str) -> Any:
    return next(one for one in view["hypotheses"] if one["key"] == key)


def compared(view: Any, key: str) -> Any:
    return next(one for one in view["comparison"] if one["hypothesis"] == key)


def row(view: Any, office: str) -> Any:
    return next(one for one in view["assessors"] if one["office"] == office)
