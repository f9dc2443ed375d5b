"""match, pattern check."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from detente.cli.exits import FINE, NOTHING_FOUND
from detente.cli.out import Out, plain
from detente.errors import InvalidObject, InvalidPattern, NotFound
from detente.stix.canonical import parse
from detente.stix.pattern import parse_pattern, simple_values
from detente.stix.pattern.evaluate import check_literals, match
from detente.stix.pattern.observed import read_observed

OBSERVED_BYTES_MAX = 256 << 20


@click.command("match")
@click.argument("pattern")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.pass_obj
def match_(out: Out, pattern: str, files: tuple[Path, ...]) -> None:
    """Hold a STIX PATTERN against observed data in FILES: bundles, lists, or single objects; - for stdin.

    No node is needed. Prints the observations that together make it hold. Exit code 3 when it does not hold.
    """
    values: list[Any] = []
    for file in files:
        document = parse(_read(file), bytes_max=OBSERVED_BYTES_MAX)
        values += document if isinstance(document, list) else [document]
    observed = read_observed(values)
    found = match(pattern, observed)
    value = {"observations": len(observed), "holds": bool(found), "matched": [one.id for one in found]}

    def text() -> None:
        if not found:
            click.echo(f"The pattern does not hold for these {len(observed)} observations.")
            return
        click.echo(f"The pattern holds, by {len(found)} of {len(observed)} observations:")
        for one in found:
            click.echo(f"  {plain(one.id or json.dumps(dict(one.source), ensure_ascii=False)[:100])}")

    out.result("match", value, text)
    sys.exit(FINE if found else NOTHING_FOUND)


@click.group()
def pattern() -> None:
    """Look at STIX patterns."""


@pattern.command("check")
@click.argument("text")
@click.option("--lenient", is_flag=True, help="As patterns of STIX 2.0 are found to be written.")
@click.pass_obj
def check(out: Out, text: str, lenient: bool) -> None:
    """Check a pattern against the grammar of STIX 2.1, and say whether logs can be hunted with it. - reads stdin."""
    if text == "-":
        text = sys.stdin.read().strip()
    tree = parse_pattern(text, lenient=lenient)
    check_literals(tree)  # literals that no evaluation can use
    try:
        values = [{"kind": v.kind, "value": v.value} for v in simple_values(text)]
        reason = ""
    except InvalidPattern as error:
        values, reason = [], str(error)

    def show() -> None:
        click.echo("The pattern is well formed.")
        if values:
            click.echo(f"It is searched for in logs, by {len(values)} value(s).")
        else:
            click.echo(f"Lines of text alone cannot answer it: {reason}. Observed data can: detente match")

    out.result("pattern check", {"valid": True, "values": values, "not_searched": reason}, show)


def _read(file: Path) -> bytes:
    try:
        data = sys.stdin.buffer.read(OBSERVED_BYTES_MAX + 1) if str(file) == "-" else file.read_bytes()
    except FileNotFoundError:
        raise NotFound(f"there is no file {file}") from None
    if not data.strip():
        raise InvalidObject(f"{file} is empty; expected observed data, or a bundle that holds some")
    return data
