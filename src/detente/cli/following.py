"""hunt --follow: logs while they are written."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import click

from detente.cli.out import Out, defang, plain
from detente.node.follow import STATE_FILE, Follower, followed_run, indicators_for, keep_followed, matcher_for
from detente.node.hunt import identity_id
from detente.node.hunt_run import Choice, HuntRun
from detente.node.lists import read_indicator_file
from detente.node.open import opened, system_clock
from detente.node.search import LineHitOf, Manner


def followed(
    out: Out,
    logs: tuple[Path, ...],
    *,
    indicators: Path | None,
    choice: Choice,
    manner: Manner,
    state: Path | None,
    every: float,
    purpose: str,
) -> tuple[HuntRun, str]:
    """Follows until somebody asks to stop; what was found since the logs are followed, and who we are."""
    identity = ""
    if indicators is not None:
        sources, skipped = read_indicator_file(
            indicators, at_us=system_clock(), random=os.urandom, every_line=choice.every_line
        )
    else:
        # Not held open meanwhile: other commands want the node too.
        with opened(out.folder) as node:
            sources, skipped = indicators_for(node, purpose, every_line=choice.every_line)
            identity = identity_id(node.origin)
    ready = matcher_for(sources, skipped, choice)
    follower = Follower(logs, ready.matcher, manner, state or out.folder / STATE_FILE)

    def wait() -> None:
        manner.stop.reading = True  # a request ends the wait
        try:
            time.sleep(every)
        except KeyboardInterrupt:
            pass
        finally:
            manner.stop.reading = False

    run = followed_run(follower.follow(wait), ready, at_us=system_clock())
    if indicators is None:
        with opened(out.folder) as node:
            run = keep_followed(node, run)
    return run, identity


def hit_teller(out: Out) -> Callable[[LineHitOf], None] | None:
    """One line a hit, as it is found."""
    if out.json or out.quiet:
        return None

    def show(hit: LineHitOf) -> None:
        where = f"{plain(Path(hit.log).name)}:{hit.line}"
        told = f"told by {plain(hit.source.shared_by)} {hit.source.marking}".rstrip()
        click.echo(f"{where}  {plain(defang(hit.value.value))}  {told}")

    return show
