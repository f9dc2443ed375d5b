"""Speech without quotation marks: “it is being said that …” by nobody in particular, and what a named speaker denies or is said to say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detente.claims.bodies import Polarity
from detente.claims.cues import ANONYMOUS, VERBS, words_of
from detente.claims.phrases import Phrase
from detente.claims.subjects import is_verb, subject_of

_HELPERS = words_of("is are was were has have been being now still widely often also already generally")
_PASSIVES = words_of(
    """said claimed alleged reported rumoured rumored suggested believed whispered assumed thought understood"""
)


@dataclass(frozen=True, slots=True)
class Spoken:
    """`phrase`: the subject; None where nobody is named."""

    phrase: Phrase | None
    written: str
    cue: str
    polarity: Polarity


def indirect_speech(tokens: Sequence[str], *, has_quotation: bool) -> Spoken | None:
    """What a sentence passes on in its own words. With a quotation in the sentence that nobody is credited with, only denials are read."""
    lower = [token.lower() for token in tokens]
    if not has_quotation and (passive := _passive(lower)) is not None:
        return passive
    for position, word in enumerate(lower):
        cue = VERBS.get(word)
        if cue is None or cue.form == "ing" or not is_verb(tokens, position):
            continue
        after = lower[position + 1 : position + 3]
        if cue.class_ == "denies" and "neither" in lower[max(0, position - 4) : position]:
            polarity: Polarity = "declines-to-assert"
        elif cue.class_ == "denies":
            polarity = "denies"
        elif (
            cue.class_ == "declines"
            and after
            and after[0] in ("to",)
            and after[-1] in ("comment", "say", "confirm", "answer", "discuss")
        ):
            polarity = "declines-to-assert"
        elif cue.class_ == "says" and not has_quotation and "that" in lower[position + 1 : position + 4]:
            polarity = "asserts"
        elif cue.class_ == "says" and not has_quotation and position and lower[position - 1] in ANONYMOUS:
            polarity = "reports"
        else:
            continue
        phrase = subject_of(tokens, position)
        if phrase is None or (phrase.nobody and phrase.office.lower() not in ANONYMOUS):
            continue
        if phrase.nobody:
            return Spoken(None, phrase.office, word, "reports")
        return Spoken(phrase, phrase.name, word, polarity)
    return None


def _passive(lower: Sequence[str]) -> Spoken | None:
    """“It is now being said that …”, “it has been claimed that …”: words of nobody."""
    if lower[1:4] == ["has", "it", "that"] and lower[0] in ("rumour", "rumor", "word", "legend"):
        return Spoken(None, " ".join(lower[:3]), "has it", "reports")
    for position, word in enumerate(lower[:60]):
        if word != "it":
            continue
        end = position + 1
        while end < len(lower) and end - position < 8 and lower[end] in _HELPERS:
            end += 1
        if end > position + 1 and end < len(lower) and lower[end] in _PASSIVES and "that" in lower[end + 1 : end + 5]:
            return Spoken(None, " ".join(lower[position:end]), lower[end], "reports")
    return None
