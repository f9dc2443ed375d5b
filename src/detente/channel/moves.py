"""The allowed moves, as tables: which state, which move, by whom, to which state. The same for both sides of every thread.

A thread has an *opener* and for each addressee a *leg* with a state of its own. The rules know the two roles and nobody's
name. States that only the clock makes (`lapsed`, and a close after the opener's time for a verdict has passed) are in
`channel.clocks`; whoever is late may still do what the state before allowed, and the move is marked late.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

OPENER = "opener"
ADDRESSEE = "addressee"
EITHER = "either"

NOTICE = "notice"
REQUEST = "request"
WARNING = "protective-warning"
DEMARCHE = "demarche"
OPENINGS = {
    NOTICE: "tells something; asks for nothing but an acknowledgement",
    REQUEST: "asks for something",
    WARNING: "warns of something that others may do, so that the addressee can protect itself",
    DEMARCHE: "demands that an activity end, within a window",
}

MOVES = {
    "acknowledge": "the text was received by the office it is meant for; agrees to nothing, and has no content",
    "accept": "undertakes to answer by a date",
    "needs-more": "asks a question back; the clock of the reply pauses",
    "answer-question": "answers the question",
    "refer": "names another authority that is competent",
    "decline": "will not do it, for a reason of the list",
    "extend": "takes more time, once",
    "answer": "replies, in part or in full",
    "position": "says where the speaker stands on it",
    "satisfied": "takes the reply as sufficient",
    "contested": "does not take the reply as sufficient, or as right",
    "correct": "changes one field of an earlier message of the same speaker, which stays visible",
    "withdraw": "takes the opening back, which stays visible",
    "remind": "asks for what is due",
    "escalate": "puts the same matter to the next level; all clocks begin anew",
    "outcome": "says how what was warned of came out",
    "relayed": "says how many of which class the warning was passed on to",
    "close": "ends the thread without a verdict on what was replied",
}

# State: (what it means, whether something is still expected of somebody)
STATES = {
    "sent": ("said; no receipt by the addressee is held", True),
    "delivered": ("the addressee's node holds the text, by its own receipt", True),
    "acknowledged": ("the office it is meant for has it", True),
    "needs-more": ("a question back waits for the opener", True),
    "referred": ("another authority was named", True),
    "accepted": ("an answer by a date was undertaken", True),
    "answered": ("a reply was given", True),
    "declined": ("refused, with a reason", True),
    "lapsed": ("what was due was not said, and the time of grace has passed: unanswered, which is not refused", True),
    "closed-acknowledged": ("a notice that was acknowledged", False),
    "closed-outcome": ("how the warned-of event came out was said", False),
    "closed-satisfied": ("the reply was taken as sufficient", False),
    "closed-contested": ("the reply was contested", False),
    "closed-declined": ("the refusal was left standing", False),
    "closed-no-verdict": ("a reply was given and the opener said nothing on it", False),
    "closed-unanswered": ("closed by the opener before a reply", False),
    "withdrawn": ("taken back by the opener", False),
    "superseded": ("taken back by the opener in favour of another opening", False),
}
OPEN = frozenset(state for state, (_, open_) in STATES.items() if open_)

STAYS = ""

_ALL = tuple(OPENINGS)
_ASKING = (REQUEST, DEMARCHE)
_NEW = ("sent", "delivered")
_WAITING = (*_NEW, "acknowledged", "accepted", "referred")
_UNREPLIED = (*_WAITING, "needs-more")
_ANY = tuple(state for state in STATES if state != "lapsed")
_STANDING = tuple(state for state in _ANY if state not in ("withdrawn", "superseded"))


@dataclass(frozen=True, slots=True)
class Rule:
    """In threads opened by one of `kinds`, whoever `who` is may do `move` in one of `states`, which leads to `to` or stays."""

    kinds: tuple[str, ...]
    who: str
    states: tuple[str, ...]
    move: str
    to: str = STAYS


RULES = (
    Rule((NOTICE,), ADDRESSEE, _NEW, "acknowledge", "closed-acknowledged"),
    Rule((REQUEST, WARNING, DEMARCHE), ADDRESSEE, _NEW, "acknowledge", "acknowledged"),
    # A reply acknowledges as well: who answers has it.
    Rule((NOTICE,), ADDRESSEE, _NEW, "position", "closed-acknowledged"),
    Rule((NOTICE,), ADDRESSEE, ("closed-acknowledged",), "position"),
    Rule((WARNING,), ADDRESSEE, _NEW, "position", "acknowledged"),
    Rule((WARNING,), ADDRESSEE, ("acknowledged", "closed-outcome"), "position"),
    Rule((DEMARCHE,), ADDRESSEE, (*_UNREPLIED, "answered"), "position", "answered"),
    Rule(_ASKING, ADDRESSEE, (*_NEW, "acknowledged", "accepted", "referred"), "needs-more", "needs-more"),
    Rule(_ASKING, OPENER, ("needs-more",), "answer-question", "acknowledged"),
    Rule(_ASKING, ADDRESSEE, (*_NEW, "acknowledged", "referred", "needs-more"), "accept", "accepted"),
    Rule(_ASKING, ADDRESSEE, (*_NEW, "acknowledged", "accepted", "needs-more"), "refer", "referred"),
    Rule(_ASKING, ADDRESSEE, ("acknowledged", "accepted", "referred"), "extend"),
    Rule(_ASKING, ADDRESSEE, _UNREPLIED, "decline", "declined"),
    Rule(_ASKING, ADDRESSEE, (*_UNREPLIED, "answered"), "answer", "answered"),
    Rule(_ASKING, OPENER, ("answered",), "satisfied", "closed-satisfied"),
    Rule(_ASKING, OPENER, ("answered", "declined"), "contested", "closed-contested"),
    Rule((WARNING,), ADDRESSEE, _NEW, "outcome", "closed-outcome"),
    Rule((WARNING,), ADDRESSEE, ("acknowledged",), "outcome", "closed-outcome"),
    Rule((WARNING,), ADDRESSEE, ("closed-outcome",), "outcome"),
    Rule((WARNING,), OPENER, (*_NEW, "acknowledged", "closed-outcome"), "outcome"),
    Rule((WARNING,), ADDRESSEE, _NEW, "relayed", "acknowledged"),
    Rule((WARNING,), ADDRESSEE, ("acknowledged", "closed-outcome"), "relayed"),
    Rule((NOTICE, WARNING), OPENER, _NEW, "remind"),
    Rule((WARNING,), OPENER, ("acknowledged",), "remind"),
    Rule(_ASKING, OPENER, _WAITING, "remind"),
    Rule((NOTICE, WARNING), OPENER, _NEW, "escalate", "sent"),
    Rule(_ASKING, OPENER, (*_UNREPLIED, "answered", "declined", "closed-contested"), "escalate", "sent"),
    Rule((NOTICE,), OPENER, _NEW, "close", "closed-unanswered"),
    Rule((WARNING,), OPENER, (*_NEW, "acknowledged"), "close", "closed-unanswered"),
    Rule(_ASKING, OPENER, _UNREPLIED, "close", "closed-unanswered"),
    Rule(_ASKING, OPENER, ("answered",), "close", "closed-no-verdict"),
    Rule(_ASKING, OPENER, ("declined",), "close", "closed-declined"),
    Rule(_ALL, OPENER, _STANDING, "withdraw", "withdrawn"),
    Rule(_ALL, EITHER, _ANY, "correct"),
)

_TABLE = {
    (kind, state, move, who): rule.to or state
    for rule in RULES
    for kind in rule.kinds
    for state in rule.states
    for who in ((OPENER, ADDRESSEE) if rule.who == EITHER else (rule.who,))
    for move in (rule.move,)
}


def next_state(kind: str, state: str, move: str, who: str) -> str | None:
    """The state that the move leads to; None when it is not allowed."""
    return _TABLE.get((kind, state, move, who))


@cache
def allowed(kind: str, state: str, who: str) -> tuple[str, ...]:
    """The moves that are open to whoever `who` is, in the order of MOVES."""
    return tuple(move for move in MOVES if (kind, state, move, who) in _TABLE)


def diagram() -> str:
    """The tables as text, one line for each state and move; `docs/formats/message.md` shows exactly this."""
    return "\n".join(line for kind in OPENINGS for line in _of_kind(kind)) + "\n"


def _of_kind(kind: str) -> Iterator[str]:
    yield f"{kind}"
    for rule in RULES:
        if kind in rule.kinds:
            froms = "any state" if rule.states == _ANY else _listed(rule.states)
            yield f"  {froms} --{rule.move} ({rule.who})--> {rule.to or 'the same'}"


def _listed(states: Iterable[str]) -> str:
    names = list(states)
    if set(names) == set(_STANDING):
        return "any but withdrawn, superseded"
    return ", ".join(names)
