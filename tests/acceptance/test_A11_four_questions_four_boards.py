"""A11: intrusion, exfiltration, publication and authenticity are separate objects with separate assessments."""

from __future__ import annotations

from tests.boards import assess, new_board, seen
from tests.talking import Talk, talking


def _authenticity(talk: Talk) -> str:
    said = talk.run(
        "a", "board", "new", "The published mails", "--question", "authenticity", "--incident", "incident-1",
        "--hypothesis", "authentic=the mails are what they seem", "--hypothesis", "altered=the mails were altered", "--to", "b",
    )  # fmt: skip
    return str(said["id"])


def test_a11_accepting_the_content_as_authentic_leaves_the_board_on_who_leaked_it_unchanged_and_the_reverse() -> None:
    with talking("a", "b") as talk:
        content = _authenticity(talk)
        leak = new_board(talk, question="publication")
        assess(talk, "a", leak, "Bureau", "--judge", "x=likely/moderate")
        talk.sync()
        leak_before = {name: seen(talk, name, leak) for name in ("a", "b")}
        assess(
            talk,
            "b",
            content,
            "Newspaper",
            "--judge",
            "authentic=almost certain/high",
            "--judge",
            "altered=remote/high",
        )
        talk.sync()
        for name in ("a", "b"):
            assert seen(talk, name, leak) == leak_before[name]
            assert len(seen(talk, name, content)["assessors"]) == 1
        content_before = {name: seen(talk, name, content) for name in ("a", "b")}
        assess(talk, "b", leak, "Newspaper", "--judge", "x=very unlikely/high")
        talk.sync()
        for name in ("a", "b"):
            assert seen(talk, name, content) == content_before[name]
            assert seen(talk, name, leak) != leak_before[name]


def test_a11_each_question_is_a_board_of_its_own() -> None:
    with talking("a", "b") as talk:
        boards = [new_board(talk, question=q) for q in ("intrusion", "exfiltration", "publication", "effect")]
        boards.append(_authenticity(talk))
        assess(talk, "a", boards[0], "Bureau", "--judge", "x=likely/high")
        talk.sync()
        listed = talk.run("b", "board", "list")["boards"]
        assert [one["question"] for one in listed] == [
            "intrusion",
            "exfiltration",
            "publication",
            "effect",
            "authenticity",
        ]
        assert [one["header"]["assessed"] for one in listed] == [1, 0, 0, 0, 0]
        talk.refused(
            "a", "assess", boards[4], "--office", "Bureau", "--own-work", "--judge", "x=likely", words=("authentic",)
        )
