"""Random histories of the channel, sensible and not: anybody says anything in any state, with clocks that differ."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from tests.unit.channel.said import T0, A, B, C, Talk

from detente.channel.bodies import Change, Correction, Outcome, Relayed
from detente.channel.clocks import SKEW_US
from detente.channel.moves import MOVES, OPENINGS
from detente.errors import NotFound
from detente.said import Said
from detente.when import DAY_US, HOUR_US

PROFILES = ["urgent", "vienna", "technical", "drill:urgent"]
STEPS_MAX = 18
_OUTCOMES = ["occurred", "not-occurred", "undetermined"]


def _fields(draw: st.DrawFn, move: str, now_us: int) -> dict[str, Any]:
    """Fields that the move needs; now and then without them, or with a content that it must not have."""
    if draw(st.integers(0, 9)) == 0:
        return {}
    soon_us = now_us + draw(st.integers(1, 6 * DAY_US))
    match move:
        case "needs-more" | "answer-question" | "contested":
            return {"text": draw(st.sampled_from(["Which?", "This."]))}
        case "refer":
            return {"refer_to": draw(st.sampled_from([A, B, "another office"]))}
        case "decline":
            return {"reason": draw(st.sampled_from(["law", "security", "no such reason"]))}
        case "accept" | "extend":
            return {"until_us": soon_us}
        case "answer":
            return {"text": "Here.", "extent": draw(st.sampled_from(["partial", "full"]))}
        case "position":
            return {"position": draw(st.sampled_from(["denies", "neither", "adds", "will-look"]))}
        case "correct":
            return {"change": Change(field="text", was="Here.", now="There.")}
        case "escalate":
            return {"level": draw(st.integers(1, 4)), "eyes": draw(st.integers(0, 2)), "text": "No reply came."}
        case "outcome":
            return {"outcome": Outcome(status=draw(st.sampled_from(_OUTCOMES)))}
        case "relayed":
            return {
                "relayed": (
                    Relayed(
                        class_="banks", count=draw(st.integers(0, 9)), language=draw(st.sampled_from(["en", "fr"]))
                    ),
                )
            }
    return {}


def _some(draw: st.DrawFn, parties: list[str]) -> list[str]:
    return draw(st.lists(st.sampled_from(parties), min_size=1, unique=True))


def _possible(talk: Talk, thread: Said, speaker: str, now_us: int) -> list[str]:
    """What the tables allow this speaker, but for what ends a thread or changes nothing; nothing when the opening is dated
    too far ahead to be held yet."""
    try:
        moves = talk.at(now_us, thread=thread.id).next_moves(speaker)
    except NotFound:
        return []
    return [move for move in moves if move not in ("close", "correct", "withdraw")]


@st.composite
def histories(draw: st.DrawFn, parties: tuple[str, ...] = (A, B)) -> tuple[Talk, int]:
    """What was said and received, and the time at which to look. A stranger speaks now and then."""
    talk = Talk()
    now_us = T0
    opened: list[Said] = []
    for _ in range(draw(st.integers(1, STEPS_MAX))):
        now_us += draw(st.integers(0, 20 * HOUR_US))
        claimed_us = now_us + draw(st.sampled_from([0, 0, 0, SKEW_US, -SKEW_US, -2 * SKEW_US, DAY_US, -DAY_US]))
        speaker = draw(st.sampled_from(parties if draw(st.integers(0, 9)) else (*parties, C)))
        others = [party for party in parties if party != speaker]
        if not opened or (speaker in parties and draw(st.integers(0, 7)) == 0):
            speaker = speaker if speaker in parties else parties[0]
            others = [party for party in parties if party != speaker]
            kind = draw(st.sampled_from(sorted(OPENINGS)))
            earlier = draw(st.sampled_from(["", *(one.id for one in opened)]))
            said = talk.open(
                kind,
                claimed_us,
                by=speaker,
                to=_some(draw, others),
                profile=draw(st.sampled_from(PROFILES)),
                repeats=earlier,
            )
            opened.append(said)
        elif draw(st.integers(0, 11)) == 0:
            of = draw(st.sampled_from(talk.said))
            said = talk.say(
                speaker, others, claimed_us, Correction(of=of.id, field="text", was="a", now="b"), kind="correction"
            )
        else:
            thread = draw(st.sampled_from(opened))
            possible = _possible(talk, thread, speaker, now_us)
            usual = bool(possible) and draw(st.booleans())
            move = draw(st.sampled_from(possible if usual else sorted(MOVES)))
            said = talk.move(thread, speaker, move, claimed_us, to=_some(draw, others), **_fields(draw, move, now_us))
        for party in parties:
            if party != speaker and draw(st.booleans()):
                talk.receive(said, now_us + draw(st.sampled_from([0, 1, SKEW_US, -SKEW_US, 3 * HOUR_US])), by=party)
    return talk, now_us + draw(st.sampled_from([0, HOUR_US, DAY_US, 30 * DAY_US]))
