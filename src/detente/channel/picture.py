"""A thread as a picture: a lane for each party over time, as SVG and in characters, and the same in words below.

The opener's lane is the first and the addressees' follow in alphabetical order: the order says who opened, and nothing else.
Shapes carry the meaning, and each has its words: ◆ an opening or escalation, ● a reply, ○ an acknowledgement, ▲ a question or
a reminder, × a move that did not count, ■ all else. A heavy line is a clock that runs: it ends when the party has to have
spoken.
"""

from __future__ import annotations

from collections.abc import Iterator

from detente.channel.bodies import EXTENTS, LEVELS, OUTCOMES, POSITIONS, REASONS
from detente.channel.events import Event
from detente.channel.legs import Leg
from detente.channel.moves import MOVES, OPENINGS, STATES
from detente.channel.thread import Thread
from detente.drawing import (
    LINE_PX,
    Axis,
    box,
    columns_of,
    cut,
    label,
    lane,
    lane_in_characters,
    mark,
    plain,
    rule,
    time_axis,
    wrap,
)
from detente.drawing import svg as drawn
from detente.when import MINUTE_US, When
from detente.words import quoted

_WIDTH_PX = 860
_LEFT_PX = 170
_LANE_PX = 36
_TOP_PX = 78
COLUMNS_MIN = 40
_NAME_COLUMNS_MAX = 24
_TEXT_COLUMNS_MAX = 60

_SHAPES = {
    "acknowledge": ("circle", "○"),
    "accept": ("circle", "●"),
    "answer": ("circle", "●"),
    "decline": ("circle", "●"),
    "position": ("circle", "●"),
    "needs-more": ("triangle", "▲"),
    "answer-question": ("triangle", "▲"),
    "remind": ("triangle", "▲"),
    "escalate": ("diamond", "◆"),
}


def svg(thread: Thread) -> str:
    """The thread as one SVG, with a title and a description in words; below the lanes, every mark with its sentence."""
    lanes = _lanes(thread)
    axis = _axis(thread, _LEFT_PX, _WIDTH_PX - 20)
    heights = {party: _TOP_PX + _LANE_PX * position for position, party in enumerate(lanes)}
    bottom = _TOP_PX + _LANE_PX * len(lanes) - 20
    parts = [
        label(0, LINE_PX, _title(thread), bold=True, within=_WIDTH_PX),
        time_axis(axis, _TOP_PX - 24, bottom, most=6),
    ]
    for party, y in heights.items():
        parts.append(lane(axis, y, party))
        for first_us, last_us, words in _spans(thread, party):
            width = max(2.0, axis.at(last_us) - axis.at(first_us))
            parts.append(box(axis.at(first_us), y - 3, width, 6, filled=0.35, framed=False, title=words))
    if axis.first_us <= thread.now_us <= axis.last_us:
        parts.append(rule(axis.at(thread.now_us), _TOP_PX - 24, axis.at(thread.now_us), bottom, dashed=True))
    y = bottom + 8
    for event in thread.events:
        shape, filled, _ = _shape(event)
        sentence = _sentence(event)
        if event.said.speaker in heights:
            height = heights[event.said.speaker]
            parts.append(mark(shape, axis.at(event.effective_us), height, filled=filled, title=sentence))
        y += LINE_PX
        parts.append(mark(shape, 6, y - 4, 4, filled=filled))
        parts.append(label(18, y, sentence, within=_WIDTH_PX - 18))
    for line in _below(thread):
        y += LINE_PX
        parts.append(label(0, y, line, within=_WIDTH_PX))
    return drawn(_WIDTH_PX, y + 10, _title(thread), _description(thread), parts)


def text(thread: Thread, width: int) -> str:
    """The thread in characters, at most `width` columns wide, and at least COLUMNS_MIN."""
    width = max(width, COLUMNS_MIN)
    lanes = _lanes(thread)
    name = min(max(columns_of(plain(party)) for party in lanes), _NAME_COLUMNS_MAX, width // 3)
    axis = _axis(thread, 0, 1)
    columns = width - name - 2
    lines = wrap(_title(thread), width, hanging="  ")
    for party in lanes:
        marks = [(event.effective_us, _shape(event)[2]) for event in thread.events if event.said.speaker == party]
        spans = [(first_us, last_us) for first_us, last_us, _ in _spans(thread, party)]
        shown = cut(plain(party), name)
        lines.append(
            shown + " " * (name - columns_of(shown) + 2) + lane_in_characters(axis, marks, columns, spans=spans)
        )
    first, last = _moment(axis.first_us), _moment(axis.last_us)
    if columns_of(first) + columns_of(last) + 2 <= columns:
        lines.append(" " * (name + 2) + first + last.rjust(columns - columns_of(first)))
    else:
        lines += wrap(f"{first} to {last}", width)
    lines.append("")
    for line in [_sentence_with_mark(event) for event in thread.events] + _below(thread):
        lines += wrap(plain(line), width, hanging="    ")
    return "\n".join(lines) + "\n"


def state_in_words(leg: Leg, now_us: int) -> str:
    """One sentence: the state of a leg, on whom it waits, until when."""
    sentence = f"{plain(leg.addressee)}: {leg.state}, {STATES[leg.state][0]}"
    if leg.unreceipted:
        sentence += "; unreceipted"
    if leg.text_lost:
        sentence += "; a text in this thread was erased, so no silence is computed"
    if leg.due_us is not None and leg.clock:
        sentence += f"; {_due(leg, leg.due_us, now_us)}"
    return sentence + "."


def _due(leg: Leg, due_us: int, now_us: int) -> str:
    if leg.clock == "window":
        return f"the window ends {_moment(due_us)}"
    who = f" by {plain(leg.waits_on)}" if leg.waits_on else ""
    return f"{_CLOCKS[leg.clock]}{who} {'was due' if now_us > due_us else 'is due'} {_moment(due_us)}"


_CLOCKS = {
    "delivery": "a receipt",
    "acknowledgement": "an acknowledgement",
    "reply": "a reply",
    "question": "an answer to the question",
    "outcome": "the outcome",
    "verdict": "a word on the reply",
}


def _lanes(thread: Thread) -> list[str]:
    return [thread.opener, *sorted(thread.legs)]


def _axis(thread: Thread, left: float, right: float) -> Axis:
    times = [event.effective_us for event in thread.events]
    times += [leg.due_us for leg in thread.legs.values() if leg.due_us is not None]
    first_us, last_us = min(times), max(times)
    margin_us = max((last_us - first_us) // 25, 10 * MINUTE_US)
    return Axis(first_us - margin_us, last_us + margin_us, left, right)


def _spans(thread: Thread, party: str) -> Iterator[tuple[int, int, str]]:
    """The clocks that run for this party, and the windows that it is in: from the last event to their end."""
    for leg in thread.legs.values():
        runs_for = leg.addressee if leg.clock == "window" else leg.waits_on
        if runs_for == party and leg.due_us is not None:
            yield min(leg.last_us, leg.due_us), leg.due_us, f"{party}: {_due(leg, leg.due_us, thread.now_us)}"


def _shape(event: Event) -> tuple[str, bool, str]:
    """Shape, whether it is filled, and the character."""
    if not event.counted:
        return "cross", False, "×"
    if event.message is not None and not event.message.thread:
        return "diamond", True, "◆"
    shape, character = _SHAPES.get(event.move, ("square", "■"))
    return shape, event.move != "acknowledge", character


def _title(thread: Thread) -> str:
    drill = "Drill: " if thread.drill else ""
    to = plain(", ".join(sorted(thread.legs)))
    return f"{drill}{thread.kind} by {plain(thread.opener)} to {to}: {quoted(plain(thread.message.subject))}"


def _description(thread: Thread) -> str:
    return " ".join([_level(thread), *(_sentence(event) for event in thread.events), *_states(thread)])


def _below(thread: Thread) -> list[str]:
    return [_level(thread), *_states(thread), f"As of {_moment(thread.now_us)}."]


def _states(thread: Thread) -> list[str]:
    return [state_in_words(leg, thread.now_us) for _, leg in sorted(thread.legs.items())]


def _level(thread: Thread) -> str:
    return f"Level {thread.level} ({LEVELS.get(thread.level, 'unknown')}), clocks {plain(thread.message.profile)}."


def _sentence_with_mark(event: Event) -> str:
    return f"{_shape(event)[2]} {_sentence(event)}"


def _sentence(event: Event) -> str:
    move = f": {_words(event)}" if event.move else ": a statement of which the text was erased"
    sentence = f"{_moment(event.effective_us)}, {plain(event.said.speaker)}{move}"
    flags = [flag for flag in event.flags if flag != "text-erased"]
    if flags:
        sentence += f" ({', '.join(flags)})"
    if not event.counted:
        sentence += f": {plain(event.reason)}"
    return sentence + "."


def _words(event: Event) -> str:
    """The move, and what it says in words of a list; the speaker's own words between quotation marks."""
    message = event.message
    known = event.move in MOVES or event.move in OPENINGS
    words = plain(event.move) if known else f"a move called {quoted(plain(event.move))}"
    if message is None:
        return words
    listed = [
        f"reason {message.reason}" if message.reason in REASONS else "",
        message.position if message.position in POSITIONS else "",
        message.extent if message.extent in EXTENTS else "",
        message.outcome.status if message.outcome is not None and message.outcome.status in OUTCOMES else "",
        f"until {_moment(message.until_us)}" if message.until_us else "",
        f"to {quoted(plain(message.refer_to))}" if message.refer_to else "",
        f"level {message.level}" if event.move == "escalate" else "",
        quoted(cut(plain(message.text), _TEXT_COLUMNS_MAX)) if message.text and message.thread else "",
    ]
    return ", ".join([words, *(one for one in listed if one)])


def _moment(at_us: int) -> str:
    return str(When(at_us // MINUTE_US * MINUTE_US, "minute"))
