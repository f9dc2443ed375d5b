"""erase, fsck, doctor, backup, restore."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from detente.cli.exits import FAILED, FINE
from detente.cli.out import Out, number, plain
from detente.errors import NotPermitted
from detente.node.backup import backup as write_backup
from detente.node.backup import recover
from detente.node.backup import restore as read_backup
from detente.node.doctor import examine
from detente.node.erase import erase_entry, erase_object
from detente.node.fsck import fsck as check
from detente.node.open import opened


@click.command()
@click.argument("what")
@click.option("--ground", required=True, help="The legal ground. It is published.")
@click.option("--headers", is_flag=True, help="Erase kind, time and addressees too: 65 bytes of noise remain.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def erase(out: Out, what: str, ground: str, headers: bool, yes: bool) -> None:
    """Destroy the text of WHAT: an entry's number in our log, or an object's id for all of its versions.

    The log, receipts and cosignatures still verify. Nothing brings the text back, and nobody can be forced to forget it.
    """
    if not yes:
        if out.json or not sys.stdin.isatty():
            raise NotPermitted("erasing cannot be undone; pass --yes")
        click.confirm(f"Destroy the text of {what}? This cannot be undone.", abort=True)
    with opened(out.folder) as node:
        if what.isascii() and what.isdigit():
            erased = erase_entry(node, int(what), ground=ground, headers=headers)
        else:
            erased = erase_object(node, what, ground=ground, headers=headers)
    value = {"entries": list(erased.entries), "copies": erased.copies, "notice": erased.notice}

    def text() -> None:
        click.echo(f"Erased {len(erased.entries)} entries of our log and {erased.copies} other copies here.")
        if erased.notice is not None:
            click.echo(
                f"The notice is entry {erased.notice:,}. Backups made before still hold the text: destroy them too."
            )

    out.result("erase", value, text)


@click.command()
@click.pass_obj
def fsck(out: Out) -> None:
    """Read every log back and check it: entries, tiles, roots, signatures, openings."""
    with opened(out.folder) as node:
        progress = out.progress("checking")

        def show(_origin: str, done: int, total: int) -> None:
            if progress is not None:
                progress(done, total)

        found = check(node, progress=show)
    value = {
        "logs": found.logs,
        "entries": found.entries,
        "openings": found.openings,
        "erased": found.erased,
        "recovered": found.recovered,
        "findings": found.findings,
    }

    def text() -> None:
        click.echo(
            f"{found.logs} logs, {number(found.entries)} entries, {number(found.openings)} openings ({number(found.erased)} erased)"
        )
        if found.recovered:
            click.echo(f"{number(found.recovered)} entries came back from a partner's mirror without their texts")
        for finding in found.findings:
            click.echo(f"✕ {plain(finding)}")
        click.echo(
            "✓ all of it is as it was written"
            if not found.findings
            else "Stop writing, and restore a backup: detente restore"
        )

    out.result("fsck", value, text)
    sys.exit(FAILED if found.findings else FINE)


@click.command()
@click.pass_obj
def doctor(out: Out) -> None:
    """Is this node well? What needs a hand?"""
    with opened(out.folder) as node:
        findings = examine(node)
    marks = {"well": "✓", "attention": "◷", "stop": "✕"}

    def text() -> None:
        for finding in findings:
            click.echo(f"{marks[finding.state]} {finding.what}: {plain(finding.message)}")

    value = [{"what": f.what, "state": f.state, "message": f.message} for f in findings]
    out.result("doctor", {"findings": value}, text)
    sys.exit(FAILED if any(f.state == "stop" for f in findings) else FINE)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def backup(out: Out, file: Path) -> None:
    """Write FILE (tar) with log, choices and keys. Keep it as safe as the keys."""
    with opened(out.folder) as node:
        size = write_backup(node, file)
    out.result(
        "backup",
        {"file": str(file), "bytes": size},
        lambda: click.echo(f"Wrote {file}, {number(size)} bytes. It holds your private keys."),
    )


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--from-partner", "partner", default=None, help="Fetch what our log lost from this partner's mirror.")
@click.option("--alone", is_flag=True, help="No partner ever cosigned this log: sign again without asking anybody.")
@click.pass_obj
def restore(out: Out, file: Path | None, partner: str | None, alone: bool) -> None:
    """Restore FILE into the empty folder given with --node, or catch up from a partner's mirror of our log.

    A restored node signs nothing until its partners were asked: run detente sync, which says what to do.
    """
    from detente.net import HttpFetch
    from detente.node.backup import release_alone

    value: dict[str, Any] = {}
    lines: list[str] = []
    if file is not None:
        read_backup(file, out.folder)
        value["folder"] = str(out.folder)
        lines.append(
            f"Restored into {out.folder}. It signs nothing until its partners were asked: detente --node {out.folder} sync"
        )
    if partner is not None or alone:
        with opened(out.folder) as node:
            if alone:
                release_alone(node)
                lines.append("This node signs again.")
            if partner is not None:
                with node.store.reading() as connection:
                    party = node.partner(connection, partner)
                fetch = HttpFetch(ca_file=node.config.listen.ca_file)
                try:
                    old, new = recover(node, party, fetch)
                finally:
                    fetch.close()
                value |= {"old_size": old, "size": new}
                lines.append(f"{number(new - old)} entries recovered from {party.name}; the log has {number(new)}.")
    if not lines:
        raise click.UsageError("say what to restore: a FILE, --from-partner NAME, or --alone")
    out.result("restore", value, lambda: click.echo("\n".join(lines)))
