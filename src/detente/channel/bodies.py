"""What is said in the channel: messages, consultations, minutes, corrections, as typed bodies. `docs/formats/message.md` is
normative.

The names `priority` and `needed_by` are those of the Question object proposed for STIX 2.2, where it has one for the same
thing. A message is read leniently, so that a later version may say more, and checked by `channel.required` before one of ours
is said: which fields a move needs stands there in a table. Times are microseconds since 1970 UTC; 0 and "" mean "not said".
"""

from __future__ import annotations

import msgspec

from detente.activity import Activity
from detente.seals import Seal
from detente.when import When

LEVELS = {1: "technical", 2: "diplomatic", 3: "political"}
PRIORITIES = ("low", "normal", "high", "urgent")

# What a request may ask for: ours, then the fourteen of the MISP taxonomy `collaborative-intelligence`.
WANTS = {
    "information": "what the addressee knows",
    "preservation": "that logs or data are kept",
    "mitigation": "that something is done about it",
    "contact": "who can be spoken to",
    "clarification": "what was meant",
    "sample": "a binary",
    "extracted-malware-config": "the configuration found in a sample",
    "deobfuscated-sample": "a sample made readable",
    "more-samples": "further samples of the same",
    "related-samples": "samples of what is related",
    "static-analysis": "an analysis of code that is not run",
    "detection-signature": "a rule that finds it",
    "context": "what surrounds it",
    "abuse-contact": "whom to tell of abuse",
    "historical-information": "what was seen earlier",
    "complementary-validation": "a second look",
    "target-information": "what is known of the targets",
    "request-analysis": "a further analysis, technical or tactical",
    "more-information": "anything more",
}

REASONS = {
    "not-competent": "another authority is competent",
    "insufficient-detail": "the message says too little to act on",
    "law": "the law does not allow it",
    "security": "an answer would harm security",
    "not-ours": "it concerns nothing of the addressee's",
    "already-public": "the answer is public",
    "out-of-scope": "the agreement does not cover it",
    "other": "another reason, in words",
}

POSITIONS = {
    "no-comment": "has nothing to say to it",
    "disputes": "says that it is not so",
    "adds": "adds something",
    "denies": "denies",
    "neither": "neither confirms nor denies",
    "will-look": "will look into it",
    "undertakes": "undertakes to do what is demanded",
}

# How a warned-of event came out; words of the STIX incident suite (draft of 10 October 2023, `event-status`).
OUTCOMES = {
    "occurred": "it was seen",
    "not-occurred": "it was not seen",
    "undetermined": "it cannot be said",
}

EXTENTS = ("partial", "full")
TOLD = ("yes", "no", "unknown")

CONSEQUENCES = {
    "none": "none is announced",
    "open": "announced in words",
    "sealed": "decided, committed to by digest, not disclosed",
}


class Window(msgspec.Struct, frozen=True):
    """From the first to the last microsecond, both included."""

    from_us: int
    to_us: int

    def __post_init__(self) -> None:
        if self.to_us <= self.from_us:
            raise ValueError("a window ends after it begins")


class Consequence(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """`class`: a key of CONSEQUENCES. An open one has words, a sealed one a seal."""

    class_: str = msgspec.field(name="class")
    text: str = ""
    seal: Seal | None = None


class Withheld(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Evidence that exists and is not shown: how many items, of which class, and a digest that commits to them."""

    items: int
    class_: str = msgspec.field(name="class")
    commitment: str


class Likelihood(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """`word` of the scale `scale` for the event; `confidence` (low, moderate, high) in the basis. The two are never merged."""

    word: str
    scale: str = "icd203"
    confidence: str = ""


class Relay(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Whether an addressee may pass a warning on, and if so in these words only: language tag to wording."""

    allowed: bool = False
    public: bool = False
    wording: dict[str, str] = {}


class CouldAct(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Who could act on the warning, and whether they were told: yes, no or unknown."""

    who: str
    told: str = "unknown"


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """`status`: a key of OUTCOMES. `measures`: what was done to protect; a warning that was heeded looks like a false alarm."""

    status: str
    evidence: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()


class Relayed(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """How many recipients of one class were told, in which language; never who. `class`: "banks", "public", as the speaker
    calls it."""

    class_: str = msgspec.field(name="class")
    count: int
    language: str = ""
    at_us: int = 0


class Change(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One field of an earlier message of the same speaker: what it said, what it says from now on."""

    field: str
    was: str
    now: str


class Message(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One move. `thread`: "" in the opening move, else the id of the opening. `number`: counts the speaker's moves in the
    thread from 1.

    `repeats`: the id of an earlier opening of ours that this one repeats. `level`: a key of LEVELS. `profile`: urgent,
    vienna, technical, or "drill:" and one of them; `calendar`: "weekdays" (technical only) or "". `lane`: "" or a topic that
    stays open whatever is disputed elsewhere, such as "crime". `refer_to`: the origin of a party, or the name of an office.
    `extent` of an answer: partial or full. `superseded_by`: of a withdrawal, the opening that takes its place. `eyes`: how
    many persons approved it before it was said.
    """

    move: str
    thread: str = ""
    number: int = 1
    repeats: str = ""
    level: int = 1
    role: str = ""
    to_role: str = ""
    priority: str = "normal"
    needed_by_us: int = 0
    profile: str = "vienna"
    calendar: str = ""
    lane: str = ""
    purpose: str = ""
    subject: str = ""
    text: str = ""
    public_text: dict[str, str] = {}
    wants: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()
    reason: str = ""
    alternative: str = ""
    until_us: int = 0
    refer_to: str = ""
    extent: str = ""
    position: str = ""
    activity: Activity | None = None
    demand: str = ""
    window: Window | None = None
    consequence: Consequence | None = None
    evidence: tuple[str, ...] = ()
    withheld: Withheld | None = None
    likelihood: Likelihood | None = None
    target: str = ""
    advice: str = ""
    relay: Relay | None = None
    could_act: tuple[CouldAct, ...] = ()
    outcome: Outcome | None = None
    relayed: tuple[Relayed, ...] = ()
    change: Change | None = None
    superseded_by: str = ""
    marking: str = ""
    eyes: int = 0

    @property
    def permitted_wording(self) -> dict[str, str]:
        """The words, by language, in which this warning may be passed on; nothing when it may not be."""
        if self.relay is None or not self.relay.allowed:
            return {}
        return self.public_text | self.relay.wording


class Correction(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An earlier statement `of` its speaker (an id), one field of it: what it said, what it says from now on; `text`: in
    words."""

    of: str
    field: str
    was: str
    now: str
    text: str = ""


class Participant(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """`party`: an origin. `role`: the office held, never a person's name."""

    party: str
    role: str


class Consultation(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A meeting or call that was held, as its speaker records it. `agreed_text`: "" says that there is none. `source`: where
    this is from."""

    subject: str
    level: int
    held: When
    participants: tuple[Participant, ...]
    source: str
    duration_minutes: int = 0
    outcome: str = ""
    agreed_text: str = ""


class Item(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One item of an account. `key`: a word both sides use for it. `said_by`: the origin of who said it, "" when not stated."""

    key: str
    text: str
    said_by: str = ""


class Minutes(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One side's account of the consultation `about` (an id). `agreed_text`: the agreed text as this side has it, "" for
    none."""

    about: str
    items: tuple[Item, ...] = ()
    agreed_text: str = ""


BODIES: dict[str, type[msgspec.Struct]] = {
    "message": Message,
    "consultation": Consultation,
    "minutes": Minutes,
    "correction": Correction,
}
