"""Chains of responses: rungs, the flag of a rising chain, no response, sealed ones."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.norms.speaking import ALDMERE, BOROVIA, Speech, day, on, sealed

from detente.errors import InvalidStatement, NotFound, NotPermitted
from detente.norms.ladder import Chain, chains, steps
from detente.norms.lines import step_lines
from detente.norms.picture import flag_lines, ladder_text
from detente.norms.sealed import public_line, require_closed, seal_states, sealed_text
from detente.said import Said
from detente.words import loaded_words

TEXT = "retorsion: four offices are closed"


def _respond(speech: Speech, at: float, kind: str, of: Said | None = None, **more: object) -> Said:
    speaker, to = (ALDMERE, BOROVIA) if len(speech.said) % 2 == 0 else (BOROVIA, ALDMERE)
    fields: dict[str, object] = {
        "role": "Council",
        "reasons": "as stated",
        "to": to,
        "decided": on("2026-01-02"),
        **more,
    }
    if kind == "none-decided":
        fields["review"] = on("2026-06")
    if kind == "undisclosed":
        fields.pop("reasons")
    return speech.say("response", speaker, at, kind=kind, of=of.id if of else "", **fields)


def _chain_of(*kinds: str) -> Chain:
    speech = Speech()
    last: Said | None = None
    for at, kind in enumerate(kinds):
        last = _respond(
            speech, at, kind, last, **({"seal": sealed(TEXT, reveal="2027")} if kind == "undisclosed" else {})
        )
    (chain,) = chains(steps(speech.said, [], day(100)))
    assert [step.kind for step in chain.steps] == list(kinds)
    return chain


@pytest.mark.parametrize(
    ("kinds", "standing", "rising"),
    [
        (["private-message"], [0], False),
        (["private-message", "public-statement"], [0, 1], False),
        (["private-message", "public-statement", "retorsion"], [0, 1, 2], True),
        (["private-message", "public-statement", "public-statement"], [0, 2], False),
        (["private-message", "public-statement", "retorsion", "cooperative"], [3], False),
        (["private-message", "public-statement", "retorsion", "countermeasure", "retorsion"], [0, 1, 4], True),
        (["private-message", "public-statement", "retorsion", "none-decided"], [3], False),
        (["private-message", "public-statement", "retorsion", "private-message", "retorsion"], [3, 4], False),
        (["private-message", "undisclosed", "countermeasure"], [0, 2], False),
        (["public-statement", "cooperative", "resilience"], [1, 2], False),
    ],
)
def test_three_that_stand_above_one_another_rise_and_lower_steps_lower(
    kinds: list[str], standing: list[int], rising: bool
) -> None:
    chain = _chain_of(*kinds)
    assert list(chain.standing) == [chain.steps[i].id for i in standing]
    assert chain.rising is rising
    flags = flag_lines(chain)
    assert bool(flags) is rising
    if rising:
        assert all(chain.steps[i].short in flags[0] for i in standing)
    assert loaded_words("\n".join(ladder_text(chain))) == []


def test_two_answers_to_one_response_are_two_chains() -> None:
    speech = Speech()
    first = _respond(speech, 0, "private-message")
    one = _respond(speech, 1, "public-statement", first)
    two = _respond(speech, 2, "cooperative", first)
    assert [[s.id for s in c.steps] for c in chains(steps(speech.said, [], day(9)))] == [
        [first.id, one.id],
        [first.id, two.id],
    ]


def test_a_link_to_what_is_not_here_or_to_itself_begins_a_chain() -> None:
    speech = Speech()
    speech.say("response", ALDMERE, 0, kind="cooperative", decided=on("2026"), role="r", reasons="r", of="A" * 43)
    assert len(chains(steps(speech.said, [], day(9)))) == 1


def test_no_response_is_a_step_on_its_own_rung() -> None:
    chain = _chain_of("none-decided")
    assert (chain.steps[0].rung, chain.steps[0].review, chain.steps[0].role) == (0, "June 2026", "Council")
    lines = ladder_text(chain)
    (row,) = [line for line in lines if line.startswith(" 0 none-decided")]
    assert "①" in row
    assert sum("①" in line for line in lines[:9]) == 1


def test_a_closed_seal_shows_no_kind_and_takes_its_rung_once_it_is_revealed() -> None:
    speech = Speech()
    response = _respond(speech, 1, "undisclosed", seal=sealed(TEXT, reveal="2026-01-20"))
    (closed,) = steps(speech.of("response"), [], day(2))
    assert (closed.kind, closed.rung) == ("undisclosed", None)
    assert closed.seal is not None
    assert closed.seal.text is None
    assert "retorsion" not in "\n".join(
        [*step_lines(closed), public_line(response, closed.seal, closed.kind, closed.decided)]
    )
    speech.reveal(response, 20, TEXT)
    (opened,) = steps(speech.of("response"), speech.of("reveal"), day(30))
    assert (opened.kind, opened.said_kind, opened.rung) == ("retorsion", "undisclosed", 6)
    assert opened.seal is not None
    assert (opened.seal.text, opened.seal.committed_us, opened.seal.revealed_us) == (TEXT, day(1), day(20))


def test_a_public_page_says_that_it_exists_since_when_and_no_more() -> None:
    speech = Speech()
    response = _respond(speech, 1, "undisclosed", seal=sealed(TEXT, reveal="2026-01-20"), incident="harbour-1")
    state = seal_states([response], [], day(2))[response.id]
    assert (
        public_line(response, state, "undisclosed", "2 Jan 2026") == "response: undisclosed (committed on 2 Jan 2026)"
    )


def test_a_seal_past_its_date_is_flagged_and_one_on_a_condition_is_not() -> None:
    speech = Speech()
    dated = _respond(speech, 1, "undisclosed", seal=sealed(TEXT, reveal="2026-01-10"))
    conditional = _respond(speech, 1, "undisclosed", seal=sealed(TEXT, condition="when the talks end"))
    before = seal_states(speech.said, [], day(9.9))
    after = seal_states(speech.said, [], day(12))
    assert before[dated.id].overdue_us == 0
    assert after[dated.id].overdue_us == day(12) - on("2026-01-10").last_us
    assert after[conditional.id].overdue_us == 0
    late, _ = steps(speech.said, [], day(12))
    assert "  flag: still closed 2 days after its date" in step_lines(late)


def test_a_reveal_that_does_not_fit_or_is_not_the_speakers_opens_nothing() -> None:
    speech = Speech()
    response = _respond(speech, 1, "undisclosed", seal=sealed(TEXT, reveal="2026-01-10"))
    other = BOROVIA if response.speaker == ALDMERE else ALDMERE
    speech.reveal(response, 2, TEXT, speaker=other)
    wrong_text = speech.reveal(response, 3, "cooperative: we helped")
    wrong_key = speech.reveal(response, 4, TEXT, key=bytes(32))
    state = seal_states([response], speech.of("reveal"), day(5))[response.id]
    assert state.text is None
    assert state.refused == (wrong_text.id, wrong_key.id)
    require_closed(response, speech.of("reveal"))


def test_the_first_reveal_that_fits_counts_and_a_second_is_refused() -> None:
    speech = Speech()
    response = _respond(speech, 1, "undisclosed", seal=sealed(TEXT, reveal="2026-01-10"))
    speech.reveal(response, 2, TEXT)
    second = speech.reveal(response, 3, TEXT)
    state = seal_states([response], speech.of("reveal"), day(5))[response.id]
    assert (state.revealed_us, state.refused) == (day(2), (second.id,))
    with pytest.raises(NotPermitted, match="was revealed on 3 Jan 2026; a seal is opened once"):
        require_closed(response, speech.of("reveal"))


def test_what_carries_no_seal_cannot_be_revealed() -> None:
    speech = Speech()
    with pytest.raises(NotFound, match="carries no seal"):
        require_closed(_respond(speech, 1, "cooperative"), [])


def test_a_sealed_text_names_its_kind() -> None:
    assert sealed_text("retorsion", "four offices are closed") == TEXT
    for kind in ("undisclosed", "revenge", ""):
        with pytest.raises(InvalidStatement, match="one of none-decided"):
            sealed_text(kind, "t")
    with pytest.raises(InvalidStatement, match="this one is empty"):
        sealed_text("retorsion", " ")


def test_a_revealed_text_without_a_known_kind_keeps_its_place_without_a_rung() -> None:
    speech = Speech()
    text = "we did something"
    response = _respond(speech, 1, "undisclosed", seal=sealed(text, reveal="2026-01-10"))
    speech.reveal(response, 2, text)
    (step,) = steps(speech.of("response"), speech.of("reveal"), day(5))
    assert (step.kind, step.rung) == ("undisclosed", None)
    assert any("“we did something”" in line for line in step_lines(step))


def test_what_others_answer_stands_with_the_response() -> None:
    speech = Speech()
    response = _respond(speech, 1, "retorsion")
    other = BOROVIA if response.speaker == ALDMERE else ALDMERE
    speech.say("answer", other, 2, of=response.id, word="disputes", text="there was no act of ours")
    (step,) = steps(speech.of("response"), [], day(5), speech.of("answer"))
    assert step_lines(step)[-1] == f"  3 Jan 2026  {other} disputes this: “there was no act of ours”"


def test_a_response_answered_from_a_clock_that_is_behind_is_one_chain() -> None:
    speech = Speech()
    first = _respond(speech, 1, "private-message")
    second = _respond(speech, 0.997, "public-statement", first)
    (chain,) = chains(steps(speech.said, [], day(5)))
    assert [step.id for step in chain.steps] == [first.id, second.id]


def test_a_seal_and_a_response_stay_when_their_statement_is_withdrawn() -> None:
    speech = Speech()
    response = _respond(speech, 1, "undisclosed", seal=sealed(TEXT, reveal="2026-01-10"))
    gone = replace(response, withdrawn=True)
    (step,) = steps([gone], [], day(20))
    assert step.seal is not None
    assert step.seal.overdue_us > 0
    assert f"  withdrawn by {response.speaker}" in step_lines(step)
