"""N2: the same form for one's own and another's conduct, and one's own first."""

from __future__ import annotations

from tests.norm_talk import promising

F, K = "un-2015-f", "un-2015-k"


def test_n2_nobody_files_on_another_before_itself_under_the_same_norm() -> None:
    with promising("a", "b") as talk:
        form = ("--incident", "harbour-1", "--finding", "unclear", "--text", "what we saw")
        for one, other in (("a", "b"), ("b", "a")):
            on_other = ("conduct", "file", F, *form, "--about", other, "--to", other)
            words = (f"file your own conduct under {F} first", f"{other}.example")
            talk.refused(one, *on_other, code=6, words=words)
            talk.run(one, "conduct", "file", K, *form, "--to", other)  # another norm opens nothing
            talk.sync()
            talk.refused(one, *on_other, code=6, words=words)
            talk.run(one, "conduct", "file", F, *form, "--to", other)
            talk.run(one, *on_other)
            talk.sync()
        entries = talk.run("a", "conduct", "list", "--norm", F)["entries"]
        assert entries == talk.run("b", "conduct", "list", "--norm", F)["entries"]
        assert [(e["filed_by"], e["own"], e["own_entry"]) for e in entries] == [
            ("a.example", True, True),
            ("a.example", False, True),
            ("b.example", True, True),
            ("b.example", False, True),
        ]


def test_n2_the_other_side_answers_and_the_answer_stands_with_the_entry() -> None:
    with promising("a", "b") as talk:
        form = ("conduct", "file", F, "--incident", "harbour-1", "--text", "what we saw", "--to", "b", "--finding")
        talk.run("a", *form, "consistent")
        entry = talk.run("a", *form, "inconsistent", "--about", "b")["short"]
        talk.sync()
        talk.refused("a", "conduct", "answer", entry, "--word", "concurs", words=("is your own",))
        assert "b.example has not answered here" in talk.text("a", "conduct", "list")
        talk.run("b", "conduct", "answer", entry, "--word", "disputes", "--text", "we were not there")
        talk.sync()
        for name in ("a", "b"):
            text = talk.text(name, "conduct", "list")
            assert text.index("sees conduct of b.example as inconsistent") < text.index(
                "b.example disputes this: “we were not there”"
            )


def test_n2_whoever_was_told_of_the_entry_is_told_of_the_answer() -> None:
    with promising("a", "b", "c") as talk:
        form = (
            "conduct",
            "file",
            F,
            "--incident",
            "harbour-1",
            "--text",
            "what we saw",
            "--to",
            "b",
            "--to",
            "c",
            "--finding",
        )
        talk.run("a", *form, "consistent")
        entry = talk.run("a", *form, "inconsistent", "--about", "b")["short"]
        talk.sync()
        talk.run("b", "conduct", "answer", entry, "--word", "disputes")
        talk.sync()
        lists = [talk.run(name, "conduct", "list")["entries"] for name in ("a", "b", "c")]
        assert lists[0] == lists[1] == lists[2]
        assert [answer["speaker"] for answer in lists[2][1]["answers"]] == ["b.example"]
