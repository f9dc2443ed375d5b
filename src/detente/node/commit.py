"""Norms, conduct, agreements, undertakings and limits: what a party says of them is checked against the record and said.

Reading is a view over all statements held; the core (`detente.norms`) decides what they amount to. Whatever has to hold between a new
statement and those before it (self-assessment first, a signature on a text that can still be signed) is checked inside the transaction
that appends it, so that nothing is recorded when it is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from detente.errors import InvalidStatement, NotFound, NotPermitted
from detente.node.matters import find, read_ids, read_matters, tell
from detente.node.open import Node
from detente.norms.agreements import (
    ENDED,
    AgreementState,
    InForce,
    agreements,
    in_force,
    keep_scope,
    require_amendable,
    require_signable,
)
from detente.norms.answers import require_answerable
from detente.norms.bodies import (
    Agreement,
    Amendment,
    Answer,
    Change,
    Commitment,
    Conduct,
    Limit,
    Signature,
    Undertaking,
    made,
)
from detente.norms.conduct import ConductEntry, conduct_entries, require_own_entry
from detente.norms.promises import Duty, Item, LimitState, duties, limits, undertakings
from detente.norms.register import Standing, norm_named, register
from detente.norms.tables import NORMS
from detente.party import unproquints
from detente.said import SHORT_WORDS, Said, read
from detente.stix.marking import Tlp
from detente.store.database import Connection
from detente.views import MATTERS

TEXTS = ("agreement", "amendment", "signature")


# -- norms --------------------------------------------------------------------------------------------------------------


def adopt(
    node: Node,
    *,
    to: Sequence[str] = (),
    marking: Tlp | None = None,
    dry_run: bool = False,
    public: bool = False,
    **fields: Any,
) -> Said:
    """Say where a party stands on a norm; without `party`, where we do."""
    norm = norm_named(fields.pop("norm")).id
    party = named(node, fields.pop("party", ""))
    body = made(Commitment, norm=norm, party=party, **fields)
    return tell(node, "commitment", body, to=to, marking=marking, public=public, dry_run=dry_run)


def read_register(
    connection: Connection, *, parties: Sequence[str] = (), norms: Sequence[str] = (), own: str = ""
) -> dict[str, dict[str, Standing]]:
    """The table of norms × parties: those asked for, or all norms and every party on which something was said, with `own`."""
    statements = read_matters(connection, ["commitment"])
    wanted = [norm_named(name).id for name in norms] or list(NORMS)
    if not parties:
        spoken = {str(said.body.get("party", "")) for said in statements if not said.erased and not said.withdrawn}
        parties = sorted((spoken | {own}) - {""})
    return register(statements, wanted, parties)


# -- conduct ------------------------------------------------------------------------------------------------------------


def file_conduct(
    node: Node,
    *,
    to: Sequence[str] = (),
    marking: Tlp | None = None,
    dry_run: bool = False,
    public: bool = False,
    **fields: Any,
) -> Said:
    """File an entry on our own conduct (without `about`) or another's. Ours under the same norm comes first: else NotPermitted."""
    norm = norm_named(fields.pop("norm")).id
    with node.store.indexed() as connection:
        fields["incident"] = reference(connection, fields["incident"])
    body = made(Conduct, norm=norm, about=named(node, fields.pop("about", "")), **fields)
    return tell(
        node,
        "conduct",
        body,
        to=to,
        marking=marking,
        public=public,
        dry_run=dry_run,
        check=lambda connection: require_own_entry(body, node.origin, read_matters(connection, ["conduct"])),
    )


def answer(
    node: Node,
    name: str,
    *,
    to: Sequence[str] = (),
    marking: Tlp | None = None,
    dry_run: bool = False,
    public: bool = False,
    kinds: Sequence[str] = ("conduct",),
    **fields: Any,
) -> Said:
    """Answer an entry of another party (or, with `kinds`, a response): to all whom we know of those who were told of it.

    Who reads the entry is to read the answer too. Others can be named instead.
    """
    with node.store.indexed() as connection:
        entry = find(connection, kinds, name)
        require_answerable(entry, node.origin)
        to = to or others_told(node, connection, entry)
    body = made(Answer, of=entry.id, **fields)
    if body.answers and entry.kind != "response":
        raise InvalidStatement("answers to the questions of the checklist belong to a response; give the text")
    return tell(
        node,
        "answer",
        body,
        to=[] if public else to,
        marking=marking,
        re=None if public else entry,
        public=public,
        dry_run=dry_run,
    )


def read_conduct(connection: Connection, *, norm: str = "", about: str = "") -> list[ConductEntry]:
    """All entries with their answers and flags, or those under one norm, or about one party."""
    entries = conduct_entries(
        read_matters(connection, ["conduct"]),
        read_matters(connection, ["answer"]),
        read_matters(connection, ["commitment"]),
    )
    wanted = norm_named(norm).id if norm else ""
    return [e for e in entries if (not wanted or e.norm == wanted) and (not about or e.about == about)]


# -- agreements ---------------------------------------------------------------------------------------------------------


def propose_agreement(node: Node, *, marking: Tlp | None = None, dry_run: bool = False, **fields: Any) -> Said:
    """Say the text of an agreement to its parties. `parties`: the others; we are one. It still needs our signature too."""
    others = [named(node, name) for name in fields.pop("parties")]
    body = made(Agreement, parties=sorted({node.origin, *others}), **fields)

    def unused(connection: Connection) -> None:
        for state in read_agreements(connection):
            if state.key == body.key and set(state.parties) == set(body.parties) and state.state != ENDED:
                raise InvalidStatement(
                    f"there is an agreement {body.key} with the same parties ({state.short}, {state.state}); "
                    "amend it, or choose another key"
                )

    return tell(
        node,
        "agreement",
        body,
        to=[party for party in body.parties if party != node.origin],
        marking=marking,
        check=unused,
        dry_run=dry_run,
    )


def amend(
    node: Node,
    name: str,
    changed: Sequence[Change],
    *,
    reasons: str = "",
    marking: Tlp | None = None,
    dry_run: bool = False,
) -> Said:
    """Propose changed clauses of an agreement that is in force, to its parties. It needs the signature of each, ours too.

    A change that names no classes, or no purposes, keeps those of its clause: a new wording does not widen a scope by the way.
    """
    with node.store.indexed() as connection:
        state = find_agreement(connection, name)
    text = state.in_force
    if text is None:
        raise NotPermitted(f"{state.key} is {state.state}; an amendment changes a text that is in force")
    body = made(
        Amendment, agreement=state.id, base=text.number, changed=keep_scope(text.clauses, changed), reasons=reasons
    )

    def possible(connection: Connection) -> None:
        require_amendable(find_agreement(connection, state.id), body, node.origin)

    return tell(
        node,
        "amendment",
        body,
        to=[party for party in state.parties if party != node.origin],
        marking=marking,
        check=possible,
        dry_run=dry_run,
    )


def sign(
    node: Node, name: str, *, marking: Tlp | None = None, dry_run: bool = False, word: str = "signs", **fields: Any
) -> Said:
    """Consent to an agreement or amendment, or leave it, told to all of its parties."""
    with node.store.indexed() as connection:
        text = find_text(connection, name)
        if text.kind == "agreement":
            read(text, Agreement)
            agreement = text.id
        else:
            agreement = read(text, Amendment).agreement
        parties = find_agreement(connection, agreement).parties
    body = made(Signature, of=text.id, word=word, **fields)

    def possible(connection: Connection) -> None:
        require_signable(find_agreement(connection, agreement), text.id, word, node.origin)

    return tell(
        node,
        "signature",
        body,
        to=[party for party in parties if party != node.origin],
        marking=marking,
        re=text,
        check=possible,
        dry_run=dry_run,
    )


def read_agreements(connection: Connection) -> list[AgreementState]:
    """Every agreement as it stands by all that is held, with every text that was in force before."""
    return agreements(read_matters(connection, TEXTS))


def agreements_in_force(connection: Connection, parties: Sequence[str], on_us: int) -> list[InForce]:
    """The agreements among these parties (origins) that are in force at `on_us`, with the classes and purposes of their clauses."""
    return in_force(read_matters(connection, TEXTS), parties, on_us)


def find_agreement(connection: Connection, name: str) -> AgreementState:
    """An agreement by its key, or by the id or short words of its text. Raises NotFound or InvalidStatement."""
    states = read_agreements(connection)
    by_key = [state for state in states if state.key == name]
    # A key may be used again after an agreement has ended; the ended one is then found by its words.
    by_key = [state for state in by_key if state.state != ENDED] or by_key
    if len(by_key) > 1:
        which = "; ".join(f"{state.short} ({', '.join(sorted(state.parties))})" for state in by_key)
        raise InvalidStatement(f"{len(by_key)} agreements have the key {name!r}: {which}. Use the three words of one.")
    if by_key:
        return by_key[0]
    id_ = find(connection, ["agreement"], name).id
    for state in states:
        if state.id == id_:
            return state
    raise NotFound(
        f"agreement {name} was erased here, or its speaker is none of its parties; nothing is known of its state"
    )


def find_text(connection: Connection, name: str) -> Said:
    """The statement of an agreement or amendment, by key, id or short words."""
    if any(state.key == name for state in read_agreements(connection)):
        return read_ids(connection, [find_agreement(connection, name).id])[0]
    return find(connection, ["agreement", "amendment"], name)


# -- undertakings and limits --------------------------------------------------------------------------------------------


def undertake(
    node: Node,
    *,
    to: Sequence[str] = (),
    marking: Tlp | None = None,
    dry_run: bool = False,
    public: bool = False,
    **fields: Any,
) -> Said:
    """Say at which stage we see an item. `of` names an earlier statement on it: its words and party are taken from there.

    A later statement goes to everybody who was told of the first one, unless others are named.
    """
    of = fields.pop("of", "")
    with node.store.indexed() as connection:
        if of:
            first = _first(connection, "undertaking", find(connection, ["undertaking"], of))
            begun = read(first, Undertaking)
            given_item, given_by = fields.pop("item", ""), fields.pop("by", "")
            if given_item or given_by:
                raise InvalidStatement(
                    "the item's words and its party are those of the first statement; do not give them again"
                )
            fields |= {"of": first.id, "item": begun.item, "by": begun.by}
            fields["agreement"] = fields.get("agreement") or begun.agreement
            fields["clause"] = fields.get("clause") or begun.clause
            to = to or others_told(node, connection, first)
        else:
            fields["by"] = named(node, fields.get("by", ""))
        fields["evidence"] = [reference(connection, name) for name in fields.get("evidence", ())]
        if fields.get("agreement"):
            state = find_agreement(connection, fields["agreement"])
            fields["agreement"] = state.id
            clauses = [clause.id for clause in state.text]
            if fields.get("clause") and fields["clause"] not in clauses:
                raise NotFound(f"{state.key} has no clause {fields['clause']}; its clauses are {', '.join(clauses)}")
        elif fields.get("clause"):
            raise InvalidStatement("a clause is one of an agreement; name the agreement too")
    body = made(Undertaking, **{name: value for name, value in fields.items() if value})
    return tell(node, "undertaking", body, to=to, marking=marking, public=public, dry_run=dry_run)


def declare_limit(
    node: Node,
    *,
    to: Sequence[str] = (),
    marking: Tlp | None = None,
    dry_run: bool = False,
    public: bool = False,
    **fields: Any,
) -> Said:
    """Declare a limit of ours, or with `of` say anew how it is verified, when data are exchanged next, and what was exchanged."""
    of = fields.pop("of", "")
    with node.store.indexed() as connection:
        if of:
            first = _first(connection, "limit", find(connection, ["limit"], of))
            if first.speaker != node.origin:
                raise InvalidStatement(
                    f"limit {first.short} was declared by {first.speaker}, and that party alone says how it goes on"
                )
            current = next(
                one for one in limits(read_matters(connection, ["limit"]), node.clock()) if one.id == first.id
            )
            fields["of"] = first.id
            fields["text"] = fields.get("text") or current.text
            fields["verification"] = fields.get("verification") or current.verification
            to = to or others_told(node, connection, first)
        fields["exchanged"] = [reference(connection, name) for name in fields.get("exchanged", ())]
        if fields.get("agreement"):
            fields["agreement"] = find_agreement(connection, fields["agreement"]).id
    body = made(Limit, **{name: value for name, value in fields.items() if value})
    return tell(node, "limit", body, to=to, marking=marking, public=public, dry_run=dry_run)


def read_undertakings(connection: Connection) -> list[Item]:
    return undertakings(read_matters(connection, ["undertaking"]))


def read_limits(connection: Connection, now_us: int) -> list[LimitState]:
    return limits(read_matters(connection, ["limit"]), now_us)


def read_duties(connection: Connection, now_us: int, *, party: str = "") -> list[Duty]:
    """Every date that stands, of all parties or one. None of it depends on who holds an office, or on a key."""
    found = duties(
        read_undertakings(connection), read_limits(connection, now_us), read_matters(connection, ["response"]), now_us
    )
    return [duty for duty in found if not party or duty.party == party]


# -- names --------------------------------------------------------------------------------------------------------------


def named(node: Node, name: str) -> str:
    """The origin of a partner by its short name; ourselves for ""; any other name as it was given, since parties without a node exist."""
    if not name:
        return node.origin
    with node.store.reading() as connection:
        return next((party.origin for party in node.partners(connection) if party.name == name), name)


def others_told(node: Node, connection: Connection, said: Said) -> list[str]:
    """The partners that a statement was said to or by. What was said in public, or to our own tools, names nobody."""
    known = {party.origin for party in node.partners(connection)}
    return [party for party in said.parties if party in known]


def reference(connection: Connection, name: str) -> str:
    """What names a statement that is held here, in three words or by its whole id, as its id; anything else as it was given.

    Raises NotFound for three words that name nothing: they were meant for a statement.
    """
    try:
        named_ = len(unproquints(name)) == 2 * SHORT_WORDS
    except InvalidStatement:
        named_ = False
    return find(connection, tuple(MATTERS), name).id if named_ else name


def _first(connection: Connection, kind: str, said: Said) -> Said:
    """The first statement on what this one goes on with."""
    of = said.body.get("of")
    if isinstance(of, str) and of:
        found = [one for one in read_ids(connection, [of]) if one.kind == kind]
        if found:
            return found[0]
    return said


def as_json(value: Any) -> Any:
    """A result of the core as JSON values."""
    return msgspec.to_builtins(value)
