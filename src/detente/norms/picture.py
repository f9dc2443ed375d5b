"""Pictures: the table of norms × parties, the ladder of a chain of responses, the four columns of undertakings.

In characters for a terminal, the ladder also as SVG. The order of the parties comes in: whoever shows them sorts them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from detente.drawing import LINE_PX, columns_of, label, mark, pad, plain, rule, svg, width_of, wrap
from detente.norms.ladder import Chain, Step
from detente.norms.lines import quoted
from detente.norms.promises import Item
from detente.norms.register import Standing
from detente.norms.sealed import day
from detente.norms.tables import NORMS, RESPONSES, STAGES, UNDISCLOSED

_ROW_PX = 26
_STEP_PX = 92
_NAMES_PX = 150
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_CELL = 24


def register_text(table: Mapping[str, Mapping[str, Standing]], parties: Sequence[str]) -> list[str]:
    """Norms × parties. Below it: reservations, and what parties say of each other, which fills no cell."""
    head = ["norm", "name", *(plain(party) for party in parties)]
    rows = [
        [norm, NORMS[norm].name if norm in NORMS else "", *(_cell(row[party]) for party in parties)]
        for norm, row in table.items()
    ]
    widths = [max(columns_of(row[i]) for row in (head, *rows)) for i in range(len(head))]
    lines = [
        "  ".join(pad(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in (head, *rows)
    ]
    for norm, row in table.items():
        for party in parties:
            standing = row[party]
            if standing.reservation:
                lines.append(f"* {norm}, {plain(party)}, with a reservation: {quoted(standing.reservation)}")
            for step in standing.by_others[-1:]:
                lines.append(
                    f"{norm}, of {plain(party)}: {plain(step.speaker)} says {step.status} since {step.at}, by {quoted(step.source)}"
                )
    return lines


def _cell(standing: Standing) -> str:
    return standing.status + ("*" if standing.reservation else "")


def ladder_text(chain: Chain) -> list[str]:
    """The steps of one chain from left to right, each on its rung; then each step, and the flag where the chain rises."""
    lines = []
    width = 3 if len(chain.steps) <= len(_CIRCLED) else 6
    for kind, rung, at in _rungs(chain):
        steps = "".join(pad(_number(i) if i in at else "·", width) for i in range(len(chain.steps)))
        lines.append(f"{rung:>2} {pad(kind, 16)} {steps}".rstrip())
    lines += [f"{_number(i)} {step_line(step)}" for i, step in enumerate(chain.steps)]
    return [*lines, *flag_lines(chain)]


def step_line(step: Step) -> str:
    """One response on one line."""
    to = f" to {plain(step.to)}" if step.to and step.to != step.speaker else ""
    seal = f" (committed on {day(step.seal.committed_us)})" if step.seal is not None and step.seal.text is None else ""
    return f"{step.decided}  {plain(step.speaker)}{to}: {step.kind}{seal}  {step.short}"


def flag_lines(chain: Chain) -> list[str]:
    """The flag of a rising chain with its links; nothing where it does not rise."""
    if not chain.rising:
        return []
    by_id = {step.id: (i, step) for i, step in enumerate(chain.steps)}
    links = " → ".join(
        f"{i + 1} {step.kind} by {plain(step.speaker)} ({step.short})"
        for i, step in (by_id[id_] for id_ in chain.standing)
    )
    return [f"flag: rising chain: {links}"]


def ladder_svg(chain: Chain) -> str:
    """The same as a picture: rungs from top to bottom, steps from left to right, joined where one answers the other."""
    rungs = _rungs(chain)
    # Blanks in a row are one blank in SVG.
    told = [f"{i + 1} · {step_line(step).replace('  ', ' · ')}" for i, step in enumerate(chain.steps)]
    if chain.rising:
        links = " → ".join(str(i + 1) for i, step in enumerate(chain.steps) if step.id in chain.standing)
        told.append(f"flag: rising chain: {links}")
    # As wide as its longest line: nothing that somebody did is cut off.
    width = max(_NAMES_PX + _STEP_PX * len(chain.steps), *(width_of(line) for line in told)) + 16
    top: float = 24
    parts: list[str] = []
    points: dict[int, tuple[float, float]] = {}
    for row, (kind, rung, at) in enumerate(rungs):
        y = top + row * _ROW_PX
        parts.append(label(8, y + 4, f"{rung} {kind}".strip(), bold=bool(at), faint=not at))
        parts.append(rule(_NAMES_PX, y, width - 8, y, faint=True, dashed=kind == UNDISCLOSED))
        points |= {i: (_NAMES_PX + _STEP_PX * i + 20, y) for i in at}
    for i in range(1, len(chain.steps)):
        parts.append(rule(*points[i - 1], *points[i]))
    for i, step in enumerate(chain.steps):
        x, y = points[i]
        parts.append(mark("circle", x, y, filled=step.kind != UNDISCLOSED, title=step_line(step)))
        parts.append(label(x + 9, y - 5, str(i + 1), bold=step.id in chain.standing))
    below = top + len(rungs) * _ROW_PX + 4
    for line in told:
        parts.append(label(8, below, line, bold=line.startswith("flag")))
        below += LINE_PX
    return svg(width, below, "Chain of responses on their rungs", "; ".join(told), parts)


def _rungs(chain: Chain) -> list[tuple[str, str, set[int]]]:
    """Kind, rung as written, and the steps on it, from the highest rung down; what has no rung comes last."""
    by_rung = sorted(RESPONSES.values(), key=lambda kind: -1 if kind.rung is None else kind.rung, reverse=True)
    return [
        (
            kind.id,
            "" if kind.rung is None else str(kind.rung),
            {i for i, step in enumerate(chain.steps) if step.kind == kind.id},
        )
        for kind in by_rung
    ]


def board_text(items: Sequence[Item], *, columns: int = _CELL) -> list[str]:
    """Undertakings in four columns. An item stands in every column in which some party sees it, with that party's name."""
    lines = [_row(["item", *STAGES], columns)]
    for item in items:
        due = f", due {item.due}" if item.due else ""
        cells = [wrap(f"{quoted(item.item)}, by {plain(item.by)}{due} ({item.short})", columns)]
        for seen in item.columns.values():
            cells.append([part for one in seen for part in wrap(f"{plain(one.speaker)}, {day(one.said_us)}", columns)])
        for i in range(max(len(cell) for cell in cells)):
            lines.append(_row([cell[i] if i < len(cell) else "" for cell in cells], columns))
    return lines


def _row(cells: Sequence[str], columns: int) -> str:
    return " │ ".join(pad(cell, columns) for cell in cells).rstrip()


def _number(position: int) -> str:
    return _CIRCLED[position] if position < len(_CIRCLED) else f"({position + 1})"
