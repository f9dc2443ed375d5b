"""Whom a text has named so far: a surname stands for the full name before it, a pronoun for the last person that fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from detente.claims.cues import DETERMINERS, LEADING, OFFICES, PLURAL_OFFICES, TITLES_OF_PERSONS
from detente.claims.phrases import Phrase, apposed_after, beginning_at, names_in

# Pronouns reach back over this many persons; who was named before is not meant any more.
REMEMBERED = 6
_SHE = frozenset(["spokeswoman", "chairwoman", "congresswoman", "mrs", "mrs.", "ms", "ms.", "lady", "queen"])
_HE = frozenset(["spokesman", "chairman", "congressman", "mr", "mr.", "sir", "king", "lord"])


@dataclass(slots=True)
class People:
    """`recent`: the persons who spoke or were the subject of a sentence, the last one at the end."""

    _full: dict[str, str] = field(default_factory=dict)
    _pronoun: dict[str, str] = field(default_factory=dict)
    _offices: dict[str, str] = field(default_factory=dict)
    _recent: list[str] = field(default_factory=list)
    _plural: str = ""

    def meet(self, tokens: Sequence[str]) -> None:
        """Names in a sentence, and the person whom it is about when it begins with one."""
        for name in names_in(tokens):
            self._full.setdefault(name.rsplit(" ", 1)[-1], name)
        for start in _starts(tokens):
            subject = beginning_at(tokens, start)
            if subject is None or subject.pronoun or subject.nobody:
                continue
            subject = apposed_after(tokens, subject)
            if (subject.person and self._known(subject, tokens)) or _one_office(subject):
                self._remember(self._whole(subject.name), subject.office)
                break

    def _known(self, subject: Phrase, tokens: Sequence[str]) -> bool:
        """A single capitalised word that opens a sentence may be any word; it is a person when the text has named one so."""
        return " " in subject.name or bool(subject.office) or subject.name in self._full

    def who(self, phrase: Phrase | None) -> str:
        """The name or office that a phrase stands for; "" when that is nobody, or nobody yet."""
        if phrase is None or phrase.nobody:
            return ""
        if not phrase.pronoun:
            return self._holder(phrase) or self._whole(phrase.name)
        match phrase.name.lower():
            case "he" | "she" as pronoun:
                for name in reversed(self._recent):
                    if self._pronoun.get(name, pronoun) == pronoun:
                        return name
            case "they":
                return self._plural
        return ""

    def office(self, phrase: Phrase | None) -> str:
        if phrase is None or phrase.nobody:
            return ""
        return phrase.office or self._offices.get(self.who(phrase), "")

    def spoke(self, phrase: Phrase | None, name: str) -> None:
        if phrase is None or not name:
            return
        if phrase.pronoun:
            self._pronoun.setdefault(name, phrase.name.lower())
        last = name.rsplit(" ", 1)[-1].lower()
        if last in PLURAL_OFFICES or any(word in PLURAL_OFFICES for word in name.lower().split()):
            self._plural = name
        elif phrase.person or phrase.pronoun or last in OFFICES:
            self._remember(name, phrase.office)

    def _holder(self, phrase: Phrase) -> str:
        """Whom “the president” stands for: the last person named with that office; "" when there is none."""
        if not phrase.definite or phrase.office:
            return ""
        head = phrase.name.lower().split()[-1]
        for name in reversed(self._recent):
            if head in TITLES_OF_PERSONS and head in self._offices.get(name, "").lower().split():
                return name
        return ""

    def _whole(self, name: str) -> str:
        return self._full.get(name, name) if " " not in name else name

    def _remember(self, name: str, office: str) -> None:
        if name in self._recent:
            self._recent.remove(name)
        self._recent.append(name)
        del self._recent[:-REMEMBERED]
        for word in (*office.lower().split(), *name.lower().split()):
            if word in _SHE or word in _HE:
                self._pronoun.setdefault(name, "she" if word in _SHE else "he")
        if office:
            self._offices.setdefault(name, office)


def _one_office(subject: Phrase) -> bool:
    """“The chairman of the inquiry thanked her”: somebody for “he” to stand for."""
    words = subject.name.lower().split()
    return subject.definite and any(word in TITLES_OF_PERSONS for word in words[:2])


def _starts(tokens: Sequence[str]) -> list[int]:
    """Where the subject of a sentence may stand: at its beginning, or after the commas of what comes before it."""
    first = next(
        (p for p, word in enumerate(tokens[:4]) if word.lower() not in LEADING or word.lower() in DETERMINERS), 0
    )
    return [first, *[p + 1 for p, word in enumerate(tokens[:40]) if word == ","][:3]]
