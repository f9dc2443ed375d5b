"""Propose: something is proposed to partners, they answer, and whoever spoke may withdraw its word. Nothing is ever taken out."""

from __future__ import annotations

from collections.abc import Sequence

from detente.errors import NotFound
from detente.joint.bodies import Proposal
from detente.joint.proposals import History, histories, require_move
from detente.node.matters import find, read_matters, tell
from detente.node.open import Node
from detente.said import Said, read
from detente.store.database import Connection

KIND = "proposal"


def propose(
    node: Node, to: Sequence[str], title: str, text: str = "", *, repeats: str = "", dry_run: bool = False
) -> Said:
    """Propose something to partners (names or origins). `repeats`: an earlier proposal that this one makes again."""
    earlier = ""
    if repeats:
        with node.store.indexed() as connection:
            earlier = read_proposal(connection, repeats).proposal.id
    body = Proposal(step="proposed", title=title, text=text, repeats=earlier)
    return tell(node, KIND, body, to=to, dry_run=dry_run)


def respond(node: Node, name: str, step: str, *, reason: str = "", dry_run: bool = False) -> Said:
    """Accept, decline or withdraw. Raises NotPermitted when the table has no such step for us now."""
    with node.store.indexed() as connection:
        history = read_proposal(connection, name)
    proposal = history.proposal

    def check(connection: Connection) -> None:
        require_move(read_proposal(connection, proposal.id), node.origin, step)

    body = Proposal(step=step, reason=reason, of=proposal.id)  # type: ignore[arg-type]  # `check` refuses any other word
    others = [origin for origin in proposal.parties if origin != node.origin]
    return tell(node, KIND, body, to=others, re=proposal, check=check, dry_run=dry_run)


def read_proposal(connection: Connection, name: str) -> History:
    """A proposal with its history, by the name of the proposal or of any step of it. Raises NotFound."""
    said = find(connection, (KIND,), name)
    root = read(said, Proposal).of or said.id
    for history in histories(read_matters(connection, (KIND,), root)):
        if history.proposal.id == root:
            return history
    raise NotFound(f"the proposal that {said.short} is about is not here, or its text is gone")


def read_proposals(node: Node, *, with_party: str | None = None) -> list[History]:
    """All proposals, or those between us and one partner, in the order in which they were made."""
    with node.store.indexed() as connection:
        origin = None if with_party is None else node.partner(connection, with_party).origin
        return histories(read_matters(connection, (KIND,), with_party=origin))
