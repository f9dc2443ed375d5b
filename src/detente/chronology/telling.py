"""What the sentences of the record are made of: names, references, quotations, and the shape of one line.

A sentence has a subject who says or does something, and holds others' words between quotation marks alone. What a body says freely is
always quoted: only words that come from a table of ours stand outside of the marks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from detente.channel.moves import OPENINGS
from detente.drawing import plain
from detente.said import Said
from detente.views import EVERYBODY
from detente.when import When
from detente.words import quoted

QUOTE_CHARACTERS_MAX = 300


@dataclass(frozen=True, slots=True)
class Line:
    """One statement in words. `when`: the time it is about, None for the time at which it was said. `word`: what it is, "" for its kind.

    `bears_on`: what it denies, corrects or answers, as (relation, statement id or name); it is shown beside each of these. `names`: what
    else it may be found under when something bears on it, beside its own id.
    """

    sentence: str
    when: When | None = None
    word: str = ""
    bears_on: tuple[tuple[str, str], ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cast:
    """Whose names are shown, and which statements can be referred to. `names`: titles by origin."""

    names: Mapping[str, str]
    by_id: Mapping[str, Said] = field(default_factory=dict)

    def name(self, origin: str) -> str:
        """A party's title, or its origin where we know no title. A title that two parties bear does not name either of them."""
        title = plain(self.names.get(origin, ""))
        if not title:
            return origin if _ORIGIN.fullmatch(origin) else shortened(origin)
        return f"{title} ({origin})" if list(self.names.values()).count(title) > 1 else title

    def to(self, said: Said) -> str:
        """The addressees as they stand in a sentence; "" when it was said to nobody but the speaker's own tools."""
        if said.aud == (EVERYBODY,):
            return "everybody"
        return listed(sorted(self.name(origin) for origin in said.aud))

    def told(self, said: Said, verb: str = "told") -> str:
        """The beginning of a sentence: `CERT A told CERT B` or `CERT A recorded`."""
        to = self.to(said)
        return f"{self.name(said.speaker)} {verb} {to}" if to else f"{self.name(said.speaker)} recorded"

    def told_of(self, said: Said) -> str:
        """As `told`, before a noun: `CERT A told CERT B of` or `CERT A recorded`."""
        return f"{self.told(said)} of" if said.aud else self.told(said)

    def parties(self, origins: Iterable[str], first: str) -> list[str]:
        """Names in alphabetical order, but for the speaker, who comes first where it is among them: so no name decides between two."""
        there = sorted(origins)
        return [self.name(origin) for origin in sorted(there, key=lambda origin: origin != first)]

    def ref(self, name: str) -> str:
        """A party by its title, a statement by kind and short words; anything else by its own name, as somebody gave it."""
        if name in self.names:
            return self.name(name)
        said = self.by_id.get(name)
        if said is not None:
            move = said.body.get("move") if said.kind == "message" else None
            return f"{spelled(str(move)) if move in OPENINGS else said.kind} {said.short}"
        return f"a statement that is not held here ({name[:12]}…)" if _ID.fullmatch(name) else named(name)

    def refs(self, names: Iterable[str]) -> str:
        return listed([self.ref(name) for name in names])


Telling = Callable[[Said, Cast], Line]

_ID = re.compile(r"[A-Za-z0-9_-]{43}")
_ORIGIN = re.compile(r"[a-z0-9.-]+(?::[0-9]+)?(?:/[a-z0-9/_-]+)?")
_STIX = re.compile(r"[a-z0-9-]{3,60}--[0-9a-f-]{36}")


def listed(words: Sequence[str]) -> str:
    """a, b and c."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def named(name: str) -> str:
    """A name that somebody gave: a STIX identifier as it is, everything else between quotation marks."""
    return name if _STIX.fullmatch(name) else shortened(name)


def shortened(text: str, characters: int = QUOTE_CHARACTERS_MAX) -> str:
    """Somebody's words, quoted; the end of a long text is left out and shows that it is."""
    return plain(quoted(text if len(text) <= characters else text[: characters - 2].rstrip() + " …"))


def clause(text: str, words: str = ": ") -> str:
    """`: “text”`, or nothing where there is no text."""
    return f"{words}{shortened(text)}" if text.strip() else ""


def in_brackets(*parts: str) -> str:
    """` (one; two)` of the parts that say something."""
    there = [part for part in parts if part]
    return f" ({'; '.join(there)})" if there else ""


def spelled(code: str) -> str:
    """A word of one of our tables as it stands in a sentence: hyphens and underscores are spaces."""
    return code.replace("-", " ").replace("_", " ")
