"""Neutral words: what no rendering of ours says outside of somebody's quoted words, and the check that tests run over every output."""

from __future__ import annotations

import re

# Words of blame, of cause, and of an end that no count can show. Inside quotation marks they are somebody's, and stay.
BLAME = (
    "aggressor",
    "blame",
    "blamed",
    "culprit",
    "guilty",
    "guilt",
    "perpetrator",
    "proved",
    "proven",
    "violation",
    "violated",
    "violator",
)
CAUSE = ("because", "caused", "causes", "due to", "led to", "thanks to", "as a result")
END = ("ceased", "stopped", "ended their")

_QUOTED = re.compile(r"“[^”]*”|«[^»]*»|„[^“”]*[“”]|\"[^\"\n]*\"")
_WORD = re.compile(
    r"\b(?:" + "|".join(sorted((re.escape(w) for w in BLAME + CAUSE + END), key=len, reverse=True)) + r")\b",
    re.IGNORECASE,
)


def loaded_words(text: str) -> list[str]:
    """The words of the lists above that stand outside quotation marks, in the order in which they come."""
    return [found.group().lower() for found in _WORD.finditer(_QUOTED.sub("“”", text))]
