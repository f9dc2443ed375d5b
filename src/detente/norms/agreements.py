"""Agreements as versioned texts: what each party signed, what is in force on a date, what is proposed and waits for whom.

A text is in force from the moment when the last of its parties signed it. An amendment changes clauses of one version and makes the next
when all parties have signed; until then its clauses are proposed, whoever wrote them. Of two amendments of one version the one that is
complete first makes the next version, and the other is overtaken: it has to be proposed anew on the text that is in force.

The state at any time is a function of the statements up to then, each at the time when it counts (`detente.norms.times`): nobody can
date a signature before the text that it signs or what it had seen. No text and no signature is undone by withdrawing the statement:
consent ends with a statement that says so, from its own time on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from detente.errors import InvalidStatement, NotFound, NotPermitted
from detente.norms.bodies import Agreement, Amendment, Change, Clause, Signature, kept
from detente.norms.times import effective_times
from detente.said import Said
from detente.stix.canonical import INTEGER_MAX

IN_FORCE, PROPOSED, ENDED, OVERTAKEN = "in force", "proposed", "ended", "overtaken"


@dataclass(frozen=True, slots=True)
class Version:
    """A text that was in force from `since_us` until `until_us` (None: still, at the time asked)."""

    number: int
    since_us: int
    clauses: tuple[Clause, ...]
    by: str
    until_us: int | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A text or amendment and its signatures. `signed`: party -> when; `waits_for`: the parties that have not signed."""

    id: str
    short: str
    speaker: str
    said_us: int
    state: str
    base: int
    changed: tuple[Change, ...]
    reasons: str
    signed: dict[str, int]
    waits_for: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AgreementState:
    """One agreement at the time asked. `versions`: every text that was in force, the latest last; `text`: that one, or the proposed one."""

    id: str
    short: str
    key: str
    title: str
    parties: tuple[str, ...]
    speaker: str
    said_us: int
    state: str
    signed: dict[str, int]
    waits_for: tuple[str, ...]
    left: dict[str, int]
    versions: tuple[Version, ...]
    amendments: tuple[Draft, ...]
    text: tuple[Clause, ...]

    @property
    def in_force(self) -> Version | None:
        return self.versions[-1] if self.state == IN_FORCE else None

    @property
    def proposed(self) -> tuple[Draft, ...]:
        """Amendments that could still come into force."""
        return tuple(draft for draft in self.amendments if draft.state == PROPOSED)


@dataclass(frozen=True, slots=True)
class InForce:
    """What others need of an agreement: its clauses at one time, with their activity classes and purposes."""

    agreement: str
    key: str
    title: str
    parties: tuple[str, ...]
    version: int
    since_us: int
    clauses: tuple[Clause, ...]


@dataclass(slots=True)
class _Text:
    """An agreement or amendment while its statements are walked through."""

    said: Said
    body: Agreement | Amendment
    signed: dict[str, int] = field(default_factory=dict)
    state: str = PROPOSED

    @property
    def base(self) -> int:
        return self.body.base if isinstance(self.body, Amendment) else self.body.version


def agreements(statements: Iterable[Said], on_us: int | None = None) -> list[AgreementState]:
    """Every agreement as it stands at `on_us`, from statements of the kinds agreement, amendment and signature, in any order.

    None: by everything that is held, also by what a partner whose clock is ahead of ours said "in some minutes".
    """
    every = sorted(statements, key=lambda said: (said.at_us, said.ref.leaf))
    until_us = INTEGER_MAX if on_us is None else on_us
    amendments = kept((said for said in every if said.kind == "amendment"), Amendment)
    signatures = kept((said for said in every if said.kind == "signature"), Signature)
    return [
        _walk(said, body, amendments, signatures, until_us)
        for said, body in kept((said for said in every if said.kind == "agreement"), Agreement)
        if said.speaker in body.parties and said.at_us <= until_us
    ]


def in_force(statements: Iterable[Said], parties: Sequence[str], on_us: int) -> list[InForce]:
    """The agreements among (at least) these parties that are in force at `on_us`."""
    return [
        InForce(one.id, one.key, one.title, one.parties, text.number, text.since_us, text.clauses)
        for one in agreements(statements, on_us)
        if (text := one.in_force) is not None and set(parties) <= set(one.parties)
    ]


def _walk(
    root: Said,
    agreement: Agreement,
    amendments: Sequence[tuple[Said, Amendment]],
    signatures: Sequence[tuple[Said, Signature]],
    on_us: int,
) -> AgreementState:
    proposed = [
        (said, body) for said, body in amendments if body.agreement == root.id and said.speaker in agreement.parties
    ]
    ids = {root.id, *(said.id for said, _ in proposed)}
    signed = [(said, body) for said, body in signatures if body.of in ids and said.speaker in agreement.parties]
    named = {said.id: root.id for said, _ in proposed} | {said.id: body.of for said, body in signed}
    # Only what all parties of this agreement were told: so both sides compute the same times.
    times = effective_times([root, *(said for said, _ in proposed), *(said for said, _ in signed)], named)
    main = _Text(root, agreement)
    texts = {root.id: main} | {said.id: _Text(said, body) for said, body in proposed if times[said.id] <= on_us}
    left: dict[str, int] = {}
    versions: list[Version] = []
    for said, signature in sorted(signed, key=lambda one: (times[one[0].id], one[0].ref.leaf)):
        at_us = times[said.id]
        if at_us <= on_us:
            _sign(at_us, said.speaker, signature, texts[signature.of], main, agreement, versions, left)
    for text in texts.values():
        overtaken = main.state == ENDED or (versions and text.base < versions[-1].number)
        if text is not main and text.state == PROPOSED and overtaken:
            text.state = OVERTAKEN
    return AgreementState(
        root.id,
        root.short,
        agreement.key,
        agreement.title,
        agreement.parties,
        root.speaker,
        root.at_us,
        main.state,
        main.signed,
        _missing(agreement, main),
        left,
        tuple(versions),
        tuple(_draft(text, agreement) for text in texts.values() if text is not main),
        versions[-1].clauses if versions else agreement.clauses,
    )


def _sign(
    at_us: int,
    speaker: str,
    signature: Signature,
    text: _Text,
    main: _Text,
    agreement: Agreement,
    versions: list[Version],
    left: dict[str, int],
) -> None:
    if signature.word == "leaves":
        if text.state == PROPOSED:
            text.signed.pop(speaker, None)
        elif text is main and main.state == IN_FORCE:
            left[speaker] = at_us
            main.state = ENDED
            versions[-1] = replace(versions[-1], until_us=at_us)
        return
    if text.state != PROPOSED or speaker in text.signed:
        return
    text.signed[speaker] = at_us
    if _missing(agreement, text):
        return
    if isinstance(text.body, Agreement):
        text.state = IN_FORCE
        versions.append(Version(text.body.version, at_us, text.body.clauses, text.said.id))
    elif main.state == IN_FORCE and text.body.base == versions[-1].number:
        try:
            clauses = amended(versions[-1].clauses, text.body.changed)
        except InvalidStatement:
            return  # it removes a clause that is not there: nobody's text changes
        text.state = IN_FORCE
        versions[-1] = replace(versions[-1], until_us=at_us)
        versions.append(Version(text.body.base + 1, at_us, clauses, text.said.id))


def amended(clauses: Sequence[Clause], changed: Sequence[Change]) -> tuple[Clause, ...]:
    """The text after the changes. Raises InvalidStatement when a clause to be removed is not there, or none is left."""
    text = {clause.id: clause for clause in clauses}
    for change in changed:
        if change.remove:
            if text.pop(change.id, None) is None:
                raise InvalidStatement(f"there is no clause {change.id} to remove; clauses here: {', '.join(text)}")
        else:
            text[change.id] = Clause(id=change.id, text=change.text, classes=change.classes, purposes=change.purposes)
    if not text:
        raise InvalidStatement("an amendment leaves at least one clause; to end an agreement, leave it")
    return tuple(text.values())


def keep_scope(clauses: Sequence[Clause], changed: Sequence[Change]) -> tuple[Change, ...]:
    """Changes that name no classes, or no purposes, with those of the clause as it is."""
    text = {clause.id: clause for clause in clauses}
    return tuple(
        change
        if change.remove or (old := text.get(change.id)) is None
        else msgspec.structs.replace(
            change, classes=change.classes or old.classes, purposes=change.purposes or old.purposes
        )
        for change in changed
    )


@dataclass(frozen=True, slots=True)
class ClauseDiff:
    """`old` or `new` is None where the clause is added or removed."""

    id: str
    old: Clause | None
    new: Clause | None


def diff(old: Sequence[Clause], new: Sequence[Clause]) -> list[ClauseDiff]:
    """The clauses that differ, in the order of the old text, then what is added."""
    before = {clause.id: clause for clause in old}
    after = {clause.id: clause for clause in new}
    ids = [*before, *(name for name in after if name not in before)]
    return [ClauseDiff(name, before.get(name), after.get(name)) for name in ids if before.get(name) != after.get(name)]


def version_on(state: AgreementState, on_us: int) -> Version:
    """The text that was in force at `on_us`. Raises NotFound when none was."""
    for version in state.versions:
        if version.since_us <= on_us and (version.until_us is None or on_us < version.until_us):
            return version
    raise NotFound(f"no text of {state.key} was in force then; its state was: {state.state}")


def require_amendable(state: AgreementState, amendment: Amendment, speaker: str) -> None:
    """Raises what keeps `speaker` from proposing this amendment now."""
    _require_party(state, speaker)
    text = state.in_force
    if text is None:
        raise NotPermitted(f"{state.key} is {state.state}; an amendment changes a text that is in force")
    if amendment.base != text.number:
        raise InvalidStatement(
            f"the text in force is version {text.number}, and the amendment starts from version {amendment.base}"
        )
    if amended(text.clauses, amendment.changed) == text.clauses:
        raise InvalidStatement("the amendment changes nothing of the text that is in force")


def require_signable(state: AgreementState, of: str, word: str, speaker: str) -> None:
    """Raises what keeps `speaker` from signing or leaving the agreement, or an amendment of it, now."""
    _require_party(state, speaker)
    if of == state.id:
        what, now, signed = state.key, state.state, state.signed
    else:
        draft = next(draft for draft in state.amendments if draft.id == of)
        what, now, signed = f"amendment {draft.short} of {state.key}", draft.state, draft.signed
    if word == "leaves":
        if now == IN_FORCE and of != state.id:
            raise NotPermitted(
                f"{what} is in force and part of the text; propose another amendment, or leave {state.key} as a whole"
            )
        if now in (ENDED, OVERTAKEN) or speaker not in signed:
            raise NotPermitted(f"{what} is {now} and not signed by {speaker}; there is nothing to leave")
    elif now in (ENDED, OVERTAKEN):
        raise NotPermitted(f"{what} is {now}; propose it anew on the text that is in force")
    elif speaker in signed:
        raise NotPermitted(f"{speaker} has signed {what} before; a second signature would add nothing")


def _require_party(state: AgreementState, speaker: str) -> None:
    if speaker not in state.parties:
        raise NotPermitted(
            f"{speaker} is not a party of {state.key}; its parties are {', '.join(sorted(state.parties))}"
        )


def _missing(agreement: Agreement, text: _Text) -> tuple[str, ...]:
    return tuple(party for party in agreement.parties if party not in text.signed)


def _draft(text: _Text, agreement: Agreement) -> Draft:
    assert isinstance(text.body, Amendment)
    return Draft(
        text.said.id,
        text.said.short,
        text.said.speaker,
        text.said.at_us,
        text.state,
        text.body.base,
        text.body.changed,
        text.body.reasons,
        dict(text.signed),
        _missing(agreement, text),
    )
