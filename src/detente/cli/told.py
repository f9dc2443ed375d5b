"""The options of every command that says something of norms, agreements or responses, and what it shows afterwards."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import click

from detente.cli.out import Out
from detente.cli.statements import print_said, said_json
from detente.errors import InvalidStatement
from detente.said import Said
from detente.stix.marking import parse_tlp
from detente.when import When, parse_when

F = TypeVar("F", bound=Callable[..., Any])

How = dict[str, Any]
"""How something is said: `to`, `marking`, `dry_run`, `public`, as the functions of `detente.node` take them."""


class MomentType(click.ParamType[When]):
    """A moment with the fidelity that is written: 2026, 2026-11 or 2026-11-22T03:00Z."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> When:
        if isinstance(value, When):
            return value
        try:
            return parse_when(value)
        except InvalidStatement as error:
            self.fail(str(error), param, ctx)


DATE = MomentType()


def telling(*, public: bool = False) -> Callable[[F], F]:
    """--to, --marking and --dry-run, and --public where that may be; the command gets them together as `how`."""
    return _how(to="Tell these partners; repeat. Default: only our own tools.", public=public)


def answering(
    *,
    to: str = "Tell these partners instead of all who were told; repeat.",
    marking: str = "the node's",
    public: bool = False,
) -> Callable[[F], F]:
    """The same for an answer, which goes by default to whoever was told of what it answers."""
    return _how(to=to, marking=marking, public=public)


def deciding(command: F) -> F:
    """--marking and --dry-run, where it is settled who is told."""
    return _how()(command)


def _how(*, to: str = "", marking: str = "the node's", public: bool = False) -> Callable[[F], F]:
    options = {
        "marking": click.option("--marking", help=f"clear, green, amber, amber+strict or red. Default: {marking}."),
        "dry_run": click.option("--dry-run", is_flag=True, help="Show what would be said; store nothing."),
    }
    if to:
        options = {"to": click.option("--to", multiple=True, help=to), **options}
    if public:
        options = {
            "public": click.option("--public", is_flag=True, help="To everybody, in clear. For TLP:CLEAR only."),
            **options,
        }

    def decorate(command: F) -> F:
        @wraps(command)
        def with_how(*arguments: Any, **given: Any) -> Any:
            how: How = {name: given.pop(name) for name in options}
            how["marking"] = None if how["marking"] is None else parse_tlp(how["marking"])
            return command(*arguments, how=how, **given)

        decorated: Any = with_how
        for option in reversed(options.values()):
            decorated = option(decorated)
        return cast(F, decorated)

    return decorate


def show_said(out: Out, command: str, said: Said, how: How, *, words: str = "") -> None:
    """What was said, to whom, under which name it is found again; and what comes next."""

    def text() -> None:
        print_said(said, dry_run=how["dry_run"])
        if words and not how["dry_run"]:
            click.echo(words)

    out.result(command, said_json(said, dry_run=how["dry_run"]), text)
