"""match, pattern check."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from detente.cli.exits import FINE, NOTHING_FOUND
from detente.cli.out import Out, defang, number, plain
from detente.errors import InvalidObject, NotFound
from detente.hunt.literals import is_alone, plan
from detente.stix.canonical import parse
from detente.stix.pattern import parse_pattern
from detente.stix.pattern.evaluate import check_literals, match
from detente.stix.pattern.observed import read_observed

OBSERVED_BYTES_MAX = 256 << 20
SHOWN = 20


@click.command("match")
@click.argument("pattern")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.pass_obj
def match_(out: Out, pattern: str, files: tuple[Path, ...]) -> None:
    """Hold a STIX PATTERN against observed data in FILES: bundles, lists, or single objects; - for stdin.

    No node is needed. Prints the observations that together make it hold, and by which values a hunt over logs would look for the
    pattern. Exit code 3 when it does not hold.
    """
    values: list[Any] = []
    for file in files:
        document = parse(_read(file), bytes_max=OBSERVED_BYTES_MAX)
        values += document if isinstance(document, list) else [document]
    observed = read_observed(values)
    found = match(pattern, observed)
    value: dict[str, Any] = {
        "observations": len(observed),
        "holds": bool(found),
        "matched": [one.id for one in found],
        "hunt": _hunted(pattern),
    }

    def text() -> None:
        if not found:
            click.echo(f"The pattern does not hold for these {len(observed)} observations.")
        else:
            click.echo(f"The pattern holds, by {len(found)} of {len(observed)} observations:")
        for one in found:
            click.echo(f"  {plain(one.id or json.dumps(dict(one.source), ensure_ascii=False)[:100])}")
        _show_hunted(value["hunt"])

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
    """Check a pattern against the grammar of STIX 2.1, and say what a hunt would look for and what not. - reads stdin."""
    if text == "-":
        text = sys.stdin.read().strip()
    tree = parse_pattern(text, lenient=lenient)
    check_literals(tree)  # literals that no evaluation can use
    value = {"valid": True, **_hunted(text)}

    def show() -> None:
        click.echo("The pattern is well formed.")
        _show_hunted(value)

    out.result("pattern check", value, show)


def _hunted(text: str) -> dict[str, Any]:
    """What a hunt would look for, and what not."""
    planned = plan(text)
    asked = plan(text, every_line=True)
    return {
        "values": [{"kind": v.kind, "value": v.value} for v in planned.values],
        "held_against_lines": bool(planned.held),
        "every_line": asked.searched and not asked.values,
        "several_lines": planned.pattern is not None and not is_alone(planned.pattern),
        "not_searched": [{"what": one.what, "reason": one.reason} for one in planned.left_out],
    }


def _show_hunted(hunted: dict[str, Any]) -> None:
    values = hunted["values"]
    if values:
        click.echo(f"A hunt finds its lines by {number(len(values))} value{'s' if len(values) > 1 else ''}:")
        for v in values[:SHOWN]:
            click.echo(f"  {v['kind']:<7} {plain(defang(v['value']))}")
        if len(values) > SHOWN:
            click.echo(f"  … and {number(len(values) - SHOWN)} more; --json lists all")
    if hunted["held_against_lines"]:
        kind = "several lines together, in order of time" if hunted["several_lines"] else "each of these lines"
        click.echo(f"The whole pattern is then held against {kind}.")
    for one in hunted["not_searched"]:
        click.echo(f"Not searched: {plain(one['what'])}: {plain(one['reason'])}.")
    if hunted["every_line"]:
        rest = "that too" if values else "it"
        click.echo(f"detente hunt --every-line looks for {rest}, by reading every line: exact, and slow.")
    elif not values:
        click.echo("So a hunt over logs does not look for it at all. Observed data can be asked: detente match")


def _read(file: Path) -> bytes:
    try:
        data = sys.stdin.buffer.read(OBSERVED_BYTES_MAX + 1) if str(file) == "-" else file.read_bytes()
    except FileNotFoundError:
        raise NotFound(f"there is no file {file}") from None
    if not data.strip():
        raise InvalidObject(f"{file} is empty; expected observed data, or a bundle that holds some")
    return data
