"""The body of a `claim`: somebody's words about something, and the way on which they came to who recorded them.

A claim is data with a speaker and a source; recording it says that the words were said, never that they are so. Grades are those
of the Admiralty system (STANAG 2511): the source from A to F, the report from 1 to 6, two axes that are never merged, and of which F and 6
mean "cannot be judged". A scope is a rung of state responsibility or one of the wider words of `scales.SCOPES`.

Rules kept here, so that no claim that breaks them can be written or read: words without a speaker are graded F/6; a statement of
capacity without a speaker is refused; a correction names what it corrects; an original names its language.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from detente.errors import InvalidStatement
from detente.scales import rungs_of
from detente.when import When

POLARITIES = {
    "asserts": "says that it is so",
    "denies": "says that it is not so",
    "declines-to-assert": "says that nothing is asserted",
    "reports": "passes on what others say",
}

# What the words are about. Kept apart on purpose: accepting that a text is authentic says nothing on who took or published it.
TOPICS = {
    "authenticity": "whether a published text is what it seems",
    "capacity": "what somebody is able to do",
    "channel-use": "whether, when and for what a channel between parties was used",
    "commitment": "what somebody has promised or will do",
    "conduct": "how somebody behaves under a norm or an agreement",
    "confidence": "how sure somebody is",
    "effect": "whether it mattered",
    "evidence": "what supports a statement, or that nothing does",
    "exfiltration": "that data were taken",
    "intrusion": "that a system was entered",
    "motive": "why somebody acts or says something",
    "publication": "that something was made public",
    "responsibility": "who did it",
    "tampering": "that data or a function were changed",
    "warning": "what was warned of or threatened",
}

ROLES = {
    "speaker": "the speaker's own channel",
    "interviewer": "who asked",
    "agency": "a news agency",
    "outlet": "a newspaper, broadcaster or site",
    "translation": "who put it into another language",
    "compiler": "who gathered it",
}

Polarity = Literal["asserts", "denies", "declines-to-assert", "reports"]
Role = Literal["speaker", "interviewer", "agency", "outlet", "translation", "compiler"]
SourceGrade = Literal["A", "B", "C", "D", "E", "F"]
ReportGrade = Literal["1", "2", "3", "4", "5", "6"]

QUOTE_CHARACTERS_MAX = 8_000

_Quote = Annotated[str, msgspec.Meta(min_length=1, max_length=QUOTE_CHARACTERS_MAX)]
_Name = Annotated[str, msgspec.Meta(max_length=300)]
_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
_Ids = Annotated[tuple[_Id, ...], msgspec.Meta(max_length=64)]


class Hop(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One station between the speaker's mouth and the record. `grade`: how reliable this station is as a source."""

    role: Role
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
    reference: Annotated[str, msgspec.Meta(max_length=1_000)] = ""
    at: When | None = None
    grade: SourceGrade = "F"


class Claim(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """`quote`: the exact words in `language` (BCP 47), the speaker's or, where `words` says so, those of who reports it.

    `original`: the words as spoken, where they are held. `speaker`: a name or an office, "" where nobody is named; `speaker_party`: the
    origin of the party that the speaker speaks for. `said`, `reported`: as precise as the source. `hops`: in the order in which the words
    travelled. `about`: ids of incidents, boards, claims or STIX objects. `of`: ids of earlier claims that this one `changes`, in the way
    named. `ambiguity`: what a reader must know before taking the words in one sense. `scope`: "" is "not stated", which is not the same as
    any rung.
    """

    quote: _Quote
    language: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*\Z")] = "en"
    words: Literal["speaker", "reporter"] = "speaker"
    original: Annotated[str, msgspec.Meta(max_length=QUOTE_CHARACTERS_MAX)] = ""
    original_language: Annotated[str, msgspec.Meta(pattern=r"^([A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*)?\Z")] = ""
    speaker: _Name = ""
    speaker_party: _Name = ""
    said: When | None = None
    reported: When | None = None
    hops: Annotated[tuple[Hop, ...], msgspec.Meta(max_length=16)] = ()
    source_grade: SourceGrade = "F"
    report_grade: ReportGrade = "6"
    polarity: Polarity = "asserts"
    topic: Annotated[str, msgspec.Meta(max_length=40)] = ""
    about: _Ids = ()
    scope: Annotated[str, msgspec.Meta(max_length=40)] = ""
    of: _Ids = ()
    changes: Literal["", "corrects", "supersedes"] = ""
    ambiguity: Annotated[tuple[_Name, ...], msgspec.Meta(max_length=16)] = ()
    marking: str = ""

    def __post_init__(self) -> None:
        if self.topic and self.topic not in TOPICS:
            raise ValueError(f"{self.topic!a} is no topic; expected one of {', '.join(TOPICS)}")
        if self.scope:
            try:
                rungs_of(self.scope)
            except InvalidStatement as error:
                raise ValueError(str(error)) from None
        if not self.quote.strip():
            raise ValueError("a claim quotes somebody's words; the quote is empty")
        if not self.speaker.strip() and self.topic == "capacity":
            raise ValueError("what somebody is able to do is a claim of a speaker, not a fact; name who said it")
        if not self.speaker.strip() and (self.source_grade, self.report_grade) != ("F", "6"):
            raise ValueError(
                "words without a speaker are admitted as unattributed, graded F and 6; name the speaker to grade them "
                f"{self.source_grade}/{self.report_grade}"
            )
        if bool(self.of) != bool(self.changes):
            raise ValueError(
                "a claim that corrects or supersedes names the earlier one (of) and says which of the two (changes)"
            )
        if self.original and not self.original_language:
            raise ValueError("the original is held; name its language (original_language)")

    @property
    def attributed(self) -> bool:
        return bool(self.speaker.strip())

    @property
    def translated(self) -> bool:
        """Whether these are not the words as spoken, as far as is stated."""
        return bool(self.original) or any(hop.role == "translation" for hop in self.hops)


BODIES: dict[str, type[msgspec.Struct]] = {"claim": Claim}

__all__ = ["BODIES", "POLARITIES", "ROLES", "TOPICS", "Claim", "Hop", "Polarity", "ReportGrade", "Role", "SourceGrade"]
