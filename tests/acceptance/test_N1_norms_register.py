"""N1: a register of norms with text, source, who accepted it and how; every conduct entry cites a norm and an incident."""

from __future__ import annotations

from tests.norm_talk import promising

F = "un-2015-f"


def test_n1_a_conduct_entry_cites_a_norm_and_an_incident_and_flags_what_was_not_accepted() -> None:
    with promising("a", "b") as talk:
        norms = {norm["id"]: norm for norm in talk.run("a", "norm", "list")["norms"]}
        assert len(norms) == 11 + 16
        assert all(norm["text"] and norm["source"] for norm in norms.values())
        talk.run(
            "a", "norm", "adopt", F, "--status", "accepted", "--source", "A/RES/70/237", "--at", "2015-12", "--to", "b"
        )

        entry = ("--finding", "consistent", "--text", "What we did", "--to", "b")
        talk.refused(
            "a", "conduct", "file", "un-2015-z", "--incident", "harbour-1", *entry, words=("no norm 'un-2015-z'",)
        )
        talk.refused("a", "conduct", "file", F, "--incident", "", *entry, words=("incident",))
        talk.run("a", "conduct", "file", F, "--incident", "harbour-1", *entry)
        talk.run("a", "conduct", "file", F, "--incident", "harbour-1", "--about", "b", *entry)
        talk.sync()

        found = [talk.run(name, "conduct", "list")["entries"] for name in ("a", "b")]
        assert found[0] == found[1]
        assert [(e["norm"], e["incident"], e["about"], e["own"]) for e in found[0]] == [
            (F, "harbour-1", "a.example", True),
            (F, "harbour-1", "b.example", False),
        ]
        assert [e["not_accepted"] for e in found[0]] == [{}, {"b.example": "unknown"}]
        text = talk.text("b", "conduct", "list")
        assert f"flag: {F} is not accepted by b.example in its own words here (status: unknown)" in text
        assert f"{F} is not accepted by a.example" not in text

        talk.run(
            "b", "norm", "adopt", F, "--status", "accepted", "--source", "a letter", "--at", "2026-09-21", "--to", "a"
        )
        talk.sync()
        assert [e["not_accepted"] for e in talk.run("a", "conduct", "list")["entries"]] == [{}, {}]
