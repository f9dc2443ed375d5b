"""What a hunt found, as a person reads it, as JSON, and as a table for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from typing import Any

import click

from detente.cli.out import defang, moment, number, plain, table
from detente.hunt.bars import bars
from detente.hunt.results import HuntResult, IndicatorHits
from detente.node.hunt_run import HuntRun

SHOWN = 20
REASONS_SHOWN = 6

COLUMNS = (
    "indicator", "values", "seen", "told_by", "marking", "confidence", "hits", "hosts", "blocked", "allowed", "first_us", "last_us",
    "rules", "likely_false", "allow_listed", "outside_validity", "warning_lists",
)  # fmt: skip


def run_json(run: HuntRun) -> dict[str, Any]:
    result = run.result
    return {
        "entry": run.entry,
        "indicators": run.indicators,
        "lines": result.lines,
        "bytes": result.bytes,
        "formats": result.log_format.split(),
        "hit_lines": result.hit_lines,
        "hits_per_day": dict(result.hits_per_day),
        "hits": [_hit_json(h) for h in result.hits],
        "not_searched": [{"indicator": n.id, "value": n.value, "reason": n.reason} for n in run.not_searched],
        "every_line": [{"indicator": s.id, "shared_by": s.shared_by, "pattern": s.pattern} for s in run.every_line],
        "left_out": dict(run.left_out),
        "not_read": [{"log": n.name, "reason": n.reason} for n in run.not_read],
        "stopped": {name: r.stopped for name, r in run.by_log if r.stopped},
        "left_out_runs": result.left_out_runs,
        "left_out_bytes": result.left_out_bytes,
        "interrupted": run.position is not None,
        "resumed": run.resumed is not None,
    }


def _hit_json(h: IndicatorHits) -> dict[str, Any]:
    return {
        "indicator": h.id,
        "values": [v.value for v in h.source.values],
        "seen": [value for _, value in h.seen],
        "shared_by": h.source.shared_by,
        "marking": h.source.marking,
        "confidence": h.source.confidence,
        "count": h.count,
        "hosts": len(h.hosts),
        "more_hosts": h.more_hosts,
        "first_us": h.first_us,
        "last_us": h.last_us,
        "rules": dict(h.rules),
        "actions": dict(h.actions),
        "directions": dict(h.directions),
        "outside_validity": h.outside_validity,
        "without_time": h.without_time,
        "likely_false": h.likely_false,
        "allow_listed": h.allow_listed,
        "warning_lists": list(h.warnings),
    }


def run_csv(run: HuntRun) -> str:
    """One row an indicator that was hit. A cell never begins like a formula, which a spreadsheet would run."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for h in run.result.hits:
        writer.writerow(
            _cell(cell)
            for cell in (
                h.id, " ".join(v.value for v in h.source.values), " ".join(v for _, v in h.seen), h.source.shared_by, h.source.marking,
                "" if h.source.confidence is None else h.source.confidence, h.count, len(h.hosts), h.actions.get("blocked", 0),
                h.actions.get("allowed", 0), h.first_us or "", h.last_us or "", " ".join(f"{k}={v}" for k, v in h.rules.items()),
                h.likely_false, h.allow_listed, h.outside_validity, "; ".join(h.warnings),
            )
        )  # fmt: skip
    return text.getvalue()


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def print_run(run: HuntRun, *, examples: bool) -> None:
    """What was found first; then, as large, what was not searched."""
    result = run.result
    formats = ", ".join(result.log_format.split())
    click.echo(
        f"{number(result.lines)} lines in {len(run.by_log)} log(s){f' ({formats})' if formats else ''}, {number(run.indicators)} indicators"
    )
    if run.resumed is not None:
        click.echo(
            f"of them {number(run.resumed.lines)} lines and {number(run.resumed.hit_lines)} that hit before it was stopped"
        )
    if result.hits_per_day:
        days = list(result.hits_per_day)
        click.echo(f"hits per day  {bars(result.hits_per_day)}  {days[0]} to {days[-1]}")
    if result.hits:
        _print_hits(result)
    else:
        click.echo("No hit.")
    if examples:
        for h in result.hits[:SHOWN]:
            for example in h.examples:
                click.echo(f"  line {example.line}: {plain(example.text.decode('utf-8', 'replace'))[:200]}")
    _print_not_searched(run)


def _print_hits(result: HuntResult) -> None:
    head = ["indicator", "told by", "marking", "hits", "hosts", "blocked", "allowed", "first", "last", ""]
    rows = [
        [
            _name(h),
            plain(h.source.shared_by),
            h.source.marking,
            number(h.count),
            (number(len(h.hosts)) + ("+" if h.more_hosts else "")) if h.hosts else "–",
            _verdict(h, "blocked"),
            _verdict(h, "allowed"),
            moment(h.first_us),
            moment(h.last_us),
            _remarks(h),
        ]
        for h in result.hits[:SHOWN]
    ]
    table(rows, head)
    if len(result.hits) > SHOWN:
        click.echo(f"… and {number(len(result.hits) - SHOWN)} more; --json and --csv list all")
    if any(h.actions.get("unknown") for h in result.hits):
        click.echo("Where a line does not say whether it was blocked or allowed, it is counted in neither column.")


def _name(hits: IndicatorHits) -> str:
    values = hits.source.values
    if not values:  # none leads to it
        return plain(defang(hits.source.pattern if len(hits.source.pattern) <= 60 else hits.source.pattern[:59] + "…"))
    return defang(values[0].value) + (" …" if len(values) > 1 else "")


def _verdict(hits: IndicatorHits, action: str) -> str:
    """A dash where no line said anything, which is not 0."""
    said = hits.actions.get("blocked", 0) + hits.actions.get("allowed", 0)
    return number(hits.actions.get(action, 0)) if said else "–"


def _remarks(h: IndicatorHits) -> str:
    parts = []
    rules = [f"{number(count)} {rule}" for rule, count in h.rules.items() if rule != "exact"]
    if rules:
        parts.append(", ".join(rules))
    if h.likely_false:
        parts.append(f"{number(h.likely_false)} likely false ({', '.join(map(plain, h.warnings))})")
    if h.allow_listed:
        parts.append(f"{number(h.allow_listed)} on the allow-list")
    if h.outside_validity:
        parts.append(f"{number(h.outside_validity)} outside validity")
    ways = [f"{number(count)} {way}" for way, count in h.directions.items() if way != "unknown"]
    if ways:
        parts.append(", ".join(ways))
    return "; ".join(parts)


def _print_not_searched(run: HuntRun) -> None:
    if run.every_line:
        click.echo(f"{number(len(run.every_line))} indicator(s) were held against every line; --json lists them")
    notes = _notes(run)
    if not notes:
        click.echo("not searched: nothing; every value of every indicator was looked for in every log")
        return
    click.echo(click.style("not searched", bold=True))
    for note in notes:
        click.echo(f"  {note}")


def _notes(run: HuntRun) -> Sequence[str]:
    notes = []
    reasons = Counter(plain(n.reason) for n in run.not_searched)
    for reason, count in reasons.most_common(REASONS_SHOWN):
        notes.append(f"{number(count)} value(s) of indicators: {reason}")
    rest = sum(reasons.values()) - sum(count for _, count in reasons.most_common(REASONS_SHOWN))
    if rest:
        notes.append(f"{number(rest)} more for other reasons")
    if reasons:
        notes[-1] += " (--json lists them)"
    notes += [f"{number(count)} indicator(s): {plain(reason)}" for reason, count in run.left_out.items()]
    notes += [f"{plain(n.name)}: {plain(n.reason)}" for n in run.not_read]
    for name, r in run.by_log:
        if r.stopped:
            told = "" if "what stands before" in r.stopped else "; what stands before was searched"
            notes.append(f"{plain(name)}: {plain(r.stopped)}{told}")
        if r.left_out_runs:
            notes.append(
                f"{plain(name)}: {number(r.left_out_runs)} runs without a blank were too long to be searched "
                f"({number(r.left_out_bytes)} bytes)"
            )
    if run.position is not None:
        notes.append(
            "The hunt was stopped: what comes behind was not searched. To go on: detente hunt --resume with the same logs"
        )
    return notes
