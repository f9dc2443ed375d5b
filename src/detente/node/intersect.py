"""Intersect: which items do we both have? Three statements between two nodes, and what each side keeps to itself meanwhile.

    offer → answer → result; each party's scalar and items stay in a record of its own, which is destroyed when the session ends

What both have is an entry of each side's journal. A partner whose points or proof are wrong is told so, and the session is over.
`detente.joint.intersection` has the method; docs/joint.md says what it assumes and what it gives away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from detente.errors import InvalidObject, InvalidPattern, InvalidStatement, NotFound, NotPermitted, RemoteError
from detente.hunt import values
from detente.intake.values import read_value
from detente.joint import intersection as psi
from detente.joint.bodies import Intersection
from detente.node.matters import find, read_matters, tell
from detente.node.open import Node
from detente.node.policy import require_scope
from detente.node.purpose import for_use
from detente.node.share import imported_objects
from detente.party import Role, key_name
from detente.said import Said, readable
from detente.statement import base64url
from detente.stix.canonical import JsonValue, encode, parse
from detente.stix.pattern import simple_values
from detente.store.database import Connection
from detente.store.store import Transaction, read_record

KIND = "intersection"
NONCE_BYTES = 64


@dataclass(frozen=True, slots=True)
class Session:
    """One intersection as its statements tell it. `items`: what both have, once it is finished here and we may know it.

    `bucket`: how many items the party of that origin has at most; that is all that is told of the sizes.
    """

    offer: Said
    body: Intersection
    answer: tuple[Said, Intersection] | None
    result: tuple[Said, Intersection] | None
    declined: tuple[Said, Intersection] | None
    items: tuple[str, ...] | None = None

    @property
    def state(self) -> str:
        if self.declined is not None:
            return f"declined by {self.declined[0].speaker}"
        if self.items is not None:
            return "finished"
        if self.result is not None:
            return f"result by {self.offer.speaker}"
        return (
            f"answered by {self.answer[0].speaker}" if self.answer is not None else f"offered by {self.offer.speaker}"
        )

    @property
    def bucket(self) -> dict[str, int]:
        sizes = {self.offer.speaker: len(self.body.points) // psi.POINT_CHARACTERS}
        if self.answer is not None:
            sizes[self.answer[0].speaker] = len(self.answer[1].points) // psi.POINT_CHARACTERS
        return sizes


def read_items(lines: Iterable[str]) -> tuple[list[bytes], list[tuple[int, str]]]:
    """The normal forms of one value a line, sorted and each once; and the lines that hold none, with the reason.

    Forms as in hunting: names and hashes in lower case, networks with host bits zero, defanged values put right.
    """
    items: set[bytes] = set()
    unread: list[tuple[int, str]] = []
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        try:
            items.update(normal_item(value.kind, value.value) for value in read_value(text))
        except (InvalidObject, InvalidPattern) as error:
            unread.append((number, str(error)))
    return sorted(items), unread


def items_of_collection(node: Node, name: str, purpose: str) -> tuple[list[bytes], int]:
    """The values of the indicators that were imported into a collection of ours; and how many indicators say more than a value.

    Those bound to other purposes are left out, which the journal keeps; NotPermitted when that is all of them.
    """
    items: set[bytes] = set()
    skipped = 0
    found = [o for o in imported_objects(node, name) if o.type == "indicator" and not o.revoked]
    for stix in for_use(node, found, purpose, "an intersection"):
        try:
            values_ = simple_values(str(stix.value.get("pattern", "")))
            items.update(normal_item(value.kind, value.value) for value in values_)
        except InvalidPattern:
            skipped += 1
    return sorted(items), skipped


def normal_item(kind: str, value: str) -> bytes:
    """`kind value`, in the one form that both sides compute. Raises InvalidPattern for what hunting would not search either."""
    if kind == "domain":
        normal = values.domain(value)
    elif kind == "url":
        normal = values.url(*values.url_parts(value))
    else:
        normal = value.encode()
    return kind.encode() + b" " + normal


def offer(
    node: Node,
    partner: str,
    items: Sequence[bytes],
    *,
    purpose: str = "",
    classes: Sequence[str] = (),
    dry_run: bool = False,
) -> Said:
    """Offer a partner an intersection with our items. Raises NotPermitted when an agreement's scope does not have the class."""
    session = node.random(psi.SESSION_BYTES)
    own = _blind(node, items, session)
    body = Intersection(
        step="offer",
        session=base64url(session),
        key=base64url(own.key),
        points=psi.pack(own.points),
        purpose=purpose,
        classes=tuple(classes),
    )

    def check(connection: Connection) -> None:
        require_scope(node, connection, classes, purpose, [node.partner(connection, partner).origin])

    return tell(
        node, KIND, body, to=[partner], check=check, also=lambda t, said: _keep(t, said.id, own, items), dry_run=dry_run
    )


def answer(node: Node, name: str, items: Sequence[bytes], *, dry_run: bool = False) -> Said:
    """Answer a partner's offer with our items. Raises BadProof, after telling the partner, when its points are none."""
    with node.store.indexed() as connection:
        session = read_session(node, connection, name)
    _require_theirs(node, session, "answer")
    secret = psi.unpack(session.body.session)[0]
    own = _blind(node, items, secret)
    try:
        theirs = psi.unpack(session.body.points)
        results, proof = psi.again(own, psi.unpack(session.body.key)[0], theirs, node.random(NONCE_BYTES))
    except RemoteError as error:
        decline(node, name, str(error))
        raise
    body = Intersection(
        step="answer",
        of=session.offer.id,
        key=base64url(own.key),
        points=psi.pack(own.points),
        again=psi.pack(results),
        proof=psi.pack((proof[:32], proof[32:])),
    )

    def check(connection: Connection) -> None:
        _require_theirs(node, read_session(node, connection, session.offer.id), "answer")

    return tell(
        node,
        KIND,
        body,
        to=[session.offer.speaker],
        re=session.offer,
        check=check,
        also=lambda t, _: _keep(t, session.offer.id, own, items),
        dry_run=dry_run,
    )


def finish(node: Node, name: str) -> Session:
    """Learn what both have. The party that offered says its result with it; the other one finishes once that has come.

    Raises NotFound when the other side has not spoken yet, BadProof (after telling the partner) when what it said does not fit.
    """
    with node.store.indexed() as connection:
        session = read_session(node, connection, name)
        kept = read_record(connection, KIND, session.offer.id)
    if session.items is not None:
        return session
    if session.declined is not None and kept is not None:
        node.store.write(node.clock(), lambda transaction: transaction.drop_record(KIND, session.offer.id))
    if session.declined is not None or kept is None:
        raise NotPermitted(
            f"intersection {session.offer.short} is {session.state}; nothing of it is kept here. Begin a new one"
        )
    theirs = session.answer if session.offer.speaker == node.origin else session.result
    if session.answer is None or theirs is None:
        raise NotFound(
            f"intersection {session.offer.short} is {session.state}; the other side has not gone on yet. Sync, then finish"
        )
    own = _reopen(node, session, kept)
    try:
        if session.offer.speaker == node.origin:
            return _finish_offered(node, session, own, session.answer[1])
        return _finish_answered(node, session, own, theirs[1])
    except RemoteError as error:
        decline(node, name, str(error))
        raise


def _finish_offered(node: Node, session: Session, own: psi.Blinded, answered: Intersection) -> Session:
    key = psi.unpack(answered.key)[0]
    results = psi.unpack(answered.again)
    psi.verify_again(own, key, results, _proof(answered))
    ours, proof = psi.again(own, key, psi.unpack(answered.points), node.random(NONCE_BYTES))
    common = psi.common(own, results, ours)
    assert session.answer is not None
    said = session.answer[0]
    body = Intersection(
        step="result", of=session.offer.id, again=psi.pack(ours), proof=psi.pack((proof[:32], proof[32:]))
    )

    def check(connection: Connection) -> None:
        if read_session(node, connection, session.offer.id).result is not None:
            raise NotPermitted(f"intersection {session.offer.short} was finished by another process meanwhile")

    tell(
        node, KIND, body, to=[said.speaker], re=said, check=check, also=lambda t, _: _conclude(node, t, session, common)
    )
    return _again(node, session)


def _finish_answered(node: Node, session: Session, own: psi.Blinded, finished: Intersection) -> Session:
    results = psi.unpack(finished.again)
    psi.verify_again(own, psi.unpack(session.body.key)[0], results, _proof(finished))
    assert session.answer is not None
    common = psi.common(own, results, psi.unpack(session.answer[1].again))
    node.store.write(node.clock(), lambda transaction: _conclude(node, transaction, session, common))
    return _again(node, session)


def decline(node: Node, name: str, reason: str) -> Said:
    """End a session, as either side may at any time before it is finished: the other one is told why."""
    with node.store.indexed() as connection:
        session = read_session(node, connection, name)
    if session.items is not None or session.declined is not None:
        raise NotPermitted(f"intersection {session.offer.short} is {session.state}; there is nothing to decline")
    body = Intersection(step="declined", of=session.offer.id, reason=reason)
    others = [origin for origin in session.offer.parties if origin != node.origin]

    def also(transaction: Transaction, _: Said) -> None:
        transaction.drop_record(KIND, session.offer.id)

    return tell(node, KIND, body, to=others, re=session.offer, also=also)


def read_session(node: Node, connection: Connection, name: str) -> Session:
    """An intersection by the name of its offer or of any step. Raises NotFound."""
    said = find(connection, (KIND,), name)
    root = str(said.body.get("of") or said.id)
    for session in _sessions(node, read_matters(connection, (KIND,), root)):
        if session.offer.id == root:
            return session
    raise NotFound(f"the offer that {said.short} is about is not here, or its text is gone")


def read_sessions(node: Node) -> list[Session]:
    """Every intersection that was offered to us or by us, in the order in which they were."""
    with node.store.indexed() as connection:
        return _sessions(node, read_matters(connection, (KIND,)))


def _sessions(node: Node, statements: Sequence[Said]) -> list[Session]:
    journal = key_name(node.origin, Role.JOURNAL)
    spoken = readable((said for said in statements if said.ref.log != journal), Intersection)
    concluded = {str(said.body.get("of")): said.body.get("items") for said in statements if said.ref.log == journal}
    found = []
    for offered, body in spoken:
        if body.step != "offer" or len(offered.aud) != 1:
            continue
        steps = {
            wanted: next(
                (
                    (said, step)
                    for said, step in spoken
                    if (step.step, step.of, said.speaker) == (wanted, offered.id, by)
                ),
                None,
            )
            for wanted, by in (("answer", offered.aud[0]), ("result", offered.speaker))
        }
        declined = next(
            (
                (said, s)
                for said, s in spoken
                if s.step == "declined" and s.of == offered.id and said.speaker in offered.parties
            ),
            None,
        )
        items = concluded.get(offered.id)
        known = tuple(str(item) for item in items) if isinstance(items, list) else None
        found.append(Session(offered, body, steps["answer"], steps["result"], declined, known))
    return found


def _require_theirs(node: Node, session: Session, step: str) -> None:
    if session.offer.speaker == node.origin:
        raise InvalidStatement(f"intersection {session.offer.short} is our own offer; {step} is for the partner")
    if session.answer is not None or session.declined is not None:
        raise NotPermitted(f"intersection {session.offer.short} is {session.state} already")


def _blind(node: Node, items: Sequence[bytes], session: bytes) -> psi.Blinded:
    return psi.blind(items, session, node.random(psi.random_bytes_needed(len(items))))


def _keep(transaction: Transaction, offer_id: str, own: psi.Blinded, items: Sequence[bytes]) -> None:
    """What is ours alone until the session ends. It is a record and no entry, so that it can be destroyed."""
    value: dict[str, JsonValue] = {"items": [item.decode() for item in items], "scalar": own.scalar.hex()}
    transaction.put_record(KIND, offer_id, encode(value))


def _reopen(node: Node, session: Session, kept: bytes) -> psi.Blinded:
    value = parse(kept)
    assert isinstance(value, dict)
    items, scalar = value["items"], value["scalar"]
    assert isinstance(items, list)
    assert isinstance(scalar, str)
    assert session.answer is not None
    sent = session.body if session.offer.speaker == node.origin else session.answer[1]
    return psi.reopen(
        psi.unpack(session.body.session)[0],
        bytes.fromhex(scalar),
        psi.unpack(sent.points),
        [str(item).encode() for item in items],
    )


def _conclude(node: Node, transaction: Transaction, session: Session, common: Sequence[bytes]) -> None:
    """The result in the journal; the scalar and the items that were kept are destroyed in the same commit."""
    value: dict[str, JsonValue] = {
        "buckets": dict(sorted(session.bucket.items())),
        "items": [item.decode() for item in common],
        "of": session.offer.id,
    }
    node.journal(transaction, KIND, value)
    transaction.drop_record(KIND, session.offer.id)


def _again(node: Node, session: Session) -> Session:
    with node.store.indexed() as connection:
        return read_session(node, connection, session.offer.id)


def _proof(body: Intersection) -> bytes:
    return b"".join(psi.unpack(body.proof))
