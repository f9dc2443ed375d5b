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
        # Whoever is shown the list and its key one day can check that it is the one committed to, and no other is.
        opened = Reveal(digest, str(kept.body["key"]), str(kept.body["text"]))
        assert verify_reveal(Seal(digest, condition="shown"), opened) == secret
        with pytest.raises(InvalidStatement, match="do not give the digest"):
            verify_reveal(Seal(digest, condition="shown"), Reveal(digest, opened.key, "two intercepts"))
        with talk.node("b").store.indexed() as connection:
            assert not read_matters(connection, ["seal"])
