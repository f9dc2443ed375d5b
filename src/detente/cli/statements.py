"""How one statement is shown after it was said, or would be."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from detente.channel.bodies import LEVELS
from detente.channel.clocks import DRILL, profile_of
from detente.cli.given import relative
from detente.cli.out import moment, plain
from detente.node.talk import Spoken
from detente.said import Said, written


def said_json(said: Said, *, dry_run: bool) -> dict[str, Any]:
    return {
        "said": not dry_run,
        "dry_run": dry_run,
        "id": said.id,
        "short": said.short,
        "kind": said.kind,
        "to": list(said.aud),
        "at_us": said.at_us,
        "body": dict(said.body),
    }


def print_said(said: Said, *, dry_run: bool) -> None:
    to = ", ".join("everybody" if party == "*" else party for party in said.aud) or "nobody: it stays in your log"
    if dry_run:
        click.echo(f"Would say to {to}: {said.kind}. Nothing was stored. Word for word:")
        click.echo(plain_json(dict(said.body)))
    else:
        click.echo(f"Said {said.short}: {said.kind} to {to}, {moment(said.at_us)}.")


def plain_json(value: Any) -> str:
    """A body as it is said, indented; control and direction characters are shown, not obeyed."""
    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    return "\n".join(plain(line) for line in text.splitlines())


def spoken_json(spoken: Spoken) -> dict[str, Any]:
    """What came of it; `due` are the moments at which the clocks of an opening end if nothing is said."""
    message = spoken.message
    due = {}
    if not message.thread:
        profile = profile_of(message.profile, message.calendar)
        sent = spoken.said.at_us
        due = {"delivery": profile.later(sent, profile.delivery_us)}
    return {
        "said": spoken.stored and not spoken.waits,
        "waits_for_second_person": spoken.waits,
        "dry_run": not spoken.stored,
        "id": spoken.said.id,
        "short": spoken.said.short,
        "thread": message.thread or spoken.said.id,
        "move": message.move,
        "drill": message.profile.startswith(DRILL),
        "level": LEVELS[message.level],
        "to": list(spoken.to),
        "at_us": spoken.said.at_us,
        "due_us": due,
        "profile": message.profile,
        "body": dict(spoken.said.body) if not spoken.waits or not spoken.stored else written(message),
    }


def print_spoken(shown: dict[str, Any]) -> None:
    """One line for what happened, then who gets it, then what runs."""
    what = f"{'drill: ' if shown['drill'] else ''}{shown['move']}"
    to = ", ".join(shown["to"])
    if shown["dry_run"]:
        click.echo(f"Would say to {to}: {what}, level {shown['level']}. Nothing was stored. Word for word:")
        click.echo(plain_json(shown["body"]))
        if shown["waits_for_second_person"]:
            click.echo("It would wait for a second person first.")
    elif shown["waits_for_second_person"]:
        click.echo(f"Draft {shown['short']}: {what} to {to}. Nothing has left.")
        click.echo(f"A second person lets it go: detente outbox approve {shown['short']} --by NAME")
    else:
        click.echo(f"Said {shown['short']}: {what} to {to}, {moment(shown['at_us'])}.")
        for clock, due_us in shown["due_us"].items():
            click.echo(
                f"  {clock} due {moment(due_us)} ({relative(due_us, shown['at_us'])}); clocks: {shown['profile']}"
            )
        if shown["due_us"]:
            click.echo("  It leaves when they pull: their receipt shows when they have it.")
    if "silence" in shown:
        _print_silence(shown["silence"])


def _print_silence(silence: dict[str, Any] | None) -> None:
    """Whether the question "did it end?" can be answered at all, said before anybody waits for the answer."""
    if silence is None:
        click.echo(
            "  How long must a silence be to show anything? Say what was seen: --before-count and --before-days."
        )
        return
    needed, window = silence["silence_needed_days"], silence["window_days"]
    click.echo(
        f"  To show anything, none may be seen for {needed:.0f} days: {silence['before_count']} were seen in "
        f"{silence['before_days']:g} days before."
    )
    if window < needed:
        click.echo(f"  The window has {window:g} days: none seen in it would be too few data.")
