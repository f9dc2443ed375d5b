"""inbox, outbox: what must be answered by when, and what waits for a second person."""

from __future__ import annotations

import sys
from typing import Any

import click

from detente.cli.exits import NOTHING_FOUND
from detente.cli.given import due
from detente.cli.out import Out, moment, plain
from detente.cli.statements import plain_json, print_spoken, spoken_json
from detente.node import outbox as drafts
from detente.node.inbox import SECTIONS, SUGGESTED, WAITS_FOR_US, Row, read_inbox, row_json
from detente.node.open import opened
from detente.node.outbox import Waiting
from detente.node.talk import approve as approve_draft
from detente.words import quoted

_BY = click.option(
    "--by", default="", envvar="DETENTE_PERSON", help="Who decides (or DETENTE_PERSON). Stays in this node."
)


@click.command()
@click.option("--mine", is_flag=True, help="Only what waits for you.")
@click.pass_obj
def inbox(out: Out, mine: bool) -> None:
    """What waits for you, by deadline; then what waits for others. Exit code 3 when nothing waits for you or anybody."""
    with opened(out.folder) as node:
        rows, now_us = read_inbox(node)
    shown = [row for row in rows if not mine or row.section in WAITS_FOR_US]
    counts = {section: sum(1 for row in shown if row.section == section) for section in SECTIONS}

    def text() -> None:
        click.echo(f"{moment(now_us)}   {_headline(counts)}")
        for section, meaning in SECTIONS.items():
            inside = [row for row in shown if row.section == section]
            if inside:
                click.echo("")
                click.echo(
                    click.style(f"{section.upper()}  {meaning}", bold=True, fg="red" if section == "overdue" else None)
                )
                for row in inside:
                    _print(row, now_us)
        if any(row.section in WAITS_FOR_US for row in shown):
            click.echo("\nAll of it: detente thread show THREAD   Then: detente reply THREAD MOVE")

    out.result("inbox", {"now_us": now_us, "counts": counts, "rows": [row_json(row) for row in shown]}, text)
    sys.exit(0 if shown else NOTHING_FOUND)


def _headline(counts: dict[str, int]) -> str:
    waiting = [f"{counts[section]} {section}" for section in WAITS_FOR_US if counts[section]]
    return f"Waits for you: {', '.join(waiting)}." if waiting else "Nothing waits for you."


def _print(row: Row, now_us: int) -> None:
    """The deadline, who is to do what, and about which message; then what can be done."""
    when = due(row.due_us, now_us) if row.due_us else "no deadline"
    kind = f"drill: {row.kind}" if "drill" in row.flags else row.kind
    click.echo(f"  {when}  {row.wanted}")
    click.echo(f"    {kind} {row.short}  {plain(row.who)}  {plain(row.subject)}  [{plain(row.state)}]")
    if row.section in ("others", "unreceipted"):
        advice = [flag for flag in row.flags if flag.startswith(SUGGESTED)]
        if advice:
            click.echo(f"    {', '.join(advice)}")
    elif row.section != "drills" and row.moves:
        click.echo(f"    next: {', '.join(row.moves)}")


@click.group()
def outbox() -> None:
    """Drafts that wait for a second person. Nothing in here has left."""


@outbox.command("list")
@click.option("--all", "everything", is_flag=True, help="Those that were decided, too.")
@click.pass_obj
def list_(out: Out, everything: bool) -> None:
    """Drafts, oldest first. Exit code 3 when there is none."""
    with opened(out.folder) as node, node.store.indexed() as connection:
        found = [one for one in drafts.waiting(connection) if everything or not one.decision]

    def text() -> None:
        if not found:
            click.echo("No draft waits.")
        for one in found:
            _print_draft(one)

    out.result("outbox list", {"drafts": [_draft_json(one) for one in found]}, text)
    sys.exit(0 if found else NOTHING_FOUND)


@outbox.command()
@click.argument("draft")
@click.pass_obj
def show(out: Out, draft: str) -> None:
    """DRAFT word for word, as it would be said."""
    with opened(out.folder) as node, node.store.indexed() as connection:
        one = drafts.find_waiting(connection, draft)

    def text() -> None:
        _print_draft(one)
        click.echo(plain_json(one.draft.body))
        if one.draft.seal:
            click.echo(f"  sealed, and not in what is said: “{plain(str(one.draft.seal.get('text', '')))}”")

    out.result("outbox show", {"draft": _draft_json(one) | {"body": one.draft.body}}, text)


@outbox.command()
@click.argument("draft")
@_BY
@click.option("--dry-run", is_flag=True, help="Show who would get what, word for word; store nothing.")
@click.pass_obj
def approve(out: Out, draft: str, by: str, dry_run: bool) -> None:
    """Let DRAFT go. Only a person other than its author can."""
    with opened(out.folder) as node:
        spoken = approve_draft(node, draft, by=by, dry_run=dry_run)
    shown = spoken_json(spoken)
    out.result("outbox approve", shown, lambda: print_spoken(shown))


@outbox.command()
@click.argument("draft")
@_BY
@click.option("--reason", default="", help="Why. Stays in this node.")
@click.pass_obj
def drop(out: Out, draft: str, by: str, reason: str) -> None:
    """Do not let DRAFT go. It stays in the journal, and nothing leaves."""
    with opened(out.folder) as node:
        one = drafts.drop(node, draft, by=by, reason=reason)
    out.result(
        "outbox drop",
        {"draft": one.entry.id, "short": one.entry.short},
        lambda: click.echo(f"Dropped: draft {one.entry.short}. Nothing has left."),
    )


def _draft_json(one: Waiting) -> dict[str, Any]:
    return {
        "id": one.entry.id,
        "short": one.entry.short,
        "kind": one.draft.kind,
        "move": one.draft.body.get("move", ""),
        "subject": quoted(str(one.draft.body.get("subject", ""))),
        "to": list(one.draft.to),
        "by": one.draft.by,
        "at_us": one.entry.at_us,
        "decision": one.decision or "waits",
        "decided_us": one.decided_us or None,
        "said": one.said or None,
    }


def _print_draft(one: Waiting) -> None:
    what, subject = one.draft.body.get("move", one.draft.kind), one.draft.body.get("subject", "")
    click.echo(
        f"{one.entry.short}  {what} to {', '.join(one.draft.to)}  {quoted(plain(str(subject)))}  "
        f"[{one.decision or 'waits'}]  by {plain(one.draft.by)}, {moment(one.entry.at_us)}"
    )
