"""Did it go on after the warning? A plan is said before anybody looks; what is held here, or a table, is then counted by it.

    demarche → plan (activity, directions, windows, words), said → the window after begins → run: events → evaluate → evaluation, said

Events are the sightings and incidents held here, each as its reporter's word, or a table given by a person. Every evaluation of a plan
stays on record, the first as well as the last. Calibration reads the protective warnings of a party and how they came out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from detente.activity import Activity
from detente.channel.moves import WARNING
from detente.channel.thread import Thread
from detente.effect.bodies import Circumstances, Direction, Effort, Evaluation, Plan, follows
from detente.effect.calibration import Calibration, Forecast, Status, calibrate
from detente.effect.evaluate import evaluate
from detente.effect.events import ReadEvents, digest_of, events_in_csv, events_in_stix
from detente.effect.rates import SILENCE_CHANCE, silence_needed_days
from detente.errors import InvalidStatement, NotFound, NotPermitted
from detente.node.commit import named
from detente.node.matters import find, read_ids, read_matters, receipts, tell
from detente.node.open import Node
from detente.node.record import titles
from detente.node.talk import all_threads, read_thread
from detente.said import Said, read, read_value
from detente.scales import likelihood
from detente.stix.canonical import parse
from detente.stix.marking import Tlp
from detente.store import index
from detente.store.database import Connection
from detente.views import EVERYBODY
from detente.when import DAY_US, When

BEFORE_DAYS = 90.0
AFTER_DAYS = 90.0
HELD = "sightings and incidents held here"
# Statements of these kinds that fall into the windows are named beside the answer: other measures that were taken.
MEASURES = ("agreement", "amendment", "commitment", "response", "undertaking")
_READ = ("incident", "indicator", "sighting")


@dataclass(frozen=True, slots=True)
class DirectionGiven:
    """What a person says of one party's reports; `sensors` are how many observe before and after."""

    territories: tuple[str, ...] = ()
    sensors: str = ""
    counts: tuple[float, float] = (1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Silence:
    """What our own reports say of an activity over the last `days`, and how long none must be seen to say anything."""

    x0: int
    days: float
    needed_days: float
    chance: float


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan with its evaluations in the order of their times. `held_us`: when its addressees acknowledged holding it, by origin.

    `unread`: statements that say to be evaluations of it, and that do not answer it.
    """

    said: Said
    plan: Plan
    evaluations: tuple[tuple[Said, Evaluation], ...]
    unread: tuple[Said, ...]
    held_us: Mapping[str, int]
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Ran:
    """One evaluation, said or (in a dry run) not. `unclassified`: reports held here that say no class, counted nowhere."""

    said: Said
    plan_said: Said
    plan: Plan
    evaluation: Evaluation
    unclassified: int
    held_us: Mapping[str, int]
    names: Mapping[str, str]


# -- fixing it beforehand -----------------------------------------------------------------------------------------------


def make_plan(
    node: Node,
    *,
    thread: str = "",
    activity: Activity | None = None,
    warned: When | None = None,
    before_days: float = BEFORE_DAYS,
    grace_days: float | None = None,
    after_days: float | None = None,
    directions: Mapping[str, DirectionGiven] | None = None,
    text: str = "",
    level: float | None = None,
    chance: float | None = None,
    to: Sequence[str] = (),
    marking: Tlp | None = None,
    dry_run: bool = False,
) -> Said:
    """Say a plan, from a stop-it warning (`thread`) or from what is given here alone.

    From a warning come the activity, the moment, the window demanded, and the parties, whose reports are all counted by the same code. What
    the warning says of territories holds for its opener's reports; for those of others name them in `directions`.
    """
    given = {named(node, name): direction for name, direction in (directions or {}).items()}
    about, warned_us = "", warned.at_us if warned else 0
    parties: tuple[str, ...] = (node.origin,)
    if thread:
        if activity is not None or warned is not None:
            raise InvalidStatement("the warning itself says which activity and when; leave --class and --warned away")
        with node.store.indexed() as connection:
            found = read_thread(connection, node, thread, node.clock())
        activity, message = _activity_of(found), found.message
        about, warned_us, parties = found.id, found.opening.at_us, found.parties
        if message.window is not None:
            grace_days = _days(max(0, message.window.from_us - warned_us)) if grace_days is None else grace_days
            if after_days is None:
                after_days = _days(message.window.to_us + 1 - max(message.window.from_us, warned_us))
        own = given.get(found.opener, DirectionGiven())
        given[found.opener] = replace(own, territories=own.territories or activity.territories)
        activity = msgspec.structs.replace(activity, territories=())
    if activity is None or not warned_us:
        raise InvalidStatement("a plan is about a stop-it warning: name its thread, or give --class and --warned")
    fields = {
        "about": about,
        "activity": activity,
        "directions": {origin: _direction(given.get(origin)) for origin in sorted({*parties, *given})},
        "warned_us": warned_us,
        "before_days": before_days,
        "after_days": AFTER_DAYS if after_days is None else after_days,
        "grace_days": grace_days or 0.0,
        "text": text,
        **({} if level is None else {"level": level}),
        **({} if chance is None else {"silence_chance": chance}),
    }
    plan = read_value(msgspec.to_builtins(fields), Plan, where="plan")
    return tell(node, "plan", plan, to=to, marking=marking, dry_run=dry_run)


def silence_now(node: Node, activity: Activity, *, days: float = BEFORE_DAYS) -> Silence:
    """For whoever writes a warning: what our own reports show of the activity, and the silence that could be told from chance."""
    now_us = node.clock()
    plan = Plan(
        activity=activity,
        directions={node.origin: Direction()},
        warned_us=now_us - 1,
        before_days=days,
        after_days=1.0,
    )
    found = evaluate(plan, _held(node).events, now_us=now_us).outcomes[node.origin].counts
    return Silence(found.before, days, silence_needed_days(found.before, days), SILENCE_CHANCE)


def activity_of(node: Node, thread: str) -> Activity:
    """The activity that a stop-it warning defines. Raises InvalidStatement for a thread without one."""
    with node.store.indexed() as connection:
        return _activity_of(read_thread(connection, node, thread, node.clock()))


# -- looking ------------------------------------------------------------------------------------------------------------


def run(
    node: Node,
    name: str,
    *,
    table: str | None = None,
    source: str = "",
    circumstances: Circumstances | None = None,
    effort: Mapping[str, Effort] | None = None,
    to: Sequence[str] = (),
    marking: Tlp | None = None,
    dry_run: bool = False,
) -> Ran:
    """Evaluate the plan `name` now, over what is held here or over `table` (CSV), and say the result.

    Nothing is recorded when the window after has not begun. `effort`: sensor-days as they came out, by party.
    """
    with node.store.indexed() as connection:
        said = find(connection, ["plan"], name)
        addressees = [node.partner(connection, one).origin for one in to]
        names = titles(node, connection)
        held_us = receipts(connection, [said]).get(said.id, {})
    if said.withdrawn:
        raise NotPermitted(f"the plan {said.short} was withdrawn by {said.speaker}; there is nothing to follow")
    plan = read(said, Plan)
    given = circumstances or Circumstances()
    given = msgspec.structs.replace(
        given,
        measures=(*given.measures, *_measures(node, plan, addressees)),
        effort={named(node, party): value for party, value in (effort or {}).items()},
    )
    if table is None:
        found = _held(node)
    else:
        rows = events_in_csv(table, reporter=node.origin)
        found = ReadEvents(tuple(replace(event, reporter=named(node, event.reporter)) for event in rows))
    now_us = node.clock()
    evaluation = Evaluation(
        plan=said.id,
        result=evaluate(plan, found.events, now_us=now_us, plan_said_us=said.at_us, circumstances=given),
        events=len(found.events),
        events_digest=digest_of(found.events),
        source=source if table is not None else HELD,
    )
    told = tell(node, "evaluation", evaluation, to=to, marking=marking, dry_run=dry_run)
    return Ran(told, said, plan, evaluation, found.unclassified, held_us, names)


def plans(node: Node) -> list[Planned]:
    """Every plan held here, in the order of their times."""
    with node.store.indexed() as connection:
        return [_planned(node, connection, said) for said in read_matters(connection, ["plan"]) if _shown(said)]


def planned(node: Node, name: str) -> Planned:
    """A plan with its evaluations, by its own name or by that of an evaluation."""
    with node.store.indexed() as connection:
        said = find(connection, ["plan", "evaluation"], name)
        if said.kind == "evaluation":
            held = read_ids(connection, [read(said, Evaluation).plan])
            if not held:
                raise NotFound(f"the plan that {said.short} follows is not held here; sync with {said.speaker} first")
            chosen = _planned(node, connection, held[0])
            kept = tuple((one, body) for one, body in chosen.evaluations if one.id == said.id)
            if not kept:
                raise InvalidStatement(
                    f"{said.short} by {said.speaker} does not answer the plan {chosen.said.short} that it names"
                )
            return replace(chosen, evaluations=kept, unread=())
        return _planned(node, connection, said)


def calibration(node: Node, party: str = "") -> Calibration:
    """How the protective warnings that a party opened came out; `party` "" is ourselves. Drills and what was withdrawn stay out."""
    now_us = node.clock()
    with node.store.indexed() as connection:
        origin = node.partner(connection, party).origin if party and party != node.origin else node.origin
        threads = all_threads(connection, node, now_us)
    found = (
        _forecast(thread)
        for thread in threads
        if thread.kind == WARNING and thread.opener == origin and not thread.drill and not thread.opening.withdrawn
    )
    return calibrate([forecast for forecast in found if forecast is not None])


# -- helpers ------------------------------------------------------------------------------------------------------------


def _activity_of(thread: Thread) -> Activity:
    if thread.message.activity is None:
        raise InvalidStatement(f"{thread.kind} {thread.opening.short} defines no activity; a demarche does")
    return thread.message.activity


def _days(us: int) -> float:
    return round(us / DAY_US, 4)  # to nine seconds: nobody types more, and the two clocks of a command differ by less


def _direction(given: DirectionGiven | None) -> Direction:
    if given is None:
        return Direction()
    before, after = given.counts
    return Direction(territories=given.territories, sensors=given.sensors, sensors_before=before, sensors_after=after)


def _held(node: Node) -> ReadEvents:
    """Every sighting and incident held here, each as the word of who said it; what we imported is ours."""
    with node.store.indexed() as connection:
        found = [
            (origin.removesuffix("/journal"), parse(body))
            for type_ in _READ
            for origin, _, body in index.read_type(connection, type_)
        ]
    return events_in_stix((reporter, value) for reporter, value in found if isinstance(value, dict))


def _measures(node: Node, plan: Plan, addressees: Sequence[str]) -> tuple[str, ...]:
    """Statements in the windows that everybody who gets the evaluation may know of: kind, speaker, day and name."""
    with node.store.indexed() as connection:
        held = read_matters(connection, MEASURES)
    return tuple(
        f"{said.kind} {said.short} by {said.speaker}, {When(said.at_us, 'day')}"
        for said in held
        if plan.begin_us <= said.at_us < plan.end_us
        and (EVERYBODY in said.aud or set(addressees) <= set(said.parties))
        and not said.withdrawn
    )


def _shown(said: Said) -> bool:
    """Whether a plan can be read here."""
    try:
        read(said, Plan)
    except InvalidStatement:
        return False
    return True


def _planned(node: Node, connection: Connection, said: Said) -> Planned:
    plan = read(said, Plan)
    evaluations: list[tuple[Said, Evaluation]] = []
    unread: list[Said] = []
    for one in read_matters(connection, ["evaluation"], said.id):
        if one.erased or one.withdrawn:
            continue
        try:
            body = read(one, Evaluation)
        except InvalidStatement:
            unread.append(one)
        else:
            if follows(body.result, plan):
                evaluations.append((one, body))
            else:
                unread.append(one)
    held_us = receipts(connection, [said]).get(said.id, {})
    return Planned(said, plan, tuple(evaluations), tuple(unread), held_us, titles(node, connection))


def _forecast(thread: Thread) -> Forecast | None:
    """None when the warning names no likelihood that its scale knows."""
    word = thread.message.likelihood
    if word is None:
        return None
    try:
        judged = likelihood(word.word, word.scale)
    except InvalidStatement:
        return None
    outcomes = [outcome for leg in thread.legs.values() for outcome in leg.outcomes.values()]
    return Forecast(
        judged.word,
        judged.scale,
        judged.low,
        judged.high,
        _status({outcome.status for outcome in outcomes}),
        any(outcome.measures for outcome in outcomes),
    )


def _status(told: set[str]) -> Status:
    """One word for what the parties told; "undetermined" gives way to what somebody determined."""
    if not told:
        return "open"
    determined = told - {"undetermined"}
    if len(determined) > 1:
        return "told differently"
    if not determined:
        return "undetermined"
    return "occurred" if "occurred" in determined else "not-occurred"
