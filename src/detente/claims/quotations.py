"""The reader of article text: who is quoted with which words, and what is said to be said by nobody in particular.

    read_quotations('“We did not do it,” the envoy said.')  ->  [Candidate(quote="We did not do it", speaker="envoy", polarity="denies", …)]

English running text is read paragraph by paragraph: quotation marks (`marks`), the sentence around them without the quoted words, the
verb or noun by which they are said (`cues`, `credit`), its subject (`subjects`, `phrases`), and what the words suggest (`hints`). A pronoun
stands for the last person named before it, a surname for the full name before it (`people`). Where no speaker is found the candidate has
none: nothing is guessed, and nothing here is a claim before a person accepts it.

Bounds: TEXT_CHARACTERS_MAX, CANDIDATES_MAX; each sentence and quotation has its own. The time grows with the text, not faster.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from detente.claims import hints
from detente.claims.bodies import QUOTE_CHARACTERS_MAX, Hop, Polarity
from detente.claims.credit import Credit, credit
from detente.claims.cues import VERBS, words_of
from detente.claims.indirect import Spoken, indirect_speech
from detente.claims.marks import Span, find_spans
from detente.claims.people import People
from detente.claims.phrases import HOLE, tokens_of
from detente.errors import InvalidStatement
from detente.when import When

TEXT_CHARACTERS_MAX = 1 << 20
SENTENCE_CHARACTERS_MAX = 2_000
CANDIDATES_MAX = 2_000

# As many words in quotation marks are speech without a verb that says so.
SENTENCE_WORDS_MIN = 4
# How much after a quotation tells whether the sentence goes on.
AFTER_CHARACTERS = 120
TITLE_WORDS_MAX = 12
CARRIED_ON = "no speaker in this sentence: taken from the one before it"
NO_SPEAKER = "no speaker found"


class Candidate(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Words that may become a claim. `start`, `end`: where they stand in the text, in characters.

    `direct`: the words are the speaker's; otherwise `quote` is the sentence in which the text passes them on. `speaker`: "" where none is
    found; `written`: how the text names the speaker there ("he"); `office`: what the text says of the speaker beside the name.
    """

    quote: str
    start: int
    end: int
    direct: bool = True
    speaker: str = ""
    office: str = ""
    written: str = ""
    cue: str = ""
    polarity: Polarity = "asserts"
    said: When | None = None
    hops: tuple[Hop, ...] = ()
    ambiguity: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Quotation:
    """One quotation, over as many paragraphs as it takes."""

    text: str
    start: int
    end: int
    continues: bool


@dataclass(slots=True)
class _Sentence:
    """`frame`: the sentence with HOLE for each quotation; `holes`: their numbers in the paragraph."""

    frame: str
    start: int
    holes: list[int]


@dataclass(slots=True)
class _Frame:
    """`places`: where a run of the frame begins, there and in the paragraph, in order."""

    text: str
    places: list[tuple[int, int]]

    def place(self, position: int) -> int:
        run = bisect_right(self.places, position, key=lambda place: place[0])
        there, here = self.places[run - 1]
        # What was put into the frame has no place of its own: it stands where the paragraph goes on.
        return min(here + position - there, self.places[run][1]) if run < len(self.places) else here + position - there


@dataclass(slots=True)
class _Waiting:
    """A candidate, by its number, whose next part opens the next paragraph; and its parts so far."""

    number: int
    parts: list[str]
    characters: int = 0


@dataclass(slots=True)
class _Reading:
    """What has been read so far."""

    people: People = field(default_factory=People)
    found: list[Candidate] = field(default_factory=list)
    waiting: _Waiting | None = None


def read_quotations(text: str) -> list[Candidate]:
    """Candidates in the order of the text. Raises InvalidStatement when the text is longer than TEXT_CHARACTERS_MAX."""
    if len(text) > TEXT_CHARACTERS_MAX:
        raise InvalidStatement(f"the text has {len(text):,} characters, the limit is {TEXT_CHARACTERS_MAX:,}; split it")
    reading = _Reading()
    paragraphs = list(_paragraphs(text.replace(HOLE, "\ufffd")))
    for position, (start, paragraph) in enumerate(paragraphs):
        following = paragraphs[position + 1][1] if position + 1 < len(paragraphs) else ""
        _read_paragraph(reading, paragraph, start, following)
        if len(reading.found) >= CANDIDATES_MAX:
            break
    _finish(reading)
    return reading.found[:CANDIDATES_MAX]


_PARAGRAPH = re.compile(r"[^\n]+(?:\n(?!\s*\n)[^\n]*)*")


def _paragraphs(text: str) -> Iterator[tuple[int, str]]:
    """Runs of lines between empty lines. A single line break is a space: texts are often wrapped."""
    for found in _PARAGRAPH.finditer(text):
        if found[0].strip():
            yield found.start(), found[0].replace("\n", " ").replace("\t", " ").replace("\u00a0", " ")


# HARBOUR, Aldmere (HNA) — : where a report was filed is no part of its first sentence.
_DATELINE = re.compile(r"[A-Z][A-Z .]{2,40}(?:, [A-Z][\w. ]{1,40})?(?: ?\([^()]{1,40}\))?,? (?:—|–|--?) ")


def _read_paragraph(reading: _Reading, paragraph: str, start: int, following: str) -> None:
    spans = find_spans(paragraph, following)
    quotations = [_quotation(paragraph, span, start) for span in spans]
    frame = _frame(paragraph, spans)
    hops = hints.hops_in(frame.text)
    if (dateline := _DATELINE.match(frame.text)) is not None:
        frame.text = " " * dateline.end() + frame.text[dateline.end() :]
    last: Credit | None = None
    for sentence in _sentences(frame.text):
        tokens = tokens_of(sentence.frame)
        held = [quotations[n] for n in sentence.holes]
        credits = credit(tokens, [quotation.text for quotation in held]) if held else []
        reading.people.meet(tokens)
        for quotation, given in _joined(held, credits):
            if reading.waiting is not None and quotation.start == start:
                _carry_on(reading, quotation, given)
                last = given or last
                continue
            carried = given is None and last is not None and _alone(tokens)
            given = last if carried else given
            if _is_speech(quotation, given):
                reading.found.append(
                    _candidate(reading.people, quotation, given, sentence.frame, hops, carried=carried)
                )
                last = given or last
                if quotation.continues:
                    reading.waiting = _Waiting(len(reading.found) - 1, [quotation.text])
        spoken = None if any(credits) else indirect_speech(tokens, has_quotation=bool(held))
        if spoken is not None:
            begin, end = frame.place(sentence.start), frame.place(sentence.start + len(sentence.frame))
            reading.found.append(_indirect(reading.people, spoken, paragraph, (begin, end), start, hops))
    if not (quotations and quotations[-1].continues):
        _finish(reading)


def _is_speech(quotation: _Quotation, given: Credit | None) -> bool:
    """Whether somebody speaks: it is credited, it runs on, or it is a whole sentence; and it is no title."""
    if (given is None or given.cue in ("read", "reads")) and _title_cased(quotation.text):
        return False
    return given is not None or quotation.continues or _speaks_for_itself(quotation.text)


def _indirect(
    people: People, spoken: Spoken, paragraph: str, place: tuple[int, int], start: int, hops: tuple[Hop, ...]
) -> Candidate:
    """A sentence of the text as it stands, which passes on what somebody says; `place`: within the paragraph."""
    sentence = paragraph[place[0] : place[1]]
    speaker = people.who(spoken.phrase)
    return Candidate(
        quote=sentence.strip()[:QUOTE_CHARACTERS_MAX],
        start=start + place[0],
        end=start + place[1],
        direct=False,
        speaker=speaker,
        office=people.office(spoken.phrase),
        written=spoken.written,
        cue=spoken.cue,
        polarity=spoken.polarity,
        said=hints.date_in(sentence),
        hops=hops,
        notes=() if speaker else (NO_SPEAKER,),
    )


def _quotation(paragraph: str, span: Span, start: int) -> _Quotation:
    end = span.end if span.continues else span.end - 1
    return _Quotation(paragraph[span.start + 1 : end], start + span.start, start + span.end, span.continues)


def _frame(paragraph: str, spans: Sequence[Span]) -> _Frame:
    """The paragraph with a HOLE for each quotation, followed by the stop that the quotation ends with where it ends the sentence."""
    parts: list[str] = []
    places = [(0, 0)]
    length = position = 0
    for number, span in enumerate(spans):
        part = paragraph[position : span.start] + HOLE
        places.append((length + len(part), span.end))
        inner = paragraph[span.start + 1 : span.end - (0 if span.continues else 1)].rstrip("’'”»")
        until = spans[number + 1].start + 1 if number + 1 < len(spans) else len(paragraph)
        after = paragraph[span.end : min(until, span.end + AFTER_CHARACTERS)]
        if inner.endswith((".", "!", "?", "…")) and _sentence_begins(after, inner[-1]):
            part += ". "
        elif inner.endswith(",") and not after.startswith(","):
            part += ","
        parts.append(part)
        length += len(part)
        position = span.end
        places.append((length, position))
    parts.append(paragraph[position:])
    return _Frame("".join(parts), places)


_SAID_BY = re.compile(
    r"\s*[A-Z][\w.’'-]*(?: (?:[A-Z][\w.’'-]*|of|the|for)){0,5} (?:has |had |also |later |then )?"
    r"(?:said|says|asked|asks|added|replied|wrote|told|warned"
    r"|tweeted|insisted|exclaimed|answered|declared|demanded|wondered)\b"
)


def _sentence_begins(after: str, stop: str) -> bool:
    """Whether a new sentence begins after a quotation that ends in a stop. “Who did it?” Mr. A asked. – it does not."""
    rest = after.lstrip(" ")
    if not rest:
        return False
    if rest[0].islower() or rest[0] in ",;—–-(.:" or rest[0] in ")]":
        return False
    return not (stop in "!?…" and _SAID_BY.match(after))


_STOP = re.compile(r"[.!?…]+[)\]]*(?=\s|\Z)")
_ABBREVIATIONS = words_of(
    """mr mrs ms dr sen rep gen gov lt col prof st jr no vs jan feb mar apr jun jul aug sep sept oct nov dec maj capt sgt adm etc e.g
    i.e cf ca approx inc ltd corp"""
)


def _sentences(frame: str) -> list[_Sentence]:
    found: list[_Sentence] = []
    begin = hole = 0
    for stop in _STOP.finditer(frame):
        if not _ends(frame, begin, stop):
            continue
        hole = _cut(found, frame, begin, stop.end(), hole)
        begin = stop.end()
    _cut(found, frame, begin, len(frame), hole)
    return found


def _cut(found: list[_Sentence], frame: str, begin: int, end: int, hole: int) -> int:
    """Adds the sentence, in pieces where it is longer than a sentence may be; returns the number of the next hole."""
    for start in range(begin, end, SENTENCE_CHARACTERS_MAX):
        text = frame[start : min(end, start + SENTENCE_CHARACTERS_MAX)]
        count = text.count(HOLE)
        if text.strip():
            found.append(_Sentence(text, start, list(range(hole, hole + count))))
        hole += count
    return hole


def _ends(frame: str, begin: int, stop: re.Match[str]) -> bool:
    if stop[0] != ".":
        return True
    word = frame[max(begin, stop.start() - 12) : stop.start()].rsplit(" ", 1)[-1].lstrip('(“"')
    if word.lower() in _ABBREVIATIONS or (len(word) == 1 and word.isupper()) or re.fullmatch(r"(?:\w\.)+\w", word):
        after = frame[stop.end() : stop.end() + 3].lstrip()
        return not after
    return True


def _joined(
    quotations: Sequence[_Quotation], credits: Sequence[Credit | None]
) -> Iterator[tuple[_Quotation, Credit | None]]:
    """Quotations with their credits; parts that the sentence only interrupts (“…,” he said, “…”) are one."""
    pending: tuple[_Quotation, Credit | None] | None = None
    for quotation, given in zip(quotations, credits, strict=True):
        if pending is not None and given is not None and given.interrupts:
            first = pending[0]
            text = first.text.rstrip().rstrip(",") + " " + quotation.text
            pending = (_Quotation(text, first.start, quotation.end, quotation.continues), pending[1])
            continue
        if pending is not None:
            yield pending
        pending = (quotation, given)
    if pending is not None:
        yield pending


def _alone(tokens: Sequence[str]) -> bool:
    """Whether the sentence consists of quoted words."""
    return all(token == HOLE or not token[:1].isalnum() for token in tokens)


def _speaks_for_itself(text: str) -> bool:
    """A whole sentence in quotation marks is speech, whoever's it is."""
    return (
        text.rstrip("’'” ").endswith((".", "!", "?", "…"))
        and text[:1].isupper()
        and len(text.split()) >= SENTENCE_WORDS_MIN
    )


def _title_cased(text: str) -> bool:
    """Whose Crane Is It Anyway? A title, or a headline."""
    words = [word for word in text.split() if len(word) > 3]
    return len(words) > 1 and len(text.split()) < TITLE_WORDS_MAX and all(word[:1].isupper() for word in words)


def _candidate(
    people: People, quotation: _Quotation, given: Credit | None, frame: str, hops: tuple[Hop, ...], *, carried: bool
) -> Candidate:
    quote = _words(quotation.text)
    phrase = given.phrase if given is not None else None
    speaker = people.who(phrase)
    people.spoke(phrase, speaker)
    notes = []
    if not speaker:
        notes.append(NO_SPEAKER)
    elif carried:
        notes.append(CARRIED_ON)
    return Candidate(
        quote=quote,
        start=quotation.start,
        end=quotation.end,
        speaker=speaker,
        office=people.office(phrase),
        written=" ".join(given.written.split()) if given is not None else "",
        cue=given.cue if given is not None else "",
        polarity=hints.polarity_of(quote, given.verb if given is not None else None),
        said=hints.date_in(frame),
        hops=hops,
        ambiguity=(hints.TWO_TENSES,) if hints.two_tenses(quote) else (),
        notes=tuple(notes),
    )


def _carry_on(reading: _Reading, quotation: _Quotation, given: Credit | None) -> None:
    """The next paragraph of a quotation that runs on. Its end may name the speaker that its beginning did not."""
    waiting = reading.waiting
    assert waiting is not None
    begun = reading.found[waiting.number]
    if waiting.characters < QUOTE_CHARACTERS_MAX:
        waiting.parts.append(quotation.text)
        waiting.characters += len(quotation.text)
        begun = msgspec.structs.replace(begun, end=quotation.end)
    if not begun.speaker and given is not None:
        speaker = reading.people.who(given.phrase)
        reading.people.spoke(given.phrase, speaker)
        begun = msgspec.structs.replace(
            begun,
            speaker=speaker,
            office=reading.people.office(given.phrase),
            written=given.written,
            cue=given.cue,
            notes=() if speaker else (NO_SPEAKER,),
        )
    reading.found[waiting.number] = begun
    if not quotation.continues:
        _finish(reading)


def _finish(reading: _Reading) -> None:
    """The parts of a quotation that ran on become one, and what they suggest is asked once."""
    if reading.waiting is None:
        return
    begun = reading.found[reading.waiting.number]
    quote = _words("\n".join(_words(part) for part in reading.waiting.parts))
    reading.found[reading.waiting.number] = msgspec.structs.replace(
        begun,
        quote=quote,
        polarity=hints.polarity_of(quote, VERBS.get(begun.cue)),
        ambiguity=(hints.TWO_TENSES,) if hints.two_tenses(quote) else (),
    )
    reading.waiting = None


def _words(text: str) -> str:
    """The quoted words as they stand, without the comma that belongs to the sentence around them."""
    return text.strip().removesuffix(",").strip()[:QUOTE_CHARACTERS_MAX]
