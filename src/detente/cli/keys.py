"""keys: which keys are ours, and going over to new ones."""

from __future__ import annotations

import sys

import click

from detente.cli.out import Out, moment, table
from detente.errors import NotPermitted
from detente.node.open import opened
from detente.node.rotate import ALL, read_key_lines
from detente.node.rotate import rotate as rotate_keys
from detente.party import Role


@click.group()
def keys() -> None:
    """Which keys are ours, and going over to new ones."""


@keys.command("show")
@click.pass_obj
def show(out: Out) -> None:
    """Every key of this node, the present ones and those that were retired."""
    with opened(out.folder) as node:
        lines = read_key_lines(node)
        words = node.fingerprint

    def text() -> None:
        rows = [
            (
                str(line.role),
                moment(line.since_us),
                "signs now" if line.present else f"retired {moment(line.until_us)}",
                line.vkey if len(line.vkey) < 100 else f"{line.vkey[:60]}…",
            )
            for line in lines
        ]
        table(rows, ("role", "since", "state", "key"))
        click.echo(f"Words to compare by voice: {words}")

    value = [
        {
            "role": str(line.role),
            "vkey": line.vkey,
            "present": line.present,
            "since_us": line.since_us,
            "until_us": line.until_us,
        }
        for line in lines
    ]
    out.result("keys show", {"keys": value, "fingerprint": words}, text)


@keys.command("rotate")
@click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice([str(role) for role in ALL]),
    help="Only this role; repeat. Default: all.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def rotate(out: Out, roles: tuple[str, ...], yes: bool) -> None:
    """Make new keys and go over to them. Partners follow with their next sync; the old private keys are destroyed.

    Everything that was said stays said: threads, deadlines and commitments belong to the origin, not to a key.
    """
    if not yes:
        if out.json or not sys.stdin.isatty():
            raise NotPermitted("the old private keys are destroyed, and older backups no longer sign; pass --yes")
        click.confirm("Go over to new keys? The old private keys are destroyed.", abort=True)
    with opened(out.folder) as node:
        rotation = rotate_keys(node, [Role(role) for role in roles] or list(ALL))
        words = node.fingerprint

    def text() -> None:
        for role in rotation.added:
            click.echo(f"{role}: {len(rotation.added[role])} new, {len(rotation.retired[role])} retired")
        if rotation.entries is not None:
            click.echo(f"Said in entries {rotation.entries[0]:,} to {rotation.entries[1]:,} of our log.")
        click.echo(f"Words to compare by voice from now on: {words}")
        click.echo("Make a backup now: those made before hold the old keys.")

    value = {
        "added": {role: list(vkeys) for role, vkeys in rotation.added.items()},
        "retired": {role: list(vkeys) for role, vkeys in rotation.retired.items()},
        "entries": list(rotation.entries) if rotation.entries is not None else None,
        "fingerprint": words,
    }
    out.result("keys rotate", value, text)
