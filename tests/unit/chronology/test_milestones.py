"""Days between stamps keep the precision of their sources, and no account is merged with another."""

from __future__ import annotations

import pytest
from tests.unit.chronology.made import A, B, said, when

from detente.chronology.bodies import Milestone
from detente.chronology.milestones import Gap, accounts, between
from detente.errors import InvalidStatement
from detente.said import Said, read


@pytest.mark.parametrize(
    ("first", "second", "text"),
    [
        ("2016-10", "2016-11-03", "between 3 and 33 days"),
        ("2016-09-05", "2016-11-08", "64 days"),
        ("2016-06-23", "2016-09-05", "74 days"),
        ("2016-02-28", "2016-03-01", "2 days"),
        ("2016-10-07T23:59Z", "2016-10-08T00:01Z", "1 day"),
        ("2016-10-07", "2016-10-07T15:30:00Z", "0 days"),
        ("2016", "2017", "between 1 and 730 days"),
        ("2016-10-09", "2016-10-07", "2 days earlier"),
        ("2016-11-03", "2016-10", "between 3 and 33 days earlier"),
        ("2016-10", "2016-10-07", "order not known: up to 24 days earlier or up to 6 later"),
        ("2016-12", "2016-12", "order not known: up to 30 days earlier or up to 30 later"),
    ],
)
def test_days_between_two_moments_are_as_precise_as_they_are(first: str, second: str, text: str) -> None:
    assert str(between(when(first), when(second))) == text


def test_turning_the_order_turns_the_days() -> None:
    for first, second in (("2016-10", "2016-11-03"), ("2016", "2016-05"), ("2016-01-01", "2016-01-31")):
        forth, back = between(when(first), when(second)), between(when(second), when(first))
        assert back == Gap(-forth.days_max, -forth.days_min)


def _milestone(step: str, text: str, by: str, *, speaker: str = A, index: int = 0, about: str = "lantern") -> Said:
    body = {
        "about": about,
        "step": step,
        "when": {"at_us": when(text).at_us, "fidelity": when(text).fidelity},
        "by": by,
        **({"choice": "act"} if step == "decision" else {}),
    }
    return said("milestone", body, by=speaker, index=index)  # type: ignore[arg-type]  # a JSON value, spelled out


def test_the_report_has_every_stamp_with_who_and_the_days_from_step_to_step() -> None:
    statements = [
        _milestone("publication", "2026-10-07", "the ministry", index=4),
        _milestone("sighting", "2026-07", "the bank", index=1),
        _milestone("assessment", "2026-09-30", "service two", index=3),
        _milestone("assessment", "2026-09-05", "service one", index=2),
        _milestone("decision", "2026-10-05", "the minister", index=5),
    ]
    account = accounts(statements)["lantern"][A]
    assert [(s.milestone.step, str(s.when), s.milestone.by) for s in account.stamps] == [
        ("sighting", "July 2026", "the bank"),
        ("assessment", "5 Sep 2026", "service one"),
        ("assessment", "30 Sep 2026", "service two"),
        ("decision", "5 Oct 2026", "the minister"),
        ("publication", "7 Oct 2026", "the ministry"),
    ]
    assert [(i.start.milestone.step, i.end.milestone.by, str(i.gap)) for i in account.intervals] == [
        ("sighting", "service one", "between 36 and 66 days"),
        ("sighting", "service two", "between 61 and 91 days"),
        ("assessment", "the minister", "30 days"),
        ("decision", "the ministry", "2 days"),
        ("sighting", "the ministry", "between 68 and 98 days"),
    ]
    assert account.not_recorded == ()


def test_a_step_of_which_nobody_spoke_is_not_recorded_and_is_passed_over() -> None:
    statements = [_milestone("sighting", "2026-07-01", "the bank"), _milestone("publication", "2026-07-11", "the bank")]
    account = accounts(statements)["lantern"][A]
    assert account.not_recorded == ("assessment", "decision")
    assert [str(i.gap) for i in account.intervals] == ["10 days"]


def test_two_parties_accounts_of_one_matter_stand_side_by_side() -> None:
    statements = [
        _milestone("sighting", "2026-07-01", "the bank"),
        _milestone("sighting", "2026-07-05", "the bank", speaker=B),
        _milestone("sighting", "2026-07-09", "the port", about="harbour"),
    ]
    found = accounts(statements)
    assert {about: sorted(by) for about, by in found.items()} == {"lantern": [A, B], "harbour": [A]}
    assert str(found["lantern"][B].stamps[0].when) == "5 Jul 2026"


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"step": "decision"}, "says what was chosen"),
        ({"step": "sighting", "choice": "act"}, "says what was chosen"),
        ({"step": "decision", "choice": "do not act"}, "at least one reason"),
        ({"step": "denial"}, "denial"),
        ({"by": ""}, "length"),
    ],
)
def test_what_is_no_milestone_is_refused_and_adds_nothing(more: dict[str, str], reason: str) -> None:
    moment = {"at_us": 0, "fidelity": "day"}
    statement = said("milestone", {"about": "x", "step": "sighting", "when": moment, "by": "the bank", **more})  # type: ignore[dict-item]
    with pytest.raises(InvalidStatement, match=reason):
        read(statement, Milestone)
    assert accounts([statement]) == {}
