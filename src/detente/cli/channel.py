"""notice, request, warn, drill: open a thread in the channel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import msgspec

from detente.activity import CLASSES, Activity
from detente.channel.bodies import (
    LEVELS,
    PRIORITIES,
    WANTS,
    Consequence,
    CouldAct,
    Likelihood,
    Message,
    Relay,
    Window,
    Withheld,
)
from detente.channel.clocks import DRILL, PROFILES
from detente.channel.moves import DEMARCHE, NOTICE, REQUEST, WARNING
from detente.cli.given import LEAVING, TEXT, add_options, begin_us, end_us, given_text, numbers, pairs
from detente.cli.out import Out, plain
from detente.cli.statements import print_spoken, spoken_json
from detente.effect.rates import silence_needed_days
from detente.errors import InvalidStatement
from detente.node.open import opened
from detente.node.passing import pass_warning
from detente.node.talk import SealedText, send
from detente.stix.marking import parse_tlp
from detente.when import DAY_US
from detente.words import quoted

_LEVEL_NUMBERS = {name: number for number, name in LEVELS.items()}
_REHEARSED = "urgent"


_ACTIVITY = (
    click.option(
        "--class", "classes", multiple=True, type=click.Choice(list(CLASSES)), help="The class of activity; repeat."
    ),
    click.option(
        "--indicator", "indicators", multiple=True, help="Only what was seen by this indicator (STIX id); repeat."
    ),
    click.option("--against", "targets", multiple=True, help="Only against this class of target; repeat."),
    click.option("--territory", "territories", multiple=True, help="Only what is said to appear from there; repeat."),
)
_OPENING = (
    click.option("--to", multiple=True, required=True, help="A partner; repeat."),
    click.option("--subject", default="", help="One line."),
    *TEXT,
    click.option(
        "--level",
        type=click.Choice(list(_LEVEL_NUMBERS)),
        default="technical",
        show_default=True,
        help="Between whom it is said.",
    ),
    click.option(
        "--profile",
        type=click.Choice(list(PROFILES)),
        default="vienna",
        show_default=True,
        help="The clocks that run.",
    ),
    click.option("--weekdays", is_flag=True, help="Weekends do not count; with --profile technical only."),
    click.option(
        "--priority", type=click.Choice(PRIORITIES), default="normal", show_default=True, help="As the sender sees it."
    ),
    click.option("--lane", default="", help="A topic that stays open whatever is disputed elsewhere, such as crime."),
    click.option("--purpose", default="", help="What the content may be used for."),
    click.option("--role", default="", help="The office that speaks."),
    click.option("--to-role", default="", help="The office that is addressed."),
    click.option("--ref", "refs", multiple=True, help="A statement or STIX object that it refers to; repeat."),
    click.option("--repeats", default="", help="Your earlier message of the same kind that this one repeats."),
    click.option("--drill", is_flag=True, help="A rehearsal: the same clocks, marked as a drill everywhere."),
    *LEAVING,
)
_WINDOW = (
    click.option("--from", "from_", default="", help="Begin of the window: 2026-11-25, 2026-11-25T12:00Z, or 48h from now. Default: now."),
    click.option("--until", default="", help="End of the window, in the same forms; a day counts to its end."),
)  # fmt: skip


@click.command()
@add_options(*_OPENING)
@click.pass_obj
def notice(out: Out, /, **given: Any) -> None:
    """Tell partners something. It asks for nothing but that they acknowledge having it."""
    _open(out, "notice", lambda _: _opening_message(NOTICE, given), given)


@click.command()
@click.option("--want", "wants", multiple=True, type=click.Choice(list(WANTS)), help="What is asked for; repeat.")
@click.option(
    "--needed-by", default="", help="When: 2026-11-25, or 48h. It can give more time than the profile, never less."
)
@add_options(*_ACTIVITY, *_OPENING)
@click.pass_obj
def request(out: Out, /, wants: tuple[str, ...], needed_by: str, **given: Any) -> None:
    """Ask partners for something, with a clock that both sides see."""

    def build(now_us: int) -> Message:
        return _with(
            _opening_message(REQUEST, given),
            wants=wants,
            needed_by_us=end_us(needed_by, now_us),
            activity=_activity(given),
        )

    _open(out, "request", build, given)


@click.group()
def warn() -> None:
    """Warn a partner: of what others may do to it (protective), or that an activity is to end (stop)."""


@warn.command()
@click.option("--target", default="", help="The class of target, such as banks.")
@click.option("--likelihood", default="", help='How likely it is: a word of ICD 203, or SCALE:WORD, such as "likely".')
@click.option("--confidence", default="", help="How sure you are of the basis: low, moderate or high.")
@click.option("--advice", default="", help="What the addressee can do.")
@click.option("--could-act", multiple=True, help="WHO=yes|no|unknown: who could act on it, and were they told; repeat.")
@click.option("--relay", "relay", is_flag=True, help="The addressee may pass it on, in the wording given and no other.")
@click.option("--relay-text", multiple=True, help="LANGUAGE=TEXT: the wording in which it may be passed on; repeat.")
@click.option(
    "--relay-public", is_flag=True, help="It may go to the public, as --public-text; a second person approves it."
)
@click.option("--public-text", multiple=True, help="LANGUAGE=TEXT: the text for the public; repeat.")
@add_options(*_WINDOW, *_OPENING)
@click.pass_obj
def protective(
    out: Out,
    /,
    target: str,
    likelihood: str,
    confidence: str,
    advice: str,
    could_act: tuple[str, ...],
    relay: bool,
    relay_text: tuple[str, ...],
    relay_public: bool,
    public_text: tuple[str, ...],
    from_: str,
    until: str,
    **given: Any,
) -> None:
    """Warn of something that others may do. When its window ends, everybody is asked how it came out."""
    scale, colon, word = likelihood.partition(":")

    def build(now_us: int) -> Message:
        may = relay or relay_public or bool(relay_text)
        return _with(
            _opening_message(WARNING, given),
            window=_window_of(from_, until, now_us),
            target=target,
            likelihood=None
            if not likelihood
            else Likelihood(
                word=word if colon else likelihood, scale=scale if colon else "icd203", confidence=confidence
            ),
            advice=advice,
            could_act=tuple(
                CouldAct(who=who, told=told)
                for who, told in pairs(could_act, what="--could-act", left="WHO", right="yes|no|unknown").items()
            ),
            relay=Relay(
                allowed=may,
                public=relay_public,
                wording=pairs(relay_text, what="--relay-text", left="en", right="TEXT"),
            )
            if may
            else None,
            public_text=pairs(public_text, what="--public-text", left="en", right="TEXT"),
        )

    _open(out, "warn protective", build, given)


@warn.command()
@click.option("--demand", default="", help="What is demanded.")
@click.option("--consequence", default="", help="none, or the consequence in words.")
@click.option(
    "--consequence-file",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="The same from a file; - is standard input.",
)
@click.option(
    "--sealed", is_flag=True, help="Commit to the consequence by digest and keep its text here until it is revealed."
)
@click.option("--reveal-at", default="", help="When a sealed consequence is revealed: 2026-12-24, or 30d.")
@click.option("--reveal-if", default="", help="On which condition it is revealed, in words.")
@click.option("--evidence", multiple=True, help="A statement (id) or STIX object that shows it; repeat.")
@click.option("--withheld", default="", help="ITEMS:CLASS:DIGEST, evidence that exists and is not shown.")
@click.option("--before-count", type=click.IntRange(min=0), help="How many incident clusters were seen before.")
@click.option("--before-days", type=click.FloatRange(min=0, min_open=True), help="In how many days these were seen.")
@add_options(*_ACTIVITY, *_WINDOW, *_OPENING)
@click.pass_obj
def stop(
    out: Out,
    /,
    demand: str,
    consequence: str,
    consequence_file: Path | None,
    sealed: bool,
    reveal_at: str,
    reveal_if: str,
    evidence: tuple[str, ...],
    withheld: str,
    before_count: int | None,
    before_days: float | None,
    from_: str,
    until: str,
    **given: Any,
) -> None:
    """Demand that an activity end, within a window (a demarche).

    With --before-count and --before-days it also says how long a silence would have to be to show anything.
    """
    if (before_count is None) != (before_days is None):
        raise InvalidStatement("--before-count and --before-days come together")
    words = given_text(consequence, consequence_file, what="consequence")
    if (reveal_at or reveal_if) and not sealed:
        raise InvalidStatement("--reveal-at and --reveal-if belong to a consequence that is --sealed")
    if sealed and not words:
        raise InvalidStatement("a sealed consequence needs its text: --consequence TEXT or --consequence-file FILE")

    def build(now_us: int) -> Message:
        return _with(
            _opening_message(DEMARCHE, given),
            activity=_activity(given),
            demand=demand,
            window=_window_of(from_, until, now_us),
            consequence=_consequence(words, sealed=sealed),
            evidence=evidence,
            withheld=_withheld(withheld),
        )

    def seal(now_us: int) -> SealedText | None:
        return SealedText(words, end_us(reveal_at, now_us), reveal_if) if sealed else None

    _open(out, "warn stop", build, given, seal=seal, before=(before_count, before_days))


@warn.command()
@click.argument("thread")
@click.option("--language", required=True, help="The language of the wording, such as en.")
@click.option(
    "--to", multiple=True, help="CLASS=PARTNER: a partner that is told, and the class it is counted in; repeat."
)
@click.option("--count", "counts", multiple=True, help="CLASS=NUMBER: how many were told by other ways; repeat.")
@add_options(*TEXT)
@click.option("--by", default="", envvar="DETENTE_PERSON", help="Who says it (or DETENTE_PERSON). Stays in this node.")
@click.option("--dry-run", is_flag=True, help="Show who would get what, word for word; store nothing.")
@click.pass_obj
def relay(
    out: Out,
    thread: str,
    language: str,
    to: tuple[str, ...],
    counts: tuple[str, ...],
    text: str,
    text_file: Path | None,
    by: str,
    dry_run: bool,
) -> None:
    """Pass a warning on that you got, in the wording that its speaker permits and no other.

    Without --to and --count it prints that wording, and nothing is recorded. With them, the warner is told how many of which class
    were told, never who.
    """
    partners: dict[str, list[str]] = {}
    for one in to:
        for class_, partner in pairs((one,), what="--to", left="CLASS", right="PARTNER").items():
            partners.setdefault(class_, []).append(partner)
    with opened(out.folder) as node:
        passed = pass_warning(
            node,
            thread,
            language=language,
            text=given_text(text, text_file),
            to=partners,
            counts=numbers(counts, what="--count"),
            by=by,
            dry_run=dry_run,
        )
    spoken = [spoken_json(one) for one in (*passed.notices, *((passed.receipt,) if passed.receipt else ()))]

    def show() -> None:
        click.echo(f"The wording, in {language}:")
        for line in passed.wording.splitlines():
            click.echo(f"  {quoted(plain(line))}")
        for one in spoken:
            print_spoken(one)

    out.result("warn relay", {"language": language, "quote": passed.wording, "spoken": spoken}, show)


@click.command()
@click.option("--to", multiple=True, required=True, help="A partner; repeat.")
@click.option(
    "--profile",
    type=click.Choice(list(PROFILES)),
    default=_REHEARSED,
    show_default=True,
    help="The clocks that are rehearsed.",
)
@click.option("--text", default="", help="What the drill asks. Default: who is on duty, and how they are reached.")
@add_options(*LEAVING)
@click.pass_obj
def drill(out: Out, /, profile: str, text: str, **given: Any) -> None:
    """Rehearse: a request for a contact, marked as a drill, on the clocks of the real thing."""
    given |= {"drill": True, "profile": profile, "subject": "Drill: who is on duty?"}
    given["text"] = (
        text or "This is a drill. Please acknowledge it, and answer who is on duty and how they are reached."
    )
    _open(out, "drill", lambda _: _with(_opening_message(REQUEST, given), wants=("contact",)), given)


# -- from options to a message ------------------------------------------------------------------------------------------


def _opening_message(move: str, given: dict[str, Any]) -> Message:
    profile = given.get("profile", "vienna")
    return Message(
        move=move,
        subject=given.get("subject", ""),
        text=given_text(given.get("text", ""), given.get("text_file")),
        level=_LEVEL_NUMBERS[given.get("level", "technical")],
        profile=f"{DRILL}{profile}" if given.get("drill") else profile,
        calendar="weekdays" if given.get("weekdays") else "",
        priority=given.get("priority", "normal"),
        lane=given.get("lane", ""),
        purpose=given.get("purpose", ""),
        role=given.get("role", ""),
        to_role=given.get("to_role", ""),
        refs=given.get("refs", ()),
        repeats=given.get("repeats", ""),
        marking=parse_tlp(given["marking"]).label if given["marking"] else "",
    )


def _with(message: Message, **values: Any) -> Message:
    return msgspec.structs.replace(message, **values)


def _window_of(from_: str, until: str, now_us: int) -> Window | None:
    """None when no end was typed: the check names the field that is missing."""
    if not until:
        return None
    try:
        return Window(begin_us(from_, now_us) or now_us, end_us(until, now_us))
    except ValueError as error:
        raise InvalidStatement(f"{error}: --from {from_ or 'now'} --until {until}") from None


def _activity(given: dict[str, Any]) -> Activity | None:
    lists = {name: given[name] for name in ("classes", "indicators", "targets", "territories")}
    if not any(lists.values()):
        return None
    try:
        return Activity(**lists)
    except ValueError as error:
        raise InvalidStatement(str(error)) from None


def _consequence(words: str, *, sealed: bool) -> Consequence | None:
    if not words or sealed:
        return None
    return Consequence(class_="none") if words == "none" else Consequence(class_="open", text=words)


def _withheld(text: str) -> Withheld | None:
    if not text:
        return None
    items, _, rest = text.partition(":")
    class_, _, commitment = rest.partition(":")
    if not items.isascii() or not items.isdigit() or not class_ or not commitment:
        raise InvalidStatement(
            f"--withheld is written ITEMS:CLASS:DIGEST, such as 3:classified:{'x' * 8}…; got {text!r}"
        )
    return Withheld(items=int(items), class_=class_, commitment=commitment)


def _silence(message: Message, before_count: int | None, before_days: float | None) -> dict[str, Any] | None:
    """How long none must be seen before that shows anything, beside how long the window is. None when nothing before was given."""
    if before_count is None or before_days is None or message.window is None:
        return None
    return {
        "before_count": before_count,
        "before_days": before_days,
        "silence_needed_days": round(silence_needed_days(before_count, before_days), 1),
        "window_days": round((message.window.to_us - message.window.from_us) / DAY_US, 1),
    }


# -- showing ------------------------------------------------------------------------------------------------------------


def _open(
    out: Out,
    command: str,
    build: Callable[[int], Message],
    given: dict[str, Any],
    *,
    seal: Callable[[int], SealedText | None] = lambda _: None,
    before: tuple[int | None, float | None] = (None, None),
) -> None:
    with opened(out.folder) as node:
        now_us = node.clock()
        message = build(now_us)
        spoken = send(node, message, to=given["to"], by=given["by"], sealed=seal(now_us), dry_run=given["dry_run"])
        shown = spoken_json(spoken) | ({"silence": _silence(message, *before)} if message.move == DEMARCHE else {})
    out.result(command, shown, lambda: print_spoken(shown))
