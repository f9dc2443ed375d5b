"""What is said of conduct under a norm, and what others answer.

Nothing here finds that conduct agrees with a norm or does not: parties say so, each first of itself, with one form for its own conduct
and another's; and every answer stands with the entry. A norm that a party has not said it accepts is flagged for that party.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from detente.errors import InvalidStatement, NotPermitted
from detente.norms.bodies import Answer, Conduct, kept
from detente.norms.register import Standing, standings
from detente.said import Said, readable


@dataclass(frozen=True, slots=True)
class AnswerEntry:
    """Another party's word on an entry."""

    id: str
    short: str
    speaker: str
    said_us: int
    word: str
    text: str


@dataclass(frozen=True, slots=True)
class ConductEntry:
    """`not_accepted`: each party of the entry that has not said it accepts the norm, with where it stands ("unknown" mostly).

    `own_entry`: whether the filing party's entry on its own conduct under this norm, said before, is among what was given. On our node
    that is always so for what we file; of a partner we may simply not have been shown it.
    """

    id: str
    short: str
    filed_by: str
    about: str
    said_us: int
    norm: str
    incident: str
    finding: str
    text: str
    own_entry: bool
    not_accepted: dict[str, str]
    withdrawn: bool
    answers: tuple[AnswerEntry, ...]

    @property
    def own(self) -> bool:
        return self.filed_by == self.about


def conduct_entries(
    entries: Iterable[Said], answers: Iterable[Said] = (), commitments: Iterable[Said] = ()
) -> list[ConductEntry]:
    """In the order in which they were said. An answer by the entry's own author is a correction's business, and left out."""
    known = standings(commitments)
    replies: dict[str, list[AnswerEntry]] = {}
    for said, answer in readable(answers, Answer):
        replies.setdefault(answer.of, []).append(
            AnswerEntry(said.id, said.short, said.speaker, said.at_us, answer.word, answer.text)
        )
    found = []
    own_before: set[tuple[str, str]] = set()
    for said, body in kept(entries, Conduct):
        if said.speaker == body.about and not said.withdrawn:
            own_before.add((said.speaker, body.norm))
        stands = [
            known.get((body.norm, party), Standing(body.norm, party))
            for party in dict.fromkeys((said.speaker, body.about))
        ]
        found.append(
            ConductEntry(
                said.id,
                said.short,
                said.speaker,
                body.about,
                said.at_us,
                body.norm,
                body.incident,
                body.finding,
                body.text,
                own_entry=(said.speaker, body.norm) in own_before,
                not_accepted={standing.party: standing.status for standing in stands if not standing.accepted},
                withdrawn=said.withdrawn,
                answers=tuple(reply for reply in replies.get(said.id, ()) if reply.speaker != said.speaker),
            )
        )
    return found


def require_own_entry(body: Conduct, speaker: str, entries: Iterable[Said]) -> None:
    """Self-assessment first: nobody files on another under a norm before its own entry under it. Raises NotPermitted."""
    if body.about == speaker:
        return
    if not any(
        said.speaker == speaker and own.about == speaker and own.norm == body.norm
        for said, own in readable(entries, Conduct)
    ):
        raise NotPermitted(
            f"file your own conduct under {body.norm} first: an entry on {body.about} needs one by {speaker} on itself, in the same form"
        )


def require_answerable(entry: Said, speaker: str) -> None:
    """Anybody it was said to may answer an entry or a response, and not its author. Raises InvalidStatement."""
    if speaker == entry.speaker:
        raise InvalidStatement(f"{entry.kind} {entry.short} is your own; others answer it, and you may say another one")
