"""Who speaks: noun phrases that name a person, an office or a body, in the tokens of one sentence.

No grammar is parsed. A phrase is a run of capitalised words, office nouns and what joins them, read from the verb outwards, so that its
cost is bounded by WORDS_MAX for each verb.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from detente.claims.cues import (
    BETWEEN,
    CONNECTORS,
    COURTESY,
    DAYS,
    DETERMINERS,
    KEPT_DETERMINERS,
    LEADING,
    NOBODY,
    NOUNS,
    OFFICES,
    PHRASE_ENDS,
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
_OWNER = re.compile(r"(?:[’']s|s[’'])\Z")
_POSSESSIVE = re.compile(r"[’']s?\Z")


def tokens_of(sentence: str) -> list[str]:
    return _TOKEN.findall(sentence)


@dataclass(frozen=True, slots=True)
class Phrase:
    """`name`: a person or body by name, or the office as written; `office`: what stands beside the name; [start, end) in the tokens.

    `definite`: an office with “the” before it, which may stand for somebody named earlier.
    """

    name: str
    office: str
    start: int
    end: int
    pronoun: bool = False
    nobody: bool = False
    person: bool = False
    definite: bool = False


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
    start = end - 1
    if not _is_name(tokens, start) and not _is_office(last):
        start = _determiner_before(tokens, start)
        if start < 0:
            return None
    while start > 0 and end - start < WORDS_MAX and _joins(tokens, start - 1, start):
        start -= 1
    return _phrase(tokens, start, end)


def _determiner_before(tokens: Sequence[str], position: int) -> int:
    """Where “the grid operator’s dog” begins, read from its last word; -1 where no article stands before at most four plain words."""
    for start in range(position, max(-1, position - 5), -1):
        lower = tokens[start].lower()
        if lower in DETERMINERS or (start < position and _OWNER.search(lower)):
            return start if start < position else -1
        if (
            not tokens[start][:1].isalpha()
            or lower in CONNECTORS
            or lower in BETWEEN
            or (lower in VERBS and lower not in NOUNS)
        ):
            return -1
    return -1


def beginning_at(tokens: Sequence[str], start: int, *, after_verb: bool = False) -> Phrase | None:
    """The phrase whose first token is `tokens[start]`; `after_verb`: what follows “said”, and no verb after it tells its end."""
    if start >= len(tokens):
        return None
    lower = tokens[start].lower()
    if lower in PRONOUNS:
        return Phrase(tokens[start], "", start, start + 1, pronoun=True)
    if lower in NOBODY and not (lower in KEPT_DETERMINERS and _noun_follows(tokens, start + 1)):
        return Phrase("", tokens[start], start, start + 1, nobody=True)
    end, solid = start, start
    while end < len(tokens) and end - start < WORDS_MAX:
        token = tokens[end]
        low = token.lower()
        if low in DETERMINERS or low in ("senior", "former"):
            if end != start and tokens[end - 1].lower() not in (*CONNECTORS, "and"):
                break
        elif _is_name(tokens, end) or _is_office(token):
            solid = end + 1
        elif low in NOUNS and tokens[end + 1 : end + 2] and tokens[end + 1].lower() in ("by", "from", "of"):
            end += 1  # a report by the institute
        elif low in CONNECTORS or low == "and":
            if solid != end or not _name_follows(tokens, end + 1):
                break
        elif low in VERBS or not token[:1].isalpha() or not _office_soon(tokens, end):
            break
        end += 1
    if solid > start and _OWNER.search(tokens[solid - 1]):
        # “Stenn’s successor”: what is owned speaks, whatever it is called.
        solid = max(solid, _plain_end(tokens, solid - 1, after_verb=after_verb))
    solid = max(solid, _plain_end(tokens, start, after_verb=after_verb))
    return _phrase(tokens, start, solid) if solid > start else None


def _noun_follows(tokens: Sequence[str], position: int) -> bool:
    """one engineer, some officials; not: one of them, some say."""
    lower = tokens[position].lower() if position < len(tokens) else ""
    return (
        lower[:1].isalpha()
        and lower not in CONNECTORS
        and lower not in BETWEEN
        and (lower not in VERBS or lower in NOUNS)
    )


def _plain_end(tokens: Sequence[str], start: int, *, after_verb: bool) -> int:
    """Where “the head of the waterworks” ends: before a verb of saying, or, `after_verb`, where the sentence goes on otherwise.

    `start` when it is no such phrase.
    """
    if tokens[start].lower() not in DETERMINERS and not _OWNER.search(tokens[start]):
        return start
    end = start + 1
    while end < min(len(tokens), start + 10):
        token = tokens[end]
        lower = token.lower()
        if lower in VERBS and lower not in NOUNS and not (after_verb and token[:1].isupper()):
            break
        if after_verb and (not token[:1].isalpha() or lower in PHRASE_ENDS):
            break
        if not token[:1].isalpha() or lower in PRONOUNS:
            return start
        if lower in BETWEEN:
            # “the old harbour master likes to say”: helpers belong to the verb, if one of saying comes.
            return end if _verb_soon(tokens, end) else start
        end += 1
    else:
        if not after_verb:
            return start
    return end if end > start + 1 and tokens[end - 1].lower() not in CONNECTORS else start


def _verb_soon(tokens: Sequence[str], start: int) -> bool:
    for token in tokens[start : start + 5]:
        lower = token.lower()
        if lower in VERBS:
            return True
        if lower not in BETWEEN and lower != "to" and not lower.endswith("ly"):
            return False
    return False


def apposed_after(tokens: Sequence[str], phrase: Phrase) -> Phrase:
    """The envoy, Anna Berg / Anna Berg, the envoy: name and office of both."""
    if phrase.end + 1 < len(tokens) and tokens[phrase.end] == ",":
        other = beginning_at(tokens, phrase.end + 1)
        if other is not None and not other.pronoun and not other.nobody:
            ends = other.end >= len(tokens) or tokens[other.end] in (",", ".", ";", HOLE, "—", "–", ")")
            if ends:
                return merged(phrase, other)
    return phrase


def merged(one: Phrase, other: Phrase) -> Phrase:
    """Name and office, whichever came first; two names, or two offices, are not merged."""
    if one.person == other.person or one.pronoun or other.pronoun:
        return one
    name, office = (one, other) if one.person else (other, one)
    return replace(name, office=office.name, start=min(one.start, other.start), end=max(one.end, other.end))


def _is_office(token: str) -> bool:
    return _POSSESSIVE.sub("", token.lower()) in OFFICES


def _is_name(tokens: Sequence[str], position: int) -> bool:
    token = tokens[position]
    if not token[:1].isupper() or token == HOLE:
        return False
    lower = token.lower()
    if lower in DAYS:
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
    if _is_name(tokens, position) or _is_office(token):
        return True
    after = tokens[right].lower()
    if lower in DETERMINERS:
        return after not in DETERMINERS
    if lower in CONNECTORS or lower in ("and", "by"):
        before = tokens[position - 1].lower() if position else ""
        if not before or not (_is_name(tokens, position - 1) or _is_office(before) or before in NOUNS):
            return False
        if lower in ("in", "on", "to") and after in DETERMINERS:
            return False  # “the ministry in a statement”
        if lower in ("to", "in", "on", "from", "and") and _is_name(tokens, position - 1) and not _is_office(before):
            # "Obama and Putin" is one subject; "flew to Moscow" and "in China Putin" are none.
            return lower == "and" and after not in ("the", "a", "an", "his", "her")
        return True
    if lower in NOBODY or (lower in LEADING and token[:1].isupper()):
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
    definite = False
    while start < end and _dropped(tokens, start):
        definite = tokens[start].lower() == "the"
        start += 1
    if start + 2 < end and tokens[start].lower() in NOUNS and tokens[start + 1].lower() in ("by", "from", "of"):
        # The statement by the ministry: the ministry speaks.
        return _phrase(tokens, start + 2, end)
    words = list(tokens[start:end])
    while words and words[-1].lower() in (*CONNECTORS, *_ARTICLES, "and"):
        words.pop()
    if not words:
        return None
    text = _joined(words)
    if words[0].lower() in NOBODY and len(words) == 1:
        return Phrase("", text, start, end, nobody=True)
    name, office = _split_title(words)
    if not office:
        name, office = _split_after(name)
    person = name[0][:1].isupper() and not any(_is_office(word) for word in name)
    return Phrase(_joined(name), _joined(office), start, end, person=person, definite=definite and not person)


_ARTICLES = ("the", "a", "an")


def _dropped(tokens: Sequence[str], position: int) -> bool:
    """Articles and what opens a sentence; “one” and “another” stay."""
    lower = tokens[position].lower()
    if lower in KEPT_DETERMINERS:
        return False
    return lower in DETERMINERS or lower in ("and", "but") or (tokens[position][:1].isupper() and lower in LEADING)


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
    first = next((i for i in range(len(words) - 1, -1, -1) if not words[i][:1].isupper()), -1) + 1
    if (
        0 < first <= len(words) - 2
        and words[first - 1] not in (*CONNECTORS, *_PARTICLES, *_ARTICLES, "and")
        and words[0][:1].islower()
    ):
        # “engineer Ola Berge”: what stands in small letters before a full name is what the person is.
        return words[first:], words[:first]
    return words, []


def _split_after(words: list[str]) -> tuple[list[str], list[str]]:
    """“Ida Marsh of the waterworks”: a name of two words or more, then where the person belongs."""
    cut = next((i for i, word in enumerate(words) if word in ("of", "at", "from", "for")), len(words))
    name = words[:cut]
    of_a_person = all((w[:1].isupper() and not _is_office(w)) or w in _PARTICLES for w in name)
    if 2 <= len(name) <= 4 and cut < len(words) and of_a_person:
        return name, words[cut + 1 :]
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
