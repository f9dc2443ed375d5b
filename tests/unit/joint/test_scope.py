"""What a scope lets through, clause by clause."""

from __future__ import annotations

import pytest

from detente.errors import NotPermitted
from detente.joint.scope import CRIME_LANE, Limit, require_in_scope, require_no_dispute

UNIT = Limit("Unit", 2, "1", classes=("intrusion",))
MORE = Limit("Unit", 2, "4(b)", classes=("fraud",), purposes=("research",))


@pytest.mark.parametrize(
    ("limits", "classes", "purpose"),
    [
        ((), (), ""),
        ((), ("intrusion",), "research"),
        ((UNIT,), ("intrusion",), "research"),
        ((UNIT, MORE), ("intrusion", "fraud"), ""),
        ((UNIT, MORE), ("fraud",), "research"),
        ((Limit("Unit", 1, "9", purposes=("research",)),), (), "research"),
    ],
)
def test_what_is_inside_passes(limits: tuple[Limit, ...], classes: tuple[str, ...], purpose: str) -> None:
    require_in_scope(limits, classes, purpose, other="b.example")


@pytest.mark.parametrize(
    ("limits", "classes", "purpose", "named"),
    [
        ((UNIT,), ("fraud",), "", r"fraud is outside .* clause 1 of “Unit” \(version 2\) has intrusion"),
        ((UNIT, MORE), ("intrusion", "scanning"), "", r"scanning is outside .*clause 1 .*; clause 4\(b\) .* has fraud"),
        ((MORE,), ("fraud",), "publication", r"purpose publication is outside .* clause 4\(b\)"),
        ((UNIT,), (), "", "name the activity class"),
    ],
)
def test_what_is_outside_is_refused_by_clause(
    limits: tuple[Limit, ...], classes: tuple[str, ...], purpose: str, named: str
) -> None:
    with pytest.raises(NotPermitted, match=named):
        require_in_scope(limits, classes, purpose, other="b.example")


def test_a_dispute_stays_out_of_the_crime_lane_and_of_no_other() -> None:
    require_no_dispute("", [("board", "lusab-babad-gutih")])
    require_no_dispute(CRIME_LANE, [("message", "lusab-babad-gutih"), ("consultation", "x")])
    with pytest.raises(NotPermitted, match="leave out board lusab-babad-gutih"):
        require_no_dispute(CRIME_LANE, [("message", "x"), ("board", "lusab-babad-gutih")])
