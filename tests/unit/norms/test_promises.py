"""Undertakings in four columns, limits that are declarations only, and the dates that stand."""

from __future__ import annotations

from tests.unit.norms.speaking import ALDMERE, BOROVIA, Speech, day, on

from detente.norms.lines import duty_lines, item_lines, limit_lines
from detente.norms.picture import board_text
from detente.norms.promises import duties, limits, undertakings
from detente.words import loaded_words


def test_each_party_stands_in_its_own_column() -> None:
    speech = Speech()
    first = speech.say("undertaking", ALDMERE, 1, item="A line between the duty officers", by=ALDMERE, stage="agreed")
    speech.say(
        "undertaking", ALDMERE, 2, item="again", by=ALDMERE, of=first.id, stage="implemented", evidence=["protocol 7"]
    )
    speech.say("undertaking", BOROVIA, 3, item="again", by=ALDMERE, of=first.id, stage="talked-of")
    (item,) = undertakings(speech.said)
    assert item.item == "A line between the duty officers"
    assert {stage: [one.speaker for one in seen] for stage, seen in item.columns.items()} == {
        "talked-of": [BOROVIA],
        "agreed": [],
        "implemented": [ALDMERE],
        "verified": [],
    }
    lines = board_text([item])
    assert [cell.strip() for cell in lines[0].split("│")] == ["item", "talked-of", "agreed", "implemented", "verified"]
    cells = [cell.strip() for cell in lines[1].split("│")]
    assert cells[1].startswith(BOROVIA)
    assert cells[2] == ""
    assert cells[3].startswith(ALDMERE)
    assert "(evidence: protocol 7)" in item_lines(item)[1]


def test_a_follow_up_whose_beginning_is_not_here_stands_for_itself() -> None:
    speech = Speech()
    speech.say("undertaking", BOROVIA, 3, item="i", by=ALDMERE, of="A" * 43, stage="talked-of")
    assert [item.item for item in undertakings(speech.said)] == ["i"]


def test_a_step_from_a_clock_that_is_behind_and_a_step_upon_a_step_belong_to_one_item() -> None:
    speech = Speech()
    first = speech.say("undertaking", ALDMERE, 1, item="i", by=ALDMERE, stage="talked-of")
    second = speech.say("undertaking", BOROVIA, 0.997, item="i", by=ALDMERE, of=first.id, stage="agreed")
    speech.say("undertaking", ALDMERE, 2, item="i", by=ALDMERE, of=second.id, stage="implemented", evidence=["e"])
    (item,) = undertakings(speech.of("undertaking"))
    assert [(one.speaker, one.stage) for one in item.seen] == [(BOROVIA, "agreed"), (ALDMERE, "implemented")]


def test_a_limit_without_method_or_date_is_a_declaration_only() -> None:
    speech = Speech()
    speech.say("limit", ALDMERE, 1, text="no more than ten teams")
    speech.say("limit", ALDMERE, 1, text="b", verification="visits")
    speech.say("limit", ALDMERE, 1, text="c", next_exchange=on("2026-03"))
    speech.say("limit", ALDMERE, 1, text="d", verification="visits", next_exchange=on("2026-03"))
    found = limits(speech.said, day(2))
    assert [one.standing for one in found] == ["declaration only"] * 3 + ["with verification and exchange"]
    assert limit_lines(found[0])[:3] == [
        f"{found[0].short}  {ALDMERE} declares “no more than ten teams”: declaration only",
        "  verification: none stated",
        "  next exchange of data: no date stated",
    ]


def test_an_exchange_past_its_date_is_flagged_until_a_later_date_is_stated() -> None:
    speech = Speech()
    first = speech.say("limit", ALDMERE, 1, text="t", verification="visits", next_exchange=on("2026-01-10"))
    assert limits(speech.said, day(10) - 1)[0].overdue_us == 0
    (late,) = limits(speech.said, day(12.5))
    assert "  flag: that date is past by 2 days, and no later one is stated" in limit_lines(late)
    speech.say("limit", BOROVIA, 13, text="not theirs to change", of=first.id)
    speech.say(
        "limit",
        ALDMERE,
        14,
        text="t",
        of=first.id,
        verification="visits",
        next_exchange=on("2026-07"),
        exchanged=["list 1"],
    )
    now, other = limits(speech.said, day(20))
    assert (now.id, now.overdue_us, now.exchanged, now.party) == (first.id, 0, ("list 1",), ALDMERE)
    assert other.party == BOROVIA


def test_the_dates_that_stand_come_by_date_whoever_holds_the_office() -> None:
    speech = Speech()
    item = speech.say(
        "undertaking",
        ALDMERE,
        1,
        item="close the relay",
        by=ALDMERE,
        stage="agreed",
        due=on("2026-02-10"),
        office="Minister M",
    )
    speech.say("limit", BOROVIA, 1, text="ten teams", verification="v", next_exchange=on("2026-01-20"))
    none = speech.say(
        "response",
        ALDMERE,
        1,
        kind="none-decided",
        decided=on("2026-01-02"),
        role="Council",
        reasons="r",
        review=on("2026-01-30"),
    )

    def standing(now: float) -> list[tuple[str, str]]:
        found = duties(
            undertakings(speech.of("undertaking")),
            limits(speech.of("limit"), day(now)),
            speech.of("response"),
            day(now),
        )
        assert loaded_words("\n".join(duty_lines(found))) == []
        return [(duty.what, duty.party) for duty in found]

    everything = [("data exchange", BOROVIA), ("review", ALDMERE), ("undertaking", ALDMERE)]
    assert standing(2) == everything
    speech.say("undertaking", ALDMERE, 3, item="x", by=ALDMERE, of=item.id, stage="agreed", office="Minister N")
    assert standing(4) == everything  # another person in the office, and no date said anew: the first one stands
    assert standing(100) == everything  # what is past its date still stands
    speech.say("undertaking", BOROVIA, 5, item="x", by=ALDMERE, of=item.id, stage="verified", evidence=["e"])
    assert standing(6) == everything  # the other side's word does not end ours
    speech.say("undertaking", ALDMERE, 7, item="x", by=ALDMERE, of=item.id, stage="implemented", evidence=["e"])
    speech.say(
        "response",
        ALDMERE,
        8,
        kind="none-decided",
        decided=on("2026-01-08"),
        role="r",
        reasons="r",
        review=on("2026-06"),
        of=none.id,
    )
    assert standing(9) == [("data exchange", BOROVIA), ("review", ALDMERE)]


def test_a_past_date_is_said_in_days() -> None:
    speech = Speech()
    speech.say("undertaking", ALDMERE, 1, item="i", by=ALDMERE, stage="agreed", due=on("2026-01-10"))
    (line,) = duty_lines(duties(undertakings(speech.said), [], [], day(11)))
    assert line.endswith(", past by 1 day")
