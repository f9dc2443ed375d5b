"""A13: whether it mattered is apart from whether it happened."""

from __future__ import annotations

from tests.boards import flat, new_board, seen
from tests.talking import talking


def test_a13_an_impact_can_be_disputed_while_the_incident_is_confirmed() -> None:
    with talking("a", "b") as talk:
        board = new_board(talk)
        finding = ("board", "finding")
        talk.run(
            "a", *finding, "incident-1", "--office", "Bureau", "--status", "occurred", "--when", "2016-06", "--to", "b"
        )
        impact = (*finding, "impact-1", "--impact-of", "incident-1")
        talk.run("a", *impact, "--office", "Bureau", "--status", "occurred", "--to", "b")
        talk.sync()
        talk.run(
            "b", *impact, "--office", "Foreign Office", "--status", "disputed",
            "--text", "It is hard to imagine that it could influence the campaign", "--to", "a",
        )  # fmt: skip
        talk.sync()
        for name in ("a", "b"):
            facts = {fact["about"]: fact for fact in talk.run(name, "board", "facts")["facts"]}
            assert (facts["incident-1"]["what"], facts["incident-1"]["state"]) == ("incident", "occurred")
            assert (facts["impact-1"]["what"], facts["impact-1"]["state"]) == ("impact", "disputed")
            assert facts["impact-1"]["counts"] == {"occurred": 1, "disputed": 1}
            view = seen(talk, name, board)
            assert [(fact["about"], fact["state"]) for fact in view["facts"]] == [
                ("incident-1", "occurred"),
                ("impact-1", "disputed"),
            ]
            text = flat(talk.text(name, "board", "show", board))
            assert "impact impact-1: disputed (offices: occurred 1, disputed 1)" in text
            assert "Foreign Office: disputed: “It is hard to imagine that it could influence the campaign”" in text


def test_a13_effect_has_a_board_of_its_own() -> None:
    with talking("a", "b") as talk:
        act, effect = new_board(talk, question="intrusion"), new_board(talk, question="effect")
        talk.run(
            "a", "assess", effect, "--office", "Institute", "--own-work", "--judge", "cannot-tell=very likely/high"
        )
        talk.sync()
        assert seen(talk, "b", act)["header"]["assessed"] == 0
        assert seen(talk, "b", effect)["header"]["assessed"] == 1
        assert talk.text("b", "board", "show", effect).startswith("Did it matter?")
