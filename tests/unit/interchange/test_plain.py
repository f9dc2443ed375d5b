"""What our statements become for programs that read plain STIX alone: who said it stays, denials stay, every reference leads somewhere."""

from __future__ import annotations

import re
from dataclasses import replace
from uuid import NAMESPACE_DNS, uuid5

import pytest
from tests.unit.chronology.made import NAMES, A, B, day, said, when

from detente.attribution.bodies import Assessment, Hypothesis, Judgment, Position, with_always
from detente.attribution.bodies import Board as Question
from detente.channel.bodies import Message
from detente.claims.bodies import Claim
from detente.interchange.losses import PLAIN
from detente.interchange.plain import plain_stix
from detente.norms.bodies import Answer, Conduct
from detente.said import Said
from detente.statement import KINDS
from detente.stix.marking import TLP_2_EXTENSION, Tlp
from detente.stix.objects import StixObject
from detente.views import MATTERS
from detente.words import loaded_words

CLAIM = said(
    "claim",
    Claim(quote="they are guilty", speaker="Minister", speaker_party=A, about=("lantern",), scope="state"),
    at="2026-11-01",
)
DENIAL = said(
    "claim",
    Claim(quote="not us", speaker="Spokesman", speaker_party=B, polarity="denies", about=(CLAIM.id,), scope="state"),
    by=B,
    to=(A,),
    at="2026-11-02",
)


def _export(*statements: Said, **more: object) -> list[StixObject]:
    return plain_stix(
        statements,
        names=NAMES,
        identity=lambda origin: f"identity--{uuid5(NAMESPACE_DNS, origin)}",
        **more,  # type: ignore[arg-type]
    )


def _of(objects: list[StixObject], type_: str, label: str = "") -> list[StixObject]:
    return [o for o in objects if o.type == type_ and (not label or label in o.value.get("labels", []))]  # type: ignore[operator]


def test_the_table_has_every_kind_that_is_a_matter_and_no_other() -> None:
    assert set(PLAIN) == set(MATTERS)
    assert all(plain.lost for plain in PLAIN.values())
    assert {kind for kind in KINDS if KINDS[kind].startswith("journal only") and kind in PLAIN} == {
        kind for kind, plain in PLAIN.items() if "private journal" in plain.lost
    }


def test_a_denied_claim_says_so_in_its_own_text_and_by_an_opinion_of_who_denies_it() -> None:
    objects = _export(CLAIM, DENIAL)
    note = next(o for o in _of(objects, "note") if "they are guilty" in str(o.value["content"]))
    assert "Denied by “Spokesman” (addressed): “not us”" in str(note.value["content"])
    assert note.value["modified"] == "2026-11-02T00:00:00.000Z"
    (opinion,) = _of(objects, "opinion")
    assert opinion.value["object_refs"] == [note.id]
    assert opinion.value["opinion"] == "strongly-disagree"
    assert opinion.created_by == f"identity--{uuid5(NAMESPACE_DNS, B)}"
    assert opinion.value["authors"] == ["Spokesman"]


def test_a_denial_of_another_scope_is_told_and_is_no_opinion_on_the_claim() -> None:
    other = said("claim", {**DENIAL.body, "scope": "territory"}, by=B, at="2026-11-02")
    objects = _export(CLAIM, other)
    assert not _of(objects, "opinion")
    assert any("(not addressed): “not us”" in str(o.value["content"]) for o in _of(objects, "note"))


def test_the_same_statements_give_the_same_bytes_and_a_new_denial_a_new_version() -> None:
    assert [o.body for o in _export(CLAIM, DENIAL)] == [o.body for o in _export(DENIAL, CLAIM)]
    alone, later = ({o.id: o for o in _export(*statements)} for statements in ((CLAIM,), (CLAIM, DENIAL)))
    (changed,) = [o for id_, o in later.items() if id_ in alone and o.body != alone[id_].body]
    assert changed.version_us is not None
    assert changed.version_us > (alone[changed.id].version_us or 0)


def test_words_of_likelihood_become_opinions_on_the_hypothesis_and_no_actor_is_attributed_to() -> None:
    question = said(
        "board",
        Question(
            question="intrusion",
            incident="lantern",
            title="Who entered?",
            hypotheses=with_always(
                [Hypothesis(key="b", text="a unit of B", actor=B), Hypothesis(key="c", text="a gang")]
            ),
        ),
    )
    judged = said(
        "assessment",
        Assessment(
            board=question.id,
            office="Service one",
            own_work=True,
            judgments=(
                Judgment(hypothesis="b", likelihood="very likely", confidence="moderate"),
                Judgment(hypothesis="c", likelihood="unlikely"),
            ),
        ),
        at="2026-11-02",
    )
    silent = said(
        "position", Position(board=question.id, office="Service two", stance="non-assertion"), at="2026-11-03"
    )
    denied = said(
        "position",
        Position(board=question.id, office="Office of B", stance="denies", hypotheses=("b",)),
        by=B,
        at="2026-11-04",
    )
    objects = _export(question, judged, silent, denied)
    hypotheses = {str(o.value["abstract"]).split()[1]: o.id for o in _of(objects, "note", "hypothesis")}
    assert sorted(hypotheses) == ["b", "c", "cannot-tell", "other"]
    opinions = {(o.value["authors"][0], o.value["object_refs"][0]): o.value for o in _of(objects, "opinion")}  # type: ignore[index]
    assert {key: (o["opinion"], o.get("confidence")) for key, o in opinions.items()} == {
        ("Service one", hypotheses["b"]): ("strongly-agree", 50),
        ("Service one", hypotheses["c"]): ("disagree", None),
        ("Office of B", hypotheses["b"]): ("strongly-disagree", None),
    }
    (group,) = _of(objects, "grouping")
    notes = [o for o in _of(objects, "note") if group.id in o.value["object_refs"]]  # type: ignore[operator]
    assert {*hypotheses.values()} < {o.id for o in notes}
    assert len(notes) == len(_of(objects, "note"))
    assert not [o for o in objects if o.type in ("relationship", "threat-actor", "intrusion-set")]


def test_a_thread_is_one_group_of_its_messages_and_every_language_is_kept() -> None:
    asked = said(
        "message", Message(move="request", subject="Logs", public_text={"de": "Bitte"}, marking="TLP:GREEN"), to=(B,)
    )
    answered = said(
        "message", Message(move="answer", thread=asked.id, text="Here"), by=B, to=(A,), at="2026-11-03", re=asked
    )
    objects = _export(asked, answered, default=Tlp.RED)
    (group,) = _of(objects, "grouping")
    assert [group.id in o.value["object_refs"] for o in _of(objects, "note")] == [True, True]  # type: ignore[operator]
    assert len(group.value["object_refs"]) == 2, "the parties"  # type: ignore[arg-type]
    (text,) = _of(objects, "language-content")
    assert text.value["contents"] == {"de": {"content": "Bitte"}}
    assert {o.marking_refs for o in _of(objects, "note")} == {(Tlp.GREEN.marking_id,), (Tlp.RED.marking_id,)}
    assert {o.value["name"] for o in _of(objects, "marking-definition")} == {"TLP:GREEN", "TLP:RED"}


def test_every_note_belongs_to_a_group_of_its_incident_or_of_its_speaker() -> None:
    alone = said("limit", {"text": "none"})
    reply = said("answer", {"of": DENIAL.id, "word": "adds", "text": "x"}, at="2026-11-03")
    objects = _export(CLAIM, DENIAL, reply, alone)
    groups = {o.id: o.value["name"] for o in _of(objects, "grouping")}
    assert sorted(groups.values(), key=str) == ["Said about “lantern”", "Said by CERT A"]
    named = [[groups[ref] for ref in o.value["object_refs"] if ref in groups] for o in _of(objects, "note")]  # type: ignore[union-attr]
    assert sorted(map(str, named)) == ["['Said about “lantern”']"] * 3 + ["['Said by CERT A']"]


def test_an_answer_to_a_conduct_entry_is_an_opinion_on_it() -> None:
    entry = said("conduct", Conduct(norm="un-2015-f", incident="lantern", about=B, finding="inconsistent", text="x"))
    answer = said("answer", Answer(of=entry.id, word="disputes", text="no"), by=B, at="2026-11-02")
    objects = _export(entry, answer)
    (opinion,) = _of(objects, "opinion")
    assert opinion.value["opinion"] == "disagree"
    assert {o.value["name"] for o in _of(objects, "incident")} == {"lantern"}


def test_what_was_withdrawn_is_revoked_in_a_later_version() -> None:
    gone = said("message", Message(move="notice", subject="x"), to=(B,), withdrawn=True)
    before = said("message", Message(move="notice", subject="x"), to=(B,))
    (now,) = _of(_export(gone), "note")
    (then,) = _of(_export(before), "note")
    assert now.revoked
    assert now.id == then.id
    assert (now.version_us or 0) > (then.version_us or 0)


def test_a_claim_that_was_withdrawn_is_revoked_and_still_says_that_it_was_denied() -> None:
    objects = _export(replace(CLAIM, withdrawn=True), DENIAL)
    note = next(o for o in _of(objects, "note") if "they are guilty" in str(o.value["content"]))
    assert note.revoked
    assert "Denied by “Spokesman”" in str(note.value["content"])
    (opinion,) = _of(_export(CLAIM, replace(DENIAL, withdrawn=True)), "opinion")
    assert opinion.revoked


@pytest.mark.parametrize("kind", sorted(PLAIN))
def test_what_cannot_be_read_becomes_a_note_or_nothing_and_never_an_error(kind: str) -> None:
    strange = said(
        kind, {"guilty": {"led_to": ["guilty", 1, None]}, "about": 7, "of": ["x"], "when_us": 10**30, "marking": "?"}
    )
    objects = _export(strange, said(kind, {}, erased=True))
    notes = _of(objects, "note")
    assert len(notes) == (1 if PLAIN[kind].types else 0)
    for note in notes:
        assert note.marking_refs == (Tlp.RED.marking_id,)
        assert not loaded_words(str(note.value["content"]))


def test_every_reference_leads_to_an_object_of_the_same_bundle() -> None:
    outside = said("claim", Claim(quote="x", about=(f"indicator--{uuid5(NAMESPACE_DNS, 'x')}", "a" * 43, B, "lantern")))
    objects = _export(outside, CLAIM, DENIAL)
    ids = {o.id for o in objects}
    referred = set(re.findall(r"\"([a-z-]+--[0-9a-f-]{36})\"", " ".join(o.body.decode() for o in objects)))
    # The published extension of TLP 2.0 is known by its number and is no object of a bundle.
    assert referred - {TLP_2_EXTENSION} <= ids
    assert len(_of(objects, "incident")) == 1


def test_a_moment_is_written_with_its_precision() -> None:
    claim = said("claim", Claim(quote="x", speaker="S", said=when("2026-10")))
    (note,) = _of(_export(claim), "note")
    assert "said: October 2026" in str(note.value["content"])
    assert str(day("2026-10")) not in str(note.value["content"])
