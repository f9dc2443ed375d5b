"""Responses: decided, none, or sealed; their chains, what the checklist leaves open, and the one reveal of a seal.

The key and text of a seal of ours stand in our journal, in the same transaction as the statement that commits to them, until a person
reveals them. Nothing is revealed by itself when the date comes: the seal is flagged as past its date on both sides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from detente.errors import InvalidStatement, NotFound
from detente.node.commit import named, others_told
from detente.node.matters import find, read_ids, read_matters, receipts, tell
from detente.node.open import Node
from detente.norms.bodies import Response, made
from detente.norms.checklist import Line, Recorded, checklist
from detente.norms.ladder import Chain, Step, chains, steps
from detente.norms.sealed import public_line, require_closed, sealed_text
from detente.norms.tables import UNDISCLOSED
from detente.said import Said, read
from detente.seals import KEY_BYTES, Reveal, Seal, digest_of, kept_value, verify_reveal
from detente.stix.marking import Tlp
from detente.store.database import Connection
from detente.store.store import Transaction
from detente.views import EVERYBODY
from detente.when import When

MESSAGES = ("message", "consultation")
ABOUT = ("message", "consultation", "finding", "claim", "assessment", "conduct", "correction")


def respond(
    node: Node,
    *,
    to: Sequence[str] = (),
    marking: Tlp | None = None,
    dry_run: bool = False,
    public: bool = False,
    **fields: Any,
) -> Said:
    """Say a response. `of`, `about`, `called_upon` and `notified` name statements that are held here, by id or short words.

    `directed_at`: the party it responds to, by name or origin.
    """
    with node.store.indexed() as connection:
        if fields.get("of"):
            fields["of"] = find(connection, ["response"], fields["of"]).id
        fields["about"] = [find(connection, ABOUT, name).id for name in fields.get("about", ())]
        for field in ("called_upon", "notified"):
            fields[field] = [_of_ours(node, find(connection, MESSAGES, name)).id for name in fields.get(field, ())]
    fields["to"] = named(node, name) if (name := fields.pop("directed_at", "")) else ""
    fields.setdefault("decided", When(node.clock(), "second"))
    body = made(Response, **{name: value for name, value in fields.items() if value})
    return tell(node, "response", body, to=to, marking=marking, public=public, dry_run=dry_run)


def seal_response(
    node: Node,
    *,
    kind: str,
    text: str,
    reveal: When | None = None,
    condition: str = "",
    to: Sequence[str] = (),
    marking: Tlp | None = None,
    dry_run: bool = False,
    public: bool = False,
    **fields: Any,
) -> Said:
    """Say that there is a response, and commit to its kind and text. The date of the reveal lies ahead, or a condition is given."""
    whole = sealed_text(kind, text)
    if reveal is None and not condition:
        raise InvalidStatement("a seal names the date or the condition of its reveal; give --reveal or --condition")
    if reveal is not None and reveal.last_us <= node.clock():
        raise InvalidStatement(f"the date of the reveal, {reveal}, is past; a seal is opened later than it is made")
    key = node.random(KEY_BYTES)
    seal = Seal(digest_of(whole, key), reveal.last_us if reveal is not None else 0, condition)

    def keep(transaction: Transaction, _: Said) -> None:
        node.journal(transaction, "seal", kept_value(whole, key))

    with node.store.indexed() as connection:
        if fields.get("of"):
            fields["of"] = find(connection, ["response"], fields["of"]).id
    fields["to"] = named(node, name) if (name := fields.pop("directed_at", "")) else ""
    fields.setdefault("decided", When(node.clock(), "second"))
    body = made(Response, kind=UNDISCLOSED, seal=seal, **{name: value for name, value in fields.items() if value})
    return tell(node, "response", body, to=to, marking=marking, public=public, also=keep, dry_run=dry_run)


def reveal_response(node: Node, name: str, *, marking: Tlp | None = None, dry_run: bool = False) -> Said:
    """Open a seal of ours, once, to everybody who was told of it (in public, when it was sealed in public)."""
    with node.store.indexed() as connection:
        said = find(connection, ["response"], name)
        body = read(said, Response)
        if said.speaker != node.origin:
            raise InvalidStatement(
                f"response {said.short} was sealed by {said.speaker}; that party alone can reveal it"
            )
        require_closed(said, read_matters(connection, ["reveal"]))
        assert body.seal is not None
        opened = _kept(connection, body.seal)
        public = said.aud == (EVERYBODY,)
        to = [] if public else others_told(node, connection, said)
    verify_reveal(body.seal, opened)
    return tell(
        node,
        "reveal",
        opened,
        to=to,
        marking=Tlp.CLEAR if public else marking,
        re=said,
        public=public,
        check=lambda inside: require_closed(said, read_matters(inside, ["reveal"])),
        dry_run=dry_run,
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """The checklist of one response, with what it is a checklist of."""

    step: Step
    lines: list[Line]


def read_steps(connection: Connection, now_us: int) -> list[Step]:
    """Every response, in the order in which they were said."""
    return steps(
        read_matters(connection, ["response"]),
        read_matters(connection, ["reveal"]),
        now_us,
        read_matters(connection, ["answer"]),
    )


def read_chains(connection: Connection, now_us: int, *, through: str = "") -> list[Chain]:
    """Every chain, or those that a response stands in, by id or short words."""
    found = chains(read_steps(connection, now_us))
    if not through:
        return found
    wanted = find(connection, ["response"], through).id
    return [chain for chain in found if any(step.id == wanted for step in chain.steps)]


def read_checklist(connection: Connection, name: str, now_us: int) -> Asked:
    """Every question for one response: both sides' answers, and what the channel's record says of the messages it names."""
    said = find(connection, ["response"], name)
    body = read(said, Response)
    messages = read_ids(connection, [*body.called_upon, *body.notified])
    held = receipts(connection, messages)
    record = {
        one.id: Recorded(one.id, one.speaker, one.at_us, held[one.id].get(body.to))
        for one in messages
        if body.to in one.aud
    }
    step = next(step for step in read_steps(connection, now_us) if step.id == said.id)
    return Asked(step, checklist(said, body, read_matters(connection, ["answer"], said.id), record))


def read_public_lines(connection: Connection, now_us: int) -> dict[str, list[str]]:
    """What a public page shows, by party: of what it said in public, one line each; of a closed seal, that it exists and since when."""
    held = {said.id: said for said in read_matters(connection, ["response"]) if said.aud == (EVERYBODY,)}
    lines: dict[str, list[str]] = {}
    for step in read_steps(connection, now_us):
        if step.id in held:
            lines.setdefault(step.speaker, []).append(public_line(held[step.id], step.seal, step.kind, step.decided))
    return lines


def read_receipts(connection: Connection, found: Sequence[Step]) -> dict[str, dict[str, int]]:
    """For each response by id: the parties that acknowledged holding it, and since when, by their own clocks."""
    return receipts(connection, read_ids(connection, [step.id for step in found]))


def _of_ours(node: Node, said: Said) -> Said:
    if said.speaker != node.origin:
        raise InvalidStatement(
            f"{said.kind} {said.short} was said by {said.speaker}; to have called upon a party or notified it, name a message of ours"
        )
    return said


def _kept(connection: Connection, seal: Seal) -> Reveal:
    """The key and text in our journal. Raises NotFound: a restored node without them can never open the seal."""
    for note in read_matters(connection, ["seal"]):
        if note.body.get("digest") == seal.digest:
            return Reveal(seal.digest, str(note.body["key"]), str(note.body["text"]))
    raise NotFound("the key of this seal is not in the journal of this node; without it nobody can open it")
