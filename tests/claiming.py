"""Parties that record claims: real nodes on the clock of the test, with the commands of `detente claim` on it too."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from detente.node.open import opened
from tests.talking import Talk, talking


@contextmanager
def claiming(*names: str) -> Iterator[Talk]:
    """Nodes that have met."""
    with talking(*names) as talk:
        on_this_clock = functools.partial(opened, clock=talk.world.clock, random=talk.world.random.randbytes)
        with mock.patch("detente.cli.claims.opened", on_this_clock):
            yield talk


def recorded(talk: Talk, name: str, quote: str, *options: str) -> dict[str, Any]:
    """The claim as its recorder sees it."""
    document: dict[str, Any] = talk.run(name, "claim", "add", quote, *options)["claim"]
    return document


def imported(talk: Talk, name: str, folder: Path, text: str, *options: str) -> dict[str, Any]:
    file = folder / "article.txt"
    file.write_text(text, encoding="utf-8")
    document: dict[str, Any] = talk.run(name, "claim", "import", str(file), *options)
    return document


def listed_claims(talk: Talk, name: str, *options: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = talk.run(name, "claim", "list", *options)["claims"]
    return found


def everywhere(talk: Talk, name: str, short: str) -> list[str]:
    """Every way in which this node renders the claim."""
    return [
        talk.text(name, *options, "claim", *command)
        for options in ((), ("--json",))
        for command in (("list",), ("list", "--markdown"), ("show", short), ("show", short, "--markdown"))
    ]
