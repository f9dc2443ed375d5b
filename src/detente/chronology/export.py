"""The chronology as JSON, CSV (RFC 4180) and Markdown: the same entries in the same order, on every node that holds the same statements.

A cell that begins with = + - or @ (or a tab or return before it) is preceded by an apostrophe, for a spreadsheet would take it for a
formula of the person who opens it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from detente.chronology.entries import Beside, Entry
from detente.stix.canonical import JsonValue
from detente.when import When

COLUMNS = ("when", "precision", "said", "speaker", "kind", "sentence", "beside", "log", "index", "digest")

# What a relation is called beside the statement it bears on.
RELATIONS = {
    "answers": "Answer",
    "corrects": "Correction",
    "denies": "Denial",
    "denies another scope": "Denial (this scope is not addressed)",
    "denies, scope not stated": "Denial (scope not stated)",
    "elsewhere": "The same speaker elsewhere",
    "on this claim": "Claim on this claim",
}


def as_json(entries: Iterable[Entry]) -> list[JsonValue]:
    """One object for each entry; times as microseconds, and as text with the precision of their source."""
    return [{**_entry(entry), "beside": [_beside(beside) for beside in entry.beside]} for entry in entries]


def to_json(entries: Iterable[Entry]) -> str:
    return json.dumps(as_json(entries), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def to_csv(entries: Iterable[Entry]) -> str:
    """A header and one line for each entry; lines end with CR LF."""
    rows = [COLUMNS, *(_row(entry) for entry in entries)]
    return "".join(",".join(_cell(cell) for cell in row) + "\r\n" for row in rows)


def to_markdown(entries: Sequence[Entry], *, title: str = "Chronology") -> str:
    """A list for a person to read: when, the sentence, where it can be checked; what bears on it is indented below."""
    lines = [f"# {_plain(title)}", ""]
    for entry in entries:
        lines.append(f"- **{entry.when}** {_plain(entry.sentence)} {_reference(entry)}")
        lines += [f"  - {_plain(beside_words(beside))} {_reference(beside.entry)}" for beside in entry.beside]
    if not entries:
        lines.append("Nothing is recorded.")
    return "\n".join(lines) + "\n"


def beside_words(beside: Beside) -> str:
    """`Denial, 7 Oct 2016: CERT B …`"""
    later = " (later than the date asked for)" if beside.later else ""
    return f"{RELATIONS[beside.relation]}, {beside.entry.when}{later}: {beside.entry.sentence}"


def _entry(entry: Entry) -> dict[str, JsonValue]:
    said = entry.said
    return {
        "id": said.id,
        "short": said.short,
        "kind": said.kind,
        "word": entry.word,
        "when": _moment(entry.when),
        "said_us": said.at_us,
        "speaker": said.speaker,
        "addressees": list(said.aud),
        "sentence": entry.sentence,
        "log": said.ref.log,
        "index": said.ref.index,
        "withdrawn": said.withdrawn,
        "erased": said.erased,
    }


def _beside(beside: Beside) -> JsonValue:
    return {"relation": beside.relation, "later": beside.later, **_entry(beside.entry)}


def _moment(when: When) -> JsonValue:
    return {"at_us": when.at_us, "fidelity": when.fidelity, "text": str(when)}


def _row(entry: Entry) -> tuple[str, ...]:
    said = entry.said
    return (
        entry.when.iso,
        entry.when.fidelity,
        When(said.at_us // 1_000_000 * 1_000_000).iso,
        said.speaker,
        entry.word,
        entry.sentence,
        " | ".join(beside_words(beside) for beside in entry.beside),
        said.ref.log,
        str(said.ref.index),
        said.id,
    )


def _cell(text: str) -> str:
    if re.match(r"[\t\r\n ]*[=+\-@]", text):
        text = "'" + text
    return '"' + text.replace('"', '""') + '"' if re.search(r'[",\r\n]', text) else text


def _reference(entry: Entry) -> str:
    said = entry.said
    return f"\\[{_plain(said.ref.log)} {said.ref.index}, {said.short}\\]"


def _plain(text: str) -> str:
    """Foreign text in Markdown says what it says, and formats nothing."""
    return re.sub(r"([\\`*_\[\]<>|#~])", r"\\\1", " ".join(text.split()))
