"""demo."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command()
@click.option("--script", is_flag=True, help="Run through and end, with exit 0 if all went as told.")
@click.option(
    "--folder", type=click.Path(path_type=Path), help="Keep the three nodes here. Default: a temporary folder."
)
def demo(script: bool, folder: Path | None) -> None:
    """Three nodes on this machine: share, verify, hunt, countersign, erase, catch a fork."""
    from detente.demo import run_demo

    sys.exit(run_demo(script=script, folder=folder, out=sys.stdout))
