"""Consultations: that one was held, and each side's account of it, said to the others who took part.

An account is never merged with another. Both nodes compute the same comparison from the same statements (`channel.meetings`).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from detente.channel.bodies import Consultation, Item, Minutes
from detente.channel.meetings import Meeting, meeting, meetings, parties_of
from detente.channel.required import check_consultation, check_minutes
from detente.errors import NotPermitted
from detente.node.matters import find, read_matters, tell
from detente.node.open import Node
from detente.said import Said, read
from detente.stix.marking import Tlp
from detente.store.database import Connection

CONSULTATION, MINUTES = "consultation", "minutes"


def hold(
    node: Node,
    consultation: Consultation,
    *,
    to: Sequence[str] = (),
    marking: Tlp | None = None,
    dry_run: bool = False,
) -> Said:
    """Record a meeting or call, to the partners who took part and those in `to`. A participant's party is a partner's name or origin."""
    with node.store.indexed() as connection:
        participants = tuple(
            msgspec.structs.replace(one, party=_origin(node, connection, one.party))
            for one in consultation.participants
        )
        consultation = msgspec.structs.replace(consultation, participants=participants)
        check_consultation(consultation)
        others = _others(node, connection, [one.party for one in participants], to)
    return tell(node, CONSULTATION, consultation, to=others, marking=marking, dry_run=dry_run)


def account(
    node: Node,
    name: str,
    items: Sequence[Item],
    *,
    agreed_text: str = "",
    marking: Tlp | None = None,
    dry_run: bool = False,
) -> Said:
    """Our account of a consultation, to the others who took part. A later account of ours replaces it in the comparison; both stay."""
    with node.store.indexed() as connection:
        held = find(connection, [CONSULTATION], name)
        parties = parties_of(held, read(held, Consultation))
        if node.origin not in parties:
            raise NotPermitted(f"{node.origin} took no part in {held.short}, which was between {', '.join(parties)}")
        minutes = Minutes(
            about=held.id,
            items=tuple(
                msgspec.structs.replace(one, said_by=_origin(node, connection, one.said_by) if one.said_by else "")
                for one in items
            ),
            agreed_text=agreed_text,
        )
        check_minutes(minutes)
        others = _others(node, connection, parties, ())
    return tell(node, MINUTES, minutes, to=others, marking=marking, re=held, dry_run=dry_run)


def read_meeting(connection: Connection, name: str) -> Meeting:
    held = find(connection, [CONSULTATION], name)
    return meeting(held, read_matters(connection, [MINUTES], held.id))


def read_meetings(connection: Connection, *, with_party: str | None = None) -> list[Meeting]:
    """All consultations that are held here, in the order in which they took place."""
    return meetings(read_matters(connection, [CONSULTATION, MINUTES], with_party=with_party))


def _origin(node: Node, connection: Connection, name: str) -> str:
    return node.origin if name in ("us", node.origin) else node.partner(connection, name).origin


def _others(node: Node, connection: Connection, parties: Sequence[str], to: Sequence[str]) -> list[str]:
    named = [node.partner(connection, name).origin for name in to]
    return sorted({*named, *(party for party in parties if party != node.origin)})
