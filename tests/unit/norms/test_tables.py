"""Our tables against the lists that they summarise."""

from __future__ import annotations

import json
from typing import Any

from tests.shared import shared

from detente.norms.tables import NORMS, QUESTIONS, RESPONSES, UNDISCLOSED
from detente.words import loaded_words


def _table(name: str) -> Any:
    return json.loads(shared(f"tables/{name}").read_text(encoding="utf-8"))


def test_there_are_eleven_norms_with_the_letters_and_names_of_the_report() -> None:
    ours = {n.id.removeprefix("un-2015-"): n.name for n in NORMS.values() if n.id.startswith("un-")}
    assert ours == {letter: name for letter, name, _ in _table("un_gge_2015_norms.json")["norms"]}
    assert len(ours) == 11


def test_there_are_sixteen_measures_from_two_decisions() -> None:
    ours = [n for n in NORMS.values() if n.id.startswith("osce-")]
    assert [int(n.id.removeprefix("osce-cbm-")) for n in ours] == [c[0] for c in _table("osce_cbms.json")["cbms"]]
    assert [n.source for n in ours].count("OSCE PC.DEC/1106 (2013)") == 11
    assert len(ours) == 16


def test_the_questions_have_the_ids_and_articles_of_the_list() -> None:
    theirs = {
        id_: article.replace("49 commentary", "49, commentary")
        for id_, _, article in _table("countermeasures_checklist.json")["questions"]
    }
    assert [*QUESTIONS] == [*theirs]
    for id_, article in theirs.items():
        numbers = {part.partition("(")[0] for part in article.replace("-", ",").split(",")}
        assert {part.strip().partition("(")[0] for part in QUESTIONS[id_].article.split(",")} >= {
            n for n in numbers if n[:1].isdigit()
        }


def test_the_kinds_of_response_are_those_of_the_list_each_on_its_own_rung() -> None:
    assert set(RESPONSES) == {id_ for id_, _ in _table("countermeasures_checklist.json")["response_kinds"]}
    rungs = [kind.rung for kind in RESPONSES.values() if kind.id != UNDISCLOSED]
    assert rungs == list(range(len(RESPONSES) - 1))
    assert RESPONSES[UNDISCLOSED].rung is None


def test_the_texts_are_our_own_and_neutral() -> None:
    theirs = {row[-1] for row in _table("un_gge_2015_norms.json")["norms"] + _table("osce_cbms.json")["cbms"]}
    theirs |= {row[1] for row in _table("countermeasures_checklist.json")["questions"]}
    ours = (
        [n.text for n in NORMS.values()] + [q.text for q in QUESTIONS.values()] + [k.text for k in RESPONSES.values()]
    )
    assert not theirs & set(ours)
    assert loaded_words("\n".join(ours)) == []
