"""Relay: a company hands indicators to a partner that it trusts, which says them to an agency in its own name; replies come back.

    submitter → relay (submission) → receiver (objects, and a notice with the handle) → relay (reply) → submitter (reply)

All that the receiver learns of the submitter is a handle of 32 random bytes, drawn for one submission. Who submitted it the relay knows,
and keeps. `detente.joint.relay` says what is taken from the objects; docs/joint.md, what no relay can hide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from detente.errors import InvalidObject, NotFound, NotPermitted
from detente.joint import purpose as purposes
from detente.joint.bodies import RELAYED_OBJECTS_MAX, Relay
from detente.joint.relay import Relayed, as_relayed, names_of
from detente.node.matters import read_matters, tell
from detente.node.open import Node
from detente.node.policy import require_scope
from detente.node.share import Told, say, say_to
from detente.party import Party
from detente.said import Said, readable, short_of, written
from detente.statement import base64url, unbase64url
from detente.stix.marking import effective
from detente.stix.objects import StixObject, format_timestamp, new_id, parse_object
from detente.store.database import Connection
from detente.store.store import Transaction, read_record

KIND = "relay"
HANDLE_BYTES = 32


@dataclass(frozen=True, slots=True)
class Submission:
    """One submission as this node knows it. `part`: what we are in it: submitter, relay or receiver.

    `with_party`: the other side that we see: for the submitter and the receiver the relay, for the relay the submitter. `replies`: time
    and text of each reply that reached us; `passed_on`: how many of them we as the relay have passed to the submitter.
    """

    handle: str
    part: str
    with_party: str
    to: str
    at_us: int
    objects: int
    forwarded_us: int
    replies: tuple[tuple[int, str], ...]
    passed_on: int = 0

    @property
    def short(self) -> str:
        return short_of(unbase64url(self.handle))


@dataclass(frozen=True, slots=True)
class Forwarded:
    """What one forwarding did: objects `said`, or `replies`. `removed`: class and count; `held_back`: type and reason."""

    handle: str
    said: int
    removed: dict[str, int]
    held_back: tuple[tuple[str, str], ...]
    replies: int = 0


def submit(
    node: Node,
    relay: str,
    objects: Sequence[StixObject],
    *,
    to: str,
    purpose: str = "",
    classes: Sequence[str] = (),
    dry_run: bool = False,
) -> tuple[Said, Relayed]:
    """Hand objects to a relay for `to` (the receiver's origin). What leads to us is taken out here already.

    Raises InvalidObject when nothing is left or it is too much at once, NotPermitted when the marking or the scope forbids it.
    """
    with node.store.reading() as connection:
        partner = node.partner(connection, relay)
    if to == partner.origin:
        raise InvalidObject(f"{to} is the relay itself; name the party that the submission is for")
    relayed = _without(node, objects, names_of(node.origin, node.title))
    if not 0 < len(relayed.objects) <= RELAYED_OBJECTS_MAX:
        raise InvalidObject(
            f"a submission has 1 to {RELAYED_OBJECTS_MAX} objects; {len(relayed.objects)} of {len(objects)} are left to go"
        )
    bound = [purposes.bind(stix, [purpose]) for stix in relayed.objects] if purpose else list(relayed.objects)
    body = Relay(
        step="submission",
        handle=base64url(node.random(HANDLE_BYTES)),
        to=to,
        purpose=purpose,
        classes=tuple(classes),
        objects=tuple(stix.value for stix in bound),
    )
    marking = max(effective(stix, purposes.well_known(), default=node.config.default_marking) for stix in bound)

    def check(connection: Connection) -> None:
        require_scope(node, connection, classes, purpose, [partner.origin])

    return tell(node, KIND, body, to=[partner.origin], marking=marking, check=check, dry_run=dry_run), relayed


def forward(node: Node, name: str | None = None, *, only_from: str | None = None) -> list[Forwarded]:
    """As a relay: say what was submitted to us and not forwarded yet, and pass on the replies that came. A timer may call it.

    `name`: one submission, by its handle or three words. `only_from`: the submissions of one partner. A submission whose receiver may
    not have it, or is no partner of ours, stops no other: it stays waiting, and is returned with nothing said.
    """
    with node.store.indexed() as connection:
        known = _known(node, connection)
        handles = [_one(known, name)] if name is not None else list(known)
        origin = None if only_from is None else node.partner(connection, only_from).origin
        partners = {party.origin: party for party in node.partners(connection)}
    done: list[Forwarded] = []
    for handle in handles:
        threads = known[handle]
        submission = threads.submission
        if submission is None or submission[0].speaker == node.origin or origin not in (None, submission[0].speaker):
            continue
        if threads.forwarded is None:
            done.append(_forward(node, handle, *submission, partners))
        done += _pass_on(node, threads, submission[0])
    return done


def reply(node: Node, name: str, text: str) -> Said:
    """As the receiver: answer whoever is behind a handle, through the relay that it came from."""
    with node.store.indexed() as connection:
        known = _known(node, connection)
        notice = known[_one(known, name)].forwarded
    if notice is None or notice[0].speaker == node.origin:
        raise NotPermitted(f"nothing that was relayed to us has the handle {name}; replies are the receiver's")
    said, body = notice
    return tell(node, KIND, Relay(step="reply", handle=body.handle, text=text), to=[said.speaker], re=said)


def read_submissions(node: Node) -> list[Submission]:
    """Every submission that we made, relay or received, in the order in which we learned of them."""
    with node.store.indexed() as connection:
        return [_seen_by(node, handle, threads) for handle, threads in _known(node, connection).items()]


@dataclass(slots=True)
class _Threads:
    """The statements about one handle, as far as this node holds them."""

    submission: tuple[Said, Relay] | None = None
    forwarded: tuple[Said, Relay] | None = None
    confirmed: tuple[Said, Relay] | None = None
    replies: list[tuple[Said, Relay]] = field(default_factory=list)


def _known(node: Node, connection: Connection) -> dict[str, _Threads]:
    """By handle. A statement counts only from whom it may come: a reply from the receiver or the relay, not from anybody."""
    by_handle: dict[str, list[tuple[Said, Relay]]] = {}
    for said, body in readable(read_matters(connection, (KIND,)), Relay):
        by_handle.setdefault(body.handle, []).append((said, body))
    known = {handle: _threads(node, said) for handle, said in by_handle.items()}
    return {handle: threads for handle, threads in known.items() if threads.submission or threads.forwarded}


def _threads(node: Node, spoken: Sequence[tuple[Said, Relay]]) -> _Threads:
    submission = next(((said, body) for said, body in spoken if body.step == "submission"), None)
    if submission is None:  # we are the receiver, and whoever sent the notice is the relay
        theirs = [one for one in spoken if one[1].step == "forwarded" and one[0].speaker != node.origin]
        forwarded = next((one for one in theirs if one[1].objects_said), None)
        return _Threads(None, forwarded, None, [one for one in spoken if one[1].step == "reply"])
    said, body = submission
    ours = said.speaker == node.origin
    others = said.aud if ours else (body.to,)
    notices = [one for one in spoken if one[1].step == "forwarded"]
    return _Threads(
        submission,
        next((one for one in notices if one[0].speaker == node.origin and one[1].objects_said), None),
        next((one for one in notices if ours and one[0].speaker in others), None),
        [one for one in spoken if one[1].step == "reply" and one[0].speaker in (*others, node.origin)],
    )


def _seen_by(node: Node, handle: str, threads: _Threads) -> Submission:
    replies = tuple((said.at_us, body.text) for said, body in threads.replies if said.speaker != node.origin)
    if threads.submission is None:
        assert threads.forwarded is not None
        said, body = threads.forwarded
        own = tuple((one.at_us, its.text) for one, its in threads.replies)
        return Submission(
            handle, "receiver", said.speaker, node.origin, said.at_us, len(body.objects_said), said.at_us, own
        )
    said, body = threads.submission
    ours = said.speaker == node.origin
    noted = threads.confirmed if ours else threads.forwarded
    return Submission(
        handle,
        "submitter" if ours else "relay",
        said.aud[0] if ours else said.speaker,
        body.to,
        said.at_us,
        len(body.objects),
        noted[0].at_us if noted is not None else 0,
        replies,
        passed_on=0 if ours else sum(one.speaker == node.origin for one, _ in threads.replies),
    )


def _one(known: dict[str, _Threads], name: str) -> str:
    found = [
        h
        for h in known
        if h == name or (len(name) >= 4 and (h.startswith(name) or short_of(unbase64url(h)).startswith(name)))
    ]
    if len(found) != 1:
        raise NotFound(f"{len(found) or 'no'} submissions have a handle {name!r}; detente relay list shows them")
    return found[0]


def _forward(node: Node, handle: str, said: Said, body: Relay, partners: dict[str, Party]) -> Forwarded:
    """Objects, the notice to the receiver and the confirmation to the submitter are one commit."""
    receiver = partners.get(body.to)
    if receiver is None:
        return Forwarded(handle, 0, {}, (("submission", f"{body.to} is no partner of ours"),))
    submitter = partners.get(said.speaker)
    names = names_of(said.speaker, *((submitter.name, submitter.title) if submitter is not None else ()))
    relayed = _without(node, [parse_object(dict(value)) for value in body.objects], names)
    definitions = [purposes.purpose_marking([body.purpose])] if body.purpose else []
    bound = [purposes.bind(stix, [body.purpose]) for stix in relayed.objects] if body.purpose else list(relayed.objects)

    def also(transaction: Transaction, told: Told) -> None:
        if read_record(transaction.connection, KIND, handle) is not None:
            raise NotPermitted(f"the submission {handle[:8]} was forwarded by another process meanwhile")
        transaction.put_record(KIND, handle, b"forwarded")
        refused = {object_id for object_id, _ in (*told.refused, *told.held_back)}
        went = tuple(stix.id for stix in bound if stix.id not in refused)
        if not went:
            raise NotPermitted("; ".join(sorted({reason for _, reason in told.refused})) or "nothing may be passed on")
        notice = Relay(step="forwarded", handle=handle, purpose=body.purpose, classes=body.classes, objects_said=went)
        say_to(node, transaction, KIND, written(notice), [receiver.origin])
        say_to(node, transaction, KIND, written(Relay(step="forwarded", handle=handle)), [said.speaker], said.ref)

    held = relayed.held_back
    try:
        told = say(node, "", [*definitions, *bound], to=[receiver.origin], also=also)
    except NotPermitted as error:
        return Forwarded(handle, 0, dict(relayed.removed), (*held, ("submission", str(error))))
    removed = {**relayed.removed, **{c: n + relayed.removed.get(c, 0) for c, n in told.removed.items()}}
    return Forwarded(handle, len(bound) - len(told.refused) - len(told.held_back), removed, held)


def _pass_on(node: Node, threads: _Threads, submission: Said) -> list[Forwarded]:
    came = [(said, body) for said, body in threads.replies if said.speaker != node.origin]
    passed = {body.of for said, body in threads.replies if said.speaker == node.origin}
    waiting = [(said, body) for said, body in came if said.id not in passed]
    for said, body in waiting:
        onward = Relay(step="reply", handle=body.handle, text=body.text, sender=said.speaker, of=said.id)
        tell(node, KIND, onward, to=[submission.speaker], re=submission)
    return [Forwarded(waiting[0][1].handle, 0, {}, (), len(waiting))] if waiting else []


def _without(node: Node, objects: Sequence[StixObject], names: Sequence[str]) -> Relayed:
    return as_relayed(
        objects,
        names,
        node.rules,
        default=node.config.default_marking,
        now=format_timestamp(node.clock()),
        new_id=lambda type_: new_id(type_, node.random(16)),
    )
