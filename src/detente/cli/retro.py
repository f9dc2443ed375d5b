"""retro: keep summaries of logs, and ask them what partners told us since."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from detente.cli.exits import FINE, NOTHING_FOUND
from detente.cli.out import Out, defang, moment, number, plain, table
from detente.joint.purpose import PURPOSES
from detente.node import retro as node_retro
from detente.node.hunt_run import HUNTING, Choice, read_warning_lists
from detente.node.open import opened
from detente.node.summaries import GONE, Kept, state_of

SHOWN = 20

_state = click.option(
    "--state",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the summaries lie, instead of retro/ in the node's folder.",
)


@click.group()
def retro() -> None:
    """Ask logs that were hunted before about what partners told you since, within seconds.

    A summary of each log is kept: what it could be hit by, in a fiftieth of its size or less. It misses nothing; what may be in a log is
    confirmed by a hunt over that log alone.
    """


@retro.command("add")
@click.argument("logs", nargs=-1, required=True, type=click.Path(path_type=Path))
@_state
@click.pass_obj
def add(out: Out, logs: tuple[Path, ...], folder: Path | None) -> None:
    """Keep summaries of LOGS (files, folders). Hunt them as well: a summary is asked about what comes from now on."""
    with opened(out.folder) as node:
        added = node_retro.add_logs(node, logs, folder=folder, progress=out.progress_of_each())
    value = {
        "added": [_kept_json(kept) for kept in added.kept],
        "known": list(added.known),
        "failed": [{"log": name, "reason": reason} for name, reason in added.failed],
    }

    def text() -> None:
        size, summary = sum(kept.bytes for kept in added.kept), sum(kept.summary_bytes for kept in added.kept)
        if added.kept:
            share = f", {summary / size:.2%} of their size" if size else ""
            click.echo(
                f"{number(len(added.kept))} log(s) of {_megabytes(size)} summarised in {_megabytes(summary)}{share}"
            )
        if added.known:
            click.echo(f"{number(len(added.known))} unchanged since they were summarised")
        for name, reason in added.failed[:SHOWN]:
            click.echo(f"! {plain(name)}: {plain(reason)}; not summarised")
        if len(added.failed) > SHOWN:
            click.echo(f"… and {number(len(added.failed) - SHOWN)} more; --json lists all")

    out.result("retro add", value, text)
    sys.exit(FINE if added.kept or added.known else NOTHING_FOUND)


@retro.command("list")
@_state
@click.pass_obj
def list_(out: Out, folder: Path | None) -> None:
    """The summarised logs, and whether each is still what it was."""
    with opened(out.folder) as node:
        logs = node_retro.summaries_of(node, folder).list()
    states = [state_of(kept.identity) for kept in logs]
    value = [
        {**_kept_json(kept), "state": state, "now": None if state == GONE else str(path)}
        for kept, (state, path) in zip(logs, states, strict=True)
    ]

    def text() -> None:
        if not logs:
            click.echo("No log is summarised. Keep summaries of some: detente retro add LOGS…")
            return
        rows = [
            [
                plain(kept.identity.path),
                _megabytes(kept.bytes),
                _megabytes(kept.summary_bytes),
                moment(kept.at_us),
                f"moved to {plain(path.name)}" if state == "moved" else state,
            ]
            for kept, (state, path) in zip(logs, states, strict=True)
        ]
        table(rows, ["log", "size", "summary", "summarised", "the file now"])

    out.result("retro list", {"logs": value}, text)
    sys.exit(FINE if logs else NOTHING_FOUND)


@retro.command("run")
@click.option("--all", "everything", is_flag=True, help="Ask about every indicator, not only those that came since.")
@click.option(
    "--warning-lists",
    "lists",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    help="Files or folders of warning lists; hits on them are marked likely false.",
)
@click.option("--year", type=click.IntRange(1970, 9999), help="For logs whose lines do not tell the year.")
@click.option(
    "--purpose",
    default=HUNTING,
    show_default=True,
    type=click.Choice(list(PURPOSES)),
    metavar="PURPOSE",
    help="What it is for; what is bound to other purposes is not looked for.",
)
@_state
@click.pass_obj
def run(
    out: Out, everything: bool, lists: tuple[Path, ...], year: int | None, purpose: str, folder: Path | None
) -> None:
    """Ask all summaries what came since, and hunt the logs that may hold it.

    A log that is not there any more cannot be hunted: it is listed with what may have been in it. Exit code 3 when nothing was found.
    """
    with opened(out.folder) as node:
        found = node_retro.ask_logs(
            node,
            everything=everything,
            folder=folder,
            choice=Choice(warning_lists=read_warning_lists(lists)),
            year=year,
            purpose=purpose,
            progress=out.progress_of_each(),
        )
    out.result("retro run", _run_json(found), lambda: _print_run(found))
    sys.exit(FINE if found.hunt.result.hits or found.unconfirmed else NOTHING_FOUND)


@retro.command("drop")
@click.argument("logs", nargs=-1, required=True, type=click.Path(path_type=Path))
@_state
@click.pass_obj
def drop(out: Out, logs: tuple[Path, ...], folder: Path | None) -> None:
    """Drop the summaries of LOGS (files, or folders with all below); the logs themselves stay."""
    with opened(out.folder) as node:
        dropped = node_retro.drop_logs(node, logs, folder=folder)
    value = {"dropped": [_kept_json(kept) for kept in dropped]}
    out.result("retro drop", value, lambda: click.echo(f"{number(len(dropped))} summaries dropped"))


def _run_json(found: node_retro.RetroRun) -> dict[str, Any]:
    result = found.hunt.result
    return {
        "entry": found.hunt.entry,
        "indicators": found.hunt.indicators,
        "summaries": found.asked,
        "summarised_bytes": found.asked_bytes,
        "logs_read": found.read,
        "logs_read_in_vain": found.in_vain,
        "hit_lines": result.hit_lines,
        "hits": [
            {
                "indicator": h.id,
                "values": [v.value for v in h.source.values],
                "shared_by": h.source.shared_by,
                "marking": h.source.marking,
                "count": h.count,
                "first_us": h.first_us,
                "last_us": h.last_us,
                "rules": dict(h.rules),
                "outside_validity": h.outside_validity,
                "likely_false": h.likely_false,
                "logs": [name for name, r in found.hunt.by_log if any(one.source == h.source for one in r.hits)],
            }
            for h in result.hits
        ],
        "unconfirmed": [
            {
                "log": one.log.identity.path,
                "state": one.state,
                "indicators": [
                    {"indicator": s.id, "values": [v.value for v in s.values], "shared_by": s.shared_by}
                    for s in one.sources
                ],
            }
            for one in found.unconfirmed
        ],
        "not_searched": [{"indicator": n.id, "value": n.value, "reason": n.reason} for n in found.hunt.not_searched],
        "stopped": {name: r.stopped for name, r in found.hunt.by_log if r.stopped},
    }


def _print_run(found: node_retro.RetroRun) -> None:
    result = found.hunt.result
    click.echo(
        f"{number(found.hunt.indicators)} indicators asked of {number(found.asked)} summarised log(s) of "
        f"{_megabytes(found.asked_bytes)}; {number(found.read)} had to be read, {number(found.in_vain)} of them in vain"
    )
    if result.hits:
        rows = [
            [
                plain(defang(h.source.values[0].value)) + (" …" if len(h.source.values) > 1 else ""),
                plain(h.source.shared_by),
                h.source.marking,
                number(h.count),
                moment(h.first_us),
                moment(h.last_us),
            ]
            for h in result.hits[:SHOWN]
        ]
        table(rows, ["indicator", "told by", "marking", "hits", "first", "last"])
        if len(result.hits) > SHOWN:
            click.echo(f"… and {number(len(result.hits) - SHOWN)} more; --json lists all")
    else:
        click.echo("No hit.")
    for one in found.unconfirmed[:SHOWN]:
        state = "is not there any more" if one.state == GONE else "is no longer what it was"
        click.echo(f"? {plain(one.log.identity.path)} {state}; a token with the same fingerprint was in it:")
        for source in one.sources[:SHOWN]:
            click.echo(f"    {plain(defang(source.values[0].value))}, told by {plain(source.shared_by)}")
        if len(one.sources) > SHOWN:
            click.echo(f"    … and {number(len(one.sources) - SHOWN)} more; --json lists all")
    if len(found.unconfirmed) > SHOWN:
        click.echo(f"… and {number(len(found.unconfirmed) - SHOWN)} more logs; --json lists all")
    for name, r in found.hunt.by_log:
        if r.stopped:
            click.echo(f"! {plain(name)}: {plain(r.stopped)}; what stands before was searched")
    missing = len(found.hunt.not_searched)
    click.echo(f"not searched: {number(missing)} values" + (" (--json lists them)" if missing else ""))


def _kept_json(kept: Kept) -> dict[str, Any]:
    return {
        "log": kept.identity.path,
        "file_bytes": kept.identity.size,
        "bytes": kept.bytes,
        "lines": kept.lines,
        "left_out_bytes": kept.left_out_bytes,
        "summary_bytes": kept.summary_bytes,
        "at_us": kept.at_us,
    }


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size >= 100_000 else f"{size / 1e3:,.1f} kB"
