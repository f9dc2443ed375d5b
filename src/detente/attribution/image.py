"""A board as SVG: the table of assessors and positions × hypotheses, for pages and paper. `picture.text` says more, in words."""

from __future__ import annotations

from collections.abc import Iterator

from detente.attribution.picture import ASKED, mark_of, moment, span_of, support_of
from detente.attribution.view import BoardView, Column, Judged, Row, Stand
from detente.drawing import LINE_PX, interval, label, mark, rule, width_of, wrap
from detente.drawing import svg as whole
from detente.words import quoted

HEAD_PX, COLUMN_PX, PAD_PX = 230, 170, 12
SMALL = 11
CONFIDENCES = ("low", "moderate", "high")


def svg(view: BoardView) -> str:
    """One picture of any width: each hypothesis takes a column of 170 px."""
    width = HEAD_PX + COLUMN_PX * len(view.hypotheses) + 2 * PAD_PX
    parts: list[str] = []
    y: float = PAD_PX + LINE_PX
    title = f"{ASKED[view.question]} {quoted(view.title)}"
    parts.append(label(PAD_PX, y, title, bold=True, size=16, within=width - 2 * PAD_PX))
    lines = _header(view, int((width - 2 * PAD_PX) / width_of("x")))
    for line in lines:
        y += LINE_PX
        parts.append(label(PAD_PX, y, line))
    y += LINE_PX
    top = y
    for position, column in enumerate(view.hypotheses):
        parts.extend(_head(column, _x(position), top))
    y = top + 4 * LINE_PX
    parts.append(rule(PAD_PX, y, width - PAD_PX, y))
    for row in view.assessors:
        height = 5.5 * LINE_PX
        parts.extend(_assessor(row, y))
        judged = {one.hypothesis: one for one in row.judgments}
        for position, column in enumerate(view.hypotheses):
            parts.extend(_cell(judged.get(column.key), _x(position), y))
        y += height
        parts.append(rule(PAD_PX, y, width - PAD_PX, y, faint=True))
    for stand in view.positions:
        height = (max(1, len(stand.offices)) + 1) * LINE_PX + LINE_PX // 2
        parts.extend(_signatories(stand, y))
        for position, column in enumerate(view.hypotheses):
            parts.extend(_reach(stand, column, _x(position), y))
        y += height
        parts.append(rule(PAD_PX, y, width - PAD_PX, y, faint=True))
    for position, one in enumerate(view.comparison):
        parts.append(label(_x(position), y + LINE_PX, one.wording or one.state, size=SMALL, within=COLUMN_PX - PAD_PX))
    parts.append(label(PAD_PX, y + LINE_PX, "compared, word by word", size=SMALL, faint=True))
    return whole(width, y + 2 * LINE_PX, title, _description(view), parts)


def _x(position: int) -> float:
    return PAD_PX + HEAD_PX + COLUMN_PX * position


def _header(view: BoardView, columns: int) -> list[str]:
    said = f"Board {view.short} about {view.incident}, recorded by {view.recorded_by} on {moment(view.said_us)}"
    if view.as_of_us is not None:
        said += f"; as of what was said by {moment(view.as_of_us)}"
    lines = [said, view.header.sentence, *(str(group) for group in view.header.groups)]
    return [part for line in lines for part in wrap(line, columns)]


def _head(column: Column, x: float, y: float) -> Iterator[str]:
    within = COLUMN_PX - PAD_PX
    yield label(x, y + LINE_PX, column.key, bold=True, within=within)
    yield label(x, y + 2 * LINE_PX, quoted(column.text), size=SMALL, within=within)
    if column.rung:
        yield label(x, y + 3 * LINE_PX, column.rung, size=SMALL, faint=True, within=within)
    if column.denied_by or column.not_addressed_by:
        denied = f"denied by {', '.join(column.denied_by)}" if column.denied_by else ""
        passed = (
            f"not addressed by the denial of {', '.join(column.not_addressed_by)}" if column.not_addressed_by else ""
        )
        yield mark("cross", x + 4, y + 3.5 * LINE_PX, 4, title="denial")
        yield label(
            x + 13, y + 3.75 * LINE_PX, "; ".join(filter(None, (denied, passed))), size=SMALL, within=within - 13
        )


def _assessor(row: Row, y: float) -> Iterator[str]:
    within = HEAD_PX - PAD_PX
    yield label(PAD_PX, y + LINE_PX, row.office, bold=True, within=within)
    lines = ["own work" if row.own_work else "coordinated", f"at {row.recorded_by}"]
    if row.context_only:
        lines.append("inference from context only")
    if row.taskings:
        lines.append("tasking on record")
    for number, line in enumerate(lines, start=2):
        yield label(PAD_PX, y + number * LINE_PX - 2, line, size=SMALL, faint=True, within=within)


def _cell(one: Judged | None, x: float, y: float) -> Iterator[str]:
    if one is None:
        yield label(x, y + LINE_PX, "–", faint=True)
        return
    within = COLUMN_PX - PAD_PX
    yield label(x, y + LINE_PX, one.likelihood, within=within)
    yield interval(x, y + LINE_PX + 6, within - 10, 10, one.low, one.high, title=f"{one.likelihood}: {span_of(one)}")
    level = CONFIDENCES.index(one.confidence) + 1 if one.confidence else 0
    for dot in range(len(CONFIDENCES)):
        yield mark("circle", x + 5 + 13 * dot, y + 3 * LINE_PX - 4, 4, filled=dot < level)
    yield label(x + 44, y + 3 * LINE_PX, one.confidence or "not stated", size=SMALL)
    yield label(x, y + 4 * LINE_PX - 2, support_of(one), size=SMALL, faint=True, within=within)
    yield label(
        x,
        y + 5 * LINE_PX - 6,
        span_of(one) + (f", {one.as_of}" if one.as_of else ""),
        size=SMALL,
        faint=True,
        within=within,
    )


def _signatories(stand: Stand, y: float) -> Iterator[str]:
    for number, (office, at) in enumerate(stand.offices, start=1):
        yield label(
            PAD_PX, y + number * LINE_PX, office + (f", {at}" if at else ""), bold=True, within=HEAD_PX - PAD_PX
        )
    below = y + (len(stand.offices) + 1) * LINE_PX - 2
    yield label(PAD_PX, below, f"at {stand.recorded_by}", size=SMALL, faint=True, within=HEAD_PX - PAD_PX)


def _reach(stand: Stand, column: Column, x: float, y: float) -> Iterator[str]:
    words = mark_of(stand, column.key)
    if not words:
        yield label(x, y + LINE_PX, "–", faint=True)
        return
    yield label(x, y + LINE_PX, words, within=COLUMN_PX - PAD_PX)
    if stand.scope:
        yield label(x, y + 2 * LINE_PX - 2, f"scope {stand.scope}", size=SMALL, faint=True, within=COLUMN_PX - PAD_PX)


def _description(view: BoardView) -> str:
    parts = [view.header.sentence, *(str(one) for one in view.comparison)]
    parts += [
        f"{', '.join(office for office, _ in one.offices)}: {one.stance} {', '.join(one.hypotheses) or 'the board'}"
        + (f", scope {one.scope}" if one.scope else "")
        for one in view.positions
    ]
    return ". ".join(parts) + "."
