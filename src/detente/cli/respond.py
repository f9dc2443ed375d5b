"""respond add, answer, list, chain, reveal, checklist: responses, none, and sealed ones."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from detente.cli.exits import NOTHING_FOUND
from detente.cli.norms import ANSWERS, show
from detente.cli.out import Out, plain
from detente.cli.told import DATE, How, answering, deciding, show_said, telling
from detente.errors import InvalidStatement, NotPermitted
from detente.node import commit
from detente.node import respond as node_respond
from detente.node.open import opened
from detente.norms.lines import checklist_lines, step_lines
from detente.norms.picture import flag_lines, ladder_svg, ladder_text
from detente.norms.tables import QUESTIONS, RESPONSES, UNDISCLOSED
from detente.when import When


@click.group()
def respond() -> None:
    """Responses, the decision that there is none, and sealed ones."""


@respond.command("add")
@click.argument("kind", type=click.Choice(list(RESPONSES)))
@click.option("--against", "against", default="", help="The party that it is directed at, by name or origin.")
@click.option("--decided", default=None, type=DATE, help="When it was decided. Default: now.")
@click.option("--role", default="", help="The role that decided it.")
@click.option("--reasons", default="", help="Its reasons, in your words.")
@click.option(
    "--review", default=None, type=DATE, help="When the decision is looked at again; needed for none-decided."
)
@click.option("--incident", default="", help="The incident that it responds to.")
@click.option("--about", multiple=True, help="A message or other statement that it responds to; repeat.")
@click.option("--of", "of", default="", help="The response that this one answers.")
@click.option("--answer", "answers", multiple=True, metavar="QUESTION=TEXT", help="An answer to the checklist; repeat.")
@click.option("--called-upon", multiple=True, help="Your message that called upon the other party; repeat.")
@click.option("--notified", multiple=True, help="Your message that notified the decision; repeat.")
@click.option("--ended", default=None, type=DATE, help="When it ended.")
@click.option("--sealed-kind", default="", help="With undisclosed: the kind that stays sealed.")
@click.option("--sealed-text", default="", help="With undisclosed: the text that stays sealed.")
@click.option("--reveal", default=None, type=DATE, help="With undisclosed: the date of the reveal.")
@click.option("--condition", default="", help="With undisclosed: or the condition of the reveal.")
@telling(public=True)
@click.pass_obj
def add(
    out: Out,
    kind: str,
    against: str,
    decided: When | None,
    role: str,
    reasons: str,
    review: When | None,
    incident: str,
    about: tuple[str, ...],
    of: str,
    answers: tuple[str, ...],
    called_upon: tuple[str, ...],
    notified: tuple[str, ...],
    ended: When | None,
    sealed_kind: str,
    sealed_text: str,
    reveal: When | None,
    condition: str,
    how: How,
) -> None:
    """Record a response of KIND. Of one that is undisclosed only a digest leaves; its key and text stay in your journal."""
    sealed = {"--sealed-kind": sealed_kind, "--sealed-text": sealed_text, "--reveal": reveal, "--condition": condition}
    common: dict[str, Any] = {"directed_at": against, "role": role, "review": review, "incident": incident, "of": of}
    if decided is not None:
        common["decided"] = decided
    with opened(out.folder) as node:
        if kind == UNDISCLOSED:
            open_ = {
                "--reasons": reasons,
                "--answer": answers,
                "--about": about,
                "--called-upon": called_upon,
                "--notified": notified,
                "--ended": ended,
            }
            _none_of(open_, "an undisclosed response says nothing of its content; put it into --sealed-text")
            said = node_respond.seal_response(
                node, kind=sealed_kind, text=sealed_text, reveal=reveal, condition=condition, **common, **how
            )
        else:
            _none_of(sealed, "only an undisclosed response carries a seal; choose the kind undisclosed")
            said = node_respond.respond(
                node,
                kind=kind,
                reasons=reasons,
                about=about,
                answers=_answers(answers),
                called_upon=called_upon,
                notified=notified,
                ends=ended,
                **common,
                **how,
            )
    show_said(out, "respond add", said, how)


@respond.command("answer")
@click.argument("response")
@click.option("--word", default="adds", show_default=True, type=click.Choice(ANSWERS), help="How you answer.")
@click.option("--text", default="", help="In your words.")
@click.option(
    "--answer", "answers", multiple=True, metavar="QUESTION=TEXT", help="Your answer to the checklist; repeat."
)
@answering(public=True)
@click.pass_obj
def answer(out: Out, /, response: str, answers: tuple[str, ...], how: How, **fields: Any) -> None:
    """Answer another party's RESPONSE, and state your own answers to the questions of the checklist."""
    with opened(out.folder) as node:
        said = commit.answer(node, response, kinds=["response"], answers=_answers(answers), **fields, **how)
    show_said(out, "respond answer", said, how)


@respond.command("list")
@click.option("--public", is_flag=True, help="Only what a public page shows, one line each.")
@click.pass_obj
def list_(out: Out, public: bool) -> None:
    """Every response that is held here, in the order in which they were said, with the receipts of those who hold them."""
    with opened(out.folder) as node, node.store.indexed() as connection:
        found = node_respond.read_steps(connection, node.clock())
        in_public = node_respond.read_public_lines(connection, node.clock())
        held = node_respond.read_receipts(connection, found)
    if public:
        lines = [line for party, its in in_public.items() for line in (plain(party), *(f"  {one}" for one in its))]
        out.result("respond list", {"public": in_public}, lambda: show(lines, "No response was made public."))
    else:
        out.result(
            "respond list",
            {"responses": [{"held_by": held[step.id], **commit.as_json(step)} for step in found]},
            lambda: show(
                [line for step in found for line in step_lines(step, held[step.id])], "No response is held here."
            ),
        )
    if not (in_public if public else found):
        sys.exit(NOTHING_FOUND)


@respond.command("chain")
@click.argument("response", default="")
@click.option(
    "--svg", "svg", type=click.Path(path_type=Path, dir_okay=False), help="Write the picture here; of one chain only."
)
@click.pass_obj
def chain(out: Out, response: str, svg: Path | None) -> None:
    """What answered what, on which rung; a chain that rises is flagged. All chains, or those through RESPONSE."""
    with opened(out.folder) as node, node.store.indexed() as connection:
        found = node_respond.read_chains(connection, node.clock(), through=response)
    if svg is not None:
        if len(found) != 1:
            raise InvalidStatement(
                f"a picture shows one chain, and here are {len(found)}; name the last response of one"
            )
        if svg.exists():
            raise NotPermitted(f"{svg} exists already; choose another name")
        svg.write_text(ladder_svg(found[0]), encoding="utf-8")
    value = {"chains": [{"rising": one.rising, "flag": flag_lines(one), **commit.as_json(one)} for one in found]}

    def text() -> None:
        for position, one in enumerate(found):
            if position:
                click.echo()
            show(ladder_text(one))
        if not found:
            click.echo("No response is held here.")

    out.result("respond chain", value, text)
    if not found:
        sys.exit(NOTHING_FOUND)


@respond.command("reveal")
@click.argument("response")
@deciding
@click.pass_obj
def reveal(out: Out, response: str, how: How) -> None:
    """Open the seal of your RESPONSE, once, to all who were told of it. Anybody can then check digest and time."""
    with opened(out.folder) as node:
        said = node_respond.reveal_response(node, response, **how)
    show_said(out, "respond reveal", said, how)


@respond.command("checklist")
@click.argument("response")
@click.pass_obj
def checklist(out: Out, response: str) -> None:
    """The questions on countermeasures for RESPONSE: what each side answers, what the record holds, what nobody answers."""
    with opened(out.folder) as node, node.store.indexed() as connection:
        asked = node_respond.read_checklist(connection, response, node.clock())
    value = {
        "response": commit.as_json(asked.step),
        "questions": [{"unanswered": line.unanswered, **commit.as_json(line)} for line in asked.lines],
        "unanswered": [line.question for line in asked.lines if line.unanswered],
    }
    out.result("respond checklist", value, lambda: show([*step_lines(asked.step), *checklist_lines(asked.lines)]))


def _answers(given: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in given:
        question, equals, text = one.partition("=")
        if not equals or not text.strip() or question not in QUESTIONS or question in found:
            raise InvalidStatement(
                f"--answer is written QUESTION=TEXT, once for each question of {', '.join(QUESTIONS)}; got {one!r}"
            )
        found[question] = text.strip()
    return found


def _none_of(options: dict[str, Any], why: str) -> None:
    given = [name for name, value in options.items() if value]
    if given:
        raise InvalidStatement(f"{', '.join(given)}: {why}")
