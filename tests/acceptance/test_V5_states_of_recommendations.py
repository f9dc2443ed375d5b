"""V5 “I can’t say that he will end up implementing [them]”: recommendations have states: given, accepted, rejected, done, unknown.

'given' does not become 'done' without evidence.
"""

from __future__ import annotations

from tests.recording import recording


def test_v5_a_recommendation_has_a_state_in_each_partys_word_and_is_not_done_without_evidence() -> None:
    with recording("a", "b") as talk:
        name = talk.run(
            "a", "measure", "add", "close the gap", "--owner", "next office", "--about", "review", "--to", "b"
        )["short"]
        talk.sync()

        def states(at: str) -> dict[str, str]:
            (measure,) = talk.run(at, "measure", "list", "--all")["measures"]
            return dict(measure["states"])

        assert states("b") == {"a.example": "given"}
        for speaker in ("a", "b"):
            talk.refused(speaker, "measure", "update", name, "done", words=("done needs a reference", "evidence"))
        assert states("a") == {"a.example": "given"}
        talk.run("b", "measure", "update", name, "unknown", "--to", "a")
        talk.refused("b", "measure", "update", name, "rejected", words=("reason",))
        talk.run("b", "measure", "update", name, "rejected", "--reason", "no people", "--to", "a")
        talk.run("a", "measure", "update", name, "accepted", "--to", "b")
        talk.sync()
        assert states("a") == states("b") == {"a.example": "accepted", "b.example": "rejected"}
        talk.run("a", "measure", "update", name, "done", "--evidence", "paper 12", "--to", "b")
        talk.sync()
        for at in ("a", "b"):
            (measure,) = talk.run(at, "measure", "list", "--all")["measures"]
            assert (measure["state"], measure["open"]) == ("done", False)
            # Nothing that was said before is lost.
            assert [(w["speaker"], w["state"]) for w in measure["words"]] == [
                ("a.example", "given"),
                ("b.example", "unknown"),
                ("b.example", "rejected"),
                ("a.example", "accepted"),
                ("a.example", "done"),
            ]
            assert measure["words"][-1]["evidence"] == ["paper 12"]
