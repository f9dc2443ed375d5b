"""A9 “It is now being said that Putin is creating a covert operation”: words of nobody are unattributed, F/6, and count for nothing."""

from __future__ import annotations

from pathlib import Path

from tests.boards import assess, new_board, seen
from tests.claiming import claiming, imported, listed_claims, recorded

SENTENCE = "It is now being said that Putin is creating a covert operation"
TO_B = ("--to", "b", "--marking", "green")


def test_a9_words_of_nobody_have_no_speaker_and_are_in_no_count(tmp_path: Path) -> None:
    with claiming("a", "b") as talk:
        document = imported(talk, "a", tmp_path, f"{SENTENCE}.")
        (candidate,) = document["candidates"]
        assert candidate["speaker"] is None
        assert candidate["quote"] == f"{SENTENCE}."
        assert not candidate["direct"]
        # Nothing is a claim before a person accepts it.
        assert listed_claims(talk, "a") == []
        claim = talk.run("a", "claim", "review", document["short"], "1", "accept", "--by", "Ida Marsh", *TO_B)["claim"]
        recorded(talk, "a", "We have seen it.", "--speaker", "Office of A", "--grade", "B2", *TO_B)
        talk.sync()
        for name in ("a", "b"):
            found = talk.run(name, "claim", "list")
            (shown,) = [one for one in found["claims"] if one["id"] == claim["id"]]
            assert (shown["speaker"], shown["source_grade"], shown["report_grade"]) == (None, "F", "6")
            assert found["counts"] == {
                "asserts": 1,
                "denies": 0,
                "declines-to-assert": 0,
                "reports": 0,
                "unattributed": 1,
            }
            text = talk.text(name, "claim", "list")
            assert "Unattributed, date not stated\n" in text
            assert "unattributed 1, counted for nothing" in text


def test_a9_words_without_a_speaker_take_no_better_grade_until_somebody_is_named() -> None:
    with claiming("a", "b") as talk:
        talk.refused("a", "claim", "add", SENTENCE, "--grade", "B2", words=("unattributed", "name the speaker"))
        talk.refused("a", "claim", "add", SENTENCE, "--grade", "F2", words=("F and 6",))
        first = recorded(talk, "a", SENTENCE, *TO_B)
        named = ("--speaker", "A commentator", "--grade", "D4", "--supersedes", first["short"])
        recorded(talk, "a", SENTENCE, *named, *TO_B)
        talk.sync()
        for name in ("a", "b"):
            unnamed, _ = listed_claims(talk, name)
            # What was first admitted stays as it was; what is known since stands beneath it.
            assert unnamed["speaker"] is None
            assert [one["speaker"] for one in unnamed["corrections"]] == ["A commentator"]


def test_a9_words_of_nobody_are_no_assessment_on_any_board() -> None:
    with claiming("a", "b") as talk:
        board = new_board(talk)
        about = ("--about", board, "--topic", "responsibility", *TO_B)
        before = {name: seen(talk, name, board)["header"] for name in ("a",)}
        claim = recorded(talk, "a", SENTENCE, *about)
        talk.sync()
        for name in ("a", "b"):
            header = seen(talk, name, board)["header"]
            assert header == before["a"]
            assert header["assessed"] == 0
        # Relied upon, it is evidence of an assessor who has a name, and still no assessor.
        assess(
            talk,
            "a",
            board,
            "Bureau",
            "--judge",
            "x=likely/low",
            "--evidence",
            f"{claim['short']};contextual;open",
            *TO_B,
        )
        talk.sync()
        for name in ("a", "b"):
            view = seen(talk, name, board)
            assert view["header"]["assessed"] == 1
            assert [row["office"] for row in view["assessors"]] == ["Bureau"]
