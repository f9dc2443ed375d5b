"""propose, intersect, relay: what two parties do together without showing their hands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from detente.activity import CLASSES
from detente.cli.out import Out, moment, number, plain, table
from detente.cli.sharing import read_file
from detente.errors import InvalidObject
from detente.joint.proposals import History
from detente.joint.purpose import PURPOSES
from detente.node import intersect as sessions
from detente.node import propose as proposals
from detente.node import relay as relays
from detente.node.open import Node, opened
from detente.node.share import imported_objects
from detente.said import Said

SHOWN = 50
_PURPOSE = click.option(
    "--purpose",
    default="",
    type=click.Choice(["", *PURPOSES]),
    metavar="PURPOSE",
    help="What it is for, from docs/joint.md.",
)
_CLASS = click.option(
    "--class",
    "classes",
    multiple=True,
    type=click.Choice(list(CLASSES)),
    metavar="CLASS",
    help="Activity class; repeat.",
)
_DRY_RUN = click.option("--dry-run", is_flag=True, help="Show what would be said; store nothing.")


@click.group()
def propose() -> None:
    """Propose something; accept, decline or withdraw it. Every step stays on record."""


@propose.command("add")
@click.argument("title")
@click.option("--to", "to", multiple=True, required=True, help="A partner; repeat.")
@click.option("--text", default="", help="The proposal in full.")
@click.option("--repeats", default="", help="An earlier proposal that this one makes again.")
@_DRY_RUN
@click.pass_obj
def add(out: Out, title: str, to: tuple[str, ...], text: str, repeats: str, dry_run: bool) -> None:
    """Propose TITLE to partners."""
    with opened(out.folder) as node:
        said = proposals.propose(node, to, title, text, repeats=repeats, dry_run=dry_run)
    _said(out, "propose add", said, dry_run=dry_run)


@propose.command("answer")
@click.argument("name")
@click.argument("word", type=click.Choice(["accept", "decline"]))
@click.option("--reason", default="", help="In your words.")
@_DRY_RUN
@click.pass_obj
def answer_proposal(out: Out, name: str, word: str, reason: str, dry_run: bool) -> None:
    """Accept or decline the proposal NAME."""
    step = {"accept": "accepted", "decline": "declined"}[word]
    with opened(out.folder) as node:
        said = proposals.respond(node, name, step, reason=reason, dry_run=dry_run)
    _said(out, "propose answer", said, dry_run=dry_run)


@propose.command("withdraw")
@click.argument("name")
@click.option("--reason", default="", help="In your words.")
@_DRY_RUN
@click.pass_obj
def withdraw_proposal(out: Out, name: str, reason: str, dry_run: bool) -> None:
    """Withdraw the proposal NAME, or your acceptance of it. What was said before stays."""
    with opened(out.folder) as node:
        said = proposals.respond(node, name, "withdrawn", reason=reason, dry_run=dry_run)
    _said(out, "propose withdraw", said, dry_run=dry_run)


@propose.command("list")
@click.option("--with", "partner", default=None, help="Only those between us and this partner.")
@click.pass_obj
def list_proposals(out: Out, partner: str | None) -> None:
    """Every proposal with its whole history, in order."""
    with opened(out.folder) as node:
        found = proposals.read_proposals(node, with_party=partner)

    def text() -> None:
        if not found:
            click.echo("Nothing was proposed yet.")
        for history in found:
            click.echo(f"{history.proposal.short}  “{plain(history.body.title)}”: {history.state}")
            for step in history.steps:
                reason = f": “{plain(step.body.reason)}”" if step.body.reason else ""
                counted = "" if step.counted else " (no such step from there: nothing changed)"
                click.echo(f"  {moment(step.said.at_us)}  {step.body.step} by {step.said.speaker}{reason}{counted}")

    out.result("propose list", {"proposals": [_history_value(history) for history in found]}, text)


@click.group()
def intersect() -> None:
    """Find which items both sides have, and show no other."""


@intersect.command("offer")
@click.option("--to", "to", required=True, help="The partner.")
@click.option("--collection", default=None, help="Our items: the indicators imported into this collection.")
@click.option(
    "--values", default=None, type=click.Path(path_type=Path, allow_dash=True), help="Or one value a line; - for stdin."
)
@_PURPOSE
@_CLASS
@_DRY_RUN
@click.pass_obj
def offer(
    out: Out,
    to: str,
    collection: str | None,
    values: Path | None,
    purpose: str,
    classes: tuple[str, ...],
    dry_run: bool,
) -> None:
    """Offer a partner to find out what both have. It learns how many items we have at most, and nothing of them."""
    with opened(out.folder) as node:
        items, notes = _items(node, collection, values, purpose)
        said = sessions.offer(node, to, items, purpose=purpose, classes=classes, dry_run=dry_run)
    _said(out, "intersect offer", said, dry_run=dry_run, more={"items": len(items)}, notes=notes)


@intersect.command("answer")
@click.argument("name")
@click.option("--collection", default=None, help="Our items: the indicators imported into this collection.")
@click.option(
    "--values", default=None, type=click.Path(path_type=Path, allow_dash=True), help="Or one value a line; - for stdin."
)
@_DRY_RUN
@click.pass_obj
def answer_offer(out: Out, name: str, collection: str | None, values: Path | None, dry_run: bool) -> None:
    """Answer the offer NAME with our items."""
    with opened(out.folder) as node:
        with node.store.indexed() as connection:
            purpose = sessions.read_session(node, connection, name).body.purpose
        items, notes = _items(node, collection, values, purpose)
        said = sessions.answer(node, name, items, dry_run=dry_run)
    _said(out, "intersect answer", said, dry_run=dry_run, more={"items": len(items)}, notes=notes)


@intersect.command("finish")
@click.argument("name")
@click.pass_obj
def finish(out: Out, name: str) -> None:
    """Learn what both have of the intersection NAME. Whoever offered tells the other side so that it can, too."""
    with opened(out.folder) as node:
        session = sessions.finish(node, name)
    items = session.items or ()

    def text() -> None:
        click.echo(f"{session.offer.short}: both have {number(len(items))}")
        for item in items:
            click.echo(f"  {plain(item)}")
        for origin, size in sorted(session.bucket.items()):
            click.echo(f"{origin} has at most {number(size)} items; how many exactly was not told.")

    out.result("intersect finish", _session_value(session), text)


@intersect.command("decline")
@click.argument("name")
@click.option("--reason", required=True, help="In your words; the other side reads it.")
@click.pass_obj
def decline(out: Out, name: str, reason: str) -> None:
    """End the intersection NAME before it is finished."""
    with opened(out.folder) as node:
        said = sessions.decline(node, name, reason)
    _said(out, "intersect decline", said)


@intersect.command("list")
@click.pass_obj
def list_intersections(out: Out) -> None:
    """Every intersection, where it stands, and what it told of the sizes."""
    with opened(out.folder) as node:
        found = sessions.read_sessions(node)

    def text() -> None:
        if not found:
            click.echo("No intersection was offered yet.")
            return
        rows = [
            (
                s.offer.short,
                moment(s.offer.at_us),
                s.state,
                "–" if s.items is None else number(len(s.items)),
                ", ".join(f"{origin} at most {size}" for origin, size in sorted(s.bucket.items())),
            )
            for s in found
        ]
        table(rows, ("name", "offered", "state", "both have", "sizes told"))

    out.result("intersect list", {"intersections": [_session_value(session) for session in found]}, text)


@click.group()
def relay() -> None:
    """Submit through a partner without being named; pass on what others submit; reply."""


@relay.command("submit")
@click.argument("collection")
@click.option("--through", required=True, help="The partner that passes it on in its own name.")
@click.option("--to", "to", required=True, metavar="ORIGIN", help="The origin of the party that it is for.")
@_PURPOSE
@_CLASS
@_DRY_RUN
@click.pass_obj
def submit(
    out: Out, collection: str, through: str, to: str, purpose: str, classes: tuple[str, ...], dry_run: bool
) -> None:
    """Hand what was imported into COLLECTION to a partner that says it without naming us."""
    with opened(out.folder) as node:
        objects = imported_objects(node, collection)
        said, relayed = relays.submit(node, through, objects, to=to, purpose=purpose, classes=classes, dry_run=dry_run)
    more = {
        "handle": said.body["handle"],
        "objects": len(relayed.objects),
        "removed": dict(relayed.removed),
        "held_back": [{"type": type_, "reason": reason} for type_, reason in relayed.held_back],
    }
    notes = [f"removed before it left: {class_} {number(count)} times" for class_, count in relayed.removed.items()]
    notes += [f"held back: {type_} ({reason})" for type_, reason in relayed.held_back]
    _said(out, "relay submit", said, dry_run=dry_run, more=more, notes=notes)


@relay.command("forward")
@click.argument("handle", required=False)
@click.option("--from", "partner", default=None, help="Only what this partner submitted.")
@click.pass_obj
def forward(out: Out, handle: str | None, partner: str | None) -> None:
    """Say what was submitted to us, in our own name, and pass on the replies. A timer may run it."""
    with opened(out.folder) as node:
        done = relays.forward(node, handle, only_from=partner)

    def text() -> None:
        if not done:
            click.echo("Nothing is waiting.")
        for one in done:
            if one.replies:
                click.echo(
                    f"{one.handle[:8]}: {number(one.replies)} {'reply' if one.replies == 1 else 'replies'} passed on"
                )
                continue
            click.echo(f"{one.handle[:8]}: {number(one.said)} objects said in our name")
            for class_, count in sorted(one.removed.items()):
                click.echo(f"  removed before it left: {class_} {number(count)} times")
            for type_, reason in one.held_back:
                click.echo(f"  held back: {type_} ({plain(reason)})")

    value = [
        {
            "handle": one.handle,
            "said": one.said,
            "removed": one.removed,
            "held_back": [{"type": type_, "reason": reason} for type_, reason in one.held_back],
            "replies": one.replies,
        }
        for one in done
    ]
    out.result("relay forward", {"forwarded": value}, text)


@relay.command("reply")
@click.argument("handle")
@click.argument("message")
@click.pass_obj
def reply(out: Out, handle: str, message: str) -> None:
    """Answer whoever is behind HANDLE, through the partner that it came from."""
    with opened(out.folder) as node:
        said = relays.reply(node, handle, message)
    _said(out, "relay reply", said)


@relay.command("list")
@click.pass_obj
def list_submissions(out: Out) -> None:
    """Every submission that we made, pass on or received, with the replies."""
    with opened(out.folder) as node:
        found = relays.read_submissions(node)

    def text() -> None:
        if not found:
            click.echo("Nothing was submitted yet.")
        for one in found:
            state = f"passed on {moment(one.forwarded_us)}" if one.forwarded_us else "waiting"
            click.echo(
                f"{one.short}  we are the {one.part}; with {one.with_party}, for {one.to}: {one.objects} objects, {state}"
            )
            for at_us, words in one.replies:
                click.echo(f"  {moment(at_us)}  reply: “{plain(words)}”")

    value = [
        {
            "handle": one.handle,
            "name": one.short,
            "part": one.part,
            "with": one.with_party,
            "for": one.to,
            "at_us": one.at_us,
            "objects": one.objects,
            "forwarded_us": one.forwarded_us or None,
            "replies": [{"at_us": at_us, "text": words} for at_us, words in one.replies],
            "passed_on": one.passed_on,
        }
        for one in found
    ]
    out.result("relay list", {"submissions": value}, text)


def _said(
    out: Out,
    command: str,
    said: Said,
    *,
    dry_run: bool = False,
    more: dict[str, Any] | None = None,
    notes: list[str] | None = None,
) -> None:
    """A statement that was said: its names, its entry, whom it is addressed to."""
    value = {"id": said.id, "name": said.short, "entry": said.ref.index, "to": list(said.aud), "dry_run": dry_run}

    def text() -> None:
        verb = "Would say" if dry_run else "Said"
        click.echo(f"{verb} {said.kind} {said.short} to {', '.join(said.aud)}")
        for line in notes or ():
            click.echo(f"  {plain(line)}")

    out.result(command, {**value, **(more or {})}, text)


def _items(node: Node, collection: str | None, values: Path | None, purpose: str) -> tuple[list[bytes], list[str]]:
    if (collection is None) == (values is None):
        raise click.UsageError("say which items: --collection NAME or --values FILE")
    if collection is not None:
        items, skipped = sessions.items_of_collection(node, collection, purpose or "network-defence")
        return items, [f"left out: {number(skipped)} indicators that say more than a value"] if skipped else []
    assert values is not None
    lines = read_file(values).decode("utf-8", "replace").splitlines()
    items, unread = sessions.read_items(lines)
    if not items:
        raise InvalidObject(
            f"{values} holds no value that can be compared; expected one address, name, URL or hash a line"
        )
    notes = [f"not read, line {line}: {reason}" for line, reason in unread[:SHOWN]]
    return items, notes


def _history_value(history: History) -> dict[str, Any]:
    return {
        "id": history.proposal.id,
        "name": history.proposal.short,
        "title": history.body.title,
        "text": history.body.text,
        "repeats": history.body.repeats,
        "state": history.state,
        "history": [
            {
                "at_us": step.said.at_us,
                "by": step.said.speaker,
                "counted": step.counted,
                "id": step.said.id,
                "reason": step.body.reason,
                "step": step.body.step,
            }
            for step in history.steps
        ],
    }


def _session_value(session: sessions.Session) -> dict[str, Any]:
    return {
        "id": session.offer.id,
        "name": session.offer.short,
        "at_us": session.offer.at_us,
        "state": session.state,
        "purpose": session.body.purpose,
        "classes": list(session.body.classes),
        "items": None if session.items is None else list(session.items),
        "at_most": dict(sorted(session.bucket.items())),
    }
