"""Boards of attribution: open one, answer on it, read it as of any date, and look at an assessor's past calls.

An answer (assessment, position, rating, tasking) is said to those who were told of the board, unless others are named. What a board does
not have, a hypothesis or another office's earlier word to replace, is refused here, before anything is said; what a partner says against
the rules is kept, and counted nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from detente.attribution.board import fold
from detente.attribution.bodies import (
    BODIES,
    Assessment,
    Board,
    Finding,
    Group,
    Hypothesis,
    Position,
    Rating,
    Tasking,
    Withheld,
    with_always,
)
from detente.attribution.calls import PastCall, calls_of
from detente.attribution.facts import Fact, facts_of
from detente.attribution.reading import REVEAL
from detente.attribution.view import BoardView
from detente.effect.calibration import Calibration, Call, Forecast, TrackRecord, calibrate, track_record
from detente.errors import InvalidStatement, NotFound, NotPermitted
from detente.node.matters import find, is_private, read_matters, tell
from detente.node.open import Node
from detente.said import Said, read, read_value, readable
from detente.seals import KEY_BYTES, Reveal, digest_of, kept_value
from detente.stix.marking import Tlp, parse_tlp
from detente.store.database import Connection
from detente.store.store import Transaction
from detente.views import EVERYBODY, MATTERS

T = TypeVar("T", bound=msgspec.Struct)

KINDS = tuple(BODIES)
_LABEL = re.compile(r"E[1-9][0-9]{0,3}")
_SHORT = re.compile(r"[a-z]{5}-[a-z]{5}-[a-z]{5}")


# -- saying -------------------------------------------------------------------------------------------------------------


def open_board(
    node: Node,
    *,
    question: str,
    incident: str,
    title: str,
    hypotheses: Sequence[Hypothesis],
    groups: Sequence[Group] = (),
    to: Sequence[str] = (),
    marking: Tlp | None = None,
    public: bool = False,
    dry_run: bool = False,
) -> Said:
    """Open a board; `other` and `cannot-tell` are added when they are not named. With one hypothesis besides them it is refused."""
    body = _made(
        Board,
        question=question,
        incident=incident,
        title=title,
        hypotheses=with_always(hypotheses),
        groups=tuple(groups),
    )
    return tell(node, "board", body, to=to, marking=marking, public=public, dry_run=dry_run)


def add_to_board(
    node: Node,
    name: str,
    *,
    hypotheses: Sequence[Hypothesis] = (),
    groups: Sequence[Group] = (),
    to: Sequence[str] = (),
    marking: Tlp | None = None,
    dry_run: bool = False,
) -> Said:
    """Add hypotheses or groups to a board, whoever opened it. Nothing is taken away."""
    with node.store.indexed() as connection:
        root = find_board(connection, name)
        view = _fold(connection, root)
    there = {column.key for column in view.hypotheses}
    twice = sorted(there & {one.key for one in hypotheses})
    if twice or not (hypotheses or groups):
        raise InvalidStatement(
            f"board {root.short} has {', '.join(sorted(there))} already; "
            + (f"give {', '.join(twice)} another key" if twice else "name a hypothesis or a group to add")
        )
    body = _made(
        Board,
        question=view.question,
        incident=view.incident,
        title=view.title,
        hypotheses=tuple(hypotheses),
        groups=tuple(groups),
        of=root.id,
    )
    return _answer(node, root, body, to=to, marking=marking, dry_run=dry_run)


def assess(
    node: Node,
    name: str,
    fields: dict[str, Any],
    *,
    withhold: str = "",
    withheld: dict[str, Any] | None = None,
    to: Sequence[str] = (),
    marking: Tlp | None = None,
    dry_run: bool = False,
) -> Said:
    """Say an assessment. Evidence is named by the board's label (E3), by the words of a statement held here, or by a citation.

    `withhold`: a text that is not shown; `withheld` says its items, class and basis, and the digest is computed. Its key and text stay
    in our journal, written in the same commit.
    """
    with node.store.indexed() as connection:
        root = find_board(connection, name)
        view = _fold(connection, root)
        fields = {**fields, "board": root.id, "of": _earlier(node, connection, "assessment", fields)}
        fields["evidence"] = [
            {**item, "ref": _reference(connection, view, item["ref"])} for item in fields.get("evidence", ())
        ]
    also = None
    if withhold:
        key = node.random(KEY_BYTES)
        item = _made(Withheld, **(withheld or {}), commitment=digest_of(withhold, key))
        fields["withheld"] = [*fields.get("withheld", ()), msgspec.to_builtins(item)]

        def also(transaction: Transaction, _: Said) -> None:
            node.journal(transaction, "seal", kept_value(withhold, key))

    body = _made(Assessment, **fields)
    bearing = [one.hypotheses for one in body.evidence] + [one.hypotheses for one in body.withheld]
    _demand_hypotheses(view, [*(one.hypothesis for one in body.judgments), *(key for keys in bearing for key in keys)])
    return _answer(node, root, body, to=to, marking=marking, dry_run=dry_run, also=also)


def take_position(
    node: Node,
    name: str,
    fields: dict[str, Any],
    *,
    to: Sequence[str] = (),
    marking: Tlp | None = None,
    dry_run: bool = False,
) -> Said:
    """Endorse, deny, disagree, or say that nothing is asserted; by one office, or several jointly."""
    with node.store.indexed() as connection:
        root = find_board(connection, name)
        view = _fold(connection, root)
        about = [find(connection, ("assessment", "claim", "position"), one).id for one in fields.get("about", ())]
        fields = {**fields, "board": root.id, "about": about, "of": _earlier(node, connection, "position", fields)}
    body = _made(Position, **fields)
    _demand_hypotheses(view, body.hypotheses)
    return _answer(node, root, body, to=to, marking=marking, dry_run=dry_run)


def rate(
    node: Node,
    name: str,
    rater: str,
    rows: Sequence[dict[str, Any]],
    *,
    to: Sequence[str] = (),
    marking: Tlp | None = None,
    dry_run: bool = False,
) -> Said:
    """Mark evidence against hypotheses: rows of {evidence, marks, grade}."""
    with node.store.indexed() as connection:
        root = find_board(connection, name)
        view = _fold(connection, root)
        named = [{**row, "evidence": _reference(connection, view, row["evidence"])} for row in rows]
    body = _made(Rating, board=root.id, rater=rater, rows=named)
    _demand_hypotheses(view, [key for row in body.rows for key in row.marks])
    return _answer(node, root, body, to=to, marking=marking, dry_run=dry_run)


def log_tasking(
    node: Node,
    name: str,
    fields: dict[str, Any],
    *,
    to: Sequence[str] = (),
    marking: Tlp | None = None,
    dry_run: bool = False,
) -> Said:
    """Put on record that an assessor was asked for speed or content."""
    with node.store.indexed() as connection:
        root = find_board(connection, name)
        if fields.get("about"):
            fields = {**fields, "about": find(connection, ["assessment"], fields["about"]).id}
    return _answer(node, root, _made(Tasking, board=root.id, **fields), to=to, marking=marking, dry_run=dry_run)


def report_finding(
    node: Node,
    fields: dict[str, Any],
    *,
    to: Sequence[str] = (),
    marking: Tlp | None = None,
    public: bool = False,
    dry_run: bool = False,
) -> Said:
    """Say whether an incident or an impact occurred; or, with a board and a hypothesis, whether that turned out so."""
    root = None
    with node.store.indexed() as connection:
        fields = {**fields, "of": _earlier(node, connection, "finding", fields)}
        if fields.get("board"):
            root = find_board(connection, fields["board"])
            view = _fold(connection, root)
            fields |= {"board": root.id, "about": fields.get("about") or view.incident}
            if fields.get("hypothesis"):
                fields["what"] = "hypothesis"
                _demand_hypotheses(view, [fields["hypothesis"]])
    body = _made(Finding, **fields)
    if root is not None:
        return _answer(node, root, body, to=to, marking=marking, dry_run=dry_run)
    return tell(node, "finding", body, to=to, marking=marking, public=public, dry_run=dry_run)


def reveal_withheld(
    node: Node, name: str, *, commitment: str = "", marking: Tlp | None = None, dry_run: bool = False
) -> Said:
    """Open what an assessment of ours withheld, once, to everybody who was told of the assessment.

    `commitment`: which of several, by the beginning of its digest.
    """
    with node.store.indexed() as connection:
        said = find(connection, ["assessment"], name)
        if said.speaker != node.origin:
            raise NotPermitted(
                f"assessment {said.short} was said by {said.speaker}; that party alone can show its evidence"
            )
        digests = [one.commitment for one in read(said, Assessment).withheld if one.commitment.startswith(commitment)]
        if len(digests) != 1:
            raise InvalidStatement(
                f"assessment {said.short} withholds {len(digests)} lists that fit; name one by the beginning of its digest: "
                + (", ".join(digests) or "it has no such list")
            )
        opened = _kept(connection, digests[0])
        partners = {party.origin for party in node.partners(connection)}
    public = said.aud == (EVERYBODY,)

    def still_closed(connection: Connection) -> None:
        reveals = readable(read_matters(connection, [REVEAL]), Reveal)
        if any(one.speaker == node.origin and body.digest == digests[0] for one, body in reveals):
            raise NotPermitted(f"this list of assessment {said.short} was revealed already; a seal is opened once")

    return tell(
        node,
        REVEAL,
        opened,
        to=[] if public else [party for party in said.aud if party in partners],
        marking=marking or _marking_of(said),
        re=said,
        public=public,
        check=still_closed,
        dry_run=dry_run,
    )


def _kept(connection: Connection, digest: str) -> Reveal:
    for entry in read_matters(connection, ["seal"]):
        if is_private(connection, entry) and entry.body.get("digest") == digest:
            return Reveal(digest, str(entry.body["key"]), str(entry.body["text"]))
    raise NotFound("the key of this seal is not in the journal of this node; without it nobody can open it")


# -- reading ------------------------------------------------------------------------------------------------------------


def read_board(
    connection: Connection, name: str, *, on_us: int | None = None, known_by_us: int | None = None
) -> BoardView:
    """A board as of what was said by `on_us`; `known_by_us`: of what this node had stored by then."""
    return _fold(connection, find_board(connection, name), on_us=on_us, known_by_us=known_by_us)


def read_boards(connection: Connection, *, on_us: int | None = None) -> list[BoardView]:
    """Every board that was open by then, in the order in which they were opened."""
    roots = [said for said, body in readable(read_matters(connection, ["board"]), Board) if not body.of]
    return [_fold(connection, root, on_us=on_us) for root in roots if on_us is None or root.at_us <= on_us]


def read_facts(connection: Connection, about: str = "") -> tuple[Fact, ...]:
    """Findings on incidents and impacts by what they are about; all of them, or those about one id."""
    found = read_matters(connection, ["finding"], about or None)
    return facts_of((said, body) for said, body in readable(found, Finding) if body.what != "hypothesis")


@dataclass(frozen=True, slots=True)
class Past:
    """An assessor's calls, counted, and its words of likelihood against what came ("too few" below ten resolved)."""

    assessor: str
    record: TrackRecord
    calibration: Calibration
    calls: tuple[PastCall, ...]


def read_track_records(connection: Connection) -> list[Past]:
    """Of every assessor on boards held here; one office recorded by two parties is two assessors."""
    calls: dict[str, list[PastCall]] = {}
    for said, body in readable(read_matters(connection, ["board"]), Board):
        if not body.of:
            for call in calls_of(_fold(connection, said), read_matters(connection, ["assessment"], said.id)):
                calls.setdefault(f"{call.office} at {call.recorded_by}", []).append(call)
    records = track_record(
        Call(assessor, call.outcome, call.corrected)  # type: ignore[arg-type]  # one of the three words
        for assessor, its in calls.items()
        for call in its
    )
    return [
        Past(assessor, records[assessor], calibrate([_forecast(call) for call in its]), tuple(its))
        for assessor, its in calls.items()
    ]


def _forecast(call: PastCall) -> Forecast:
    status = {True: "occurred", False: "not-occurred", None: "open"}[call.turned_out]
    judged = call.judged
    return Forecast(judged.word, judged.scale, judged.low, judged.high, status)  # type: ignore[arg-type]  # one of three


def find_board(connection: Connection, name: str) -> Said:
    """The statement that opened a board, by its name or by that of an addition to it."""
    said = find(connection, ["board"], name)
    of = said.body.get("of")
    return find(connection, ["board"], of) if isinstance(of, str) and of else said


def statements_of(connection: Connection, root: Said, *, known_by_us: int | None = None) -> list[Said]:
    """Everything said on a board, the findings about its incident, and what opened withheld evidence."""
    found = read_matters(connection, KINDS, root.id, known_by_us=known_by_us)
    incident = root.body.get("incident")
    if isinstance(incident, str) and incident:
        found += read_matters(connection, ["finding"], incident, known_by_us=known_by_us)
    leaves = {said.ref.leaf for said in found}
    reveals = read_matters(connection, [REVEAL], known_by_us=known_by_us)
    return found + [said for said in reveals if said.re is not None and said.re.leaf in leaves]


def _fold(connection: Connection, root: Said, *, on_us: int | None = None, known_by_us: int | None = None) -> BoardView:
    return fold(statements_of(connection, root, known_by_us=known_by_us), as_of_us=on_us)


# -- what is checked ----------------------------------------------------------------------------------------------------


def _answer(
    node: Node,
    root: Said,
    body: msgspec.Struct,
    *,
    to: Sequence[str],
    marking: Tlp | None,
    dry_run: bool,
    also: Callable[[Transaction, Said], None] | None = None,
) -> Said:
    """Say something on a board: to those who were told of it, under the board's marking, unless it is said otherwise."""
    kind = next(kind for kind, shape in BODIES.items() if shape is type(body))
    public = not to and root.aud == (EVERYBODY,)
    if not to and not public:
        with node.store.indexed() as connection:
            partners = {party.origin for party in node.partners(connection)}
        to = [party for party in root.parties if party in partners]
    return tell(
        node, kind, body, to=to, marking=marking or _marking_of(root), public=public, dry_run=dry_run, also=also
    )


def _marking_of(said: Said) -> Tlp | None:
    own = said.body.get("marking")
    return parse_tlp(own) if isinstance(own, str) and own else None


def _made(shape: type[T], **fields: Any) -> T:
    return read_value(msgspec.to_builtins(fields), shape, where=shape.__name__.lower())


def _demand_hypotheses(view: BoardView, keys: Sequence[str]) -> None:
    there = [column.key for column in view.hypotheses]
    unknown = sorted(set(keys) - set(there))
    if unknown:
        raise InvalidStatement(
            f"board {view.short} has no hypothesis {', '.join(unknown)}; it has {', '.join(there)}. Add one with: board add"
        )


def _earlier(node: Node, connection: Connection, kind: str, fields: dict[str, Any]) -> str:
    """The id of our own office's earlier statement that this one replaces."""
    name = fields.get("of", "")
    if not name:
        return ""
    said = find(connection, [kind], name)
    office = getattr(read(said, BODIES[kind]), "office", "")
    if said.speaker != node.origin or office != fields.get("office"):
        raise InvalidStatement(
            f"{kind} {said.short} is the word of {office}, said by {said.speaker}; only the same office replaces it"
        )
    return said.id


def _reference(connection: Connection, view: BoardView, text: str) -> str:
    """E3 is what the board labels so; three words are a statement held here; anything else is a citation and stays as it is."""
    if _LABEL.fullmatch(text):
        for item in view.matrix.items:
            if item.label == text:
                return item.ref
        raise NotFound(f"board {view.short} has no evidence {text}; it has {len(view.matrix.items)} pieces")
    if _SHORT.fullmatch(text):
        return find(connection, sorted(MATTERS), text).id
    return text
