"""partner invite, add, list, show, pause."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from detente.cli.out import Out, moment, number, plain, table
from detente.errors import NotFound, NotPermitted
from detente.node import partners as node_partners
from detente.node.open import Node, opened
from detente.node.status import PartnerState, read_evidence, read_status
from detente.party import read_invitation
from detente.statement import base64url
from detente.stix.marking import parse_tlp


@click.group()
def partner() -> None:
    """Meet partners and set what they receive."""


@partner.command()
@click.argument("origin")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the invitation here instead of stdout.")
@click.pass_obj
def invite(out: Out, origin: str, output: Path | None) -> None:
    """Write an invitation file for the party ORIGIN. It holds a token that is good for that party only."""
    with opened(out.folder) as node:
        if output is not None and output.exists():
            raise NotPermitted(f"{output} exists already; choose another name")
        data = node_partners.invite(node, origin)
        value = {"origin": origin, "fingerprint": node.fingerprint, "file": str(output) if output else None}
        if output is None:
            sys.stdout.write(data.decode())
            return
        output.touch(mode=0o600)
        output.write_bytes(data)

        def text() -> None:
            click.echo(f"Invitation for {origin} written to {output}. Send it by a channel that only they can read.")
            click.echo(
                f"Read these words out to them on a number that you know: {click.style(node.fingerprint, bold=True)}"
            )

        out.result("partner invite", value, text)


@partner.command()
@click.argument("invitation", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--name", default=None, help="Your short name for them.")
@click.option("--receives", default="amber", show_default=True, help="The most restrictive marking that they get.")
@click.option("--fingerprint", default=None, help="The words that they read out to you.")
@click.option("--yes", is_flag=True, help="Do not ask; the words were not compared.")
@click.pass_obj
def add(out: Out, invitation: Path, name: str | None, receives: str, fingerprint: str | None, yes: bool) -> None:
    """Pin a partner from its invitation file, after comparing its words by voice."""
    data = invitation.read_bytes()
    party = read_invitation(data, name=name)
    if fingerprint is None and not yes:
        if out.json or not sys.stdin.isatty():
            raise NotPermitted(
                f"this invitation's words are {party.fingerprint}. Compare them by voice and pass --fingerprint WORDS, or pass --yes."
            )
        click.echo(f"{plain(party.title)} ({party.origin}) reads these words out to you: {party.fingerprint}")
        click.confirm("Are they the same?", abort=True)
        fingerprint = party.fingerprint
    with opened(out.folder) as node:
        added = node_partners.add_partner(node, data, name=name, receives=parse_tlp(receives), fingerprint=fingerprint)
    value = {
        "name": added.name,
        "origin": added.origin,
        "fingerprint": added.fingerprint,
        "receives": added.receives.label,
    }
    out.result(
        "partner add",
        value,
        lambda: click.echo(
            f"{plain(added.title)} is now the partner {added.name}; it receives up to {added.receives.label}."
        ),
    )


@partner.command("list")
@click.pass_obj
def list_(out: Out) -> None:
    """All partners, and what was verified of each."""
    with opened(out.folder) as node:
        states = read_status(node).partners

    def text() -> None:
        if not states:
            click.echo("You know nobody yet. Begin with: detente partner invite ORIGIN")
            return
        rows = [
            [
                s.party.name,
                s.party.origin,
                s.party.receives.label,
                number(s.log.size) if s.log else "–",
                moment(s.checked_us),
                state_words(s),
            ]
            for s in states
        ]
        table(rows, ["name", "origin", "receives", "log", "verified", "state"])

    out.result("partner list", {"partners": [as_json(s) for s in states]}, text)


@partner.command()
@click.argument("name")
@click.option(
    "--evidence",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the file that shows a trouble; for two histories a stranger can check it.",
)
@click.pass_obj
def show(out: Out, name: str, evidence: Path | None) -> None:
    """One partner: keys, log, who cosigned, what it acknowledged."""
    with opened(out.folder) as node:
        with node.store.reading() as connection:
            party = node.partner(connection, name)
        state = next(s for s in read_status(node).partners if s.party.origin == party.origin)
        if evidence is not None:
            _write_evidence(node, state, evidence)

    def text() -> None:
        click.echo(click.style(f"{plain(party.title)} ({party.name})", bold=True))
        click.echo(f"origin       {party.origin}")
        click.echo(f"address      {party.url}")
        click.echo(f"fingerprint  {party.fingerprint}")
        click.echo(f"receives     up to {party.receives.label}{', paused' if party.paused else ''}")
        click.echo(f"state        {state_words(state)}")
        if state.message:
            click.echo(f"             {plain(state.message)}")
        if state.log is not None:
            click.echo(
                f"log          {number(state.log.size)} entries, root {base64url(state.log.root)}, verified {moment(state.checked_us)}"
            )
            for cosignature in state.log.cosignatures:
                click.echo(f"cosigned by  {cosignature.name} at {moment(cosignature.at_us)}")
        click.echo(f"to them      {number(state.delivered)} entries of ours acknowledged")
        click.echo(f"from them    {number(state.received)} statements received")
        for role, keys in sorted(party.keys.items()):
            for key in keys:
                click.echo(f"{role + ' key':<12} {key.vkey[:60]}{'…' if len(key.vkey) > 60 else ''}")

    out.result("partner show", {"partner": as_json(state)}, text)


@partner.command()
@click.argument("name")
@click.option("--resume", is_flag=True, help="Share again, and clear a recorded trouble.")
@click.pass_obj
def pause(out: Out, name: str, resume: bool) -> None:
    """Stop sending to a partner. Pulling and verifying go on."""
    with opened(out.folder) as node:
        party = node_partners.pause_partner(node, name, paused=not resume)
    word = "receives again" if resume else "receives nothing until you resume it"
    out.result(
        "partner pause", {"name": party.name, "paused": party.paused}, lambda: click.echo(f"{party.name} {word}.")
    )


def _write_evidence(node: Node, state: PartnerState, file: Path) -> None:
    data = None if state.evidence_entry is None else read_evidence(node, state.evidence_entry)
    if not data:
        raise NotFound(f"no evidence is held about {state.party.name}")
    if file.exists():
        raise NotPermitted(f"{file} exists already; choose another name")
    file.write_bytes(data)


def state_words(state: PartnerState) -> str:
    if state.trouble == "SplitView":
        return "✕ has shown two different histories"
    if state.trouble == "Rollback":
        return "✕ its log is shorter than before"
    if state.trouble:
        return f"✕ not accepted: {state.trouble}"
    if state.contact_error:
        return "◷ not reached at the last attempt"
    if state.log is None:
        return "◷ not yet checked"
    return "✓ verified" + (", paused" if state.party.paused else "")


def as_json(state: PartnerState) -> dict[str, Any]:
    return {
        "name": state.party.name,
        "title": state.party.title,
        "origin": state.party.origin,
        "url": state.party.url,
        "fingerprint": state.party.fingerprint,
        "receives": state.party.receives.label,
        "paused": state.party.paused,
        "size": state.log.size if state.log else None,
        "root": base64url(state.log.root) if state.log else None,
        "cosigned_by": [c.name for c in state.log.cosignatures] if state.log else [],
        "checked_us": state.checked_us,
        "contact_error": state.contact_error or None,
        "trouble": state.trouble or None,
        "message": state.message or None,
        "acknowledged": state.delivered,
        "received": state.received,
    }
