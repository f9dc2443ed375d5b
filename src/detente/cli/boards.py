"""board, assess: who says who did it, how sure, on what basis; and who denies, endorses, or asserts nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import msgspec

from detente.attribution.board import suspected
from detente.attribution.bodies import (
    QUESTIONS,
    Group,
    Hypothesis,
)
from detente.attribution.events import changes
from detente.attribution.image import svg
from detente.attribution.matrix_text import matrix_text
from detente.attribution.picture import moment, text
from detente.attribution.pooling import METHODS, pool
from detente.attribution.view import BoardView, value_of
from detente.cli.board_answers import ON_BOARD, assess, finding, position, rate, reveal, tasking
from detente.cli.given import pairs
from detente.cli.out import Out, plain, table
from detente.cli.told import DATE, How, show_said, telling
from detente.errors import InvalidStatement
from detente.node import assess as boards
from detente.node.open import opened
from detente.said import read_value
from detente.when import When

__all__ = ["assess", "board"]


@click.group()
def board() -> None:
    """Rival attributions side by side. Nothing is averaged, and no verdict is given."""


for _command in (position, rate, tasking, finding, reveal):
    board.add_command(_command)


@board.command("new")
@click.argument("title")
@click.option(
    "--question", required=True, type=click.Choice(list(QUESTIONS)), help="What is asked; one question to a board."
)
@click.option("--incident", required=True, help="The incident's id.")
@click.option(
    "--hypothesis", "hypotheses", multiple=True, help="KEY=TEXT; repeat, two at least. other and cannot-tell are added."
)
@click.option(
    "--rung", "rungs", multiple=True, help="KEY=RUNG of state responsibility that a hypothesis asserts; repeat."
)
@click.option("--actor", "actors", multiple=True, help="KEY=NAME that a hypothesis names; repeat.")
@click.option(
    "--group", "groups", multiple=True, help="NAME=COUNT or NAME=OFFICE,OFFICE…: offices under one head; repeat."
)
@telling(public=True)
@click.pass_obj
def board_new(
    out: Out,
    title: str,
    question: str,
    incident: str,
    hypotheses: tuple[str, ...],
    rungs: tuple[str, ...],
    actors: tuple[str, ...],
    groups: tuple[str, ...],
    how: How,
) -> None:
    """Open a board with TITLE. A board with one hypothesis is refused."""
    with opened(out.folder) as node:
        said = boards.open_board(
            node,
            question=question,
            incident=incident,
            title=title,
            hypotheses=_hypotheses(hypotheses, rungs, actors),
            groups=_groups(groups),
            **how,
        )
    show_said(out, "board new", said, how)


@board.command("add")
@click.argument("board")
@click.option("--hypothesis", "hypotheses", multiple=True, help="KEY=TEXT; repeat.")
@click.option(
    "--rung", "rungs", multiple=True, help="KEY=RUNG of state responsibility that a hypothesis asserts; repeat."
)
@click.option("--actor", "actors", multiple=True, help="KEY=NAME that a hypothesis names; repeat.")
@click.option("--group", "groups", multiple=True, help="NAME=COUNT or NAME=OFFICE,OFFICE…; repeat.")
@ON_BOARD
@click.pass_obj
def board_add(
    out: Out,
    board: str,
    hypotheses: tuple[str, ...],
    rungs: tuple[str, ...],
    actors: tuple[str, ...],
    groups: tuple[str, ...],
    how: How,
) -> None:
    """Add hypotheses or groups to BOARD, whoever opened it. Nothing is taken away."""
    with opened(out.folder) as node:
        said = boards.add_to_board(
            node,
            board,
            hypotheses=_hypotheses(hypotheses, rungs, actors),
            groups=_groups(groups),
            **how,
        )
    show_said(out, "board add", said, how)


@board.command("list")
@click.option("--actor", default="", help="Only boards on which somebody judges a hypothesis that names this actor.")
@click.option("--on", "on", default=None, type=DATE, help="As of what was said by the end of this date.")
@click.pass_obj
def board_list(out: Out, actor: str, on: When | None) -> None:
    """The boards, in the order in which they were opened. With an actor, incidents with an explicit non-assertion stand apart."""
    with opened(out.folder) as node, node.store.indexed() as connection:
        found = boards.read_boards(connection, on_us=None if on is None else on.last_us)
    apart: tuple[BoardView, ...] = ()
    if actor:
        listed, apart = suspected(found, actor)
        found = list(listed)

    def show() -> None:
        if not found:
            click.echo("No board fits." if actor else "There is no board yet. Open one with: detente board new")
        for view in found:
            click.echo(f"{view.short}  {view.question}  {plain(view.title)}  ({moment(view.said_us)})")
            click.echo(f"  {plain(view.header.sentence)}")
        for view in apart:
            click.echo(
                f"Not listed under {plain(actor)}: {plain(view.incident)}; explicit non-assertion by {plain(', '.join(view.non_asserting))}"
            )

    out.result(
        "board list",
        {"boards": [_line(view) for view in found], "explicit_non_assertion": [_line(view) for view in apart]},
        show,
    )


@board.command("show")
@click.argument("board")
@click.option("--on", "on", default=None, type=DATE, help="As of what was said by the end of this date.")
@click.option("--known", default=None, type=DATE, help="Of what this node had stored by the end of this date.")
@click.option("--since", default=None, type=DATE, help="Also list what was said after the end of this date.")
@click.option(
    "--pool", "method", default=None, type=click.Choice(METHODS), help="Add a pooled line, computed by this method."
)
@click.option(
    "--weight", "weights", multiple=True, help="OFFICE=NUMBER for the pooled line; 1 for those not named. Repeat."
)
@click.option(
    "--width", type=click.IntRange(60, 400), default=None, help="Columns. Default: the terminal's, at most 120."
)
@click.pass_obj
def board_show(
    out: Out,
    board: str,
    on: When | None,
    known: When | None,
    since: When | None,
    method: str | None,
    weights: tuple[str, ...],
    width: int | None,
) -> None:
    """BOARD in full: every assessor and position in one layout, where they agree and differ, evidence shown and withheld."""
    if weights and method is None:
        raise click.UsageError("weights belong to a pooled line; name its method with --pool")
    view = _view(out, board, on=on, known=known)
    pooled = pool(view, method, _weights(weights)) if method else None
    later = changes(view, since.last_us) if since is not None else None
    value = value_of(view)
    if pooled is not None:
        value["pooled"] = msgspec.to_builtins(pooled)
    if later is not None:
        value["since"] = msgspec.to_builtins(later)
    out.result(
        "board show",
        {"board": value},
        lambda: click.echo(text(view, _width(width), pooled=pooled, since=later), nl=False),
    )


@board.command("matrix")
@click.argument("board")
@click.option("--on", "on", default=None, type=DATE, help="As of what was said by the end of this date.")
@click.option(
    "--width", type=click.IntRange(60, 400), default=None, help="Columns. Default: the terminal's, at most 120."
)
@click.pass_obj
def board_matrix(out: Out, board: str, on: When | None, width: int | None) -> None:
    """Evidence × hypotheses on BOARD, with every rater's mark, and what single pieces change."""
    view = _view(out, board, on=on)
    out.result(
        "board matrix",
        {
            "board": view.id,
            "hypotheses": msgspec.to_builtins(view.hypotheses),
            "matrix": msgspec.to_builtins(view.matrix),
        },
        lambda: click.echo(matrix_text(view, _width(width)), nl=False),
    )


@board.command("svg")
@click.argument("board")
@click.option("--on", "on", default=None, type=DATE, help="As of what was said by the end of this date.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help="The file. Default: standard output.",
)
@click.pass_obj
def board_svg(out: Out, board: str, on: When | None, output: Path | None) -> None:
    """BOARD as a picture for a page or for paper."""
    view = _view(out, board, on=on)
    picture = svg(view)
    if output is not None:
        output.write_text(picture, encoding="utf-8")
    value = {"board": view.id, "svg": picture, "file": str(output) if output else None}
    out.result(
        "board svg", value, lambda: click.echo(f"Written: {output}" if output else picture, nl=output is not None)
    )


@board.command("facts")
@click.argument("about", required=False, default="")
@click.pass_obj
def board_facts(out: Out, about: str) -> None:
    """What was found to have occurred, by whom; of everything, or of one incident or impact."""
    with opened(out.folder) as node, node.store.indexed() as connection:
        found = boards.read_facts(connection, about)

    def show() -> None:
        if not found:
            click.echo("Nobody has recorded a finding.")
        for fact in found:
            counts = ", ".join(f"{status} {count}" for status, count in fact.counts.items())
            click.echo(f"{fact.what} {plain(fact.about)}: {fact.state} (offices: {counts})")
            for one in fact.findings:
                parts = [
                    one.status,
                    one.when,
                    plain(one.where),
                    f"{len(one.sightings)} sighted" if one.sightings else "",
                ]
                click.echo(f"  {plain(one.office)} at {one.recorded_by}: {', '.join(part for part in parts if part)}")

    out.result("board facts", {"facts": msgspec.to_builtins(found)}, show)


@board.command("track")
@click.argument("office", required=False, default="")
@click.pass_obj
def board_track(out: Out, office: str) -> None:
    """Assessors' past calls and what became of them: resolved, unresolved, corrected. Of all, or of one office."""
    with opened(out.folder) as node, node.store.indexed() as connection:
        found = [one for one in boards.read_track_records(connection) if not office or one.calls[0].office == office]

    def show() -> None:
        if not found:
            click.echo("No such assessor has judged anything on a board held here.")
            return
        rows = [
            (
                plain(one.assessor),
                str(one.record.resolved),
                str(one.record.resolved_for),
                str(one.record.resolved_against),
                str(one.record.unresolved),
                str(one.record.corrected),
                "too few" if one.calibration.brier is None else f"{one.calibration.brier:.3f}",
            )
            for one in found
        ]
        table(rows, ("assessor", "resolved", "as it came", "otherwise", "unresolved", "corrected", "Brier score"))

    out.result(
        "board track",
        {"assessors": [{"too_few": one.calibration.too_few, **msgspec.to_builtins(one)} for one in found]},
        show,
    )


# -- what was typed -----------------------------------------------------------------------------------------------------


def _view(out: Out, board: str, *, on: When | None, known: When | None = None) -> BoardView:
    with opened(out.folder) as node, node.store.indexed() as connection:
        return boards.read_board(
            connection,
            board,
            on_us=None if on is None else on.last_us,
            known_by_us=None if known is None else known.last_us,
        )


def _line(view: BoardView) -> dict[str, Any]:
    return {
        "id": view.id,
        "short": view.short,
        "question": view.question,
        "title": view.title,
        "incident": view.incident,
        "recorded_by": view.recorded_by,
        "said_us": view.said_us,
        "header": msgspec.to_builtins(view.header),
        "explicit_non_assertion_by": list(view.non_asserting),
    }


def _width(width: int | None) -> int:
    import shutil

    return width or min(shutil.get_terminal_size((80, 24)).columns, 120)


def _hypotheses(texts: tuple[str, ...], rungs: tuple[str, ...], actors: tuple[str, ...]) -> list[Hypothesis]:
    named = pairs(texts, what="a hypothesis", left="KEY", right="TEXT")
    rung = pairs(rungs, what="a rung", left="KEY", right="RUNG")
    actor = pairs(actors, what="an actor", left="KEY", right="NAME")
    lost = sorted((set(rung) | set(actor)) - set(named))
    if lost:
        raise InvalidStatement(f"a rung or an actor is given for {', '.join(lost)}, which is no hypothesis named here")
    return [
        read_value(
            {"key": key, "text": words, "rung": rung.get(key, ""), "actor": actor.get(key, "")},
            Hypothesis,
            where="hypothesis",
        )
        for key, words in named.items()
    ]


def _groups(texts: tuple[str, ...]) -> list[Group]:
    found = []
    for name, value in pairs(texts, what="a group", left="NAME", right="COUNT").items():
        fields: dict[str, Any] = {"name": name}
        if value.isascii() and value.isdigit():
            fields["count"] = int(value)
        else:
            fields["members"] = [one.strip() for one in value.split(",") if one.strip()]
        found.append(read_value(fields, Group, where="group"))
    return found


def _weights(values: tuple[str, ...]) -> dict[str, float]:
    found = {}
    for office, number in pairs(values, what="a weight", left="OFFICE", right="NUMBER").items():
        try:
            found[office] = float(number)
        except ValueError:
            raise InvalidStatement(f"a weight is a number; got {number!r} for {office}") from None
    return found
