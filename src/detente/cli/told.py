"""The options of every command that says something of norms, agreements or responses, and what it shows afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from detente.cli.out import Out
from detente.cli.statements import print_said, said_json
from detente.said import Said
from detente.stix.marking import Tlp, parse_tlp
from detente.when import When, parse_when

F = TypeVar("F", bound=Callable[..., Any])


class MomentType(click.ParamType[When]):
    """A moment with the fidelity that is written: 2026, 2026-11 or 2026-11-22T03:00Z."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> When:
        return value if isinstance(value, When) else parse_when(value)


DATE = MomentType()


def telling(command: F) -> F:
    """--to, --marking and --dry-run."""
    return _options(command, "Tell these partners; repeat. Default: only our own tools.")


def answering(command: F) -> F:
    """The same for an answer, which goes by default to whoever was told of what it answers."""
    return _options(command, "Tell these partners instead of all who were told; repeat.")


def _options(command: F, to: str) -> F:
    for option in (
        click.option("--dry-run", is_flag=True, help="Show what would be said; store nothing."),
        click.option("--marking", default=None, help="clear, green, amber, amber+strict or red. Default: the node's."),
        click.option("--to", "to", multiple=True, help=to),
    ):
        command = option(command)
    return command


def tlp(marking: str | None) -> Tlp | None:
    return None if marking is None else parse_tlp(marking)


def show_said(out: Out, command: str, said: Said, *, dry_run: bool, words: str = "") -> None:
    """What was said, to whom, under which name it is found again; and what comes next."""

    def text() -> None:
        print_said(said, dry_run=dry_run)
        if words and not dry_run:
            click.echo(words)

    out.result(command, said_json(said, dry_run=dry_run), text)
