"""taxii pull."""

from __future__ import annotations

import os

import click

from detente.cli.out import Out, number, plain
from detente.net import HttpFetch
from detente.node.open import opened
from detente.node.taxii_pull import Credentials, Server
from detente.node.taxii_pull import pull as pull_from


@click.group()
def taxii() -> None:
    """Read any TAXII 2.1 server."""


@taxii.command()
@click.argument("url")
@click.option("--collection", required=True, help="The collection of ours that it goes to.")
@click.option("--from", "wanted", default="", help="Id, alias or title of theirs. Not needed when there is one only.")
@click.option(
    "--user", default="", help="For HTTP Basic; the password comes from DETENTE_TAXII_PASSWORD or is asked for."
)
@click.option("--token", default="", envvar="DETENTE_TAXII_TOKEN", help="A bearer token (or DETENTE_TAXII_TOKEN).")
@click.pass_obj
def pull(out: Out, url: str, collection: str, wanted: str, user: str, token: str) -> None:
    """Pull a collection from the TAXII 2.1 server at URL. A second pull goes on where the first ended."""
    password = os.environ.get("DETENTE_TAXII_PASSWORD", "")
    if user and not password:
        password = click.prompt("Password", hide_input=True, err=True)
    with opened(out.folder) as node:
        fetch = HttpFetch(ca_file=node.config.listen.ca_file)
        try:
            server = Server(url, Credentials(user, password, token), fetch)
            pulled = pull_from(node, server, wanted, collection=collection, progress=out.progress(f"pulling {url}"))
        finally:
            fetch.close()
    value = {
        "server": pulled.server,
        "collection": pulled.collection,
        "fetched": pulled.fetched,
        "new": pulled.new,
        "pages": pulled.pages,
        "refused": [{"object": o, "reason": r} for o, r in pulled.refused],
    }

    def text() -> None:
        click.echo(
            f"{plain(pulled.collection)}: {number(pulled.fetched)} objects in {pulled.pages} pages, "
            f"{number(pulled.new)} new to {collection}"
        )
        for object_id, reason in pulled.refused[:20]:
            click.echo(f"  not taken: {plain(object_id)} — {plain(reason)}")

    out.result("taxii pull", value, text)
