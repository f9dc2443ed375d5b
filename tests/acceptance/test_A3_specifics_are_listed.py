"""A3: evidence items are citable, dated and rated; what has none stands under unsupported, what is withheld is committed to."""

from __future__ import annotations

import pytest
from tests.boards import assess, flat, new_board, seen
from tests.talking import talking

from detente.errors import InvalidStatement
from detente.node.matters import read_matters
from detente.seals import Reveal, Seal, verify_reveal


def test_a3_an_assessment_without_evidence_is_unsupported_here() -> None:
    with talking("a", "b") as talk:
        board = new_board(talk)
        assess(talk, "a", board, "Bureau", "--judge", "x=likely/high")
        assess(
            talk, "a", board, "Service", "--judge", "x=likely/high",
            "--evidence", "indicator--1;technical;open;b2;2016-06;Traces in the mail server's logs",
        )  # fmt: skip
        talk.sync()
        for name in ("a", "b"):
            view = seen(talk, name, board)
            assert [(one["office"], one["hypothesis"]) for one in view["unsupported"]] == [("Bureau", "x")]
            assert view["withheld"] == []
            (item,) = view["matrix"]["items"]
            assert (item["label"], item["ref"], item["at"], item["grades"], item["cited_by"]) == (
                "E1", "indicator--1", "June 2016", [["Service", "B2"]], ["Service"],
            )  # fmt: skip
            text = talk.text(name, "board", "show", board)
            assert "Unsupported here: no evidence reference\n  Bureau on x\n" in text
            assert "E1 “Traces in the mail server's logs” technical/open; June 2016; B2 by Service" in flat(text)


def test_a3_withheld_evidence_shows_items_class_and_commitment_and_nothing_of_its_text() -> None:
    with talking("a", "b") as talk:
        board = new_board(talk)
        secret = "three intercepts of 23 June"
        file = talk.world.folder / "withheld.txt"
        file.write_text(secret)
        assess(
            talk, "a", board, "Bureau", "--judge", "x=very likely/high",
            "--withhold", str(file), "--withheld-items", "3", "--withheld-class", "signals",
        )  # fmt: skip
        talk.sync()
        with talk.node("a").store.indexed() as connection:
            (kept,) = read_matters(connection, ["seal"])
        digest = str(kept.body["digest"])
        for name in ("a", "b"):
            view = seen(talk, name, board)
            (withheld,) = view["withheld"]
            assert (withheld["office"], withheld["items"], withheld["of_class"]) == ("Bureau", 3, "signals")
            assert withheld["commitment"] == digest
            assert view["unsupported"] == []
            text = flat(talk.text(name, "board", "show", board))
            assert f"Bureau: 3 items, class signals, technical/classified, commitment {digest}" in text
            assert secret not in text
        with talk.node("b").store.indexed() as connection:
            assert not read_matters(connection, ["seal"])


def test_a3_what_was_withheld_can_be_shown_one_day_and_is_the_list_that_was_committed_to() -> None:
    with talking("a", "b") as talk:
        board = new_board(talk)
        file = talk.world.folder / "withheld.txt"
        file.write_text("three intercepts of 23 June")
        said = assess(
            talk,
            "a",
            board,
            "Bureau",
            "--judge",
            "x=likely/high",
            "--withhold",
            str(file),
            "--withheld-class",
            "signals",
        )
        talk.sync()
        talk.refused("b", "board", "reveal", said, code=6, words=("said by a.example",))
        talk.run("a", "board", "reveal", said)
        talk.sync()
        for name in ("a", "b"):
            (withheld,) = seen(talk, name, board)["withheld"]
            assert withheld["revealed"] == "“three intercepts of 23 June”"
            assert "since revealed: “three intercepts of 23 June”" in flat(talk.text(name, "board", "show", board))
        talk.refused("a", "board", "reveal", said, code=6, words=("already",))
        # Another text, or the same one under another key, is not the one committed to.
        with talk.node("a").store.indexed() as connection:
            (kept,) = read_matters(connection, ["seal"])
        digest, key = str(kept.body["digest"]), str(kept.body["key"])
        with pytest.raises(InvalidStatement, match="do not give the digest"):
            verify_reveal(Seal(digest, condition="shown"), Reveal(digest, key, "two intercepts"))


def test_a3_an_assessment_that_withholds_nothing_has_nothing_to_reveal() -> None:
    with talking("a", "b") as talk:
        board = new_board(talk)
        said = assess(talk, "a", board, "Bureau", "--judge", "x=likely/high")
        talk.refused("a", "board", "reveal", said, words=("withholds 0 lists",))
