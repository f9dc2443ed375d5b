"""To whom a sentence credits the words quoted in it: the verb or noun of saying next to each quotation, and its subject."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from detente.claims.cues import (
    BETWEEN,
    DAYS,
    NOUNS,
    REFLEXIVE,
    TITLES,
    USES,
    VERBS,
    WORDS_USED,
    Cue,
)
from detente.claims.phrases import HOLE, Phrase, beginning_at, ending_at

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
        if _is_title(tokens, hole):
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
        after = _after(tokens, hole, until)
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
    return before in TITLES


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
            if _only_scare(tokens, position, hole, quote):
                return None
            return Credit(subject_of(tokens, position), lower, VERBS[lower]), gap
        if lower in USES and any(t.lower() in WORDS_USED for t in tokens[position + 1 : hole]):
            return Credit(subject_of(tokens, position), f"{lower} the {tokens[hole - 1].lower()}"), gap
        if (by_noun := _by_noun(tokens, position, hole)) is not None:
            return by_noun, gap
    if hole and tokens[hole - 1] == ":":
        phrase = ending_at(tokens, hole - 1)
        if phrase is not None:
            return Credit(_with_apposition(tokens, phrase), ":"), 0
    return None


def _by_noun(tokens: Sequence[str], position: int, hole: int) -> Credit | None:
    """“his answer was “no””, “the ministry’s statement: “…””, “a statement by the ministry that “…””."""
    lower = tokens[position].lower()
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


def _only_scare(tokens: Sequence[str], verb: int, hole: int, quote: str) -> bool:
    """One to three words that another clause has taken over: between verb and words a new subject begins after a comma."""
    if len(quote.split()) > SHORT_WORDS:
        return False
    return any(t in (";", ":") for t in tokens[verb + 1 : hole - 1]) or (
        "," in tokens[verb + 1 : hole]
        and tokens[hole - 1].lower() in ("the", "a", "an", "his", "her", "its", "their", "so-called", "of")
    )


def is_verb(tokens: Sequence[str], position: int) -> bool:
    """Whether this form is a verb of the sentence: no noun (“the question”), no passive of the hearer (“was told”)."""
    lower = tokens[position].lower()
    cue = VERBS[lower]
    before = tokens[position - 1].lower() if position else ""
    if lower == "asked" and (position == 0 or before in (",", HOLE)) and _hearer_follows(tokens, position):
        return False
    if cue.form == "bare":
        # “a demand”, “the claim”: a noun after an article; a verb after a subject, “to” or a helper.
        if before in (
            "a",
            "an",
            "the",
            "this",
            "that",
            "his",
            "her",
            "its",
            "their",
            "no",
            "any",
            "every",
            "of",
            "in",
            "with",
            "for",
            "’s",
        ):
            return False
        if before.endswith(("’s", "'s")):
            return False
        return position > 0
    if cue.form == "finite" and lower.endswith("s") and not lower.endswith("ss"):
        # “the claims”, “Borovia’s claims”: a noun. “claims” after a subject: a verb.
        if before in (
            "the",
            "these",
            "those",
            "such",
            "his",
            "her",
            "its",
            "their",
            "all",
            "of",
            "any",
            "some",
            "no",
            "new",
            "both",
            "blog",
            "many",
        ):
            return False
        if before.endswith(("’s", "'s", "s’")):
            return False
    if cue.base in ("tell", "ask", "warn", "urge", "accuse", "criticize") and _passive(tokens, position):
        return False
    return True


def _hearer_follows(tokens: Sequence[str], position: int) -> bool:
    after = [t.lower() for t in tokens[position + 1 : position + 3]]
    return not after or after[0] in (
        "about",
        "if",
        "whether",
        "by",
        "on",
        "how",
        "why",
        "what",
        "who",
        "when",
        "again",
        "for",
        "later",
    )


def _passive(tokens: Sequence[str], position: int) -> bool:
    for back in range(position - 1, max(-1, position - 4), -1):
        lower = tokens[back].lower()
        if lower in ("was", "were", "been", "being", "is", "are", "be"):
            return True
        if lower not in BETWEEN:
            return False
    return False


# -- the verb stands after the words ----------------------------------------------------------------------------------


def _after(tokens: Sequence[str], hole: int, until: int) -> tuple[Credit, int] | None:
    """The credit, and the token after its clause."""
    start = hole + 1
    while start < until and tokens[start] in (*_DASHES, ")", "("):
        start += 1
    if start >= until:
        return None
    lower = tokens[start].lower()
    if lower == "according" and start + 1 < until and tokens[start + 1].lower() == "to":
        phrase = beginning_at(tokens, start + 2)
        return None if phrase is None else (Credit(_apposed_after(tokens, phrase), "according to"), phrase.end)
    if lower in ("as", "so") and start + 1 < until:
        start += 1
        lower = tokens[start].lower()
    if lower in VERBS and VERBS[lower].form == "finite":
        return _verb_first(tokens, start, until)
    phrase = beginning_at(tokens, start)
    if phrase is None:
        return None
    verb = _verb_after(tokens, phrase.end, until)
    if verb is None:
        return None
    position, office = verb
    if tokens[position].lower() == "put" or _passive(tokens, position):
        cue = None
    else:
        cue = VERBS.get(tokens[position].lower())
    whole = _merge(phrase, office) if office is not None else phrase
    return Credit(whole, tokens[position].lower(), cue), position + 1


def _verb_first(tokens: Sequence[str], start: int, until: int) -> tuple[Credit, int]:
    """“…,” said the envoy, Anna Berg."""
    lower = tokens[start].lower()
    phrase = beginning_at(tokens, start + 1)
    if phrase is None or phrase.end > until:
        # “…,” said in a statement the ministry; “…,” read the banner: whoever spoke stands elsewhere.
        return Credit(None, lower, VERBS[lower]), start + 1
    return Credit(_apposed_after(tokens, phrase), lower, VERBS[lower]), phrase.end


def _apposed_after(tokens: Sequence[str], phrase: Phrase) -> Phrase:
    """The envoy, Anna Berg / Anna Berg, the envoy."""
    if phrase.end + 1 < len(tokens) and tokens[phrase.end] == ",":
        other = beginning_at(tokens, phrase.end + 1)
        if other is not None and not other.pronoun and not other.nobody:
            ends = other.end >= len(tokens) or tokens[other.end] in (",", ".", ";", HOLE, "—", "–", ")")
            verb = other.end < len(tokens) and (
                tokens[other.end].lower() in VERBS or tokens[other.end].lower() in BETWEEN
            )
            if ends and not verb:
                return _merge(phrase, other)
    return phrase


def _merge(one: Phrase, other: Phrase) -> Phrase:
    """Name and office, whichever came first."""
    if one.person == other.person or one.pronoun or other.pronoun:
        return one
    name, office = (one, other) if one.person else (other, one)
    return replace(name, office=office.name, start=min(one.start, other.start), end=max(one.end, other.end))


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


# -- subjects ----------------------------------------------------------------------------------------------------------


def subject_of(tokens: Sequence[str], verb: int) -> Phrase | None:
    """The subject of the verb at `verb`: the phrase before it, over helpers and appositions; else that of the verb before it."""
    cue = VERBS.get(tokens[verb].lower())
    position = _over_helpers(tokens, verb)
    if position <= 0:
        # “Said the envoy: …”
        after = beginning_at(tokens, verb + 1)
        return after
    previous = tokens[position - 1].lower()
    if cue is None or cue.form != "ing":
        if previous in ("who", "which", "that"):
            owner = _before_comma(tokens, position - 1)
            if owner is not None and previous != "that":
                return owner
        if previous == ",":
            apposed = _around_apposition(tokens, position - 1)
            if apposed is not None:
                return apposed
        elif previous not in ("and", "but", "or", "to", "then"):
            phrase = ending_at(tokens, position)
            if phrase is not None:
                return _with_apposition(tokens, phrase)
    return _earlier_subject(tokens, position)


def _over_helpers(tokens: Sequence[str], verb: int) -> int:
    position = verb
    while position > 0:
        lower = tokens[position - 1].lower()
        if lower in BETWEEN or (lower.endswith("ly") and tokens[position - 1][:1].islower()):
            position -= 1
        elif lower in DAYS:
            position -= 1
            if position > 0 and tokens[position - 1].lower() in ("on", "in", "last"):
                position -= 1
        elif lower.isdigit() and position >= 2 and tokens[position - 2].lower() in DAYS:
            position -= 1
        else:
            break
    return position


def _before_comma(tokens: Sequence[str], position: int) -> Phrase | None:
    """The phrase before “, who said”."""
    end = position
    while end > 0 and tokens[end - 1] == ",":
        end -= 1
    return ending_at(tokens, end)


def _around_apposition(tokens: Sequence[str], comma: int) -> Phrase | None:
    """The subject whose apposition ends with this comma: “Anna Berg, the envoy, said”, “Berg, speaking in Harbour, said”."""
    end = comma
    inner: Phrase | None = ending_at(tokens, comma)
    for _ in range(4):
        opening = next((p for p in range(end - 1, max(-1, end - REACH_BEFORE), -1) if tokens[p] == ","), None)
        if opening is None:
            break
        outer = ending_at(tokens, opening)
        if outer is not None and _begins_clause(tokens, outer.start):
            if inner is not None and inner.start <= opening + 2 and not inner.pronoun and not inner.nobody:
                return _merge(outer, inner)
            return outer
        end = opening
    # “In the capital, the envoy, said” does not occur; “In the capital, said the envoy” is read forwards.
    return inner


def _begins_clause(tokens: Sequence[str], start: int) -> bool:
    while start > 0 and tokens[start - 1].lower() in ("the", "a", "an"):
        start -= 1
    return (
        start == 0
        or tokens[start - 1].lower()
        in (",", HOLE, "and", "but", "while", "when", "as", "that", "—", ";", ":", ".", "though", "yesterday")
        or (tokens[start - 1][:1].isupper() and start == 1)
    )


def _with_apposition(tokens: Sequence[str], phrase: Phrase) -> Phrase:
    """“The envoy, Anna Berg: …” read backwards from the name."""
    if phrase.start >= 2 and tokens[phrase.start - 1] == ",":
        other = ending_at(tokens, phrase.start - 1)
        if (
            other is not None
            and other.person != phrase.person
            and not other.pronoun
            and not other.nobody
            and _begins_clause(tokens, other.start)
        ):
            return _merge(other, phrase)
    return phrase


def _earlier_subject(tokens: Sequence[str], position: int) -> Phrase | None:
    """The subject of an earlier verb in the sentence (“denied it and said”), or the phrase that the sentence begins with."""
    for back in range(position - 1, max(-1, position - REACH_BEFORE), -1):
        lower = tokens[back].lower()
        if lower in VERBS and VERBS[lower].form == "finite" and is_verb(tokens, back):
            subject_end = _over_helpers(tokens, back)
            if subject_end and tokens[subject_end - 1] == ",":
                found = _around_apposition(tokens, subject_end - 1)
            else:
                found = ending_at(tokens, subject_end)
            if found is not None:
                return found
    for start in _clause_starts(tokens, position):
        phrase = beginning_at(tokens, start)
        if phrase is not None and phrase.end <= position:
            return _apposed_after(tokens, phrase)
    return None


def _clause_starts(tokens: Sequence[str], position: int) -> list[int]:
    starts = [0]
    starts += [p + 1 for p in range(min(position, len(tokens))) if tokens[p] in (",", HOLE) and p + 1 < position][:6]
    return starts
