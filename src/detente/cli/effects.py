"""effect: plans fixed beforehand, their evaluation, the silence needed, and how well warners were calibrated."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import msgspec

from detente.activity import CLASSES, Activity
from detente.cli.given import pairs
from detente.cli.out import Out, moment, plain, table
from detente.cli.statements import print_said, said_json
from detente.cli.told import DATE, How, show_said, telling
from detente.effect.bodies import Circumstances, Effort
from detente.effect.calibration import RESOLVED_MIN, Calibration
from detente.effect.text import counted, header_lines, held_lines, plan_lines, result_lines, silence_line
from detente.errors import InvalidStatement, NotFound
from detente.node.open import opened
from detente.said import Said, read
from detente.when import When

TABLE_BYTES_MAX = 16 << 20
SILENCE_TABLE = (1, 2, 3, 5, 8, 10, 20)


@click.group()
def effect() -> None:
    """Was less seen after a warning than before? Fixed beforehand, counted, answered without saying why."""


@effect.command("plan")
@click.argument("thread", required=False, default="")
@click.option("--class", "classes", multiple=True, type=click.Choice(list(CLASSES)), help="A class to count; repeat.")
@click.option("--indicator", "indicators", multiple=True, help="Count only what this indicator (STIX id) saw; repeat.")
@click.option("--against", "targets", multiple=True, help="Count only what was against this class of target; repeat.")
@click.option("--warned", type=DATE, help="When the warning was given, if not in a thread here.")
@click.option("--before", "before_days", type=float, default=90.0, show_default=True, help="Days before the warning.")
@click.option("--grace", "grace_days", type=float, help="Days after it that count for neither. Default: the warning's.")
@click.option("--after", "after_days", type=float, help="Days after that. Default: the warning's window, or 90.")
@click.option("--party", "parties", multiple=True, help="Count this party's reports too; repeat.")
@click.option(
    "--from",
    "from_",
    multiple=True,
    metavar="PARTY=PLACE",
    help="What PARTY reports as coming from PLACE (several: A;B); repeat.",
)
@click.option("--sensors", multiple=True, metavar="PARTY=WORDS", help="Which sensors of PARTY are counted.")
@click.option("--sensor-count", multiple=True, metavar="PARTY=N/M", help="N sensors before, M after.")
@click.option("--level", type=float, help="Of the interval. Default: 0.9.")
@click.option("--chance", type=float, help="How rare a silence must be with no change. Default: 0.05.")
@click.option("--text", default="", help="More, in words.")
@telling()
@click.pass_obj
def effect_plan(
    out: Out,
    /,
    thread: str,
    classes: tuple[str, ...],
    indicators: tuple[str, ...],
    targets: tuple[str, ...],
    parties: tuple[str, ...],
    from_: tuple[str, ...],
    sensors: tuple[str, ...],
    sensor_count: tuple[str, ...],
    how: How,
    **more: Any,
) -> None:
    """Fix what will be counted, before anybody looks. THREAD: a stop-it warning (demarche).

    Say it before the window after begins, and to the other party, so that both can show that it was.
    """
    from detente.effect.bodies import Plan
    from detente.node.effects import DirectionGiven, make_plan

    places = pairs(from_, what="--from", left="PARTY", right="PLACE[;PLACE]")
    words = pairs(sensors, what="--sensors", left="PARTY", right="WORDS")
    counts = pairs(sensor_count, what="--sensor-count", left="PARTY", right="N/M")
    directions = {
        party: DirectionGiven(
            tuple(place.strip() for place in places.get(party, "").split(";") if place.strip()),
            words.get(party, ""),
            _two(counts[party], "a number of sensors") if party in counts else (1.0, 1.0),
        )
        for party in {*parties, *places, *words, *counts}
    }
    activity = None
    if classes or indicators or targets:
        if not classes:
            raise InvalidStatement("an activity needs a class to count: give --class")
        activity = Activity(classes=classes, indicators=indicators, targets=targets)
    with opened(out.folder) as node:
        said = make_plan(node, thread=thread, activity=activity, directions=directions, **how, **more)
    plan = read(said, Plan)
    lines = [f"Counted: {counted(plan)}", *plan_lines(plan)]
    show_said(out, "effect plan", said, how, words="\n".join(lines))


@effect.command("run")
@click.argument("name")
@click.option("--csv", "file", type=click.Path(path_type=Path), help="Count this table: date,class,cluster.")
@click.option("--sensors-changed", default="", help="In words: a change in what observes.")
@click.option("--reporting-changed", default="", help="In words: a change in who must or may report.")
@click.option("--season", default="", help="In words: what the calendar has to do with it.")
@click.option("--measure", "measures", multiple=True, help="Another measure taken in the windows; repeat.")
@click.option("--effort", multiple=True, metavar="PARTY=N/M", help="Sensor-days that came out, before and after.")
@telling()
@click.pass_obj
def effect_run(
    out: Out,
    name: str,
    file: Path | None,
    sensors_changed: str,
    reporting_changed: str,
    season: str,
    measures: tuple[str, ...],
    effort: tuple[str, ...],
    how: How,
) -> None:
    """Follow the plan NAME and say the result, over sightings and incidents held here or over a table."""
    from detente.node.effects import run

    given = Circumstances(sensors=sensors_changed, reporting=reporting_changed, season=season, measures=measures)
    days = {
        party: Effort(*_two(text, "sensor-days"))
        for party, text in pairs(effort, what="--effort", left="PARTY", right="N/M").items()
    }
    with opened(out.folder) as node:
        ran = run(
            node,
            name,
            table=None if file is None else _table(file),
            source="" if file is None else file.name,
            circumstances=given,
            effort=days,
            **how,
        )
    lines = result_lines(ran.plan, ran.evaluation.result, names=ran.names)
    value = {
        **said_json(ran.said, dry_run=how["dry_run"]),
        "plan": ran.plan_said.id,
        "held_us": dict(ran.held_us),
        "unclassified": ran.unclassified,
        "header": header_lines(ran.plan, ran.evaluation.result),
        "result": msgspec.to_builtins(ran.evaluation.result),
    }

    def text() -> None:
        for line in (*lines, "", *held_lines(ran.plan, ran.held_us)):
            click.echo(line)
        if ran.unclassified:
            click.echo(f"{ran.unclassified} reports held here say no class of activity; they are counted nowhere.")
        if how["dry_run"]:
            click.echo("A dry run; nothing was stored.")
        else:
            print_said(ran.said, dry_run=False)

    out.result("effect run", value, text)


@effect.command("show")
@click.argument("name", required=False, default="")
@click.pass_obj
def effect_show(out: Out, name: str) -> None:
    """Plans and evaluations held here; or one of them, by NAME. Every evaluation of a plan is shown, in the order made."""
    from detente.node.effects import planned, plans

    with opened(out.folder) as node:
        found = [planned(node, name)] if name else plans(node)
    value = {
        "plans": [
            {
                "plan": _statement(one.said),
                "held_us": dict(one.held_us),
                "unread": [_statement(said) for said in one.unread],
                "evaluations": [
                    {"statement": _statement(said), "result": msgspec.to_builtins(body.result)}
                    for said, body in one.evaluations
                ],
            }
            for one in found
        ]
    }

    def one_plan() -> None:
        one = found[0]
        click.echo(f"plan {one.said.short} by {plain(one.said.speaker)}, said {moment(one.said.at_us)}")
        for line in held_lines(one.plan, one.held_us):
            click.echo(line)
        for said in one.unread:
            click.echo(f"{said.short} by {plain(said.speaker)} says to be an evaluation of it, and does not answer it.")
        if not one.evaluations:
            click.echo(f"Counted: {counted(one.plan)}")
            for line in plan_lines(one.plan):
                click.echo(line)
            click.echo("No evaluation of it is held here.")
        for said, body in one.evaluations:
            click.echo("")
            click.echo(
                f"evaluation {said.short} by {plain(said.speaker)}, {moment(said.at_us)}, over {plain(body.source)}"
            )
            for line in result_lines(one.plan, body.result, names=one.names):
                click.echo(line)

    def listed() -> None:
        if not found:
            click.echo("No plan is held here. Fix one with: detente effect plan THREAD")
            return
        table(
            [
                [
                    one.said.short,
                    plain(one.said.speaker),
                    plain(", ".join(one.plan.activity.classes)),
                    str(When(one.plan.warned_us, "day")),
                    "; ".join(
                        f"{said.short}: "
                        + ", ".join(
                            f"{plain(o)} {result.verdict}" for o, result in sorted(body.result.outcomes.items())
                        )
                        for said, body in one.evaluations
                    )
                    or "not evaluated",
                ]
                for one in found
            ],
            ["plan", "by", "counted", "warned", "evaluations"],
        )

    out.result("effect show", value, one_plan if name else listed)


@effect.command("svg")
@click.argument("name")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write the picture to a file.")
@click.pass_obj
def effect_svg(out: Out, name: str, output: Path | None) -> None:
    """The last evaluation of a plan, or the evaluation NAME, as a picture."""
    from detente.effect.picture import picture
    from detente.node.effects import planned

    with opened(out.folder) as node:
        found = planned(node, name)
    if not found.evaluations:
        raise NotFound(
            f"the plan {found.said.short} has no evaluation yet. Make one with: detente effect run {found.said.short}"
        )
    drawn = picture(found.plan, found.evaluations[-1][1].result, names=found.names)
    if output is None:
        click.echo(drawn, nl=False)
        return
    output.write_text(drawn, encoding="utf-8")
    out.result("effect svg", {"file": str(output)}, lambda: click.echo(f"wrote {output}"))


@effect.command("silence")
@click.argument("count", type=click.FloatRange(min=0), required=False)
@click.option("--before", "days", type=click.FloatRange(min=1), default=90.0, show_default=True, help="Days before.")
@click.option("--chance", type=float, default=0.05, show_default=True, help="The chance allowed with no change.")
@click.option("--thread", default="", help="Count our own reports of this stop-it warning's activity.")
@click.pass_obj
def effect_silence(out: Out, count: float | None, days: float, chance: float, thread: str) -> None:
    """How many days of silence say anything, after COUNT incidents in the days before. Ask when you write the warning."""
    from detente.effect.rates import silence_needed_days
    from detente.node.effects import activity_of, silence_now

    if thread:
        if count is not None:
            raise click.UsageError("give COUNT or --thread, not both")
        with opened(out.folder) as node:
            count = float(silence_now(node, activity_of(node, thread), days=days).x0)
    asked = SILENCE_TABLE if count is None else (count,)
    rows = [(x0, silence_needed_days(x0, days, chance)) for x0 in asked]
    value = {
        "before_days": days,
        "chance": chance,
        "silence": [{"count": x0, "needed_days": float(f"{needed:.6g}")} for x0, needed in rows],
    }

    def text() -> None:
        for x0, needed in rows:
            click.echo(silence_line(x0, days, needed, chance))

    out.result("effect silence", value, text)


@effect.command("calibration")
@click.argument("party", required=False, default="")
@click.pass_obj
def effect_calibration(out: Out, party: str) -> None:
    """How PARTY's protective warnings came out (by default ours): Brier score and reliability, from ten resolved on."""
    from detente.node.effects import calibration

    with opened(out.folder) as node:
        found = calibration(node, party)
        who = party or node.origin
    value = {"party": who, "too_few": found.too_few, "resolved_needed": RESOLVED_MIN, **asdict(found)}
    out.result("effect calibration", value, lambda: _print_calibration(who, found))


def _print_calibration(who: str, found: Calibration) -> None:
    click.echo(f"Protective warnings by {plain(who)}")
    click.echo(
        f"  resolved {found.resolved}, undetermined {found.undetermined}, told differently by the parties "
        f"{found.told_differently}, without an outcome {found.open}"
    )
    if found.too_few or found.brier is None or found.brier_of_rate is None:
        click.echo(f"  too few: a score appears from {RESOLVED_MIN} resolved on.")
        return
    click.echo(
        f"  Brier score {found.brier:.3f} (0 is best); saying the share that occurred each time would score {found.brier_of_rate:.3f}"
    )
    if found.brier_unheeded is not None:
        click.echo(f"  without those after which protective measures were taken: {found.brier_unheeded:.3f}")
    table(
        [
            [
                plain(row.word),
                row.scale,
                f"{row.low:g}–{row.high:g} %",
                f"{row.occurred} of {row.resolved}",
                str(row.heeded),
            ]
            for row in found.rows
        ],
        ["word", "scale", "means", "occurred", "not occurred, measures taken"],
    )
    click.echo(
        "  A word is scored as the middle of its interval. A warning that is heeded may look like a false alarm."
    )


def _statement(said: Said) -> dict[str, Any]:
    return {"id": said.id, "short": said.short, "speaker": said.speaker, "at_us": said.at_us, "body": dict(said.body)}


def _two(text: str, what: str) -> tuple[float, float]:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)/(\d+(?:\.\d+)?)", text, re.ASCII)
    if found is None:
        raise InvalidStatement(f"{what} before and after is written 74/64; got {text!r}")
    return float(found[1]), float(found[2])


def _table(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            data = stream.read(TABLE_BYTES_MAX + 1)
    except FileNotFoundError:
        raise NotFound(f"there is no table {file}") from None
    if len(data) > TABLE_BYTES_MAX:
        raise InvalidStatement(f"a table has at most {TABLE_BYTES_MAX >> 20} MiB; {file} has more")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidStatement(f"a table must be UTF-8; {file} is not") from None
