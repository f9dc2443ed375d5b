"""Each statement is one line in order of time; what denies or corrects it stands beside it, also when it came later."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest
from tests.unit.chronology.made import NAMES, A, B, C, day, said, when

from detente.channel.bodies import Correction, Message
from detente.channel.moves import MOVES, OPENINGS
from detente.chronology.entries import entries
from detente.chronology.export import COLUMNS, to_csv, to_json, to_markdown
from detente.claims.bodies import Claim, Hop
from detente.said import Said
from detente.words import loaded_words

ASKED = said(
    "message",
    Message(move="request", wants=("information",), subject="Lantern logs", needed_by_us=day("2026-11-03")),
    to=(B,),
    at="2026-11-01",
)
CLAIM = said(
    "claim",
    Claim(
        quote="they are guilty of it",
        speaker="Minister of A",
        speaker_party=A,
        said=when("2026-10"),
        source_grade="B",
        report_grade="2",
        topic="responsibility",
        scope="state",
        about=("lantern",),
        hops=(Hop(role="outlet", name="The Paper"),),
    ),
    at="2026-11-02",
)
DENIAL = said(
    "claim",
    Claim(
        quote="it was not us",
        speaker="Spokesman of B",
        speaker_party=B,
        said=when("2026-10-20"),
        polarity="denies",
        topic="responsibility",
        scope="state",
        about=(CLAIM.id,),
    ),
    by=B,
    at="2026-11-05",
)


def test_a_request_is_told_with_asker_asked_what_and_until_when() -> None:
    (entry,) = entries([ASKED], names=NAMES)
    assert entry.sentence == (
        f"CERT A asked CERT B for information (request {ASKED.short}): “Lantern logs” (technical level; needed by 3 Nov 2026 00:00:00 UTC)."
    )
    assert (str(entry.when), entry.word) == ("1 Nov 2026 00:00:00 UTC", "request")


def test_the_time_is_that_of_the_matter_with_its_precision_and_lines_stand_in_its_order() -> None:
    found = entries([ASKED, CLAIM, DENIAL], names=NAMES)
    assert [(str(e.when), e.said.kind) for e in found] == [
        ("October 2026", "claim"),
        ("20 Oct 2026", "claim"),
        ("1 Nov 2026 00:00:00 UTC", "message"),
    ]
    assert found[0].sentence == (
        "“Minister of A” for CERT A said on responsibility: “they are guilty of it” (recorded by CERT A; about “lantern”; scope: state; "
        "through 1 hop; graded B2)."
    )


def test_a_denied_claim_carries_its_denial_also_in_a_replay_of_a_day_before_it() -> None:
    for question in ({"as_of_us": day("2026-11-03")}, {"known_by_us": day("2026-11-03")}):
        found = entries([ASKED, CLAIM, DENIAL], names=NAMES, **question)
        assert [e.said for e in found] == [CLAIM, ASKED]
        (beside,) = found[0].beside
        assert (beside.relation, beside.entry.said, beside.later) == ("denies", DENIAL, True)
        for text in (to_json(found), to_csv(found), to_markdown(found)):
            assert "it was not us" in text
    (beside,) = entries([CLAIM, DENIAL], names=NAMES)[0].beside
    assert not beside.later


def test_what_was_said_by_a_day_and_what_was_known_here_on_it_are_two_questions() -> None:
    early = said("message", Message(move="notice", subject="x"), by=B, to=(A,), at="2026-11-01", added="2026-11-09")
    assert entries([early], as_of_us=day("2026-11-05"))
    assert not entries([early], known_by_us=day("2026-11-05"))
    assert entries([early], known_by_us=day("2026-11-09"))


def test_a_denial_of_another_scope_stands_there_and_says_so() -> None:
    other = said("claim", {**DENIAL.body, "scope": "territory"}, by=B, at="2026-11-05")
    (beside,) = entries([CLAIM, other])[0].beside
    assert beside.relation == "denies another scope"
    assert "this scope is not addressed" in to_markdown(entries([CLAIM, other]))


def test_a_correction_stands_beside_what_it_corrects() -> None:
    corrected = said(
        "correction", Correction(of=ASKED.id, field="subject", was="Lantern logs", now="Lamp logs"), at="2026-11-04"
    )
    found = entries([ASKED, corrected], names=NAMES)
    assert [(b.relation, b.entry.said) for b in found[0].beside] == [("corrects", corrected)]
    assert "“subject” was “Lantern logs” and is “Lamp logs”" in found[1].sentence


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        (said("claim", {"quote": ""}), "CERT A recorded a claim that cannot be read here."),
        (
            said("weather", {"x": 1}, to=(B,)),
            "CERT A told CERT B of a statement of a kind that is not known here that cannot be read here.",
        ),
        (said("claim", {}, erased=True, to=(B, C)), "CERT A told CERT B and Lab C of a claim; its text is erased."),
        (said("claim", {}, to=("*",)), "CERT A told everybody of a claim that cannot be read here."),
    ],
)
def test_what_cannot_be_read_is_shown_as_just_that(statement: Said, sentence: str) -> None:
    assert [e.sentence for e in entries([statement], names=NAMES)] == [sentence]


def test_what_was_withdrawn_stays_and_says_so() -> None:
    gone = said("message", Message(move="notice", subject="x"), to=(B,), withdrawn=True)
    assert entries([gone], names=NAMES)[0].sentence.endswith("CERT A has withdrawn this since.")


def test_a_claim_that_was_withdrawn_is_not_shown_without_its_denial_nor_a_denial_hidden() -> None:
    gone = replace(CLAIM, withdrawn=True)
    (first, _) = entries([gone, DENIAL], names=NAMES)
    assert first.sentence.endswith("CERT A has withdrawn this since.")
    assert [(b.relation, b.entry.said) for b in first.beside] == [("denies", DENIAL)]
    (beside,) = entries([CLAIM, replace(DENIAL, withdrawn=True)], names=NAMES)[0].beside
    assert beside.entry.sentence.endswith("CERT B has withdrawn this since.")


def test_a_title_that_two_parties_bear_names_neither() -> None:
    (entry,) = entries([ASKED], names={A: "CERT", B: "CERT"})
    assert entry.sentence.startswith("CERT (cert-a.example) asked CERT (cert-b.example)")


def test_every_move_has_words_and_none_is_loaded() -> None:
    for move in (*OPENINGS, *MOVES, "a move of tomorrow, guilty"):
        thread = "" if move in OPENINGS else ASKED.id
        (_, entry) = entries(
            [ASKED, said("message", Message(move=move, thread=thread, text="guilty"), to=(B,), at="2026-11-02")]
        )
        assert entry.sentence.startswith(A)
        assert B in entry.sentence
        assert ("not known here" in entry.sentence) == (move not in (*OPENINGS, *MOVES))
        assert not loaded_words(entry.sentence)


def test_a_spreadsheet_takes_no_cell_for_a_formula_and_reads_every_line() -> None:
    quote = '=HYPERLINK("http://x.test")'
    evil = said("claim", Claim(quote=quote, speaker="=1+1,\r\n@x"), by=B)
    text = to_csv(entries([evil, CLAIM], names={B: "=cmd|' /C calc'!A0", A: '-A, "a"'}))
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert tuple(rows[0]) == COLUMNS
    assert {len(row) for row in rows} == {len(COLUMNS)}
    assert not [cell for row in rows for cell in row if cell.lstrip("\t\r\n ")[:1] in ("=", "+", "-", "@")]
    assert text.endswith("\r\n")
    assert text.count("\r\n") == len(rows)


def test_markdown_formats_nothing_that_others_wrote() -> None:
    text = to_markdown(entries([said("claim", Claim(quote="<b>*x*</b> [y](http://z.test) `q` | # ~", speaker="_S_"))]))
    assert r"\<b\>\*x\*\</b\> \[y\](http://z.test) \`q\` \| \# \~" in text
    assert r"\_S\_" in text


def test_json_has_each_line_with_reference_and_both_times() -> None:
    (value,) = json.loads(to_json(entries([CLAIM], names=NAMES)))
    assert value["when"] == {"at_us": day("2026-10"), "fidelity": "month", "text": "October 2026"}
    assert (value["said_us"], value["log"], value["index"], value["id"]) == (CLAIM.at_us, A, 0, CLAIM.id)
    assert "added_us" not in value
