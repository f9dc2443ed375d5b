"""Q5: no response is a decision with author, date, reasons and review date, on its own rung of the ladder."""

from __future__ import annotations

from tests.norm_talk import promising, words


def test_q5_a_decision_not_to_respond_stands_on_its_own_rung() -> None:
    with promising("a", "b") as talk:
        none = ("respond", "add", "none-decided", "--decided", "2026-09-20", "--against", "b", "--to", "b")
        talk.refused("a", *none, "--role", "Council", "--reasons", "r", words=("review date",))
        talk.refused("a", *none, "--role", "Council", "--review", "2026-12", words=("reasons",))
        talk.refused("a", *none, "--reasons", "r", "--review", "2026-12", words=("role",))
        first = talk.run("b", *words("respond add public-statement --role Speaker --reasons r --against a --to a"))
        talk.sync()
        talk.run(
            "a", *none, *words("--role Council --reasons 'It would help nobody' --review 2026-12 --of"), first["short"]
        )
        talk.sync()
        for name in ("a", "b"):
            (chain,) = talk.run(name, "respond", "chain")["chains"]
            statement, decision = chain["steps"]
            assert (decision["kind"], decision["rung"], statement["rung"]) == ("none-decided", 0, 4)
            assert (decision["speaker"], decision["role"]) == ("a.example", "Council")
            assert (decision["decided"], decision["review"]) == ("20 Sep 2026", "December 2026")
            assert decision["reasons"] == "It would help nobody"
            rows = talk.text(name, "respond", "chain").splitlines()[:9]
            assert [row for row in rows if "②" in row] == [next(row for row in rows if "none-decided" in row)]
        (due,) = talk.run("b", "undertake", "due")["duties"]
        assert (due["what"], due["due"], due["party"]) == ("review", "December 2026", "a.example")
