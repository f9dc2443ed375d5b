"""Corrections: everybody who got the wrong item gets the right one, and whatever rests on it is marked.

    a field of a statement of ours, what it said, what it says from now on → said to every recipient of the statement →
    for each other statement of ours that rests on it: its recipients are told that it does

A statement *rests on* another when its body names it, directly or through statements between them. The later moves of a thread name
their opening and do not rest on it. What a partner made of our item is marked at the partner's node, by the same code.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from detente.channel.bodies import Correction
from detente.errors import InvalidStatement, NotFound, NotPermitted
from detente.node.matters import find, is_private, read_matters, tell
from detente.node.open import Node
from detente.node.outbox import person
from detente.node.talk import STATEMENTS
from detente.said import Said, readable
from detente.stix.canonical import JsonValue
from detente.stix.marking import Tlp, parse_tlp
from detente.store.database import Connection
from detente.store.store import Transaction
from detente.views import EVERYBODY

CORRECTION = "correction"
# The field of a correction which says that the statement itself was not changed: something that it rests on was.
RESTS_ON = "rests-on"
# Fields that place a statement and take nothing from the one they name; and what a correction names is not its source.
_PLACING = frozenset({"thread", "repeats"})
_ID_CHARACTERS = 43
VALUE_CHARACTERS_MAX = 2_000


@dataclass(frozen=True, slots=True)
class Resting:
    """`said` rests on a corrected item. `to_tell`: recipients of it that were told of neither correction, when it is ours."""

    said: Said
    to_tell: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Corrected:
    """One correction as it is listed: `of` is what was corrected, None when that is not held here."""

    said: Said
    correction: Correction
    of: Said | None
    resting: tuple[Resting, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """`said`: the correction. `told`: the notices to recipients of what rests on it; `refused`: who could not be told of it, and why."""

    said: Said
    correction: Correction
    told: tuple[Said, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()


def correct(
    node: Node, name: str, *, field: str, now: str, text: str = "", by: str = "", dry_run: bool = False
) -> Done:
    """Correct one field of a statement of ours, such as `text` or `window.to_us`.

    What it said is taken from the statement and its earlier corrections. Raises NotPermitted for a statement of somebody else,
    InvalidStatement naming the fields there are; nothing is recorded then.
    """
    with node.store.indexed() as connection:
        of = find(connection, STATEMENTS, name)
        if of.speaker != node.origin:
            raise NotPermitted(f"{of.short} was said by {of.speaker}; only who said something can correct it")
        if of.kind in (CORRECTION, "reveal"):
            raise InvalidStatement(f"a {of.kind} is not corrected; correct the statement that it is about, again")
    correction = _correction(node, of, field, now, text)

    def check(connection: Connection) -> None:
        if _value(connection, of, field) != correction.was:
            raise InvalidStatement(f"{field} of {of.short} was corrected by somebody else just now; look at it again")

    said = _tell(node, correction, of, by=by, check=check, dry_run=dry_run)
    if dry_run:
        return Done(said, correction)
    return pass_on(node, said.id, by=by)


def pass_on(node: Node, name: str, *, by: str = "", dry_run: bool = False) -> Done:
    """Tell the recipients of our statements that rest on a corrected item that they do; those who know are not told again.

    A recipient that may not be told now, such as a paused partner, does not hold up the others; it stays in the inbox.
    """
    with node.store.indexed() as connection:
        found = next(
            one for one in corrected(connection, node) if one.said.id == find(connection, [CORRECTION], name).id
        )
    told: list[Said] = []
    refused: list[tuple[str, str]] = []
    for one in found.resting:
        for party in one.to_tell:
            notice = Correction(
                of=one.said.id,
                field=RESTS_ON,
                was=found.correction.of,
                now=found.said.id,
                text=f"This statement rests on one of {found.said.speaker} that was corrected. It was not changed itself.",
            )
            try:
                told.append(_tell(node, notice, one.said, by=by, to=[party], dry_run=dry_run))
            except (NotPermitted, NotFound) as error:
                refused.append((party, str(error)))
    return Done(found.said, found.correction, tuple(told), tuple(refused))


def corrected(connection: Connection, node: Node) -> list[Corrected]:
    """All corrections that are held here, each with the statements that rest on what was corrected."""
    corrections = readable(read_matters(connection, [CORRECTION]), Correction)
    changes = [(said, body) for said, body in corrections if body.field != RESTS_ON]
    if not changes:
        return []
    everything = {one.id: one for one in read_matters(connection, STATEMENTS) if not is_private(connection, one)}
    users = _users(everything)
    reached: dict[str, set[str]] = defaultdict(set)  # statement and the correction that its recipients heard of
    for said, body in corrections:
        if body.field == RESTS_ON:
            reached[body.of + body.now].update(said.aud)
    return [
        Corrected(
            said,
            body,
            everything.get(body.of),
            tuple(
                Resting(everything[id], _to_tell(node, everything[id], said, reached[id + said.id]))
                for id in _resting(body.of, users)
            ),
        )
        for said, body in changes
    ]


def _to_tell(node: Node, said: Said, correction: Said, reached: set[str]) -> tuple[str, ...]:
    if said.speaker != node.origin or said.aud == (EVERYBODY,):
        return ()
    know = {node.origin, correction.speaker, *correction.aud, *reached}
    return tuple(party for party in said.aud if party not in know)


def _users(everything: Mapping[str, Said]) -> dict[str, list[str]]:
    """For each id, the statements whose bodies name it as something they take from, in the order in which they were said."""
    users: dict[str, list[str]] = defaultdict(list)
    for said in everything.values():
        if said.kind not in (CORRECTION, "reveal"):
            for name in dict.fromkeys(_names(said.body)):
                if name in everything and name != said.id:
                    users[name].append(said.id)
    return users


def _names(value: JsonValue | Mapping[str, JsonValue]) -> Iterator[str]:
    if isinstance(value, str):
        if len(value) == _ID_CHARACTERS:
            yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if key not in _PLACING:
                yield from _names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _names(inner)


def _resting(id: str, users: Mapping[str, Sequence[str]]) -> list[str]:
    """Everything that rests on `id`, nearest first; each once, however the statements refer to one another."""
    found: dict[str, None] = {}
    waiting = [id]
    while waiting:
        for user in users.get(waiting.pop(0), ()):
            if user not in found and user != id:
                found[user] = None
                waiting.append(user)
    return list(found)


def _correction(node: Node, of: Said, field: str, now: str, text: str) -> Correction:
    with node.store.indexed() as connection:
        was = _value(connection, of, field)
    if len(now) > VALUE_CHARACTERS_MAX:
        raise InvalidStatement(f"what the field says from now on has at most {VALUE_CHARACTERS_MAX} characters")
    if was == now:
        raise InvalidStatement(f"{field} of {of.short} says that already; there is nothing to correct")
    return Correction(of=of.id, field=field, was=was[:VALUE_CHARACTERS_MAX], now=now, text=text)


def _value(connection: Connection, of: Said, field: str) -> str:
    """What a field says: the latest correction of it, else what stands in the body."""
    latest = [
        body.now
        for said, body in readable(read_matters(connection, [CORRECTION], of.id), Correction)
        if said.speaker == of.speaker and body.of == of.id and body.field == field
    ]
    if latest:
        return latest[-1]
    value: JsonValue = dict(of.body)
    for part in field.split("."):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isascii() and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            known = ", ".join(of.body)
            raise InvalidStatement(
                f"{of.kind} {of.short} does not say {field!r}. It says: {known}; parts as in window.to_us"
            )
    if isinstance(value, dict | list):
        inner = value if isinstance(value, dict) else range(len(value))
        raise InvalidStatement(
            f"{field} has parts; correct one of them: {', '.join(f'{field}.{part}' for part in inner)}"
        )
    return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)


def _tell(
    node: Node,
    correction: Correction,
    of: Said,
    *,
    by: str,
    to: Sequence[str] = (),
    check: Callable[[Connection], None] | None = None,
    dry_run: bool = False,
) -> Said:
    who = person(by)

    def also(transaction: Transaction, said: Said) -> None:
        if who:
            node.journal(transaction, "decision", {"decided": "statement corrected", "by": who, "statement": said.id})

    public = of.aud == (EVERYBODY,) and not to
    marked = of.body.get("marking")
    tlp = max(node.config.default_marking, parse_tlp(marked)) if isinstance(marked, str) and marked else None
    return tell(
        node,
        CORRECTION,
        correction,
        to=() if public else tuple(to) or [party for party in of.aud if party != node.origin],
        marking=Tlp.CLEAR if public else tlp,
        re=of,
        public=public,
        check=check,
        also=also,
        dry_run=dry_run,
    )
