"""Neutral words: what no rendering of ours says outside of somebody's quoted words, and the check that tests run over every output.

Quoted is what stands between “ ”, « », „ “ or " " (nested too), in a Markdown block quote, and in the fields of a JSON document that
hold a party's words as they are. An apostrophe quotes nothing: it cannot be told from the one in "CERT's".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import msgspec

# Words of blame, of cause, and of an end that no count can show. Inside quotation marks they are somebody's, and stay.
BLAME = (
    "aggressor",
    "aggressors",
    "at fault",
    "blame",
    "blamed",
    "culprit",
    "culprits",
    "guilty",
    "guilt",
    "liar",
    "liars",
    "lied",
    "perpetrator",
    "perpetrators",
    "proved",
    "proven",
    "violation",
    "violations",
    "violated",
    "violator",
    "violators",
    "wrongdoer",
    "wrongdoers",
)
CAUSE = (
    "because",
    "brought about",
    "caused",
    "causes",
    "deterred",
    "due to",
    "led to",
    "owing to",
    "resulted in",
    "thanks to",
    "as a result",
)
END = ("ceased", "ceases", "ceasing", "halted", "stopped", "ended their")

# Fields of JSON documents whose value is a party's words as that party wrote them; `body` is a whole statement, as signed.
QUOTE_FIELDS = frozenset({"body", "original", "quote", "quotes"})

_OPENING = {"“": "”", "«": "»", "„": "“”"}
_WORD = re.compile(
    r"\b(?:" + "|".join(sorted((re.escape(w) for w in BLAME + CAUSE + END), key=len, reverse=True)) + r")\b",
    re.IGNORECASE,
)
_BLOCK_QUOTE = re.compile(r"^ {0,3}>.*$", re.MULTILINE)
_STRAIGHT = re.compile(r"\"[^\"\n]*\"")
_ESCAPED = re.compile(r"&(?:[lr]dquo|[lr]aquo|bdquo|quot|#\d+|#x[0-9a-fA-F]+);")


def loaded_words(text: str) -> list[str]:
    """The words of the lists above that stand outside of quotations, in the order in which they come.

    `text` is prose, Markdown, SVG or HTML, or a whole JSON document: of that, every key and every text is read by itself, for there
    quotation marks are the format's own and quote nobody.
    """
    if text.lstrip()[:1] in ("{", "["):
        try:
            return list(_in_json(msgspec.json.decode(text)))
        except msgspec.DecodeError:
            pass
    return _in_prose(text)


def quoted(text: str) -> str:
    """Somebody's words between the marks that say so: “…”, on one line, marks inside them turned into single ones."""
    return "“" + " ".join(text.translate(_INNER).split()) + "”"


_INNER = str.maketrans({"“": "‘", "”": "’", "„": "‘", "«": "‘", "»": "’", '"': "'"})


def _in_prose(text: str) -> list[str]:
    # A mark written as an entity is a mark to the reader; a bare "&" is left alone.
    text = _BLOCK_QUOTE.sub("", _ESCAPED.sub(lambda found: unescape(found.group()), text))
    return [found.group().lower() for found in _WORD.finditer(_STRAIGHT.sub('""', _outside(text)))]


def _outside(text: str) -> str:
    """The text without what stands between marks that open and close, to any depth; a mark that nothing closes quotes nothing."""
    kept: list[str] = []
    waiting: list[tuple[str, int]] = []
    for character in text:
        if waiting and character in waiting[-1][0]:
            _, start = waiting.pop()
            del kept[start:]
            kept.append("“”")
        else:
            if character in _OPENING:
                waiting.append((_OPENING[character], len(kept)))
            kept.append(character)
    return "".join(kept)


def _in_json(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield from _in_prose(value)
    elif isinstance(value, list):
        for item in value:
            yield from _in_json(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _in_prose(key.replace("_", " "))
            if key not in QUOTE_FIELDS:
                yield from _in_json(item)
