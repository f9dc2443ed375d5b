"""claim: record what somebody said, read articles for it, review, list, show."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from detente.claims.bodies import POLARITIES, ROLES, TOPICS, Hop
from detente.claims.record import Entry, Record
from detente.claims.rendering import AMBIGUOUS, counts_line, entry_markdown, entry_text, entry_value, listed, quoted
from detente.cli.out import Out, plain
from detente.errors import InvalidStatement, NotFound
from detente.node import claim as claims
from detente.node.matters import find
from detente.node.open import Node, opened
from detente.said import read_value
from detente.scales import RUNGS, SCOPES, parse_grade
from detente.stix.marking import parse_tlp
from detente.when import parse_when

ARTICLE_BYTES_MAX = 20 << 20

_SHORT = re.compile(r"[a-z]{5}(?:-[a-z]{5}){0,2}")


@click.group()
def claim() -> None:
    """Who said what: quoted, sourced, and shown with its denials."""


def _words(required_quote: bool) -> Callable[[Any], Any]:
    """The options that state a claim, for `add` and for `review`."""
    options = [
        click.option("--speaker", default=None, help="Name or office. Without one the words are unattributed, F6."),
        click.option(
            "--party", "speaker_party", default=None, help="The party the speaker speaks for: name or origin."
        ),
        click.option("--said", default=None, help="When: 2016, 2016-10, 2016-10-07 or a UTC time."),
        click.option("--reported", default=None, help="When it was reported."),
        click.option("--language", default=None, help="Of the quote, as en, ru, pt-BR. Default: en."),
        click.option("--original", default=None, help="The words as spoken, where the quote is a translation."),
        click.option("--original-language", default=None, help="Their language."),
        click.option(
            "--hop",
            "hops",
            multiple=True,
            metavar="ROLE=NAME[;GRADE][;DATE][;REFERENCE]",
            help=f"A station on the way, in order; repeat. Roles: {', '.join(ROLES)}.",
        ),
        click.option("--grade", default=None, help="Admiralty grade of source and report, as B2. Default: F6."),
        click.option("--polarity", default=None, type=click.Choice(list(POLARITIES)), help="Default: asserts."),
        click.option("--topic", default=None, type=click.Choice(list(TOPICS)), help="What the words are about."),
        click.option("--about", multiple=True, help="Incident, board, claim or STIX object; repeat."),
        click.option(
            "--scope",
            default=None,
            type=click.Choice([*SCOPES, *RUNGS]),
            metavar="SCOPE",
            help=f"How near a state stands to it: {', '.join(SCOPES)}, or one rung. Default: not stated.",
        ),
        click.option("--corrects", multiple=True, help="An earlier claim that this one corrects; repeat."),
        click.option("--supersedes", multiple=True, help="An earlier claim that this one supersedes; repeat."),
        click.option("--ambiguity", multiple=True, help="What is ambiguous in the source; repeat."),
        click.option("--to", multiple=True, help="Partners to tell; repeat. Default: our own tools alone."),
        click.option("--public", is_flag=True, help="To everybody, in clear. For TLP:CLEAR only."),
        click.option("--marking", default=None, help="clear, green, amber, amber+strict or red."),
        click.option("--dry-run", is_flag=True, help="Show what would be said; store nothing."),
    ]
    if not required_quote:
        options.insert(0, click.option("--quote", default=None, help="The exact words."))

    def wrap(function: Any) -> Any:
        for option in reversed(options):
            function = option(function)
        return function

    return wrap


@claim.command()
@click.argument("quote")
@_words(True)
@click.pass_obj
def add(
    out: Out, /, quote: str, to: tuple[str, ...], public: bool, marking: str | None, dry_run: bool, **given: Any
) -> None:
    """Record QUOTE, the exact words, as a claim of its speaker."""
    with opened(out.folder) as node:
        entry = claims.add_claim(
            node,
            claims.claim_of(_fields(node, {"quote": quote, **given})),
            to=to,
            public=public,
            marking=None if marking is None else parse_tlp(marking),
            dry_run=dry_run,
        )
    _show_said(out, "claim add", entry, dry_run=dry_run)


@claim.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--outlet", default="", help="The newspaper, broadcaster or site.")
@click.option("--reference", default="", help="Its address or page.")
@click.option("--published", default=None, help="When: 2016, 2016-10, 2016-10-07 or a UTC time.")
@click.option("--language", default="en", show_default=True, help="Quotations are found in English text.")
@click.option(
    "--format", "format_", default=None, type=click.Choice(["text", "html", "pdf"]), help="Default: detected."
)
@click.pass_obj
def import_(
    out: Out, file: Path, outlet: str, reference: str, published: str | None, language: str, format_: Any
) -> None:
    """Read an article and list what is quoted in it. Nothing becomes a claim before a person accepts it."""
    try:
        with file.open("rb") as stream:
            data = stream.read(ARTICLE_BYTES_MAX + 1)
    except FileNotFoundError:
        raise NotFound(f"there is no file {file}") from None
    with opened(out.folder) as node:
        said, article, new = claims.import_article(
            node,
            data,
            name=file.name,
            outlet=outlet,
            reference=reference,
            published=None if published is None else parse_when(published),
            language=language,
            format=format_,
        )
    value = {
        "article": said.id,
        "short": said.short,
        "name": article.name,
        "new": new,
        "format": article.format,
        "reader": article.reader,
        "candidates": [_candidate_value(n, c) for n, c in enumerate(article.candidates, start=1)],
    }

    def text() -> None:
        state = "" if new else ", read in before"
        click.echo(
            f"{plain(article.name)}: {article.format} read by {article.reader}, {len(article.candidates)} candidates, {said.short}{state}"
        )
        for number, candidate in enumerate(article.candidates, start=1):
            _print_candidate(number, candidate)
        if article.candidates:
            click.echo(f"Decide on each: detente claim review {said.short} NUMBER accept|change|reject --by PERSON")

    out.result("claim import", value, text)


@claim.command()
@click.argument("article", default="")
@click.argument("number", type=int, default=0)
@click.argument("verdict", type=click.Choice(["", "accept", "change", "reject"]), default="", metavar="[VERDICT]")
@click.option("--by", default="", help="The person who decides.")
@click.option("--reason", default="", help="Why.")
@_words(False)
@click.pass_obj
def review(
    out: Out,
    /,
    article: str,
    number: int,
    verdict: Any,
    by: str,
    reason: str,
    to: tuple[str, ...],
    public: bool,
    marking: str | None,
    dry_run: bool,
    **given: Any,
) -> None:
    """Accept, change or reject candidate NUMBER of ARTICLE. Without them: list what is undecided."""
    if not verdict:
        _list_pending(out, article, number)
        return
    with opened(out.folder) as node:
        fields = _fields(node, given)
        entry = claims.review(
            node,
            article,
            number,
            verdict,
            by=by,
            changes=fields,
            reason=reason,
            to=to,
            public=public,
            marking=None if marking is None else parse_tlp(marking),
            dry_run=dry_run,
        )
    if entry is not None:
        _show_said(out, "claim review", entry, dry_run=dry_run, verdict=verdict, by=by)
        return
    out.result(
        "claim review",
        {"dry_run": dry_run, "verdict": verdict, "by": by, "claim": None},
        lambda: click.echo(f"Rejected by {plain(by)}. It stays in the journal, and is no claim."),
    )


@claim.command("list")
@click.option("--about", default="", help="Only claims about this incident, board, claim or object.")
@click.option("-n", "count", type=click.IntRange(min=1), default=None, help="Only the last ones. Default: all.")
@click.option("--markdown", is_flag=True, help="As a Markdown list.")
@click.pass_obj
def list_(out: Out, about: str, count: int | None, markdown: bool) -> None:
    """Every claim with its denials beneath it, in the order in which they were recorded."""
    with opened(out.folder) as node, node.store.indexed() as connection:
        subject = _id(node, about) if about else ""
        record = claims.record(connection)
    ids = record.ids(subject)
    entries = [record.entry(id_) for id_ in ids[-count if count else 0 :]]
    value = {
        "claims": [entry_value(entry) for entry in entries],
        "counts": dict(record.counts),
        "withdrawn": record.withdrawn,
        "erased": record.erased,
        "unreadable": record.unreadable,
    }

    def text() -> None:
        show = entry_markdown if markdown else entry_text
        if len(entries) < len(ids):
            click.echo(f"The last {len(entries)} of {len(ids)}; without -n all are shown.\n")
        for entry in listed(entries):
            click.echo(show(entry, plain))
            click.echo()
        if not entries:
            click.echo("No claims are recorded" + (" about it." if about else "."))
        _print_counts(record)

    out.result("claim list", value, text)


@claim.command()
@click.argument("name")
@click.option("--markdown", is_flag=True, help="As a Markdown list.")
@click.pass_obj
def show(out: Out, name: str, markdown: bool) -> None:
    """One claim, by its three words or its id, with everything said about it."""
    with opened(out.folder) as node, node.store.indexed() as connection:
        said = claims.find_claim(connection, name)
        record = claims.record(connection)
    if said.withdrawn or said.erased:
        state = "was withdrawn by its speaker" if said.withdrawn else "was erased; its text is gone"
        raise NotFound(f"the claim {said.short}, recorded by {said.speaker}, {state}")
    entry = record.entry(said.id)
    render = entry_markdown if markdown else entry_text
    out.result("claim show", entry_value(entry), lambda: click.echo(render(entry, plain)))


def _list_pending(out: Out, article: str, number: int) -> None:
    with opened(out.folder) as node, node.store.indexed() as connection:
        waiting = claims.pending(connection)
        if article:
            wanted = claims.find_article(connection, article)
            waiting = [one for one in waiting if one.article.id == wanted.id and number in (0, one.number)]
    value = {
        "pending": [
            {"article": one.article.id, "short": one.article.short, **_candidate_value(one.number, one.candidate)}
            for one in waiting
        ]
    }

    def text() -> None:
        last = ""
        for one in waiting:
            if one.article.id != last:
                click.echo(f"{one.article.short}  {plain(str(one.article.body.get('name', '')))}")
                last = one.article.id
            _print_candidate(one.number, one.candidate)
        if not waiting:
            click.echo("Nothing is undecided.")

    out.result("claim review", value, text)


def _show_said(out: Out, command: str, entry: Entry, *, dry_run: bool, **more: str) -> None:
    aud = sorted(entry.said.aud)

    def text() -> None:
        whom = "our own tools alone" if not aud else "everybody" if aud == ["*"] else ", ".join(aud)
        click.echo(f"{'Would be recorded' if dry_run else 'Recorded'} for {whom}:")
        click.echo(entry_text(entry, plain))

    out.result(command, {"dry_run": dry_run, "to": aud, **more, "claim": entry_value(entry)}, text)


def _fields(node: Node, given: dict[str, Any]) -> dict[str, Any]:
    """The claim's fields from what was typed; what was not typed is left out."""
    fields = {
        name: given[name]
        for name in ("quote", "speaker", "language", "original", "original_language", "polarity", "topic", "scope")
        if given.get(name) is not None
    }
    for name in ("said", "reported"):
        if given.get(name) is not None:
            fields[name] = parse_when(given[name])
    if given.get("speaker_party") is not None:
        fields["speaker_party"] = _origin(node, given["speaker_party"])
    if given.get("hops"):
        fields["hops"] = tuple(_hop(text) for text in given["hops"])
    if given.get("grade") is not None:
        grade = parse_grade(given["grade"])
        fields["source_grade"], fields["report_grade"] = grade.source, grade.report
    if given.get("about"):
        fields["about"] = tuple(_id(node, name) for name in given["about"])
    if given.get("ambiguity"):
        fields["ambiguity"] = tuple(given["ambiguity"])
    if given.get("corrects") and given.get("supersedes"):
        raise InvalidStatement("a claim corrects earlier ones or supersedes them; give one of the two")
    for option, changes in (("corrects", "corrects"), ("supersedes", "supersedes")):
        if given.get(option):
            fields["of"] = tuple(_id(node, name) for name in given[option])
            fields["changes"] = changes
    return fields


def _hop(text: str) -> Hop:
    """agency=Harbour Wire;B;2024-05-03;https://…: in this order, parts left empty or out."""
    role, sign, rest = text.partition("=")
    name, grade, date, reference = ([part.strip() for part in rest.split(";", 3)] + ["", "", ""])[:4]
    if not sign or not name:
        raise InvalidStatement(
            f"a hop is written ROLE=NAME;GRADE;DATE;REFERENCE, the last three may be left out; got {text!r}"
        )
    value: dict[str, Any] = {"role": role.strip(), "name": name, "reference": reference}
    if grade:
        value["grade"] = grade.upper()
    if date:
        when = parse_when(date)
        value["at"] = {"at_us": when.at_us, "fidelity": when.fidelity}
    return read_value(value, Hop, where=f"hop {name}")


def _origin(node: Node, name: str) -> str:
    """A partner's short name as its origin; anything else stands for a party that we have no line to."""
    with node.store.reading() as connection:
        for party in node.partners(connection):
            if name in (party.name, party.origin):
                return party.origin
    return name


def _id(node: Node, name: str) -> str:
    """Three words as the id of the claim or board that they name; anything else is an id already."""
    if not _SHORT.fullmatch(name) or "-" not in name:
        return name
    with node.store.indexed() as connection:
        return find(connection, ["claim", "board"], name).id


def _candidate_value(number: int, candidate: Any) -> dict[str, Any]:
    return {
        "number": number,
        "quote": candidate.quote,
        "speaker": candidate.speaker or None,
        "office": candidate.office,
        "written": candidate.written,
        "cue": candidate.cue,
        "direct": candidate.direct,
        "polarity": candidate.polarity,
        "said": None if candidate.said is None else candidate.said.iso,
        "hops": [{"role": hop.role, "name": hop.name} for hop in candidate.hops],
        "ambiguous_in_source": list(candidate.ambiguity),
        "notes": list(candidate.notes),
        "start": candidate.start,
        "end": candidate.end,
    }


def _print_candidate(number: int, candidate: Any) -> None:
    who = plain(candidate.speaker) or "Unattributed"
    office = f", {plain(candidate.office)}" if candidate.office else ""
    when = f", {candidate.said}" if candidate.said is not None else ""
    click.echo(f"{number:>4}  {who}{office}{when}: {candidate.polarity}")
    words = "" if candidate.direct else "in the reporter's words: "
    click.echo(f"      {words}{quoted(candidate.quote, plain)}")
    if candidate.hops:
        click.echo("      through " + " → ".join(f"{hop.role} {plain(hop.name)}" for hop in candidate.hops))
    for note in (*(f"{AMBIGUOUS}: {note}" for note in candidate.ambiguity), *candidate.notes):
        click.echo(f"      {plain(note)}")


def _print_counts(record: Record) -> None:
    click.echo(counts_line(record.counts.items()))
    for count, what in (
        (record.withdrawn, "withdrawn"),
        (record.erased, "erased"),
        (record.unreadable, "not readable"),
    ):
        if count:
            click.echo(f"{what}: {count}")
