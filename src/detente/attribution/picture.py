"""A board drawn in characters: what a diplomat reads, prints and lays on a table. Its twin as SVG is in `image.py`.

Every assessor and every position is a row of the same table, every hypothesis a column; partners' rows and ours look alike. Likelihood
(a word, and a bar for its interval) and analytic confidence (dots, and a word) are separate marks. A denial stands in the column that it
denies. Where the columns do not fit, the table goes on below with the next ones. There is no line of averages and no first place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from detente.attribution.bodies import RELIANCE
from detente.attribution.pooling import Pooled
from detente.attribution.view import BoardView, Column, Event, Judged, Row, Stand, counted
from detente.drawing import interval_in_characters, pad, plain, wrap
from detente.scales import likelihood
from detente.words import quoted

ASKED = {
    "authenticity": "Is the content what it seems?",
    "effect": "Did it matter?",
    "exfiltration": "Who took data out?",
    "intrusion": "Who entered the system?",
    "publication": "Who made it public?",
}
DOTS = {"low": "●○○", "moderate": "●●○", "high": "●●●"}
MARK = {"endorses": "+ endorses", "disagrees": "≠ disagrees", "non-assertion": "○ asserts nothing"}
NOTHING = "–"

GAP = 2
CELL_MIN, CELL_MAX = 13, 26
COLUMNS_MIN = 60


def text(
    view: BoardView, width: int = 80, *, pooled: Pooled | None = None, since: Sequence[Event] | None = None
) -> str:
    """The board in lines of at most `width` columns (60 at least). `since`: what was said after some moment, shown as such."""
    width = max(width, COLUMNS_MIN)
    blocks = [
        list(_title(view, width)),
        list(_hypotheses(view, width)),
        *_tables(view, width),
        *([wrap(str(pooled), width, hanging="  ")] if pooled else []),
        *_lists(view, width),
    ]
    if since is not None:
        blocks.append(_section("Said since", [_event(event) for event in since] or ["nothing"], width))
    return "\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks if block) + "\n"


def moment(us: int) -> str:
    return datetime.fromtimestamp(us // 1_000_000, UTC).strftime("%-d %b %Y %H:%M UTC")


# -- parts --------------------------------------------------------------------------------------------------------------


def _title(view: BoardView, width: int) -> Iterator[str]:
    yield from wrap(f"{ASKED[view.question]} {plain(quoted(view.title))}", width)
    about = f"Board {view.short} about {plain(view.incident)}, recorded by {plain(view.recorded_by)} on {moment(view.said_us)}"
    yield from wrap(about + (", withdrawn since" if view.withdrawn else ""), width)
    if view.as_of_us is not None:
        yield f"As of what was said by {moment(view.as_of_us)}"
    yield ""
    yield from header_lines(view, width)


def header_lines(view: BoardView, width: int) -> list[str]:
    lines = wrap(plain(view.header.sentence), width, hanging="  ")
    for group in view.header.groups:
        lines += wrap(plain(str(group)), width, hanging="  ")
    return lines


def _hypotheses(view: BoardView, width: int) -> Iterator[str]:
    yield "Hypotheses"
    size = min(20, max(len(column.key) for column in view.hypotheses)) + GAP
    for column in view.hypotheses:
        about = plain(quoted(column.text))
        if column.rung:
            about += f" at the rung {column.rung}"
        if column.actor:
            about += f", names {plain(column.actor)}"
        if column.by != view.recorded_by:
            about += f", added by {plain(column.by)}"
        lines = wrap(about, width - size - GAP)
        for denial in denials_of(column):
            lines += wrap(denial, width - size - GAP, hanging="  ")
        for position, line in enumerate(lines):
            yield " " * GAP + pad(column.key if position == 0 else "", size) + line


def denials_of(column: Column) -> list[str]:
    """Who denies a hypothesis, and whose denial does not reach its rung: shown wherever the hypothesis is."""
    words = {"denied by": column.denied_by, "not addressed by the denial of": column.not_addressed_by}
    return [f"✕ {reach} {plain(', '.join(offices))}" for reach, offices in words.items() if offices]


def _tables(view: BoardView, width: int) -> list[list[str]]:
    """The table in as many pieces as its columns need; the last cell of each line is never cut off."""
    if not view.assessors and not view.positions:
        return [["Nobody has said anything on this board yet. Silence is not an answer."]]
    head = max(20, width // 4)
    fit = max(1, (width - head) // (CELL_MIN + GAP))
    pieces = -(-len(view.hypotheses) // fit)
    per_piece = -(-len(view.hypotheses) // pieces)
    size = min(CELL_MAX, (width - head) // per_piece - GAP)
    tables = []
    for first in range(0, len(view.hypotheses), per_piece):
        columns = view.hypotheses[first : first + per_piece]
        lines = _line(["Office and its log", *(column.key for column in columns)], head, size)
        lines.append("─" * (head + len(columns) * (size + GAP)))
        silent = []
        for name, offices, cells in _rows(view, columns, head - GAP, size):
            if pieces > 1 and all(cell == [NOTHING] for cell in cells):
                silent.append(name)
            else:
                lines += _beside(offices, cells, head, size)
        if silent:
            lines += [*wrap(f"No word on these by {', '.join(silent)}", width, hanging="  "), ""]
        tables.append(lines[:-1])
    return tables


def _rows(
    view: BoardView, columns: Sequence[Column], head: int, size: int
) -> Iterator[tuple[str, list[str], list[list[str]]]]:
    """Assessors, then positions: who it is, the lines of the first cell, and those of the others."""
    for row in view.assessors:
        judged = {one.hypothesis: one for one in row.judgments}
        yield plain(row.office), _assessor(row, head), [_cell(judged.get(column.key), size) for column in columns]
    for stand in view.positions:
        names = plain(", ".join(office for office, _ in stand.offices))
        yield names, _signatories(stand, head), [_reach(stand, column, size) for column in columns]


def _assessor(row: Row, width: int) -> list[str]:
    under = ["own work" if row.own_work else "coordinated", plain(row.recorded_by)]
    under += ["states that it is independent"] if row.independent else []
    under += ["inference from context only"] if row.context_only else []
    under += ["tasking on record"] if row.taskings else []
    return [*wrap(plain(row.office), width), *(line for one in under for line in _under(one, width))]


def _signatories(stand: Stand, width: int) -> list[str]:
    lines = []
    for office, at in stand.offices:
        lines += wrap(plain(office) + (f", {at}" if at else ""), width, hanging="  ")
    below = [plain(stand.recorded_by), *besides_columns(stand)]
    return [*lines, *(line for one in below for line in _under(one, width))]


def _under(words: str, width: int) -> list[str]:
    return ["  " + line for line in wrap(words, width - 2)]


def _cell(one: Judged | None, width: int) -> list[str]:
    if one is None:
        return [NOTHING]
    lines = wrap(one.likelihood, width)
    bar = min(width - 1, 20)
    lines.append(interval_in_characters(one.low, one.high, bar))
    lines += wrap(span_of(one), width)
    lines += wrap(f"{DOTS[one.confidence]} {one.confidence}" if one.confidence else "○○○ not stated", width)
    lines += wrap(support_of(one), width)
    if one.as_of:
        lines += wrap(f"as of {one.as_of}", width)
    return lines


def span_of(one: Judged) -> str:
    span = likelihood(one.likelihood, one.scale).span
    return span if one.scale == "icd203" else f"{span} ({one.scale})"


def support_of(one: Judged) -> str:
    """What is behind a judgment, in a few characters: E1 E2, cites Bureau, 3 withheld."""
    labels = list(one.evidence)
    shown = " ".join(labels) if len(labels) <= 4 else f"{' '.join(labels[:3])} and {len(labels) - 3} more"
    parts = [shown] if shown else []
    parts += [f"cites {plain(office)}" for office in one.cites]
    if one.withheld:
        parts.append(f"{one.withheld} withheld")
    return ", ".join(parts) or "unsupported here"


def _reach(stand: Stand, column: Column, width: int) -> list[str]:
    mark = mark_of(stand, column.key)
    if not mark:
        return [NOTHING]
    below = [f"scope {stand.scope}"] if stand.scope else []
    below += [RELIANCE[stand.relies_on]] if stand.relies_on else []
    below += [f"on {plain(', '.join(stand.answers))}"] if stand.answers else []
    return [*wrap(mark, width, hanging="  "), *(line for one in below for line in _under(one, width))]


def mark_of(stand: Stand, key: str) -> str:
    """What a position says in one column; nothing where it does not speak of it."""
    if stand.stance == "denies":
        return {"denied": "✕ denies", "not addressed": "✕ not addressed"}.get(stand.reaches.get(key, ""), "")
    if key in stand.hypotheses or (stand.stance == "non-assertion" and not stand.hypotheses):
        return MARK[stand.stance]
    return ""


def besides_columns(stand: Stand) -> list[str]:
    """What a position is about that is no column: claims, or assessments that are not held here."""
    if stand.hypotheses or stand.stance not in ("endorses", "disagrees"):
        return []
    return [f"{MARK[stand.stance]}: {counted(len(stand.about), 'statement')} named"]


def _lists(view: BoardView, width: int) -> Iterator[list[str]]:
    for title, state in (("Agreed", "agreed"), ("Disputed", "disputed"), ("Judged by one assessor", "one assessor")):
        found = [str(one) for one in view.comparison if one.state == state]
        if found or state in ("agreed", "disputed"):
            yield _section(title, found or ["none"], width)
    yield _section(
        "Unsupported here: no evidence reference",
        [f"{one.office} on {one.hypothesis}" for one in view.unsupported] or ["none"],
        width,
    )
    if view.withheld:
        yield _section(
            "Withheld",
            [
                f"{one.office}: {counted(one.items, 'item')}, class {one.of_class}, {one.basis}, commitment {one.commitment}"
                + (f"; since revealed: {one.revealed}" if one.revealed else "")
                for one in view.withheld
            ],
            width,
        )
    context = [f"{row.office}: inference from context only" for row in view.assessors if row.context_only]
    if context:
        yield _section("Basis", context, width)
    yield _section("Lines of evidence", [str(one) for one in view.lines if one.offices], width)
    if view.taskings:
        yield _section(
            "Taskings of assessors",
            [
                f"{one.of_office} was asked for {one.what} by {one.asked_by} ({one.role} role)"
                + (f", {one.at}" if one.at else "")
                + (f": {one.text}" if one.text else "")
                for one in view.taskings
            ],
            width,
        )
    said = [f"{', '.join(office for office, _ in one.offices)}: {one.text}" for one in view.positions if one.text]
    said += [
        f"{row.office} on {one.hypothesis}: {one.reasons}"
        for row in view.assessors
        for one in row.judgments
        if one.reasons
    ]
    said += [f"{row.office} would change its view if: {one}" for row in view.assessors for one in row.would_change_if]
    yield _section("In their words", said, width)
    yield _section("Evidence", list(_evidence(view)), width)
    yield _section("Whether it occurred, apart from who did it", list(_facts(view)), width)
    if view.unread:
        yield _section("Not read", [f"{one.speaker}, {one.statement}: {one.why}" for one in view.unread], width)


def _evidence(view: BoardView) -> Iterator[str]:
    for item in view.matrix.items:
        grades = ", ".join(f"{grade} by {who}" for who, grade in item.grades)
        parts = [
            ", ".join(item.basis),
            item.at,
            grades,
            f"cited by {', '.join(item.cited_by)}" if item.cited_by else "",
        ]
        yield f"{item.label}  {item.text or item.ref} " + "; ".join(part for part in parts if part)


def _facts(view: BoardView) -> Iterator[str]:
    for fact in view.facts:
        counts = ", ".join(f"{status} {count}" for status, count in fact.counts.items())
        yield f"{fact.what} {fact.about}: {fact.state} (offices: {counts})"
        for one in fact.findings:
            when = f", {one.when}" if one.when else ""
            where = f", {one.where}" if one.where else ""
            sightings = f", {counted(len(one.sightings), 'sighting')}" if one.sightings else ""
            yield f"  {one.office}: {one.status}{when}{where}{sightings}{f': {one.text}' if one.text else ''}"


def _event(event: Event) -> str:
    return f"{moment(event.at_us)}  {event.office or event.speaker} {event.words}"


# -- lines --------------------------------------------------------------------------------------------------------------


def _section(title: str, items: Sequence[str], width: int) -> list[str]:
    if not items:
        return []
    lines = [title]
    for item in items:
        indent = "  " if not item.startswith("  ") else "    "
        lines += [indent + line for line in wrap(plain(item), width - len(indent), hanging="  ")]
    return lines


def _line(cells: Sequence[str], head: int, size: int) -> list[str]:
    return ["".join(pad(cell, size if n else head - GAP) + " " * GAP for n, cell in enumerate(cells))]


def _beside(first: Sequence[str], cells: Iterable[Sequence[str]], head: int, size: int) -> list[str]:
    """Cells of several lines beside each other, and an empty line after them."""
    columns = [first, *cells]
    lines = []
    for at in range(max(map(len, columns))):
        lines += _line([column[at] if at < len(column) else "" for column in columns], head, size)
    return [*lines, ""]
