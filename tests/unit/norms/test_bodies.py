"""What a body refuses, of ours and of a partner's alike: the message names the field or what to do."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.norms.speaking import ALDMERE, BOROVIA, Speech, on, sealed

from detente.errors import InvalidStatement
from detente.norms.bodies import BODIES, made
from detente.said import Said, readable, written

ID = "A" * 43
CLAUSE = {"id": "1", "text": "t"}
GOOD: dict[str, dict[str, Any]] = {
    "commitment": {"norm": "un-2015-f", "party": ALDMERE, "status": "accepted", "source": "s", "at": on("2015")},
    "conduct": {"norm": "un-2015-f", "incident": "i", "about": ALDMERE, "finding": "unclear", "text": "t"},
    "answer": {"of": ID, "word": "concurs"},
    "agreement": {"key": "k", "title": "t", "parties": [ALDMERE, BOROVIA], "clauses": [CLAUSE]},
    "amendment": {"agreement": ID, "base": 1, "changed": [CLAUSE]},
    "signature": {"of": ID},
    "undertaking": {"item": "i", "by": ALDMERE, "stage": "agreed"},
    "limit": {"text": "t"},
    "response": {"kind": "retorsion", "decided": on("2026"), "role": "r", "reasons": "r"},
}


def test_every_kind_has_an_example_that_is_read_back_as_it_was_said() -> None:
    assert set(GOOD) == set(BODIES)
    for kind, fields in GOOD.items():
        body = made(BODIES[kind], **fields)
        one = Speech().put(kind, ALDMERE, 1, body)
        assert readable([one], BODIES[kind]) == [(one, body)]


@pytest.mark.parametrize(
    ("kind", "change", "words"),
    [
        ("commitment", {"status": "no"}, "status"),
        ("commitment", {"source": ""}, "source"),
        ("commitment", {"party": ""}, "party"),
        ("conduct", {"finding": "breach"}, "finding"),
        ("conduct", {"incident": ""}, "incident"),
        ("conduct", {"incident": "the harbour affair"}, "an id without spaces"),
        ("conduct", {"text": ""}, "text"),
        ("answer", {"word": "adds"}, "needs its text"),
        ("answer", {"of": "short"}, "of"),
        ("answer", {"answers": {"motive": "x"}}, "motive"),
        ("agreement", {"parties": [ALDMERE]}, "parties"),
        ("agreement", {"parties": [ALDMERE, ALDMERE]}, "named once"),
        ("agreement", {"clauses": [{**CLAUSE, "id": "one two"}]}, "named like 3, 3.1 or 3"),
        ("agreement", {"clauses": []}, "clauses"),
        ("agreement", {"clauses": [CLAUSE, CLAUSE]}, "clause 1 is there twice"),
        ("agreement", {"clauses": [{**CLAUSE, "classes": ["hacking"]}]}, "no activity class: hacking"),
        ("agreement", {"key": "Two Words"}, "small letters"),
        ("agreement", {"version": 0}, "version"),
        ("amendment", {"changed": []}, "changed"),
        ("amendment", {"changed": [{"id": "1"}]}, "give its new text, or remove it"),
        ("amendment", {"changed": [{"id": "1", "text": "t", "remove": True}]}, "give its new text, or remove it"),
        ("signature", {"word": "maybe"}, "word"),
        ("undertaking", {"stage": "implemented"}, "evidence"),
        ("undertaking", {"stage": "verified"}, "evidence"),
        ("undertaking", {"stage": "done"}, "stage"),
        ("limit", {"text": ""}, "text"),
        ("response", {"kind": "hack-back"}, "kind"),
        ("response", {"reasons": ""}, "reasons"),
        ("response", {"role": ""}, "role"),
        ("response", {"kind": "none-decided"}, "review date"),
        ("response", {"kind": "undisclosed"}, "exactly when it carries a seal"),
        ("response", {"seal": sealed("retorsion: t", reveal="2027")}, "exactly when it carries a seal"),
        (
            "response",
            {"kind": "undisclosed", "seal": sealed("retorsion: t", reveal="2027")},
            "says nothing of its content",
        ),
        ("response", {"kind": "undisclosed", "reasons": "", "seal": {"digest": "d"}}, "date or the condition"),
        ("response", {"answers": {"guilt": "x"}}, "no question of the checklist"),
        ("response", {"about": ["x"]}, "about"),
    ],
)
def test_a_bad_field_is_refused_by_name(kind: str, change: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidStatement, match=words):
        made(BODIES[kind], **{**GOOD[kind], **change})


def test_a_partners_bad_body_is_kept_and_counts_for_nothing() -> None:
    good = Speech().put("limit", BOROVIA, 1, made(BODIES["limit"], text="t"))
    bad = Said(good.ref, good.aud, good.kind, good.at_us, {**written(made(BODIES["limit"], text="t")), "text": 7})
    assert readable([good, bad], BODIES["limit"]) == readable([good], BODIES["limit"])
