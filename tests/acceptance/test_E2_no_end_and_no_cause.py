"""E2 “led to Moscow ceasing its cyber interference”: seen or not seen, rates and alternatives, never an end or a cause."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import get_args

from tests.effects import watching

from detente.effect.bodies import VERDICTS, Verdict
from detente.words import CAUSE, END, loaded_words

QUOTE = "It led to them ceasing; they stopped because of it."
# Dates after the warning of 5 September 2016, by what they must be answered with.
TABLES: dict[str, tuple[Iterable[int], Iterable[int]]] = {
    "too few data": ([-60, -30], []),
    "none seen": (range(-88, 0, 6), []),
    "seen less": (range(-89, 0, 3), [10, 40, 70]),
    "no clear change": (range(-89, 0, 6), range(2, 90, 6)),
    "seen more": ([-50], range(1, 90, 4)),
}


def test_e2_every_answer_is_printed_without_an_end_or_a_cause(tmp_path: Path) -> None:
    seen = set()
    with watching("a", "b") as talk:
        plan = ("effect", "plan", "--class", "tampering", "--warned", "2016-09-05", "--before", "90", "--after", "90")
        name = talk.run("a", *plan)["short"]
        for word, (before, after) in TABLES.items():
            table = tmp_path / "table.csv"
            table.write_text("date,class,cluster\n" + "".join(_rows([*before, *after])))
            for more in ((), ("--measure", QUOTE, "--season", QUOTE), ("--reporting-changed", QUOTE)):
                run = ("effect", "run", name, "--csv", str(table), *more)
                found = talk.run("a", *run)
                verdict = found["result"]["outcomes"]["a.example"]["verdict"]
                assert verdict == ("not comparable" if "--reporting-changed" in more else word)
                seen.add(verdict)
                evaluation = found["short"]
                texts = [talk.text("a", *shown, evaluation) for shown in (("effect", "show"), ("effect", "svg"))]
                texts.append(talk.text("a", *run, "--dry-run"))
                for text in texts:
                    assert loaded_words(text) == [], text
                    assert not _loaded(text), text
                if more:
                    # What a person wrote stands in quotation marks, with its words as they were.
                    assert f"“{QUOTE}”" in " ".join(texts[0].split())
        listed = talk.text("a", "effect", "show")
    assert loaded_words(listed) == []
    assert seen == set(VERDICTS) == set(get_args(Verdict))


def test_e2_the_alternatives_stand_beside_every_answer(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("date,class,cluster\n" + "".join(_rows(range(-88, 0, 6))))
    with watching("a", "b") as talk:
        plan = ("effect", "plan", "--class", "tampering", "--warned", "2016-09-05", "--before", "90", "--after", "90")
        printed = talk.text("a", "effect", "run", talk.run("a", *plan)["short"], "--csv", str(table))
    for beside in ("sensors ", "reporting ", "calendar ", "measures ", "free date ", "placebo ", "Not counted: "):
        assert beside in printed, beside


def test_e2_no_text_of_the_code_has_such_a_word() -> None:
    for words in itertools.chain(VERDICTS, VERDICTS.values()):
        assert loaded_words(words) == []


def _rows(days: Iterable[int]) -> list[str]:
    return [f"{date(2016, 9, 5) + timedelta(days=d)},tampering,incident {d}\n" for d in days]


def _loaded(text: str) -> list[str]:
    """Words of cause and of an end outside “ ”, found without the project's own reader."""
    outside = re.sub(r"“[^”]*”", "", " ".join(text.split()))
    return [word for word in (*CAUSE, *END) if re.search(rf"\b{word}\b", outside, re.IGNORECASE)]
