"""What a quoted text itself, and the words around it, let a reader propose: polarity, date, stations on the way, two tenses at once.

Every one of these is a proposal to the person who reviews the candidate; none is a finding.
"""

from __future__ import annotations

import re

from detente.claims.bodies import Hop, Polarity
from detente.claims.cues import Cue, words_of
from detente.errors import InvalidStatement
from detente.when import When, parse_when

TWO_TENSES = "the same thing is said to be done and still to come"

_ADVERBS = r"(?: (?:\w+ly|ever|at all|in any way|even|in fact|been|be|a part|part|taking|taken|take|play|had|any)){0,4}"
_ACTS = (
    r"(?:involved|do|done|did|hack\w*|interfer\w*|meddl\w*|attack\w*|order(?:ed)?|direct(?:ed)?|behind|responsible|part|steal|stole\w*"
    r"|enter(?:ed)?|leak\w*|participat\w*|carr\w+ out|sent|plan(?:ned)?|break|broken)\b"
)
_DENIAL = re.compile(
    rf"(?:\b(?:did|does|do|has|have|had|was|were|is|are|am) (?:not|never|in no way)|\b(?:did|does|do|has|have|had|was|were|is|are)n[’']t"
    rf"|\b[’'](?:ve|s|re|d) (?:not|never)|\A(?:not|never)){_ADVERBS} {_ACTS}"
    r"|\b(?:we|i|our \w+) (?:have |had )?never \w+"
    r"|\b(?:is|are|was|were|be) (?:(?:\w+ly) )?(?:untrue|false|groundless|baseless|unfounded|absurd|fabricated|invented|nonsense"
    r"|ridiculous|a lie|lies|a hoax|not true|not so)\b"
    r"|\b(?:isn|wasn|aren|weren)[’']t true\b|\b(?:not|nothing) (?:\w+ )?to do with\b"
    r"|\b(?:no|any) (?:truth|involvement|hand|part|role) (?:in|to)\b"
    rf"|\bno such (?:attack|order|operation|thing|plan)\b|\bneither {_ACTS} nor\b|\b(?:did|have|do) not[.!]?\Z",
    re.IGNORECASE,
)
# Two or three words that dismiss what somebody else has said: “groundless”.
DISMISSAL_WORDS_MAX = 3
_DISMISSAL = re.compile(
    r"\A(?:(?:absolute|complete|utter|total|pure|plain)(?:ly)? )?(?:untrue|false|groundless|baseless|unfounded|absurd|fabricat\w+|nonsense|"
    r"ridiculous|a lie|lies|a hoax|fake(?: news)?|laughable|invention|fantasy|rubbish)\b",
    re.IGNORECASE,
)
_DECLINE = re.compile(
    r"\b(?:(?:am|are|is|’m|'m|’re|'re) not (?:now )?(?:asserting|saying|claiming|alleging|accusing|stating)"
    r"|(?:can’t|can't|cannot|can not|won’t|won't|will not|could not|couldn’t|couldn't) (?:say|confirm|comment|tell you|speculate|assert)"
    r"|(?:do not|don’t|don't|does not|doesn’t|doesn't) (?:assert|claim|allege|know who|wish to say)"
    r"|have no (?:proof|evidence)|no comment|neither confirm)\b",
    re.IGNORECASE,
)
_REPORT = re.compile(
    r"\b(?:(?:i|we) (?:am|are|was|were|have been|’ve been|'ve been) told"
    r"|(?:i|we) (?:have )?(?:heard|received information|received reports|read that)"
    r"|i’m hearing|i'm hearing|it is (?:now |being |now being )?(?:said|reported|claimed)|they say)\b",
    re.IGNORECASE,
)


def polarity_of(quote: str, cue: Cue | None) -> Polarity:
    """What the words, or the verb by which they are brought, suggest: denied, declined, passed on; else asserted."""
    if cue is not None and cue.class_ == "denies":
        return "denies"
    if cue is not None and cue.class_ == "declines":
        return "declines-to-assert"
    if _DECLINE.search(quote):
        return "declines-to-assert"
    dismissal = _DISMISSAL.match(quote)
    if (
        dismissal is not None
        and not (cue is not None and cue.class_ == "names")
        and len(quote.split()) > DISMISSAL_WORDS_MAX
    ):
        dismissal = None
    if _DENIAL.search(quote) or dismissal is not None:
        return "denies"
    if _REPORT.search(quote):
        return "reports"
    return "asserts"


_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug", "september sept sep",
            "october oct", "november nov", "december dec",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_MONTH = r"(?P<month>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\b\.?"
_DATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?P<year>\d{4})-(?P<number>\d\d)-(?P<day>\d\d)\b",
        rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {_MONTH},? (?P<year>(?:19|20)\d\d)\b",
        rf"\b{_MONTH} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year>(?:19|20)\d\d)\b",
        rf"\b{_MONTH},? (?P<year>(?:19|20)\d\d)\b",
        r"\b(?:in|since|early|late|during) (?P<year>(?:19|20)\d\d)\b",
    )
)


def date_in(text: str) -> When | None:
    """The first date with a year that stands in the words around a quotation; a weekday alone is none."""
    for pattern in _DATES:
        found = pattern.search(text)
        if found is None:
            continue
        parts = found.groupdict()
        iso = parts["year"]
        if parts.get("month"):
            iso += f"-{_MONTHS[parts['month'].lower()]:02}"
        elif parts.get("number"):
            iso += f"-{parts['number']}"
        if parts.get("day"):
            iso += f"-{int(parts['day']):02}"
        try:
            return parse_when(iso)
        except InvalidStatement:
            continue
    return None


_BY = re.compile(r"\((?:[Aa]s )?(?:[Qq]uoted|[Cc]ited|[Rr]eported) by ((?:the )?[A-Z][^().]{0,60})\.?\)")
_AGENCY = re.compile(
    r"\A[A-Z][A-Z .]{2,40}[,(/ ]+([A-Z][A-Za-z]{1,20})\)? [—–-]{1,2} |\((TASS|AP|AFP|Reuters|Interfax|Xinhua|dpa)\)"
)
_QUOTED_BY = re.compile(
    r"\b(?:quoted|cited) (?:him |her |them )?by (?:the (?:news )?agency |the newspaper )?((?:the )?[A-Z][\w.&-]*(?: [A-Z][\w.&-]*){0,4})"
)
_INTERVIEW = re.compile(r"\binterview (?:with|to|for|by) ((?:the )?[A-Z][\w.&-]*(?: [A-Z][\w.&-]*){0,4})")
_TRANSLATOR = re.compile(r"\b(?:through|via|by) (?:an|a|his|her|the) (?:interpreter|translator)\b")
_TRANSLATED = re.compile(r"\b(?:translated from|in translation from|speaking in) (?:the )?([A-Z][a-z]+)\b")


def hops_in(text: str) -> tuple[Hop, ...]:
    """Stations named in a paragraph outside the quoted words, in the order in which words travel."""
    found: list[Hop] = []
    if (hit := _INTERVIEW.search(text)) is not None:
        found.append(Hop(role="interviewer", name=hit[1].removeprefix("the ")))
    for pattern in (_BY, _QUOTED_BY, _AGENCY):
        if (hit := pattern.search(text)) is not None:
            name = next(group for group in hit.groups() if group).removeprefix("the ").strip()
            if name not in [hop.name for hop in found]:
                found.append(Hop(role="agency", name=name))
    if (hit := _TRANSLATED.search(text)) is not None:
        found.append(Hop(role="translation", name=f"from {hit[1]}, translator not stated"))
    elif _TRANSLATOR.search(text) is not None:
        found.append(Hop(role="translation", name="interpreter, not named"))
    return tuple(found)


_SENTENCE_END = re.compile(r"(?<=[.!?…;])\s+")
_DONE = re.compile(
    r"\b(?:was|were|has been|have been|had been|is already|are already|was already|were already|has already been|have already been)"
    r" (?:\w+ly |already |now |long since )?(\w+)\b",
    re.IGNORECASE,
)
_TO_COME = re.compile(
    r"\b(?:will (?:\w+ly |now |soon |then )?(?:be|follow|come|take place|happen|begin|start)|shall be|is going to be|are going to be"
    r"|is yet to|are yet to|is still to|are still to)(?: (?:\w+ly |now |soon )?(\w+))?\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[a-z]+")
_SAME_THING = (
    words_of("reply answer response reaction retaliation"),
    words_of("attack strike operation assault intrusion hack breach"),
    words_of("agreement deal accord treaty pact understanding"),
    words_of("talk talks negotiation negotiations consultation consultations meeting discussion discussions"),
    words_of("decision ruling order"),
    words_of("investigation inquiry probe review"),
    words_of("evidence proof"),
    words_of("request demand appeal question"),
    words_of("warning notice message"),
    words_of("sanction sanctions measure measures step steps"),
)
_NO_SUBJECT = words_of(
    """the this that these those there here it its they them their we our you your and but or not no nor who what which when where
    while with without was were will been being have has had now then long ago already soon still for from into about over under
    after before again ever never very all any some one two made given done said today tomorrow yesterday shall going yet also only
    just more most such than him her his she"""
)


def two_tenses(quote: str) -> bool:
    """Whether one thing is said to be over in one sentence and to lie ahead in another. Found in passives about the same noun, no more."""
    sentences = _SENTENCE_END.split(quote.lower())
    if len(sentences) < 2 and ", " in quote:
        sentences = quote.lower().split(", ")
    done: list[set[str]] = []
    to_come: list[set[str]] = []
    for sentence in sentences[:100]:
        if (hit := _TO_COME.search(sentence)) is not None:
            to_come.append(_things(sentence[: hit.start()]))
        elif (hit := _DONE.search(sentence)) is not None:
            done.append(_things(sentence[: hit.start()]))
    return any(not past.isdisjoint(future) for past in done for future in to_come)


def _things(clause: str) -> set[str]:
    """The nouns before the verb, and for each the word that stands for all its synonyms here."""
    words = {word for word in _WORD.findall(clause[-200:]) if len(word) > 2 and word not in _NO_SUBJECT}
    return words | {f"={min(same)}" for same in _SAME_THING if not same.isdisjoint(words)}
