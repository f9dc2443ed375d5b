"""A thread as a JSON value: what pages, exports and tests compare. Both nodes give the same bytes for it.

What belongs to a party stands in an object under the party's origin; every list is in the order of events. Nothing is in an
order of names.
"""

from __future__ import annotations

from detente.channel.bodies import POSITIONS, REASONS
from detente.channel.events import Event
from detente.channel.legs import Leg
from detente.channel.moves import MOVES, OPENINGS
from detente.channel.thread import Thread
from detente.said import Said, written
from detente.stix.canonical import JsonValue
from detente.words import quoted


def thread_json(thread: Thread) -> dict[str, JsonValue]:
    """The thread as a document that is the same on both sides: times in microseconds, legs by the addressee's origin."""
    message = thread.message
    return {
        "corrections": [
            {
                "by": one.by,
                "effective_us": one.effective_us,
                "of": one.of,
                "quote": {"field": one.field, "now": one.now, "was": one.was},
                "speaker": one.speaker,
            }
            for one in thread.corrections
        ],
        "body": written(message),
        "drill": thread.drill,
        "due_us": thread.due_us,
        "events": [_event(event) for event in thread.events],
        "faults": list(thread.faults),
        "id": thread.id,
        "ignored": [{**short_value(one.said), "reason": one.reason} for one in thread.ignored],
        "kind": thread.kind,
        "lane": _quoted(message.lane),
        "legs": {party: leg_json(leg) for party, leg in thread.legs.items()},
        "level": thread.level,
        "now_us": thread.now_us,
        "open": thread.open,
        "opener": thread.opener,
        "profile": thread.profile.name,
        "subject": quoted(message.subject),
    }


def leg_json(leg: Leg) -> dict[str, JsonValue]:
    """One leg; times None where something has not happened."""
    return {
        "acknowledged_us": leg.acknowledged_us,
        "clock": leg.clock,
        "closed_us": leg.closed_us,
        "delivered_us": leg.delivered_us,
        "due_us": leg.due_us,
        "extended": leg.extended,
        "level": leg.level,
        "meeting_callable": leg.meeting_callable,
        "outcomes": {party: {"quote": written(outcome)} for party, outcome in leg.outcomes.items()},
        "overdue": list(leg.overdue),
        "partial": leg.partial,
        "paused_us": leg.paused_us,
        "position": leg.position if leg.position in POSITIONS else _quoted(leg.position),
        "reason": leg.reason if leg.reason in REASONS else _quoted(leg.reason),
        "referred_to": _quoted(leg.referred_to),
        "relayed": [{"quote": written(one)} for one in leg.relayed],
        "reminders_us": list(leg.reminders_us),
        "repeats": list(leg.repeats),
        "replied_us": leg.replied_us,
        "reply": leg.reply,
        "said": list(leg.said),
        "sent_us": leg.sent_us,
        "stage": leg.stage,
        "state": leg.state,
        "suggestion": None
        if leg.suggestion is None
        else {"level": leg.suggestion.level, "move": leg.suggestion.move, "person": leg.suggestion.person},
        "text_lost": leg.text_lost,
        "unanswered": leg.unanswered,
        "unreceipted": leg.unreceipted,
        "waits_on": leg.waits_on,
    }


def _event(event: Event) -> dict[str, JsonValue]:
    return {
        **short_value(event.said),
        "counted": event.counted,
        "effective_us": event.effective_us,
        "flags": list(event.flags),
        "move": event.move if event.move in MOVES or event.move in OPENINGS else _quoted(event.move),
        "quote": "" if event.message is None else event.message.text,
        "reason": event.reason,
        "states": dict(event.states),
    }


def short_value(said: Said) -> dict[str, JsonValue]:
    """A statement by its name, speaker and claimed time."""
    return {"at_us": said.at_us, "id": said.id, "short": said.short, "speaker": said.speaker}


def _quoted(words: str) -> str:
    return quoted(words) if words else ""
