"""How a single statement is shown after it was said, or would be."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from detente.cli.out import moment, plain
from detente.said import Said


def said_json(said: Said, *, dry_run: bool) -> dict[str, Any]:
    return {
        "said": not dry_run,
        "dry_run": dry_run,
        "id": said.id,
        "short": said.short,
        "kind": said.kind,
        "to": list(said.aud),
        "at_us": said.at_us,
        "body": dict(said.body),
    }


def print_said(said: Said, *, dry_run: bool) -> None:
    to = ", ".join("everybody" if party == "*" else party for party in said.aud) or "nobody: it stays in your log"
    if dry_run:
        click.echo(f"Would say to {to}: {said.kind}. Nothing was stored. Word for word:")
        click.echo(plain_json(dict(said.body)))
    else:
        click.echo(f"Said {said.short}: {said.kind} to {to}, {moment(said.at_us)}.")


def plain_json(value: Any) -> str:
    """A body as it is said, indented; control and direction characters are shown, not obeyed."""
    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    return "\n".join(plain(line) for line in text.splitlines())
