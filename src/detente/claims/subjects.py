"""The subject of a verb in the tokens of a sentence, and whether a word that could be a verb of saying is one there."""

from __future__ import annotations

from collections.abc import Sequence

from detente.claims.cues import BETWEEN, DAYS, DETERMINERS, OCCASIONS, VERBS, words_of
from detente.claims.phrases import HOLE, Phrase, apposed_after, beginning_at, ending_at, merged

# How far back a subject is looked for, in tokens.
REACH = 40

_NOUN_BEFORE_BARE = words_of("a an the this that his her its their no any every of in with for ’s")
_NOUN_BEFORE_PLURAL = words_of("the these those such his her its their all of any some no new both blog many")
_HAS_HEARER = words_of("tell ask warn urge accuse criticize assure remind advise inform order question mock")
_BEFORE_PARTICIPLE = words_of("and or but by after before while when without in of as then also even not than for like")
_HEARER = words_of("about if whether by on how why what who when again for later")


def is_verb(tokens: Sequence[str], position: int) -> bool:
    """Whether this form is a verb of the sentence: no noun (“the question”), no passive of the hearer (“was told”)."""
    lower = tokens[position].lower()
    cue = VERBS[lower]
    before = tokens[position - 1].lower() if position else ""
    if tokens[position][:1].isupper() and position and before != HOLE:
        return False
    if lower == "asked" and (position == 0 or before in (",", HOLE)) and _hearer_follows(tokens, position):
        return False
    if (
        cue.form == "ing"
        and before[:1].islower()
        and tokens[position - 1].islower()
        and before not in _BEFORE_PARTICIPLE
    ):
        return False  # “badges saying”: things say so
    if cue.form == "bare":
        # “a demand”, “the claim”: a noun after an article; a verb after a subject, “to” or a helper.
        if before in _NOUN_BEFORE_BARE:
            return False
        if before.endswith(("’s", "'s")):
            return False
        return position > 0
    if cue.form == "finite" and lower.endswith("s") and not lower.endswith("ss"):
        # “the claims”, “Borovia’s claims”: a noun. “claims” after a subject: a verb.
        if before in _NOUN_BEFORE_PLURAL:
            return False
        if before.endswith(("’s", "'s", "s’")):
            return False
    return not (cue.base in _HAS_HEARER and is_passive(tokens, position))


def _hearer_follows(tokens: Sequence[str], position: int) -> bool:
    after = [t.lower() for t in tokens[position + 1 : position + 3]]
    return not after or after[0] in _HEARER


def is_passive(tokens: Sequence[str], position: int) -> bool:
    for back in range(position - 1, max(-1, position - 4), -1):
        lower = tokens[back].lower()
        if lower in ("was", "were", "been", "being", "is", "are", "be"):
            return True
        if lower not in BETWEEN:
            return False
    return False


def subject_of(tokens: Sequence[str], verb: int) -> Phrase | None:
    """The subject of the verb at `verb`: the phrase before it, over helpers and appositions; else that of the verb before it."""
    cue = VERBS.get(tokens[verb].lower())
    position = _over_helpers(tokens, verb)
    if position <= 0:
        # “Said the envoy: …”
        return beginning_at(tokens, verb + 1, after_verb=True)
    previous = tokens[position - 1].lower()
    if cue is None or cue.form != "ing":
        if previous in ("who", "which"):
            owner = _before_comma(tokens, position - 1)
            if owner is not None:
                return owner
        if previous == ",":
            apposed = _around_apposition(tokens, position - 1)
            if apposed is not None:
                return apposed
        elif previous not in ("and", "but", "or", "to", "then"):
            phrase = ending_at(tokens, position)
            if phrase is not None:
                return with_apposition(tokens, phrase)
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
        elif lower in OCCASIONS and (start := _occasion_start(tokens, position)) < position:
            position = start
        else:
            break
    return position


def _occasion_start(tokens: Sequence[str], end: int) -> int:
    """Where “in a statement” begins, read from its end; `end` when it is none."""
    for start in range(end - 2, max(-1, end - 5), -1):
        if tokens[start].lower() in ("in", "on", "at", "during"):
            return start if tokens[start + 1].lower() in DETERMINERS else end
    return end


def occasion_end(tokens: Sequence[str], start: int) -> int:
    """Where “in a statement” ends; `start` when it is none."""
    for end in range(start + 2, min(len(tokens), start + 6)):
        if tokens[end].lower() in OCCASIONS:
            return end + 1 if tokens[start + 1].lower() in DETERMINERS else start
        if not tokens[end][:1].isalpha():
            break
    return start


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
        opening = next((p for p in range(end - 1, max(-1, end - REACH), -1) if tokens[p] == ","), None)
        if opening is None:
            break
        outer = ending_at(tokens, opening)
        if outer is not None and (begins_clause(tokens, outer.start) or (outer.person and " " in outer.name)):
            if inner is not None and inner.start <= opening + 2 and not inner.pronoun and not inner.nobody:
                return merged(outer, inner)
            return outer
        end = opening
    # “In the capital, the envoy, said” does not occur; “In the capital, said the envoy” is read forwards.
    return inner if inner is not None and begins_clause(tokens, inner.start) else None


def begins_clause(tokens: Sequence[str], start: int) -> bool:
    while start > 0 and tokens[start - 1].lower() in ("the", "a", "an"):
        start -= 1
    return (
        start == 0
        or tokens[start - 1].lower()
        in (",", HOLE, "and", "but", "while", "when", "as", "that", "—", ";", ":", ".", "though", "yesterday")
        or (tokens[start - 1][:1].isupper() and start == 1)
    )


def with_apposition(tokens: Sequence[str], phrase: Phrase) -> Phrase:
    """“The envoy, Anna Berg: …” read backwards from the name."""
    if phrase.start >= 2 and tokens[phrase.start - 1] == ",":
        other = ending_at(tokens, phrase.start - 1)
        if (
            other is not None
            and other.person != phrase.person
            and not other.pronoun
            and not other.nobody
            and begins_clause(tokens, other.start)
        ):
            return merged(other, phrase)
    return phrase


def _earlier_subject(tokens: Sequence[str], position: int) -> Phrase | None:
    """The subject of an earlier verb in the sentence (“denied it and said”), or the phrase that the sentence begins with."""
    for back in range(position - 1, max(-1, position - REACH), -1):
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
            return apposed_after(tokens, phrase)
    return None


def _clause_starts(tokens: Sequence[str], position: int) -> list[int]:
    starts = [0]
    starts += [p + 1 for p in range(min(position, len(tokens))) if tokens[p] in (",", HOLE) and p + 1 < position][:6]
    return starts
