"""Statements as plain STIX 2.1 (OASIS Standard, 10 June 2021): note, opinion, grouping, report, incident, relationship, language-content.

Only types and properties of the standard are used, so that every program that reads STIX reads these. Every identifier is computed from
the statement's id, and every object's version from its times: a second export gives the same bytes, and a receiving program updates
what it has. Every reference leads to an object of the same bundle.

Every note belongs to a group: its thread, its board, the incident it is about, or the record of its speaker. MISP shows a note with what
it is about only where that becomes an event, as a group does.

A denied claim carries its denials twice: each as an opinion on the claim's note, and in the text of the note itself, since some programs
show a note alone. `losses.PLAIN` says what becomes of each kind and what is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from detente.attribution.bodies import Assessment, Board, Finding, Position
from detente.channel.bodies import Message
from detente.channel.moves import OPENINGS
from detente.claims.bodies import Claim
from detente.claims.record import Denial, Record
from detente.errors import InvalidStatement
from detente.interchange.losses import PLAIN
from detente.interchange.making import Making, distinct, id_of, opinion_of
from detente.interchange.text import body_text
from detente.norms.bodies import Agreement, Answer
from detente.said import Said, read
from detente.scales import likelihood, stix_confidence
from detente.stix.canonical import JsonValue
from detente.stix.marking import Tlp, marking_objects
from detente.stix.objects import StixObject, parse_object
from detente.views import EVERYBODY
from detente.words import quoted

# Fields that name what a statement is about; what they name is referred to when it is in the bundle. Those of _INCIDENTS may name an
# incident, in kinds that have incidents.
_ABOUT = ("thread", "board", "about", "incident", "agreement", "plan", "of", "evidence", "refs")
_INCIDENTS = ("about", "incident")
# Who is the author of the words, where that is another than the party in whose log they stand.
_AUTHORS = ("office", "rater", "speaker", "by", "asked_by", "role")
_LEFT_OUT = frozenset({"marking", "number", "eyes"})
# Analytic confidence as a number of the None / Low / Med / High scale: STIX 2.1, Appendix A.
_STANCES = {"endorses": "agree", "denies": "strongly-disagree", "disagrees": "disagree"}
_ANSWERS = {"concurs": "agree", "disputes": "disagree"}


def plain_stix(
    statements: Iterable[Said],
    *,
    names: Mapping[str, str],
    identity: Callable[[str], str],
    default: Tlp = Tlp.AMBER,
) -> list[StixObject]:
    """The objects of these statements, markings and identities first.

    `names`: titles by origin. `identity`: the identifier of a party's identity object. `default`: the marking of a statement that states
    none. Kinds that have no types in `losses.PLAIN`, and statements whose text is erased, are not exported.
    """
    kept = sorted(
        (said for said in statements if said.kind in PLAIN and PLAIN[said.kind].types and not said.erased),
        key=lambda said: (said.at_us, said.ref.leaf),
    )
    making = Making(names, {*names, *_parties(kept)}, identity, default)
    _Export(making, kept).make()
    markings = [obj for obj in marking_objects() if obj.id in {tlp.marking_id for tlp in making.markings}]
    made = [parse_object(value) for value in making.objects.values()]
    # What is referred to stands before what refers to it, for programs that read in order.
    return [*markings, *sorted(made, key=lambda obj: _ORDER.get(obj.type, len(_ORDER)))]


_ORDER = {"identity": 0, "incident": 1, "note": 2, "grouping": 3, "report": 3}


class _Export:
    """One pass over statements in order; what later ones add to an earlier one's object is known from the start."""

    def __init__(self, making: Making, statements: list[Said]) -> None:
        self.making = making
        self.statements = statements
        self.by_id = {said.id: said for said in statements}
        # A claim that was withdrawn is exported as revoked, and not without its denial.
        self.claims = Record(replace(said, withdrawn=False) for said in statements if said.kind == "claim")
        self.hypotheses: dict[tuple[str, str], str] = {}
        self.grouped = {said.id for said in statements if said.kind == "message" and _opens(said)}

    def make(self) -> None:
        # Boards first: what is said on them refers to their hypotheses.
        boards = {said.id for said in self.statements if said.kind == "board" and self._quietly(_Export._board, said)}
        for said in self.statements:
            if said.id not in boards and not self._quietly(_MAKERS.get(said.kind, _Export._plain_note), said):
                self._note(said)

    def _quietly(self, make: Callable[[_Export, Said], None], said: Said) -> bool:
        """Whether the statement could be read as its kind; what cannot be read becomes a note like any other."""
        try:
            make(self, said)
        except InvalidStatement:
            return False
        return True

    def _main(self, name: str, *, incident: bool = False) -> str | None:
        """The object by which a statement or a party is referred to; with `incident`, also an incident by its name."""
        said = self.by_id.get(name)
        if said is None:
            return self.making.matter(name, incident=incident)
        if said.kind == "board" and said.id in self.grouped:
            return id_of("grouping", said)
        return id_of("report" if said.kind == "agreement" and _reads(said, Agreement) else "note", said)

    def _about(self, said: Said) -> Iterator[str | None]:
        for field in _ABOUT:
            incident = field in _INCIDENTS and "incident" in PLAIN[said.kind].types
            for name in _names(said.body.get(field)):
                yield self._main(name, incident=incident)

    def _note(
        self, said: Said, *, word: str = "", more: str = "", last_us: int = 0, refs: Iterable[str | None] = ()
    ) -> str:
        own = id_of("note", said)
        found = [id_ for id_ in distinct((*refs, *self._about(said), self._group(said))) if id_ != own]
        heading = self.making.heading(said, word)
        texts = [heading, body_text(said.body, _LEFT_OUT), more]
        return self.making.said(
            "note",
            said,
            last_us=last_us,
            labels=(word or said.kind,),
            abstract=heading,
            content="\n\n".join(text for text in texts if text),
            authors=_authors(said),
            object_refs=found,
        )

    def _group(self, said: Said) -> str:
        """The thread, the board or the incident that a statement belongs to, if need be by what it is about; else its speaker's record."""
        seen: set[str] = set()
        waiting = [said]
        while waiting:
            one = waiting.pop(0)
            if one.id in seen:
                continue
            seen.add(one.id)
            if one.id in self.grouped:
                return id_of("grouping", one)
            names = [name for field in _ABOUT for name in _names(one.body.get(field))]
            waiting += [self.by_id[name] for name in names if name in self.by_id]
            if "incident" in PLAIN[one.kind].types:
                incidents = [name for field in _INCIDENTS for name in _names(one.body.get(field))]
                for name in incidents:
                    if name not in self.by_id and self.making.is_incident(name):
                        return self.making.subject(name)
        return self.making.record(said.speaker)

    def _plain_note(self, said: Said) -> None:
        self._note(said)

    def _opinion(self, said: Said, target: str, opinion: str, explanation: str, confidence: int | None = None) -> None:
        """`explanation` is text of ours or quoted; the speaker's own office, if any, is the author."""
        self.making.said(
            "opinion",
            said,
            target,
            opinion=opinion,
            explanation=explanation,
            authors=_authors(said),
            object_refs=[target],
            confidence=confidence,
        )

    def _message(self, said: Said) -> None:
        body = read(said, Message)
        word = body.move.replace("-", " ")
        note = self._note(
            said, word=word, refs=(id_of("note", self.by_id[body.repeats]),) if body.repeats in self.by_id else ()
        )
        if body.public_text:
            self._languages(said, note, {language: {"content": text} for language, text in body.public_text.items()})
        if said.id in self.grouped:
            self.making.said(
                "grouping",
                said,
                name=self.making.heading(said, word),
                description=quoted(body.subject) if body.subject else "",
                context="unspecified",
                object_refs=distinct(self.making.party(origin) for origin in said.parties if origin != EVERYBODY),
            )

    def _claim(self, said: Said) -> None:
        body = read(said, Claim)
        denials = self.claims.entry(said.id).denials
        more = "\n".join(_denied(denial) for denial in denials)
        note = self._note(said, more=more, last_us=max((d.entry.said.at_us for d in denials), default=0))
        for denial in denials:
            if denial.addresses != "not addressed":
                explanation = f"Denies ({denial.addresses}): {quoted(denial.entry.claim.quote)}"
                self._opinion(self.by_id[denial.entry.said.id], note, "strongly-disagree", explanation)
        if body.original:
            self._languages(said, note, {body.original_language: {"content": body.original}})

    def _languages(self, said: Said, note: str, contents: dict[str, JsonValue]) -> None:
        version = self.making.objects[note]["modified"]
        self.making.said("language-content", said, object_ref=note, object_modified=version, contents=contents)

    def _board(self, said: Said) -> None:
        body = read(said, Board)
        self.grouped.add(said.id)
        incident = self._main(body.incident, incident=True) or self.making.party(said.speaker)
        group = self.making.said(
            "grouping",
            said,
            name=self.making.heading(said),
            description=f"{quoted(body.title)}\n\n{body_text(said.body, _LEFT_OUT)}",
            context="unspecified",
            object_refs=[incident],
        )
        for one in body.hypotheses:
            rung = f"\nrung: {one.rung}" if one.rung else ""
            actor = f"\nnames: {quoted(one.actor)}" if one.actor else ""
            note = self.making.said(
                "note",
                said,
                one.key,
                labels=("hypothesis",),
                abstract=f"Hypothesis {one.key} of board {said.short}",
                content=f"Hypothesis {one.key} of board {said.short}, which nobody asserts by naming it: {quoted(one.text)}{rung}{actor}",
                object_refs=[incident, group],
            )
            for board in (said.id, body.of):
                self.hypotheses.setdefault((board, one.key), note)

    def _assessment(self, said: Said) -> None:
        body = read(said, Assessment)
        there = [one for one in body.judgments if (body.board, one.hypothesis) in self.hypotheses]
        self._note(said, refs=[self.hypotheses[body.board, one.hypothesis] for one in there])
        for one in there:
            judged = likelihood(one.likelihood, one.scale)
            confidence = (
                f", analytic confidence {one.confidence}" if one.confidence else ", analytic confidence not stated"
            )
            self._opinion(
                said,
                self.hypotheses[body.board, one.hypothesis],
                opinion_of(judged),
                f"{quoted(body.office)} holds it {judged} on the scale {judged.scale}{confidence}",
                stix_confidence(one.confidence),
            )

    def _position(self, said: Said) -> None:
        body = read(said, Position)
        notes = [self.hypotheses.get((body.board, key)) for key in body.hypotheses]
        targets = distinct(notes or [self._main(name) for name in body.about] or [self._main(body.board)])
        self._note(said, refs=[str(target) for target in targets])
        if body.stance in _STANCES:
            for target in targets:
                scope = f", scope {body.scope}" if body.scope else ""
                explanation = f"{quoted(body.office)}: {body.stance}{scope}" + (
                    f": {quoted(body.text)}" if body.text else ""
                )
                self._opinion(said, str(target), _STANCES[body.stance], explanation)

    def _finding(self, said: Said) -> None:
        body = read(said, Finding)
        self._note(said, refs=[self.hypotheses.get((body.board, body.hypothesis))])
        impact = self._main(body.about, incident=True)
        incident = self._main(body.incident, incident=True)
        if body.what == "impact" and impact is not None and incident is not None and impact != incident:
            self.making.said(
                "relationship",
                said,
                relationship_type="related-to",
                source_ref=impact,
                target_ref=incident,
                description="what is assessed as an impact, and the incident that it is said to be one of",
            )

    def _agreement(self, said: Said) -> None:
        body = read(said, Agreement)
        self.making.said(
            "report",
            said,
            name=self.making.heading(said),
            description=f"{quoted(body.title)}\n\n{body_text(said.body, _LEFT_OUT)}",
            published=self.making.timestamp(said),
            object_refs=distinct(self.making.party(origin) for origin in body.parties),
        )

    def _answer(self, said: Said) -> None:
        body = read(said, Answer)
        self._note(said)
        target = self._main(body.of)
        if body.word in _ANSWERS and target is not None:
            self._opinion(
                said, target, _ANSWERS[body.word], f"{body.word}" + (f": {quoted(body.text)}" if body.text else "")
            )


_MAKERS: Mapping[str, Callable[[_Export, Said], None]] = {
    "message": _Export._message,
    "claim": _Export._claim,
    "assessment": _Export._assessment,
    "position": _Export._position,
    "finding": _Export._finding,
    "agreement": _Export._agreement,
    "answer": _Export._answer,
}


def _parties(statements: Iterable[Said]) -> Iterator[str]:
    """Everybody who speaks, is spoken to or is spoken for in these statements."""
    for said in statements:
        yield from (origin for origin in said.parties if origin != EVERYBODY)
        yield from _names(said.body.get("speaker_party"))


def _authors(said: Said) -> list[JsonValue]:
    return [name for field in _AUTHORS for name in _names(said.body.get(field))]


def _names(value: JsonValue) -> list[str]:
    if isinstance(value, str):
        return [value] if value else []
    return [item for item in value if isinstance(item, str) and item] if isinstance(value, list) else []


def _denied(denial: Denial) -> str:
    claim = denial.entry.claim
    who = quoted(claim.speaker) if claim.attributed else "somebody who is not named"
    when = f", {claim.said}" if claim.said is not None else ""
    return f"Denied by {who}{when} ({denial.addresses}): {quoted(claim.quote)}"


def _opens(said: Said) -> bool:
    """Whether a message opens a thread, and can be read."""
    try:
        body = read(said, Message)
    except InvalidStatement:
        return False
    return not body.thread and body.move in OPENINGS


def _reads(said: Said, shape: type[Agreement]) -> bool:
    try:
        read(said, shape)
    except InvalidStatement:
        return False
    return True
