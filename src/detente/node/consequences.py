"""Sealed consequences of demarches: revealed once, to everybody who got the demarche; and what is closed past its date.

The key lies in our journal since the commit that sealed. Nothing is revealed by itself when the date comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from detente.channel.bodies import Message
from detente.errors import InvalidStatement, NotFound, NotPermitted
from detente.node.matters import find, is_private, read_matters, tell
from detente.node.open import Node
from detente.node.outbox import person, require_person
from detente.said import Said, read, readable
from detente.seals import Reveal, Seal, verify_reveal
from detente.store.database import Connection
from detente.store.store import Transaction

REVEAL = "reveal"


@dataclass(frozen=True, slots=True)
class Sealing:
    """A demarche with a sealed consequence. `text` and `revealed_us` when it was revealed by its speaker and the digest fits."""

    said: Said
    subject: str
    seal: Seal
    text: str | None = None
    revealed_us: int = 0

    def overdue(self, now_us: int) -> bool:
        """Whether it is closed past its date."""
        return self.text is None and 0 < self.seal.reveal_us < now_us


def reveal(node: Node, name: str, *, by: str = "", early: bool = False, dry_run: bool = False) -> Said:
    """Open the seal in a demarche of ours. Raises NotPermitted a second time, before its date, or when somebody else sealed."""
    with node.store.indexed() as connection:
        said = find(connection, ["message"], name)
        found = _of(connection, said)
        if said.speaker != node.origin:
            raise NotPermitted(f"{said.short} was sealed by {said.speaker}; that party alone can reveal it")
        opened = _kept(connection, found.seal)
    if node.clock() < found.seal.reveal_us and not early:
        raise NotPermitted("the date of the reveal has not come; to reveal it before that is a decision: --early")
    verify_reveal(found.seal, opened)
    who = require_person(by, "a reveal cannot be taken back") if early else person(by)

    def check(connection: Connection) -> None:
        _require_closed(_of(connection, said))

    def also(transaction: Transaction, revealed: Said) -> None:
        if who:
            decided = {"decided": "consequence revealed", "by": who, "statement": revealed.id}
            node.journal(transaction, "decision", dict(decided))

    others = [origin for origin in said.aud if origin != node.origin]
    return tell(node, REVEAL, opened, to=others, re=said, check=check, also=also, dry_run=dry_run)


def sealings(connection: Connection, messages: Iterable[Said]) -> list[Sealing]:
    """Those of the messages that seal a consequence, with what became of it."""
    sealed = [
        (said, message)
        for said, message in readable(messages, Message)
        if message.consequence is not None and message.consequence.seal is not None
    ]
    if not sealed:
        return []
    reveals = readable(read_matters(connection, [REVEAL]), Reveal)
    return [_sealing(said, message, reveals) for said, message in sealed]


def _sealing(said: Said, message: Message, reveals: Sequence[tuple[Said, Reveal]]) -> Sealing:
    assert message.consequence is not None
    assert message.consequence.seal is not None
    seal = message.consequence.seal
    for other, opened in reveals:
        # The first one by the speaker that fits counts; whatever else is said of the seal changes nothing.
        if other.speaker == said.speaker and opened.digest == seal.digest:
            try:
                return Sealing(said, message.subject, seal, verify_reveal(seal, opened), other.at_us)
            except InvalidStatement:
                continue
    return Sealing(said, message.subject, seal)


def _of(connection: Connection, said: Said) -> Sealing:
    read(said, Message)
    found = sealings(connection, [said])
    if not found:
        raise NotFound(f"{said.short} seals nothing; there is nothing to reveal")
    return found[0]


def _require_closed(found: Sealing) -> None:
    if found.text is not None:
        raise NotPermitted(
            f"{found.said.short} was revealed already; a seal is opened once, and its text stays as it is"
        )


def _kept(connection: Connection, seal: Seal) -> Reveal:
    for entry in read_matters(connection, ["seal"]):
        if is_private(connection, entry) and entry.body.get("digest") == seal.digest:
            return Reveal(seal.digest, str(entry.body["key"]), str(entry.body["text"]))
    raise NotFound("the key of this seal is not in the journal of this node; without it nobody can open it")
