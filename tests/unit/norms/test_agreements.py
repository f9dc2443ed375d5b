"""Agreements: in force when all signed, proposed until then, and the text of any date again."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from tests.unit.norms.speaking import ALDMERE, BOROVIA, Speech, day

from detente.errors import InvalidStatement, NotFound, NotPermitted
from detente.norms.agreements import (
    AgreementState,
    agreements,
    amended,
    diff,
    in_force,
    keep_scope,
    require_amendable,
    require_signable,
    version_on,
)
from detente.norms.bodies import Amendment, Change, Clause, made
from detente.norms.lines import agreement_lines, diff_lines, version_lines
from detente.said import Said
from detente.statement import Seen
from detente.words import loaded_words

ONE = {"id": "1", "text": "No entry into hospitals", "classes": ["intrusion"]}
TWO = {"id": "2", "text": "Data are for defence", "purposes": ["defence"]}
HARBOUR = "harbour.example"


def _proposed(speech: Speech, at: float = 1, *, parties: tuple[str, ...] = (ALDMERE, BOROVIA)) -> Said:
    return speech.say(
        "agreement", ALDMERE, at, key="harbour", title="Harbour protocol", parties=list(parties), clauses=[ONE, TWO]
    )


def _signed(speech: Speech, *, until: float = 3) -> Said:
    text = _proposed(speech)
    speech.say("signature", ALDMERE, 2, of=text.id)
    speech.say("signature", BOROVIA, until, of=text.id)
    return text


def _state(speech: Speech, at: float) -> AgreementState:
    (state,) = agreements(speech.said, day(at))
    return state


def test_a_text_is_proposed_until_the_last_party_has_signed() -> None:
    speech = Speech()
    _signed(speech)
    assert agreements(speech.said, day(0.5)) == []
    assert [(_state(speech, at).state, _state(speech, at).waits_for) for at in (1, 2, 3)] == [
        ("proposed", (ALDMERE, BOROVIA)),
        ("proposed", (BOROVIA,)),
        ("in force", ()),
    ]
    assert _state(speech, 3).versions[0].since_us == day(3)


def test_a_clause_changed_by_one_side_only_stays_proposed() -> None:
    speech = Speech()
    text = _signed(speech)
    change = speech.say(
        "amendment", BOROVIA, 4, agreement=text.id, base=1, changed=[{"id": "1", "text": "Hospitals and ports"}]
    )
    speech.say("signature", BOROVIA, 5, of=change.id)
    state = _state(speech, 100)
    assert [clause.text for clause in state.text] == ["No entry into hospitals", "Data are for defence"]
    assert [(draft.state, draft.waits_for) for draft in state.amendments] == [("proposed", (ALDMERE,))]
    speech.say("signature", ALDMERE, 6, of=change.id)
    state = _state(speech, 100)
    assert (state.versions[-1].number, state.text[0].text) == (2, "Hospitals and ports")
    assert state.proposed == ()


def test_the_text_of_any_date_comes_out_again() -> None:
    speech = Speech()
    text = _signed(speech)
    change = speech.say(
        "amendment",
        BOROVIA,
        4,
        agreement=text.id,
        base=1,
        changed=[{"id": "2", "remove": True}, {"id": "3", "text": "Yearly"}],
    )
    speech.say("signature", BOROVIA, 5, of=change.id)
    speech.say("signature", ALDMERE, 6, of=change.id)
    speech.say("signature", BOROVIA, 9, of=text.id, word="leaves")
    state = _state(speech, 100)
    on = {at: [c.id for c in version_on(state, day(at)).clauses] for at in (3, 5.9, 6, 8.9)}
    assert on == {3: ["1", "2"], 5.9: ["1", "2"], 6: ["1", "3"], 8.9: ["1", "3"]}
    for at in (2.9, 9):
        with pytest.raises(NotFound, match="no text of harbour was in force then"):
            version_on(state, day(at))
    # What is said later changes nothing of an earlier date.
    for at in (1, 2, 3, 4, 5, 6, 8.9, 9):
        upto = [one for one in speech.said if one.at_us <= day(at)]
        assert agreements(upto, day(at)) == agreements(speech.said, day(at))
    assert state.state == "ended"
    assert state.left == {BOROVIA: day(9)}


def test_of_two_amendments_of_one_version_the_one_that_is_complete_first_counts() -> None:
    speech = Speech()
    text = _signed(speech)
    one = speech.say("amendment", ALDMERE, 4, agreement=text.id, base=1, changed=[{"id": "1", "text": "A"}])
    two = speech.say("amendment", BOROVIA, 4, agreement=text.id, base=1, changed=[{"id": "1", "text": "B"}])
    for at, speaker, of in ((5, ALDMERE, one), (5, ALDMERE, two), (6, BOROVIA, two), (7, BOROVIA, one)):
        speech.say("signature", speaker, at, of=of.id)
    state = _state(speech, 8)
    assert state.text[0].text == "B"
    assert {draft.id: draft.state for draft in state.amendments} == {one.id: "overtaken", two.id: "in force"}
    with pytest.raises(NotPermitted, match="overtaken; propose it anew"):
        require_signable(state, one.id, "signs", ALDMERE)


def test_the_state_does_not_depend_on_the_order_of_arrival() -> None:
    speech = Speech()
    text = _signed(speech)
    change = speech.say("amendment", BOROVIA, 4, agreement=text.id, base=1, changed=[{"id": "3", "text": "x"}])
    speech.say("signature", ALDMERE, 5, of=change.id)
    speech.say("signature", BOROVIA, 6, of=change.id)
    wanted = agreements(speech.said, day(7))
    for seed in range(20):
        shuffled = random.Random(seed).sample(speech.said, len(speech.said))
        assert agreements(shuffled, day(7)) == wanted


def test_a_signature_from_a_clock_that_is_behind_counts_from_the_time_of_the_text() -> None:
    speech = Speech()
    text = _proposed(speech, at=1)
    speech.say("signature", ALDMERE, 1.001, of=text.id)
    speech.say("signature", BOROVIA, 0.997, of=text.id)  # some four minutes behind
    state = _state(speech, 2)
    assert state.state == "in force"
    assert state.signed == {BOROVIA: day(1) + 1, ALDMERE: day(1.001)}


def test_a_signature_is_not_dated_back_before_what_its_log_or_its_signer_had_seen() -> None:
    speech = Speech()
    text = _signed(speech)
    change = speech.say("amendment", ALDMERE, 4, agreement=text.id, base=1, changed=[{"id": "1", "text": "x"}])
    ours = speech.say("signature", ALDMERE, 30, of=change.id)
    late = speech.say(
        "signature", BOROVIA, 2, of=change.id
    )  # long after the thirtieth, and dated before its own earlier signature
    assert _state(speech, 100).versions[-1].since_us == day(30)
    assert _state(speech, 100).amendments[0].signed[BOROVIA] == day(4) + 1
    # The header says that B had verified A's log up to and with A's signature when it signed.
    seen = replace(late, seen=(Seen(ALDMERE, ours.ref.index + 1, b""),))
    (state,) = agreements([*speech.said[:-1], seen], day(100))
    assert state.amendments[0].signed[BOROVIA] == day(30) + 1
    assert version_on(state, day(29)).number == 1


def test_logs_that_refer_to_each_other_in_a_circle_come_to_an_end() -> None:
    speech = Speech()
    text = _proposed(speech)
    circle = []
    for speaker, other in ((ALDMERE, BOROVIA), (BOROVIA, ALDMERE)):
        circle.append(replace(speech.say("signature", speaker, 2, of=text.id), seen=(Seen(other, 99, b""),)))
    (state,) = agreements([text, *circle], day(9))
    assert state.state == "in force"


def test_a_signature_taken_back_in_time_leaves_the_text_proposed() -> None:
    speech = Speech()
    text = _proposed(speech)
    speech.say("signature", ALDMERE, 2, of=text.id)
    speech.say("signature", ALDMERE, 3, of=text.id, word="leaves")
    speech.say("signature", BOROVIA, 4, of=text.id)
    assert (_state(speech, 5).state, _state(speech, 5).waits_for) == ("proposed", (ALDMERE,))


def test_only_parties_propose_sign_and_amend() -> None:
    speech = Speech()
    text = _signed(speech)
    speech.say("signature", HARBOUR, 4, of=text.id)
    speech.say("amendment", HARBOUR, 4, agreement=text.id, base=1, changed=[{"id": "1", "text": "ours"}])
    speech.say("agreement", HARBOUR, 4, key="x", title="t", parties=[ALDMERE, BOROVIA], clauses=[ONE])
    state = _state(speech, 5)
    assert set(state.signed) == {ALDMERE, BOROVIA}
    assert state.amendments == ()
    with pytest.raises(NotPermitted, match=f"{HARBOUR} is not a party of harbour"):
        require_signable(state, text.id, "signs", HARBOUR)


def test_what_cannot_be_signed_or_left_is_refused_with_the_reason() -> None:
    speech = Speech()
    text = _signed(speech)
    change = speech.say("amendment", ALDMERE, 4, agreement=text.id, base=1, changed=[{"id": "1", "text": "x"}])
    state = _state(speech, 5)
    with pytest.raises(NotPermitted, match="has signed harbour before"):
        require_signable(state, text.id, "signs", ALDMERE)
    with pytest.raises(NotPermitted, match="nothing to leave"):
        require_signable(state, change.id, "leaves", ALDMERE)
    speech.say("signature", ALDMERE, 6, of=change.id)
    speech.say("signature", BOROVIA, 7, of=change.id)
    with pytest.raises(NotPermitted, match="in force and part of the text"):
        require_signable(_state(speech, 8), change.id, "leaves", ALDMERE)
    speech.say("signature", BOROVIA, 9, of=text.id, word="leaves")
    with pytest.raises(NotPermitted, match="is ended"):
        require_signable(_state(speech, 10), text.id, "signs", BOROVIA)


@pytest.mark.parametrize(
    ("base", "changed", "error", "words"),
    [
        (2, [{"id": "1", "text": "x"}], InvalidStatement, "the text in force is version 1"),
        (1, [{"id": "9", "remove": True}], InvalidStatement, "no clause 9 to remove"),
        (1, [{"id": "1", "remove": True}, {"id": "2", "remove": True}], InvalidStatement, "leaves at least one clause"),
        (1, [ONE], InvalidStatement, "changes nothing"),
    ],
)
def test_an_amendment_that_does_not_fit_the_text_is_refused(
    base: int, changed: list[dict[str, object]], error: type[Exception], words: str
) -> None:
    speech = Speech()
    text = _signed(speech)
    body = made(Amendment, agreement=text.id, base=base, changed=changed)
    with pytest.raises(error, match=words):
        require_amendable(_state(speech, 5), body, ALDMERE)


def test_an_amendment_of_a_partner_that_removes_what_is_not_there_changes_nothing() -> None:
    speech = Speech()
    text = _signed(speech)
    bad = speech.say("amendment", BOROVIA, 4, agreement=text.id, base=1, changed=[{"id": "9", "remove": True}])
    speech.say("signature", BOROVIA, 5, of=bad.id)
    speech.say("signature", ALDMERE, 6, of=bad.id)
    state = _state(speech, 7)
    assert (len(state.versions), state.amendments[0].state) == (1, "proposed")


def test_others_ask_for_what_is_in_force_between_some_parties_on_a_date() -> None:
    speech = Speech()
    text = _proposed(speech, parties=(ALDMERE, BOROVIA, HARBOUR))
    for at, party in enumerate((ALDMERE, BOROVIA, HARBOUR), start=2):
        speech.say("signature", party, at, of=text.id)
    assert in_force(speech.said, [ALDMERE, BOROVIA], day(3)) == []
    (found,) = in_force(speech.said, [BOROVIA, ALDMERE], day(5))
    assert (found.key, found.version, found.since_us) == ("harbour", 1, day(4))
    assert [(c.id, c.classes, c.purposes) for c in found.clauses] == [
        ("1", ("intrusion",), ()),
        ("2", (), ("defence",)),
    ]
    assert in_force(speech.said, [ALDMERE, "cinder.example"], day(5)) == []


def test_a_new_wording_keeps_the_scope_of_its_clause() -> None:
    clauses = [made(Clause, **ONE)]
    (kept,) = keep_scope(clauses, [made(Change, id="1", text="New words")])
    assert kept.classes == ("intrusion",)
    (own,) = keep_scope(clauses, [made(Change, id="1", text="New words", classes=["fraud"])])
    assert own.classes == ("fraud",)


def test_a_difference_is_shown_clause_by_clause() -> None:
    old = [made(Clause, **ONE), made(Clause, **TWO)]
    new = amended(old, [made(Change, id="2", remove=True), made(Change, id="3", text="Yearly")])
    assert [(d.id, d.old is None, d.new is None) for d in diff(old, new)] == [("2", False, True), ("3", True, False)]
    assert diff_lines(diff(old, new)) == [
        "clause 2",
        "  − “Data are for defence” [purposes: defence]",
        "clause 3",
        "  + “Yearly”",
    ]
    assert diff(old, old) == []


def test_the_lines_say_who_signed_and_who_has_not() -> None:
    speech = Speech()
    text = _signed(speech)
    speech.say(
        "amendment",
        BOROVIA,
        4,
        agreement=text.id,
        base=1,
        changed=[{"id": "1", "text": "x"}],
        reasons="guilty as charged",
    )
    lines = agreement_lines(_state(speech, 5))
    assert lines[0].endswith(f"between {ALDMERE} and {BOROVIA}: version 1 in force since 4 Jan 2026")
    assert f"    not signed by {ALDMERE}" in lines
    assert loaded_words("\n".join(lines)) == []
    state = _state(speech, 5)
    assert version_lines(state, state.versions[0])[0].endswith("version 1, in force since 4 Jan 2026")


def test_withdrawing_a_statement_undoes_no_consent() -> None:
    speech = Speech()
    _signed(speech)
    wanted = agreements(speech.said, day(9))
    assert agreements([replace(one, withdrawn=True) for one in speech.said], day(9)) == wanted
