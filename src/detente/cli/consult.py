"""consult: meetings and calls that were held, and each side's account of them."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from detente.channel.bodies import LEVELS, Consultation, Item, Participant
from detente.channel.meetings import Meeting, meeting_json
from detente.cli.exits import NOTHING_FOUND
from detente.cli.given import duration_us, given_text, pairs
from detente.cli.out import Out, moment, plain, table
from detente.cli.statements import print_said, said_json
from detente.errors import InvalidStatement
from detente.node import consult as meetings
from detente.node.open import opened
from detente.stix.marking import parse_tlp
from detente.when import MINUTE_US, parse_when
from detente.words import quoted

_LEVEL_NUMBERS = {name: number for number, name in LEVELS.items()}
_MARKING = click.option("--marking", default="", help="clear, green, amber, amber+strict or red. Default: the node's.")
_DRY_RUN = click.option("--dry-run", is_flag=True, help="Show who would get what, word for word; store nothing.")


@click.group()
def consult() -> None:
    """Meetings and calls that were held, and each side's account. Nothing is merged."""


@consult.command()
@click.option("--subject", required=True, help="One line.")
@click.option("--level", required=True, type=click.Choice(list(_LEVEL_NUMBERS)), help="Between whom it was held.")
@click.option("--held", required=True, help="When, as exactly as known: 2026-11, 2026-11-20, 2026-11-20T14:00Z.")
@click.option(
    "--participant",
    "participants",
    multiple=True,
    required=True,
    help="PARTY=ROLE, an office and no name; us=ROLE for yours; repeat.",
)
@click.option("--source", required=True, help="Where this is from: own record, a communiqué, a press report.")
@click.option("--lasted", default="", help="How long it lasted, such as 90m.")
@click.option("--outcome", default="", help="What came of it.")
@click.option("--agreed-text", default="", help="The text that was agreed. Default: none.")
@click.option("--to", multiple=True, help="A partner that is told besides those who took part; repeat.")
@_MARKING
@_DRY_RUN
@click.pass_obj
def add(
    out: Out,
    subject: str,
    level: str,
    held: str,
    participants: tuple[str, ...],
    source: str,
    lasted: str,
    outcome: str,
    agreed_text: str,
    to: tuple[str, ...],
    marking: str,
    dry_run: bool,
) -> None:
    """Record that a meeting or call was held; the partners who took part are told."""
    consultation = Consultation(
        subject=subject,
        level=_LEVEL_NUMBERS[level],
        held=parse_when(held),
        participants=tuple(_participant(one) for one in participants),
        source=source,
        duration_minutes=duration_us(lasted) // MINUTE_US if lasted else 0,
        outcome=outcome,
        agreed_text=agreed_text,
    )
    with opened(out.folder) as node:
        said = meetings.hold(
            node, consultation, to=to, marking=parse_tlp(marking) if marking else None, dry_run=dry_run
        )
    out.result("consult add", said_json(said, dry_run=dry_run), lambda: print_said(said, dry_run=dry_run))


@consult.command()
@click.argument("consultation")
@click.option("--item", "items", multiple=True, help="KEY=TEXT, or KEY@PARTY=TEXT with who said it; repeat.")
@click.option(
    "--items-file",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="The items from a file, one a line; - is standard input.",
)
@click.option("--agreed-text", default="", help="The agreed text as you have it.")
@_MARKING
@_DRY_RUN
@click.pass_obj
def minutes(
    out: Out,
    consultation: str,
    items: tuple[str, ...],
    items_file: Path | None,
    agreed_text: str,
    marking: str,
    dry_run: bool,
) -> None:
    """Give your account of CONSULTATION, item by item, to the others who took part."""
    lines = given_text("", items_file, what="items").splitlines()
    given = (*items, *(line for line in lines if line.strip()))
    with opened(out.folder) as node:
        said = meetings.account(
            node,
            consultation,
            [_item(key, text) for key, text in pairs(given, what="--item", left="KEY", right="TEXT").items()],
            agreed_text=agreed_text,
            marking=parse_tlp(marking) if marking else None,
            dry_run=dry_run,
        )
    out.result("consult minutes", said_json(said, dry_run=dry_run), lambda: print_said(said, dry_run=dry_run))


@consult.command("list")
@click.option("--with", "partner", default="", help="Only those with this partner.")
@click.pass_obj
def list_(out: Out, partner: str) -> None:
    """Consultations in the order in which they were held. Exit code 3 when there is none."""
    with opened(out.folder) as node, node.store.indexed() as connection:
        origin = node.partner(connection, partner).origin if partner else None
        found = meetings.read_meetings(connection, with_party=origin)

    def text() -> None:
        if not found:
            click.echo("No consultation is recorded.")
            return
        rows = [
            (one.said.short, str(one.consultation.held), LEVELS[one.consultation.level], one.words, quoted(plain(one.consultation.subject)))
            for one in found
        ]  # fmt: skip
        table(rows, ("consultation", "held", "level", "record", "subject"))

    out.result("consult list", {"consultations": [meeting_json(one) for one in found]}, text)
    sys.exit(0 if found else NOTHING_FOUND)


@consult.command()
@click.argument("consultation")
@click.pass_obj
def show(out: Out, consultation: str) -> None:
    """CONSULTATION with the accounts side by side; what differs is marked."""
    with opened(out.folder) as node, node.store.indexed() as connection:
        found = meetings.read_meeting(connection, consultation)
    out.result("consult show", {"consultation": meeting_json(found)}, lambda: _print(found))


def _print(one: Meeting) -> None:
    held = one.consultation
    click.echo(click.style(f"{one.said.short}: {quoted(plain(held.subject))}", bold=True))
    lasted = f"{held.duration_minutes} minutes" if held.duration_minutes else "duration not stated"
    click.echo(f"held {held.held}, {lasted}, level {LEVELS[held.level]}; source: {quoted(plain(held.source))}")
    click.echo(f"recorded by {one.said.speaker} on {moment(one.said.at_us)}")
    for participant in held.participants:
        click.echo(f"  {participant.party}: {quoted(plain(participant.role))}")
    if held.outcome:
        click.echo(f"outcome, as {one.said.speaker} states it: {quoted(plain(held.outcome))}")
    click.echo(click.style(one.words, bold=True))
    for party, text in one.texts.items():
        click.echo(f"  agreed text as {party} states it: {quoted(plain(text))}")
    for item in one.items:
        click.echo("")
        click.echo(f"{'differs  ' if item.differs else 'same     '}{quoted(plain(item.key))}")
        for party, account in item.accounts.items():
            if account is None:
                click.echo(f"  {party}: not in its account")
            else:
                by = f" (said by {account.said_by})" if account.said_by else ""
                click.echo(f"  {party}: {quoted(plain(account.text))}{by}")


def _participant(text: str) -> Participant:
    party, sign, role = text.partition("=")
    if not sign or not party.strip() or not role.strip():
        raise InvalidStatement(f"--participant is written PARTY=ROLE, such as us=duty officer; got {text!r}")
    return Participant(party=party.strip(), role=role.strip())


def _item(key: str, text: str) -> Item:
    name, _, said_by = key.partition("@")
    return Item(key=name, text=text, said_by=said_by)
