"""Swapping the names of the two parties in a history swaps every result and every text, byte for byte.

Histories are drawn as moves of "one" and "other"; the same moves are then told twice, with the names exchanged. What refers to an
earlier statement refers to it by its place, so that the ids, which no name enters here, are the same in both.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.norms.speaking import ALDMERE, BOROVIA, Speech, day, on, sealed

from detente.norms.agreements import agreements, diff, in_force
from detente.norms.bodies import Response
from detente.norms.checklist import checklist
from detente.norms.conduct import conduct_entries
from detente.norms.ladder import chains, steps
from detente.norms.lines import (
    agreement_lines,
    checklist_lines,
    conduct_lines,
    diff_lines,
    duty_lines,
    history_lines,
    item_lines,
    limit_lines,
    step_lines,
    version_lines,
)
from detente.norms.picture import board_text, ladder_svg, ladder_text, register_text
from detente.norms.promises import duties, limits, undertakings
from detente.norms.register import register
from detente.norms.tables import FINDINGS, RESPONSES, STAGES, STATUSES
from detente.said import readable
from detente.words import loaded_words

NORMS = ("un-2015-f", "un-2015-k")
SEALED = "retorsion: four offices are closed"
LAST = 400

KINDS = (
    "commitment",
    "conduct",
    "answer",
    "agreement",
    "amendment",
    "signature",
    "undertaking",
    "limit",
    "response",
    "reveal",
)
Move = tuple[str, bool, bool, int, int, int]
# kind, who speaks, whom it is about, hours after the move before, a choice among words, a choice among what was said before
moves: st.SearchStrategy[list[Move]] = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.booleans(),
        st.booleans(),
        st.integers(0, 400),
        st.integers(0, 60),
        st.integers(0, 60),
    ),
    min_size=4,
    max_size=30,
)


def _told(history: Sequence[Move], names: tuple[str, str]) -> Speech:
    """The history as statements, with the first name for False and the second for True."""
    speech = Speech()
    at = 0.0
    for kind, speaks, about, hours, choice, earlier in history:
        at += hours / 24
        speaker, whom = names[speaks], names[about]
        _tell(speech, kind, speaker, whom, at, choice, earlier, names)
    return speech


def _tell(
    speech: Speech, kind: str, speaker: str, whom: str, at: float, choice: int, earlier: int, names: tuple[str, str]
) -> None:
    def before(*kinds: str) -> str:
        found = [one.id for one in speech.said if one.kind in kinds]
        return found[earlier % len(found)] if found else ""

    def one_of(words: Sequence[str]) -> str:
        return words[choice % len(words)]

    norm = NORMS[choice % 2]
    match kind:
        case "commitment":
            speech.say(kind, speaker, at, norm=norm, party=whom, status=one_of([*STATUSES]), source="s", at=on("2015"))
        case "conduct":
            finding = one_of([*FINDINGS])
            speech.say(kind, speaker, at, norm=norm, incident="i", about=whom, finding=finding, text="seen")
        case "answer" if of := before("conduct", "response"):
            word = one_of(["concurs", "disputes", "no-comment"])
            speech.say(kind, speaker, at, of=of, word=word, answers={"aim": "that it ends"} if choice % 3 else {})
        case "agreement":
            speech.say(kind, speaker, at, key="k", title="t", parties=list(names), clauses=[{"id": "1", "text": "a"}])
        case "amendment" if of := before("agreement"):
            change = {"id": str(choice % 3), "text": str(choice)}
            speech.say(kind, speaker, at, agreement=of, base=1 + choice % 2, changed=[change])
        case "signature" if of := before("agreement", "amendment"):
            speech.say(kind, speaker, at, of=of, word="leaves" if choice % 7 == 0 else "signs")
        case "undertaking":
            of = before("undertaking") if choice % 2 else ""
            speech.say(
                kind,
                speaker,
                at,
                item="i",
                by=whom,
                of=of,
                stage=one_of([*STAGES]),
                evidence=["e"],
                due=on("2026-03") if choice % 3 else None,
            )
        case "limit":
            of = before("limit") if choice % 2 else ""
            due = on("2026-02-01") if choice % 3 else None
            speech.say(kind, speaker, at, text="t", of=of, verification="v" if choice % 5 else "", next_exchange=due)
        case "response":
            kind_ = one_of([*RESPONSES])
            hidden = kind_ == "undisclosed"
            speech.say(
                kind,
                speaker,
                at,
                kind=kind_,
                decided=on("2026-01-01"),
                role="" if hidden else "Council",
                reasons="" if hidden else "r",
                review=on("2026-04"),
                to=whom,
                of=before("response"),
                seal=sealed(SEALED, reveal="2026-02") if hidden else None,
            )
        case "reveal":
            closed = [one for one in speech.said if one.kind == "response" and "seal" in one.body]
            if closed:
                speech.reveal(closed[earlier % len(closed)], at, SEALED, speaker=speaker)


def _results(speech: Speech, names: tuple[str, str]) -> tuple[Any, list[str]]:
    """Everything that the core computes of a history: as JSON, and as text. Columns stand in the order of `names`."""
    now_us = day(LAST)
    table = register(speech.of("commitment"), NORMS, names)
    entries = conduct_entries(speech.of("conduct"), speech.of("answer"), speech.of("commitment"))
    states = agreements(speech.said, now_us)
    items = undertakings(speech.of("undertaking"))
    declared = limits(speech.of("limit"), now_us)
    due = duties(items, declared, speech.of("response"), now_us)
    found = steps(speech.of("response"), speech.of("reveal"), now_us, speech.of("answer"))
    all_chains = chains(found)
    lists = [checklist(said, body, speech.of("answer")) for said, body in readable(speech.of("response"), Response)]
    value = msgspec.json.encode(
        {
            "register": table,
            "conduct": entries,
            "agreements": states,
            "in force": in_force(speech.said, names, now_us),
            "items": items,
            "limits": declared,
            "duties": due,
            "steps": found,
            "chains": all_chains,
            "checklists": lists,
        }
    )
    text = [
        *register_text(table, names),
        *(line for row in table.values() for standing in row.values() for line in history_lines(standing)),
        *(line for entry in entries for line in conduct_lines(entry)),
        *(line for state in states for line in agreement_lines(state)),
        *(line for state in states for version in state.versions for line in version_lines(state, version)),
        *(line for s in states for v in s.versions for line in diff_lines(diff(s.versions[0].clauses, v.clauses))),
        *(line for item in items for line in item_lines(item)),
        *board_text(items),
        *(line for one in declared for line in limit_lines(one)),
        *duty_lines(due),
        *(line for step in found for line in step_lines(step)),
        *(line for one in all_chains for line in [*ladder_text(one), ladder_svg(one)]),
        *(line for one in lists for line in checklist_lines(one)),
    ]
    return json.loads(value), text


def _swapped(text: str) -> str:
    return text.replace(ALDMERE, "\0").replace(BOROVIA, ALDMERE).replace("\0", BOROVIA)


def _swapped_value(value: Any) -> Any:
    match value:
        case str():
            return _swapped(value)
        case list():
            return [_swapped_value(one) for one in value]
        case dict():
            return {_swapped(key): _swapped_value(one) for key, one in value.items()}
    return value


@given(moves)
def test_swapping_the_names_swaps_every_result_and_every_text(history: list[Move]) -> None:
    value, text = _results(_told(history, (ALDMERE, BOROVIA)), (ALDMERE, BOROVIA))
    other_value, other_text = _results(_told(history, (BOROVIA, ALDMERE)), (BOROVIA, ALDMERE))
    assert json.dumps(_swapped_value(value), sort_keys=True) == json.dumps(other_value, sort_keys=True)
    assert [_swapped(line) for line in text] == other_text


@given(moves)
def test_no_history_makes_a_text_with_loaded_words(history: list[Move]) -> None:
    _, text = _results(_told(history, (ALDMERE, BOROVIA)), (ALDMERE, BOROVIA))
    assert loaded_words("\n".join(text)) == []


@given(moves, st.randoms(use_true_random=False))
def test_what_two_nodes_hold_in_another_order_amounts_to_the_same(history: list[Move], random: Any) -> None:
    speech = _told(history, (ALDMERE, BOROVIA))
    shuffled = list(speech.said)
    random.shuffle(shuffled)
    for upto in (day(5), day(50), day(LAST)):
        assert agreements(shuffled, upto) == agreements(speech.said, upto)
        held = [one for one in speech.said if one.at_us <= upto]
        assert agreements(held, upto) == agreements(speech.said, upto)
