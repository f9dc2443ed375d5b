"""What each of two parties alleges against the other: three kinds of statement, both directions, and nothing else."""

from __future__ import annotations

import pytest
from tests.unit.chronology.made import A, B, C, said, when

from detente.activity import Activity
from detente.channel.bodies import Message
from detente.chronology.entries import entries
from detente.chronology.history import counts, history
from detente.claims.bodies import Claim
from detente.said import Said

SCANS = Activity(classes=("scanning", "intrusion"))


def _claim(by: str, against: str, **more: object) -> Said:
    fields = {
        "quote": "x",
        "speaker": "Office",
        "speaker_party": by,
        "about": ("lantern", against),
        "topic": "intrusion",
        **more,
    }
    return said("claim", Claim(**fields), by=by)  # type: ignore[arg-type]


def _demand(by: str, *to: str) -> Said:
    return said("message", Message(move="demarche", activity=SCANS, demand="end it", refs=("lantern",)), by=by, to=to)


def _conduct(by: str, about: str, finding: str = "inconsistent") -> Said:
    return said(
        "conduct", {"norm": "un-2015-f", "incident": "lantern", "about": about, "finding": finding, "text": "x"}, by=by
    )


def _found(*statements: Said) -> list[tuple[str, str, str, tuple[str, ...], tuple[str, ...]]]:
    return [(a.by, a.against, a.kind, a.incidents, a.subject) for a in history(entries(statements), A, B)]


@pytest.mark.parametrize(("one", "other"), [(A, B), (B, A)])
def test_each_kind_is_read_alike_in_both_directions(one: str, other: str) -> None:
    assert _found(_claim(one, other)) == [(one, other, "claim", ("lantern",), ("intrusion",))]
    assert _found(_demand(one, other)) == [(one, other, "demarche", ("lantern",), ("scanning", "intrusion"))]
    assert _found(_demand(one, other, C)) == _found(_demand(one, other))
    assert _found(_conduct(one, other)) == [(one, other, "conduct", ("lantern",), ("un-2015-f",))]


@pytest.mark.parametrize(
    "statement",
    [
        _claim(A, C),
        _claim(C, A),
        _claim(A, A),
        _claim(A, B, polarity="denies"),
        _claim(A, B, polarity="declines-to-assert"),
        _claim("", B),
        _demand(A, C),
        _conduct(A, A),
        _conduct(A, B, "consistent"),
        _conduct(A, B, "unclear"),
        said("message", Message(move="request", activity=SCANS), to=(B,)),
        said("message", Message(move="demarche", demand="end it"), to=(B,)),
        said("claim", {"quote": ""}),
        said("claim", _claim(A, B).body, erased=True),  # type: ignore[arg-type]
        said("claim", dict(_claim(A, B).body), withdrawn=True),
    ],
)
def test_what_is_no_allegation_between_the_two_is_left_out(statement: Said) -> None:
    assert _found(statement) == []


def test_a_claim_is_of_the_party_that_its_speaker_speaks_for_whoever_recorded_it() -> None:
    body = Claim(quote="x", speaker="Office", speaker_party=A, about=(B,), said=when("2026-10"))
    assert _found(said("claim", body, by=C)) == [(A, B, "claim", (), ())]


def test_counts_are_by_direction_and_kind() -> None:
    found = history(entries([_claim(A, B), _claim(A, B, quote="y"), _demand(B, A), _conduct(B, A)]), A, B)
    assert counts(found) == {
        A: {"claim": 2, "demarche": 0, "conduct": 0},
        B: {"claim": 0, "demarche": 1, "conduct": 1},
    }


def test_what_the_other_side_said_stands_beside() -> None:
    entry = _conduct(A, B)
    answer = said("answer", {"of": entry.id, "word": "disputes"}, by=B)
    (allegation,) = history(entries([entry, answer]), A, B)
    assert [(b.relation, b.entry.said) for b in allegation.entry.beside] == [("denies", answer)]
