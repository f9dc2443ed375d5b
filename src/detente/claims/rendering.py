"""An entry of the record as text, Markdown or JSON: the speaker first, then the words, then the way they came and who denied them.

Everything foreign stands between quotation marks or passes `shown`, the surface's own way to print what others wrote. Inside
“ ” quotation marks of the quoted words become ‘ ’; JSON has the words as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import TypeAlias

import msgspec

from detente.claims.bodies import POLARITIES, Claim, Hop
from detente.claims.record import Denial, Entry
from detente.scales import REPORT_GRADES, SOURCE_GRADES
from detente.stix.canonical import JsonValue

Shown: TypeAlias = Callable[[str], str]

UNATTRIBUTED = "Unattributed"
TRANSLATION_ONLY = "translation only: the original is not held"
AMBIGUOUS = "ambiguous in source"

_INNER = str.maketrans("“”„", "‘’‘")


def entry_text(entry: Entry, shown: Shown) -> str:
    return "\n".join("  " * depth + line for depth, line in _lines(entry, shown, 0, ""))


def listed(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Entries for reading one after the other: one that has just stood whole beneath an earlier one does not come again."""
    above: set[str] = set()
    for entry in entries:
        if entry.said.id not in above:
            yield entry
            above.update(_beneath(entry))


def _beneath(entry: Entry) -> Iterator[str]:
    for below in (*(denial.entry for denial in entry.denials), *entry.counter_claims, *entry.corrections):
        if not below.cut:
            yield below.said.id
            yield from _beneath(below)


def entry_markdown(entry: Entry, shown: Shown) -> str:
    """A nested list; what Markdown would read as its own signs is escaped."""
    return "\n".join("  " * depth + "- " + line for depth, line in _lines(entry, lambda t: _escaped(shown(t)), 0, ""))


def entry_value(entry: Entry) -> dict[str, JsonValue]:
    """The same for programs. `speaker` is null where nobody is named."""
    value = _claim_value(entry.claim)
    value.update(
        {
            "id": entry.said.id,
            "short": entry.said.short,
            "recorded_by": entry.said.speaker,
            "recorded_at_us": entry.said.at_us,
            "denials": [
                {"addresses": d.addresses, "named": d.named, "claim": entry_value(d.entry)} for d in entry.denials
            ],
            "counter_claims": [entry_value(e) for e in entry.counter_claims],
            "corrections": [entry_value(e) for e in entry.corrections],
            "contradictions": [entry_value(e) for e in entry.contradictions],
            "more_under_its_own_entry": entry.cut,
        }
    )
    return value


def _claim_value(claim: Claim) -> dict[str, JsonValue]:
    """Every field that is stated, and in words what a program would have to know by heart."""
    value = msgspec.to_builtins(claim)
    assert isinstance(value, dict)
    value.update(
        {
            "speaker": claim.speaker or None,
            "words": claim.words,
            "polarity": claim.polarity,
            "scope": claim.scope or "scope not stated",
            "source_grade": claim.source_grade,
            "report_grade": claim.report_grade,
            "said": None if claim.said is None else claim.said.iso,
            "reported": None if claim.reported is None else claim.reported.iso,
            "hops": [_hop_value(hop) for hop in claim.hops],
            "hop_count": len(claim.hops),
            "original": _original_state(claim),
            "ambiguous_in_source": list(claim.ambiguity),
        }
    )
    value.pop("ambiguity", None)
    return value


def quoted(text: str, shown: Shown) -> str:
    """The words between “ ”, in one line: a paragraph's end is ¶."""
    return "“" + shown(" ¶ ".join(text.split("\n"))).translate(_INNER) + "”"


def _speaker_line(claim: Claim, shown: Shown) -> str:
    who = shown(claim.speaker) if claim.attributed else UNATTRIBUTED
    party = f" for {shown(claim.speaker_party)}" if claim.speaker_party else ""
    when = str(claim.said) if claim.said is not None else "date not stated"
    return f"{who}{party}, {when}"


def _original_state(claim: Claim) -> str | None:
    """The original words, or that only a translation is held, or null for words that were not translated, as far as is stated."""
    if claim.original:
        return claim.original
    return "translation only" if claim.translated else None


def _lines(entry: Entry, shown: Shown, depth: int, before: str) -> Iterator[tuple[int, str]]:
    yield from _claim_lines(entry.claim, shown, depth, before)
    recorded = datetime.fromtimestamp(entry.said.at_us / 1_000_000, UTC).strftime("%-d %b %Y %H:%M UTC")
    yield depth + 1, f"recorded by {shown(entry.said.speaker)} on {recorded} as {entry.said.short}"
    for denial in entry.denials:
        yield from _lines(denial.entry, shown, depth + 1, f"denied ({_addressed(denial)}): ")
    for correction in entry.corrections:
        yield from _lines(correction, shown, depth + 1, _CHANGED[correction.claim.changes])
    for counter in entry.counter_claims:
        yield from _lines(counter, shown, depth + 1, "on this claim: ")
    for contradiction in entry.contradictions:
        yield from _lines(contradiction, shown, depth + 1, "the same speaker elsewhere: ")
    if entry.cut:
        yield depth + 1, f"more on {entry.said.short} stands under its own entry"


_CHANGED = {"corrects": "corrected: ", "supersedes": "superseded: ", "": ""}


def _addressed(denial: Denial) -> str:
    """What the denial's scope says on this very claim."""
    match denial.addresses:
        case "addressed":
            return "this scope is addressed"
        case "not addressed":
            return "this scope is not addressed"
    return "scope not stated"


def _claim_lines(claim: Claim, shown: Shown, depth: int, before: str) -> Iterator[tuple[int, str]]:
    yield depth, f"{before}{_speaker_line(claim, shown)}"
    yield depth + 1, ("in the reporter's words: " if claim.words == "reporter" else "") + quoted(claim.quote, shown)
    if claim.original:
        yield depth + 1, f"original ({claim.original_language}): {quoted(claim.original, shown)}"
    elif claim.translated:
        yield depth + 1, TRANSLATION_ONLY
    scope = f"scope {claim.scope}" if claim.scope else "scope not stated"
    yield depth + 1, " · ".join((claim.polarity, claim.topic or "topic not stated", scope))
    yield depth + 1, _way(claim, shown)
    for note in claim.ambiguity:
        yield depth + 1, f"{AMBIGUOUS}: {shown(note)}"
    if claim.about:
        yield depth + 1, "about " + ", ".join(shown(subject) for subject in claim.about)
    if claim.of:
        yield depth + 1, f"{claim.changes} " + ", ".join(shown(earlier) for earlier in claim.of)


def _way(claim: Claim, shown: Shown) -> str:
    source, report = claim.source_grade, claim.report_grade
    grades = f"source {source} ({SOURCE_GRADES[source]}), report {report} ({REPORT_GRADES[report]})"
    reported = f", reported {claim.reported}" if claim.reported is not None else ""
    if not claim.hops:
        return f"no hops stated{reported}; {grades}"
    count = len(claim.hops)
    way = " → ".join(_hop(hop, shown) for hop in claim.hops)
    return f"through {count} {'hop' if count == 1 else 'hops'}: {way}{reported}; {grades}"


def _hop(hop: Hop, shown: Shown) -> str:
    when = f", {hop.at}" if hop.at is not None else ""
    reference = f", {shown(hop.reference)}" if hop.reference else ""
    return f"{hop.role} {shown(hop.name)} ({hop.grade}{when}{reference})"


def _hop_value(hop: Hop) -> dict[str, JsonValue]:
    return {
        "role": hop.role,
        "name": hop.name,
        "reference": hop.reference,
        "at": None if hop.at is None else hop.at.iso,
        "grade": hop.grade,
    }


def counts_line(counts: Iterable[tuple[str, int]]) -> str:
    """`asserts 4, denies 1; unattributed 2, counted for nothing`: classes side by side, no total."""
    known = dict(counts)
    parts = ", ".join(f"{polarity} {known.get(polarity, 0)}" for polarity in POLARITIES)
    return f"{parts}; unattributed {known.get('unattributed', 0)}, counted for nothing"


_MARKDOWN = {ord(c): "\\" + c for c in "\\`*_[]<>#|~"}


def _escaped(text: str) -> str:
    return text.translate(_MARKDOWN)
