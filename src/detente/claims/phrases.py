"""Who speaks: noun phrases that name a person, an office or a body, in the tokens of one sentence.

No grammar is parsed. A phrase is a run of capitalised words, office nouns and what joins them, read from the verb outwards, so that its
cost is bounded by WORDS_MAX for each verb.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from detente.claims.cues import (
    BETWEEN,
    CONNECTORS,
    COURTESY,
    DAYS,
    LEADING,
    NOBODY,
    OFFICES,
    PRONOUNS,
    TITLES_OF_PERSONS,
    VERBS,
)

WORDS_MAX = 16

# Where a quotation stood in a sentence.
HOLE = "\ue000"

_TOKEN = re.compile(
    rf"{HOLE}|(?:Mr|Mrs|Ms|Dr|Sen|Gen|Gov|Rep|Lt|Col|Prof|St|Jr)\.|(?:[^\W\d_]\.){{2,}}|[^\W\d_]\.(?=\s+[A-Z])"
    r"|[^\W_]+(?:[’'\-–&.@][^\W_]+)*[’']?|[^\w\s]"
)
_POSSESSIVE = re.compile(r"[’']s?\Z")


def tokens_of(sentence: str) -> list[str]:
    return _TOKEN.findall(sentence)


@dataclass(frozen=True, slots=True)
class Phrase:
    """`name`: a person or body by name, or the office as written; `office`: what stands beside the name; [start, end) in the tokens."""

    name: str
    office: str
    start: int
    end: int
    pronoun: bool = False
    nobody: bool = False
    person: bool = False


def ending_at(tokens: Sequence[str], end: int) -> Phrase | None:
    """The phrase whose last token is `tokens[end - 1]`."""
    if end <= 0:
        return None
    last = tokens[end - 1]
    lower = last.lower()
    if lower in PRONOUNS:
        return Phrase(last, "", end - 1, end, pronoun=True)
    if lower in NOBODY:
        return Phrase("", last, end - 1, end, nobody=True)
    if not _is_name(tokens, end - 1) and lower not in OFFICES:
        return None
    start = end - 1
    while start > 0 and end - start < WORDS_MAX and _joins(tokens, start - 1, start):
        start -= 1
    return _phrase(tokens, start, end)


def beginning_at(tokens: Sequence[str], start: int) -> Phrase | None:
    """The phrase whose first token is `tokens[start]`."""
    if start >= len(tokens):
        return None
    lower = tokens[start].lower()
    if lower in PRONOUNS:
        return Phrase(tokens[start], "", start, start + 1, pronoun=True)
    if lower in NOBODY and not (start + 1 < len(tokens) and tokens[start + 1].lower() in OFFICES):
        return Phrase("", tokens[start], start, start + 1, nobody=True)
    end, solid = start, start
    while end < len(tokens) and end - start < WORDS_MAX:
        token = tokens[end]
        low = token.lower()
        if low in (
            "the",
            "a",
            "an",
            "his",
            "her",
            "their",
            "its",
            "another",
            "one",
            "some",
            "several",
            "two",
            "senior",
            "former",
        ):
            if end != start and tokens[end - 1].lower() not in (*CONNECTORS, "and"):
                break
        elif _is_name(tokens, end) or low in OFFICES:
            if low in DAYS and token[:1].isupper():
                break
            solid = end + 1
        elif low in CONNECTORS or low == "and":
            if solid != end or not _name_follows(tokens, end + 1):
                break
        elif low in VERBS or not token[:1].isalpha() or not _office_soon(tokens, end):
            break
        end += 1
    return _phrase(tokens, start, solid) if solid > start else None


def _is_name(tokens: Sequence[str], position: int) -> bool:
    token = tokens[position]
    if not token[:1].isupper() or token == HOLE:
        return False
    lower = token.lower()
    if lower in DAYS and lower not in ("may", "march"):
        return False
    return not (lower in LEADING and (position == 0 or tokens[position - 1] in (HOLE, ".", ":", ",", "—", "“")))


def _joins(tokens: Sequence[str], position: int, right: int) -> bool:
    """Whether the token belongs to the phrase that begins, so far, at `right`."""
    token = tokens[position]
    lower = token.lower()
    if token == HOLE or not token[:1].isalpha():
        return False
    if lower in VERBS or lower in BETWEEN:
        return False
    if _is_name(tokens, position) or lower in OFFICES:
        return True
    after = tokens[right].lower()
    if lower in ("the", "a", "an", "his", "her", "their", "its", "another", "one", "some", "several", "two", "our"):
        return after not in ("the", "a", "an")
    if lower in CONNECTORS or lower == "and":
        if position == 0 or not (_is_name(tokens, position - 1) or tokens[position - 1].lower() in OFFICES):
            return False
        if lower in ("to", "in", "on", "from", "and") and _is_name(tokens, position - 1):
            # "Obama and Putin" is one subject; "flew to Moscow" and "in China Putin" are none.
            return lower == "and" and after not in ("the", "a", "an", "his", "her")
        return True
    if lower in NOBODY or lower in LEADING:
        return False
    # "a senior administration official", "the foreign ministry’s spokeswoman": plain words up to an article or a capital.
    return after in OFFICES or _office_soon(tokens, right)


def _office_soon(tokens: Sequence[str], start: int) -> bool:
    for token in tokens[start + 1 : start + 4]:
        lower = token.lower()
        if lower in OFFICES:
            return True
        if not token[:1].isalpha() or lower in VERBS or lower in CONNECTORS or lower in BETWEEN:
            return False
    return False


def _name_follows(tokens: Sequence[str], start: int) -> bool:
    for offset, token in enumerate(tokens[start : start + 4]):
        if _is_name(tokens, start + offset) or token.lower() in OFFICES:
            return True
        if not token[:1].isalpha() or token.lower() in VERBS:
            return False
    return False


def _phrase(tokens: Sequence[str], start: int, end: int) -> Phrase | None:
    while start < end and (tokens[start].lower() in _ARTICLES or tokens[start].lower() in ("and", "but")):
        start += 1
    while start < end and _is_leading(tokens, start):
        start += 1
    words = list(tokens[start:end])
    while words and words[-1].lower() in (*CONNECTORS, *_ARTICLES, "and"):
        words.pop()
    if not words:
        return None
    text = _joined(words)
    if words[0].lower() in NOBODY:
        return Phrase("", text, start, end, nobody=True)
    name, office = _split_title(words)
    person = bool(name) and not any(w.lower().rstrip("’'s") in OFFICES for w in name)
    return Phrase(_joined(name or words), _joined(office), start, end, person=person)


_ARTICLES = ("the", "a", "an")


def _is_leading(tokens: Sequence[str], position: int) -> bool:
    return tokens[position][:1].isupper() and tokens[position].lower() in LEADING


def _split_title(words: list[str]) -> tuple[list[str], list[str]]:
    """Name and office of "Kremlin spokesman Dmitry Peskov"; a phrase without a name after its title is all office."""
    last_title = max((i for i, w in enumerate(words) if w.lower() in TITLES_OF_PERSONS), default=-1)
    after = words[last_title + 1 :]
    if (
        last_title >= 0
        and after
        and all(w[:1].isupper() or w.lower() in ("van", "von", "de", "al", "bin") for w in after)
    ):
        office = words[: last_title + 1]
        if words[last_title].lower() in COURTESY:
            office = office[:-1]
        return after, office
    return words, []


def _joined(words: Sequence[str]) -> str:
    return _POSSESSIVE.sub("", " ".join(words)) if words else ""


def names_in(tokens: Sequence[str]) -> list[str]:
    """Full names of persons: runs of two to four capitalised words that are no office and no body."""
    found = []
    start = 0
    while start < len(tokens):
        if not _is_name(tokens, start):
            start += 1
            continue
        end = start
        while end < len(tokens) and (_is_name(tokens, end) or (end > start and tokens[end] in _PARTICLES)):
            end += 1
        words = list(tokens[start:end])
        name, _ = _split_title(words)
        if 2 <= len(name) <= 4 and not any(word.lower() in OFFICES for word in name):
            found.append(_joined(name))
        start = end
    return found


_PARTICLES = ("van", "von", "de", "al", "bin", "der", "la", "le", "du", "del")
