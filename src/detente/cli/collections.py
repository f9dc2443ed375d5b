"""collection add, list; token add, list, revoke."""

from __future__ import annotations

import click

from detente.cli.out import Out, plain, table
from detente.node import collections as choices
from detente.node.open import opened
from detente.node.status import read_status
from detente.stix.marking import parse_tlp


@click.group()
def collection() -> None:
    """Standing audiences, served over TAXII."""


@collection.command("add")
@click.argument("name")
@click.option("--title", default="")
@click.option("--description", default="")
@click.option("--ceiling", default="amber", show_default=True, help="Nothing more restrictive enters.")
@click.option("--reader", "readers", multiple=True, help="A partner that reads it; repeat. '*' for every partner.")
@click.pass_obj
def add_collection(out: Out, name: str, title: str, description: str, ceiling: str, readers: tuple[str, ...]) -> None:
    """Make a collection."""
    with opened(out.folder) as node:
        made = choices.add_collection(
            node, name, title=title, description=description, ceiling=parse_tlp(ceiling), readers=readers
        )
    who = ", ".join(made.readers) or "nobody but your own tools"
    value = {"name": made.alias, "id": made.id, "readers": list(made.readers), "ceiling": made.ceiling.label}
    out.result(
        "collection add",
        value,
        lambda: click.echo(f"Collection {made.alias} up to {made.ceiling.label}, read by {who}."),
    )


@collection.command("list")
@click.pass_obj
def list_collections(out: Out) -> None:
    """All collections."""
    with opened(out.folder) as node:
        states = read_status(node).collections
    value = [
        {"name": s.alias, "title": s.title, "ceiling": s.ceiling, "readers": list(s.readers), "objects": s.objects}
        for s in states
    ]

    def text() -> None:
        if not states:
            click.echo("No collection yet. Make one with: detente collection add NAME --reader PARTNER")
            return
        rows = [[s.alias, plain(s.title), s.ceiling, str(s.objects), ", ".join(s.readers) or "–"] for s in states]
        table(rows, ["name", "title", "ceiling", "objects", "readers"])

    out.result("collection list", {"collections": value}, text)


@click.group()
def token() -> None:
    """Who may read and write over TAXII."""


@token.command("add")
@click.argument("name")
@click.option("--party", default="", help="The partner it stands for. Without it: your own tools.")
@click.option("--read", "read", multiple=True, help="Only these collections; repeat.")
@click.option("--write", "write", multiple=True, help="Collections it may write to; repeat.")
@click.pass_obj
def add_token(out: Out, name: str, party: str, read: tuple[str, ...], write: tuple[str, ...]) -> None:
    """Make a token. It is shown once."""
    with opened(out.folder) as node:
        origin = ""
        if party:
            with node.store.reading() as connection:
                origin = node.partner(connection, party).origin
        made, secret = choices.add_token(node, name, party=origin, read=read or None, write=write)

    def text() -> None:
        click.echo(secret)
        click.echo(
            f"Shown once. Use it as 'Authorization: Bearer …', or with Basic as user {made.name} and this as password.",
            err=True,
        )

    out.result("token add", {"name": made.name, "id": made.id, "party": made.party or None, "secret": secret}, text)


@token.command("list")
@click.pass_obj
def list_tokens(out: Out) -> None:
    """All tokens, without their secrets."""
    with opened(out.folder) as node, node.store.reading() as connection:
        tokens = choices.read_tokens(connection)
        names = {c.id: c.alias for c in choices.read_collections(connection)}

    def shown(ids: tuple[str, ...] | None) -> list[str] | None:
        return None if ids is None else [names.get(i, i) for i in ids]

    value = [{"name": t.name, "party": t.party or None, "read": shown(t.read), "write": shown(t.write)} for t in tokens]

    def text() -> None:
        if not tokens:
            click.echo("No token yet. Make one with: detente token add NAME")
            return
        rows = [[t.name, t.party or "own tools", _words(shown(t.read)), _words(shown(t.write))] for t in tokens]
        table(rows, ["name", "stands for", "reads", "writes"])

    out.result("token list", {"tokens": value}, text)


@token.command("revoke")
@click.argument("name")
@click.pass_obj
def revoke_token(out: Out, name: str) -> None:
    """Revoke a token, at once."""
    with opened(out.folder) as node:
        choices.revoke_token(node, name)
    out.result("token revoke", {"name": name}, lambda: click.echo(f"{name} is revoked."))


def _words(names: list[str] | None) -> str:
    return "all it may" if names is None else ", ".join(names) or "nothing"
