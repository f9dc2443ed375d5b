"""What an agreement in force permits: called before a request is said, inside the transaction that says it.

agreements between us and each addressee → their clauses' classes and purposes → inside, or a refusal that names the clause. A request
in the crime lane is never held up by a dispute about attribution, and carries none.
"""

from __future__ import annotations

from collections.abc import Sequence

from detente.channel.bodies import Message
from detente.joint.scope import Limit, require_in_scope, require_no_dispute
from detente.node.matters import read_ids, read_matters
from detente.node.open import Node
from detente.norms.agreements import in_force
from detente.store.database import Connection

SCOPED_MOVES = ("request",)


def require_permitted(node: Node, connection: Connection, message: Message, addressees: Sequence[str]) -> None:
    """Raises NotPermitted naming the clause. `addressees` are origins; moves other than requests are not limited by a scope."""
    if message.move not in SCOPED_MOVES:
        return
    attached = read_ids(connection, sorted({*message.refs, *message.evidence, message.repeats} - {""}))
    require_no_dispute(message.lane, [(said.kind, said.short) for said in attached])
    classes = message.activity.classes if message.activity is not None else ()
    require_scope(node, connection, classes, message.purpose, addressees)


def require_scope(
    node: Node, connection: Connection, classes: Sequence[str], purpose: str, addressees: Sequence[str]
) -> None:
    """As `require_permitted`, for whatever asks a partner for something: an intersection, a submission."""
    for other in addressees:
        require_in_scope(limits_with(node, connection, other), classes, purpose, other=other)


def limits_with(node: Node, connection: Connection, other: str) -> list[Limit]:
    """The clauses that limit what we may ask of a partner (an origin), of the agreements in force now."""
    statements = read_matters(connection, ("agreement", "amendment", "signature"))
    return [
        Limit(agreement.title, agreement.version, clause.id, tuple(clause.classes), tuple(clause.purposes))
        for agreement in in_force(statements, (node.origin, other), node.clock())
        for clause in agreement.clauses
        if clause.classes or clause.purposes
    ]
