"""Following a plan: what is counted, what is shown beside it, and which word answers."""

from __future__ import annotations

import json
import random

import msgspec
import pytest
from tests.unit.effect.made import WARNED_US, A, B, day, events, outcome, plan

from detente.activity import Activity
from detente.effect.bodies import Beside, Circumstances, Direction, Effort, Evaluation, Plan, Result
from detente.effect.evaluate import evaluate
from detente.effect.events import Event, digest_of
from detente.errors import InvalidStatement


def test_two_before_and_none_after_are_too_few_data() -> None:
    found = outcome(plan(), events([-60, -30]))
    assert (found.counts, found.verdict) == (Beside(2, 0, 0), "too few data")
    assert found.silence_chance == pytest.approx(0.2106, abs=1e-4)
    assert found.low is not None
    assert found.high is not None
    assert f"{found.low:.2f}–{found.high:.1f}" == "0.00–1.5"


def test_the_chance_fixed_in_the_plan_decides_what_a_silence_says() -> None:
    strict, lax = (outcome(plan(silence_chance=chance), events([-60, -30])) for chance in (0.05, 0.25))
    assert (strict.verdict, lax.verdict) == ("too few data", "none seen")
    assert strict.silence_needed_days == pytest.approx(171.27, abs=0.01)
    assert lax.silence_needed_days == pytest.approx(54.84, abs=0.01)


def test_ten_before_and_none_after_is_none_seen_with_a_bound() -> None:
    found = outcome(plan(), events([-70, -60, -55, -47, -40, -33, -24, -15, -9, -2]))
    assert found.verdict == "none seen"
    assert found.rate_below == pytest.approx(3 / 64)


def test_many_before_and_some_after_is_seen_less() -> None:
    found = outcome(plan(before_days=60, after_days=60), events([*range(-59, 0, 2), 5, 20, 40]))
    assert found.verdict == "seen less"
    assert found.high is not None
    assert found.high < 1


def test_as_many_after_as_before_is_no_clear_change() -> None:
    assert outcome(plan(before_days=60, after_days=60), events(range(-58, 60, 4))).verdict == "no clear change"


def test_few_before_and_many_after_is_seen_more_though_silence_could_not_have_been_told() -> None:
    found = outcome(plan(), events([-40, *range(1, 40, 2)]))
    assert found.verdict == "seen more"
    assert found.silence_chance is not None
    assert found.silence_chance > 0.05


def test_sightings_of_one_incident_count_once_where_it_began() -> None:
    happened = [Event(day(d), "tampering", "one", reporter=A) for d in (12, -3, 4, -1)]
    assert outcome(plan(), happened).counts == Beside(1, 0, 0)


def test_an_incident_that_began_before_the_windows_is_in_none_of_them() -> None:
    happened = [Event(day(d), "tampering", "old", reporter=A) for d in (-200, -3, 4)]
    assert outcome(plan(), happened).counts == Beside(0, 0, 0)


def test_the_borders_of_the_windows_belong_to_what_they_begin() -> None:
    made = plan(before_days=10, grace_days=5, after_days=10)
    happened = events([-10, 0, 5, 14.999, 15])
    assert outcome(made, happened, now_us=day(100)).counts == Beside(1, 1, 2)


def test_other_classes_are_counted_apart_and_change_nothing() -> None:
    counted = events([-60, -30])
    leaks = events([-20, -10, 3, 5, 8], class_="publication") + events([1, 2], class_="intrusion")
    bare, beside = outcome(plan(), counted), outcome(plan(), counted + leaks)
    assert beside.others == {"intrusion": Beside(0, 0, 2), "publication": Beside(2, 0, 3)}
    assert msgspec.structs.replace(beside, others={}, last_report_us=bare.last_report_us) == bare


def test_the_date_of_the_last_report_of_any_class_stands_beside_a_silence() -> None:
    silent = events([-60, -30])
    assert outcome(plan(), silent).last_report_us == day(-30)
    assert outcome(plan(), silent + events([40], class_="scanning")).last_report_us == day(40)
    assert outcome(plan(), []).last_report_us == 0


def test_the_same_class_outside_the_definition_is_shown_apart() -> None:
    made = plan(activity=Activity(classes=("tampering",), indicators=("indicator--1",)))
    inside = events([-60, -30], indicators=("indicator--1", "indicator--2"))
    outside = events([5, 6], indicators=("indicator--3",))
    found = outcome(made, inside + outside)
    assert (found.counts, found.elsewhere) == (Beside(2, 0, 0), Beside(0, 0, 2))


def test_an_incident_seen_by_a_counted_indicator_and_by_others_is_counted_once() -> None:
    made = plan(activity=Activity(classes=("tampering",), indicators=("indicator--1",)))
    happened = [
        Event(day(-9), "tampering", "one", indicators=("indicator--2",), reporter=A),
        Event(day(-8), "tampering", "one", indicators=("indicator--1",), reporter=A),
    ]
    found = outcome(made, happened)
    assert (found.counts, found.elsewhere) == (Beside(1, 0, 0), None)


def test_each_direction_counts_its_own_reports_of_what_seems_to_come_from_the_other() -> None:
    made = plan(directions={A: Direction(territories=("Borovia",)), B: Direction(territories=("Aldmere",))})
    happened = [
        *events([-30, -20], territories=("Borovia",)),
        *events([-10], territories=("Aldmere",)),
        *events([-5, 5, 9], reporter=B, territories=("Aldmere", "Harbour")),
    ]
    found = evaluate(made, happened, now_us=made.end_us).outcomes
    assert found[A].counts == Beside(2, 0, 0)
    assert found[A].elsewhere == Beside(1, 0, 0)
    assert found[B].counts == Beside(1, 0, 2)


def test_effort_changes_the_rate_and_not_the_count() -> None:
    happened = events([*range(-60, 0, 3), *range(1, 60, 3)])
    made = plan(before_days=60, after_days=60)
    same = outcome(made, happened)
    double = outcome(
        plan(before_days=60, after_days=60, directions={A: Direction(sensors_before=2, sensors_after=6)}), happened
    )
    observed = outcome(made, happened, circumstances=Circumstances(effort={A: Effort(60, 180)}))
    assert same.counts == double.counts
    assert (double.e0_days, double.e1_days) == (120, 360)
    assert same.verdict == "no clear change"
    assert double.verdict == observed.verdict == "seen less"
    assert (double.low, double.high) == (observed.low, observed.high)


@pytest.mark.parametrize(
    "given",
    [
        Circumstances(reporting="a duty to report began on 1 October 2016"),
        Circumstances(sensors="half of the sensors were taken down"),
        Circumstances(effort={A: Effort(74, 0)}),
    ],
)
def test_what_does_not_measure_the_same_is_not_compared(given: Circumstances) -> None:
    found = outcome(plan(), events(range(-50, 0)), circumstances=given)
    assert found.verdict == "not comparable"
    assert found.why
    assert (found.low, found.high, found.silence_chance, found.change) == (None, None, None, None)
    assert found.counts == Beside(50, 0, 0)


def test_a_change_of_sensors_with_its_sensor_days_is_compared() -> None:
    given = Circumstances(sensors="one sensor more", effort={A: Effort(74, 128)})
    assert outcome(plan(), events([-60, -30]), circumstances=given).verdict == "too few data"


def test_a_fall_that_began_long_before_the_warning_is_flagged() -> None:
    made = plan(before_days=400, after_days=100)
    early = outcome(made, events([*range(-399, -250, 5), -200, -120, -40, 50]))
    assert "already falling" in early.flags
    assert early.change is not None
    assert early.change.inside < 0.05
    at_warning = outcome(made, events([*range(-399, 0, 10), 50]))
    assert "already falling" not in at_warning.flags
    assert at_warning.change is not None
    assert at_warning.change.log_bayes_factor > 0


def test_bursts_before_widen_the_interval_and_are_flagged() -> None:
    made = plan(before_days=120, after_days=120)
    bursts = [start + part / 100 for start in (-110, -71, -12) for part in range(8)]
    even = [-118 + 4.9 * i for i in range(24)]
    after = [10.0, 30.0, 50.0, 70.0, 90.0]
    clustered, independent = outcome(made, events(bursts + after)), outcome(made, events(even + after))
    assert clustered.counts == independent.counts
    assert clustered.flags == ("clustered",)
    assert clustered.high is not None
    assert independent.high is not None
    assert clustered.high > independent.high
    assert independent.verdict == "seen less"
    assert clustered.verdict == "too few data"


def test_placebo_dates_are_judged_by_the_same_rule() -> None:
    found = outcome(plan(before_days=80, after_days=80), events(range(-80, 80, 2)))
    assert [p.at_us for p in found.placebos] == [day(-60), day(-40), day(-20)]
    assert [(p.before, p.after, p.verdict) for p in found.placebos] == [
        (10, 30, "no clear change"),
        (20, 20, "no clear change"),
        (30, 10, "no clear change"),
    ]


def test_a_plan_said_after_its_window_after_began_was_not_fixed_beforehand() -> None:
    made = plan(grace_days=7)

    def fixed(said_us: int | None) -> bool | None:
        return evaluate(made, [], now_us=made.end_us, plan_said_us=said_us).fixed

    assert fixed(day(6.9)) is True
    assert fixed(day(7)) is False
    assert fixed(day(90)) is False
    assert fixed(None) is None


def test_before_the_window_after_begins_there_is_no_answer() -> None:
    made = plan(grace_days=7)
    with pytest.raises(InvalidStatement, match=r"begins in 2\.0 days"):
        evaluate(made, [], now_us=day(5))


def test_an_early_look_counts_what_there_is_and_says_that_it_is_early() -> None:
    happened = events([-60, -30, 3, 40])
    early = evaluate(plan(), happened, now_us=day(16))
    assert not early.complete
    assert early.outcomes[A].counts == Beside(2, 0, 1)
    assert early.outcomes[A].e1_days == 16
    assert evaluate(plan(), happened, now_us=day(64)).complete


def test_effort_for_a_direction_that_the_plan_does_not_have_is_refused() -> None:
    with pytest.raises(InvalidStatement, match=r"no direction b\.example"):
        evaluate(plan(), [], now_us=day(90), circumstances=Circumstances(effort={B: Effort(1, 1)}))


def test_the_order_of_events_does_not_matter() -> None:
    happened = events([-60, -30, -29.5, 4, 9]) + events([-4, 2], class_="publication")
    happened += [Event(day(-40), "tampering", "incident 4", reporter=A)]
    shuffled = happened[:]
    random.Random(1).shuffle(shuffled)
    assert outcome(plan(), shuffled) == outcome(plan(), happened)
    assert digest_of(shuffled) == digest_of(happened)
    assert digest_of(shuffled[1:]) != digest_of(happened)


def test_began_a_year_earlier_is_shown_beside() -> None:
    found = outcome(plan(before_days=400, after_days=30), events([-360, -355, -340, -100, 3]))
    assert found.year_before == 3
    assert found.counts == Beside(4, 0, 1)


def test_a_plan_and_an_evaluation_read_back_as_they_were_written() -> None:
    made = plan(about="x" * 43, directions={A: Direction(territories=("Borovia",)), B: Direction()}, grace_days=3)
    result = evaluate(made, events(range(-70, 60, 5)), now_us=made.end_us, plan_said_us=WARNED_US)
    said = Evaluation(plan="y" * 43, result=result, events=26, events_digest="z")
    for body, shape in ((made, Plan), (said, Evaluation), (result, Result)):
        assert msgspec.convert(json.loads(json.dumps(msgspec.to_builtins(body))), shape) == body


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("before_days", 0),
        ("after_days", 0.5),
        ("grace_days", -1),
        ("before_days", float("nan")),
        ("level", 90),
        ("silence_chance", 0),
        ("directions", {}),
    ],
)
def test_a_plan_that_cannot_be_followed_is_refused_with_the_field_named(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=field.removesuffix("s")):
        plan(**{field: value})
