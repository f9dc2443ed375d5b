"""Talk: a notice, request, warning or reply is a statement whose allowed next moves are a table, the same for both sides.

    opening or move → complete? allowed now, by the same fold that judges a partner's moves? → a second person, if the choices ask for one
    → said (commit point); what a sealed consequence hides is journalled in the same commit

The state of a thread is computed from what was said and receipted, never stored. Nothing is sent by itself: a reminder or an escalation is
a message that a person sends, and what goes to the political level needs a person's name, which stays in the journal.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec

from detente.channel.bodies import LEVELS, Consequence, Message
from detente.channel.clocks import SKEW_US
from detente.channel.moves import MOVES, OPENER, WARNING
from detente.channel.reports import latency, usage
from detente.channel.required import check_move, check_opening
from detente.channel.thread import Thread, fold, require_allowed, threads
from detente.errors import InvalidStatement, NotFound, NotPermitted, StaleWrite
from detente.node import outbox
from detente.node.matters import find, newest, read_about, read_ids, read_matters, receipts, tell, unsettled
from detente.node.open import Node
from detente.node.outbox import Draft, Waiting
from detente.node.policy import require_permitted
from detente.said import Said, read, read_value, written
from detente.seals import KEY_BYTES, Seal, digest_of, kept_value
from detente.statement import KINDS
from detente.stix.canonical import JsonValue
from detente.stix.marking import Tlp, parse_tlp
from detente.store.database import Connection
from detente.store.store import Transaction
from detente.views import MATTERS
from detente.when import DAY_US, When

MESSAGE = "message"
CORRECTION = "correction"
STATEMENTS = tuple(sorted(kind for kind in MATTERS if not KINDS[kind].startswith("journal only")))
_WORDS = re.compile(r"[a-z]{5}(-[a-z]{5}){1,2}")
POLITICAL = max(LEVELS)
ATTEMPTS = 5
_POLITICAL_WHY = "nothing goes to the political level without a person"


@dataclass(frozen=True, slots=True)
class Spoken:
    """What came of saying something. `said` is the draft's journal entry when `waits`; `to`: origins. `stored` is False of a dry run."""

    said: Said
    message: Message
    to: tuple[str, ...]
    waits: bool = False
    stored: bool = True


@dataclass(frozen=True, slots=True)
class SealedText:
    """A consequence that is decided and not disclosed; `reveal_us` or `condition` says when it will be."""

    text: str
    reveal_us: int = 0
    condition: str = ""


# -- saying -------------------------------------------------------------------------------------------------------------


def send(
    node: Node,
    message: Message,
    *,
    to: Sequence[str],
    by: str = "",
    sealed: SealedText | None = None,
    dry_run: bool = False,
) -> Spoken:
    """Open a thread with these partners (names or origins). `message.repeats` may be the short name of an earlier opening of ours.

    Raises InvalidStatement naming the field that is missing or wrong, NotPermitted for what a table, a marking, an agreement or a missing
    person forbids; nothing is recorded then.
    """
    if not to:
        raise InvalidStatement("a message goes to somebody: name the partners with --to")
    if message.repeats:
        message = msgspec.structs.replace(message, repeats=_repeated(node, message).id)
    message = _with_ids(node, message)
    seal: dict[str, JsonValue] = {}
    if sealed is not None:
        message, seal = _sealed(node, message, sealed)
    check_opening(message)
    return _speak(node, message, to=to, by=by, seal=seal, dry_run=dry_run)


def reply(
    node: Node, name: str, message: Message, *, to: Sequence[str] = (), by: str = "", dry_run: bool = False
) -> Spoken:
    """Make a move in the thread `name`; `thread`, `number` and `level` of the message are filled in here.

    `to`: which of its addressees an opener means, by default all for whom the move is allowed. Raises as `send` does.
    """
    if message.move not in MOVES:
        raise InvalidStatement(f"a move is one of {', '.join(MOVES)}; got {message.move!r}")
    if message.move == "correct":
        raise InvalidStatement(
            "a correction names the statement and the field: detente correction say STATEMENT --field … --now …"
        )
    now_us = node.clock()
    with node.store.indexed() as connection:
        held = read_thread(connection, node, name, now_us)
        aims = _aims(node, connection, held, message.move, to)
    message = msgspec.structs.replace(
        _with_ids(node, message),
        thread=held.id,
        number=held.next_number(node.origin),
        level=_level(held, message, aims),
        marking=message.marking or _marking(node, held),
    )
    if message.level == POLITICAL:
        outbox.require_person(by, _POLITICAL_WHY)
    check_move(_with_eyes(message, by), kind=held.kind)
    for count in message.relayed:
        permitted(held, count.language)
    return _speak(node, message, to=aims, by=by, seal={}, dry_run=dry_run)


def permitted(held: Thread, language: str) -> str:
    """The wording in which a warning may be passed on in a language. Raises NotPermitted when its speaker permits none."""
    relay = held.message.relay
    if held.kind != WARNING or relay is None or not relay.allowed:
        raise NotPermitted(f"{held.opener} has not permitted that this is passed on")
    wordings = {**(held.message.public_text if relay.public else {}), **relay.wording}
    if language not in wordings:
        named = f"in {language}" if language else "without a language"
        raise NotPermitted(f"{held.opener} permits no wording {named}; there is: {', '.join(wordings)}")
    return wordings[language]


def approve(node: Node, name: str, *, by: str, dry_run: bool = False) -> Spoken:
    """A second person lets a draft go: it is said, with `eyes` 2, and the approval is journalled in the same commit."""
    who = outbox.require_person(by, "approving is a second person's decision")
    with node.store.indexed() as connection:
        waiting = outbox.require_second(connection, outbox.find_waiting(connection, name).entry.id, who)
        draft = waiting.draft
        message = read_value(draft.body, Message, where=f"the draft {waiting.entry.short}")
        if message.thread:
            number = read_thread(connection, node, message.thread, node.clock()).next_number(node.origin)
            message = msgspec.structs.replace(message, number=number)
    message = msgspec.structs.replace(message, eyes=2)
    return _say(node, message, to=draft.to, by=who, seal=draft.seal, dry_run=dry_run, approved=waiting)


def _speak(
    node: Node, message: Message, *, to: Sequence[str], by: str, seal: dict[str, JsonValue], dry_run: bool
) -> Spoken:
    who = outbox.person(by)
    if message.level == POLITICAL:
        who = outbox.require_person(by, _POLITICAL_WHY)
    if not needs_second(node, message):
        return _say(node, _with_eyes(message, who), to=to, by=who, seal=seal, dry_run=dry_run)
    who = outbox.require_person(by, "this waits for a second person, so it needs the first one")
    # Everything that could refuse it is asked now, so that nobody approves what cannot be said.
    trial = _say(node, msgspec.structs.replace(message, eyes=2), to=to, by=who, seal=seal, dry_run=True)
    if dry_run:
        return Spoken(trial.said, message, trial.to, waits=True, stored=False)
    draft = Draft(kind=MESSAGE, body=written(message), to=trial.to, by=who, seal=seal)
    return Spoken(outbox.put(node, draft), message, trial.to, waits=True)


def needs_second(node: Node, message: Message) -> bool:
    """Whether a second person looks at it: by the choices, and always before a text goes to the public."""
    choices = node.config.channel
    if message.relay is not None and message.relay.public:
        return True
    return choices.four_eyes and (not choices.four_eyes_kinds or message.move in choices.four_eyes_kinds)


def _say(node: Node, message: Message, **how: Any) -> Spoken:
    """As `_say_once`; anew when something was added between looking and saying, by a sync or by another process."""
    for _ in range(ATTEMPTS - 1):
        with suppress(StaleWrite):
            return _say_once(node, message, **how)
    return _say_once(node, message, **how)


def _say_once(
    node: Node,
    message: Message,
    *,
    to: Sequence[str],
    by: str,
    seal: dict[str, JsonValue],
    dry_run: bool,
    approved: Waiting | None = None,
) -> Spoken:
    answers_to = None
    now_us = node.clock()
    with node.store.indexed() as connection:
        looked_at = newest(connection)
        origins = tuple(sorted({node.partner(connection, name).origin for name in to}))
        if message.thread:
            answers_to = _latest(node, read_thread(connection, node, message.thread, now_us), origins)

    def check(connection: Connection) -> None:
        # What was added since is not in the index yet, and what it says could forbid this.
        if newest(connection) != looked_at:
            raise StaleWrite("something was added to this node at the same moment; nothing was said. Say it again.")
        if approved is not None:
            outbox.require_second(connection, approved.entry.id, by)
        if message.thread:
            require_allowed(
                read_thread(connection, node, message.thread, now_us), message, node.origin, now_us, to=origins
            )
        require_permitted(node, connection, message, origins)

    def also(transaction: Transaction, said: Said) -> None:
        if seal:
            node.journal(transaction, "seal", {**seal, "of": said.id})
        if approved is not None:
            approval = outbox.Approval(of=approved.entry.id, by=by, decision=outbox.APPROVED, said=said.id)
            node.journal(transaction, "approval", written(approval))
        elif by:
            node.journal(transaction, "decision", {"decided": "message sent", "by": by, "statement": said.id})

    said = tell(node, MESSAGE, message, to=origins, re=answers_to, check=check, also=also, dry_run=dry_run)
    return Spoken(said, message, origins, stored=not dry_run)


def _with_ids(node: Node, message: Message) -> Message:
    """Statements that were named by their words, named by their ids; what is no such name (a STIX id) stays as it is."""

    def named(name: str) -> str:
        return find(connection, STATEMENTS, name).id if _WORDS.fullmatch(name) else name

    with node.store.indexed() as connection:
        outcome = message.outcome
        return msgspec.structs.replace(
            message,
            refs=tuple(named(name) for name in message.refs),
            evidence=tuple(named(name) for name in message.evidence),
            superseded_by=named(message.superseded_by),
            outcome=outcome
            and msgspec.structs.replace(outcome, evidence=tuple(named(name) for name in outcome.evidence)),
        )


def _with_eyes(message: Message, by: str) -> Message:
    return msgspec.structs.replace(message, eyes=1) if by else message


def _sealed(node: Node, message: Message, sealed: SealedText) -> tuple[Message, dict[str, JsonValue]]:
    key = node.random(KEY_BYTES)
    try:
        seal = Seal(digest_of(sealed.text, key), sealed.reveal_us, sealed.condition)
    except ValueError as error:
        raise InvalidStatement(f"{error}: give --reveal-at or --reveal-if") from None
    kept = kept_value(sealed.text, key)
    assert isinstance(kept, dict)
    return msgspec.structs.replace(message, consequence=Consequence(class_="sealed", seal=seal)), kept


def _repeated(node: Node, message: Message) -> Said:
    with node.store.indexed() as connection:
        earlier = find(connection, [MESSAGE], message.repeats)
    before = read(earlier, Message)
    if earlier.speaker != node.origin:
        raise NotPermitted(f"{earlier.short} was said by {earlier.speaker}; only who said something can repeat it")
    if before.move != message.move or before.thread:
        raise InvalidStatement(
            f"{earlier.short} is a {before.move}{' in a thread' if before.thread else ''}; a {message.move} repeats an "
            f"opening of the same kind"
        )
    return earlier


def _aims(node: Node, connection: Connection, held: Thread, move: str, to: Sequence[str]) -> tuple[str, ...]:
    """The origins that a move of ours goes to."""
    if node.origin != held.opener:
        return (held.opener,)
    named = tuple(node.partner(connection, name).origin for name in to)
    if named:
        return named
    open_to = tuple(party for party, leg in held.legs.items() if move in leg.moves[OPENER])
    return open_to or tuple(held.legs)


def _level(held: Thread, message: Message, aims: Sequence[str]) -> int:
    level = max((held.legs[party].level for party in aims if party in held.legs), default=held.level)
    return min(level + 1, POLITICAL) if message.move == "escalate" else level


def _marking(node: Node, held: Thread) -> str:
    """A reply is handled no more freely than what it replies to."""
    own = node.config.default_marking
    theirs = parse_tlp(held.message.marking) if held.message.marking else own
    return Tlp(max(own, theirs)).label


def _latest(node: Node, held: Thread, to: Sequence[str]) -> Said:
    """What a move answers to: the last statement in the thread that all who get it hold, so that the order of both is provable."""
    for event in reversed(held.events):
        if set(to) <= {event.said.speaker, *event.said.aud} and event.said.speaker != node.origin:
            return event.said
    return held.opening


# -- reading ------------------------------------------------------------------------------------------------------------


def thread(node: Node, name: str, now_us: int | None = None) -> Thread:
    """The thread that a message belongs to, as it stands now or at `now_us`. Raises NotFound."""
    with node.store.indexed() as connection:
        return read_thread(connection, node, name, node.clock() if now_us is None else now_us, repeats=True)


def read_thread(connection: Connection, node: Node, name: str, now_us: int, *, repeats: bool = False) -> Thread:
    """`repeats`: with the other openings that it repeats or that repeat it, for showing; what may be said does not depend on them."""
    said = find(connection, [MESSAGE], name)
    opening_id = said.body.get("thread") or said.id
    assert isinstance(opening_id, str)
    opening = next(iter(read_ids(connection, [opening_id])), None)
    if opening is None:
        raise NotFound(f"the opening of {said.short} is not held here; sync with {said.speaker} first")
    if opening.at_us > now_us + SKEW_US:
        raise NotFound(
            f"{opening.short} was said on {When(opening.at_us)}, later than the time asked for, {When(now_us)}. "
            "If that is now, set the clock."
        )
    members = read_matters(connection, [MESSAGE], opening_id)
    ids = {one.id for one in members}
    # Corrections of these, and answers to them whose texts were erased.
    beside = read_about(connection, [MESSAGE, CORRECTION], sorted(ids), themselves=False)
    told = [*members, *beside, *(_chain(connection, opening) if repeats else ())]
    return fold(told, receipts(connection, told), now_us=now_us, thread=opening_id, viewer=node.origin)


def all_threads(connection: Connection, node: Node, now_us: int, *, with_party: str | None = None) -> list[Thread]:
    """Every thread held here, or those with one party, in the order in which they were opened."""
    told = read_matters(connection, [MESSAGE, CORRECTION], with_party=with_party)
    return threads(told, receipts(connection, told), now_us=now_us, viewer=node.origin)


def open_threads(connection: Connection, node: Node, now_us: int) -> list[Thread]:
    """The threads in which something may wait: all but those that `settle` was told of."""
    told = read_about(connection, [MESSAGE], unsettled(connection))
    # Corrections of these, and answers to them whose texts were erased.
    told += read_about(connection, [MESSAGE, CORRECTION], [one.id for one in told], themselves=False)
    return threads(told, receipts(connection, told), now_us=now_us, viewer=node.origin)


def usage_report(node: Node, partner: str) -> dict[str, JsonValue]:
    """What the channel between us and a partner was used for, and when a drill is due. Both sides compute the same."""
    with node.store.indexed() as connection:
        now_us = node.clock()
        origin = node.partner(connection, partner).origin
        found = all_threads(connection, node, now_us, with_party=origin)
    parties = sorted((node.origin, origin))
    return usage(found, parties, now_us=now_us, interval_us=node.config.channel.drill_days * DAY_US)


def latency_report(node: Node, partner: str) -> dict[str, Any]:
    with node.store.indexed() as connection:
        origin = node.partner(connection, partner).origin
        found = all_threads(connection, node, node.clock(), with_party=origin)
    return latency(found, sorted((node.origin, origin)))


def _chain(connection: Connection, opening: Said) -> list[Said]:
    """The other openings that repeat one another with this one, however far away in the chain."""
    found = {opening.id: opening}
    wanted = [opening.id]
    while wanted:
        near = read_about(connection, [MESSAGE], wanted)
        near += read_ids(connection, [str(one.body.get("repeats")) for one in near if one.body.get("repeats")])
        fresh = {one.id: one for one in near if one.id not in found and not one.body.get("thread")}
        found |= fresh
        wanted = list(fresh)
    return [one for one in found.values() if one is not opening]


__all__ = [
    "SealedText",
    "Spoken",
    "all_threads",
    "approve",
    "latency_report",
    "needs_second",
    "open_threads",
    "permitted",
    "read_thread",
    "reply",
    "send",
    "thread",
    "usage_report",
]
