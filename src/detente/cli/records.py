"""chronology, history, export: the record, read back."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from detente.chronology.entries import Entry
from detente.chronology.export import as_json, beside_words, to_csv, to_json, to_markdown
from detente.chronology.history import Allegation, counts
from detente.cli.out import Out, plain, table
from detente.cli.told import DATE
from detente.node.open import opened
from detente.when import When
from detente.words import quoted

_FORMATS: dict[str, Callable[[Sequence[Entry]], str]] = {"csv": to_csv, "json": to_json, "markdown": to_markdown}


@click.command()
@click.argument("about", required=False)
@click.option("--format", "format_", type=click.Choice(sorted(_FORMATS)), help="A document instead of lines.")
@click.option("--with", "with_party", metavar="PARTNER", help="Only what this partner said or was told.")
@click.option("--on", type=DATE, metavar="DATE", help="What was said by the end of DATE.")
@click.option("--known-on", type=DATE, metavar="DATE", help="Exactly what this node held by the end of DATE.")
@click.option("--private", is_flag=True, help="Our private journal's drafts and reviews too.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write the document to a file.")
@click.pass_obj
def chronology(
    out: Out,
    about: str | None,
    format_: str | None,
    with_party: str | None,
    on: When | None,
    known_on: When | None,
    private: bool,
    output: Path | None,
) -> None:
    """Who said what, in order, in neutral words. ABOUT: an incident or a statement; by default all.

    A denied claim stands with its denial, what was corrected with its correction; claims stay claims.
    """
    from detente.node.record import read_chronology

    if output is not None and format_ is None:
        raise click.UsageError(f"-o writes a document; add --format {', '.join(sorted(_FORMATS))}")
    with opened(out.folder) as node:
        found = read_chronology(
            node, about=about, with_party=with_party, on=on, known_on=known_on, private=private
        ).entries
    if format_ is not None:
        document = _FORMATS[format_](found)
        if output is None:
            click.echo(document, nl=False)
        else:
            # Bytes, so that the line ends of CSV stay as RFC 4180 has them.
            output.write_bytes(document.encode())
            out.result(
                "chronology", {"file": str(output), "entries": len(found)}, lambda: click.echo(f"wrote {output}")
            )
        return

    def text() -> None:
        for entry in found:
            _print_entry(entry)
        if not found:
            click.echo("Nothing is recorded.")

    out.result("chronology", {"entries": as_json(found)}, text)


@click.command()
@click.argument("party")
@click.option("--and", "other", metavar="PARTNER", help="With this partner instead of ourselves.")
@click.pass_obj
def history(out: Out, party: str, other: str | None) -> None:
    """What we and PARTY allege against each other, both directions in one layout, each with what was said to it."""
    from detente.node.record import read_history

    with opened(out.folder) as node:
        found = read_history(node, party, other)
    numbers = counts(found.allegations)
    value = {
        "parties": list(found.parties),
        "allegations": [_allegation_json(one) for one in found.allegations],
        "counts": {origin: dict(numbers.get(origin, {})) for origin in found.parties},
    }

    def text() -> None:
        if not found.allegations:
            click.echo(
                "Neither has recorded an allegation against the other here. That is not to say that there is none."
            )
            return
        table(
            [
                [
                    str(one.entry.when),
                    plain(found.names.get(one.by, one.by)),
                    plain(found.names.get(one.against, one.against)),
                    one.kind,
                    plain(", ".join(quoted(name) for name in one.incidents)) or "not stated",
                    plain(", ".join(quoted(name) for name in one.subject)) or "not stated",
                    one.entry.said.short,
                    "; ".join(_answer(beside.relation, beside.entry) for beside in one.entry.beside)
                    or "nothing recorded",
                ]
                for one in found.allegations
            ],
            ["when", "alleged by", "against", "as", "incident", "on", "statement", "said to it"],
        )

    out.result("history", value, text)


@click.group()
def export() -> None:
    """Write what was said for other programs."""


@export.command("stix")
@click.option("--board", metavar="BOARD", help="A board, and all that is about it.")
@click.option("--thread", metavar="THREAD", help="A thread of the channel, and all that is about it.")
@click.option("--all", "everything", is_flag=True, help="Everything that is held here.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write the bundle to a file.")
@click.pass_obj
def export_stix(out: Out, board: str | None, thread: str | None, everything: bool, output: Path | None) -> None:
    """One bundle of plain STIX 2.1: notes, opinions, groups. What is lost is listed in docs/formats/plain-stix.md.

    Markings are kept; whom you hand the bundle to is not checked.
    """
    from detente.node.interchange import export_stix as write

    if [board is not None, thread is not None, everything].count(True) != 1:
        raise click.UsageError("choose one of --board BOARD, --thread THREAD and --all")
    with opened(out.folder) as node:
        made = write(node, board=board, thread=thread)
    if output is None and not out.json:
        click.echo(made.bundle.decode())
        return
    value: dict[str, Any] = {"statements": made.statements, "left_out": made.left_out, "objects": len(made.objects)}
    if output is None:
        value["bundle"] = json.loads(made.bundle)
    else:
        output.write_bytes(made.bundle + b"\n")
        value["file"] = str(output)

    def text() -> None:
        click.echo(f"wrote {output}: {len(made.objects)} objects")
        for kind, count in made.left_out.items():
            click.echo(f"  not in it: {count} of the kind {kind}")

    out.result("export stix", value, text)


def _print_entry(entry: Entry) -> None:
    click.echo(f"{click.style(str(entry.when), bold=True)}  {entry.sentence}")
    for beside in entry.beside:
        click.echo(f"    {beside_words(beside)}")
    click.echo(
        click.style(
            f"    {entry.word} {entry.said.short}, {plain(entry.said.ref.log)} {entry.said.ref.index}", dim=True
        )
    )


def _allegation_json(one: Allegation) -> dict[str, Any]:
    (entry,) = as_json([one.entry])
    return {
        "by": one.by,
        "against": one.against,
        "as": one.kind,
        "incidents": list(one.incidents),
        "on": list(one.subject),
        "statement": entry,
    }


def _answer(relation: str, entry: Entry) -> str:
    return f"{relation}: {plain(entry.said.speaker)} {entry.said.short}"
