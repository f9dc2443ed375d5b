"""import, share, withdraw, sync."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any

import click

from detente.cli.exits import FINE, exit_code
from detente.cli.out import Out, number, plain
from detente.errors import InvalidObject, NotPermitted
from detente.joint.purpose import PURPOSES
from detente.node.open import opened
from detente.node.share import Told, import_document, share_collection
from detente.node.share import withdraw as withdraw_object
from detente.stix.marking import parse_tlp

DOCUMENT_BYTES_MAX = 100 << 20
SHOWN = 20


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option("--collection", required=True, help="The collection of ours that it goes to.")
@click.option("--marking", default=None, help="clear, green, amber, amber+strict or red, for what comes without one.")
@click.option("--source", default="", help="Where it is from. Default: the file's name.")
@click.option(
    "--format", "format_", default=None, type=click.Choice(["csv", "misp", "stix", "list"]), help="Default: detected."
)
@click.pass_obj
def import_(
    out: Out, files: tuple[Path, ...], collection: str, marking: str | None, source: str, format_: str | None
) -> None:
    """Take documents into a collection of yours. Nothing leaves: sharing is a step of its own."""
    reports: list[dict[str, Any]] = []
    with opened(out.folder) as node:
        for file in files:
            data = read_file(file)
            name = "stdin" if str(file) == "-" else file.name
            intake, new = import_document(
                node,
                data,
                name=name,
                collection=collection,
                source=source,
                marking=None if marking is None else parse_tlp(marking),
                format=format_,
            )
            reports.append(
                {
                    "file": str(file),
                    "format": intake.format,
                    "objects": len(intake.objects),
                    "new": new,
                    "counts": dict(intake.counts),
                    "unread": [{"line": u.line, "text": u.text, "reason": u.reason} for u in intake.unread],
                }
            )

    def text() -> None:
        for report in reports:
            click.echo(
                f"{report['file']}: {report['format']}, {number(report['objects'])} objects, {number(report['new'])} new to {collection}"
            )
            for kind, count in sorted(report["counts"].items()):
                click.echo(f"  {number(count):>8}  {kind}")
            for unread in report["unread"][:SHOWN]:
                click.echo(f"  not read, line {unread['line']}: {plain(unread['text'][:80])} — {unread['reason']}")
            if len(report["unread"]) > SHOWN:
                click.echo(f"  … and {number(len(report['unread']) - SHOWN)} more not read; --json lists all")

    out.result("import", {"documents": reports}, text)


@click.command()
@click.argument("collection")
@click.option("--to", "to", multiple=True, help="Only to these partners; repeat. Default: the collection's readers.")
@click.option("--public", is_flag=True, help="To everybody, in clear. For TLP:CLEAR only.")
@click.option(
    "--purpose",
    "purposes",
    multiple=True,
    type=click.Choice(list(PURPOSES)),
    metavar="PURPOSE",
    help="Bind what leaves to this purpose; repeat.",
)
@click.option("--dry-run", is_flag=True, help="Show what would leave; store nothing.")
@click.pass_obj
def share(
    out: Out, collection: str, to: tuple[str, ...], public: bool, purposes: tuple[str, ...], dry_run: bool
) -> None:
    """Say what was imported into COLLECTION, object by object, to those who may have it."""
    with opened(out.folder) as node:
        told = share_collection(node, collection, to=to, public=public, purposes=purposes, dry_run=dry_run)
    out.result("share", {"dry_run": dry_run, **told_json(told)}, lambda: print_told(told, dry_run=dry_run))
    if not told.said and not told.unchanged and told.refused:
        sys.exit(exit_code(NotPermitted()))


@click.command()
@click.argument("collection")
@click.argument("object_id")
@click.pass_obj
def withdraw(out: Out, collection: str, object_id: str) -> None:
    """Withdraw OBJECT_ID from COLLECTION. Its addressees are told; nobody can be forced to forget."""
    with opened(out.folder) as node:
        count = withdraw_object(node, collection, object_id)
    out.result(
        "withdraw",
        {"object": object_id, "statements": count},
        lambda: click.echo(f"Withdrawn: {count} statement(s) about {object_id}."),
    )


@click.command()
@click.argument("partners", nargs=-1)
@click.pass_obj
def sync(out: Out, partners: tuple[str, ...]) -> None:
    """Pull, verify, mirror, countersign and acknowledge; with all partners or with those named."""
    from detente.net import HttpFetch
    from detente.node.sync import sync as sync_with

    with opened(out.folder) as node:
        fetch = HttpFetch(ca_file=node.config.listen.ca_file)
        try:
            report = sync_with(node, fetch, partners, progress=_progress(out))
        finally:
            fetch.close()
    value = {
        "size": report.size,
        "cosigners": list(report.cosigners),
        "compared": report.compared,
        "partners": [
            {
                "name": p.party,
                "size": p.pulled.size if p.pulled else None,
                "new_entries": p.pulled.size - p.pulled.old_size if p.pulled else 0,
                "received": p.pulled.received if p.pulled else 0,
                "kinds": p.pulled.kinds if p.pulled else {},
                "acknowledged": p.pulled.acknowledged is not None if p.pulled else False,
                "cosigned_ours": p.cosigned,
                "error": None if p.error is None else {"kind": type(p.error).__name__, "message": str(p.error)},
            }
            for p in report.partners
        ],
    }

    def text() -> None:
        if not report.partners:
            click.echo("You know nobody yet. Begin with: detente partner invite ORIGIN")
            return
        for p in report.partners:
            if p.error is not None:
                click.echo(f"✕ {p.party}: {plain(str(p.error))}")
            if p.pulled is not None:
                kinds = (
                    ", ".join(f"{number(count)} {kind}" for kind, count in sorted(p.pulled.kinds.items()))
                    or "nothing new for us"
                )
                click.echo(
                    f"✓ {p.party}: {number(p.pulled.size - p.pulled.old_size)} new entries verified, "
                    f"{number(p.pulled.size)} in all; {kinds}"
                )
        witnesses = ", ".join(report.cosigners) or "nobody"
        click.echo(
            f"Our log: {number(report.size)} entries, cosigned by {witnesses}. Compared with others: {report.compared}."
        )

    out.result("sync", value, text)
    sys.exit(FINE if report.worst is None else exit_code(report.worst))


def told_json(told: Told) -> dict[str, Any]:
    return {
        "said": told.said,
        "unchanged": told.unchanged,
        "entries": list(told.entries) if told.entries else None,
        "addressees": dict(told.addressees),
        "removed": dict(told.removed),
        "left_out": dict(told.left_out),
        "held_back": [{"object": o, "classes": c} for o, c in told.held_back],
        "refused": [{"object": o, "reason": r} for o, r in told.refused],
    }


def print_told(told: Told, *, dry_run: bool = False) -> None:
    """What left, to whom, and what did not: classes and counts, never a value."""
    verb = "Would say" if dry_run else "Said"
    click.echo(
        f"{verb} {number(told.said)} objects"
        + (f", entries {told.entries[0]:,} to {told.entries[1]:,}" if told.entries and not dry_run else "")
    )
    for origin, count in sorted(told.addressees.items()):
        click.echo(f"  to {'everybody' if origin == '*' else origin}: {number(count)}")
    if told.unchanged:
        click.echo(f"  said before, not said again: {number(told.unchanged)}")
    for reason, count in sorted(told.left_out.items()):
        click.echo(f"  not to {reason}: {number(count)}")
    for class_, count in sorted(told.removed.items()):
        click.echo(f"  removed before it left: {class_} {number(count)} times")
    for classes, count in sorted(Counter(c for _, c in told.held_back).items()):
        click.echo(f"  held back: {number(count)} objects ({classes})")
    for reason, count in sorted(Counter(r for _, r in told.refused).items()):
        click.echo(f"  refused: {number(count)} objects ({reason})")


def read_file(file: Path) -> bytes:
    """A document from a file or from standard input, with a bound on its size."""
    with click.open_file(str(file), "rb") as stream:
        data = stream.read(DOCUMENT_BYTES_MAX + 1)
    if len(data) > DOCUMENT_BYTES_MAX:
        raise InvalidObject(f"{file} is larger than {DOCUMENT_BYTES_MAX:,} bytes; split it")
    return bytes(data)


def _progress(out: Out) -> Any:
    def of(party: str) -> Any:
        def show(what: str, done: int, total: int) -> None:
            line = out.progress(f"{party}: {what}") if what not in shown else shown[what]
            shown[what] = line
            if line is not None:
                line(done, total)

        shown: dict[str, Any] = {}
        return show

    return of
