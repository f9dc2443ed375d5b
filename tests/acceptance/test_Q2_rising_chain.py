"""Q2: action, reaction, reaction to the reaction: three linked responses that rise are flagged with their links."""

from __future__ import annotations

from tests.norm_talk import promising
from tests.talking import Talk

from detente.words import loaded_words


def _step(talk: Talk, name: str, kind: str, of: str = "") -> str:
    other = "b" if name == "a" else "a"
    fields = ("--role", "Council", "--reasons", "as stated", "--against", other, "--to", other, "--review", "2027")
    said = talk.run(name, "respond", "add", kind, *fields, *(("--of", of) if of else ()))
    talk.sync()
    return str(said["short"])


def test_q2_three_rising_links_raise_a_flag_and_lowering_steps_lower_it() -> None:
    with promising("a", "b") as talk:
        one = _step(talk, "a", "private-message")
        two = _step(talk, "b", "public-statement", one)
        assert not talk.run("a", "respond", "chain")["chains"][0]["rising"]
        three = _step(talk, "a", "retorsion", two)
        for name in ("a", "b"):
            (chain,) = talk.run(name, "respond", "chain", three)["chains"]
            assert chain["rising"]
            assert [step["short"] for step in chain["steps"]] == [one, two, three]
            assert chain["standing"] == [step["id"] for step in chain["steps"]]
            (flag,) = chain["flag"]
            assert flag.startswith("flag: rising chain: ")
            assert all(short in flag for short in (one, two, three))
            assert loaded_words(talk.text(name, "respond", "chain", three)) == []

        four = _step(talk, "b", "countermeasure", three)
        five = _step(talk, "a", "retorsion", four)
        (lowered,) = talk.run("b", "respond", "chain", five)["chains"]
        assert (lowered["rising"], len(lowered["standing"])) == (True, 3)  # one lower than with the fourth
        _step(talk, "b", "cooperative", five)
        for name in ("a", "b"):
            (chain,) = talk.run(name, "respond", "chain")["chains"]
            assert not chain["rising"]
            assert chain["flag"] == []
            assert "rising" not in talk.text(name, "respond", "chain")


def test_q2_a_link_to_nothing_is_refused() -> None:
    with promising("a", "b") as talk:
        fields = ("--role", "Council", "--reasons", "as stated", "--of", "lusab-babad-gutih")
        talk.refused("a", "respond", "add", "retorsion", *fields, code=3, words=("no response named",))
