"""reply, thread, report: go on with a thread, look at threads, and count what the channel was used for."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from detente.channel import picture
from detente.channel.bodies import LEVELS, OUTCOMES, POSITIONS, REASONS, Message, Outcome, Relayed
from detente.channel.legs import Leg
from detente.channel.moves import MOVES, OPENINGS
from detente.channel.record import thread_json
from detente.channel.reports import SPANS
from detente.channel.thread import Thread
from detente.cli.exits import NOTHING_FOUND
from detente.cli.given import LEAVING, TEXT, add_options, due, end_us, given_text, numbers, span
from detente.cli.milestones import report
from detente.cli.out import Out, moment, plain, table
from detente.cli.statements import print_spoken, spoken_json
from detente.node.inbox import wanted
from detente.node.open import opened
from detente.node.passing import relayed_counts
from detente.node.talk import all_threads, latency_report, open_threads, read_thread, usage_report
from detente.node.talk import reply as reply_to
from detente.said import short_of_id
from detente.stix.marking import parse_tlp
from detente.words import quoted

ALL_MOVES = OPENINGS | MOVES
# A correction is `detente correction say`: it names the statement and the field.
_MOVES = [move for move in MOVES if move != "correct"]


@click.command()
@click.argument("thread")
@click.argument("move", metavar="MOVE", type=click.Choice(_MOVES))
@click.option(
    "--to", multiple=True, help="Only these addressees of yours; repeat. Default: all whom the move concerns."
)
@add_options(*TEXT)
@click.option("--reason", default="", metavar="REASON", help=f"Of decline: {', '.join(REASONS)}.")
@click.option("--alternative", default="", help="What is offered instead, with decline.")
@click.option("--until", default="", help="Of accept and extend: by when; 2026-11-25, or 48h.")
@click.option("--refer-to", default="", help="The party or office that is competent.")
@click.option("--partial", is_flag=True, help="The answer is partial. Default: full.")
@click.option("--position", default="", metavar="POSITION", help=f"Where you stand: {', '.join(POSITIONS)}.")
@click.option("--status", default="", metavar="STATUS", help=f"Of outcome: {', '.join(OUTCOMES)}.")
@click.option("--evidence", multiple=True, help="Of outcome: a statement or object that shows it; repeat.")
@click.option("--measure", "measures", multiple=True, help="Of outcome: what was done to protect; repeat.")
@click.option("--count", "counts", multiple=True, help="Of relayed: CLASS=NUMBER, as banks=12; repeat. Never names.")
@click.option("--language", default="", help="Of relayed: the language of the wording, such as en.")
@click.option("--superseded-by", default="", help="Of withdraw: the opening that takes its place.")
@click.option("--role", default="", help="The office that speaks.")
@click.option("--ref", "refs", multiple=True, help="A statement or STIX object that it refers to; repeat.")
@add_options(*LEAVING)
@click.pass_obj
def reply(
    out: Out,
    /,
    thread: str,
    move: str,
    to: tuple[str, ...],
    text: str,
    text_file: Path | None,
    until: str,
    partial: bool,
    status: str,
    evidence: tuple[str, ...],
    measures: tuple[str, ...],
    counts: tuple[str, ...],
    language: str,
    by: str,
    marking: str,
    dry_run: bool,
    **given: Any,
) -> None:
    """Make MOVE in THREAD. `thread show` lists the moves that are open to you now.

    acknowledge (agrees to nothing), accept, needs-more, answer-question, refer, decline, extend, answer, position, satisfied,
    contested, withdraw, remind, escalate, outcome, relayed, close.
    """
    with opened(out.folder) as node:
        now_us = node.clock()
        message = Message(
            move=move,
            text=given_text(text, text_file),
            until_us=end_us(until, now_us),
            extent="" if move != "answer" else "partial" if partial else "full",
            outcome=Outcome(status=status, evidence=evidence, measures=measures) if status else None,
            relayed=_relayed(counts, language, now_us),
            marking=parse_tlp(marking).label if marking else "",
            **given,
        )
        spoken = reply_to(node, thread, message, to=to, by=by, dry_run=dry_run)
    shown = spoken_json(spoken)
    out.result("reply", shown, lambda: print_spoken(shown))


def _relayed(counts: tuple[str, ...], language: str, now_us: int) -> tuple[Relayed, ...]:
    return tuple(
        Relayed(class_=class_, count=count, language=language, at_us=now_us)
        for class_, count in numbers(counts, what="--count").items()
    )


@click.group()
def thread() -> None:
    """Look at threads: what was said, in which state they are, what is due."""


@thread.command("list")
@click.option("--with", "partner", default="", help="Only threads with this partner.")
@click.option("--all", "everything", is_flag=True, help="Closed ones too.")
@click.option("--at", default="", help="As it stood then: 2026-11-25, 2026-11-25T12:00Z.")
@click.pass_obj
def list_(out: Out, partner: str, everything: bool, at: str) -> None:
    """Threads by the time of their opening. Exit code 3 when there is none."""
    with opened(out.folder) as node, node.store.indexed() as connection:
        now_us = end_us(at, 0) or node.clock()
        origin = node.partner(connection, partner).origin if partner else None
        found = (all_threads if everything or at else open_threads)(connection, node, now_us)
        us = node.origin
    shown = [one for one in found if (everything or one.open) and (origin is None or origin in one.parties)]

    def text() -> None:
        if not shown:
            click.echo("No thread." if everything else "No open thread. With --all, closed ones are listed too.")
            return
        table([_row(one, us, now_us) for one in shown], ("thread", "what", "between", "state", "due (UTC)", "subject"))

    out.result("thread list", {"threads": [thread_json(one) for one in shown], "now_us": now_us}, text)
    sys.exit(0 if shown else NOTHING_FOUND)


@thread.command()
@click.argument("name", metavar="THREAD")
@click.option("--at", default="", help="As it stood then: 2026-11-25, 2026-11-25T12:00Z.")
@click.pass_obj
def show(out: Out, name: str, at: str) -> None:
    """One thread: states, clocks, everything said in order, and the moves open to you now."""
    with opened(out.folder) as node, node.store.indexed() as connection:
        now_us = end_us(at, 0) or node.clock()
        found = read_thread(connection, node, name, now_us, repeats=True)
        us = node.origin
    moves = [move for move in found.next_moves(us) if move in _MOVES]
    value = {"thread": thread_json(found), "next_moves": moves, "relayed": relayed_counts(found)}
    out.result("thread show", value, lambda: _print(found, us, moves))


@thread.command()
@click.argument("name", metavar="THREAD")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write it here instead of stdout."
)
@click.option("--at", default="", help="As it stood then: 2026-11-25, 2026-11-25T12:00Z.")
@click.pass_obj
def svg(out: Out, name: str, output: Path | None, at: str) -> None:
    """THREAD as a picture: who said what when, and the clocks that run."""
    with opened(out.folder) as node, node.store.indexed() as connection:
        drawn = picture.svg(read_thread(connection, node, name, end_us(at, 0) or node.clock()))
    if output is not None:
        output.write_text(drawn, encoding="utf-8")
    out.result(
        "thread svg",
        {"file": str(output)} if output is not None else {"svg": drawn},
        lambda: click.echo(f"Wrote {output}" if output is not None else drawn),
    )


@report.command()
@click.argument("partner")
@click.pass_obj
def usage(out: Out, partner: str) -> None:
    """What was asked, answered, declined or left unanswered between you and PARTNER, and when a drill is due."""
    with opened(out.folder) as node:
        value = usage_report(node, partner)
    out.result("report usage", value, lambda: _print_usage(value))


@report.command()
@click.argument("partner")
@click.pass_obj
def latency(out: Out, partner: str) -> None:
    """How long you and PARTNER took for what was your part, as medians with their number."""
    with opened(out.folder) as node:
        value = latency_report(node, partner)

    def text() -> None:
        rows = [
            (party, name, span(times[name]["median_us"]), str(times[name]["n"]), drills)
            for party, kinds in value.items()
            for drills, times in (("", kinds["real"]), ("drill", kinds["drills"]))
            for name in SPANS
            if times[name]["n"]
        ]
        if not rows:
            click.echo("Nothing was measured yet: no message has a receipt.")
            return
        table(rows, ("party", "what took", "median", "n", ""))

    out.result("report latency", {"parties": value}, text)


def what(one: Thread) -> str:
    return f"drill: {one.kind}" if one.drill else one.kind


def _row(one: Thread, us: str, now_us: int) -> tuple[str, ...]:
    states = sorted({leg.state for leg in one.legs.values()})
    waits = "you" if one.waits_on(us) else ""
    others = ", ".join(party for party in one.parties if party != us)
    return (
        one.opening.short,
        what(one),
        f"{'you' if one.opener == us else one.opener} → {others if one.opener == us else 'you'}",
        ", ".join(states) + (f" (waits for {waits})" if waits else ""),
        due(one.due_us, now_us),
        quoted(plain(one.message.subject)),
    )


def _print(one: Thread, us: str, moves: list[str]) -> None:
    """State, deadline and next moves first; then the picture; then every word that was said."""
    click.echo(click.style(f"{what(one)} {one.opening.short}  {quoted(plain(one.message.subject))}", bold=True))
    for party, leg in one.legs.items():
        line = f"  {party}: {leg.state}"
        if leg.due_us is not None:
            line += f"; {wanted(leg, us)}, due {due(leg.due_us, one.now_us)}"
        click.echo(line)
        for note in _notes(one, leg):
            click.echo(f"    {note}")
    click.echo(f"  open to you: {', '.join(moves) or 'nothing'}")
    click.echo("")
    # Of the picture the lanes and the axis; its title and the sentences below it stand here in another order.
    drawn = picture.text(one, min(shutil.get_terminal_size().columns, 120)).split("\n\n")[0].splitlines()
    for row in drawn[-len(one.legs) - 2 :]:
        click.echo(row)
    click.echo("")
    for event in one.events:
        flags = f"  [{', '.join(event.flags)}]" if event.flags else ""
        click.echo(
            f"{moment(event.said.at_us)}  {event.said.speaker}: {known(event.move, ALL_MOVES)}  {event.said.short}{flags}"
        )
        if event.reason:
            click.echo(f"    {'' if event.counted else 'counts for nothing: '}{plain(event.reason)}")
        for row in event.message.text.splitlines() if event.message is not None else ():
            click.echo(f"    {quoted(plain(row))}")
    for change in one.corrections:
        click.echo(
            f"{change.speaker} corrects {quoted(plain(change.field))}: {quoted(plain(change.was))} → {quoted(plain(change.now))}"
        )
    for ignored in one.ignored:
        click.echo(f"not in this thread: {ignored.said.short} by {ignored.said.speaker}: {plain(ignored.reason)}")


def _notes(one: Thread, leg: Leg) -> list[str]:
    """What else there is to know of a leg, a line each."""
    notes = []
    if leg.unreceipted:
        notes.append("unreceipted: nothing shows yet that it arrived, which is no refusal")
    if len(leg.repeats) > 1:
        notes.append(f"said {len(leg.repeats)} times, linked: {', '.join(short_of_id(id) for id in leg.repeats)}")
    if leg.reason:
        notes.append(f"reason: {known(leg.reason, REASONS)}")
    if leg.position:
        notes.append(f"position: {known(leg.position, POSITIONS)}")
    for party, outcome in leg.outcomes.items():
        notes.append(f"{party} says: {known(outcome.status, OUTCOMES)}")
    for count in leg.relayed:
        told = f"{quoted(plain(count.class_))}: {count.count} ({quoted(plain(count.language))})"
        notes.append(f"{leg.addressee} says that it told {told}")
    if leg.suggestion is not None:
        person = ", which is for a person to decide" if leg.suggestion.person else ""
        notes.append(f"{one.opener} can {leg.suggestion.move}, level {LEVELS[leg.suggestion.level]}{person}")
    if leg.meeting_callable:
        notes.append("a meeting can be called")
    return notes + [f"the opening is incomplete: {plain(fault)}" for fault in one.faults]


def known(word: str, words: Mapping[str, str]) -> str:
    """A word of a list with its meaning; a partner's word that is not of the list stands in quotes."""
    if word not in words:
        return quoted(plain(word))
    return word if words is ALL_MOVES else f"{word} ({words[word]})"


def _print_usage(value: dict[str, Any]) -> None:
    used, drilled = moment(value["last_use_us"]), moment(value["last_drill_us"])
    click.echo(f"{value['words'][:1].upper()}{value['words'][1:]}; last use {used}, last drill {drilled}")
    click.echo(
        "A drill is due." if value["drill_due"] else f"The next drill falls due {moment(value['drill_due_us'])}."
    )
    rows = [
        (opener, addressee, f"drill: {kind}" if drills else kind, name, str(len(ids)))
        for opener, others in value["pairs"].items()
        for addressee, counts in others.items()
        for drills, kinds in (("", counts["kinds"]), ("drill", counts["drills"]))
        for kind, classes in kinds.items()
        for name, ids in classes.items()
        if ids
    ]
    if rows:
        click.echo("")
        table(rows, ("said by", "to", "what", "class", "number"))


__all__ = ["reply", "report", "thread"]
