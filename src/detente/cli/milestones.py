"""milestone, measure, report milestones: when things were seen, decided and published, and what became of recommendations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from detente.chronology.bodies import STATES, STEP_WORDS, STEPS, Measure, Milestone, State, made
from detente.chronology.measures import Tracked, counts
from detente.chronology.milestones import Account
from detente.cli.out import Out, moment, plain, table
from detente.cli.told import DATE, How, telling
from detente.node.open import opened
from detente.said import Said
from detente.words import quoted


@click.group()
def milestone() -> None:
    """When something was first seen, assessed, decided, published."""


@milestone.command("add")
@click.argument("about")
@click.argument("step", type=click.Choice(STEPS))
@click.argument("when", type=DATE)
@click.option("--by", required=True, help="The office that saw, assessed, decided or published it.")
@click.option("--choice", type=click.Choice(["act", "do not act"]), help="What was decided; for a decision.")
@click.option("--reason", "reasons", multiple=True, help="A reason that was given; repeat.")
@click.option("--text", default="", help="More, in words.")
@click.option("--source", default="", help="Where this is from.")
@telling()
@click.pass_obj
def milestone_add(out: Out, /, how: How, choice: str | None, **fields: Any) -> None:
    """Record that STEP of ABOUT was taken at WHEN: 2016-10, 2016-10-07 or 2016-10-07T15:30Z, as precise as is known."""
    from detente.node.record import add_milestone

    body = made(Milestone, choice=choice or "", **fields)
    with opened(out.folder) as node:
        said = add_milestone(node, body, **how)
    _said(out, "milestone add", said, f"{STEP_WORDS[body.step]}, {body.when}", how)


@milestone.command("list")
@click.argument("about", required=False)
@click.pass_obj
def milestone_list(out: Out, about: str | None) -> None:
    """The milestones, in the order of their dates; each as its speaker states it. Of our decisions, also how much was known here then."""
    from detente.node.record import known_then, read_milestones

    with opened(out.folder) as node:
        accounts = _listed(read_milestones(node, about))
        known = known_then(node, accounts)

    def text() -> None:
        stamps = [(account, stamp) for account in accounts for stamp in account.stamps]
        if not stamps:
            click.echo("No milestone is recorded. Add one with: detente milestone add ABOUT STEP WHEN --by OFFICE")
            return
        rows = [
            [
                plain(quoted(account.about)),
                str(stamp.when),
                STEP_WORDS[stamp.milestone.step] + (f": {stamp.milestone.choice}" if stamp.milestone.choice else ""),
                plain(quoted(stamp.milestone.by)),
                plain(account.speaker),
                stamp.said.short,
            ]
            for account, stamp in stamps
        ]
        table(rows, ["about", "when", "step", "by", "stated by", "statement"])
        for _, stamp in stamps:
            if stamp.said.id in known:
                count = known[stamp.said.id]
                click.echo(
                    f"{stamp.said.short}: {count} {'statement was' if count == 1 else 'statements were'} held here by then; "
                    f"see: detente chronology --known-on {stamp.when.iso}"
                )

    value = {"accounts": [_account_json(account) for account in accounts], "held_here_then": known}
    out.result("milestone list", value, text)


@click.group()
def report() -> None:
    """What the record shows, counted."""


@report.command("milestones")
@click.argument("about", required=False)
@click.pass_obj
def report_milestones(out: Out, about: str | None) -> None:
    """Days from first sighting to assessment, decision and publication, each as precise as its source."""
    accounts = _accounts(out, about)

    def text() -> None:
        for account in accounts:
            click.echo(click.style(f"{plain(quoted(account.about))}, as {plain(account.speaker)} states it", bold=True))
            for interval in account.intervals:
                start, end = interval.start.milestone, interval.end.milestone
                click.echo(
                    f"  {STEP_WORDS[start.step]} {start.when} ({plain(quoted(start.by))})  →  "
                    f"{STEP_WORDS[end.step]} {end.when} ({plain(quoted(end.by))}): {interval.gap}"
                )
            if account.not_recorded:
                click.echo(f"  not recorded here: {', '.join(STEP_WORDS[step] for step in account.not_recorded)}")
        if not accounts:
            click.echo("No milestone is recorded.")

    out.result("report milestones", {"accounts": [_account_json(account) for account in accounts]}, text)


@click.group()
def measure() -> None:
    """What a review recommends, and what became of it."""


@measure.command("add")
@click.argument("text")
@click.option("--owner", required=True, help="Who is to do it.")
@click.option("--about", required=True, help="The review or incident it comes from.")
@click.option("--given-by", default="", help="Who recommends it.")
@click.option("--when", type=DATE, help="The day on which it was given. Default: now.")
@click.option("--due", type=DATE, help="By when it is to be done.")
@telling()
@click.pass_obj
def measure_add(out: Out, /, how: How, **fields: Any) -> None:
    """Record a recommendation, TEXT. It is then given; what becomes of it is said with: detente measure update."""
    from detente.node.record import add_measure

    body = made(Measure, **fields)
    with opened(out.folder) as node:
        said = add_measure(node, body, **how)
    _said(out, "measure add", said, "given", how)


@measure.command("update")
@click.argument("name")
@click.argument("state", type=click.Choice([state for state in STATES if state != "given"]))
@click.option("--evidence", multiple=True, help="What shows it: a statement or a paper; repeat. Needed for done.")
@click.option("--reason", default="", help="Why. Needed for rejected.")
@click.option("--when", type=DATE, help="The day on which it came to be so.")
@telling()
@click.pass_obj
def measure_update(
    out: Out,
    /,
    name: str,
    state: State,
    how: How,
    **fields: Any,
) -> None:
    """Say that the measure NAME is now STATE. Done needs evidence."""
    from detente.node.record import update_measure

    with opened(out.folder) as node:
        said = update_measure(node, name, state, **fields, **how)
    _said(out, "measure update", said, state, how)


@measure.command("list")
@click.option("--all", "everything", is_flag=True, help="Those that are done or rejected too.")
@click.pass_obj
def measure_list(out: Out, everything: bool) -> None:
    """Open measures with age and owner; what each party says of them stands by its name."""
    from detente.node.record import read_measures

    with opened(out.folder) as node:
        found = read_measures(node)
        now_us = node.clock()
    shown = [one for one in found if everything or one.open]
    value = {
        "measures": [_measure_json(one, now_us) for one in shown],
        "states": dict(counts(found)),
    }

    def text() -> None:
        if shown:
            table([_measure_row(one, now_us) for one in shown], ["measure", "state", "age", "owner", "due", "text"])
        click.echo(", ".join(f"{state} {count}" for state, count in counts(found).items()))

    out.result("measure list", value, text)


def _accounts(out: Out, about: str | None) -> list[Account]:
    from detente.node.record import read_milestones

    with opened(out.folder) as node:
        return _listed(read_milestones(node, about))


def _listed(accounts: Mapping[str, Mapping[str, Account]]) -> list[Account]:
    return [account for by_speaker in accounts.values() for account in by_speaker.values()]


def _account_json(account: Account) -> dict[str, Any]:
    return {
        "about": account.about,
        "speaker": account.speaker,
        "stamps": [
            {
                "id": stamp.said.id,
                "short": stamp.said.short,
                "step": stamp.milestone.step,
                "when": stamp.when.iso,
                "precision": stamp.when.fidelity,
                "by": stamp.milestone.by,
                "choice": stamp.milestone.choice or None,
                "quotes": {
                    "reasons": list(stamp.milestone.reasons),
                    "text": stamp.milestone.text,
                    "source": stamp.milestone.source,
                },
            }
            for stamp in account.stamps
        ],
        "intervals": [
            {
                "from": interval.start.said.id,
                "to": interval.end.said.id,
                "steps": [interval.start.milestone.step, interval.end.milestone.step],
                "days_min": interval.gap.days_min,
                "days_max": interval.gap.days_max,
                "words": str(interval.gap),
            }
            for interval in account.intervals
        ],
        "not_recorded": list(account.not_recorded),
    }


def _measure_json(one: Tracked, now_us: int) -> dict[str, Any]:
    return {
        "id": one.said.id,
        "short": one.said.short,
        "recorded_by": one.said.speaker,
        "about": one.measure.about,
        "owner": one.measure.owner,
        "given_by": one.measure.given_by or None,
        "given": moment(one.given_us),
        "due": one.measure.due.iso if one.measure.due is not None else None,
        "overdue": one.overdue(now_us),
        "age_days": one.age_days(now_us),
        "open": one.open,
        "state": one.state,
        "states": one.states,
        "words": [
            {
                "id": word.said.id,
                "speaker": word.said.speaker,
                "state": word.state,
                "said_us": word.said.at_us,
                "evidence": list(word.evidence),
                "quote": word.reason,
            }
            for word in one.words
        ],
        "quote": one.measure.text,
    }


def _measure_row(one: Tracked, now_us: int) -> list[str]:
    others = [
        f"{plain(origin)} says {state}" for origin, state in sorted(one.states.items()) if origin != one.said.speaker
    ]
    due = "–" if one.measure.due is None else f"{one.measure.due}{' (passed)' if one.overdue(now_us) else ''}"
    age = one.age_days(now_us)
    return [
        one.said.short,
        "; ".join([one.state, *others]),
        f"{age} day" if age == 1 else f"{age} days",
        plain(quoted(one.measure.owner)),
        due,
        plain(quoted(one.measure.text)),
    ]


def _said(out: Out, command: str, said: Said, what: str, how: How) -> None:
    value = {"id": said.id, "short": said.short, "addressees": list(said.aud), "dry_run": how["dry_run"]}
    to = f" to {', '.join(said.aud)}" if said.aud else " in our own record"
    out.result(
        command,
        value,
        lambda: click.echo(f"{'Would say' if how['dry_run'] else 'Said'}{to}: {what} ({said.kind} {said.short})"),
    )
