"""R2: a correction reaches everyone who received the wrong item, and marks every document that used it."""

from __future__ import annotations

from tests.talking import Talk, talking


def notice(talk: Talk, node: str, text: str, *more: str) -> str:
    return str(talk.run(node, "notice", "--subject", "Count", "--text", text, *more)["id"])


def test_r2_correcting_a_count_marks_every_derived_document_and_notifies_its_recipients() -> None:
    with talking("a", "b", "c") as talk:
        wrong = notice(talk, "a", "17 agencies assessed it.", "--to", "b")
        talk.sync()
        # One document of a's own rests on it, said to c; and one of b's rests on that of a, through the first, said to c too.
        derived = notice(talk, "a", "As 17 agencies assessed, …", "--to", "c", "--ref", wrong)
        theirs = notice(talk, "b", "Summary of what A says.", "--to", "c", "--ref", wrong)
        further = notice(talk, "b", "Summary of the summary.", "--to", "c", "--ref", theirs)
        apart = notice(talk, "a", "Something else.", "--to", "c")
        talk.sync()

        done = talk.run("a", "correction", "say", wrong, "--field", "text", "--now", "4 agencies assessed it.")
        # Everybody who got the wrong item gets the right one; the recipients of what rests on it are told that it does.
        assert done["to"] == ["b.example"]
        assert [(one["to"], one["body"]["of"]) for one in done["passed_on"]] == [(["c.example"], derived)]
        talk.sync()

        (ours,) = talk.run("a", "correction", "list")["corrections"]
        assert [one["id"] for one in ours["resting"]] == [derived]
        (held,) = talk.run("b", "correction", "list")["corrections"]
        assert held["quote"]["was"] == "17 agencies assessed it."
        assert held["quote"]["now"] == "4 agencies assessed it."
        assert {one["id"]: one["to_tell"] for one in held["resting"]} == {
            theirs: ["c.example"],
            further: ["c.example"],
        }
        assert apart not in str(held)

        # b is shown that its own documents rest on it, and tells their recipients once.
        (row,) = [row for row in talk.run("b", "inbox")["rows"] if row["section"] == "corrections"]
        assert row["id"] == done["id"]
        told = talk.run("b", "correction", "pass-on", done["id"])["passed_on"]
        assert [one["body"]["of"] for one in told] == [theirs, further]
        assert talk.run("b", "correction", "pass-on", done["id"], code=3)["passed_on"] == []
        assert not [row for row in talk.run("b", "inbox")["rows"] if row["section"] == "corrections"]
        talk.sync()
        text = talk.text("c", "thread", "show", derived)
        assert "a.example corrects “rests-on”" in text


def test_r2_a_correction_stays_beside_what_it_corrects() -> None:
    with talking("a", "b") as talk:
        wrong = notice(talk, "a", "17 agencies assessed it.", "--to", "b")
        talk.run("a", "correction", "say", wrong, "--field", "text", "--now", "4 agencies assessed it.")
        talk.sync()
        for name in ("a", "b"):
            text = talk.text(name, "thread", "show", wrong)
            assert "“17 agencies assessed it.” → “4 agencies assessed it.”" in text
        again = talk.run("a", "correction", "say", wrong, "--field", "text", "--now", "3 agencies assessed it.")
        assert again["body"]["was"] == "4 agencies assessed it."


def test_r2_only_the_speaker_corrects_and_only_what_it_said() -> None:
    with talking("a", "b") as talk:
        wrong = notice(talk, "a", "17 agencies assessed it.", "--to", "b")
        talk.sync()
        say = ("correction", "say", wrong, "--field")
        talk.refused("b", *say, "text", "--now", "x", code=6, words=("only who said something",))
        talk.refused("a", *say, "count", "--now", "4", words=("does not say 'count'",))
        talk.refused("a", *say, "text", "--now", "17 agencies assessed it.", words=("says that already",))
