"""The register: a party's standing is its own word; where there is none it is unknown."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.norms.speaking import ALDMERE, BOROVIA, Speech, on

from detente.errors import InvalidStatement
from detente.norms.lines import history_lines
from detente.norms.picture import register_text
from detente.norms.register import norm_named, register
from detente.norms.tables import NORMS

F = "un-2015-f"


def test_without_a_word_every_standing_is_unknown_and_nowhere_no() -> None:
    table = register([], list(NORMS), [ALDMERE, BOROVIA])
    assert {standing.status for row in table.values() for standing in row.values()} == {"unknown"}
    assert not any(standing.accepted for row in table.values() for standing in row.values())
    lines = register_text(table, [ALDMERE, BOROVIA])
    assert len(lines) == 1 + 27
    assert "no " not in " ".join(lines).replace("norm", "")


def test_the_latest_date_that_a_party_states_counts_and_not_the_order_of_recording() -> None:
    speech = Speech()
    speech.say(
        "commitment", ALDMERE, 1, norm=F, party=ALDMERE, status="accepted", source="res. 70/237", at=on("2015-12")
    )
    speech.say("commitment", ALDMERE, 2, norm=F, party=ALDMERE, status="signalled", source="a speech", at=on("2013"))
    standing = register(speech.said, [F], [ALDMERE])[F][ALDMERE]
    assert [step.status for step in standing.own] == ["signalled", "accepted"]
    assert standing.status == "accepted"
    assert all(step.source and step.at for step in standing.own)


def test_what_another_says_of_a_party_fills_no_cell_and_is_shown_under_its_name() -> None:
    speech = Speech()
    speech.say("commitment", ALDMERE, 1, norm=F, party=BOROVIA, status="accepted", source="a communiqué", at=on("2015"))
    table = register(speech.said, [F], [ALDMERE, BOROVIA])
    assert table[F][BOROVIA].status == "unknown"
    assert table[F][BOROVIA].by_others[0].speaker == ALDMERE
    assert f"{F}, of {BOROVIA}: {ALDMERE} says accepted since 2015, by “a communiqué”" in register_text(
        table, [ALDMERE, BOROVIA]
    )
    assert f"  2015  {ALDMERE} says of it: accepted (source: “a communiqué”)" in history_lines(table[F][BOROVIA])


def test_a_reservation_is_marked_in_the_cell_and_quoted_below() -> None:
    speech = Speech()
    speech.say(
        "commitment",
        ALDMERE,
        1,
        norm=F,
        party=ALDMERE,
        status="accepted",
        source="s",
        at=on("2015"),
        reservation="not in war",
    )
    lines = register_text(register(speech.said, [F], [ALDMERE]), [ALDMERE])
    assert lines[1].endswith("accepted*")
    assert lines[2] == f"* {F}, {ALDMERE}, with a reservation: “not in war”"


def test_a_norm_is_found_by_id_or_name_and_an_unknown_one_is_refused() -> None:
    assert norm_named("territory") is NORMS["un-2015-c"]
    assert norm_named("osce-cbm-8").name == "contact-points"
    with pytest.raises(InvalidStatement, match="detente norm list"):
        norm_named("un-2015-l")


def test_what_a_party_withdrew_stays_in_its_history_and_holds_no_more() -> None:
    speech = Speech()
    speech.say("commitment", ALDMERE, 1, norm=F, party=ALDMERE, status="signalled", source="s", at=on("2014"))
    taken_back = speech.say(
        "commitment", ALDMERE, 2, norm=F, party=ALDMERE, status="accepted", source="s", at=on("2015")
    )
    held = [replace(one, withdrawn=True) if one is taken_back else one for one in speech.said]
    standing = register(held, [F], [ALDMERE])[F][ALDMERE]
    assert (standing.status, standing.accepted, len(standing.own)) == ("signalled", False, 2)
    assert history_lines(standing)[-1] == f"    withdrawn by {ALDMERE}"
