"""What an agreement in force permits: called before a request is said, inside the transaction that says it.

agreements between us and each addressee → their clauses' classes and purposes → inside, or a refusal that names the clause. A request
in the crime lane is never held up by a dispute about attribution, and carries none.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from detente.channel.bodies import Message
from detente.channel.clocks import DRILL
from detente.errors import InvalidStatement, NotFound
from detente.joint.scope import CRIME_LANE, DISPUTE_KINDS, Limit, require_in_scope, require_no_dispute
from detente.node.commit import agreements_in_force
from detente.node.matters import find
from detente.node.open import Node
from detente.store.database import Connection

SCOPED_MOVES = ("request",)


def require_permitted(node: Node, connection: Connection, message: Message, addressees: Sequence[str]) -> None:
    """Raises NotPermitted naming the clause. `addressees` are origins; a scope limits requests, and no drill: it asks for nothing."""
    if message.move not in SCOPED_MOVES or message.profile.startswith(DRILL):
        return
    if message.lane == CRIME_LANE:
        require_no_dispute(message.lane, _disputes(connection, (*message.refs, *message.evidence)))
    classes = message.activity.classes if message.activity is not None else ()
    require_scope(node, connection, classes, message.purpose, addressees)


def _disputes(connection: Connection, names: Sequence[str]) -> list[tuple[str, str]]:
    """Kind and words of those that are questions of attribution, however they are named; a STIX id is none of ours."""
    found = []
    for name in names:
        with suppress(NotFound, InvalidStatement):
            said = find(connection, DISPUTE_KINDS, name)
            found.append((said.kind, said.short))
    return found


def require_scope(
    node: Node, connection: Connection, classes: Sequence[str], purpose: str, addressees: Sequence[str]
) -> None:
    """As `require_permitted`, for whatever asks a partner for something: an intersection, a submission."""
    for other in addressees:
        require_in_scope(limits_with(node, connection, other), classes, purpose, other=other)


def purposes_agreed(node: Node, connection: Connection, other: str) -> frozenset[str] | None:
    """What we may use the data of a partner (an origin) for, by the agreements in force; None when none limits it."""
    limits = [limit.purposes for limit in limits_with(node, connection, other) if limit.purposes]
    return frozenset(purpose for purposes in limits for purpose in purposes) if limits else None


def limits_with(node: Node, connection: Connection, other: str) -> list[Limit]:
    """The clauses that limit what we may ask of a partner (an origin), of the agreements in force now."""
    return [
        Limit(agreement.title, agreement.version, clause.id, tuple(clause.classes), tuple(clause.purposes))
        for agreement in agreements_in_force(connection, (node.origin, other), node.clock())
        for clause in agreement.clauses
        if clause.classes or clause.purposes
    ]
