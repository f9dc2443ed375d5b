"""correction, reveal: what was said is corrected, or a seal is opened; everybody who got it is told."""

from __future__ import annotations

import sys
from typing import Any

import click

from detente.cli.exits import NOTHING_FOUND, exit_code
from detente.cli.out import Out, moment, plain
from detente.cli.statements import print_said, said_json
from detente.errors import NotPermitted
from detente.node import correct as corrections
from detente.node.consequences import reveal as reveal_seal
from detente.node.correct import Corrected, Done
from detente.node.open import opened
from detente.words import quoted

_BY = click.option(
    "--by", default="", envvar="DETENTE_PERSON", help="Who says it (or DETENTE_PERSON). Stays in this node."
)
_DRY_RUN = click.option("--dry-run", is_flag=True, help="Show who would get what, word for word; store nothing.")


@click.group()
def correction() -> None:
    """What was said wrongly, what is said instead, and what rests on it."""


@correction.command()
@click.argument("statement")
@click.option("--field", required=True, help="Which field: text, window.to_us, relayed.0.count.")
@click.option("--now", "value", required=True, help="What it says from now on.")
@click.option("--text", default="", help="In words.")
@_BY
@_DRY_RUN
@click.pass_obj
def say(out: Out, statement: str, field: str, value: str, text: str, by: str, dry_run: bool) -> None:
    """Correct one field of STATEMENT, which is yours. Its recipients are told, and those of what you said that rests on it."""
    with opened(out.folder) as node:
        done = corrections.correct(node, statement, field=field, now=value, text=text, by=by, dry_run=dry_run)

    def show() -> None:
        print_said(done.said, dry_run=dry_run)
        click.echo(
            f"  {done.correction.field}: {quoted(plain(done.correction.was))} → {quoted(plain(done.correction.now))}"
        )
        for told in done.told:
            click.echo(f"  what rests on it: {told.short} to {', '.join(told.aud)}")

    value_ = said_json(done.said, dry_run=dry_run) | {
        "passed_on": [said_json(one, dry_run=dry_run) for one in done.told]
    }
    out.result("correction say", value_, show)


@correction.command("list")
@click.pass_obj
def list_(out: Out) -> None:
    """Corrections by whom, and every statement held here that rests on what was corrected. Exit code 3 when there is none."""
    with opened(out.folder) as node, node.store.indexed() as connection:
        found = corrections.corrected(connection, node)

    def show() -> None:
        if not found:
            click.echo("No correction is held here.")
        for one in found:
            _print(one)

    out.result("correction list", {"corrections": [_json(one) for one in found]}, show)
    sys.exit(0 if found else NOTHING_FOUND)


@correction.command("pass-on")
@click.argument("name", metavar="CORRECTION")
@_BY
@_DRY_RUN
@click.pass_obj
def pass_on(out: Out, name: str, by: str, dry_run: bool) -> None:
    """Tell the recipients of your statements that rest on what CORRECTION corrects. Exit code 3 when all know."""
    with opened(out.folder) as node:
        done = corrections.pass_on(node, name, by=by, dry_run=dry_run)

    def show() -> None:
        if not done.told and not done.refused:
            click.echo("Nobody is left to tell.")
        _print_told(done, dry_run=dry_run)

    out.result("correction pass-on", _told_json(done, dry_run=dry_run), show)
    sys.exit(0 if done.told else exit_code(NotPermitted()) if done.refused else NOTHING_FOUND)


def _told_json(done: Done, *, dry_run: bool) -> dict[str, Any]:
    return {
        "passed_on": [said_json(one, dry_run=dry_run) for one in done.told],
        "refused": [{"party": party, "reason": reason} for party, reason in done.refused],
    }


def _print_told(done: Done, *, dry_run: bool) -> None:
    for told in done.told:
        verb = "would be told" if dry_run else "told"
        click.echo(f"  {', '.join(told.aud)}: {verb} that something of yours rests on it")
    for party, reason in done.refused:
        click.echo(f"  {party}: not told, {plain(reason)}")


@click.command()
@click.argument("message")
@click.option("--early", is_flag=True, help="Before its date; needs a person.")
@_BY
@_DRY_RUN
@click.pass_obj
def reveal(out: Out, message: str, early: bool, by: str, dry_run: bool) -> None:
    """Open the sealed consequence of MESSAGE, once, to everybody who got it."""
    with opened(out.folder) as node:
        said = reveal_seal(node, message, by=by, early=early, dry_run=dry_run)
    out.result("reveal", said_json(said, dry_run=dry_run), lambda: print_said(said, dry_run=dry_run))


def _json(one: Corrected) -> dict[str, Any]:
    return {
        "id": one.said.id,
        "short": one.said.short,
        "speaker": one.said.speaker,
        "at_us": one.said.at_us,
        "of": one.correction.of,
        "quote": {
            "field": one.correction.field,
            "was": one.correction.was,
            "now": one.correction.now,
            "text": one.correction.text,
        },
        "to": list(one.said.aud),
        "resting": [
            {
                "id": resting.said.id,
                "short": resting.said.short,
                "kind": resting.said.kind,
                "speaker": resting.said.speaker,
                "marked": "rests on a corrected statement",
                "to_tell": list(resting.to_tell),
            }
            for resting in one.resting
        ],
    }


def _print(one: Corrected) -> None:
    of = f"{one.of.kind} {one.of.short}" if one.of else "a statement that is not held here"
    click.echo(
        click.style(f"{one.said.short}  {one.said.speaker} corrects its {of}, {moment(one.said.at_us)}", bold=True)
    )
    click.echo(
        f"  {quoted(plain(one.correction.field))}: {quoted(plain(one.correction.was))} → {quoted(plain(one.correction.now))}"
    )
    if one.correction.text:
        click.echo(f"  {quoted(plain(one.correction.text))}")
    for resting in one.resting:
        left = f"; not told yet: {', '.join(resting.to_tell)}" if resting.to_tell else ""
        click.echo(f"  rests on it: {resting.said.kind} {resting.said.short} by {resting.said.speaker}{left}")
