"""What each kind of statement becomes in plain STIX 2.1, and what a program that reads only that does not learn.

`docs/formats/plain-stix.md` shows this table; a test compares the two. What is not lost anywhere: who said it (`created_by_ref`), when
(`created`), under which marking, every text, and the log, index and digest with which it can be checked (`external_references`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plain:
    """`types`: of the objects that a statement becomes, beside its speaker's identity; none when it is not exported."""

    types: tuple[str, ...]
    lost: str


PLAIN: dict[str, Plain] = {
    "message": Plain(
        ("note", "grouping", "language-content"),
        "the state of the thread and its clocks; receipts; which move may follow",
    ),
    "consultation": Plain(("note",), "participants and duration as data; they stand in the text"),
    "minutes": Plain(("note",), "which items of two accounts differ"),
    "reveal": Plain(("note",), "that the text was checked against its seal"),
    "correction": Plain(("note",), "that the corrected object reads otherwise from now on; it is named in object_refs"),
    "claim": Plain(
        ("note", "opinion", "incident", "language-content"),
        "hops, both grades, scope and topic as data; a denial is an opinion on the claim's note and stands in its text too, and a "
        "denial of another scope in the text alone",
    ),
    "board": Plain(
        ("grouping", "note", "incident"), "rungs and groups as data; the columns and what is computed from them"
    ),
    "assessment": Plain(
        ("note", "opinion"),
        "the likelihood's word, scale and interval, of which an opinion keeps five steps; basis; cited and withheld evidence as data; "
        "analytic confidence becomes the number of STIX's None/Low/Med/High scale",
    ),
    "position": Plain(
        ("note", "opinion"), "scope, reliance and joint signatories as data; an explicit non-assertion is a note alone"
    ),
    "rating": Plain(("note",), "the matrix and what it discriminates"),
    "finding": Plain(("note", "incident", "relationship"), "status and precision of dates as data"),
    "tasking": Plain(("note",), "that it is shown beside the assessment"),
    "milestone": Plain(("note", "incident"), "step, precision and the days between as data"),
    "commitment": Plain(("note",), "norm, status and date as data"),
    "agreement": Plain(("report",), "clauses as data, signatures, the text in force on a date"),
    "amendment": Plain(("note",), "the resulting text"),
    "signature": Plain(("note",), "which text it makes come into force"),
    "undertaking": Plain(("note",), "stage and evidence as data"),
    "limit": Plain(("note",), "verification and exchange as data"),
    "conduct": Plain(("note", "incident"), "norm and finding as data; that one's own entry comes first"),
    "answer": Plain(("note", "opinion"), "answers to single questions as data"),
    "response": Plain(("note", "incident"), "kind, checklist and seal as data; the chain and its flag"),
    "plan": Plain(("note",), "the machine-checkable definition and windows as data"),
    "evaluation": Plain(("note",), "counts and intervals as data"),
    "proposal": Plain(("note",), "the state of the proposal"),
    "measure": Plain(("note",), "state, age and owner as data"),
    "intersection": Plain((), "everything: its points are of use to the two parties alone"),
    "relay": Plain((), "everything: who reads the export is not whom it was submitted for"),
    "draft": Plain((), "everything: it stands in our private journal"),
    "approval": Plain((), "everything: it stands in our private journal"),
    "seal": Plain((), "everything: it stands in our private journal"),
    "article": Plain((), "everything: it stands in our private journal"),
    "review": Plain((), "everything: it stands in our private journal"),
}
