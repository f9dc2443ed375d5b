"""What stands in our own journal alone, in sentences that show as little of it as is needed to find it."""

from __future__ import annotations

from collections.abc import Mapping

from detente.chronology.telling import Cast, Line, Telling
from detente.said import Said

_NOTED = {
    "draft": "a draft that waits for a second person",
    "approval": "a second person's word on a draft",
    "seal": "the text and key of a seal of its own that is still closed",
    "article": "a text that was read in, with candidate claims",
    "review": "a person's word on a candidate claim",
}


def _telling(what: str) -> Telling:
    def tell(said: Said, cast: Cast) -> Line:
        return Line(f"{cast.name(said.speaker)} noted in its private journal {what} ({said.kind} {said.short}).")

    return tell


TELLINGS: Mapping[str, Telling] = {kind: _telling(what) for kind, what in _NOTED.items()}
