"""The header of a board: offices counted class by class. No number here is the sum of two others of different classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from detente.attribution.bodies import Board, Group
from detente.attribution.view import Header, Membership, Row, Stand, offices_of
from detente.said import Said


def header_of(rows: Sequence[Row], stands: Sequence[Stand], boards: Sequence[tuple[Said, Board]]) -> Header:
    """`boards`: the one that was opened and what was added to it, whose groups stand in that order."""
    own = sum(row.own_work for row in rows)
    denied = Counter(
        scope
        for scope, _, _ in dict.fromkeys(
            (s.scope, s.recorded_by, name) for s in stands if s.stance == "denies" for name, _ in s.offices
        )
    )
    count = {
        stance: len(offices_of(s for s in stands if s.stance == stance))
        for stance in ("endorses", "disagrees", "non-assertion")
    }
    groups = tuple(_membership(group, said.speaker, rows) for said, board in boards for group in board.groups)
    parts = [
        f"{len(rows)} assessed (own work {own}, coordinated {len(rows) - own})",
        f"endorsed by {count['endorses']}",
    ]
    if count["disagrees"]:
        parts.append(f"disagreed with by {count['disagrees']}")
    if denied:
        parts += [f"denied by {n} ({f'scope {scope}' if scope else 'no scope stated'})" for scope, n in denied.items()]
    else:
        parts.append("denied by 0")
    parts.append(f"explicit non-assertion by {count['non-assertion']}")
    parts += [f"no recorded assessment: {one.no_recorded_assessment} of {one.size} ({one.group})" for one in groups]
    return Header(
        assessed=len(rows),
        own_work=own,
        coordinated=len(rows) - own,
        endorsed=count["endorses"],
        disagreed=count["disagrees"],
        denied=dict(denied),
        non_assertion=count["non-assertion"],
        groups=groups,
        sentence="; ".join(parts),
    )


def _membership(group: Group, by: str, rows: Sequence[Row]) -> Membership:
    """An office belongs to a group whose members name it; where they are not named, to the group it says it is under."""
    assessed = len(
        {row.office for row in rows if (row.office in group.members if group.members else row.under == group.name)}
    )
    return Membership(group.name, group.size, assessed, max(0, group.size - assessed), by)
