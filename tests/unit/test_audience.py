"""Who may have what: the marking, the agreement and the addressees decide, and nothing else about a party does."""

from __future__ import annotations

from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.audience import Standing, decide, demand
from detente.errors import NotPermitted
from detente.stix.marking import Tlp

tlps = st.sampled_from(list(Tlp))
standings = st.lists(
    st.builds(Standing, st.sampled_from(["a.example", "b.example", "c.example"]), tlps, st.booleans()),
    max_size=5,
    unique_by=lambda s: s.origin,
)


@pytest.mark.parametrize(
    ("marking", "ceiling", "paused", "named"), list(product(Tlp, Tlp, (False, True), (False, True)))
)
def test_one_addressee_gets_it_when_marking_agreement_and_naming_allow_it(
    marking: Tlp, ceiling: Tlp, paused: bool, named: bool
) -> None:
    """The whole table, written out a second time in one line."""
    expected = not paused and marking <= ceiling and (named or marking < Tlp.AMBER_STRICT)
    audience = decide(marking, [Standing("a.example", ceiling, paused)], named=named)
    assert (audience.allowed == ("a.example",)) is expected
    assert ([origin for origin, _ in audience.refused] == ["a.example"]) is not expected


@given(tlps, standings, st.booleans())
def test_everybody_is_allowed_or_refused_and_nobody_both(marking: Tlp, asked: list[Standing], named: bool) -> None:
    audience = decide(marking, asked, named=named)
    refused = [origin for origin, _ in audience.refused]
    assert sorted([*audience.allowed, *refused]) == sorted(s.origin for s in asked)
    assert list(audience.allowed) == sorted(audience.allowed)
    assert all(reason for _, reason in audience.refused)


@given(tlps, standings, st.booleans())
def test_two_parties_who_change_places_change_outcomes(marking: Tlp, asked: list[Standing], named: bool) -> None:
    """The same rule for both sides: a name weighs nothing."""
    swap = {"a.example": "b.example", "b.example": "a.example"}
    swapped = [Standing(swap.get(s.origin, s.origin), s.receives, s.paused) for s in asked]
    one, other = decide(marking, asked, named=named), decide(marking, swapped, named=named)
    assert other.allowed == tuple(sorted(swap.get(origin, origin) for origin in one.allowed))
    assert other.refused == tuple((swap.get(origin, origin), reason) for origin, reason in one.refused)


@given(standings, st.booleans())
def test_a_stricter_marking_never_reaches_more_parties(asked: list[Standing], named: bool) -> None:
    reached = [set(decide(marking, asked, named=named).allowed) for marking in Tlp]
    assert all(later <= earlier for earlier, later in pairwise(reached))


@given(tlps, standings)
def test_being_named_never_excludes(marking: Tlp, asked: list[Standing]) -> None:
    assert set(decide(marking, asked, named=False).allowed) <= set(decide(marking, asked, named=True).allowed)


def test_when_nobody_is_left_the_reason_names_the_marking() -> None:
    with pytest.raises(NotPermitted, match=r"a\.example: TLP:RED is above the agreed ceiling TLP:GREEN"):
        demand(Tlp.RED, [Standing("a.example", Tlp.GREEN)], named=True)
    assert demand(Tlp.RED, [], named=True).allowed == ()
    assert demand(Tlp.RED, [Standing("a.example", Tlp.GREEN), Standing("b.example", Tlp.RED)], named=True).allowed == (
        "b.example",
    )
