"""A board as it stands: the statements about it folded into what a reader sees. The only definition of every count and adjective.

`fold` is a pure function of the statements and the date asked for. Each class is counted by itself, in offices, and there is no sum over
classes; nothing is averaged, ranked or preferred. An office is named by who recorded it and its name: what two parties record
of one office stays two. Rows and lists are in the order of events (time said, then leaf hash), so that no name decides anything.

    4 assessed (own work 3, coordinated 1); endorsed by 2; denied by 1 (scope state); explicit non-assertion by 1
    Head Office: 4 assessed, 13 no recorded assessment, of 17
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from detente.attribution.bodies import (
    ALWAYS,
    HYPOTHESES_MAX,
    Assessment,
    Board,
    Cited,
    Finding,
    Hypothesis,
    Judgment,
    Position,
    Rating,
    Tasking,
    Withheld,
    rungs_in,
)
from detente.attribution.citations import Assessor, citations, lines_of
from detente.attribution.comparison import compare
from detente.attribution.counts import header_of
from detente.attribution.events import events_of
from detente.attribution.evidence import matrix_of
from detente.attribution.facts import facts_of
from detente.attribution.reading import Statements, read_statements
from detente.attribution.view import (
    Asked,
    BoardView,
    Column,
    Judged,
    Row,
    Stand,
    Undisclosed,
    Unread,
    Unsupported,
    offices_of,
)
from detente.errors import InvalidStatement, NotFound
from detente.said import Said
from detente.scales import likelihood
from detente.seals import Reveal, Seal, verify_reveal
from detente.statement import Ref
from detente.words import quoted


def fold(statements: Iterable[Said], *, as_of_us: int | None = None) -> BoardView:
    """The board among these statements, as of what was said by `as_of_us` (now, when None). Statements of other boards are passed over.

    Raises NotFound when there is no board by then, InvalidStatement when there are two.
    """
    said = read_statements(statements, as_of_us)
    roots = [(s, b) for s, b in said.of(Board) if not b.of]
    if not roots:
        raise NotFound("there is no board here by then; a list shows the boards and their dates")
    if len(roots) > 1:
        raise InvalidStatement("two boards at once: fold them one by one, since each answers its own question")
    return _view(roots[0][0], roots[0][1], said, as_of_us)


def suspected(boards: Iterable[BoardView], actor: str) -> tuple[tuple[BoardView, ...], tuple[BoardView, ...]]:
    """Boards on which somebody judges a hypothesis that names this actor; and apart from them those with an explicit non-assertion.

    An incident with a signed non-assertion is never listed under an actor, whoever else assesses it.
    """
    boards = tuple(boards)
    silent = {board.incident for board in boards if board.non_asserting}
    naming = tuple(
        board for board in boards if any(c.actor == actor and _judged(board, c.key) for c in board.hypotheses)
    )
    return tuple(b for b in naming if b.incident not in silent), tuple(b for b in naming if b.incident in silent)


# -- folding ------------------------------------------------------------------------------------------------------------


def _view(root: Said, board: Board, said: Statements, as_of_us: int | None) -> BoardView:
    added = [(s, b) for s, b in said.standing(Board) if b.of == root.id]
    columns = _columns([(root, board), *added])
    everything = [(s, b) for s, b in said.of(Assessment) if b.board == root.id]
    assessed = [(s, b) for s, b in everything if s.id not in said.gone]
    ratings = [(s, b) for s, b in said.standing(Rating) if b.board == root.id]
    matrix = matrix_of(tuple(columns), everything, ratings)
    labels = {item.ref: item.label for item in matrix.items}
    taskings = tuple(_asked(s, b) for s, b in said.standing(Tasking) if b.board == root.id)
    offices = {s.id: b.office for s, b in everything}
    rows = _rows(assessed, everything, columns, labels, offices, taskings)
    answered = {s.id: b for s, b in everything}
    stands = _stands([(s, b) for s, b in said.standing(Position) if b.board == root.id], columns, answered)
    hypotheses = _with_positions(columns, stands)
    standing = {id_ for row in rows for id_ in row.statements}
    cited = citations(everything, standing)
    return BoardView(
        id=root.id,
        short=root.short,
        question=board.question,
        title=board.title,
        incident=board.incident,
        recorded_by=root.speaker,
        said_us=root.at_us,
        as_of_us=as_of_us,
        withdrawn=root.withdrawn,
        header=header_of(rows, stands, [(root, board), *added]),
        hypotheses=hypotheses,
        assessors=rows,
        positions=stands,
        comparison=tuple(compare(column, rows) for column in hypotheses),
        unsupported=_unsupported(rows),
        withheld=_withheld([(s, b) for s, b in assessed if s.id in standing], said.reveals),
        citations=cited,
        lines=lines_of(
            [key for key in columns if key not in ALWAYS],
            rows,
            [(s, b) for s, b in assessed if s.id in standing],
            offices,
            cited,
        ),
        matrix=matrix,
        facts=facts_of(
            (s, b) for s, b in said.standing(Finding) if board.incident in (b.about, b.incident) or b.board == root.id
        ),
        taskings=taskings,
        events=events_of(root, said.bodies),
        unread=(*said.unread, *_strangers(assessed, columns)),
    )


def _columns(boards: Sequence[tuple[Said, Board]]) -> dict[str, tuple[Hypothesis, str]]:
    """Hypotheses by key with who added them; the first to name a key defines it. The two that are always there stand last.

    However much is added, a board has HYPOTHESES_MAX columns.
    """
    found: dict[str, tuple[Hypothesis, str]] = {}
    for said, board in boards:
        for one in board.hypotheses:
            if len(found) < HYPOTHESES_MAX:
                found.setdefault(one.key, (one, said.speaker))
    return {key: found[key] for key in (*(k for k in found if k not in ALWAYS), *ALWAYS)}


def _rows(
    assessed: Sequence[tuple[Said, Assessment]],
    everything: Sequence[tuple[Said, Assessment]],
    keys: Collection[str],
    labels: Mapping[str, str],
    offices: Mapping[str, str],
    taskings: Sequence[Asked],
) -> tuple[Row, ...]:
    """One row for each office that judges; its latest standing judgment of each hypothesis."""
    # Most evidence bears on every judgment of its assessment: what all of them share is found once.
    narrow = {said.ref for said, body in assessed if any(item.hypotheses for item in _items(body))}
    bases: dict[tuple[Ref, str], _Basis] = {}

    def basis_of(one: tuple[Said, Assessment, Judgment], key: str) -> _Basis:
        at = (one[0].ref, key if one[0].ref in narrow else "")
        if at not in bases:
            bases[at] = _basis(one[1], key, labels, offices)
        return bases[at]

    by_office: dict[Assessor, list[tuple[Said, Assessment]]] = {}
    for said, body in assessed:
        by_office.setdefault((said.speaker, body.office), []).append((said, body))
    rows = []
    for (speaker, office), bodies in by_office.items():
        latest: dict[str, tuple[Said, Assessment, Judgment]] = {}
        for said, body in bodies:
            for judgment in body.judgments:
                if judgment.hypothesis in keys:
                    latest[judgment.hypothesis] = (said, body, judgment)
        if not latest:
            continue
        ids = {said.id for said, _, _ in latest.values()}
        standing = [(said, body) for said, body in bodies if said.id in ids]
        codes = {(item.kind, item.source) for _, body in standing for item in _items(body)}
        rows.append(
            Row(
                office=office,
                recorded_by=speaker,
                under=standing[-1][1].under,
                own_work=any(body.own_work for _, body in standing),
                independent=all(body.independent for _, body in standing),
                basis=tuple(sorted(f"{kind}/{source}" for kind, source in codes)),
                context_only={kind for kind, _ in codes} == {"contextual"},
                judgments=tuple(
                    _judgment(
                        *latest[key], basis_of(latest[key], key), _earlier(everything, speaker, office, latest[key])
                    )
                    for key in keys
                    if key in latest
                ),
                would_change_if=tuple(quoted(body.would_change_if) for _, body in standing if body.would_change_if),
                taskings=tuple(
                    asked for asked in taskings if asked.of_office == office and (not asked.about or asked.about in ids)
                ),
                statements=tuple(said.id for said, _ in standing),
            )
        )
    return tuple(rows)


def _items(body: Assessment) -> list[Cited | Withheld]:
    return [*body.evidence, *body.withheld]


@dataclass(frozen=True, slots=True)
class _Basis:
    """What one assessment shows and withholds for one hypothesis."""

    evidence: tuple[str, ...]
    cites: tuple[str, ...]
    withheld: int
    context_only: bool


def _basis(body: Assessment, key: str, labels: Mapping[str, str], offices: Mapping[str, str]) -> _Basis:
    """`labels`: of evidence by reference. `offices`: assessors by assessment; another's assessment is cited, and is no evidence."""
    shown = [item for item in body.evidence if not item.hypotheses or key in item.hypotheses]
    withheld = [item for item in body.withheld if not item.hypotheses or key in item.hypotheses]
    return _Basis(
        tuple([labels[item.ref] for item in shown if item.ref in labels]),
        tuple([offices[item.ref] for item in shown if item.ref in offices]),
        sum([item.items for item in withheld]),
        {item.kind for item in shown} | {item.kind for item in withheld} == {"contextual"},
    )


def _judgment(said: Said, body: Assessment, judgment: Judgment, basis: _Basis, before: tuple[str, ...]) -> Judged:
    judged = likelihood(judgment.likelihood, judgment.scale)
    return Judged(
        hypothesis=judgment.hypothesis,
        likelihood=judged.word,
        scale=judged.scale,
        low=judged.low,
        high=judged.high,
        confidence=judgment.confidence,
        reasons=quoted(judgment.reasons) if judgment.reasons else "",
        evidence=basis.evidence,
        cites=basis.cites,
        withheld=basis.withheld,
        context_only=basis.context_only,
        as_of=str(body.as_of) if body.as_of else "",
        said_us=said.at_us,
        statement=said.id,
        before=before,
    )


def _earlier(
    everything: Sequence[tuple[Said, Assessment]],
    speaker: str,
    office: str,
    latest: tuple[Said, Assessment, Judgment],
) -> tuple[str, ...]:
    """The office's earlier assessments that judged this hypothesis, replaced or withdrawn ones too."""
    return tuple(
        said.id
        for said, body in everything
        if said.speaker == speaker
        and body.office == office
        and said.id != latest[0].id
        and any(one.hypothesis == latest[2].hypothesis for one in body.judgments)
    )


def _stands(
    positions: Sequence[tuple[Said, Position]],
    columns: Mapping[str, tuple[Hypothesis, str]],
    answered: Mapping[str, Assessment],
) -> tuple[Stand, ...]:
    latest: dict[tuple[object, ...], tuple[Said, Position]] = {}
    for said, body in positions:
        latest.pop(key := (said.speaker, body.office, body.hypotheses, body.scope, body.about), None)
        latest[key] = (said, body)
    return tuple(_stand(said, body, columns, answered) for said, body in latest.values())


def _stand(
    said: Said, body: Position, columns: Mapping[str, tuple[Hypothesis, str]], answered: Mapping[str, Assessment]
) -> Stand:
    """`answered`: assessments by id. Who endorses one without naming hypotheses endorses those that it judges."""
    about = [answered[id_] for id_ in body.about if id_ in answered]
    keys = body.hypotheses
    if not keys and body.stance in ("endorses", "disagrees"):
        keys = tuple(dict.fromkeys(one.hypothesis for its in about for one in its.judgments))
    reached = {}
    if body.stance == "denies":
        rungs = rungs_in(body.scope) if body.scope else ()
        for key in body.hypotheses:
            if key in columns:
                reached[key] = "denied" if not body.scope or columns[key][0].rung in rungs else "not addressed"
    signed = [(body.office, body.as_of), *((one.office, one.at) for one in body.joint)]
    return Stand(
        offices=tuple((office, str(at) if at else "") for office, at in signed),
        recorded_by=said.speaker,
        stance=body.stance,
        hypotheses=tuple(key for key in keys if key in columns),
        scope=body.scope,
        reaches=reached,
        relies_on=body.relies_on,
        text=quoted(body.text) if body.text else "",
        about=body.about,
        answers=tuple(its.office for its in about),
        said_us=said.at_us,
        statement=said.id,
    )


def _with_positions(columns: Mapping[str, tuple[Hypothesis, str]], stands: Sequence[Stand]) -> tuple[Column, ...]:
    def named(key: str, stance: str) -> tuple[str, ...]:
        return offices_of(one for one in stands if one.stance == stance and key in one.hypotheses)

    return tuple(
        Column(
            key=key,
            text=one.text,
            rung=one.rung,
            actor=one.actor,
            by=by,
            denied_by=offices_of(stand for stand in stands if stand.reaches.get(key) == "denied"),
            not_addressed_by=offices_of(stand for stand in stands if stand.reaches.get(key) == "not addressed"),
            endorsed_by=named(key, "endorses"),
            disagreed_by=named(key, "disagrees"),
        )
        for key, (one, by) in columns.items()
    )


# -- lists --------------------------------------------------------------------------------------------------------------


def _unsupported(rows: Sequence[Row]) -> tuple[Unsupported, ...]:
    return tuple(
        Unsupported(row.office, row.recorded_by, one.hypothesis, one.statement)
        for row in rows
        for one in row.judgments
        if not one.evidence and not one.withheld and not one.cites
    )


def _withheld(
    assessed: Iterable[tuple[Said, Assessment]], reveals: Sequence[tuple[Said, Reveal]]
) -> tuple[Undisclosed, ...]:
    return tuple(
        Undisclosed(
            office=body.office,
            recorded_by=said.speaker,
            items=item.items,
            of_class=item.of_class,
            commitment=item.commitment,
            basis=f"{item.kind}/{item.source}",
            hypotheses=item.hypotheses,
            statement=said.id,
            revealed=_revealed(said, item, reveals),
        )
        for said, body in assessed
        for item in body.withheld
    )


def _revealed(said: Said, item: Withheld, reveals: Sequence[tuple[Said, Reveal]]) -> str:
    """The text, in quotation marks, when its own speaker opened it and it is the one committed to; else ""."""
    for other, opened in reveals:
        if other.speaker == said.speaker and opened.digest == item.commitment:
            try:
                return quoted(verify_reveal(Seal(item.commitment, condition="shown"), opened))
            except InvalidStatement:
                continue
    return ""


def _asked(said: Said, body: Tasking) -> Asked:
    return Asked(
        of_office=body.of_office,
        about=body.about,
        asked_by=body.asked_by,
        role=body.role,
        what=body.what,
        at=str(body.at) if body.at else "",
        text=quoted(body.text) if body.text else "",
        recorded_by=said.speaker,
        statement=said.id,
    )


def _judged(board: BoardView, key: str) -> bool:
    return any(one.hypothesis == key for row in board.assessors for one in row.judgments)


def _strangers(assessed: Sequence[tuple[Said, Assessment]], keys: Collection[str]) -> list[Unread]:
    """Judgments of hypotheses that the board does not have are kept, and counted nowhere."""
    found = []
    for said, body in assessed:
        unknown = [one.hypothesis for one in body.judgments if one.hypothesis not in keys]
        if unknown:
            found.append(Unread(said.id, said.speaker, f"judges what this board does not have: {', '.join(unknown)}"))
    return found
