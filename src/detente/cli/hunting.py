"""hunt, sightings."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from detente.cli.exits import FINE, NOTHING_FOUND
from detente.cli.out import Out, defang, moment, number, plain, table
from detente.cli.sharing import print_told, told_json
from detente.hunt.bars import bars
from detente.joint.purpose import PURPOSES
from detente.node import hunt as node_hunt
from detente.node.open import opened

SHOWN = 20


@click.command()
@click.argument("logs", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--warning-lists",
    "lists",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    help="Files or folders of warning lists; hits on them are marked likely false.",
)
@click.option("--share", "share_", is_flag=True, help="Send counts and times back to who shared each indicator.")
@click.option("--year", type=click.IntRange(1970, 9999), help="For logs whose lines do not tell the year.")
@click.option(
    "--purpose",
    default=node_hunt.HUNTING,
    show_default=True,
    type=click.Choice(list(PURPOSES)),
    metavar="PURPOSE",
    help="What it is for; what is bound to other purposes is not looked for.",
)
@click.option("--examples", is_flag=True, help="Show some lines that hit. They stay on this screen.")
@click.pass_obj
def hunt(
    out: Out,
    logs: tuple[Path, ...],
    lists: tuple[Path, ...],
    share_: bool,
    year: int | None,
    purpose: str,
    examples: bool,
) -> None:
    """Look in your own LOGS (files, folders, - for stdin; .gz too) for everything partners told you of.

    Nothing leaves unless you say --share, and then counts and times only. Exit code 3 when nothing was found.
    """
    with opened(out.folder) as node:
        run = node_hunt.hunt_logs(
            node,
            logs,
            warning_lists=node_hunt.read_warning_lists(lists),
            year=year,
            purpose=purpose,
            progress=_progress(out),
        )
        told = node_hunt.share_sightings(node, run) if share_ else []
    result = run.result
    value: dict[str, Any] = {
        "entry": run.entry,
        "indicators": run.indicators,
        "lines": result.lines,
        "bytes": result.bytes,
        "hit_lines": result.hit_lines,
        "hits_per_day": dict(result.hits_per_day),
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
                "warning_lists": list(h.warnings),
            }
            for h in result.hits
        ],
        "not_searched": [{"indicator": n.id, "value": n.value, "reason": n.reason} for n in run.not_searched],
        "stopped": {name: r.stopped for name, r in run.by_log if r.stopped},
        "shared": [told_json(t) for t in told],
    }

    def text() -> None:
        click.echo(f"{number(result.lines)} lines in {len(run.by_log)} log(s), {number(run.indicators)} indicators")
        if result.hits_per_day:
            days = list(result.hits_per_day)
            click.echo(f"hits per day  {bars(result.hits_per_day)}  {days[0]} to {days[-1]}")
        if result.hits:
            rows = [
                [
                    defang(h.source.values[0].value) + (" …" if len(h.source.values) > 1 else ""),
                    plain(h.source.shared_by),
                    h.source.marking,
                    number(h.count),
                    moment(h.first_us),
                    moment(h.last_us),
                    _remarks(h),
                ]
                for h in result.hits[:SHOWN]
            ]
            table(rows, ["indicator", "told by", "marking", "hits", "first", "last", ""])
            if len(result.hits) > SHOWN:
                click.echo(f"… and {number(len(result.hits) - SHOWN)} more; --json lists all")
        else:
            click.echo("No hit.")
        if examples:
            for h in result.hits[:SHOWN]:
                for example in h.examples:
                    click.echo(f"  line {example.line}: {plain(example.text.decode('utf-8', 'replace'))[:200]}")
        click.echo(
            f"not searched: {number(len(run.not_searched))} values"
            + (" (--json lists them)" if run.not_searched else "")
        )
        for name, r in run.by_log:
            if r.stopped:
                click.echo(f"! {name}: {r.stopped}; what stands before was searched")
            if r.left_out_runs:
                click.echo(
                    f"! {name}: {number(r.left_out_runs)} runs without a blank were too long to be searched "
                    f"({number(r.left_out_bytes)} bytes)"
                )
        for report in told:
            print_told(report)
        if not share_ and result.hits:
            click.echo("Nothing has left. To send counts and times back: detente hunt --share …")

    out.result("hunt", value, text)
    sys.exit(FINE if result.hits else NOTHING_FOUND)


@click.command()
@click.pass_obj
def sightings(out: Out) -> None:
    """What was seen, by whom, how often: sightings that came in, and those that you sent."""
    with opened(out.folder) as node:
        found = node_hunt.read_sightings(node)
    value = [
        {
            "said_by": s.said_by,
            "indicator": s.indicator,
            "pattern": s.pattern or None,
            "count": s.count,
            "first_seen": s.first_seen or None,
            "last_seen": s.last_seen or None,
            "entry": s.entry,
        }
        for s in found
    ]

    def text() -> None:
        if not found:
            click.echo("No sighting yet.")
            return
        rows = [
            [
                s.said_by,
                plain(defang(s.pattern) or s.indicator),
                number(s.count),
                s.first_seen or "–",
                s.last_seen or "–",
            ]
            for s in found
        ]
        table(rows, ["said by", "indicator", "count", "first seen", "last seen"])

    out.result("sightings", {"sightings": value}, text)
    sys.exit(FINE if found else NOTHING_FOUND)


def _remarks(hits: Any) -> str:
    parts = []
    if hits.likely_false:
        parts.append(f"likely false ({', '.join(hits.warnings)})")
    if hits.outside_validity:
        parts.append(f"{hits.outside_validity} outside validity")
    return "; ".join(parts)


def _progress(out: Out) -> Any:
    lines: dict[str, Any] = {}

    def show(name: str, done: int, total: int) -> None:
        if name not in lines:
            lines[name] = out.progress(f"hunting {Path(name).name}")
        if lines[name] is not None:
            lines[name](done, total)

    return show
