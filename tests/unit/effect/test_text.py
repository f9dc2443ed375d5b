"""An evaluation in words: everything that must stand beside an answer stands there, and nothing is said that was not counted."""

from __future__ import annotations

import pytest
from tests.unit.effect.made import WARNED_US, A, B, day, events, plan

from detente.effect.bodies import Circumstances, Direction
from detente.effect.evaluate import evaluate
from detente.effect.picture import picture
from detente.effect.text import COLUMNS, interval_bar, percent, ratio, result_lines, silence_line
from detente.words import loaded_words


def printed(**changes: object) -> str:
    made = plan(directions={A: Direction(territories=("Borovia",)), B: Direction()}, grace_days=3)
    happened = events([-60, -30], territories=("Borovia",)) + events([*range(-70, 60, 4)], reporter=B)
    result = evaluate(made, happened, now_us=made.end_us, plan_said_us=WARNED_US, **changes)  # type: ignore[arg-type]
    return "\n".join(result_lines(made, result, names={A: "Aldmere CERT"}))


def test_directions_are_named_by_title_in_the_order_of_their_origins() -> None:
    text = printed()
    assert text.index("As reported by Aldmere CERT, appearing to come from Borovia") < text.index(
        "As reported by b.example"
    )


def test_what_nobody_stated_is_said_to_be_unstated() -> None:
    text = printed()
    assert "nobody has stated a change" in text
    assert "that is not to say that none was taken" in text


def test_what_was_stated_stands_in_quotation_marks_with_control_characters_shown() -> None:
    text = printed(circumstances=Circumstances(season="it stopped\x1b[2J", measures=("a “quoted” one",)))
    assert "“it stopped\\u001b[2J”" in text
    assert "“a ‘quoted’ one”" in text
    assert loaded_words(text) == []


def test_a_party_that_went_silent_itself_is_not_taken_for_a_silence() -> None:
    made = plan()
    for happened, words in (
        (events(range(-70, 0, 5)), "the party may have seen nothing since, or reported nothing, or not shared it"),
        ([], "nothing that this party reports is held here, which is not to say that it saw nothing"),
    ):
        result = evaluate(made, happened, now_us=made.end_us)
        assert words in " ".join(" ".join(result_lines(made, result)).split())


def test_an_early_look_and_an_unknown_date_of_the_plan_are_said() -> None:
    made = plan()
    text = "\n".join(result_lines(made, evaluate(made, [], now_us=day(20))))
    assert "An early look: the window after is open until 8 Nov 2016; counted up to 25 Sep 2016." in text
    assert "When the plan was said is not known here." in text


def test_no_line_is_wider_than_a_terminal() -> None:
    text = printed(circumstances=Circumstances(season="long " * 60))
    assert max(map(len, text.splitlines())) <= COLUMNS + 2


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.2106, "21%"), (0.05, "5%"), (0.004, "less than 1%"), (0.0, "0%"), (0.999, "more than 99%"), (1.0, "100%")],
)
def test_shares_are_not_rounded_into_certainty(share: float, words: str) -> None:
    assert percent(share) == words


def test_ratios_keep_the_digits_that_mean_something() -> None:
    assert [ratio(value) for value in (0.001, 0.437, 1.53, 38.4)] == ["0.00", "0.44", "1.5", "38"]


def test_the_bar_of_an_interval_has_a_mark_at_no_change() -> None:
    assert interval_bar(0.25, 0.5, 11) == "1/32 ···━━┊····· 32"
    assert interval_bar(0.25, 4.0, 11) == "1/32 ···━━┿━━··· 32"
    assert interval_bar(0.0, 1e9, 11) == "1/32 ━━━━━┿━━━━━ 32"


def test_the_silence_needed_is_one_sentence() -> None:
    assert silence_line(1, 90, 573.2, 0.05).startswith("1 in 90 days before: none must be seen for 573 days")
    assert "more than 36,525 days" in silence_line(0, 3000, 1e7, 0.05)


def test_the_picture_does_not_draw_what_was_not_compared() -> None:
    made = plan()
    result = evaluate(made, events([-60]), now_us=made.end_us, circumstances=Circumstances(reporting="new"))
    drawn = picture(made, result)
    assert "not comparable: reporting changed: “new”" in drawn
    assert "no change</title>" not in drawn
