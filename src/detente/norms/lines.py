"""Norms, conduct, agreements and responses in lines of text: neutral words of ours, everybody else's in quotation marks under their name.

Each function takes results of the core and returns lines without markup. Whoever shows them adds nothing: a denied entry comes with its
answers, a party without a word stands as "unknown", and no line counts one class with another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from detente.drawing import plain
from detente.norms.agreements import IN_FORCE, AgreementState, ClauseDiff, Draft, Version
from detente.norms.answers import AnswerEntry
from detente.norms.bodies import Clause
from detente.norms.checklist import Line
from detente.norms.conduct import ConductEntry
from detente.norms.ladder import Step
from detente.norms.promises import Duty, Item, LimitState
from detente.norms.register import Standing
from detente.norms.sealed import day
from detente.when import DAY_US

_ANSWERED = {
    "concurs": "concurs",
    "disputes": "disputes this",
    "no-comment": "has no comment",
    "adds": "adds to this",
}


def quoted(text: str) -> str:
    """Somebody's words. Quotation marks inside them become single ones, so that it stays plain where the words end."""
    return f"“{plain(text.replace('“', '‘').replace('”', '’'))}”"


def history_lines(standing: Standing) -> list[str]:
    """Every statement on one party's standing, its own and others', with source and date."""
    lines = [f"{standing.norm}, {plain(standing.party)}: {standing.status}"]
    for step in standing.own:
        lines.append(
            f"  {step.at}  {step.status}, says {plain(step.speaker)}{_office(step.office)} (source: {quoted(step.source)})"
        )
        if step.reservation:
            lines.append(f"    with a reservation: {quoted(step.reservation)}")
        if step.withdrawn:
            lines.append(f"    withdrawn by {plain(step.speaker)}")
    for step in standing.by_others:
        lines.append(f"  {step.at}  {plain(step.speaker)} says of it: {step.status} (source: {quoted(step.source)})")
        if step.reservation:
            lines.append(f"    with a reservation, as {plain(step.speaker)} says: {quoted(step.reservation)}")
        if step.withdrawn:
            lines.append(f"    withdrawn by {plain(step.speaker)}")
    if not standing.own:
        lines.append(f"  {plain(standing.party)} itself has said nothing here")
    return lines


def conduct_lines(entry: ConductEntry) -> list[str]:
    """One entry, its flags and every answer to it."""
    whose = "its own conduct" if entry.own else f"conduct of {plain(entry.about)}"
    lines = [
        f"{entry.short}  {entry.norm}, incident {plain(entry.incident)}: {plain(entry.filed_by)} sees {whose} as {entry.finding}",
        f"  {day(entry.said_us)}  {plain(entry.filed_by)}: {quoted(entry.text)}",
    ]
    if entry.withdrawn:
        lines.append(f"  withdrawn by {plain(entry.filed_by)}")
    lines += [
        f"  flag: {entry.norm} is not accepted by {plain(party)} in its own words here (status: {status})"
        for party, status in entry.not_accepted.items()
    ]
    if not entry.own_entry:
        lines.append(
            f"  flag: no earlier entry of {plain(entry.filed_by)} on its own conduct under {entry.norm} is held here"
        )
    lines += _answer_lines(entry.answers)
    if not entry.own and not any(answer.speaker == entry.about for answer in entry.answers):
        lines.append(f"  {plain(entry.about)} has not answered here")
    return lines


def agreement_lines(state: AgreementState) -> list[str]:
    """What is in force, what is proposed and waits for whom, who left."""
    lines = [
        f"{plain(state.key)} ({state.short}), {quoted(state.title)}, between {_names(state.parties)}: {_state(state)}"
    ]
    lines += _signature_lines(state.signed, state.waits_for)
    lines += [f"  left by {plain(party)} on {day(at_us)}" for party, at_us in state.left.items()]
    lines += _clause_lines(state.text)
    for draft in state.amendments:
        lines += amendment_lines(draft)
    return lines


def version_lines(state: AgreementState, version: Version) -> list[str]:
    """The text that was in force at a time."""
    until = "" if version.until_us is None else f" until {day(version.until_us)}"
    return [
        f"{plain(state.key)} ({state.short}), version {version.number}, in force since {day(version.since_us)}{until}",
        *_clause_lines(version.clauses),
    ]


def amendment_lines(draft: Draft) -> list[str]:
    """One amendment: what it would change, why in its speaker's words, who has signed and who has not."""
    lines = [
        f"  amendment {draft.short} of version {draft.base} by {plain(draft.speaker)} on {day(draft.said_us)}: {draft.state}"
    ]
    lines += [
        f"    clause {change.id}: "
        + ("removed" if change.remove else quoted(change.text))
        + _limits_of(change.classes, change.purposes)
        for change in draft.changed
    ]
    if draft.reasons:
        lines.append(f"    reasons of {plain(draft.speaker)}: {quoted(draft.reasons)}")
    return lines + _signature_lines(draft.signed, draft.waits_for, indent="    ")


def diff_lines(differences: Iterable[ClauseDiff]) -> list[str]:
    """By clause: − as it was, + as it is or would be."""
    lines = []
    for one in differences:
        lines.append(f"clause {one.id}")
        if one.old is not None:
            lines.append(f"  − {quoted(one.old.text)}{_limits_of(one.old.classes, one.old.purposes)}")
        if one.new is not None:
            lines.append(f"  + {quoted(one.new.text)}{_limits_of(one.new.classes, one.new.purposes)}")
    return lines


def item_lines(item: Item) -> list[str]:
    """One undertaking: who sees it at which stage, on which evidence."""
    lines = [
        f"{item.short}  {quoted(item.item)}, to be done by {plain(item.by)}" + (f", due {item.due}" if item.due else "")
    ]
    for seen in item.seen:
        evidence = f" (evidence: {', '.join(plain(e) for e in seen.evidence)})" if seen.evidence else ""
        lines.append(
            f"  {seen.stage}, says {plain(seen.speaker)}{_office(seen.office)} on {day(seen.said_us)}{evidence}"
        )
    return lines


def limit_lines(limit: LimitState) -> list[str]:
    """One declared limit; where verification or the next exchange is missing, it is a declaration only."""
    lines = [f"{limit.short}  {plain(limit.party)} declares {quoted(limit.text)}: {limit.standing}"]
    lines.append(f"  verification: {quoted(limit.verification) if limit.verification else 'none stated'}")
    lines.append(f"  next exchange of data: {limit.next_exchange or 'no date stated'}")
    if limit.overdue_us:
        lines.append(f"  flag: that date is past by {_days(limit.overdue_us)}, and no later one is stated")
    if limit.exchanged:
        lines.append(f"  exchanged so far: {', '.join(plain(name) for name in limit.exchanged)}")
    return lines


def duty_lines(found: Sequence[Duty]) -> list[str]:
    return [
        f"{duty.due}  {plain(duty.party)}: {duty.what}, {quoted(duty.text)} ({duty.short})"
        + (f", past by {_days(duty.overdue_us)}" if duty.overdue_us else "")
        for duty in found
    ]


def step_lines(step: Step, held: Mapping[str, int] | None = None) -> list[str]:
    """One response as those see it who were told of it. A closed seal shows its digest and its date or condition.

    `held`: by party, since when it held the statement, by its own receipt.
    """
    to = f" to {plain(step.to)}" if step.to and step.to != step.speaker else ""
    lines = [f"{step.short}  {step.decided}  {plain(step.speaker)}{to}: {step.kind}{_office(step.role)}"]
    if step.reasons:
        lines.append(f"  reasons of {plain(step.speaker)}: {quoted(step.reasons)}")
    if step.review:
        lines.append(f"  to be reviewed: {step.review}")
    if step.ends:
        lines.append(f"  ended: {step.ends}")
    if step.withdrawn:
        lines.append(f"  withdrawn by {plain(step.speaker)}")
    if step.seal is not None:
        seal = step.seal
        lines.append(f"  committed on {day(seal.committed_us)}, digest {seal.digest}")
        if seal.text is not None:
            lines.append(f"  revealed on {day(seal.revealed_us)}: {quoted(seal.text)}")
            lines.append(f"  key {seal.key}; text and key give the digest")
        else:
            lines += _closed_lines(step)
        lines += [f"  a further reveal ({id_}) does not count" for id_ in seal.refused]
    lines += _answer_lines(step.answers)
    lines += [
        f"  held by {plain(party)} since {day(at_us)}, by its own receipt" for party, at_us in (held or {}).items()
    ]
    return lines


def _answer_lines(answers: Iterable[AnswerEntry]) -> list[str]:
    lines = []
    for answer in answers:
        words = f": {quoted(answer.text)}" if answer.text else ""
        gone = f" (withdrawn by {plain(answer.speaker)})" if answer.withdrawn else ""
        lines.append(f"  {day(answer.said_us)}  {plain(answer.speaker)} {_ANSWERED[answer.word]}{words}{gone}")
    return lines


def _closed_lines(step: Step) -> list[str]:
    assert step.seal is not None
    when = f"on {day(step.seal.reveal_us)}" if step.seal.reveal_us else ""
    given = f"when {quoted(step.seal.condition)}" if step.seal.condition else ""
    lines = [f"  closed; to be revealed {' or '.join(part for part in (when, given) if part)}"]
    if step.seal.overdue_us:
        lines.append(f"  flag: still closed {_days(step.seal.overdue_us)} after its date")
    return lines


def checklist_lines(lines: Sequence[Line]) -> list[str]:
    """Every question with what is answered, by whom, and what the record holds; and then all that nobody answers, once more."""
    shown = ["Questions of ILC articles 49–54. They are asked, and not judged here."]
    for line in lines:
        shown.append(f"{line.question} (article {line.article}): {line.text}")
        shown += [f"  {plain(party)}: {quoted(words)}" for party, words in line.answers.items()]
        for one in line.recorded:
            if one.sent_us is None:
                shown.append(f"  record: message {one.id} is named, and not held here")
            else:
                held = (
                    f"its receipt is of {day(one.received_us)}"
                    if one.received_us is not None
                    else "no receipt is held here"
                )
                shown.append(f"  record: {plain(one.sender)} sent message {one.id} on {day(one.sent_us)}; {held}")
        shown += [f"  {plain(party)}: unanswered" for party in line.unanswered_by]
    unanswered = [line.question for line in lines if line.unanswered]
    shown.append(f"Unanswered: {', '.join(unanswered)}" if unanswered else "Unanswered: none")
    return shown


def _state(state: AgreementState) -> str:
    text = state.in_force
    if text is not None:
        return f"version {text.number} {IN_FORCE} since {day(text.since_us)}"
    return state.state


def _signature_lines(signed: dict[str, int], waits_for: Sequence[str], *, indent: str = "  ") -> list[str]:
    lines = [f"{indent}signed by {plain(party)} on {day(at_us)}" for party, at_us in signed.items()]
    return lines + [f"{indent}not signed by {plain(party)}" for party in waits_for]


def _clause_lines(clauses: Sequence[Clause]) -> list[str]:
    return [f"  {clause.id}  {quoted(clause.text)}{_limits_of(clause.classes, clause.purposes)}" for clause in clauses]


def _limits_of(classes: Sequence[str], purposes: Sequence[str]) -> str:
    parts = [f"activity: {', '.join(plain(c) for c in classes)}"] if classes else []
    parts += [f"purposes: {', '.join(plain(p) for p in purposes)}"] if purposes else []
    return f" [{'; '.join(parts)}]" if parts else ""


def _names(parties: Sequence[str]) -> str:
    return ", ".join(plain(party) for party in parties[:-1]) + f" and {plain(parties[-1])}"


def _office(office: str) -> str:
    return f" ({quoted(office)})" if office else ""


def _days(us: int) -> str:
    days = us // DAY_US
    return "less than a day" if days < 1 else "1 day" if days == 1 else f"{days:,} days"
