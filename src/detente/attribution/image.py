"""A board as SVG: the table of assessors and positions × hypotheses, for pages and paper. `picture.text` says more, in words.

Nothing is cut off: what is too long for its cell goes on in the next line, since paper shows nothing on pointing at it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from detente.attribution.bodies import RELIANCE
from detente.attribution.picture import ASKED, besides_columns, denials_of, mark_of, moment, span_of, support_of
from detente.attribution.view import BoardView, Column, Judged, Row, Stand
from detente.drawing import FONT_PX, LINE_PX, interval, label, mark, rule, width_of, wrap
from detente.drawing import svg as whole
from detente.words import quoted

HEAD_PX, COLUMN_PX, PAD_PX = 230, 170, 12
SMALL = 11
CONFIDENCES = ("low", "moderate", "high")

# One line of a cell: what it draws when it is told where its base line begins.
Line = Callable[[float, float], str]


def svg(view: BoardView) -> str:
    """One picture of any width: each hypothesis takes a column of 170 px."""
    width = HEAD_PX + COLUMN_PX * len(view.hypotheses) + 2 * PAD_PX
    title = f"{ASKED[view.question]} {quoted(view.title)}"
    rows: list[list[list[Line]]] = [
        [_text("office and its log", HEAD_PX, small=True, faint=True), *(_head(column) for column in view.hypotheses)],
        *([_assessor(row), *_judgments(view, row)] for row in view.assessors),
        *([_signatories(stand), *(_reach(stand, c) for c in view.hypotheses)] for stand in view.positions),
        [
            _text("compared, word by word", HEAD_PX, small=True, faint=True),
            *(_words(one.wording or one.state) for one in view.comparison),
        ],
    ]
    parts: list[str] = []
    y = float(PAD_PX)
    for line in [*_text(title, width - 2 * PAD_PX, size=16, bold=True), *_header(view, width - 2 * PAD_PX)]:
        y += LINE_PX
        parts.append(line(PAD_PX, y))
    y += LINE_PX
    for number, cells in enumerate(rows):
        for position, cell in enumerate(cells):
            x = PAD_PX + (HEAD_PX + COLUMN_PX * (position - 1) if position else 0)
            parts += [line(x, y + (at + 1) * LINE_PX) for at, line in enumerate(cell)]
        y += max(map(len, cells)) * LINE_PX + LINE_PX / 2
        if number < len(rows) - 1:
            parts.append(rule(PAD_PX, y, width - PAD_PX, y, faint=number > 0))
    return whole(width, y + PAD_PX, title, _description(view), parts)


def _header(view: BoardView, within: float) -> list[Line]:
    said = f"Board {view.short} about {view.incident}, recorded by {view.recorded_by} on {moment(view.said_us)}"
    if view.as_of_us is not None:
        said += f"; as of what was said by {moment(view.as_of_us)}"
    lines = [said, view.header.sentence, *(str(group) for group in view.header.groups)]
    return [line for words in lines for line in _text(words, within)]


def _head(column: Column) -> list[Line]:
    lines = [*_words(column.key, bold=True), *_words(quoted(column.text), small=True)]
    if column.rung:
        lines += _words(column.rung, small=True, faint=True)
    for denial in denials_of(column):
        lines += _words(denial, small=True)
    return lines


def _assessor(row: Row) -> list[Line]:
    lines = _text(row.office, HEAD_PX - PAD_PX, bold=True)
    below = ["own work" if row.own_work else "coordinated", row.recorded_by]
    below += ["states that it is independent"] if row.independent else []
    below += ["inference from context only"] if row.context_only else []
    below += ["tasking on record"] if row.taskings else []
    return lines + [line for words in below for line in _text(words, HEAD_PX - PAD_PX, small=True, faint=True)]


def _judgments(view: BoardView, row: Row) -> list[list[Line]]:
    judged = {one.hypothesis: one for one in row.judgments}
    return [_cell(judged.get(column.key)) for column in view.hypotheses]


def _cell(one: Judged | None) -> list[Line]:
    if one is None:
        return _words("–", faint=True)
    about = span_of(one) + (f", {one.as_of}" if one.as_of else "")
    return [
        *_words(one.likelihood),
        _bar(one),
        _dots(one),
        *_words(about, small=True, faint=True),
        *_words(support_of(one), small=True, faint=True),
    ]


def _bar(one: Judged) -> Line:
    title = f"{one.likelihood}: {span_of(one)}"
    return lambda x, y: interval(x, y - 11, COLUMN_PX - 2 * PAD_PX, 10, one.low, one.high, title=title)


def _dots(one: Judged) -> Line:
    level = CONFIDENCES.index(one.confidence) + 1 if one.confidence else 0

    def draw(x: float, y: float) -> str:
        dots = [mark("circle", x + 5 + 13 * dot, y - 4, 4, filled=dot < level) for dot in range(len(CONFIDENCES))]
        return "".join(dots) + label(x + 44, y, one.confidence or "not stated", size=SMALL)

    return draw


def _signatories(stand: Stand) -> list[Line]:
    lines = [
        line
        for office, at in stand.offices
        for line in _text(office + (f", {at}" if at else ""), HEAD_PX - PAD_PX, bold=True)
    ]
    below = [stand.recorded_by, *besides_columns(stand)]
    return lines + [line for words in below for line in _text(words, HEAD_PX - PAD_PX, small=True, faint=True)]


def _reach(stand: Stand, column: Column) -> list[Line]:
    words = mark_of(stand, column.key)
    if not words:
        return _words("–", faint=True)
    below = [f"scope {stand.scope}"] if stand.scope else []
    below += [RELIANCE[stand.relies_on]] if stand.relies_on else []
    below += [f"on {', '.join(stand.answers)}"] if stand.answers else []
    return _words(words) + [line for one in below for line in _words(one, small=True, faint=True)]


def _words(words: str, *, bold: bool = False, small: bool = False, faint: bool = False) -> list[Line]:
    return _text(words, COLUMN_PX - PAD_PX, bold=bold, small=small, faint=faint)


def _text(
    words: str, within: float, *, size: float = FONT_PX, bold: bool = False, small: bool = False, faint: bool = False
) -> list[Line]:
    """As many lines as the words need. A line keeps its own words: `part` is bound when it is made."""
    size = SMALL if small else size

    def draw(part: str) -> Line:
        return lambda x, y: label(x, y, part, size=size, bold=bold, faint=faint)

    return [draw(part) for part in wrap(words, max(1, int(within / width_of("x", size))))]


def _description(view: BoardView) -> str:
    parts: Sequence[str] = [view.header.sentence, *(str(one) for one in view.comparison)]
    stands = [
        f"{', '.join(office for office, _ in one.offices)}: {one.stance} {', '.join(one.hypotheses) or 'the board'}"
        + (f", scope {one.scope}" if one.scope else "")
        for one in view.positions
    ]
    return ". ".join([*parts, *stands]) + "."
