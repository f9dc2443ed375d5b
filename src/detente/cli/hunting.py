"""hunt, sightings. What only some hunts need is imported where they begin: a hunt without a node opens no database."""

from __future__ import annotations

import glob
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from detente.cli.exits import FINE, NOTHING_FOUND
from detente.cli.hunt_report import print_run, run_csv, run_json
from detente.cli.out import Out, Progress, defang, number, plain, table
from detente.hunt.evidence import evidence_bundle
from detente.hunt.judgement import allow_list
from detente.hunt.picture import hits_picture
from detente.hunt.readers import FORMATS
from detente.hunt.warninglists import WarningLists
from detente.joint.purpose import PURPOSES
from detente.node.clock import system_clock
from detente.node.code_cache import cache_folder, is_kept
from detente.node.hunt_run import HUNTING, Choice, read_warning_lists
from detente.node.lists import hunt_for_file, read_values
from detente.node.logs import list_logs
from detente.node.search import LineHitOf, Manner, Sofar, StopRequest, Workers, read_position
from detente.node.warm import warm_up

if TYPE_CHECKING:
    from detente.node.share import Told

INTERRUPTED = 130


def _warm_up(context: click.Context, _option: click.Parameter, asked: bool) -> None:
    if not asked or context.resilient_parsing:
        return
    out = context.find_object(Out) or Out(Path())
    start_us = system_clock()
    warm_up(out.progress_of_each())
    out.end_progress()
    click.echo(f"Ready after {(system_clock() - start_us) / 1e6:.1f} s.")
    if is_kept():
        click.echo(f"Kept in {cache_folder()} for every hunt of this user.")
    else:
        click.echo(
            f"Nothing could be kept in {cache_folder()}, so each hunt will compile anew. It must be a folder of yours "
            "to which nobody else may write; DETENTE_CACHE names another."
        )
    context.exit()


@click.command()
@click.option(
    "--warm-up",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_warm_up,
    help="Compile the fast pass, and end: the first hunt begins at once then.",
)
@click.argument("logs", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--indicators",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Look for what this file holds, without a node: a list, kind<TAB>value, a table, a STIX bundle, a MISP event.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    metavar="FORMAT",
    help="How the logs are written, if it is told wrongly.",
)
@click.option(
    "--warning-lists",
    "lists",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    help="Files or folders of warning lists; hits on them are marked likely false.",
)
@click.option(
    "--allow-list",
    "allowed",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A list of values of your own; hits on them are counted apart.",
)
@click.option(
    "--min-confidence",
    type=click.IntRange(0, 100),
    default=0,
    help="Leave out indicators that state a lower confidence.",
)
@click.option(
    "--max-indicators", type=click.IntRange(1), help="Look for so many at most: by --prefer, then by confidence."
)
@click.option(
    "--prefer",
    multiple=True,
    metavar="NAME",
    help="Whose indicators come first under --max-indicators; may be repeated.",
)
@click.option(
    "--every-line",
    is_flag=True,
    help="Look also for patterns without a value to look up, by reading every line into objects: exact, and slow.",
)
@click.option("--share", "share_", is_flag=True, help="Send counts and times back to who shared each indicator.")
@click.option("--year", type=click.IntRange(1970, 9999), help="For logs whose lines do not tell the year.")
@click.option(
    "--purpose",
    default=HUNTING,
    show_default=True,
    type=click.Choice(list(PURPOSES)),
    metavar="PURPOSE",
    help="What it is for; what is bound to other purposes is not looked for.",
)
@click.option("--examples", is_flag=True, help="Show some lines that hit. They stay on this screen.")
@click.option("--lines", is_flag=True, help="Print each hit as it is found: line number, kind, indicator.")
@click.option("--csv", "as_csv", is_flag=True, help="Print a table with a row for each indicator that was hit.")
@click.option(
    "--stix", type=click.Path(path_type=Path, dir_okay=False), help="Write observed data and sightings to this file."
)
@click.option(
    "--svg", type=click.Path(path_type=Path, dir_okay=False), help="Write a picture of the hits over time to this file."
)
@click.option("--follow", is_flag=True, help="Go on with what is written from now on, through rotations, until Ctrl-C.")
@click.option(
    "--state",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where --follow keeps how far it is; needed without a node.",
)
@click.option(
    "--every",
    type=click.FloatRange(0.05),
    default=1.0,
    show_default=True,
    metavar="SECONDS",
    help="Between two looks of --follow.",
)
@click.option("--resume", is_flag=True, help="Go on where the last hunt was stopped.")
@click.option("--workers", type=click.IntRange(1), help="Hunt in so many processes on this machine.")
@click.option("--cluster", metavar="ADDRESS", help="Hunt on the Dask cluster of this scheduler, as in tcp://host:8786.")
@click.pass_obj
def hunt(
    out: Out,
    logs: tuple[Path, ...],
    indicators: Path | None,
    format_: str | None,
    lists: tuple[Path, ...],
    allowed: Path | None,
    min_confidence: int,
    max_indicators: int | None,
    prefer: tuple[str, ...],
    every_line: bool,
    share_: bool,
    year: int | None,
    purpose: str,
    examples: bool,
    lines: bool,
    as_csv: bool,
    stix: Path | None,
    svg: Path | None,
    follow: bool,
    state: Path | None,
    every: float,
    resume: bool,
    workers: int | None,
    cluster: str | None,
) -> None:
    """Look in your own LOGS (files, folders, patterns, - for stdin; packed too) for everything partners told you of.

    Nothing leaves unless you say --share, and then counts and times only. Ctrl-C ends it with what was found so far.
    Exit code 3 when nothing was found.
    """
    if indicators is not None and (share_ or resume):
        raise click.UsageError("--share and --resume need a node, and --indicators is for a hunt without one")
    if workers and cluster:
        raise click.UsageError("--workers is for processes here, --cluster for others; say one of them")
    _check_follow(
        follow=follow, state=state, alone=indicators is not None, other=resume or share_ or bool(workers or cluster)
    )
    choice = Choice(
        warning_lists=read_warning_lists(lists) if lists else WarningLists(),
        allow_list=allow_list(read_values(allowed)) if allowed is not None else WarningLists(),
        min_confidence=min_confidence,
        indicators_max=max_indicators,
        preferred=prefer,
        every_line=every_line,
    )
    with _interruptible() as stop:
        manner = Manner(
            year=year,
            format_name=format_ or "",
            workers=Workers(cluster or "", workers or 0) if cluster or workers else None,
            progress=None if follow else _progress(out),
            preparing=out.progress_of_each(),
            on_hit=_line_printer(several=len(logs) > 1 or logs[0].is_dir() or glob.has_magic(str(logs[0])))
            if lines
            else None,
            stop=stop,
        )
        told: list[Told] = []
        if follow:
            from detente.cli.following import followed, hit_teller

            manner.on_hit = manner.on_hit or hit_teller(out)
            run, identity = followed(
                out,
                logs,
                indicators=indicators,
                choice=choice,
                manner=manner,
                state=state,
                every=every,
                purpose=purpose,
            )
        elif indicators is not None:
            run = hunt_for_file(
                indicators, list_logs(logs), choice=choice, manner=manner, at_us=system_clock(), random=os.urandom
            )
            identity = ""
        else:
            from detente.node import hunt as node_hunt
            from detente.node.open import opened

            with opened(out.folder) as node:
                manner.resume = read_position(node.folder / node_hunt.POSITION_FILE) if resume else None
                run = node_hunt.hunt_logs(node, logs, choice=choice, manner=manner, purpose=purpose)
                told = node_hunt.share_sightings(node, run) if share_ else []
                identity = node_hunt.identity_id(node.origin)
    if stix is not None:
        bundle = evidence_bundle(run.result.hits, identity=identity, at_us=run.at_us, random=os.urandom)
        stix.write_text(json.dumps(bundle, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if svg is not None and run.result.hits_per_day:
        svg.write_text(hits_picture(run.result.hits_per_day, title="Hits over time"), encoding="utf-8")

    def text() -> None:
        if lines:
            return
        if as_csv:
            click.echo(run_csv(run), nl=False)
            return
        print_run(run, examples=examples)
        if svg is not None and not run.result.hits_per_day:
            click.echo(f"No hit told its time, so {svg} was not drawn.")
        if told:
            from detente.cli.sharing import print_told

            for report in told:
                print_told(report)
        if not share_ and run.result.hits and indicators is None:
            click.echo("Nothing has left. To send counts and times back: detente hunt --share …")

    out.result("hunt", {**run_json(run), "shared": _shared_json(told)}, text)
    sys.exit(INTERRUPTED if run.position is not None else FINE if run.result.hits else NOTHING_FOUND)


def _shared_json(told: list[Told]) -> list[dict[str, Any]]:
    if not told:
        return []
    from detente.cli.sharing import told_json

    return [told_json(report) for report in told]


def _check_follow(*, follow: bool, state: Path | None, alone: bool, other: bool) -> None:
    if follow and other:
        raise click.UsageError(
            "--follow goes on by itself and in one process: leave out --resume, --share, --workers and --cluster"
        )
    if follow and alone and state is None:
        raise click.UsageError("--follow without a node needs --state FILE, to go on after a restart")
    if state is not None and not follow:
        raise click.UsageError("--state is for --follow")


@contextmanager
def _interruptible() -> Iterator[StopRequest]:
    """The first Ctrl-C ends the hunt after the block at hand, the second at once."""
    stop = StopRequest()
    before = signal.signal(signal.SIGINT, stop.ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def _line_printer(*, several: bool) -> Callable[[LineHitOf], None]:
    def show(hit: LineHitOf) -> None:
        row = f"{hit.line}\t{hit.value.kind}\t{plain(hit.value.value)}"
        click.echo(f"{row}\t{plain(hit.log)}" if several else row)

    return show


def _progress(out: Out) -> Callable[[Sofar], None] | None:
    if not out.shows_progress():
        return None
    line: Progress | None = None

    def show(so_far: Sofar) -> None:
        nonlocal line
        # Whatever had to be prepared before is none of its time.
        line = line or out.progress_line("hunting")
        assert line is not None
        line.show(so_far.done, so_far.total, f"  {number(so_far.hits)} lines hit  {plain(Path(so_far.name).name)}")

    return show


@click.command()
@click.pass_obj
def sightings(out: Out) -> None:
    """What was seen, by whom, how often: sightings that came in, and those that you sent."""
    from detente.node.hunt import read_sightings
    from detente.node.open import opened

    with opened(out.folder) as node:
        found = read_sightings(node)
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
