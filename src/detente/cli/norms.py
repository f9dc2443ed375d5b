"""norm, conduct, undertake, limit: where parties stand, what they say of conduct, what was promised and declared."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click

from detente.cli.exits import NOTHING_FOUND
from detente.cli.out import Out, table
from detente.cli.told import DATE, How, answering, show_said, telling
from detente.node import commit
from detente.node.open import opened
from detente.norms.lines import conduct_lines, duty_lines, history_lines, item_lines, limit_lines
from detente.norms.picture import board_text, register_text
from detente.norms.tables import FINDINGS, NORMS, STAGES, STATUSES

ANSWERS = ["concurs", "disputes", "no-comment", "adds"]


def show(lines: Sequence[str], nothing: str = "") -> None:
    for line in lines:
        click.echo(line)
    if not lines and nothing:
        click.echo(nothing)


# -- norm ---------------------------------------------------------------------------------------------------------------


@click.group()
def norm() -> None:
    """Norms and confidence-building measures, and where parties stand on them."""


@norm.command("list")
@click.pass_obj
def norm_list(out: Out) -> None:
    """The eleven UN norms of 2015 and the sixteen OSCE measures, in short words with their source."""
    out.result(
        "norm list",
        {"norms": commit.as_json(list(NORMS.values()))},
        lambda: table([(n.id, n.place, n.name, n.text) for n in NORMS.values()], ("id", "place", "name", "in short")),
    )


@norm.command("status")
@click.argument("norms", nargs=-1)
@click.option("--party", "parties", multiple=True, help="Only these parties; repeat. Default: all that were spoken of.")
@click.pass_obj
def norm_status(out: Out, norms: tuple[str, ...], parties: tuple[str, ...]) -> None:
    """Norms × parties, by each party's own word. Where a party said nothing it stands as unknown, which is not no."""
    with opened(out.folder) as node:
        wanted = sorted({commit.named(node, name) for name in parties})
        with node.store.indexed() as connection:
            found = commit.read_register(connection, parties=wanted, norms=norms, own=node.origin)
    columns = sorted({party for row in found.values() for party in row})
    value = {
        norm_: {
            party: {"status": s.status, "reservation": s.reservation, **commit.as_json(s)} for party, s in row.items()
        }
        for norm_, row in found.items()
    }
    out.result("norm status", {"parties": columns, "norms": value}, lambda: show(register_text(found, columns)))


@norm.command("adopt")
@click.argument("norm")
@click.option("--status", required=True, type=click.Choice(list(STATUSES)), help="Where the party stands.")
@click.option("--source", required=True, help="Where that can be read.")
@click.option("--at", required=True, type=DATE, help="Since when: 2015, 2015-07 or 2015-07-22.")
@click.option("--party", default="", help="The party that it is about, by name or origin. Default: ours.")
@click.option("--reservation", default="", help="With which reservation.")
@click.option("--office", default="", help="The office that says so; it binds the party, whoever holds it.")
@telling(public=True)
@click.pass_obj
def norm_adopt(out: Out, /, how: How, **fields: Any) -> None:
    """Say where a party stands on NORM, with source and date. Said of another party it stays your word."""
    with opened(out.folder) as node:
        said = commit.adopt(node, **fields, **how)
    show_said(out, "norm adopt", said, how)


@norm.command("history")
@click.argument("norm")
@click.option("--party", "parties", multiple=True, help="Only these parties; repeat.")
@click.pass_obj
def norm_history(out: Out, norm: str, parties: tuple[str, ...]) -> None:
    """Every statement on where parties stand on NORM, by party, with source and date."""
    with opened(out.folder) as node:
        wanted = sorted({commit.named(node, name) for name in parties})
        with node.store.indexed() as connection:
            (row,) = commit.read_register(connection, parties=wanted, norms=[norm], own=node.origin).values()
    out.result(
        "norm history",
        {"parties": {party: {"status": s.status, **commit.as_json(s)} for party, s in row.items()}},
        lambda: show([line for standing in row.values() for line in history_lines(standing)]),
    )


# -- conduct ------------------------------------------------------------------------------------------------------------


@click.group()
def conduct() -> None:
    """What parties say of conduct under a norm: each first of itself, and what others answer."""


@conduct.command("file")
@click.argument("norm")
@click.option(
    "--incident", required=True, help="The incident: an id, of a statement or of a STIX object, or your key for it."
)
@click.option("--finding", required=True, type=click.Choice(list(FINDINGS)), help="How you see the conduct.")
@click.option("--text", required=True, help="In your words: what was done, and on what this rests.")
@click.option("--about", default="", help="Whose conduct, by name or origin. Default: your own, which comes first.")
@telling(public=True)
@click.pass_obj
def conduct_file(out: Out, /, how: How, **fields: Any) -> None:
    """File an entry on conduct under NORM. On another party only after one on yourself under the same norm."""
    with opened(out.folder) as node:
        said = commit.file_conduct(node, **fields, **how)
    show_said(out, "conduct file", said, how)


@conduct.command("answer")
@click.argument("entry")
@click.option("--word", required=True, type=click.Choice(ANSWERS), help="How you answer.")
@click.option("--text", default="", help="In your words.")
@answering(public=True)
@click.pass_obj
def conduct_answer(out: Out, /, entry: str, how: How, **fields: Any) -> None:
    """Answer ENTRY of another party. Whoever was told of the entry, and is your partner, is told of the answer."""
    with opened(out.folder) as node:
        said = commit.answer(node, entry, **fields, **how)
    show_said(out, "conduct answer", said, how)


@conduct.command("list")
@click.option("--norm", default="", help="Only entries under this norm.")
@click.option("--about", default="", help="Only entries on this party's conduct.")
@click.pass_obj
def conduct_list(out: Out, norm: str, about: str) -> None:
    """Every entry, with its answers, and a flag for each party that has not said it accepts the norm."""
    with opened(out.folder) as node, node.store.indexed() as connection:
        wanted = commit.named(node, about) if about else ""
        found = commit.read_conduct(connection, norm=norm, about=wanted)
    value = {"entries": [{"own": entry.own, **commit.as_json(entry)} for entry in found]}
    out.result(
        "conduct list",
        value,
        lambda: show([line for entry in found for line in conduct_lines(entry)], "No entry is held here."),
    )
    if not found:
        sys.exit(NOTHING_FOUND)


# -- undertake ----------------------------------------------------------------------------------------------------------


@click.group()
def undertake() -> None:
    """What was talked of, agreed, implemented, verified: by whom, in whose words, on which evidence."""


@undertake.command("add")
@click.argument("item", default="")
@click.option("--of", "of", default="", help="A later stage of an item: its id or short words. Then no ITEM.")
@click.option("--stage", required=True, type=click.Choice(list(STAGES)), help="At which stage you see it.")
@click.option("--evidence", multiple=True, help="A statement, receipt or document; needed from implemented on. Repeat.")
@click.option("--by", "by", default="", help="The party that is to do it, by name or origin. Default: ours.")
@click.option("--agreement", default="", help="The agreement it belongs to.")
@click.option("--clause", default="", help="And its clause.")
@click.option("--due", default=None, type=DATE, help="By when.")
@click.option("--office", default="", help="The office that says so; the duty is the party's, whoever holds it.")
@telling(public=True)
@click.pass_obj
def undertake_add(out: Out, /, how: How, **fields: Any) -> None:
    """Say at which stage you see ITEM, or (--of) an item that was spoken of before."""
    with opened(out.folder) as node:
        said = commit.undertake(node, **fields, **how)
    show_said(out, "undertake add", said, how)


@undertake.command("list")
@click.option("--details", is_flag=True, help="Line by line with the evidence, instead of four columns.")
@click.pass_obj
def undertake_list(out: Out, details: bool) -> None:
    """Every item in four columns: talked of, agreed, implemented, verified. A name in a column is the party that says so."""
    with opened(out.folder) as node, node.store.indexed() as connection:
        found = commit.read_undertakings(connection)
    value = {"items": [{**commit.as_json(item), "columns": commit.as_json(item.columns)} for item in found]}

    def text() -> None:
        if found and details:
            show([line for item in found for line in item_lines(item)])
        else:
            show(board_text(found) if found else [], "Nothing was talked of or agreed here.")

    out.result("undertake list", value, text)
    if not found:
        sys.exit(NOTHING_FOUND)


@undertake.command("due")
@click.option("--party", default="", help="Only what this party is to do.")
@click.pass_obj
def undertake_due(out: Out, party: str) -> None:
    """Every date that stands: undertakings, exchanges of data, reviews. They are the party's, whoever holds an office or a key."""
    with opened(out.folder) as node, node.store.indexed() as connection:
        found = commit.read_duties(connection, node.clock(), party=commit.named(node, party) if party else "")
    out.result(
        "undertake due", {"duties": commit.as_json(found)}, lambda: show(duty_lines(found), "No date stands here.")
    )
    if not found:
        sys.exit(NOTHING_FOUND)


# -- limit --------------------------------------------------------------------------------------------------------------


@click.group()
def limit() -> None:
    """Declared limits, how they are verified, and when data are exchanged next."""


@limit.command("declare")
@click.argument("text", default="")
@click.option("--of", "of", default="", help="A limit of ours that this goes on with: new dates, what was exchanged.")
@click.option("--verification", default="", help="How others can check it.")
@click.option("--next-exchange", default=None, type=DATE, help="When data are exchanged next.")
@click.option("--exchanged", multiple=True, help="What was exchanged: a statement or document. Repeat.")
@click.option("--agreement", default="", help="The agreement it belongs to.")
@click.option("--office", default="", help="The office that declares it.")
@telling(public=True)
@click.pass_obj
def limit_declare(out: Out, /, how: How, **fields: Any) -> None:
    """Declare a limit for yourself. Without a method of verification and a date it is shown as a declaration only."""
    with opened(out.folder) as node:
        said = commit.declare_limit(node, **fields, **how)
    show_said(out, "limit declare", said, how)


@limit.command("list")
@click.pass_obj
def limit_list(out: Out) -> None:
    """Every declared limit, with what is missing and what is past its date."""
    with opened(out.folder) as node, node.store.indexed() as connection:
        found = commit.read_limits(connection, node.clock())
    out.result(
        "limit list",
        {"limits": [{"standing": one.standing, **commit.as_json(one)} for one in found]},
        lambda: show([line for one in found for line in limit_lines(one)], "No limit was declared here."),
    )
    if not found:
        sys.exit(NOTHING_FOUND)
