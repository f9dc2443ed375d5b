"""assess, and what else is said on a board: positions, ratings, taskings; and findings on whether something occurred."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import click
import msgspec

from detente.attribution.bodies import EVIDENCE_KINDS, MARKS, RELIANCE, SOURCE_KINDS, STANCES, STATUSES
from detente.cli.given import given_text, pairs
from detente.cli.out import Out
from detente.cli.told import DATE, How, answering, show_said, telling
from detente.errors import InvalidStatement
from detente.node import assess as boards
from detente.node.open import opened
from detente.scales import SCALES
from detente.when import When

ON_BOARD = answering(
    to="Tell these partners; repeat. Default: those who were told of the board.", marking="the board's"
)


@click.command("assess")
@click.argument("board")
@click.option("--office", default="", help="The assessor.")
@click.option(
    "--own-work/--coordinated", "own_work", default=None, help="Made by the office itself, or with others' work."
)
@click.option(
    "--judge",
    "judged",
    multiple=True,
    help="HYPOTHESIS=WORD, or HYPOTHESIS=WORD/CONFIDENCE (low, moderate, high); repeat.",
)
@click.option(
    "--scale", type=click.Choice(list(SCALES)), default="icd203", show_default=True, help="The scale of the words."
)
@click.option("--reason", "reasons", multiple=True, help="HYPOTHESIS=TEXT; repeat.")
@click.option(
    "--evidence",
    multiple=True,
    help="REF;KIND;SOURCE[;GRADE[;DATE[;TEXT]]]; repeat. REF: E3, three words, or a citation.",
)
@click.option(
    "--withhold",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    default=None,
    help="A text that is committed to and not shown.",
)
@click.option(
    "--withheld-items", type=click.IntRange(min=1), default=1, show_default=True, help="How many items it has."
)
@click.option("--withheld-class", default="", help="Of which class they are.")
@click.option("--withheld-basis", default="technical/classified", show_default=True, help="KIND/SOURCE of them.")
@click.option("--as-of", default=None, type=DATE, help="Of which date the assessment is.")
@click.option("--would-change-if", default="", help="What would change the assessor's view.")
@click.option("--independent", is_flag=True, help="The office states that nobody asked it for a conclusion.")
@click.option("--under", default="", help="The group on the board that the office belongs to.")
@click.option("--of", "of", default="", help="An earlier assessment of the same office, which this one replaces.")
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    default=None,
    help="A JSON file with the fields of the body; options come on top.",
)
@ON_BOARD
@click.pass_obj
def assess(
    out: Out,
    board: str,
    office: str,
    own_work: bool | None,
    judged: tuple[str, ...],
    scale: str,
    reasons: tuple[str, ...],
    evidence: tuple[str, ...],
    withhold: Path | None,
    withheld_items: int,
    withheld_class: str,
    withheld_basis: str,
    as_of: When | None,
    would_change_if: str,
    independent: bool,
    under: str,
    of: str,
    source: Path | None,
    how: How,
) -> None:
    """Say on BOARD how likely an office holds its hypotheses, and how sure it is of the basis of each judgment."""
    fields = _document(source) if source is not None else {}
    given = {
        "office": office,
        "own_work": own_work,
        "judgments": _judgments(judged, reasons, scale),
        "evidence": [_evidence(one) for one in evidence],
        "as_of": as_of,
        "would_change_if": would_change_if,
        "independent": independent,
        "under": under,
        "of": of,
    }
    fields |= {name: value for name, value in given.items() if value or (name == "own_work" and value is not None)}
    if fields.get("own_work") is None:
        raise click.UsageError("say whose work it is: --own-work or --coordinated")
    kind, _, kept = withheld_basis.partition("/")
    withheld = {"items": withheld_items, "of_class": withheld_class, "kind": kind, "source": kept}
    with opened(out.folder) as node:
        said = boards.assess(
            node,
            board,
            fields,
            withhold=given_text("", withhold, what="withhold"),
            withheld=withheld,
            **how,
        )
    show_said(out, "assess", said, how)


@click.command("reveal")
@click.argument("assessment")
@click.option("--commitment", default="", help="Which of several, by the beginning of its digest.")
@click.option("--dry-run", is_flag=True, help="Show what would be said; store nothing.")
@click.pass_obj
def reveal(out: Out, assessment: str, commitment: str, dry_run: bool) -> None:
    """Show what ASSESSMENT of yours withheld, once, to everybody who was told of it. It cannot be taken back."""
    with opened(out.folder) as node:
        said = boards.reveal_withheld(node, assessment, commitment=commitment, dry_run=dry_run)
    show_said(out, "board reveal", said, {"dry_run": dry_run})


@click.command("position")
@click.argument("board")
@click.argument("stance", type=click.Choice(list(STANCES)))
@click.option("--office", required=True, help="Whose position it is.")
@click.option(
    "--hypothesis",
    "hypotheses",
    multiple=True,
    help="The hypothesis that it answers; repeat. A denial names one at least.",
)
@click.option(
    "--scope", default="", help="Of a denial: the rung, or territory, encouraged or state. Default: all of it."
)
@click.option(
    "--relies-on",
    type=click.Choice([one for one in RELIANCE if one]),
    default=None,
    help="What an endorsement rests on.",
)
@click.option("--about", multiple=True, help="The assessment, claim or position that it answers; repeat.")
@click.option("--jointly", multiple=True, help="OFFICE or OFFICE=DATE that signs as well; repeat.")
@click.option("--text", "words", default="", help="In the office's words.")
@click.option("--as-of", default=None, type=DATE, help="Of which date it is.")
@click.option("--under", default="", help="The group on the board that the office belongs to.")
@click.option("--of", "of", default="", help="An earlier position of the same office, which this one replaces.")
@ON_BOARD
@click.pass_obj
def position(
    out: Out,
    board: str,
    stance: str,
    office: str,
    hypotheses: tuple[str, ...],
    scope: str,
    relies_on: str | None,
    about: tuple[str, ...],
    jointly: tuple[str, ...],
    words: str,
    as_of: When | None,
    under: str,
    of: str,
    how: How,
) -> None:
    """Endorse, deny, disagree, or say that nothing is asserted (non-assertion) on BOARD. A denial keeps its scope."""
    fields = {
        "office": office,
        "stance": stance,
        "hypotheses": hypotheses,
        "scope": scope,
        "relies_on": relies_on or "",
        "about": about,
        "joint": [_signatory(one) for one in jointly],
        "text": words,
        "as_of": as_of,
        "under": under,
        "of": of,
    }
    with opened(out.folder) as node:
        said = boards.take_position(node, board, fields, **how)
    show_said(out, "board position", said, how)


@click.command("rate")
@click.argument("board")
@click.option("--rater", required=True, help="Who rates.")
@click.option(
    "--table",
    "file",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    default=None,
    help="CSV: evidence, grade, then a column for each hypothesis.",
)
@click.option("--mark", "marks", multiple=True, help=f"EVIDENCE;HYPOTHESIS;MARK with {' '.join(MARKS)}; repeat.")
@click.option("--grade", "grades", multiple=True, help="EVIDENCE=GRADE, Admiralty as in B2; repeat.")
@ON_BOARD
@click.pass_obj
def rate(
    out: Out,
    board: str,
    rater: str,
    file: Path | None,
    marks: tuple[str, ...],
    grades: tuple[str, ...],
    how: How,
) -> None:
    """Mark pieces of evidence on BOARD against its hypotheses."""
    rows = _rows(
        given_text("", file, what="table"), marks, pairs(grades, what="a grade", left="EVIDENCE", right="GRADE")
    )
    with opened(out.folder) as node:
        said = boards.rate(node, board, rater, rows, **how)
    show_said(out, "board rate", said, how)


@click.command("tasking")
@click.argument("board")
@click.option("--assessor", required=True, help="The office that was asked.")
@click.option("--asked-by", required=True, help="The office that asked.")
@click.option(
    "--role",
    required=True,
    type=click.Choice(["political", "command", "oversight", "administrative"]),
    help="In which role.",
)
@click.option("--what", required=True, type=click.Choice(["speed", "content"]), help="What was asked for.")
@click.option("--at", default=None, type=DATE, help="When.")
@click.option("--about", default="", help="The assessment, where it was there by then.")
@click.option("--text", "words", default="", help="In which words.")
@ON_BOARD
@click.pass_obj
def tasking(
    out: Out,
    board: str,
    assessor: str,
    asked_by: str,
    role: str,
    what: str,
    at: When | None,
    about: str,
    words: str,
    how: How,
) -> None:
    """Put on record that an assessor on BOARD was asked for speed or content."""
    fields = {
        "of_office": assessor,
        "asked_by": asked_by,
        "role": role,
        "what": what,
        "at": at,
        "about": about,
        "text": words,
    }
    with opened(out.folder) as node:
        said = boards.log_tasking(node, board, fields, **how)
    show_said(out, "board tasking", said, how)


@click.command("finding")
@click.argument("about", required=False, default="")
@click.option("--office", required=True, help="Whose finding it is.")
@click.option("--status", required=True, type=click.Choice(list(STATUSES)), help="What it finds.")
@click.option("--impact-of", default="", help="ABOUT is an impact of this incident.")
@click.option("--board", "on_board", default="", help="With a hypothesis: the board that it stands on.")
@click.option("--hypothesis", default="", help="Whether this hypothesis turned out so.")
@click.option("--when", default=None, type=DATE, help="When it occurred, as precisely as is known.")
@click.option("--where", default="", help="Where.")
@click.option("--sighting", "sightings", multiple=True, help="The id of a sighting of it; repeat.")
@click.option("--evidence", multiple=True, help="What shows it; repeat.")
@click.option("--text", "words", default="", help="In the office's words.")
@click.option("--of", "of", default="", help="An earlier finding of the same office, which this one replaces.")
@telling(public=True)
@click.pass_obj
def finding(
    out: Out,
    about: str,
    office: str,
    status: str,
    impact_of: str,
    on_board: str,
    hypothesis: str,
    when: When | None,
    where: str,
    sightings: tuple[str, ...],
    evidence: tuple[str, ...],
    words: str,
    of: str,
    how: How,
) -> None:
    """Say whether the incident or impact ABOUT occurred. It says nothing about who did it."""
    if not about and not on_board:
        raise click.UsageError("name the incident or impact, or a board with a hypothesis")
    fields = {
        "about": about,
        "office": office,
        "status": status,
        "what": "impact" if impact_of else "incident",
        "incident": impact_of,
        "board": on_board,
        "hypothesis": hypothesis,
        "when": when,
        "where": where,
        "sightings": sightings,
        "evidence": evidence,
        "text": words,
        "of": of,
    }
    with opened(out.folder) as node:
        said = boards.report_finding(node, fields, **how)
    show_said(out, "board finding", said, how)


# -- what was typed -----------------------------------------------------------------------------------------------------


def _judgments(judged: tuple[str, ...], reasons: tuple[str, ...], scale: str) -> list[dict[str, Any]]:
    why = pairs(reasons, what="a reason", left="HYPOTHESIS", right="TEXT")
    found = []
    for key, value in pairs(judged, what="a judgment", left="HYPOTHESIS", right="WORD").items():
        word, _, confidence = value.partition("/")
        found.append(
            {
                "hypothesis": key,
                "likelihood": word.strip(),
                "scale": scale,
                "confidence": confidence.strip(),
                "reasons": why.pop(key, ""),
            }
        )
    if why:
        raise InvalidStatement(f"a reason is given for {', '.join(why)}, which is not judged here")
    return found


def _evidence(value: str) -> dict[str, Any]:
    ref, kind, source, grade, date, words = ([part.strip() for part in value.split(";", 5)] + [""] * 6)[:6]
    if kind not in EVIDENCE_KINDS or source not in SOURCE_KINDS:
        raise InvalidStatement(
            f"evidence is written REF;KIND;SOURCE with a kind of {', '.join(EVIDENCE_KINDS)} and a source of {', '.join(SOURCE_KINDS)}; "
            f"got {value!r}"
        )
    when = {"at": DATE.convert(date, None, None)} if date else {}
    return {"ref": ref, "kind": kind, "source": source, "grade": grade.upper(), "text": words, **when}


def _signatory(value: str) -> dict[str, Any]:
    office, sign, date = value.partition("=")
    return {"office": office.strip(), **({"at": DATE.convert(date.strip(), None, None)} if sign else {})}


def _rows(text_: str, marks: tuple[str, ...], grades: dict[str, str]) -> list[dict[str, Any]]:
    """Rows of marks out of a CSV table and single marks; an empty cell is no mark."""
    rows: dict[str, dict[str, Any]] = {}

    def row(evidence: str) -> dict[str, Any]:
        return rows.setdefault(evidence, {"evidence": evidence, "marks": {}})

    if text_:
        reader = csv.DictReader(io.StringIO(text_))
        if "evidence" not in (reader.fieldnames or ()):
            raise InvalidStatement("the table's first line names its columns: evidence, grade, and the hypotheses")
        for line in reader:
            its = row((line.pop("evidence") or "").strip())
            if grade := (line.pop("grade", "") or "").strip():
                its["grade"] = grade.upper()
            its["marks"] |= {key: mark.strip().upper() for key, mark in line.items() if key and mark and mark.strip()}
    for one in marks:
        parts = [part.strip() for part in one.rsplit(";", 2)]
        if len(parts) != 3 or parts[2].upper() not in MARKS:
            raise InvalidStatement(f"a mark is written EVIDENCE;HYPOTHESIS;MARK with {' '.join(MARKS)}; got {one!r}")
        row(parts[0])["marks"][parts[1]] = parts[2].upper()
    for evidence, grade in grades.items():
        row(evidence)["grade"] = grade.upper()
    if not rows:
        raise InvalidStatement("nothing to rate: give --table, --mark or --grade")
    return list(rows.values())


def _document(file: Path) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(given_text("", file, what="from"))
    except msgspec.DecodeError as error:
        raise InvalidStatement(f"{file}: not JSON ({error})") from None
    if not isinstance(value, dict):
        raise InvalidStatement(f"{file}: the body of an assessment is a JSON object")
    return value
