"""The options of every command that says something of norms, agreements or responses, and what it shows afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from detente.cli.out import Out, moment
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
    for option in (
        click.option("--dry-run", is_flag=True, help="Show what would be said; store nothing."),
        click.option("--marking", default=None, help="clear, green, amber, amber+strict or red. Default: the node's."),
        click.option("--to", "to", multiple=True, help="Tell these partners; repeat. Default: only our own tools."),
    ):
        command = option(command)
    return command


def tlp(marking: str | None) -> Tlp | None:
    return None if marking is None else parse_tlp(marking)


def show_said(out: Out, command: str, said: Said, *, dry_run: bool, words: str = "") -> None:
    """What was said, to whom, under which name it is found again."""
    value = {
        "dry_run": dry_run,
        "statement": said_json(said),
    }

    def text() -> None:
        whom = "everybody" if said.aud == ("*",) else ", ".join(said.aud) or "nobody; it stands in our own log"
        if dry_run:
            click.echo(f"Would be said to {whom}: {said.kind}. Nothing was stored.")
        else:
            click.echo(f"{said.short}  {said.kind} said to {whom} at {moment(said.at_us)}.")
        if words:
            click.echo(words)

    out.result(command, value, text)


def said_json(said: Said) -> dict[str, Any]:
    return {
        "id": said.id,
        "short": said.short,
        "kind": said.kind,
        "speaker": said.speaker,
        "to": list(said.aud),
        "at_us": said.at_us,
        "body": dict(said.body),
    }
