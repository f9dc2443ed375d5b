"""What a person may not type on a board outside of quotation marks, since the board computes it, or since it is a verdict."""

from __future__ import annotations

import re
from functools import lru_cache

from detente.words import loaded_words

# What a board counts and a person must not type: it would stand beside the count, and say something else.
_COUNTED = re.compile(
    r"\b(?:uniform(?:ly)?|unanimous(?:ly)?|consensus)\b"
    r"|\b(?:\d+|all|both|two|three|four|five|seventeen)\s+(?:[\w-]+\s+){0,2}(?:agencies|services|offices|assessors)\s+"
    r"(?:have\s+)?(?:assess|agree|judge|conclude|confirm|endorse|say|find|found)\w*",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"“[^”]*”|\"[^\"\n]*\"")


def demand_plain(what: str, text: str, *, blame: bool = True) -> None:
    """Raises ValueError when the text says, outside quotation marks, what a board computes; with `blame`, or a word of `words.py`.

    What is shown in quotation marks anyway, such as reasons, is held to the first alone.
    """
    counted, loaded = _outside_quotes(text)
    if counted:
        raise ValueError(
            f"{what} says {counted!r}; that is computed from a board's rows. As somebody's words it stands in quotation marks"
        )
    if loaded and blame:
        raise ValueError(f"{what} says {loaded!r}; as somebody's words it stands in quotation marks")


@lru_cache(maxsize=8192)  # one piece of evidence is named by every rater
def _outside_quotes(text: str) -> tuple[str, str]:
    """The first words that a board computes, and the first word of blame, cause or end; "" where there is none."""
    if not text:
        return "", ""
    counted = _COUNTED.search(_QUOTED.sub("“”", text))
    return counted.group() if counted else "", next(iter(loaded_words(text)), "")
