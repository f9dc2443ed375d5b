"""What a move must say before one of ours is said: required fields and vocabularies, as tables.

A partner's message that does not keep to this is kept, counted and marked: what it failed to say is its speaker's affair, and
silence is something else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from detente.channel.bodies import (
    CONSEQUENCES,
    EXTENTS,
    LEVELS,
    OUTCOMES,
    POSITIONS,
    PRIORITIES,
    REASONS,
    TOLD,
    WANTS,
    Consultation,
    Message,
    Minutes,
)
from detente.channel.clocks import profile_of
from detente.channel.moves import DEMARCHE, MOVES, NOTICE, OPENINGS, REQUEST, WARNING
from detente.errors import InvalidStatement
from detente.said import written
from detente.scales import confidence, likelihood
from detente.words import quoted

SUBJECT_CHARACTERS_MAX = 200
TEXT_CHARACTERS_MAX = 50_000
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")

# Move: the fields it cannot do without, each with what it is for.
REQUIRED: dict[str, dict[str, str]] = {
    NOTICE: {"subject": "one line", "text": "what is told"},
    REQUEST: {"subject": "one line", "wants": "what is asked for", "text": "the request"},
    WARNING: {
        "subject": "one line",
        "text": "what is expected to happen",
        "window": "from when to when",
        "target": "the class of target",
        "likelihood": "how likely, in a word of a named scale, and how sure",
        "advice": "what the addressee can do",
        "could_act": "who could act, and whether they were told",
    },
    DEMARCHE: {
        "subject": "one line",
        "activity": "the activity, defined so that a machine can check it",
        "demand": "what is demanded",
        "window": "from when to when it is to be met",
        "consequence": "none, open or sealed",
    },
    "acknowledge": {},
    "accept": {},
    "needs-more": {"text": "the question"},
    "answer-question": {"text": "the answer to the question"},
    "refer": {"refer_to": "who is competent"},
    "decline": {"reason": "a word of the list of reasons"},
    "extend": {"until_us": "until when"},
    "answer": {"text": "the answer", "extent": "partial or full"},
    "position": {"position": "a word of the list of positions"},
    "satisfied": {},
    "contested": {"text": "what is contested"},
    "correct": {"change": "which field, what it said, what it says now"},
    "withdraw": {},
    "remind": {},
    "escalate": {"text": "why the next level is asked"},
    "outcome": {"outcome": "occurred, not-occurred or undetermined"},
    "relayed": {"relayed": "how many of which class"},
    "close": {},
}

# What an acknowledgement may carry: where it belongs and who speaks. Anything more could be read as agreement.
_BARE = frozenset({"move", "thread", "number", "level", "role", "to_role", "priority", "profile", "marking", "eyes"})
_POSITIONS_ON = {
    NOTICE: ("no-comment", "disputes", "adds"),
    WARNING: ("no-comment", "disputes", "adds", "will-look"),
    DEMARCHE: ("denies", "neither", "will-look", "undertakes"),
}


def check_opening(message: Message) -> None:
    """Whether the message can open a thread. Raises InvalidStatement naming the field."""
    if message.move not in OPENINGS:
        raise InvalidStatement(f"a thread opens with {', '.join(OPENINGS)}; got {quoted(message.move)}")
    _require_fields(message)
    _require_vocabulary(message)
    profile_of(message.profile, message.calendar)
    if message.number != 1:
        raise InvalidStatement("the opening move has the number 1")
    if message.move == DEMARCHE:
        _require_consequence(message)
    if message.move == WARNING:
        _require_warning(message)


def check_move(message: Message, *, kind: str = "") -> None:
    """Whether a later move is complete; `kind` is the opening's move when it is known. Raises InvalidStatement naming the
    field."""
    if message.move not in MOVES:
        raise InvalidStatement(f"a move is one of {', '.join(MOVES)}; got {quoted(message.move)}")
    _require_fields(message)
    _require_vocabulary(message)
    if message.number < 1:
        raise InvalidStatement("number counts a party's moves in a thread from 1")
    if message.move == "acknowledge":
        content = [name for name in written(message) if name not in _BARE]
        if content:
            raise InvalidStatement(
                f"an acknowledgement says that the text arrived, and nothing else; it carries {', '.join(content)}. "
                "Say that in a position or an answer."
            )
    if message.move == "escalate" and message.level == max(LEVELS) and message.eyes < 1:
        raise InvalidStatement("nothing goes to the political level by itself: eyes, the persons who approved, is 0")
    if message.move == "position":
        _require_word("position", message.position, _POSITIONS_ON.get(kind, tuple(POSITIONS)))


def check_consultation(consultation: Consultation) -> None:
    """Raises InvalidStatement naming the field."""
    for name in ("subject", "source"):
        if not getattr(consultation, name).strip():
            raise InvalidStatement(f"a consultation needs {name}")
    _require_word("level", consultation.level, LEVELS)
    if consultation.duration_minutes < 0:
        raise InvalidStatement("duration_minutes is a number of minutes, 0 when it is not known")
    if len({participant.party for participant in consultation.participants}) < 2:
        raise InvalidStatement("a consultation has participants of at least two parties")
    if not all(participant.role.strip() for participant in consultation.participants):
        raise InvalidStatement("each of the participants has a role: an office, not a person's name")


def check_minutes(minutes: Minutes) -> None:
    """Raises InvalidStatement naming the field."""
    if not minutes.about:
        raise InvalidStatement("minutes need about, the id of the consultation")
    keys = [item.key for item in minutes.items]
    if not keys and not minutes.agreed_text:
        raise InvalidStatement("minutes need items, or the agreed_text")
    if len(set(keys)) != len(keys) or not all(keys):
        raise InvalidStatement("each of the items has a key of its own")


def _require_fields(message: Message) -> None:
    for name, meaning in REQUIRED[message.move].items():
        if not _said(message, name):
            raise InvalidStatement(f"a message of the move {message.move} needs {name}: {meaning}")
    if len(message.subject) > SUBJECT_CHARACTERS_MAX or "\n" in message.subject:
        raise InvalidStatement(f"subject is one line of at most {SUBJECT_CHARACTERS_MAX} characters")
    if len(message.text) > TEXT_CHARACTERS_MAX:
        raise InvalidStatement(f"text has at most {TEXT_CHARACTERS_MAX} characters; share longer ones as objects")


def _said(message: Message, name: str) -> bool:
    value = getattr(message, name)
    return bool(value.strip()) if isinstance(value, str) else value not in (None, 0, (), {})


def _require_vocabulary(message: Message) -> None:
    _require_word("level", message.level, LEVELS)
    _require_word("priority", message.priority, PRIORITIES)
    for want in message.wants:
        _require_word("wants", want, WANTS)
    if message.reason:
        _require_word("reason", message.reason, REASONS)
    if message.position:
        _require_word("position", message.position, POSITIONS)
    if message.extent:
        _require_word("extent", message.extent, EXTENTS)
    if message.outcome is not None:
        _require_word("outcome.status", message.outcome.status, OUTCOMES)
    if message.consequence is not None:
        _require_word("consequence.class", message.consequence.class_, CONSEQUENCES)
    if message.withheld is not None and not (message.withheld.items > 0 and message.withheld.commitment):
        raise InvalidStatement("withheld states how many items, of which class, and the digest that commits to them")
    if message.likelihood is not None:
        likelihood(message.likelihood.word, message.likelihood.scale)
        confidence(message.likelihood.confidence)
    for one in message.could_act:
        _require_word("could_act.told", one.told, TOLD)
    for count in message.relayed:
        if count.count < 0 or not count.class_.strip():
            raise InvalidStatement("relayed states a class of recipients and how many of them, at least 0")
    for language in (*message.public_text, *(message.relay.wording if message.relay else ())):
        if not _LANGUAGE.fullmatch(language):
            raise InvalidStatement(
                f"a text is filed under its language tag, such as en or pt-BR; got {quoted(language)}"
            )


def _require_consequence(message: Message) -> None:
    consequence = message.consequence
    assert consequence is not None  # among the required fields
    wanted: dict[str, Callable[[], bool]] = {
        "none": lambda: not consequence.text and consequence.seal is None,
        "open": lambda: bool(consequence.text.strip()) and consequence.seal is None,
        "sealed": lambda: not consequence.text and consequence.seal is not None,
    }
    if not wanted[consequence.class_]():
        raise InvalidStatement(
            "consequence: an open one has text, a sealed one has a seal and no text, and with none there is neither; "
            f"this one is {consequence.class_}"
        )


def _require_warning(message: Message) -> None:
    relay = message.relay
    if relay is not None and relay.public and not any(text.strip() for text in message.public_text.values()):
        raise InvalidStatement(
            "a warning marked for the public needs public_text: the reviewed text, in each language it is meant for"
        )
    if any(not text.strip() for text in message.public_text.values()):
        raise InvalidStatement("public_text has an empty text; leave the language out, or say it")
    if relay is not None and relay.public and not relay.allowed:
        raise InvalidStatement("relay.public needs relay.allowed")
    if relay is not None and relay.allowed and not (relay.wording or message.public_text):
        raise InvalidStatement(
            "relay.allowed needs relay.wording: the words in which it may be passed on, per language"
        )


def _require_word(name: str, word: object, words: Collection[object]) -> None:
    if word not in words:
        raise InvalidStatement(f"{name} is one of {', '.join(str(one) for one in words)}; got {quoted(str(word))}")
