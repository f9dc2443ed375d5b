"""agreement new, amend, sign, leave, list, show, diff: texts in clauses, and what is in force on a date."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from detente.cli.exits import NOTHING_FOUND
from detente.cli.norms import show
from detente.cli.out import Out
from detente.cli.told import DATE, How, deciding, show_said
from detente.errors import InvalidStatement, NotFound
from detente.node import commit
from detente.node.open import opened
from detente.norms.agreements import AgreementState, amended, diff, version_on
from detente.norms.bodies import Change, Clause, made
from detente.norms.lines import agreement_lines, diff_lines, version_lines
from detente.stix.canonical import parse
from detente.when import When

_CLAUSE = click.option("--clause", "clauses", multiple=True, metavar="ID=TEXT", help="A clause; repeat.")
_CLASS = click.option(
    "--class", "classes", multiple=True, metavar="ID=CLASS", help="An activity class that the clause is about; repeat."
)
_PURPOSE = click.option(
    "--purpose",
    "purposes",
    multiple=True,
    metavar="ID=PURPOSE",
    help="What shared data may be used for under it; repeat.",
)
_FILE = click.option(
    "--file",
    "file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help='Clauses from a JSON file: [{"id": "1", "text": "…", "classes": […], "purposes": […]}, …].',
)
_FILE_BYTES_MAX = 1 << 20


@click.group()
def agreement() -> None:
    """Agreements as versioned texts: in force when every party has signed."""


@agreement.command("new")
@click.argument("key")
@click.option("--title", required=True, help="Its title.")
@click.option("--with", "parties", multiple=True, required=True, help="The other parties, by name or origin; repeat.")
@_FILE
@_CLAUSE
@_CLASS
@_PURPOSE
@click.option(
    "--version",
    "number",
    default=1,
    show_default=True,
    help="The number of this text; an older one may exist on paper.",
)
@deciding
@click.pass_obj
def new(
    out: Out,
    key: str,
    title: str,
    parties: tuple[str, ...],
    file: Path | None,
    clauses: tuple[str, ...],
    classes: tuple[str, ...],
    purposes: tuple[str, ...],
    number: int,
    how: How,
) -> None:
    """Propose the text of an agreement under KEY to its parties. It waits for the signature of each, yours too."""
    text = [made(Clause, **fields) for fields in _clauses(file, clauses, classes, purposes, removed=())]
    with opened(out.folder) as node:
        said = commit.propose_agreement(
            node,
            key=key,
            title=title,
            parties=parties,
            clauses=text,
            version=number,
            **how,
        )
    show_said(out, "agreement new", said, how, words=f"Proposed. Sign it with: detente agreement sign {key}")


@agreement.command("amend")
@click.argument("name")
@_FILE
@_CLAUSE
@_CLASS
@_PURPOSE
@click.option("--remove", "removed", multiple=True, metavar="ID", help="Take this clause out; repeat.")
@click.option("--reasons", default="", help="Why, in your words.")
@deciding
@click.pass_obj
def amend(
    out: Out,
    name: str,
    file: Path | None,
    clauses: tuple[str, ...],
    classes: tuple[str, ...],
    purposes: tuple[str, ...],
    removed: tuple[str, ...],
    reasons: str,
    how: How,
) -> None:
    """Propose changed clauses of the agreement NAME. They stay proposed until every party has signed them."""
    changed = [made(Change, **fields) for fields in _clauses(file, clauses, classes, purposes, removed=removed)]
    with opened(out.folder) as node:
        said = commit.amend(node, name, changed, reasons=reasons, **how)
    words = f"Proposed. Sign it with: detente agreement sign {said.short}"
    show_said(out, "agreement amend", said, how, words=words)


@agreement.command("sign")
@click.argument("name")
@click.option("--office", default="", help="The office that signs for the party.")
@click.option("--text", default="", help="Words that go with it.")
@deciding
@click.pass_obj
def sign(out: Out, name: str, office: str, text: str, how: How) -> None:
    """Sign the agreement or amendment NAME. Every letter of it is fixed by the id that you sign."""
    with opened(out.folder) as node:
        said = commit.sign(node, name, office=office, text=text, **how)
    show_said(out, "agreement sign", said, how)


@agreement.command("leave")
@click.argument("name")
@click.option("--office", default="", help="The office that says so for the party.")
@click.option("--text", default="", help="Words that go with it.")
@deciding
@click.pass_obj
def leave(out: Out, name: str, office: str, text: str, how: How) -> None:
    """Leave the agreement NAME from now on, or take your signature on a text back that is still proposed."""
    with opened(out.folder) as node:
        said = commit.sign(node, name, word="leaves", office=office, text=text, **how)
    show_said(out, "agreement leave", said, how)


@agreement.command("list")
@click.pass_obj
def list_(out: Out) -> None:
    """Every agreement that is held here, in one line each."""
    with opened(out.folder) as node, node.store.indexed() as connection:
        found = commit.read_agreements(connection)
    out.result(
        "agreement list",
        {"agreements": [commit.as_json(state) for state in found]},
        lambda: show([agreement_lines(state)[0] for state in found], "No agreement is held here."),
    )
    if not found:
        sys.exit(NOTHING_FOUND)


@agreement.command("show")
@click.argument("name")
@click.option("--on", "on", default=None, type=DATE, help="The text that was in force at the end of this date.")
@click.pass_obj
def show_(out: Out, name: str, on: When | None) -> None:
    """The agreement NAME: its text in force with all that is proposed, or (--on) the text of a date."""
    with opened(out.folder) as node, node.store.indexed() as connection:
        if on is None:
            state = commit.find_agreement(connection, name)
            out.result("agreement show", commit.as_json(state), lambda: show(agreement_lines(state)))
            return
        state = commit.find_agreement(connection, name)
        version = version_on(state, on.last_us)
    value = {"id": state.id, "key": state.key, "on": on.iso, "version": commit.as_json(version)}
    out.result("agreement show", value, lambda: show(version_lines(state, version)))


@agreement.command("diff")
@click.argument("name")
@click.option("--from", "old", type=int, default=None, help="A version. Default: the one before the last.")
@click.option("--to", "new_", type=int, default=None, help="A version. Default: the last one.")
@click.option("--amendment", default="", help="Instead: what this amendment would change.")
@click.pass_obj
def diff_(out: Out, name: str, old: int | None, new_: int | None, amendment: str) -> None:
    """What differs, clause by clause, between two versions of NAME, or what an amendment changes."""
    with opened(out.folder) as node, node.store.indexed() as connection:
        state = commit.find_agreement(connection, name)
        if amendment:
            before, after = _of_amendment(state, commit.find_text(connection, amendment).id)
        else:
            numbers = [version.number for version in state.versions]
            before = _version(state, old if old is not None else (numbers[-2:] or [0])[0])
            after = _version(state, new_ if new_ is not None else (numbers or [0])[-1])
    found = diff(before, after)
    out.result(
        "agreement diff", {"clauses": commit.as_json(found)}, lambda: show(diff_lines(found), "No clause differs.")
    )


def _version(state: AgreementState, number: int) -> Sequence[Clause]:
    for version in state.versions:
        if version.number == number:
            return version.clauses
    there = ", ".join(str(version.number) for version in state.versions) or "none"
    raise NotFound(f"version {number} of {state.key} was never in force; versions that were: {there}")


def _of_amendment(state: AgreementState, id_: str) -> tuple[Sequence[Clause], Sequence[Clause]]:
    for draft in state.amendments:
        if draft.id == id_:
            base = _version(state, draft.base)
            return base, amended(base, draft.changed)
    raise NotFound(f"that is no amendment of {state.key}")


def _clauses(
    file: Path | None,
    clauses: Sequence[str],
    classes: Sequence[str],
    purposes: Sequence[str],
    *,
    removed: Sequence[str],
) -> list[dict[str, Any]]:
    """The fields of each clause: those of the file, then those of the options, in the order in which they were given."""
    texts = [_pair(one, "--clause", "ID=TEXT") for one in clauses]
    known = {id_ for id_, _ in texts}
    extra: dict[str, dict[str, list[str]]] = {}
    for option, name, given in (("--class", "classes", classes), ("--purpose", "purposes", purposes)):
        for one in given:
            id_, word = _pair(one, option, "ID=WORD")
            if id_ not in known:
                raise InvalidStatement(f"{option} {one}: give the text of clause {id_} with --clause {id_}=…")
            extra.setdefault(id_, {}).setdefault(name, []).append(word)
    found: list[dict[str, Any]] = [{"id": id_, "text": text, **extra.get(id_, {})} for id_, text in texts]
    return [*_from_file(file), *found, *({"id": id_, "remove": True} for id_ in removed)]


def _from_file(file: Path | None) -> list[dict[str, Any]]:
    if file is None:
        return []
    with file.open("rb") as stream:
        data = stream.read(_FILE_BYTES_MAX + 1)
    if len(data) > _FILE_BYTES_MAX:
        raise InvalidStatement(f"{file} has more than {_FILE_BYTES_MAX:,} bytes; an agreement is shorter")
    value = parse(data)
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise InvalidStatement(f'{file} holds no list of clauses; expected [{{"id": "1", "text": "…"}}, …]')
    return [dict(one) for one in value if isinstance(one, dict)]


def _pair(given: str, option: str, shape: str) -> tuple[str, str]:
    left, equals, right = given.partition("=")
    if not equals or not left.strip() or not right.strip():
        raise InvalidStatement(f"{option} is written {shape}; got {given!r}")
    return left.strip(), right.strip()
