"""init, serve, config. What needs the database is imported late: showing the choices needs none."""

from __future__ import annotations

import dataclasses
import sys

import click

from detente.cli.out import Out
from detente.node.config import ListenChoices, PartyChoices, StoreChoices, read_config


@click.command()
@click.option("--origin", required=True, help="Your lasting name, such as cert-a.example. It can never change.")
@click.option("--title", default="", help="Your name as partners read it.")
@click.option("--url", default="", help="Where partners reach this node. Default: the address it listens on.")
@click.option("--store", "store_url", default="", help="postgresql+psycopg://… instead of SQLite in the folder.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where `serve` listens.")
@click.option("--port", default=8440, show_default=True, type=click.IntRange(1, 65535))
@click.pass_obj
def init(out: Out, origin: str, title: str, url: str, store_url: str, host: str, port: int) -> None:
    """Make a new node: keys, choices, and a log whose first entries are its public keys."""
    from detente.node.open import create_node

    party = PartyChoices(origin=origin, title=title, url=url or f"http://{host}:{port}")
    node = create_node(out.folder, party, store=StoreChoices(url=store_url), listen=ListenChoices(host=host, port=port))
    try:
        value = {"origin": node.origin, "folder": str(out.folder), "fingerprint": node.fingerprint}

        def text() -> None:
            click.echo(f"This is now the node of {node.title}, in {out.folder}.")
            click.echo(f"Your fingerprint, to read out to partners: {click.style(node.fingerprint, bold=True)}")
            click.echo("Back up the folder keys/ now: without it this log can never be continued.")
            click.echo("Next: detente serve   and   detente partner invite ORIGIN")

        out.result("init", value, text)
    finally:
        node.close()


@click.command()
@click.option("--host", default=None, help="Instead of the one in detente.toml.")
@click.option("--port", default=None, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option(
    "--sync-every", default=0, type=click.IntRange(0), metavar="SECONDS", help="Sync with all partners this often."
)
@click.pass_obj
def serve(out: Out, host: str | None, port: int | None, sync_every: int) -> None:
    """Run the node: log, witness, TAXII and status page. Ends on Ctrl-C."""
    from detente.node.open import opened
    from detente.web.background import syncing
    from detente.web.server import serve as run

    with opened(out.folder) as node:
        listen = node.config.listen

        def ready(address: str) -> None:
            out.result(
                "serve",
                {"address": address, "origin": node.origin},
                lambda: click.echo(f"{node.title} is at {address}   (TAXII: {address}taxii2/)   Ctrl-C ends it"),
            )
            sys.stdout.flush()

        with syncing(node, sync_every):
            run(
                node,
                listen.host if host is None else host,
                listen.port if port is None else port,
                tls_cert=listen.tls_cert,
                tls_key=listen.tls_key,
                ready=ready,
            )


@click.group()
def config() -> None:
    """The choices in detente.toml."""


@config.command()
@click.pass_obj
def show(out: Out) -> None:
    """Show the choices in force, defaults included."""
    choices = read_config(out.folder)
    value = dataclasses.asdict(choices)

    def text() -> None:
        for section, keys in value.items():
            click.echo(click.style(f"[{section}]", bold=True))
            for key, choice in keys.items():
                click.echo(f"{key} = {choice!r}")

    out.result("config show", {"config": value}, text)
