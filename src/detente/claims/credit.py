"""To whom a sentence credits the words quoted in it: the verb or noun of saying next to each quotation, and its subject."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from detente.claims.cues import (
    BETWEEN,
    DAYS,
    DETERMINERS,
    NOUNS,
    REFLEXIVE,
    TITLES,
    USES,
    VERBS,
    WORDS_USED,
    Cue,
)
from detente.claims.phrases import HOLE, Phrase, apposed_after, beginning_at, ending_at, merged, names_in
from detente.claims.subjects import begins_clause, is_passive, is_verb, occasion_end, subject_of, with_apposition

# How far a verb stands from the words that it brings, in tokens.
REACH_BEFORE = 40
REACH_AFTER = 18
SHORT_WORDS = 3

_DASHES = (",", "—", "–", "-", "―")


@dataclass(frozen=True, slots=True)
class Credit:
    """`phrase`: the subject as it stands there, None when there is none; `interrupts`: the words go on those before them."""

    phrase: Phrase | None
    cue: str
    verb: Cue | None = None
    interrupts: bool = False

    @property
    def written(self) -> str:
        return "" if self.phrase is None else self.phrase.name or self.phrase.office


def credit(tokens: Sequence[str], quotes: Sequence[str]) -> list[Credit | None]:
    """For each quotation in the sentence, in order; None where nothing says that somebody says it."""
    holes = [position for position, token in enumerate(tokens) if token == HOLE]
    found: list[Credit | None] = []
    clause_end = -1
    for number, (hole, quote) in enumerate(zip(holes, quotes, strict=False)):
        until = holes[number + 1] if number + 1 < len(holes) else len(tokens)
        if _is_title(tokens, hole) or _is_mention(tokens, hole):
            found.append(None)
            continue
        if number and clause_end >= 0 and _only_stops(tokens, clause_end, hole) and found[-1] is not None:
            # “…,” he said, “…”: the verb of the first part stands between the two.
            found.append(replace(found[-1], interrupts=True))
            clause_end = -1
            continue
        before = _before(tokens, hole, quote)
        if before is not None and before[1] <= 2:
            found.append(before[0])
            clause_end = -1
            continue
        after = _after(tokens, hole, until, quote)
        if after is not None:
            found.append(after[0])
            clause_end = after[1]
            continue
        clause_end = -1
        found.append(before[0] if before is not None else None)
    found.extend([None] * (len(quotes) - len(found)))
    return found


def _only_stops(tokens: Sequence[str], start: int, end: int) -> bool:
    """Between the clause and the next quotation there are at most a few words without a verb of saying, and a stop at the end."""
    between = tokens[start:end]
    if not between or between[-1] not in (*_DASHES, ":", ";"):
        return len(between) == 0
    return len(between) <= 10 and not any(t.lower() in VERBS or t == HOLE for t in between)


def _is_title(tokens: Sequence[str], hole: int) -> bool:
    before = tokens[hole - 1].lower() if hole else ""
    if before in ("called", "named", "dubbed", "labelled", "labeled", "branded"):
        subject = ending_at(tokens, hole - 1)
        what = hole >= 3 and any(t.lower() in ("what", "which") for t in tokens[max(0, hole - 8) : hole - 1])
        return not (what and subject is not None)
    if before == "as" and hole >= 2 and tokens[hole - 2].lower() in ("known", "codenamed", "titled"):
        return True
    if (
        before in REFLEXIVE
        and hole >= 2
        and tokens[hole - 2].lower() in VERBS
        and VERBS[tokens[hole - 2].lower()].class_ == "names"
    ):
        return True
    if any(VERBS[t].class_ == "names" for t in (t.lower() for t in tokens[max(0, hole - 5) : hole - 1]) if t in VERBS):
        return False  # “called the report “baseless””
    return before in TITLES


def _is_mention(tokens: Sequence[str], hole: int) -> bool:
    """The word “hack” is spoken of, and not used, unless somebody uses it."""
    if not hole or tokens[hole - 1].lower() not in WORDS_USED:
        return False
    return not any(token.lower() in USES for token in tokens[max(0, hole - 8) : hole - 1])


# -- the verb stands before the words ---------------------------------------------------------------------------------


def _before(tokens: Sequence[str], hole: int, quote: str) -> tuple[Credit, int] | None:
    """The credit and how many tokens stand between its cue and the words."""
    start = max(0, hole - REACH_BEFORE)
    for position in range(hole - 1, start - 1, -1):
        lower = tokens[position].lower()
        gap = hole - position - 1
        if lower == "according" and position + 1 < hole and tokens[position + 1].lower() == "to":
            phrase = beginning_at(tokens, position + 2)
            return None if phrase is None else (Credit(phrase, "according to"), gap)
        if lower in VERBS and is_verb(tokens, position):
            subject = subject_of(tokens, position)
            if _only_scare(tokens, position, hole, quote, subject):
                return None
            return Credit(subject, lower, VERBS[lower]), gap
        if lower in ("put", "puts") and tokens[position + 1 : position + 2] == ["it"]:
            return Credit(subject_of(tokens, position), f"{lower} it"), gap
        if lower in USES and any(t.lower() in WORDS_USED for t in tokens[position + 1 : hole]):
            return Credit(subject_of(tokens, position), f"{lower} the {tokens[hole - 1].lower()}"), gap
        if (by_noun := _by_noun(tokens, position, hole)) is not None:
            return by_noun, gap
    if hole and tokens[hole - 1] == ":":
        return _by_colon(tokens, hole - 1)
    return None


def _by_colon(tokens: Sequence[str], colon: int) -> tuple[Credit, int] | None:
    """“Anna Berg: “…””; “Anna Berg remembered it differently: “…””."""
    phrase = ending_at(tokens, colon)
    if phrase is not None and begins_clause(tokens, phrase.start):
        return Credit(with_apposition(tokens, phrase), ":"), 0
    first = beginning_at(tokens, 0)
    if first is not None and first.end <= colon and not first.nobody:
        return Credit(apposed_after(tokens, first), ":"), 0
    for name in names_in(tokens[:colon]):
        words = name.split(" ")
        for start in range(colon - len(words) + 1):
            if list(tokens[start : start + len(words)]) == words:
                return Credit(Phrase(name, "", start, start + len(words), person=True), ":"), 0
    return None


def _by_noun(tokens: Sequence[str], position: int, hole: int) -> Credit | None:
    """“his answer was “no””, “the ministry’s statement: “…””, “a statement by the ministry that “…””."""
    lower = tokens[position]
    if lower not in NOUNS:
        return None
    owner = tokens[position - 1].lower() if position else ""
    if owner in ("his", "her"):
        return Credit(Phrase("he" if owner == "his" else "she", "", position - 1, position, pronoun=True), lower)
    if owner == "their":
        return Credit(Phrase("they", "", position - 1, position, pronoun=True), lower)
    for back in range(position - 1, max(-1, position - 4), -1):
        if tokens[back].endswith(("’s", "'s", "s’", "s'")):
            phrase = ending_at(tokens, back + 1)
            return None if phrase is None else Credit(phrase, lower)
        if not tokens[back][:1].islower():
            break
    if position + 1 < hole and tokens[position + 1].lower() in ("by", "from", "of"):
        phrase = beginning_at(tokens, position + 2)
        if phrase is not None and phrase.end <= hole:
            return Credit(phrase, lower)
    return None


def _only_scare(tokens: Sequence[str], verb: int, hole: int, quote: str, subject: Phrase | None) -> bool:
    """One to three words that another clause has taken over: between verb and words a new subject begins after a comma. Or a name
    that people in general have for something."""
    if len(quote.split()) > SHORT_WORDS:
        return False
    if subject is not None and subject.nobody and VERBS[tokens[verb].lower()].class_ == "names":
        return True
    return any(t in (";", ":") for t in tokens[verb + 1 : hole - 1]) or (
        "," in tokens[verb + 1 : hole]
        and tokens[hole - 1].lower() in ("the", "a", "an", "his", "her", "its", "their", "so-called", "of")
    )


# -- the verb stands after the words ----------------------------------------------------------------------------------


def _after(tokens: Sequence[str], hole: int, until: int, quote: str) -> tuple[Credit, int] | None:
    """The credit, and the token after its clause."""
    start = hole + 1
    while start < until and tokens[start] in (*_DASHES, ")", "("):
        start += 1
    if start >= until:
        return None
    lower = tokens[start].lower()
    if lower == "according" and start + 1 < until and tokens[start + 1].lower() == "to":
        phrase = beginning_at(tokens, start + 2)
        return None if phrase is None else (Credit(apposed_after(tokens, phrase), "according to"), phrase.end)
    if lower == "in" and [t.lower() for t in tokens[start + 1 : start + 4]] == ["the", "words", "of"]:
        phrase = beginning_at(tokens, start + 4)
        return None if phrase is None else (Credit(apposed_after(tokens, phrase), "in the words of"), phrase.end)
    if lower in ("as", "so") and start + 1 < until:
        start += 1
        lower = tokens[start].lower()
    if lower in VERBS and VERBS[lower].form == "finite":
        return _verb_first(tokens, start, until)
    if lower in ("came", "comes") and any(token.lower() in NOUNS for token in tokens[start + 1 : start + 4]):
        # “…,” came the answer: somebody's, who stands elsewhere.
        return Credit(None, lower), start + 3
    open_ended = quote.rstrip("’'” ").endswith((",", "?", "!"))
    if open_ended and _past(tokens[start]) and start + 1 < until and tokens[start + 1].lower() in DETERMINERS:
        phrase = beginning_at(tokens, start + 1, after_verb=True)
        if phrase is not None:
            return Credit(phrase, lower), phrase.end
    phrase = beginning_at(tokens, start)
    if phrase is None:
        return None
    verb = _verb_after(tokens, phrase.end, until)
    if verb is None:
        if tokens[phrase.end : phrase.end + 2] in (["went", "on"], ["goes", "on"]):
            return Credit(phrase, f"{tokens[phrase.end]} on"), phrase.end + 2
        if open_ended and not phrase.nobody and phrase.end < until and _past(tokens[phrase.end]):
            # A comma inside the marks tells that somebody says it, whatever the verb is: “…,” she frowned.
            return Credit(phrase, tokens[phrase.end].lower()), phrase.end + 1
        return None
    position, office = verb
    lower = tokens[position].lower()
    whole = merged(phrase, office) if office is not None else phrase
    return Credit(whole, lower, None if is_passive(tokens, position) else VERBS[lower]), position + 1


def _past(token: str) -> bool:
    return len(token) > 3 and token.endswith("ed") and token.islower()


def _verb_first(tokens: Sequence[str], start: int, until: int) -> tuple[Credit, int]:
    """“…,” said the envoy, Anna Berg."""
    lower = tokens[start].lower()
    phrase = beginning_at(tokens, start + 1, after_verb=True)
    if phrase is not None and phrase.nobody and phrase.end < until and tokens[phrase.end].lower() == "of":
        # “…,” said one of them, Ida Marsh: the name, if there is one, comes after the comma.
        comma = next((p for p in range(phrase.end, min(until, phrase.end + 6)) if tokens[p] == ","), until)
        named = beginning_at(tokens, comma + 1) if comma < until else None
        phrase = named if named is not None and named.person else phrase
    if phrase is None or phrase.end > until:
        # “…,” said in a statement the ministry; “…,” read the banner: whoever spoke stands elsewhere.
        return Credit(None, lower, VERBS[lower]), start + 1
    return Credit(apposed_after(tokens, phrase), lower, VERBS[lower]), phrase.end


def _verb_after(tokens: Sequence[str], start: int, until: int) -> tuple[int, Phrase | None] | None:
    """The verb of saying that follows a subject, over what may stand between: helpers, adverbs, an apposition in commas."""
    office: Phrase | None = None
    position = start
    end = min(until, start + REACH_AFTER)
    if position < end and tokens[position] in (",", "("):
        closing = next((p for p in range(position + 1, end) if tokens[p] in (",", ")")), None)
        if closing is None:
            return None
        office = beginning_at(tokens, position + 1)
        position = closing + 1
    while position < end:
        lower = tokens[position].lower()
        if lower in VERBS and is_verb(tokens, position) and VERBS[lower].form != "ing":
            return position, office
        if lower in ("in", "on", "at", "during") and (after := occasion_end(tokens, position)) > position:
            position = after
            continue
        if lower in ("put", "went", "has", "had"):
            position += 1
            continue
        if (
            lower in BETWEEN
            or lower.endswith("ly")
            or lower in DAYS
            or lower in ("on", "in", "it", "to", "at")
            or lower.isdigit()
        ):
            position += 1
            continue
        return None
    return None
