"""What is said of conduct under a norm, and what others answer.

Nothing here finds that conduct agrees with a norm or does not: parties say so, each first of itself, with one form for its own conduct
and another's; and every answer stands with the entry. A norm that a party has not said it accepts is flagged for that party.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from detente.errors import NotPermitted
from detente.norms.answers import AnswerEntry, answers_by_entry, answers_to
from detente.norms.bodies import Conduct, kept
from detente.norms.register import Standing, standings
from detente.said import Said, readable


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
    """In the order in which they were said."""
    known = standings(commitments)
    replies = answers_by_entry(answers)
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
                answers=answers_to(said, replies),
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
